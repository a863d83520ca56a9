package reporting_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// TestR30APageOfColumnsEndsBeforeItTakesTooManyReports asks for districts with 900 communes each as of an earlier entry, named and
// as children: two of them are a page, in one month; two months of one are a page; three months of one are refused in
// other words than the province, of which one month alone takes too many.
func TestR30APageOfColumnsEndsBeforeItTakesTooManyReports(t *testing.T) {
	w := newWorld(t)
	w.largeDistricts()
	for d := range 3 {
		w.submitted(w.admin, flow(fmt.Sprintf("D%dC000", d+1), "2024-05", fmt.Sprint(d+5)))
		w.submitted(w.admin, flow(fmt.Sprintf("D%dC000", d+1), "2024-04", fmt.Sprint(d+1)))
	}
	at := entryAt(w.head())
	w.submitted(w.admin, flow("D1C001", "2024-05", "100"))
	ask := func(q reporting.RollupQuery) (said []string, err error) {
		q.Indicators, q.Basis = []string{"FLOW", "STOCK"}, rollup.Provisional
		for {
			page, err := w.svc.QueryRollupColumns(t.Context(), w.admin, q)
			if err != nil {
				return said, err
			}
			codes := ""
			for _, u := range page.Units {
				codes += string(u.Code) + " "
			}
			flow := page.Columns[0]
			said = append(said, fmt.Sprintf("%s%v of %v", codes, flow.Values, flow.Expected))
			if page.Stamp.AtSequence != page.Stamp.Sequence-1 && q.At == at {
				t.Errorf("a page is stamped %+v, want as of the entry before", page.Stamp)
			}
			if q.Page.Token = page.Next; page.Next == "" {
				return said, nil
			}
		}
	}
	for _, c := range []struct {
		q      reporting.RollupQuery
		want   []string
		reason string
	}{
		{
			reporting.RollupQuery{Units: []string{"D1", "D2", "D3"}, Periods: []string{"2024-05"}, At: at},
			[]string{"D1 D2 [500 600] of [900 900]", "D3 [700] of [900]"},
			"",
		},
		{
			reporting.RollupQuery{Units: []string{"D1", "D2"}, Periods: []string{"2024-04..2024-05"}, At: at},
			[]string{"D1 [100 500] of [900 900]", "D2 [200 600] of [900 900]"},
			"",
		},
		{
			reporting.RollupQuery{Units: []string{"D", "P"}, Children: true, Periods: []string{"2024-05"}, At: at},
			[]string{"A B C D D1 D2 [0 0 0 0 500 600] of [1 1 1 2 900 900]", "D3 [700] of [900]"},
			"",
		},
		{
			reporting.RollupQuery{Units: []string{"D1"}, Periods: []string{"2024-05"}},
			[]string{"D1 [10500] of [900]"},
			"",
		},
		{
			reporting.RollupQuery{Units: []string{"D1"}, Periods: []string{"2024-03..2024-05"}, At: at},
			nil,
			"AS_OF_TOO_WIDE",
		},
		{
			reporting.RollupQuery{Units: []string{"P"}, Periods: []string{"2024-05"}, At: at},
			nil,
			"AS_OF_TOO_LARGE",
		},
	} {
		said, err := ask(c.q)
		if got, want := strings.Join(said, "; "), strings.Join(c.want, "; "); got != want || fault.ReasonOf(err) != c.reason {
			t.Errorf("%v in %v: %q, %v\nwant %q, %s", c.q.Units, c.q.Periods, got, err, want, c.reason)
		}
		if c.reason != "" && fault.Of(err).Kind != fault.KindExhausted {
			t.Errorf("%v is of kind %v, want exhausted", err, fault.Of(err).Kind)
		}
	}
}
