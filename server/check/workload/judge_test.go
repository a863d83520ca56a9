//go:build unix

package workload

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
)

// told is a server in the mind of the test: what it accepts it shows, and nothing else.
type told struct {
	w    *World
	seen Seen
}

// newTold is a province of three communes in two districts with three months, founded by two entries.
func newTold() *told {
	w := &World{
		shape: Shape{Districts: 2, Communes: 3, Months: 3}, founded: 2, history: newHistory(),
		admin: person{principal: "admin"}, approver: person{principal: "approver"},
		notes: []Change{
			{Sequence: 1, Kind: reportingv1.ChangeKind_CHANGE_KIND_STORE},
			{Sequence: 2, Kind: reportingv1.ChangeKind_CHANGE_KIND_UNITS, Name: "units", Principal: "admin"},
		},
	}
	return &told{w: w, seen: Seen{Head: 2, Changes: slices.Clone(w.notes), Revisions: map[Report][]Revision{}}}
}

// sends records a submission by the administrator.
func (s *told) sends(r Report) *Attempt {
	item, q := s.w.submission(r, Sight{Revision: len(s.seen.Revisions[r])})
	a := &Attempt{ID: fmt.Sprint("id-", item.Serial), Kind: Submission, Principal: "admin", Items: []Item{item}, request: q}
	s.w.record(a)
	return a
}

// reviews records an approval or return of the newest revision.
func (s *told) reviews(kind Kind, r Report) *Attempt {
	serial := s.w.next()
	a := s.w.review(kind, r, Sight{Revision: len(s.seen.Revisions[r])}, fmt.Sprint("id-", serial), serial, nil)
	s.w.record(a)
	return a
}

// accepts makes an entry of an attempt, and acknowledges it if the answer arrives.
func (s *told) accepts(a *Attempt, answered bool) {
	s.seen.Head++
	item := &a.Items[0]
	c := Change{Sequence: s.seen.Head, Name: item.Report.Name(), Principal: a.Principal, Revision: item.Seen}
	list := s.seen.Revisions[item.Report]
	switch a.Kind {
	case Submission:
		c.Kind, c.Revision = reportingv1.ChangeKind_CHANGE_KIND_REPORT_SUBMITTED, len(list)+1
		list = append(list, Revision{Number: c.Revision, Sequence: c.Sequence, Figures: slices.Clone(item.Figures), Principal: a.Principal})
	case Approval:
		c.Kind = reportingv1.ChangeKind_CHANGE_KIND_REPORT_APPROVED
		list[item.Seen-1].Reviewer = a.Principal
	default:
		c.Kind = reportingv1.ChangeKind_CHANGE_KIND_REPORT_RETURNED
		list[item.Seen-1].Reviewer, list[item.Seen-1].Reason = a.Principal, reason(item.Serial)
	}
	s.seen.Revisions[item.Report], s.seen.Changes = list, append(s.seen.Changes, c)
	if answered {
		s.w.note(a, 0, answer{outcome: Acknowledged, receipt: &reportingv1.Receipt{
			Sequence: c.Sequence, Revision: int32(c.Revision), EntryHash: fmt.Sprint("hash-", c.Sequence), //nolint:gosec // small
		}})
	}
}

