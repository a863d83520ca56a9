package obligation_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/obligation"
	"github.com/tonghop/tonghop/server/period"
)

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, period.Location())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestR7_BothSidesOfEveryInstant looks at an obligation of which nothing was sent one nanosecond before and at every instant
// that decides something: February 2026 by the decree ends on 14 February, and Tết moves its due day to Monday the 23rd.
func TestR7_BothSidesOfEveryInstant(t *testing.T) {
	february, err := period.Parse("2026-02")
	if err != nil {
		t.Fatal(err)
	}
	w := obligation.WindowOf(period.CutoffFifteenth, february, period.Date(2026, 2, 23), true)
	for _, c := range []struct {
		at             time.Time
		nothing, draft obligation.State
		late           int
	}{
		{instant(t, "2026-02-15 00:00").Add(-1), obligation.NotOpen, obligation.Draft, 0},
		{instant(t, "2026-02-15 00:00"), obligation.Due, obligation.Draft, 0},
		{instant(t, "2026-02-24 00:00").Add(-1), obligation.Due, obligation.Draft, 0},
		{instant(t, "2026-02-24 00:00"), obligation.Overdue, obligation.Overdue, 1},
		{instant(t, "2026-02-25 00:00").Add(-1), obligation.Overdue, obligation.Overdue, 1},
		{instant(t, "2026-02-25 00:00"), obligation.Overdue, obligation.Overdue, 2},
	} {
		if got := w.At(c.at).State(0); got != c.nothing {
			t.Errorf("at %s nothing is %s, want %s", c.at, got, c.nothing)
		}
		if got := w.At(c.at).State(obligation.Drafted); got != c.draft {
			t.Errorf("at %s a draft is %s, want %s", c.at, got, c.draft)
		}
		if got := obligation.DaysLate(period.Date(2026, 2, 23), c.at); got != c.late {
			t.Errorf("at %s it is %d days late, want %d", c.at, got, c.late)
		}
	}
	without := obligation.WindowOf(period.CutoffFifteenth, february, 0, false)
	if got := without.At(instant(t, "2030-01-01 00:00")).State(0); got != obligation.Due {
		t.Errorf("without a deadline it is %s, want DUE for ever", got)
	}
}

// TestR23_TheNewestThatWasSentDecides holds what was sent, whatever the time.
func TestR23_TheNewestThatWasSentDecides(t *testing.T) {
	for _, c := range []struct {
		standing obligation.Standing
		want     obligation.State
		received bool
	}{
		{obligation.Sent | obligation.Waiting, obligation.Awaiting, true},
		{obligation.Sent | obligation.Waiting | obligation.Official, obligation.Awaiting, true},
		{obligation.Sent | obligation.Official, obligation.Done, true},
		{obligation.Sent | obligation.Official | obligation.Drafted, obligation.Done, true},
		{obligation.Sent | obligation.Returned, obligation.SentBack, false},
		{obligation.Sent | obligation.Returned | obligation.Official, obligation.SentBack, true},
		{obligation.Sent | obligation.Returned | obligation.Drafted, obligation.SentBack, false},
		{obligation.Sent | obligation.Official | obligation.Excluded, obligation.Out, false},
		{obligation.Excluded, obligation.Out, false},
	} {
		for _, now := range []time.Time{instant(t, "2020-01-01 00:00"), instant(t, "2030-01-01 00:00")} {
			w := obligation.Window{Open: instant(t, "2026-01-01 00:00"), Due: instant(t, "2026-01-05 00:00")}
			if got := w.At(now).State(c.standing); got != c.want || c.standing.Received() != c.received {
				t.Errorf("%07b is %s, received %t; want %s, %t", c.standing, got, c.standing.Received(), c.want, c.received)
			}
		}
	}
}

// TestR10_CountsAddUp draws obligations: the order and the grouping do not matter, expected is received and missing, and
// what is late or approved was received.
func TestR10_CountsAddUp(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(r, "obligations")
		cut := rapid.IntRange(0, n).Draw(r, "cut")
		var all, left, right obligation.Count
		received, late, overdue, excluded := 0, 0, 0, 0
		view := obligation.Window{Due: time.Unix(100, 0)}.At(time.Unix(rapid.Int64Range(98, 102).Draw(r, "now"), 0))
		for i := range n {
			s := obligation.Standing(rapid.IntRange(0, 255).Draw(r, "standing"))
			state := view.State(s)
			all.Add(s, state)
			if i < cut {
				left.Add(s, state)
			} else {
				right.Add(s, state)
			}
			if s.Has(obligation.Excluded) {
				excluded++
			}
			if s.Received() {
				received++
				if s.Has(obligation.Late) {
					late++
				}
			}
			if state == obligation.Overdue {
				overdue++
			}
		}
		left.Merge(right)
		if left != all {
			r.Fatalf("in two parts %+v, in one %+v", left, all)
		}
		if int(all.Expected) != n-excluded || int(all.Excluded) != excluded || int(all.Received) != received || int(all.Late) != late || int(all.Overdue) != overdue {
			r.Fatalf("%+v, want %d expected, %d received, %d late, %d overdue", all, n, received, late, overdue)
		}
		if all.Missing()+all.Received != all.Expected || all.Approved > all.Received || all.Waiting > all.Received || all.Overdue > all.Missing() {
			r.Fatalf("%+v does not add up", all)
		}
	})
}
