package server_test

import (
	"context"
	"errors"
	"strings"
	"time"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// reminderVerb makes a subscription over a unit and those below it, or waits until what was to be told has failed; false if it knows no
// such verb.
func (p *province) reminderVerb(ctx context.Context, verb string, rest []string) (bool, error) {
	notifications := reportingv1.NewNotificationServiceClient(p.conn)
	switch verb {
	case "subscribes":
		m := &reportingv1.Subscription{
			Channel: reportingv1.NotificationChannel_NOTIFICATION_CHANNEL_WEBHOOK, Target: "https://127.0.0.1:9/hook", Unit: rest[1], Below: true,
			Kinds: []reportingv1.ReminderKind{reportingv1.ReminderKind(reportingv1.ReminderKind_value["REMINDER_KIND_"+strings.ToUpper(rest[2])])},
		}
		made, err := notifications.CreateSubscription(ctx, &reportingv1.CreateSubscriptionRequest{Subscription: m, RequestId: p.requestID()})
		if err != nil {
			return true, err
		}
		p.name(rest[0], strings.TrimPrefix(made.GetName(), "subscriptions/"))
		p.name("secret", made.GetSecret())
		return true, nil
	case "awaits":
		for range 600 {
			page, err := notifications.ListDeliveries(ctx, &reportingv1.ListDeliveriesRequest{Parent: p.shown("subscriptions/<" + rest[0] + ">")})
			if err != nil {
				return true, err
			}
			if list := page.GetDeliveries(); len(list) == 1 && list[0].GetState() == reportingv1.DeliveryState_DELIVERY_STATE_FAILED {
				p.name("message", list[0].GetId())
				return true, nil
			}
			time.Sleep(50 * time.Millisecond)
		}
		return true, errors.New("nothing was sent within half a minute")
	}
	return false, nil
}
