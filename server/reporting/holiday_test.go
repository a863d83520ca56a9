package reporting_test

import (
	"fmt"
	"testing"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
)

// TestR12WhoKeepsTheListOfHolidays has every role import a day, bound to nothing, to the whole province and to one form: the list
// moves deadlines of everybody, so only operators and administrators of everything keep it, and everybody reads it.
func TestR12WhoKeepsTheListOfHolidays(t *testing.T) {
	w := newWorld(t)
	may := map[string]bool{"operator everywhere": true, "administrator everywhere": true}
	asked := 0
	for _, role := range auth.Roles() {
		for _, bound := range []struct{ word, unit, form string }{
			{"everywhere", "", ""}, {"in the province", "P", ""}, {"for one form", "", "M"},
		} {
			who := fmt.Sprint(role, " ", bound.word)
			_, secret, _, _, err := w.svc.CreateToken(t.Context(), w.call(w.admin), reporting.TokenDraft{Role: role, Unit: bound.unit, Form: bound.form})
			if fault.ReasonOf(err) == "UNIT_REQUIRED" {
				continue // nobody has such a token
			}
			must(t, err)
			by, err := w.svc.Authenticate(t.Context(), secret)
			must(t, err)
			asked++
			before := w.head()
			day := period.Date(2024, 9, 2).Add(asked)
			_, err = w.svc.ImportHolidays(t.Context(), w.call(by), []period.Holiday{{Day: day, Name: "Nghỉ", Off: true}})
			if want := may[who]; (err == nil) != want || (w.head() > before) != want || err != nil && fault.ReasonOf(err) != "RIGHT_MISSING" {
				t.Errorf("%s: %v, %d entries; may: %t", who, err, w.head()-before, want)
			}
			if _, err := w.svc.ListHolidays(t.Context(), by, reporting.HolidayFilter{}); err != nil {
				t.Errorf("%s does not read the list: %v", who, err)
			}
		}
	}
	if asked < 10 {
		t.Errorf("only %d tokens asked", asked)
	}
}
