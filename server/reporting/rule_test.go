package reporting_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rule"
)

// ruled makes a rule of the form M from a line such as "R1 ERROR [FLOW] <= 5".
func ruled(line string) rule.Rule {
	parts := strings.SplitN(line, " ", 3)
	severity, err := rule.ParseSeverity(parts[1])
	if err != nil {
		panic(err)
	}
	return rule.Rule{
		Form: "m", Code: rule.Code(parts[0]), Severity: severity, Expression: parts[2], TextVI: "Số liệu chưa hợp lý", TextEN: "An unlikely figure",
		ValidFrom: period.Beginning,
	}
}

// rules imports rules of the form M.
func (w *world) rules(lines ...string) {
	w.t.Helper()
	var rows []rule.Rule
	for _, line := range lines {
		rows = append(rows, ruled(line))
	}
	_, err := w.svc.ImportRules(w.t.Context(), w.call(w.admin), rows)
	must(w.t, err)
}

// problems lists reason, rule and field of an error.
func problems(err error) string {
	var list []string
	for _, e := range details(err) {
		code, _ := e.Param("rule")
		list = append(list, strings.Join([]string{e.Reason, code, e.Field}, " "))
	}
	return strings.Join(list, "; ")
}

func explained(sub reporting.Submission, code, text string) reporting.Submission {
	figures := append([]reporting.FigureDraft{}, sub.Figures...)
	for i := range figures {
		if figures[i].Indicator == code {
			figures[i].Explanation = text
		}
	}
	sub.Figures = figures
	return sub
}

func TestAnErrorRefusesAndAWarningAsks(t *testing.T) {
	w := newWorld(t)
	w.rules("TOP ERROR [FLOW] <= 100", "HIGH WARNING [FLOW] <= 50", "PARTS ERROR [RATIO.num] <= [RATIO.den]")
	a := w.token(auth.Reporter, "A")
	_, err := w.submit(a, with(flow("A", "2024-05", "1234.5"), "RATIO", "3/2"))
	w.expect("all that is wrong at once", problems(err),
		"EXPLANATION_REQUIRED HIGH figures[0].explanation; RULE_VIOLATED PARTS figures[1].numerator; RULE_VIOLATED TOP figures[0].value")
	for _, c := range []struct{ key, want string }{
		{"indicator", "FLOW"}, {"values", "FLOW = 1234.5"}, {"text", "Số liệu chưa hợp lý (FLOW = 1.234,5)"}, {"form", "M"},
	} {
		got, _ := details(err)[0].Param(c.key)
		w.expect(c.key, got, c.want)
	}
	w.expect("English", details(err)[2].Text, "rule TOP of form M: An unlikely figure (FLOW = 1,234.5); correct the figures, or ask who keeps the rules")
	_, err = w.submit(a, with(flow("A", "2024-05", "60"), "RATIO", "2/2"))
	w.expect("a warning", problems(err), "EXPLANATION_REQUIRED HIGH figures[0].explanation")
	_, err = w.submit(a, explained(with(flow("A", "2024-05", "60"), "RATIO", "2/2"), "RATIO", "the wrong figure"))
	w.expect("another figure is explained", problems(err), "EXPLANATION_REQUIRED HIGH figures[0].explanation")
	_, err = w.submit(a, explained(flow("A", "2024-05", "60"), "FLOW", " \n"))
	w.expect("an empty explanation", problems(err), "EXPLANATION_REQUIRED HIGH figures[0].explanation")
	_, err = w.submit(a, explained(explained(with(flow("A", "2024-05", "101"), "RATIO", "2/2"), "FLOW", "Bão"), "RATIO", "Bão"))
	w.expect("an explanation is none for an error", problems(err), "RULE_VIOLATED TOP figures[0].value")
	o := w.submitted(a, explained(with(flow("A", "2024-05", "60"), "RATIO", "2/2"), "FLOW", "Bão lớn trong tuần đầu"))
	if o.Kind != reporting.Created {
		t.Errorf("outcome %v", o)
	}
	report, _, err := w.svc.GetReport(t.Context(), a, reporting.ReportRef{Unit: "A", Form: "M", Period: "2024-05"}, 0)
	must(t, err)
	w.expect("the explanation is shown", report.Shown.Figures[0].Explanation, "Bão lớn trong tuần đầu")
}

