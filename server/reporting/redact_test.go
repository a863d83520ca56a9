package reporting_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/reporting"
)

// noted is a submission with a note beside its figure.
func noted(sub reporting.Submission, note string) reporting.Submission {
	sub.Figures[0].Note = note
	return sub
}

// entries gives the sequences of entries that can be redacted, by what they are.
func (w *world) entries() map[string]uint64 {
	w.t.Helper()
	at := map[string]uint64{}
	reporter, approver := w.token(auth.Reporter, "A"), w.token(auth.Approver, "D")
	sub := noted(flow("A", "2024-05", "7"), "bà Sen gọi")
	sub.Figures[0].Explanation = "ông Lúa nói"
	w.submitted(reporter, sub)
	at["revision 1"] = w.head()
	r, _, err := w.svc.GetReport(w.t.Context(), w.admin, ref("A"), 0)
	must(w.t, err)
	_, _, _, err = w.svc.Return(w.t.Context(), w.call(approver), ref("A"), r.Etag, "hỏi ông Tôm")
	must(w.t, err)
	at["return"] = w.head()
	_, _, _, _, err = w.svc.CreateToken(w.t.Context(), w.call(w.admin), reporting.TokenDraft{Role: auth.Viewer, DisplayName: "Nguyễn Thị Huệ"})
	must(w.t, err)
	at["token"] = w.head()
	at["nothing private"] = 1
	return at
}

// shown lists everything that the use cases tell of texts.
func (w *world) shown() string {
	w.t.Helper()
	ctx := w.t.Context()
	var b strings.Builder
	r, revisions, _, _, err := w.svc.ListRevisions(ctx, w.admin, ref("A"), reporting.Page{})
	must(w.t, err)
	for _, rev := range append(revisions, r.Shown) {
		f := r.Figures(rev)[0]
		fmt.Fprintf(&b, "%d %s %q %q %q removed=%t\n", rev.Number, rev.State, f.Note, f.Explanation, rev.Reason, rev.TextsRemoved)
	}
	explained, err := w.svc.ExplainRollup(ctx, w.admin, reporting.ExplainQuery{Unit: "D", Indicator: "FLOW", Period: "2024-05"})
	must(w.t, err)
	fmt.Fprintf(&b, "%+v\n", explained.Contributions)
	tokens, err := w.svc.ListTokens(ctx, w.admin, reporting.Page{})
	must(w.t, err)
	for _, k := range tokens.Tokens {
		fmt.Fprintf(&b, "%s %q\n", k.ID, k.DisplayName)
	}
	return b.String()
}

// private gives what the journal holds of an entry's private part.
func (w *world) private(sequence uint64) (text string, removed bool) {
	w.t.Helper()
	err := w.journal.Read(w.t.Context(), sequence, func(e journal.Entry) error {
		text, removed = string(e.Private), e.Removed
		return errors.New("enough")
	})
	if err == nil {
		w.t.Errorf("there is no entry %d", sequence)
	}
	return text, removed
}

