package reporting_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/reporting"
)

func planFor(number, unit string) plan.Plan {
	return plan.Plan{
		Number: number, Title: "Kế hoạch " + number, Unit: hierarchy.ID(unit), Issued: period.Date(2024, 1, 2), Years: []int{2024}, MinCoverage: plan.FullCoverage,
		Groups: []plan.Group{{Code: "G", NameVI: "Nhóm", Indicators: []indicator.Code{"FLOW", "RATIO"}}},
	}
}

func demanded(of, code, scope string, c plan.Comparator, value string) plan.Target {
	s, err := plan.ParseScope(scope)
	if err != nil {
		panic(err)
	}
	return plan.Target{
		Plan: plan.ID(of), Year: 2024, Indicator: indicator.Code(code), Scope: s, Comparator: c, Value: value, BaselineDay: period.Beginning, Due: period.Forever,
	}
}

func published(unit, value string) plan.Outside {
	return plan.Outside{
		Indicator: "DTI", Unit: hierarchy.ID(unit), Year: 2024, Value: value, Ranked: 63, Done: period.Beginning, Published: period.Beginning, Source: "Bộ",
	}
}

// planned enters the plan 1/KH of the province with a target of every commune.
func (w *world) planned() {
	w.t.Helper()
	_, _, _, err := w.svc.CreatePlan(w.t.Context(), w.call(w.admin), planFor("1/KH", "P"))
	must(w.t, err)
	_, err = w.svc.ImportTargets(w.t.Context(), w.call(w.admin), []plan.Target{
		demanded("1/KH", "FLOW", "each:commune", plan.AtLeast, "5"), demanded("1/KH", "FLOW", "", plan.AtLeast, "8"),
	})
	must(w.t, err)
}

// The doors of plans and rankings, for the table of access.

func getPlan(w *world, c reporting.Call, _ string) error {
	_, _, err := w.svc.GetPlan(w.t.Context(), c.Caller, "1-kh-2024", reporting.At{})
	return err
}

func listPlans(w *world, c reporting.Call, _ string) error {
	_, err := w.svc.ListPlans(w.t.Context(), c.Caller, reporting.PlanFilter{})
	return err
}

func listTargets(w *world, c reporting.Call, _ string) error {
	_, err := w.svc.ListTargets(w.t.Context(), c.Caller, reporting.TargetFilter{Plan: "1-kh-2024"})
	return err
}

func evaluatePlanFor(w *world, c reporting.Call, target string) error {
	_, err := w.svc.EvaluatePlan(w.t.Context(), c.Caller, reporting.EvaluationQuery{Plan: "1-kh-2024", Unit: target})
	return err
}

func listRemarks(w *world, c reporting.Call, _ string) error {
	_, err := w.svc.ListPlanRemarks(w.t.Context(), c.Caller, reporting.RemarkFilter{Plan: "1-kh-2024"})
	return err
}

func reviewPlan(w *world, c reporting.Call, _ string) error {
	_, err := w.svc.ReviewPlan(w.t.Context(), c.Caller, "1-kh-2024", 0, 0, reporting.At{})
	return err
}

func remarkFor(w *world, c reporting.Call, target string) error {
	_, _, err := w.svc.RemarkPlan(w.t.Context(), c, plan.Remark{Plan: "1-kh-2024", Kind: plan.Comment, Unit: hierarchy.ID(target)}, "Mục tiêu cao")
	return err
}

func listOutsideFigures(w *world, c reporting.Call, _ string) error {
	_, err := w.svc.ListOutsideFigures(w.t.Context(), c.Caller, reporting.OutsideFilter{})
	return err
}

func listRegions(w *world, c reporting.Call, _ string) error {
	_, _, err := w.svc.ListRegions(w.t.Context(), c.Caller, reporting.At{})
	return err
}

func rankUnits(w *world, c reporting.Call, target string) error {
	_, err := w.svc.RankUnits(w.t.Context(), c.Caller, reporting.RankQuery{
		Indicator: "FLOW", Period: "2024-05", UnitChoice: reporting.UnitChoice{Units: []string{target}},
	})
	return err
}

func compareUnits(w *world, c reporting.Call, target string) error {
	_, err := w.svc.CompareUnits(w.t.Context(), c.Caller, reporting.CompareQuery{
		Indicators: []string{"FLOW"}, Period: "2024-05", UnitChoice: reporting.UnitChoice{Units: []string{target}},
	})
	return err
}

