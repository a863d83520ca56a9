package tabular_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/tabular"
)

// today is the day on which bare codes without a date are resolved in these tests.
var today = period.Date(2026, 1, 15)

// small gives a tree with two provinces of one code, before and after 2025-07-01, and some units.
func small(t *testing.T) *hierarchy.Tree {
	t.Helper()
	sheet, err := tabular.ReadUnits(strings.NewReader(`code,kind,name_vi,parent,valid_from,valid_to
82,province,Tỉnh Tiền Giang,,,2025-07-01
82,province,Tỉnh Đồng Tháp,,2025-07-01,
30280,commune,Xã Tân Hộ Cơ,82,2025-07-01,
30283,commune,Xã Thông Bình,82,2025-07-01,
STTTT,department,Sở Thông tin và Truyền thông,82,2025-07-01,
`), hierarchy.Empty())
	if err != nil || sheet.Problems.Count > 0 {
		t.Fatal(err, sheet.Problems.List)
	}
	tree, err := hierarchy.Empty().With(sheet.Rows...)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// words gives problems as the files testdata/bad/*.want have them: line, other line, column, reason.
func words(problems []tabular.Problem) string {
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprint(&b, p.Line)
		if p.OtherLine != 0 {
			fmt.Fprintf(&b, "+%d", p.OtherLine)
		}
		column := p.Column
		if column == "" {
			column = "-"
		}
		fmt.Fprintf(&b, " %s %s\n", column, p.Err.Reason)
	}
	return b.String()
}

func TestLineageIsReadWithItsCodesAsTheyAre(t *testing.T) {
	s, err := tabular.ReadLineage(strings.NewReader("share;to;from;date\nwhole;82;87-0;2025-07-01\npart;30280;30283;2025-07-01\n"))
	if err != nil || s.Problems.Count > 0 {
		t.Fatal(err, s.Problems.List)
	}
	day := period.Date(2025, 7, 1)
	want := []hierarchy.Link{
		{Date: day, From: "87-0", To: "82", Share: hierarchy.Whole},
		{Date: day, From: "30283", To: "30280", Share: hierarchy.Part},
	}
	if diff := cmp.Diff(want, s.Rows); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}

// TestEveryProblemOfABadFileIsTold reads testdata/bad/FORMAT_*.csv and compares the problems with the .want beside it.
func TestEveryProblemOfABadFileIsTold(t *testing.T) {
	tree := small(t)
	read := map[string]func(*os.File) (tabular.Problems, error){
		"units": func(f *os.File) (tabular.Problems, error) {
			s, err := tabular.ReadUnits(f, hierarchy.Empty())
			return s.Problems, err
		},
		"lineage": func(f *os.File) (tabular.Problems, error) {
			s, err := tabular.ReadLineage(f)
			return s.Problems, err
		},
		"indicators": func(f *os.File) (tabular.Problems, error) {
			s, err := tabular.ReadIndicators(f, tree.Resolve, today)
			return s.Problems, err
		},
		"forms": func(f *os.File) (tabular.Problems, error) {
			s, err := tabular.ReadForms(f, tree.Resolve, today)
			return s.Problems, err
		},
		"holidays": func(f *os.File) (tabular.Problems, error) {
			s, err := tabular.ReadHolidays(f)
			return s.Problems, err
		},
		"targets": func(f *os.File) (tabular.Problems, error) {
			s, err := tabular.ReadTargets(f)
			return s.Problems, err
		},
		"survey": func(f *os.File) (tabular.Problems, error) {
			s, err := tabular.ReadSurvey(f)
			return s.Problems, err
		},
		"outside": func(f *os.File) (tabular.Problems, error) {
			s, err := tabular.ReadOutside(f)
			return s.Problems, err
		},
		"regions": func(f *os.File) (tabular.Problems, error) {
			s, err := tabular.ReadRegions(f)
			return s.Problems, err
		},
		"figures": func(f *os.File) (tabular.Problems, error) {
			return tabular.ReadFigures(f, figure.Undeclared, func(tabular.FigureLine) {})
		},
	}
	files, err := filepath.Glob("testdata/bad/*.csv")
	if err != nil || len(files) < 8 {
		t.Fatal("the bad files are missing:", files, err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			f, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close() //nolint:errcheck // only read
			format, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(name), ".csv"), "_")
			problems, err := read[format](f)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(strings.TrimSuffix(name, ".csv") + ".want")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), words(problems.List)); diff != "" {
				t.Errorf("problems of %s (-want +got):\n%s", name, diff)
			}
			for _, p := range problems.List {
				if p.Err.Text == "" || p.Column != "" && !strings.HasPrefix(p.Err.Field, p.Column) {
					t.Errorf("problem %v has the field %q and the column %q", p, p.Err.Field, p.Column)
				}
			}
		})
	}
}

