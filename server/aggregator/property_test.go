package aggregator_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// everyRule is a catalogue with each rule over units and over time; population and weights are reported once a year.
func everyRule() []indicator.Indicator {
	list := []indicator.Indicator{
		plainIndicator("SUM", indicator.UnitSum, indicator.Flow, indicator.TimeSum),
		plainIndicator("RATIO", indicator.UnitRatio, indicator.Flow, indicator.TimeSum),
		plainIndicator("LAST", indicator.UnitSum, indicator.Stock, indicator.TimeLast),
		plainIndicator("MEAN", indicator.UnitMean, indicator.Flow, indicator.TimeMean),
		plainIndicator("MIN", indicator.UnitMin, indicator.Flow, indicator.TimeMin),
		plainIndicator("MAX", indicator.UnitMax, indicator.Stock, indicator.TimeMax),
		plainIndicator("YTD", indicator.UnitSum, indicator.YearToDate, indicator.TimeLast),
		plainIndicator("SUMMEAN", indicator.UnitSum, indicator.Stock, indicator.TimeMean),
		plainIndicator("YES", indicator.UnitCountYes, indicator.Stock, indicator.TimeLast),
		plainIndicator("SHARE", indicator.UnitShareYes, indicator.Stock, indicator.TimeMax),
		plainIndicator("LEAST", indicator.UnitCountAtLeast, indicator.Flow, indicator.TimeSum),
		plainIndicator("RANK", indicator.UnitNone, indicator.Stock, indicator.TimeNone),
		plainIndicator("WEIGHT", indicator.UnitSum, indicator.Stock, indicator.TimeLast),
		plainIndicator("WEIGHTED", indicator.UnitWeightedMean, indicator.Flow, indicator.TimeMean),
		plainIndicator("PERHEAD", indicator.UnitRatio, indicator.Flow, indicator.TimeSum),
		plainIndicator("YTDRATIO", indicator.UnitRatio, indicator.YearToDate, indicator.TimeLast),
		plainIndicator("FLOWSTOCK", indicator.UnitRatio, indicator.Flow, indicator.TimeSum),
		plainIndicator("LASTRATIO", indicator.UnitRatio, indicator.Stock, indicator.TimeLast),
		plainIndicator("PEOPLE", indicator.UnitSum, indicator.Stock, indicator.TimeLast),
		plainIndicator("YEARLY", indicator.UnitWeightedMean, indicator.Stock, indicator.TimeLast),
	}
	for n := range list {
		i := &list[n]
		switch i.Code {
		case "LEAST":
			i.AtLeast = 5
		case "WEIGHTED":
			i.Weight = "WEIGHT"
		case "PERHEAD":
			i.Denominator, i.DenominatorIndicator = indicator.Part{}, "PEOPLE"
		case "FLOWSTOCK":
			i.Denominator = indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast}
		case "YEARLY":
			i.Weight = "PEOPLE"
		}
		// Districts do their own work beside their communes in some, and only compare in others.
		if n%3 == 0 {
			i.ReportedBy, i.LevelsOwn = append(i.ReportedBy, hierarchy.District), true
		}
		if n%3 == 1 {
			i.CheckedBy = []hierarchy.Kind{hierarchy.District}
		}
	}
	return list
}

// onceAYear are the indicators of the second form.
var onceAYear = []indicator.Code{"PEOPLE"}

// plain are the indicators that byHand can bring together.
var plain = []indicator.Code{"SUM", "RATIO", "LAST", "MEAN", "MIN", "MAX", "SUMMEAN"}

// province is the story of the property test: two districts with communes, and one commune that ends in the year.
func province(t testing.TB) (*story, *oracle, []indicator.Indicator) {
	s, o := newStory(t), newOracle()
	catalogue := everyRule()
	var monthly []indicator.Code
	for _, i := range catalogue {
		if !slices.Contains(onceAYear, i.Code) {
			monthly = append(monthly, i.Code)
		}
	}
	ending := unit("C3", hierarchy.Commune, "D2")
	ending.ValidTo = period.Date(2024, 3, 10)
	catalogue[2].Assigned = []hierarchy.Selector{{Unit: id("C2"), Except: true}}
	month := plainForm("M", period.Month, "kind:commune|kind:district", monthly...)
	month.Calendar = period.CutoffFifteenth
	for _, body := range []entry.Body{
		entry.UnitsChanged{Units: []hierarchy.Unit{
			unit("P", hierarchy.Province, ""), unit("D1", hierarchy.District, "P"), unit("D2", hierarchy.District, "P"),
			unit("C1", hierarchy.Commune, "D1"), unit("C2", hierarchy.Commune, "D1"), ending, unit("C4", hierarchy.Commune, "P"),
		}},
		numbered(0, catalogue...),
		forms(0, month, plainForm("Y", period.Year, "kind:commune", onceAYear...)),
	} {
		s.tell(body)
		o.apply(body, s.now)
	}
	return s, o, catalogue
}

