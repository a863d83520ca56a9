package reporting_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
)

// repeatable is a change that can be asked in two contents; said tells the answer without its stamp.
type repeatable struct {
	name string
	run  func(call reporting.Call, content string) (said string, receipt reporting.Receipt, err error)
}

func (w *world) repeatables() []repeatable {
	ctx := w.t.Context()
	flow, m := w.indicator("FLOW"), w.form("M")
	u, _, err := w.svc.GetUnit(ctx, w.admin, "A", "")
	must(w.t, err)
	_, _, named, _, err := w.svc.CreateToken(ctx, w.call(w.admin), reporting.TokenDraft{Role: auth.Viewer, DisplayName: "Lê Văn Sáu"})
	must(w.t, err)
	spare := map[string]string{"1": w.token(auth.Viewer, "P").Token.ID, "2": w.token(auth.Viewer, "P").Token.ID}
	return []repeatable{
		{"CreateUnit", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			u, r, _, err := w.svc.CreateUnit(ctx, c, unit("NEW"+content, "commune", "D"))
			return fmt.Sprint(u.ID, u.NameVI), r, err
		}},
		{"UpdateUnit", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			u, r, _, err := w.svc.UpdateUnit(ctx, c, "A", reporting.UnitPatch{NameEN: &content, Etag: u.Etag})
			return fmt.Sprint(u.ID, u.NameEN, u.Etag), r, err
		}},
		{"ImportUnits", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			change, err := w.svc.ImportUnits(ctx, c, []hierarchy.Unit{unit("IMP"+content, "commune", "D")})
			return fmt.Sprint(change.Created, change.Updated), change.Receipt, err
		}},
		{"CreateIndicator", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			i, change, _, err := w.svc.CreateIndicator(ctx, c, sum("IND"+content))
			return fmt.Sprint(i.Code, i.Etag), change.Receipt, err
		}},
		{"UpdateIndicator", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			changed := flow.Indicator
			changed.NameEN = content
			i, change, _, err := w.svc.UpdateIndicator(ctx, c, changed, flow.Etag)
			return fmt.Sprint(i.Code, i.NameEN, i.Etag), change.Receipt, err
		}},
		{"ImportIndicators", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			change, err := w.svc.ImportIndicators(ctx, c, []indicator.Indicator{sum("IMP" + content)})
			return fmt.Sprint(change.Created, change.Updated), change.Receipt, err
		}},
		{"CreateForm", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			f, change, _, err := w.svc.CreateForm(ctx, c, monthly("FORM"+content, "IND1"))
			return fmt.Sprint(f.Code, f.Etag), change.Receipt, err
		}},
		{"UpdateForm", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			changed := m.Form
			changed.NameEN = content
			f, change, _, err := w.svc.UpdateForm(ctx, c, changed, m.Etag)
			return fmt.Sprint(f.Code, f.NameEN, f.Etag), change.Receipt, err
		}},
		{"ImportForms", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			change, err := w.svc.ImportForms(ctx, c, []form.Form{monthly("IMP"+content, "IMP1")})
			return fmt.Sprint(change.Created, change.Updated), change.Receipt, err
		}},
		{"CreateToken", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			k, _, r, _, err := w.svc.CreateToken(ctx, c, reporting.TokenDraft{Role: auth.Viewer, DisplayName: content})
			return fmt.Sprint(k.ID, k.DisplayName, k.Expires), r, err
		}},
		{"RevokeToken", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			k, r, _, err := w.svc.RevokeToken(ctx, c, spare[content])
			return fmt.Sprint(k.ID, k.Revoked), r, err
		}},
		{"RedactEntry", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			done, r, err := w.svc.RedactEntry(ctx, c, reporting.EntryRef{Sequence: named.Sequence}, "có tên "+content)
			return fmt.Sprint(done.Sequence, done.Unchanged, done.Changes), r, err
		}},
	}
}

// R37: every change, asked again with its id, changes nothing and answers as before; the id is then good for nothing else.
func TestR37EveryChangeIsRepeated(t *testing.T) {
	w := newWorld(t)
	for _, c := range append(w.repeatables(), w.repeatablePlans()...) {
		call := w.call(w.admin)
		first, receipt, err := c.run(call, "1")
		must(t, err)
		w.now = w.now.Add(time.Hour)
		head := w.head()
		again, repeated, err := c.run(call, "1")
		must(t, err)
		w.expect(c.name, again, first)
		if repeated.Sequence != receipt.Sequence || repeated.Hash != receipt.Hash || !repeated.Time.Equal(receipt.Time) ||
			!repeated.Replayed || receipt.Replayed || receipt.Sequence == 0 {
			t.Errorf("%s: the receipts are %+v and %+v, want the same, the second replayed", c.name, receipt, repeated)
		}
		_, _, err = c.run(call, "2")
		w.at(err, "REQUEST_ID_REUSED", "request_id")
		if w.head() != head {
			t.Errorf("%s: a repetition made an entry", c.name)
		}
		_, _, err = c.run(reporting.Call{Caller: w.admin}, "2")
		w.at(err, "REQUEST_ID_REQUIRED", "request_id")
	}
}

