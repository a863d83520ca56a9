package formula

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/fault"
)

// TestConditionsInTheirOneForm holds what is understood, and how it is printed back.
func TestConditionsInTheirOneForm(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"[CQ-06.num]<=[CQ-06.den]", "[CQ-06.num] <= [CQ-06.den]"},
		{"[A]≥0 AND [A]≤100", "[A] >= 0 and [A] <= 100"},
		{"[A] = 1 or [B] = 2 and not [C] = 3", "[A] = 1 or [B] = 2 and not [C] = 3"},
		{"([A] = 1 or [B] = 2) and [C] = 3", "([A] = 1 or [B] = 2) and [C] = 3"},
		{"([A] = 1)", "[A] = 1"},
		{"(([A] + [B])) * 2 = (1)", "([A] + [B]) * 2 = 1"},
		{"not not ([A] = 1 and [B] = 1)", "not not ([A] = 1 and [B] = 1)"},
		{"not ([A] < [B])", "not [A] < [B]"},
		{"[A] = 1 or ([B] = 1 or [C] = 1)", "[A] = 1 or ([B] = 1 or [C] = 1)"},
		{"has([A]) and has( [B] , [C.num])", "has([A]) and has([B], [C.num])"},
		{"REQUIRED([A],[B])", "required([A], [B])"},
		{"integer([A] / 3)", "integer([A] / 3)"},
		{"never_falls([A])", "never_falls([A])"},
		{"jump([A],[A,-1y]) <= 30", "jump([A], [A, -1y]) <= 30"},
		{"abs([A]-[B]) < 0.5", "abs([A] - [B]) < 0.5"},
		{"outlier([A], 12)<=3.5", "outlier([A], 12) <= 3.5"},
		{"outlier([A], 12,8) <= 3.5", "outlier([A], 12, 8) <= 3.5"},
		{"if([A] > 0, [B], 1) = 1", "if([A] > 0, [B], 1) = 1"},
		{"-[A] < -(1)", "-[A] < -1"},
	} {
		got, err := ParseCondition(c.in)
		if err != nil || got.String() != c.want {
			t.Errorf("ParseCondition(%q) = %v, %v; want %q", c.in, got, err, c.want)
		}
	}
}

