package verify

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/period"
)

// quarter is the story of the planted faults, that of design 4.4: A reports every month of the first quarter, B the first
// alone. A's March is late and corrected, B's correction is returned.
func quarter(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.units(
		w.always("P", hierarchy.Province, ""), w.always("D", hierarchy.District, "P-0"),
		w.always("A", hierarchy.Commune, "D-0"), w.always("B", hierarchy.Commune, "D-0"), w.always("C", hierarchy.Commune, "P-0"),
	)
	last := counted("LAST", hierarchy.Commune)
	last.Value = indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast}
	w.catalogue(counted("SUM", hierarchy.Commune), last)
	w.formed(monthly("M", "kind:commune", "SUM", "LAST"))
	send := func(unit hierarchy.ID, m int, late bool, n int64) (entry.ReportKey, int) {
		k := entry.ReportKey{Unit: unit, Form: "M", Period: month(2024, m)}
		return k, w.send(k, late, map[indicator.Code]figure.Figure{"SUM": valued(n), "LAST": valued(n)})
	}
	w.approve(send("A-0", 1, false, 10))
	w.approve(send("A-0", 2, false, 20))
	w.approve(send("A-0", 3, true, 31))
	w.approve(send("A-0", 3, false, 30))
	w.approve(send("B-0", 1, false, 40))
	w.giveBack(send("B-0", 1, false, 44))
	return w
}

// kept gives a house in which journal and store hold the entries, after the store's were tampered with.
func kept(t *testing.T, w *world, tamper func([]entry.Entry)) *house {
	t.Helper()
	h := newHouse(t, t.TempDir())
	t.Cleanup(h.close)
	var heads []journal.Head
	for _, e := range w.entries {
		heads = append(heads, h.write(e)...)
	}
	others := slices.Clone(w.entries)
	if tamper != nil {
		tamper(others)
	}
	h.take(others, heads)
	return h
}

func TestASoundStoreHasNoFindings(t *testing.T) {
	w := quarter(t)
	h := kept(t, w, nil)
	var told []Report
	report, err := Run(context.Background(), h.journal, h, func(r Report) { told = append(told, r) })
	if err != nil || !report.Sound() {
		t.Fatalf("Run = %+v, %v", report, err)
	}
	if n := uint64(len(w.entries)); report.Entries != n || report.TotalEntries != n || report.Rollups < 100 {
		t.Errorf("%d of %d entries were read, %d roll-ups compared; want %d entries", report.Entries, report.TotalEntries, report.Rollups, n)
	}
	if len(told) < 2 || told[0].Rollups != 0 || told[len(told)-1].Rollups != report.Rollups {
		t.Errorf("progress = %+v", told)
	}
}

// at gives the entry with a body that is found, to be replaced.
func at[B entry.Body](t *testing.T, entries []entry.Entry, found func(B) bool) *entry.Entry {
	t.Helper()
	for i := range entries {
		if b, ok := entries[i].Body.(B); ok && found(b) {
			return &entries[i]
		}
	}
	t.Fatal("there is no such entry")
	return nil
}

// sentBy finds a report of a unit and month.
func sentBy(unit hierarchy.ID, m int) func(entry.ReportsSubmitted) bool {
	return func(b entry.ReportsSubmitted) bool {
		return b.Reports[0].Key.Unit == unit && b.Reports[0].Key.Period == month(2024, m)
	}
}

// resent changes what the store is told of a report.
func resent(t *testing.T, all []entry.Entry, unit hierarchy.ID, m int, change func(*entry.Submission)) {
	t.Helper()
	e := at(t, all, sentBy(unit, m))
	b, _ := e.Body.(entry.ReportsSubmitted)
	s := b.Reports[0]
	s.Figures = slices.Clone(s.Figures)
	change(&s)
	e.Body = entry.ReportsSubmitted{Reports: []entry.Submission{s}}
}

