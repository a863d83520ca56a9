package reporting

import (
	"context"
	"fmt"
	"strconv"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/register"
)

// ItemFilter narrows items.
type ItemFilter struct {
	Register, Unit string
	// On is a day on which they are there, or empty for all; Withdrawn takes in those that were withdrawn.
	On        string
	Withdrawn bool
	Page      Page
}

// takes says whether an item is asked for; the unit is empty for all.
func (f *ItemFilter) takes(i *register.Item, unit hierarchy.ID, on period.Day) bool {
	return (!i.Withdrawn || f.Withdrawn) && (unit == "" || i.Unit == unit) && (f.On == "" || i.On(on))
}

// RegisterItem is an item as it is shown.
type RegisterItem struct {
	register.Item
	Etag    string
	Written aggregator.Written
}

// ItemPage is one page of items.
type ItemPage struct {
	Items []RegisterItem
	Next  string
	Stamp Stamp
}

// ListRegisterItems lists items in the order of their codes, those of units that the caller sees.
func (s *Service) ListRegisterItems(ctx context.Context, caller auth.Caller, f ItemFilter) (ItemPage, error) {
	size, err := f.Page.size(defaultPage, largestPage)
	if err != nil {
		return ItemPage{}, err
	}
	on := period.Beginning
	if f.On != "" {
		if on, err = period.ParseDay(f.On); err != nil {
			return ItemPage{}, fault.Of(err).In("on")
		}
	}
	var page ItemPage
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		page = ItemPage{Stamp: stampOf(tx)}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		r, err := who.register("parent", f.Register)
		if err != nil {
			return err
		}
		at, err := f.Page.open(tx, filterHash("items", string(r.Thing.Code.Fold()), f.Unit, f.On, strconv.FormatBool(f.Withdrawn)))
		if err != nil {
			return err
		}
		var unit hierarchy.ID
		if f.Unit != "" {
			u, err := who.seen("unit", f.Unit, s.today())
			if err != nil {
				return err
			}
			unit = u.ID
		}
		var failed error
		err = tx.RegisterItems(r.Thing.Code, register.Code(at.key), func(v aggregator.Versioned[register.Item]) bool {
			i := &v.Thing
			switch {
			case string(i.Code.Fold()) == at.key, !f.takes(i, unit, on), !who.reads(i.Unit, i.Since):
				return true
			case len(page.Items) == size:
				at.key = string(page.Items[size-1].Code.Fold())
				page.Next = at.token()
				return false
			}
			shown := RegisterItem{Item: v.Thing, Etag: strconv.FormatUint(v.Sequence, 10)}
			shown.Written, failed = tx.Written(v.Sequence)
			page.Items = append(page.Items, shown)
			return failed == nil
		})
		if err == nil {
			err = failed
		}
		return err
	})
	return page, err
}

// How many periods are counted at once, and how many items a register may have to be counted.
const (
	maxCountedPeriods = 60
	maxCountedItems   = 200_000
)

// CountQuery asks for counts of a register.
type CountQuery struct {
	Register, Unit string
	Children       bool
	Periods        []string
}

// RegisterCount is one unit and one period.
type RegisterCount struct {
	Period      period.Period
	First, Last period.Day
	Unit        hierarchy.Unit
	// Own says that it is of what is placed at the unit itself.
	Own bool
	register.Counts
}

// CountRegister counts the items of a register by unit and period.
func (s *Service) CountRegister(ctx context.Context, caller auth.Caller, q CountQuery) ([]RegisterCount, Stamp, error) {
	periods, err := periodsOf(q.Periods)
	if err != nil {
		return nil, Stamp{}, err
	}
	var lines []RegisterCount
	var stamp Stamp
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		stamp, lines = stampOf(tx), nil
		if err := who.need(auth.Read); err != nil {
			return err
		}
		v, err := who.register("name", q.Register)
		if err != nil {
			return err
		}
		for _, p := range periods { // before anything is counted
			last := v.Thing.Calendar.Last(p)
			u, err := who.seen("unit", q.Unit, last)
			if err == nil {
				err = standsOn(tx.Tree(), u, p, last)
			}
			if err != nil {
				return err
			}
		}
		tallies, err := tally(tx, &v.Thing, periods)
		if err != nil {
			return err
		}
		for i, p := range periods {
			u, err := who.seen("unit", q.Unit, tallies[i].Last())
			if err != nil {
				return err
			}
			lines = append(lines, countLines(tx.Tree(), tallies[i], p, u, q.Children)...)
		}
		return nil
	})
	return lines, stamp, err
}

func periodsOf(words []string) ([]period.Period, error) {
	switch {
	case len(words) == 0:
		return nil, fault.Invalid("PERIODS_MISSING", "no period was asked for; give one such as 2024 or 2024-03").In("periods")
	case len(words) > maxCountedPeriods:
		return nil, fault.Invalid("LIST_TOO_LONG", "%s has %d members; at most %d are taken", "periods", len(words), maxCountedPeriods).
			With("count", len(words)).With("limit", maxCountedPeriods).In("periods")
	}
	periods := make([]period.Period, len(words))
	for i, w := range words {
		var err error
		if periods[i], err = period.Parse(w); err != nil {
			return nil, fault.Of(err).In(fmt.Sprintf("periods[%d]", i))
		}
	}
	return periods, nil
}

// tally counts a register in periods. Every item is read once, and all of them before any is counted, for which one is the first of
// its key is not known before.
func tally(tx *aggregator.Tx, r *register.Register, periods []period.Period) ([]*register.Tally, error) {
	keyed := register.NewKeyed(r.Calendar)
	var items []register.Item
	err := tx.RegisterItems(r.Code, "", func(v aggregator.Versioned[register.Item]) bool {
		keyed.Add(&v.Thing)
		items = append(items, v.Thing)
		return len(items) <= maxCountedItems
	})
	if err != nil {
		return nil, err
	}
	if len(items) > maxCountedItems {
		return nil, fault.Exhausted("REGISTER_TOO_LARGE", "register %s has more than %d items, which are not counted at once; keep one register for each year, or province", r.Code, maxCountedItems).
			With("register", r.Code).With("limit", maxCountedItems)
	}
	tallies := make([]*register.Tally, len(periods))
	for n, p := range periods {
		tallies[n] = register.NewTally(tx.Tree(), keyed, p)
		for i := range items {
			tallies[n].Add(&items[i])
		}
	}
	return tallies, nil
}

// countLines lists what a unit comes to in a period.
func countLines(tree *hierarchy.Tree, t *register.Tally, p period.Period, u hierarchy.Unit, children bool) []RegisterCount {
	line := func(u hierarchy.Unit, own bool, c register.Counts) RegisterCount {
		return RegisterCount{Period: p, First: t.First(), Last: t.Last(), Unit: u.On(t.Last()), Own: own, Counts: c}
	}
	lines := []RegisterCount{line(u, false, t.Of(u.ID))}
	if !children {
		return lines
	}
	lines = append(lines, line(u, true, t.Own(u.ID)))
	for _, id := range tree.Children(u.ID, t.Last()) {
		child, _ := tree.Unit(id)
		lines = append(lines, line(child, false, t.Of(id)))
	}
	return lines
}
