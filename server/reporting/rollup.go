package reporting

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// RollupQuery asks for roll-ups of units × indicators × periods.
type RollupQuery struct {
	Units       []string
	Children    bool
	Indicators  []string
	Periods     []string // each a period or a range
	Basis       rollup.Basis
	Measure     rollup.Measure
	ByKind      bool
	AsOf        string
	Tree        string // a day; empty is the last day of each period
	Compare     Comparison
	Page        Page
	MinSequence uint64
	At          At
	// ClosedVersion asks for what the closing of that version kept; 0 for the figures of now.
	ClosedVersion int
}

// Rollup is one answer.
type Rollup struct {
	Kind   hierarchy.Kind // with ByKind
	Period period.Period
	aggregator.Answer
	// Compared is the roll-up of an earlier period, if one was asked for and there is one.
	Compared *Compared
	// Present tells of how many base periods since the beginning of the year there is a figure; nil with another question.
	Present *Present
	// Closed says whether the period was closed, of an official roll-up as reported.
	Closed Closed
}

// PeriodSpan says which days a period covers.
type PeriodSpan struct {
	Period      period.Period
	Calendar    period.Calendar
	First, Last period.Day
	// Tree is the day of the tree.
	Tree period.Day
}

// RollupPage is one page of roll-ups.
type RollupPage struct {
	Rollups []Rollup
	Periods []PeriodSpan
	Next    string
	Stamp   Stamp
}

// Limits of one query.
const (
	defaultRollups = 500
	largestRollups = 5000 // also of those that go into what is computed from them, or stand behind a year to date
	maxAsked       = 1000 // units, indicators, or periods
	// maxSteps is how many places one page looks at. Most may have nothing to show, such as a unit without children; the
	// page is then short rather than its transaction long.
	maxSteps = 200_000
	// gatheredSteps is how many such places take as long as a report from which an answer across a change of the tree is made.
	gatheredSteps = 20
)

// QueryRollups gives the roll-ups in the order in which they were asked for: by unit, indicator, period, kind. Children
// take the place of their unit in code order.
func (s *Service) QueryRollups(ctx context.Context, caller auth.Caller, q RollupQuery) (RollupPage, error) {
	size, err := q.Page.size(defaultRollups, largestRollups)
	if err != nil {
		return RollupPage{}, err
	}
	day, err := s.dayOr("as_of", q.AsOf)
	if err != nil {
		return RollupPage{}, err
	}
	periods, err := q.check()
	if err == nil {
		err = q.keptAlone()
	}
	if err != nil {
		return RollupPage{}, err
	}
	tree, err := treeOf(q.Tree)
	if err != nil {
		return RollupPage{}, err
	}
	filter := filterHash("rollups", strings.Join(q.Units, ","), fmt.Sprint(q.Children), strings.Join(q.Indicators, ","),
		strings.Join(q.Periods, ","), q.Basis.String(), q.Measure.String(), fmt.Sprint(q.ByKind), q.AsOf, q.At.String(), q.Tree, fmt.Sprint(q.Compare), fmt.Sprint(q.ClosedVersion))
	var page RollupPage
	err = s.readAt(ctx, caller, q.At, q.MinSequence, func(tx *aggregator.Tx, who granted) error {
		page = RollupPage{Stamp: stampOf(tx)}
		from, err := q.Page.open(tx, filter)
		if err != nil {
			return err
		}
		start, err := parseSpot(from.key)
		if err != nil {
			return err
		}
		r := rollupRun{who: who, q: q, periods: periods, tree: tree, carriers: s.carriersOf(tx), lists: s.lists, from: start, size: size, page: &page}
		if err := r.prepare(day); err != nil {
			return err
		}
		if err := r.run(); err != nil {
			return err
		}
		if r.next != nil {
			from.key = r.next.String()
			page.Next = from.token()
		}
		return nil
	})
	return page, err
}

