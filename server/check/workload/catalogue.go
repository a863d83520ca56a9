//go:build unix

package workload

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// Shape is how large a province is. A zero field takes its default.
type Shape struct {
	// Districts and Communes are how many units there are; communes are dealt out to the districts in turn. 3 and 12.
	Districts, Communes int
	// Months is for how many months from January 2024 on there may be reports: 12.
	Months int
	// Reforms is how many changes of the tree are planned: see World.Reform. None, and MostReforms at most.
	Reforms int
	// Seed is where everything random begins.
	Seed uint64
}

func (s Shape) withDefaults() Shape {
	if s.Districts == 0 {
		s.Districts = 3
	}
	if s.Communes == 0 {
		s.Communes = 12
	}
	if s.Months == 0 {
		s.Months = 12
	}
	return s
}

// Form is the code of the one form.
const Form = "THANG"

// The indicators, in the order of the form.
const (
	// Files is a flow that is added over units and months; its figure is the serial number of the submission.
	Files = "HS"
	// Money is a flow with two decimals.
	Money = "TIEN"
	// People is a stock: of a longer period the last month with a figure counts.
	People = "DAN"
	// OnTime is a ratio in per cent with two decimals; both parts are added.
	OnTime = "DUNG"
)

// indicators are the four, in the order in which the figures of a submission stand.
var indicators = [...]string{Files, Money, People, OnTime}

// firstYear is the year of the first month. It is over, so that nothing is too early.
const firstYear = 2024

const province = "P-0"

// unit is one unit of the tree.
type unit struct {
	id, code, kind, parent string
}

// units are the province, its districts, their communes.
func (s Shape) units() []unit {
	units := []unit{{id: province, code: "P", kind: "province"}}
	add := func(code, kind, parent string) {
		units = append(units, unit{id: code + "-0", code: code, kind: kind, parent: parent})
	}
	for n := range s.Districts {
		add(fmt.Sprintf("D%02d", n), "district", "P")
	}
	for n := range s.Communes {
		add(fmt.Sprintf("C%04d", n), "commune", fmt.Sprintf("D%02d", n%s.Districts))
	}
	return units
}

// commune gives the id of a commune.
func commune(n int) string {
	if n >= madeFrom {
		return madeIDs[n-madeFrom]
	}
	return fmt.Sprintf("C%04d-0", n)
}

// month gives the n-th month.
func month(n int) string { return fmt.Sprintf("%04d-%02d", firstYear+n/12, n%12+1) }

// spans are all periods that can be asked for, each with its months.
func (s Shape) spans() []span {
	var spans []span
	for y := range (s.Months + 11) / 12 {
		year := fmt.Sprint(firstYear + y)
		of := func(name string, first, n int) {
			spans = append(spans, span{name: name, first: 12*y + first, months: n})
		}
		for m := range 12 {
			of(month(12*y+m), m, 1)
		}
		for q := range 4 {
			of(fmt.Sprintf("%s-Q%d", year, q+1), 3*q, 3)
		}
		of(year+"-H1", 0, 6)
		of(year+"-H2", 6, 6)
		of(year+"-9M", 0, 9)
		of(year, 0, 12)
	}
	return spans
}

// again says whether the span is asked for a second time on another tree: the year, its first half, its second quarter and
// its second month, after which the first change comes.
func (s span) again() bool {
	switch s.months {
	case 12:
		return true
	case 6:
		return s.first%12 == 0
	case 3:
		return s.first%12 == 3
	default:
		return s.months == 1 && s.first%12 == 1
	}
}

// asked are the spans by their names, and how often anything is asked of all of them.
func (s Shape) asked() (spans map[string]span, times int) {
	spans = map[string]span{}
	for _, p := range s.spans() {
		spans[p.name] = p
		times += 2
		if p.again() && s.Reforms > 0 {
			times++
		}
	}
	return spans, times
}

// unitsAfter are the ids of all units that there are after so many changes of the tree.
func (s Shape) unitsAfter(reforms int) []string {
	ids := []string{province}
	for n := range s.Districts {
		ids = append(ids, districtID(n))
	}
	for _, u := range s.land(reforms).communes {
		ids = append(ids, u.id)
	}
	return ids
}

// span is a period and the months in it, the first one counted from the world's first.
type span struct {
	name          string
	first, months int
}

// catalogue gives the three files, in the order in which they are imported.
func (s Shape) catalogue() [3]string {
	var u, i, f strings.Builder
	u.WriteString("code,kind,name_vi,name_en,parent\n")
	for _, unit := range s.units() {
		fmt.Fprintf(&u, "%s,%s,Đơn vị %s,,%s\n", unit.code, unit.kind, unit.code, unit.parent)
	}
	i.WriteString("code,name_vi,name_en,group,unit_of_measure,scale,unit_rule,time_rule,measure,reported_by,direction\n")
	for _, row := range []string{
		Files + ",Hồ sơ tiếp nhận,,Chung,hồ sơ,0,SUM,SUM,flow",
		Money + ",Thu ngân sách,,Chung,tỷ đồng,2,SUM,SUM,flow",
		People + ",Dân số,,Chung,người,0,SUM,LAST,stock",
		OnTime + ",Tỷ lệ đúng hạn,,Chung,%,2,RATIO,SUM,flow",
	} {
		i.WriteString(row + ",commune,higher\n")
	}
	f.WriteString("code,name_vi,name_en,frequency,calendar,indicators,assigned,due\n")
	fmt.Fprintf(&f, "%s,Báo cáo tháng,,month,CIVIL,%s,kind:commune,commune=+2\n", Form, strings.Join(indicators[:], "|"))
	return [3]string{u.String(), i.String(), f.String()}
}

// importCatalogue sends the three files.
func importCatalogue(ctx context.Context, admin *client.Client, s Shape) error {
	files := s.catalogue()
	send := [3]func(context.Context, io.ReadSeeker, *reportingv1.ImportOptions) (*reportingv1.ImportSummary, error){
		admin.ImportUnits, admin.ImportIndicators, admin.ImportForms,
	}
	for n, name := range [3]string{"units.csv", "indicators.csv", "forms.csv"} {
		summary, err := send[n](ctx, bytes.NewReader([]byte(files[n])), &reportingv1.ImportOptions{FileName: name})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if problems := summary.GetProblems(); len(problems) > 0 {
			return fmt.Errorf("%s, line %d: %s", name, problems[0].GetLine(), problems[0].GetMessage())
		}
	}
	return nil
}