// TestAConditionThatDoesNotParseSaysWhere holds the reason and the character of each refusal.
func TestAConditionThatDoesNotParseSaysWhere(t *testing.T) {
	for _, c := range []struct {
		in, reason, at string
	}{
		{"", "CONDITION_EMPTY", ""},
		{"[A]", "CONDITION_IS_A_NUMBER", "1"},
		{"[A] = 1 and [B] + 2", "CONDITION_IS_A_NUMBER", "13"},
		{"not [A]", "CONDITION_IS_A_NUMBER", "5"},
		{"[A] or [B] = 1", "CONDITION_IS_A_NUMBER", "1"},
		{"([A] = 1) + 2 = 3", "CONDITION_NOT_A_NUMBER", "1"},
		{"2 * has([A]) = 3", "CONDITION_NOT_A_NUMBER", "5"},
		{"([A] = 1) = ([B] = 1)", "CONDITION_NOT_A_NUMBER", "1"},
		{"abs([A] = 1) = 1", "FORMULA_UNEXPECTED", "9"},
		{"abs(([A] = 1)) = 1", "CONDITION_NOT_A_NUMBER", "5"},
		{"-([A] = 1) = 1", "CONDITION_NOT_A_NUMBER", "2"},
		{"0 <= [A] <= 100", "FORMULA_UNEXPECTED", "10"},
		{"[A] <= ", "FORMULA_INCOMPLETE", "7"},
		{"[A] and", "FORMULA_INCOMPLETE", "7"},
		{"[A] == 1", "FORMULA_UNEXPECTED", "6"},
		{"[A] <= 1 & [B] = 1", "FORMULA_CHARACTER", "10"},
		{"[A] <= 1 xor [B] = 1", "FORMULA_UNEXPECTED", "10"},
		{"larger([A], 1)", "FORMULA_WORD_UNKNOWN", "1"},
		{"has(1)", "FORMULA_UNEXPECTED", "5"},
		{"required()", "FORMULA_UNEXPECTED", "10"},
		{"never_falls([A], [B])", "FORMULA_UNEXPECTED", "16"},
		{"never_falls([A, -1p])", "CONDITION_ARGUMENTS", "1"},
		{"jump([A]) < 1", "CONDITION_ARGUMENTS", "1"},
		{"[A] = 1 or outlier([A]) < 1", "CONDITION_ARGUMENTS", "12"},
		{"outlier([A], 5) < 1", "CONDITION_ARGUMENTS", "1"},
		{"outlier([A], 37) < 1", "CONDITION_ARGUMENTS", "1"},
		{"outlier([A], 12, 13) < 1", "CONDITION_ARGUMENTS", "1"},
		{"outlier([A], 12, 5) < 1", "CONDITION_ARGUMENTS", "1"},
		{"outlier([A], 6.5) < 1", "CONDITION_ARGUMENTS", "1"},
		{"outlier([A], [B]) < 1", "FORMULA_UNEXPECTED", "14"},
		{"outlier([A], 123456789012345678) < 1", "CONDITION_ARGUMENTS", "1"},
		{"([A] = 1", "FORMULA_INCOMPLETE", "8"},
		{"[A] = 1)", "FORMULA_UNEXPECTED", "8"},
		{strings.Repeat("not ", MaxDepth) + "[A] = 1", "FORMULA_TOO_COMPLEX", "121"},
		{strings.Repeat("(", MaxDepth) + "[A] = 1" + strings.Repeat(")", MaxDepth), "FORMULA_TOO_COMPLEX", "31"},
		{strings.Repeat("x", MaxLength+1), "FORMULA_TOO_LONG", ""},
		{"[A] = \xff", "TEXT_NOT_UTF8", ""},
	} {
		got, err := ParseCondition(c.in)
		var e *fault.Error
		if !errors.As(err, &e) {
			t.Errorf("ParseCondition(%q) = %v, want %s", c.in, got, c.reason)
			continue
		}
		at, _ := e.Param("position")
		if e.Reason != c.reason || at != c.at {
			t.Errorf("ParseCondition(%q): %s at %q, want %s at %q\n%v", c.in, e.Reason, at, c.reason, c.at, e)
		}
	}
}

// TestFormulasKnowNoWordsOfConditions: journals hold formulas, and what they may say does not grow by rules.
func TestFormulasKnowNoWordsOfConditions(t *testing.T) {
	for _, s := range []string{"abs([A])", "jump([A], [B])", "outlier([A], 12)", "has([A])", "never_falls([A])", "([A] < [B])", "[A] and [B]"} {
		if f, err := Parse(s); err == nil {
			t.Errorf("Parse(%q) = %q, want an error", s, f)
		}
	}
}

// drawn is a condition of which text and truth are made together.
type drawn struct {
	text  string
	truth Truth
	// level is how loosely it binds: 0 or, 1 and, 2 not and tests.
	level int
}

// claims draws conditions over the values of a world, of which some are missing.
type drawing struct{ *world }

func (d drawing) within(c drawn, level int) string {
	if c.level < level || rapid.IntRange(0, 4).Draw(d.T, "more") == 0 {
		return "(" + d.space() + c.text + d.space() + ")"
	}
	return c.text
}

func (d drawing) condition(depth int) drawn {
	if depth == 0 || d.left < 20 {
		return d.test()
	}
	switch what := d.pick("claim", "test", "not", "and", "or"); what {
	case "not":
		of := d.condition(depth - 1)
		truths := map[Truth]Truth{Unknown: Unknown, True: False, False: True}
		return drawn{text: d.pick("not", "not ", "NOT  ") + d.within(of, 2), truth: truths[of.truth], level: 2}
	case "and", "or":
		a, b := d.condition(depth-1), d.condition(depth-1)
		level := map[string]int{"or": 0, "and": 1}[what]
		c := drawn{text: d.within(a, level) + " " + d.pick("word", what, strings.ToUpper(what)) + " " + d.within(b, level), level: level}
		// And is the lesser of the two where false < unknown < true, or the greater.
		order := map[Truth]int{False: 0, Unknown: 1, True: 2}
		c.truth = a.truth
		if (order[b.truth] < order[a.truth]) == (what == "and") {
			c.truth = b.truth
		}
		return c
	default:
		return d.test()
	}
}

