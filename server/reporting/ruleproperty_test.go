package reporting_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/reporting"
)

// told is what a report of the model says: FLOW and STOCK in tenths, -1 for a figure that is not available.
type told [2]int

// ruleModel knows by unit and month what counts, and what the newest revision says.
type ruleModel struct {
	counts, newest map[string]told
	returned       map[string]bool
}

// breaks says whether a report breaks one of the two rules of the test, by whole numbers.
func (m *ruleModel) breaks(unit string, month int, t told) bool {
	for before := month - 1; before >= 1 && t[0] >= 0; before-- {
		if old, ok := m.counts[fmt.Sprint(unit, before)]; ok && old[0] >= 0 {
			if t[0] < old[0] {
				return true
			}
			break
		}
	}
	old, ok := m.counts[fmt.Sprint(unit, month-1)]
	return ok && t[1] >= 0 && old[1] > 0 && 2*max(t[1]-old[1], old[1]-t[1]) > old[1]
}

// TestRulesDecideAsAModelDoes sends, corrects and returns reports of two units at random.
func TestRulesDecideAsAModelDoes(t *testing.T) {
	dir := t.TempDir()
	run := 0
	fewer(t)
	rapid.Check(t, func(r *rapid.T) {
		run++
		w := openWorld(r, fmt.Sprintf("%s/%d", dir, run))
		defer w.close()
		w.rules("FALL ERROR never_falls([FLOW])", "JUMP ERROR jump([STOCK], [STOCK, -1p]) <= 50")
		approver := w.token(auth.Approver, "P")
		m := ruleModel{counts: map[string]told{}, newest: map[string]told{}, returned: map[string]bool{}}
		for range rapid.IntRange(1, 20).Draw(r, "steps") {
			unit, month := rapid.SampledFrom([]string{"A", "B"}).Draw(r, "unit"), rapid.IntRange(1, 5).Draw(r, "month")
			key, ref := fmt.Sprint(unit, month), reporting.ReportRef{Unit: unit, Form: "M", Period: fmt.Sprintf("2024-%02d", month)}
			report, _, err := w.svc.GetReport(t.Context(), w.admin, ref, 0)
			known := err == nil
			if known && !m.returned[key] && rapid.IntRange(0, 4).Draw(r, "return") == 0 {
				_, _, _, err := w.svc.Return(t.Context(), w.call(approver), ref, report.Etag, "Sai")
				must(r, err)
				m.returned[key] = true
				delete(m.counts, key)
				continue
			}
			says := told{rapid.IntRange(-1, 6).Draw(r, "flow"), rapid.IntRange(-1, 6).Draw(r, "stock")}
			sub := seen(with(with(reporting.Submission{Ref: ref}, "FLOW", tenths(says[0])), "STOCK", tenths(says[1])), report.Etag)
			_, _, _, err = w.svc.Submit(t.Context(), w.call(w.admin), sub)
			same := known && m.newest[key] == says && !m.returned[key]
			if want := !same && m.breaks(unit, month, says); (err != nil) != want || want && fault.ReasonOf(err) != "RULE_VIOLATED" {
				r.Fatalf("%s of %s says %v: %v; the model refuses: %t", ref.Period, unit, says, err, want)
			}
			if err == nil {
				m.counts[key], m.newest[key], m.returned[key] = says, says, false
			}
		}
	})
}

func tenths(n int) string {
	if n < 0 {
		return "-"
	}
	return fmt.Sprintf("0.%d", n)
}