// TestEveryRollupEqualsItsParts tells random stories of submissions, corrections, approvals, returns and exclusions, and after each
// step compares roll-ups with two recomputations from nothing.
func TestEveryRollupEqualsItsParts(t *testing.T) {
	fewer(t)
	rapid.Check(t, func(r *rapid.T) {
		s, o, catalogue := province(t)
		defer func() { _ = s.close() }()
		teller := teller{r: r, s: s, o: o, catalogue: catalogue}
		for step := range rapid.IntRange(1, 14).Draw(r, "steps") {
			teller.tellOne()
			if rapid.IntRange(0, 2).Draw(r, "commit") == 0 {
				s.commit()
			}
			// Inside the group that is open every entry before is seen.
			compare(r, s.begin(), o, catalogue, step, 29)
		}
		s.commit()
		s.view(func(tx *aggregator.Tx) { compare(r, tx, o, catalogue, 0, 5) })
		sameAfterRebuild(r, s)
	})
}

// teller makes up entries.
type teller struct {
	r         *rapid.T
	s         *story
	o         *oracle
	catalogue []indicator.Indicator
	// scalesGrow keeps amounts from being the largest: others draw those beside a scale that grows.
	scalesGrow bool
}

func (w *teller) pick(what string, from ...string) string {
	return rapid.SampledFrom(from).Draw(w.r, what)
}

func (w *teller) tellOne() {
	k := key(w.pick("unit", "C1", "C2", "C3", "C4", "D1"), "M", w.pick("month", "2024-01", "2024-02", "2024-03", "2024-12", "2025-01"))
	numbers := [2]int{0, len(w.catalogue)}
	if rapid.IntRange(0, 5).Draw(w.r, "yearly") == 0 {
		k = key(w.pick("unit", "C1", "C2", "C4"), "Y", w.pick("year", "2023", "2024"))
	}
	told := w.o.reports[k]
	var body entry.Body
	switch {
	case rapid.IntRange(0, 4).Draw(w.r, "exclude") == 0:
		body = w.turn(k)
	case told != nil && rapid.IntRange(0, 3).Draw(w.r, "review") == 0:
		body = w.review(k, told)
	default:
		body = w.submission(k, told, numbers)
	}
	if body == nil {
		return
	}
	w.s.add(body)
	w.o.apply(body, w.s.now)
}

// turn takes an obligation out, with or without a report, or makes it one again.
func (w *teller) turn(k entry.ReportKey) entry.Body {
	if w.o.out[k] {
		return entry.ExclusionLifted{Key: k, Reason: "đã khôi phục"}
	}
	return entry.ObligationExcluded{Key: k, Reason: "lũ lụt"}
}

// review approves what waits, or returns what waits or is approved.
func (w *teller) review(k entry.ReportKey, told *told) entry.Body {
	for _, rev := range slices.Backward(told.revisions) {
		switch {
		case rev.state == aggregator.Submitted && rapid.Bool().Draw(w.r, "approve"):
			return entry.ReportApproved{Key: k, Revision: rev.number}
		case rev.state == aggregator.Submitted || rev.state == aggregator.Approved:
			return entry.ReportReturned{Key: k, Revision: rev.number, Reason: "xem lại"}
		}
	}
	return nil
}

func (w *teller) submission(k entry.ReportKey, before *told, numbers [2]int) entry.Body {
	sub := entry.Submission{Key: k, Revision: 1, Draft: rapid.IntRange(0, 7).Draw(w.r, "draft") == 0}
	if before != nil {
		sub.Revision = before.revisions[len(before.revisions)-1].number + 1
	}
	if rapid.Bool().Draw(w.r, "deadline") {
		sub.Deadline = w.s.now.Add(time.Duration(rapid.IntRange(-1, 2).Draw(w.r, "due")) * time.Hour).Truncate(time.Second)
	}
	for n := numbers[0]; n < numbers[1]; n++ {
		if f, ok := w.figure(&w.catalogue[n]); ok {
			sub.Figures = append(sub.Figures, entry.Figure{Number: uint32(n), Figure: f})
		}
	}
	return entry.ReportsSubmitted{Reports: []entry.Submission{sub}}
}

