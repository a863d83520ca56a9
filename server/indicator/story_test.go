package indicator

import (
	"errors"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// Three indicators as a province has them.
var (
	files = Indicator{ // a ratio with both parts reported, monthly
		Code: "CQ-06", NameVI: "Tỷ lệ hồ sơ nộp trực tuyến", UnitOfMeasure: "%", Scale: 2, UnitRule: UnitRatio,
		Value: Part{Flow, TimeSum}, Denominator: Part{Flow, TimeSum},
		ReportedBy: []hierarchy.Kind{hierarchy.Commune}, Direction: Higher, ValidFrom: period.Beginning,
	}
	people = Indicator{ // a plain stock, yearly
		Code: "DS-15PLUS", NameVI: "Dân số từ 15 tuổi", UnitOfMeasure: "người", UnitRule: UnitSum,
		Value: Part{Stock, TimeLast}, ReportedBy: []hierarchy.Kind{hierarchy.Commune}, ValidFrom: period.Beginning,
	}
	accounts = Indicator{ // a ratio over another indicator's newest figure
		Code: "XH-03", NameVI: "Tỷ lệ dân số có tài khoản", UnitOfMeasure: "%", UnitRule: UnitRatio, DenominatorIndicator: "DS-15PLUS",
		Value: Part{Stock, TimeLast}, ReportedBy: []hierarchy.Kind{hierarchy.Commune}, ValidFrom: period.Beginning,
	}
	satisfied = Indicator{ // a mean weighted by people
		Code: "CQ-02", NameVI: "Mức hài lòng", UnitOfMeasure: "điểm", Scale: 1, UnitRule: UnitWeightedMean, Weight: "DS-15PLUS",
		Value: Part{Stock, TimeLast}, ReportedBy: []hierarchy.Kind{hierarchy.Commune}, ValidFrom: period.Beginning,
	}
)

func number(n int64) *figure.Number {
	v := figure.Number(n)
	return &v
}

func catalogue(t testing.TB, versions ...Indicator) *Catalogue {
	t.Helper()
	c, _, err := Empty().With(nil, versions...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// problems gives field and reason of every violation.
func problems(err error) []string {
	var e *fault.Error
	if !errors.As(err, &e) {
		return nil
	}
	if len(e.Details) == 0 {
		return []string{e.Field + " " + e.Reason}
	}
	var all []string
	for _, d := range e.Details {
		all = append(all, d.Field+" "+d.Reason)
	}
	return all
}