// planted are the faults of a store, each with what must be found; C reports nothing.
var planted = map[string]struct {
	tamper func(*testing.T, []entry.Entry)
	want   string
}{
	"a missing report": {func(t *testing.T, all []entry.Entry) {
		t.Helper()
		at(t, all, sentBy("A-0", 2)).Body = entry.StoreCreated{}
	}, "unit D-0, indicator SUM, 2024-Q1, OFFICIAL, AS_REPORTED, at entry 16: value: the store says 80, the reports 100; " +
		"received: the store says 3, the reports 4; missing: the store says 3, the reports 2"},
	"a doubled report": {func(t *testing.T, all []entry.Entry) {
		t.Helper()
		e := at(t, all, sentBy("A-0", 2))
		b, _ := e.Body.(entry.ReportsSubmitted)
		twin := b.Reports[0]
		twin.Key.Unit = "C-0"
		e.Body = entry.ReportsSubmitted{Reports: []entry.Submission{b.Reports[0], twin}}
	}, "unit P-0, indicator SUM, 2024-02, PROVISIONAL, AS_REPORTED, at entry 16: value: the store says 40, the reports 20; " +
		"received: the store says 2, the reports 1"},
	"a swapped unit": {func(t *testing.T, all []entry.Entry) {
		t.Helper()
		resent(t, all, "A-0", 1, func(s *entry.Submission) { s.Key.Unit = "C-0" })
		approval := at(t, all, func(b entry.ReportApproved) bool { return b.Key.Unit == "A-0" && b.Key.Period == month(2024, 1) })
		approval.Body = entry.ReportApproved{Key: entry.ReportKey{Unit: "C-0", Form: "M", Period: month(2024, 1)}, Revision: 1}
	}, "unit D-0, indicator SUM, 2024-01, OFFICIAL, AS_REPORTED, at entry 16: value: the store says 40, the reports 50"},
	"a digit": {func(t *testing.T, all []entry.Entry) {
		t.Helper()
		resent(t, all, "B-0", 1, func(s *entry.Submission) { s.Figures[1].Value = 41 })
	}, "unit D-0, indicator LAST, 2024-Q1, OFFICIAL, AS_REPORTED, at entry 16: value: the store says 71, the reports 70"},
	"an approval that was lost": {func(t *testing.T, all []entry.Entry) {
		t.Helper()
		at(t, all, func(b entry.ReportApproved) bool { return b.Revision == 2 }).Body = entry.StoreCreated{}
	}, "unit D-0, indicator SUM, 2024-03, OFFICIAL, AS_REPORTED, at entry 16: value: the store says 31, the reports 30"},
	"a return that was lost": {func(t *testing.T, all []entry.Entry) {
		t.Helper()
		at(t, all, func(entry.ReportReturned) bool { return true }).Body = entry.StoreCreated{}
	}, "unit D-0, indicator SUM, 2024-01, PROVISIONAL, AS_REPORTED, at entry 16: value: the store says 54, the reports 50"},
	"a deadline that was lost": {func(t *testing.T, all []entry.Entry) {
		t.Helper()
		resent(t, all, "A-0", 3, func(s *entry.Submission) { s.Deadline = s.Deadline.AddDate(1, 0, 0) })
	}, "unit D-0, indicator SUM, 2024-03, OFFICIAL, AS_REPORTED, at entry 16: late: the store says 0, the reports 1"},
	"an assignment": {func(t *testing.T, all []entry.Entry) {
		t.Helper()
		f := monthly("M", "kind:commune|except:unit:C-0", "SUM", "LAST")
		at(t, all, func(entry.FormsChanged) bool { return true }).Body = entry.FormsChanged{Forms: []entry.Form{{Form: f}}}
	}, "unit P-0, indicator SUM, 2024-02, OFFICIAL, AS_REPORTED, at entry 16: expected: the store says 2, the reports 3; " +
		"missing: the store says 1, the reports 2; units: the store says 2, the reports 3"},
}

func TestAStoreThatDiffersIsFound(t *testing.T) {
	for name, c := range planted {
		t.Run(name, func(t *testing.T) {
			r := kept(t, quarter(t), func(all []entry.Entry) { c.tamper(t, all) }).run()
			if !slices.ContainsFunc(r.Findings, func(f string) bool { return strings.HasPrefix(f, c.want) }) {
				t.Errorf("%d findings, and none is\n\t%s\nThe first are\n\t%s",
					r.FindingCount, c.want, strings.Join(r.Findings[:min(5, len(r.Findings))], "\n\t"))
			}
		})
	}
}

