package reporting

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/register"
	"github.com/tonghop/tonghop/server/rollup"
	"github.com/tonghop/tonghop/server/task"
	"github.com/tonghop/tonghop/server/text"
)

// EvaluationQuery asks for the attainment of a plan.
type EvaluationQuery struct {
	Plan string
	// Year is 0 for the first one of the plan.
	Year int
	// Period is one of the year, or empty for that by which each target is due.
	Period string
	// Unit, Group, Lead and Focus narrow the targets.
	Unit, Group, Lead string
	Focus             bool
	Basis             rollup.Basis
	// Units lists each unit of targets of every single unit.
	Units bool
	Page  Page
	At    At
}

// Evaluation is one page of lines.
type Evaluation struct {
	Plan  plan.Plan
	Lines []Line
	// Summary counts the lines, Groups by group in the order of the plan and then of none, Focus those on which the plan is led, and
	// Declared the declared ratings.
	Summary, Focus, Declared plan.Counts
	Groups                   []GroupCounts
	// Total is how many lines all pages have.
	Total int
	// Counts are there where all lines stand on one page.
	Counts []plan.Comparison
	Today  period.Day
	Next   string
	Stamp  Stamp
}

// GroupCounts counts the lines of a group; the last one, without a code, those of indicators in none.
type GroupCounts struct {
	plan.Group
	Counts plan.Counts
}

// Line is one target with its figure, or a declared result without a target.
type Line struct {
	// Target is nil where only a result was declared.
	Target   *aggregator.Versioned[plan.Target]
	Declared *aggregator.Versioned[plan.Result]
	// Indicator is the version of the last day; nil if the catalogue does not have it.
	Indicator *indicator.Indicator
	// Group is its place in the plan; -1 is none.
	Group int
	Focus bool
	Judged
	Due period.Day
	plan.Detail
	// Units counts the units of a target of every single unit, and UnitLines lists them if that was asked for.
	Units     *plan.Counts
	UnitLines []UnitLine
	// Reasons say why there is no status that says more, and how it was rounded.
	Reasons []*fault.Error
	// DeclaredDifference is computed minus declared; empty where one is missing.
	DeclaredDifference string
	RatingDiffers      bool
}

// Judged is a figure held against a target.
type Judged struct {
	Status, SoFar plan.Status
	Provisional   bool
	Figure        HeldFigure
}

// UnitLine is one unit of a target of every single unit.
type UnitLine struct {
	Unit hierarchy.Unit
	Judged
	Difference string
}

// HeldFigure is what was held against a target, or ranked.
type HeldFigure struct {
	Period period.Period
	// Outside is the figure that was published elsewhere. Else it is of a duty or of a register, if one is named; else a roll-up, if
	// HasRollup says that one was asked for.
	Outside   *plan.Outside
	Duty      task.Code
	Register  register.Code
	HasRollup bool
	Result    rollup.Result
	// Indicator is the version of the roll-up; nil without one.
	Indicator *indicator.Indicator
	Reading   plan.Reading
}

// Sizes of pages of an evaluation, and how often one page looks at a unit: where they are counted, and where they are listed. One
// target always has a page.
const (
	defaultLines = 200
	countedUnits = 500_000
	listedUnits  = 20_000
)

// EvaluatePlan says of each target of a plan whether it is reached.
func (s *Service) EvaluatePlan(ctx context.Context, caller auth.Caller, q EvaluationQuery) (Evaluation, error) {
	size, err := q.Page.size(defaultLines, largestPage)
	if err != nil {
		return Evaluation{}, err
	}
	var asked period.Period
	if q.Period != "" {
		if asked, err = period.Parse(q.Period); err != nil {
			return Evaluation{}, fault.Of(err).In("period")
		}
	}
	var e Evaluation
	err = s.readAt(ctx, caller, q.At, 0, func(tx *aggregator.Tx, who granted) error {
		run := evaluation{granted: who, q: q, asked: asked, carriers: s.carriersOf(tx), out: &Evaluation{Stamp: stampOf(tx)}, most: countedUnits}
		if q.Units {
			run.most = listedUnits
		}
		err := run.run(size)
		e = *run.out
		return err
	})
	return e, err
}

