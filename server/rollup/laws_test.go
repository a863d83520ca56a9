package rollup_test

import (
	"bytes"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/rollup"
)

// TestRollupsAgreeWithTheOracle asks random questions of every rule over units and compares value, state and coverage
// with an independent computation in fractions of any size.
func TestRollupsAgreeWithTheOracle(t *testing.T) {
	for rule := indicator.UnitNone; rule <= indicator.UnitCountAtLeast; rule++ {
		t.Run(rule.String(), rapid.MakeCheck(func(t *rapid.T) {
			agree(t, drawSceneOf(t, drawIndicator(t, rule)))
		}))
	}
}

func agree(t *rapid.T, s *scene) {
	got, want := s.finish(s.total()), s.judge(s.names, s.m, s.measure, s.span)
	if got.State != want.state {
		t.Fatalf("state = %s, want %s", got.State, want.state)
	}
	if got.Value.Exists() != (want.value != nil) || want.value != nil && got.Value.Rat().Cmp(want.value) != 0 {
		t.Fatalf("value = %v, want %v", got.Value.Rat(), want.value)
	}
	if got.State == rollup.NotAtThisPeriod {
		return
	}
	if diff := cmp.Diff(want.coverage, got.Coverage); diff != "" {
		t.Fatalf("coverage (-want +got):\n%s", diff)
	}
	if got.State == rollup.Value && got.Fell != want.fell {
		t.Fatalf("fell = %v, want %v", got.Fell, want.fell)
	}
	if got.State == rollup.Value && got.Display != rounded(want.value, s.m) {
		t.Fatalf("display = %s, want %s", got.Display, rounded(want.value, s.m))
	}
}

// rounded prints a number as a clerk does: half away from zero, no zeros at the end, no minus before zero.
func rounded(r *big.Rat, m *measured) string {
	scale := int(m.Scale)
	if m.UnitRule == indicator.UnitCountYes || m.UnitRule == indicator.UnitCountAtLeast {
		scale = 0
	}
	s := r.FloatString(scale)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// TestOrderAndGroupingDoNotMatter merges the same units in another order and through a random tree.
func TestOrderAndGroupingDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		want := s.total()
		var list []rollup.Total
		for _, u := range rapid.Permutation(s.names).Draw(t, "order") {
			list = append(list, s.contribute(u))
		}
		for len(list) > 1 {
			i := rapid.IntRange(1, len(list)-1).Draw(t, "joined")
			list[0].Merge(list[i])
			list = append(list[:i], list[i+1:]...)
			list = rapid.Permutation(list).Draw(t, "next order")
		}
		if list[0] != want {
			t.Fatalf("in another order and grouping: %+v, want %+v", list[0], want)
		}
	})
}

// TestMissingIsNotZero adds a unit that owes everything and is silent: no total changes, only what is missing.
func TestMissingIsNotZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		before := s.finish(s.total())
		s.names = append(s.names, "silent")
		if silent := s.contribute("silent"); !silent.IsZero() {
			t.Fatalf("a silent unit contributes %+v", silent)
		}
		after := s.finish(s.total())
		if before.State == rollup.NotAtThisPeriod {
			return
		}
		if after.Coverage.Missing <= before.Coverage.Missing || after.Coverage.Received != before.Coverage.Received {
			t.Fatalf("coverage with a silent unit: %+v, before: %+v", after.Coverage, before.Coverage)
		}
		if expected := after.Coverage.Received + after.Coverage.NotAvailable + after.Coverage.Missing; expected != after.Coverage.Expected {
			t.Fatalf("expected = %d, its parts are %d", after.Coverage.Expected, expected)
		}
	})
}

// TestCorrectionEqualsNeverHavingSentTheOldFigure takes a unit's old total out, puts the new one in, makes the extremes
// again from the children, and compares with totals made from scratch.
func TestCorrectionEqualsNeverHavingSentTheOldFigure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		total, corrected := s.total(), rapid.SampledFrom(s.names).Draw(t, "corrected")
		old := s.contribute(corrected)
		s.drawUnit(t, corrected)
		total.Subtract(old)
		total.Merge(s.contribute(corrected))
		total.ClearExtremes()
		for _, u := range s.names {
			total.MergeExtremes(s.contribute(u))
		}
		if want := s.total(); total != want {
			t.Fatalf("after the correction: %+v\nfrom scratch: %+v", total, want)
		}
	})
}

