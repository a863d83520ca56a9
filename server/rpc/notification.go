package rpc

import (
	"context"
	"fmt"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/notify"
	"github.com/tonghop/tonghop/server/reminder"
)

// notifications is the service of subscriptions.
type notifications struct {
	reportingv1.UnsafeNotificationServiceServer
	*core
}

// The enumerations of notifications begin at 1 in the domain too.
var (
	channels = pairs[reminder.Channel, reportingv1.NotificationChannel]{
		reminder.Webhook: reportingv1.NotificationChannel_NOTIFICATION_CHANNEL_WEBHOOK,
		reminder.Mail:    reportingv1.NotificationChannel_NOTIFICATION_CHANNEL_MAIL,
	}
	reminderKinds = pairs[reminder.Kind, reportingv1.ReminderKind]{
		reminder.BeforeDue: reportingv1.ReminderKind_REMINDER_KIND_BEFORE_DUE,
		reminder.AtDue:     reportingv1.ReminderKind_REMINDER_KIND_AT_DUE,
		reminder.AfterDue:  reportingv1.ReminderKind_REMINDER_KIND_AFTER_DUE,
		reminder.Returned:  reportingv1.ReminderKind_REMINDER_KIND_RETURNED,
		reminder.Waiting:   reportingv1.ReminderKind_REMINDER_KIND_WAITING,
		reminder.Reopened:  reportingv1.ReminderKind_REMINDER_KIND_REOPENED,
	}
	deliveryStates = pairs[notify.State, reportingv1.DeliveryState]{
		notify.Pending:   reportingv1.DeliveryState_DELIVERY_STATE_PENDING,
		notify.Delivered: reportingv1.DeliveryState_DELIVERY_STATE_DELIVERED,
		notify.Failed:    reportingv1.DeliveryState_DELIVERY_STATE_FAILED,
		notify.Unknown:   reportingv1.DeliveryState_DELIVERY_STATE_UNKNOWN,
	}
)

// CreateSubscription makes a subscription.
func (s notifications) CreateSubscription(ctx context.Context, r *reportingv1.CreateSubscriptionRequest) (*reportingv1.Subscription, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	draft, err := subscriptionDraft(r.GetSubscription())
	if err != nil {
		return nil, inside(err, "subscription")
	}
	made, secret, receipt, stamp, err := s.service.CreateSubscription(ctx, c, draft)
	if err != nil {
		return nil, inside(err, "subscription")
	}
	m := subscriptionMessage(&made)
	m.Secret, m.Stamp, m.Receipt = secret, stampMessage(stamp), receiptMessage(receipt)
	return m, nil
}

// subscriptionDraft reads what is asked for; what is wrong with it the domain says.
func subscriptionDraft(m *reportingv1.Subscription) (reminder.Subscription, error) {
	draft := reminder.Subscription{
		Target: m.GetTarget(), Unit: hierarchy.ID(m.GetUnit()), Below: m.GetBelow(), Form: form.Code(m.GetForm()),
		DaysBefore: int(m.GetDaysBefore()), DaysAfter: int(m.GetDaysAfter()), Daily: m.DailyHour != nil, Hour: int(m.GetDailyHour()),
	}
	var err error
	if draft.Channel, err = enumOf(channels, m.GetChannel(), "REMINDER_CHANNEL", "channel"); err != nil {
		return draft, fault.Of(err).In("channel")
	}
	for i, word := range m.GetKinds() {
		kind, err := enumOf(reminderKinds, word, "REMINDER_KINDS", "kind")
		if err != nil || kind == 0 {
			return draft, fault.Invalid("REMINDER_KINDS", "say why to be told, each kind once").In(fmt.Sprintf("kinds[%d]", i))
		}
		draft.Kinds = append(draft.Kinds, kind)
	}
	return draft, nil
}

func subscriptionMessage(s *aggregator.Subscription) *reportingv1.Subscription {
	m := &reportingv1.Subscription{
		Channel: channels.wire(s.Channel), Target: s.Target, Unit: string(s.Unit), Below: s.Below, Form: string(s.Form),
		DaysBefore: int32(s.DaysBefore), DaysAfter: int32(s.DaysAfter), CreateTime: timestamp(s.Created), DeleteTime: timestamp(s.Deleted), //nolint:gosec // days
	}
	if s.ID != "" {
		m.Name = "subscriptions/" + s.ID
	}
	for _, kind := range s.Kinds {
		m.Kinds = append(m.Kinds, reminderKinds.wire(kind))
	}
	if s.Daily {
		hour := int32(s.Hour) //nolint:gosec // an hour
		m.DailyHour = &hour
	}
	return m
}

// ListSubscriptions lists subscriptions.
func (s notifications) ListSubscriptions(ctx context.Context, r *reportingv1.ListSubscriptionsRequest) (*reportingv1.ListSubscriptionsResponse, error) {
	page, err := s.service.ListSubscriptions(ctx, callerOf(ctx), pageOf(r.GetPageSize(), r.GetPageToken()))
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListSubscriptionsResponse{NextPageToken: page.Next, Enabled: page.Enabled, Stamp: stampMessage(page.Stamp)}
	for i := range page.Subscriptions {
		answer.Subscriptions = append(answer.Subscriptions, subscriptionMessage(&page.Subscriptions[i]))
	}
	return answer, nil
}

// DeleteSubscription ends a subscription.
func (s notifications) DeleteSubscription(ctx context.Context, r *reportingv1.DeleteSubscriptionRequest) (*reportingv1.Subscription, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	id, err := lastPart("subscriptions", "name", r.GetName())
	if err != nil {
		return nil, err
	}
	ended, receipt, stamp, err := s.service.DeleteSubscription(ctx, c, id)
	if err != nil {
		return nil, err
	}
	m := subscriptionMessage(&ended)
	m.Stamp, m.Receipt = stampMessage(stamp), receiptMessage(receipt)
	return m, nil
}

// ListDeliveries lists what was sent.
func (s notifications) ListDeliveries(ctx context.Context, r *reportingv1.ListDeliveriesRequest) (*reportingv1.ListDeliveriesResponse, error) {
	id, err := lastPart("subscriptions", "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	page, err := s.service.ListDeliveries(ctx, callerOf(ctx), id, pageOf(r.GetPageSize(), r.GetPageToken()))
	if err != nil {
		return nil, renamed(err, "name", "parent")
	}
	answer := &reportingv1.ListDeliveriesResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for i := range page.Deliveries {
		answer.Deliveries = append(answer.Deliveries, deliveryMessage(&page.Deliveries[i]))
	}
	return answer, nil
}

// SendTestNotification sends a message that tells nothing.
func (s notifications) SendTestNotification(ctx context.Context, r *reportingv1.SendTestNotificationRequest) (*reportingv1.Delivery, error) {
	id, err := lastPart("subscriptions", "name", r.GetName())
	if err != nil {
		return nil, err
	}
	d, err := s.service.TestSubscription(ctx, callerOf(ctx), id)
	if err != nil {
		return nil, err
	}
	return deliveryMessage(&d), nil
}

func deliveryMessage(d *notify.Delivery) *reportingv1.Delivery {
	return &reportingv1.Delivery{
		Id: d.ID, Subscription: "subscriptions/" + d.Subscription, Causes: int32(len(d.Causes)), State: deliveryStates.wire(d.State), //nolint:gosec // few
		Attempts: int32(d.Attempts), Note: d.Note, CreateTime: timestamp(d.Created), AttemptTime: timestamp(d.Last), NextAttemptTime: timestamp(d.Next), //nolint:gosec // few
	}
}
