package workload

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
)

// Shape is a country whose communes report 54 values every month: 30 counts, 10 ratios and 4 quantities of which the
// latest counts. Everything in it is drawn from fixed seeds, so that every run sends the same.
type Shape struct {
	// Name is a letter.
	Name string
	// Provinces, Districts and Communes are how many there are of each. Without districts communes belong to provinces.
	Provinces, Districts, Communes int
	// Indicators are what is reported, in the order of the figures.
	Indicators []indicator.Indicator
}

// What each report holds: so many counts, ratios and latest quantities, which are Figures figures of Slots values.
const (
	Counts  = 30
	Ratios  = 10
	Latest  = 4
	Figures = Counts + Ratios + Latest
	Slots   = Counts + 2*Ratios + Latest
)

// Form is the form of every report.
const Form = form.Code("THANG")

const seed = 1

// Months is how many months there are.
const Months = 12 * (2025 - period.MinYear)

// Of gives the shape of a name: P is one province; D a tenth of W, which is Vietnam before July 2025; V is Vietnam since
// then. T is for tests.
func Of(name string) (Shape, bool) {
	sizes := map[string][3]int{"T": {1, 4, 60}, "P": {1, 12, 143}, "D": {6, 71, 1060}, "W": {63, 705, 10598}, "V": {34, 0, 3321}}
	size, ok := sizes[name]
	return New(name, size[0], size[1], size[2]), ok
}

// New makes a shape.
func New(name string, provinces, districts, communes int) Shape {
	w := Shape{Name: name, Provinces: provinces, Districts: districts, Communes: communes}
	add := func(code string, scale figure.Scale, rule indicator.UnitRule, part indicator.Part) {
		i := indicator.Indicator{
			Code: indicator.Code(fmt.Sprintf("%s%02d", code, len(w.Indicators))), NameVI: "Chỉ tiêu", UnitOfMeasure: "%", Scale: scale,
			UnitRule: rule, Value: part, ReportedBy: []hierarchy.Kind{"commune"}, ValidFrom: period.Beginning,
		}
		if rule == indicator.UnitRatio {
			i.Denominator = part
		}
		w.Indicators = append(w.Indicators, i)
	}
	summed := indicator.Part{Measure: indicator.Flow, Time: indicator.TimeSum}
	for range Counts {
		add("N", 0, indicator.UnitSum, summed)
	}
	for range Ratios {
		add("R", 2, indicator.UnitRatio, summed)
	}
	for range Latest {
		add("Q", 2, indicator.UnitSum, indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast})
	}
	return w
}

// Country is the code of the unit above all.
const Country = "VN"

// Province is the code of the n-th one.
func (w Shape) Province(n int) string { return fmt.Sprintf("P%02d", n) }

// District is the code of the n-th one.
func (w Shape) District(n int) string { return fmt.Sprintf("D%03d", n) }

// Commune is the code of the n-th one.
func (w Shape) Commune(n int) string { return fmt.Sprintf("C%05d", n) }

// Units are the country, its provinces, their districts, their communes.
func (w Shape) Units() []hierarchy.Unit {
	unit := func(code, kind, parent string) hierarchy.Unit {
		return hierarchy.Unit{
			Code: hierarchy.Code(code), Kind: hierarchy.Kind(kind), NameVI: "Đơn vị " + code, Parent: hierarchy.ID(parent),
			ValidFrom: period.Beginning, ValidTo: period.Forever,
		}
	}
	units := []hierarchy.Unit{unit(Country, "country", "")}
	for n := range w.Provinces {
		units = append(units, unit(w.Province(n), "province", Country))
	}
	for n := range w.Districts {
		units = append(units, unit(w.District(n), "district", w.Province(n%w.Provinces)))
	}
	for n := range w.Communes {
		parent := w.Province(n % w.Provinces)
		if w.Districts > 0 {
			parent = w.District(n % w.Districts)
		}
		units = append(units, unit(w.Commune(n), "commune", parent))
	}
	return units
}

// Forms are the one form.
func (w Shape) Forms() []form.Form {
	f := form.Form{
		Code: Form, NameVI: "Báo cáo tháng", Frequency: period.Month, Calendar: period.Civil,
		Assigned: []hierarchy.Selector{{Kind: "commune"}}, ValidFrom: period.Beginning,
	}
	for _, i := range w.Indicators {
		f.Indicators = append(f.Indicators, i.Code)
	}
	return []form.Form{f}
}

// Month gives the n-th month of a benchmark, from 0. They begin long ago, so that there are enough of them.
func Month(n int) period.Period { return period.Of(period.MinYear, period.Month, 1).Shift(n) }

