package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/client/workbook"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type templateCmd struct {
	Form      string `required:"" placeholder:"F" help:"Code of the form."`
	Unit      string `required:"" placeholder:"U" help:"The unit that reports."`
	Period    string `required:"" placeholder:"P" help:"The period, such as 2024-02."`
	File      string `short:"f" placeholder:"FILE" help:"Where to write it, - for the standard output. Otherwise FORM-UNIT-PERIOD.xlsx."`
	Overwrite bool   `help:"Replace the file if it is there, with whatever was filled in."`
}

// Help shows how it is used.
func (templateCmd) Help() string {
	return `Writes the official form as a workbook (.xlsx): head, period, unit of measure, groups, the plan of the year, the figures of the period before, and the cells to fill in, which alone can be changed. What the unit has sent for the period already stands in them. Of a ratio numerator and denominator are filled in, each in a row of its own. Fill it in with any spreadsheet, look with "tonghop submit FILE --dry-run", then send it with "tonghop submit FILE".

Examples:

    tonghop template --form CDS-THANG --unit 29872 --period 2024-02
    tonghop template --form CDS-THANG --unit 29872 --period 2024-02 -f bao-cao.xlsx
    tonghop submit bao-cao.xlsx --dry-run --annotate bao-cao-loi.xlsx`
}

// Run asks for what the form needs and writes it.
func (c *templateCmd) Run(ctx context.Context, s *session) error {
	if id, ok := workbook.ParsePeriod(c.Period); ok {
		c.Period = id
	}
	path := c.File
	if path == "" {
		path = c.Form + "-" + c.Unit + "-" + c.Period + ".xlsx"
	}
	if _, err := os.Lstat(path); path != "-" && !c.Overwrite && !errors.Is(err, fs.ErrNotExist) {
		return s.usage("%s is there already, and may be filled in: give another name with --file, or --overwrite", path)
	}
	return s.with(ctx, func(to *client.Client) error {
		form, err := c.form(ctx, to)
		if err != nil {
			return err
		}
		content, err := workbook.Write(*form)
		if err != nil {
			return err
		}
		if path == "-" {
			_, err := s.stdout.Write(content)
			return err
		}
		if err := writeWhole(path, content); err != nil {
			return s.usage("the form cannot be written: %v", err)
		}
		filled := 0
		for _, l := range form.Lines {
			if l.Now != (workbook.Figure{}) {
				filled++
			}
		}
		text := path + ": " + plural(len(form.Lines), "indicator", "indicators")
		if filled > 0 {
			text += ", " + plural(filled, "figure", "figures") + " that the server has already"
		}
		return s.printf("%s\nFill in the yellow cells, look with \"tonghop submit %s --dry-run\", then send it with \"tonghop submit %s\".\n",
			plain(text), plain(path), plain(path))
	})
}

// writeWhole leaves the whole file or none.
func writeWhole(path string, content []byte) error {
	temporary := path + ".new"
	if err := os.WriteFile(temporary, content, 0o600); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		os.Remove(temporary)
		return err
	}
	return nil
}

// form brings together what the server knows.
func (c *templateCmd) form(ctx context.Context, to *client.Client) (*workbook.Form, error) {
	version, days, indicators, err := formOn(ctx, to, c.Form, c.Period)
	if err != nil {
		return nil, err
	}
	unit, err := to.GetUnit(ctx, &reportingv1.GetUnitRequest{Name: "units/" + c.Unit, AsOf: days.GetLastDay()})
	if err != nil {
		return nil, err
	}
	form := &workbook.Form{
		Code: version.GetCode(), Name: version.GetNameVi(), Period: days.GetPeriod(),
		FirstDay: dayOf(days.GetFirstDay()), LastDay: dayOf(days.GetLastDay()),
		Unit: unit.GetId(), UnitName: unit.GetNameVi(), Groups: map[string]string{},
	}
	if above := unit.GetAncestors(); len(above) > 0 {
		form.Above = above[0].GetNameVi()
	}
	for _, d := range days.GetDeadlines() {
		if d.GetKind() == unit.GetKind() {
			form.Due = "hết ngày " + dayOf(d.GetDueDay())
		}
	}
	for _, i := range indicators {
		if asked(i, unit, days.GetLastDay()) {
			form.Lines = append(form.Lines, workbook.Line{Indicator: indicatorOf(i)})
		}
	}
	if len(form.Lines) == 0 {
		return nil, &usageError{text: "the form asks nothing of " + unit.GetNameVi() + " in " + c.Period + `: see "tonghop forms get ` + c.Form + `"`, command: "tonghop template"}
	}
	if err := c.figures(ctx, to, form); err != nil {
		return nil, err
	}
	return form, plans(ctx, to, form, unit)
}

