package reporting

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/period"
)

// ChangeFilter narrows the change feed.
type ChangeFilter struct {
	After uint64
	// Journal is the journal that After is of; nil for whichever is here.
	Journal *journal.ID
	Below   string
	Form    string
	// Periods are those in which the base periods of reports end; empty for all.
	Periods string
	// Kinds are those of changes; none for all.
	Kinds []aggregator.ChangeKind
	Size  int
}

// ChangePage is a stretch of the change feed.
type ChangePage struct {
	Changes []aggregator.Change
	// NextAfter is where to go on: everything up to it was told or is not for this caller.
	NextAfter uint64
	More      bool
	// Now is when it was told.
	Now   time.Time
	Stamp Stamp
}

// ListChanges gives the changes after a sequence that the caller may see, in order. The changes of one entry stay
// together, so a page may be larger than was asked for by what one entry holds.
func (s *Service) ListChanges(ctx context.Context, caller auth.Caller, f ChangeFilter) (ChangePage, error) {
	size, err := (Page{Size: f.Size}).size(defaultPage, largestPage)
	if err != nil {
		return ChangePage{}, err
	}
	var page ChangePage
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		page = ChangePage{Stamp: stampOf(tx), NextAfter: f.After, Now: who.now}
		feed, err := who.feed(f, page.Stamp, s.today())
		if err != nil {
			return err
		}
		scanned := 0
		err = tx.Changes(f.After, math.MaxInt, func(c aggregator.Change) error {
			if c.Sequence != page.NextAfter && (len(page.Changes) >= size || scanned >= largestPage) {
				page.More = true
				return errEnough
			}
			scanned++
			page.NextAfter = c.Sequence
			shown, err := feed.shows(c)
			if shown {
				page.Changes = append(page.Changes, c)
			}
			return err
		})
		if err != nil && !errors.Is(err, errEnough) {
			return err
		}
		if !page.More {
			page.NextAfter = page.Stamp.Sequence // entries that nobody is told of lie behind too
		}
		return nil
	})
	return page, err
}

// feed filters changes for one caller.
type feed struct {
	who     granted
	below   hierarchy.ID
	form    form.Code
	periods []period.Period
	kinds   []aggregator.ChangeKind
}

// feed reads a filter, or refuses it.
func (g granted) feed(f ChangeFilter, at Stamp, today period.Day) (feed, error) {
	if err := g.need(auth.Read); err != nil {
		return feed{}, err
	}
	if f.Journal != nil && *f.Journal != at.JournalID {
		return feed{}, journalReplaced(g.tx, *f.Journal)
	}
	if f.After > at.Sequence {
		return feed{}, fault.Of(journal.SequenceAhead(f.After, g.tx.Position().Head)).In("after_sequence")
	}
	filter := feed{who: g, kinds: f.Kinds}
	if f.Periods != "" {
		var err error
		if filter.periods, err = somePeriods(f.Periods); err != nil {
			return feed{}, err
		}
	}
	if f.Form != "" {
		known, ok := g.tx.Forms().Latest(form.Code(f.Form))
		switch {
		case !ok:
			return feed{}, unknownForm(g.tx.Definitions(), f.Form, today).In("form")
		case !g.readsForm(known.Code):
			return feed{}, g.formNotGranted(f.Form)
		}
		filter.form = known.Code
	}
	if f.Below != "" {
		u, err := g.seen("below", f.Below, today)
		if err != nil {
			return feed{}, err
		}
		filter.below = u.ID
	}
	return filter, nil
}

// shows says whether the caller is told of a change. A unit or token is named to those alone who may see it.
func (f feed) shows(c aggregator.Change) (bool, error) {
	if len(f.kinds) > 0 && !slices.Contains(f.kinds, c.Kind) {
		return false, nil
	}
	return f.showsKind(c)
}

// showsSubscription says so of a subscription that was made or deleted.
func (f feed) showsSubscription(c aggregator.Change) (bool, error) {
	if !f.all() || !f.who.has(auth.Grant) {
		return false, nil
	}
	s, known, err := f.who.tx.Subscription(c.Name)
	return known && f.who.subscribes(&s.Subscription), err
}