func TestR26DraftsAreHeldAgainstNoRule(t *testing.T) {
	w := newWorld(t)
	w.rules("TOP ERROR [FLOW] <= 100")
	a := w.token(auth.Reporter, "A")
	o := w.submitted(a, drafted(flow("A", "2024-05", "200")))
	_, err := w.submit(a, seen(flow("A", "2024-05", "200"), o.Etag))
	w.expect("the draft sent for good", problems(err), "RULE_VIOLATED TOP figures[0].value")
	merged := seen(merging(with(reporting.Submission{Ref: reporting.ReportRef{Unit: "A", Form: "M", Period: "2024-05"}}, "STOCK", "1")), o.Etag)
	_, err = w.submit(a, merged)
	w.expect("what a merge takes from the draft", problems(err), "RULE_VIOLATED TOP figures")
}

func TestWhatChangesNothingIsNotHeldAgain(t *testing.T) {
	w := newWorld(t)
	a := w.token(auth.Reporter, "A")
	w.submitted(a, flow("A", "2024-05", "200"))
	w.rules("TOP ERROR [FLOW] <= 100", "ASKED ERROR required([FLOW])")
	if o := w.submitted(a, flow("A", "2024-05", "200")); o.Kind != reporting.Unchanged {
		t.Errorf("the same content gives %v", o)
	}
	call := w.call(a)
	call.ValidateOnly = true
	_, _, _, err := w.svc.Submit(t.Context(), call, flow("A", "2024-04", "101"))
	w.expect("a dry run takes the same road", problems(err), "RULE_VIOLATED TOP figures[0].value")
}

func TestRulesLookAtWhatCountedBefore(t *testing.T) {
	w := newWorld(t)
	a := w.token(auth.Reporter, "A")
	w.rules("FALL ERROR never_falls([STOCK])", "JUMP WARNING jump([FLOW], [FLOW, -1p]) <= 50")
	stock := func(per, value string) reporting.Submission {
		return with(reporting.Submission{Ref: reporting.ReportRef{Unit: "A", Form: "M", Period: per}}, "STOCK", value)
	}
	w.submitted(a, stock("2024-02", "10"))
	_, err := w.submit(a, stock("2024-04", "9"))
	w.expect("less than two months before", problems(err), "RULE_VIOLATED FALL figures[0].value")
	values, _ := details(err)[0].Param("values")
	w.expect("with the numbers", values, "STOCK = 9; STOCK (2024-02) = 10")
	// What was returned does not count, and neither does a draft.
	approver := w.token(auth.Approver, "P")
	etag := w.submitted(a, drafted(stock("2024-03", "99"))).Etag
	w.submitted(a, stock("2024-04", "10"))
	_ = etag
	r, _, err := w.svc.GetReport(t.Context(), approver, reporting.ReportRef{Unit: "A", Form: "M", Period: "2024-04"}, 0)
	must(t, err)
	_, _, _, err = w.svc.Return(t.Context(), w.call(approver), reporting.ReportRef{Unit: "A", Form: "M", Period: "2024-04"}, r.Etag, "Sai")
	must(t, err)
	w.submitted(a, stock("2024-05", "10"))
	// Another unit's figures are not its own.
	w.submitted(w.token(auth.Reporter, "B"), flow("B", "2024-04", "100"))
	w.submitted(w.token(auth.Reporter, "B"), explained(flow("B", "2024-05", "151"), "FLOW", "Chợ mới"))
	_, err = w.submit(w.token(auth.Reporter, "C"), flow("C", "2024-05", "1"))
	must(t, err)
}

