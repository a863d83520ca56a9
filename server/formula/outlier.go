package formula

import (
	"math/big"
	"slices"
)

// Deviation says how far a value lies from what came before it.
type Deviation struct {
	// Median is that of the earlier values, Spread the median of their distances from it (MAD); or, where more than half of
	// them are equal and that is 0, the mean of these distances.
	Median, Spread *big.Rat
	// Score is the distance of the value from the median in spreads, made comparable with standard deviations.
	Score *big.Rat
	// Count is how many earlier values there were.
	Count int
}

// The factors that make of a spread what a standard deviation would be if values were normally distributed (Iglewicz and
// Hoaglin 1993): 0.6745 for the MAD, and 1 / 1.253314 for the mean distance.
var (
	byMedian = big.NewRat(6745, 10_000)
	byMean   = big.NewRat(1_000_000, 1_253_314)
)

// Deviation computes what an Outlier looks at; false where the value is missing, too few came before it, or all of them are
// equal and it is not: then there is no spread in which the distance could be told.
func (g *Given) Deviation(n *Node) (Deviation, bool) {
	value := g.Values[n.Args[0].Reference]
	var earlier []*big.Rat
	for _, v := range g.Earlier[n.Series] {
		if v != nil {
			earlier = append(earlier, v)
		}
	}
	least := int64(MinHistory)
	if len(n.Args) > 2 {
		least = n.Args[2].Value.Num().Int64()
	}
	if value == nil || int64(len(earlier)) < least {
		return Deviation{}, false
	}
	d := Deviation{Median: median(earlier), Count: len(earlier)}
	distances := make([]*big.Rat, len(earlier))
	for i, v := range earlier {
		distances[i] = distance(v, d.Median)
	}
	factor := byMedian
	if d.Spread = median(distances); d.Spread.Sign() == 0 {
		d.Spread, factor = mean(distances), byMean
	}
	away := distance(value, d.Median)
	if d.Spread.Sign() == 0 {
		d.Score = away
		return d, away.Sign() == 0
	}
	d.Score = away.Mul(away, factor).Quo(away, d.Spread)
	return d, true
}

func distance(a, b *big.Rat) *big.Rat {
	d := new(big.Rat).Sub(a, b)
	return d.Abs(d)
}

// median gives the middle one, or the mean of the two in the middle. The list stays as it is.
func median(values []*big.Rat) *big.Rat {
	sorted := slices.Clone(values)
	slices.SortFunc(sorted, (*big.Rat).Cmp)
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return new(big.Rat).Set(sorted[middle])
	}
	return mean(sorted[middle-1 : middle+1])
}

func mean(values []*big.Rat) *big.Rat {
	sum := new(big.Rat)
	for _, v := range values {
		sum.Add(sum, v)
	}
	return sum.Quo(sum, big.NewRat(int64(len(values)), 1))
}
