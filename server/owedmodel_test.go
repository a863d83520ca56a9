package server_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// owedModel is who owes what, written down by hand from the rules and from what was done, as plainly as it can be. It
// shares no code with the server: days are counted with package time, and every answer goes through all obligations.
type owedModel struct {
	reports map[owedCell]*owedReport
	// out are the obligations that were taken out.
	out map[owedCell]bool
}

// owedCell is a unit, a form and a base period.
type owedCell struct{ unit, form, period string }

// owedReport is what happened to a report.
type owedReport struct {
	revisions []owedRevision
}

type owedRevision struct {
	at    time.Time
	state string // DRAFT, SUBMITTED, APPROVED, RETURNED, SUPERSEDED
}

// owedUnit is a unit of the story, from and to its days; above is the unit it stands under, acting who acts once it ended.
type owedUnit struct{ id, code, kind, from, to, above, acting string }

// owedUnits: on 1 July 2025 the district ends without a successor, the communes A and B become one, C stays alone.
var owedUnits = []owedUnit{
	{"82-0", "82", "province", "0000-00-00", "2025-07-01", "", "82-20250701"},
	{"D-0", "D", "district", "0000-00-00", "2025-07-01", "82-0", "82-20250701"},
	{"A-0", "A", "commune", "0000-00-00", "2025-07-01", "D-0", "A-20250701"},
	{"B-0", "B", "commune", "0000-00-00", "2025-07-01", "D-0", "A-20250701"},
	{"C-0", "C", "commune", "0000-00-00", "2025-07-01", "82-0", "C-20250701"},
	{"S-0", "S", "department", "0000-00-00", "2025-07-01", "82-0", "82-20250701"},
	{"82-20250701", "82", "province", "2025-07-01", "9999-99-99", "", ""},
	{"A-20250701", "A", "commune", "2025-07-01", "9999-99-99", "82-20250701", ""},
	{"C-20250701", "C", "commune", "2025-07-01", "9999-99-99", "82-20250701", ""},
}

// owedForms: the kinds with their days after the period; working days where it says so.
var owedForms = []struct {
	code    string
	months  int
	cut     bool
	due     map[string]int
	working map[string]bool
}{
	{"Cat", 1, true, map[string]int{"commune": 2, "district": 4, "department": 6}, map[string]bool{"department": true}},
	{"Quy", 3, false, map[string]int{"commune": 2}, nil},
}

// vietnamTime has been seven hours ahead since 1975.
var vietnamTime = time.FixedZone("+07", 7*60*60)

// owedOff are the days off of the list, owedWork the Saturdays that are worked.
var (
	owedOff = strings.Fields(`2025-01-01 2025-01-27 2025-01-28 2025-01-29 2025-01-30 2025-01-31 2025-04-07 2025-04-30 2025-05-01 2025-05-02
		2025-09-01 2025-09-02 2026-01-01 2026-01-02 2026-02-16 2026-02-17 2026-02-18 2026-02-19 2026-02-20`)
	owedWork = strings.Fields("2025-04-26 2026-01-10")
)

// owedDays gives the first and the last day of a base period.
func owedDays(form int, base string) (first, last time.Time) {
	f := owedForms[form]
	var year, n int
	if f.months == 1 {
		_, _ = fmt.Sscanf(base, "%d-%d", &year, &n)
	} else {
		_, _ = fmt.Sscanf(base, "%d-Q%d", &year, &n)
	}
	first = time.Date(year, time.Month((n-1)*f.months+1), 1, 0, 0, 0, 0, vietnamTime)
	last = first.AddDate(0, f.months, -1)
	if f.cut {
		first, last = time.Date(year, time.Month(n-1), 15, 0, 0, 0, 0, vietnamTime), time.Date(year, time.Month(n), 14, 0, 0, 0, 0, vietnamTime)
	}
	return first, last
}

func owedWorks(day time.Time) bool {
	text := day.Format(time.DateOnly)
	if slices.Contains(owedWork, text) {
		return true
	}
	weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
	return !weekend && !slices.Contains(owedOff, text)
}

// owedDue gives the day by whose end a kind of unit reports.
func owedDue(form int, kind, base string) time.Time {
	f := owedForms[form]
	_, day := owedDays(form, base)
	if f.working[kind] {
		for left := f.due[kind]; left > 0; {
			if day = day.AddDate(0, 0, 1); owedWorks(day) {
				left--
			}
		}
		return day
	}
	// At least one working day after the period, and then moved to a working day (R6).
	_, first := owedDays(form, base)
	for first = first.AddDate(0, 0, 1); !owedWorks(first); first = first.AddDate(0, 0, 1) {
	}
	for day = day.AddDate(0, 0, f.due[kind]); !owedWorks(day) || day.Before(first); day = day.AddDate(0, 0, 1) {
	}
	return day
}

