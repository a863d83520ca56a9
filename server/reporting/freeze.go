package reporting

import (
	"context"
	"slices"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/closing"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// frozen are the rows of a closing, as they were at an entry.
type frozen struct {
	at    uint64
	table closing.Table
	watch watch
}

// watch says which reports the rows hang on.
type watch struct {
	// forms carry what is in the rows, leaned what those lean on; year is that of the rows.
	forms, leaned map[form.Code]bool
	year          int16
}

// Limits of a closing.
const (
	// freezeRows is how many rows one read transaction makes; one that is not made of rows alone counts as several.
	freezeRows = 500
	slowRow    = 10
	// largestTable leaves room in the largest entry (R40).
	largestTable = 7 << 20
	// mostChanges is through how many notes one looks for a change that matters.
	mostChanges = 20_000
)

const reasonDisturbed = "CLOSING_DISTURBED"

func disturbed() error {
	return fault.Conflict(reasonDisturbed, "reports of the period kept changing while its roll-ups were computed; try again in a moment")
}

// freeze computes the rows of a closing in short reads, all of one state: what they hang on has not changed from the first read
// to the last.
func (s *Service) freeze(ctx context.Context, caller auth.Caller, ref ClosingRef) (frozen, error) {
	var job freezing
	for !job.done {
		err := s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
			at, err := who.closeable(ref)
			if err != nil {
				return err
			}
			if !job.begun {
				job.begin(tx, at)
			} else if err := job.stillHolds(tx, at); err != nil {
				return err
			}
			return job.some(tx)
		})
		if err != nil {
			return frozen{}, err
		}
	}
	var err error
	if job.table, err = closing.Make(job.rows); err != nil {
		return frozen{}, err
	}
	if n := job.table.Bytes(); n > largestTable {
		return frozen{}, fault.Exhausted("CLOSING_TOO_LARGE", "the roll-ups of this closing take %d bytes, the limit is %d; let units further below own the form", n, largestTable).
			With("limit", largestTable)
	}
	return job.frozen, nil
}

// freezing is a freeze under way.
type freezing struct {
	frozen
	begun, done bool
	rows        []closing.Row

	units      []hierarchy.ID
	indicators []indicator.Code
	periods    []period.Period
	// next is the place of the next cell, by indicator, period, and unit.
	next [3]int
}

func (j *freezing) begin(tx *aggregator.Tx, at closingPlace) {
	j.begun, j.at = true, tx.Position().Head.Sequence
	// What several forms report by calendars of their own is told to nobody, though some units could tell it.
	carriers := carriersOf(tx)
	j.indicators = slices.DeleteFunc(slices.Clone(at.form.Indicators), func(code indicator.Code) bool {
		known := carriers[code.Fold()]
		return slices.ContainsFunc(known, func(f form.Form) bool { return f.Calendar != known[0].Calendar })
	})
	j.periods = closedWith(at.key.Period)
	tx.Tree().Subtree(at.owner.ID, at.last, func(u hierarchy.Unit) bool {
		j.units = append(j.units, u.ID)
		return true
	})
	j.watch = watchOf(tx, at)
}

// closedWith gives the periods that end with a base period, which close with it: itself and longer ones.
func closedWith(base period.Period) []period.Period {
	list := []period.Period{base}
	for _, longer := range period.Containing(base) {
		if bases := longer.Bases(base.Kind); len(bases) > 0 && bases[len(bases)-1] == base {
			list = append(list, longer)
		}
	}
	return list
}

// some makes some rows within one read.
func (j *freezing) some(tx *aggregator.Tx) error {
	budget := freezeRows
	for ; j.next[0] < len(j.indicators); j.next[0]++ {
		for ; j.next[1] < len(j.periods); j.next[1]++ {
			if err := j.column(tx, &budget); err != nil || budget <= 0 {
				return err
			}
			j.next[2] = 0
		}
		j.next[1] = 0
	}
	j.done = true
	return nil
}

