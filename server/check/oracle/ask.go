package oracle

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
	"github.com/tonghop/tonghop/server/verify"
)

// How many columns are asked that a step may or may not have touched: after a change of what is owed, and beside those that
// a report has surely touched.
const (
	wideColumns   = 16
	randomColumns = 2
)

// judge asks the state, as it is seen now, for what an act can have touched, and tells what is wrong; empty if nothing is.
func (s *stage) judge(a act, random *rand.Rand) (string, error) {
	found := ""
	err := s.read(func(tx *aggregator.Tx) error {
		asker := asker{tx: tx, random: random, stage: s, asked: slices.Clone(s.wrong)}
		about := keys(a.body)
		for _, k := range about {
			s.counts.Reports++
			if found = s.reports.differs(tx, k); found != "" {
				return nil
			}
			asker.touched(k)
		}
		n := randomColumns
		if len(about) == 0 {
			n = wideColumns
		}
		asker.anything(n)
		var err error
		if found, err = asker.ask(); found != "" || err != nil {
			return err
		}
		if found, err = s.shut.differs(tx); found != "" || err != nil {
			return err
		}
		found, err = s.recall(tx, s.some(random))
		asker.remember(about)
		return err
	})
	return found, err
}

// asker gathers questions and asks them.
type asker struct {
	*stage
	tx     *aggregator.Tx
	random *rand.Rand
	asked  []column
}

// column is a question to several units.
type column struct {
	verify.Question
	units []hierarchy.ID
}

// carriers gives the forms that carry an indicator, or what it is computed from, in any version, and whether all have one
// calendar.
func (a *asker) carriers(code indicator.Code) (list []form.Form, one bool) {
	one = true
	sources := a.tx.Indicators().Sources(code)
	for _, c := range a.tx.Forms().Codes() {
		for _, v := range a.tx.Forms().Versions(c) {
			if slices.ContainsFunc(sources, v.Carries) {
				one = one && (len(list) == 0 || list[0].Calendar == v.Calendar)
				list = append(list, v)
				break
			}
		}
	}
	return list, one
}

// touched asks for every roll-up that a report can have touched: of all indicators of its form and those that lean on them,
// of all periods that hold its own or begin where it ends, for its unit and all above it.
func (a *asker) touched(k entry.ReportKey) {
	unit, ok := a.tx.Tree().Unit(k.Unit)
	if !ok {
		return
	}
	units := []hierarchy.ID{unit.ID}
	for up := unit; up.Parent != ""; {
		up, _ = a.tx.Tree().Unit(up.Parent)
		units = append(units, up.ID)
	}
	if len(a.tx.Tree().Links()) > 0 {
		units = a.everyone() // figures go where units went
	}
	spans := append([]period.Period{k.Period}, period.Containing(k.Period)...)
	if next := k.Period.Next(); next.Year == k.Period.Year {
		spans = append(spans, next)
	}
	direct := map[indicator.Code]bool{}
	for _, v := range a.tx.Forms().Versions(k.Form) {
		for _, code := range v.Indicators {
			direct[code] = true
		}
	}
	for _, code := range a.tx.Indicators().Codes() {
		if direct[code] {
			a.columns(code, spans, unit.Kind, units)
		}
		if a.leans(code, direct) {
			a.columns(code, append(a.later(k.Period), spans...), unit.Kind, units)
		}
	}
}

// leans says whether an indicator is weighted or divided by one of those, or computed from one that leans on them.
func (a *asker) leans(code indicator.Code, on map[indicator.Code]bool) bool {
	if v, _ := a.tx.Indicators().Latest(code); v.Derived() {
		return slices.ContainsFunc(a.tx.Indicators().Sources(code), func(source indicator.Code) bool { return on[source] || a.leans(source, on) })
	}
	return slices.ContainsFunc(a.tx.Indicators().Versions(code), func(v indicator.Indicator) bool {
		return on[v.Weight] || on[v.DenominatorIndicator]
	})
}

