package reporting

import (
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// maxOpenPeriods is how many base periods of a form are looked at, and told, on which a change may bear: the newest.
const maxOpenPeriods = 12

// openPeriods tells on which base periods that have begun a version of a form bears: what it asks for there is not what was
// asked for before. A form that is new changes nothing.
func (g granted) openPeriods(v form.Form, next *form.Set) ([]*fault.Error, error) {
	old := g.tx.Forms()
	if len(old.Versions(v.Code)) == 0 {
		return nil, nil
	}
	today := period.DayOf(g.now)
	var told []*fault.Error
	p := v.Calendar.PeriodAt(v.Frequency, today)
	for n := 0; n < maxOpenPeriods && p.Valid() && v.Last(p) >= v.ValidFrom; n, p = n+1, p.Prev() {
		is, asked := next.On(v.Code, v.Last(p))
		if !asked || is.ValidFrom != v.ValidFrom {
			continue // another version holds then
		}
		was, _ := old.On(v.Code, v.Last(p))
		if asksTheSame(was, is) {
			continue
		}
		e, err := g.openPeriod(was, is, p)
		if err != nil {
			return nil, err
		}
		told = append(told, e)
	}
	return told, nil
}

// asksTheSame says whether two versions ask the same units for the same indicators.
func asksTheSame(a, b form.Form) bool {
	return hierarchy.FormatSelectors(a.Assigned) == hierarchy.FormatSelectors(b.Assigned) &&
		len(lost(a, b)) == 0 && len(lost(b, a)) == 0
}

// lost gives the indicators that one version asks for and the other does not.
func lost(a, b form.Form) []indicator.Code {
	return slices.DeleteFunc(slices.Clone(a.Indicators), b.Carries)
}

// openPeriod tells what a change does to one base period.
func (g granted) openPeriod(was, is form.Form, p period.Period) (*fault.Error, error) {
	tree := g.tx.Tree()
	ending, beginning := 0, 0
	for n := range tree.Len() {
		u := tree.At(n)
		switch owed, owes := was.Owes(tree, u, p), is.Owes(tree, u, p); {
		case owed && !owes:
			ending++
		case owes && !owed:
			beginning++
		}
	}
	reports, err := g.tx.CountReports(is.Code, p)
	if err != nil {
		return nil, err
	}
	gone, added := words(lost(was, is)), words(lost(is, was))
	return fault.Precondition("OPEN_PERIOD_AFFECTED",
		"form %s: %s (%s to %s) has begun, and the change bears on it: %d units owe it no longer and %d do now, no longer asked are %s and newly %s, %d reports are there; let the version begin after it, or set open_periods",
		is.Code, p, is.Calendar.First(p), is.Last(p), ending, beginning, gone, added, reports).
		With("form", is.Code).With("period", p.String()).With("first", is.Calendar.First(p).String()).With("last", is.Last(p).String()).
		With("ending", ending).With("beginning", beginning).With("gone", gone).With("added", added).With("reports", reports).In("valid_from"), nil
}

func words(codes []indicator.Code) string {
	if len(codes) == 0 {
		return "none"
	}
	list := make([]string, len(codes))
	for i, c := range codes {
		list[i] = string(c)
	}
	return strings.Join(list, ", ")
}
