package reporting_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/register"
	"github.com/tonghop/tonghop/server/reporting"
)

// products is a register of listed products, which counts three indicators.
func products() register.Register {
	return register.Register{
		Code: "OCOP", NameVI: "Sản phẩm OCOP", Fields: []register.Field{{Code: "san", NameVI: "Sàn"}}, Calendar: period.Civil,
		Counters: []register.Counter{{Indicator: "SP-STOCK", Rule: register.Stock}, {Indicator: "SP-ENDED", Rule: register.Ended}, {Indicator: "SP-FIRST", Rule: register.First}},
	}
}

func (w *world) register(r register.Register) reporting.Register {
	w.t.Helper()
	made, _, _, err := w.svc.CreateRegister(w.t.Context(), w.call(w.admin), r)
	must(w.t, err)
	return made
}

func thing(code, unit, key string, since period.Day) reporting.ItemDraft {
	return reporting.ItemDraft{Item: register.Item{
		Code: register.Code(code), Unit: hierarchy.ID(unit), Title: "Sản phẩm " + code, Key: key, Since: since, Until: period.Forever,
	}}
}

func (w *world) put(by auth.Caller, reason string, items ...reporting.ItemDraft) reporting.CatalogueChange {
	w.t.Helper()
	change, err := w.svc.PutRegisterItems(w.t.Context(), w.call(by), "ocop", items, reason)
	must(w.t, err)
	return change
}

// item gives an item with its etag, to be changed.
func (w *world) item(code string) reporting.ItemDraft {
	w.t.Helper()
	page, err := w.svc.ListRegisterItems(w.t.Context(), w.admin, reporting.ItemFilter{Register: "OCOP", Withdrawn: true, Page: reporting.Page{Size: 500}})
	must(w.t, err)
	for _, i := range page.Items {
		if string(i.Code) == code {
			return reporting.ItemDraft{Item: i.Item, Etag: i.Etag}
		}
	}
	w.t.Fatalf("there is no item %s", code)
	return reporting.ItemDraft{}
}

func (w *world) counts(unit string, children bool, periods ...string) string {
	w.t.Helper()
	lines, _, err := w.svc.CountRegister(w.t.Context(), w.admin, reporting.CountQuery{Register: "OCOP", Unit: unit, Children: children, Periods: periods})
	must(w.t, err)
	var words []string
	for _, l := range lines {
		name := string(l.Unit.Code)
		if l.Own {
			name += "*"
		}
		words = append(words, fmt.Sprintf("%s %d/%d/%d/%d", name, l.Of(register.Stock), l.Of(register.Added), l.Of(register.Ended), l.Of(register.First)))
	}
	return strings.Join(words, ", ")
}

// TestARegisterCountsWhatCameAndEnded lists three products and delists one.
func TestARegisterCountsWhatCameAndEnded(t *testing.T) {
	w := newWorld(t)
	r := w.register(products())
	a := w.token(auth.Reporter, "A")
	made := w.put(a, "", thing("1", "A", "", period.Date(2023, 5, 1)), thing("2", "A", "", period.Date(2024, 2, 1)))
	w.expect("made", fmt.Sprint(made.Created, made.Updated, made.Unchanged), "2 0 0")
	w.put(w.admin, "", thing("3", "C", "", period.Date(2024, 2, 29)))
	w.expect("2023 and 2024", w.counts("P", false, "2023", "2024"), "P 1/1/0/1, P 3/2/0/2")

	ended := w.item("1")
	ended.Until = period.Date(2024, 3, 1)
	_, err := w.svc.PutRegisterItems(t.Context(), w.call(a), "OCOP", []reporting.ItemDraft{ended}, "")
	w.refused(err, "REASON_REQUIRED")
	before := ended
	w.put(a, "Hủy niêm yết", ended)
	w.expect("months", w.counts("P", false, "2024-02", "2024-03"), "P 3/2/0/2, P 2/0/1/0")
	w.expect("below", w.counts("P", true, "2024"), "P 2/2/1/2, P* 0/0/0/0, C 1/1/0/1, D 1/1/1/1")
	again := w.put(a, "Hủy niêm yết", ended)
	w.expect("again", fmt.Sprint(again.Unchanged, again.Receipt.Sequence), "1 0")
	before.Title = "Khác"
	_, err = w.svc.PutRegisterItems(t.Context(), w.call(a), "OCOP", []reporting.ItemDraft{before}, "x")
	w.refused(err, "ETAG_MISMATCH")

	wrong := w.item("2")
	wrong.Withdrawn = true
	w.put(w.admin, "Nhập nhầm", wrong)
	w.expect("without 2", w.counts("P", false, "2024"), "P 1/1/1/1")
	// A problem of one is a problem of all.
	bad := thing("9", "A", "", period.Date(2024, 1, 1))
	bad.Values = []register.Value{{Field: "gia", Text: "1"}}
	_, err = w.svc.PutRegisterItems(t.Context(), w.call(a), "OCOP", []reporting.ItemDraft{thing("8", "A", "", period.Date(2024, 1, 1)), bad}, "")
	w.refused(err, "REGISTER_FIELD_UNKNOWN")
	_, err = w.svc.PutRegisterItems(t.Context(), w.call(a), "OCOP", []reporting.ItemDraft{thing("8", "A", "", 19000), thing("8", "A", "", 19000)}, "")
	w.refused(err, "ITEM_TWICE")
	w.expect("nothing half applied", w.counts("P", false, "2024"), "P 1/1/1/1")
	_, err = w.svc.PutRegisterItems(t.Context(), w.call(a), "OCOP", []reporting.ItemDraft{thing("7", "B", "", 19000)}, "")
	w.refused(err, "UNIT_NOT_FOUND")
	_, err = w.svc.PutRegisterItems(t.Context(), w.call(w.token(auth.Viewer, "P")), "OCOP", []reporting.ItemDraft{thing("7", "B", "", 19000)}, "")
	w.refused(err, "RIGHT_MISSING")
	r.NameVI = "Khác"
	_, _, _, err = w.svc.UpdateRegister(t.Context(), w.call(a), r.Register, r.Etag)
	w.refused(err, "RIGHT_MISSING")
}

