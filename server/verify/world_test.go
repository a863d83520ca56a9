package verify

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// fataler is what tests and properties have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// world makes the entries that a server would have made.
type world struct {
	t          fataler
	entries    []entry.Entry
	indicators []indicator.Code
	forms      []form.Code
	revisions  map[entry.ReportKey]int
}

func newWorld(t fataler) *world {
	w := &world{t: t, revisions: map[entry.ReportKey]int{}}
	w.add(entry.StoreCreated{ProgramVersion: "test"})
	return w
}

// beginning is when the first entry was made; each later one comes a minute after the one before.
var beginning = time.Date(2024, 4, 1, 0, 0, 0, 0, time.UTC)

func (w *world) add(b entry.Body) {
	n := uint64(len(w.entries)) + 1
	w.entries = append(w.entries, entry.Entry{
		Header: entry.Header{Sequence: n, Time: w.now(), Principal: "p"}, Body: b,
	})
}

// now is the time of the next entry.
func (w *world) now() time.Time { return beginning.Add(time.Duration(len(w.entries)) * time.Minute) }

// always makes a unit without first or last day.
func (w *world) always(code string, kind hierarchy.Kind, parent hierarchy.ID) hierarchy.Unit {
	return w.unit(code, kind, parent, period.Beginning, period.Forever)
}

func (w *world) unit(code string, kind hierarchy.Kind, parent hierarchy.ID, from, to period.Day) hierarchy.Unit {
	w.t.Helper()
	u, err := hierarchy.NewUnit(hierarchy.Code(code), kind, "Đơn vị "+code, "", parent, from, to)
	if err != nil {
		w.t.Fatalf("unit %s: %v", code, err)
	}
	return u
}

func (w *world) units(units ...hierarchy.Unit) { w.add(entry.UnitsChanged{Units: units}) }

func (w *world) catalogue(versions ...indicator.Indicator) {
	list := make([]entry.Indicator, len(versions))
	for i, v := range versions {
		list[i] = entry.Indicator{Number: w.number(v.Code), Indicator: v}
	}
	w.add(entry.IndicatorsChanged{Indicators: list})
}

// number gives an indicator its number.
func (w *world) number(code indicator.Code) uint32 {
	n := slices.Index(w.indicators, code)
	if n < 0 {
		n = len(w.indicators)
		w.indicators = append(w.indicators, code)
	}
	return uint32(n) //nolint:gosec // few
}

func (w *world) formed(versions ...form.Form) {
	list := make([]entry.Form, len(versions))
	for i, v := range versions {
		n := slices.Index(w.forms, v.Code)
		if n < 0 {
			n = len(w.forms)
			w.forms = append(w.forms, v.Code)
		}
		list[i] = entry.Form{Number: uint32(n), Form: v} //nolint:gosec // few
	}
	w.add(entry.FormsChanged{Forms: list})
}

// send submits a report. A late one has a deadline that is now; it gives the number of the revision.
func (w *world) send(k entry.ReportKey, late bool, figures map[indicator.Code]figure.Figure) int {
	w.revisions[k]++
	s := entry.Submission{Key: k, Revision: w.revisions[k], Deadline: w.now().Add(time.Hour)}
	if late {
		s.Deadline = w.now()
	}
	for code, f := range figures {
		s.Figures = append(s.Figures, entry.Figure{Number: w.number(code), Figure: f})
	}
	slices.SortFunc(s.Figures, func(a, b entry.Figure) int { return int(a.Number) - int(b.Number) })
	w.add(entry.ReportsSubmitted{Reports: []entry.Submission{s}})
	return s.Revision
}

func (w *world) approve(k entry.ReportKey, revision int) {
	w.add(entry.ReportApproved{Key: k, Revision: revision})
}

func (w *world) giveBack(k entry.ReportKey, revision int) {
	w.add(entry.ReportReturned{Key: k, Revision: revision, Reason: "sai"})
}

// model applies everything.
func (w *world) model() *Model {
	w.t.Helper()
	m := NewModel()
	for _, e := range w.entries {
		if err := m.Apply(e); err != nil {
			w.t.Fatalf("%v", err)
		}
	}
	return m
}

// monthly makes a form of the civil calendar.
func monthly(code form.Code, assigned string, indicators ...indicator.Code) form.Form {
	f := form.Form{
		Code: code, NameVI: "Biểu", Frequency: period.Month, Calendar: period.Civil, Indicators: indicators, ValidFrom: period.Beginning,
	}
	var err error
	if f.Assigned, err = hierarchy.ParseSelectors(assigned, hierarchy.ParseID); err != nil {
		panic(fmt.Sprintf("the assignment %q: %v", assigned, err))
	}
	return f
}

// counted makes an indicator that is summed over time and units.
func counted(code indicator.Code, kinds ...hierarchy.Kind) indicator.Indicator {
	return indicator.Indicator{
		Code: code, NameVI: "Số " + string(code), UnitOfMeasure: "hồ sơ", UnitRule: indicator.UnitSum,
		Value: indicator.Part{Time: indicator.TimeSum}, ReportedBy: kinds, LevelsOwn: true, ValidFrom: period.Beginning,
	}
}

func valued(n int64) figure.Figure {
	return figure.Figure{State: figure.Value, HasValue: true, Value: figure.Number(n)}
}

func month(year, index int) period.Period { return period.Of(year, period.Month, index) }

func parsePeriod(t testing.TB, s string) period.Period {
	t.Helper()
	p, err := period.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
