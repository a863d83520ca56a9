package notify

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reminder"
)

// Source says who wants to be told, and of what there is to tell now.
type Source interface {
	Subscriptions(ctx context.Context) ([]reminder.Subscription, error)
	Causes(ctx context.Context, s *reminder.Subscription, now time.Time) ([]reminder.Cause, error)
}

// Config is what a dispatcher works with.
type Config struct {
	// Dir is the folder of the log.
	Dir string
	// Key is that of the store, of which the secrets of webhooks are made.
	Key []byte
	// AllowPrivate lets webhooks go to addresses that are not of the public internet, and without https.
	AllowPrivate bool
	Mail         Mail
	// Every is how often it is looked what there is to tell.
	Every time.Duration
	Now   func() time.Time
	// NewID makes the id of a message, Chance a number from 0 to 1.
	NewID  func() string
	Chance func() float64
	Logger *slog.Logger
}

// Dispatcher tells people.
type Dispatcher struct {
	cfg    Config
	ledger *ledger
	hooks  *webhooks
}

// Open reads the log, and settles what a process before left open.
func Open(cfg Config) (*Dispatcher, error) {
	l, err := openLedger(cfg.Dir, cfg.Now())
	if err != nil {
		return nil, err
	}
	d := &Dispatcher{cfg: cfg, ledger: l, hooks: newWebhooks(cfg.AllowPrivate)}
	for _, open := range l.list(func(d *Delivery) bool { return d.open || d.Test && d.State == Pending }) {
		end := record{
			Do: "end", ID: open.ID, At: cfg.Now(), State: Pending, Next: cfg.Now(),
			Note: "the process ended meanwhile; it is sent again with the same id",
		}
		switch {
		case open.Test:
			end.State, end.Next, end.Note = Failed, time.Time{}, "the process ended meanwhile; test again"
		case open.Channel == reminder.Mail:
			end.State, end.Next = Unknown, time.Time{}
			end.Note = "the process ended while it was sent; it may have gone out and is not sent again"
		}
		if err := l.add(end); err != nil {
			return nil, errors.Join(err, l.close())
		}
	}
	return d, nil
}

// Close lets go of the log. Run must have ended.
func (d *Dispatcher) Close() error { return d.ledger.close() }

// Check refuses a subscription that could not be delivered from here.
func (d *Dispatcher) Check(s *reminder.Subscription) error {
	if s.Channel == reminder.Mail && d.cfg.Mail.Address == "" {
		return fault.Precondition("MAIL_NOT_CONFIGURED",
			"this server knows no mail server; have the operator name one with --smtp, or ask for a webhook").In("channel")
	}
	return nil
}

// Secret gives the secret with which the webhooks of a subscription are signed.
func (d *Dispatcher) Secret(subscription string) string {
	return SecretText(secretOf(d.cfg.Key, subscription))
}