func TestR1_CodesAreResolvedOnTheDateOfTheRow(t *testing.T) {
	// The code 82 means two provinces; the file knows both, the store a third unit.
	store, err := hierarchy.Empty().With(hierarchy.Unit{
		ID: "VN-0", Code: "VN", Kind: "country", NameVI: "Việt Nam", ValidFrom: period.Beginning, ValidTo: period.Forever,
	})
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := tabular.ReadUnits(strings.NewReader(`parent,code,kind,name_vi,valid_from,valid_to
82,28249,commune,Phường Đạo Thạnh,2025-07-01,
82,28249,commune,Phường 5,,2025-07-01
82-20250701,28250,commune,Phường Mỹ Tho,2025-08-01,
VN,82,province,Tỉnh Đồng Tháp,2025-07-01,
VN,82,province,Tỉnh Tiền Giang,,2025-07-01
`), store)
	if err != nil || sheet.Problems.Count > 0 {
		t.Fatal(err, sheet.Problems.List)
	}
	got := map[hierarchy.ID]hierarchy.ID{}
	for _, u := range sheet.Rows {
		got[u.ID] = u.Parent
	}
	want := map[hierarchy.ID]hierarchy.ID{
		"28249-20250701": "82-20250701", "28249-0": "82-0", "28250-20250801": "82-20250701",
		"82-20250701": "VN-0", "82-0": "VN-0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parents (-want +got):\n%s", diff)
	}
	if _, err := store.With(sheet.Rows...); err != nil {
		t.Errorf("the tree does not take the rows: %v", err)
	}
}

func TestRefusedRowsDoNotMakeTheirChildrenOrphans(t *testing.T) {
	sheet, err := tabular.ReadUnits(strings.NewReader(`code,kind,name_vi,parent
87,province,,
866,district,Thành phố Cao Lãnh,87
`), hierarchy.Empty())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := words(sheet.Problems.List), "2 name_vi UNIT_NAME_EMPTY\n"; got != want {
		t.Errorf("problems are %q, want %q", got, want)
	}
}

func TestPlaceFindsTheLinesOfWhatTheTreeRefuses(t *testing.T) {
	sheet, err := tabular.ReadUnits(strings.NewReader(`code,kind,name_vi,parent,valid_to

87,province,Tỉnh Đồng Tháp,,2025-07-01
866,district,Thành phố Cao Lãnh,87,
A,district,Một,B,
B,district,Hai,A,
`), hierarchy.Empty())
	if err != nil || sheet.Problems.Count > 0 {
		t.Fatal(err, sheet.Problems.List)
	}
	_, err = hierarchy.Empty().With(sheet.Rows...)
	placed := sheet.Place(err)
	if got, want := words(placed), "5 parent UNIT_PARENT_CIRCLE\n4 parent UNIT_PARENT_NOT_VALID\n"; got != want {
		t.Errorf("placed problems are\n%swant\n%s", got, want)
	}
	if placed[0].Err.Field != "parent" {
		t.Errorf("the field is %q, want parent without the row", placed[0].Err.Field)
	}
	foreign := sheet.Place(fault.Conflict("ETAG_MISMATCH", "changed"))
	if len(foreign) != 1 || foreign[0].Line != 0 || foreign[0].Err.Reason != "ETAG_MISMATCH" {
		t.Errorf("an error of no row is placed at %v", foreign)
	}
}

