package reporting_test

import (
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

func TestSubmissionIsRolledUpBeforeTheAnswer(t *testing.T) {
	w := newWorld(t)
	a := w.token(auth.Reporter, "A")
	o := w.submitted(a, flow("A", "2024-05", "12.5"))
	if o.Kind != reporting.Created || o.Revision != 1 || o.Receipt.Sequence == 0 || o.Etag == "" {
		t.Errorf("outcome = %+v, want CREATED, revision 1, a receipt and an etag", o)
	}
	w.expect("P provisional", w.value("P", "FLOW", "2024-05", rollup.Provisional), "12.5 1/3")
	w.expect("D provisional", w.value("D", "FLOW", "2024-05", rollup.Provisional), "12.5 1/2")
	w.expect("P official", w.value("P", "FLOW", "2024-05", rollup.Official), "NO_DATA 0/3")
}

func TestR23OfficialAndProvisional(t *testing.T) {
	w := newWorld(t)
	a, p := w.token(auth.Reporter, "A"), w.token(auth.Approver, "P")
	ref := reporting.ReportRef{Unit: "A", Form: "M", Period: "2024-05"}
	approve := func(etag string) string {
		r, _, _, err := w.svc.Approve(t.Context(), w.call(p), ref, etag)
		must(t, err)
		return r.Etag
	}
	back := func(etag string) string {
		r, receipt, _, err := w.svc.Return(t.Context(), w.call(p), ref, etag, "Số liệu chưa khớp")
		must(t, err)
		if receipt.Sequence == 0 || receipt.Revision == 0 {
			t.Errorf("receipt of a return = %+v, want sequence and revision", receipt)
		}
		return r.Etag
	}
	first := w.submitted(a, flow("A", "2024-05", "10"))
	approved := approve(first.Etag)
	second := flow("A", "2024-05", "12")
	second.Etag = approved
	o := w.submitted(a, second)
	w.expect("official beside a correction", w.value("P", "FLOW", "2024-05", rollup.Official), "10 1/3")
	w.expect("provisional", w.value("P", "FLOW", "2024-05", rollup.Provisional), "12 1/3")
	etag := back(o.Etag)
	w.expect("official after the return", w.value("P", "FLOW", "2024-05", rollup.Official), "10 1/3")
	w.expect("provisional after the return", w.value("P", "FLOW", "2024-05", rollup.Provisional), "10 1/3")
	back(etag)
	w.expect("official after both", w.value("P", "FLOW", "2024-05", rollup.Official), "NO_DATA 0/3")
	w.expect("provisional after both", w.value("P", "FLOW", "2024-05", rollup.Provisional), "NO_DATA 0/3")
}

func TestR24NobodyOverwritesWhatHeHasNotSeen(t *testing.T) {
	w := newWorld(t)
	a := w.token(auth.Reporter, "A")
	first := w.submitted(a, flow("A", "2024-05", "10"))
	_, err := w.submit(a, flow("A", "2024-05", "11"))
	w.refused(err, "ETAG_MISMATCH")
	ref, head := reporting.ReportRef{Unit: "A", Form: "M", Period: "2024-05"}, w.head()
	before, _, err := w.svc.GetReport(t.Context(), a, ref, 0)
	must(t, err)
	w.now = w.now.Add(time.Hour)
	same := w.submitted(a, flow("A", "2024-05", "10.00"))
	if same.Kind != reporting.Unchanged || same.Revision != 1 || same.Receipt.Sequence != 0 {
		t.Errorf("the same content again = %+v, want UNCHANGED revision 1 and no receipt", same)
	}
	after, _, err := w.svc.GetReport(t.Context(), a, ref, 0)
	must(t, err)
	if w.head() != head || after.Etag != before.Etag || !after.Shown.Time.Equal(before.Shown.Time) || len(after.Revisions) != 1 {
		t.Errorf("the same content again left an entry, or another time: %+v, was %+v", after.Shown, before.Shown)
	}
	right := flow("A", "2024-05", "11")
	right.Etag = first.Etag
	if o := w.submitted(a, right); o.Kind != reporting.Corrected || o.Revision != 2 {
		t.Errorf("a correction with its etag = %+v, want CORRECTED revision 2", o)
	}
	_, err = w.submit(a, right)
	w.refused(err, "ETAG_MISMATCH")
	w.expect("after the correction", w.value("P", "FLOW", "2024-05", rollup.Provisional), "11 1/3")
}

func TestR25ASubmissionIsTheWholeReport(t *testing.T) {
	w := newWorld(t)
	a := w.token(auth.Reporter, "A")
	stock := "7"
	both := flow("A", "2024-05", "10")
	both.Figures = append(both.Figures, reporting.FigureDraft{Indicator: "STOCK", Value: &stock})
	o := w.submitted(a, both)
	part := flow("A", "2024-05", "11")
	_, err := w.submit(a, part)
	w.refused(err, "FIGURES_MISSING")
	part.Merge, part.Etag = true, o.Etag
	merged := w.submitted(a, part)
	if merged.Kind != reporting.Corrected || len(merged.Merged) != 1 || merged.Merged[0] != "STOCK" {
		t.Errorf("merge = %+v, want CORRECTED with STOCK filled", merged)
	}
	w.expect("STOCK after the merge", w.value("P", "STOCK", "2024-05", rollup.Provisional), "7 1/3")
}

func TestR37ARepeatIsAnsweredAndCountsOnce(t *testing.T) {
	w := newWorld(t)
	a := w.token(auth.Reporter, "A")
	call := w.call(a)
	sub := flow("A", "2024-05", "10")
	first, _, _, err := w.svc.Submit(t.Context(), call, sub)
	must(t, err)
	again, _, _, err := w.svc.Submit(t.Context(), call, sub)
	must(t, err)
	if again.Kind != reporting.Replayed || !again.Receipt.Replayed || again.Revision != 1 ||
		again.Receipt.Sequence != first.Receipt.Sequence || again.Receipt.Hash != first.Receipt.Hash || !again.Receipt.Time.Equal(first.Receipt.Time) {
		t.Errorf("repeat = %+v, want the first answer %+v, marked replayed", again, first)
	}
	_, _, _, err = w.svc.Submit(t.Context(), call, flow("A", "2024-05", "11"))
	w.refused(err, "REQUEST_ID_REUSED")
	w.expect("counted", w.value("P", "FLOW", "2024-05", rollup.Provisional), "10 1/3")
	// A revoked token must not read the old answer.
	_, _, _, err = w.svc.RevokeToken(t.Context(), w.call(w.admin), a.Token.ID)
	must(t, err)
	_, _, _, err = w.svc.Submit(t.Context(), call, sub)
	w.refused(err, "TOKEN_INVALID")
}

func TestR12AReporterWritesForItsOwnUnitAlone(t *testing.T) {
	w := newWorld(t)
	a, d := w.token(auth.Reporter, "A"), w.token(auth.Reporter, "D")
	for _, other := range []struct {
		by   auth.Caller
		unit string
	}{{a, "B"}, {a, "P"}, {a, "nowhere"}, {d, "A"}} {
		_, err := w.submit(other.by, flow(other.unit, "2024-05", "1"))
		w.refused(err, "UNIT_NOT_FOUND")
	}
	_, err := w.submit(w.token(auth.Viewer, "P"), flow("A", "2024-05", "1"))
	w.refused(err, "RIGHT_MISSING")
	if o := w.submitted(w.admin, flow("B", "2024-05", "1")); o.Kind != reporting.Created {
		t.Errorf("an administrator on behalf of B = %+v, want CREATED", o)
	}
}

func TestR9NobodyReviewsHisOwnReport(t *testing.T) {
	w := newWorld(t)
	admin := w.token(auth.Administrator, "")
	o := w.submitted(admin, flow("A", "2024-05", "1"))
	ref := reporting.ReportRef{Unit: "A", Form: "M", Period: "2024-05"}
	_, _, _, err := w.svc.Approve(t.Context(), w.call(admin), ref, o.Etag)
	w.refused(err, "OWN_REPORT")
	_, _, _, err = w.svc.Approve(t.Context(), w.call(w.token(auth.Approver, "A")), ref, o.Etag)
	w.refused(err, "NOT_THE_REVIEWER")
	_, _, _, err = w.svc.Approve(t.Context(), w.call(w.token(auth.Approver, "C")), ref, o.Etag)
	w.refused(err, "UNIT_NOT_FOUND")
	_, _, _, err = w.svc.Approve(t.Context(), w.call(w.token(auth.Approver, "D")), ref, o.Etag)
	must(t, err)
}

// TestR9TheNearestUnitAboveWithAnApproverReviews: whoever is further above waits until there is nobody nearer, by the form, the
// instant and the day on which a unit ends; an administrator may act for them.
func TestR9TheNearestUnitAboveWithAnApproverReviews(t *testing.T) {
	dir := t.TempDir()
	w := openWorld(t, dir)
	p, everywhere, none := w.token(auth.Approver, "P"), w.token(auth.Approver, ""), ""
	_, err := w.svc.ImportIndicators(t.Context(), w.call(w.admin), []indicator.Indicator{sum("Q")})
	must(t, err)
	_, err = w.svc.ImportForms(t.Context(), w.call(w.admin), []form.Form{monthly("Q", "Q")})
	must(t, err)
	ref := reporting.ReportRef{Unit: "A", Form: "M", Period: "2024-05"}
	etag := w.submitted(w.token(auth.Reporter, "A"), flow("A", "2024-05", "1")).Etag
	approve := func(by auth.Caller) string {
		call := w.call(by)
		call.ValidateOnly = true
		_, _, _, err := w.svc.Approve(t.Context(), call, ref, etag)
		return fault.ReasonOf(err)
	}
	answers := func(when string, of map[*auth.Caller]string) {
		t.Helper()
		for by, want := range of {
			if got := approve(*by); got != want {
				t.Errorf("%s: %s of %q is answered with %q, want %q", when, by.Token.Role, by.Token.Unit, got, want)
			}
		}
	}
	admin := w.token(auth.Administrator, "P")
	answers("P has the only approver", map[*auth.Caller]string{&p: none, &everywhere: "NOT_THE_REVIEWER", &admin: none})
	other := w.bound(auth.Approver, "D", "Q")
	answers("D has one for another form", map[*auth.Caller]string{&p: none, &other: "UNIT_NOT_FOUND"})
	w.token(auth.Administrator, "D")
	answers("D has an administrator", map[*auth.Caller]string{&p: none})
	d := w.token(auth.Approver, "D")
	answers("D has one", map[*auth.Caller]string{&p: "NOT_THE_REVIEWER", &d: none, &admin: none, &everywhere: "NOT_THE_REVIEWER"})
	w.close()
	w = startWorld(t, dir)
	answers("after a start", map[*auth.Caller]string{&p: "NOT_THE_REVIEWER", &d: none})
	_, _, _, err = w.svc.RevokeToken(t.Context(), w.call(w.admin), d.Token.ID)
	must(t, err)
	answers("D's was revoked", map[*auth.Caller]string{&p: none, &d: "TOKEN_INVALID"})
	d = w.token(auth.Approver, "D")
	answers("D has one again", map[*auth.Caller]string{&p: "NOT_THE_REVIEWER", &d: none})
	for _, unit := range []string{"A", "B", "D"} {
		u, _, err := w.svc.GetUnit(t.Context(), w.admin, unit, "")
		must(t, err)
		end := period.Date(2024, 6, 1)
		_, _, _, err = w.svc.UpdateUnit(t.Context(), w.call(w.admin), unit, reporting.UnitPatch{ValidTo: &end, Etag: u.Etag})
		must(t, err)
	}
	answers("D has ended, and nobody sits there", map[*auth.Caller]string{&p: none})
}

func TestR26DraftsCountNowhereAndAreSeenByTheirUnitAlone(t *testing.T) {
	w := newWorld(t)
	a := w.token(auth.Reporter, "A")
	draft := flow("A", "2024-06", "5") // June is not over
	_, err := w.submit(a, draft)
	w.refused(err, "PERIOD_TOO_EARLY")
	draft.Draft = true
	o := w.submitted(a, draft)
	w.expect("a draft", w.value("P", "FLOW", "2024-06", rollup.Provisional), "NO_DATA 0/3")
	ref := reporting.ReportRef{Unit: "A", Form: "M", Period: "2024-06"}
	if r, _, err := w.svc.GetReport(t.Context(), a, ref, 0); err != nil || r.Shown.Number != 1 {
		t.Errorf("its own unit reads the draft: %+v, %v", r.Shown, err)
	}
	_, _, err = w.svc.GetReport(t.Context(), w.token(auth.Approver, "P"), ref, 0)
	w.refused(err, "REPORT_NOT_FOUND")
	next := flow("A", "2024-06", "6")
	next.Draft, next.Etag = true, o.Etag
	_, err = w.submit(a, next)
	w.refused(err, "DRAFT_TOO_SOON")
	w.now = time.Date(2024, 7, 1, 0, 0, 0, 0, period.Location())
	final := flow("A", "2024-06", "6")
	final.Etag = o.Etag
	if o := w.submitted(a, final); o.Revision != 2 || o.Late {
		t.Errorf("final after the draft = %+v, want revision 2 in time", o)
	}
}

func TestR7LateIsDecidedByTheFirstFinalSubmission(t *testing.T) {
	w := newWorld(t)
	// May ends on Friday 31 May; two days later is Sunday 2 June, so Monday 3 June is the due day.
	deadline := time.Date(2024, 6, 4, 0, 0, 0, 0, period.Location())
	w.now = deadline.Add(-time.Nanosecond)
	a, b := w.token(auth.Reporter, "A"), w.token(auth.Reporter, "B")
	first := w.submitted(a, flow("A", "2024-05", "1"))
	w.now = deadline
	if o := w.submitted(b, flow("B", "2024-05", "1")); !o.Late || first.Late {
		t.Errorf("at the deadline late = %v, a nanosecond before it %v; want true, false", o.Late, first.Late)
	}
	correction := flow("A", "2024-05", "2")
	correction.Etag = first.Etag
	if o := w.submitted(a, correction); o.Late {
		t.Error("a correction after the deadline made the report late")
	}
}

func TestR49BadFiguresAreNamedOneByOne(t *testing.T) {
	w := newWorld(t)
	a := w.token(auth.Reporter, "A")
	s := func(v string) *string { return &v }
	bad := reporting.Submission{Ref: reporting.ReportRef{Unit: "A", Form: "M", Period: "2024-05"}, Figures: []reporting.FigureDraft{
		{Indicator: "FLOW", Value: s("NaN")},
		{Indicator: "STOCK", Value: s("1.234")},
		{Indicator: "RATIO", Numerator: s("1")},
		{Indicator: "NONE", Value: s("1")},
		{Indicator: "FLOW", Value: s("1e5")},
		{Indicator: "STOCK", Value: s("9999999999999999999999")},
	}}
	_, err := w.submit(a, bad)
	want := []string{"figures[0].value", "figures[1].value", "figures[2].denominator", "figures[3].indicator", "figures[4].value", "figures[5].value"}
	var got []string
	for _, d := range details(err) {
		got = append(got, d.Field)
	}
	if len(got) != len(want) {
		t.Fatalf("fields = %q, want %q (%v)", got, want, err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("problem %d at %q, want %q", i, got[i], want[i])
		}
	}
	twice := flow("A", "2024-05", "1")
	twice.Figures = append(twice.Figures, twice.Figures[0])
	_, err = w.submit(a, twice)
	w.refused(err, "FIGURE_TWICE")
	_ = figure.Plain
}
