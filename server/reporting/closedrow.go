package reporting

import (
	"slices"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/closing"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// Closed says what a roll-up was when its period was closed.
type Closed struct {
	// Version is that of the last closing, or of the one that was asked for; 0 where the period was never closed for the unit.
	Version int
	// Differs says that what it is now is not what was kept.
	Differs bool
}

// closedBook reads the rows that closings kept, each piece once.
type closedBook struct {
	tx     *aggregator.Tx
	any    bool
	pieces map[closedPiece]map[closedName]closing.Row
	// lists are the closings of a base period of a form.
	lists map[closedList][]aggregator.Closing
}

type closedList struct {
	form form.Code
	base period.Period
}

type closedPiece struct {
	key            entry.ClosingKey
	version, piece int
}

type closedName struct {
	unit      hierarchy.ID
	period    period.Period
	indicator indicator.Code
}

func newClosedBook(tx *aggregator.Tx) *closedBook {
	return &closedBook{tx: tx, any: tx.AnyClosing(), pieces: map[closedPiece]map[closedName]closing.Row{}, lists: map[closedList][]aggregator.Closing{}}
}

// list gives the closings of a base period of a form.
func (b *closedBook) list(code form.Code, base period.Period) ([]aggregator.Closing, error) {
	name := closedList{form: code, base: base}
	list, read := b.lists[name]
	if read {
		return list, nil
	}
	err := b.tx.ClosingsOf(code, base, func(c aggregator.Closing) (bool, error) {
		list = append(list, c)
		return true, nil
	})
	b.lists[name] = list
	return list, err
}

// ever says whether the last base period of any of the forms was ever closed.
func (b *closedBook) ever(carriers []form.Form, p period.Period) (bool, error) {
	for i := 0; b.any && i < len(carriers); i++ {
		latest, _ := b.tx.Forms().Latest(carriers[i].Code)
		bases := p.Bases(latest.Frequency)
		if len(bases) == 0 {
			continue
		}
		list, err := b.list(carriers[i].Code, bases[len(bases)-1])
		if err != nil || len(list) > 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// over gives the closing in which a roll-up was kept: that of the last base period of one of its forms, below a unit that held
// it. No version where there is none.
func (b *closedBook) over(a *aggregator.Answer, p period.Period) (found aggregator.Closing, err error) {
	for _, code := range a.Forms {
		latest, _ := b.tx.Forms().Latest(code)
		bases := p.Bases(latest.Frequency)
		if len(bases) == 0 {
			continue
		}
		base := bases[len(bases)-1]
		f, asked := b.tx.Forms().On(code, latest.Last(base))
		if !asked || !f.Carries(a.Indicator.Code) {
			continue
		}
		list, err := b.list(code, base)
		if err != nil {
			return found, err
		}
		for _, c := range list {
			if b.tx.Tree().Within(a.Unit.ID, c.Key.Owner, latest.Last(base)) {
				return c, nil
			}
		}
	}
	return found, nil
}

// row gives what a version of a closing kept of a roll-up; false if nothing.
func (b *closedBook) row(c aggregator.Closing, v aggregator.ClosingVersion, name closedName) (closing.Row, bool, error) {
	at := closing.Of(v.FirstUnits, name.unit)
	if at < 0 {
		return closing.Row{}, false, nil
	}
	key := closedPiece{key: c.Key, version: v.Number, piece: at}
	rows, read := b.pieces[key]
	if !read {
		deflated, err := b.tx.ClosedPiece(c.Key, v.Number, at)
		if err != nil {
			return closing.Row{}, false, err
		}
		list, err := closing.Open(deflated)
		if err != nil {
			return closing.Row{}, false, err
		}
		rows = make(map[closedName]closing.Row, len(list))
		for _, r := range list {
			rows[closedName{r.Unit, r.Period, r.Indicator.Fold()}] = r
		}
		b.pieces[key] = rows
	}
	row, kept := rows[name]
	return row, kept, nil
}

// tell says of a roll-up whether it was closed, and whether it is still what was kept.
func (b *closedBook) tell(r *Rollup) error {
	if !b.any {
		return nil
	}
	c, err := b.over(&r.Answer, r.Period)
	if err != nil || len(c.Versions) == 0 {
		return err
	}
	newest, _ := c.Newest()
	kept, known, err := b.row(c, newest, closedName{r.Unit.ID, r.Period, r.Indicator.Code.Fold()})
	now := rowOf(&r.Answer, r.Period)
	r.Closed = Closed{Version: newest.Number, Differs: known != now.Counts() || known && !kept.Same(now)}
	return err
}

// take puts what a version kept in the place of a roll-up.
func (b *closedBook) take(r *Rollup, version int) error {
	c, err := b.over(&r.Answer, r.Period)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(c.Versions, func(v aggregator.ClosingVersion) bool { return v.Number == version })
	if at < 0 {
		return fault.NotFound("CLOSED_VERSION_NOT_FOUND",
			"%s has no closing of version %d that holds indicator %s of unit %s; it has %d", r.Period, version, r.Indicator.Code, r.Unit.ID, len(c.Versions)).
			With("period", r.Period.String()).With("version", version).With("indicator", r.Indicator.Code).With("unit", r.Unit.ID).
			With("count", len(c.Versions)).In("closed_version")
	}
	kept, known, err := b.row(c, c.Versions[at], closedName{r.Unit.ID, r.Period, r.Indicator.Code.Fold()})
	if err != nil {
		return err
	}
	now := rowOf(&r.Answer, r.Period)
	r.Closed = Closed{Version: version, Differs: known != now.Counts() || known && !kept.Same(now)}
	r.Result = rollup.Result{}
	r.LastPeriod, r.Checks, r.Present, r.Compared = period.Period{}, nil, nil, nil
	if known {
		r.Result = resultOf(kept)
		r.LastPeriod = r.Result.From
	}
	return nil
}

// resultOf gives a kept row as it is shown.
func resultOf(row closing.Row) rollup.Result {
	c := row.Coverage
	r := rollup.Result{
		Display: row.Value, NumeratorDisplay: row.Numerator, DenominatorDisplay: row.Denominator, Fell: row.Fell,
		Coverage: rollup.Coverage{
			Expected: c.Expected, Received: c.Received, NotAvailable: c.NotAvailable, Missing: c.Missing,
			NotApplicable: c.NotApplicable, Excluded: c.Excluded, Late: c.Late, Half: c.Half, Unweighted: c.Unweighted, Stale: c.Stale,
			UnitsComplete: c.UnitsComplete, Units: c.Units, Divisor: c.Over, Gaps: c.Gaps,
		},
	}
	for s := rollup.NoData; s <= rollup.NotPlaceable; s++ {
		if s.String() == row.State {
			r.State = s
		}
	}
	r.From, _ = period.Parse(row.Last)
	r.DenominatorFrom, _ = period.Parse(row.DenominatorFrom)
	return r
}

// closing says what was closed of a roll-up, or gives that in its place.
func (r *rollupRun) closing(rollup *Rollup) error {
	if !r.q.closes() || r.tree != 0 {
		return nil
	}
	if r.closed == nil {
		r.closed = newClosedBook(r.who.tx)
	}
	if r.q.ClosedVersion > 0 {
		return r.closed.take(rollup, r.q.ClosedVersion)
	}
	return r.closed.tell(rollup)
}

// keptAlone refuses what a kept row cannot tell.
func (q *RollupQuery) keptAlone() error {
	switch {
	case q.ClosedVersion < 0:
		return fault.Invalid("CLOSED_VERSION_NEGATIVE", "closed_version %d: closings count from 1; 0 is the figure of now", q.ClosedVersion).In("closed_version")
	case q.ClosedVersion == 0, q.Basis == rollup.Official && q.Measure == rollup.AsReported && !q.ByKind && q.Tree == "" && q.Compare == WithNone && q.At.isNow():
		return nil
	}
	return fault.Invalid("CLOSED_VERSION_ALONE",
		"closed_version %d: a closing keeps official roll-ups as they were reported, of all kinds together; leave out basis, measure, by_kind, tree, compare and at",
		q.ClosedVersion).In("closed_version")
}

// closes says whether roll-ups of the query are of the kind that closings keep.
func (q *RollupQuery) closes() bool {
	return q.Basis == rollup.Official && q.Measure == rollup.AsReported && !q.ByKind && q.Tree == ""
}