// TestR11RulesLookAtNothingThatIsTakenOut: it counts nowhere, so it is no figure before, nor one that a rule is tried on.
func TestR11RulesLookAtNothingThatIsTakenOut(t *testing.T) {
	w := newWorld(t)
	a, p := w.token(auth.Reporter, "A"), w.token(auth.Approver, "P")
	w.rules("JUMP WARNING jump([FLOW], [FLOW, -1p]) <= 50")
	before := reporting.ReportRef{Unit: "A", Form: "M", Period: "2024-04"}
	w.submitted(a, flow("A", "2024-04", "10"))
	_, err := w.submit(a, flow("A", "2024-05", "100"))
	w.refused(err, "EXPLANATION_REQUIRED")
	w.exclude(p, before)
	w.submitted(a, flow("A", "2024-05", "100"))
	test := reporting.RuleTrial{Form: "m", Expression: "[FLOW] <= 1", Periods: "2024-04..2024-05"}
	tried := func() int {
		t.Helper()
		page, err := w.svc.TestRule(t.Context(), p, test)
		must(t, err)
		return page.Reports
	}
	if got := tried(); got != 1 {
		t.Errorf("a rule is tried on %d reports, want the one that is not taken out", got)
	}
	w.lift(p, before)
	if got := tried(); got != 2 {
		t.Errorf("a rule is tried on %d reports after the other was brought back, want 2", got)
	}
}

func TestR38RulesSeeTheRequestsBeforeThemAndTheirBatch(t *testing.T) {
	w := newWorld(t)
	w.rules("FALL ERROR never_falls([FLOW])")
	batch := []reporting.Submission{flow("A", "2024-05", "9"), flow("A", "2024-04", "10"), flow("B", "2024-05", "1")}
	outcomes, _, err := w.svc.SubmitBatch(t.Context(), w.call(w.admin), batch, true)
	must(t, err)
	w.expect("all or none, whatever the order", kinds(outcomes), "REFUSED REFUSED REFUSED ")
	w.expect("the reason", problems(outcomes[0].Err), "RULE_VIOLATED FALL figures[0].value")
	w.refused(outcomes[1].Err, "BATCH_REFUSED")
	batch[0] = flow("A", "2024-05", "10")
	outcomes, _, err = w.svc.SubmitBatch(t.Context(), w.call(w.admin), batch, true)
	must(t, err)
	w.expect("now it rises", kinds(outcomes), "CREATED CREATED CREATED ")
	outcomes, _, err = w.svc.SubmitBatch(t.Context(), w.call(w.admin), []reporting.Submission{flow("C", "2024-04", "10"), flow("C", "2024-03", "11")}, false)
	must(t, err)
	w.expect("one by one the later one stands", kinds(outcomes), "CREATED CREATED ")
	// A correction within the batch counts for the month after it, and not what it replaces.
	o := w.submitted(w.admin, flow("A", "2024-04", "10"))
	outcomes, _, err = w.svc.SubmitBatch(t.Context(), w.call(w.admin), []reporting.Submission{
		seen(flow("A", "2024-04", "30"), o.Etag), seen(flow("A", "2024-05", "20"), "1-submitted"),
	}, true)
	must(t, err)
	w.expect("the batch's own April", problems(outcomes[1].Err), "RULE_VIOLATED FALL figures[0].value")
}

func TestRulesHoldColumnsByThePlacesOfTheirAmounts(t *testing.T) {
	w := newWorld(t)
	w.rules("PARTS ERROR [RATIO.num] <= [RATIO.den]", "HIGH WARNING [FLOW] <= 5", "ASKED ERROR required([STOCK])")
	columns := []reporting.AmountColumn{
		{Indicator: "RATIO", Part: reporting.AmountDenominator}, {Indicator: "flow"}, {Indicator: "RATIO", Part: reporting.AmountNumerator},
	}
	stream, err := reporting.NewAmountColumns(columns)
	must(t, err)
	packed, err := reporting.NewPackedColumns(columns)
	must(t, err)
	for _, c := range []struct {
		columns *reporting.AmountColumns
		want    string
	}{
		{stream, "RULE_VIOLATED ASKED figures; EXPLANATION_REQUIRED HIGH amounts[1]; RULE_VIOLATED PARTS amounts[2]"},
		{packed, "RULE_VIOLATED ASKED packed; EXPLANATION_REQUIRED HIGH packed.amounts[1]; RULE_VIOLATED PARTS packed.amounts[2]"},
	} {
		amounts, err := c.columns.Read(&reporting.Given{Amounts: []int64{2, 6, 3}})
		must(t, err)
		_, err = w.submit(w.admin, reporting.Submission{Ref: reporting.ReportRef{Unit: "A", Form: "M", Period: "2024-05"}, Amounts: amounts})
		w.expect("fields", problems(err), c.want)
	}
}

