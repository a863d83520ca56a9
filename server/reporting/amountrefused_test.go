package reporting_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/reporting"
)

const (
	value       = reporting.AmountValue
	numerator   = reporting.AmountNumerator
	denominator = reporting.AmountDenominator
)

func columns(t *testing.T, list ...reporting.AmountColumn) *reporting.AmountColumns {
	t.Helper()
	c, err := reporting.NewAmountColumns(list)
	must(t, err)
	return c
}

// packed is a report of unit A with amounts in columns.
func packed(t *testing.T, of *reporting.AmountColumns, g reporting.Given) reporting.Submission {
	t.Helper()
	read, err := of.Read(&g)
	must(t, err)
	return reporting.Submission{Ref: reporting.ReportRef{Unit: "A", Form: "m", Period: "2024-05"}, Amounts: read}
}

// why explains indicators, each followed by its text.
func why(words ...string) (list []reporting.Explained) {
	for i := 0; i < len(words); i += 2 {
		list = append(list, reporting.Explained{Indicator: words[i], Text: words[i+1]})
	}
	return list
}

func TestColumnsAreRefused(t *testing.T) {
	type list = []reporting.AmountColumn
	long := make(list, 2001)
	for i := range long {
		long[i].Indicator = fmt.Sprint("I", i)
	}
	for _, c := range []struct {
		name          string
		columns       list
		reason, field string
	}{
		{"no code", list{{}}, "CODE_EMPTY", "columns[0].indicator"},
		{"a code that cannot be", list{{Indicator: "A"}, {Indicator: "?"}}, "CODE_MALFORMED", "columns[1].indicator"},
		{"twice, in another spelling", list{{Indicator: "KT-01"}, {Indicator: "A"}, {Indicator: "kt-01"}}, "COLUMN_TWICE", "columns[2].indicator"},
		{"a value behind a part", list{{Indicator: "A", Part: numerator}, {Indicator: "A"}}, "COLUMN_PARTS_MIXED", "columns[1].part"},
		{"a part behind a value", list{{Indicator: "A"}, {Indicator: "A", Part: denominator}}, "COLUMN_PARTS_MIXED", "columns[1].part"},
		{"no numerator", list{{Indicator: "A"}, {Indicator: "B", Part: denominator}}, "COLUMN_WITHOUT_NUMERATOR", "columns[1].part"},
		{"too many", long, "COLUMNS_TOO_MANY", "columns"},
	} {
		of, err := reporting.NewAmountColumns(c.columns)
		if fault.ReasonOf(err) != c.reason || fault.Of(err).Field != c.field || of != nil {
			t.Errorf("%s: error = %v (%s at %s), want %s at %s", c.name, err, fault.ReasonOf(err), fault.Of(err).Field, c.reason, c.field)
		}
	}
	columns(t, long[:2000]...)
}

