package verify

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/entry"
)

// redacted is quarter with an entry that removes the reason of the return, the 16th entry.
func redacted(t *testing.T) (w *world, target, by uint64) {
	t.Helper()
	w = quarter(t)
	target = uint64(len(w.entries))
	if _, ok := w.entries[target-1].Body.(entry.ReportReturned); !ok {
		t.Fatalf("entry %d returns nothing", target)
	}
	w.add(entry.EntryRedacted{Sequence: target, Reason: "có tên"})
	return w, target, target + 1
}

func TestR36VerifyHoldsRedactionsAgainstTheJournal(t *testing.T) {
	for name, c := range map[string]struct {
		redact  func(h *house, target uint64)
		removed uint64
		want    string
	}{
		"as it was said": {func(h *house, target uint64) { h.removes(target) }, 1, ""},
		"not removed": {
			func(*house, uint64) {}, 0,
			"entry 17 removed the private part of entry 16, and it is still in the journal",
		},
		"another one removed": {
			func(h *house, target uint64) { h.removes(target, 17) }, 2,
			"the private part of entry 17 was removed, and no entry says so",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, target, _ := redacted(t)
			h := kept(t, w, nil)
			c.redact(h, target)
			r := h.run()
			if r.Removed != c.removed || r.Sound() != (c.want == "") {
				t.Errorf("Run = %+v, want %d removed", r, c.removed)
			}
			if c.want != "" && !slices.ContainsFunc(r.Findings, func(f string) bool { return strings.HasPrefix(f, c.want) }) {
				t.Errorf("findings = %q, want %q", r.Findings, c.want)
			}
		})
	}
}

// removes removes private parts from the journal.
func (h *house) removes(sequences ...uint64) {
	h.t.Helper()
	for _, sequence := range sequences {
		if err := h.journal.Redact(context.Background(), sequence); err != nil {
			h.t.Fatal(err)
		}
	}
}

// TestR36ARedactionMayComeMeanwhile: a text goes a moment after the entry that removes it; and a reading may meet what is
// left of a text before it knows of the entry.
func TestR36ARedactionMayComeMeanwhile(t *testing.T) {
	w, target, by := redacted(t)
	h := kept(t, w, nil)
	gone := make(chan struct{})
	time.AfterFunc(3*removalPause, func() {
		defer close(gone)
		h.removes(target)
	})
	r := h.run()
	<-gone
	if !r.Sound() || r.Removed != 1 {
		t.Errorf("a removal that comes late: Run = %+v", r)
	}
	late := w.entries[by-1]
	w.entries = w.entries[:by-1]
	h = kept(t, w, nil)
	h.removes(target)
	r, err := Run(context.Background(), h.journal, h, func(r Report) {
		if r.Rollups > 0 && h.journal.Head().Sequence < by {
			h.write(late)
		}
	})
	if err != nil || !r.Sound() || r.Removed != 1 {
		t.Errorf("an entry that comes late: Run = %+v, %v", r, err)
	}
}
