package rule

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// unit is what one unit reported: figures by period and code, such as 2024-02 A.
type unit map[string]string

var month = period.Of(2024, period.Month, 3)

// Given reads 12, 90/100, 50/ (a numerator alone), - and x; a scale stands behind the indicators of the test.
func (u unit) Given(code indicator.Code, base period.Period) Given {
	ind := &indicator.Indicator{Code: indicator.Code(strings.ToUpper(string(code))), Scale: 2, UnitOfMeasure: "%"}
	switch ind.Code {
	case "NOTASKED":
		return Given{}
	case "YTD":
		ind.Value.Measure = indicator.YearToDate
	}
	text, ok := u[base.String()+" "+string(ind.Code)]
	g := Given{Indicator: ind}
	if !ok {
		return g
	}
	text, g.Figure.Explanation, _ = strings.Cut(text, " because ")
	number := func(s string) figure.Number {
		n, err := figure.ParseNumber(s, ind.Scale, figure.Plain)
		if err != nil {
			panic(err)
		}
		return n
	}
	numerator, denominator, ratio := strings.Cut(text, "/")
	g.Figure.State = figure.Value
	switch {
	case text == "-":
		g.Figure.State = figure.NotAvailable
	case text == "x":
		g.Figure.State = figure.NotApplicable
	case ratio:
		g.Figure.Numerator, g.Figure.HasNumerator = number(numerator), true
		if denominator != "" {
			g.Figure.Denominator, g.Figure.HasDenominator = number(denominator), true
		}
	default:
		g.Figure.Value, g.Figure.HasValue = number(text), true
	}
	return g
}

func ready(t *testing.T, expression string) *InForce {
	t.Helper()
	r := Rule{Form: "F", Code: "R1", Severity: Error, Expression: expression, TextVI: "Sai", ValidFrom: period.Beginning}.Clean()
	in, err := r.Ready()
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return in
}

// TestTheRulesThatPeopleAskFor holds each sort of rule against reports that keep it, break it, and do not say enough.
func TestTheRulesThatPeopleAskFor(t *testing.T) {
	year := func(values ...string) unit {
		u := unit{}
		for i, v := range values {
			u[month.Shift(i-len(values)+1).String()+" A"] = v
		}
		return u
	}
	for _, c := range []struct {
		rule  string
		given unit
		// finds is the figure to blame and the numbers; empty where the rule does not speak.
		finds string
	}{
		{"[A] >= 0 and [A] <= 100", unit{"2024-03 A": "100"}, ""},
		{"[A] >= 0 and [A] <= 100", unit{"2024-03 A": "100.01"}, "A: A = 100.01"},
		{"[A] >= 0 and [A] <= 100", unit{"2024-03 A": "-1"}, "A: A = -1"},
		{"[A] <= 100", unit{"2024-03 A": "-"}, ""},
		{"[A] <= 100", unit{}, ""},
		{"required([A], [B])", unit{"2024-03 A": "1", "2024-03 B": "0"}, ""},
		{"required([A], [B])", unit{"2024-03 A": "1"}, "A: A = 1"},
		{"required([A])", unit{}, "A: "},
		{"required([A])", unit{"2024-03 A": "-"}, "A: "},
		{"required([A])", unit{"2024-03 A": "x"}, ""},
		{"required([NOTASKED])", unit{}, ""},
		{"integer([A])", unit{"2024-03 A": "12"}, ""},
		{"integer([A])", unit{"2024-03 A": "12.5"}, "A: A = 12.5"},
		{"[A.num] <= [A.den]", unit{"2024-03 A": "90/90"}, ""},
		{"[A.num] <= [A.den]", unit{"2024-03 A": "91/90"}, "A: A.num = 91; A.den = 90"},
		{"[A.num] <= [A.den]", unit{"2024-03 A": "91/"}, ""},
		{"[A] <= 95", unit{"2024-03 A": "19/20"}, ""},
		{"[A] <= 95", unit{"2024-03 A": "2/2.1"}, "A: A = 95.2381"},
		{"[A] <= 95", unit{"2024-03 A": "1/0"}, ""},
		{"[A] = [B] + [C]", unit{"2024-03 A": "10", "2024-03 B": "4", "2024-03 C": "6"}, ""},
		{"[A] = [B] + [C]", unit{"2024-03 A": "10", "2024-03 B": "4", "2024-03 C": "5"}, "A: A = 10; B = 4; C = 5; [B] + [C] = 9"},
		{"[A] = [B] + [C]", unit{"2024-03 A": "10", "2024-03 B": "4"}, ""},
		{"never_falls([YTD])", unit{"2024-03 YTD": "9", "2024-01 YTD": "10"}, "YTD: YTD = 9; YTD (2024-01) = 10"},
		{"never_falls([YTD])", unit{"2024-03 YTD": "9", "2024-02 YTD": "-", "2024-01 YTD": "8"}, ""},
		{"never_falls([YTD])", unit{"2024-03 YTD": "9", "2023-12 YTD": "100"}, ""},
		{"never_falls([A])", unit{"2024-03 A": "9", "2023-12 A": "100"}, "A: A = 9; A (2023-12) = 100"},
		{"never_falls([A])", unit{"2024-03 A": "9", "2023-02 A": "100"}, ""},
		{"jump([A], [A, -1p]) <= 30", unit{"2024-03 A": "130", "2024-02 A": "100"}, ""},
		{"jump([A], [A, -1p]) <= 30", unit{"2024-03 A": "69", "2024-02 A": "100"}, "A: A = 69; A (2024-02) = 100; jump([A], [A, -1p]) = 31"},
		{"jump([A], [A, -1p]) <= 30", unit{"2024-03 A": "5", "2024-02 A": "0"}, ""},
		{"jump([A], [A, -1y]) <= 30", unit{"2024-03 A": "5", "2023-03 A": "3"}, "A: A = 5; A (2023-03) = 3; jump([A], [A, -1y]) = 66.6667"},
		{"jump([A], [A, -1y]) <= 30", unit{"2024-03 A": "5"}, ""},
		{"outlier([A], 6) <= 3.5", year("10", "11", "10", "12", "9", "10", "11"), ""},
		{"outlier([A], 6) <= 3.5", year("10", "11", "10", "12", "9", "10", "40"), "A: A = 40; outlier([A], 6) = 40.47; median = 10; spread = 0.5"},
		{"outlier([A], 6) <= 3.5", year("11", "10", "12", "9", "10", "40"), ""},
		{"outlier([A], 6) <= 3.5", year("10", "10", "10", "10", "10", "10", "40"), ""},
		{"outlier([A], 6) <= 3.5", year("10", "10", "10", "10", "10", "13", "40"), "A: A = 40; outlier([A], 6) = 47.8731; median = 10; spread = 0.5"},
	} {
		f, found := ready(t, c.rule).Hold(month, c.given)
		got := ""
		if found {
			got = string(f.Indicator) + ": " + f.Values()
		}
		if got != c.finds {
			t.Errorf("%s of %v finds %q, want %q", c.rule, c.given, got, c.finds)
		}
	}
}