// drawTotal draws a total with any field, also one that was added after this was written.
func drawTotal(t *rapid.T, label string) rollup.Total {
	var total rollup.Total
	v := reflect.ValueOf(&total).Elem()
	for i := range v.NumField() {
		drawField(t, label+" "+v.Type().Field(i).Name, v.Field(i))
	}
	if !total.HasMin {
		total.Min = figure.Int128{}
	}
	if !total.HasMax {
		total.Max = figure.Int128{}
	}
	return total
}

// drawField draws zero as often as any other number, because a row leaves zeros out.
func drawField(t *rapid.T, label string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, label))
	case reflect.Int64:
		v.SetInt(rapid.SampledFrom([]int64{0, rapid.Int64().Draw(t, label)}).Draw(t, label))
	case reflect.Uint64:
		v.SetUint(rapid.SampledFrom([]uint64{0, rapid.Uint64().Draw(t, label)}).Draw(t, label))
	case reflect.Array:
		for i := range v.Len() {
			drawField(t, label, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			drawField(t, label, v.Field(i))
		}
	default:
		t.Fatalf("%s is a %s; teach drawField", label, v.Kind())
	}
}

// TestMergeAddsEveryField merges a total into nothing.
func TestMergeAddsEveryField(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var got rollup.Total
		want := drawTotal(t, "total")
		if got.Merge(want); got != want {
			t.Fatalf("nothing and %+v merged: %+v", want, got)
		}
	})
}

// TestSubtractIsTheInverseOfMerge leaves nothing behind but the extremes.
func TestSubtractIsTheInverseOfMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, other := drawTotal(t, "before"), drawTotal(t, "other")
		after := before
		after.Merge(other)
		after.Subtract(other)
		after.Min, after.Max, after.HasMin, after.HasMax = before.Min, before.Max, before.HasMin, before.HasMax
		if after != before {
			t.Fatalf("after merging and subtracting: %+v, want %+v", after, before)
		}
	})
}

// TestR17LongerPeriodsAreTheMergeOfTheirBaseRows adds the rows of base periods and the remainder of the span.
func TestR17LongerPeriodsAreTheMergeOfTheirBaseRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSceneOf(t, drawSummed(t))
		var got rollup.Total
		bases := rollup.Bases(s.m.Indicator, s.measure, s.span, s.m.base)
		for _, u := range s.names {
			for _, p := range bases {
				got.Merge(rollup.Contribute(s.m.Indicator, rollup.AsReported, p, s.m.base, s.of(u, s.m.Code, rollup.Official)))
			}
			got.Merge(s.contribute(u).Remainder())
		}
		if want := s.total(); got != want {
			t.Fatalf("merged %v: %+v, want %+v", bases, got, want)
		}
	})
}

// TestTotalsSurviveTheirBytes encodes and decodes, with other bytes behind.
func TestTotalsSurviveTheirBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawTotal(t, "total")
		behind := rapid.SliceOf(rapid.Byte()).Draw(t, "behind")
		b := want.AppendBinary(nil)
		got, rest, err := rollup.DecodeTotal(append(b[:len(b):len(b)], behind...))
		if err != nil || got != want || !bytes.Equal(rest, behind) {
			t.Fatalf("decoded %+v, %d bytes left, %v; want %+v, %d left", got, len(rest), err, want, len(behind))
		}
		for n := range b {
			if _, _, err := rollup.DecodeTotal(b[:n]); err == nil {
				t.Fatalf("%d of %d bytes are no total", n, len(b))
			}
		}
	})
}

// TestBytesMergeAsTheirTotals holds MergeBinary against DecodeTotal and Merge.
func TestBytesMergeAsTheirTotals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		into, other := drawTotal(t, "into"), drawTotal(t, "other")
		b := other.AppendBinary(nil)
		got, want := into, into
		want.Merge(other)
		if !got.MergeBinary(b) || got != want {
			t.Fatalf("merged %+v, want %+v", got, want)
		}
		if got.MergeBinary(append(b, 0)) {
			t.Fatal("bytes behind a total were merged")
		}
		for n := range b {
			if got.MergeBinary(b[:n]) {
				t.Fatalf("%d of %d bytes were merged", n, len(b))
			}
		}
	})
}

