package aggregator_test

import (
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
)

// TestR30DraftsKeepTheirDeadlines asks for the deadline of a report of which there were only drafts, as of each of them.
func TestR30DraftsKeepTheirDeadlines(t *testing.T) {
	s := one(t)
	k := key("B", "F", "2024-01")
	var deadlines []time.Time
	first := s.journal.Head().Sequence + 1
	for n, hours := range []int{5, 5, 7, 0, 6, 9} {
		sub := sent(k, n+1, map[uint32]figure.Figure{0: value(int64(n))})
		if hours != 0 {
			sub.Reports[0].Deadline = start.Add(time.Duration(hours) * time.Hour)
		}
		sub.Reports[0].Draft = n < 4
		s.tell(sub)
		deadlines = append(deadlines, sub.Reports[0].Deadline)
	}
	deadlines[5] = deadlines[4] // the first that is sent decides
	s.view(func(tx *aggregator.Tx) {
		for n, want := range deadlines {
			then, err := tx.AsOf(first + uint64(n))
			if err != nil {
				t.Fatal(err)
			}
			r, ok, err := then.Report(k)
			if err != nil || !ok || !r.Deadline.Equal(want) || len(r.Revisions) != n+1 {
				t.Errorf("as of draft %d: deadline %v of %d revisions, %t, %v; want %v of %d", n+1, r.Deadline, len(r.Revisions), ok, err, want, n+1)
			}
		}
	})
}

// TestR30AnExclusionBeforeTheDraftsHasNoDeadline: what was taken out before anybody saved anything had no deadline then, however
// often that of the drafts moved later.
func TestR30AnExclusionBeforeTheDraftsHasNoDeadline(t *testing.T) {
	s := one(t)
	k := key("B", "F", "2024-01")
	s.tell(entry.ObligationExcluded{Key: k, Reason: "Lũ lụt"})
	excluded := s.journal.Head().Sequence
	s.tell(entry.ExclusionLifted{Key: k, Reason: "Đã nộp"})
	for n, hours := range []int{5, 7} {
		sub := sent(k, n+1, map[uint32]figure.Figure{0: value(int64(n))})
		sub.Reports[0].Deadline, sub.Reports[0].Draft = start.Add(time.Duration(hours)*time.Hour), true
		s.tell(sub)
	}
	s.view(func(tx *aggregator.Tx) {
		then, err := tx.AsOf(excluded)
		if err != nil {
			t.Fatal(err)
		}
		if r, ok, err := then.Report(k); err != nil || !ok || !r.Deadline.IsZero() || len(r.Revisions) > 0 || len(r.Exclusions) != 1 {
			t.Errorf("as of the exclusion: %+v, %t, %v; want no deadline and no revision", r, ok, err)
		}
	})
}
