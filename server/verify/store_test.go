package verify

import (
	"context"
	"io"
	"log/slog"
	"os"
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// house is a journal in a folder and a store that follows it, both as they are in a server.
type house struct {
	t       testing.TB
	dir     string
	journal *filejournal.Journal
	store   *aggregator.Store
}

// journalOf writes entries to a new journal. It may be nil where a property cannot end with the test.
func newHouse(t testing.TB, tempDir string) *house {
	t.Helper()
	ctx := context.Background()
	h := &house{t: t, dir: tempDir + "/journal"}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	config := filejournal.Config{Dir: h.dir, SegmentBytes: filejournal.MinSegmentBytes}
	must(filejournal.Create(ctx, config, journal.NewID()))
	j, err := filejournal.Open(ctx, config)
	must(err)
	h.journal = j
	state := tempDir + "/state"
	must(os.Mkdir(state, 0o700))
	h.store, _, err = aggregator.Open(ctx, aggregator.Config{Dir: state, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	must(err)
	must(h.store.Replay(ctx, j, nil))
	return h
}

func (h *house) close() {
	_ = h.store.Close()
	_ = h.journal.Close()
}

// write appends entries to the journal, in one group.
func (h *house) write(entries ...entry.Entry) []journal.Head {
	h.t.Helper()
	head := h.journal.Head()
	records := make([]journal.Record, len(entries))
	heads := make([]journal.Head, len(entries))
	at := head
	for i, e := range entries {
		public, private, err := entry.Encode(e)
		if err != nil {
			h.t.Fatal(err)
		}
		records[i] = journal.Record{Public: public, Private: private, Salt: [16]byte{1}}
		hash := journal.Hash{}
		if len(private) > 0 {
			hash = journal.PrivateHash(records[i].Salt, private)
		}
		at = journal.Head{Sequence: at.Sequence + 1, Hash: journal.Chain(at.Hash, public, hash)}
		heads[i] = at
	}
	if len(entries) == 0 {
		return nil
	}
	got, err := h.journal.Append(context.Background(), head.Sequence, records)
	if err != nil || got != at {
		h.t.Fatalf("Append = %v, %v, want %v", got, err, at)
	}
	return heads
}

// take has the store apply entries under heads that may be of others.
func (h *house) take(entries []entry.Entry, heads []journal.Head) {
	h.t.Helper()
	tx, err := h.store.Begin()
	if err != nil {
		h.t.Fatal(err)
	}
	for i, e := range entries {
		if err := tx.Apply(e, heads[i]); err != nil {
			h.t.Fatalf("Apply = %v", err)
		}
	}
	if err := tx.Commit(); err != nil {
		h.t.Fatal(err)
	}
}

// Read lets the house be verified: the aggregator as a Subject.
func (h *house) Read(ctx context.Context, use func(journal.Head, func(Question) (Answer, error)) error) error {
	return h.store.View(ctx, func(tx *aggregator.Tx) error {
		return use(tx.Position().Head, func(q Question) (Answer, error) {
			if q.Form != "" {
				standing, err := tx.Standing(q.Form, q.Period, q.Unit)
				return Answer{State: standing.String()}, err
			}
			basis := rollup.Official
			if q.Provisional {
				basis = rollup.Provisional
			}
			a, err := tx.Rollup(aggregator.Query{
				Unit: q.Unit, Indicator: q.Indicator, Period: q.Period, Basis: basis, Measure: rollup.Measure(q.Measure), Kind: q.Kind, Tree: q.Tree,
			})
			if err != nil {
				return Answer{}, err
			}
			return answerOf(a.Result), nil
		})
	})
}

func (h *house) run() Report {
	h.t.Helper()
	r, err := Run(context.Background(), h.journal, h, nil)
	if err != nil {
		h.t.Fatalf("Run = %v", err)
	}
	return r
}

// TestR21AnAmountMayNeedMoreBitsWhenItsScaleGrows has January's amounts fill 64 bits at two decimals, and three decimals
// from June on: the year counts them all the same, by every rule over time.
func TestR21AnAmountMayNeedMoreBitsWhenItsScaleGrows(t *testing.T) {
	w := newWorld(t)
	w.units(w.always("P", hierarchy.Province, ""), w.always("C", hierarchy.Commune, "P-0"))
	codes := []indicator.Code{"SUM", "LAST", "MEAN", "MIN", "MAX", "GROWING"}
	define := func(scale figure.Scale, from period.Day) {
		for _, code := range codes {
			ind := counted(code, hierarchy.Commune)
			ind.Scale, ind.ValidFrom = scale, from
			switch code {
			case "LAST":
				ind.Value = indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast}
			case "MEAN":
				ind.Value.Time = indicator.TimeMean
			case "MIN":
				ind.Value.Time = indicator.TimeMin
			case "MAX":
				ind.Value.Time = indicator.TimeMax
			case "GROWING":
				ind.Value = indicator.Part{Measure: indicator.YearToDate, Time: indicator.TimeLast}
			}
			w.catalogue(ind)
		}
	}
	define(2, period.Beginning)
	define(3, period.Date(2024, 6, 1))
	w.formed(monthly("M", "kind:commune", codes...))
	report := func(m int, amount int64) {
		figures := map[indicator.Code]figure.Figure{}
		for _, code := range codes {
			figures[code] = valued(amount)
		}
		w.send(entry.ReportKey{Unit: "C-0", Form: "M", Period: month(2024, m)}, false, figures)
	}
	report(1, 9e18) // 90,000,000,000,000,000
	report(5, 8e18)
	h := kept(t, w, nil)
	if r := h.run(); !r.Sound() {
		t.Errorf("findings: %q", r.Findings)
	}
	for code, want := range map[indicator.Code]string{
		"SUM": "170000000000000000", "LAST": "80000000000000000", "MEAN": "85000000000000000", "MIN": "80000000000000000",
		"MAX": "90000000000000000", "GROWING": "80000000000000000",
	} {
		err := h.Read(t.Context(), func(_ journal.Head, ask func(Question) (Answer, error)) error {
			a, err := ask(Question{Unit: "P-0", Indicator: code, Period: period.Of(2024, period.Year, 1), Provisional: true})
			if a.Value != want {
				t.Errorf("%s of the year = %+v, want %s", code, a, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