// TestARuleNamesTheFigureToMend blames the first figure that the broken part speaks of and that is there.
func TestARuleNamesTheFigureToMend(t *testing.T) {
	for _, c := range []struct {
		rule  string
		given unit
		want  string
	}{
		{"[A] <= [B]", unit{"2024-03 A": "2", "2024-03 B": "1"}, "A value"},
		{"[B, -1p] <= [A]", unit{"2024-03 A": "2", "2024-02 B": "3"}, "A value"},
		{"[A] < 5 and [B.den] < 5", unit{"2024-03 A": "2", "2024-03 B": "1/9"}, "B denominator"},
		{"required([A]) or has([B])", unit{}, "A value"},
		{"required([A], [B])", unit{"2024-03 B": "-"}, "B value"},
	} {
		f, found := ready(t, c.rule).Hold(month, c.given)
		part := [...]string{"value", "numerator", "denominator"}[f.Amount]
		if got := string(f.Indicator) + " " + part; !found || got != c.want {
			t.Errorf("%s of %v blames %q (%t), want %q", c.rule, c.given, got, found, c.want)
		}
	}
}

// TestWhatAReporterIsTold has the numbers in each language's own writing, and those that the text leaves out behind it.
func TestWhatAReporterIsTold(t *testing.T) {
	r := Rule{
		Form: "F", Code: "R1", Severity: Warning, Expression: "[A.num] <= [A.den] * 2",
		TextVI: "Tử số [A.num] lớn hơn hai lần mẫu số.", TextEN: "The numerator [A.num] is more than twice the denominator [A.den]", ValidFrom: period.Beginning,
	}
	given := unit{"2024-03 A": "123456.5/1000"}
	tell := func(r Rule) Finding {
		t.Helper()
		in, err := r.Ready()
		if err != nil {
			t.Fatal(err)
		}
		f, found := in.Hold(month, given)
		if !found {
			t.Fatalf("%s holds", r.Expression)
		}
		return f
	}
	f := tell(r)
	if got, want := f.Vietnamese(), "Tử số 123.456,5 lớn hơn hai lần mẫu số (A.den = 1.000; [A.den] * 2 = 2.000)"; got != want {
		t.Errorf("Vietnamese: %q, want %q", got, want)
	}
	if got, want := f.English(), "The numerator 123,456.5 is more than twice the denominator 1,000 ([A.den] * 2 = 2,000)"; got != want {
		t.Errorf("English: %q, want %q", got, want)
	}
	if e := f.Refusal(); e.Reason != "EXPLANATION_REQUIRED" || !strings.Contains(e.Text, "explanation of A") {
		t.Errorf("a warning: %s %q", e.Reason, e.Text)
	}
	r.Severity, r.TextEN = Error, ""
	f = tell(r)
	if got, want := f.Refusal().Text, "rule R1 of form F: Tử số 123,456.5 lớn hơn hai lần mẫu số (A.den = 1,000; [A.den] * 2 = 2,000); correct the figures, or ask who keeps the rules"; got != want {
		t.Errorf("an error without English text: %q, want %q", got, want)
	}
	if e := f.Refusal(); e.Reason != "RULE_VIOLATED" {
		t.Errorf("an error: %s", e.Reason)
	}
	given["2024-03 A"] = "123456.5/1000 because of the storm"
	if f := tell(r); !f.Explained() {
		t.Error("an explanation is not seen")
	}
}