// TestNobodyTakesAnothersItem moves an item into a unit that the caller does not send for, and one out of it.
func TestNobodyTakesAnothersItem(t *testing.T) {
	w := newWorld(t)
	w.register(products())
	w.put(w.admin, "", thing("1", "A", "", 19500), thing("2", "B", "", 19500))
	theirs := w.item("2")
	theirs.Unit = "A"
	_, err := w.svc.PutRegisterItems(t.Context(), w.call(w.token(auth.Reporter, "A")), "OCOP", []reporting.ItemDraft{theirs}, "x")
	w.refused(err, "UNIT_NOT_FOUND")
	w.put(w.token(auth.Approver, "D"), "", theirs)
	w.expect("after", w.counts("A", false, "2024"), "A 2/0/0/0")
	page, err := w.svc.ListRegisterItems(t.Context(), w.token(auth.Reporter, "B"), reporting.ItemFilter{Register: "OCOP"})
	must(t, err)
	if len(page.Items) != 0 {
		t.Errorf("B sees %+v", page.Items)
	}
}

// TestAnIndicatorIsCountedOrReported refuses two sources of one figure.
func TestAnIndicatorIsCountedOrReported(t *testing.T) {
	w := newWorld(t)
	r := products()
	r.Counters = []register.Counter{{Indicator: "FLOW", Rule: register.Added}}
	_, _, _, err := w.svc.CreateRegister(t.Context(), w.call(w.admin), r)
	w.refused(err, "INDICATOR_REPORTED")
	w.register(products())
	r = products()
	r.Code = "OTHER"
	_, _, _, err = w.svc.CreateRegister(t.Context(), w.call(w.admin), r)
	w.refused(err, "INDICATOR_COUNTED")
}