func createPlan(w *world, c reporting.Call, _ string) error {
	_, _, _, err := w.svc.CreatePlan(w.t.Context(), c, planFor("2/KH", "P"))
	return err
}

func updatePlan(w *world, c reporting.Call, _ string) error {
	p, _, err := w.svc.GetPlan(w.t.Context(), w.admin, "1-kh-2024", reporting.At{})
	must(w.t, err)
	p.Title = "Khác"
	_, _, _, err = w.svc.UpdatePlan(w.t.Context(), c, p.Plan, p.Etag)
	return err
}

func surveyRow(t tester, indicator string) plan.SurveyRow {
	row, err := plan.ParseSurvey(plan.SurveyCells{
		Province: "Đơn vị P", Plan: "9/KH-UBND (1/2/2024)", Year: "2024", Indicator: indicator, Level: "province", Comparator: ">=", Value: "8", Unit: "%", Record: "target",
	})
	must(t, err)
	return row
}

func importPlans(w *world, c reporting.Call, _ string) error {
	_, err := w.svc.ImportPlans(w.t.Context(), c, []plan.SurveyRow{surveyRow(w.t, "FLOW")})
	return err
}

func importTargets(w *world, c reporting.Call, _ string) error {
	_, err := w.svc.ImportTargets(w.t.Context(), c, []plan.Target{demanded("1/KH", "RATIO", "", plan.Above, "80")})
	return err
}

func declareResults(w *world, c reporting.Call, _ string) error {
	_, _, err := w.svc.DeclareResults(w.t.Context(), c, "1-kh-2024", []plan.Result{{Year: 2024, Indicator: "FLOW", Value: "9"}}, nil)
	return err
}

func importOutsideFigures(w *world, c reporting.Call, _ string) error {
	_, err := w.svc.ImportOutsideFigures(w.t.Context(), c, []plan.Outside{published("P", "39")})
	return err
}

func importRegions(w *world, c reporting.Call, _ string) error {
	_, err := w.svc.ImportRegions(w.t.Context(), c, []plan.Region{{Code: "R", NameVI: "Vùng", Units: []hierarchy.ID{"P"}}})
	return err
}

// repeatablePlans are the changes of plans and of what others publish.
func (w *world) repeatablePlans() []repeatable {
	ctx := w.t.Context()
	w.planned()
	seen, _, err := w.svc.GetPlan(ctx, w.admin, "1-kh-2024", reporting.At{})
	must(w.t, err)
	imported := func(change reporting.CatalogueChange, err error) (string, reporting.Receipt, error) {
		return fmt.Sprint(change.Created, change.Updated, change.Unchanged), change.Receipt, err
	}
	return []repeatable{
		{"CreatePlan", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			p, change, _, err := w.svc.CreatePlan(ctx, c, planFor("2"+content+"/KH", "P"))
			return fmt.Sprint(p.ID, p.Title, p.Etag), change.Receipt, err
		}},
		{"UpdatePlan", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			p := seen.Plan
			p.Title = content
			shown, change, _, err := w.svc.UpdatePlan(ctx, c, p, seen.Etag)
			return fmt.Sprint(shown.ID, shown.Title, shown.Etag), change.Receipt, err
		}},
		{"ImportTargets", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			return imported(w.svc.ImportTargets(ctx, c, []plan.Target{
				demanded("1/KH", "RATIO", "", plan.Above, content), demanded("1/KH", "FLOW", "", plan.AtLeast, "9"), demanded("1/KH", "FLOW", "each:commune", plan.AtLeast, "5"),
			}))
		}},
		{"ImportPlans", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			return imported(w.svc.ImportPlans(ctx, c, []plan.SurveyRow{surveyRow(w.t, "FLOW"), surveyRow(w.t, "NEW"+content)}))
		}},
		{"DeclareResults", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			change, _, err := w.svc.DeclareResults(ctx, c, "1-kh-2024", []plan.Result{{Year: 2024, Indicator: "FLOW", Value: content}},
				[]plan.Count{{Year: 2024, Kind: plan.CountReached, Count: 3}})
			return imported(change, err)
		}},
		{"ImportOutsideFigures", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			return imported(w.svc.ImportOutsideFigures(ctx, c, []plan.Outside{published("P", "3"+content)}))
		}},
		{"RemarkPlan", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			r, receipt, err := w.svc.RemarkPlan(ctx, c, plan.Remark{Plan: "1-kh-2024", Kind: plan.Cause, Unit: "A"}, "Thiếu người "+content)
			return fmt.Sprint(r.Remark, r.Sequence, r.Text, r.Time.UnixNano()), receipt, err
		}},
		{"ImportRegions", func(c reporting.Call, content string) (string, reporting.Receipt, error) {
			return imported(w.svc.ImportRegions(ctx, c, []plan.Region{
				{Code: "R" + content, NameVI: "Vùng", Units: []hierarchy.ID{"P"}}, {Code: "R" + content, NameVI: "Vùng", Units: []hierarchy.ID{"D"}},
			}))
		}},
	}
}

