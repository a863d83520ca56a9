package ranking

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/rollup"
)

// State says whether an entrant has a rank.
type State uint8

// The states.
const (
	// Missing has no value.
	Missing State = iota
	// Ranked has a rank.
	Ranked
	// Unranked has a value and too little coverage.
	Unranked
)

// Entrant is one of those that are to be ranked.
type Entrant struct {
	// Key tells it from the others, and gives the order of equals.
	Key string
	// Value is exact; no number is missing.
	Value rollup.Fraction
	// Received of Expected obligations stand behind the value; Expected 0 is of what counts none.
	Received, Expected int64
}

// Rule says how entrants are ranked.
type Rule struct {
	// LowerFirst says that the least value is the best.
	LowerFirst bool
	// MinCoverage is the least coverage in hundredths of a percent with which an entrant has a rank.
	MinCoverage int
}

// Place is what an entrant came to.
type Place struct {
	// At is its place among the entrants as they were given.
	At    int
	State State
	// Rank is from 1; 0 without one.
	Rank int
	// ToNext is how far its value is from the next better one; nil for the best and for those without a rank.
	ToNext *big.Rat
}

// hundredths of a percent in one.
const whole = 100_00

// Table ranks entrants. It gives those with a rank in its order and equals by their keys, then the unranked and the missing by
// their keys. The order in which they are given does not matter.
func Table(entrants []Entrant, rule Rule) []Place {
	places := make([]Place, len(entrants))
	for i := range entrants {
		places[i] = Place{At: i, State: rule.state(&entrants[i])}
	}
	slices.SortFunc(places, func(a, b Place) int {
		x, y := &entrants[a.At], &entrants[b.At]
		if a.State != b.State {
			return cmp.Compare(a.State.order(), b.State.order())
		}
		if a.State == Ranked {
			if c := rule.compare(x.Value, y.Value); c != 0 {
				return c
			}
		}
		return cmp.Compare(x.Key, y.Key)
	})
	var better *rollup.Fraction // the value of the rank before
	for i := range places {
		p := &places[i]
		if p.State != Ranked {
			break
		}
		p.Rank = i + 1
		v := &entrants[p.At].Value
		if i > 0 {
			before := &entrants[places[i-1].At].Value
			if v.Cmp(*before) == 0 {
				p.Rank = places[i-1].Rank
			} else {
				better = before
			}
		}
		if better != nil {
			d := new(big.Rat).Sub(better.Rat(), v.Rat())
			p.ToNext = d.Abs(d)
		}
	}
	return places
}

// order puts those with a rank first.
func (s State) order() int { return [...]int{Ranked: 0, Unranked: 1, Missing: 2}[s] }

func (r Rule) state(e *Entrant) State {
	switch {
	case !e.Value.Exists():
		return Missing
	case e.Expected > 0 && e.Received*whole < e.Expected*int64(r.MinCoverage):
		return Unranked
	}
	return Ranked
}

// compare gives below 0 where a is better.
func (r Rule) compare(a, b rollup.Fraction) int {
	if r.LowerFirst {
		return a.Cmp(b)
	}
	return b.Cmp(a)
}

// Ranks gives the rank of each entrant with one, by its key.
func Ranks(entrants []Entrant, places []Place) map[string]int {
	ranks := map[string]int{}
	for _, p := range places {
		if p.State == Ranked {
			ranks[entrants[p.At].Key] = p.Rank
		}
	}
	return ranks
}

// Comparable says why ranks of two periods cannot be compared: other units had one.
func Comparable(before, now map[string]int) *fault.Error {
	if len(before) == 0 {
		return fault.Precondition("RANKS_NO_EARLIER", "no unit had a rank in the period before, so nothing rose or fell")
	}
	same := len(before) == len(now)
	for key := range now {
		if _, known := before[key]; !known {
			same = false
		}
	}
	if same {
		return nil
	}
	return fault.Precondition("RANKS_OF_OTHER_UNITS",
		"%d units have a rank now and %d had one in the period before, and they are not the same; a place among others means something else", len(now), len(before)).
		With("now", len(now)).With("before", len(before))
}
