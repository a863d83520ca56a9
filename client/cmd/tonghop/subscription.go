package main

import (
	"context"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type subscriptionsCmd struct {
	Create     subscriptionsCreateCmd     `cmd:"" help:"Have somebody told, by webhook or by e-mail."`
	List       subscriptionsListCmd       `cmd:"" default:"1" help:"List who is told of what."`
	Delete     subscriptionsDeleteCmd     `cmd:"" help:"Tell somebody no more."`
	Deliveries subscriptionsDeliveriesCmd `cmd:"" help:"List what was sent, the newest first."`
	Test       subscriptionsTestCmd       `cmd:"" help:"Send a message that tells nothing."`
}

type subscriptionsCreateCmd struct {
	Webhook    string   `placeholder:"URL" help:"Post to this address,"`
	Mail       string   `placeholder:"ADDRESS" help:"or send e-mails to this one."`
	Unit       string   `placeholder:"U" help:"The unit whose reports are told of. Otherwise every unit."`
	Below      bool     `help:"Also of the units below it."`
	Form       string   `placeholder:"F" help:"Only this form."`
	Kind       []string `required:"" enum:"before-due,at-due,after-due,returned,waiting,reopened" placeholder:"KIND,..." help:"Why: ${enum}."`
	DaysBefore int32    `placeholder:"N" help:"With before-due: so many days before the due day."`
	DaysAfter  int32    `placeholder:"N" help:"With after-due: so many days after it."`
	DailyHour  *int32   `placeholder:"0-23" help:"At most one message a day, not before this hour in Vietnam."`
	DryRun     bool     `help:"Check everything and change nothing."`
}

// Help shows how it is used.
func (subscriptionsCreateCmd) Help() string {
	return `The server must have been started with --notify. Webhooks are signed by Standard Webhooks; their secret is shown here, and
nobody is told twice of the same.

Examples:

    tonghop subscriptions create --mail reviewer@example.org --unit 866 --below --kind waiting --daily-hour 7
    tonghop subscriptions create --webhook https://example.org/hook --kind before-due,at-due,returned --days-before 2`
}

// Run makes a subscription.
func (c *subscriptionsCreateCmd) Run(ctx context.Context, s *session) error {
	m := &reportingv1.Subscription{
		Unit: c.Unit, Below: c.Below, Form: c.Form, DaysBefore: c.DaysBefore, DaysAfter: c.DaysAfter, DailyHour: c.DailyHour,
		Channel: reportingv1.NotificationChannel_NOTIFICATION_CHANNEL_WEBHOOK, Target: c.Webhook,
	}
	if (c.Webhook == "") == (c.Mail == "") {
		return s.usage("give --webhook or --mail, and not both")
	}
	if c.Mail != "" {
		m.Channel, m.Target = reportingv1.NotificationChannel_NOTIFICATION_CHANNEL_MAIL, c.Mail
	}
	for _, kind := range c.Kind {
		m.Kinds = append(m.Kinds, choice[reportingv1.ReminderKind](reportingv1.ReminderKind_value, reminderPrefix, kind))
	}
	return s.with(ctx, func(to *client.Client) error {
		made, err := to.CreateSubscription(ctx, &reportingv1.CreateSubscriptionRequest{Subscription: m, ValidateOnly: c.DryRun})
		if err != nil {
			return err
		}
		return one(s, made, subscriptionPairs(made))
	})
}

const reminderPrefix = "REMINDER_KIND_"

// reminders gives the kinds of a subscription as its flag has them.
func reminders(m *reportingv1.Subscription) string {
	words := make([]string, len(m.GetKinds()))
	for i, kind := range m.GetKinds() {
		words[i] = strings.ToLower(strings.ReplaceAll(word(kind, reminderPrefix), "_", "-"))
	}
	return strings.Join(words, ",")
}

func subscriptionPairs(m *reportingv1.Subscription) []pair {
	below := ""
	if m.GetBelow() {
		below = " and below"
	}
	unit := m.GetUnit()
	if unit == "" {
		unit = "every unit"
	}
	daily := ""
	if m.DailyHour != nil {
		daily = "from " + number(m.GetDailyHour()) + ":00"
	}
	return []pair{
		{"subscription", m.GetName()},
		{"target", m.GetTarget()},
		{"unit", unit + below},
		{"form", m.GetForm()},
		{"kinds", reminders(m)},
		{"days before", some(m.GetDaysBefore())},
		{"days after", some(m.GetDaysAfter())},
		{"once a day", daily},
		{"created", when(m.GetCreateTime())},
		{"deleted", when(m.GetDeleteTime())},
		{"secret", m.GetSecret()},
	}
}

type subscriptionsListCmd struct{}

// Help shows how it is used.
func (subscriptionsListCmd) Help() string {
	return `Examples:

    tonghop subscriptions list -o csv`
}

// Run lists subscriptions.
func (c *subscriptionsListCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		return list(s, subscriptionSheet, to.Subscriptions(ctx, &reportingv1.ListSubscriptionsRequest{}))
	})
}