func (d drawing) test() drawn {
	refs := []string{"[A]", "[A.num]", "[A.den]", "[B-1, -1y]", "[C]"}
	switch test := d.pick("test", "compare", "compare", "has", "required", "integer", "jump", "abs"); test {
	case "has", "required":
		a, b := d.pick("first", refs...), d.pick("second", refs...)
		d.left -= 2
		return drawn{text: test + "(" + a + ", " + b + ")", truth: truth(d.values[a] != nil && d.values[b] != nil), level: 2}
	case "integer":
		n := d.tree(1)
		c := drawn{text: "integer(" + n.text + ")", level: 2}
		if n.value != nil {
			c.truth = truth(n.value.Denom().Cmp(big.NewInt(1)) == 0)
		}
		return c
	case "jump":
		a, b := d.leaf(), d.leaf()
		c := drawn{text: "jump(" + a.text + "," + b.text + ") <= 50", level: 2}
		if a.value != nil && b.value != nil && b.value.Sign() != 0 {
			// |a - b| <= |b| / 2, without a division.
			left := new(big.Rat).Sub(a.value, b.value)
			right := new(big.Rat).Mul(b.value, big.NewRat(1, 2))
			c.truth = truth(left.Abs(left).Cmp(right.Abs(right)) <= 0)
		}
		return c
	case "abs":
		a := d.leaf()
		c := drawn{text: "abs(" + a.text + ") < 20", level: 2}
		if a.value != nil {
			c.truth = truth(a.value.Cmp(big.NewRat(20, 1)) < 0 && a.value.Cmp(big.NewRat(-20, 1)) > 0)
		}
		return c
	default:
		a, b := d.tree(2), d.tree(1)
		sign := d.pick("sign", "<", "<=", ">", ">=", "=", "<>")
		c := drawn{text: a.text + " " + sign + " " + b.text, level: 2}
		if a.value != nil && b.value != nil {
			s := a.value.Cmp(b.value)
			c.truth = truth(map[string]bool{"<": s < 0, "<=": s <= 0, ">": s > 0, ">=": s >= 0, "=": s == 0, "<>": s != 0}[sign])
		}
		return c
	}
}

// TestEveryConditionComesToWhatItSays draws conditions over figures of which some are missing and computes each beside its
// making, by another rule for and and or than the program's.
func TestEveryConditionComesToWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawing{newWorld(t)}
		for _, ref := range []string{"[A]", "[A.den]", "[B-1, -1y]", "[C]"} {
			if rapid.IntRange(0, 3).Draw(t, "missing") == 0 {
				d.values[ref] = nil
			}
		}
		want := d.condition(rapid.IntRange(0, 3).Draw(t, "depth"))
		c, err := ParseCondition(want.text)
		if err != nil {
			t.Fatalf("ParseCondition(%q): %v", want.text, err)
		}
		again, err := ParseCondition(c.String())
		if err != nil || again.String() != c.String() {
			t.Fatalf("%q is printed as %q and that as %v, %v", want.text, c, again, err)
		}
		for _, c := range []*Condition{c, again} {
			g := &Given{Excused: make([]bool, len(c.References()))}
			for _, r := range c.References() {
				g.Values = append(g.Values, d.values[r.String()])
			}
			got, why := c.Holds(g)
			if got != want.truth {
				t.Fatalf("%q, printed %q, comes to %d, want %d", want.text, c, got, want.truth)
			}
			for _, n := range why {
				if !n.Op.Claims() || n.Op == And || n.Op == Or || n.Op == Not {
					t.Fatalf("%q comes to %d because of %q", want.text, got, c.Text(n))
				}
			}
		}
	})
}