// check reads the periods and holds the limits.
func (q RollupQuery) check() ([]period.Period, error) {
	var problems fault.List
	for _, list := range []struct {
		field string
		n     int
	}{{"units", len(q.Units)}, {"indicators", len(q.Indicators)}, {"periods", len(q.Periods)}} {
		switch {
		case list.n == 0:
			problems.Add(fault.Invalid("QUERY_INCOMPLETE", "name at least one of %s", list.field).With("list", list.field).In(list.field))
		case list.n > maxAsked:
			problems.Add(tooMany(list.field, list.n, maxAsked))
		}
	}
	var periods []period.Period
	for i, text := range q.Periods[:min(len(q.Periods), maxAsked)] {
		some, err := period.ParseRange(text)
		if err != nil {
			problems.Add(fault.Of(err).In(fmt.Sprintf("periods[%d]", i)))
			continue
		}
		if periods = append(periods, some...); len(periods) > maxAsked {
			problems.Add(tooManyPeriods(strings.Join(q.Periods, ","), len(periods), maxAsked))
			break
		}
	}
	return periods, problems.Err()
}

// rollupRun is one query under way.
type rollupRun struct {
	who        granted
	q          RollupQuery
	periods    []period.Period
	units      []hierarchy.Unit
	places     []int // the ordinals of the units
	indicators []indicator.Code
	carriers   carriers
	lists      *unitLists
	calendar   period.Calendar
	tree       period.Day // that was asked for; 0 for none
	from       spot
	size       int
	steps      int
	leaves     int   // roll-ups of reported indicators that went into what is computed from them, or were looked at beside it
	next       *spot // where the next page begins
	series     map[aggregator.Query]*aggregator.Series
	closed     *closedBook
	page       *RollupPage
}

// prepare resolves what the query names and refuses mixed calendars.
func (r *rollupRun) prepare(day period.Day) error {
	var problems fault.List
	if err := r.who.need(auth.Read); err != nil {
		return err
	}
	r.prepareUnits(day, &problems)
	carriers := r.carriers
	calendars := map[period.Calendar]indicator.Code{}
	for i, code := range r.q.Indicators {
		latest, ok := r.who.tx.Indicators().Latest(indicator.Code(code))
		switch {
		case !ok:
			problems.Add(unknownIndicator(r.who.tx.Definitions(), code, day).In(fmt.Sprintf("indicators[%d]", i)))
			continue
		case !r.who.readsIndicator(carriers[latest.Code.Fold()]):
			problems.Add(r.who.indicatorNotGranted(latest.Code).In(fmt.Sprintf("indicators[%d]", i)))
			continue
		}
		if !r.who.tx.Possible(latest.Code, r.q.Measure) {
			problems.Add(fault.Invalid("MEASURE_NOT_POSSIBLE", "indicator %s is %s; it cannot be asked as %s",
				latest.Code, measureWords(&latest), r.q.Measure).With("indicator", latest.Code).
				With("measure", r.q.Measure.String()).In(fmt.Sprintf("indicators[%d]", i)))
		}
		r.indicators = append(r.indicators, latest.Code)
		for _, f := range carriers[latest.Code.Fold()] {
			calendars[f.Calendar] = latest.Code
			r.calendar = f.Calendar
		}
	}
	if len(calendars) > 1 {
		problems.Add(fault.Invalid("CALENDARS_MIXED",
			"%s is reported by the calendar %s and %s by %s; ask for them one after the other",
			calendars[period.CutoffFifteenth], period.CutoffFifteenth, calendars[period.Civil], period.Civil).In("indicators"))
	}
	if err := problems.Err(); err != nil {
		return err
	}
	for _, p := range r.periods {
		r.page.Periods = append(r.page.Periods, PeriodSpan{
			Period: p, Calendar: r.calendar, First: r.calendar.First(p), Last: r.calendar.Last(p), Tree: r.treeDay(p),
		})
		if r.tree != 0 && r.tree < r.calendar.Last(p) {
			return treeBeforePeriod(r.tree, p, r.calendar.Last(p))
		}
	}
	return nil
}

// measureWords says of which measure an indicator is.
func measureWords(i *indicator.Indicator) string {
	if i.Derived() {
		return "computed from stocks alone"
	}
	return "a " + i.Value.Measure.String()
}

