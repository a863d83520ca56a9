package reporting_test

import (
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// obligation names what A owes for May.
var obligation = reporting.ReportRef{Unit: "A", Form: "M", Period: "2024-05"}

// etagNow gives the etag that a reviewer sees.
func (w *world) etagNow(ref reporting.ReportRef) string {
	w.t.Helper()
	x, _, err := w.svc.GetExclusion(w.t.Context(), w.admin, ref)
	must(w.t, err)
	return x.Etag
}

// exclude and lift turn an obligation as it is now.
func (w *world) exclude(by auth.Caller, ref reporting.ReportRef) {
	w.t.Helper()
	x, receipt, _, err := w.svc.Exclude(w.t.Context(), w.call(by), ref, w.etagNow(ref), "Lũ lụt")
	must(w.t, err)
	if receipt.Sequence == 0 || !x.Excluded() || x.Exclusions[len(x.Exclusions)-1].Excluded.Reason != "Lũ lụt" {
		w.t.Fatalf("after an exclusion %+v, receipt %+v", x, receipt)
	}
}

func (w *world) lift(by auth.Caller, ref reporting.ReportRef) {
	w.t.Helper()
	x, receipt, _, err := w.svc.Lift(w.t.Context(), w.call(by), ref, w.etagNow(ref), "Xã đã gửi được")
	must(w.t, err)
	if receipt.Sequence == 0 || x.Excluded() || x.Exclusions[len(x.Exclusions)-1].Lifted.Reason != "Xã đã gửi được" {
		w.t.Fatalf("after a lifting %+v, receipt %+v", x, receipt)
	}
}

func TestR11AnExclusionTakesAnObligationOutAndLiftingRestoresWhatWasThere(t *testing.T) {
	w := newWorld(t)
	a, b, p := w.token(auth.Reporter, "A"), w.token(auth.Reporter, "B"), w.token(auth.Approver, "P")
	w.submitted(a, flow("A", "2024-05", "10"))
	w.submitted(b, flow("B", "2024-05", "7"))
	r, _, _, err := w.svc.Approve(t.Context(), w.call(p), obligation, "1-submitted")
	must(t, err)
	correction := flow("A", "2024-05", "12")
	correction.Etag = r.Etag
	w.submitted(a, correction)

	w.exclude(p, obligation)
	w.expect("official while A is excused", w.value("P", "FLOW", "2024-05", rollup.Official), "NO_DATA 0/2")
	w.expect("provisional while A is excused", w.value("P", "FLOW", "2024-05", rollup.Provisional), "7 1/2")
	w.exclude(p, reporting.ReportRef{Unit: "C", Form: "M", Period: "2024-05"}) // which sent nothing
	w.expect("C is excused without a report", w.value("P", "FLOW", "2024-05", rollup.Provisional), "7 1/1")

	w.lift(p, obligation)
	w.expect("official afterwards", w.value("P", "FLOW", "2024-05", rollup.Official), "10 1/2")
	w.expect("provisional afterwards", w.value("P", "FLOW", "2024-05", rollup.Provisional), "19 2/2")
	w.lift(p, reporting.ReportRef{Unit: "C", Form: "M", Period: "2024-05"})
	w.expect("and C owes again", w.value("P", "FLOW", "2024-05", rollup.Provisional), "19 2/3")
}

func TestR11WhileAnObligationIsTakenOutItsReportStandsStill(t *testing.T) {
	w := newWorld(t)
	a, p := w.token(auth.Reporter, "A"), w.token(auth.Approver, "P")
	w.submitted(a, flow("A", "2024-05", "10"))
	w.exclude(p, obligation)
	etag := w.etagNow(obligation)
	if etag != "1-submitted-excluded" {
		t.Errorf("etag = %q, want that it tells of the exclusion", etag)
	}
	correction := flow("A", "2024-05", "11")
	correction.Etag = etag
	_, err := w.submit(a, correction)
	w.refused(err, "OBLIGATION_EXCLUDED")
	correction.Draft = true
	_, err = w.submit(a, correction)
	w.refused(err, "OBLIGATION_EXCLUDED")
	// Sending again what is there is no change, and so no refusal.
	if o := w.submitted(a, flow("A", "2024-05", "10")); o.Kind != reporting.Unchanged {
		t.Errorf("the same again = %+v, want UNCHANGED", o)
	}
	_, _, _, err = w.svc.Approve(t.Context(), w.call(p), obligation, etag)
	w.refused(err, "OBLIGATION_EXCLUDED")
	_, _, _, err = w.svc.Approve(t.Context(), w.call(p), obligation, "1-submitted")
	w.refused(err, "ETAG_MISMATCH")
	_, _, _, err = w.svc.Return(t.Context(), w.call(p), obligation, etag, "sai")
	w.refused(err, "OBLIGATION_EXCLUDED")
	_, _, _, err = w.svc.Exclude(t.Context(), w.call(p), obligation, etag, "lũ")
	w.refused(err, "ALREADY_EXCLUDED")
}

func TestR11WhoMayExcludeAndWhat(t *testing.T) {
	w := newWorld(t)
	p, inside := w.token(auth.Approver, "P"), w.token(auth.Approver, "A")
	exclude := func(by auth.Caller, ref reporting.ReportRef, etag, reason string) error {
		_, _, _, err := w.svc.Exclude(t.Context(), w.call(by), ref, etag, reason)
		return err
	}
	w.refused(exclude(p, obligation, "none", " "), "REASON_REQUIRED")
	w.refused(exclude(p, obligation, "1-submitted", "lũ"), "ETAG_MISMATCH")
	w.refused(exclude(w.token(auth.Reporter, "A"), obligation, "none", "lũ"), "RIGHT_MISSING")
	w.refused(exclude(inside, obligation, "none", "lũ"), "NOT_THE_REVIEWER")
	w.refused(exclude(p, reporting.ReportRef{Unit: "D", Form: "M", Period: "2024-05"}, "none", "lũ"), "NOT_ASSIGNED")
	_, _, _, err := w.svc.Lift(t.Context(), w.call(p), obligation, "none", "hết lũ")
	w.refused(err, "NOT_EXCLUDED")
	// A flood that is foreseen: before the period is over.
	w.exclude(p, reporting.ReportRef{Unit: "A", Form: "M", Period: "2024-07"})
	w.refused(exclude(w.token(auth.Approver, "D"), reporting.ReportRef{Unit: "C", Form: "M", Period: "2024-05"}, "none", "lũ"), "UNIT_NOT_FOUND")
	w.refused(exclude(p, obligation, "none", "lũ"), "NOT_THE_REVIEWER") // now that D has an approver
}

func TestR37AnExclusionIsRepeated(t *testing.T) {
	w := newWorld(t)
	p := w.token(auth.Approver, "P")
	call := w.call(p)
	_, first, _, err := w.svc.Exclude(t.Context(), call, obligation, "none", "lũ")
	must(t, err)
	x, again, _, err := w.svc.Exclude(t.Context(), call, obligation, "none", "lũ")
	must(t, err)
	if !again.Replayed || again.Sequence != first.Sequence || !x.Excluded() {
		t.Errorf("repeated = %+v, first %+v", again, first)
	}
	_, _, _, err = w.svc.Exclude(t.Context(), call, obligation, "none", "bão")
	w.refused(err, "REQUEST_ID_REUSED")
	list, err := w.svc.ListExclusions(t.Context(), p, reporting.ReportFilter{Form: "M", Periods: "2024-04..2024-06"})
	must(t, err)
	if len(list.Reports) != 1 || list.Reports[0].Key.Unit.Code() != "A" || list.Reports[0].Etag != "none-excluded" {
		t.Errorf("listed are %+v, want what A owes for May", list.Reports)
	}
}

func TestR11AnExclusionAsOfEarlier(t *testing.T) {
	w := newWorld(t)
	a, p := w.token(auth.Reporter, "A"), w.token(auth.Approver, "P")
	before := w.submitted(a, flow("A", "2024-05", "10")).Receipt.Sequence
	w.now = time.Date(2024, 6, 3, 9, 0, 0, 0, period.Location())
	w.exclude(p, obligation)
	at := int64(before) //nolint:gosec // small
	page, err := w.svc.QueryRollups(t.Context(), p, reporting.RollupQuery{
		Units: []string{"P"}, Indicators: []string{"FLOW"}, Periods: []string{"2024-05"}, Basis: rollup.Provisional, At: reporting.At{Sequence: &at},
	})
	must(t, err)
	if c := page.Rollups[0].Result.Coverage; c.Excluded != 0 || c.Received != 1 || page.Rollups[0].Result.Display != "10" {
		t.Errorf("as of before: %+v", page.Rollups[0].Result)
	}
	w.expect("now", w.value("P", "FLOW", "2024-05", rollup.Provisional), "NO_DATA 0/2")
}
