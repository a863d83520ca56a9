package reporting_test

import (
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reminder"
)

// TestR9WhoReviewsIsToldOfWhatWaits: those above the nearest approver are not, nor is the unit itself; a unit that a form names is told
// of reports from anywhere, and of nothing else there.
func TestR9WhoReviewsIsToldOfWhatWaits(t *testing.T) {
	w := newWorld(t)
	_, err := w.svc.ImportUnits(t.Context(), w.call(w.admin), []hierarchy.Unit{unit("S", "department", "P")})
	must(t, err)
	_, err = w.svc.ImportIndicators(t.Context(), w.call(w.admin), []indicator.Indicator{sum("Q")})
	must(t, err)
	named := monthly("Q", "Q")
	named.Reviewer = "S-0"
	_, err = w.svc.ImportForms(t.Context(), w.call(w.admin), []form.Form{named})
	must(t, err)
	created := w.now
	told := func(unit hierarchy.ID, kinds ...reminder.Kind) string {
		t.Helper()
		s := reminder.Subscription{Unit: unit, Below: true, Kinds: kinds, Created: created}
		if len(kinds) == 0 {
			s.Kinds = []reminder.Kind{reminder.Waiting}
		}
		causes, err := w.svc.Causes(t.Context(), &s, w.now)
		must(t, err)
		var list []string
		for _, c := range causes {
			list = append(list, c.Kind.String()+" "+string(c.UnitCode)+" "+string(c.Form))
		}
		return strings.Join(list, ", ")
	}
	for _, unit := range []string{"A", "C"} {
		w.submitted(w.admin, flow(unit, "2024-05", "1"))
	}
	q := flow("A", "2024-05", "1")
	q.Ref.Form, q.Figures[0].Indicator = "Q", "Q"
	w.submitted(w.admin, q)
	answers := func(when string, want map[hierarchy.ID]string) {
		t.Helper()
		for unit, want := range want {
			if got := told(unit); got != want {
				t.Errorf("%s: %q is told %q, want %q", when, unit, got, want)
			}
		}
	}
	all := "waiting A M, waiting C M, waiting A Q"
	answers("nobody is approver", map[hierarchy.ID]string{"": all, "P-0": "waiting A M, waiting C M", "D-0": "waiting A M", "A-0": "waiting A M", "S-0": "waiting A Q"})
	w.token(auth.Approver, "P")
	answers("P is", map[hierarchy.ID]string{"": all, "P-0": "waiting A M, waiting C M", "D-0": "", "A-0": "", "S-0": "waiting A Q"})
	w.token(auth.Approver, "D")
	answers("D is", map[hierarchy.ID]string{"": all, "P-0": "waiting C M", "D-0": "waiting A M", "A-0": "", "S-0": "waiting A Q"})
	w.now = period.Start(period.Date(2024, 6, 5))
	if got := told("S-0", reminder.AtDue, reminder.Waiting); got != "waiting A Q" {
		t.Errorf("the reviewing unit is told %q of units that are not its own", got)
	}
	if got := told("P-0", reminder.AtDue, reminder.Waiting); got != "at_due B M, waiting C M" {
		t.Errorf("P is told %q when the deadline has passed", got)
	}
}
