package tabular

import (
	"fmt"
	"io"
	"strconv"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/text"
)

// The columns of targets.csv, in the order of their constants.
var targetColumns = columns("plan year indicator scope? comparator? value? baseline? baseline_date? due? ranked? lead? support? note?")

const (
	targetPlan = iota
	targetYear
	targetIndicator
	targetScope
	targetComparator
	targetValue
	targetBaseline
	targetBaselineDate
	targetDue
	targetRanked
	targetLead
	targetSupport
	targetNote
)

// ReadTargets reads targets.csv. Plans stand in it by id or by number, units by id or code, as they are written: whoever knows the
// register and the tree finds them. A row without comparator and value takes a target back.
func ReadTargets(r io.Reader) (Sheet[plan.Target], error) {
	return readSheet(r, targetColumns, readTarget, nil, twice(targetColumns[targetIndicator].name, "plan, year, indicator and scope",
		func(t *plan.Target) string { return string(t.Plan.Fold()) + "/" + t.Key() }))
}

func readTarget(r row, problems *fault.List) plan.Target {
	t := plan.Target{
		Plan: plan.ID(r.cell(targetPlan)), Year: r.year(targetYear, problems), Indicator: indicator.Code(r.cell(targetIndicator)),
		Value: r.cell(targetValue), Baseline: r.cell(targetBaseline), BaselineDay: r.day(targetBaselineDate, period.Beginning, problems),
		Due: r.day(targetDue, period.Forever, problems), Ranked: r.number(targetRanked, problems), Lead: hierarchy.ID(r.cell(targetLead)),
		Note: r.name(targetNote),
	}
	if t.Plan == "" {
		r.add(targetPlan, fault.Invalid("PLAN_EMPTY", "no plan is named; give its number or its id"), problems)
	}
	for _, ref := range r.list(targetSupport) {
		t.Support = append(t.Support, hierarchy.ID(ref))
	}
	var err error
	t.Scope, err = plan.ParseScope(r.cell(targetScope))
	r.add(targetScope, err, problems)
	if word := r.cell(targetComparator); word != "" {
		if t.Comparator, err = plan.ParseComparator(word); err != nil {
			r.add(targetComparator, err, problems)
			t.Withdrawn = true // what else is wrong is told too
			problems.Add(t.Check())
			return t
		}
	}
	t.Withdrawn = r.cell(targetComparator) == "" && t.Value == ""
	problems.Add(t.Check())
	return t
}

// number reads a whole number that is not negative; an empty cell is 0.
func (r row) number(column int, problems *fault.List) int {
	s := r.cell(column)
	if s == "" {
		return 0
	}
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		r.add(column, fault.Invalid("WHOLE_NUMBER", "%q is no whole number; write digits alone", shorten(s)).With("value", shorten(s)), problems)
	}
	return int(n) //nolint:gosec // 31 bits
}

// year reads a year. One that is no number is told once.
func (r row) year(column int, problems *fault.List) int {
	before := problems.Len()
	if n := r.number(column, problems); problems.Len() == before {
		return n
	}
	return 2000
}

// twice tells of rows that say something of one thing again.
func twice[T any](column, what string, key func(*T) string) func(s *Sheet[T], given []T, lines []int) {
	return func(s *Sheet[T], _ []T, _ []int) {
		first := make(map[string]int, len(s.Rows))
		for i := range s.Rows {
			k := key(&s.Rows[i])
			earlier, again := first[k]
			if !again {
				first[k] = s.Lines[i]
				continue
			}
			s.Problems.put(Problem{
				Line: s.Lines[i], OtherLine: earlier, Column: column,
				Err: fault.Invalid("ROW_OF_THE_SAME", "line %d is of the same %s; keep one of the two rows", earlier, what).
					With("line", earlier).In(column),
			})
		}
	}
}

// The columns of a survey of plans, in the order of their constants.
var surveyColumns = columns("source_file? province plan year indicator_code level? comparator? value? unit? note? record_type indicator_vi?")

