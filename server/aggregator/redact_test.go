package aggregator_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/journal"
)

// remove takes the private part of an entry out of the story's journal.
func (j *memoryJournal) remove(sequence uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := &j.entries[sequence-1]
	e.Removed, e.Private, e.Salt = len(e.Private) > 0, nil, [16]byte{}
}

// noted is a figure with both texts.
func noted(n int64, note, explanation string) figure.Figure {
	f := value(n)
	f.Note, f.Explanation = note, explanation
	return f
}

// people tells a story in which every text names somebody, and gives the sequences of its entries by what they are.
func people(t testing.TB, long string) (s *story, at map[string]uint64) {
	s = one(t)
	at = map[string]uint64{}
	tell := func(what string, body entry.Body) {
		s.tell(body)
		at[what] = s.journal.Head().Sequence
	}
	k := key("B", "F", "2024-01")
	tell("first", sent(k, 1, map[uint32]figure.Figure{0: noted(1, "bà Sen ghi"+long, "ông Lúa giải thích")}))
	tell("return", entry.ReportReturned{Key: k, Revision: 1, Reason: "hỏi ông Tôm" + long})
	both := entry.ReportsSubmitted{Reports: []entry.Submission{
		sent(k, 2, map[uint32]figure.Figure{0: noted(2, "bà Cúc"+long, ""), 1: noted(3, "", "ông Mai")}).Reports[0],
		sent(key("A", "F", "2024-02"), 1, map[uint32]figure.Figure{0: noted(4, "bà Lan", "")}).Reports[0],
	}}
	tell("second", both)
	tell("token", entry.TokenIssued{Token: auth.Token{ID: "abc", Role: auth.Viewer, Created: s.now.Add(time.Second), DisplayName: "Nguyễn Thị Huệ"}})
	tell("other token", entry.TokenIssued{Token: auth.Token{ID: "def", Role: auth.Viewer, Created: s.now.Add(time.Second), DisplayName: "Trần Văn Đào"}})
	tell("revoked", entry.TokenRevoked{ID: "abc"})
	return s, at
}