// liar is a house that answers one question wrongly.
type liar struct {
	*house
	lie func(*Answer) error
}

var asked = Question{Unit: "D-0", Indicator: "SUM", Period: period.Of(2024, period.Quarter, 1), Kind: hierarchy.Commune}

func (l *liar) Read(ctx context.Context, use func(journal.Head, func(Question) (Answer, error)) error) error {
	return l.house.Read(ctx, func(head journal.Head, ask func(Question) (Answer, error)) error {
		return use(head, func(q Question) (Answer, error) {
			a, err := ask(q)
			if err == nil && q == asked {
				err = l.lie(&a)
			}
			return a, err
		})
	})
}

// TestEveryFieldOfAnAnswerIsCompared alters one field after the other.
func TestEveryFieldOfAnAnswerIsCompared(t *testing.T) {
	h := kept(t, quarter(t), nil)
	for what, lie := range map[string]func(*Answer){
		"state: the store says NO_DATA, the reports VALUE":        func(a *Answer) { a.State = stateNoData },
		"value: the store says 1000, the reports 100":             func(a *Answer) { a.Value += "0" },
		"numerator: the store says 1, the reports nothing":        func(a *Answer) { a.Numerator = "1" },
		"denominator: the store says 1, the reports nothing":      func(a *Answer) { a.Denominator = "1" },
		"last period: the store says 2024, the reports nothing":   func(a *Answer) { a.Last = "2024" },
		"denominator from: the store says 2, the reports nothing": func(a *Answer) { a.DenominatorFrom = "2" },
		"expected: the store says 7, the reports 6":               func(a *Answer) { a.Expected++ },
		"received: the store says 5, the reports 4":               func(a *Answer) { a.Received++ },
		"not available: the store says 1, the reports 0":          func(a *Answer) { a.NotAvailable++ },
		"missing: the store says 1, the reports 2":                func(a *Answer) { a.Missing-- },
		"not applicable: the store says 1, the reports 0":         func(a *Answer) { a.NotApplicable++ },
		"excluded: the store says -1, the reports 0":              func(a *Answer) { a.Excluded-- },
		"late: the store says 2, the reports 1":                   func(a *Answer) { a.Late++ },
		"stale: the store says 1, the reports 0":                  func(a *Answer) { a.Stale++ },
		"units complete: the store says 2, the reports 1":         func(a *Answer) { a.UnitsComplete++ },
		"units: the store says 3, the reports 2":                  func(a *Answer) { a.Units++ },
		"half: the store says 1, the reports 0":                   func(a *Answer) { a.Half++ },
		"unweighted: the store says 1, the reports 0":             func(a *Answer) { a.Unweighted++ },
		"gaps: the store says 1, the reports 0":                   func(a *Answer) { a.Gaps++ },
		"divisor: the store says 1, the reports 0":                func(a *Answer) { a.Over++ },
		"fell: the store says true, the reports false":            func(a *Answer) { a.Fell = true },
	} {
		r, err := Run(context.Background(), h.journal, &liar{h, func(a *Answer) error { lie(a); return nil }}, nil)
		want := "unit D-0, indicator SUM, 2024-Q1, OFFICIAL, AS_REPORTED, kind commune, at entry 16: " + what
		if err != nil || r.FindingCount != 1 || r.Findings[0] != want {
			t.Errorf("Run = %v, %v, want\n%s", r.Findings, err, want)
		}
	}
}

func TestWhatTheStoreCannotAnswer(t *testing.T) {
	h := kept(t, quarter(t), nil)
	run := func(err error) (Report, error) {
		return Run(context.Background(), h.journal, &liar{h, func(*Answer) error { return err }}, nil)
	}
	whole, _ := run(nil)
	if r, err := run(fault.DataLoss("STATE_DAMAGED", "a page is torn")); err != nil || r.FindingCount != 1 || r.Rollups != whole.Rollups ||
		!strings.Contains(r.Findings[0], "the store cannot answer at entry 16: a page is torn") {
		t.Errorf("a damaged value: %+v, %v", r, err)
	}
	if r, err := run(fault.Exhausted("QUERY_TOO_LARGE", "too much")); err != nil || !r.Sound() || r.Rollups != whole.Rollups-1 {
		t.Errorf("a refusal: %+v, %v", r, err)
	}
	broken := errors.New("the disk is gone")
	if _, err := run(broken); !errors.Is(err, broken) {
		t.Errorf("a failure: %v", err)
	}
}

