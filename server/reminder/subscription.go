package reminder

import (
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
)

// Channel is how somebody is told. The zero value is none.
type Channel uint8

// The channels.
const (
	// Webhook posts to an address.
	Webhook Channel = iota + 1
	// Mail sends an e-mail.
	Mail
)

var channelNames = [...]string{"", "webhook", "mail"}

// String gives the word; empty for what is no channel. The words stand in journals and never change.
func (c Channel) String() string {
	if int(c) < len(channelNames) {
		return channelNames[c]
	}
	return ""
}

// ParseChannel reads the word of a channel; false for any other.
func ParseChannel(word string) (Channel, bool) {
	at := slices.Index(channelNames[:], word)
	return Channel(max(0, at)), at > 0 //nolint:gosec // there are two
}

// Kind is why somebody is told. The zero value is none.
type Kind uint8

// The kinds.
const (
	// BeforeDue: nothing was sent, and the deadline is near.
	BeforeDue Kind = iota + 1
	// AtDue: nothing was sent, and the deadline has passed.
	AtDue
	// AfterDue: nothing was sent, and the deadline passed some days ago.
	AfterDue
	// Returned: the newest revision was sent back.
	Returned
	// Waiting: a revision waits for approval.
	Waiting
	// Reopened: a closed period was opened again for the unit.
	Reopened
)

var kindNames = [...]string{"", "before_due", "at_due", "after_due", "returned", "waiting", "reopened"}

// String gives the word; empty for what is no kind. The words stand in journals and never change.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return ""
}

// ParseKind reads the word of a kind; false for any other.
func ParseKind(word string) (Kind, bool) {
	at := slices.Index(kindNames[:], word)
	return Kind(max(0, at)), at > 0 //nolint:gosec // there are six
}

// Subscription is somebody who wants to be told.
type Subscription struct {
	// ID names it.
	ID      string
	Channel Channel
	// Target is an address of the web, or of e-mail. It is private: empty once it was removed.
	Target string
	// Unit is the one whose obligations are told, with Below also those of the units below it; empty for every unit.
	Unit  hierarchy.ID
	Below bool
	// Form is the only one; empty for all.
	Form form.Code
	// Kinds are why, ascending.
	Kinds []Kind
	// DaysBefore and DaysAfter are of BeforeDue and AfterDue.
	DaysBefore, DaysAfter int
	// Daily has at most one message a day, not before Hour in Vietnam.
	Daily bool
	Hour  int
	// Created is when it was made: what happened before is not told.
	Created time.Time
}

// Limits of a subscription.
const (
	maxTarget = 2000
	maxDays   = 30
)

// Check refuses what cannot be told of.
func (s *Subscription) Check() error {
	var problems fault.List
	problems.Add(s.checkTarget())
	if len(s.Kinds) == 0 || !slices.IsSorted(s.Kinds) || len(slices.Compact(slices.Clone(s.Kinds))) != len(s.Kinds) {
		problems.Add(fault.Invalid("REMINDER_KINDS", "say why to be told, each kind once").In("kinds"))
	}
	for _, d := range []struct {
		kind  Kind
		days  int
		field string
	}{{BeforeDue, s.DaysBefore, "days_before"}, {AfterDue, s.DaysAfter, "days_after"}} {
		if has := slices.Contains(s.Kinds, d.kind); has && (d.days < 1 || d.days > maxDays) || !has && d.days != 0 {
			problems.Add(fault.Invalid("REMINDER_DAYS", "%s %d: give 1 to %d with the kind %s, and nothing without it", d.field, d.days, maxDays, d.kind).
				With("value", d.days).With("limit", maxDays).In(d.field))
		}
	}
	if s.Hour < 0 || s.Hour > 23 || !s.Daily && s.Hour != 0 {
		problems.Add(fault.Invalid("REMINDER_HOUR", "hour %d: give 0 to 23 for one message a day", s.Hour).With("value", s.Hour).In("daily_hour"))
	}
	return problems.Err()
}

func (s *Subscription) checkTarget() error {
	refuse := func(reason, what string) error {
		return fault.Invalid("REMINDER_TARGET", "target: %s; %s", reason, what).In("target")
	}
	if len(s.Target) > maxTarget || strings.ContainsFunc(s.Target, func(r rune) bool { return r < 0x21 || r > 0x7e }) {
		return refuse("it is too long, or has other letters than an address may have", "give it in ASCII without spaces")
	}
	switch s.Channel {
	case Webhook:
		u, err := url.Parse(s.Target)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
			return refuse("it is no address of the web", "write one such as https://example.org/hook, without a password in it")
		}
	case Mail:
		a, err := mail.ParseAddress(s.Target)
		if err != nil || a.Address != s.Target {
			return refuse("it is no address of e-mail", "write one such as someone@example.org")
		}
	default:
		return fault.Invalid("REMINDER_CHANNEL", "say how to be told: by webhook or by mail").In("channel")
	}
	return nil
}