func TestR30ARuleHoldsForPeriodsThatEndFromItsFirstDayOn(t *testing.T) {
	w := newWorld(t)
	later := ruled("TOP ERROR [FLOW] <= 100")
	later.ValidFrom = period.Date(2024, 4, 30)
	off := later
	off.Severity, off.ValidFrom = rule.Off, period.Date(2024, 5, 1)
	_, err := w.svc.ImportRules(t.Context(), w.call(w.admin), []rule.Rule{later, off})
	must(t, err)
	a := w.token(auth.Reporter, "A")
	w.submitted(a, flow("A", "2024-03", "101"))
	_, err = w.submit(a, flow("A", "2024-04", "101"))
	w.expect("the period of its first day", problems(err), "RULE_VIOLATED TOP figures[0].value")
	w.submitted(a, flow("A", "2024-05", "101"))
}

func TestARuleThatSpeaksOfWhatIsNotThereIsRefused(t *testing.T) {
	w := newWorld(t)
	_, err := w.svc.ImportIndicators(t.Context(), w.call(w.admin), []indicator.Indicator{sum("ELSEWHERE")})
	must(t, err)
	for _, c := range []struct{ line, reason string }{
		{"R ERROR [ELSEWHERE] <= 1", "RULE_INDICATOR_NOT_IN_FORM"},
		{"R ERROR [NOWHERE] <= 1", "INDICATOR_NOT_FOUND"},
		{"R ERROR [FLOW.num] <= 1", "RULE_NO_RATIO"},
		{"R ERROR [FLOW] <= ", "FORMULA_INCOMPLETE"},
	} {
		_, _, _, err := w.svc.CreateRule(t.Context(), w.call(w.admin), ruled(c.line))
		w.at(err, c.reason, "expression")
		_, err = w.svc.ImportRules(t.Context(), w.call(w.admin), []rule.Rule{ruled("OK ERROR [FLOW] <= 1"), ruled(c.line)})
		w.at(err, c.reason, "rules[1].expression")
	}
	nowhere := ruled("R ERROR [FLOW] <= 1")
	nowhere.Form = "nowhere"
	_, _, _, err = w.svc.CreateRule(t.Context(), w.call(w.admin), nowhere)
	w.at(err, "FORM_NOT_FOUND", "form")
	page, err := w.svc.ListRules(t.Context(), w.admin, reporting.RuleFilter{})
	must(t, err)
	if len(page.Rules) != 0 {
		t.Errorf("refused rules are there: %v", page.Rules)
	}
	_, _, _, err = w.svc.CreateRule(t.Context(), w.call(w.token(auth.Viewer, "P")), ruled("R ERROR [FLOW] <= 1"))
	w.refused(err, "RIGHT_MISSING")
}

