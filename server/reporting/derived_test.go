package reporting_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// computed makes a derived indicator.
func computed(code, formula string, from period.Day) indicator.Indicator {
	return indicator.Indicator{
		Code: indicator.Code(code), NameVI: "Chỉ tiêu " + code, UnitOfMeasure: "%", Scale: 2, UnitRule: indicator.UnitDerived,
		Formula: indicator.CleanFormula(formula), ValidFrom: from,
	}
}

// TestR21AFormulaNeverChangesAPeriodBeforeItsDate edits a formula before and after there are figures.
func TestR21AFormulaNeverChangesAPeriodBeforeItsDate(t *testing.T) {
	w := newWorld(t) // on 1 June 2024
	ctx := t.Context()
	create := func(formula string, from period.Day) error {
		_, _, _, err := w.svc.CreateIndicator(ctx, w.call(w.admin), computed("X", formula, from))
		return err
	}
	update := func(formula string, from period.Day) error {
		known := w.indicator("X") //nolint:contextcheck // it takes that of the test
		_, _, _, err := w.svc.UpdateIndicator(ctx, w.call(w.admin), computed("X", formula, from), known.Etag)
		return err
	}
	must(t, create("[FLOW] * 2", period.Beginning))
	must(t, update("[FLOW] * 4", period.Beginning)) // no figure was reported yet
	by := w.token(auth.Reporter, "A")
	w.submitted(by, flow("A", "2024-04", "10"))
	w.submitted(by, flow("A", "2024-05", "100"))
	w.expect("May", w.value("P", "X", "2024-05", rollup.Provisional), "400 1/3")
	w.at(update("[FLOW] * 5", period.Beginning), "FORMULA_IN_USE", "formula")
	// Neither may it be another indicator that has no figures: what was there would go.
	w.at(update("[STOCK]", period.Beginning), "FORMULA_IN_USE", "formula")
	// Nor may it be reported from now on under its code.
	reported, known := sum("X"), w.indicator("X")
	_, _, _, err := w.svc.UpdateIndicator(ctx, w.call(w.admin), reported, known.Etag)
	w.at(err, "INDICATOR_IN_USE", "unit_rule")
	must(t, update("[flow]*4", period.Beginning)) // the same, spelled otherwise: nothing changes
	must(t, create("[FLOW] * 5", period.Date(2024, 5, 1)))
	w.expect("April as it was", w.value("P", "X", "2024-04", rollup.Provisional), "40 1/3")
	w.expect("May by the new formula", w.value("P", "X", "2024-05", rollup.Provisional), "500 1/3")
	w.expect("the quarter by that of its last day", w.value("P", "X", "2024-Q2", rollup.Provisional), "550 2/9")
	w.expect("the quarter before", w.value("P", "X", "2024-Q1", rollup.Provisional), "NO_DATA 0/9")
	// A version of days to come may be edited until a period of it has begun.
	must(t, create("[FLOW] * 6", period.Date(2024, 7, 1)))
	must(t, update("[FLOW] * 7", period.Date(2024, 7, 1)))
	w.now = w.now.AddDate(0, 2, 0)
	w.at(update("[FLOW] * 8", period.Date(2024, 7, 1)), "FORMULA_IN_USE", "formula")
	_, err = w.svc.ImportIndicators(ctx, w.call(w.admin), []indicator.Indicator{sum("NEW"), computed("X", "[FLOW] * 9", period.Beginning)})
	w.at(err, "FORMULA_IN_USE", "indicators[1].formula")
}

// TestR18NothingIsKeptOfWhatIsComputed has a figure corrected, and a second-level formula follow at once.
func TestR18NothingIsKeptOfWhatIsComputed(t *testing.T) {
	w := newWorld(t)
	_, err := w.svc.ImportIndicators(t.Context(), w.call(w.admin), []indicator.Indicator{
		computed("Y", "[X] - [X, -1p]", period.Beginning), computed("X", "[FLOW] / 3", period.Beginning),
	})
	must(t, err)
	by := w.token(auth.Reporter, "A")
	w.submitted(by, flow("A", "2024-04", "10"))
	o := w.submitted(by, flow("A", "2024-05", "20"))
	w.expect("the difference", w.value("P", "Y", "2024-05", rollup.Provisional), "3.33 1/3")
	again := flow("A", "2024-05", "30")
	again.Etag = o.Etag
	w.submitted(by, again)
	w.expect("the difference", w.value("P", "Y", "2024-05", rollup.Provisional), "6.67 1/3")
	w.expect("officially", w.value("P", "Y", "2024-05", rollup.Official), "NO_DATA 0/3")
}

// formulas draws formulas over the indicators of the world.
type formulas struct{ *rand.Rand }

func (f formulas) pick(from ...string) string { return from[f.IntN(len(from))] }

