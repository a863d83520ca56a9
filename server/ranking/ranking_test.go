package ranking_test

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/ranking"
	"github.com/tonghop/tonghop/server/rollup"
)

func fraction(num, den int64) rollup.Fraction {
	return rollup.Fraction{Num: rollup.WideOf(figure.Int128From(num)), Den: rollup.WideOf(figure.Int128From(den))}
}

// TestR29OneTwoTwoFour has a tie on 1/3 and 2/6, which are one number.
func TestR29OneTwoTwoFour(t *testing.T) {
	entrants := []ranking.Entrant{
		{Key: "d", Value: fraction(1, 4)},
		{Key: "c", Value: fraction(2, 6)},
		{Key: "e"},
		{Key: "b", Value: fraction(1, 3)},
		{Key: "a", Value: fraction(1, 2)},
		{Key: "f", Value: fraction(9, 1), Received: 89, Expected: 100},
	}
	type line struct {
		key   string
		state ranking.State
		rank  int
		next  string
	}
	want := []line{
		{"a", ranking.Ranked, 1, ""},
		{"b", ranking.Ranked, 2, "1/6"},
		{"c", ranking.Ranked, 2, "1/6"},
		{"d", ranking.Ranked, 4, "1/12"},
		{"f", ranking.Unranked, 0, ""},
		{"e", ranking.Missing, 0, ""},
	}
	for i, p := range ranking.Table(entrants, ranking.Rule{MinCoverage: 90_00}) {
		got := line{entrants[p.At].Key, p.State, p.Rank, ""}
		if p.ToNext != nil {
			got.next = p.ToNext.RatString()
		}
		if got != want[i] {
			t.Errorf("line %d: %+v, want %+v", i, got, want[i])
		}
	}
	lowest := ranking.Table(entrants, ranking.Rule{LowerFirst: true})
	if first := entrants[lowest[0].At].Key; first != "d" || lowest[0].Rank != 1 {
		t.Errorf("the least is %s with rank %d, want d with 1", first, lowest[0].Rank)
	}
}

func TestR29RanksOfOtherUnitsAreNotCompared(t *testing.T) {
	for _, c := range []struct {
		before, now map[string]int
		want        string
	}{
		{map[string]int{"a": 1, "b": 2}, map[string]int{"b": 1, "a": 2}, ""},
		{nil, map[string]int{"a": 1}, "RANKS_NO_EARLIER"},
		{map[string]int{"a": 1, "b": 2}, map[string]int{"a": 1}, "RANKS_OF_OTHER_UNITS"},
		{map[string]int{"a": 1, "b": 2}, map[string]int{"a": 1, "c": 2}, "RANKS_OF_OTHER_UNITS"},
	} {
		got := ""
		if why := ranking.Comparable(c.before, c.now); why != nil {
			got = why.Reason
		}
		if got != c.want {
			t.Errorf("%v then %v: %q, want %q", c.before, c.now, got, c.want)
		}
	}
}

func drawEntrants(t *rapid.T) []ranking.Entrant {
	n := rapid.IntRange(0, 12).Draw(t, "entrants")
	list := make([]ranking.Entrant, n)
	for i := range list {
		list[i] = ranking.Entrant{Key: string(rune('a' + i)), Expected: 10, Received: rapid.Int64Range(0, 10).Draw(t, "received")}
		if rapid.IntRange(0, 4).Draw(t, "has a value") > 0 {
			list[i].Value = fraction(rapid.Int64Range(-6, 6).Draw(t, "num"), rapid.Int64Range(1, 6).Draw(t, "den"))
		}
	}
	return list
}

// TestR29RankingLaws draws entrants and holds what is true of every league table. The rank of an entrant is reckoned apart: one more
// than those that are better.
func TestR29RankingLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entrants := drawEntrants(t)
		rule := ranking.Rule{LowerFirst: rapid.Bool().Draw(t, "lower first"), MinCoverage: rapid.SampledFrom([]int{0, 50_00, 100_00}).Draw(t, "least coverage")}
		places := ranking.Table(entrants, rule)
		if len(places) != len(entrants) {
			t.Fatalf("%d of %d have a place", len(places), len(entrants))
		}
		counts := func(e *ranking.Entrant) bool {
			return e.Value.Exists() && e.Received*100_00 >= e.Expected*int64(rule.MinCoverage)
		}
		ended := false
		for _, p := range places {
			e := &entrants[p.At]
			better, nearest := 0, (*big.Rat)(nil)
			for i := range entrants {
				o := &entrants[i]
				if !counts(o) || !counts(e) {
					continue
				}
				d := new(big.Rat).Sub(o.Value.Rat(), e.Value.Rat())
				if rule.LowerFirst {
					d.Neg(d)
				}
				if d.Sign() > 0 {
					better++
					if nearest == nil || d.Cmp(nearest) < 0 {
						nearest = d
					}
				}
			}
			switch {
			case !e.Value.Exists() && (p.State != ranking.Missing || p.Rank != 0):
				t.Fatalf("%s is missing and is %+v", e.Key, p)
			case e.Value.Exists() && !counts(e) && (p.State != ranking.Unranked || p.Rank != 0):
				t.Fatalf("%s has too little coverage and is %+v", e.Key, p)
			case counts(e) && p.Rank != better+1:
				t.Fatalf("%s has rank %d, and %d are better", e.Key, p.Rank, better)
			case (p.ToNext == nil) != (nearest == nil) || nearest != nil && p.ToNext.Cmp(nearest) != 0:
				t.Fatalf("%s is %v from the next better one, want %v", e.Key, p.ToNext, nearest)
			}
			if ended && p.State == ranking.Ranked {
				t.Fatal("somebody without a rank stands before one with a rank")
			}
			ended = ended || p.State != ranking.Ranked
		}
		// Permuting changes nothing.
		turned := rapid.Permutation(entrants).Draw(t, "permuted")
		again := ranking.Table(turned, rule)
		for i := range places {
			if entrants[places[i].At].Key != turned[again[i].At].Key || places[i].Rank != again[i].Rank {
				t.Fatalf("line %d is %s with %d, and permuted %s with %d", i, entrants[places[i].At].Key, places[i].Rank, turned[again[i].At].Key, again[i].Rank)
			}
		}
	})
}

// TestR29RoundingNeverChangesAnOrder: whoever has the better rank never shows the worse number, at any number of decimals.
func TestR29RoundingNeverChangesAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entrants := drawEntrants(t)
		scale := figure.Scale(rapid.IntRange(0, 6).Draw(t, "decimals")) //nolint:gosec // few
		places := slices.DeleteFunc(ranking.Table(entrants, ranking.Rule{}), func(p ranking.Place) bool { return p.State != ranking.Ranked })
		for i := 1; i < len(places); i++ {
			before, now := entrants[places[i-1].At].Value, entrants[places[i].At].Value
			x, _ := new(big.Rat).SetString(before.Decimal(scale))
			y, _ := new(big.Rat).SetString(now.Decimal(scale))
			if x.Cmp(y) < 0 {
				t.Fatalf("rank %d shows %s and rank %d shows %s", places[i-1].Rank, x, places[i].Rank, y)
			}
		}
	})
}