// prepareUnits resolves the units.
func (r *rollupRun) prepareUnits(day period.Day, problems *fault.List) {
	everywhere, defs := r.who.readsEverywhere(), r.who.tx.Definitions()
	if everywhere {
		if known := r.lists.find(defs, r.q.Units, day); known != nil {
			r.units, r.places = known.units, known.places
			return
		}
	}
	r.units, r.places = make([]hierarchy.Unit, len(r.q.Units)), make([]int, len(r.q.Units))
	wrong := problems.Len()
	for i, ref := range r.q.Units {
		var err error
		if r.places[i], r.units[i], err = r.who.inSight(ref, day, everywhere); err != nil {
			problems.Add(fault.Of(err).In(fmt.Sprintf("units[%d]", i)))
		}
	}
	if everywhere && problems.Len() == wrong {
		r.lists.keep(defs, &unitList{refs: slices.Clone(r.q.Units), on: day, units: r.units, places: r.places})
	}
}

// carriers are for each indicator, by its folded code, every form that ever carried it, once; of what is derived those that ever
// carried what it is computed from.
type carriers map[indicator.Code][]form.Form

// carried are the carriers by some definitions. They never change.
type carried struct {
	defs     aggregator.Definitions
	carriers carriers
}

// carriersOf gives the carriers that a transaction sees, which are made once for its definitions.
func (s *Service) carriersOf(tx *aggregator.Tx) carriers {
	if known := s.carried.Load(); known != nil && known.defs == tx.Definitions() {
		return known.carriers
	}
	made := &carried{defs: tx.Definitions(), carriers: carriersOf(tx)}
	s.carried.Store(made)
	return made.carriers
}

func carriersOf(tx *aggregator.Tx) carriers {
	carriers := carriers{}
	for _, name := range tx.Forms().Codes() {
		for _, f := range tx.Forms().Versions(name) {
			for _, code := range f.Indicators {
				known := carriers[code.Fold()]
				if n := len(known); n == 0 || known[n-1].Code != f.Code {
					carriers[code.Fold()] = append(known, f)
				}
			}
		}
	}
	for _, code := range tx.Indicators().Derived() {
		for _, source := range tx.Indicators().Sources(code) {
			carriers[code.Fold()] = append(carriers[code.Fold()], carriers[source.Fold()]...)
		}
	}
	return carriers
}

// readsIndicator says whether the caller may read roll-ups of an indicator that these forms carry: a token for one form
// may not where figures of another one would be told.
func (g granted) readsIndicator(carriers []form.Form) bool {
	switch {
	case g.Token.OwnReports:
		return false // a roll-up brings in the units below
	case g.Token.Form == "":
		return true
	}
	for _, f := range carriers {
		if !g.readsForm(f.Code) {
			return false
		}
	}
	return len(carriers) > 0
}

func (g granted) indicatorNotGranted(code indicator.Code) *fault.Error {
	scope := "the form " + string(g.Token.Form)
	if g.Token.OwnReports {
		scope = "the reports of " + string(g.Token.Unit)
	}
	return fault.NotFound("INDICATOR_NOT_FOUND", "there is no roll-up of indicator %q for you; your token is for %s alone",
		code, scope).With("indicator", code)
}

// run gives roll-ups from the spot on until the page is full. It makes them one by one and holds no more than the page.
func (r *rollupRun) run() error {
	if !r.q.Children {
		r.page.Rollups = make([]Rollup, 0, min(r.size, len(r.units)*len(r.indicators)*len(r.periods)))
	}
	for top := r.from.top; top < len(r.units) && r.next == nil; top++ {
		for _, u := range r.members(r.units[top]) {
			at := spot{top: top, unit: unitKey(u)}
			switch {
			case top == r.from.top && at.unit < r.from.unit:
				continue
			case top == r.from.top && at.unit == r.from.unit:
				at = r.from
			}
			if err := r.unit(u, at); err != nil || r.next != nil {
				return err
			}
		}
	}
	return nil
}

