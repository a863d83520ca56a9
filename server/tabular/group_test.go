package tabular_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/tabular"
)

// locator knows the form cds-thang in any spelling, and resolves units in the small tree on the period's last day.
func locator(t *testing.T) tabular.Locate {
	tree := small(t)
	return func(unit string, code form.Code, p period.Period) (tabular.ReportKey, error) {
		if !code.Same("cds-thang") {
			return tabular.ReportKey{}, fault.NotFound("FORM_NOT_FOUND", "there is no form %q", code).In("form")
		}
		u, err := tree.Resolve(unit, period.CutoffFifteenth.Last(p))
		if err != nil {
			return tabular.ReportKey{}, fault.Of(err).In("unit")
		}
		return tabular.ReportKey{Unit: u.ID, Form: "cds-thang", Period: p}, nil
	}
}

func group(t *testing.T, file string) *tabular.Reports {
	t.Helper()
	reports, err := tabular.GroupFigures(strings.NewReader(file), figure.Undeclared, locator(t))
	if err != nil {
		t.Fatal(err)
	}
	return reports
}

// told gives each report in one line: its key, the indicators of its good rows, its problems.
func told(reports *tabular.Reports) string {
	var b strings.Builder
	for i := range reports.Len() {
		r := reports.At(i)
		fmt.Fprintf(&b, "%d %s %s~%s:", r.FirstLine, r.Unit, r.Form, r.Period)
		for _, f := range r.Figures {
			fmt.Fprintf(&b, " %s=%s%s%s", f.Indicator, f.Value, f.State.Symbol(), f.Note)
		}
		b.WriteString(strings.TrimSuffix("\n  "+strings.ReplaceAll(words(r.Problems.List), "\n", "\n  "), "  "))
	}
	return b.String() + words(reports.Problems.List)
}