func TestIndicatorsTakeTheirDefaults(t *testing.T) {
	tree := small(t)
	sheet, err := tabular.ReadIndicators(strings.NewReader(`code,name_vi,name_en,group,unit_of_measure,scale,unit_rule,time_rule,measure,`+
		`reported_by,checked_by,direction,denominator_measure,denominator_time_rule,denominator_indicator,weight,min,max,valid_from,decision,assigned,except
CQ-06,Hồ sơ trực tuyến,Online files,CQ,%,0,RATIO,SUM,flow,department|district|commune|levels=own,,higher,,,,,0,100,,vì sao,,
XH-01,Hộ có Internet,,XH,%,0,ratio,last,stock,commune,district,higher,stock,MEAN,,,,,,,,
DL-02,Nền tảng,,DL,có/không,0,COUNT_YES,LAST,stock,department,,,,,,,,,2025-07-01,,unit:STTTT,kind:department@82;2026-01-01..
CQ-13,Sản phẩm,,CQ,sản phẩm,1,COUNT_AT_LEAST 1.5,LAST,stock,department,,,,,,,,,2024-01-01,,kind:department@82,
XH-02,Số người,,XH,%,0,RATIO,LAST,stock,commune,,higher,,,DS-15,,,,,,,
DS-15,Dân số,,XH,người,0,SUM,LAST,stock,commune,,,,,,,0.0,,,,,
`), tree.Resolve, today)
	if err != nil || sheet.Problems.Count > 0 {
		t.Fatal(err, sheet.Problems.List)
	}
	own, checked, yes, least, other, people := sheet.Rows[0], sheet.Rows[1], sheet.Rows[2], sheet.Rows[3], sheet.Rows[4], sheet.Rows[5]
	flow := indicator.Part{Measure: indicator.Flow, Time: indicator.TimeSum}
	if !own.LevelsOwn || len(own.ReportedBy) != 3 || own.Denominator != flow || *own.Max != 100 || own.ValidFrom != period.Beginning {
		t.Errorf("CQ-06 is %+v, want three kinds with levels=own, the denominator as the numerator, at most 100", own)
	}
	if checked.Denominator != (indicator.Part{Measure: indicator.Stock, Time: indicator.TimeMean}) || checked.CheckedBy[0] != "district" {
		t.Errorf("XH-01 is %+v, want its denominator by MEAN and checked by districts", checked)
	}
	if got := hierarchy.FormatSelectors(yes.Assigned); got != "unit:STTTT-20250701|except:kind:department@82-20250701;2026-01-01.." {
		t.Errorf("DL-02 is assigned to %s", got)
	}
	if least.UnitRule != indicator.UnitCountAtLeast || least.AtLeast != 15 {
		t.Errorf("CQ-13 has the rule %s, want COUNT_AT_LEAST 1.5", indicator.FormatUnitRule(least.UnitRule, least.AtLeast, least.Scale))
	}
	if got := hierarchy.FormatSelectors(least.Assigned); got != "kind:department@82-0" {
		t.Errorf("CQ-13 of 2024 is assigned to %s, want the unit that had the code then", got)
	}
	if other.OwnDenominator() || other.Denominator != (indicator.Part{}) || *people.Min != 0 {
		t.Errorf("XH-02 has a denominator of its own: %+v", other)
	}
	if _, _, err := indicator.Empty().With(nil, sheet.Rows...); err != nil {
		t.Errorf("the catalogue does not take the rows: %v", err)
	}
}

func TestFormsResolveTheUnitsTheyName(t *testing.T) {
	tree := small(t)
	sheet, err := tabular.ReadForms(strings.NewReader(`code,name_vi,frequency,calendar,indicators,assigned,except,owner,reviewer,due,valid_from
cds-thang,Chuyển đổi số hằng tháng,month,CUTOFF_15_14,CQ-06 | XH-01,kind:commune@82|unit:STTTT,unit:30283,82,STTTT,commune=+2|department=+6,
cds-cu,Mẫu cũ,year,CIVIL,CQ-06,kind:commune@82,,82,,,2024-01-01
`), tree.Resolve, today)
	if err != nil || sheet.Problems.Count > 0 {
		t.Fatal(err, sheet.Problems.List)
	}
	now, old := sheet.Rows[0], sheet.Rows[1]
	if got := hierarchy.FormatSelectors(now.Assigned); got != "kind:commune@82-20250701|unit:STTTT-20250701|except:unit:30283-20250701" {
		t.Errorf("assigned to %s", got)
	}
	if now.Owner != "82-20250701" || now.Reviewer != "STTTT-20250701" || old.Owner != "82-0" {
		t.Errorf("owners are %s and %s: without a first day a code means today's unit, with one that day's", now.Owner, old.Owner)
	}
	if diff := cmp.Diff([]indicator.Code{"CQ-06", "XH-01"}, now.Indicators); diff != "" {
		t.Error(diff)
	}
	if got := now.Due.String(); got != "commune=+2|department=+6" || now.Frequency != period.Month || now.Calendar != period.CutoffFifteenth {
		t.Errorf("due %s, every %s by %s", got, now.Frequency, now.Calendar)
	}
	if now.Code != form.Code("cds-thang") {
		t.Errorf("the code is %s", now.Code)
	}
}

// TestR18AFormulaOfAnExportIsReadAgain has the apostrophe before it that keeps a spreadsheet from computing it.
func TestR18AFormulaOfAnExportIsReadAgain(t *testing.T) {
	file := `code,name_vi,name_en,group,unit_of_measure,scale,unit_rule,time_rule,measure,reported_by,direction,formula
X,Đảo dấu,,,việc,0,DERIVED,,,,none,` + tabular.Cell("-[A] ÷ 2") + "\n"
	sheet, err := tabular.ReadIndicators(strings.NewReader(file), small(t).Resolve, today)
	if err != nil || sheet.Problems.Count > 0 || len(sheet.Rows) != 1 || sheet.Rows[0].Formula != "-[A] / 2" {
		t.Errorf("%+v, %v", sheet, err)
	}
}
