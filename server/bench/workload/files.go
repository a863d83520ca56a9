package workload

import (
	"fmt"
	"strings"
)

// Files gives units.csv, indicators.csv and forms.csv, as an administrator imports them.
func (w Shape) Files() (units, indicators, forms string) {
	var u, i strings.Builder
	u.WriteString("code,kind,name_vi,parent\n")
	for _, unit := range w.Units() {
		fmt.Fprintf(&u, "%s,%s,%s,%s\n", unit.Code, unit.Kind, unit.NameVI, unit.Parent)
	}
	i.WriteString("code,name_vi,name_en,group,unit_of_measure,scale,unit_rule,time_rule,measure,reported_by,direction\n")
	var codes []string
	for n, one := range w.Indicators {
		rule, time, measure := "SUM", "SUM", "flow"
		switch {
		case n >= Counts+Ratios:
			time, measure = "LAST", "stock"
		case n >= Counts:
			rule = "RATIO"
		}
		fmt.Fprintf(&i, "%s,%s,Indicator,N,%s,%d,%s,%s,%s,commune,higher\n", one.Code, one.NameVI, one.UnitOfMeasure, one.Scale, rule, time, measure)
		codes = append(codes, string(one.Code))
	}
	forms = "code,name_vi,frequency,calendar,indicators,assigned\n" +
		fmt.Sprintf("%s,Báo cáo tháng,month,CIVIL,%s,kind:commune\n", Form, strings.Join(codes, "|"))
	return u.String(), i.String(), forms
}