// evaluation is one EvaluatePlan at work.
type evaluation struct {
	granted
	q        EvaluationQuery
	asked    period.Period
	carriers carriers
	plan     plan.Plan
	year     int
	today    period.Day
	// unit is the one that was asked for; nil for all. lead is the one whose targets were; empty for all.
	unit *hierarchy.Unit
	lead hierarchy.ID
	out  *Evaluation
	// singles are there as soon as a target was looked at.
	singles *singles
	// looked counts how often a unit is looked at, most is how often it may be.
	looked, most int
	// each are the targets of every single unit whose units were not looked at yet.
	each []*weighingEach
	// standing are the units that stand on a day, outsides what was published of an indicator in the year.
	standing map[period.Day][]standingUnit
	outsides map[outsideYear]map[hierarchy.ID]*plan.Outside
}

// item is a target or a declared result before it is looked at.
type item struct {
	target *aggregator.Versioned[plan.Target]
	result *aggregator.Versioned[plan.Result]
	group  int
	place  int
	key    string
}

func (e *evaluation) run(size int) error {
	if err := e.open(); err != nil {
		return err
	}
	items, err := e.items()
	if err != nil {
		return err
	}
	from, err := e.q.Page.open(e.tx, filterHash("evaluation", string(e.plan.ID.Fold()), strconv.Itoa(e.year), e.q.Period, e.q.Unit, e.q.Group, e.q.Lead,
		fmt.Sprint(e.q.Focus, e.q.Units), e.q.Basis.String(), e.q.At.String()))
	if err != nil {
		return err
	}
	begin := 0
	if from.key != "" {
		begin = slices.IndexFunc(items, func(i item) bool { return i.key == from.key }) + 1
	}
	e.out.Total = len(items)
	e.out.Groups = make([]GroupCounts, len(e.plan.Groups)+1)
	for i, g := range e.plan.Groups {
		e.out.Groups[i].Group = g
	}
	next, err := e.lines(items, begin, size)
	if err != nil {
		return err
	}
	for i := range e.out.Lines {
		e.count(&e.out.Lines[i])
	}
	switch {
	case next < len(items):
		from.key = items[next-1].key
		e.out.Next = from.token()
	case begin == 0:
		return e.compareCounts()
	}
	return nil
}

// lines makes the lines of a page and says which item is the next one. As of an earlier entry only so many reports are read for one
// answer (R30): then a page ends before the target that would take too many.
func (e *evaluation) lines(items []item, begin, size int) (int, error) {
	_, _, past := e.tx.Moment()
	for i := begin; i < len(items); i++ {
		if len(e.out.Lines) == size || len(e.out.Lines) > 0 && past && e.tx.Tired() {
			return i, e.finishEach()
		}
		more, err := e.line(&items[i])
		if err == nil && past {
			err = e.finishEach()
		}
		switch {
		case err != nil && i > begin && fault.ReasonOf(err) == "AS_OF_TOO_LARGE":
			e.out.Lines = e.out.Lines[:i-begin]
			return i, nil
		case err != nil:
			return i, err
		case !more:
			return i, e.finishEach()
		}
	}
	return len(items), e.finishEach()
}

// finishEach looks at the units of targets of every single unit, of all that wait at once.
func (e *evaluation) finishEach() error {
	each := e.each
	e.each = nil
	if err := e.lookAtUnits(each); err != nil {
		return err
	}
	for _, t := range each {
		t.finish(&e.out.Lines[t.at])
	}
	return nil
}