func TestAmountsAreRefused(t *testing.T) {
	of := columns(t, reporting.AmountColumn{Indicator: "FLOW"}, reporting.AmountColumn{Indicator: "RATIO", Part: denominator},
		reporting.AmountColumn{Indicator: "RATIO", Part: numerator})
	type places = []int32
	for _, c := range []struct {
		name          string
		of            *reporting.AmountColumns
		given         reporting.Given
		reason, field string
	}{
		{"no columns", nil, reporting.Given{Amounts: []int64{1}}, "AMOUNTS_WITHOUT_COLUMNS", "amounts"},
		{"columns that name nothing", columns(t), reporting.Given{Amounts: []int64{1}}, "AMOUNTS_WITHOUT_COLUMNS", "amounts"},
		{"too few", of, reporting.Given{Amounts: []int64{1, 2}}, "AMOUNTS_COUNT", "amounts"},
		{"too many", of, reporting.Given{Amounts: []int64{1, 2, 3, 4}}, "AMOUNTS_COUNT", "amounts"},
		{"none", of, reporting.Given{NotReported: places{0}}, "AMOUNTS_COUNT", "amounts"},
		{"behind the last", of, reporting.Given{Amounts: []int64{1, 2, 3}, NotReported: places{3}}, "AMOUNT_COLUMN_UNKNOWN", "not_reported[0]"},
		{"before the first", of, reporting.Given{Amounts: []int64{1, 2, 3}, NotApplicable: places{-1}}, "AMOUNT_COLUMN_UNKNOWN", "not_applicable[0]"},
		{"descending", of, reporting.Given{Amounts: []int64{0, 0, 3}, NotAvailable: places{1, 0}}, "AMOUNT_COLUMN_REPEATED", "not_available[1]"},
		{"twice in a list", of, reporting.Given{Amounts: []int64{0, 0, 3}, NotAvailable: places{1, 1}}, "AMOUNT_COLUMN_REPEATED", "not_available[1]"},
		{"in two lists", of, reporting.Given{Amounts: []int64{0, 0, 0}, NotReported: places{0, 1}, NotApplicable: places{1}}, "AMOUNT_COLUMN_REPEATED", "not_applicable[0]"},
		{"with an amount", of, reporting.Given{Amounts: []int64{0, 2, 3}, NotAvailable: places{0, 2}}, "AMOUNT_NOT_EMPTY", "not_available[1]"},
		{"two states", of, reporting.Given{Amounts: []int64{1, 0, 0}, NotAvailable: places{1}, NotApplicable: places{2}}, "AMOUNT_STATES_DIFFER", "amounts[1]"},
		{"an explanation of nothing", of, reporting.Given{Amounts: []int64{1, 2, 3}, Explanations: why("STOCK", "x")}, "EXPLANATION_WITHOUT_FIGURE", "explanations[0].indicator"},
		{
			"an explanation of what is not reported", of,
			reporting.Given{Amounts: []int64{0, 2, 3}, NotReported: places{0}, Explanations: why("RATIO", "x", "FLOW", "x")},
			"EXPLANATION_WITHOUT_FIGURE", "explanations[1].indicator",
		},
		{"two explanations", of, reporting.Given{Amounts: []int64{1, 2, 3}, Explanations: why("flow", "x", "FLOW", "y")}, "EXPLANATION_UNCLEAR", "explanations[1].text"},
		{"no words", of, reporting.Given{Amounts: []int64{1, 2, 3}, Explanations: why("FLOW", " ")}, "EXPLANATION_UNCLEAR", "explanations[0].text"},
		{"explanations alone", of, reporting.Given{Explanations: why("FLOW", "x")}, "AMOUNTS_COUNT", "amounts"},
	} {
		_, err := c.of.Read(&c.given)
		if fault.ReasonOf(err) != c.reason || fault.Of(err).Field != c.field {
			t.Errorf("%s: error = %v (%s at %s), want %s at %s", c.name, err, fault.ReasonOf(err), fault.Of(err).Field, c.reason, c.field)
		}
	}
}

// A report of amounts is told by its amounts, not by the texts that they might have been.
func TestAWrongAmountIsNamedByItsPlace(t *testing.T) {
	w := newWorld(t)
	of := columns(t, reporting.AmountColumn{Indicator: "RATIO", Part: denominator}, reporting.AmountColumn{Indicator: "STOCK", Scale: 3},
		reporting.AmountColumn{Indicator: "RATIO", Part: numerator}, reporting.AmountColumn{Indicator: "NOWHERE"})
	_, err := w.submit(w.admin, packed(t, of, reporting.Given{Amounts: []int64{-5, 1234, 3, 1}}))
	said := ""
	for _, d := range fault.Of(err).Details {
		said += d.Reason + " at " + d.Field + "; "
	}
	w.expect("faults", said, "FIGURE_DENOMINATOR_NEGATIVE at amounts[0]; NUMBER_TOO_PRECISE at amounts[1]; INDICATOR_NOT_FOUND at amounts[3]; ")
	_, err = w.submit(w.admin, packed(t, of, reporting.Given{Amounts: make([]int64, 4), NotReported: []int32{0, 1, 2, 3}}))
	w.at(err, "NO_FIGURES", "figures")
	w.submitted(w.admin, packed(t, of, reporting.Given{Amounts: []int64{5, 1230, 3, 0}, NotReported: []int32{3}}))
}

