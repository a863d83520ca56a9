package verify

import (
	"math/big"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// others finds the figure of another indicator by which one is divided or weighted.
type others struct {
	m           *Model
	code        indicator.Code
	part        indicator.Part
	provisional bool
	// kinds are the frequencies of the forms that carry it, from short to long.
	kinds []period.Kind
	sum   big.Int
}

// maxAge is how many months before the end of the span a borrowed denominator may have ended (R15).
const maxAge = 24

// newOthers is for the weight or the borrowed denominator of an indicator; nil if it has neither or it is not known.
func (m *Model) newOthers(ind *indicator.Indicator, provisional bool) *others {
	code := ind.Weight
	if ind.UnitRule == indicator.UnitRatio {
		code = ind.DenominatorIndicator
	}
	latest, ok := m.indicators.Latest(code)
	if code == "" || !ok {
		return nil
	}
	o := &others{m: m, code: code, part: latest.Value, provisional: provisional}
	forms, _, _ := m.carriers(code)
	for _, kind := range period.Kinds() {
		for _, f := range forms {
			if latest, _ := m.forms.Latest(m.forms.At(f)); latest.Frequency == kind {
				o.kinds = append(o.kinds, kind)
				break
			}
		}
	}
	return o
}

// figure gives what the unit said for one period.
func (o *others) figure(a *asking, p period.Period) (stated, bool) {
	if !p.Valid() {
		return stated{}, false
	}
	s := &o.m.year(o.code, int(p.Year), o.provisional).units[a.unit][int(p.Index)*p.Kind.Months()-1]
	if !s.owed || s.excluded || int(s.months) != p.Kind.Months() || s.state != figure.Value || !s.has[0] {
		return stated{}, false
	}
	return s.stated, true
}

// denominator gives the newest figure that may stand under the span: of a period that contains it or ended no later than
// it and no more than 24 months before it ended (R15). Of two that end together the shorter is of the later time. It
// also tells the period.
func (o *others) denominator(a *asking, v *big.Int) (amount, source) {
	if o == nil {
		return amount{}, source{}
	}
	end := int(a.span.Year)*monthsOfYear + a.asked.end
	// A period that contains the span ends with the year at the latest.
	for month := (int(a.span.Year) + 1) * monthsOfYear; month >= end-maxAge; month-- {
		for _, kind := range o.kinds {
			p := endingAt(month, kind)
			if !p.Valid() || month > end && !p.Contains(a.span) {
				continue
			}
			if s, ok := o.figure(a, p); ok {
				setTicks(v, s.amount[0], s.scale)
				return amount{ok: true, v: v}, source{some: true, period: p}
			}
		}
	}
	return amount{}, source{}
}

// endingAt gives the period of a kind that ends with a month, counted from the year 0; no period if none does.
func endingAt(month int, kind period.Kind) period.Period {
	year, place := (month-1)/monthsOfYear, (month-1)%monthsOfYear+1
	if place%kind.Months() != 0 {
		return period.Period{}
	}
	return period.Of(year, kind, place/kind.Months())
}

// weight gives the weight of the unit over time by its own rule: from the periods of the shortest kind that has any in
// the span, or else the figure of the shortest longer period that contains the span, as a yearly population weighs the
// months of its year (R19).
func (o *others) weight(a *asking) (*big.Int, bool) {
	if o == nil {
		return nil, false
	}
	w := a.windowOf(o.part)
	for _, kind := range o.kinds {
		if a.asked.madeOf(kind) && o.over(a, w, kind) {
			return &o.sum, true
		}
	}
	for _, kind := range o.kinds {
		at := (a.asked.end-1)/kind.Months() + 1
		if p := period.Of(int(a.span.Year), kind, at); p != a.span && p.Contains(a.span) {
			if s, ok := o.figure(a, p); ok {
				return setTicks(&o.sum, s.amount[0], s.scale), true
			}
		}
	}
	return nil, false
}

// madeOf says whether periods of the kind make up the window.
func (w window) madeOf(kind period.Kind) bool {
	return (w.end-w.from)%kind.Months() == 0 && w.from%kind.Months() == 0
}

// over brings the weights of a window over time; false if there is none.
func (o *others) over(a *asking, w window, kind period.Kind) bool {
	n := int64(0)
	for place := w.from + kind.Months(); place <= w.end; place += kind.Months() {
		p := period.Of(int(a.span.Year), kind, place/kind.Months())
		s, ok := o.figure(a, p)
		if !ok || o.part.Time == indicator.TimeNone && kind.Months() != w.end-w.from {
			continue
		}
		x := setTicks(&a.y, s.amount[0], s.scale)
		if n++; n == 1 {
			o.sum.Set(x)
		} else {
			join(&o.sum, x, o.part.Time)
		}
	}
	if n > 0 && o.part.Time == indicator.TimeMean {
		o.sum.Quo(&o.sum, a.y.SetInt64(n))
	}
	return n > 0
}
