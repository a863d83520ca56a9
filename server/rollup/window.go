package rollup

import "github.com/tonghop/tonghop/server/period"

// maxBases is the most base periods that a span can have: the months of a year.
const maxBases = 12

// window is base periods in a row, all of one year: index 0 is the first, n-1 the last. With n 0 it is none.
type window struct {
	first period.Period
	n     int
}

// windowOf gives the base periods of a span; none if they do not tile it (R4). It is what span.Bases gives, without
// a slice for every figure that comes in.
func windowOf(span period.Period, base period.Kind) window {
	if !span.Valid() || base.Months() == 0 || span.Kind.Months()%base.Months() != 0 {
		return window{}
	}
	n := span.Kind.Months() / base.Months()
	return window{first: period.Of(int(span.Year), base, (int(span.Index)-1)*n+1), n: n}
}

// at gives the base period with an index, which may lie before the window but in its year.
func (w window) at(i int) period.Period {
	return period.Of(int(w.first.Year), w.first.Kind, int(w.first.Index)+i)
}

// last gives the last base period.
func (w window) last() period.Period { return w.at(w.n - 1) }

// sinceNewYear gives the window from the beginning of the year to its own end.
func (w window) sinceNewYear() window {
	before := int(w.first.Index) - 1
	return window{first: w.at(-before), n: w.n + before}
}

// place gives the index of p in w; false if it is not in it.
func (w window) place(p period.Period) (int, bool) {
	i := p.Ordinal() - w.first.Ordinal()
	return i, p.Kind == w.first.Kind && i >= 0 && i < w.n
}
