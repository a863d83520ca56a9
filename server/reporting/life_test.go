package reporting_test

import (
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

func TestR13DraftAndSendAreTwoRights(t *testing.T) {
	w := newWorld(t)
	drafter, sender := w.token(auth.Drafter, "A"), w.token(auth.Sender, "A")
	draft := flow("A", "2024-05", "10")
	draft.Draft = true
	_, err := w.submit(sender, draft)
	w.refused(err, "RIGHT_MISSING")
	_, err = w.submit(drafter, flow("A", "2024-05", "10"))
	w.refused(err, "RIGHT_MISSING")
	saved := w.submitted(drafter, draft)
	// The other one sees what was saved, and sends it.
	r, _, err := w.svc.GetReport(t.Context(), sender, obligation, 0)
	must(t, err)
	final := flow("A", "2024-05", "10")
	final.Etag = r.Etag
	if o := w.submitted(sender, final); o.Revision != 2 || saved.Revision != 1 || r.Etag != saved.Etag {
		t.Errorf("sent = %+v, saved %+v, seen %q", o, saved, r.Etag)
	}
	w.expect("sent", w.value("P", "FLOW", "2024-05", rollup.Provisional), "10 1/3")
	_, err = w.submit(drafter, flow("B", "2024-05", "1"))
	w.refused(err, "UNIT_NOT_FOUND")
}

func TestR12WhoeverSendsOnBehalfOfAUnitIsNamed(t *testing.T) {
	w := newWorld(t)
	d := w.token(auth.Approver, "D")
	w.submitted(d, flow("A", "2024-05", "10"))
	w.submitted(w.token(auth.Reporter, "B"), flow("B", "2024-05", "1"))
	w.submitted(w.token(auth.Administrator, ""), flow("C", "2024-05", "1"))
	for _, want := range []struct {
		unit   string
		behalf bool
		acting hierarchy.ID
	}{{"A", true, "D-0"}, {"B", false, ""}, {"C", true, ""}} {
		r, _, err := w.svc.GetReport(t.Context(), w.admin, ref(want.unit), 0)
		must(t, err)
		if r.Shown.OnBehalf != want.behalf || r.Shown.ActingFor != want.acting {
			t.Errorf("%s: on behalf %t by %q, want %t by %q", want.unit, r.Shown.OnBehalf, r.Shown.ActingFor, want.behalf, want.acting)
		}
	}
	// Whoever sent it may not approve it, on behalf or not; another one may.
	_, _, _, err := w.svc.Approve(t.Context(), w.call(d), obligation, "1-submitted")
	w.refused(err, "OWN_REPORT")
	_, _, _, err = w.svc.Approve(t.Context(), w.call(w.token(auth.Approver, "D")), obligation, "1-submitted")
	must(t, err)
	_, err = w.submit(d, flow("D", "2024-05", "1")) // nobody sends on behalf of his own unit
	w.refused(err, "UNIT_NOT_FOUND")
}

func TestR9AFormMayLetWhoeverSentItApprove(t *testing.T) {
	w := newWorld(t)
	admin := w.token(auth.Administrator, "")
	w.submitted(admin, flow("A", "2024-05", "10"))
	_, _, _, err := w.svc.Approve(t.Context(), w.call(admin), obligation, "1-submitted")
	w.refused(err, "OWN_REPORT")
	f := w.form("M")
	f.OwnApproval = true
	_, _, _, err = w.svc.UpdateForm(t.Context(), w.call(w.admin), f.Form, f.Etag)
	must(t, err)
	_, _, _, err = w.svc.Approve(t.Context(), w.call(admin), obligation, "1-submitted")
	must(t, err)
	w.expect("approved", w.value("P", "FLOW", "2024-05", rollup.Official), "10 1/3")
}

func TestHistoryTellsWhoDidWhatWhenAndWhy(t *testing.T) {
	w := newWorld(t)
	a, p := w.token(auth.Reporter, "A"), w.token(auth.Approver, "P")
	w.submitted(a, flow("A", "2024-05", "10"))
	_, _, _, err := w.svc.Return(t.Context(), w.call(p), obligation, "1-submitted", "Số nhỏ quá")
	must(t, err)
	stock := "7"
	second := flow("A", "2024-05", "100")
	second.Etag, second.Figures = "1-returned", append(second.Figures, reporting.FigureDraft{Indicator: "STOCK", Value: &stock})
	w.submitted(a, second)
	_, _, _, err = w.svc.Approve(t.Context(), w.call(p), obligation, "2-submitted")
	must(t, err)
	r, receipt, _, err := w.svc.RestoreRevision(t.Context(), w.call(a), obligation, 1, "2-approved")
	must(t, err)
	if receipt.Revision != 3 || r.Shown.RestoredFrom != 1 || len(r.Shown.Figures) != 1 {
		t.Errorf("restored = %+v, receipt %+v", r.Shown, receipt)
	}
	// The approved revision stands until the restored one is approved itself.
	w.expect("official", w.value("P", "FLOW", "2024-05", rollup.Official), "100 1/3")
	w.expect("provisional", w.value("P", "FLOW", "2024-05", rollup.Provisional), "10 1/3")
	w.exclude(p, obligation)
	events, next, _, err := w.svc.ListHistory(t.Context(), p, obligation, reporting.Page{Size: 4})
	must(t, err)
	more, _, _, err := w.svc.ListHistory(t.Context(), p, obligation, reporting.Page{Token: next})
	must(t, err)
	var told []string
	for _, e := range append(events, more...) {
		line := [...]string{"", "saved", "sent", "restored", "approved", "returned", "excluded", "lifted"}[e.Act] + " " + string(rune('0'+e.Revision))
		for _, c := range e.Changes {
			was, is := "nothing", "nothing"
			if c.Was != nil {
				was = c.Was.Value.Format(c.Was.Scale)
			}
			if c.Is != nil {
				is = c.Is.Value.Format(c.Is.Scale)
			}
			line += " " + was + ">" + is
		}
		if e.Reason != "" {
			line += " (" + e.Reason + ")"
		}
		if e.Principal == "" || e.Sequence == 0 || e.Time.IsZero() {
			t.Errorf("%+v does not say by whom and when", e)
		}
		told = append(told, line)
	}
	want := "sent 1 nothing>10; returned 1 (Số nhỏ quá); sent 2 10>100 nothing>7; approved 2; restored 3 100>10 7>nothing; excluded 0 (Lũ lụt)"
	if got := strings.Join(told, "; "); got != want || len(events) != 4 {
		t.Errorf("the history is\n%s, want\n%s", got, want)
	}
}

func TestRestoringWhatIsNotThereOrNotSeen(t *testing.T) {
	w := newWorld(t)
	a := w.token(auth.Reporter, "A")
	w.submitted(a, flow("A", "2024-05", "10"))
	restore := func(by auth.Caller, number int, etag string) error {
		_, _, _, err := w.svc.RestoreRevision(t.Context(), w.call(by), obligation, number, etag)
		return err
	}
	w.refused(restore(a, 2, "1-submitted"), "REVISION_NOT_FOUND")
	w.refused(restore(a, 1, ""), "ETAG_MISMATCH")
	w.refused(restore(a, 1, "2-submitted"), "ETAG_MISMATCH")
	w.refused(restore(w.token(auth.Drafter, "A"), 1, "1-submitted"), "RIGHT_MISSING")
	before := w.head()
	must(t, restore(a, 1, "1-submitted"))
	if w.head() != before {
		t.Errorf("restoring what is there made an entry")
	}
}