// R37: an item is the same request if it says the same of the same indicators, under whatever columns or in figures.
// An explanation that cannot be kept is named by its own place, in a stream and in a packed report.
func TestAWrongExplanationIsNamedByItsPlace(t *testing.T) {
	w := newWorld(t)
	list := []reporting.AmountColumn{{Indicator: "STOCK"}, {Indicator: "FLOW"}}
	inPacked, err := reporting.NewPackedColumns(list)
	must(t, err)
	for within, of := range map[string]*reporting.AmountColumns{"": columns(t, list...), "packed.": inPacked} {
		_, err := w.submit(w.admin, packed(t, of, reporting.Given{
			Amounts: []int64{1, 2}, Explanations: why("STOCK", "được", "FLOW", strings.Repeat("x", 2001)),
		}))
		if e := fault.Of(err); e.Reason != "TEXT_TOO_LONG" || e.Field != within+"explanations[1].text" {
			t.Errorf("error = %v (%s at %s), want TEXT_TOO_LONG at %sexplanations[1].text", err, e.Reason, e.Field, within)
		}
	}
}

func TestR37AnItemInColumnsIsWhatItSays(t *testing.T) {
	w := newWorld(t)
	flowColumn, stockColumn := reporting.AmountColumn{Indicator: "FLOW", Scale: 2}, reporting.AmountColumn{Indicator: "STOCK", Scale: 2}
	of := columns(t, flowColumn, stockColumn)
	first := packed(t, of, reporting.Given{Amounts: []int64{100, 200}})
	call := w.call(w.admin)
	w.expect("first", kinds(w.stream(call, []reporting.Submission{first})), "CREATED ")
	coarse := flowColumn
	coarse.Scale = 1
	for name, same := range map[string]reporting.Submission{
		"again":               packed(t, columns(t, flowColumn, stockColumn), reporting.Given{Amounts: []int64{100, 200}}),
		"at another scale":    packed(t, columns(t, coarse, stockColumn), reporting.Given{Amounts: []int64{10, 200}}),
		"in another order":    packed(t, columns(t, stockColumn, flowColumn), reporting.Given{Amounts: []int64{200, 100}}),
		"beside no figure":    packed(t, columns(t, reporting.AmountColumn{Indicator: "RATIO", Part: numerator}, flowColumn, stockColumn), reporting.Given{Amounts: []int64{0, 100, 200}, NotReported: []int32{0}}),
		"in texts":            with(flow("A", "2024-05", "1"), "STOCK", "2"),
		"in texts with zeros": with(flow("A", "2024-05", "1.00"), "STOCK", "2.0"),
	} {
		if got := kinds(w.stream(call, []reporting.Submission{same})); got != "REPLAYED " {
			t.Errorf("%s: %s, want REPLAYED", name, got)
		}
	}
	for name, other := range map[string]reporting.Submission{
		"another amount": packed(t, of, reporting.Given{Amounts: []int64{100, 201}}),
		"another state":  packed(t, of, reporting.Given{Amounts: []int64{100, 0}, NotAvailable: []int32{1}}),
		"another scale":  packed(t, columns(t, coarse, stockColumn), reporting.Given{Amounts: []int64{100, 200}}),
		"another order":  packed(t, columns(t, stockColumn, flowColumn), reporting.Given{Amounts: []int64{100, 200}}),
		"another part":   packed(t, columns(t, flowColumn, reporting.AmountColumn{Indicator: "STOCK", Part: numerator, Scale: 2}), reporting.Given{Amounts: []int64{100, 200}}),
		"another text":   with(flow("A", "2024-05", "1"), "STOCK", "20"),
	} {
		o := w.stream(call, []reporting.Submission{other})[0]
		if fault.ReasonOf(o.Err) != "REQUEST_ID_REUSED" {
			t.Errorf("%s = %+v, want REQUEST_ID_REUSED", name, o)
		}
	}
	// No amount and no amount that counts are not the same either.
	none := packed(t, of, reporting.Given{Amounts: []int64{0, 0}, NotReported: []int32{1}})
	zero := packed(t, of, reporting.Given{Amounts: []int64{0, 0}})
	none.Ref.Period, zero.Ref.Period = "2024-04", "2024-04"
	call = w.call(w.admin)
	w.expect("one figure", kinds(w.stream(call, []reporting.Submission{none})), "CREATED ")
	w.refused(w.stream(call, []reporting.Submission{zero})[0].Err, "REQUEST_ID_REUSED")
}

