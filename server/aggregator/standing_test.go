package aggregator_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/obligation"
	"github.com/tonghop/tonghop/server/period"
)

// standingByHand reads off a report how far it has come: the newest revision that was sent decides (R23), and whether the
// first and the later ones came in time (R7).
func standingByHand(r aggregator.Report) obligation.Standing {
	var s obligation.Standing
	var sent []aggregator.Revision
	for _, rev := range r.Revisions {
		if rev.State == aggregator.Draft {
			continue
		}
		sent = append(sent, rev)
		if rev.State == aggregator.Approved {
			s |= obligation.Official
		}
		if rev.State == aggregator.Submitted {
			s |= obligation.Waiting
		}
	}
	if n := len(r.Revisions); n > 0 && r.Revisions[n-1].State == aggregator.Draft {
		s |= obligation.Drafted
	}
	if r.Excluded() {
		s |= obligation.Excluded
	}
	if len(sent) == 0 {
		return s
	}
	s |= obligation.Sent
	if sent[len(sent)-1].State == aggregator.Returned {
		s |= obligation.Returned
	}
	late := func(at time.Time) bool { return !r.Deadline.IsZero() && !at.Before(r.Deadline) }
	if late(sent[0].Time) {
		s |= obligation.Late
	}
	for _, rev := range sent[1:] {
		if late(rev.Time) {
			s |= obligation.CorrectedLate
		}
	}
	return s
}

// standings compares all standings with the reports; it gives them as text.
func standings(t interface{ Fatalf(string, ...any) }, tx *aggregator.Tx) string {
	text := ""
	for _, base := range []string{"2024-01", "2024-02", "2024-03", "2024-12", "2025-01", "2023", "2024"} {
		p := mustPeriod(base)
		code := entry.ReportKey{Form: "M"}.Form
		if p.Kind == period.Year {
			code = "Y"
		}
		owed, err := tx.Obligations(code, p)
		if err != nil {
			t.Fatalf("Obligations(%s, %s) = %v", code, p, err)
		}
		for unit := range tx.Tree().Len() {
			u := tx.Tree().At(unit)
			got, err := owed.Of(unit)
			if err != nil {
				t.Fatalf("Of(%s) = %v", u.ID, err)
			}
			report, _, err := tx.Report(entry.ReportKey{Unit: u.ID, Form: code, Period: p})
			if err != nil {
				t.Fatalf("Report = %v", err)
			}
			if want := standingByHand(report); got != want {
				t.Fatalf("the report of %s on %s for %s stands at %07b, want %07b by its revisions %+v", u.ID, code, p, got, want, report)
			}
			f, known := tx.Forms().On(code, owed.Last())
			if owes := known && f.Owes(tx.Tree(), u, p); owed.Owes(unit) != owes {
				t.Fatalf("%s owes %s for %s: %t, want %t", u.ID, code, p, owed.Owes(unit), owes)
			}
			text += fmt.Sprint(got, owed.Owes(unit), " ")
		}
	}
	return text
}

// TestR7_R23StandingsAreWhatReportsSay tells random stories of drafts, submissions, corrections, approvals and returns, and
// after each step reads every standing off the report again; also as of every earlier entry, and after a rebuild.
func TestR7_R23StandingsAreWhatReportsSay(t *testing.T) {
	fewer(t)
	rapid.Check(t, func(r *rapid.T) {
		s, o, catalogue := province(t)
		defer func() { _ = s.close() }()
		teller := teller{r: r, s: s, o: o, catalogue: catalogue}
		before := map[uint64]string{}
		for range rapid.IntRange(1, 14).Draw(r, "steps") {
			teller.tellOne()
			before[s.begin().Position().Head.Sequence] = standings(r, s.begin())
			if rapid.IntRange(0, 2).Draw(r, "commit") == 0 {
				s.commit()
			}
		}
		s.commit()
		s.view(func(tx *aggregator.Tx) {
			for sequence, want := range before {
				then, err := tx.AsOf(sequence)
				if err != nil {
					r.Fatalf("AsOf(%d) = %v", sequence, err)
				}
				if got := standings(r, then); got != want {
					r.Fatalf("as of entry %d:\n got %s\nwant %s", sequence, got, want)
				}
			}
		})
		sameAfterRebuild(r, s)
	})
}
