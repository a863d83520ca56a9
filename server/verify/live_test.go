package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/period"
)

// TestAStoreThatGoesOnMeanwhile sends a report between two reads of the store.
func TestAStoreThatGoesOnMeanwhile(t *testing.T) {
	for name, c := range map[string]struct {
		store int64
		want  string
	}{
		"as it is":      {store: 7},
		"another digit": {store: 8, want: "unit P-0, indicator SUM, 2024-02, PROVISIONAL, AS_REPORTED, at entry 17: value: the store says 28, the reports 27"},
	} {
		t.Run(name, func(t *testing.T) {
			w := quarter(t)
			h := kept(t, w, nil)
			more := func(n int64) entry.Entry {
				k := entry.ReportKey{Unit: "C-0", Form: "M", Period: month(2024, 2)}
				delete(w.revisions, k)
				w.send(k, false, map[indicator.Code]figure.Figure{"SUM": valued(n), "LAST": valued(n)})
				e := w.entries[len(w.entries)-1]
				w.entries = w.entries[:len(w.entries)-1]
				return e
			}
			grown := false
			r, err := Run(context.Background(), h.journal, h, func(r Report) {
				if r.Rollups > 0 && !grown {
					grown = true
					h.take([]entry.Entry{more(c.store)}, h.write(more(7)))
				}
			})
			if err != nil || !grown || r.Entries != 17 || r.TotalEntries != 17 {
				t.Fatalf("Run = %+v, %v", r, err)
			}
			found := slices.ContainsFunc(r.Findings, func(f string) bool { return strings.HasPrefix(f, c.want) })
			if r.Sound() != (c.want == "") || !r.Sound() && !found {
				t.Errorf("findings = %q, want %q", r.Findings, c.want)
			}
		})
	}
}

// TestAStateThatLagsIsSound has entries in the journal that the state will only take later.
func TestAStateThatLagsIsSound(t *testing.T) {
	w := quarter(t)
	h := newHouse(t, t.TempDir())
	t.Cleanup(h.close)
	heads := h.write(w.entries...)
	h.take(w.entries[:10], heads[:10])
	if r := h.run(); !r.Sound() || r.Entries != 16 || r.Rollups == 0 {
		t.Errorf("report = %+v", r)
	}
}

func TestAStateOfAnotherHistory(t *testing.T) {
	w := quarter(t)
	next := entry.Entry{Header: entry.Header{Sequence: 17, Time: w.now()}, Body: entry.StoreCreated{}}
	for name, c := range map[string]struct {
		change func(h *house)
		want   string
	}{
		"of another entry": {func(h *house) {
			heads := h.write(next)
			heads[0].Hash[0] ^= 1
			h.take([]entry.Entry{next}, heads)
		}, "the state stands at entry 17 with the hash "},
		"ahead of the journal": {func(h *house) {
			h.take([]entry.Entry{next}, []journal.Head{{Sequence: 17}})
		}, "the state stands at entry 17, and the journal gave entry 16: it is of another history"},
	} {
		t.Run(name, func(t *testing.T) {
			h := kept(t, w, nil)
			c.change(h)
			wantFindings(t, h, c.want)
		})
	}
	t.Run("all of a sudden", func(t *testing.T) {
		h := kept(t, w, nil)
		r, err := Run(context.Background(), h.journal, h, func(r Report) {
			if r.Rollups > 0 && h.journal.Head().Sequence == 16 {
				heads := h.write(next)
				heads[0].Hash[0] ^= 1
				h.take([]entry.Entry{next}, heads)
			}
		})
		if err != nil || r.FindingCount != 1 || !strings.HasPrefix(r.Findings[0], "the state stands at entry 17 with the hash ") {
			t.Errorf("Run = %+v, %v", r, err)
		}
	})
}

// gate is a house that counts what is asked in one read.
type gate struct {
	*house
	most, reads int
	fail        error
}

