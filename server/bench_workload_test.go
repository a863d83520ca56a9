package server_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
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

// workload is a country whose communes report 54 values every month: 30 counts, 10 ratios and 4 quantities of which the
// latest counts. Everything in it is drawn from fixed seeds, so that every run sends the same.
type workload struct {
	provinces, districts, communes int
	indicators                     []indicator.Indicator
}

const (
	benchForm   = form.Code("THANG")
	benchSeed   = 1
	benchCounts = 30
	benchRatios = 10
	benchValues = benchCounts + 2*benchRatios + 4
)

// provinceSize is one province, countrySize Vietnam before 2025.
func provinceSize() workload { return newWorkload(1, 12, 143) }
func countrySize() workload  { return newWorkload(63, 705, 10598) }

func newWorkload(provinces, districts, communes int) workload {
	w := workload{provinces: provinces, districts: districts, communes: communes}
	add := func(code string, scale figure.Scale, rule indicator.UnitRule, part indicator.Part) {
		i := indicator.Indicator{
			Code: indicator.Code(fmt.Sprintf("%s%02d", code, len(w.indicators))), NameVI: "Chỉ tiêu", UnitOfMeasure: "%", Scale: scale,
			UnitRule: rule, Value: part, ReportedBy: []hierarchy.Kind{"commune"}, ValidFrom: period.Beginning,
		}
		if rule == indicator.UnitRatio {
			i.Denominator = part
		}
		w.indicators = append(w.indicators, i)
	}
	summed := indicator.Part{Measure: indicator.Flow, Time: indicator.TimeSum}
	for range benchCounts {
		add("N", 0, indicator.UnitSum, summed)
	}
	for range benchRatios {
		add("R", 2, indicator.UnitRatio, summed)
	}
	for range 4 {
		add("Q", 2, indicator.UnitSum, indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast})
	}
	return w
}

func (w workload) province(n int) string { return fmt.Sprintf("P%02d", n) }
func (w workload) district(n int) string { return fmt.Sprintf("D%03d", n) }
func (w workload) commune(n int) string  { return fmt.Sprintf("C%05d", n) }

// units are the country, its provinces, their districts, their communes.
func (w workload) units() []hierarchy.Unit {
	unit := func(code, kind, parent string) hierarchy.Unit {
		return hierarchy.Unit{
			Code: hierarchy.Code(code), Kind: hierarchy.Kind(kind), NameVI: "Đơn vị " + code, Parent: hierarchy.ID(parent),
			ValidFrom: period.Beginning, ValidTo: period.Forever,
		}
	}
	units := []hierarchy.Unit{unit("VN", "country", "")}
	for n := range w.provinces {
		units = append(units, unit(w.province(n), "province", "VN"))
	}
	for n := range w.districts {
		units = append(units, unit(w.district(n), "district", w.province(n%w.provinces)))
	}
	for n := range w.communes {
		units = append(units, unit(w.commune(n), "commune", w.district(n%w.districts)))
	}
	return units
}

func (w workload) forms() []form.Form {
	f := form.Form{
		Code: benchForm, NameVI: "Báo cáo tháng", Frequency: period.Month, Calendar: period.Civil,
		Assigned: []hierarchy.Selector{{Kind: "commune"}}, ValidFrom: period.Beginning,
	}
	for _, i := range w.indicators {
		f.Indicators = append(f.Indicators, i.Code)
	}
	return []form.Form{f}
}

// monthBack counts months back from December 2024: month 0.
func monthBack(n int) period.Period { return period.Of(2024, period.Month, 12).Shift(-n) }

// report is the n-th report of a benchmark: all communes of the newest month, then those of the month before.
func (w workload) report(n int) (commune int, month period.Period, figures []entry.Figure) {
	commune, back := n%w.communes, n/w.communes
	draw := rand.New(rand.NewPCG(benchSeed, uint64(n))) //nolint:gosec // not negative
	figures = make([]entry.Figure, len(w.indicators))
	for i := range w.indicators {
		f := figure.Figure{State: figure.Value}
		switch {
		case i < benchCounts:
			f.HasValue, f.Value = true, figure.Number(draw.Int64N(1200))
		case i < benchCounts+benchRatios:
			den := 1 + draw.Int64N(1199)
			f.HasNumerator, f.Numerator = true, figure.Number(100*draw.Int64N(den+1))
			f.HasDenominator, f.Denominator = true, figure.Number(100*den)
		default:
			f.HasValue, f.Value = true, figure.Number(draw.Int64N([]int64{250_000, 1_000_000}[i%2]))
		}
		figures[i] = entry.Figure{Number: uint32(i), Figure: f} //nolint:gosec // 44 at most
	}
	return commune, monthBack(back), figures
}

// texts gives the numbers of a figure as a sender writes them; nil where there is none.
func (w workload) texts(f entry.Figure) (value, numerator, denominator *string) {
	text := func(has bool, n figure.Number) *string {
		if !has {
			return nil
		}
		s := n.Format(w.indicators[f.Number].Scale)
		return &s
	}
	return text(f.HasValue, f.Value), text(f.HasNumerator, f.Numerator), text(f.HasDenominator, f.Denominator)
}

// submission is the n-th report as it comes to the use cases.
func (w workload) submission(n int) reporting.Submission {
	commune, month, figures := w.report(n)
	sub := reporting.Submission{
		Ref:     reporting.ReportRef{Unit: w.commune(commune), Form: string(benchForm), Period: month.String()},
		Figures: make([]reporting.FigureDraft, len(figures)),
	}
	for i, f := range figures {
		d := reporting.FigureDraft{Indicator: string(w.indicators[i].Code), Format: figure.Plain}
		d.Value, d.Numerator, d.Denominator = w.texts(f)
		sub.Figures[i] = d
	}
	return sub
}

// request is the n-th report as a client makes it.
func (w workload) request(n int) *reportingv1.SubmitReportRequest {
	commune, month, figures := w.report(n)
	r := &reportingv1.SubmitReportRequest{
		Name:    "units/" + w.commune(commune) + "/reports/" + strings.ToLower(string(benchForm)) + "~" + month.String(),
		Figures: make([]*reportingv1.Figure, len(figures)), RequestId: uuid.UUID(requestID()).String(),
	}
	for i, f := range figures {
		m := &reportingv1.Figure{Indicator: string(w.indicators[i].Code)}
		m.Value, m.Numerator, m.Denominator = w.texts(f)
		r.Figures[i] = m
	}
	return r
}

// requestID draws an id that sorts by time, as the client library does.
func requestID() [16]byte {
	id, _ := uuid.NewV7() // fails only without randomness, and then the process has stopped
	return id
}

// record is the n-th report as the journal holds it.
func (w workload) record(tb testing.TB, n int, sequence uint64, at time.Time) journal.Record {
	tb.Helper()
	commune, month, figures := w.report(n)
	public, private, err := entry.Encode(entry.Entry{
		Header: entry.Header{
			Sequence: sequence, Time: at, Principal: "local", RequestID: requestID(), RequestHash: [32]byte{1},
			Method: "ReportService.SubmitReport",
		},
		Body: entry.ReportsSubmitted{Reports: []entry.Submission{{
			Key:      entry.ReportKey{Unit: hierarchy.NewID(hierarchy.Code(w.commune(commune)), period.Beginning), Form: benchForm, Period: month},
			Revision: 1, Figures: figures,
		}}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return journal.Record{Public: public, Private: private}
}
