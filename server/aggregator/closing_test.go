package aggregator_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// TestR27WhatAClosingKeptStandsWhateverIsMadeAnew closes, reopens and closes again with tables of many values, and asks for them
// now, as of earlier entries, and from a state that was rebuilt.
func TestR27WhatAClosingKeptStandsWhateverIsMadeAnew(t *testing.T) {
	s := house(t)
	s.tell(numbered(0, plainIndicator("S", indicator.UnitSum, indicator.Flow, indicator.TimeSum)),
		forms(0, plainForm("F", period.Month, "kind:commune", "S")))
	k := entry.ClosingKey{Form: "F", Period: mustPeriod("2024-01"), Owner: id("P")}
	large := bytes.Repeat([]byte("mười nghìn hàng "), 9000) // more than one value holds
	pieces := []entry.ClosedRows{{FirstUnit: id("A"), Deflated: large}, {FirstUnit: id("D"), Deflated: []byte{3, 0}}}
	until := s.now.Add(48 * time.Hour).Truncate(time.Second).UTC()
	s.tell(
		entry.PeriodClosed{Key: k, Version: 1, ComputedAt: 4, Digest: [32]byte{1}, Rows: 2, Pieces: pieces},
		entry.PeriodReopened{Key: k, Version: 1, Units: []hierarchy.ID{id("A")}, Until: until, Reason: "nhầm"},
		entry.PeriodClosed{Key: k, Version: 2, ComputedAt: 6, Digest: [32]byte{2}, Rows: 1, Forced: true, LeftOut: []hierarchy.ID{id("B")}, Pieces: pieces[1:], Reason: "vội"},
	)
	check := func(tx *aggregator.Tx) {
		t.Helper()
		c, err := tx.Closing(k)
		if err != nil || len(c.Versions) != 2 {
			t.Fatalf("Closing = %+v, %v", c, err)
		}
		first, second := c.Versions[0], c.Versions[1]
		if first.Digest[0] != 1 || first.Rows != 2 || !slices.Equal(first.FirstUnits, []hierarchy.ID{id("A"), id("D")}) || len(first.Reopenings) != 1 ||
			!first.Reopenings[0].Until.Equal(until) || first.Reopenings[0].Reason != "nhầm" || second.Reason != "vội" || !second.Forced ||
			!slices.Equal(second.LeftOut, []hierarchy.ID{id("B")}) || second.ComputedAt != 6 || len(second.Reopenings) != 0 {
			t.Errorf("the versions are %+v", c.Versions)
		}
		if piece, err := tx.ClosedPiece(k, 1, 0); err != nil || !bytes.Equal(piece, large) {
			t.Errorf("the first piece has %d bytes, want %d (%v)", len(piece), len(large), err)
		}
		if c.OpenFor(id("A"), until.Add(-time.Second)) {
			t.Error("the second closing ended the reopening of the first, and A is open")
		}
		then, err := tx.AsOf(tx.Position().Head.Sequence - 1)
		if err != nil {
			t.Fatal(err)
		}
		was, err := then.Closing(k)
		if err != nil || len(was.Versions) != 1 || !was.OpenFor(id("A"), until.Add(-time.Second)) || was.OpenFor(id("A"), until) || was.OpenFor(id("B"), s.now) {
			t.Errorf("before it was closed again: %+v, %v", was, err)
		}
		seen := 0
		if err := tx.ClosingsOver("F", k.Period, id("A"), period.Date(2024, 1, 31), func(aggregator.Closing) (bool, error) { seen++; return true, nil }); err != nil || seen != 1 {
			t.Errorf("%d closings hold A, want 1 (%v)", seen, err)
		}
		if err := tx.ClosingsOver("F", mustPeriod("2024-02"), id("A"), period.Date(2024, 2, 29), func(aggregator.Closing) (bool, error) { seen++; return true, nil }); err != nil || seen != 1 {
			t.Errorf("a closing of another month holds A (%v)", err)
		}
	}
	s.view(check)
	sameAfterRebuild(t, s)
	s.open(aggregator.Kept)
	s.view(check)
}
