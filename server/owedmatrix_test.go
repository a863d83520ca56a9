package server_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// place is the codes from the top of the tree down to a unit: the order of a telephone list.
func (u owedUnit) place() string {
	if u.above == "" {
		return u.code + "\x00" + u.id
	}
	at := slices.IndexFunc(owedUnits, func(o owedUnit) bool { return o.id == u.above })
	return owedUnits[at].place() + "\x01" + u.code + "\x00" + u.id
}

// overdue answers by form, place and base period.
func (m *owedModel) overdue(ask owedAsk, now time.Time) []string {
	var lines []string
	units := slices.SortedFunc(slices.Values(owedUnits), func(a, b owedUnit) int { return cmp.Compare(a.place(), b.place()) })
	for f := range owedForms {
		code := owedForms[f].code
		for _, u := range units {
			for _, base := range ask.forms[code] {
				if !m.owes(f, u, base) || !m.within(u, ask, now) {
					continue
				}
				if line, state := m.line(owedCell{u.id, code, base}, u, f, ask, now); state == "OVERDUE" {
					lines = append(lines, line)
				}
			}
		}
	}
	return lines
}

func (s *owedStory) toldOverdue(parent string) []string {
	s.t.Helper()
	var lines []string
	q := &reportingv1.ListOverdueRequest{Parent: parent, Periods: "2025-01..2026-03", PageSize: 3}
	for {
		page, err := reportingv1.NewReportServiceClient(s.conn).ListOverdue(s.by("admin"), q)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, o := range page.GetObligations() {
			lines = append(lines, owedLine(o))
		}
		if q.PageToken = page.GetNextPageToken(); q.PageToken == "" {
			return lines
		}
	}
}

// owedCounts are what a cell or the totals of a period come to.
type owedCounts struct{ expected, received, approved, waiting, late, returned, overdue, excluded int }

func (c owedCounts) String() string {
	return fmt.Sprint(c.expected, " ", c.received, " ", c.approved, " ", c.waiting, " ", c.late, " ", c.returned, " ", c.overdue, " ", c.expected-c.received, " ", c.excluded)
}

func (c *owedCounts) add(r *owedReport, state string, deadline time.Time) {
	if state == "EXCLUDED" {
		c.excluded++
		return
	}
	c.expected++
	one := func(n *int, is bool) {
		if is {
			*n++
		}
	}
	one(&c.overdue, state == "OVERDUE")
	one(&c.returned, state == "RETURNED")
	if r == nil {
		return
	}
	approved := slices.ContainsFunc(r.revisions, func(rev owedRevision) bool { return rev.state == "APPROVED" })
	waits := slices.ContainsFunc(r.revisions, func(rev owedRevision) bool { return rev.state == "SUBMITTED" })
	one(&c.received, approved || waits)
	one(&c.approved, approved)
	one(&c.waiting, waits)
	first := slices.IndexFunc(r.revisions, func(rev owedRevision) bool { return rev.state != "DRAFT" })
	one(&c.late, (approved || waits) && !r.revisions[first].at.Before(deadline))
}

// owedRows are a question for a matrix, and its rows by hand.
type owedRows struct {
	unit, kind string
	rows       []string
}

// matrix answers cell by cell, and then the totals.
func (m *owedModel) matrix(form int, q owedRows, now time.Time) []string {
	var lines []string
	f := owedForms[form]
	totals := map[string]*owedCounts{}
	above := map[string]string{}
	for _, u := range owedUnits {
		above[u.id] = u.above
	}
	counted := map[owedCell]bool{}
	for _, row := range q.rows {
		for _, base := range owedBases()[f.code] {
			var cell owedCounts
			own := "UNSPECIFIED"
			if totals[base] == nil {
				totals[base] = &owedCounts{}
			}
			for _, u := range owedUnits {
				inside := false
				for id := u.id; id != ""; id = above[id] {
					inside = inside || id == row
				}
				if !inside || !m.owes(form, u, base) {
					continue
				}
				c := owedCell{u.id, f.code, base}
				_, state := m.line(c, u, form, owedAsk{}, now)
				deadline := owedDue(form, u.kind, base).AddDate(0, 0, 1)
				cell.add(m.reports[c], state, deadline)
				if u.id == row {
					own = state
				}
				if !counted[c] {
					totals[base].add(m.reports[c], state, deadline)
				}
				counted[c] = true
			}
			lines = append(lines, fmt.Sprint(row, " ", base, " ", own, " ", cell))
		}
	}
	for _, base := range owedBases()[f.code] {
		if totals[base] != nil {
			lines = append(lines, fmt.Sprint(base, " ", *totals[base]))
		}
	}
	return lines
}