// TestTheShortWayIsTheLongOne holds Short against Exact, on stories and on totals of any size.
func TestTheShortWayIsTheLongOne(t *testing.T) {
	short := 0
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			if shortAndLong(t) {
				short++
			}
		}
	})
	if short == 0 { // with few draws there are few
		t.Errorf("only %d totals went the short way", short)
	}
}

// shortAndLong draws one total, mostly of a rule that has a short way, and says whether it went it.
func shortAndLong(t *rapid.T) bool {
	m := drawAny(t)
	if rapid.IntRange(0, 3).Draw(t, "of any rule") > 0 {
		m = drawIndicator(t, rapid.SampledFrom([]indicator.UnitRule{indicator.UnitSum, indicator.UnitRatio}).Draw(t, "rule"))
	}
	s := drawSceneOf(t, m)
	total := s.total()
	if rapid.Bool().Draw(t, "any total") {
		total = drawTotal(t, "total")
	}
	f := rollup.NewFinisher(&s.m.Indicator, s.measure, s.span, s.m.base)
	got := rollup.Short{State: rollup.Overflow, Fell: true, Parts: true, Value: 1, Numerator: 1, Denominator: 1}
	if !f.Short(&total, s.expected(), &got) {
		return false
	}
	var exact rollup.Result
	f.Exact(&total, s.expected(), &exact)
	value, numerator, denominator := rollup.Scales(&s.m.Indicator)
	want := rollup.Short{State: exact.State, Fell: exact.Fell, Parts: exact.Numerator.Exists(), Coverage: exact.Coverage}
	for _, n := range []struct {
		from      rollup.Fraction
		scale     figure.Scale
		want, got *int64
	}{
		{exact.Value, value, &want.Value, &got.Value},
		{exact.Numerator, numerator, &want.Numerator, &got.Numerator},
		{exact.Denominator, denominator, &want.Denominator, &got.Denominator},
	} {
		rounded, ok := n.from.Rounded(n.scale)
		if *n.want = int64(rounded); n.from.Exists() != ok {
			t.Fatalf("%v does not fit and came out short", n.from)
		}
		if !n.from.Exists() {
			*n.got = 0 // what is not there means nothing
		}
	}
	if got != want {
		t.Fatalf("short %+v, want %+v", got, want)
	}
	return true
}

// comparePlain holds the plain result of a lean total against the short one.
func comparePlain(t *rapid.T, f *rollup.Finisher, b []byte, e rollup.Expected, want rollup.Short) {
	var lean rollup.Lean
	if !lean.Decode(b) {
		return
	}
	var p rollup.Plain
	ok := f.PlainOf(&lean, e.Owed, &p)
	got := rollup.Short{State: p.State, Parts: p.Parts, Value: p.Value, Numerator: p.Numerator, Denominator: p.Denominator}
	got.Coverage = rollup.Coverage{
		Expected: p.Expected, Received: p.Received, Missing: p.Expected - p.Received, Late: p.Late, UnitsComplete: p.Received, Units: p.Expected,
	}
	if !ok || got != want {
		t.Fatalf("of the lean total %+v, %t, want %+v", p, ok, want)
	}
}

// TestTheShortWayFromBytes holds ShortOf against Short.
func TestTheShortWayFromBytes(t *testing.T) {
	short := 0
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			m := drawIndicator(t, rapid.SampledFrom([]indicator.UnitRule{indicator.UnitSum, indicator.UnitRatio}).Draw(t, "rule"))
			s := drawSceneOf(t, m)
			total := s.total()
			if rapid.IntRange(0, 3).Draw(t, "any total") == 0 {
				total = drawTotal(t, "total")
			}
			f := rollup.NewFinisher(&s.m.Indicator, s.measure, s.span, s.m.base)
			b := total.AppendBinary(nil)
			var got, want rollup.Short
			if !f.ShortOf(b, s.expected(), &got) {
				continue
			}
			short++
			if ok := f.Short(&total, s.expected(), &want); !ok || got != want {
				t.Fatalf("of the bytes %+v, want %+v, %t", got, want, ok)
			}
			comparePlain(t, &f, b, s.expected(), want)
			for n := range b {
				if f.ShortOf(b[:n], s.expected(), &got) {
					t.Fatalf("%d of %d bytes are enough", n, len(b))
				}
			}
		}
	})
	if short == 0 { // with few draws there are few
		t.Errorf("only %d totals went the short way", short)
	}
}
