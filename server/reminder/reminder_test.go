package reminder_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/obligation"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reminder"
)

var everyKind = []reminder.Kind{reminder.BeforeDue, reminder.AtDue, reminder.AfterDue, reminder.Returned, reminder.Waiting, reminder.Reopened}

// TestEveryInstantAtWhichSomebodyIsTold: February 2026 is due on Monday the 23rd; one reminder two days before, one when the
// deadline has passed, one three days later, and none of what came about before the subscription or more than a week ago.
func TestEveryInstantAtWhichSomebodyIsTold(t *testing.T) {
	day := func(n int) time.Time { return period.Start(period.Date(2026, 2, 1).Add(n - 1)) }
	s := reminder.Subscription{Kinds: everyKind, DaysBefore: 2, DaysAfter: 3, Created: day(10)}
	for _, c := range []struct {
		state obligation.State
		now   time.Time
		want  string
	}{
		{obligation.Due, day(21).Add(-1), ""},
		{obligation.Due, day(21), "before_due"},
		{obligation.NotOpen, day(21), "before_due"},
		{obligation.Draft, day(24).Add(-1), "before_due"},
		{obligation.Awaiting, day(21), "waiting"},
		{obligation.Overdue, day(24), "at_due"},
		{obligation.Overdue, day(27).Add(-1), "at_due"},
		{obligation.Overdue, day(27), "at_due after_due"},
		{obligation.Overdue, day(31), "at_due after_due"},
		{obligation.Overdue, day(31).Add(1), "after_due"},
		{obligation.Overdue, day(34).Add(1), ""},
		{obligation.SentBack, day(22), "returned"},
		{obligation.Done, day(22), ""},
		{obligation.Out, day(22), ""},
		{obligation.Closed, day(25), ""},
	} {
		o := reminder.Obligation{
			Form: "Cat", Period: period.Of(2026, period.Month, 2), State: c.state, Due: period.Date(2026, 2, 23), HasDue: true,
			Revision: 2, Sent: day(20), Reviewed: day(22),
		}
		var got []string
		for _, cause := range s.Causes(&o, c.now) {
			got = append(got, cause.Kind.String())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s at %s: told of %q, want %q", c.state, c.now, got, c.want)
		}
		later := s
		later.Created = c.now.Add(time.Second)
		if list := later.Causes(&o, c.now.Add(2*time.Second)); len(list) > 0 && !list[0].At.After(c.now) {
			t.Errorf("%s: told of %v, which came about before there was a subscription", c.state, list)
		}
	}
}

func TestKeysTellCausesApart(t *testing.T) {
	base := reminder.Cause{Kind: reminder.Returned, Unit: "A-0", Form: "Cat", Period: period.Of(2026, period.Month, 2), Revision: 2}
	other := []reminder.Cause{base, base, base, base, base, base}
	other[1].Kind, other[2].Unit, other[3].Form, other[4].Period, other[5].Revision = reminder.Waiting, "B-0", "Quy", base.Period.Next(), 3
	keys := map[string]bool{}
	for i := range other {
		keys[other[i].Key()] = true
	}
	due := reminder.Cause{Kind: reminder.AtDue, Unit: "A-0", Form: "Cat", Period: base.Period, Due: 1}
	moved := due
	moved.Due = 2
	again := reminder.Cause{Kind: reminder.Reopened, Unit: "A-0", Form: "Cat", Period: base.Period, At: time.Unix(1, 0)}
	keys[due.Key()], keys[moved.Key()], keys[again.Key()] = true, true, true
	if len(keys) != 9 {
		t.Errorf("%d keys of 9 causes: %v", len(keys), keys)
	}
}

func TestWhatCannotBeToldOfIsRefused(t *testing.T) {
	good := reminder.Subscription{Channel: reminder.Webhook, Target: "https://example.org/hook?a=1", Kinds: []reminder.Kind{reminder.Returned}}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for reason, spoil := range map[string][]func(*reminder.Subscription){
		"REMINDER_CHANNEL": {func(s *reminder.Subscription) { s.Channel = 0 }},
		"REMINDER_TARGET": {
			func(s *reminder.Subscription) { s.Target = "" }, func(s *reminder.Subscription) { s.Target = "ftp://example.org" },
			func(s *reminder.Subscription) { s.Target = "https://a:b@example.org" }, func(s *reminder.Subscription) { s.Target = "https://" },
			func(s *reminder.Subscription) { s.Channel, s.Target = reminder.Mail, "An <a@example.org>" },
			func(s *reminder.Subscription) {
				s.Channel, s.Target = reminder.Mail, "a@example.org\r\nBcc: b@example.org"
			},
			func(s *reminder.Subscription) { s.Target += strings.Repeat("x", 2000) },
		},
		"REMINDER_KINDS": {func(s *reminder.Subscription) { s.Kinds = nil }, func(s *reminder.Subscription) { s.Kinds = append(s.Kinds, s.Kinds...) }},
		"REMINDER_DAYS": {
			func(s *reminder.Subscription) { s.DaysBefore = 2 }, func(s *reminder.Subscription) { s.Kinds = []reminder.Kind{reminder.AfterDue} },
			func(s *reminder.Subscription) { s.Kinds, s.DaysBefore = []reminder.Kind{reminder.BeforeDue}, 31 },
		},
		"REMINDER_HOUR": {func(s *reminder.Subscription) { s.Daily, s.Hour = true, 24 }, func(s *reminder.Subscription) { s.Hour = 7 }},
	} {
		for i, change := range spoil {
			s := good
			change(&s)
			if got := fault.ReasonOf(s.Check()); got != reason {
				t.Errorf("%s %d: %q (%v)", reason, i, got, s.Check())
			}
		}
	}
}
