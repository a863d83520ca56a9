package main

import (
	"context"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// choiceFlags say which units are ranked or compared.
type choiceFlags struct {
	Region string   `placeholder:"CODE" help:"The units of this region."`
	Unit   []string `placeholder:"U,..." help:"These units."`
	Kind   string   `placeholder:"KIND" help:"All units of this kind below --below."`
	Below  string   `placeholder:"UNIT" help:"With --kind: only below this unit."`
	Basis  string   `enum:"official,provisional" default:"official" help:"official counts approved reports, provisional also those that wait for approval."`
	pastFlag
}

type rankCmd struct {
	Indicator   string `placeholder:"CODE" help:"The indicator on which units are ranked."`
	Plan        string `placeholder:"ID" help:"Or the plan: units are ranked on how many of its targets of every single unit they reached."`
	Period      string `required:"" placeholder:"PERIOD" help:"Period; of outside figures its year counts."`
	Previous    string `placeholder:"PERIOD" help:"Period with which ranks are compared; otherwise the one before."`
	MinCoverage string `placeholder:"PERCENT" help:"Below this coverage a unit has no rank."`
	choiceFlags
}

// Help shows how it is used.
func (rankCmd) Help() string {
	return `Equal values share a rank and the next one is left out: 1, 2, 2, 4. Values are compared unrounded. A unit without a value, or with
less than the least coverage, has no rank. A change of rank is given only where the same units had one in both periods.

Examples:

    tonghop rank --indicator CQ-06 --period 2024-03 --kind district --below 87
    tonghop rank --indicator CH-01 --period 2022 --region DBSCL
    tonghop rank --plan 52-kh-ubnd-2024 --period 2024 --kind district --below 87 --min-coverage 90`
}

// Run ranks and shows.
func (c *rankCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	q := &reportingv1.RankUnitsRequest{
		Indicator: c.Indicator, Period: c.Period, Previous: c.Previous, Region: c.Region, Units: c.Unit, Kind: c.Kind, Below: c.Below,
		Basis: choice[reportingv1.Basis](reportingv1.Basis_value, basisPrefix, c.Basis), AtSequence: sequence, AtTime: at,
	}
	if c.Plan != "" {
		q.Plan = planName(c.Plan)
	}
	if c.MinCoverage != "" {
		q.MinCoverage = &c.MinCoverage
	}
	return s.with(ctx, func(to *client.Client) error {
		answer, err := to.RankUnits(ctx, q)
		if err != nil {
			return err
		}
		if err := list(s, rankSheet, withoutErrors(answer.GetUnits())); err != nil || s.Output != "table" {
			return err
		}
		text := "\n" + plain(first(c.Indicator, "targets of "+c.Plan)) + " " + answer.GetPeriod() + ": " + number(answer.GetRanked()) + " ranked, " +
			number(answer.GetUnranked()) + " unranked, " + number(answer.GetMissing()) + " missing\n"
		if why := answer.GetNoChange(); why != nil {
			text += "no change since " + answer.GetPrevious() + ": " + plain(why.GetMessage()) + "\n"
		} else {
			text += "change since " + answer.GetPrevious() + "\n"
		}
		text += strings.ToUpper(c.Basis) + ", at entry " + number(knownUpTo(answer.GetStamp())) + "\n"
		return s.printf("%s", text)
	})
}

var rankSheet = sheet[*reportingv1.RankedUnit]{
	table: []column[*reportingv1.RankedUnit]{
		{name: "RANK", text: func(u *reportingv1.RankedUnit) string { return some(u.GetRank()) }, right: true},
		{name: "CHANGE", text: rose, right: true},
		{name: "UNIT", text: func(u *reportingv1.RankedUnit) string { return u.GetUnitCode() + " " + u.GetUnitName() }},
		{name: "VALUE", text: func(u *reportingv1.RankedUnit) string { return heldValue(u.GetFigure()) }, right: true},
		{name: "", text: func(u *reportingv1.RankedUnit) string { return u.GetFigure().GetUnitOfMeasure() }},
		{name: "TO NEXT", text: (*reportingv1.RankedUnit).GetToNext, right: true},
		{name: "COVERAGE", text: func(u *reportingv1.RankedUnit) string { return heldCoverage(u.GetFigure()) }, right: true},
		{name: "REMARKS", text: func(u *reportingv1.RankedUnit) string { return rankRemark(u) }},
	},
	csv: []column[*reportingv1.RankedUnit]{
		{name: "rank", text: func(u *reportingv1.RankedUnit) string { return some(u.GetRank()) }},
		{name: "state", text: func(u *reportingv1.RankedUnit) string { return word(u.GetState(), "RANK_STATE_") }},
		{name: "unit", text: (*reportingv1.RankedUnit).GetUnit},
		{name: "unit_code", text: (*reportingv1.RankedUnit).GetUnitCode},
		{name: "value", text: func(u *reportingv1.RankedUnit) string { return u.GetFigure().GetValue() }},
		{name: "ranked", text: func(u *reportingv1.RankedUnit) string { return some(u.GetFigure().GetRanked()) }},
		{name: "to_next", text: (*reportingv1.RankedUnit).GetToNext},
		{name: "previous_rank", text: func(u *reportingv1.RankedUnit) string { return some(u.GetPreviousRank()) }},
		{name: "change", text: func(u *reportingv1.RankedUnit) string {
			if u.Change == nil {
				return ""
			}
			return number(u.GetChange())
		}},
		{name: "expected", text: func(u *reportingv1.RankedUnit) string { return number(u.GetFigure().GetExpected()) }},
		{name: "received", text: func(u *reportingv1.RankedUnit) string { return number(u.GetFigure().GetReceived()) }},
	},
	json: messageJSON[*reportingv1.RankedUnit],
}

func rose(u *reportingv1.RankedUnit) string {
	if u.Change == nil {
		return ""
	}
	return signed(number(u.GetChange()))
}

// heldValue is a value, or a rank with its number: 39/63.
func heldValue(f *reportingv1.TargetFigure) string {
	text := first(f.GetValue(), f.GetClass())
	if text != "" && f.GetRanked() > 0 {
		text += "/" + number(f.GetRanked())
	}
	return text
}

func heldCoverage(f *reportingv1.TargetFigure) string {
	if f.GetSource() != reportingv1.FigureSource_FIGURE_SOURCE_ROLLUP {
		return ""
	}
	return number(f.GetReceived()) + "/" + number(f.GetExpected())
}

func rankRemark(u *reportingv1.RankedUnit) string {
	switch {
	case u.GetState() == reportingv1.RankState_RANK_STATE_MISSING:
		return "missing"
	case u.GetState() == reportingv1.RankState_RANK_STATE_UNRANKED:
		return "too little coverage"
	}
	return u.GetFigure().GetPublished()
}

type compareCmd struct {
	Indicator []string `required:"" placeholder:"I,..." help:"Indicators."`
	Period    string   `required:"" placeholder:"PERIOD" help:"Period; of outside figures its year counts."`
	choiceFlags
}

// Help shows how it is used.
func (compareCmd) Help() string {
	return `Each unit has its value, its rank among those that are compared, how far the next better one is, and by how much it is better than a
year before: a rank that went from 49 to 39 is better by 10, if as many were ranked.

Examples:

    tonghop compare --indicator CH-01,CH-02 --period 2022 --region DBSCL
    tonghop compare --indicator CQ-06,XH-01 --period 2024 --unit 866,873`
}

// comparedLine is one unit and one indicator.
type comparedLine struct {
	*reportingv1.ComparedUnit
	of *reportingv1.ComparedIndicator
}

// Run compares and shows.
func (c *compareCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	q := &reportingv1.CompareUnitsRequest{
		Indicators: c.Indicator, Period: c.Period, Region: c.Region, Units: c.Unit, Kind: c.Kind, Below: c.Below,
		Basis: choice[reportingv1.Basis](reportingv1.Basis_value, basisPrefix, c.Basis), AtSequence: sequence, AtTime: at,
	}
	return s.with(ctx, func(to *client.Client) error {
		answer, err := to.CompareUnits(ctx, q)
		if err != nil {
			return err
		}
		if s.Output == "json" {
			return list(s, sheet[*reportingv1.ComparedIndicator]{json: messageJSON[*reportingv1.ComparedIndicator]}, withoutErrors(answer.GetRows()))
		}
		var lines []comparedLine
		for _, row := range answer.GetRows() {
			for _, u := range row.GetUnits() {
				lines = append(lines, comparedLine{u, row})
			}
		}
		if err := list(s, compareSheet, withoutErrors(lines)); err != nil || s.Output != "table" {
			return err
		}
		return s.printf("\n%s, the year before is %s\n%s, at entry %s\n", answer.GetPeriod(), answer.GetPrevious(), strings.ToUpper(c.Basis),
			number(knownUpTo(answer.GetStamp())))
	})
}

var compareSheet = sheet[comparedLine]{
	table: []column[comparedLine]{
		{name: "INDICATOR", text: func(l comparedLine) string { return l.of.GetIndicator() }},
		{name: "UNIT", text: func(l comparedLine) string { return l.GetUnitCode() + " " + l.GetUnitName() }},
		{name: "VALUE", text: func(l comparedLine) string { return heldValue(l.GetFigure()) }, right: true},
		{name: "", text: func(l comparedLine) string { return l.GetFigure().GetUnitOfMeasure() }},
		{name: "RANK", text: func(l comparedLine) string { return some(l.GetRank()) }, right: true},
		{name: "TO NEXT", text: func(l comparedLine) string { return l.GetToNext() }, right: true},
		{name: "YEAR BEFORE", text: func(l comparedLine) string { return l.GetPrevious() }, right: true},
		{name: "BETTER BY", text: func(l comparedLine) string { return l.better() }, right: true},
		{name: "REMARKS", text: func(l comparedLine) string { return first(l.GetNoChange().GetMessage(), l.GetFigure().GetPublished()) }},
	},
	csv: []column[comparedLine]{
		{name: "indicator", text: func(l comparedLine) string { return l.of.GetIndicator() }},
		{name: "unit", text: func(l comparedLine) string { return l.GetUnit() }},
		{name: "unit_code", text: func(l comparedLine) string { return l.GetUnitCode() }},
		{name: "value", text: func(l comparedLine) string { return l.GetFigure().GetValue() }},
		{name: "ranked", text: func(l comparedLine) string { return some(l.GetFigure().GetRanked()) }},
		{name: "rank", text: func(l comparedLine) string { return some(l.GetRank()) }},
		{name: "to_next", text: func(l comparedLine) string { return l.GetToNext() }},
		{name: "previous", text: func(l comparedLine) string { return l.GetPrevious() }},
		{name: "improvement", text: func(l comparedLine) string { return l.GetImprovement() }},
	},
}

func (l comparedLine) better() string {
	if l.Improvement == nil {
		return ""
	}
	return signed(l.GetImprovement())
}

type outsideCmd struct {
	Indicator string `placeholder:"CODE" help:"Only of this indicator."`
	Unit      string `placeholder:"UNIT" help:"Only of this unit."`
	Year      int32  `placeholder:"YEAR" help:"Only of this year, which was measured."`
	pastFlag
}

// Help shows how it is used.
func (outsideCmd) Help() string {
	return `The CSV has the columns of outside.csv, so that what is listed can be changed and imported again with import outside.

Examples:

    tonghop outside --indicator CH-01
    tonghop outside --year 2022 -o csv > outside.csv`
}

// Run lists outside figures.
func (c *outsideCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		return list(s, outsideSheet, to.OutsideFigures(ctx, &reportingv1.ListOutsideFiguresRequest{
			Indicator: c.Indicator, Unit: c.Unit, Year: c.Year, AtSequence: sequence, AtTime: at,
		}))
	})
}

