package reporting

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
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
	Page        Page
	MinSequence uint64
}

// Rollup is one answer.
type Rollup struct {
	Kind   hierarchy.Kind // with ByKind
	Period period.Period
	aggregator.Answer
}

// PeriodSpan says which days a period covers.
type PeriodSpan struct {
	Period      period.Period
	Calendar    period.Calendar
	First, Last period.Day
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
	largestRollups = 5000
	maxAsked       = 1000 // units, indicators, or periods
)

// QueryRollups gives the roll-ups in the order in which they were asked for: by unit, indicator, period, kind.
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
	if err != nil {
		return RollupPage{}, err
	}
	filter := filterHash("rollups", strings.Join(q.Units, ","), fmt.Sprint(q.Children), strings.Join(q.Indicators, ","),
		strings.Join(q.Periods, ","), q.Basis.String(), q.Measure.String(), fmt.Sprint(q.ByKind), day.String())
	var page RollupPage
	err = s.read(ctx, caller, q.MinSequence, func(tx *aggregator.Tx, who granted) error {
		page = RollupPage{Stamp: stampOf(tx)}
		from, err := q.Page.open(page.Stamp, filter)
		if err != nil {
			return err
		}
		skip, _ := strconv.Atoi(from.key)
		r := rollupRun{who: who, q: q, periods: periods, skip: skip, size: size, page: &page}
		if err := r.prepare(day); err != nil {
			return err
		}
		if err := r.run(); err != nil {
			return err
		}
		if r.more {
			from.key = strconv.Itoa(skip + size)
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
			problems.Add(fault.Invalid("QUERY_TOO_LARGE", "%d %s were asked for; one query may name %d", list.n, list.field, maxAsked).
				With("list", list.field).With("limit", maxAsked).In(list.field))
		}
	}
	var periods []period.Period
	for i, text := range q.Periods {
		some, err := period.ParseRange(text)
		if err != nil {
			problems.Add(fault.Of(err).In(fmt.Sprintf("periods[%d]", i)))
			continue
		}
		periods = append(periods, some...)
	}
	if len(periods) > maxAsked {
		problems.Add(tooManyPeriods(strings.Join(q.Periods, ","), len(periods), maxAsked))
	}
	return periods, problems.Err()
}

// rollupRun is one query under way.
type rollupRun struct {
	who        granted
	q          RollupQuery
	periods    []period.Period
	units      []hierarchy.Unit
	indicators []indicator.Code
	calendar   period.Calendar
	skip, size int
	more       bool
	page       *RollupPage
}

// prepare resolves what the query names and refuses mixed calendars.
func (r *rollupRun) prepare(day period.Day) error {
	var problems fault.List
	if err := r.who.need(auth.Read); err != nil {
		return err
	}
	for i, ref := range r.q.Units {
		u, err := r.who.seen(fmt.Sprintf("units[%d]", i), ref, day)
		problems.Add(err)
		r.units = append(r.units, u)
	}
	calendars := map[period.Calendar]indicator.Code{}
	for i, code := range r.q.Indicators {
		latest, ok := r.who.tx.Indicators().Latest(indicator.Code(code))
		if !ok {
			problems.Add(unknownIndicator(r.who.tx, code, day).In(fmt.Sprintf("indicators[%d]", i)))
			continue
		}
		if !rollup.Possible(latest, r.q.Measure) {
			problems.Add(fault.Invalid("MEASURE_NOT_POSSIBLE", "indicator %s is a %s; it cannot be asked as %s",
				latest.Code, latest.Value.Measure, r.q.Measure).With("indicator", latest.Code).
				With("measure", r.q.Measure.String()).In(fmt.Sprintf("indicators[%d]", i)))
		}
		r.indicators = append(r.indicators, latest.Code)
		for _, c := range calendarsOf(r.who.tx, latest.Code) {
			calendars[c] = latest.Code
			r.calendar = c
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
			Period: p, Calendar: r.calendar, First: r.calendar.First(p), Last: r.calendar.Last(p),
		})
	}
	return nil
}

// calendarsOf gives the calendars of every form that ever carried the indicator.
func calendarsOf(tx *aggregator.Tx, code indicator.Code) []period.Calendar {
	var found []period.Calendar
	for _, name := range tx.Forms().Codes() {
		for _, f := range tx.Forms().Versions(name) {
			if f.Carries(code) {
				found = append(found, f.Calendar)
				break
			}
		}
	}
	return found
}

func (r *rollupRun) run() error {
	n := 0
	for _, top := range r.units {
		for _, line := range r.expand(top) {
			for _, code := range r.indicators {
				for _, p := range line.periods {
					for _, kind := range r.kinds(code, p) {
						n++
						if n <= r.skip {
							continue
						}
						if len(r.page.Rollups) == r.size {
							r.more = true
							return nil
						}
						if err := r.one(line.unit, code, p, kind); err != nil {
							return err
						}
					}
				}
			}
		}
	}
	return nil
}

// line is one unit with the periods in which it is asked about.
type line struct {
	unit    hierarchy.Unit
	periods []period.Period
}