func TestR36ARedactedTextIsInNoAnswerAndNotInTheJournal(t *testing.T) {
	w := newWorld(t)
	at := w.entries()
	operator := w.token(auth.Operator, "")
	for _, c := range []struct {
		what  string
		ref   reporting.EntryRef
		texts []string
		kind  aggregator.ChangeKind
	}{
		{"revision 1", reporting.EntryRef{Revision: "units/A/reports/m~2024-05/revisions/1"}, []string{"bà Sen gọi", "ông Lúa nói"}, aggregator.SubmittedChange},
		{"return", reporting.EntryRef{Sequence: at["return"]}, []string{"hỏi ông Tôm"}, aggregator.ReturnedChange},
		{"token", reporting.EntryRef{Sequence: at["token"]}, []string{"Nguyễn Thị Huệ"}, aggregator.AccessChange},
	} {
		before, head := w.shown(), w.head()
		preview := w.call(operator)
		preview.ValidateOnly = true
		done, receipt, err := w.svc.RedactEntry(t.Context(), preview, c.ref, "có tên người")
		must(t, err)
		if done.Sequence != at[c.what] || done.Unchanged || receipt != (reporting.Receipt{}) || w.shown() != before || w.head() != head {
			t.Errorf("preview of %s = %+v, %+v, head %d", c.what, done, receipt, w.head())
		}
		call := w.call(operator)
		done, receipt, err = w.svc.RedactEntry(t.Context(), call, c.ref, "có tên người")
		must(t, err)
		if done.Unchanged || receipt.Sequence != head+1 || done.Sequence != at[c.what] || len(done.Changes) != 1 || done.Changes[0].Kind != c.kind ||
			done.Stamp.Sequence != head+1 {
			t.Errorf("redaction of %s = %+v, %+v", c.what, done, receipt)
		}
		for _, text := range c.texts {
			if !strings.Contains(before, text) || strings.Contains(w.shown(), text) {
				t.Errorf("%s: %q is told before: %t, after: %t", c.what, text, strings.Contains(before, text), strings.Contains(w.shown(), text))
			}
		}
		if text, removed := w.private(at[c.what]); text != "" || !removed {
			t.Errorf("the journal holds %q of %s, removed %t", text, c.what, removed)
		}
		again, repeated, err := w.svc.RedactEntry(t.Context(), call, c.ref, "có tên người")
		must(t, err)
		if !repeated.Replayed || repeated.Sequence != receipt.Sequence || again.Unchanged {
			t.Errorf("the repetition = %+v, %+v", again, repeated)
		}
		again, repeated, err = w.svc.RedactEntry(t.Context(), w.call(operator), c.ref, "một lần nữa")
		must(t, err)
		if !again.Unchanged || repeated != (reporting.Receipt{}) || w.head() != head+1 {
			t.Errorf("the second redaction = %+v, %+v", again, repeated)
		}
	}
	w.expect("the figure", w.value("D", "FLOW", "2024-05", 1), "NO_DATA 0/2")
	if got := w.shown(); !strings.HasPrefix(got, `1 RETURNED "" "" "" removed=true`) {
		t.Errorf("the revision is told as\n%s", got)
	}
}

func TestR36WhatCannotBeRedacted(t *testing.T) {
	w := newWorld(t)
	at := w.entries()
	by := func(sequence uint64) reporting.EntryRef { return reporting.EntryRef{Sequence: sequence} }
	named := func(name string) reporting.EntryRef { return reporting.EntryRef{Revision: name} }
	const why = "có tên"
	for _, c := range []struct {
		ref           reporting.EntryRef
		reason        string
		refused, with string
	}{
		{by(at["nothing private"]), why, "ENTRY_NOT_PRIVATE", "sequence"},
		{by(w.head() + 1), why, "ENTRY_NOT_FOUND", "sequence"},
		{by(1 << 62), why, "ENTRY_NOT_FOUND", "sequence"},
		{by(0), why, "ENTRY_NOT_NAMED", "sequence"},
		{reporting.EntryRef{Sequence: 1, Revision: "units/A/reports/m~2024-05/revisions/1"}, why, "ENTRY_NOT_NAMED", "sequence"},
		{by(at["return"]), "", "REASON_REQUIRED", "reason"},
		{by(at["return"]), " \n ", "REASON_REQUIRED", "reason"},
		{by(at["return"]), strings.Repeat("ă", 2001), "TEXT_TOO_LONG", "reason"},
		{by(at["return"]), "căn cước 012345678901", "TEXT_PERSONAL_NUMBER", "reason"},
		{named("units/A/reports/m~2024-05/revisions/2"), why, "REVISION_NOT_FOUND", "name"},
		{named("units/A/reports/m~2024-04/revisions/1"), why, "REVISION_NOT_FOUND", "name"},
		{named("units/A/reports/m~2024-05"), why, "REVISION_NAME_INVALID", "name"},
		{named("units/A/reports/m~2024-05/revisions/x"), why, "REVISION_NAME_INVALID", "name"},
		{named("tokens/abc/revisions/1"), why, "REVISION_NAME_INVALID", "name"},
		{named("units/Z/reports/m~2024-05/revisions/1"), why, "UNIT_NOT_FOUND", "unit"},
	} {
		head := w.head()
		for _, preview := range []bool{true, false} {
			call := w.call(w.admin)
			call.ValidateOnly = preview
			_, _, err := w.svc.RedactEntry(t.Context(), call, c.ref, c.reason)
			w.at(err, c.refused, c.with)
		}
		if w.head() != head {
			t.Errorf("%+v: an entry was made", c.ref)
		}
	}
	_, _, err := w.svc.RedactEntry(t.Context(), w.call(w.admin), by(at["return"]), strings.Repeat("ă", 2000))
	must(t, err)
	if text, _ := w.private(w.head()); !strings.Contains(text, "ăăă") {
		t.Errorf("the reason is not in the private part: %q", text)
	}
	// The reason too may name somebody.
	_, _, err = w.svc.RedactEntry(t.Context(), w.call(w.admin), by(w.head()), "lý do cũng có tên")
	must(t, err)
	if _, removed := w.private(w.head() - 1); !removed {
		t.Error("the reason of the first redaction stays")
	}
}

