package rollup_test

import (
	"bytes"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/rollup"
)

// edges are amounts and counts around what a lean total has room for.
var (
	amounts = []int64{0, 0, 1, -1, 63, 64, -65, 1200, math.MaxInt32, math.MaxInt64 - 1, math.MaxInt64, math.MinInt64}
	counts  = []int32{0, 0, 0, 1, -1, 64, math.MaxInt32, math.MinInt32}
)

func drawnLean(t *rapid.T) rollup.Lean {
	n, c := rapid.SampledFrom(amounts), rapid.SampledFrom(counts)
	return rollup.Lean{
		Sum: n.Draw(t, "sum"), Numerator: n.Draw(t, "numerator"), Denominator: n.Draw(t, "denominator"),
		Count: c.Draw(t, "count"), Received: c.Draw(t, "received"), Late: c.Draw(t, "late"), Complete: c.Draw(t, "complete"),
	}
}

func drawnStep(t *rapid.T) rollup.Step {
	n, c := rapid.SampledFrom(amounts), rapid.SampledFrom(counts)
	wide := func(what string) figure.Int128 {
		a, _ := figure.Int128From(n.Draw(t, what)).Sub(figure.Int128From(n.Draw(t, what)))
		return a
	}
	s := rollup.Step{
		Sum: wide("by sum"), Numerator: wide("by numerator"), Denominator: wide("by denominator"),
		Count: c.Draw(t, "by count"), Received: c.Draw(t, "by received"), Late: c.Draw(t, "by late"), Complete: c.Draw(t, "by complete"),
	}
	if rapid.IntRange(0, 3).Draw(t, "uncommon") == 0 {
		for _, field := range []*int32{&s.NotAvailable, &s.NotApplicable, &s.Half, &s.Outside, &s.Stale} {
			*field = c.Draw(t, "by uncommon")
		}
		s.Lags(rapid.IntRange(0, 2).Draw(t, "lag"), 1)
	}
	return s
}

// A lean total is the total that it says: in its bytes, and after every step that it takes; a step that it refuses changes
// nothing.
func TestALeanTotalIsItsTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lean := drawnLean(t)
		total := lean.Total()
		if got, want := lean.AppendBinary(nil), total.AppendBinary(nil); !bytes.Equal(got, want) || lean.IsZero() != total.IsZero() {
			t.Fatalf("the bytes of %+v are %x, those of its total %x", lean, got, want)
		}
		step, was := drawnStep(t), lean
		total.Step(&step)
		if !lean.Step(&step) {
			if lean != was {
				t.Fatalf("%+v refused %+v and is %+v now", was, step, lean)
			}
			return
		}
		if lean.Total() != total {
			t.Fatalf("%+v after %+v is %+v, its total %+v", was, step, lean.Total(), total)
		}
	})
}

// What is read as lean is what was written, and nothing else is: of any total, and of any bytes.
func TestOnlyALeanTotalIsReadAsOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lean := drawnLean(t)
		total, step := lean.Total(), drawnStep(t)
		total.Step(&step)
		b := total.AppendBinary(nil)
		if rapid.IntRange(0, 3).Draw(t, "damage") == 0 {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		var read rollup.Lean
		if !read.Decode(b) {
			return
		}
		want, rest, err := rollup.DecodeTotal(b)
		if err != nil || len(rest) > 0 || read.Total() != want {
			t.Fatalf("%x is read as %+v; it is %+v, %d bytes left, %v", b, read, want, len(rest), err)
		}
	})
	t.Run("and it is", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			lean := drawnLean(t)
			var read rollup.Lean
			if !read.Decode(lean.AppendBinary(nil)) || read != lean {
				t.Fatalf("%+v is read as %+v", lean, read)
			}
		})
	})
}

// Adding what is lean is adding the totals; what is refused changes nothing, and is not lean.
func TestAddingWhatIsLeanAddsTotals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lean, by := drawnLean(t), drawnLean(t)
		total, was := lean.Total(), lean
		total.Merge(by.Total())
		step := by.AsStep()
		if again, ok := step.Lean(); !ok || again != by {
			t.Fatalf("%+v as a step is %+v, %v", by, again, ok)
		}
		var decoded rollup.Lean
		fits := decoded.Decode(total.AppendBinary(nil)) || total.IsZero()
		if ok := lean.Add(&by); ok != fits || !ok && lean != was || ok && lean.Total() != total {
			t.Fatalf("%+v with %+v is %+v, %v; as totals %+v", was, by, lean, ok, total)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		sum, amount := rapid.SampledFrom(amounts).Draw(t, "sum"), rapid.SampledFrom(amounts).Draw(t, "amount")
		times := rapid.SampledFrom([]int32{1, -1}).Draw(t, "times")
		want := new(big.Int).Add(big.NewInt(sum), new(big.Int).Mul(big.NewInt(amount), big.NewInt(int64(times))))
		got := sum
		if ok := rollup.LeanSum(&got, amount, times); ok != want.IsInt64() || ok && got != want.Int64() || !ok && got != sum {
			t.Fatalf("%d and %d times %d is %d, %v", sum, times, amount, got, ok)
		}
	})
}
