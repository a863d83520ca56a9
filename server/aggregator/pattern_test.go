package aggregator_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// alike is a catalogue of which nearly every report is planned by a pattern: sums, ratios and latest figures, of which one is
// not asked of everybody.
func alike() []indicator.Indicator {
	list := []indicator.Indicator{
		plainIndicator("SUM", indicator.UnitSum, indicator.Flow, indicator.TimeSum),
		plainIndicator("RATIO", indicator.UnitRatio, indicator.Flow, indicator.TimeSum),
		plainIndicator("LAST", indicator.UnitSum, indicator.Stock, indicator.TimeLast),
		plainIndicator("NARROW", indicator.UnitSum, indicator.Flow, indicator.TimeSum),
		plainIndicator("LATER", indicator.UnitSum, indicator.Stock, indicator.TimeLast),
	}
	list[3].Assigned = []hierarchy.Selector{{Unit: id("C2"), Except: true}}
	return list
}

// alikeStory has communes that report alike indicators every month, one of which ends in the year.
func alikeStory(t testing.TB) (*story, *oracle, []indicator.Indicator) {
	s, o, catalogue := newStory(t), newOracle(), alike()
	ending := unit("C3", hierarchy.Commune, "D2")
	ending.ValidTo = period.Date(2024, 3, 10)
	var codes []indicator.Code
	for _, i := range catalogue {
		codes = append(codes, i.Code)
	}
	for _, body := range []entry.Body{
		entry.UnitsChanged{Units: []hierarchy.Unit{
			unit("P", hierarchy.Province, ""), unit("D1", hierarchy.District, "P"), unit("D2", hierarchy.District, "P"),
			unit("C1", hierarchy.Commune, "D1"), unit("C2", hierarchy.Commune, "D1"), ending, unit("C4", hierarchy.Commune, "P"),
			unit("C5", hierarchy.Commune, "D1"), unit("C6", hierarchy.Commune, "D1"),
		}},
		numbered(0, catalogue...),
		forms(0, plainForm("M", period.Month, "kind:commune", codes...)),
	} {
		s.tell(body)
		o.apply(body, s.now)
	}
	return s, o, catalogue
}

// alikeFigures are values for everything, most often, with amounts that may be the largest there are.
func alikeFigures(r *rapid.T, w *teller) []entry.Figure {
	if rapid.IntRange(0, 4).Draw(r, "odd") == 0 {
		var list []entry.Figure
		for n := range w.catalogue {
			if f, ok := w.figure(&w.catalogue[n]); ok {
				list = append(list, entry.Figure{Number: uint32(n), Figure: f})
			}
		}
		return list
	}
	amount := func() int64 {
		return rapid.OneOf(rapid.Int64Range(-9, 9), rapid.SampledFrom([]int64{math.MaxInt64, math.MinInt64 + 1, 1 << 40})).Draw(r, "amount")
	}
	list := make([]entry.Figure, len(w.catalogue))
	for n := range list {
		f := value(amount())
		if w.catalogue[n].UnitRule == indicator.UnitRatio {
			f = ratio(amount(), amount())
		}
		list[n] = entry.Figure{Number: uint32(n), Figure: f}
	}
	return list
}

// TestReportsThatAreAlikeEqualTheirParts tells random stories of reports that are alike, in any order of months, late or not,
// corrected, approved and returned, and compares every roll-up with recomputations from nothing; a rebuild makes the same bytes.
func TestReportsThatAreAlikeEqualTheirParts(t *testing.T) {
	fewer(t)
	rapid.Check(t, func(r *rapid.T) {
		s, o, catalogue := alikeStory(t)
		defer func() { _ = s.close() }()
		w := teller{r: r, s: s, o: o, catalogue: catalogue}
		for step := range rapid.IntRange(5, 20).Draw(r, "steps") {
			k := key(w.pick("unit", "C1", "C2", "C3", "C4", "C5", "C6"), "M",
				w.pick("month", "2024-01", "2024-02", "2024-03", "2024-04", "2024-12", "2025-01"))
			var body entry.Body
			told := o.reports[k]
			if told != nil && rapid.IntRange(0, 1).Draw(r, "review") == 0 {
				body = w.review(k, told)
			} else {
				sub := entry.Submission{Key: k, Revision: 1, Figures: alikeFigures(r, &w)}
				if told != nil {
					sub.Revision = told.revisions[len(told.revisions)-1].number + 1
				}
				if rapid.IntRange(0, 3).Draw(r, "deadline") == 0 {
					sub.Deadline = s.now.Add(time.Duration(rapid.IntRange(-1, 1).Draw(r, "due")) * time.Hour).Truncate(time.Second)
				}
				body = entry.ReportsSubmitted{Reports: []entry.Submission{sub}}
			}
			if body == nil {
				continue
			}
			s.add(body)
			o.apply(body, s.now)
			if rapid.IntRange(0, 5).Draw(r, "commit") == 0 {
				s.commit()
			}
			compare(r, s.begin(), o, catalogue, step, 41)
		}
		s.commit()
		s.view(func(tx *aggregator.Tx) { compare(r, tx, o, catalogue, 0, 2) })
		sameAfterRebuild(r, s)
	})
}

