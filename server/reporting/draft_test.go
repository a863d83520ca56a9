package reporting_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// with adds a figure to a submission; an amount with / is a ratio, - and x are states.
func with(sub reporting.Submission, code, amount string) reporting.Submission {
	d := reporting.FigureDraft{Indicator: code}
	switch numerator, denominator, ratio := strings.Cut(amount, "/"); {
	case amount == "-":
		d.State = figure.NotAvailable
	case amount == "x":
		d.State = figure.NotApplicable
	case !ratio:
		d.Value = &amount
	default:
		for _, part := range []struct {
			text string
			to   **string
		}{{numerator, &d.Numerator}, {denominator, &d.Denominator}} {
			if part.text != "" {
				*part.to = &part.text
			}
		}
	}
	sub.Figures = append(sub.Figures[:len(sub.Figures):len(sub.Figures)], d)
	return sub
}

func seen(sub reporting.Submission, etag string) reporting.Submission {
	sub.Etag = etag
	return sub
}

func drafted(sub reporting.Submission) reporting.Submission {
	sub.Draft = true
	return sub
}

func merging(sub reporting.Submission) reporting.Submission {
	sub.Merge = true
	return sub
}

// Whoever sends in the name of a unit does not see its drafts, so they are not there for him: they cannot refuse his
// report, and no refusal tells what is in them.
func TestR26ADraftIsNotThereForOthers(t *testing.T) {
	w := newWorld(t)
	a := w.token(auth.Reporter, "A")
	mine := w.submitted(a, drafted(with(flow("A", "2024-05", "5"), "STOCK", "7")))
	_, err := w.submit(w.admin, seen(flow("A", "2024-05", "6"), mine.Etag))
	w.at(err, "ETAG_MISMATCH", "etag")
	if now, _ := fault.Of(err).Param("etag"); now != "" || strings.Contains(err.Error(), a.Principal) {
		t.Errorf("the refusal tells of the draft: %v", err)
	}
	if o := w.submitted(w.admin, flow("A", "2024-05", "6")); o.Kind != reporting.Created || o.Revision != 2 {
		t.Errorf("beside a draft = %+v, want CREATED as revision 2", o)
	}
	// Its own unit is not overwritten unseen either.
	_, err = w.submit(a, seen(flow("A", "2024-05", "5"), mine.Etag))
	w.at(err, "ETAG_MISMATCH", "etag")
	r, _, err := w.svc.GetReport(t.Context(), a, reporting.ReportRef{Unit: "A", Form: "m", Period: "2024-05"}, 0)
	must(t, err)
	if r.Etag != "2-submitted" || len(r.Figures(r.Shown)) != 1 {
		t.Errorf("its own unit sees %s with %d figures, want 2-submitted with one", r.Etag, len(r.Figures(r.Shown)))
	}
}

// A draft keeps to the form of a figure and to no rule (R26), but no way leads from it into a report but by the rules.
func TestR26ADraftIsHeldAgainstTheRulesWhenItIsSent(t *testing.T) {
	w := newWorld(t)
	a := w.token(auth.Reporter, "A")
	half := with(flow("A", "2024-05", "5"), "RATIO", "3/")
	o := w.submitted(a, drafted(half))
	_, err := w.submit(a, seen(half, o.Etag))
	w.at(err, "FIGURE_PART_MISSING", "figures[1].denominator")
	_, err = w.submit(a, seen(merging(flow("A", "2024-05", "6")), o.Etag))
	w.at(err, "FIGURE_PART_MISSING", "figures")
	_, err = w.submit(a, drafted(with(flow("A", "2024-05", "5"), "STOCK", "1e5")))
	w.at(err, "NUMBER_MALFORMED", "figures[1].value")
	whole := w.submitted(a, seen(merging(with(flow("A", "2024-05", "6"), "RATIO", "3/4")), o.Etag))
	if whole.Kind != reporting.Corrected || len(whole.Merged) != 0 {
		t.Errorf("whole = %+v, want CORRECTED with nothing merged", whole)
	}
	w.expect("the ratio", w.value("P", "RATIO", "2024-05", rollup.Provisional), "75 1/3")
}