// evaluated gives each line as "FLOW each:commune" with its status, so-far and counts.
func (w *world) evaluated(q reporting.EvaluationQuery) map[string]string {
	w.t.Helper()
	q.Plan = "1-kh-2024"
	e, err := w.svc.EvaluatePlan(w.t.Context(), w.admin, q)
	must(w.t, err)
	found := map[string]string{}
	for _, l := range e.Lines {
		words := []string{l.Status.String()}
		if l.SoFar != 0 {
			words = append(words, "so far "+l.SoFar.String())
		}
		if l.Provisional {
			words = append(words, "provisional")
		}
		if l.Units != nil {
			words = append(words, fmt.Sprintf("%d of %d", l.Units.Reached(), l.Units.Evaluated()))
		}
		found[strings.TrimSpace(string(l.Target.Thing.Indicator)+" "+l.Target.Thing.Scope.String())] = strings.Join(words, ", ")
	}
	if n := e.Summary.Evaluated(); n != len(e.Lines) {
		w.t.Errorf("%d lines, and the counts add up to %d", len(e.Lines), n)
	}
	return found
}

// TestR28AttainmentFollowsTheReports walks a plan through its year: what is demanded of every commune and of the province.
func TestR28AttainmentFollowsTheReports(t *testing.T) {
	w := newWorld(t)
	w.planned()
	expect := func(what string, q reporting.EvaluationQuery, want map[string]string) {
		t.Helper()
		got := w.evaluated(q)
		for key, v := range want {
			if got[key] != v {
				t.Errorf("%s: %s is %q, want %q", what, key, got[key], v)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	sender := w.token(auth.Administrator, "")
	for _, unit := range []string{"A", "B"} {
		w.submitted(sender, flow(unit, "2024-05", "4"))
	}
	provisional := reporting.EvaluationQuery{Basis: 1}
	expect("in June, official", reporting.EvaluationQuery{}, map[string]string{
		"FLOW": "NOT_DUE, so far NO_DATA", "FLOW each:commune": "NOT_DUE, so far NO_DATA, 0 of 3",
	})
	expect("in June, provisional", provisional, map[string]string{
		"FLOW": "NOT_DUE, so far MET, provisional", "FLOW each:commune": "NOT_DUE, so far NOT_MET, provisional, 0 of 3",
	})
	expect("of A alone", reporting.EvaluationQuery{Basis: 1, Unit: "A"}, map[string]string{"FLOW each:commune": "NOT_DUE, so far NOT_MET, provisional, 0 of 1"})
	w.now = time.Date(2025, 1, 2, 9, 0, 0, 0, period.Location())
	expect("in the year after", provisional, map[string]string{
		"FLOW": "MET, provisional", "FLOW each:commune": "NOT_MET, provisional, 0 of 3",
	})
	expect("of the first half", reporting.EvaluationQuery{Basis: 1, Period: "2024-H1"}, map[string]string{
		"FLOW": "NOT_DUE, so far MET, provisional", "FLOW each:commune": "NOT_DUE, so far NOT_MET, provisional, 0 of 3",
	})
	// With no coverage asked for nothing is provisional.
	p, _, err := w.svc.GetPlan(t.Context(), w.admin, "1-kh-2024", reporting.At{})
	must(t, err)
	p.MinCoverage = 0
	_, _, _, err = w.svc.UpdatePlan(t.Context(), w.call(w.admin), p.Plan, p.Etag)
	must(t, err)
	expect("with any coverage", provisional, map[string]string{"FLOW": "MET", "FLOW each:commune": "NOT_MET, 0 of 3"})
	// As of the entry before, the plan asked for all.
	at := int64(w.head()) - 1 //nolint:gosec // few
	expect("as of before", reporting.EvaluationQuery{Basis: 1, At: reporting.At{Sequence: &at}}, map[string]string{
		"FLOW": "NOT_DUE, so far MET, provisional", "FLOW each:commune": "NOT_DUE, so far NOT_MET, provisional, 0 of 3",
	})
}

// TestR28PagesOfAnEvaluationAddUp asks line by line.
func TestR28PagesOfAnEvaluationAddUp(t *testing.T) {
	w := newWorld(t)
	w.planned()
	_, err := w.svc.ImportTargets(t.Context(), w.call(w.admin), []plan.Target{demanded("1/KH", "RATIO", "", plan.Above, "80")})
	must(t, err)
	var sum plan.Counts
	q, lines := reporting.EvaluationQuery{Plan: "1-kh-2024", Page: reporting.Page{Size: 1}}, 0
	for {
		e, err := w.svc.EvaluatePlan(t.Context(), w.admin, q)
		must(t, err)
		sum.Merge(e.Summary)
		lines += len(e.Lines)
		if len(e.Counts) > 0 {
			t.Error("declared counts are held against one page of several")
		}
		if q.Page.Token = e.Next; e.Next == "" {
			break
		}
	}
	if lines != 3 || sum.Evaluated() != 3 {
		t.Errorf("%d lines, %d counted, want 3", lines, sum.Evaluated())
	}
	q.Page.Token, q.Focus = "", true
	first, err := w.svc.EvaluatePlan(t.Context(), w.admin, reporting.EvaluationQuery{Plan: "1-kh-2024", Page: reporting.Page{Size: 1}})
	must(t, err)
	q.Page.Token = first.Next
	_, err = w.svc.EvaluatePlan(t.Context(), w.admin, q)
	w.at(err, "PAGE_TOKEN_INVALID", "page_token")
}

// TestR29LeaguesOfAnIndicatorAndOfAPlan ranks the three communes.
func TestR29LeaguesOfAnIndicatorAndOfAPlan(t *testing.T) {
	w := newWorld(t)
	w.planned()
	sender := w.token(auth.Administrator, "")
	for unit, value := range map[string]string{"A": "4", "B": "9"} {
		w.submitted(sender, flow(unit, "2024-05", value))
	}
	league := func(q reporting.RankQuery) string {
		t.Helper()
		q.Period, q.Basis, q.Kind, q.Below = "2024-05", 1, "commune", "P"
		if q.Plan != "" {
			q.Period = "2024"
		}
		l, err := w.svc.RankUnits(t.Context(), w.admin, q)
		must(t, err)
		var words []string
		for _, line := range l.Lines {
			words = append(words, fmt.Sprintf("%s %d %s", line.Unit.Code, line.Rank, line.Figure.Reading.Value.Decimal(2)))
		}
		return fmt.Sprintf("%s; %d ranked, %d unranked, %d missing", strings.Join(words, ", "), l.Ranked, l.Unranked, l.Missing)
	}
	w.expect("on FLOW", league(reporting.RankQuery{Indicator: "FLOW"}), "B 1 9, A 2 4, C 0 ; 2 ranked, 0 unranked, 1 missing")
	w.expect("on the plan", league(reporting.RankQuery{Plan: "1-kh-2024"}), "B 1 100, A 2 0, C 0 ; 2 ranked, 0 unranked, 1 missing")
	for _, c := range []struct {
		query         reporting.RankQuery
		reason, field string
	}{
		{reporting.RankQuery{Period: "2024-05"}, "RANK_NEEDS_ONE", "indicator"},
		{reporting.RankQuery{Indicator: "FLOW", Plan: "x", Period: "2024-05"}, "RANK_NEEDS_ONE", "indicator"},
		{reporting.RankQuery{Indicator: "FLOW", Period: "2024-05"}, "UNITS_MISSING", "units"},
		{reporting.RankQuery{Indicator: "FLOW", Period: "2024-M3", UnitChoice: reporting.UnitChoice{Units: []string{"A"}}}, "PERIOD_MALFORMED", "period"},
		{reporting.RankQuery{Indicator: "FLOW", Period: "2024-05", UnitChoice: reporting.UnitChoice{Region: "x"}}, "REGION_NOT_FOUND", "region"},
		{reporting.RankQuery{Indicator: "NONE", Period: "2024-05", UnitChoice: reporting.UnitChoice{Units: []string{"A"}}}, "INDICATOR_NOT_FOUND", "indicator"},
		{reporting.RankQuery{Plan: "none", Period: "2024", UnitChoice: reporting.UnitChoice{Units: []string{"A"}}}, "PLAN_NOT_FOUND", "plan"},
	} {
		_, err := w.svc.RankUnits(t.Context(), w.admin, c.query)
		w.at(err, c.reason, c.field)
	}
}

// TestPlansAreRefusedWithReasons asks wrongly for each thing that can be asked.
func TestPlansAreRefusedWithReasons(t *testing.T) {
	w := newWorld(t)
	w.planned()
	ctx := t.Context()
	_, _, _, err := w.svc.CreatePlan(ctx, w.call(w.admin), planFor("1/kh", "P"))
	w.at(err, "PLAN_EXISTS", "")
	_, _, _, err = w.svc.CreatePlan(ctx, w.call(w.admin), planFor("3/KH", "Z"))
	w.at(err, "UNIT_NOT_FOUND", "unit")
	p, _, err := w.svc.GetPlan(ctx, w.admin, "1-KH-2024", reporting.At{})
	must(t, err)
	_, _, _, err = w.svc.UpdatePlan(ctx, w.call(w.admin), p.Plan, "1")
	w.at(err, "ETAG_MISMATCH", "etag")
	for _, c := range []struct {
		query         reporting.EvaluationQuery
		reason, field string
	}{
		{reporting.EvaluationQuery{Plan: "x"}, "PLAN_NOT_FOUND", "name"},
		{reporting.EvaluationQuery{Plan: "1-kh-2024", Group: "x"}, "GROUP_NOT_IN_PLAN", "group"},
		{reporting.EvaluationQuery{Plan: "1-kh-2024", Lead: "x"}, "UNIT_NOT_FOUND", "lead"},
		{reporting.EvaluationQuery{Plan: "1-kh-2024", Year: 2030}, "YEAR_NOT_IN_PLAN", "year"},
		{reporting.EvaluationQuery{Plan: "1-kh-2024", Period: "2023-Q1"}, "PERIOD_NOT_OF_YEAR", "period"},
		{reporting.EvaluationQuery{Plan: "1-kh-2024", Period: "Q1"}, "PERIOD_MALFORMED", "period"},
		{reporting.EvaluationQuery{Plan: "1-kh-2024", Unit: "Z"}, "UNIT_NOT_FOUND", "unit"},
	} {
		_, err := w.svc.EvaluatePlan(ctx, w.admin, c.query)
		w.at(err, c.reason, c.field)
	}
	_, _, err = w.svc.DeclareResults(ctx, w.call(w.admin), "1-kh-2024", nil, nil)
	w.at(err, "NOTHING_DECLARED", "results")
	_, _, err = w.svc.DeclareResults(ctx, w.call(w.admin), "1-kh-2024", []plan.Result{{Year: 2024, Indicator: "FLOW"}}, nil)
	w.at(err, "RESULT_EMPTY", "results[0].value")
	_, err = w.svc.ImportOutsideFigures(ctx, w.call(w.admin), []plan.Outside{published("Z", "1")})
	w.at(err, "UNIT_NOT_FOUND", "figures[0].unit")
	row := surveyRow(t, "FLOW")
	row.Province = "Nơi khác"
	_, err = w.svc.ImportPlans(ctx, w.call(w.admin), []plan.SurveyRow{row})
	w.at(err, "PROVINCE_NOT_FOUND", "rows[0].province")
	_, secret, _, _, err := w.svc.CreateToken(ctx, w.call(w.admin), reporting.TokenDraft{Role: auth.Viewer, Form: "M"})
	must(t, err)
	narrow, err := w.svc.Authenticate(ctx, secret)
	must(t, err)
	_, err = w.svc.EvaluatePlan(ctx, narrow, reporting.EvaluationQuery{Plan: "1-kh-2024"})
	w.at(err, "TOKEN_OF_ONE_FORM", "")
}

// TestTheWrapUpTellsValuesCausesAndTheYearBefore asks for the review of 2024, and for it again when a cause was removed.
func TestTheWrapUpTellsValuesCausesAndTheYearBefore(t *testing.T) {
	w := newWorld(t)
	w.planned()
	sender, clerk := w.token(auth.Administrator, ""), w.token(auth.Reporter, "A")
	w.submitted(sender, flow("A", "2024-05", "9"))
	w.submitted(sender, flow("A", "2023-05", "4"))
	ctx := t.Context()
	remark := func(kind plan.RemarkKind, code indicator.Code, words string) reporting.Receipt {
		_, receipt, err := w.svc.RemarkPlan(ctx, w.call(clerk), plan.Remark{Plan: "1-KH-2024", Kind: kind, Year: 2024, Unit: "A", Indicator: code}, words)
		must(t, err)
		return receipt
	}
	remark(plan.Comment, "FLOW", "Mục tiêu cao")
	cause := remark(plan.Cause, "flow", "Thiếu nhân lực")
	remark(plan.Remedy, "", "Tuyển thêm người")
	w.now = time.Date(2025, 1, 2, 9, 0, 0, 0, period.Location())
	told := func() string {
		t.Helper()
		r, err := w.svc.ReviewPlan(ctx, w.admin, "1-kh-2024", 0, 1, reporting.At{})
		must(t, err)
		var words []string
		for _, g := range r.Groups {
			for _, l := range g.Lines {
				one := fmt.Sprintf("%s %s %s%s", g.Code, l.Target.Thing.Indicator, l.Target.Thing.Scope, l.Status)
				if l.Change != "" {
					one += " by " + l.Change
				}
				if u := l.PreviousUnits; u != nil {
					one += fmt.Sprintf(" after %d reached, %d not, %d without", u.Reached(), u.Of(plan.NotMet), u.Of(plan.NoData))
				}
				for _, x := range l.Remarks {
					one += fmt.Sprintf(" %s %q %v", x.Kind, x.Text, x.Removed)
				}
				words = append(words, one)
			}
		}
		for _, x := range r.Remarks {
			words = append(words, x.Kind.String()+" "+x.Text)
		}
		return strings.Join(words, "; ")
	}
	w.expect("the wrap-up", told(),
		`G FLOW EXCEEDED by 5 CAUSE "Thiếu nhân lực" false; G FLOW each:communeNO_DATA after 0 reached, 1 not, 2 without CAUSE "Thiếu nhân lực" false; REMEDY Tuyển thêm người`)
	_, _, err := w.svc.RedactEntry(ctx, w.call(w.token(auth.Operator, "")), reporting.EntryRef{Sequence: cause.Sequence}, "có tên người")
	must(t, err)
	w.expect("after the cause was removed", told(),
		`G FLOW EXCEEDED by 5 CAUSE "" true; G FLOW each:communeNO_DATA after 0 reached, 1 not, 2 without CAUSE "" true; REMEDY Tuyển thêm người`)
	page, err := w.svc.ListPlanRemarks(ctx, w.token(auth.Viewer, "C"), reporting.RemarkFilter{Plan: "1-kh-2024"})
	must(t, err)
	if len(page.Remarks) != 0 {
		t.Errorf("C reads what A wrote: %v", page.Remarks)
	}
	page, err = w.svc.ListPlanRemarks(ctx, w.admin, reporting.RemarkFilter{Plan: "1-kh-2024", Page: reporting.Page{Size: 2}})
	must(t, err)
	next, err := w.svc.ListPlanRemarks(ctx, w.admin, reporting.RemarkFilter{Plan: "1-kh-2024", Page: reporting.Page{Size: 2, Token: page.Next}})
	must(t, err)
	if len(page.Remarks) != 2 || len(next.Remarks) != 1 || next.Next != "" {
		t.Errorf("two pages of 2 and 1 remarks are %d and %d", len(page.Remarks), len(next.Remarks))
	}
	_, _, err = w.svc.RemarkPlan(ctx, w.call(clerk), plan.Remark{Plan: "1-kh-2024", Kind: plan.Cause, Unit: "A"}, " ")
	w.at(err, "TEXT_MISSING", "text")
	_, _, err = w.svc.RemarkPlan(ctx, w.call(clerk), plan.Remark{Plan: "1-kh-2024", Unit: "A"}, "gì đó")
	w.at(err, "REMARK_KIND_UNKNOWN", "kind")
}
