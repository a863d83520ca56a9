package demo

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// Files are the demo's import files: units.csv, indicators.csv, forms.csv, holidays.csv, rules.csv, and what the province planned for 2024:
// plan.json, targets.csv, outside.csv, regions.csv.
//
//go:embed data/*.csv data/*.json
var Files embed.FS

// The 24 months of the demo, and the day before them on which the province sets up.
const (
	FirstPeriod = "2023-01"
	LastPeriod  = "2024-12"
)

// Options is what Load works with.
type Options struct {
	// Admin may change the catalogue and send reports on behalf of units, Approver may approve them.
	Admin, Approver *client.Client
	// SetTime moves the clock of the server: reports come in when they would have come.
	SetTime func(time.Time)
	// Progress is told how many of the reports are in.
	Progress func(done, total uint64)
}

// Result says what was loaded.
type Result struct {
	Units, Indicators, Forms, Rules int
	// Reports came in, of them late ones; Missing were never sent; Corrected were sent again; Explained were asked for an
	// explanation by a rule and gave one; Returned were sent back.
	Reports, Late, Missing, Corrected, Explained, Approved, Returned int
	// Excused is the obligation that was taken out, Closed the month that was closed of the communes' form.
	Excused, Closed string
}

// report is one report on its way.
type report struct {
	form     *reportingv1.Form
	unit     *reportingv1.Unit
	period   string
	last     time.Time // 00:00 of the day after the period
	deadline time.Time
	month    int64
	name     string
	etag     string
	// explain are the indicators whose figures a rule wants explained.
	explain map[string]bool
}

// loader is a load under way.
type loader struct {
	Options
	result     Result
	units      []*reportingv1.Unit
	indicators map[string]*reportingv1.Indicator
	forms      []*reportingv1.Form
	done       uint64
	total      uint64
	// lost were never sent.
	lost []*report
}

// Load sets the province up and sends its 24 months.
func Load(ctx context.Context, o Options) (Result, error) {
	l := &loader{Options: o, indicators: map[string]*reportingv1.Indicator{}}
	if err := l.catalogue(ctx); err != nil {
		return Result{}, err
	}
	reports, err := l.plan(ctx)
	if err != nil {
		return Result{}, err
	}
	l.total = uint64(len(reports))
	for len(reports) > 0 {
		n := 1
		for n < len(reports) && reports[n].last.Equal(reports[0].last) {
			n++
		}
		if err := l.periodEnd(ctx, reports[:n]); err != nil {
			return Result{}, err
		}
		reports = reports[n:]
	}
	if err := l.afterwards(ctx); err != nil {
		return l.result, err
	}
	if err := l.singles(ctx); err != nil {
		return l.result, err
	}
	return l.result, l.planned(ctx)
}

// planned enters the plan of 2024 with its targets, and what others published of the province.
func (l *loader) planned(ctx context.Context) error {
	content, err := Files.ReadFile("data/plan.json")
	if err != nil {
		return err
	}
	plan := &reportingv1.Plan{}
	if err := protojson.Unmarshal(content, plan); err != nil {
		return fmt.Errorf("plan.json: %w", err)
	}
	if _, err := l.Admin.CreatePlan(ctx, &reportingv1.CreatePlanRequest{Plan: plan}); err != nil {
		return fmt.Errorf("plan.json: %w", err)
	}
	if err := l.upload(ctx, "targets.csv", l.Admin.ImportTargets); err != nil {
		return err
	}
	if err := l.upload(ctx, "outside.csv", l.Admin.ImportOutsideFigures); err != nil {
		return err
	}
	if err := l.upload(ctx, "regions.csv", l.Admin.ImportRegions); err != nil {
		return err
	}
	for _, r := range remarks {
		r.Plan = "plans/52-kh-ubnd-2024"
		if _, err := l.Admin.RemarkPlan(ctx, r); err != nil {
			return fmt.Errorf("remark of %s: %w", r.GetUnit(), err)
		}
	}
	return nil
}

// remarks are what units wrote about the plan.
var remarks = []*reportingv1.RemarkPlanRequest{
	{Kind: reportingv1.RemarkKind_REMARK_KIND_COMMENT, Unit: "873", Indicator: "XH-01", Text: "Đề nghị giao chỉ tiêu theo số dân trong độ tuổi của từng huyện."},
	{
		Kind: reportingv1.RemarkKind_REMARK_KIND_CAUSE, Year: 2024, Unit: "873", Indicator: "XH-01",
		Text: "Địa bàn rộng, nhiều người cao tuổi chưa dùng điện thoại thông minh.",
	},
	{
		Kind: reportingv1.RemarkKind_REMARK_KIND_REMEDY, Year: 2024, Unit: "873", Indicator: "XH-01",
		Text: "Tổ công nghệ số cộng đồng đến từng ấp hướng dẫn mỗi tuần một buổi.",
	},
}