func countsText(c *reportingv1.CompletenessCounts) string {
	return fmt.Sprint(c.GetExpected(), " ", c.GetReceived(), " ", c.GetApproved(), " ", c.GetWaiting(), " ", c.GetLate(), " ", c.GetReturned(), " ", c.GetOverdue(), " ", c.GetMissing(), " ", c.GetExcluded())
}

func (s *owedStory) toldMatrix(form string, q owedRows) []string {
	s.t.Helper()
	var lines []string
	ask := &reportingv1.GetCompletenessRequest{Form: form, Periods: "2025-01..2026-03", Unit: q.unit, Kind: q.kind, PageSize: 20}
	for {
		page, err := reportingv1.NewReportServiceClient(s.conn).GetCompleteness(s.by("admin"), ask)
		if err != nil {
			s.t.Fatal(err)
		}
		for cell := range client.CompletenessCells(page) {
			lines = append(lines, fmt.Sprint(cell.Unit.ID, " ", cell.Period.GetPeriod(), " ", strings.TrimPrefix(cell.State.String(), "OBLIGATION_STATE_"),
				" ", countsText(cell.Counts)))
		}
		if ask.PageToken = page.GetNextPageToken(); ask.PageToken == "" {
			for _, p := range page.GetPeriods() {
				lines = append(lines, p.GetPeriod()+" "+countsText(p.GetTotals()))
			}
			return lines
		}
	}
}

// TestR9_R10_MatricesAndTelephoneListsAgreeWithAModel plays the same story and asks at every third instant for matrices, of
// single units and of subtrees, before and after the tree changed, and for who is late.
func TestR9_R10_MatricesAndTelephoneListsAgreeWithAModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any seed
	t.Logf("seed %d", seed)
	s := newOwedStory(t, seed)
	for n, now := range owedInstants() {
		for range 12 {
			s.clock.Store(now.UnixNano())
			s.act(now)
		}
		s.clock.Store(now.UnixNano())
		if n%3 > 0 {
			continue
		}
		s.same(fmt.Sprint("late at ", now), s.toldOverdue(""), s.model.overdue(owedAsk{forms: owedBases()}, now))
		s.same(fmt.Sprint("late below D at ", now), s.toldOverdue("units/D-0"), s.model.overdue(owedAsk{top: "D-0", below: true, forms: owedBases()}, now))
		for _, q := range []owedRows{
			{"", "commune", []string{"A-0", "A-20250701", "B-0", "C-0", "C-20250701"}},
			{"", "", []string{"82-0", "82-20250701"}},
			{"82-0", "", []string{"C-0", "D-0", "S-0"}},
			{"D-0", "", []string{"A-0", "B-0"}},
			{"A-0", "", []string{"A-0"}},
			{"82-0", "district", []string{"D-0"}},
		} {
			s.same(fmt.Sprint(q, " at ", now), s.toldMatrix("cat", q), s.model.matrix(0, q, now))
		}
		s.same(fmt.Sprint("the quarters at ", now), s.toldMatrix("Quy", owedRows{unit: "82-0", kind: "commune"}),
			s.model.matrix(1, owedRows{rows: []string{"A-0", "B-0", "C-0"}}, now))
		if now.Before(time.Date(2025, 7, 1, 0, 0, 0, 0, vietnamTime)) {
			continue
		}
		// Of periods before the new province began its rows are those that went over into what it holds (R3).
		q := owedRows{"82-20250701", "commune", []string{"A-0", "A-20250701", "B-0", "C-0", "C-20250701"}}
		s.same(fmt.Sprint(q, " at ", now), s.toldMatrix("cat", q), s.model.matrix(0, q, now))
	}
}