// open finds the plan and what the caller may see of it.
func (e *evaluation) open() error {
	if err := e.need(auth.Read); err != nil {
		return err
	}
	if err := e.mayBringTogether(); err != nil {
		return err
	}
	v, err := e.granted.plan("name", e.q.Plan)
	if err != nil {
		return err
	}
	e.plan, e.out.Plan = v.Thing, v.Thing
	if e.year = e.q.Year; e.year == 0 {
		e.year = e.plan.Years[0]
	}
	if !slices.Contains(e.plan.Years, e.year) {
		return outsideYears(&e.plan, e.year)
	}
	if e.q.Group != "" && !slices.ContainsFunc(e.plan.Groups, func(g plan.Group) bool { return text.SameCode(g.Code, e.q.Group) }) {
		return fault.Invalid("GROUP_NOT_IN_PLAN", "plan %s has no group %q", e.plan.ID, shorten(e.q.Group)).
			With("plan", e.plan.ID).With("group", shorten(e.q.Group)).In("group")
	}
	if e.asked.Valid() && int(e.asked.Year) != e.year {
		return fault.Invalid("PERIOD_NOT_OF_YEAR", "%s is no period of %d; ask for the year of which it is", e.asked, e.year).
			With("period", e.asked).With("year", e.year).In("period")
	}
	e.today = period.DayOf(e.now)
	if _, at, past := e.tx.Moment(); past {
		e.today = period.DayOf(at)
	}
	e.out.Today = e.today
	last := period.Date(e.year, 12, 31)
	if e.q.Lead != "" {
		lead, err := e.seen("lead", e.q.Lead, min(e.today, last))
		if err != nil {
			return err
		}
		e.lead = lead.ID
	}
	if e.q.Unit == "" {
		_, err := e.seen("unit", string(e.plan.Unit), last)
		return err
	}
	u, err := e.seen("unit", e.q.Unit, min(e.today, last))
	e.unit = &u
	return err
}

// mayBringTogether refuses a token whose scope is too narrow for figures of many forms and units.
func (g granted) mayBringTogether() error {
	switch {
	case g.Token.Form != "":
		return ofOneForm(g.Token.Form)
	case g.Token.OwnReports:
		return fault.Denied("TOKEN_OF_OWN_REPORTS", "your token is for the reports of %s alone, and this brings many units together; ask with a token for all that is below it", g.Token.Unit).
			With("unit", g.Token.Unit)
	}
	return nil
}

func ofOneForm[T ~string](form T) *fault.Error {
	return fault.Denied("TOKEN_OF_ONE_FORM", "your token is for the form %s alone, and this brings indicators of many forms together; ask with a token for all forms", form).
		With("form", form)
}

// items lists what is to be looked at in the order of the plan: what stands above the groups, the groups, everything else.
func (e *evaluation) items() ([]item, error) {
	targets, err := e.tx.Targets(e.plan.ID)
	if err != nil {
		return nil, err
	}
	results, err := e.tx.Results(e.plan.ID)
	if err != nil {
		return nil, err
	}
	declared := map[string]*aggregator.Versioned[plan.Result]{}
	for i := range results {
		if results[i].Thing.Year == e.year {
			declared[results[i].Thing.Key()] = &results[i]
		}
	}
	var items []item
	for i := range targets {
		t := &targets[i].Thing
		if t.Withdrawn || t.Year != e.year {
			continue
		}
		result := declared[t.Key()]
		delete(declared, t.Key())
		if e.lead != "" && t.Lead != e.lead {
			continue
		}
		items = e.keep(items, item{target: &targets[i], result: result, key: "t" + t.Key()}, t.Indicator, t.Scope)
	}
	for key, r := range declared {
		if e.lead != "" {
			break // nobody leads what is not demanded
		}
		items = e.keep(items, item{result: r, key: "r" + key}, r.Thing.Indicator, r.Thing.Scope)
	}
	slices.SortFunc(items, func(a, b item) int {
		return cmp.Or(cmp.Compare(b.key[:1], a.key[:1]), cmp.Compare(a.place, b.place), cmp.Compare(a.key, b.key)) // t before r
	})
	return items, nil
}

// keep adds an item that was asked for, with its place.
func (e *evaluation) keep(items []item, i item, code indicator.Code, scope plan.Scope) []item {
	i.group = e.plan.GroupOf(code)
	if e.q.Focus && !e.plan.IsFocus(code) || e.q.Group != "" && (i.group < 0 || !text.SameCode(e.plan.Groups[i.group].Code, e.q.Group)) {
		return items
	}
	if e.unit != nil {
		own := e.unit.ID == e.plan.Unit && scope.Unit == "" && len(scope.Kinds) == 0
		inside := scope.Unit != "" || e.tx.Tree().Within(e.unit.ID, e.plan.Unit, standingOf(e.unit, period.Date(e.year, 12, 31)))
		if !own && (!inside || !scope.Concerns(e.unit.ID, e.unit.Kind)) {
			return items
		}
	}
	const perGroup = 1 << 16
	switch {
	case i.group >= 0:
		i.place = (1+i.group)*perGroup + slices.IndexFunc(e.plan.Groups[i.group].Indicators, code.Same)
	case slices.ContainsFunc(e.plan.Headline, code.Same):
		i.place = slices.IndexFunc(e.plan.Headline, code.Same)
	default:
		i.place = (1 + len(e.plan.Groups)) * perGroup
	}
	return append(items, i)
}

