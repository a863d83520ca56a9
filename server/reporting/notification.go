package reporting

import (
	"context"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/notify"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reminder"
)

// Notifier tells subscribers.
type Notifier interface {
	// Check refuses a subscription that could not be delivered from here.
	Check(s *reminder.Subscription) error
	// Secret gives the secret with which the webhooks of a subscription are signed.
	Secret(subscription string) string
	// Deliveries gives what was sent for a subscription, the newest first.
	Deliveries(subscription string) []notify.Delivery
	// Test sends a message that tells nothing.
	Test(ctx context.Context, s *reminder.Subscription) (notify.Delivery, error)
}

// SubscriptionPage is one page of subscriptions.
type SubscriptionPage struct {
	Subscriptions []aggregator.Subscription
	Next          string
	// Enabled says that this server sends anything.
	Enabled bool
	Stamp   Stamp
}

// DeliveryPage is one page of deliveries.
type DeliveryPage struct {
	Deliveries []notify.Delivery
	Next       string
	Stamp      Stamp
}

// CreateSubscription makes a subscription; its unit and form are references still. It gives the secret of a webhook, also
// for a repetition: it is the same.
func (s *Service) CreateSubscription(ctx context.Context, call Call, draft reminder.Subscription) (aggregator.Subscription, string, Receipt, Stamp, error) {
	const method = "NotificationService.CreateSubscription"
	hash := canon(method).text("channel", draft.Channel.String()).text("target", draft.Target).text("unit", string(draft.Unit)).
		text("below", strconv.FormatBool(draft.Below)).text("form", string(draft.Form)).text("days_before", strconv.Itoa(draft.DaysBefore)).
		text("days_after", strconv.Itoa(draft.DaysAfter)).text("daily", strconv.FormatBool(draft.Daily)).text("hour", strconv.Itoa(draft.Hour))
	for _, kind := range draft.Kinds {
		hash = hash.text("kind", kind.String())
	}
	draft.Kinds = slices.Sorted(slices.Values(draft.Kinds))
	var random [10]byte
	s.cfg.Random(random[:])
	draft.ID = hex.EncodeToString(random[:])
	made, receipt, err := change(ctx, s, mutation[reminder.Subscription]{
		call: call, method: method, hash: hash.sum(), size: 512,
		decide: func(who granted, at committer.Slot) (reminder.Subscription, entry.Body, error) {
			subscription := draft
			subscription.Created = at.Time
			if err := who.checkSubscription(&subscription); err != nil {
				return subscription, nil, err
			}
			if err := s.deliverable(&subscription); err != nil {
				return subscription, nil, err
			}
			return subscription, entry.SubscriptionCreated{Subscription: subscription}, nil
		},
		recall: func(who granted, sequence uint64) (made reminder.Subscription, err error) {
			if err := who.need(auth.Grant); err != nil {
				return made, err
			}
			made.ID, err = who.madeBy(sequence)
			return made, err
		},
	})
	if err != nil {
		return aggregator.Subscription{}, "", Receipt{}, Stamp{}, err
	}
	if call.ValidateOnly {
		_, stamp, err := s.GetStamp(ctx, call.Caller)
		made.ID, made.Created = "", time.Time{}
		return aggregator.Subscription{Subscription: made}, "", receipt, stamp, err
	}
	found, stamp, err := s.getSubscription(ctx, call.Caller, made.ID)
	secret := ""
	if err == nil && found.Channel == reminder.Webhook && s.cfg.Notifier != nil {
		secret = s.cfg.Notifier.Secret(found.ID)
	}
	return found, secret, receipt, stamp, err
}

// deliverable refuses what this server could not send.
func (s *Service) deliverable(subscription *reminder.Subscription) error {
	if s.cfg.Notifier == nil {
		return fault.Precondition("NOTIFICATIONS_OFF", "this server sends no notifications; its operator switches them on with --notify")
	}
	return s.cfg.Notifier.Check(subscription)
}

// checkSubscription resolves unit and form, and refuses what is wrong or wider than the caller's own grant.
func (g granted) checkSubscription(s *reminder.Subscription) error {
	if err := g.need(auth.Grant); err != nil {
		return err
	}
	var problems fault.List
	problems.Add(s.Check())
	if s.Unit != "" {
		unit, err := g.seen("unit", string(s.Unit), period.DayOf(g.now))
		problems.Add(err)
		s.Unit = unit.ID
	}
	if s.Form != "" {
		codes, err := g.formsAsked(string(s.Form), period.DayOf(g.now))
		problems.Add(err)
		if err == nil {
			s.Form = codes[0]
		}
	}
	if err := problems.Err(); err != nil {
		return err
	}
	if !g.subscribes(s) {
		return fault.Denied("SUBSCRIPTION_TOO_WIDE", "the subscription would tell more than you may hand on; bind it to a unit and form of yours")
	}
	return nil
}