// TestARuleThatCannotBe names the field of every fault.
func TestARuleThatCannotBe(t *testing.T) {
	good := Rule{Form: "F", Code: "R1", Severity: Error, Expression: "[A] <= 1", TextVI: "Sai", ValidFrom: period.Beginning}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, field, reason string
		spoil               func(*Rule)
	}{
		{"code", "code", "CODE_MALFORMED", func(r *Rule) { r.Code = "R 1" }},
		{"form", "form", "CODE_EMPTY", func(r *Rule) { r.Form = "" }},
		{"severity", "severity", "SEVERITY_UNKNOWN", func(r *Rule) { r.Severity = 0 }},
		{"unknown severity", "severity", "SEVERITY_UNKNOWN", func(r *Rule) { r.Severity = 9 }},
		{"no text", "text_vi", "RULE_TEXT_EMPTY", func(r *Rule) { r.TextVI = "" }},
		{"long text", "text_en", "TEXT_TOO_LONG", func(r *Rule) { r.TextEN = strings.Repeat("x", maxText+1) }},
		{"text with spaces", "text_vi", "TEXT_NOT_CLEAN", func(r *Rule) { r.TextVI = " Sai" }},
		{"another number in the text", "text_vi", "RULE_TEXT_REFERENCE", func(r *Rule) { r.TextVI = "[B] sai" }},
		{"an open bracket in the text", "text_en", "RULE_TEXT_REFERENCE", func(r *Rule) { r.TextEN = "wrong [A" }},
		{"expression", "expression", "FORMULA_INCOMPLETE", func(r *Rule) { r.Expression = "[A] <=" }},
		{"expression in another form", "expression", "FORMULA_NOT_CLEAN", func(r *Rule) { r.Expression = "[A]<=1" }},
		{"only earlier figures", "expression", "RULE_WITHOUT_FIGURE", func(r *Rule) { r.Expression = "[A, -1p] <= 1" }},
		{"no figure", "expression", "RULE_WITHOUT_FIGURE", func(r *Rule) { r.Expression = "2 <= 1" }},
	} {
		r := good
		c.spoil(&r)
		var e *fault.Error
		if err := r.Check(); !errors.As(err, &e) || e.Field != c.field || e.Reason != c.reason {
			t.Errorf("%s: %v, want %s at %s", c.name, err, c.reason, c.field)
		}
	}
}