// R25, R37: a repetition names the figures that were merged as the first answer did, also of a report that a batch left
// as it was.
func TestR37ARepetitionNamesWhatWasMerged(t *testing.T) {
	w := newWorld(t)
	a := w.submitted(w.admin, with(with(flow("A", "2024-05", "5"), "STOCK", "7"), "RATIO", "3/4"))
	w.submitted(w.admin, with(flow("B", "2024-05", "5"), "STOCK", "7"))
	lower := flow("A", "2024-05", "6") // however the code is written
	lower.Figures[0].Indicator = "flow"
	subs := []reporting.Submission{seen(merging(lower), a.Etag), merging(flow("B", "2024-05", "5"))}
	call := w.call(w.admin)
	for _, kinds := range [][]reporting.OutcomeKind{{reporting.Corrected, reporting.Unchanged}, {reporting.Replayed, reporting.Unchanged}} {
		outcomes, _, err := w.svc.SubmitBatch(t.Context(), call, subs, true)
		must(t, err)
		for i, want := range []string{"[RATIO STOCK]", "[STOCK]"} {
			if outcomes[i].Kind != kinds[i] {
				t.Errorf("outcome %d = %+v, want kind %d", i, outcomes[i], kinds[i])
			}
			w.expect("merged", fmt.Sprint(outcomes[i].Merged), want)
		}
	}
}