func TestR26OneDraftAMinuteIsKept(t *testing.T) {
	w := newWorld(t)
	a := w.token(auth.Reporter, "A")
	etag := w.submitted(a, drafted(flow("A", "2024-05", "1"))).Etag
	w.now = w.now.Add(10 * time.Second)
	etag = w.submitted(a, seen(flow("A", "2024-05", "2"), etag)).Etag // a final report in between
	w.now = w.now.Add(10 * time.Second)
	next := drafted(seen(flow("A", "2024-05", "3"), etag))
	_, err := w.submit(a, next)
	w.refused(err, "DRAFT_TOO_SOON")
	if retry := fault.Of(err).Retry; retry != 40*time.Second {
		t.Errorf("try again in %s, want 40s", retry)
	}
	w.now = w.now.Add(40 * time.Second)
	etag = w.submitted(a, next).Etag
	same := w.submitted(a, drafted(flow("A", "2024-05", "3"))) // nothing to keep is never too soon
	if same.Kind != reporting.Unchanged || same.Etag != etag {
		t.Errorf("the same draft again = %+v, want UNCHANGED", same)
	}
}

// A form that was mended after the report was sent no longer asks for a figure that the newest revision has. It must not
// be demanded, for it would be refused, nor taken over.
func TestR25WhatTheFormNoLongerAsksIsNotMissing(t *testing.T) {
	w := newWorld(t)
	a := w.token(auth.Reporter, "A")
	o := w.submitted(a, with(flow("A", "2024-05", "5"), "STOCK", "7"))
	m := w.form("M")
	m.Indicators = []indicator.Code{"FLOW", "RATIO"}
	_, _, _, err := w.svc.UpdateForm(t.Context(), w.call(w.admin), m.Form, m.Etag)
	must(t, err)
	_, err = w.submit(a, seen(with(flow("A", "2024-05", "6"), "STOCK", "7"), o.Etag))
	w.at(err, "INDICATOR_NOT_IN_FORM", "figures[1].indicator")
	o = w.submitted(a, seen(merging(flow("A", "2024-05", "6")), o.Etag))
	if o.Kind != reporting.Corrected || len(o.Merged) != 0 {
		t.Errorf("without the old figure = %+v, want CORRECTED with nothing merged", o)
	}
}

// A reviewing unit need not stand above the units whose reports it reviews: it finds, reads, approves and is told of them,
// and of nothing else that they have.
func TestR9AReviewingUnitReadsWhatItReviews(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	_, _, _, err := w.svc.CreateUnit(ctx, w.call(w.admin), unit("SO", "department", "P"))
	must(t, err)
	reviewed := monthly("REV", "NEW")
	reviewed.Reviewer = "SO"
	_, err = w.svc.ImportIndicators(ctx, w.call(w.admin), []indicator.Indicator{sum("NEW")})
	must(t, err)
	_, err = w.svc.ImportForms(ctx, w.call(w.admin), []form.Form{reviewed})
	must(t, err)
	a, desk, above := w.token(auth.Reporter, "A"), w.token(auth.Approver, "SO"), w.token(auth.Approver, "D")
	w.submitted(a, flow("A", "2024-05", "1"))
	sub := flow("A", "2024-05", "4")
	sub.Ref.Form, sub.Figures[0].Indicator = "rev", "NEW"
	o := w.submitted(a, sub)

	_, _, _, err = w.svc.Approve(ctx, w.call(above), sub.Ref, o.Etag)
	w.refused(err, "NOT_THE_REVIEWER")
	page, err := w.svc.ListReports(ctx, desk, reporting.ReportFilter{Form: "rev", Periods: "2024-05"})
	must(t, err)
	if len(page.Reports) != 1 || page.Reports[0].Etag != o.Etag {
		t.Fatalf("the reviewer's list = %+v, want the one report", page.Reports)
	}
	others, err := w.svc.ListReports(ctx, desk, reporting.ReportFilter{Form: "m", Periods: "2024-05"})
	if err != nil || len(others.Reports) != 0 {
		t.Errorf("of other forms he sees %d reports, %v; want none", len(others.Reports), err)
	}
	_, _, err = w.svc.GetUnit(ctx, desk, "A", "")
	w.refused(err, "UNIT_NOT_FOUND")
	r, receipt, _, err := w.svc.Approve(ctx, w.call(desk), sub.Ref, o.Etag)
	must(t, err)
	if r.Official != 1 || receipt.Revision != 1 {
		t.Errorf("approved = %+v, %+v; want revision 1 official", r.Official, receipt)
	}
	w.expect("official", w.value("P", "NEW", "2024-05", rollup.Official), "4 1/3")
	changes, err := w.svc.ListChanges(ctx, desk, reporting.ChangeFilter{})
	must(t, err)
	told := 0
	for _, c := range changes.Changes {
		if c.Key.Unit != "" {
			told++
		}
	}
	if told != 2 {
		t.Errorf("he is told of %d changes of reports, want 2", told)
	}
}

