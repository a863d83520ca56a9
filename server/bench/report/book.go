package report

import (
	"slices"
)

// Book holds what was measured, by contestant and metric, one figure for each round. Those that were measured once have one.
type Book struct {
	order   []string
	figures map[string]map[string][]float64
	// profiles are by process and part.
	profiles map[string]map[string]float64
}

// Add notes the figures of one round.
func (b *Book) Add(contestant string, figures map[string]float64) {
	if b.figures == nil {
		b.figures = map[string]map[string][]float64{}
	}
	if b.figures[contestant] == nil {
		b.figures[contestant] = map[string][]float64{}
		b.order = append(b.order, contestant)
	}
	for metric, figure := range figures {
		b.figures[contestant][metric] = append(b.figures[contestant][metric], figure)
	}
}

// OfClient is behind the name of a contestant where its client is meant, which is this program.
const OfClient = ", client"

// Profile notes where a process spent the processor's time, in microseconds for a report, by parts.
func (b *Book) Profile(process string, parts map[string]float64) {
	if b.profiles == nil {
		b.profiles = map[string]map[string]float64{}
	}
	b.profiles[process] = parts
}

// Empty says that nobody took a turn.
func (b *Book) Empty() bool {
	return !slices.ContainsFunc(b.order, func(name string) bool { return b.figures[name][Steal] != nil })
}

// Of gives the figures of a side, by round.
func (b *Book) Of(s Side) []float64 { return b.figures[s.Contestant][s.Metric] }

// Side is one side of a ratio.
type Side struct{ Contestant, Metric string }

// Spread is a median with the least and the greatest.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Rounds int     `json:"rounds"`
}

// SpreadOf sums a list up. Of an even number the median is the mean of the two in the middle.
func SpreadOf(list []float64) Spread {
	if len(list) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(list))
	middle := len(sorted) / 2
	median := sorted[middle]
	if len(sorted)%2 == 0 {
		median = (sorted[middle-1] + sorted[middle]) / 2
	}
	return Spread{Median: median, Min: sorted[0], Max: sorted[len(sorted)-1], Rounds: len(sorted)}
}

// Ratios gives the ratio of two sides in each round. Sides that were not measured equally often are compared by their
// medians; nothing comes of a side that was not measured at all.
func (b *Book) Ratios(of, to Side) []float64 {
	above, below := b.Of(of), b.Of(to)
	if len(above) == 0 || len(below) == 0 {
		return nil
	}
	if len(above) != len(below) {
		above, below = []float64{SpreadOf(above).Median}, []float64{SpreadOf(below).Median}
	}
	ratios := make([]float64, len(above))
	for i := range ratios {
		if below[i] == 0 {
			return nil
		}
		ratios[i] = above[i] / below[i]
	}
	return ratios
}