func TestRulesAreCreatedUpdatedAndListed(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	call := w.call(w.admin)
	made, change, _, err := w.svc.CreateRule(ctx, call, ruled("Top ERROR [flow]<=100"))
	must(t, err)
	w.expect("as it is kept", fmt.Sprint(made.Form, " ", made.Code, " ", made.Expression), "M Top [flow] <= 100")
	again, repeat, _, err := w.svc.CreateRule(ctx, call, ruled("Top ERROR [flow] <= 100"))
	must(t, err)
	if !repeat.Receipt.Replayed || repeat.Receipt.Sequence != change.Receipt.Sequence || again != made {
		t.Errorf("R37: the same request again: %v %v", again, repeat.Receipt)
	}
	_, _, _, err = w.svc.CreateRule(ctx, w.call(w.admin), ruled("Top ERROR [FLOW] <= 1"))
	w.refused(err, "RULE_EXISTS")
	_, _, _, err = w.svc.UpdateRule(ctx, w.call(w.admin), ruled("Top WARNING [FLOW] <= 1"), "1")
	w.refused(err, "ETAG_MISMATCH")
	updated, _, _, err := w.svc.UpdateRule(ctx, w.call(w.admin), ruled("Top WARNING [FLOW] <= 1"), made.Etag)
	must(t, err)
	if updated.Severity != rule.Warning || updated.Etag == made.Etag {
		t.Errorf("updated to %v", updated)
	}
	_, _, _, err = w.svc.UpdateRule(ctx, w.call(w.admin), ruled("Other WARNING [FLOW] <= 1"), "")
	w.refused(err, "RULE_NOT_FOUND")
	w.rules("A2 ERROR [FLOW] <= 2", "B3 OFF [FLOW] <= 3")
	summary, err := w.svc.ImportRules(ctx, w.call(w.admin), []rule.Rule{ruled("A2 ERROR [FLOW]<=2"), ruled("B3 ERROR [FLOW] <= 3"), ruled("C4 ERROR [FLOW] <= 4")})
	must(t, err)
	w.expect("an import counts", fmt.Sprint(summary.Created, summary.Updated, summary.Unchanged), "1 1 1")
	var codes []string
	for token := ""; ; {
		page, err := w.svc.ListRules(ctx, w.admin, reporting.RuleFilter{Form: "m", Page: reporting.Page{Size: 3, Token: token}})
		must(t, err)
		for _, r := range page.Rules {
			codes = append(codes, string(r.Code))
		}
		if token = page.Next; token == "" {
			break
		}
	}
	w.expect("the pages", strings.Join(codes, " "), "A2 B3 C4 Top")
	then, _, err := w.svc.GetRuleAt(ctx, w.admin, reporting.RuleRef{Form: "M", Rule: "top"}, "", reporting.At{Sequence: ptr(int64(change.Receipt.Sequence))})
	must(t, err)
	w.expect("R30: as it was", then.Severity.String()+" "+then.Etag, "ERROR "+made.Etag)
}

// TestADryRunFindsWhatARuleWouldHaveRefused compares with the refusals that the same reports get once the rule is there.
func TestADryRunFindsWhatARuleWouldHaveRefused(t *testing.T) {
	w := newWorld(t)
	amounts := map[string][]string{"A": {"10", "12", "5", "40"}, "B": {"7", "7", "-", "6"}, "C": {"1", "2", "3", "4"}}
	months := []string{"2024-01", "2024-02", "2024-03", "2024-04"}
	for unit, list := range amounts {
		for i, amount := range list {
			w.submitted(w.admin, explained(with(reporting.Submission{Ref: reporting.ReportRef{Unit: unit, Form: "M", Period: months[i]}}, "FLOW", amount), "FLOW",
				map[string]string{"A 2024-03": "Nghỉ Tết"}[unit+" "+months[i]]))
		}
	}
	w.submitted(w.token(auth.Reporter, "A"), drafted(flow("A", "2024-05", "1")))
	const expression = "never_falls([FLOW]) and [FLOW] < 40"
	trial := reporting.RuleTrial{Form: "m", Expression: expression, Periods: "2024-01..2024-05", Page: reporting.Page{Size: 1}}
	var found []string
	looked := 0
	for {
		page, err := w.svc.TestRule(t.Context(), w.admin, trial)
		must(t, err)
		looked += page.Reports
		for _, f := range page.Findings {
			found = append(found, fmt.Sprintf("%s %s r%d %s explained %t", f.Report.Period, f.Report.Unit, f.Revision, f.Values(), f.Explained()))
		}
		if trial.Page.Token = page.Next; page.Next == "" {
			break
		}
	}
	want := []string{
		"2024-03 A-0 r1 FLOW = 5; FLOW (2024-02) = 12 explained true", "2024-04 A-0 r1 FLOW = 40 explained false",
		"2024-04 B-0 r1 FLOW = 6; FLOW (2024-02) = 7 explained false",
	}
	w.expect("found", strings.Join(found, "\n"), strings.Join(want, "\n"))
	if looked != 12 {
		t.Errorf("%d reports were looked at, want 12: drafts are none", looked)
	}
	// The rule itself, by its code.
	w.rules("R ERROR " + expression)
	trial.Expression, trial.Rule, trial.Page = "", "r", reporting.Page{}
	page, err := w.svc.TestRule(t.Context(), w.admin, trial)
	must(t, err)
	if len(page.Findings) != 3 {
		t.Errorf("the rule by its code finds %d, want 3", len(page.Findings))
	}
	// Whoever reads D alone sees A and B, and a reporter his own.
	for who, want := range map[auth.Caller]int{w.token(auth.Viewer, "D"): 3, w.token(auth.Reporter, "B"): 1, w.token(auth.Viewer, "C"): 0} {
		page, err := w.svc.TestRule(t.Context(), who, trial)
		must(t, err)
		if len(page.Findings) != want {
			t.Errorf("%s of %s is told of %d, want %d", who.Token.Role, who.Token.Unit, len(page.Findings), want)
		}
	}
	trial.Below = "A"
	page, err = w.svc.TestRule(t.Context(), w.admin, trial)
	must(t, err)
	if len(page.Findings) != 2 || page.Reports != 4 {
		t.Errorf("below A: %d findings of %d reports", len(page.Findings), page.Reports)
	}
}

