package reporting

import (
	"context"
	"errors"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
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
	Size    int
}

// ChangePage is a stretch of the change feed.
type ChangePage struct {
	Changes []aggregator.Change
	// NextAfter is where to go on: everything up to it was told or is not for this caller.
	NextAfter uint64
	More      bool
	Stamp     Stamp
}

// ListChanges gives the changes after a sequence that the caller may see, in order.
func (s *Service) ListChanges(ctx context.Context, caller auth.Caller, f ChangeFilter) (ChangePage, error) {
	size, err := (Page{Size: f.Size}).size(defaultPage, largestPage)
	if err != nil {
		return ChangePage{}, err
	}
	var page ChangePage
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		page = ChangePage{Stamp: stampOf(tx), NextAfter: f.After}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		if f.Journal != nil && *f.Journal != page.Stamp.JournalID {
			return journalReplaced(*f.Journal, page.Stamp.JournalID)
		}
		if f.After > page.Stamp.Sequence {
			return journal.SequenceAhead(f.After, tx.Position().Head)
		}
		feed := feed{who: who, form: form.Code(f.Form)}
		if f.Below != "" {
			u, err := who.seen("below", f.Below, s.today())
			if err != nil {
				return err
			}
			feed.below = u.ID
		}
		scanned := 0
		err := tx.Changes(f.After, largestPage, func(c aggregator.Change) error {
			scanned++
			if len(page.Changes) == size {
				page.More = true
				return errEnough
			}
			page.NextAfter = c.Sequence
			if feed.shows(c) {
				page.Changes = append(page.Changes, c)
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return err
		}
		page.More = page.More || scanned == largestPage
		if !page.More {
			page.NextAfter = page.Stamp.Sequence // entries that nobody is told of lie behind too
		}
		return nil
	})
	return page, err
}

// feed filters changes for one caller.
type feed struct {
	who   granted
	below hierarchy.ID
	form  form.Code
}

func (f feed) shows(c aggregator.Change) bool {
	switch c.Kind {
	case aggregator.AccessChange:
		return f.below == "" && f.form == "" && f.who.has(auth.Grant)
	case aggregator.UnitsChange, aggregator.IndicatorsChange, aggregator.FormsChange:
		return f.below == "" && f.form == ""
	case aggregator.DraftChange, aggregator.SubmittedChange, aggregator.ApprovedChange, aggregator.ReturnedChange:
		return f.showsReport(c)
	default:
		return false
	}
}

func (f feed) showsReport(c aggregator.Change) bool {
	if f.form != "" && !f.form.Same(c.Key.Form) || !f.who.readsForm(c.Key.Form) {
		return false
	}
	on := period.DayOf(c.Time)
	if latest, ok := f.who.tx.Forms().Latest(c.Key.Form); ok {
		on = latest.Last(c.Key.Period)
	}
	if f.below != "" && !f.who.tx.Tree().Within(c.Key.Unit, f.below, on) {
		return false
	}
	if c.Kind == aggregator.DraftChange {
		return f.who.ownDrafts(c.Key.Unit)
	}
	return f.who.reads(c.Key.Unit, on)
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
	quiet := time.Duration(0)
	for {
		page, err := s.ListChanges(ctx, caller, f)
		if err != nil {
			return err
		}
		f.After = page.NextAfter
		if len(page.Changes) > 0 || quiet >= heartbeat || quiet == 0 {
			if err := tell(page); err != nil {
				return err
			}
			quiet = 1
		}
		if page.More {
			continue
		}
		waiting, stop := context.WithTimeout(ctx, recheckGrant)
		_, err = s.cfg.State.Wait(waiting, page.Stamp.Sequence)
		stop()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil: // nothing came: ask again, which looks the token up again
			quiet += recheckGrant
		}
	}
}