// formOn gives a form as it is on the last day of a period, the days of the period, and the indicators in the order of the
// form.
func formOn(ctx context.Context, to *client.Client, code, period string) (*reportingv1.Form, *reportingv1.FormPeriod, []*reportingv1.Indicator, error) {
	periods, err := to.ListFormPeriods(ctx, &reportingv1.ListFormPeriodsRequest{Parent: "forms/" + code, Periods: period})
	if err != nil {
		return nil, nil, nil, err
	}
	if len(periods.GetPeriods()) != 1 {
		return nil, nil, nil, &usageError{text: "one period is wanted, not " + period, command: "tonghop template"}
	}
	days := periods.GetPeriods()[0]
	form, err := to.GetForm(ctx, &reportingv1.GetFormRequest{Name: "forms/" + code, AsOf: days.GetLastDay()})
	if err != nil {
		return nil, nil, nil, err
	}
	known := map[string]*reportingv1.Indicator{}
	for i, err := range to.Indicators(ctx, &reportingv1.ListIndicatorsRequest{AsOf: days.GetLastDay()}) {
		if err != nil {
			return nil, nil, nil, err
		}
		known[strings.ToLower(i.GetCode())] = i
	}
	var list []*reportingv1.Indicator
	for _, code := range form.GetIndicators() {
		if i := known[strings.ToLower(code)]; i != nil {
			list = append(list, i)
		}
	}
	return form, days, list, nil
}

// asked says whether a form asks this unit for an indicator on a day: its kind reports it, and its assignment, if it has
// one of its own, names the unit.
func asked(i *reportingv1.Indicator, unit *reportingv1.Unit, on string) bool {
	if !slices.Contains(i.GetReportedBy(), unit.GetKind()) && !slices.Contains(i.GetCheckedBy(), unit.GetKind()) {
		return false
	}
	named := len(i.GetAssigned()) == 0
	for _, sel := range i.GetAssigned() {
		if sel.GetFrom() > on || sel.GetTo() != "" && sel.GetTo() <= on || !selects(sel, unit) {
			continue
		}
		if sel.GetExcept() {
			return false
		}
		named = true
	}
	return named
}

// selects says whether a selector names one unit.
func selects(sel *reportingv1.Selector, unit *reportingv1.Unit) bool {
	if sel.GetUnit() != "" {
		return sel.GetUnit() == unit.GetId()
	}
	return sel.GetKind() == unit.GetKind() && (sel.GetUnder() == "" || slices.ContainsFunc(unit.GetAncestors(), func(a *reportingv1.UnitAncestor) bool {
		return a.GetId() == sel.GetUnder()
	}))
}

func indicatorOf(i *reportingv1.Indicator) workbook.Indicator {
	return workbook.Indicator{
		Code: i.GetCode(), Name: i.GetNameVi(), Group: i.GetGroup(), Unit: i.GetUnitOfMeasure(), Scale: int(i.GetScale()),
		Ratio: i.GetUnitRule() == reportingv1.UnitRule_UNIT_RULE_RATIO, OtherDenominator: i.GetDenominatorIndicator() != "",
		Min: i.GetMin(), Max: i.GetMax(),
		YearToDate: i.GetMeasure() == reportingv1.Measure_MEASURE_YEAR_TO_DATE,
		Summed: i.GetMeasure() == reportingv1.Measure_MEASURE_FLOW && i.GetTimeRule() == reportingv1.TimeRule_TIME_RULE_SUM &&
			(i.GetDenominatorMeasure() == reportingv1.Measure_MEASURE_UNSPECIFIED || i.GetDenominatorMeasure() == reportingv1.Measure_MEASURE_FLOW),
	}
}

// figures lays beside each line what the unit itself reported: for the period before, since the beginning of the year, and
// for the period already.
func (c *templateCmd) figures(ctx context.Context, to *client.Client, form *workbook.Form) error {
	before, first := workbook.PeriodBefore(form.Period), workbook.FirstPeriod(form.Period)
	from := min(before, first)
	if before == "" {
		from = first
	}
	reports := map[string]map[string]workbook.Figure{}
	for report, err := range to.Reports(ctx, &reportingv1.ListReportsRequest{
		Parent: "units/" + form.Unit, Form: form.Code, Periods: from + ".." + form.Period, WithFigures: true,
	}) {
		if err != nil {
			return err
		}
		sent := report.GetState() == reportingv1.RevisionState_REVISION_STATE_SUBMITTED || report.GetState() == reportingv1.RevisionState_REVISION_STATE_APPROVED
		if !sent && report.GetPeriod() != form.Period {
			continue // sent back, or only saved: it counts nowhere
		}
		figures := map[string]workbook.Figure{}
		for _, f := range report.GetFigures() {
			figures[strings.ToLower(f.GetIndicator())] = figureOf(f)
		}
		reports[report.GetPeriod()] = figures
	}
	for i := range form.Lines {
		l := &form.Lines[i]
		code := strings.ToLower(l.Indicator.Code)
		l.Before, l.Now = reports[before][code], reports[form.Period][code]
		var year []workbook.Figure
		for p := before; p >= first && p != ""; p = workbook.PeriodBefore(p) {
			year = append(year, reports[p][code])
		}
		l.Total = workbook.Sum(year)
	}
	return nil
}

