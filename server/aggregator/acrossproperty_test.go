package aggregator_test

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// changing is a province whose communes and districts go over into others.
type changing struct {
	teller
	day  period.Day
	next int
}

// reorganise makes up a change on a day: merges, divisions, a part that goes over, a district that ends.
func (w *changing) reorganise() {
	w.day += period.Day(rapid.IntRange(1, 80).Draw(w.r, "days later"))
	standing := w.standing()
	if len(standing) == 0 {
		return
	}
	var r hierarchy.Reorganisation
	from := rapid.SliceOfNDistinct(rapid.SampledFrom(standing), 1, min(3, len(standing)), func(u hierarchy.Unit) hierarchy.ID { return u.ID }).Draw(w.r, "from")
	var to []hierarchy.Unit
	for range rapid.IntRange(0, 2).Draw(w.r, "new units") {
		w.next++
		parent := rapid.SampledFrom([]string{"D1", "D2", "P", "P2"}).Draw(w.r, "parent")
		kind := hierarchy.Commune
		u := since(unit(fmt.Sprint("N", w.next), kind, parent), w.day)
		if p, ok := w.o.tree.Unit(u.Parent); !ok || !p.ValidOn(w.day) {
			continue
		}
		to = append(to, u)
	}
	for _, u := range from {
		closes := rapid.IntRange(0, 3).Draw(w.r, "closes") > 0
		if closes {
			r.Units = append(r.Units, until(u, w.day))
		}
		for _, n := range to {
			if rapid.IntRange(0, 3).Draw(w.r, "linked") == 0 {
				continue
			}
			r.Links = append(r.Links, hierarchy.Link{Date: w.day, From: u.ID, To: n.ID, Share: hierarchy.Part})
		}
	}
	r.Units = append(r.Units, to...)
	if _, err := w.o.tree.Reorganised(r); err != nil {
		return // Such as a district that still has communes.
	}
	body := entry.UnitsReorganised{Reorganisation: r}
	w.s.add(body)
	w.o.apply(body, w.s.now)
}

func (w *changing) standing() []hierarchy.Unit {
	var list []hierarchy.Unit
	for n := range w.o.tree.Len() {
		if u := w.o.tree.At(n); u.ValidOn(w.day) && u.Kind != hierarchy.Province && u.Kind != hierarchy.Country {
			list = append(list, u)
		}
	}
	return list
}

// report tells a report of any unit.
func (w *changing) report() {
	n := w.o.tree.Len()
	u := w.o.tree.At(rapid.IntRange(0, n-1).Draw(w.r, "unit"))
	k := entry.ReportKey{Unit: u.ID, Form: "M", Period: period.Of(2024, period.Month, rapid.IntRange(1, 12).Draw(w.r, "month"))}
	if rapid.IntRange(0, 9).Draw(w.r, "yearly") == 0 {
		k.Form, k.Period = "Y", period.Of(rapid.IntRange(2023, 2024).Draw(w.r, "year"), period.Year, 1)
	}
	if body := w.submission(k, w.o.reports[k], [2]int{0, len(w.catalogue)}); body != nil {
		w.s.add(body)
		w.o.apply(body, w.s.now)
	}
}

// TestR2AcrossEqualsTheRules tells random stories of reports and changes of the tree, and compares what is asked over the
// changes with R2 read aloud.
func TestR2AcrossEqualsTheRules(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s, o, catalogue := province(t)
		defer func() { _ = s.close() }()
		more := entry.UnitsChanged{Units: []hierarchy.Unit{unit("V", hierarchy.Country, ""), unit("P2", hierarchy.Province, "V")}}
		s.tell(more)
		o.apply(more, s.now)
		w := changing{teller: teller{r: r, s: s, o: o, catalogue: catalogue}, day: period.Date(2024, 1, 20)}
		for range rapid.IntRange(4, 14).Draw(r, "steps") {
			if rapid.IntRange(0, 2).Draw(r, "change") == 0 {
				w.reorganise()
			} else {
				w.report()
			}
		}
		s.commit()
		s.view(func(tx *aggregator.Tx) {
			for range 60 {
				w.ask(tx)
			}
		})
	})
}

// ask asks one question and compares.
func (w *changing) ask(tx *aggregator.Tx) {
	code := w.catalogue[rapid.IntRange(0, len(w.catalogue)-1).Draw(w.r, "indicator")].Code
	q := aggregator.Query{
		Unit: w.o.tree.At(rapid.IntRange(0, w.o.tree.Len()-1).Draw(w.r, "asked")).ID, Indicator: code, Basis: rollup.Provisional,
		Period: mustPeriod(rapid.SampledFrom(spans).Draw(w.r, "span")), Measure: rapid.SampledFrom([]rollup.Measure{0, 0, 1, 2}).Draw(w.r, "measure"),
	}
	version, _ := w.o.cat.Latest(code)
	base, calendar := w.o.cadence(code)
	if !rollup.Possible(version, q.Measure) || len(q.Period.Bases(base)) == 0 {
		return
	}
	if rapid.Bool().Draw(w.r, "restated") {
		q.Tree = calendar.Last(q.Period) + period.Day(rapid.IntRange(0, 400).Draw(w.r, "later"))
	}
	a, err := tx.Rollup(q)
	if err != nil {
		w.r.Fatalf("Rollup(%+v) = %v", q, err)
	}
	if problem := compareSeries(tx, q, a); problem != "" {
		w.r.Fatalf("%s", problem)
	}
	if plainly := newAcross(w.o, q); len(plainly.links) > 0 && plainly.touched() {
		if problem := plainly.differs(a); problem != "" {
			w.r.Fatalf("%+v: %s", q, problem)
		}
		w.explained(tx, q, a)
		return
	}
	if want, _ := w.o.rollup(q); a.Result != want || a.Crossing != aggregator.Within {
		w.r.Fatalf("%+v:\n got %v %+v\nwant %+v", q, a.Crossing, a.Result, want)
	}
}

// explained holds that the contributions are the obligations, and that those that count add up to what is a sum.
func (w *changing) explained(tx *aggregator.Tx, q aggregator.Query, a aggregator.Answer) {
	list, _, err := tx.Contributions(q, aggregator.Cursor{}, 1000)
	c := a.Result.Coverage
	if err != nil {
		w.r.Fatalf("Contributions(%+v) = %v", q, err)
	}
	var obligations int64
	total := new(big.Rat)
	counted := false
	for _, one := range list {
		if one.WhyNot != aggregator.WhyCheck && a.Indicator.Adds(one.Unit.Kind) {
			obligations++
		}
		if one.Counted {
			counted = true
			total.Add(total, big.NewRat(int64(one.Figure.Value), 1))
		}
	}
	if obligations != c.Expected+c.NotApplicable+c.Excluded {
		w.r.Fatalf("%+v has %d contributions, want %d", q, obligations, c.Expected+c.NotApplicable+c.Excluded)
	}
	summed := q.Indicator == "SUM" || q.Indicator == "LAST"
	if value := rat(a.Result); summed && q.Measure == rollup.AsReported && (counted != (value != nil) || counted && total.Cmp(value) != 0) {
		w.r.Fatalf("%+v: %v counts, want %v", q, total, value)
	}
}
