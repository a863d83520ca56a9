package main

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

func TestRowsOfAFile(t *testing.T) {
	for name, file := range map[string]string{
		"commas":             "unit,form,period,indicator,value\n82,cds,2024-02,KT-01,\"1,5\"\n83,cds,2024-02,KT-01,2\n\n82,CDS,2024-02,KT-02,3\n",
		"semicolons":         "unit;form;period;indicator;value\r\n82;cds;2024-02;KT-01;1,5\r\n83;cds;2024-02;KT-01;2\r\n\r\n82;CDS;2024-02;KT-02;3\r\n",
		"tabs, other order":  "Indicator\tUNIT\tform\tperiod\tvalue\nKT-01\t82\tcds\t2024-02\t1,5\nKT-01\t83\tcds\t2024-02\t2\n\nKT-02\t82\tCDS\t2024-02\t3\n",
		"with a mark before": "\ufeffunit,form,period,indicator,value\n82,cds,2024-02,KT-01,\"1,5\"\n83,cds,2024-02,KT-01,2\n\n82,CDS,2024-02,KT-02,3\n",
	} {
		all, err := readRows([]byte(file))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		// The server names the first lines alone; the rest of the report is found by its key.
		var got []string
		for _, r := range all.of([]int32{2}) {
			got = append(got, r.cell["indicator"]+"="+r.cell["value"]+" in line "+number(r.line))
		}
		if want := []string{"KT-01=1,5 in line 2", "KT-02=3 in line 5"}; !slices.Equal(got, want) {
			t.Errorf("%s: the report has %q, want %q", name, got, want)
		}
	}
}

func TestDifferences(t *testing.T) {
	file := `unit,form,period,indicator,value,numerator,denominator,state,note,grade
82,cds,2024-02,kt-01,"1.234,50",,,,,
82,cds,2024-02,KT-02,"0,0",,,,,
82,cds,2024-02,CQ-06,,412,430,,,ESTIMATE
82,cds,2024-02,KT-03,,,,NOT_AVAILABLE,,
82,cds,2024-02,KT-04,x,,,,,
82,cds,2024-02,KT-05,7,,,,vì sao,
`
	figures := []*reportingv1.Figure{
		{Indicator: "KT-01", Value: proto.String("1234.5")},
		{Indicator: "KT-02", Value: proto.String("0")},
		{Indicator: "CQ-06", Numerator: proto.String("412"), Denominator: proto.String("430")},
		{Indicator: "KT-03", State: reportingv1.FigureState_FIGURE_STATE_NOT_AVAILABLE},
		{Indicator: "KT-06", Value: proto.String("9")},
	}
	all, err := readRows([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	want := []change{
		{"kt-01", "1234.5", "1234.5"},
		{"KT-02", "0", "0"},
		{"CQ-06", "412/430", "412/430 (estimate)"},
		{"KT-03", "-", "-"},
		{"KT-04", "", "x"},
		{"KT-05", "", "7 “vì sao”"},
		{"KT-06", "9", ""},
	}
	if got := differences(figures, all, "vi"); !slices.Equal(got, want) {
		t.Errorf("differences =\n%q, want\n%q", got, want)
	}
}

func TestNumbersAreComparedAsTheServerWritesThem(t *testing.T) {
	for _, c := range []struct{ in, format, want string }{
		{"1.234.567,890", "vi", "1234567.89"},
		{"1,234,567.890", "en", "1234567.89"},
		{"-12,0", "vi", "-12"},
		{"100", "", "100"},
		{"1000", "vi", "1000"},
		{"0,00", "vi", "0"},
		{"abc", "", "abc"},
		{"", "vi", ""},
	} {
		if got := canonical(c.in, c.format); got != c.want {
			t.Errorf("canonical(%q, %q) = %q, want %q", c.in, c.format, got, c.want)
		}
	}
}

func FuzzReadRows(f *testing.F) {
	f.Add("unit,form,period,indicator,value\n82,cds,2024-02,KT-01,1\n")
	f.Add("unit;form\n\"")
	f.Add("\ufeff\n\n;;;\n")
	f.Fuzz(func(t *testing.T, file string) {
		all, err := readRows([]byte(file))
		if err != nil {
			return
		}
		for _, r := range all {
			if int(r.line) > strings.Count(file, "\n")+strings.Count(file, "\r")+1 {
				t.Errorf("a row stands in line %d of %q", r.line, file)
			}
			differences([]*reportingv1.Figure{{Indicator: "A"}}, []row{r}, "vi")
		}
	})
}
