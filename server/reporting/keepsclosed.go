package reporting

import (
	"fmt"
	"slices"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// keepsClosed refuses a change that is dated on or before the last day of a closed period which it concerns, unless that is
// reopened for all units (R27).
func (g granted) keepsClosed(day period.Day, concerns func(c aggregator.Closing) bool) error {
	if !g.tx.AnyClosing() {
		return nil
	}
	var barred error
	err := g.tx.Closings("", func(c aggregator.Closing) (bool, error) {
		f, _ := g.tx.Forms().Latest(c.Key.Form)
		last := f.Last(c.Key.Period)
		if last < day || c.OpenFor("", g.now) || !concerns(c) {
			return true, nil
		}
		newest, _ := c.Newest()
		barred = fault.Precondition("CLOSED_PERIOD_AFFECTED",
			"the change holds from %s on, and %s of form %s, which ends on %s, is closed below %s as version %d; let the change begin later, or reopen that period for all units",
			dayWords(day), c.Key.Period, c.Key.Form, last, c.Key.Owner, newest.Number).
			With("day", day.String()).With("period", c.Key.Period.String()).With("form", c.Key.Form).With("unit", c.Key.Owner).
			With("version", newest.Number)
		return false, nil
	})
	if err != nil {
		return err
	}
	return barred
}

// keepsClosedForm refuses a version of a form that would change what a closed period asked for. Names may change.
func (g granted) keepsClosedForm(v form.Form) error {
	was, known := sameFormVersion(g.tx.Forms().Versions(v.Code), v)
	was.NameVI, was.NameEN = v.NameVI, v.NameEN
	if known && sameForm(was, v) {
		return nil
	}
	touched := func(c aggregator.Closing) bool {
		if c.Key.Form.Same(v.Code) {
			return true
		}
		of, _ := g.tx.Forms().Latest(c.Key.Form)
		return slices.ContainsFunc(of.Indicators, v.Carries) || slices.ContainsFunc(of.Indicators, was.Carries)
	}
	return g.keepsClosed(v.ValidFrom, touched)
}

// keepsClosedIndicator refuses a version of an indicator that would change what a closed period was brought together from.
func (g granted) keepsClosedIndicator(v indicator.Indicator) error {
	was, known := sameVersion(g.tx.Indicators().Versions(v.Code), v)
	was.NameVI, was.NameEN, was.Group = v.NameVI, v.NameEN, v.Group
	if known && sameIndicator(was, v) {
		return nil
	}
	return g.keepsClosed(v.ValidFrom, func(c aggregator.Closing) bool {
		f, _ := g.tx.Forms().On(c.Key.Form, g.lastDay(c))
		if f.Carries(v.Code) {
			return true
		}
		return slices.ContainsFunc(f.Indicators, func(code indicator.Code) bool {
			i, _ := g.tx.Indicators().Latest(code)
			return v.Code.Same(i.Weight) || v.Code.Same(i.DenominatorIndicator)
		})
	})
}

func (g granted) lastDay(c aggregator.Closing) period.Day {
	f, _ := g.tx.Forms().Latest(c.Key.Form)
	return f.Last(c.Key.Period)
}

// keepsClosedTree refuses a change of units that would change who stood below the owner of a closed period. Names may change.
func (g granted) keepsClosedTree(units []hierarchy.Unit, links []hierarchy.Link) error {
	tree := g.tx.Tree()
	for _, u := range units {
		day := u.ValidFrom
		if old, known := tree.Unit(u.ID); known {
			if old.ValidTo == u.ValidTo {
				continue
			}
			day = min(old.ValidTo, u.ValidTo)
		}
		err := g.keepsClosed(day, func(c aggregator.Closing) bool {
			return u.ID == c.Key.Owner || above(tree, u.Parent, c.Key.Owner) || above(tree, c.Key.Owner, u.ID)
		})
		if err != nil {
			return err
		}
	}
	for _, l := range links {
		err := g.keepsClosed(l.Date, func(c aggregator.Closing) bool {
			return above(tree, l.From, c.Key.Owner) || above(tree, l.To, c.Key.Owner)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// keepsClosedDays refuses days of the list of holidays on or before the last day of a closed period.
func (g granted) keepsClosedDays(rows, changed []period.Holiday) error {
	var problems fault.List
	for _, h := range changed {
		if err := g.keepsClosed(h.Day, func(aggregator.Closing) bool { return true }); err != nil {
			problems.Add(fault.Of(err).In("date").In(fmt.Sprintf("holidays[%d]", slices.Index(rows, h))))
		}
	}
	return problems.Err()
}

// above says whether the owner is the unit or stands above it, on whatever days.
func above(tree *hierarchy.Tree, unit, owner hierarchy.ID) bool {
	for id := unit; id != ""; {
		if id == owner {
			return true
		}
		u, known := tree.Unit(id)
		if !known {
			return false
		}
		id = u.Parent
	}
	return false
}