var outsideSheet = sheet[*reportingv1.OutsideFigure]{
	table: []column[*reportingv1.OutsideFigure]{
		{name: "INDICATOR", text: (*reportingv1.OutsideFigure).GetIndicator},
		{name: "UNIT", text: (*reportingv1.OutsideFigure).GetUnit},
		{name: "YEAR", text: func(f *reportingv1.OutsideFigure) string { return number(f.GetYear()) }},
		{name: "VALUE", text: (*reportingv1.OutsideFigure).GetValue, right: true},
		{name: "OF", text: func(f *reportingv1.OutsideFigure) string { return some(f.GetRanked()) }, right: true},
		{name: "CLASS", text: (*reportingv1.OutsideFigure).GetClass},
		{name: "DONE", text: (*reportingv1.OutsideFigure).GetDone},
		{name: "PUBLISHED", text: (*reportingv1.OutsideFigure).GetPublished},
		{name: "SOURCE", text: (*reportingv1.OutsideFigure).GetSource},
	},
	csv: []column[*reportingv1.OutsideFigure]{
		{name: "indicator", text: (*reportingv1.OutsideFigure).GetIndicator},
		{name: "unit", text: (*reportingv1.OutsideFigure).GetUnit},
		{name: "year", text: func(f *reportingv1.OutsideFigure) string { return number(f.GetYear()) }},
		{name: "value", text: (*reportingv1.OutsideFigure).GetValue},
		{name: "ranked", text: func(f *reportingv1.OutsideFigure) string { return some(f.GetRanked()) }},
		{name: "class", text: (*reportingv1.OutsideFigure).GetClass},
		{name: "done", text: (*reportingv1.OutsideFigure).GetDone},
		{name: "published", text: (*reportingv1.OutsideFigure).GetPublished},
		{name: "source", text: (*reportingv1.OutsideFigure).GetSource},
		{name: "note", text: (*reportingv1.OutsideFigure).GetNote},
	},
	json: messageJSON[*reportingv1.OutsideFigure],
}

