package workload

import (
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/period"
)

// Report numbers count from the first month: all communes of month 0, then all of month 1. Loading takes them in
// order; what is sent one by one afterwards comes as it would from a country, not in the order of the codes.

// Arrival gives the number of the report that comes n-th: month after month, the communes of each in a scattered order.
// Behind the last one they come again.
func (w Shape) Arrival(n int) int {
	n %= Months * w.Communes
	month, place := n/w.Communes, n%w.Communes
	return month*w.Communes + place*w.step()%w.Communes
}

// step has no divisor in common with the number of communes, so that its multiples meet each of them once.
func (w Shape) step() int {
	for step := w.Communes*618/1000 + 1; ; step++ {
		a, b := step, w.Communes
		for b > 0 {
			a, b = b, a%b
		}
		if a == 1 {
			return step
		}
	}
}

// Row is a report as a program that works with numbers holds it.
type Row struct {
	// Month counts months since the year 0.
	Month int32
	// Commune is its number.
	Commune int
	// Values are in the order of the slots: counts, then numerator and denominator of each ratio in hundredths, then the
	// latest quantities in hundredths.
	Values [Slots]int64
}

// Row is the n-th report.
func (w Shape) Row(n int) Row {
	commune, month, figures := w.Report(n)
	row := Row{Month: numberOf(month), Commune: commune}
	slot := 0
	for _, f := range figures {
		slot += put(row.Values[slot:], f)
	}
	return row
}

// MonthNumber counts the n-th month since the year 0.
func MonthNumber(n int) int32 { return numberOf(Month(n)) }

func numberOf(month period.Period) int32 { return 12*int32(month.Year) + int32(month.Index) - 1 }

func put(slots []int64, f entry.Figure) int {
	if f.HasValue {
		slots[0] = int64(f.Value)
		return 1
	}
	slots[0], slots[1] = int64(f.Numerator), int64(f.Denominator)
	return 2
}

// SlotOf gives the first slot of an indicator, and how many it has.
func SlotOf(indicator int) (slot, n int) {
	switch {
	case indicator < Counts:
		return indicator, 1
	case indicator < Counts+Ratios:
		return Counts + 2*(indicator-Counts), 2
	default:
		return indicator + Ratios, 1
	}
}

// CountryNumber is the number of the country among all units. Provinces, districts and communes follow: numbers name units
// where codes would be slow.
const CountryNumber = 0

// ProvinceNumber is the number of the n-th province among all units.
func (w Shape) ProvinceNumber(n int) int32 { return int32(1 + n) } //nolint:gosec // a country is small

// DistrictNumber is that of the n-th district.
func (w Shape) DistrictNumber(n int) int32 { return int32(1 + w.Provinces + n) } //nolint:gosec // a country is small

// CommuneNumber is that of the n-th commune.
func (w Shape) CommuneNumber(n int) int32 { return int32(1 + w.Provinces + w.Districts + n) } //nolint:gosec // a country is small

// Above gives the units above a commune, the country last.
func (w Shape) Above(commune int) []int32 {
	if w.Districts == 0 {
		return []int32{w.ProvinceNumber(commune % w.Provinces), CountryNumber}
	}
	district := commune % w.Districts
	return []int32{w.DistrictNumber(district), w.ProvinceNumber(district % w.Provinces), CountryNumber}
}

// Truth is what the country adds up to in one month, by the first n reports to arrive: an addition of its own, which shares
// nothing with any contestant.
func (w Shape) Truth(back, n int) [Slots]int64 {
	var sums [Slots]int64
	for place := back * w.Communes; place < min(n, (back+1)*w.Communes); place++ {
		for slot, v := range w.Row(w.Arrival(place)).Values {
			sums[slot] += v
		}
	}
	return sums
}
