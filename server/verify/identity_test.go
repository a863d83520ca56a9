package verify

import (
	"context"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// renew gives the journal of a house another id, with an entry that tells of the restore after a change of it.
func (h *house) renew(w *world, id journal.ID, change func(*entry.StoreRestored)) {
	h.t.Helper()
	old := h.journal.Head()
	body := entry.StoreRestored{
		OldJournal: h.journal.ID(), OldHead: entry.Head{Sequence: old.Sequence, Hash: old.Hash}, Journal: id, By: "b", Reason: "r",
	}
	change(&body)
	w.add(body)
	e := w.entries[len(w.entries)-1]
	public, private, err := entry.Encode(e)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.journal.Close(); err != nil {
		h.t.Fatal(err)
	}
	config := filejournal.Config{Dir: h.dir, SegmentBytes: filejournal.MinSegmentBytes}
	_, head, err := filejournal.Renew(context.Background(), config, id, journal.Record{Public: public, Private: private, Salt: [16]byte{1}})
	if err != nil {
		h.t.Fatal(err)
	}
	h.take([]entry.Entry{e}, []journal.Head{head})
	if h.journal, err = filejournal.Open(context.Background(), config); err != nil {
		h.t.Fatal(err)
	}
}

func TestARestoredStoreIsVerified(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*entry.StoreRestored)
		want   string
	}{
		"as it is":                      {func(*entry.StoreRestored) {}, ""},
		"another old journal":           {func(b *entry.StoreRestored) { b.OldJournal[0]++ }, "entry 17 says that it follows"},
		"another last entry":            {func(b *entry.StoreRestored) { b.OldHead.Sequence-- }, "entry 17 says that it follows entry 15"},
		"another hash":                  {func(b *entry.StoreRestored) { b.OldHead.Hash[0]++ }, "entry 17 says that it follows"},
		"an id that the folder has not": {func(b *entry.StoreRestored) { b.Journal[0]++ }, "entry 17 stands under the journal id"},
	} {
		t.Run(name, func(t *testing.T) {
			w := quarter(t)
			h := kept(t, w, nil)
			h.renew(w, journal.ID{1, 2, 3}, c.change)
			report := h.run()
			switch found := strings.Join(report.Findings, "\n"); {
			case c.want == "" && !report.Sound():
				t.Errorf("findings = %q", found)
			case !strings.Contains(found, c.want) || c.want != "" && report.FindingCount != 1:
				t.Errorf("%d findings = %q, want one with %q", report.FindingCount, found, c.want)
			}
		})
	}
}