const (
	surveySource = iota
	surveyProvince
	surveyPlan
	surveyYear
	surveyIndicator
	surveyLevel
	surveyComparator
	surveyValue
	surveyUnit
	surveyNote
	surveyRecord
	surveyIndicatorVI
)

// ReadSurvey reads a file in which somebody wrote down what articles say of plans: targets, deadlines, results, counts and rules of
// several provinces.
func ReadSurvey(r io.Reader) (Sheet[plan.SurveyRow], error) {
	return readSheet(r, surveyColumns, func(r row, problems *fault.List) plan.SurveyRow {
		row, err := plan.ParseSurvey(plan.SurveyCells{
			Source: r.name(surveySource), Province: r.name(surveyProvince), Plan: r.name(surveyPlan), Year: r.cell(surveyYear),
			Indicator: r.cell(surveyIndicator), Level: r.cell(surveyLevel), Comparator: r.cell(surveyComparator), Value: r.name(surveyValue),
			Unit: r.name(surveyUnit), Note: r.name(surveyNote), Record: r.cell(surveyRecord), IndicatorVI: r.name(surveyIndicatorVI),
		})
		problems.Add(err)
		return row
	}, nil, nil)
}

// The columns of outside.csv, in the order of their constants.
var outsideColumns = columns("indicator unit year value? ranked? class? done? published? source? note?")

const (
	outsideIndicator = iota
	outsideUnit
	outsideYear
	outsideValue
	outsideRanked
	outsideClass
	outsideDone
	outsidePublished
	outsideSource
	outsideNote
)

// ReadOutside reads outside.csv. Units are ids or codes, as they are written. A row without value, class and done takes a figure
// back.
func ReadOutside(r io.Reader) (Sheet[plan.Outside], error) {
	return readSheet(r, outsideColumns, func(r row, problems *fault.List) plan.Outside {
		o := plan.Outside{
			Indicator: indicator.Code(r.cell(outsideIndicator)), Unit: hierarchy.ID(r.cell(outsideUnit)), Year: r.year(outsideYear, problems),
			Value: r.cell(outsideValue), Ranked: r.number(outsideRanked, problems), Class: r.name(outsideClass),
			Done: r.day(outsideDone, period.Beginning, problems), Published: r.day(outsidePublished, period.Beginning, problems),
			Source: r.name(outsideSource), Note: r.name(outsideNote),
		}
		o.Withdrawn = o.Value == "" && o.Class == "" && o.Done == period.Beginning
		if o.Unit == "" {
			r.add(outsideUnit, fault.Invalid("UNIT_EMPTY", "no unit is named; give its id or its code"), problems)
		}
		problems.Add(o.Check())
		return o
	}, nil, twice(outsideColumns[outsideIndicator].name, "indicator, unit and year", (*plan.Outside).Key))
}

// The columns of regions.csv, in the order of their constants.
var regionColumns = columns("region name_vi name_en? unit")

const (
	regionCode = iota
	regionNameVI
	regionNameEN
	regionUnit
)

// ReadRegions reads regions.csv: a row for each unit of a region, which is an id or a code as it is written.
func ReadRegions(r io.Reader) (Sheet[plan.Region], error) {
	return readSheet(r, regionColumns, func(r row, problems *fault.List) plan.Region {
		region := plan.Region{Code: r.cell(regionCode), NameVI: r.name(regionNameVI), NameEN: r.name(regionNameEN)}
		if unit := r.cell(regionUnit); unit == "" {
			r.add(regionUnit, fault.Invalid("UNIT_EMPTY", "no unit is named; give its id or its code"), problems)
		} else {
			region.Units = []hierarchy.ID{hierarchy.ID(unit)}
		}
		problems.Add(region.Check())
		return region
	}, nil, twice(regionColumns[regionUnit].name, "region and unit", func(r *plan.Region) string { return fmt.Sprint(text.FoldCode(r.Code), r.Units) }))
}