func TestADryRunIsRefusedWithItsField(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		trial         reporting.RuleTrial
		reason, field string
	}{
		{reporting.RuleTrial{Form: "M", Periods: "2024-01"}, "RULE_OR_EXPRESSION", "expression"},
		{reporting.RuleTrial{Form: "M", Periods: "2024-01", Rule: "R", Expression: "[FLOW] < 1"}, "RULE_OR_EXPRESSION", "expression"},
		{reporting.RuleTrial{Form: "M", Periods: "2024-01", Rule: "R"}, "RULE_NOT_FOUND", "rule"},
		{reporting.RuleTrial{Form: "N", Periods: "2024-01", Rule: "R"}, "FORM_NOT_FOUND", "parent"},
		{reporting.RuleTrial{Form: "M", Periods: "2024-Q1", Expression: "[FLOW] < 1"}, "PERIOD_NOT_OF_FORM", "periods"},
		{reporting.RuleTrial{Form: "M", Periods: "2010-01..2024-12", Expression: "[FLOW] < 1"}, "PERIODS_TOO_MANY", "periods"},
		{reporting.RuleTrial{Form: "M", Periods: "2024-01", Expression: "[FLOW] <"}, "FORMULA_INCOMPLETE", "expression"},
		{reporting.RuleTrial{Form: "M", Periods: "2024-01", Expression: "[GONE] < 1"}, "INDICATOR_NOT_FOUND", "expression"},
		{reporting.RuleTrial{Form: "M", Periods: "2024-01", Expression: "[FLOW, -1p] < 1"}, "RULE_WITHOUT_FIGURE", "expression"},
		{reporting.RuleTrial{Form: "M", Periods: "2024-01", Expression: "[FLOW] < 1", Below: "Z"}, "UNIT_NOT_FOUND", "below"},
	} {
		_, err := w.svc.TestRule(context.Background(), w.admin, c.trial)
		if fault.ReasonOf(err) == "UNIT_NOT_VALID" {
			continue
		}
		w.at(err, c.reason, c.field)
	}
}

func ptr[T any](v T) *T { return &v }

func TestAFormThatDropsWhatARuleSpeaksOfIsWarnedOf(t *testing.T) {
	w := newWorld(t)
	w.rules("FALL ERROR never_falls([STOCK])", "TOP ERROR [FLOW] <= 100", "OLD OFF [STOCK] <= 1")
	f := w.form("M").Form
	f.Indicators = []indicator.Code{"FLOW", "RATIO"}
	f.ValidFrom = period.Date(2024, 9, 1)
	summary, err := w.svc.ImportForms(t.Context(), w.call(w.admin), []form.Form{f})
	must(t, err)
	var got []string
	for _, warning := range summary.Warnings {
		got = append(got, problems(warning))
	}
	w.expect("warnings", strings.Join(got, "; "), "FORM_LOSES_RULE FALL forms[0].indicators")
}
