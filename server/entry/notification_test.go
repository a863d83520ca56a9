package entry_test

import (
	"time"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/reminder"
)

func drawSubscription(t *rapid.T, at time.Time) entry.Body {
	s := reminder.Subscription{
		ID: code(t, "subscription"), Channel: reminder.Channel(rapid.IntRange(1, 2).Draw(t, "channel")), Target: written(t, "target"), //nolint:gosec // drawn
		Unit: hierarchy.ID(word(t, "unit")), Below: rapid.Bool().Draw(t, "below"), Form: form.Code(word(t, "form")),
		DaysBefore: rapid.IntRange(0, 30).Draw(t, "before"), DaysAfter: rapid.IntRange(0, 30).Draw(t, "after"),
		Daily: rapid.Bool().Draw(t, "daily"), Hour: rapid.IntRange(0, 23).Draw(t, "hour"), Created: at,
	}
	for kind := reminder.BeforeDue; kind <= reminder.Reopened; kind++ {
		if rapid.Bool().Draw(t, "kind") {
			s.Kinds = append(s.Kinds, kind)
		}
	}
	return entry.SubscriptionCreated{Subscription: s}
}

// goldenSubscriptions are the golden entries of subscriptions.
func goldenSubscriptions(request entry.Header) map[string]entry.Entry {
	return map[string]entry.Entry{
		"subscription-created": {Header: request, Body: entry.SubscriptionCreated{Subscription: reminder.Subscription{
			ID: "0m3v9f2nxqrb", Channel: reminder.Webhook, Target: "https://example.org/hook?k=1", Unit: "866-0", Below: true, Form: "CDS-thang",
			Kinds:      []reminder.Kind{reminder.BeforeDue, reminder.AtDue, reminder.AfterDue, reminder.Returned, reminder.Waiting},
			DaysBefore: 2, DaysAfter: 5, Daily: true, Hour: 7, Created: request.Time,
		}}},
		"subscription-deleted": {Header: request, Body: entry.SubscriptionDeleted{ID: "0m3v9f2nxqrb"}},
	}
}
