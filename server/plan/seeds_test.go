package plan_test

import (
	"encoding/csv"
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/rollup"
)

// seedRows reads every target, result and rule of the five articles, as somebody wrote them down.
func seedRows(t *testing.T) []map[string]string {
	t.Helper()
	f, err := os.Open("testdata/targets-from-seeds.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = cells[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func parseSeed(t *testing.T, row map[string]string) plan.SurveyRow {
	t.Helper()
	r, err := plan.ParseSurvey(plan.SurveyCells{
		Source: row["source_file"], Province: row["province"], Plan: row["plan"], Year: row["year"], Indicator: row["indicator_code"],
		Level: row["level"], Comparator: row["comparator"], Value: row["value"], Unit: row["unit"], Note: row["note"],
		Record: row["record_type"], IndicatorVI: row["indicator_vi"],
	})
	if err != nil {
		t.Fatalf("%v: %v", row, err)
	}
	return r
}

// at makes a reading of a number that is off from a written one by so many thousandths.
func at(t *testing.T, written string, thousandths int64) plan.Reading {
	t.Helper()
	r, ok := new(big.Rat).SetString(written)
	if !ok {
		t.Fatalf("%q is no number", written)
	}
	return number(r.Add(r, big.NewRat(thousandths, 1000)))
}

func number(r *big.Rat) plan.Reading {
	return plan.Reading{Value: rollup.Fraction{Long: r}, Done: period.Beginning}
}

func rank(places, of int64) plan.Reading {
	r := number(big.NewRat(places, 1))
	r.Ranked = int(of)
	return r
}

func class(c string) plan.Reading { return plan.Reading{Class: c, Done: period.Beginning} }

func done(d period.Day) plan.Reading { return plan.Reading{Done: d} }

// trial is a figure and what it must come to.
type trial struct {
	name    string
	reading plan.Reading
	want    plan.Status
}

// trialsOf chooses figures on, just under and just over the bound of a target of the articles, and far over it. What they must come to
// was written down for each comparator by hand.
func trialsOf(t *testing.T, x *plan.Target) []trial {
	t.Helper()
	v := x.Value
	switch x.Comparator {
	case plan.AtLeast:
		return []trial{
			{"just under", at(t, v, -1), plan.NotMet},
			{"on", at(t, v, 0), plan.Met},
			{"just over", at(t, v, 1), plan.Met},
			{"over, still rounded to it", at(t, v, 499), plan.Met},
			{"over by half", at(t, v, 500), plan.Exceeded},
			{"over by one", at(t, v, 1000), plan.Exceeded},
		}
	case plan.Above:
		return []trial{
			{"just under", at(t, v, -1), plan.NotMet},
			{"on", at(t, v, 0), plan.NotMet},
			{"just over", at(t, v, 1), plan.Met},
			{"over, still rounded to it", at(t, v, 499), plan.Met},
			{"over by half", at(t, v, 500), plan.Exceeded},
		}
	case plan.AtMost: // the rank of DTI: 29 of 63
		return []trial{
			{"on", rank(29, 63), plan.Met},
			{"just better", rank(28, 63), plan.Exceeded},
			{"just worse", rank(30, 63), plan.NotMet},
			{"among 34", rank(20, 34), plan.NotEvaluable},
		}
	case plan.Below: // no article has one
	case plan.Equal: // yes or no
		return []trial{{"no", at(t, "0", 0), plan.NotMet}, {"yes", at(t, "1", 0), plan.Met}, {"more than yes", at(t, "2", 0), plan.NotMet}}
	case plan.Top: // among the first 30
		return []trial{{"on", rank(30, 63), plan.Met}, {"just better", rank(29, 63), plan.Met}, {"just worse", rank(31, 63), plan.NotMet}}
	case plan.InClass:
		order := plan.UsualClasses
		place := map[string]int{"trung bình khá": 2, "khá": 3}[v]
		return []trial{
			{"on", class(order[place]), plan.Met},
			{"just under", class(order[place-1]), plan.NotMet},
			{"just over", class(order[place+1]), plan.Exceeded},
			{"unheard of", class("xuất sắc"), plan.NotEvaluable},
		}
	case plan.ReduceBy, plan.IncreaseBy, plan.Keep:
		return nil // the articles give no baseline: see below
	case plan.ByDate:
		day, err := period.ParseDay(v)
		if err != nil {
			t.Fatal(err)
		}
		return []trial{{"on", done(day), plan.Met}, {"the day before", done(day - 1), plan.Met}, {"the day after", done(day + 1), plan.NotMet}}
	}
	t.Fatalf("nothing is tried of %s", x.Comparator)
	return nil
}

// TestR28EveryTargetOfTheArticlesOnUnderAndOverItsBound holds figures against all 55 targets and the one deadline.
func TestR28EveryTargetOfTheArticlesOnUnderAndOverItsBound(t *testing.T) {
	targets, withoutBaseline := 0, 0
	for line, row := range seedRows(t) {
		if row["record_type"] != "target" && row["record_type"] != "deadline" {
			continue
		}
		targets++
		x := *parseSeed(t, row).Target
		name := fmt.Sprintf("line %d %s %s %s %s", line+2, x.Indicator, x.Scope, x.Comparator, x.Value)
		judge, hopeless := plan.NewJudge(x, plan.UsualClasses, indicator.Lower)
		trials := trialsOf(t, &x)
		if trials == nil {
			withoutBaseline++
			if fault.ReasonOf(hopeless) != "BASELINE_MISSING" {
				t.Errorf("%s: %v, want BASELINE_MISSING: the article names no base year", name, hopeless)
			}
			x.Baseline = "50"
			judge, hopeless = plan.NewJudge(x, plan.UsualClasses, indicator.Lower)
			trials = map[plan.Comparator][]trial{
				// 30 % of 50 are 15.
				plan.ReduceBy: {
					{"on", at(t, "35", 0), plan.Met},
					{"just short", at(t, "35", 1), plan.NotMet},
					{"just over", at(t, "35", -1), plan.Met},
					{"by 30.5 %", at(t, "34.75", 0), plan.Exceeded},
				},
				plan.IncreaseBy: {
					{"on", at(t, "65", 0), plan.Met},
					{"just short", at(t, "65", -1), plan.NotMet},
					{"just over", at(t, "65", 1), plan.Met},
					{"by 30.5 %", at(t, "65.25", 0), plan.Exceeded},
				},
				plan.Keep: { // a rank
					{"kept", rank(50, 63), plan.Met}, {"one place up", rank(49, 63), plan.Exceeded}, {"one place down", rank(51, 63), plan.NotMet},
				},
			}[x.Comparator]
		}
		if hopeless != nil {
			t.Errorf("%s: %v", name, hopeless)
			continue
		}
		for _, c := range append(trials, trial{"nothing", plan.Reading{Done: period.Beginning}, plan.NoData}) {
			if got, why := judge.Status(c.reading); got != c.want {
				t.Errorf("%s, %s: %s, want %s (%v)", name, c.name, got, c.want, why)
			}
		}
	}
	if targets != 56 || withoutBaseline != 3 {
		t.Errorf("%d targets and deadlines, %d of them without a baseline; want 56 and 3", targets, withoutBaseline)
	}
}

// TestTheSurveyIsReadWhole counts what the articles say, which was counted by hand.
func TestTheSurveyIsReadWhole(t *testing.T) {
	var targets, results, counts, rules, exceeded, met int
	scopes := map[string]int{}
	plans := map[string]plan.SurveyPlan{}
	for _, row := range seedRows(t) {
		r := parseSeed(t, row)
		plans[row["plan"]] = r.Plan
		switch {
		case r.Target != nil:
			targets++
			scopes[r.Target.Scope.String()]++
		case r.Result != nil:
			results++
			switch r.Result.Rating {
			case plan.Exceeded:
				exceeded++
			case plan.Met:
				met++
			default:
			}
		case r.Count != nil:
			counts++
		case r.Rule != nil:
			rules++
		}
	}
	if targets != 56 || results != 19 || counts != 15 || rules != 2 || exceeded != 11 || met != 6 {
		t.Errorf("%d targets, %d results (%d exceeded, %d met), %d counts, %d rules; want 56, 19 (11, 6), 15, 2", targets, results, exceeded, met, counts, rules)
	}
	for scope, want := range map[string]int{"": 45, "kind:district": 3, "kind:commune": 4, "kind:department|district": 1, "each:department|district": 3} {
		if scopes[scope] != want {
			t.Errorf("%d targets of %q, want %d", scopes[scope], scope, want)
		}
	}
	for cell, want := range map[string]plan.SurveyPlan{
		"Dự thảo Kế hoạch chuyển đổi số 2023 (ban hành: 99/KH-UBND, 16/3/2023)":  {Title: "Kế hoạch chuyển đổi số 2023", Number: "99/KH-UBND", Issued: period.Date(2023, 3, 16)},
		"Dự thảo Kế hoạch chuyển đổi số 2024 (ban hành: 52/KH-UBND, 21/02/2024)": {Title: "Kế hoạch chuyển đổi số 2024", Number: "52/KH-UBND", Issued: period.Date(2024, 2, 21)},
		"Kết quả Kế hoạch chuyển đổi số 2023":                                    {Title: "Kết quả Kế hoạch chuyển đổi số 2023", ResultsOf: "Kế hoạch chuyển đổi số 2023", Issued: period.Beginning},
		"698/KH-UBND (29/4/2022)":                             {Title: "698/KH-UBND", Number: "698/KH-UBND", Issued: period.Date(2022, 4, 29)},
		"Kế hoạch chuyển đổi số tỉnh Ninh Thuận 2023":         {Title: "Kế hoạch chuyển đổi số tỉnh Ninh Thuận 2023", Issued: period.Beginning},
		"Nghị quyết 04-NQ/TU (31/12/2021), tổng kết 7/1/2025": {Title: "Nghị quyết 04-NQ/TU", Number: "04-NQ/TU", Issued: period.Date(2021, 12, 31)},
	} {
		if plans[cell] != want {
			t.Errorf("%q is %+v, want %+v", cell, plans[cell], want)
		}
	}
}

func TestASurveyRowTellsEverythingThatIsWrong(t *testing.T) {
	_, err := plan.ParseSurvey(plan.SurveyCells{
		Year: "hai mươi", Indicator: "K 1", Level: "province;làng", Comparator: "about", Value: "8,5", Unit: "%", Record: "target",
	})
	var fields []string
	for _, d := range fault.Of(err).Details {
		fields = append(fields, d.Field)
	}
	if got, want := strings.Join(fields, " "), "province plan year level comparator"; got != want {
		t.Errorf("blames %q, want %q: %v", got, want, err)
	}
}