// TestWhatMadeAConditionFalse names the parts that did, and none that would have held.
func TestWhatMadeAConditionFalse(t *testing.T) {
	for _, c := range []struct{ condition, why string }{
		{"[A] = 1 and [B] = 9", "[B] = 9"},
		{"[A] = 9 and [B] = 9", "[A] = 9; [B] = 9"},
		{"[A] = 9 or [B] = 8", "[A] = 9; [B] = 8"},
		{"[A] = 9 and ([B] = 9 or [B] = 2)", "[A] = 9"},
		{"not ([A] = 1 or [B] = 9)", "[A] = 1"},
		{"not ([A] = 1 and [B] = 2)", "[A] = 1; [B] = 2"},
		{"[A] = 9 and [M] = 1", "[A] = 9"},
		{"required([M])", "required([M])"},
	} {
		parsed, err := ParseCondition(c.condition)
		if err != nil {
			t.Fatal(err)
		}
		values := map[string]*big.Rat{"A": big.NewRat(1, 1), "B": big.NewRat(2, 1)}
		g := &Given{Excused: make([]bool, len(parsed.References()))}
		for _, r := range parsed.References() {
			g.Values = append(g.Values, values[r.Code])
		}
		truth, why := parsed.Holds(g)
		var texts []string
		for _, n := range why {
			texts = append(texts, parsed.Text(n))
		}
		if got := strings.Join(texts, "; "); truth != False || got != c.why {
			t.Errorf("%q comes to %d because of %q, want %q", c.condition, truth, got, c.why)
		}
	}
}

// TestOutlierIsTheRobustScore holds the score against one that is computed of sorted copies with whole numbers.
func TestOutlierIsTheRobustScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		earlier := rapid.SliceOfN(rapid.Int64Range(0, 12), 0, 14).Draw(t, "earlier")
		value := rapid.Int64Range(0, 60).Draw(t, "value")
		c, err := ParseCondition("outlier([A], 14) <= 3.5")
		if err != nil {
			t.Fatal(err)
		}
		g := &Given{Values: []*big.Rat{big.NewRat(value, 1)}, Excused: []bool{false}, Earlier: make([][]*big.Rat, 1)}
		for _, v := range earlier {
			if rapid.IntRange(0, 9).Draw(t, "gap") == 0 {
				g.Earlier[0] = append(g.Earlier[0], nil)
			}
			g.Earlier[0] = append(g.Earlier[0], big.NewRat(v, 1))
		}
		got, _ := c.Holds(g)
		if want := robust(earlier, value); got != want {
			t.Fatalf("%d among %v: %d, want %d", value, earlier, got, want)
		}
	})
}

// robust decides score <= 3.5 with whole numbers: everything is doubled twice, so that medians stay whole.
func robust(earlier []int64, value int64) Truth {
	n := int64(len(earlier))
	if n < 6 {
		return Unknown
	}
	middle := func(list []int64) int64 { // twice the median
		slices.Sort(list)
		return list[(n-1)/2] + list[n/2]
	}
	center := middle(slices.Clone(earlier)) // × 2
	var away []int64
	sum := int64(0)
	for _, v := range earlier {
		d := max(2*v-center, center-2*v) // × 2
		away = append(away, d)
		sum += d
	}
	mad := middle(away)                             // × 4
	distance := max(2*value-center, center-2*value) // × 2
	switch {
	case mad > 0: // distance/2 × 0.6745 / (mad/4) <= 3.5
		return truth(distance*2*6745 <= 35000*mad)
	case sum > 0: // distance/2 / (1.253314 × sum/2/n) <= 3.5
		return truth(distance*n*10_000_000 <= 35*sum*1_253_314)
	case distance == 0:
		return True
	}
	return Unknown
}

