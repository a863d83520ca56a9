package tabular_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/tabular"
)

// FuzzReadCatalogue holds of every file of the catalogue, whatever its bytes: each problem is on a line that there is and says
// something, and a file is read or refused, never anything else.
func FuzzReadCatalogue(f *testing.F) {
	for kind, file := range []string{
		"code,kind,name_vi,name_en,parent\n82,province,Đồng Tháp,,\n",
		"code,name_vi,name_en,group,unit_of_measure,scale,unit_rule,time_rule,measure,reported_by,direction\nHS,Hồ sơ,,Chung,hồ sơ,0,SUM,SUM,flow,commune,higher\n",
		"code,name_vi,name_en,frequency,calendar,indicators,assigned,due\nTHANG,Báo cáo,,month,CIVIL,HS,kind:commune,commune=+2\n",
		"from,to,date,kind,source\n1,2,2025-07-01,whole,x\n",
		"plan,number,indicator,year,value\n",
		"plan,unit,value\n",
		"indicator,unit,period,value\n",
		"region,unit\n",
	} {
		f.Add(uint8(kind), []byte(file)) //nolint:gosec // eight
	}
	today := period.Date(2025, 9, 3)
	nobody := func(string, period.Day) (hierarchy.Unit, error) { return hierarchy.Unit{}, errors.New("no such unit") }
	f.Fuzz(func(t *testing.T, kind uint8, file []byte) {
		var problems tabular.Problems
		var err error
		switch r := bytes.NewReader(file); kind % 8 {
		case 0:
			problems, err = problemsOf(tabular.ReadUnits(r, hierarchy.Empty()))
		case 1:
			problems, err = problemsOf(tabular.ReadIndicators(r, nobody, today))
		case 2:
			problems, err = problemsOf(tabular.ReadForms(r, nobody, today))
		case 3:
			problems, err = problemsOf(tabular.ReadLineage(r))
		case 4:
			problems, err = problemsOf(tabular.ReadTargets(r))
		case 5:
			problems, err = problemsOf(tabular.ReadSurvey(r))
		case 6:
			problems, err = problemsOf(tabular.ReadOutside(r))
		default:
			problems, err = problemsOf(tabular.ReadRegions(r))
		}
		if err != nil {
			t.Fatal(err)
		}
		last := 1 + bytes.Count(file, []byte("\n")) + bytes.Count(file, []byte("\r"))
		for _, p := range problems.List {
			if p.Line < 1 || p.Line > last || p.OtherLine > last || p.Err == nil || p.Err.Text == "" {
				t.Fatalf("problem %+v of a file with %d lines", p, last)
			}
		}
	})
}

func problemsOf[T any](s tabular.Sheet[T], err error) (tabular.Problems, error) {
	return s.Problems, err
}