// owedAsk is a question: of whom, by whom, and of which base periods.
type owedAsk struct {
	top    string // empty: everybody
	below  bool
	drafts []string // units whose drafts are told
	states []string
	forms  map[string][]string
}

// line is one obligation as both sides write it.
func (m *owedModel) line(c owedCell, u owedUnit, form int, ask owedAsk, now time.Time) (line, state string) {
	first, last := owedDays(form, c.period)
	due := owedDue(form, u.kind, c.period)
	deadline := due.AddDate(0, 0, 1)
	var sent []owedRevision
	drafted, approved, revision := 0, 0, 0
	r := m.reports[c]
	if r != nil {
		for i, rev := range r.revisions {
			if rev.state != "DRAFT" {
				sent, revision = append(sent, rev), i+1
			} else if i+1 == len(r.revisions) && slices.Contains(ask.drafts, u.id) {
				drafted = i + 1
			}
			if rev.state == "APPROVED" {
				approved = i + 1
			}
		}
	}
	late, corrected, until := false, false, now
	for i, rev := range sent {
		switch tooLate := !rev.at.Before(deadline); {
		case i == 0:
			late, until = tooLate, rev.at
		case tooLate:
			corrected = true
		}
	}
	switch {
	case m.out[c]:
		state = "EXCLUDED"
	case len(sent) > 0:
		state = map[string]string{"SUBMITTED": "WAITING", "APPROVED": "DONE", "RETURNED": "RETURNED"}[sent[len(sent)-1].state]
	case !now.Before(deadline):
		state = "OVERDUE"
	case drafted > 0:
		state = "DRAFT"
	case now.Before(last.AddDate(0, 0, 1)):
		state = "NOT_OPEN"
	default:
		state = "DUE"
	}
	days := 0
	if until = until.In(vietnamTime); state == "OVERDUE" || late {
		days = max(0, int(time.Date(until.Year(), until.Month(), until.Day(), 0, 0, 0, 0, vietnamTime).Sub(due)/(24*time.Hour)))
	}
	acting := ""
	if u.to <= now.In(vietnamTime).Format(time.DateOnly) {
		acting = u.acting
	}
	return fmt.Sprint(c.form, " ", c.period, " ", u.id, " ", state, " ", first.UTC().Format(time.RFC3339), " ", last.AddDate(0, 0, 1).UTC().Format(time.RFC3339),
		" ", due.Format(time.DateOnly), " ", deadline.UTC().Format(time.RFC3339), " ", late, corrected, " ", days, " ", revision, approved, drafted, " ", acting), state
}

// owes says who owes what: by kind and by who stands on the last day.
func (m *owedModel) owes(form int, u owedUnit, base string) bool {
	_, assigned := owedForms[form].due[u.kind]
	_, last := owedDays(form, base)
	day := last.Format(time.DateOnly)
	return assigned && u.from <= day && day < u.to
}

// within says whether a unit is, stands below, or went over into what is asked for.
func (m *owedModel) within(u owedUnit, ask owedAsk, now time.Time) bool {
	ended := u.to <= now.In(vietnamTime).Format(time.DateOnly)
	if ask.top == "" || u.id == ask.top || ended && u.acting == ask.top {
		return true
	}
	if !ask.below {
		return false
	}
	above := func(id string) string {
		at := slices.IndexFunc(owedUnits, func(o owedUnit) bool { return o.id == id })
		return owedUnits[at].above
	}
	for id := u.id; id != ""; id = above(id) {
		if id == ask.top {
			return true
		}
	}
	for id := u.acting; ended && id != ""; id = above(id) {
		if id == ask.top {
			return true
		}
	}
	return false
}

// list answers by form, base period and code.
func (m *owedModel) list(ask owedAsk, now time.Time) []string {
	var lines []string
	for f := range owedForms {
		code := owedForms[f].code
		for _, base := range ask.forms[code] {
			units := slices.SortedFunc(slices.Values(owedUnits), func(a, b owedUnit) int {
				return cmp.Or(cmp.Compare(a.code, b.code), cmp.Compare(a.id, b.id))
			})
			for _, u := range units {
				if !m.owes(f, u, base) || !m.within(u, ask, now) {
					continue
				}
				line, state := m.line(owedCell{u.id, code, base}, u, f, ask, now)
				if len(ask.states) == 0 || slices.Contains(ask.states, state) {
					lines = append(lines, line)
				}
			}
		}
	}
	return lines
}
