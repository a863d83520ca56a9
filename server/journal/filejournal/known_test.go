package filejournal

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// TestAnEntryThatWasDurableIsNotCutOff turns over every bit of the last group, and loses every sector of it, after a stop
// without a mark. Nothing in the journal tells that from a group that was never synced; whoever opens it may know better.
func TestAnEntryThatWasDurableIsNotCutOff(t *testing.T) {
	files, s := stored(t, 3, false)
	name := segmentNames(files)[2]
	offset, before := s.lastGroup()
	end := s.j.last().end
	open := func(known Known, harm func(raw []byte)) (map[string][]byte, map[string][]byte, uint64, error) {
		hurt := maps.Clone(files)
		hurt[name] = slices.Clone(files[name])
		harm(hurt[name])
		disk := diskOf(hurt)
		was := maps.Clone(hurt)
		j, err := Open(t.Context(), Config{Dir: "journal", SegmentBytes: MinSegmentBytes, Files: disk, LockWait: -1, Known: known})
		if err != nil {
			return was, disk.content(), 0, err
		}
		return was, disk.content(), j.Head().Sequence, j.Close()
	}
	known := Known{ID: s.j.ID(), Sequence: s.j.Head().Sequence}
	refused := 0
	check := func(what string, at int64, harm func(raw []byte)) {
		t.Helper()
		was, is, _, err := open(known, harm)
		failure := fault.Of(err)
		if failure == nil || failure.Reason != journal.ReasonDamaged || failure.Kind != fault.KindDataLoss {
			t.Fatalf("%s at byte %d: %v, want %s", what, at, err, journal.ReasonDamaged)
		}
		place, _ := failure.Param("offset")
		entry, _ := failure.Param("sequence")
		if file, _ := failure.Param("file"); file != name || place != itoa(offset) || entry != itoa(before+1) {
			t.Fatalf("%s at byte %d: %v, want it to name %s, byte %d, entry %d", what, at, err, name, offset, before+1)
		}
		for file, raw := range was {
			if !bytes.Equal(is[file], raw) {
				t.Fatalf("%s at byte %d: %s was changed", what, at, file)
			}
		}
		refused++
	}
	for at := offset; at < end; at++ {
		for bit := range 8 {
			check("a flipped bit", at, func(raw []byte) { raw[at] ^= 1 << bit })
		}
	}
	for at := offset / 512 * 512; at < end; at += 512 {
		check("a lost sector", at, func(raw []byte) { clear(raw[max(at, offset):min(at+512, end)]) })
	}
	for what, k := range map[string]Known{"nothing is known": {}, "another journal": {ID: journal.ID{8: 8}, Sequence: 1 << 40}, "an earlier entry": {ID: known.ID, Sequence: uint64(before)}} { //nolint:gosec // few
		if _, _, head, err := open(k, func(raw []byte) { raw[offset+70] ^= 1 }); err != nil || head != uint64(before) { //nolint:gosec // few
			t.Errorf("%s: head %d, %v, want the group cut off behind %d", what, head, err, before)
		}
	}
	if _, _, head, err := open(known, func([]byte) {}); err != nil || head != known.Sequence {
		t.Errorf("a whole journal: head %d, %v", head, err)
	}
	t.Logf("%d refused", refused)
}