var subscriptionSheet = sheet[*reportingv1.Subscription]{
	table: []column[*reportingv1.Subscription]{
		{name: "SUBSCRIPTION", text: (*reportingv1.Subscription).GetName},
		{name: "TARGET", text: (*reportingv1.Subscription).GetTarget},
		{name: "UNIT", text: (*reportingv1.Subscription).GetUnit},
		{name: "FORM", text: (*reportingv1.Subscription).GetForm},
		{name: "KINDS", text: reminders},
		{name: "CREATED", text: func(m *reportingv1.Subscription) string { return when(m.GetCreateTime()) }},
		{name: "DELETED", text: func(m *reportingv1.Subscription) string { return when(m.GetDeleteTime()) }},
	},
	csv: []column[*reportingv1.Subscription]{
		{name: "subscription", text: (*reportingv1.Subscription).GetName},
		{name: "channel", text: func(m *reportingv1.Subscription) string { return word(m.GetChannel(), "NOTIFICATION_CHANNEL_") }},
		{name: "target", text: (*reportingv1.Subscription).GetTarget},
		{name: "unit", text: (*reportingv1.Subscription).GetUnit},
		{name: "below", text: func(m *reportingv1.Subscription) string { return yes(m.GetBelow()) }},
		{name: "form", text: (*reportingv1.Subscription).GetForm},
		{name: "kinds", text: reminders},
		{name: "days_before", text: func(m *reportingv1.Subscription) string { return some(m.GetDaysBefore()) }},
		{name: "days_after", text: func(m *reportingv1.Subscription) string { return some(m.GetDaysAfter()) }},
		{name: "create_time", text: func(m *reportingv1.Subscription) string { return instant(m.GetCreateTime()) }},
		{name: "delete_time", text: func(m *reportingv1.Subscription) string { return instant(m.GetDeleteTime()) }},
	},
	json: messageJSON[*reportingv1.Subscription],
}

// subscriptionName takes an id as it is shown, with its collection or without.
func subscriptionName(text string) string {
	if strings.Contains(text, "/") {
		return text
	}
	return "subscriptions/" + text
}

type subscriptionsDeleteCmd struct {
	Name   string `arg:"" help:"Subscription, such as subscriptions/4f1c09e2a7b35d8812aa."`
	DryRun bool   `help:"Check everything and change nothing."`
}

// Help shows how it is used.
func (subscriptionsDeleteCmd) Help() string {
	return `What waits to be sent for it is not sent.

Examples:

    tonghop subscriptions delete 4f1c09e2a7b35d8812aa`
}

// Run ends a subscription.
func (c *subscriptionsDeleteCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		ended, err := to.DeleteSubscription(ctx, &reportingv1.DeleteSubscriptionRequest{Name: subscriptionName(c.Name), ValidateOnly: c.DryRun})
		if err != nil {
			return err
		}
		return one(s, ended, subscriptionPairs(ended))
	})
}

type subscriptionsDeliveriesCmd struct {
	Name string `arg:"" help:"Subscription, such as subscriptions/4f1c09e2a7b35d8812aa."`
}

// Help shows how it is used.
func (subscriptionsDeliveriesCmd) Help() string {
	return `UNKNOWN is an e-mail that may have gone out when the server was cut off.

Examples:

    tonghop subscriptions deliveries 4f1c09e2a7b35d8812aa`
}

// Run lists what was sent.
func (c *subscriptionsDeliveriesCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		return list(s, deliverySheet, to.Deliveries(ctx, &reportingv1.ListDeliveriesRequest{Parent: subscriptionName(c.Name)}))
	})
}

var deliverySheet = sheet[*reportingv1.Delivery]{
	table: []column[*reportingv1.Delivery]{
		{name: "MADE", text: func(d *reportingv1.Delivery) string { return when(d.GetCreateTime()) }},
		{name: "MESSAGE", text: (*reportingv1.Delivery).GetId},
		{name: "CAUSES", text: func(d *reportingv1.Delivery) string { return some(d.GetCauses()) }, right: true},
		{name: "STATE", text: func(d *reportingv1.Delivery) string { return word(d.GetState(), "DELIVERY_STATE_") }},
		{name: "ATTEMPTS", text: func(d *reportingv1.Delivery) string { return number(d.GetAttempts()) }, right: true},
		{name: "NEXT", text: func(d *reportingv1.Delivery) string { return when(d.GetNextAttemptTime()) }},
		{name: "NOTE", text: (*reportingv1.Delivery).GetNote},
	},
	csv: []column[*reportingv1.Delivery]{
		{name: "create_time", text: func(d *reportingv1.Delivery) string { return instant(d.GetCreateTime()) }},
		{name: "id", text: (*reportingv1.Delivery).GetId},
		{name: "subscription", text: (*reportingv1.Delivery).GetSubscription},
		{name: "causes", text: func(d *reportingv1.Delivery) string { return number(d.GetCauses()) }},
		{name: "state", text: func(d *reportingv1.Delivery) string { return word(d.GetState(), "DELIVERY_STATE_") }},
		{name: "attempts", text: func(d *reportingv1.Delivery) string { return number(d.GetAttempts()) }},
		{name: "next_attempt_time", text: func(d *reportingv1.Delivery) string { return instant(d.GetNextAttemptTime()) }},
		{name: "note", text: (*reportingv1.Delivery).GetNote},
	},
	json: messageJSON[*reportingv1.Delivery],
}

type subscriptionsTestCmd struct {
	Name string `arg:"" help:"Subscription, such as subscriptions/4f1c09e2a7b35d8812aa."`
}

// Help shows how it is used.
func (subscriptionsTestCmd) Help() string {
	return `It is sent at once, and once.

Examples:

    tonghop subscriptions test 4f1c09e2a7b35d8812aa`
}

// Run sends a test.
func (c *subscriptionsTestCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		d, err := to.SendTestNotification(ctx, &reportingv1.SendTestNotificationRequest{Name: subscriptionName(c.Name)})
		if err != nil {
			return err
		}
		return list(s, deliverySheet, withoutErrors([]*reportingv1.Delivery{d}))
	})
}