// What a stream found out about its columns holds for one catalogue and one day.
func TestColumnsFollowTheCatalogue(t *testing.T) {
	w := newWorld(t)
	of := columns(t, reporting.AmountColumn{Indicator: "FLOW", Scale: 2}, reporting.AmountColumn{Indicator: "STOCK", Scale: 2})
	sub := packed(t, of, reporting.Given{Amounts: []int64{125, 250}})
	w.submitted(w.admin, sub)
	narrower := w.form("M").Form
	narrower.Indicators = []indicator.Code{"STOCK"}
	_, err := w.svc.ImportForms(t.Context(), w.call(w.admin), []form.Form{narrower})
	must(t, err)
	sub.Ref.Unit = "B"
	_, err = w.submit(w.admin, sub)
	w.at(err, "INDICATOR_NOT_IN_FORM", "amounts[0]")
}

func TestReadingAmountsAllocatesOnceForAll(t *testing.T) {
	var list []reporting.AmountColumn
	for i := range 100 {
		list = append(list, reporting.AmountColumn{Indicator: fmt.Sprint("I", i), Scale: figure.Scale(i % 7)})
	}
	of := columns(t, list...)
	g := reporting.Given{Amounts: make([]int64, len(list)), NotReported: []int32{4, 77}}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := of.Read(&g); err != nil {
			t.Fatal(err)
		}
	}); n > 2 {
		t.Errorf("reading %d amounts allocates %v times, want 2", len(list), n)
	}
}

// No amount costs an allocation of its own, from the packed numbers to the figures of an entry.
func TestAmountsBecomeFiguresInOneAllocation(t *testing.T) {
	w := newWorld(t)
	var made []indicator.Indicator
	var codes []indicator.Code
	var list []reporting.AmountColumn
	for i := range 60 {
		made = append(made, sum(fmt.Sprint("N", i)))
		codes = append(codes, made[i].Code)
		list = append(list, reporting.AmountColumn{Indicator: string(made[i].Code), Scale: figure.Scale(i % 3)})
	}
	_, err := w.svc.ImportIndicators(t.Context(), w.call(w.admin), made)
	must(t, err)
	_, err = w.svc.ImportForms(t.Context(), w.call(w.admin), []form.Form{monthly("N", codes...)})
	must(t, err)
	allocs := func(columnCount int) float64 {
		sub := packed(t, columns(t, list[:columnCount]...), reporting.Given{Amounts: make([]int64, columnCount)})
		sub.Ref.Form = "n"
		return testing.AllocsPerRun(100, func() {
			if !w.svc.Prepare(&sub) {
				t.Fatal("the amounts are refused")
			}
		})
	}
	if one, all := allocs(1), allocs(len(list)); all != one {
		t.Errorf("a report of %d amounts allocates %v times, of one %v times", len(list), all, one)
	}
}