// TestR28TargetsAreHeldAgainstRegisters asks a plan whose targets are counted: of the province, of its communes, and of each.
func TestR28TargetsAreHeldAgainstRegisters(t *testing.T) {
	w := newWorld(t)
	w.register(products())
	w.put(w.admin, "", thing("1", "A", "x", period.Date(2024, 3, 1)), thing("2", "B", "x", period.Date(2024, 4, 1)), thing("3", "C", "", period.Date(2024, 4, 1)))
	_, _, _, err := w.svc.CreatePlan(t.Context(), w.call(w.admin), planFor("1/KH", "P"))
	must(t, err)
	_, err = w.svc.ImportTargets(t.Context(), w.call(w.admin), []plan.Target{
		demanded("1/KH", "SP-STOCK", "", plan.AtLeast, "4"), demanded("1/KH", "SP-FIRST", "kind:commune", plan.AtLeast, "2"),
		demanded("1/KH", "SP-STOCK", "each:commune", plan.AtLeast, "1"), demanded("1/KH", "SP-ENDED", "", plan.AtMost, "0"),
	})
	must(t, err)
	w.now = time.Date(2025, 2, 1, 9, 0, 0, 0, period.Location())
	evaluated := func() string {
		e, err := w.svc.EvaluatePlan(t.Context(), w.admin, reporting.EvaluationQuery{Plan: "1-kh-2024"})
		must(t, err)
		var words []string
		for _, l := range e.Lines {
			words = append(words, fmt.Sprintf("%s %s %s %s", l.Target.Thing.Indicator, l.Target.Thing.Scope, l.Status, l.Figure.Reading.Value.Decimal(0)))
		}
		return strings.Join(words, ", ")
	}
	w.expect("before", evaluated(), "SP-ENDED  MET 0, SP-FIRST kind:commune MET 2, SP-STOCK  NOT_MET 3, SP-STOCK each:commune MET ")
	gone := w.item("2")
	gone.Until = period.Date(2024, 12, 31)
	w.put(w.admin, "Hủy niêm yết", gone)
	w.expect("after", evaluated(), "SP-ENDED  NOT_MET 1, SP-FIRST kind:commune MET 2, SP-STOCK  NOT_MET 2, SP-STOCK each:commune NOT_MET ")
}

// TestR37ItemsThatAreSentTwiceCountOnce repeats a request after others.
func TestR37ItemsThatAreSentTwiceCountOnce(t *testing.T) {
	w := newWorld(t)
	w.register(products())
	call := w.call(w.admin)
	items := []reporting.ItemDraft{thing("1", "A", "", 19500), thing("2", "B", "", 19500)}
	first, err := w.svc.PutRegisterItems(t.Context(), call, "OCOP", items, "")
	must(t, err)
	changed := w.item("1")
	changed.Title = "Khác"
	w.put(w.admin, "", changed)
	again, err := w.svc.PutRegisterItems(t.Context(), call, "OCOP", items, "")
	must(t, err)
	if again.Created != 2 || !again.Receipt.Replayed || again.Receipt.Sequence != first.Receipt.Sequence {
		t.Errorf("the repeat gives %+v, want %+v", again, first)
	}
	_, err = w.svc.PutRegisterItems(t.Context(), call, "OCOP", items[:1], "")
	w.refused(err, "REQUEST_ID_REUSED")
}

// TestRegistersAreWhatWasSent draws changes of items through the whole store and holds counts against a list that is kept beside it.
func TestRegistersAreWhatWasSent(t *testing.T) {
	if testing.Short() {
		t.Skip("the naive count of the register room runs under -short too")
	}
	w := newWorld(t)
	w.register(products())
	kept := map[string]reporting.ItemDraft{}
	rapid.Check(t, func(t *rapid.T) {
		code := fmt.Sprint("i", rapid.IntRange(0, 9).Draw(t, "code"))
		next := thing(code, rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "unit"), rapid.SampledFrom([]string{"", "x"}).Draw(t, "key"),
			period.Date(2023, 6, 1)+period.Day(rapid.IntRange(0, 300).Draw(t, "since"))) //nolint:gosec // small
		if rapid.Bool().Draw(t, "ends") {
			next.Until = next.Since + period.Day(rapid.IntRange(1, 300).Draw(t, "days")) //nolint:gosec // small
		}
		next.Withdrawn = rapid.IntRange(0, 4).Draw(t, "withdrawn") == 0
		if _, known := kept[code]; known {
			next.Etag = w.item(code).Etag
		}
		w.put(w.admin, "Rút thử", next)
		kept[code] = next
		stock := map[string]int{}
		for _, i := range kept {
			if !i.Withdrawn && i.Since <= period.Date(2023, 12, 31) && i.Until > period.Date(2023, 12, 31) {
				stock[string(i.Unit)]++
			}
		}
		lines, _, err := w.svc.CountRegister(w.t.Context(), w.admin, reporting.CountQuery{Register: "OCOP", Unit: "P", Children: true, Periods: []string{"2023"}})
		must(t, err)
		sum := 0
		for _, l := range lines[1:] {
			sum += l.Of(register.Stock)
		}
		all := stock["A"] + stock["B"] + stock["C"]
		if lines[0].Of(register.Stock) != all || sum != all {
			t.Fatalf("the province has %d, its parts %d, and %v were sent", lines[0].Of(register.Stock), sum, stock)
		}
	})
}
