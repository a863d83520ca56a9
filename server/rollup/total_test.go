package rollup_test

import (
	"bytes"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// storyOf reads indicators and figures, for tests that need more than an expectation.
func storyOf(t testing.TB, lines ...string) *story {
	t.Helper()
	s := newStory()
	for _, line := range lines {
		words := splitWords(line)
		err := s.figure(words[1:])
		if words[0] == "indicator" {
			err = s.indicator(words[1:])
		}
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return s
}

// of one unit: its total for a month or a longer span.
func (s *story) total(unit string, code indicator.Code, span string) rollup.Total {
	m := s.indicators[code]
	p, _ := period.Parse(span)
	return rollup.Contribute(m.Indicator, rollup.AsReported, p, m.base, s.of(unit, code, rollup.Official))
}

// TestR17MaxCorrectedDownwards keeps a tree as the aggregator does: when the greatest figure is taken back, the extremes
// of each unit on the path are made again from its direct children.
func TestR17MaxCorrectedDownwards(t *testing.T) {
	s := storyOf(t, "indicator X MAX flow MAX", "figure A X 2024-01 90", "figure B X 2024-01 40", "figure C X 2024-01 7")
	a, b, c := s.total("A", "X", "2024-01"), s.total("B", "X", "2024-01"), s.total("C", "X", "2024-01")
	district := a
	district.Merge(b)
	province := district
	province.Merge(c)
	if got := valueOf(s, "X", province); got != "90" {
		t.Fatalf("maximum of the province = %s, want 90", got)
	}
	if err := s.figure([]string{"A", "X", "2024-01", "9"}); err != nil {
		t.Fatal(err)
	}
	corrected := s.total("A", "X", "2024-01")
	oldDistrict := district
	district.Subtract(a)
	district.Merge(corrected)
	if got := valueOf(s, "X", district); got != "90" {
		t.Fatalf("a maximum cannot be subtracted: got %s, want 90 until the children are asked", got)
	}
	district.ClearExtremes()
	district.MergeExtremes(corrected)
	district.MergeExtremes(b)
	province.Subtract(oldDistrict)
	province.Merge(district)
	province.ClearExtremes()
	province.MergeExtremes(district)
	province.MergeExtremes(c)
	if got := valueOf(s, "X", province); got != "40" {
		t.Fatalf("maximum of the province after the correction = %s, want 40", got)
	}
}

func valueOf(s *story, code indicator.Code, t rollup.Total) string {
	m := s.indicators[code]
	r := rollup.Finish(m.Indicator, rollup.AsReported, period.Of(2024, period.Month, 1), m.base, t, rollup.Expected{Owed: 9})
	if r.State != rollup.Value {
		return r.State.String()
	}
	return r.Display
}

// TestR31ASumBeyond128BitsIsOverflowAndComesBack doubles a total until its amount does not fit, and halves it again by
// taking out what was added: the state goes with the amount, nothing wraps and nothing is lost.
func TestR31ASumBeyond128BitsIsOverflowAndComesBack(t *testing.T) {
	s := storyOf(t,
		"indicator X SUM flow SUM", "indicator M SUM flow MEAN", "indicator R RATIO flow SUM", "indicator W WEIGHTED_MEAN flow SUM weight=X",
		"figure A X,M,W 2024-01 9223372036854775807", "figure A R 2024-01 9223372036854775807/9223372036854775807")
	// So many doublings fit, from amounts of 120 bits; a product of two amounts has 126 already.
	for code, most := range map[indicator.Code]int{"X": 7, "M": 7, "R": 7, "W": 1} {
		one := s.total("A", code, "2024-01")
		if code != "W" {
			one.Sum, one.Numerator, one.Denominator = one.Sum.Times(1<<57), one.Numerator.Times(1<<57), one.Denominator.Times(1<<57)
		}
		value, totals := valueOf(s, code, one), []rollup.Total{one}
		for n := range most + 3 {
			last := totals[n]
			want := "OVERFLOW"
			if n <= most {
				want = "VALUE"
			}
			if got := stateOf(s, code, last); got != want {
				t.Errorf("%s doubled %d times: %s, want %s", code, n, got, want)
			}
			last.Merge(last)
			totals = append(totals, last)
		}
		back := totals[len(totals)-1]
		for n := len(totals) - 2; n >= 0; n-- {
			back.Subtract(totals[n])
		}
		if back != one || valueOf(s, code, back) != value {
			t.Errorf("%s after taking all out again: %+v, want %+v", code, back, one)
		}
	}
}

func stateOf(s *story, code indicator.Code, t rollup.Total) string {
	m := s.indicators[code]
	return rollup.Finish(m.Indicator, rollup.AsReported, period.Of(2024, period.Month, 1), m.base, t, rollup.Expected{}).State.String()
}

// TestR31EitherPartOfARatioCanOverflow looks at both.
func TestR31EitherPartOfARatioCanOverflow(t *testing.T) {
	s := storyOf(t, "indicator R RATIO flow SUM", "indicator X SUM stock LAST base=year", "indicator B RATIO flow SUM over=X",
		"figure A R 2024-01 3/4", "figure A B 2024-01 3/", "figure A X 2024 4")
	for _, code := range []indicator.Code{"R", "B"} {
		for _, part := range []func(*rollup.Total) *rollup.Wide{
			func(t *rollup.Total) *rollup.Wide { return &t.Numerator },
			func(t *rollup.Total) *rollup.Wide { return &t.Denominator },
		} {
			total := s.total("A", code, "2024-01")
			*part(&total) = part(&total).Times(1 << 62).Times(1 << 62).Times(16)
			if got := stateOf(s, code, total); got != "OVERFLOW" {
				t.Errorf("%s with %+v: %s, want OVERFLOW", code, total, got)
			}
		}
	}
}

// TestR21RescaleBringsOldTotalsToTheNewScale adds a month of scale 0 to one of scale 2.
func TestR21RescaleBringsOldTotalsToTheNewScale(t *testing.T) {
	for _, rule := range []string{"SUM flow SUM", "RATIO flow SUM", "MEAN stock MEAN", "MIN flow MIN", "MAX flow MEAN", "WEIGHTED_MEAN flow SUM weight=Y", "RATIO stock LAST over=Y"} {
		lines := []string{"indicator Y SUM stock LAST base=year", "figure A Y 2024 4"}
		old := storyOf(t, append(lines, "indicator X "+rule)...)
		grown := storyOf(t, append(lines, "indicator X "+rule+" scale=2")...)
		what := "12"
		if old.indicators["X"].UnitRule == indicator.UnitRatio {
			what = "12/"
			if old.indicators["X"].OwnDenominator() {
				what = "12/5"
			}
		}
		for _, s := range []*story{old, grown} {
			if err := s.figure([]string{"A", "X", "2024-01", what}); err != nil {
				t.Fatal(err)
			}
		}
		got, want := old.total("A", "X", "2024-01"), grown.total("A", "X", "2024-01")
		got.Rescale(grown.indicators["X"].Indicator, 0, 2)
		if got != want {
			t.Errorf("%s rescaled: %+v, want %+v", rule, got, want)
		}
		got.Rescale(grown.indicators["X"].Indicator, 2, 2)
		if got != want {
			t.Errorf("%s: the same scale again changed the total: %+v", rule, got)
		}
	}
}

// TestCommonTotalsAreShort holds the bytes of a row down: a plain sum needs its mask, the sum and two counts.
func TestCommonTotalsAreShort(t *testing.T) {
	s := storyOf(t, "indicator X SUM flow SUM", "figure A X 2024-01 12", "figure B X 2024-01 0")
	for unit, want := range map[string]int{"A": 4, "B": 3, "nobody": 1} {
		total := s.total(unit, "X", "2024-01")
		if got := total.AppendBinary(nil); len(got) != want {
			t.Errorf("total of %s takes %d bytes (%x), want %d", unit, len(got), got, want)
		}
	}
}

// TestDamagedTotalsAreRefused gives bytes that no total has: cut, with fields that are zero or unknown, or longer than
// they need be.
func TestDamagedTotalsAreRefused(t *testing.T) {
	tooWide := append([]byte{0x01}, bytes.Repeat([]byte{0xff}, 36)...)
	for name, b := range map[string][]byte{
		"nothing": {}, "a sum that is cut": {0x01}, "a sum of zero": {0x01, 0x00}, "a long sum": {0x01, 0x82, 0x00},
		"a count of zero": {0x08, 0x00}, "a long count": {0x08, 0x82, 0x00}, "a long mask": {0x81, 0x00},
		"an unknown field": {0x80, 0x80, 0x80, 0x08, 0x02}, "a minimum that is cut": {0x80, 0x01},
		"a sum of 257 bits": append(tooWide, 0x1f), "a sum without end": append(tooWide, 0x8f, 0x01),
	} {
		total, rest, err := rollup.DecodeTotal(b)
		if reason := fault.Of(err).Reason; reason != rollup.ReasonTotalDamaged || total != (rollup.Total{}) || len(rest) != len(b) {
			t.Errorf("%s (%x): %+v, %d bytes left, %v; want %s", name, b, total, len(rest), err, rollup.ReasonTotalDamaged)
		}
	}
}

// TestExtremesThatWereTakenOutAreNoData finishes a total between Subtract and MergeExtremes.
func TestExtremesThatWereTakenOutAreNoData(t *testing.T) {
	s := storyOf(t, "indicator X MAX flow MAX", "indicator N MIN flow MIN", "figure A X,N 2024-01 90")
	for _, code := range []indicator.Code{"X", "N"} {
		total := s.total("A", code, "2024-01")
		total.ClearExtremes()
		if got := stateOf(s, code, total); got != "NO_DATA" {
			t.Errorf("%s without its extreme: %s, want NO_DATA", code, got)
		}
	}
}

// FuzzDecodeTotal reads any bytes: what it accepts has one form, and Finish can say what it comes to.
func FuzzDecodeTotal(f *testing.F) {
	s := storyOf(f, "indicator X MAX flow MEAN", "figure A X 2024-01 12 late", "figure A X 2024-02 -", "indicator L SUM stock LAST", "figure A L 2024-01 5")
	f.Add([]byte{0})
	extreme, last := s.total("A", "X", "2024-Q1"), s.total("A", "L", "2024-Q1")
	f.Add(extreme.AppendBinary(nil))
	f.Add(last.AppendBinary([]byte{}))
	f.Fuzz(func(t *testing.T, b []byte) {
		total, rest, err := rollup.DecodeTotal(b)
		if err != nil {
			if total != (rollup.Total{}) || len(rest) != len(b) {
				t.Fatalf("refused %x and gave %+v, %d bytes left", b, total, len(rest))
			}
			return
		}
		if got := total.AppendBinary(nil); string(got) != string(b[:len(b)-len(rest)]) {
			t.Fatalf("accepted %x, which is written %x", b[:len(b)-len(rest)], got)
		}
		for rule := indicator.UnitNone; rule <= indicator.UnitCountAtLeast; rule++ {
			part := indicator.Part{Measure: indicator.Stock, Time: indicator.TimeMean}
			ind := indicator.Indicator{UnitRule: rule, Value: part, Denominator: part, Scale: figure.MaxScale, UnitOfMeasure: "‰"}
			for _, ind.DenominatorIndicator = range []indicator.Code{"", "Y"} {
				r := rollup.Finish(ind, rollup.AsReported, period.Of(2024, period.Quarter, 1), period.Month, total, rollup.Expected{Owed: 3, Last: 1, Units: 1})
				if (r.State == rollup.Value) != r.Value.Exists() || (r.State == rollup.Value) != (r.Display != "") {
					t.Fatalf("%s of %+v: %+v", rule, total, r)
				}
			}
		}
	})
}

// TestMergingAllocatesNothing keeps the path of a submission free of garbage.
func TestMergingAllocatesNothing(t *testing.T) {
	s := storyOf(t,
		"indicator X SUM flow SUM", "indicator L SUM stock LAST", "indicator M MEAN stock MEAN", "indicator R RATIO flow SUM in=%",
		"figure A X,L,M 2024-01 12", "figure A R 2024-01 9/10")
	for code, m := range s.indicators {
		f, span := s.of("A", code, rollup.Official), period.Of(2024, period.Quarter, 1)
		var total rollup.Total
		row := make([]byte, 0, 64)
		if n := testing.AllocsPerRun(20, func() {
			one := rollup.Contribute(m.Indicator, rollup.AsReported, span, m.base, f)
			total.Merge(one)
			row = total.AppendBinary(row[:0])
			total.Subtract(one)
			if _, _, err := rollup.DecodeTotal(row); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", code, n)
		}
	}
}

// TestR19TheShortestPeriodAroundTheSpanWeighs has a weight that was reported by the quarter and later by the year: the
// months of the first quarter are weighed by it, and those of the last by the year.
func TestR19TheShortestPeriodAroundTheSpanWeighs(t *testing.T) {
	s := storyOf(t,
		"indicator DS SUM stock LAST base=quarter", "indicator HL WEIGHTED_MEAN stock LAST weight=DS",
		"figure A HL 2024-01 10", "figure A HL 2024-12 10", "figure A DS 2024-Q1 3",
		"figure B HL 2024-01 30", "figure B HL 2024-12 30", "figure B DS 2024-Q1 1",
	)
	year := period.Of(2024, period.Year, 1)
	for unit, n := range map[string]figure.Number{"A": 1, "B": 9} {
		s.gave[rollup.Official][key{unit, "DS", year}] = given{figure: figure.Figure{State: figure.Value, HasValue: true, Value: n}}
	}
	for month, want := range map[int]string{1: "15", 12: "28"} {
		r := s.ask("D", s.indicators["HL"], rollup.AsReported, rollup.Official, period.Of(2024, period.Month, month))
		if r.Display != want {
			t.Errorf("month %d weighs to %q, want %s", month, r.Display, want)
		}
	}
}
