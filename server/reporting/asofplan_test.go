package reporting_test

import (
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/reporting"
)

// texts are what a roll-up that was asked for alone has besides its numbers.
var texts = regexp.MustCompile(`"(Numerator|Denominator)?Display":"[^"]*"`)

// planAnswers asks at every door of plans and rankings as of an entry, or of now. What an answer says of the moment it was made at is
// taken out.
func (w *world) planAnswers(at reporting.At) map[string]string {
	w.t.Helper()
	ctx := w.t.Context()
	said := map[string]string{}
	tell := func(door string, answer any, err error) {
		w.t.Helper()
		must(w.t, err)
		b, err := json.Marshal(answer)
		must(w.t, err)
		said[door] = texts.ReplaceAllString(string(b), "")
	}
	choice := reporting.UnitChoice{Region: "R"}
	e, err := w.svc.EvaluatePlan(ctx, w.admin, reporting.EvaluationQuery{Plan: "1-kh-2024", Basis: 1, Units: true, At: at})
	e.Stamp = reporting.Stamp{}
	tell("evaluation", e, err)
	league, err := w.svc.RankUnits(ctx, w.admin, reporting.RankQuery{Indicator: "FLOW", Period: "2024-05", Basis: 1, UnitChoice: choice, At: at})
	league.Stamp = reporting.Stamp{}
	tell("ranks on an indicator", league, err)
	league, err = w.svc.RankUnits(ctx, w.admin, reporting.RankQuery{Plan: "1-kh-2024", Period: "2024", Basis: 1, UnitChoice: choice, At: at})
	league.Stamp = reporting.Stamp{}
	tell("ranks on a plan", league, err)
	compared, err := w.svc.CompareUnits(ctx, w.admin, reporting.CompareQuery{Indicators: []string{"DTI", "FLOW"}, Period: "2024", Basis: 1, UnitChoice: choice, At: at})
	compared.Stamp = reporting.Stamp{}
	tell("comparison", compared, err)
	outside, err := w.svc.ListOutsideFigures(ctx, w.admin, reporting.OutsideFilter{At: at})
	outside.Stamp = reporting.Stamp{}
	tell("outside figures", outside, err)
	regions, _, err := w.svc.ListRegions(ctx, w.admin, at)
	tell("regions", regions, err)
	remarks, err := w.svc.ListPlanRemarks(ctx, w.admin, reporting.RemarkFilter{Plan: "1-kh-2024", At: at})
	remarks.Stamp = reporting.Stamp{}
	tell("remarks", remarks, err)
	review, err := w.svc.ReviewPlan(ctx, w.admin, "1-kh-2024", 0, 1, at)
	review.Stamp = reporting.Stamp{}
	tell("wrap-up", review, err)
	return said
}

// TestR30PlansAndRanksComeAgainAsTheyWere keeps every answer about plans and ranks, changes all that they are made of, and asks for them
// again as of the entry and of the instant.
func TestR30PlansAndRanksComeAgainAsTheyWere(t *testing.T) {
	w := newWorld(t)
	w.planned()
	remark := func(words string) {
		_, _, err := w.svc.RemarkPlan(t.Context(), w.call(w.admin), plan.Remark{Plan: "1-kh-2024", Kind: plan.Cause, Year: 2024, Unit: "A", Indicator: "FLOW"}, words)
		must(t, err)
	}
	region := func(units ...hierarchy.ID) {
		rows := make([]plan.Region, len(units))
		for i, u := range units {
			rows[i] = plan.Region{Code: "R", NameVI: "Vùng", Units: []hierarchy.ID{u}}
		}
		_, err := w.svc.ImportRegions(t.Context(), w.call(w.admin), rows)
		must(t, err)
	}
	rank := func(unit, value string) {
		_, err := w.svc.ImportOutsideFigures(t.Context(), w.call(w.admin), []plan.Outside{published(unit, value)})
		must(t, err)
	}
	first := w.submitted(w.admin, flow("A", "2024-05", "4"))
	w.submitted(w.admin, flow("B", "2024-05", "9"))
	region("A", "B")
	rank("A", "49")
	rank("B", "39")
	remark("Thiếu nhân lực")
	before, entry, instant := w.planAnswers(reporting.At{}), entryAt(w.head()), reporting.At{Time: w.now}
	w.now = w.now.Add(time.Hour)

	w.submitted(w.admin, seen(flow("A", "2024-05", "11"), first.Etag))
	w.submitted(w.admin, flow("C", "2024-05", "10"))
	region("A", "C")
	rank("A", "12")
	rank("C", "1")
	remark("Đã khắc phục")
	_, err := w.svc.ImportTargets(t.Context(), w.call(w.admin), []plan.Target{demanded("1/KH", "FLOW", "each:commune", plan.AtLeast, "3")})
	must(t, err)

	now := w.planAnswers(reporting.At{})
	for moment, at := range map[string]reporting.At{"the entry": entry, "the instant": instant} {
		then := w.planAnswers(at)
		for door, want := range before {
			if then[door] != want {
				t.Errorf("%s as of %s:\n got %s\nwant %s", door, moment, then[door], want)
			}
			if now[door] == want {
				t.Errorf("%s says the same before and after: nothing was changed that it is made of", door)
			}
		}
	}
	// As of before there was anything there is nothing, and no region to rank.
	begun := entryAt(1)
	outside, err := w.svc.ListOutsideFigures(t.Context(), w.admin, reporting.OutsideFilter{At: begun})
	must(t, err)
	if len(outside.Figures) != 0 {
		t.Errorf("as of the first entry %d figures were published", len(outside.Figures))
	}
	_, err = w.svc.RankUnits(t.Context(), w.admin, reporting.RankQuery{
		Indicator: "DTI", Period: "2024", UnitChoice: reporting.UnitChoice{Region: "R"}, At: begun,
	})
	w.at(err, "REGION_NOT_FOUND", "region")
	later := entryAt(w.head() + 1)
	_, err = w.svc.RankUnits(t.Context(), w.admin, reporting.RankQuery{Indicator: "FLOW", Period: "2024-05", UnitChoice: reporting.UnitChoice{Units: []string{"A"}}, At: later})
	w.at(err, "AT_IN_FUTURE", "at_sequence")
}

// TestR30ATokenOfOutsideFiguresIsOfItsMoment takes the token of a page to another moment.
func TestR30ATokenOfOutsideFiguresIsOfItsMoment(t *testing.T) {
	w := newWorld(t)
	for _, unit := range []string{"A", "B"} {
		_, err := w.svc.ImportOutsideFigures(t.Context(), w.call(w.admin), []plan.Outside{published(unit, "9")})
		must(t, err)
	}
	q := reporting.OutsideFilter{Page: reporting.Page{Size: 1}, At: entryAt(w.head())}
	page, err := w.svc.ListOutsideFigures(t.Context(), w.admin, q)
	must(t, err)
	q.Page.Token, q.At = page.Next, reporting.At{}
	_, err = w.svc.ListOutsideFigures(t.Context(), w.admin, q)
	w.at(err, "PAGE_TOKEN_INVALID", "page_token")
}
