package entry

import (
	"time"

	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/reminder"
)

// SubscriptionCreated says that somebody wants to be told of obligations.
type SubscriptionCreated struct {
	// Subscription has the header's time as Created. Its Target is private: empty once it was removed.
	Subscription reminder.Subscription
}

// SubscriptionDeleted ends a subscription.
type SubscriptionDeleted struct {
	// ID is the subscription's public id.
	ID string
}

func (SubscriptionCreated) body() {}
func (SubscriptionDeleted) body() {}

// putNotification is putBody for what is told.
func putNotification(e *Entry, m *journalv1.Entry, texts *journalv1.Private) (bool, error) {
	switch b := e.Body.(type) {
	case SubscriptionCreated:
		texts.Contact = b.Subscription.Target
		return true, putSubscription(b, e.Header.Time, m)
	case SubscriptionDeleted:
		m.Body = &journalv1.Entry_SubscriptionDeleted{SubscriptionDeleted: &journalv1.SubscriptionDeleted{Id: b.ID}}
		return true, nil
	default:
		return false, nil
	}
}

// notificationOf is bodyOf for what is told.
func notificationOf(m *journalv1.Entry, texts *journalv1.Private, at time.Time) (Body, error) {
	switch b := m.GetBody().(type) {
	case *journalv1.Entry_SubscriptionCreated:
		return createdOf(b.SubscriptionCreated, texts.GetContact(), at)
	case *journalv1.Entry_SubscriptionDeleted:
		return SubscriptionDeleted{ID: b.SubscriptionDeleted.GetId()}, known(b.SubscriptionDeleted)
	default:
		return nil, damaged("it has no body")
	}
}

func putSubscription(b SubscriptionCreated, at time.Time, m *journalv1.Entry) error {
	if !b.Subscription.Created.Equal(at) {
		return fault.Internal(nil, "subscription %s is made at %s with the time %s", b.Subscription.ID, at, b.Subscription.Created)
	}
	created, err := subscriptionMessage(&b.Subscription)
	m.Body = &journalv1.Entry_SubscriptionCreated{SubscriptionCreated: created}
	return err
}

// subscriptionMessage leaves out what the message has no field for: the target and the time.
func subscriptionMessage(s *reminder.Subscription) (*journalv1.SubscriptionCreated, error) {
	if s.Channel.String() == "" || s.DaysBefore < 0 || s.DaysAfter < 0 || s.Hour < 0 {
		return nil, fault.Internal(nil, "subscription %s cannot be stored", s.ID)
	}
	m := &journalv1.SubscriptionCreated{
		Id: s.ID, Channel: s.Channel.String(), Unit: string(s.Unit), Below: s.Below, Form: string(s.Form),
		DaysBefore: uint32(s.DaysBefore), DaysAfter: uint32(s.DaysAfter), Daily: s.Daily, Hour: uint32(s.Hour), //nolint:gosec // checked above
	}
	for _, kind := range s.Kinds {
		word := kind.String()
		if word == "" {
			return nil, fault.Internal(nil, "subscription %s has the kind %d", s.ID, kind)
		}
		m.Kinds = append(m.Kinds, word)
	}
	return m, nil
}

func subscriptionOf(m *journalv1.SubscriptionCreated) (reminder.Subscription, error) {
	s := reminder.Subscription{
		ID: m.GetId(), Unit: hierarchy.ID(m.GetUnit()), Below: m.GetBelow(), Form: form.Code(m.GetForm()),
		DaysBefore: int(m.GetDaysBefore()), DaysAfter: int(m.GetDaysAfter()), Daily: m.GetDaily(), Hour: int(m.GetHour()),
	}
	var ok bool
	if s.Channel, ok = reminder.ParseChannel(m.GetChannel()); !ok {
		return s, tooNew("the channel %q is not known", m.GetChannel())
	}
	for _, word := range m.GetKinds() {
		kind, ok := reminder.ParseKind(word)
		if !ok {
			return s, tooNew("the kind of reminder %q is not known", word)
		}
		s.Kinds = append(s.Kinds, kind)
	}
	return s, known(m)
}

func createdOf(m *journalv1.SubscriptionCreated, contact string, at time.Time) (Body, error) {
	s, err := subscriptionOf(m)
	if err != nil {
		return nil, err
	}
	s.Target, s.Created = contact, at
	return SubscriptionCreated{Subscription: s}, nil
}

// AppendSubscription appends the bytes of a subscription, the message that stands in its entry.
func AppendSubscription(b []byte, s *reminder.Subscription) ([]byte, error) {
	m, err := subscriptionMessage(s)
	if err != nil {
		return b, err
	}
	return appendMessage(b, m)
}

// ParseSubscription reads what AppendSubscription appended.
func ParseSubscription(b []byte) (reminder.Subscription, error) {
	var m journalv1.SubscriptionCreated
	if err := parseMessage(b, &m); err != nil {
		return reminder.Subscription{}, err
	}
	return whole(subscriptionOf(&m))
}