// said lists every text that the state shows, and which revisions say that theirs are gone.
func said(t testing.TB, s *story) string {
	t.Helper()
	var b strings.Builder
	s.view(func(tx *aggregator.Tx) {
		for _, k := range []entry.ReportKey{key("B", "F", "2024-01"), key("A", "F", "2024-02")} {
			r, _, err := tx.Report(k)
			if err != nil {
				t.Fatal(err)
			}
			for _, rev := range r.Revisions {
				fmt.Fprintf(&b, "%s %d %v removed=%t %q", k.Unit, rev.Number, rev.State, rev.TextsRemoved, rev.Reason)
				for _, f := range rev.Figures {
					fmt.Fprintf(&b, " %d:%q,%q", f.Value, f.Note, f.Explanation)
				}
				b.WriteString("\n")
			}
		}
		tokens, err := tx.Tokens("", 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range tokens {
			one, _, err := tx.Token(k.ID)
			if err != nil || one.DisplayName != k.DisplayName || one.Revoked != k.Revoked {
				t.Errorf("Token = %+v, %v; in the list it is %+v", one, err, k)
			}
			fmt.Fprintf(&b, "%s %q revoked=%t\n", k.ID, k.DisplayName, !k.Revoked.IsZero())
		}
	})
	return b.String()
}

func TestR36ARedactionTakesTheTextsOfItsEntryAndNothingElse(t *testing.T) {
	whole := strings.Split(`B-0 1 RETURNED removed=false "hỏi ông Tôm" 1:"bà Sen ghi","ông Lúa giải thích"
B-0 2 SUBMITTED removed=false "" 2:"bà Cúc","" 3:"","ông Mai"
A-0 1 SUBMITTED removed=false "" 4:"bà Lan",""
abc "Nguyễn Thị Huệ" revoked=true
def "Trần Văn Đào" revoked=false
`, "\n")
	for what, lines := range map[string]map[int]string{
		"first": {0: `B-0 1 RETURNED removed=true "hỏi ông Tôm" 1:"",""`},
		"second": {
			1: `B-0 2 SUBMITTED removed=true "" 2:"","" 3:"",""`,
			2: `A-0 1 SUBMITTED removed=true "" 4:"",""`,
		},
		"return":  {0: `B-0 1 RETURNED removed=true "" 1:"bà Sen ghi","ông Lúa giải thích"`},
		"token":   {3: `abc "" revoked=true`},
		"revoked": {}, // it has no private part
	} {
		s, at := people(t, "")
		if got := said(t, s); got != strings.Join(whole, "\n") {
			t.Fatalf("before:\n%s", got)
		}
		// The second time there is nothing left, and so there is where another redaction is redacted.
		for range 2 {
			s.tell(entry.EntryRedacted{Sequence: at[what], Reason: "có tên người"})
		}
		s.tell(entry.EntryRedacted{Sequence: s.journal.Head().Sequence, Reason: "lý do cũng có tên"})
		want := slices.Clone(whole)
		for line, text := range lines {
			want[line] = text
		}
		if got := said(t, s); got != strings.Join(want, "\n") {
			t.Errorf("after the redaction of %s:\n%swant\n%s", what, got, strings.Join(want, "\n"))
		}
		wantSum(t, s, "16")
		sameAfterRebuild(t, s)
	}
}

// TestR31ARedactionOfNoEarlierEntryIsPassedOver: such an entry was never decided, and takes nothing from what comes.
func TestR31ARedactionOfNoEarlierEntryIsPassedOver(t *testing.T) {
	s, _ := people(t, "")
	tx := s.begin()
	next := tx.Position().Head.Sequence + 1
	for n, body := range []entry.Body{
		entry.EntryRedacted{},
		entry.EntryRedacted{Sequence: next + 1},
		entry.EntryRedacted{Sequence: next + 3},
		entry.TokenIssued{Token: auth.Token{ID: "new", Role: auth.Viewer, DisplayName: "Lê Thị Sim"}},
	} {
		e := entry.Entry{Header: entry.Header{Sequence: next + uint64(n), Time: s.now}, Body: body}
		if err := tx.Apply(e, journal.Head{Sequence: e.Header.Sequence}); err != nil {
			t.Fatalf("Apply(%+v) = %v", body, err)
		}
	}
	k, _, err := tx.Token("new")
	if err != nil || k.DisplayName != "Lê Thị Sim" {
		t.Errorf("the token that came later = %+v, %v", k, err)
	}
	for _, sequence := range []uint64{0, next + 1, next + 3} {
		if redacted, err := tx.Redacted(sequence); redacted || err != nil {
			t.Errorf("Redacted(%d) = %t, %v", sequence, redacted, err)
		}
	}
}

// Whatever was told and redacted, in whatever order: the state that saw the texts, one that is made of a journal that
// still has them, and one of a journal without them are the same bytes under the same keys.
func TestR36AReplayWithoutTheTextsGivesTheSameBytes(t *testing.T) {
	fewer(t)
	rapid.Check(t, func(r *rapid.T) {
		s := one(t)
		defer func() { _ = s.close() }()
		k := key("B", "F", "2024-01")
		text := func(name string) string {
			// Long enough that a report with some of them would have to be laid by.
			return strings.Repeat("chị Hoa ", rapid.SampledFrom([]int{0, 1, 700}).Draw(r, name))
		}
		revision, removed := 0, []uint64{}
		for range rapid.IntRange(1, 25).Draw(r, "entries") {
			switch rapid.IntRange(0, 5).Draw(r, "what") {
			case 0:
				s.add(entry.ReportReturned{Key: k, Revision: max(revision, 1), Reason: text("reason")})
			case 1:
				s.add(entry.TokenIssued{Token: auth.Token{ID: "abc", Role: auth.Viewer, Created: s.now.Add(time.Second), DisplayName: text("name")}})
			case 2:
				next := s.begin().Position().Head.Sequence + 1
				removed = append(removed, rapid.Uint64Range(1, next-1).Draw(r, "target"))
				s.add(entry.EntryRedacted{Sequence: removed[len(removed)-1], Reason: text("why")})
			case 3:
				s.add(entry.ReportApproved{Key: k, Revision: max(revision, 1)})
			default:
				revision++
				figures := map[uint32]figure.Figure{0: noted(int64(revision), text("note"), text("explanation")), 1: noted(1, text("note"), "")}
				s.add(sent(k, revision, figures))
			}
			if rapid.Bool().Draw(r, "commit") {
				s.commit()
			}
		}
		s.commit()
		sameAfterRebuild(r, s)
		for _, sequence := range removed {
			s.journal.remove(sequence)
		}
		sameAfterRebuild(r, s)
	})
}

// holding lists the files of the story's folder that hold a text.
func (s *story) holding(text string) (names []string) {
	s.t.Helper()
	list, err := os.ReadDir(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range list {
		raw, err := os.ReadFile(filepath.Join(s.dir, f.Name()))
		if err != nil {
			s.t.Fatal(err)
		}
		if bytes.Contains(raw, []byte(text)) {
			names = append(names, f.Name())
		}
	}
	return names
}

// TestR36EraseLeavesNothingInTheFile looks into the bytes of the file: pages that were given up keep what they held until
// Erase, and a process that was killed before it leaves that work to the next.
func TestR36EraseLeavesNothingInTheFile(t *testing.T) {
	for _, killed := range []bool{false, true} {
		s, at := people(t, strings.Repeat(" rất dài", 400)) // some in pages of their own
		for n := range 30 {                                 // more pages that hold the texts, or held them
			s.tell(sent(key("A", "F", "2024-03"), n+1, map[uint32]figure.Figure{0: noted(int64(n), "ghi chú chung", "")}))
		}
		var targets []uint64
		for _, what := range []string{"first", "return", "second", "token"} {
			s.tell(entry.EntryRedacted{Sequence: at[what], Reason: "có tên"})
			targets = append(targets, at[what])
		}
		names := []string{"bà Sen", "ông Lúa", "ông Tôm", "bà Cúc", "ông Mai", "bà Lan", "Nguyễn Thị Huệ"}
		if !slices.ContainsFunc(names, func(name string) bool { return len(s.holding(name)) > 0 }) {
			t.Fatal("the file holds nothing of the texts before Erase: the test proves nothing")
		}
		if killed { // in a commit that had written some of its pages
			again(t, s, "bà Sen")
		}
		list, upTo, err := s.store.Unremoved(t.Context())
		if slices.Sort(list); err != nil || !slices.Equal(list, targets) || upTo != s.journal.Head().Sequence {
			t.Fatalf("Unremoved = %v up to %d, %v; want %v", list, upTo, err, targets)
		}
		before := said(t, s)
		if err := s.store.Erase(t.Context(), upTo); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if got := s.holding(name); len(got) > 0 {
				t.Errorf("%v still hold %q", got, name)
			}
		}
		if list, _, err := s.store.Unremoved(t.Context()); len(list) > 0 || err != nil {
			t.Errorf("Unremoved after Erase = %v, %v", list, err)
		}
		if got := s.holding("Trần Văn Đào"); len(got) != 1 {
			t.Error("what nobody redacted is gone")
		}
		s.tell(sent(key("A", "F", "2024-04"), 1, map[uint32]figure.Figure{0: value(1)}))
		if again(t, s, ""); said(t, s) != before {
			t.Errorf("after Erase:\n%swant\n%s", said(t, s), before)
		}
		if list, _, err := s.store.Unremoved(t.Context()); len(list) > 0 || err != nil {
			t.Errorf("Unremoved after another start = %v, %v", list, err)
		}
	}
}

// again leaves the store as a killed process would, with something behind the last page, and opens it.
func again(t *testing.T, s *story, behind string) {
	t.Helper()
	raw, err := os.ReadFile(s.path("state.bolt"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	boot, err := os.ReadFile(s.path("state.boot"))
	if err != nil {
		t.Fatal(err)
	}
	err = os.WriteFile(filepath.Join(dir, "state.bolt"), append(raw, behind...), 0o600)
	if err = errors.Join(err, os.WriteFile(filepath.Join(dir, "state.boot"), boot, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	s.dir = dir
	s.open(aggregator.Kept)
}

// TestR36EraseWaitsForReaders: whoever began to read before the text was removed goes on to see a whole state, and Erase
// waits; whoever comes later does not wait for it.
func TestR36EraseWaitsForReaders(t *testing.T) {
	s, at := people(t, "")
	reading, go1 := make(chan struct{}), make(chan struct{})
	read := make(chan error, 1)
	go func() {
		read <- s.store.View(context.Background(), func(tx *aggregator.Tx) error {
			close(reading)
			<-go1
			r, _, err := tx.Report(key("B", "F", "2024-01"))
			if err == nil && r.Revisions[0].Figures[0].Note != "bà Sen ghi" {
				err = fmt.Errorf("the reader sees %+v", r.Revisions[0])
			}
			return err
		})
	}()
	<-reading
	s.tell(entry.EntryRedacted{Sequence: at["first"], Reason: "có tên"})
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	if err := s.store.Erase(ctx, s.journal.Head().Sequence); err == nil || ctx.Err() == nil {
		t.Errorf("Erase beside the reader = %v", err)
	}
	if list, _, _ := s.store.Unremoved(t.Context()); len(list) != 1 {
		t.Errorf("Unremoved = %v after an Erase that was broken off", list)
	}
	wantSum(t, s, "16")
	erased := make(chan error, 1)
	go func() { erased <- s.store.Erase(context.Background(), s.journal.Head().Sequence) }()
	time.Sleep(20 * time.Millisecond)
	close(go1)
	if err := <-read; err != nil {
		t.Error(err)
	}
	if err := <-erased; err != nil {
		t.Error(err)
	}
	if got := s.holding("bà Sen"); len(got) > 0 {
		t.Errorf("%v still hold the text", got)
	}
}
