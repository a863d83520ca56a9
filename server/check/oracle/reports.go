package oracle

import (
	"fmt"
	"slices"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/period"
)

// reports are what happened to each report, told in the plainest way (R7, R23).
type reports map[entry.ReportKey]*report

type report struct {
	revisions  []revision
	sent, late bool
	// turns are the times at which the obligation was taken out and made one again (R11), by turns.
	turns []turn
}

type turn struct {
	sequence uint64
	reason   string
}

func (r *report) excluded() bool { return r != nil && len(r.turns)%2 == 1 }

type revision struct {
	state    aggregator.RevisionState
	figures  []entry.Figure
	reason   string
	made     uint64 // the entry that made it
	returned uint64 // the entry that returned it
}

// apply takes an entry in.
func (all reports) apply(e *entry.Entry) {
	switch b := e.Body.(type) {
	case entry.ReportsSubmitted:
		for i := range b.Reports {
			all.submit(e, &b.Reports[i])
		}
	case entry.ReportApproved:
		if r := all[b.Key]; r.stands(b.Revision, aggregator.Submitted) {
			r.restate(aggregator.Approved, aggregator.Superseded)
			r.revisions[b.Revision-1].state = aggregator.Approved
		}
	case entry.ReportReturned:
		if r := all[b.Key]; r.stands(b.Revision, aggregator.Submitted) || r.stands(b.Revision, aggregator.Approved) {
			v := &r.revisions[b.Revision-1]
			v.state, v.reason, v.returned = aggregator.Returned, b.Reason, e.Header.Sequence
		}
	case entry.ObligationExcluded:
		all.turn(e, b.Key, b.Reason, false)
	case entry.ExclusionLifted:
		all.turn(e, b.Key, b.Reason, true)
	case entry.EntryRedacted:
		all.redact(b.Sequence)
	}
}

// turn takes an obligation out, or makes it one again.
func (all reports) turn(e *entry.Entry, k entry.ReportKey, reason string, lift bool) {
	r := all[k]
	if r.excluded() != lift {
		return
	}
	if r == nil {
		r = &report{}
		all[k] = r
	}
	r.turns = append(r.turns, turn{sequence: e.Header.Sequence, reason: reason})
}

func (all reports) submit(e *entry.Entry, s *entry.Submission) {
	r := all[s.Key]
	if r == nil {
		r = &report{}
		all[s.Key] = r
	}
	v := revision{state: aggregator.Draft, figures: slices.Clone(s.Figures), made: e.Header.Sequence}
	if !s.Draft {
		r.restate(aggregator.Submitted, aggregator.Superseded)
		v.state = aggregator.Submitted
		if !r.sent {
			r.sent, r.late = true, !s.Deadline.IsZero() && !e.Header.Time.Before(s.Deadline)
		}
	}
	r.revisions = append(r.revisions, v)
}

// sent counts the reports; an obligation that was taken out and of which nothing came is none.
func (all reports) sent() int {
	n := 0
	for _, r := range all {
		if len(r.revisions) > 0 {
			n++
		}
	}
	return n
}

// redact takes out every text that an entry brought.
func (all reports) redact(sequence uint64) {
	for _, r := range all {
		for i := range r.turns {
			if r.turns[i].sequence == sequence {
				r.turns[i].reason = ""
			}
		}
		for i := range r.revisions {
			v := &r.revisions[i]
			if v.returned == sequence {
				v.reason = ""
			}
			for n := range v.figures {
				if v.made == sequence {
					v.figures[n].Note, v.figures[n].Explanation = "", ""
				}
			}
		}
	}
}

func (r *report) stands(number int, state aggregator.RevisionState) bool {
	return r != nil && number <= len(r.revisions) && r.revisions[number-1].state == state
}

func (r *report) restate(from, to aggregator.RevisionState) {
	for i := range r.revisions {
		if r.revisions[i].state == from {
			r.revisions[i].state = to
		}
	}
}

// find gives the number of the revision with a state; 0 if none has it.
func (r *report) find(state aggregator.RevisionState) int {
	if r == nil {
		return 0
	}
	return 1 + slices.IndexFunc(r.revisions, func(v revision) bool { return v.state == state })
}

// differs tells where a report of the state is not what was told; empty if it is.
func (all reports) differs(tx *aggregator.Tx, k entry.ReportKey) string {
	want := all[k]
	got, ok, err := tx.Report(k)
	switch {
	case err != nil:
		return fmt.Sprintf("%s: %v", k, err)
	case ok != (want != nil):
		return fmt.Sprintf("%s: the state has it: %t, it was sent: %t", k, ok, want != nil)
	case !ok:
		return ""
	}
	official, waiting := want.find(aggregator.Approved), want.find(aggregator.Submitted)
	if got.Official != official || got.Provisional != max(official, waiting) || got.Late != want.late || len(got.Revisions) != len(want.revisions) {
		return fmt.Sprintf("%s: the state has %d revisions, official %d, provisional %d, late %t; told were %d, %d, %d, %t",
			k, len(got.Revisions), got.Official, got.Provisional, got.Late, len(want.revisions), official, max(official, waiting), want.late)
	}
	if said := r11(&got, want); said != "" {
		return fmt.Sprintf("%s: %s", k, said)
	}
	for i, v := range got.Revisions {
		w := want.revisions[i]
		if v.Number != i+1 || v.State != w.state || v.Reason != w.reason || v.Sequence != w.made || !slices.Equal(v.Figures, w.figures) {
			return fmt.Sprintf("%s, revision %d: the state has %+v, told was %+v", k, i+1, v, w)
		}
	}
	return ""
}

// r11 tells where the turns of an obligation are not what was told.
func r11(got *aggregator.Report, want *report) string {
	var turns []turn
	for _, x := range got.Exclusions {
		turns = append(turns, turn{x.Excluded.Sequence, x.Excluded.Reason})
		if x.Lifted.Sequence != 0 {
			turns = append(turns, turn{x.Lifted.Sequence, x.Lifted.Reason})
		}
	}
	if !slices.Equal(turns, want.turns) || got.Excluded() != want.excluded() {
		return fmt.Sprintf("the state has the exclusions %+v, told were %+v", got.Exclusions, want.turns)
	}
	return ""
}

// keys lists the reports that an entry is about.
func keys(b entry.Body) []entry.ReportKey {
	switch b := b.(type) {
	case entry.ReportsSubmitted:
		var list []entry.ReportKey
		for i := range b.Reports {
			list = append(list, b.Reports[i].Key)
		}
		return list
	case entry.ReportApproved:
		return []entry.ReportKey{b.Key}
	case entry.ReportReturned:
		return []entry.ReportKey{b.Key}
	case entry.ObligationExcluded:
		return []entry.ReportKey{b.Key}
	case entry.ExclusionLifted:
		return []entry.ReportKey{b.Key}
	}
	return nil
}

// known lists the reports in a fixed order.
func (all reports) known() []entry.ReportKey {
	list := make([]entry.ReportKey, 0, len(all))
	for k := range all {
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b entry.ReportKey) int {
		if a.Period != b.Period {
			return comparePeriods(a.Period, b.Period)
		}
		if a.String() < b.String() {
			return -1
		}
		return 1
	})
	return list
}

func comparePeriods(a, b period.Period) int {
	if a.Year != b.Year {
		return int(a.Year) - int(b.Year)
	}
	return a.Compare(b)
}