// TestNeverFallsLooksAtTheNewestEarlierValue passes over gaps.
func TestNeverFallsLooksAtTheNewestEarlierValue(t *testing.T) {
	c, err := ParseCondition("never_falls([A])")
	if err != nil {
		t.Fatal(err)
	}
	rat := func(n int64) *big.Rat { return big.NewRat(n, 1) }
	for _, k := range []struct {
		value   *big.Rat
		earlier []*big.Rat
		want    Truth
	}{
		{rat(10), []*big.Rat{rat(10)}, True},
		{rat(10), []*big.Rat{rat(11)}, False},
		{rat(10), []*big.Rat{nil, rat(11), rat(9)}, False},
		{rat(10), []*big.Rat{nil, rat(9), rat(11)}, True},
		{rat(10), []*big.Rat{nil, nil}, Unknown},
		{nil, []*big.Rat{rat(1)}, Unknown},
	} {
		got, _ := c.Holds(&Given{Values: []*big.Rat{k.value}, Excused: []bool{false}, Earlier: [][]*big.Rat{k.earlier}})
		if got != k.want {
			t.Errorf("%v after %v: %d, want %d", k.value, k.earlier, got, k.want)
		}
	}
	s := c.Series()[0]
	if fmt.Sprint(s) != "{0 12 1 true}" {
		t.Errorf("never_falls looks back at %v", s)
	}
}

// FuzzParseCondition is FuzzParse for conditions.
func FuzzParseCondition(f *testing.F) {
	for _, seed := range []string{
		"[CQ-06.num] <= [CQ-06.den]", "not has([A]) or outlier([A], 12, 8) <= 3.5", "never_falls([A]) and (jump([A], [A, -1y]) < 3 or integer([B]))",
		"((", "not not", "required([A],", "outlier([A], 7)", "([A]) = (([B]))",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parsed, err := ParseCondition(s)
		if err != nil {
			return
		}
		printed := parsed.String()
		again, err := ParseCondition(printed)
		if err != nil || again.String() != printed || len(again.Series()) != len(parsed.Series()) {
			t.Fatalf("ParseCondition(%q) prints %q, which is read as %v, %v", s, printed, again, err)
		}
		g := &Given{Values: make([]*big.Rat, len(parsed.References())), Excused: make([]bool, len(parsed.References()))}
		for i := range g.Values {
			if i%3 != 2 {
				g.Values[i] = big.NewRat(int64(i-1), 3)
			}
		}
		for _, s := range parsed.Series() {
			list := make([]*big.Rat, s.Periods)
			for n := range list {
				list[n] = big.NewRat(int64(n%5), 2)
			}
			g.Earlier = append(g.Earlier, list)
		}
		a, _ := parsed.Holds(g)
		if b, _ := again.Holds(g); a != b {
			t.Fatalf("%q comes to %d, printed back to %d", s, a, b)
		}
	})
}

// TestDeviationsAreTheSameInWholeNumbersAndInFractions draws figures of an indicator, and some that no indicator can have.
func TestDeviationsAreTheSameInWholeNumbersAndInFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.SampledFrom([]int64{3, 1000, 1 << 60}).Draw(t, "limit")
		draw := func(name string) *big.Rat {
			return big.NewRat(rapid.Int64Range(-limit, limit).Draw(t, name), rapid.SampledFrom([]int64{1, 2, 10, 100, 1_000_000, 3, 999_983}).Draw(t, "den"))
		}
		value := draw("value")
		var earlier []*big.Rat
		for range rapid.IntRange(1, 36).Draw(t, "count") {
			earlier = append(earlier, draw("earlier"))
		}
		got, known, ok := wholeDeviation(value, earlier)
		if !ok {
			return
		}
		want, wanted := deviation(value, earlier)
		if known != wanted || got.Score.Cmp(want.Score) != 0 || got.Median.Cmp(want.Median) != 0 || got.Spread.Cmp(want.Spread) != 0 || got.Count != want.Count {
			t.Fatalf("%v among %v: %v %t in whole numbers, %v %t in fractions", value, earlier, got, known, want, wanted)
		}
	})
}