// later draws periods of the years in which a figure may still divide others (R15).
func (a *asker) later(base period.Period) []period.Period {
	var list []period.Period
	for range 4 {
		list = append(list, a.span(base.ShiftYears(a.random.IntN(3))))
	}
	return list
}

// span draws any period of the year of a period.
func (a *asker) span(of period.Period) period.Period {
	kind := pick(a.random, period.Kinds()...)
	return period.Of(int(of.Year), kind, 1+a.random.IntN(kind.PerYear()))
}

// columns asks for an indicator in every measure, both bases, and for all kinds or one.
func (a *asker) columns(code indicator.Code, spans []period.Period, kind hierarchy.Kind, units []hierarchy.ID) {
	forms, one := a.carriers(code)
	if len(forms) == 0 || !one {
		return
	}
	for _, span := range spans {
		if _, ok := a.tx.Indicators().On(code, forms[0].Last(span)); !ok {
			continue
		}
		several := len(a.tx.Indicators().KindsOn(code, forms[0].Last(span))) > 1
		for _, measure := range []verify.Measure{verify.AsReported, verify.Own, verify.YearToDate} {
			if !a.tx.Possible(code, rollup.Measure(measure)) {
				continue
			}
			for _, provisional := range []bool{false, true} {
				kinds := []hierarchy.Kind{""}
				if several && a.random.IntN(2) == 0 {
					kinds = append(kinds, kind)
				}
				for _, kind := range kinds {
					a.asked = append(a.asked, column{verify.Question{
						Indicator: code, Period: span, Provisional: provisional, Measure: measure, Kind: kind, Tree: a.tree(forms[0].Last(span)),
					}, units})
				}
			}
		}
	}
}

// tree draws a day on whose tree is asked, if units ever went over into others: mostly none.
func (a *asker) tree(last period.Day) period.Day {
	if len(a.tx.Tree().Links()) == 0 || a.random.IntN(3) > 0 {
		return 0
	}
	return last + period.Day(a.random.IntN(500))
}

// everyone lists all units that ever were.
func (a *asker) everyone() []hierarchy.ID {
	var units []hierarchy.ID
	for o := range a.tx.Tree().Len() {
		units = append(units, a.tx.Tree().At(o).ID)
	}
	return units
}

// anything asks some questions of all units.
func (a *asker) anything(n int) {
	known := a.reports.known()
	codes := a.tx.Indicators().Codes()
	if len(known) == 0 || len(codes) == 0 {
		return
	}
	units := a.everyone()
	for range n {
		before := len(a.asked)
		span := a.span(pick(a.random, known...).Period)
		a.columns(pick(a.random, codes...), []period.Period{span}, "commune", units)
		if drawn := len(a.asked) - before; drawn > 1 { // one of them is enough
			a.asked = append(a.asked[:before], a.asked[before+a.random.IntN(drawn)])
		}
	}
}

// ask compares state and model.
func (a *asker) ask() (string, error) {
	for _, c := range a.asked {
		for _, unit := range c.units {
			q := c.Question
			q.Unit = unit
			said, err := answer(a.tx, q)
			var refused *fault.Error
			switch {
			case errors.As(err, &refused) && refused.Kind == fault.KindExhausted:
				continue
			case fault.KindOf(err) == fault.KindNotFound:
				continue // a shorter story has not come to it
			case err != nil:
				a.wrong = append(a.wrong, c)
				return fmt.Sprintf("%s: %v", q, err), nil
			}
			a.counts.Rollups++
			if diff := differs(said, a.model.Answer(q)); diff != "" {
				a.wrong = append(a.wrong, c)
				return fmt.Sprintf("%s: %s", q, diff), nil
			}
		}
	}
	return "", nil
}

// differs compares two answers. Where a figure of a longer period cannot be divided into the span there is no answer, and
// nothing beside it means anything (R4).
func differs(state, reports verify.Answer) string {
	const none = "NOT_AT_THIS_PERIOD"
	if state.State == none && reports.State == none {
		return ""
	}
	return verify.Difference(state, reports)
}

func pick[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }
