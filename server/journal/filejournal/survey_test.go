package filejournal

import (
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

func TestInspectTellsWhatIsLeft(t *testing.T) {
	last := func(f map[string][]byte) []byte { return f[segmentNames(f)[2]] }
	for _, c := range []struct {
		name  string
		clean bool
		harm  func(f map[string][]byte, lastGroup int64)
		// verified and known say how many entries are; all and before the last group.
		verified, known string
	}{
		{"a sound journal", false, func(map[string][]byte, int64) {}, "all", "all"},
		{"a sound journal, closed", true, func(map[string][]byte, int64) {}, "all", "all"},
		{"a flip in the first group", false, func(f map[string][]byte, _ int64) { f[segmentName(1)][600] ^= 1 }, "none", "all"},
		{"a lost sector in the last segment", false, func(f map[string][]byte, _ int64) { clear(last(f)[512:1024]) }, "some", "all"},
		{"a missing segment in the middle", false, func(f map[string][]byte, _ int64) { delete(f, segmentNames(f)[1]) }, "some", "all"},
		{"a missing first segment", false, func(f map[string][]byte, _ int64) { delete(f, segmentName(1)) }, "none", "all"},
		{"a damaged header of the last segment", false, func(f map[string][]byte, _ int64) { last(f)[3]++ }, "some", "some"},
		{"a damaged body of the last group, behind another damage", false, func(f map[string][]byte, at int64) {
			f[segmentName(1)][600] ^= 1
			last(f)[at+groupHeaderBytes+5] ^= 1
		}, "none", "before"},
		{"a last segment that is missing after a clean stop", true, func(f map[string][]byte, _ int64) { delete(f, segmentNames(f)[2]) }, "some", "all"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files, s := stored(t, 3, c.clean)
			offset, before := s.lastGroup()
			all := len(s.acknowledged)
			c.harm(files, offset)
			visited := uint64(0)
			got, err := Inspect(t.Context(), Config{Dir: "journal", Files: diskOf(files)}, func(head journal.Head) {
				if visited++; head.Sequence != visited {
					t.Errorf("visited %d, want %d", head.Sequence, visited)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			is := func(what string, n uint64) bool {
				return map[string]bool{
					"all": n == uint64(all), "before": n == uint64(before), "none": n == 0, "some": n > 0 && n < uint64(all),
				}[what]
			}
			if !is(c.verified, got.Head.Sequence) || !is(c.known, got.Last.Sequence) || visited != got.Head.Sequence {
				t.Errorf("Inspect = %+v with %d visited, want %s verified and %s known, of %d", got, visited, c.verified, c.known, all)
			}
			if (got.Damage == nil) != (c.verified == "all") || got.Damage != nil && fault.ReasonOf(got.Damage) != journal.ReasonDamaged {
				t.Errorf("Damage = %v", got.Damage)
			}
			if c.known == "all" && (got.Last.Hash != s.j.Head().Hash || got.LastID != scenarioID) {
				t.Errorf("Last = %+v of %v, want %+v of %v", got.Last, got.LastID, s.j.Head(), scenarioID)
			}
		})
	}
	if _, err := Inspect(t.Context(), Config{Dir: t.TempDir()}, nil); fault.ReasonOf(err) != ReasonStoreMissing {
		t.Errorf("Inspect of an empty folder = %v, want %s", err, ReasonStoreMissing)
	}
}