// unit gives the roll-ups of one unit from a spot on.
func (r *rollupRun) unit(u hierarchy.Unit, at spot) error {
	for ; at.indicator < len(r.indicators); at.indicator++ {
		for ; at.period < len(r.periods); at.period++ {
			if r.steps++; r.steps > maxSteps {
				r.next = &at
				return nil
			}
			per := r.periods[at.period]
			if r.q.Children && !r.isChild(u, r.units[at.top], per) {
				continue
			}
			kinds := r.kinds(r.indicators[at.indicator], per)
			for ; at.kind < len(kinds); at.kind++ {
				if n := len(r.page.Rollups); n == r.size || r.leaves >= largestRollups || n > 0 && r.who.tx.Tired() {
					r.next = &at
					return nil
				}
				err := r.one(u, r.indicators[at.indicator], per, kinds[at.kind])
				if r.full(err) {
					r.next = &at
					return nil
				}
				if err != nil {
					return err
				}
			}
			at.kind = 0
		}
		at.period = 0
	}
	return nil
}

// full says that a page as of an earlier entry has as many roll-ups as its reports were enough for. One alone always has a
// page of its own.
func (r *rollupRun) full(err error) bool {
	if len(r.page.Rollups) == 0 {
		return false
	}
	return fault.ReasonOf(err) == "AS_OF_TOO_LARGE"
}

// members gives the unit itself, or whichever units are its children on the day of the tree for one of the periods.
func (r *rollupRun) members(top hierarchy.Unit) []hierarchy.Unit {
	if !r.q.Children {
		return []hierarchy.Unit{top}
	}
	tree := r.who.tx.Tree()
	known := map[hierarchy.ID]bool{}
	var children []hierarchy.Unit
	r.steps += len(r.periods)
	for _, p := range r.periods {
		for _, id := range tree.Children(top.ID, r.treeDay(p)) {
			if u, ok := tree.Unit(id); ok && !known[id] {
				known[id] = true
				children = append(children, u)
			}
		}
	}
	slices.SortFunc(children, func(a, b hierarchy.Unit) int { return cmp.Compare(unitKey(a), unitKey(b)) })
	return children
}

func (r *rollupRun) isChild(u, top hierarchy.Unit, p period.Period) bool {
	parent, ok := r.who.tx.Tree().Parent(u.ID, r.treeDay(p))
	return ok && parent == top.ID
}

// kinds gives the reporting kinds to show one by one, or the one empty kind for their sum.
func (r *rollupRun) kinds(code indicator.Code, p period.Period) []hierarchy.Kind {
	if !r.q.ByKind {
		return []hierarchy.Kind{""}
	}
	return r.who.tx.Indicators().KindsOn(code, r.calendar.Last(p))
}

// one adds a roll-up to the page.
func (r *rollupRun) one(u hierarchy.Unit, code indicator.Code, p period.Period, kind hierarchy.Kind) error {
	q := aggregator.Query{Unit: u.ID, Indicator: code, Period: p, Basis: r.q.Basis, Measure: r.q.Measure, Kind: kind, Tree: r.tree}
	answer, err := r.answer(q)
	if err != nil {
		return err
	}
	present, looked, err := r.present(q, &answer)
	if err != nil {
		return err
	}
	rollup := Rollup{Kind: kind, Period: p, Answer: answer, Present: present}
	if err := r.compare(&rollup); err != nil {
		return err
	}
	if err := r.closing(&rollup); err != nil {
		return err
	}
	r.steps += gatheredSteps * r.who.tx.Gathered()
	r.leaves += answer.Leaves + looked
	r.page.Rollups = append(r.page.Rollups, rollup)
	return nil
}

// answer asks for one roll-up. Where several units are asked about, what they have in common is found once.
func (r *rollupRun) answer(q aggregator.Query) (aggregator.Answer, error) {
	if len(r.units) < 2 && !r.q.Children {
		return r.who.tx.Rollup(q)
	}
	unit, _ := r.who.tx.Tree().Ordinal(q.Unit) // it came from there
	q.Unit = ""
	series := r.series[q]
	if series == nil {
		var err error
		if series, err = r.who.tx.Series(q); err != nil {
			return aggregator.Answer{}, err
		}
		if r.series == nil {
			r.series = map[aggregator.Query]*aggregator.Series{}
		}
		r.series[q] = series
	}
	return series.Rollup(unit)
}