// TestPatternsAreFewAndTakenAgain: a year of a province, month after month, is planned once for each month; what is changed in
// the catalogue afterwards leaves none that is of before.
func TestPatternsAreFewAndTakenAgain(t *testing.T) {
	s, o, catalogue := alikeStory(t)
	send := func(year int) {
		for month := 1; month <= 12; month++ {
			for _, c := range []string{"C1", "C4", "C5", "C6"} {
				figures := make([]entry.Figure, len(catalogue))
				for n := range figures {
					f := value(int64(month * (n + 1)))
					if catalogue[n].UnitRule == indicator.UnitRatio {
						f = ratio(int64(n), int64(month))
					}
					figures[n] = entry.Figure{Number: uint32(n), Figure: f}
				}
				body := entry.ReportsSubmitted{Reports: []entry.Submission{{
					Key: entry.ReportKey{Unit: id(c), Form: "M", Period: period.Of(year, period.Month, month)}, Revision: 1, Figures: figures,
				}}}
				s.add(body)
				o.apply(body, s.now)
			}
			s.commit()
		}
	}
	send(2023)
	if got := aggregator.Patterns(s.store); got != 12 {
		t.Errorf("48 reports of 12 months made %d patterns, want 12", got)
	}
	wider := catalogue[3]
	wider.Assigned = nil
	body := numbered(3, wider)
	s.tell(body)
	o.apply(body, s.now)
	send(2024)
	if got := aggregator.Patterns(s.store); got != 12 {
		t.Errorf("after a change of the catalogue there are %d patterns, want those of the 12 months since", got)
	}
	s.view(func(tx *aggregator.Tx) { compare(t, tx, o, catalogue, 0, 1) })
}

// TestACorrectionOfAmountsMovesNothingElse: where the states stay, no remainder of a longer period is looked at, and all is as
// it was but the sums.
func TestACorrectionOfAmountsMovesNothingElse(t *testing.T) {
	s, o, catalogue := alikeStory(t)
	for revision := 1; revision <= 3; revision++ {
		for month := 1; month <= 12; month++ {
			for n, c := range []string{"C1", "C5", "C6"} {
				f := map[uint32]figure.Figure{
					0: value(int64(revision * month)), 1: ratio(int64(n), int64(revision)), 2: value(int64(month)), 3: value(7), 4: value(int64(revision)),
				}
				body := sent(key(c, "M", period.Of(2024, period.Month, month).String()), revision, f)
				s.add(body)
				o.apply(body, s.now)
			}
		}
		s.commit()
		s.view(func(tx *aggregator.Tx) { compare(t, tx, o, catalogue, revision, 3) })
	}
}

// TestAPatternIsOfReportsThatAreAlike: reports of which just one thing differs come one behind the other, either first.
func TestAPatternIsOfReportsThatAreAlike(t *testing.T) {
	whole := map[uint32]figure.Figure{0: value(1), 1: ratio(2, 3), 2: value(4), 3: value(5), 4: value(6)}
	with := func(number uint32, f figure.Figure) map[uint32]figure.Figure {
		list := map[uint32]figure.Figure{}
		for n, g := range whole {
			list[n] = g
		}
		if list[number] = f; f.State == figure.Absent {
			delete(list, number)
		}
		return list
	}
	half := figure.Figure{State: figure.Value, HasNumerator: true, Numerator: 2}
	for name, odd := range map[string]map[uint32]figure.Figure{
		"half of a ratio": with(1, half), "not available": with(3, figure.Figure{State: figure.NotAvailable}),
		"not applicable": with(0, figure.Figure{State: figure.NotApplicable}), "less": with(4, figure.Figure{}),
		"large": with(0, value(math.MaxInt64)),
	} {
		for _, first := range [][2]map[uint32]figure.Figure{{odd, whole}, {whole, odd}} {
			t.Run(name, func(t *testing.T) {
				s, o, catalogue := alikeStory(t)
				tell := func(body entry.Body) {
					s.add(body)
					o.apply(body, s.now)
				}
				for n, c := range []string{"C1", "C5", "C6", "C4"} { // the odd one is of January, or of February
					tell(sent(key(c, "M", "2024-01"), 1, first[n%2]))
					tell(sent(key(c, "M", "2024-02"), 1, whole))
				}
				for n, c := range []string{"C5", "C1", "C4", "C6"} {
					tell(sent(key(c, "M", "2025-01"), 1, whole))
					tell(sent(key(c, "M", "2025-02"), 1, first[n%2]))
					tell(sent(key(c, "M", "2025-03"), 1, whole))
				}
				s.commit()
				s.view(func(tx *aggregator.Tx) { compare(t, tx, o, catalogue, 0, 1) })
			})
		}
	}
}