// story is a province in which a little of everything happened: in January commune 0 has r1 approved and r2 waiting,
// commune 1 one that was returned and one that waits, commune 2 one whose answer was lost. In February commune 0 has one
// that was approved and then returned, and there are one that was refused and one that never arrived.
func story(t *testing.T) *told {
	t.Helper()
	s := newTold()
	january, february := ReportAt(0, 0), ReportAt(0, 1)
	s.accepts(s.sends(january), true)
	s.accepts(s.reviews(Approval, january), true)
	s.accepts(s.sends(january), true)
	s.accepts(s.sends(ReportAt(1, 0)), true)
	s.accepts(s.reviews(Return, ReportAt(1, 0)), true)
	s.accepts(s.sends(ReportAt(1, 0)), true)
	s.accepts(s.sends(ReportAt(2, 0)), false)
	s.accepts(s.sends(february), true)
	s.accepts(s.reviews(Approval, february), false)
	s.accepts(s.reviews(Return, february), true)
	s.w.note(s.sends(ReportAt(1, 1)), 0, answer{outcome: Refused, reason: "ETAG_MISMATCH"})
	s.sends(ReportAt(2, 1))
	state := func(r Report, states ...reportingv1.RevisionState) {
		for i, state := range states {
			s.seen.Revisions[r][i].State = state
		}
	}
	state(january, isApproved, isSubmitted)
	s.seen.Revisions[january][0].Official, s.seen.Revisions[january][1].Provisional = true, true
	state(ReportAt(1, 0), isReturned, isSubmitted)
	s.seen.Revisions[ReportAt(1, 0)][1].Provisional = true
	state(ReportAt(2, 0), isSubmitted)
	s.seen.Revisions[ReportAt(2, 0)][0].Provisional = true
	state(february, isReturned)
	s.seen.Reports = int64(len(s.seen.Revisions))
	s.seen.Rollups = s.rollups()
	return s
}

// rollups are those that the story comes to: the arithmetic has a test of its own.
func (s *told) rollups() []Rollup {
	inForce := func(official bool) map[Report]sent {
		all := map[Report]sent{}
		for r, list := range s.seen.Revisions {
			for _, rev := range list {
				if official && rev.Official || !official && rev.Provisional {
					all[r] = rev.Figures
				}
			}
		}
		return all
	}
	var rollups []Rollup
	for _, official := range []bool{true, false} {
		figures := inForce(official)
		l := s.w.shape.land(s.seen.Reforms)
		for _, u := range s.w.shape.unitsAfter(s.seen.Reforms) {
			for _, span := range s.w.shape.spans() {
				for column, code := range indicators {
					bodies, _ := l.behind(u, span.first, span.months, 0)
					r := rollUp(bodies, column, func(r Report) *Figure { return figures[r].at(column) })
					r.Unit, r.Indicator, r.Period, r.Official = u, code, span.name, official
					rollups = append(rollups, r)
				}
			}
		}
	}
	return rollups
}

func TestJudgeBelievesTheTruth(t *testing.T) {
	s := story(t)
	v := s.w.Compare(s.seen, s.w.Mark())
	if err := v.Err(); err != nil {
		t.Fatalf("Compare of what happened = %v, want no finding", err)
	}
	if v.Acknowledged != 8 || v.Unknown != 3 || v.Accepted != 2 || v.Revisions != 6 || v.Head != 12 {
		t.Errorf("Compare = %+v, want 8 acknowledged, 3 unknown of which 2 accepted, 6 revisions, head 12", v)
	}
}

