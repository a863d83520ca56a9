package aggregator_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// mergedInPairs lets each two communes of the province become one in the middle of its second year.
func mergedInPairs(s *story) (day period.Day, became []hierarchy.ID) {
	day = period.Date(firstYear+1, 7, 1)
	var r hierarchy.Reorganisation
	for c := range communes {
		old := until(unit(fmt.Sprintf("C%03d", c), hierarchy.Commune, fmt.Sprintf("D%02d", c%districts)), day)
		r.Units = append(r.Units, old)
		if c%2 == 0 {
			merged := since(unit(fmt.Sprintf("K%03d", c/2), hierarchy.Commune, fmt.Sprintf("D%02d", c%districts)), day)
			r.Units, became = append(r.Units, merged), append(became, merged.ID)
		}
		r.Links = append(r.Links, hierarchy.Link{Date: day, From: old.ID, To: became[len(became)-1], Share: hierarchy.Whole})
	}
	s.tell(entry.UnitsReorganised{Reorganisation: r})
	return day, became
}

// BenchmarkAcross asks over a change of the tree what is computed: a month on a later tree, of the province from rows and of
// what communes became from reports, and a stock over the year of the change, from reports alone. One operation is one
// roll-up; reports/op says of how many reports it is made.
func BenchmarkAcross(b *testing.B) {
	s := benchStory(b, communes*benchMonth)
	day, became := mergedInPairs(s)
	month := period.FromOrdinal(period.Month, firstYear*12+12)
	year := period.Of(firstYear+1, period.Year, 1)
	stock := indicator.Code(fmt.Sprintf("I%02d", counts+ratios))
	for _, c := range []struct {
		name string
		q    aggregator.Query
		of   []hierarchy.ID
	}{
		{"province, a month within its tree", aggregator.Query{Indicator: "I03", Period: month}, []hierarchy.ID{id("P")}},
		{"province, the month on the later tree", aggregator.Query{Indicator: "I03", Period: month, Tree: day}, []hierarchy.ID{id("P")}},
		{"communes, the month on the later tree", aggregator.Query{Indicator: "I03", Period: month, Tree: day}, became},
		{"communes, a stock over the year", aggregator.Query{Indicator: stock, Period: year}, became},
		{"province, a stock over the year", aggregator.Query{Indicator: stock, Period: year}, []hierarchy.ID{id("P")}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			reports := 0
			for n := 0; n < b.N; {
				err := s.store.View(context.Background(), func(tx *aggregator.Tx) error {
					for _, unit := range c.of[:min(len(c.of), b.N-n)] {
						c.q.Unit, c.q.Basis = unit, rollup.Provisional
						if a, err := tx.Rollup(c.q); err != nil || a.Result.State != rollup.Value {
							return fmt.Errorf("%+v = %v, %w", c.q, a.Result.State, err)
						}
						n++
					}
					reports += tx.Gathered()
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(reports)/float64(b.N), "reports/op")
			if reports > 0 {
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(reports), "ns/report")
			}
		})
	}
}