// Report is the n-th report of a benchmark: all communes of the first month, then those of the next.
func (w Shape) Report(n int) (commune int, month period.Period, figures []entry.Figure) {
	commune, at := n%w.Communes, n/w.Communes
	draw := rand.New(rand.NewPCG(seed, uint64(n))) //nolint:gosec // not negative
	figures = make([]entry.Figure, len(w.Indicators))
	for i := range w.Indicators {
		f := figure.Figure{State: figure.Value}
		switch {
		case i < Counts:
			f.HasValue, f.Value = true, figure.Number(draw.Int64N(1200))
		case i < Counts+Ratios:
			den := 1 + draw.Int64N(1199)
			f.HasNumerator, f.Numerator = true, figure.Number(100*draw.Int64N(den+1))
			f.HasDenominator, f.Denominator = true, figure.Number(100*den)
		default:
			f.HasValue, f.Value = true, figure.Number(draw.Int64N([]int64{250_000, 1_000_000}[i%2]))
		}
		figures[i] = entry.Figure{Number: uint32(i), Figure: f} //nolint:gosec // 44 at most
	}
	return commune, Month(at), figures
}

// texts gives the numbers of a figure as a sender writes them; nil where there is none.
func (w Shape) texts(f entry.Figure) (value, numerator, denominator *string) {
	text := func(has bool, n figure.Number) *string {
		if !has {
			return nil
		}
		s := n.Format(w.Indicators[f.Number].Scale)
		return &s
	}
	return text(f.HasValue, f.Value), text(f.HasNumerator, f.Numerator), text(f.HasDenominator, f.Denominator)
}

// Submission is the n-th report as it comes to the use cases.
func (w Shape) Submission(n int) reporting.Submission {
	commune, month, figures := w.Report(n)
	sub := reporting.Submission{
		Ref:     reporting.ReportRef{Unit: w.Commune(commune), Form: string(Form), Period: month.String()},
		Figures: make([]reporting.FigureDraft, len(figures)),
	}
	for i, f := range figures {
		d := reporting.FigureDraft{Indicator: string(w.Indicators[i].Code), Format: figure.Plain}
		d.Value, d.Numerator, d.Denominator = w.texts(f)
		sub.Figures[i] = d
	}
	return sub
}

// Request is the n-th report as a client makes it.
func (w Shape) Request(n int) *reportingv1.SubmitReportRequest {
	commune, month, figures := w.Report(n)
	r := &reportingv1.SubmitReportRequest{
		Name:    w.name(commune, month),
		Figures: make([]*reportingv1.Figure, len(figures)), RequestId: uuid.UUID(RequestID()).String(),
	}
	for i, f := range figures {
		m := &reportingv1.Figure{Indicator: string(w.Indicators[i].Code)}
		m.Value, m.Numerator, m.Denominator = w.texts(f)
		r.Figures[i] = m
	}
	return r
}

// Columns are the columns of a stream of reports: the amounts at the scales of their indicators.
func (w Shape) Columns() []*reportingv1.AmountColumn {
	var columns []*reportingv1.AmountColumn
	add := func(i int, part reportingv1.AmountPart) {
		columns = append(columns, &reportingv1.AmountColumn{
			Indicator: string(w.Indicators[i].Code), Part: part, Scale: int32(w.Indicators[i].Scale),
		})
	}
	for i := range w.Indicators {
		if w.Indicators[i].UnitRule != indicator.UnitRatio {
			add(i, reportingv1.AmountPart_AMOUNT_PART_VALUE)
			continue
		}
		add(i, reportingv1.AmountPart_AMOUNT_PART_NUMERATOR)
		add(i, reportingv1.AmountPart_AMOUNT_PART_DENOMINATOR)
	}
	return columns
}

// Item is the n-th report in the columns of a stream.
func (w Shape) Item(n int) *reportingv1.StreamItem {
	commune, month, figures := w.Report(n)
	amounts := make([]int64, 0, Slots)
	for _, f := range figures {
		if f.HasValue {
			amounts = append(amounts, int64(f.Value))
			continue
		}
		amounts = append(amounts, int64(f.Numerator), int64(f.Denominator))
	}
	return &reportingv1.StreamItem{Submission: &reportingv1.SubmitReportRequest{Name: w.name(commune, month)}, Amounts: amounts}
}

// name names a report as a client does.
func (w Shape) name(commune int, month period.Period) string {
	return "units/" + w.Commune(commune) + "/reports/" + strings.ToLower(string(Form)) + "~" + month.String()
}

// RequestID draws an id that sorts by time, as the client library does.
func RequestID() [16]byte {
	id, _ := uuid.NewV7() // fails only without randomness, and then the process has stopped
	return id
}

// Record is the n-th report as the journal holds it.
func (w Shape) Record(n int, sequence uint64, at time.Time) (journal.Record, error) {
	commune, month, figures := w.Report(n)
	public, private, err := entry.Encode(entry.Entry{
		Header: entry.Header{
			Sequence: sequence, Time: at, Principal: "local", RequestID: RequestID(), RequestHash: [32]byte{1},
			Method: "ReportService.SubmitReport",
		},
		Body: entry.ReportsSubmitted{Reports: []entry.Submission{{
			Key:      entry.ReportKey{Unit: hierarchy.NewID(hierarchy.Code(w.Commune(commune)), period.Beginning), Form: Form, Period: month},
			Revision: 1, Figures: figures,
		}}},
	})
	return journal.Record{Public: public, Private: private}, err
}