func TestJudgeFindsEveryLie(t *testing.T) {
	january := ReportAt(0, 0)
	find := func(s *told, unit, indicator, period string, official bool) *Rollup {
		i := slices.IndexFunc(s.seen.Rollups, func(r Rollup) bool {
			return r.Unit == unit && r.Indicator == indicator && r.Period == period && r.Official == official
		})
		return &s.seen.Rollups[i]
	}
	for _, c := range []struct {
		name string
		lie  func(s *told)
		// count is the one that must not be zero.
		count func(v Verdict) int
		want  string
	}{
		{"a lost report", func(s *told) { delete(s.seen.Revisions, ReportAt(1, 0)); s.seen.Reports-- }, lost, "not there: submission"},
		{"a lost entry", func(s *told) { s.forget(7) }, lost, "no change with sequence 7"},
		{"a lost tail", func(s *told) { s.forget(12); s.seen.Head-- }, lost, "not there: return"},
		{"a lost approval", func(s *told) { s.forget(4) }, lost, "not there: approval"},
		{"a doubled revision", func(s *told) {
			again := s.seen.Revisions[january][1]
			again.Number, again.Sequence = 3, 13
			s.add(january, again)
		}, doubled, "a second time"},
		{"an altered figure", func(s *told) { s.seen.Revisions[january][0].Figures[1].Value += "1" }, altered, "what was sent is"},
		{"an altered state of a figure", func(s *told) { s.seen.Revisions[january][0].Figures[2] = Figure{State: "-"} }, altered, "what was sent is"},
		{"an altered sender", func(s *told) { s.seen.Revisions[january][0].Principal = "somebody" }, altered, "by somebody"},
		{"an altered sequence", func(s *told) {
			s.seen.Revisions[january][0].Sequence, s.seen.Revisions[january][1].Sequence = 5, 3
		}, altered, "acknowledged at 3 as revision 1"},
		{"figures of another report", func(s *told) {
			s.seen.Revisions[ReportAt(2, 0)][0].Figures = s.seen.Revisions[january][0].Figures
		}, altered, "of another report"},
		{"a revision that nobody sent", func(s *told) {
			s.add(january, Revision{Number: 3, Sequence: 13, Figures: figures(1000), Principal: "admin"})
		}, foreign, "nobody sent revision 3"},
		{"a refused revision", func(s *told) {
			s.add(ReportAt(1, 1), Revision{Number: 1, Sequence: 13, Figures: s.item(Refused).Figures, Principal: "admin", State: isSubmitted})
			s.seen.Reports++
		}, foreign, "was refused"},
		{"an approval that nobody sent", func(s *told) {
			s.note(reportingv1.ChangeKind_CHANGE_KIND_REPORT_APPROVED, january, 2, "approver")
		}, foreign, "nobody sent the approval at 13"},
		{"a change of the catalogue", func(s *told) {
			s.note(reportingv1.ChangeKind_CHANGE_KIND_FORMS, january, 0, "admin")
		}, foreign, "which nobody sent"},
		{"another founding", func(s *told) { s.seen.Changes[1].Principal = "somebody" }, altered, "founding"},
		{"a wrong state", func(s *told) { s.seen.Revisions[january][0].State = isSuperseded }, wrong, "the changes make it REVISION_STATE_APPROVED"},
		{"a wrong basis", func(s *told) { s.seen.Revisions[january][1].Official = true }, wrong, "counts as official true"},
		{"a returned revision that counts", func(s *told) { s.seen.Revisions[ReportAt(0, 1)][0].Provisional = true }, wrong, "counts as"},
		{"a wrong sum", func(s *told) { find(s, "D00-0", Files, "2024-Q1", false).Value = "999" }, wrong, "a roll-up is HS of D00-0"},
		{"a wrong coverage", func(s *told) { find(s, province, People, "2024", true).Missing++ }, wrong, "a roll-up is DAN of P-0"},
		{"a wrong denominator", func(s *told) { find(s, province, OnTime, "2024-01", false).Denominator = "1" }, wrong, "a roll-up is DUNG of P-0"},
		{"no roll-up", func(s *told) { s.seen.Rollups = s.seen.Rollups[1:] }, lost, "of 960 roll-ups 959 came"},
		{"one report too many", func(s *told) { s.seen.Reports++ }, wrong, "counts 5 reports"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := story(t)
			c.lie(s)
			v := s.w.Compare(s.seen, s.w.Mark())
			if c.count(v) == 0 || !strings.Contains(strings.Join(v.Findings, "\n"), c.want) || !check.IsBroken(v.Err()) {
				t.Errorf("Compare = %+v, want it counted and a finding with %q", v, c.want)
			}
		})
	}
}

func lost(v Verdict) int    { return v.Lost }
func doubled(v Verdict) int { return v.Doubled }
func altered(v Verdict) int { return v.Altered }
func foreign(v Verdict) int { return v.Foreign }
func wrong(v Verdict) int   { return v.Wrong }

// forget takes the changes of one entry out.
func (s *told) forget(sequence int64) {
	s.seen.Changes = slices.DeleteFunc(s.seen.Changes, func(c Change) bool { return c.Sequence == sequence })
}

// note adds a change at the end.
func (s *told) note(kind reportingv1.ChangeKind, r Report, revision int, principal string) {
	s.seen.Head++
	s.seen.Changes = append(s.seen.Changes, Change{Sequence: s.seen.Head, Kind: kind, Name: r.Name(), Revision: revision, Principal: principal})
}

