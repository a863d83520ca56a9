//go:build unix

package postgres

import (
	"github.com/tonghop/tonghop/server/bench/workload"
)

// place is where a sum stands.
type place struct{ period, unit int32 }

// Longer periods are numbered behind each other's ranges; months count since the year 0.
const (
	quarters = 100_000
	halves   = 200_000
	nines    = 300_000
	years    = 400_000
)

// periods gives the periods that a month is summed into: itself and, where longer ones are kept, its quarter, its half-year,
// the first nine months if it is one of them, and its year.
func periods(month int32, longer bool) []int32 {
	if !longer {
		return []int32{month}
	}
	list := []int32{month, quarters + month/3, halves + month/6, years + month/12}
	if month%12 < 9 {
		list = append(list, nines+month/12)
	}
	return list
}

// sumUp adds values into every place that they count in.
func sumUp(sums map[place]*[workload.Slots]int64, shape workload.Shape, commune int, month int32, longer bool, values *[workload.Slots]int64, touched func(place)) {
	for _, period := range periods(month, longer) {
		for _, unit := range shape.Above(commune) {
			p := place{period, unit}
			sum := sums[p]
			if sum == nil {
				sum = new([workload.Slots]int64)
				sums[p] = sum
			}
			for slot, v := range values {
				sum[slot] += v
			}
			touched(p)
		}
	}
}