// showsKind is shows for a kind of change that is wanted.
func (f feed) showsKind(c aggregator.Change) (bool, error) {
	switch c.Kind {
	case aggregator.DraftChange, aggregator.SubmittedChange, aggregator.ApprovedChange, aggregator.ReturnedChange,
		aggregator.ExcludedChange, aggregator.LiftedChange:
		return f.showsReport(c), nil
	case aggregator.ClosedChange, aggregator.ReopenedChange:
		return f.showsClosing(c), nil
	case aggregator.UnitsChange:
		return f.all() && (c.Name == "" || f.who.reads(hierarchy.ID(c.Name), period.DayOf(c.Time))), nil
	case aggregator.IndicatorsChange, aggregator.FormsChange, aggregator.HolidaysChange, aggregator.RulesChange, aggregator.PlansChange,
		aggregator.OutsideChange, aggregator.DutiesChange, aggregator.RegistersChange:
		return f.all(), nil
	case aggregator.AccessChange:
		if !f.all() || !f.who.has(auth.Grant) {
			return false, nil
		}
		token, known, err := f.who.tx.Token(c.Name)
		return known && f.who.grants(token), err
	case aggregator.SubscriptionChange:
		return f.showsSubscription(c)
	case aggregator.StoreChange:
		// Who looks after the store reads no changes; who looks after everybody's access is told in his place.
		return f.all() && f.who.needEverywhere(auth.Grant) == nil, nil
	default:
		return false, nil
	}
}

// all says that the filter keeps what belongs to no report.
func (f feed) all() bool { return f.below == "" && f.form == "" && f.periods == nil }

func (f feed) showsReport(c aggregator.Change) bool {
	form, ok := f.who.tx.Forms().Latest(c.Key.Form)
	if !ok || f.form != "" && f.form != form.Code || f.periods != nil && !endsIn(c.Key.Period, f.periods) {
		return false
	}
	on := form.Last(c.Key.Period)
	if version, ok := f.who.tx.Forms().On(form.Code, on); ok {
		form = version
	}
	if f.below != "" && !f.who.tx.Tree().Within(c.Key.Unit, f.below, on) {
		return false
	}
	if c.Kind == aggregator.DraftChange && !f.who.ownDrafts(c.Key.Unit) {
		return false
	}
	return f.who.readsReport(c.Key.Unit, form, on)
}

// showsClosing says whether a closing concerns the caller: of his forms, below a unit that he reads or stands below.
func (f feed) showsClosing(c aggregator.Change) bool {
	form, ok := f.who.tx.Forms().Latest(c.Key.Form)
	if !ok || f.form != "" && f.form != form.Code || f.periods != nil && !endsIn(c.Key.Period, f.periods) || !f.who.readsForm(form.Code) {
		return false
	}
	tree, on := f.who.tx.Tree(), form.Last(c.Key.Period)
	if f.below != "" && !tree.Within(c.Key.Unit, f.below, on) && !tree.Within(f.below, c.Key.Unit, on) {
		return false
	}
	return f.who.boundBy(c.Key.Unit, on)
}

// endsIn says whether a base period ends in one of the periods: with its last month.
func endsIn(base period.Period, periods []period.Period) bool {
	months := base.Months()
	return len(months) > 0 && slices.ContainsFunc(periods, func(p period.Period) bool { return p.Contains(months[len(months)-1]) })
}

// Intervals of the change feed (R46).
const (
	heartbeat    = 15 * time.Second
	recheckGrant = 3 * time.Second
)

// WatchChanges follows the feed: tell is called with each stretch of changes, and with an empty one as a heartbeat. It
// ends with the context, with tell's error, or soon after the token is revoked.
func (s *Service) WatchChanges(ctx context.Context, caller auth.Caller, f ChangeFilter, tell func(ChangePage) error) error {
	f.Size = largestPage
	for due := true; ; {
		told, err := s.follow(ctx, caller, &f, due, tell)
		if err != nil {
			return err
		}
		due = !told
	}
}

// follow tells the next stretch of changes; at once where a heartbeat is due. It gives up when the next one is: time
// counts, not silence, for what others are told of must not keep the heartbeat from this caller.
func (s *Service) follow(ctx context.Context, caller auth.Caller, f *ChangeFilter, due bool, tell func(ChangePage) error) (told bool, err error) {
	beat, stop := context.WithTimeout(ctx, heartbeat)
	defer stop()
	for {
		page, err := s.ListChanges(ctx, caller, *f)
		if err != nil {
			return false, err
		}
		f.After = page.NextAfter
		if due || len(page.Changes) > 0 {
			return true, tell(page)
		}
		if !page.More {
			s.awaitChange(beat, page.Stamp.Sequence)
		}
		if beat.Err() != nil {
			return false, ctx.Err()
		}
	}
}

// awaitChange waits for something new, but not longer than a grant may go unlooked at: the next reading looks the token
// up again, and tells too when the state is closed.
func (s *Service) awaitChange(ctx context.Context, after uint64) {
	waiting, stop := context.WithTimeout(ctx, recheckGrant)
	defer stop()
	_, _ = s.cfg.State.Wait(waiting, after)
}
