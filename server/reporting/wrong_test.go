package reporting_test

import (
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// Every wrong unit is refused with its field, and none of the file is taken.
func TestWrongUnitsAreNamed(t *testing.T) {
	w := newWorld(t)
	change := func(u hierarchy.Unit, change func(*hierarchy.Unit)) hierarchy.Unit {
		change(&u)
		return u
	}
	good, e := unit("GOOD", "commune", "D"), unit("E", "commune", "D")
	for _, c := range []struct {
		name, want string
		units      []hierarchy.Unit
	}{
		{"no parent", "UNIT_NOT_FOUND units[1].parent", []hierarchy.Unit{good, unit("E", "commune", "NOWHERE")}},
		{"no parent by id", "UNIT_PARENT_NOT_FOUND units[1].parent", []hierarchy.Unit{good, unit("E", "commune", "X-20240101")}},
		{"a circle", "UNIT_PARENT_CIRCLE units[0].parent", []hierarchy.Unit{unit("E", "commune", "F"), unit("F", "commune", "E"), good}},
		{"its own parent", "UNIT_PARENT_CIRCLE units[0].parent", []hierarchy.Unit{unit("E", "commune", "E"), good}},
		{"another parent", "UNIT_CHANGE_NEEDS_REORGANISATION units[1].parent", []hierarchy.Unit{good, unit("A", "commune", "P")}},
		{"another kind", "UNIT_CHANGE_NEEDS_REORGANISATION units[1].kind", []hierarchy.Unit{good, unit("A", "town", "D")}},
		{"twice", "UNIT_REPEATED units[2].id", []hierarchy.Unit{good, e, e}},
		{"code taken", "UNIT_CODE_TAKEN units[1].code", []hierarchy.Unit{good, change(unit("A", "commune", "D"), func(u *hierarchy.Unit) { u.ValidFrom = period.Date(2024, 1, 1) })}},
		{"code", "CODE_MALFORMED units[1].code", []hierarchy.Unit{good, unit("Đ1", "commune", "D")}},
		{"code like an id", "UNIT_CODE_LIKE_ID units[1].code", []hierarchy.Unit{good, unit("82-20250701", "commune", "D")}},
		{"kind", "KIND_MALFORMED units[1].kind", []hierarchy.Unit{good, unit("E", "Xã", "D")}},
		{"no name", "UNIT_NAME_EMPTY units[1].name_vi", []hierarchy.Unit{good, change(e, func(u *hierarchy.Unit) { u.NameVI = "" })}},
		{"long name", "TEXT_TOO_LONG units[1].name_vi", []hierarchy.Unit{good, change(e, func(u *hierarchy.Unit) { u.NameVI = strings.Repeat("ạ", 301) })}},
		{"name of two lines", "TEXT_CONTROL_CHARACTER units[1].name_en", []hierarchy.Unit{good, change(e, func(u *hierarchy.Unit) { u.NameEN = "a\nb" })}},
		{"days", "UNIT_DATES_REVERSED units[1].valid_to", []hierarchy.Unit{good, change(e, func(u *hierarchy.Unit) { u.ValidFrom, u.ValidTo = 100, 100 })}},
		{"outlives its parent", "UNIT_PARENT_NOT_VALID units[2].parent", []hierarchy.Unit{
			good, change(e, func(u *hierarchy.Unit) { u.ValidTo = period.Date(2025, 1, 1) }), unit("F", "commune", "E"),
		}},
		{"ends before its units", "UNIT_HAS_CHILDREN units[0].valid_to", []hierarchy.Unit{change(unit("D", "district", "P"), func(u *hierarchy.Unit) { u.ValidTo = period.Date(2025, 1, 1) })}},
	} {
		before := w.head()
		_, err := w.svc.ImportUnits(t.Context(), w.call(w.admin), c.units)
		w.expect(c.name, reasons(err), c.want)
		if w.head() != before {
			t.Errorf("%s: something was imported", c.name)
		}
	}
	one := unit("E", "commune", "NOWHERE")
	_, _, _, err := w.svc.CreateUnit(t.Context(), w.call(w.admin), one)
	w.at(err, "UNIT_NOT_FOUND", "parent") // of one unit the field needs no number
	_, _, _, err = w.svc.CreateUnit(t.Context(), w.call(w.admin), unit("A", "commune", "D"))
	w.at(err, "UNIT_EXISTS", "")
	decomposed := unit("NFD", "commune", "D")
	decomposed.NameVI = "Xa\u0303 A\u0301i"
	u, _, _, err := w.svc.CreateUnit(t.Context(), w.call(w.admin), decomposed)
	must(t, err)
	w.expect("the stored name", u.NameVI, "Xã Ái")
	long := make([]hierarchy.Unit, 70_000)
	_, err = w.svc.ImportUnits(t.Context(), w.call(w.admin), long)
	w.refused(err, "REQUEST_TOO_LARGE")
}

// R4, R14, R15, R21, R43: what does not fit together is refused with its field.
func TestWrongIndicatorsAndFormsAreNamed(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ind := func(code string, change func(*indicator.Indicator)) indicator.Indicator {
		i := sum(code)
		change(&i)
		return i
	}
	ratio := func(code, denominator string) indicator.Indicator {
		return ind(code, func(i *indicator.Indicator) {
			i.UnitRule, i.DenominatorIndicator = indicator.UnitRatio, indicator.Code(denominator)
		})
	}
	for _, c := range []struct {
		name, want string
		indicators []indicator.Indicator
	}{
		{"flow and last", "TIME_RULE_NOT_ALLOWED indicators[1].time_rule", []indicator.Indicator{sum("GOOD"), ind("X", func(i *indicator.Indicator) { i.Value.Time = indicator.TimeLast })}},
		{"stock and sum", "TIME_RULE_NOT_ALLOWED indicators[1].time_rule", []indicator.Indicator{sum("GOOD"), ind("X", func(i *indicator.Indicator) { i.Value.Measure = indicator.Stock })}},
		{"case", "CODE_SPELLED_OTHERWISE indicators[1].code", []indicator.Indicator{sum("GOOD"), sum("flow")}},
		{"code", "CODE_MALFORMED indicators[1].code", []indicator.Indicator{sum("GOOD"), sum("a~b")}},
		{"unknown denominator", "INDICATOR_NOT_FOUND indicators[1].denominator_indicator", []indicator.Indicator{sum("GOOD"), ratio("X", "NOWHERE")}},
		{"a ratio below", "REFERENCE_TO_RATIO indicators[1].denominator_indicator", []indicator.Indicator{sum("GOOD"), ratio("X", "RATIO")}},
		{"assigned to nobody known", "UNIT_NOT_FOUND indicators[1].assigned[0].unit", []indicator.Indicator{sum("GOOD"), ind("X", func(i *indicator.Indicator) { i.Assigned = []hierarchy.Selector{{Unit: "Z"}} })}},
		{"another meaning by a later version", "INDICATOR_MEANING_CHANGED indicators[1].unit_rule", []indicator.Indicator{
			sum("X"), ind("X", func(i *indicator.Indicator) { i.UnitRule, i.ValidFrom = indicator.UnitMax, 100 }),
		}},
	} {
		before := w.head()
		_, err := w.svc.ImportIndicators(ctx, w.call(w.admin), c.indicators)
		if got := reasons(err); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if w.head() != before {
			t.Errorf("%s: something was imported", c.name)
		}
	}
	frm := func(change func(*form.Form)) form.Form {
		f := monthly("X", "NEW")
		change(&f)
		return f
	}
	_, err := w.svc.ImportIndicators(ctx, w.call(w.admin), []indicator.Indicator{sum("NEW")})
	must(t, err)
	quarterly := w.form("M").Form
	quarterly.Frequency, quarterly.ValidFrom = period.Quarter, period.Date(2025, 1, 1)
	for _, c := range []struct {
		name, want string
		form       form.Form
	}{
		{"unknown indicator", "INDICATOR_NOT_FOUND indicators[0]", frm(func(f *form.Form) { f.Indicators = []indicator.Code{"NOWHERE"} })},
		{"an indicator twice", "FORM_INDICATOR_REPEATED indicators[1]", frm(func(f *form.Form) { f.Indicators = []indicator.Code{"NEW", "new"} })},
		{"for nobody", "ASSIGNED_EMPTY assigned", frm(func(f *form.Form) { f.Assigned = nil })},
		{"unknown reviewer", "UNIT_NOT_FOUND reviewer", frm(func(f *form.Form) { f.Reviewer = "Z" })},
		{"nine months", "FREQUENCY_UNKNOWN frequency", frm(func(f *form.Form) { f.Frequency = period.NineMonths })},
		{"another frequency", "FORM_TIMING_CHANGED frequency", quarterly},
		{"an indicator of another form", "INDICATOR_IN_TWO_FORMS assigned", frm(func(f *form.Form) { f.Indicators = []indicator.Code{"FLOW"} })},
	} {
		_, _, _, err := w.svc.CreateForm(ctx, w.call(w.admin), c.form)
		w.expect(c.name, reasons(err), c.want)
	}
	_, _, _, err = w.svc.CreateForm(ctx, w.call(w.admin), w.form("M").Form)
	w.refused(err, "FORM_EXISTS")
	_, _, _, err = w.svc.UpdateForm(ctx, w.call(w.admin), monthly("NOWHERE", "NEW"), "1")
	w.refused(err, "FORM_NOT_FOUND")
	_, _, _, err = w.svc.CreateIndicator(ctx, w.call(w.admin), w.indicator("FLOW").Indicator)
	w.refused(err, "INDICATOR_EXISTS")
	_, _, _, err = w.svc.UpdateIndicator(ctx, w.call(w.admin), sum("NOWHERE"), "1")
	w.refused(err, "INDICATOR_NOT_FOUND")
}

// Every wrong question is refused with its field.
func TestWrongQuestionsAreNamed(t *testing.T) {
	w := refusable(t)
	ctx := t.Context()
	ask := func(change func(*reporting.RollupQuery)) reporting.RollupQuery {
		q := reporting.RollupQuery{Units: []string{"P"}, Indicators: []string{"FLOW"}, Periods: []string{"2024-05"}}
		change(&q)
		return q
	}
	for _, c := range []struct {
		want  string
		query reporting.RollupQuery
	}{
		{"QUERY_INCOMPLETE units, QUERY_INCOMPLETE indicators, QUERY_INCOMPLETE periods", reporting.RollupQuery{}},
		{"UNIT_NOT_FOUND units[1]", ask(func(q *reporting.RollupQuery) { q.Units = []string{"P", "Z"} })},
		{"UNIT_AMBIGUOUS units[0]", ask(func(q *reporting.RollupQuery) { q.Units = []string{"77"} })},
		{"UNIT_NOT_VALID units[0]", ask(func(q *reporting.RollupQuery) { q.Units, q.AsOf = []string{"L"}, "2024-01-01" })},
		{"INDICATOR_NOT_FOUND indicators[1]", ask(func(q *reporting.RollupQuery) { q.Indicators = []string{"FLOW", "NOWHERE"} })},
		{"PERIOD_OUT_OF_RANGE periods[1]", ask(func(q *reporting.RollupQuery) { q.Periods = []string{"2024", "2024-Q5"} })},
		{"PERIOD_RANGE_MIXED periods[0]", ask(func(q *reporting.RollupQuery) { q.Periods = []string{"2024-01..2024-Q2"} })},
		{"PERIOD_RANGE_REVERSED periods[0]", ask(func(q *reporting.RollupQuery) { q.Periods = []string{"2024-02..2024-01"} })},
		{"PERIOD_RANGE_TOO_LONG periods[0]", ask(func(q *reporting.RollupQuery) { q.Periods = []string{"1960-01..2024-01"} })},
		{"PERIODS_TOO_MANY periods", ask(func(q *reporting.RollupQuery) { q.Periods = []string{"1980-01..2020-12", "1980-01..2024-12"} })},
		{"DAY_MALFORMED as_of", ask(func(q *reporting.RollupQuery) { q.AsOf = "1/6/2024" })},
		{"CALENDARS_MIXED indicators", ask(func(q *reporting.RollupQuery) { q.Indicators = []string{"FLOW", "CUT1"} })},
		{"MEASURE_NOT_POSSIBLE indicators[1]", ask(func(q *reporting.RollupQuery) { q.Indicators, q.Measure = []string{"FLOW", "STOCK"}, rollup.Own })},
	} {
		_, err := w.svc.QueryRollups(ctx, w.admin, c.query)
		w.expect(c.want, reasons(err), c.want)
	}
	for _, c := range []struct {
		want string
		q    reporting.ExplainQuery
	}{
		{"UNIT_NOT_FOUND unit", reporting.ExplainQuery{Unit: "Z", Indicator: "FLOW", Period: "2024-05"}},
		{"INDICATOR_NOT_FOUND indicator", reporting.ExplainQuery{Unit: "P", Indicator: "NOWHERE", Period: "2024-05"}},
		{"UNIT_NOT_FOUND unit, INDICATOR_NOT_FOUND indicator", reporting.ExplainQuery{Unit: "Z", Indicator: "NOWHERE", Period: "2024-05"}},
		{"PERIOD_MALFORMED period", reporting.ExplainQuery{Unit: "P", Indicator: "FLOW", Period: "May"}},
		{"MEASURE_NOT_POSSIBLE indicator", reporting.ExplainQuery{Unit: "P", Indicator: "STOCK", Period: "2024-05", Measure: rollup.Own}},
	} {
		_, err := w.svc.ExplainRollup(ctx, w.admin, c.q)
		w.expect(c.want, reasons(err), c.want)
	}
	_, err := w.svc.ListReports(ctx, w.admin, reporting.ReportFilter{Form: "m", Periods: "2010-01..2024-01"})
	w.at(err, "PERIODS_TOO_MANY", "periods")
	_, err = w.svc.ListReports(ctx, w.admin, reporting.ReportFilter{Form: "m", Periods: "2024-Q1"})
	w.at(err, "PERIOD_NOT_OF_FORM", "period")
	_, _, err = w.svc.ListFormPeriods(ctx, w.admin, "n", "2024-01")
	w.at(err, "FORM_NOT_FOUND", "form")
	for name, parts := range map[string]reporting.ReportRef{
		"units/82/reports/cds-thang~2024-02": {Unit: "82", Form: "cds-thang", Period: "2024-02"}, "units/82/reports/~2024-02": {},
		"units//reports/a~2024": {}, "units/82/report/a~2024": {}, "units/82/reports/a": {}, "units/82/reports/a~2024/revisions/1": {}, "": {},
	} {
		got, err := reporting.ParseReportName(name)
		if got != parts || (err == nil) != (parts.Unit != "") {
			t.Errorf("ParseReportName(%q) = %+v, %v; want %+v", name, got, err, parts)
		}
	}
}

// R1: among the units that a caller sees a code means one; those that he does not see make no ambiguity for him.
func TestR1ACodeIsResolvedAmongWhatIsSeen(t *testing.T) {
	w := refusable(t)
	own := w.token(auth.Reporter, "77-20240401")
	if o := w.submitted(own, flow("77", "2024-05", "1")); o.Name != "units/77-20240401/reports/m~2024-05" {
		t.Errorf("his own 77 = %+v", o)
	}
	_, err := w.submit(own, flow("77", "2024-03", "1"))
	w.at(err, "UNIT_NOT_VALID", "unit")
	_, err = w.submit(w.admin, flow("77", "2024-05", "1"))
	w.at(err, "UNIT_AMBIGUOUS", "unit")
	if ids, _ := fault.Of(err).Param("units"); ids != "77-0, 77-20240401" {
		t.Errorf("the ids named are %q, want both", ids)
	}
	_, err = w.submit(w.token(auth.Administrator, "P"), flow("77", "2024-05", "1"))
	w.at(err, "UNIT_AMBIGUOUS", "unit")
}

// A token for one form opens that form alone, also where figures of others would shine through a roll-up.
func TestATokenForOneFormReadsThatFormAlone(t *testing.T) {
	w := refusable(t)
	ctx := t.Context()
	only := w.bound(auth.Viewer, "P", "X")
	query := func(code string) error {
		_, err := w.svc.QueryRollups(ctx, only, reporting.RollupQuery{Units: []string{"P"}, Indicators: []string{code}, Periods: []string{"2024-05"}})
		return err
	}
	must(t, query("TOP"))
	w.at(query("FLOW"), "INDICATOR_NOT_FOUND", "indicators[0]")
	_, err := w.svc.ExplainRollup(ctx, only, reporting.ExplainQuery{Unit: "P", Indicator: "FLOW", Period: "2024-05"})
	w.at(err, "INDICATOR_NOT_FOUND", "indicator")
	_, err = w.svc.ListReports(ctx, only, reporting.ReportFilter{Form: "m", Periods: "2024-01"})
	w.at(err, "FORM_NOT_FOUND", "form")
	_, err = w.svc.ListChanges(ctx, only, reporting.ChangeFilter{Form: "m"})
	w.at(err, "FORM_NOT_FOUND", "form")
	_, _, err = w.svc.GetReport(ctx, only, reporting.ReportRef{Unit: "A", Form: "m", Period: "2024-01"}, 0)
	w.at(err, "UNIT_NOT_FOUND", "unit")
	changes, err := w.svc.ListChanges(ctx, only, reporting.ChangeFilter{})
	must(t, err)
	for _, c := range changes.Changes {
		if c.Key.Form != "" {
			t.Errorf("he is told of %s", c.Key)
		}
	}
	// From the moment on in which another form carries the indicator as well.
	other := monthly("Y", "TOP")
	other.Assigned = []hierarchy.Selector{{Kind: "department"}}
	_, err = w.svc.ImportForms(ctx, w.call(w.admin), []form.Form{other})
	must(t, err)
	w.at(query("TOP"), "INDICATOR_NOT_FOUND", "indicators[0]")
}

// An atomic batch is one entry and may weigh what one entry may; nothing of one that weighs more is taken.
func TestR44AnAtomicBatchIsOneEntryOfAtMost8MiB(t *testing.T) {
	w := newWorld(t)
	note := strings.Repeat("ạ", 2000)
	var batch []reporting.Submission
	for _, u := range []string{"A", "B", "C"} {
		for year := 1990; year < 2024; year++ {
			for _, p := range period.Of(year, period.Year, 1).Months() {
				sub := flow(u, p.String(), "1")
				sub = with(with(sub, "STOCK", "1"), "RATIO", "1/2")
				for i := range sub.Figures {
					sub.Figures[i].Note, sub.Figures[i].Explanation = note, note
				}
				batch = append(batch, sub)
			}
		}
	}
	before := w.head()
	_, _, err := w.svc.SubmitBatch(t.Context(), w.call(w.admin), batch[:500], true)
	w.refused(err, "REQUEST_TOO_LARGE")
	if w.head() != before {
		t.Error("something of the batch was taken")
	}
	outcomes, _, err := w.svc.SubmitBatch(t.Context(), w.call(w.admin), batch[:50], true)
	must(t, err)
	if w.head() != before+1 || outcomes[49].Kind != reporting.Created {
		t.Errorf("50 reports made %d entries, want one", w.head()-before)
	}
}
