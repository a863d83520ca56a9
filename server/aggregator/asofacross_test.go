package aggregator_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// TestR30RestatedAnswersComeAgainAsOfTheirEntry tells random stories of reports and changes of the tree, some dated before what
// came earlier. After each step it asks questions over the changes and on later trees, of which R2 read aloud is the judge
// in TestR2AcrossEqualsTheRules, and in the end all of them again as of each entry: as of an entry units that came later,
// links that were given later, and reports that were sent or corrected later are unknown, and nothing is made of rows.
func TestR30RestatedAnswersComeAgainAsOfTheirEntry(t *testing.T) {
	fewer(t)
	rapid.Check(t, func(r *rapid.T) {
		s, o, catalogue := province(t)
		defer func() { _ = s.close() }()
		more := entry.UnitsChanged{Units: []hierarchy.Unit{unit("V", hierarchy.Country, ""), unit("P2", hierarchy.Province, "V")}}
		s.tell(more)
		o.apply(more, s.now)
		w := changing{teller: teller{r: r, s: s, o: o, catalogue: catalogue}, day: period.Date(2024, 1, 20)}
		kept, asked := copies{}, map[uint64][]aggregator.Query{}
		for range rapid.IntRange(3, 10).Draw(r, "steps") {
			if rapid.IntRange(0, 1).Draw(r, "change") == 0 {
				w.reorganise()
			} else {
				w.report()
			}
			s.commit()
			s.view(func(tx *aggregator.Tx) {
				some := w.restated(10)
				asked[tx.Position().Head.Sequence] = some
				kept.keep(tx, some)
			})
		}
		kept.compare(r, s, asked)
	})
}

// restated draws questions about any unit, half of them on a later tree.
func (w *changing) restated(n int) []aggregator.Query {
	var list []aggregator.Query
	for len(list) < n {
		i := rapid.SampledFrom(w.catalogue).Draw(w.r, "indicator")
		q := aggregator.Query{
			Unit: w.o.tree.At(rapid.IntRange(0, w.o.tree.Len()-1).Draw(w.r, "asked")).ID, Indicator: i.Code, Basis: rollup.Provisional,
			Period: mustPeriod(rapid.SampledFrom(spans).Draw(w.r, "span")), Measure: rapid.SampledFrom([]rollup.Measure{0, 0, 1, 2}).Draw(w.r, "measure"),
		}
		if !rollup.Possible(i, q.Measure) {
			continue
		}
		if rapid.Bool().Draw(w.r, "restated") {
			_, calendar := w.o.cadence(i.Code)
			q.Tree = calendar.Last(q.Period) + period.Day(rapid.IntRange(0, 400).Draw(w.r, "later"))
		}
		list = append(list, q)
	}
	return list
}
