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

// countryProvinces and provinceCommunes make a tree as large as the country's after July 2025 before its districts went:
// some ten thousand communes.
const (
	countryProvinces = 63
	provinceCommunes = 168
)

// countryEntries are countryProvinces with their communes, which owe the form of provinceEntries.
func countryEntries() []entry.Body {
	bodies := provinceEntries()
	units := []hierarchy.Unit{unit("VN", "country", "")}
	for p := range countryProvinces {
		units = append(units, unit(fmt.Sprintf("P%02d", p), hierarchy.Province, "VN"))
		for c := range provinceCommunes {
			units = append(units, unit(fmt.Sprintf("C%02d%03d", p, c), hierarchy.Commune, fmt.Sprintf("P%02d", p)))
		}
	}
	bodies[1] = entry.UnitsChanged{Units: units}
	return bodies
}

// BenchmarkRollupAsOf asks a province of the country as of an entry after which every report was corrected and the tree
// changed. One operation is one answer, in a transaction of its own; ns/report is for each report that it is made of.
func BenchmarkRollupAsOf(b *testing.B) {
	s := newStory(b)
	s.tell(countryEntries()...)
	const months = 11 // 1,848 reports of a province
	send := func(revision int) {
		for m := range months {
			for c := range provinceCommunes {
				sub := monthly(m*provinceCommunes + c)
				sub.Reports[0].Revision = revision
				sub.Reports[0].Key.Unit, sub.Reports[0].Key.Period = id(fmt.Sprintf("C00%03d", c)), period.Of(2024, period.Month, m+1)
				s.add(sub)
			}
			s.commit()
		}
	}
	send(1)
	at := s.journal.Head().Sequence
	send(2)
	renamed := unit("P00", hierarchy.Province, "VN")
	for n := range 8 {
		renamed.NameVI = fmt.Sprint("Tên ", n)
		s.tell(entry.UnitsChanged{Units: []hierarchy.Unit{renamed}})
	}
	ask := func(tx *aggregator.Tx, i int, p period.Period) error {
		a, err := tx.Rollup(aggregator.Query{
			Unit: id("P00"), Indicator: indicator.Code(fmt.Sprintf("I%02d", i)), Period: p, Basis: rollup.Provisional,
		})
		if err != nil || a.Result.State != rollup.Value {
			return fmt.Errorf("%v, %w", a.Result.State, err)
		}
		return nil
	}
	for _, c := range []struct {
		name    string
		reports int
		ask     func(tx *aggregator.Tx) error
	}{
		{"one indicator, a month", provinceCommunes, func(tx *aggregator.Tx) error { return ask(tx, 3, period.Of(2024, period.Month, 5)) }},
		{"44 indicators, a month", provinceCommunes, func(tx *aggregator.Tx) error {
			for i := range counts + ratios + latest {
				if err := ask(tx, i, period.Of(2024, period.Month, 5)); err != nil {
					return err
				}
			}
			return nil
		}},
		{"one sum, nine months", 9 * provinceCommunes, func(tx *aggregator.Tx) error { return ask(tx, 3, period.Of(2024, period.NineMonths, 1)) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				askAsOf(b, s, at, c.ask)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.reports), "ns/report")
		})
	}
	// More moments than are kept: each finds its tree gone and makes it anew.
	b.Run("the tree of a country", func(b *testing.B) {
		last := s.journal.Head().Sequence
		for n := range b.N {
			askAsOf(b, s, last-1-uint64(n%7), func(tx *aggregator.Tx) error { return ask(tx, 3, period.Of(2024, period.Month, 5)) })
		}
	})
}

func askAsOf(b *testing.B, s *story, at uint64, ask func(*aggregator.Tx) error) {
	err := s.store.View(context.Background(), func(tx *aggregator.Tx) error {
		then, err := tx.AsOf(at)
		if err != nil {
			return err
		}
		return ask(then)
	})
	if err != nil {
		b.Fatal(err)
	}
}