// figure makes up a figure: mostly small amounts, so that extremes and equal figures meet.
func (w *teller) figure(i *indicator.Indicator) (figure.Figure, bool) {
	switch choice := rapid.IntRange(0, 9).Draw(w.r, string(i.Code)); {
	case choice == 0:
		return figure.Figure{}, false
	case choice == 1:
		return figure.Figure{State: figure.NotAvailable}, true
	case choice == 2, choice < 6 && i.Value.Measure == indicator.YearToDate:
		return figure.Figure{State: figure.NotApplicable}, true
	}
	amount := func() int64 {
		n := rapid.Int64Range(0, 9).Draw(w.r, "amount")
		if i.UnitRule.YesNo() {
			return n % 2
		}
		if i.Code == "SUM" && n == 9 && !w.scalesGrow {
			return 1<<63 - 1
		}
		return n
	}
	switch {
	case i.OwnDenominator() && rapid.IntRange(0, 5).Draw(w.r, "half") == 0:
		return figure.Figure{State: figure.Value, HasNumerator: true, Numerator: figure.Number(amount())}, true
	case i.OwnDenominator():
		return ratio(amount(), amount()), true
	case i.UnitRule == indicator.UnitRatio:
		return figure.Figure{State: figure.Value, HasNumerator: true, Numerator: figure.Number(amount())}, true
	}
	return value(amount()), true
}

// spans are asked about, with and without reports in them.
var spans = []string{
	"2024-01", "2024-02", "2024-03", "2024-04", "2024-12", "2025-01", "2024-Q1", "2024-Q2", "2024-Q4", "2024-H1", "2024-H2",
	"2024-9M", "2023", "2024", "2025",
}

// compare asks for every roll-up, or every so manieth, and compares it with the oracle.
func compare(t interface{ Fatalf(string, ...any) }, tx *aggregator.Tx, o *oracle, catalogue []indicator.Indicator, from, every int) {
	n := from
	for _, span := range spans {
		for _, unit := range []string{"P", "D1", "D2", "C1", "C3", "C4"} {
			for c := range catalogue {
				for b := range rollup.Basis(2) {
					for m := range rollup.Measure(3) {
						if !rollup.Possible(catalogue[c], m) {
							continue
						}
						if n++; n%every != 0 {
							continue
						}
						for _, kind := range []hierarchy.Kind{"", hierarchy.District} {
							q := aggregator.Query{
								Unit: id(unit), Indicator: catalogue[c].Code, Period: mustPeriod(span), Basis: b, Measure: m, Kind: kind,
							}
							if problem := compareOne(tx, o, q); problem != "" {
								t.Fatalf("%s", problem)
							}
						}
					}
				}
			}
		}
	}
}

func compareOne(tx *aggregator.Tx, o *oracle, q aggregator.Query) string {
	a, err := tx.Rollup(q)
	if err != nil {
		return fmt.Sprintf("Rollup(%+v) = %v", q, err)
	}
	if problem := compareSeries(tx, q, a); problem != "" {
		return problem
	}
	want, base := o.rollup(q)
	coarser := len(q.Period.Bases(base)) == 0
	if coarser {
		if a.Result.State != want.State && a.Result.Coverage.Expected != 0 {
			return fmt.Sprintf("%+v: %v, want %v", q, a.Result.State, want.State)
		}
		return ""
	}
	if a.Result != want {
		return fmt.Sprintf("%+v:\n got %+v\nwant %+v", q, a.Result, want)
	}
	if !slices.Contains(plain, q.Indicator) || q.Measure != rollup.AsReported {
		return ""
	}
	amount, received := o.byHand(q)
	if a.Result.Coverage.Received != received {
		return fmt.Sprintf("%+v: received %d, by hand %d", q, a.Result.Coverage.Received, received)
	}
	if has := a.Result.State == rollup.Value; has != (amount != nil) || has && a.Result.Value.Rat().Cmp(amount) != 0 {
		return fmt.Sprintf("%+v: %v %s, by hand %v", q, a.Result.State, a.Result.Display, amount)
	}
	return ""
}
