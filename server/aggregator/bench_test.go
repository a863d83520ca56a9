package aggregator_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// The size of a province, and of what its communes send each month: 44 indicators of 54 values.
const (
	districts  = 12
	communes   = 143
	counts     = 30
	ratios     = 10
	latest     = 4
	firstYear  = 2020
	benchMonth = 36
)

// provinceEntries make a province whose communes owe one monthly form.
func provinceEntries() []entry.Body {
	units := []hierarchy.Unit{unit("P", hierarchy.Province, "")}
	for d := range districts {
		units = append(units, unit(fmt.Sprintf("D%02d", d), hierarchy.District, "P"))
	}
	for c := range communes {
		units = append(units, unit(fmt.Sprintf("C%03d", c), hierarchy.Commune, fmt.Sprintf("D%02d", c%districts)))
	}
	var catalogue []indicator.Indicator
	var codes []indicator.Code
	for n := range counts + ratios + latest {
		i := plainIndicator(fmt.Sprintf("I%02d", n), indicator.UnitSum, indicator.Flow, indicator.TimeSum)
		switch {
		case n >= counts+ratios:
			i.Value = indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast}
			i.Scale = 2
		case n >= counts:
			i.UnitRule, i.Denominator = indicator.UnitRatio, i.Value
		}
		catalogue, codes = append(catalogue, i), append(codes, i.Code)
	}
	return []entry.Body{
		entry.StoreCreated{ProgramVersion: "bench"},
		entry.UnitsChanged{Units: units},
		numbered(0, catalogue...),
		forms(0, plainForm("F", period.Month, "kind:commune", codes...)),
	}
}

// monthly is the n-th submission: commune after commune, month after month, and after all of them again as corrections.
func monthly(n int) entry.ReportsSubmitted {
	months := n / communes
	all := benchMonth
	s := entry.Submission{
		Key: entry.ReportKey{
			Unit: id(fmt.Sprintf("C%03d", n%communes)), Form: "F",
			Period: period.FromOrdinal(period.Month, firstYear*12+months%all),
		},
		Revision: 1 + months/all,
		Figures:  make([]entry.Figure, counts+ratios+latest),
	}
	seed := uint64(n)*0x9e3779b97f4a7c15 + 1
	next := func(limit uint64) int64 {
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
		return int64(seed % limit)
	}
	for i := range s.Figures {
		f := value(next(1200))
		switch {
		case i >= counts+ratios:
			f = value(next(1000000))
		case i >= counts:
			f = ratio(next(1200), 1200)
		}
		s.Figures[i] = entry.Figure{Number: uint32(i), Figure: f}
	}
	return entry.ReportsSubmitted{Reports: []entry.Submission{s}}
}

// benchStory has the province and so many of its submissions.
func benchStory(b *testing.B, submissions int) *story {
	s := newStory(b)
	s.tell(provinceEntries()...)
	for n := range submissions {
		s.add(monthly(n))
		if n%1000 == 999 {
			s.commit()
		}
	}
	s.commit()
	return s
}

// BenchmarkApply applies submissions and commits them in groups; one operation is one submission, without journal.
func BenchmarkApply(b *testing.B) {
	for _, group := range []int{1, 64} {
		b.Run(fmt.Sprintf("group=%d", group), func(b *testing.B) {
			s := benchStory(b, 0)
			at := s.journal.Head()
			now := s.now
			entries := make([]entry.Entry, b.N)
			for n := range entries {
				now = now.Add(time.Second)
				entries[n] = entry.Entry{Header: entry.Header{
					Sequence: at.Sequence + 1 + uint64(n), Time: now, Principal: "abcdefghijkl", Method: "ReportService.SubmitReport",
					RequestID: [16]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n), 1}, RequestHash: [32]byte{1},
				}, Body: monthly(n)}
			}
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; {
				tx, err := s.store.Begin()
				if err != nil {
					b.Fatal(err)
				}
				for range min(group, b.N-n) {
					head := journal.Head{Sequence: entries[n].Header.Sequence, Hash: journal.Hash{byte(n)}}
					if err := tx.Apply(entries[n], head); err != nil {
						b.Fatal(err)
					}
					n++
				}
				if err := tx.Commit(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkQuery asks the four questions of the performance research at the size of a province, over 36 months.
func BenchmarkQuery(b *testing.B) {
	s := benchStory(b, communes*benchMonth)
	month := func(n int) period.Period { return period.FromOrdinal(period.Month, firstYear*12+n) }
	code := func(n int) indicator.Code { return indicator.Code(fmt.Sprintf("I%02d", n)) }
	type question = aggregator.Query
	questions := map[string][]question{}
	add := func(name, unit string, i int, p period.Period) {
		questions[name] = append(questions[name], question{Unit: id(unit), Indicator: code(i), Period: p, Basis: rollup.Provisional})
	}
	for i := range counts + ratios + latest {
		add("Q1 province, 44 indicators, a month", "P", i, month(30))
	}
	for d := range districts {
		for m := range 12 {
			add("Q2 12 districts, one indicator, 12 months", fmt.Sprintf("D%02d", d), 3, month(m))
		}
		add("Q4 12 districts, a ratio, a month", fmt.Sprintf("D%02d", d), counts, month(30))
	}
	for m := range benchMonth {
		add("Q3 province, one indicator, 36 months", "P", 3, month(m))
	}
	add("Q5 province, one sum, a year", "P", 3, period.Of(firstYear+1, period.Year, 1))
	add("Q6 province, one stock, a year", "P", counts+ratios, period.Of(firstYear+1, period.Year, 1))
	for _, name := range []string{
		"Q1 province, 44 indicators, a month", "Q2 12 districts, one indicator, 12 months", "Q3 province, one indicator, 36 months",
		"Q4 12 districts, a ratio, a month", "Q5 province, one sum, a year", "Q6 province, one stock, a year",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				err := s.store.View(context.Background(), func(tx *aggregator.Tx) error {
					for _, q := range questions[name] {
						if a, err := tx.Rollup(q); err != nil || a.Result.State != rollup.Value {
							return fmt.Errorf("%+v = %v, %w", q, a.Result.State, err)
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkReplay rebuilds a province of a year from its journal; one operation is one entry.
func BenchmarkReplay(b *testing.B) {
	s := benchStory(b, communes*12)
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += communes * 12 {
		cfg := aggregator.Config{Dir: b.TempDir()}
		if err := aggregator.Rebuild(context.Background(), cfg, s.journal, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRemake changes who owes the form, to and fro: one operation makes the roll-ups of three years anew.
func BenchmarkRemake(b *testing.B) {
	s := benchStory(b, communes*benchMonth)
	all := provinceEntries()[3].(entry.FormsChanged)
	some := all.Forms[0]
	some.Assigned = append(slices.Clone(some.Assigned), hierarchy.Selector{Unit: id("C001"), Except: true})
	b.ReportAllocs()
	b.ResetTimer()
	for n := range b.N {
		if n%2 == 0 {
			s.tell(entry.FormsChanged{Forms: []entry.Form{some}})
			continue
		}
		s.tell(all)
	}
}