// expand gives the lines of a unit that was asked for: itself, or all that are its children on the last day of a period,
// each with the periods in which it is one.
func (r *rollupRun) expand(top hierarchy.Unit) []line {
	if !r.q.Children {
		return []line{{top, r.periods}}
	}
	var lines []line
	at := map[hierarchy.ID]int{}
	for _, p := range r.periods {
		for _, id := range r.who.tx.Tree().Children(top.ID, r.calendar.Last(p)) {
			i, known := at[id]
			if !known {
				u, ok := r.who.tx.Tree().Unit(id)
				if !ok {
					continue
				}
				i, at[id] = len(lines), len(lines)
				lines = append(lines, line{unit: u})
			}
			lines[i].periods = append(lines[i].periods, p)
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return strings.Compare(unitKey(a.unit), unitKey(b.unit)) })
	return lines
}

// kinds gives the reporting kinds to show one by one, or the one empty kind for their sum.
func (r *rollupRun) kinds(code indicator.Code, p period.Period) []hierarchy.Kind {
	if !r.q.ByKind {
		return []hierarchy.Kind{""}
	}
	version, ok := r.who.tx.Indicators().On(code, r.calendar.Last(p))
	if !ok {
		return nil
	}
	return version.ReportedBy
}

func (r *rollupRun) one(u hierarchy.Unit, code indicator.Code, p period.Period, kind hierarchy.Kind) error {
	answer, err := r.who.tx.Rollup(aggregator.Query{
		Unit: u.ID, Indicator: code, Period: p, Basis: r.q.Basis, Measure: r.q.Measure, Kind: kind,
	})
	if err != nil {
		return err
	}
	r.page.Rollups = append(r.page.Rollups, Rollup{Kind: kind, Period: p, Answer: answer})
	return nil
}

// ExplainQuery asks for the contributions to one roll-up.
type ExplainQuery struct {
	Unit, Indicator, Period string
	Basis                   rollup.Basis
	Measure                 rollup.Measure
	AsOf                    string
	Page                    Page
}

// Explanation is one page of contributions and the roll-up that they make.
type Explanation struct {
	Rollup        Rollup
	Contributions []aggregator.Contribution
	Next          string
	Stamp         Stamp
}

// ExplainRollup gives the contributions to a roll-up, one for each obligation, by period, then unit code.
func (s *Service) ExplainRollup(ctx context.Context, caller auth.Caller, q ExplainQuery) (Explanation, error) {
	size, err := q.Page.size(defaultPage, largestPage)
	if err != nil {
		return Explanation{}, err
	}
	day, err := s.dayOr("as_of", q.AsOf)
	if err != nil {
		return Explanation{}, err
	}
	p, err := period.Parse(q.Period)
	if err != nil {
		return Explanation{}, fault.Of(err).In("period")
	}
	query := RollupQuery{
		Units: []string{q.Unit}, Indicators: []string{q.Indicator}, Basis: q.Basis, Measure: q.Measure,
	}
	filter := filterHash("explain", q.Unit, q.Indicator, q.Period, q.Basis.String(), q.Measure.String(), day.String())
	var explained Explanation
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		explained = Explanation{Stamp: stampOf(tx)}
		from, err := q.Page.open(explained.Stamp, filter)
		if err != nil {
			return err
		}
		var page RollupPage
		r := rollupRun{who: who, q: query, periods: []period.Period{p}, size: 1, page: &page}
		if err := r.prepare(day); err != nil {
			return singular(err)
		}
		if err := r.run(); err != nil {
			return err
		}
		explained.Rollup = page.Rollups[0]
		after, err := contributionCursor(from.key)
		if err != nil {
			return err
		}
		contributions, next, err := tx.Contributions(aggregator.Query{
			Unit: explained.Rollup.Unit.ID, Indicator: explained.Rollup.Indicator.Code, Period: p, Basis: q.Basis, Measure: q.Measure,
		}, after, size)
		if err != nil {
			return err
		}
		explained.Contributions = contributions
		if next != (aggregator.Cursor{}) {
			from.key = next.Period.String() + "/" + string(next.Unit)
			explained.Next = from.token()
		}
		return nil
	})
	return explained, err
}

// contributionCursor reads the key of a page token.
func contributionCursor(key string) (aggregator.Cursor, error) {
	if key == "" {
		return aggregator.Cursor{}, nil
	}
	text, unit, _ := strings.Cut(key, "/")
	p, err := period.Parse(text)
	if err != nil {
		return aggregator.Cursor{}, badToken("it is not one that this server gave")
	}
	return aggregator.Cursor{Period: p, Unit: hierarchy.ID(unit)}, nil
}

// singular renames the fields of a query for many to those of a request for one.
func singular(err error) error {
	e := *fault.Of(err)
	for plural, one := range map[string]string{"units[0]": "unit", "indicators[0]": "indicator", "indicators": "indicator"} {
		if e.Field == plural {
			e.Field = one
		}
	}
	return &e
}

// unnumbered drops the [0] of a list that the caller gave one thing for: units[0].code becomes code.
func unnumbered(err error) error {
	e := *fault.Of(err)
	e.Field = withoutIndex(e.Field)
	details := make([]*fault.Error, len(e.Details))
	for i, d := range e.Details {
		c := *d
		c.Field = withoutIndex(c.Field)
		details[i] = &c
	}
	e.Details = details
	return &e
}

func withoutIndex(field string) string {
	_, rest, ok := strings.Cut(field, "[0]")
	if !ok {
		return field
	}
	return strings.TrimPrefix(rest, ".")
}