func (f formulas) draw(depth int, codes []string) string {
	if depth == 0 || f.IntN(4) == 0 {
		if f.IntN(4) == 0 {
			return f.pick("0", "1", "2.5", "100", "0.125")
		}
		ref := f.pick(append([]string{"FLOW", "RATIO", "RATIO.num", "RATIO.den", "STOCK", "FLOW"}, codes...)...)
		return "[" + ref + f.pick("", "", ", -1p", ", -2p", ", -1y") + "]"
	}
	sub := func() string { return f.draw(depth-1, codes) }
	switch f.IntN(8) {
	case 0:
		return f.pick("min", "max", "sum") + "(" + sub() + ", " + sub() + ")"
	case 1:
		return "if(" + sub() + f.pick("<", "<=", ">", ">=", "=", "<>") + sub() + ", " + sub() + ", " + sub() + ")"
	case 2:
		return "-(" + sub() + ")"
	default:
		return "(" + sub() + f.pick("+", "-", "*", "/") + sub() + ")"
	}
}

// TestR18WhatIsComputedAgreesWithTheReports draws formulas, formulas over these, and reports. When a world ends every roll-up
// is computed again from the journal, with other code; before that the two ways of asking must agree.
func TestR18WhatIsComputedAgreesWithTheReports(t *testing.T) {
	first := rand.Uint64N(1 << 32) //nolint:gosec // a test
	worlds := uint64(5)
	if testing.Short() {
		worlds = 2
	}
	for n := range worlds {
		t.Run(strconv.FormatUint(first+n, 10), func(t *testing.T) {
			w := newWorld(t)
			f := formulas{rand.New(rand.NewPCG(first+n, 18))} //nolint:gosec // a test
			codes := w.drawFormulas(f)
			w.drawReports(f)
			w.sameInColumns(codes)
		})
	}
}

// drawFormulas makes derived indicators, of which later ones may be computed from earlier ones, some with two versions.
func (w *world) drawFormulas(f formulas) []string {
	w.t.Helper()
	var codes []string
	for len(codes) < 5 {
		code := "X" + strconv.Itoa(len(codes))
		text := f.draw(3, codes)
		if !strings.Contains(text, "[") || slices.ContainsFunc(codes, func(c string) bool { return strings.Contains(text, c+".") }) {
			continue
		}
		if !w.define(computed(code, text, period.Beginning)) {
			continue
		}
		if f.IntN(2) == 0 {
			if later := f.draw(2, codes); strings.Contains(later, "[") {
				w.define(computed(code, later, period.Date(2024, 3, 1)))
			}
		}
		codes = append(codes, code)
	}
	return codes
}

// define makes an indicator, unless with its parts it is too large.
func (w *world) define(i indicator.Indicator) bool {
	w.t.Helper()
	_, _, _, err := w.svc.CreateIndicator(w.t.Context(), w.call(w.admin), i)
	if fault.ReasonOf(err) == "FORMULA_TOO_LARGE" {
		return false
	}
	must(w.t, err)
	return true
}

// drawReports sends reports of some communes and months, and approves some.
func (w *world) drawReports(f formulas) {
	w.t.Helper()
	amount := func() *string {
		s := figure.Number(f.Int64N(2000) - 300).Format(2)
		return &s
	}
	positive := func() *string {
		s := figure.Number(f.Int64N(3)).Format(0)
		return &s
	}
	for _, per := range []string{"2023-03", "2023-04", "2024-01", "2024-02", "2024-03", "2024-04", "2024-05"} {
		for _, unit := range []string{"A", "B", "C"} {
			if f.IntN(5) == 0 {
				continue
			}
			sub := flow(unit, per, "1")
			sub.Figures = []reporting.FigureDraft{
				{Indicator: "FLOW", Value: amount()}, {Indicator: "RATIO", Numerator: amount(), Denominator: positive()}, {Indicator: "STOCK", Value: amount()},
			}
			if f.IntN(4) == 0 {
				sub.Figures[f.IntN(3)] = reporting.FigureDraft{Indicator: []string{"FLOW", "RATIO", "STOCK"}[0], State: figure.NotApplicable}
				sub.Figures = slices.CompactFunc(sub.Figures, func(a, b reporting.FigureDraft) bool { return a.Indicator == b.Indicator })
			}
			if o, err := w.submit(w.admin, sub); err == nil && f.IntN(2) == 0 {
				_, _, _, err = w.svc.Approve(w.t.Context(), w.call(w.token(auth.Approver, "P")), sub.Ref, o.Etag)
				must(w.t, err)
			}
		}
	}
}

