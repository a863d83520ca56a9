package server_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// articles is a province with the units and figures that the five articles need, and the whole survey of them.
type articles struct {
	*province
	plans    reportingv1.PlanServiceClient
	rankings reportingv1.RankingServiceClient
}

// survey is every target, result and rule of the articles.
var survey = filepath.Join("plan", "testdata", "targets-from-seeds.csv")

func newArticles(t *testing.T) *articles {
	t.Helper()
	a := &articles{province: newProvince(t)}
	a.plans, a.rankings = reportingv1.NewPlanServiceClient(a.conn), reportingv1.NewRankingServiceClient(a.conn)
	dir := filepath.Join("testdata", "rpc", "plans")
	for _, line := range []string{
		"founder issues admin administrator everywhere", "founder issues chief approver everywhere", "founder imports units",
		"founder imports indicators", "founder imports forms", "founder imports outside", "founder imports regions",
	} {
		if err := a.tell(dir, strings.Fields(line)); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// accepted fails where a file was refused.
func (a *articles) accepted(s *reportingv1.ImportSummary, err error) *reportingv1.ImportSummary {
	a.t.Helper()
	if err != nil || len(s.GetProblems()) > 0 {
		a.t.Fatalf("the file was refused: %v %v", err, s.GetProblems())
	}
	return s
}

func (a *articles) importSurvey() *reportingv1.ImportSummary {
	a.t.Helper()
	file, err := os.ReadFile(survey)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.accepted(a.imports("plans", string(file)))
}

// imports sends a file; one with problems is no error.
func (a *articles) imports(what, text string) (*reportingv1.ImportSummary, error) {
	options := &reportingv1.ImportOptions{FileName: what + ".csv", RequestId: a.requestID()}
	return a.importOfPlans(a.by("admin"), what, options, []byte(text))
}

func (a *articles) importTargets(text string) *reportingv1.ImportSummary {
	a.t.Helper()
	s, err := a.imports("targets", text)
	if err != nil {
		a.t.Fatal(err)
	}
	return s
}

func (a *articles) evaluate(q *reportingv1.EvaluatePlanRequest) *reportingv1.EvaluatePlanResponse {
	a.t.Helper()
	e, err := a.plans.EvaluatePlan(a.by("admin"), q)
	if err != nil {
		a.t.Fatal(err)
	}
	a.addsUp(e.GetSummary(), len(e.GetLines()))
	return e
}

// addsUp holds that counts always add up to the number evaluated.
func (a *articles) addsUp(c *reportingv1.AttainmentCounts, lines int) {
	a.t.Helper()
	sum := c.GetExceeded() + c.GetMet() + c.GetNotMet() + c.GetNotDue() + c.GetNoData() + c.GetNotEvaluable()
	if sum != c.GetEvaluated() || int(sum) != lines {
		a.t.Errorf("%v does not add up to %d lines", c, lines)
	}
}

// statuses gives each line as "CQ-09 kind:commune" with its status.
func statuses(e *reportingv1.EvaluatePlanResponse) map[string]string {
	found := map[string]string{}
	for _, l := range e.GetLines() {
		code, scope := l.GetTarget().GetIndicator(), l.GetTarget().GetScope()
		if l.GetTarget() == nil {
			code, scope = l.GetDeclared().GetIndicator(), "declared"
		}
		found[code+" "+scope] = strings.TrimPrefix(l.GetStatus().String(), "ATTAINMENT_")
	}
	return found
}

// differences gives the declared counts with what they are held against: "ASSIGNED 35 DECLARED_PARTS" is -2.
func differences(e *reportingv1.EvaluatePlanResponse) map[string]int32 {
	found := map[string]int32{}
	for _, c := range e.GetCounts() {
		d := c.GetDeclared()
		key := strings.TrimPrefix(d.GetKind().String(), "COUNT_KIND_") + d.GetLabel()
		found[fmt.Sprintf("%s %d %s", key, d.GetCount(), strings.TrimPrefix(c.GetAgainst().String(), "COUNT_BASIS_"))] = c.GetDifference()
	}
	return found
}

func expect[V comparable](t *testing.T, what string, got map[string]V, want map[string]V) {
	t.Helper()
	for key, w := range want {
		if g, known := got[key]; !known || g != w {
			t.Errorf("%s: %s is %v (known: %t), want %v\nall: %v", what, key, g, known, w, got)
		}
	}
}

// TestR28_TheArticlesComeOutAsPublished loads all of the survey by one call, and asks for what the articles told.
func TestR28_TheArticlesComeOutAsPublished(t *testing.T) {
	a := newArticles(t)
	s := a.importSurvey()
	if s.GetRows() != 92 || s.GetCreated() != 92 || s.GetReceipt() == nil {
		t.Fatalf("the survey: %v, want all of its 92 rows", s)
	}
	if s := a.importSurvey(); s.GetUnchanged() != 92 || s.GetReceipt() != nil {
		t.Errorf("the survey again: %v, want nothing new", s)
	}
	a.at("2026-01-10 09:00")

	// The year 2023 of Đồng Tháp: 31 reached and 6 not make 37, and 35 were assigned.
	e := a.evaluate(&reportingv1.EvaluatePlanRequest{Name: "plans/99-KH-UBND-2023"})
	expect(t, "2023", differences(e), map[string]int32{
		"ASSIGNED 35 DECLARED_PARTS": -2, "REACHED 31 DECLARED_PARTS": 0, "NOT_MET 6 COMPUTED": 6, "EXCEEDED 16 COMPUTED": 16,
	})

	// The resolution: 17 indicators, 11 exceeded and 6 met as declared.
	e = a.evaluate(&reportingv1.EvaluatePlanRequest{Name: "plans/04-nq-tu-2021"})
	if d := e.GetDeclared(); d.GetEvaluated() != 17 || d.GetExceeded() != 11 || d.GetMet() != 6 || len(e.GetLines()) != 17 {
		t.Errorf("the resolution as declared: %v of %d lines, want 11 exceeded and 6 met of 17", d, len(e.GetLines()))
	}
	expect(t, "the resolution", differences(e), map[string]int32{
		"TOTAL 17 DECLARED_RATINGS": 0, "EXCEEDED 11 DECLARED_RATINGS": 0, "MET 6 DECLARED_RATINGS": 0, "TOTAL 17 DECLARED_PARTS": 0, "TOTAL 17 COMPUTED": 0,
	})
	for _, l := range e.GetLines() {
		if l.GetDeclared().GetIndicator() == "KT-01" && (l.GetDeclared().GetBound() != ">" || l.GetDeclared().GetValue() != "58") {
			t.Errorf("KT-01 was declared to be above 58, not %v", l.GetDeclared())
		}
		if got := l.GetReasons()[0].GetReason(); got != "TARGET_NOT_STORED" {
			t.Errorf("%s: %s, want TARGET_NOT_STORED: the article has no target value", l.GetDeclared().GetIndicator(), got)
		}
	}
}

// TestR28_TheGroupsOfThePlanOf2024 enters the 44 indicators of the plan, in the groups of the article.
func TestR28_TheGroupsOfThePlanOf2024(t *testing.T) {
	a := newArticles(t)
	a.importSurvey()
	a.at("2025-01-10 09:00")
	seen, err := a.plans.GetPlan(a.by("admin"), &reportingv1.GetPlanRequest{Name: "plans/52-kh-ubnd-2024"})
	if err != nil {
		t.Fatal(err)
	}
	e := a.evaluate(&reportingv1.EvaluatePlanRequest{Name: seen.GetName()})
	expect(t, "before the register has them", differences(e), map[string]int32{"GROUPDL 7 REGISTER": 7, "FOCUS 10 REGISTER": 10})
	file, err := os.ReadFile(filepath.Join("demo", "data", "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	p := &reportingv1.Plan{}
	if err := protojson.Unmarshal(file, p); err != nil {
		t.Fatal(err)
	}
	p.Name, p.Etag = seen.GetName(), seen.GetEtag()
	if _, err := a.plans.UpdatePlan(a.by("admin"), &reportingv1.UpdatePlanRequest{Plan: p, RequestId: a.requestID()}); err != nil {
		t.Fatal(err)
	}
	e = a.evaluate(&reportingv1.EvaluatePlanRequest{Name: seen.GetName()})
	expect(t, "the groups", differences(e), map[string]int32{
		"GROUPDL 7 REGISTER": 0, "GROUPCQ 16 REGISTER": 0, "GROUPKT 9 REGISTER": 0, "GROUPXH 10 REGISTER": 0, "GROUPAT 2 REGISTER": 0, "FOCUS 10 REGISTER": 0,
	})
	indicators := int32(0)
	for _, g := range e.GetGroups() {
		indicators += g.GetIndicators()
	}
	if indicators != 44 {
		t.Errorf("%d indicators in all groups, want 44", indicators)
	}
	if first := e.GetLines()[0].GetTarget().GetIndicator(); first != "CH-01" {
		t.Errorf("the first line is %s, want the rank that stands above all groups", first)
	}
	if f := a.evaluate(&reportingv1.EvaluatePlanRequest{Name: seen.GetName(), Focus: true}); len(f.GetLines()) != 10 {
		t.Errorf("%d lines in focus, want 10", len(f.GetLines()))
	}
	if g := a.evaluate(&reportingv1.EvaluatePlanRequest{Name: seen.GetName(), Group: "dl"}); len(g.GetLines()) != 3 {
		t.Errorf("%d lines of the data group, want its 3 targets", len(g.GetLines()))
	}
	// As the store was before the update, the plan has no indicators.
	at := seen.GetStamp().GetSequence()
	e = a.evaluate(&reportingv1.EvaluatePlanRequest{Name: seen.GetName(), AtSequence: &at})
	expect(t, "as of then", differences(e), map[string]int32{"GROUPDL 7 REGISTER": 7})
}

// TestR28_LevelsAreJudgedEachOnItsOwn sends figures of departments, districts and communes: 95/80/60 and 55/40/20 are of three kinds.
func TestR28_LevelsAreJudgedEachOnItsOwn(t *testing.T) {
	a := newArticles(t)
	a.importSurvey()
	a.approveAll("2024-01-20 09:00", []string{
		"admin sends NT-STTTT-0 CDS-NAM~2023 CQ-08=55/100 CQ-09=1/2", "admin sends 582-0 CDS-NAM~2023 CQ-08=41/100 CQ-09=1/2",
		"admin sends 22738-0 CDS-NAM~2023 CQ-08=1999/10000 CQ-09=1/2", "admin sends NT-STTTT-0 CDS-NAM-DV~2023 CQ-13=3 CQ-14=1",
		"admin sends 582-0 CDS-NAM-DV~2023 CQ-13=0 CQ-14=1",
	})
	e := a.evaluate(&reportingv1.EvaluatePlanRequest{Name: "plans/ke-hoach-chuyen-doi-so-tinh-ninh-thu-2023", Units: true})
	expect(t, "Ninh Thuận", statuses(e), map[string]string{
		"CQ-08 kind:province|department": "MET", "CQ-08 kind:district": "EXCEEDED", "CQ-08 kind:commune": "NOT_MET",
		"CQ-13 each:department|district": "NOT_MET", "CQ-14 each:department|district": "MET", "EXT-12 each:department|district": "MET",
		"EXT-12 unit:58-0": "NOT_MET", "EXT-14 unit:58-0": "MET", "KT-08 unit:58-0": "NO_DATA",
	})
	for _, l := range e.GetLines() {
		if l.GetTarget().GetIndicator() == "CQ-13" {
			a.addsUp(l.GetUnits(), 2)
			if n := len(l.GetUnitLines()); n != 2 || l.GetUnitLines()[0].GetStatus() == l.GetUnitLines()[1].GetStatus() {
				t.Errorf("one of the two units has products and the other has none: %v", l.GetUnitLines())
			}
		}
	}
	a.approveAll("2026-01-20 09:00", []string{
		"admin sends QB-STTTT-0 CDS-NAM~2025 CQ-08=1/2 CQ-09=96/100", "admin sends 450-0 CDS-NAM~2025 CQ-08=1/2 CQ-09=80/100",
		"admin sends 18853-0 CDS-NAM~2025 CQ-08=1/2 CQ-09=59/100",
	})
	e = a.evaluate(&reportingv1.EvaluatePlanRequest{Name: "plans/698-kh-ubnd-2022"})
	expect(t, "Quảng Bình 2025", statuses(e), map[string]string{
		"CQ-09 kind:province|department": "EXCEEDED", "CQ-09 kind:district": "MET", "CQ-09 kind:commune": "NOT_MET", "EXT-08 unit:44-0": "NO_DATA",
	})
	e = a.evaluate(&reportingv1.EvaluatePlanRequest{Name: "plans/698-kh-ubnd-2022", Year: 2030})
	expect(t, "Quảng Bình 2030", statuses(e), map[string]string{
		"CQ-09 kind:commune": "NOT_DUE", "CQ-16 unit:44-0": "NOT_EVALUABLE", "EXT-07 unit:44-0": "NOT_EVALUABLE", "EXT-11 unit:44-0": "NOT_EVALUABLE",
	})
	// The target of 2024 is a rank among 63; the province ended before the list of 34 came out, and whatever is published is of 34.
	a.accepted(a.imports("outside", "indicator,unit,year,value,ranked,source\nCH-01,87-0,2024,20,34,Bộ KH&CN\n"))
	e = a.evaluate(&reportingv1.EvaluatePlanRequest{Name: "plans/52-kh-ubnd-2024"})
	for _, l := range e.GetLines() {
		if l.GetTarget().GetIndicator() == "CH-01" && (l.GetStatus() != reportingv1.Attainment_ATTAINMENT_NOT_EVALUABLE || l.GetReasons()[0].GetReason() != "RANKING_CHANGED") {
			t.Errorf("29 of 63 held against 20 of 34: %v", l)
		}
	}
}

// approveAll tells lines at a time and approves what they send.
func (a *articles) approveAll(when string, lines []string) {
	a.t.Helper()
	a.at(when)
	for _, line := range lines {
		words := strings.Fields(line)
		if err := a.tell("", words); err != nil {
			a.t.Fatalf("%s: %v", line, err)
		}
		if err := a.tell("", []string{"chief", "approves", words[2], words[3]}); err != nil {
			a.t.Fatalf("%s: %v", line, err)
		}
	}
}

// TestR29_TheMekongDelta ranks and compares the provinces of the region: DTI went from 49 to 39, ICT Index from 16 to 7.
func TestR29_TheMekongDelta(t *testing.T) {
	a := newArticles(t)
	ctx := a.by("admin")
	compared, err := a.rankings.CompareUnits(ctx, &reportingv1.CompareUnitsRequest{Indicators: []string{"CH-01", "CH-02"}, Period: "2022", Region: "dbscl"})
	if err != nil {
		t.Fatal(err)
	}
	better := map[string]string{}
	for _, row := range compared.GetRows() {
		for _, u := range row.GetUnits() {
			better[row.GetIndicator()+" "+u.GetUnitCode()] = fmt.Sprintf("%d %s->%s %s next %s", u.GetRank(), u.GetPrevious(), u.GetFigure().GetValue(), u.GetImprovement(), u.GetToNext())
		}
	}
	expect(t, "side by side", better, map[string]string{
		"CH-01 87": "2 49->39 10 next 29", "CH-01 92": "1 10->10 0 next ", "CH-01 94": "3 41->50 -9 next 11", "CH-02 87": "1 16->7 9 next ", "CH-02 92": "0 ->  next ",
	})
	league, err := a.rankings.RankUnits(ctx, &reportingv1.RankUnitsRequest{Indicator: "CH-01", Period: "2022", Region: "DBSCL"})
	if err != nil {
		t.Fatal(err)
	}
	ranks := map[string]string{}
	for _, u := range league.GetUnits() {
		ranks[u.GetUnitCode()] = fmt.Sprintf("%d was %d by %d", u.GetRank(), u.GetPreviousRank(), u.GetChange())
	}
	expect(t, "in the region", ranks, map[string]string{"92": "1 was 1 by 0", "87": "2 was 3 by 1", "94": "3 was 2 by -1"})
	if league.GetNoChange() != nil || league.GetRanked() != 3 {
		t.Errorf("the league: %v", league)
	}
	// In 2020 nobody had a rank, so nothing rose.
	if league, err = a.rankings.RankUnits(ctx, &reportingv1.RankUnitsRequest{Indicator: "CH-01", Period: "2021", Region: "DBSCL"}); err != nil {
		t.Fatal(err)
	}
	if league.GetNoChange().GetReason() != "RANKS_NO_EARLIER" || league.GetUnits()[0].Change != nil {
		t.Errorf("nothing was published for 2020: %v", league)
	}
}

// TestATargetIsImportedAndWithdrawn also asks about a unit alone, at an earlier period, and as of earlier.
func TestATargetIsImportedAndWithdrawn(t *testing.T) {
	a := newArticles(t)
	a.importSurvey()
	a.at("2025-02-01 09:00")
	const plan = "plans/698-kh-ubnd-2022"
	s := a.importTargets("plan,year,indicator,scope,comparator,value,baseline,baseline_date,due,lead\n" +
		"698/KH-UBND,2025,CQ-09,unit:450,>=,70.0,50,2022-01-01,2025-06-30,QB-STTTT\n698-kh-ubnd-2022,2025,KT-07,,,,,,,\n")
	if s.GetCreated() != 1 || s.GetUpdated() != 1 || len(s.GetProblems()) > 0 {
		t.Fatalf("one target was set and one withdrawn: %v", s)
	}
	e := a.evaluate(&reportingv1.EvaluatePlanRequest{Name: plan, Unit: "450"})
	if len(e.GetLines()) != 1 {
		t.Fatalf("of the district alone one thing is demanded: %v", e.GetLines())
	}
	l := e.GetLines()[0]
	if l.GetStatus() != reportingv1.Attainment_ATTAINMENT_NOT_DUE || l.GetSoFar() != reportingv1.Attainment_ATTAINMENT_NO_DATA || l.GetDue() != "2025-06-30" {
		t.Errorf("it is due in June, and nothing has come in: %v", l)
	}
	if _, gone := statuses(a.evaluate(&reportingv1.EvaluatePlanRequest{Name: plan}))["KT-07 unit:44-0"]; gone {
		t.Error("KT-07 was withdrawn and is judged")
	}
	s = a.importTargets("plan,year,indicator,scope,comparator,value\n698/KH-UBND,2026,CQ-09,,>=,1\n1/KH,2025,CQ-09,,>=,1\n698/KH-UBND,2025,EXT-10,,in_class,giỏi\n698/KH-UBND,2025,CQ-09,unit:999,>=,8\n")
	var reasons []string
	for _, p := range s.GetProblems() {
		reasons = append(reasons, fmt.Sprintf("%d %s %s", p.GetLine(), p.GetField(), p.GetReason()))
	}
	want := "2 year YEAR_NOT_IN_PLAN, 3 plan PLAN_NOT_FOUND, 4 value CLASS_NOT_IN_PLAN, 5 scope UNIT_NOT_FOUND"
	if got := strings.Join(reasons, ", "); got != want || s.GetReceipt() != nil {
		t.Errorf("problems: %s, want %s", got, want)
	}
}
