package aggregator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
	"github.com/tonghop/tonghop/server/rule"
)

// rules makes a change of rules of the form F, the first of which has this number.
func rules(number uint32, from period.Day, lines ...string) entry.RulesChanged {
	var body entry.RulesChanged
	for i, line := range lines {
		code, expression, _ := strings.Cut(line, " ")
		body.Rules = append(body.Rules, entry.Rule{Number: number + uint32(i), Rule: rule.Rule{
			Form: "F", Code: rule.Code(code), Severity: rule.Warning, Expression: expression, TextVI: "Sai", ValidFrom: from,
		}})
	}
	return body
}

// toldRules tells the rules of a state, and by which entry each was last written.
func toldRules(tx *aggregator.Tx) []string {
	var list []string
	for _, r := range tx.Definitions().Rules().All(period.Date(2024, 6, 1)) {
		list = append(list, fmt.Sprintf("%s %s by %d of %v", r.Code, r.Expression, tx.RuleSequence(r.Form, r.Code), tx.RuleHistory(r.Form, r.Code, r.ValidFrom)))
	}
	return list
}

// TestR30_RulesAreTheSameAfterReplayAndReopening changes rules, also a version that is there, and asks as of each entry.
func TestR30_RulesAreTheSameAfterReplayAndReopening(t *testing.T) {
	s := one(t)
	first := s.begin().Position().Head.Sequence
	s.commit()
	s.tell(rules(0, period.Beginning, "A [S] <= 1", "B [S] <= 2"))
	s.tell(rules(1, period.Date(2024, 1, 1), "B [S] <= 3", "C never_falls([S])"))
	s.tell(rules(1, period.Beginning, "B [S] <= 4"))
	s.tell(rules(0, period.Beginning, "A [S] <= 5"))
	want := [][]string{
		{fmt.Sprintf("A [S] <= 1 by %d of [%d]", first+1, first+1), fmt.Sprintf("B [S] <= 2 by %d of [%d]", first+1, first+1)},
		{
			fmt.Sprintf("A [S] <= 5 by %d of [%d %d]", first+4, first+4, first+1), fmt.Sprintf("B [S] <= 3 by %d of [%d]", first+3, first+2),
			fmt.Sprintf("C never_falls([S]) by %d of [%d]", first+2, first+2),
		},
	}
	look := func(when string) {
		t.Helper()
		s.view(func(tx *aggregator.Tx) {
			for i, at := range []uint64{first + 1, first + 4} {
				then, err := tx.AsOf(at)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want[i], toldRules(then)); diff != "" {
					t.Errorf("%s, as of entry %d (-want +got):\n%s", when, at, diff)
				}
			}
			if got := toldRules(tx); !slices.Equal(got, want[1]) {
				t.Errorf("%s the rules are %q", when, got)
			}
		})
	}
	look("live")
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	s.open(aggregator.Kept)
	look("opened again")
	sameAfterRebuild(t, s)
}

// TestInForceIsWhatCounts follows a report through its life and asks which revision counts in each basis.
func TestInForceIsWhatCounts(t *testing.T) {
	s := one(t)
	k := key("A", "F", "2024-05")
	look := func(when string, official, provisional int) {
		t.Helper()
		s.view(func(tx *aggregator.Tx) {
			for basis, want := range map[rollup.Basis]int{rollup.Official: official, rollup.Provisional: provisional} {
				number, figures, err := tx.InForce(k, basis)
				if err != nil || number != want {
					t.Errorf("%s, %v: revision %d, %v; want %d", when, basis, number, err, want)
				}
				if report, ok, err := tx.Report(k); ok {
					rev, _ := report.Revision(want)
					if err != nil || !cmp.Equal(figures, rev.Figures) {
						t.Errorf("%s, %v: %v, %v; want %v", when, basis, figures, err, rev.Figures)
					}
				}
			}
		})
	}
	look("nothing", 0, 0)
	s.tell(sent(k, 1, map[uint32]figure.Figure{0: value(7)}))
	look("sent", 0, 1)
	s.tell(entry.ReportApproved{Key: k, Revision: 1})
	look("approved", 1, 1)
	s.tell(sent(k, 2, map[uint32]figure.Figure{0: value(9)}))
	look("corrected", 1, 2)
	s.tell(entry.ReportReturned{Key: k, Revision: 2})
	look("the correction returned", 1, 1)
	s.tell(entry.ReportReturned{Key: k, Revision: 1})
	look("returned", 0, 0)
	s.view(func(tx *aggregator.Tx) {
		if number, figures, err := tx.InForce(entry.ReportKey{Unit: k.Unit, Form: form.Code("NONE"), Period: k.Period}, rollup.Provisional); number != 0 || figures != nil || err != nil {
			t.Errorf("a form that is not there: %d %v %v", number, figures, err)
		}
	})
}