func figureOf(f *reportingv1.Figure) workbook.Figure {
	out := workbook.Figure{
		Value: shortest(f.GetValue()), Numerator: shortest(f.GetNumerator()), Denominator: shortest(f.GetDenominator()),
		Note: f.GetNote(), Explanation: f.GetExplanation(),
	}
	switch f.GetState() {
	case reportingv1.FigureState_FIGURE_STATE_NOT_AVAILABLE:
		out.State = "-"
	case reportingv1.FigureState_FIGURE_STATE_NOT_APPLICABLE:
		out.State = "x"
	default:
	}
	return out
}

// plans lays beside each line what the plans of the year demand of this unit, and takes the names of groups from them.
// Who may not see plans gets a form without.
func plans(ctx context.Context, to *client.Client, form *workbook.Form, unit *reportingv1.Unit) error {
	year, err := strconv.Atoi(form.Period[:4])
	if err != nil {
		return err
	}
	targets := map[string][]string{}
	for plan, err := range to.Plans(ctx, &reportingv1.ListPlansRequest{Year: int32(year)}) { //nolint:gosec // four digits
		if err != nil {
			return withoutRight(err)
		}
		if plan.GetStatus() == reportingv1.PlanStatus_PLAN_STATUS_DRAFT {
			continue
		}
		for _, g := range plan.GetGroups() {
			form.Groups[g.GetCode()] = g.GetNameVi()
		}
		for target, err := range to.Targets(ctx, &reportingv1.ListTargetsRequest{Parent: plan.GetName()}) {
			if err != nil {
				return withoutRight(err)
			}
			if int(target.GetYear()) == year && demandedOf(target.GetScope(), unit) {
				code := strings.ToLower(target.GetIndicator())
				if words := demandWords(target); !slices.Contains(targets[code], words) {
					targets[code] = append(targets[code], words)
				}
			}
		}
	}
	used := map[string]bool{}
	for i := range form.Lines {
		l := &form.Lines[i]
		l.Plan = strings.Join(targets[strings.ToLower(l.Indicator.Code)], "; ")
		used[l.Indicator.Group] = true
	}
	for code := range form.Groups {
		if !used[code] {
			delete(form.Groups, code)
		}
	}
	return nil
}

func withoutRight(err error) error {
	if e, ok := errors.AsType[*client.Error](err); ok && (e.Code == codes.PermissionDenied || e.Code == codes.NotFound) {
		return nil
	}
	return err
}

// demandedOf says whether a scope is this unit: by its id, or as one of its kind.
func demandedOf(scope string, unit *reportingv1.Unit) bool {
	what, rest, _ := strings.Cut(scope, ":")
	switch what {
	case "unit":
		return rest == unit.GetId()
	case "each":
		return slices.Contains(strings.Split(rest, "|"), unit.GetKind())
	}
	return false
}

// demandWords writes a target in a few words: "≥ 80,5".
func demandWords(t *reportingv1.Target) string {
	sign := map[reportingv1.Comparator]string{
		reportingv1.Comparator_COMPARATOR_AT_LEAST: "≥", reportingv1.Comparator_COMPARATOR_ABOVE: ">", reportingv1.Comparator_COMPARATOR_AT_MOST: "≤",
		reportingv1.Comparator_COMPARATOR_BELOW: "<", reportingv1.Comparator_COMPARATOR_EQUAL: "=", reportingv1.Comparator_COMPARATOR_TOP: "nhóm đầu",
		reportingv1.Comparator_COMPARATOR_IN_CLASS: "loại", reportingv1.Comparator_COMPARATOR_REDUCE_BY: "giảm (%)",
		reportingv1.Comparator_COMPARATOR_INCREASE_BY: "tăng (%)", reportingv1.Comparator_COMPARATOR_MAINTAIN_OR_IMPROVE: "giữ vững hoặc tốt hơn",
		reportingv1.Comparator_COMPARATOR_BY_DATE: "xong trước",
	}[t.GetComparator()]
	value := t.GetValue()
	switch {
	case t.GetComparator() == reportingv1.Comparator_COMPARATOR_BY_DATE:
		value = dayOf(value)
	case isNumber(value):
		value = workbook.Localise(value)
	}
	return strings.TrimSpace(sign + " " + value)
}

// dayOf writes a day as people do: 14/02/2024.
func dayOf(s string) string {
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return s
	}
	return day.Format("02/01/2006")
}