// Deliveries gives those of a subscription, the newest first.
func (d *Dispatcher) Deliveries(subscription string) []Delivery {
	list := d.ledger.list(func(d *Delivery) bool { return d.Subscription == subscription })
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// Test sends a message that tells nothing, at once and once.
func (d *Dispatcher) Test(ctx context.Context, s *reminder.Subscription) (Delivery, error) {
	id, err := d.make(s, nil)
	if err != nil {
		return Delivery{}, err
	}
	err = d.attempt(ctx, s, id)
	return d.delivery(id), err
}

func (d *Dispatcher) delivery(id string) Delivery {
	list := d.ledger.list(func(d *Delivery) bool { return d.ID == id })
	if len(list) == 0 {
		return Delivery{}
	}
	return list[0]
}

// Run tells people until the context ends.
func (d *Dispatcher) Run(ctx context.Context, from Source) {
	for {
		if err := d.Sweep(ctx, from); err != nil && ctx.Err() == nil {
			d.cfg.Logger.Warn("not everybody could be told", "error", err)
		}
		wait := time.NewTimer(min(d.cfg.Every, sweepAtLeast))
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
	}
}

// sweepAtLeast is how often it is looked at least, so that what is to be tried again is.
const sweepAtLeast = time.Minute

// attemptsAtOnce is how many are under way at a time.
const attemptsAtOnce = 8

// Sweep looks once what there is to tell, and tries what is to be tried now.
func (d *Dispatcher) Sweep(ctx context.Context, from Source) error {
	subscriptions, err := from.Subscriptions(ctx)
	if err != nil {
		return err
	}
	var errs []error
	byID := map[string]*reminder.Subscription{}
	for i := range subscriptions {
		s := &subscriptions[i]
		byID[s.ID] = s
		if s.Target == "" || d.Check(s) != nil { // it was removed, or this server cannot
			continue
		}
		errs = append(errs, d.look(ctx, from, s))
	}
	now := d.cfg.Now()
	due := d.ledger.list(func(d *Delivery) bool { return d.State == Pending && !d.open && !d.Test && !now.Before(d.Next) })
	var group sync.WaitGroup
	free := make(chan struct{}, attemptsAtOnce)
	results := make([]error, len(due))
	for i := range due {
		free <- struct{}{}
		group.Add(1)
		go func() {
			defer func() { <-free; group.Done() }()
			results[i] = d.attempt(ctx, byID[due[i].Subscription], due[i].ID)
		}()
	}
	group.Wait()
	return errors.Join(append(errs, results...)...)
}

// look makes deliveries of what is new.
func (d *Dispatcher) look(ctx context.Context, from Source, s *reminder.Subscription) error {
	now := d.cfg.Now()
	if s.Daily && !d.dueToday(s, now) {
		return nil
	}
	causes, err := from.Causes(ctx, s, now)
	if err != nil {
		return err
	}
	var fresh []reminder.Cause
	for i := range causes {
		if !d.ledger.knows(s.ID, causes[i].Key()) {
			fresh = append(fresh, causes[i])
		}
	}
	for len(fresh) > 0 {
		n := min(len(fresh), maxCauses)
		if _, err := d.make(s, fresh[:n]); err != nil {
			return err
		}
		fresh = fresh[n:]
	}
	return nil
}

// dueToday says whether the message of the day may be made: not before its hour, and not after there was one.
func (d *Dispatcher) dueToday(s *reminder.Subscription, now time.Time) bool {
	today := period.DayOf(now)
	if now.In(period.Location()).Hour() < s.Hour {
		return false
	}
	return len(d.ledger.list(func(d *Delivery) bool {
		return d.Subscription == s.ID && !d.Test && period.DayOf(d.Created) == today
	})) == 0
}

// make writes a delivery to the log; without causes it is a test.
func (d *Dispatcher) make(s *reminder.Subscription, causes []reminder.Cause) (id string, err error) {
	now := d.cfg.Now()
	r := record{Do: "make", ID: d.cfg.NewID(), At: now, Subscription: s.ID, Channel: s.Channel.String(), Test: causes == nil}
	for i := range causes {
		r.Causes = append(r.Causes, causes[i].Key())
	}
	kind := typeReminder
	if r.Test {
		kind = typeTest
	}
	if s.Channel == reminder.Mail {
		r.Subject, r.Body = mailText(causes, now)
	} else if r.Body, err = postedBody(kind, s.ID, causes, now); err != nil {
		return "", err
	}
	return r.ID, d.ledger.add(r)
}

// attempt tries one delivery. The log says so before and after; the error is of the log alone.
func (d *Dispatcher) attempt(ctx context.Context, s *reminder.Subscription, id string) error {
	if s == nil || s.Target == "" {
		return d.ledger.add(record{Do: "end", ID: id, At: d.cfg.Now(), State: Failed, Note: "the subscription was deleted, or its target removed"})
	}
	if err := d.ledger.add(record{Do: "try", ID: id, At: d.cfg.Now()}); err != nil {
		return err
	}
	it := d.delivery(id)
	// A server that is stopped lets an attempt end that has begun.
	sending, stop := context.WithTimeout(context.WithoutCancel(ctx), attemptWithin)
	defer stop()
	var note string
	var err error
	if s.Channel == reminder.Mail {
		note, err = d.cfg.Mail.send(sending, s.Target, &it, d.cfg.Now())
	} else {
		note, err = d.hooks.send(sending, s.Target, secretOf(d.cfg.Key, s.ID), &it, d.cfg.Now())
	}
	return d.ledger.add(d.outcome(&it, note, err))
}

// outcome says how an attempt ended.
func (d *Dispatcher) outcome(it *Delivery, note string, err error) record {
	r := record{Do: "end", ID: it.ID, At: d.cfg.Now(), State: Delivered, Note: note}
	if err == nil {
		return r
	}
	r.Note = err.Error()
	var never refused
	next, again := after(it.Attempts, d.cfg.Now(), d.cfg.Chance())
	switch {
	case errors.Is(err, errMaybeSent):
		r.State = Unknown
	case errors.Is(err, errGone), errors.As(err, &never), errors.Is(err, errForbidden), it.Test, !again:
		r.State = Failed
	default:
		r.State, r.Next = Pending, next
	}
	return r
}