// catalogue imports the files and reads back what the server made of them.
func (l *loader) catalogue(ctx context.Context) error {
	l.SetTime(time.Date(2022, time.December, 1, 8, 0, 0, 0, time.UTC))
	for _, i := range []struct {
		file string
		by   sender
	}{
		{"units.csv", l.Admin.ImportUnits},
		{"indicators.csv", l.Admin.ImportIndicators},
		{"forms.csv", l.Admin.ImportForms},
		{"holidays.csv", l.Admin.ImportHolidays},
		{"rules.csv", l.Admin.ImportRules},
	} {
		if err := l.upload(ctx, i.file, i.by); err != nil {
			return err
		}
	}
	return l.readBack(ctx)
}

// sender uploads one sort of file.
type sender = func(context.Context, io.ReadSeeker, *reportingv1.ImportOptions) (*reportingv1.ImportSummary, error)

// upload sends a file of the demo.
func (l *loader) upload(ctx context.Context, file string, by sender) error {
	content, err := Files.ReadFile("data/" + file)
	if err != nil {
		return err
	}
	summary, err := by(ctx, bytes.NewReader(content), &reportingv1.ImportOptions{FileName: file})
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if problems := summary.GetProblems(); len(problems) > 0 {
		return fmt.Errorf("%s, line %d: %s", file, problems[0].GetLine(), problems[0].GetMessage())
	}
	if file == "rules.csv" {
		l.result.Rules = int(summary.GetRows())
	}
	return nil
}

func (l *loader) readBack(ctx context.Context) (err error) {
	if l.units, err = all(l.Admin.Units(ctx, &reportingv1.ListUnitsRequest{})); err != nil {
		return err
	}
	if l.forms, err = all(l.Admin.Forms(ctx, &reportingv1.ListFormsRequest{})); err != nil {
		return err
	}
	indicators, err := all(l.Admin.Indicators(ctx, &reportingv1.ListIndicatorsRequest{}))
	for _, i := range indicators {
		l.indicators[i.GetCode()] = i
	}
	l.result.Units, l.result.Forms, l.result.Indicators = len(l.units), len(l.forms), len(indicators)
	return err
}

func all[T any](items iter.Seq2[T, error]) (list []T, err error) {
	for item, err := range items {
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, nil
}

// plan lists the reports of the 24 months in the order in which their periods end.
func (l *loader) plan(ctx context.Context) ([]*report, error) {
	var reports []*report
	for _, f := range l.forms {
		periods, err := l.Admin.ListFormPeriods(ctx, &reportingv1.ListFormPeriodsRequest{
			Parent: f.GetName(), Periods: ranges[f.GetFrequency()],
		})
		if err != nil {
			return nil, err
		}
		for _, p := range periods.GetPeriods() {
			last, err := time.ParseInLocation(time.DateOnly, p.GetLastDay(), vietnam)
			if err != nil {
				return nil, err
			}
			for _, u := range l.units {
				if owes(f, u, l.parents()) {
					reports = append(reports, newReport(f, u, p, last.AddDate(0, 0, 1)))
				}
			}
		}
	}
	slices.SortStableFunc(reports, func(a, b *report) int { return cmp.Or(a.last.Compare(b.last), cmp.Compare(a.name, b.name)) })
	return reports, nil
}

// ranges are the base periods of the 24 months.
var ranges = map[reportingv1.Frequency]string{
	reportingv1.Frequency_FREQUENCY_MONTH: FirstPeriod + ".." + LastPeriod, reportingv1.Frequency_FREQUENCY_QUARTER: "2023-Q1..2024-Q4",
	reportingv1.Frequency_FREQUENCY_HALF: "2023-H1..2024-H2", reportingv1.Frequency_FREQUENCY_YEAR: "2023..2024",
}

// vietnam has had one offset since 1975.
var vietnam = time.FixedZone("+07", 7*60*60)

func newReport(f *reportingv1.Form, u *reportingv1.Unit, p *reportingv1.FormPeriod, after time.Time) *report {
	r := &report{
		form: f, unit: u, period: p.GetPeriod(), last: after, deadline: after.AddDate(0, 0, 10),
		month: int64((after.Year()-2023)*12 + int(after.Month()) - 1),
		name:  u.GetName() + "/reports/" + f.GetName()[len("forms/"):] + "~" + p.GetPeriod(),
	}
	for _, d := range p.GetDeadlines() {
		if d.GetKind() == u.GetKind() {
			r.deadline = d.GetDeadline().AsTime()
		}
	}
	return r
}

func (l *loader) parents() map[string]string {
	parents := make(map[string]string, len(l.units))
	for _, u := range l.units {
		parents[u.GetId()] = u.GetParent()
	}
	return parents
}

// owes says whether a form is assigned to a unit; the server decides the same and refuses what is wrong.
func owes(f *reportingv1.Form, u *reportingv1.Unit, parents map[string]string) bool {
	owed := false
	for _, s := range f.GetAssigned() {
		matches := s.GetUnit() == u.GetId()
		if s.GetKind() == u.GetKind() {
			matches = s.GetUnder() == ""
			for at := u.GetId(); at != "" && !matches; at = parents[at] {
				matches = at == s.GetUnder()
			}
		}
		if matches && s.GetExcept() {
			return false
		}
		owed = owed || matches
	}
	return owed
}