// count takes a line into the summaries.
func (e *evaluation) count(l *Line) {
	l.declare()
	e.out.Summary.Add(l.Status)
	group := l.Group
	if group < 0 {
		group = len(e.plan.Groups)
	}
	e.out.Groups[group].Counts.Add(l.Status)
	if l.Focus {
		e.out.Focus.Add(l.Status)
	}
	if l.Declared != nil {
		e.out.Declared.Add(l.Declared.Thing.Rating)
	}
}

// compareCounts holds the declared counts of the year against the page, which has all lines.
func (e *evaluation) compareCounts() error {
	counts, err := e.tx.DeclaredCounts(e.plan.ID)
	if err != nil {
		return err
	}
	var declared []plan.Count
	for _, c := range counts {
		if c.Thing.Year == e.year {
			declared = append(declared, c.Thing)
		}
	}
	e.out.Counts = plan.Compare(&e.plan, declared, e.out.Summary, e.out.Declared)
	return nil
}

// calendarOf gives the calendar of an indicator and the longest of its base periods; the civil one and months for what no form
// carries.
func (e *evaluation) calendarOf(code indicator.Code) (period.Calendar, period.Kind) {
	calendar, base := period.Civil, period.Month
	for _, f := range e.carriers[code.Fold()] {
		calendar, base = f.Calendar, max(base, f.Frequency)
	}
	return calendar, base
}

// line looks at one item and adds its line; false if its units are too many for what is left of the page. Those of a target of every
// single unit are looked at later.
func (e *evaluation) line(i *item) (bool, error) {
	l := Line{Target: i.target, Declared: i.result, Group: i.group}
	var t plan.Target
	if i.target != nil {
		t = i.target.Thing
	} else {
		r := &i.result.Thing
		t = plan.Target{Plan: r.Plan, Year: r.Year, Indicator: r.Indicator, Scope: r.Scope, BaselineDay: period.Beginning, Due: period.Forever}
	}
	l.Focus = e.plan.IsFocus(t.Indicator)
	w := e.weigh(t)
	l.Due, l.Indicator = w.due, w.version
	switch single := t.Scope.Each && i.target != nil; {
	case single && w.hopeless != nil:
		l.Units, l.Status, l.Reasons = &plan.Counts{}, plan.NotEvaluable, []*fault.Error{w.hopeless}
	case single:
		n := w.concerned()
		if e.looked+n > e.most && len(e.out.Lines) > 0 {
			return false, nil
		}
		e.looked += n
		each, err := w.each(len(e.out.Lines))
		if err != nil {
			return false, err
		}
		e.each = append(e.each, each)
	default:
		if err := w.whole(&l); err != nil {
			return false, err
		}
	}
	if i.target == nil {
		l.Status, l.SoFar, l.Provisional = plan.NotEvaluable, 0, false
		l.Reasons = []*fault.Error{fault.Precondition("TARGET_NOT_STORED",
			"a result was declared of indicator %s, and the plan has no target for it in %d; import the target to have it judged", t.Indicator, t.Year).
			With("indicator", t.Indicator).With("year", t.Year)}
	}
	e.out.Lines = append(e.out.Lines, l)
	return true, nil
}

// code is that of the line's indicator.
func (l *Line) code() indicator.Code {
	if l.Target != nil {
		return l.Target.Thing.Indicator
	}
	return l.Declared.Thing.Indicator
}

// declare holds what was declared against what was computed.
func (l *Line) declare() {
	if l.Declared == nil {
		return
	}
	r := &l.Declared.Thing
	l.RatingDiffers = r.Rating != 0 && l.Status <= plan.NotMet && l.Status != r.Rating
	declared, err := plan.ParseAmount(r.Value)
	if err != nil || !declared.Exists() || !l.Figure.Reading.Value.Exists() {
		return
	}
	scale := declared.Digits()
	if l.Figure.Indicator != nil {
		scale = max(scale, l.Figure.Indicator.Scale)
	}
	l.DeclaredDifference = subtract(l.Figure.Reading.Value, declared.Fraction(), scale)
}