// R25: all lines of one unit, form and period are one report, wherever they stand and however they are spelled.
func TestR25_LinesOfOneReportNeedNotStandTogether(t *testing.T) {
	got := told(group(t, `unit,form,period,indicator,value,note
30280,cds-thang,2025-08,CQ-11,1,một
30283,cds-thang,2025-08,CQ-11,2,
30280-20250701,CDS-Thang,2025-08,CQ-12,-,
30280,cds-thang,2025-09,CQ-11,3,
30283,cds-thang,2025-08,CQ-12,4,bốn
`))
	want := `2 30280-20250701 cds-thang~2025-08: CQ-11=1một CQ-12=-
3 30283-20250701 cds-thang~2025-08: CQ-11=2 CQ-12=4bốn
5 30280-20250701 cds-thang~2025-09: CQ-11=3
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// R25: of two lines with one key both are refused, and both are named.
func TestR25_TwoLinesWithOneKeyAreBothRefused(t *testing.T) {
	reports := group(t, `unit,form,period,indicator,value
30280,cds-thang,2025-08,CQ-11,1
30283,cds-thang,2025-08,CQ-11,5
30280-20250701,cds-thang,2025-08,cq-11,2
30280,cds-thang,2025-08,CQ-12,3
30280,cds-thang,2025-08,Cq-11,1
`)
	want := `2 30280-20250701 cds-thang~2025-08: CQ-11=1 cq-11=2 CQ-12=3 Cq-11=1
  4+2 indicator FIGURE_REPEATED
  6+2 indicator FIGURE_REPEATED
3 30283-20250701 cds-thang~2025-08: CQ-11=5
`
	if diff := cmp.Diff(want, told(reports)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text := reports.At(0).Problems.List[0].Err.Text; !strings.Contains(text, "lines 2 and 4") {
		t.Errorf("the text %q does not name both lines", text)
	}
}

// A submission is the whole report, so a row that is lost must not let the rest of its report through.
func TestABadRowHoldsUpItsReportAndNoOther(t *testing.T) {
	reports := group(t, `unit,form,period,indicator,value,note
30280,cds-thang,2025-08,CQ-11,1,
30280,cds-thang,2025-08,CQ-12,1.5,
30283,cds-thang,2025-08,CQ-11,2,một, hai
30283,cds-thang,2025-08,CQ-12,3,
30280,cds-thang,2025-09,CQ-11,4,
3028,cds-thang,2025-09,CQ-12,?,
30280,cds-quy,2025-09,CQ-12,5,
30280,cds-thang,thang 9,CQ-12,6,
82,cds-thang,2025-06,CQ-11,"7
30283,cds-thang,2025-09,CQ-12,8,
`)
	want := `2 30280-20250701 cds-thang~2025-08: CQ-11=1
  3 value NUMBER_AMBIGUOUS
4 30283-20250701 cds-thang~2025-08: CQ-12=3
  4 - ROW_CELLS
6 30280-20250701 cds-thang~2025-09: CQ-11=4
10 82-0 cds-thang~2025-06:
  10 - QUOTE_NOT_CLOSED
7 unit UNIT_NOT_FOUND
7 value NUMBER_MALFORMED
8 form FORM_NOT_FOUND
9 period PERIOD_MALFORMED
`
	if diff := cmp.Diff(want, told(reports)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if reports.Rows != 9 {
		t.Errorf("%d rows, want 9", reports.Rows)
	}
}

// R1, vector 13: the code 82 before and after 2025-07-01 in one file.
func TestR1_OneCodeInOneFileNamesTwoProvinces(t *testing.T) {
	got := told(group(t, "unit,form,period,indicator,value\n82,cds-thang,2025-06,CQ-11,1\n82,cds-thang,2025-07,CQ-11,2\n"))
	want := "2 82-0 cds-thang~2025-06: CQ-11=1\n3 82-20250701 cds-thang~2025-07: CQ-11=2\n"
	if got != want {
		t.Errorf("reports are\n%swant\n%s", got, want)
	}
}

func TestAReportKnowsThatItHasProblemsBeyondTheListedOnes(t *testing.T) {
	reports := group(t, "unit,form,period,indicator,value\n"+strings.Repeat("30280,cds-thang,2025-08,CQ-11,?\n", 1200)+
		"30283,cds-thang,2025-08,CQ-11,?\n")
	first, second := reports.At(0).Problems, reports.At(1).Problems
	if first.Count != 1200 || len(first.List) != tabular.MaxProblems {
		t.Errorf("the first report has %d problems, %d listed", first.Count, len(first.List))
	}
	if second.Count != 1 || words(second.List) != "1202 - TOO_MANY_PROBLEMS\n" {
		t.Errorf("the second report has %d problems: %s", second.Count, words(second.List))
	}
}

// TestGroupingLosesNothing shuffles the rows of many reports and compares with what was put in.
func TestGroupingLosesNothing(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test
	want := map[string]string{}
	var file []string
	for _, unit := range []string{"30280", "30283", "82", "STTTT"} {
		for month := 7; month <= 12; month++ {
			for n := range random.IntN(20) {
				key := fmt.Sprintf("%s-20250701 2025-%02d CQ-%02d", unit, month, n)
				value := fmt.Sprint(random.Int64())
				want[key] = value
				file = append(file, fmt.Sprintf("%s,cds-thang,2025-%02d,CQ-%02d,%s,%s\n", unit, month, n, value, value))
			}
		}
	}
	random.Shuffle(len(file), func(i, j int) { file[i], file[j] = file[j], file[i] })
	reports := group(t, "unit,form,period,indicator,value,note\n"+strings.Join(file, ""))
	got := map[string]string{}
	for i := range reports.Len() {
		r := reports.At(i)
		for _, f := range r.Figures {
			got[fmt.Sprintf("%s %s %s", r.Unit, r.Period, f.Indicator)] = f.Value
			if f.Note != f.Value {
				t.Errorf("line %d has the value %s and the note %s", f.Line, f.Value, f.Note)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || reports.Problems.Count > 0 {
		t.Errorf("%d problems (-want +got):\n%s", reports.Problems.Count, diff)
	}
}

func BenchmarkGroupFigures(b *testing.B) {
	const n = 20_000
	b.ReportAllocs()
	for b.Loop() {
		reports, err := tabular.GroupFigures(rows(n), figure.Undeclared, func(unit string, code form.Code, p period.Period) (tabular.ReportKey, error) {
			return tabular.ReportKey{Unit: hierarchy.ID(unit), Form: code, Period: p}, nil
		})
		if err != nil || reports.Rows != n || reports.Problems.Count > 0 {
			b.Fatal(reports, err)
		}
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