type regionsCmd struct{ pastFlag }

// Help shows how it is used.
func (regionsCmd) Help() string {
	return `The CSV has the columns of regions.csv, so that what is listed can be changed and imported again with import regions.

Examples:

    tonghop regions
    tonghop regions -o csv > regions.csv`
}

// Run lists the regions.
func (c *regionsCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		answer, err := to.ListRegions(ctx, &reportingv1.ListRegionsRequest{AtSequence: sequence, AtTime: at})
		if err != nil {
			return err
		}
		if s.Output == "json" {
			return list(s, sheet[*reportingv1.Region]{json: messageJSON[*reportingv1.Region]}, withoutErrors(answer.GetRegions()))
		}
		var members []member
		for _, r := range answer.GetRegions() {
			for _, u := range r.GetUnits() {
				members = append(members, member{r, u})
			}
		}
		return list(s, regionSheet, withoutErrors(members))
	})
}

// member is one unit of a region, a line of regions.csv.
type member struct {
	*reportingv1.Region
	unit string
}

var regionSheet = sheet[member]{
	table: []column[member]{
		{name: "REGION", text: func(m member) string { return m.GetCode() }},
		{name: "NAME", text: func(m member) string { return m.GetNameVi() }},
		{name: "ENGLISH", text: func(m member) string { return m.GetNameEn() }},
		{name: "UNIT", text: func(m member) string { return m.unit }},
	},
	csv: []column[member]{
		{name: "region", text: func(m member) string { return m.GetCode() }},
		{name: "name_vi", text: func(m member) string { return m.GetNameVi() }},
		{name: "name_en", text: func(m member) string { return m.GetNameEn() }},
		{name: "unit", text: func(m member) string { return m.unit }},
	},
}
