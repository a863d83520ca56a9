package tabular_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rule"
	"github.com/tonghop/tonghop/server/tabular"
)

func TestRulesAreReadAsASpreadsheetSavesThem(t *testing.T) {
	s, err := tabular.ReadRules(strings.NewReader("\ufeffForm;Code;Severity;Expression;Text_vi;Valid_from\r\n" +
		"cds;TUSO;error;[CQ-06.num]<=[CQ-06.den]; Tu\u031b\u0309 số sai ;\r\n;;;;;\r\ncds;jump;Warning;jump([A],[A,−1p]) ≤ 50;\"Tăng; quá nửa\";2024-01-01\r\n"))
	want := []rule.Rule{
		{Form: "cds", Code: "TUSO", Severity: rule.Error, Expression: "[CQ-06.num] <= [CQ-06.den]", TextVI: "Tử số sai", ValidFrom: period.Beginning},
		{Form: "cds", Code: "jump", Severity: rule.Warning, Expression: "jump([A], [A, -1p]) <= 50", TextVI: "Tăng; quá nửa", ValidFrom: period.Date(2024, 1, 1)},
	}
	if diff := cmp.Diff(want, s.Rows); diff != "" || err != nil || s.Problems.Count > 0 || s.Total != 2 || s.Lines[1] != 4 {
		t.Errorf("ReadRules = %v, %v, lines %v (-want +got):\n%s", s.Problems.List, err, s.Lines, diff)
	}
}

func TestEveryMistakeOfARuleIsAtItsColumn(t *testing.T) {
	s, err := tabular.ReadRules(strings.NewReader(`form,code,severity,expression,text_vi,text_en,valid_from
cds,A,ERROR,[X] <= 1,Sai,,
cds,B,FATAL,[X] <=,,wrong [Y],
,C C,WARNING,[X] + 1,Sai,,1/1/2024
CDS,a,ERROR,[X] <= 2,Sai,,
cds,A,ERROR,[X] <= 2,Sai,,2024-01-01
`))
	if err != nil {
		t.Fatal(err)
	}
	want := `3 severity SEVERITY_UNKNOWN
3 text_vi RULE_TEXT_EMPTY
3 expression FORMULA_INCOMPLETE
4 valid_from DAY_MALFORMED
4 form CODE_EMPTY
4 code CODE_MALFORMED
4 expression CONDITION_IS_A_NUMBER
5+2 code ROW_REPEATED
`
	if diff := cmp.Diff(want, words(s.Problems.List)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzReadRules holds over any bytes: problems lie in the file, and a list without problems makes a set.
func FuzzReadRules(f *testing.F) {
	f.Add([]byte("form,code,severity,expression,text_vi\ncds,A,ERROR,[X] <= 1,Sai\ncds,B,OFF,has([X]),Sai\n"))
	f.Add([]byte("form;code;severity;expression;text_vi\ncds;A;ERROR;[X] <= 1;Sai [X]\ncds;a;ERROR;[X];\"\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := tabular.ReadRules(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		last := 1 + bytes.Count(file, []byte("\n")) + bytes.Count(file, []byte("\r"))
		for _, p := range s.Problems.List {
			if p.Line < 1 || p.Line > last || p.Err.Text == "" {
				t.Fatalf("problem %+v of a file with %d lines", p, last)
			}
		}
		if s.Problems.Count > 0 || s.Total > rule.MaxRules {
			return
		}
		for _, r := range s.Rows {
			if err := r.Check(); err != nil {
				t.Fatalf("%+v was read and is refused: %v", r, err)
			}
		}
	})
}

func TestAnExplanationIsAColumnOfFigures(t *testing.T) {
	reports := group(t, "unit,form,period,indicator,value,note,explanation\n30280,cds-thang,2025-08,CQ-11,1,một,\"bão, lũ\"\n30280,cds-thang,2025-08,CQ-12,2,,\n")
	figures := reports.At(0).Figures
	if figures[0].Explanation != "bão, lũ" || figures[0].Note != "một" || figures[1].Explanation != "" {
		t.Errorf("figures = %+v", figures)
	}
	if !reports.Has("cq-12") || reports.Has("CQ-13") {
		t.Error("the file does not know what its rows are about")
	}
	bad := group(t, "unit,form,period,indicator,value,explanation\n30280,cds-thang,2025-08,CQ-11,1,CCCD 012345678901\n")
	if got, want := words(bad.At(0).Problems.List), "2 explanation TEXT_PERSONAL_NUMBER\n"; got != want {
		t.Errorf("problems %q, want %q", got, want)
	}
}