// column makes the rows of one indicator and period, as far as the budget goes.
func (j *freezing) column(tx *aggregator.Tx, budget *int) error {
	code, p := j.indicators[j.next[0]], j.periods[j.next[1]]
	series, err := tx.Series(aggregator.Query{Indicator: code, Period: p, Basis: rollup.Official})
	if err != nil {
		return err
	}
	for ; j.next[2] < len(j.units); j.next[2]++ {
		if *budget <= 0 {
			return nil
		}
		unit, known := tx.Tree().Ordinal(j.units[j.next[2]])
		if !known {
			continue
		}
		*budget--
		if !series.FromRows(unit) {
			*budget -= slowRow
		}
		answer, err := series.Rollup(unit)
		switch fault.ReasonOf(err) {
		case "CALENDARS_MIXED", "QUERY_TOO_LARGE":
			continue // nobody is told such a roll-up
		}
		if err != nil {
			return err
		}
		if row := rowOf(&answer, p); row.Counts() {
			j.rows = append(j.rows, row)
		}
	}
	return nil
}

// rowOf gives a roll-up as a closing keeps it.
func rowOf(a *aggregator.Answer, p period.Period) closing.Row {
	r, c := &a.Result, &a.Result.Coverage
	row := closing.Row{
		Unit: a.Unit.ID, Period: p, Indicator: a.Indicator.Code, State: r.State.String(), Value: r.Display,
		Numerator: r.NumeratorDisplay, Denominator: r.DenominatorDisplay, Fell: r.Fell,
		Coverage: closing.Coverage{
			Expected: c.Expected, Received: c.Received, NotAvailable: c.NotAvailable, Missing: c.Missing,
			NotApplicable: c.NotApplicable, Excluded: c.Excluded, Late: c.Late, Stale: c.Stale, UnitsComplete: c.UnitsComplete,
			Units: c.Units, Half: c.Half, Unweighted: c.Unweighted, Gaps: c.Gaps, Over: c.Divisor,
		},
	}
	if a.LastPeriod.Valid() {
		row.Last = a.LastPeriod.String()
	}
	if r.DenominatorFrom.Valid() {
		row.DenominatorFrom = r.DenominatorFrom.String()
	}
	return row
}

// watchOf finds on which reports the rows of a closing hang.
func watchOf(tx *aggregator.Tx, at closingPlace) watch {
	w := watch{forms: map[form.Code]bool{}, leaned: map[form.Code]bool{}, year: at.key.Period.Year}
	var leaned []indicator.Code
	for _, code := range at.form.Indicators {
		for _, v := range tx.Indicators().Versions(code) {
			leaned = append(leaned, v.Weight, v.DenominatorIndicator)
		}
	}
	for _, name := range tx.Forms().Codes() {
		for _, f := range tx.Forms().Versions(name) {
			if slices.ContainsFunc(at.form.Indicators, f.Carries) {
				w.forms[f.Code] = true
			}
			if slices.ContainsFunc(leaned, func(code indicator.Code) bool { return code != "" && f.Carries(code) }) {
				w.leaned[f.Code] = true
			}
		}
	}
	return w
}

// stillHolds refuses rows that may be others in this state than at their entry.
func (f *frozen) stillHolds(tx *aggregator.Tx, _ closingPlace) error {
	if tx.Position().Head.Sequence == f.at {
		return nil
	}
	seen := 0
	return tx.Changes(f.at, mostChanges, func(c aggregator.Change) error {
		if seen++; seen == mostChanges || f.watch.minds(c) {
			return disturbed()
		}
		return nil
	})
}

// minds says whether a change may move official roll-ups of the rows. What was only sent moves none.
func (w *watch) minds(c aggregator.Change) bool {
	switch c.Kind {
	case aggregator.UnitsChange, aggregator.IndicatorsChange, aggregator.FormsChange:
		return true
	case aggregator.ApprovedChange, aggregator.ReturnedChange, aggregator.ExcludedChange, aggregator.LiftedChange:
		return w.forms[c.Key.Form] && c.Key.Period.Year == w.year || w.leaned[c.Key.Form]
	default:
		return false
	}
}