// subscribes says whether the caller could make such a subscription: it hands on what a token over its unit would read.
func (g granted) subscribes(s *reminder.Subscription) bool {
	return g.grants(auth.Token{Unit: s.Unit, Form: s.Form})
}

// subscription finds one that the caller could have made.
func (g granted) subscription(id string) (aggregator.Subscription, error) {
	if err := g.need(auth.Grant); err != nil {
		return aggregator.Subscription{}, err
	}
	found, known, err := g.tx.Subscription(id)
	if err != nil {
		return aggregator.Subscription{}, err
	}
	if !known || !g.subscribes(&found.Subscription) {
		return aggregator.Subscription{}, fault.NotFound("SUBSCRIPTION_NOT_FOUND", "there is no subscription %q that you may see", shorten(id)).
			With("subscription", shorten(id)).In("name")
	}
	return found, nil
}

func (s *Service) getSubscription(ctx context.Context, caller auth.Caller, id string) (found aggregator.Subscription, stamp Stamp, err error) {
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		found, err = who.subscription(id)
		return err
	})
	return found, stamp, err
}

// DeleteSubscription ends one at once; one that has ended is as it was.
func (s *Service) DeleteSubscription(ctx context.Context, call Call, id string) (aggregator.Subscription, Receipt, Stamp, error) {
	const method = "NotificationService.DeleteSubscription"
	_, receipt, err := change(ctx, s, mutation[struct{}]{
		call: call, method: method, hash: canon(method).text("subscription", id).sum(), size: 256,
		decide: func(who granted, _ committer.Slot) (struct{}, entry.Body, error) {
			found, err := who.subscription(id)
			if err != nil || !found.Deleted.IsZero() {
				return struct{}{}, nil, err
			}
			return struct{}{}, entry.SubscriptionDeleted{ID: found.ID}, nil
		},
		recall: func(who granted, _ uint64) (struct{}, error) {
			_, err := who.subscription(id)
			return struct{}{}, err
		},
	})
	if err != nil {
		return aggregator.Subscription{}, Receipt{}, Stamp{}, err
	}
	found, stamp, err := s.getSubscription(ctx, call.Caller, id)
	return found, receipt, stamp, err
}

// ListSubscriptions lists those that the caller could have made, by id.
func (s *Service) ListSubscriptions(ctx context.Context, caller auth.Caller, p Page) (SubscriptionPage, error) {
	size, err := p.size(defaultPage, largestPage)
	if err != nil {
		return SubscriptionPage{}, err
	}
	var page SubscriptionPage
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		page = SubscriptionPage{Stamp: stampOf(tx), Enabled: s.cfg.Notifier != nil}
		if err := who.need(auth.Grant); err != nil {
			return err
		}
		at, err := p.open(tx, filterHash("subscriptions"))
		if err != nil {
			return err
		}
		for {
			list, err := tx.Subscriptions(at.key, largestPage)
			if err != nil {
				return err
			}
			for i := range list {
				if who.subscribes(&list[i].Subscription) {
					if len(page.Subscriptions) == size {
						page.Next = at.token()
						return nil
					}
					page.Subscriptions = append(page.Subscriptions, list[i])
				}
				at.key = list[i].ID
			}
			if len(list) < largestPage {
				return nil
			}
		}
	})
	return page, err
}

// ListDeliveries lists what was sent for a subscription, the newest first.
func (s *Service) ListDeliveries(ctx context.Context, caller auth.Caller, id string, p Page) (DeliveryPage, error) {
	size, err := p.size(defaultPage, largestPage)
	if err != nil {
		return DeliveryPage{}, err
	}
	var page DeliveryPage
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		page = DeliveryPage{Stamp: stampOf(tx)}
		found, err := who.subscription(id)
		if err != nil {
			return err
		}
		at, err := p.open(tx, filterHash("deliveries", id))
		if err != nil || s.cfg.Notifier == nil {
			return err
		}
		list := s.cfg.Notifier.Deliveries(found.ID)
		if n := slices.IndexFunc(list, func(d notify.Delivery) bool { return d.ID == at.key }); n >= 0 {
			list = list[n+1:]
		}
		if len(list) > size {
			at.key = list[size-1].ID
			page.Next, list = at.token(), list[:size]
		}
		page.Deliveries = list
		return nil
	})
	return page, err
}

// TestSubscription sends a message that tells nothing.
func (s *Service) TestSubscription(ctx context.Context, caller auth.Caller, id string) (notify.Delivery, error) {
	found, _, err := s.getSubscription(ctx, caller, id)
	if err != nil {
		return notify.Delivery{}, err
	}
	if !found.Deleted.IsZero() || found.Target == "" {
		return notify.Delivery{}, fault.Precondition("SUBSCRIPTION_ENDED", "subscription %s was deleted, or its target was removed; make another one", id).
			With("subscription", id).In("name")
	}
	if err := s.deliverable(&found.Subscription); err != nil {
		return notify.Delivery{}, err
	}
	return s.cfg.Notifier.Test(ctx, &found.Subscription)
}

// Subscriptions gives those that are in force, for whoever sends.
func (s *Service) Subscriptions(ctx context.Context) ([]reminder.Subscription, error) {
	var all []reminder.Subscription
	err := s.cfg.State.View(ctx, func(tx *aggregator.Tx) error {
		for after := ""; ; {
			list, err := tx.Subscriptions(after, largestPage)
			if err != nil {
				return err
			}
			for i := range list {
				if after = list[i].ID; list[i].Deleted.IsZero() {
					all = append(all, list[i].Subscription)
				}
			}
			if len(list) < largestPage {
				return nil
			}
		}
	})
	return all, err
}

// Causes gives what there is to tell a subscriber at an instant, by form, base period and unit code.
func (s *Service) Causes(ctx context.Context, subscription *reminder.Subscription, now time.Time) ([]reminder.Cause, error) {
	var causes []reminder.Cause
	err := s.cfg.State.View(ctx, func(tx *aggregator.Tx) error {
		who, err := regrant(tx, s.Local(), now)
		if err != nil {
			return err
		}
		r, err := s.reach(who, "unit", string(subscription.Unit), subscription.Below, now)
		if err != nil {
			return err
		}
		codes, err := who.formsAsked(string(subscription.Form), r.today)
		if err != nil {
			return err
		}
		for _, code := range codes {
			latest, _ := tx.Forms().Latest(code) // it came from there
			bases, err := basesOf(latest, nil, r.today, "")
			if err != nil {
				return err
			}
			for _, base := range bases {
				found, err := r.causes(subscription, code, base, s.inCodeOrder(tx))
				if err != nil {
					return err
				}
				causes = append(causes, found...)
			}
		}
		return nil
	})
	return causes, err
}

// causes gives what there is to tell of one form and base period.
func (r *reach) causes(s *reminder.Subscription, code form.Code, base period.Period, byCode []int32) ([]reminder.Cause, error) {
	d, err := r.duty(code, base)
	if err != nil {
		return nil, err
	}
	reviews := s.Unit != "" && d.form.Reviewer == s.Unit && slices.Contains(s.Kinds, reminder.Waiting)
	var causes []reminder.Cause
	for _, o := range byCode {
		if !d.owed.Owes(int(o)) {
			continue
		}
		reached := r.has(int(o), d)
		if !reached && !reviews {
			continue
		}
		_, state, err := d.state(int(o))
		if err != nil {
			return nil, err
		}
		u := r.tree.At(int(o))
		w := d.window(u.Kind)
		told := reminder.Obligation{Unit: u, Form: code, Period: base, State: state, Due: w.due, HasDue: w.has, Reopened: d.reopenedFor(u.ID)}
		if err := r.dress(&told, s); err != nil {
			return nil, err
		}
		for _, c := range s.Causes(&told, r.now) {
			told := reached
			if c.Kind == reminder.Waiting {
				if told, err = d.reviewedFor(u, s.Unit, reached); err != nil {
					return nil, err
				}
			}
			if told {
				causes = append(causes, c)
			}
		}
	}
	return causes, nil
}

// reviewedFor says whether a subscriber of a unit is told of a report that waits: who reviews it is, wherever the report comes from,
// and where nobody in particular does, whoever has asked to be told of its unit.
func (d *duty) reviewedFor(unit hierarchy.Unit, subscriber hierarchy.ID, reached bool) (bool, error) {
	if subscriber == "" {
		return reached, nil
	}
	at, err := d.reach.who.desk(place{unit: unit, form: d.form, last: d.last})
	return at.own && at.unit == subscriber || !at.own && reached, err
}

// dress reads off the report what a cause that has a revision says; most have none.
func (r *reach) dress(o *reminder.Obligation, s *reminder.Subscription) error {
	if !o.State.UnderReview() || !slices.ContainsFunc(s.Kinds, func(k reminder.Kind) bool { return k == reminder.Returned || k == reminder.Waiting }) {
		return nil
	}
	report, _, err := r.who.tx.Report(entry.ReportKey{Unit: o.Unit.ID, Form: o.Form, Period: o.Period})
	if newest, sent := report.Newest(); sent {
		o.Revision, o.Sent, o.Reviewed = newest.Number, newest.Time, newest.ReviewTime
	}
	return err
}
