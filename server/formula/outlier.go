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
	if d, known, ok := wholeDeviation(value, earlier); ok {
		return d, known
	}
	return deviation(value, earlier)
}

// deviation computes with fractions.
func deviation(value *big.Rat, earlier []*big.Rat) (Deviation, bool) {
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

// largestWhole bounds what is computed in 64 bits: four times the sum of MaxHistory of them still fits.
const largestWhole = 1 << 54

// wholeDeviation is deviation for numbers that have a small common denominator, as figures of an indicator have: one report may
// ask for many, and fractions take tens of times as long. The last result is false where they have none.
func wholeDeviation(value *big.Rat, earlier []*big.Rat) (d Deviation, known, ok bool) {
	den := int64(1)
	for _, v := range earlier {
		if den, ok = common(den, v); !ok {
			return d, false, false
		}
	}
	if den, ok = common(den, value); !ok {
		return d, false, false
	}
	list := make([]int64, len(earlier), 2*len(earlier))
	for i, v := range earlier {
		if list[i], ok = wholeOf(v, den); !ok {
			return d, false, false
		}
	}
	at, ok := wholeOf(value, den)
	if !ok {
		return d, false, false
	}
	n := int64(len(list))
	middle := twiceMedian(list)
	sum, away := int64(0), list[len(list):]
	for _, v := range list {
		distance := max(2*v-middle, middle-2*v)
		sum, away = sum+distance, append(away, distance)
	}
	spread := twiceMedian(away)
	distance := big.NewInt(max(2*at-middle, middle-2*at))
	frac := func(num, den *big.Int) *big.Rat { return new(big.Rat).SetFrac(num, den) }
	times := func(a, b int64) *big.Int { return new(big.Int).Mul(big.NewInt(a), big.NewInt(b)) }
	d = Deviation{Median: frac(big.NewInt(middle), times(2, den)), Count: len(list)}
	switch {
	case spread > 0:
		d.Spread = frac(big.NewInt(spread), times(4, den))
		d.Score = frac(distance.Mul(distance, big.NewInt(2)), big.NewInt(spread))
		d.Score.Mul(d.Score, byMedian)
	case sum > 0:
		d.Spread = frac(big.NewInt(sum), times(2*n, den))
		d.Score = frac(distance.Mul(distance, big.NewInt(n)), big.NewInt(sum))
		d.Score.Mul(d.Score, byMean)
	default:
		d.Spread, d.Score = new(big.Rat), frac(distance, times(2, den))
		return d, d.Score.Sign() == 0, true
	}
	return d, true, true
}

// common widens a denominator so that it is one of a number too; false if it grows beyond what an indicator's scale makes.
func common(den int64, v *big.Rat) (int64, bool) {
	if !v.Denom().IsInt64() {
		return 0, false
	}
	of := v.Denom().Int64()
	a, b := den, of
	for b > 0 {
		a, b = b, a%b
	}
	if of/a > 1_000_000/den {
		return 0, false
	}
	return den * (of / a), true
}

// wholeOf gives the numerator of a number over a denominator that is one of it.
func wholeOf(v *big.Rat, den int64) (int64, bool) {
	if !v.Num().IsInt64() {
		return 0, false
	}
	n, by := v.Num().Int64(), den/v.Denom().Int64()
	if n > largestWhole/by || n < -largestWhole/by {
		return 0, false
	}
	return n * by, true
}

// twiceMedian sorts the list.
func twiceMedian(list []int64) int64 {
	slices.Sort(list)
	return list[(len(list)-1)/2] + list[len(list)/2]
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