// sameInColumns asks for the same as roll-ups one by one, as a series, and in columns.
func (w *world) sameInColumns(codes []string) {
	w.t.Helper()
	q := reporting.RollupQuery{
		Units: []string{"P", "D", "A"}, Indicators: codes, Periods: []string{"2024-01..2024-05", "2024-Q1", "2024"}, Basis: rollup.Provisional,
	}
	page, err := w.svc.QueryRollups(w.t.Context(), w.admin, q)
	must(w.t, err)
	columns := w.columns(q)
	for i, r := range page.Rollups {
		perUnit := len(codes) * len(columns.Periods)
		unit, ind, per := i/perUnit, i%perUnit/len(columns.Periods), i%len(columns.Periods)
		c, at := columns.Columns[ind], unit*len(columns.Periods)+per
		name := fmt.Sprintf("%s of %s in %s", r.Indicator.Code, r.Unit.Code, r.Period)
		state := rollup.Value
		if c.States != nil {
			state = c.States[at]
		}
		w.expect(name, state.String(), r.Result.State.String())
		if state == rollup.Value {
			value := figure.Number(0)
			if c.Values != nil {
				value = figure.Number(c.Values[at])
			}
			shown := value.Format(2)
			for _, e := range c.Exact {
				if int(e.Cell) == at {
					shown = e.Value
				}
			}
			w.expect(name, shown, r.Result.Display)
		}
		w.expect(name+" differs", fmt.Sprint(slices.Contains(c.PartsDiffer, int32(at))), fmt.Sprint(r.Result.PartsDiffer)) //nolint:gosec // few
		w.expect(name+" alone", w.value(string(r.Unit.Code), string(r.Indicator.Code), r.Period.String(), rollup.Provisional), shownOf(r.Result))
	}
}

func shownOf(r rollup.Result) string {
	word := r.State.String()
	if r.State == rollup.Value {
		word = r.Display
	}
	return fmt.Sprintf("%s %d/%d", word, r.Coverage.Received, r.Coverage.Expected)
}

// TestAPageOfColumnsIsShortWhereMuchIsComputed holds that a cell counts five times for each part behind it.
func TestAPageOfColumnsIsShortWhereMuchIsComputed(t *testing.T) {
	w := newWorld(t)
	_, err := w.svc.ImportIndicators(t.Context(), w.call(w.admin), []indicator.Indicator{
		computed("X", "[FLOW] + [STOCK] + [FLOW, -1y] + [STOCK, -1y]", period.Beginning), computed("Y", "[X] / [X, -2y]", period.Beginning),
	})
	must(t, err)
	q := reporting.RollupQuery{Periods: []string{"2000-01..2049-12"}, Page: reporting.Page{Size: 100_000}}
	for code, want := range map[string]int{"FLOW": 166, "X": 8, "Y": 4} {
		q.Units, q.Indicators = slices.Repeat([]string{"P"}, 200), []string{code}
		if page := w.columns(q); len(page.Units) != want || page.Next == "" {
			t.Errorf("a page of %s has %d units, next %q; want %d and a next", code, len(page.Units), page.Next, want)
		}
	}
}

// TestAPageIsShortWhereMuchIsComputed holds that roll-ups which go into others count, and that the pages together are all.
func TestAPageIsShortWhereMuchIsComputed(t *testing.T) {
	w := newWorld(t)
	terms := []string{"[FLOW]"}
	for n := range 10 {
		terms = append(terms, fmt.Sprintf("[FLOW, -%dy]", n+1), fmt.Sprintf("[STOCK, -%dy]", n+1))
	}
	_, err := w.svc.ImportIndicators(t.Context(), w.call(w.admin), []indicator.Indicator{computed("X", strings.Join(terms, " + "), period.Beginning)})
	must(t, err)
	q := reporting.RollupQuery{
		Units: []string{"P"}, Indicators: []string{"FLOW", "X"}, Periods: []string{"2000-01..2024-12"}, Page: reporting.Page{Size: 5000},
	}
	var sizes []int
	for {
		page, err := w.svc.QueryRollups(t.Context(), w.admin, q)
		must(t, err)
		sizes = append(sizes, len(page.Rollups))
		if q.Page.Token = page.Next; page.Next == "" {
			break
		}
	}
	// 300 of FLOW and 239 × 21 = 5,019 roll-ups; then the other 61.
	if !slices.Equal(sizes, []int{539, 61}) {
		t.Errorf("pages of %v, want 539 and 61", sizes)
	}
}

// TestR4PartsOfTwoCalendarsAreRefusedFromBothSides changes forms and formulas in turn.
func TestR4PartsOfTwoCalendarsAreRefusedFromBothSides(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	_, err := w.svc.ImportIndicators(ctx, w.call(w.admin), []indicator.Indicator{sum("CUT"), computed("X", "[FLOW] / 2", period.Beginning)})
	must(t, err)
	cut := monthly("CUT", "CUT")
	cut.Calendar = period.CutoffFifteenth
	_, err = w.svc.ImportForms(ctx, w.call(w.admin), []form.Form{cut})
	must(t, err)
	_, _, _, err = w.svc.CreateIndicator(ctx, w.call(w.admin), computed("Y", "[X] / [CUT]", period.Beginning))
	w.at(err, "DERIVED_WITH_TWO_CALENDARS", "")
	_, err = w.svc.ImportForms(ctx, w.call(w.admin), []form.Form{monthly("N", "X")})
	w.at(err, "INDICATOR_DERIVED", "forms[0].indicators")
}