func TestAJournalWithABrokenChainIsFound(t *testing.T) {
	h := kept(t, quarter(t), nil)
	damage(t, h.dir, "Số LAST")
	r := h.run()
	if r.FindingCount != 1 || r.Rollups != 0 || !strings.HasPrefix(r.Findings[0], "the chain of the journal is broken after entry 2: ") {
		t.Errorf("report = %+v", r)
	}
}

// damage changes a byte of a text in the files of a journal, under a journal that is open.
func damage(t *testing.T, dir, text string) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, path := range files {
		content, err := os.ReadFile(path) //nolint:gosec // a folder of this test
		if err != nil {
			continue
		}
		if n := bytes.Index(content, []byte(text)); n >= 0 {
			f, err := os.OpenFile(path, os.O_WRONLY, 0) //nolint:gosec // as above
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }()
			if _, err := f.WriteAt([]byte("X"), int64(n)); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("%q is in none of %q", text, files)
}

func TestEntriesThatAreNotWhatTheyShouldBe(t *testing.T) {
	w := quarter(t)
	n := uint64(len(w.entries))
	t.Run("unreadable", func(t *testing.T) {
		h := kept(t, w, nil)
		head, err := h.journal.Append(context.Background(), n, []journal.Record{{Public: []byte("không phải bút toán")}})
		if err != nil {
			t.Fatal(err)
		}
		h.take([]entry.Entry{{Header: entry.Header{Sequence: n + 1}, Body: entry.StoreCreated{}}}, []journal.Head{head})
		wantFindings(t, h, "entry 17 cannot be read: ", "0 roll-ups were compared and the others not, because an entry could not be read")
	})
	t.Run("with another's sequence", func(t *testing.T) {
		h := kept(t, w, nil)
		h.write(entry.Entry{Header: entry.Header{Sequence: n + 5, Time: w.now()}, Body: entry.StoreCreated{}})
		wantFindings(t, h, "entry 17 says that it is entry 21")
	})
	t.Run("about what is not there", func(t *testing.T) {
		odd := *w
		odd.entries = slices.Clone(w.entries)
		odd.approve(entry.ReportKey{Unit: "Z-0", Form: "M", Period: month(2024, 1)}, 1)
		wantFindings(t, kept(t, &odd, nil), "entry 17 is about units/Z-0/reports/m~2024-01, and no entry before it made that unit and form")
	})
	t.Run("a unit that fits nowhere", func(t *testing.T) {
		odd := *w
		odd.entries = slices.Clone(w.entries)
		odd.units(odd.always("Y", hierarchy.Commune, "Z-0"))
		wantFindings(t, kept(t, &odd, nil), "entry 17 does not fit what came before it: ")
	})
	t.Run("a revision twice", func(t *testing.T) {
		odd := *w
		odd.entries, odd.revisions = slices.Clone(w.entries), map[entry.ReportKey]int{}
		odd.send(entry.ReportKey{Unit: "A-0", Form: "M", Period: month(2024, 1)}, false, nil)
		wantFindings(t, kept(t, &odd, nil), "entry 17 gives units/A-0/reports/m~2024-01 the revision 1, and it has 1 already")
	})
}

func wantFindings(t *testing.T, h *house, want ...string) {
	t.Helper()
	r := h.run()
	if len(r.Findings) != len(want) || r.FindingCount != len(want) {
		t.Fatalf("findings = %q, want %q", r.Findings, want)
	}
	for i := range want {
		if !strings.HasPrefix(r.Findings[i], want[i]) {
			t.Errorf("finding %d = %q, want %q", i, r.Findings[i], want[i])
		}
	}
}