// TestR36TheEntryIsDurableBeforeAnythingIsRemoved: what is removed for ever was said before; and nobody hears OK as long as
// it is not removed.
func TestR36TheEntryIsDurableBeforeAnythingIsRemoved(t *testing.T) {
	w := newWorld(t)
	at := w.entries()
	failing := errors.New("the disk failed")
	calls := 0
	w.remove = func(ctx context.Context, sequence uint64) error {
		calls++
		if sequence != at["return"] || w.journal.Head().Sequence != at["token"]+1 {
			t.Errorf("entry %d is removed at head %d", sequence, w.journal.Head().Sequence)
		}
		must(t, w.state.View(ctx, func(tx *aggregator.Tx) error {
			if redacted, err := tx.Redacted(sequence); !redacted || err != nil {
				t.Errorf("it is removed before the state knows: %t, %v", redacted, err)
			}
			return nil
		}))
		return failing
	}
	call := w.call(w.admin)
	_, _, err := w.svc.RedactEntry(t.Context(), call, reporting.EntryRef{Sequence: at["return"]}, "có tên")
	if !errors.Is(err, failing) || calls != 1 {
		t.Errorf("after a failed removal: %v, %d calls", err, calls)
	}
	if strings.Contains(w.shown(), "Tôm") {
		t.Error("the text is told after its removal failed")
	}
	w.remove = nil
	_, receipt, err := w.svc.RedactEntry(t.Context(), call, reporting.EntryRef{Sequence: at["return"]}, "có tên")
	must(t, err)
	if _, removed := w.private(at["return"]); !removed || !receipt.Replayed || receipt.Sequence != at["token"]+1 {
		t.Errorf("the repetition removes: %t, %+v", removed, receipt)
	}
}

// TestR36WhoeverLeavesDoesNotStopARemoval: the entry may be durable already when the caller is gone. He leaves when
// somebody looks at the clock: when his token is looked up, when the committer decides, and later.
func TestR36WhoeverLeavesDoesNotStopARemoval(t *testing.T) {
	made := 0
	for moment := range 4 {
		w := newWorld(t)
		at := w.entries()
		ctx, leave := context.WithCancel(t.Context())
		looks := 0
		gone := func() {
			if looks == moment {
				leave()
			}
			looks++
		}
		w.tick.Store(&gone)
		_, _, err := w.svc.RedactEntry(ctx, w.call(w.admin), reporting.EntryRef{Sequence: at["return"]}, "có tên")
		w.tick.Store(nil)
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("RedactEntry = %v", err)
		}
		redacted := false
		must(t, w.state.View(t.Context(), func(tx *aggregator.Tx) (err error) {
			redacted, err = tx.Redacted(at["return"])
			return err
		}))
		if _, removed := w.private(at["return"]); removed != redacted {
			t.Errorf("gone at look %d: the entry is made: %t, the text is removed: %t", moment, redacted, removed)
		}
		if redacted && ctx.Err() != nil {
			made++
		}
		leave()
	}
	if made < 2 {
		t.Errorf("the entry was made %d times after the caller had left; the test proves nothing", made)
	}
}
