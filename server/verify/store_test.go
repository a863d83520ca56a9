package verify

import (
	"context"
	"io"
	"log/slog"
	"os"
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
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
			basis := rollup.Official
			if q.Provisional {
				basis = rollup.Provisional
			}
			a, err := tx.Rollup(aggregator.Query{
				Unit: q.Unit, Indicator: q.Indicator, Period: q.Period, Basis: basis, Measure: rollup.Measure(q.Measure), Kind: q.Kind,
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