// A repeated token is told without its text, which is shown once.
func TestR37ARepeatedTokenKeepsItsSecret(t *testing.T) {
	w := newWorld(t)
	call := w.call(w.admin)
	draft := reporting.TokenDraft{Role: auth.Viewer, Unit: "A"}
	first, secret, _, _, err := w.svc.CreateToken(t.Context(), call, draft)
	must(t, err)
	again, hidden, _, _, err := w.svc.CreateToken(t.Context(), call, draft)
	must(t, err)
	if hidden.Reveal() != "" || secret.Reveal() == "" || again.ID != first.ID {
		t.Errorf("the repetition gives token %s with the text %q, want %s and none", again.ID, hidden.Reveal(), first.ID)
	}
	caller, err := w.svc.Authenticate(t.Context(), secret)
	if err != nil || caller.Principal != first.ID {
		t.Errorf("the first text proves %s, %v; want %s", caller.Principal, err, first.ID)
	}
	for _, c := range []struct {
		want, field string
		draft       reporting.TokenDraft
	}{
		{"ROLE_UNKNOWN", "role", reporting.TokenDraft{}},
		{"UNIT_REQUIRED", "unit", reporting.TokenDraft{Role: auth.Reporter}},
		{"UNIT_NOT_FOUND", "unit", reporting.TokenDraft{Role: auth.Viewer, Unit: "Z"}},
		{"FORM_NOT_FOUND", "form", reporting.TokenDraft{Role: auth.Viewer, Form: "z"}},
		{"LIFETIME_INVALID", "lifetime", reporting.TokenDraft{Role: auth.Viewer, Lifetime: -1}},
		{"LIFETIME_INVALID", "lifetime", reporting.TokenDraft{Role: auth.Viewer, Lifetime: 4 * 366 * 24 * time.Hour}},
		{"TEXT_CONTROL_CHARACTER", "display_name", reporting.TokenDraft{Role: auth.Viewer, DisplayName: "a\nb"}},
	} {
		_, _, _, _, err := w.svc.CreateToken(t.Context(), w.call(w.admin), c.draft)
		w.at(err, c.want, c.field)
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	w := newWorld(t)
	one, two := w.token(auth.Administrator, ""), w.token(auth.Administrator, "")
	revoke := func(by, k auth.Caller) error {
		_, _, _, err := w.svc.RevokeToken(t.Context(), w.call(by), k.Token.ID)
		return err
	}
	must(t, revoke(one, two))
	must(t, revoke(one, two)) // what has ended ends no more
	w.refused(revoke(one, one), "LAST_ADMINISTRATOR")
	three := w.token(auth.Administrator, "")
	must(t, revoke(one, one)) // his own, and he is told so
	w.refused(revoke(one, one), "TOKEN_INVALID")
	w.now = three.Token.Expires
	must(t, revoke(w.admin, three)) // it is no administrator's any more
}

// R5, R7: periods end at midnight in Vietnam, whatever the clock of the server is set to.
func TestR5APeriodEndsAtMidnightInVietnam(t *testing.T) {
	w := newWorld(t)
	_, err := w.svc.ImportIndicators(t.Context(), w.call(w.admin), []indicator.Indicator{sum("CUT1")})
	must(t, err)
	cutoff := monthly("CUT", "CUT1")
	cutoff.Calendar = period.CutoffFifteenth
	_, err = w.svc.ImportForms(t.Context(), w.call(w.admin), []form.Form{cutoff})
	must(t, err)
	cut := func(u, per string) reporting.Submission {
		sub := flow(u, per, "1")
		sub.Ref.Form, sub.Figures[0].Indicator = "cut", "CUT1"
		return sub
	}
	for _, c := range []struct {
		at   time.Time
		sub  reporting.Submission
		want string
	}{
		{time.Date(2024, 6, 30, 16, 59, 59, 999, time.UTC), flow("A", "2024-06", "1"), "PERIOD_TOO_EARLY"},
		{time.Date(2024, 6, 30, 17, 0, 0, 0, time.UTC), flow("A", "2024-06", "1"), ""},
		{time.Date(2024, 7, 14, 16, 59, 59, 0, time.UTC), cut("A", "2024-07"), "PERIOD_TOO_EARLY"},
		{time.Date(2024, 7, 14, 17, 0, 0, 0, time.UTC), cut("A", "2024-07"), ""},
		{time.Date(2024, 7, 14, 17, 0, 0, 0, time.UTC).In(time.FixedZone("elsewhere", -11*3600)), cut("B", "2024-07"), ""},
		{time.Date(2024, 7, 14, 17, 0, 0, 0, time.UTC), drafted(cut("A", "2024-08")), ""},
		{time.Date(2024, 7, 14, 17, 0, 0, 0, time.UTC), drafted(cut("A", "2024-09")), "PERIOD_TOO_EARLY"},
	} {
		w.now = c.at
		_, err := w.submit(w.admin, c.sub)
		w.refused(err, c.want)
	}
	// A token of today's: the day of bare codes is that of Vietnam too.
	w.now = time.Date(2024, 12, 31, 17, 0, 0, 0, time.UTC)
	if w.svc.Today() != period.Date(2025, 1, 1) {
		t.Errorf("today is %s, want 2025-01-01", w.svc.Today())
	}
}

// TestR37ARepetitionIsAnsweredWhereTheUnitHasEndedSince holds what was wrong once: a report was accepted, its answer lost, and
// the commune closed for a time before that period; whoever repeated the request was refused, as if it had never come.
func TestR37ARepetitionIsAnsweredWhereTheUnitHasEndedSince(t *testing.T) {
	w := newWorld(t)
	reporter := w.token(auth.Reporter, "A")
	one, all := w.call(reporter), w.call(w.admin)
	sub, batch := flow("A", "2024-05", "5"), []reporting.Submission{flow("A-0", "2024-04", "4"), flow("A", "2024-03", "3")}
	for _, kind := range []reporting.OutcomeKind{reporting.Created, reporting.Replayed} {
		o, _, _, err := w.svc.Submit(t.Context(), one, sub)
		if err != nil || o.Kind != kind || o.Revision != 1 || o.Receipt.Sequence == 0 {
			t.Errorf("Submit = %+v, %v, want kind %d", o, err, kind)
		}
		list, _, err := w.svc.SubmitBatch(t.Context(), all, batch, true)
		if err != nil || list[0].Kind != kind || list[1].Kind != kind || list[1].Revision != 1 {
			t.Errorf("SubmitBatch = %+v, %v, want kind %d", list, err, kind)
		}
		if kind == reporting.Created {
			_, err := w.svc.ReorganiseUnits(t.Context(), w.call(w.admin), hierarchy.Plan{
				Date: period.Date(2024, 3, 1), Close: []string{"A-0"}, Create: []hierarchy.Unit{unit("A", "commune", "D")},
			}, "")
			must(t, err)
		}
	}
	_, err := w.submit(reporter, flow("A-0", "2024-05", "6"))
	w.refused(err, "UNIT_NOT_VALID") // what is new is refused all the same
}