// Nobody stands above a root: its report is reviewed where it was sent, by another person than its sender.
func TestR9TheReportOfARootIsReviewedThere(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	top := sum("TOP")
	top.ReportedBy = []hierarchy.Kind{"province"}
	_, err := w.svc.ImportIndicators(ctx, w.call(w.admin), []indicator.Indicator{top})
	must(t, err)
	f := monthly("TOPF", "TOP")
	f.Assigned = []hierarchy.Selector{{Kind: "province"}}
	_, err = w.svc.ImportForms(ctx, w.call(w.admin), []form.Form{f})
	must(t, err)
	sender := w.token(auth.Administrator, "P")
	sub := flow("P", "2024-05", "4")
	sub.Ref.Form, sub.Figures[0].Indicator = "topf", "TOP"
	o := w.submitted(sender, sub)
	_, _, _, err = w.svc.Approve(ctx, w.call(sender), sub.Ref, o.Etag)
	w.refused(err, "OWN_REPORT")
	_, _, _, err = w.svc.Approve(ctx, w.call(w.token(auth.Approver, "D")), sub.Ref, o.Etag)
	w.refused(err, "UNIT_NOT_FOUND")
	_, _, _, err = w.svc.Approve(ctx, w.call(w.token(auth.Approver, "P")), sub.Ref, o.Etag)
	must(t, err)
	w.expect("official", w.value("P", "TOP", "2024-05", rollup.Official), "4 1/1")
}

// The revision that goes back is the one that nobody may send back himself.
func TestR23WhoSentTheApprovedRevisionDoesNotReturnIt(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	one, two := w.token(auth.Administrator, ""), w.token(auth.Administrator, "")
	ref := reporting.ReportRef{Unit: "A", Form: "m", Period: "2024-05"}
	o := w.submitted(one, flow("A", "2024-05", "1"))
	r, _, _, err := w.svc.Approve(ctx, w.call(two), ref, o.Etag)
	must(t, err)
	o = w.submitted(two, seen(flow("A", "2024-05", "2"), r.Etag))
	r, _, _, err = w.svc.Return(ctx, w.call(one), ref, o.Etag, "sai")
	must(t, err)
	// Now revision 1, of the first administrator, is the one that would go back.
	_, _, _, err = w.svc.Return(ctx, w.call(one), ref, r.Etag, "sai")
	w.refused(err, "OWN_REPORT")
	_, receipt, _, err := w.svc.Return(ctx, w.call(two), ref, r.Etag, "sai")
	must(t, err)
	if receipt.Revision != 1 {
		t.Errorf("revision %d went back, want 1", receipt.Revision)
	}
}

// R3: what a unit reported, and who may act for it, outlives the unit.
func TestR3AUnitThatEndedIsStillReadAndStillOwes(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a, viewer, deputy := w.token(auth.Reporter, "A"), w.token(auth.Viewer, "D"), w.token(auth.Administrator, "D")
	u, _, err := w.svc.GetUnit(ctx, w.admin, "A", "")
	must(t, err)
	end := period.Date(2024, 6, 1)
	_, _, _, err = w.svc.UpdateUnit(ctx, w.call(w.admin), "A", reporting.UnitPatch{ValidTo: &end, Etag: u.Etag})
	must(t, err)
	w.submitted(a, flow("A", "2024-05", "3"))
	w.now = w.now.AddDate(0, 2, 0)
	for _, name := range []string{"A", "A-0"} {
		_, err = w.submit(a, flow(name, "2024-06", "3"))
		w.at(err, "UNIT_NOT_VALID", "unit")
		_, err = w.submit(deputy, flow(name, "2024-06", "3"))
		w.at(err, "UNIT_NOT_VALID", "unit")
	}
	if o := w.submitted(a, flow("A", "2024-04", "2")); o.Kind != reporting.Created {
		t.Errorf("April of a unit that ended in June = %+v, want CREATED", o)
	}
	for _, by := range []auth.Caller{a, viewer} {
		shown, _, err := w.svc.GetUnit(ctx, by, "A-0", "")
		if err != nil || len(shown.Ancestors) != 2 {
			t.Errorf("GetUnit by %s = %+v, %v; want the unit with two above", by.Token.Role, shown, err)
		}
		page, err := w.svc.QueryRollups(ctx, by, reporting.RollupQuery{
			Units: []string{"A-0"}, Indicators: []string{"FLOW"}, Periods: []string{"2024-05"}, Basis: rollup.Provisional,
		})
		if err != nil || page.Rollups[0].Result.Display != "3" {
			t.Errorf("its May, asked in August by %s: %+v, %v", by.Token.Role, page.Rollups, err)
		}
	}
	// Somebody must be able to take its tokens back.
	_, _, _, err = w.svc.RevokeToken(ctx, w.call(deputy), a.Token.ID)
	must(t, err)
}