// TestR30_RulesHoldFromTheirFirstDay asks a set of versions on days around their first days.
func TestR30_RulesHoldFromTheirFirstDay(t *testing.T) {
	version := func(code Code, from period.Day, severity Severity, limit int) Rule {
		return Rule{Form: "F", Code: code, Severity: severity, Expression: fmt.Sprintf("[A] <= %d", limit), TextVI: "Sai", ValidFrom: from}
	}
	jan, feb, mar := period.Date(2024, 1, 1), period.Date(2024, 2, 1), period.Date(2024, 3, 1)
	set := Empty()
	var err error
	for _, r := range []Rule{ // in no order
		version("Z", feb, Warning, 2), version("Z", period.Beginning, Error, 1), version("B", jan, Error, 5), version("B", mar, Off, 5), version("Z", mar, Error, 3),
	} {
		if set, err = set.With(r); err != nil {
			t.Fatal(err)
		}
	}
	other := version("A", period.Beginning, Error, 7)
	other.Form = "G"
	if set, err = set.With(other); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		day  period.Day
		want string
	}{
		{jan - 1, "Z [A] <= 1"},
		{jan, "B [A] <= 5, Z [A] <= 1"},
		{feb - 1, "B [A] <= 5, Z [A] <= 1"},
		{feb, "B [A] <= 5, Z [A] <= 2"},
		{mar - 1, "B [A] <= 5, Z [A] <= 2"},
		{mar, "Z [A] <= 3"},
		{mar + 400, "Z [A] <= 3"},
	} {
		var got []string
		for _, r := range set.Of("F", c.day) {
			got = append(got, string(r.Code)+" "+r.Expression)
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("on %s: %s, want %s", c.day, text, c.want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { set.Of("F", mar); set.Of("H", mar) }); n != 0 {
		t.Errorf("asking for the rules of a form allocates %v times", n)
	}
	if len(set.Of("H", mar)) != 0 || len(set.All(mar)) != 3 || len(set.Versions("f", "z")) != 3 {
		t.Error("the set tells of rules that are not there, or leaves some out")
	}
	if o, ok := set.Ordinal("F", "B"); !ok || o != 1 {
		t.Errorf("ordinal %d, want the place in the order of acceptance", o)
	}
	replaced, err := set.With(version("Z", feb, Error, 9))
	if err != nil {
		t.Fatal(err)
	}
	if r, _ := replaced.On("F", "Z", feb); r.Expression != "[A] <= 9" || len(set.Versions("F", "Z")) != 3 {
		t.Errorf("a version with a known first day does not take its place: %v", r)
	}
}

// TestASetRefusesTheWholeCall tells every problem with its row.
func TestASetRefusesTheWholeCall(t *testing.T) {
	good := Rule{Form: "F", Code: "R1", Severity: Error, Expression: "[A] <= 1", TextVI: "Sai", ValidFrom: period.Beginning}
	set, err := Empty().With(good)
	if err != nil {
		t.Fatal(err)
	}
	spelt, bad := good, good
	spelt.Code, bad.Expression = "r1", "[A]"
	two := good
	two.Code = "R2"
	_, err = set.With(spelt, bad, two, two)
	var e *fault.Error
	if !errors.As(err, &e) || len(e.Details) != 3 {
		t.Fatalf("got %v, want three problems", err)
	}
	for i, want := range []string{"rules[0].code CODE_SPELLED_OTHERWISE", "rules[1].expression CONDITION_IS_A_NUMBER", "rules[3].code RULE_REPEATED"} {
		if got := e.Details[i].Field + " " + e.Details[i].Reason; got != want {
			t.Errorf("problem %d: %s, want %s", i, got, want)
		}
	}
	many := make([]Rule, MaxRules+1)
	for i := range many {
		many[i] = good
		many[i].Code = Code(fmt.Sprintf("N%d", i))
	}
	if _, err := Empty().With(many...); fault.ReasonOf(err) != "RULES_TOO_MANY" {
		t.Errorf("%d rules of one form: %v", len(many), err)
	}
	if _, err := Empty().With(many[:MaxRules]...); err != nil {
		t.Errorf("%d rules of one form: %v", MaxRules, err)
	}
}

// TestASetKnowsTheFormsWhoseRulesLookBack, also where such a rule has ended.
func TestASetKnowsTheFormsWhoseRulesLookBack(t *testing.T) {
	set := Empty()
	for form, expressions := range map[form.Code][]string{
		"Here": {"[A] <= 1"}, "Ref": {"[A] <= 1", "[A] <= [A, -1p]"}, "Series": {"never_falls([A])"}, "Outlier": {"outlier([A], 6) < 3"},
	} {
		for i, expression := range expressions {
			var err error
			if set, err = set.With(Rule{Form: form, Code: Code(fmt.Sprintf("R%d", i)), Severity: Error, Expression: expression, TextVI: "Sai", ValidFrom: period.Beginning}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for form, want := range map[form.Code]bool{"here": false, "Here": false, "REF": true, "ref": true, "series": true, "outlier": true, "none": false} {
		if got := set.LookBack(form); got != want {
			t.Errorf("rules of %s look back: %t", form, got)
		}
	}
}