func (g *gate) Read(ctx context.Context, use func(journal.Head, func(Question) (Answer, error)) error) error {
	g.reads++
	if g.fail != nil && g.reads > 2 {
		return g.fail
	}
	return g.house.Read(ctx, func(head journal.Head, ask func(Question) (Answer, error)) error {
		n := 0
		defer func() { g.most = max(g.most, n) }()
		return use(head, func(q Question) (Answer, error) {
			n++
			return ask(q)
		})
	})
}

func TestNoReadOfTheStoreIsLong(t *testing.T) {
	h := kept(t, quarter(t), nil)
	g := &gate{house: h}
	r, err := Run(context.Background(), h.journal, g, nil)
	if err != nil || g.most > chunkCost || g.most == 0 || g.reads < 3 {
		t.Errorf("%d roll-ups in %d reads, at most %d in one; %v", r.Rollups, g.reads, g.most, err)
	}
}

func TestWorkThatCannotBeFinished(t *testing.T) {
	h := kept(t, quarter(t), nil)
	broken := errors.New("the disk is gone")
	r, err := Run(context.Background(), h.journal, &gate{house: h, fail: broken}, nil)
	if !errors.Is(err, broken) || r.Rollups == 0 {
		t.Errorf("a store that fails: %+v, %v", r, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := Run(ctx, h.journal, h, func(r Report) {
		if r.Rollups > 0 {
			cancel()
		}
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ends: %v", err)
	}
	if _, err := Run(ctx, h.journal, h, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
}

// TestFindingsAreCountedAndCut lets every answer of a store with many roll-ups be wrong.
func TestFindingsAreCountedAndCut(t *testing.T) {
	h := kept(t, quarter(t), nil)
	r, err := Run(context.Background(), h.journal, wrong{h}, nil)
	if err != nil || len(r.Findings) != keptFindings || uint64(r.FindingCount) != r.Rollups || r.FindingCount <= keptFindings { //nolint:gosec // not negative
		t.Errorf("%d findings are kept, %d counted for %d roll-ups; %v", len(r.Findings), r.FindingCount, r.Rollups, err)
	}
}

type wrong struct{ *house }

func (w wrong) Read(ctx context.Context, use func(journal.Head, func(Question) (Answer, error)) error) error {
	return w.house.Read(ctx, func(head journal.Head, _ func(Question) (Answer, error)) error {
		return use(head, func(Question) (Answer, error) { return Answer{State: "?"}, nil })
	})
}

// TestTheQuestionsAreComplete lists them for a small store: what is compared is what doc.go says, once each.
func TestTheQuestionsAreComplete(t *testing.T) {
	w := quarter(t)
	// An indicator whose forms have two calendars is left out, and one that nobody reported yet.
	w.catalogue(counted("TWICE", "commune", "department"), counted("NEVER", "commune"))
	other := monthly("O", "kind:department", "TWICE")
	other.Calendar = period.CutoffFifteenth
	w.formed(monthly("N", "kind:commune", "TWICE", "NEVER"), other)
	w.send(entry.ReportKey{Unit: "A-0", Form: "O", Period: month(2024, 1)}, false, nil)
	asked := map[string]int{}
	w.model().Questions(func(q Question) bool {
		asked[q.String()]++
		return true
	})
	want := 0
	for _, unit := range []string{"P-0", "D-0", "A-0", "B-0", "C-0"} {
		for _, p := range []string{"2024-01", "2024-02", "2024-03", "2024-Q1", "2024-H1", "2024-9M", "2024"} {
			for _, basis := range []string{"OFFICIAL", "PROVISIONAL"} {
				for _, kind := range []string{"", ", kind commune"} {
					for _, what := range []string{"SUM/AS_REPORTED", "SUM/OWN", "SUM/YEAR_TO_DATE", "LAST/AS_REPORTED"} {
						code, measure, _ := strings.Cut(what, "/")
						name := fmt.Sprintf("unit %s, indicator %s, %s, %s, %s%s", unit, code, p, basis, measure, kind)
						want++
						if asked[name] != 1 {
							t.Errorf("%q is asked %d times", name, asked[name])
						}
					}
				}
			}
		}
	}
	if len(asked) != want {
		t.Errorf("%d questions, want %d", len(asked), want)
	}
}