// add adds a revision at the end.
func (s *told) add(r Report, rev Revision) {
	s.note(reportingv1.ChangeKind_CHANGE_KIND_REPORT_SUBMITTED, r, rev.Number, rev.Principal)
	s.seen.Revisions[r] = append(s.seen.Revisions[r], rev)
}

// item gives the last item with the outcome.
func (s *told) item(o Outcome) Item {
	var found Item
	for _, a := range s.w.Attempts() {
		if a.Items[0].Outcome == o {
			found = a.Items[0]
		}
	}
	return found
}

// TestMarkBinds says that what was acknowledged after the mark may be gone, and what was before it may not.
func TestMarkBinds(t *testing.T) {
	s := newTold()
	s.accepts(s.sends(ReportAt(0, 0)), true)
	s.seen.Revisions[ReportAt(0, 0)][0].State, s.seen.Revisions[ReportAt(0, 0)][0].Provisional = isSubmitted, true
	s.seen.Reports = 1
	s.seen.Rollups = s.rollups()
	before, mark := s.seen, s.w.Mark()
	s.accepts(s.sends(ReportAt(1, 0)), true)
	before.Revisions = map[Report][]Revision{ReportAt(0, 0): s.seen.Revisions[ReportAt(0, 0)]}
	v := s.w.Compare(before, mark)
	if err := v.Err(); err != nil {
		t.Errorf("Compare with the state of the mark = %v, want no finding", err)
	}
	v = s.w.Compare(before, s.w.Mark())
	if v.Lost != 1 {
		t.Errorf("Compare with what was acknowledged later = %+v, want one lost", v)
	}
	s.w.Rewind(mark)
	v = s.w.Compare(before, s.w.Mark())
	if err := v.Err(); err != nil || v.Unknown != 1 {
		t.Errorf("Compare after Rewind = %+v, want no finding and one unknown", v)
	}
}

// TestRollUp holds the naive arithmetic against figures that were added by hand.
func TestRollUp(t *testing.T) {
	shape := Shape{Districts: 1, Communes: 2, Months: 12}
	reports := map[Report]sent{
		ReportAt(0, 0): {{Value: "10"}, {Value: "1.50"}, {Value: "70"}, {Numerator: "90.00", Denominator: "100.00"}},
		ReportAt(0, 2): {{Value: "30"}, {State: "-"}, {Value: "90"}, {State: "x"}},
		ReportAt(1, 1): {{Value: "5"}, {Value: "2.25"}, {Value: "40"}, {Numerator: "10.00", Denominator: "1000.00"}},
		ReportAt(1, 2): {{Value: "0"}, {Value: "0.00"}, {State: "-"}, {Numerator: "0.00", Denominator: "0.00"}},
	}
	spans := map[string]span{}
	for _, s := range shape.spans() {
		spans[s.name] = s
	}
	for _, c := range []struct {
		period string
		column int
		want   string
	}{
		{"2024-Q1", 0, "VALUE 45, 4 of 6, not available 0, missing 2, not applicable 0"},
		{"2024-Q1", 1, "VALUE 3.75, 3 of 6, not available 1, missing 2, not applicable 0"},
		{"2024-Q1", 2, "VALUE 130, 3 of 6, not available 1, missing 2, not applicable 0"}, // 90 of March and 40 of February
		{"2024-Q1", 3, "VALUE 9.09 = 100.00/1100.00, 3 of 5, not available 0, missing 2, not applicable 1"},
		{"2024-03", 3, "UNDEFINED  = 0.00/0.00, 1 of 1, not available 0, missing 0, not applicable 1"},
		{"2024", 0, "VALUE 45, 4 of 24, not available 0, missing 20, not applicable 0"},
		{"2024-H2", 0, "NO_DATA , 0 of 12, not available 0, missing 12, not applicable 0"},
	} {
		bodies, _ := shape.Behind(0, province, spans[c.period].first, spans[c.period].months, 0)
		got := rollUp(bodies, c.column, func(r Report) *Figure { return reports[r].at(c.column) })
		if !strings.HasSuffix(got.String(), c.want) {
			t.Errorf("rollUp of %s in %s = %s, want %s", indicators[c.column], c.period, got, c.want)
		}
	}
}
