package reporting_test

import (
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

// at expects an error with that reason at that field.
func (w *world) at(err error, reason, field string) {
	w.t.Helper()
	w.refused(err, reason)
	if e := fault.Of(err); err != nil && e.Field != field {
		w.t.Errorf("field of %s = %q, want %q (%v)", reason, e.Field, field, err)
	}
}

func TestR21WhatFiguresMeanNeverChanges(t *testing.T) {
	w := newWorld(t)
	update := func(change func(*indicator.Indicator)) error {
		i := w.indicator("FLOW")
		change(&i.Indicator)
		_, _, _, err := w.svc.UpdateIndicator(t.Context(), w.call(w.admin), i.Indicator, i.Etag)
		return err
	}
	mean := func(i *indicator.Indicator) { i.UnitRule = indicator.UnitMean }
	must(t, update(func(i *indicator.Indicator) { i.UnitOfMeasure = "hồ sơ" })) // nobody reported it yet
	draft := flow("A", "2024-06", "12.5")
	draft.Draft = true
	w.submitted(w.token(auth.Reporter, "A"), draft) // a draft is a figure too
	for _, c := range []struct {
		name, field string
		change      func(*indicator.Indicator)
	}{
		{"rule over units", "unit_rule", mean},
		{"unit of measure", "unit_of_measure", func(i *indicator.Indicator) { i.UnitOfMeasure = "%" }},
		{"measure", "measure", func(i *indicator.Indicator) {
			i.Value = indicator.Part{Measure: indicator.Stock, Time: indicator.TimeMax}
		}},
		{"rule over time", "time_rule", func(i *indicator.Indicator) { i.Value.Time = indicator.TimeMean }},
		{"smaller scale", "scale", func(i *indicator.Indicator) { i.Scale = 1 }},
	} {
		err := update(c.change)
		if d := details(err); len(d) == 0 || d[0].Reason != "INDICATOR_IN_USE" || d[0].Field != c.field {
			t.Errorf("%s: error = %v, want INDICATOR_IN_USE at %s", c.name, err, c.field)
		}
	}
	must(t, update(func(i *indicator.Indicator) { i.NameVI = "Hồ sơ đã nhận" }))
	// What was never reported may still mean something else.
	other := w.indicator("STOCK")
	other.UnitRule = indicator.UnitMax
	_, _, _, err := w.svc.UpdateIndicator(t.Context(), w.call(w.admin), other.Indicator, other.Etag)
	must(t, err)
}

// Figures are kept as whole numbers of their day's scale. A scale that grew under them would make 12.5 into 1.25.
func TestR21AScaleGrowsOnlyWithAPeriodThatHasNotBegun(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.token(auth.Reporter, "A")
	w.submitted(a, flow("A", "2024-05", "12.5"))
	i := w.indicator("FLOW")
	larger := i.Indicator
	larger.Scale = 3
	_, _, _, err := w.svc.UpdateIndicator(ctx, w.call(w.admin), larger, i.Etag)
	w.at(err, "INDICATOR_IN_USE", "scale")
	w.expect("the figure", w.value("P", "FLOW", "2024-05", rollup.Provisional), "12.5 1/3")
	// June has begun, and a draft of it may be there; July has not.
	larger.ValidFrom = period.Date(2024, 6, 30)
	_, _, _, err = w.svc.CreateIndicator(ctx, w.call(w.admin), larger)
	w.at(err, "INDICATOR_IN_USE", "scale")
	_, err = w.svc.ImportIndicators(ctx, w.call(w.admin), []indicator.Indicator{sum("NEW"), larger})
	w.at(err, "INDICATOR_IN_USE", "indicators[1].scale")
	larger.ValidFrom = period.Date(2024, 7, 1)
	_, _, _, err = w.svc.CreateIndicator(ctx, w.call(w.admin), larger)
	must(t, err)
	w.now = w.now.AddDate(0, 3, 0)
	w.submitted(a, flow("A", "2024-07", "0.125"))
	late := flow("B", "2024-05", "0.125")
	_, err = w.submit(w.admin, late) // R21: the version of the base period's last day
	w.at(err, "NUMBER_TOO_PRECISE", "figures[0].value")
	w.expect("the quarters", w.value("P", "FLOW", "2024", rollup.Provisional), "12.625 2/36")
}

func TestR4AFormNeverSharesAnIndicatorWhateverChanges(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	// SHARED is reported by communes; E, which ends, reports it by a form of its own until then.
	ends := unit("E", "commune", "D")
	ends.ValidTo = period.Date(2024, 7, 1)
	_, err := w.svc.ImportUnits(ctx, w.call(w.admin), []hierarchy.Unit{ends})
	must(t, err)
	_, err = w.svc.ImportIndicators(ctx, w.call(w.admin), []indicator.Indicator{sum("SHARED")})
	must(t, err)
	own, districts := monthly("OWN", "SHARED"), monthly("DIST", "SHARED")
	own.Assigned = []hierarchy.Selector{{Unit: "E-0", From: period.Date(2024, 7, 1), To: period.Forever}}
	districts.Assigned = []hierarchy.Selector{
		{Kind: "district"}, {Unit: "E-0", From: period.Date(2024, 7, 1), To: period.Forever},
	}
	_, err = w.svc.ImportForms(ctx, w.call(w.admin), []form.Form{own, districts})
	must(t, err)

	e, _, err := w.svc.GetUnit(ctx, w.admin, "E-0", "")
	must(t, err)
	forever := period.Forever
	_, _, _, err = w.svc.UpdateUnit(ctx, w.call(w.admin), "E-0", reporting.UnitPatch{ValidTo: &forever, Etag: e.Etag})
	w.at(err, "INDICATOR_IN_TWO_FORMS", "") // nothing is wrong with the unit's fields

	third := monthly("THIRD", "SHARED")
	third.Assigned = []hierarchy.Selector{{Kind: "district"}}
	_, _, _, err = w.svc.CreateForm(ctx, w.call(w.admin), third)
	must(t, err) // districts do not report it
	shared := w.indicator("SHARED")
	shared.CheckedBy = []hierarchy.Kind{"district"}
	_, _, _, err = w.svc.UpdateIndicator(ctx, w.call(w.admin), shared.Indicator, shared.Etag)
	w.at(err, "INDICATOR_IN_TWO_FORMS", "")

	clash := monthly("CLASH", "FLOW")
	_, _, _, err = w.svc.CreateForm(ctx, w.call(w.admin), clash)
	w.at(err, "INDICATOR_IN_TWO_FORMS", "assigned")
	quarter := monthly("QUARTER", "SHARED")
	quarter.Calendar, quarter.Assigned = period.CutoffFifteenth, []hierarchy.Selector{{Unit: "A"}}
	_, _, _, err = w.svc.CreateForm(ctx, w.call(w.admin), quarter)
	w.refused(err, "INDICATOR_WITH_TWO_CALENDARS")
}

func TestNobodyChangesTheCatalogueUnseen(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	i, f := w.indicator("FLOW"), w.form("M")
	u, _, err := w.svc.GetUnit(ctx, w.admin, "A", "")
	must(t, err)
	name := "Tên mới"
	i.NameVI, f.NameVI = name, name
	for _, etag := range []string{"", "0", "999"} {
		_, _, _, err = w.svc.UpdateIndicator(ctx, w.call(w.admin), i.Indicator, etag)
		w.at(err, "ETAG_MISMATCH", "etag")
		_, _, _, err = w.svc.UpdateForm(ctx, w.call(w.admin), f.Form, etag)
		w.at(err, "ETAG_MISMATCH", "etag")
		_, _, _, err = w.svc.UpdateUnit(ctx, w.call(w.admin), "A", reporting.UnitPatch{NameVI: &name, Etag: etag})
		w.at(err, "ETAG_MISMATCH", "etag")
	}
	shown, change, _, err := w.svc.UpdateIndicator(ctx, w.call(w.admin), i.Indicator, i.Etag)
	must(t, err)
	if shown.Etag == i.Etag || shown.NameVI != name || change.Receipt.Sequence == 0 {
		t.Errorf("after the update: %q, etag %s, %+v; want the new name and another etag", shown.NameVI, shown.Etag, change.Receipt)
	}
	_, _, _, err = w.svc.UpdateIndicator(ctx, w.call(w.admin), i.Indicator, i.Etag)
	w.refused(err, "ETAG_MISMATCH")
	// The same again, seen, is no change: no entry, the same etag.
	again, change, _, err := w.svc.UpdateIndicator(ctx, w.call(w.admin), i.Indicator, shown.Etag)
	must(t, err)
	if again.Etag != shown.Etag || change.Receipt.Sequence != 0 {
		t.Errorf("the same again: etag %s after %s, %+v; want no change", again.Etag, shown.Etag, change.Receipt)
	}
	changed, _, _, err := w.svc.UpdateForm(ctx, w.call(w.admin), f.Form, f.Etag)
	must(t, err)
	_, change, _, err = w.svc.UpdateForm(ctx, w.call(w.admin), f.Form, changed.Etag)
	if err != nil || change.Receipt.Sequence != 0 {
		t.Errorf("the same form again: %+v, %v; want no change", change.Receipt, err)
	}
	updated, receipt, _, err := w.svc.UpdateUnit(ctx, w.call(w.admin), "A", reporting.UnitPatch{NameVI: &name, Etag: u.Etag})
	must(t, err)
	if updated.Etag == u.Etag || receipt.Sequence == 0 {
		t.Errorf("the unit's etag is %s after %s, %+v", updated.Etag, u.Etag, receipt)
	}
}

func TestImportsCountWhatTheyDid(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	renamed := unit("A", "commune", "D")
	renamed.NameVI = "Xã An"
	units := []hierarchy.Unit{unit("B", "commune", "D"), renamed, unit("E", "commune", "D"), unit("F", "commune", "E")}
	flow := w.indicator("FLOW").Indicator
	flow.CheckedBy = []hierarchy.Kind{} // an empty list is an absent one
	stock := w.indicator("STOCK").Indicator
	stock.NameEN = "Stock"
	indicators := []indicator.Indicator{flow, stock, sum("NEW")}
	m := w.form("M").Form
	m.Assigned = []hierarchy.Selector{{Kind: "commune"}} // no days are the open days
	forms := []form.Form{m, monthly("N", "NEW")}
	for _, c := range []struct {
		name                        string
		run                         func(reporting.Call) (reporting.CatalogueChange, error)
		created, updated, unchanged int
	}{
		{"units", func(c reporting.Call) (reporting.CatalogueChange, error) { return w.svc.ImportUnits(ctx, c, units) }, 2, 1, 1},
		{"indicators", func(c reporting.Call) (reporting.CatalogueChange, error) {
			return w.svc.ImportIndicators(ctx, c, indicators)
		}, 1, 1, 1},
		{"forms", func(c reporting.Call) (reporting.CatalogueChange, error) { return w.svc.ImportForms(ctx, c, forms) }, 1, 0, 1},
	} {
		call := w.call(w.admin)
		preview := call
		preview.ValidateOnly = true
		counts := func(what string, got reporting.CatalogueChange, err error, created, updated, unchanged int, receipt bool) {
			t.Helper()
			must(t, err)
			if got.Created != created || got.Updated != updated || got.Unchanged != unchanged || (got.Receipt.Sequence != 0) != receipt {
				t.Errorf("%s %s = %+v, want %d created, %d updated, %d unchanged, a receipt: %t",
					what, c.name, got, created, updated, unchanged, receipt)
			}
		}
		got, err := c.run(preview)
		counts("preview of", got, err, c.created, c.updated, c.unchanged, false)
		first, err := c.run(call)
		counts("import of", first, err, c.created, c.updated, c.unchanged, true)
		again, err := c.run(call)
		counts("repetition of", again, err, c.created, c.updated, c.unchanged, true)
		if !again.Receipt.Replayed || again.Receipt.Sequence != first.Receipt.Sequence || again.Receipt.Hash != first.Receipt.Hash {
			t.Errorf("the receipt of the repetition of %s = %+v, want %+v, replayed", c.name, again.Receipt, first.Receipt)
		}
		got, err = c.run(w.call(w.admin))
		counts("second import of", got, err, 0, 0, c.created+c.updated+c.unchanged, false)
	}
}

// A warning names the field as an error does: of one thing without a number, of a file with that of the row.
func TestWarningsNameTheirField(t *testing.T) {
	w := newWorld(t)
	both := sum("BOTH")
	both.ReportedBy = []hierarchy.Kind{"district", "commune"}
	_, change, _, err := w.svc.CreateIndicator(t.Context(), w.call(w.admin), both)
	must(t, err)
	imported, err := w.svc.ImportIndicators(t.Context(), w.call(w.admin), []indicator.Indicator{sum("ONE"), both})
	must(t, err)
	for field, warnings := range map[string][]error{"reported_by": change.Warnings, "indicators[1].reported_by": imported.Warnings} {
		if len(warnings) != 1 {
			t.Fatalf("%d warnings, want one at %s: %v", len(warnings), field, warnings)
		}
		w.at(warnings[0], "LEVELS_MAY_OVERLAP", field)
	}
	if imported.Created != 1 || imported.Unchanged != 1 {
		t.Errorf("imported = %+v, want one created and one unchanged", imported)
	}
}
