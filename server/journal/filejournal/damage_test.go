package filejournal

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"maps"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// stored is a journal of some segments in bytes: several groups with private parts, one of them removed.
func stored(t *testing.T, segments int, clean bool) (files map[string][]byte, s *scenario) {
	t.Helper()
	s = newScenario(t, 5)
	if err := s.create(); err != nil {
		t.Fatal(err)
	}
	for inLast := 0; len(s.j.segments) < segments || inLast < 3; inLast++ {
		records := s.group()
		for groupBytes(records) > 800 {
			records = s.group()
		}
		before := len(s.j.segments)
		records[0].Salt, records[0].Private = [16]byte{9}, s.text("private", 40)
		if err := s.append(records); err != nil {
			t.Fatal(err)
		}
		if len(s.j.segments) > before {
			inLast = 0
		}
	}
	if err := s.j.Redact(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	s.removed[1] = true
	s.acknowledged[1].Salt, s.acknowledged[1].Private = [16]byte{}, nil
	if clean {
		if err := s.j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	files = s.disk.content()
	delete(files, preparedName)
	return files, s
}

// lastGroup gives where the last group begins and how many entries are before it.
func (s *scenario) lastGroup() (offset int64, before int) {
	read, err := scan(s.t.Context(), must(s.config().filled())(s.t))
	if err != nil {
		s.t.Fatal(err)
	}
	return read.last.offset, int(read.last.before.Sequence)
}

// must gives the value to a test that cannot go on without it: must(f())(t).
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// verdict opens a journal and reads all of it.
func verdict(t *testing.T, files map[string][]byte) (hashes []journal.Hash, err error) {
	t.Helper()
	disk := diskOf(files)
	j, err := Open(t.Context(), Config{Dir: "journal", SegmentBytes: MinSegmentBytes, Files: disk, LockWait: -1})
	if err != nil {
		// Refusing changes nothing.
		for name, content := range disk.content() {
			if !bytes.Equal(content, files[name]) {
				t.Fatalf("Open failed and changed %s: %v", name, err)
			}
		}
		return nil, err
	}
	defer func() { _ = j.Close() }()
	err = j.Read(t.Context(), 1, func(entry journal.Entry) error {
		hash := entry.Hash
		if !entry.Removed && entry.PrivateHash != journal.PrivateHash(entry.Salt, entry.Private) {
			t.Fatalf("entry %d is shown with a private part that is not its own", entry.Sequence)
		}
		hashes = append(hashes, hash)
		return nil
	})
	return hashes, err
}

// Each single bit of a journal, flipped: the flip is found and refused, or it is in unused room, or the last group is
// cut off like a torn one; and after a clean stop not even that. No entry is ever changed, and none is lost elsewhere.
func TestEverySingleBitFlip(t *testing.T) {
	for _, clean := range []bool{false, true} {
		files, s := stored(t, 2, clean)
		want, err := verdict(t, files)
		if err != nil || len(want) != len(s.acknowledged) {
			t.Fatalf("the journal without a flip: %d entries, %v", len(want), err)
		}
		_, beforeLast := s.lastGroup()
		refused, cut, same := 0, 0, 0
		for name, content := range files {
			for i := range content {
				for bit := range 8 {
					if allZero(content[i:]) && i%16 != 0 || clean && i%3 != 0 {
						continue // room full of zeros is the same everywhere; and once all bits are enough
					}
					flipped := maps.Clone(files)
					flipped[name] = bytes.Clone(content)
					flipped[name][i] ^= 1 << bit
					got, err := verdict(t, flipped)
					switch {
					case err != nil && fault.KindOf(err) == fault.KindDataLoss:
						refused++
					case err == nil && equalHashes(got, want):
						same++
					case err == nil && !clean && equalHashes(got, want[:beforeLast]):
						cut++
					default:
						t.Fatalf("bit %d of byte %d of %s (clean %v): %d of %d entries, %v", bit, i, name, clean, len(got), len(want), err)
					}
				}
			}
		}
		t.Logf("clean %v: refused %d, last group cut off %d, unused %d", clean, refused, cut, same)
	}
}

func equalHashes(a, b []journal.Hash) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestDamageIsRefusedAndNamed(t *testing.T) {
	last := func(files map[string][]byte) string { return segmentNames(files)[2] }
	for _, c := range []struct {
		name  string
		clean bool
		harm  func(files map[string][]byte)
		file  func(files map[string][]byte) string
	}{
		{"a lost sector in the first segment", false, func(f map[string][]byte) { clear(f[segmentName(1)][1024:1536]) }, func(map[string][]byte) string { return segmentName(1) }},
		{"a lost sector in the last segment, before the last group", false, func(f map[string][]byte) { clear(f[last(f)][512:1024]) }, last},
		{"a missing segment", false, func(f map[string][]byte) { delete(f, segmentNames(f)[1]) }, func(map[string][]byte) string { return segmentName(1) }},
		{"a missing first segment", false, func(f map[string][]byte) { delete(f, segmentName(1)) }, func(f map[string][]byte) string { return segmentNames(f)[0] }},
		{"two segments exchanged", false, func(f map[string][]byte) {
			names := segmentNames(f)
			f[names[0]], f[names[1]] = f[names[1]], f[names[0]]
		}, func(map[string][]byte) string { return segmentName(1) }},
		{"a file cut short", false, func(f map[string][]byte) { f[last(f)] = f[last(f)][:2048] }, last},
		{"an empty file", false, func(f map[string][]byte) { f[last(f)] = nil }, last},
		{"a missing last segment after a clean stop", true, func(f map[string][]byte) { delete(f, last(f)) }, func(f map[string][]byte) string { return segmentNames(f)[1] }},
		{"a journal id that was given up and comes back", false, func(f map[string][]byte) { rename(f[segmentNames(f)[1]], 3) }, last},
		{"a segment without a journal id", false, func(f map[string][]byte) { rename(f[last(f)], 0) }, last},
		{"a journal id that begins without an entry", false, func(f map[string][]byte) {
			rename(f[last(f)], 3)
			clear(f[last(f)][segmentHeaderBytes:])
		}, last},
	} {
		t.Run(c.name, func(t *testing.T) {
			files, _ := stored(t, 3, c.clean)
			c.harm(files)
			want := c.file(files)
			_, err := verdict(t, files)
			failure := fault.Of(err)
			if failure == nil || failure.Kind != fault.KindDataLoss || failure.Reason != journal.ReasonDamaged {
				t.Fatalf("Open = %v, want DataLoss %s", err, journal.ReasonDamaged)
			}
			if file, _ := failure.Param("file"); file != want || !strings.Contains(failure.Text, "restore from a backup") {
				t.Errorf("Open = %v, want it to name %s and restore from a backup", err, want)
			}
		})
	}
}

// rename gives a segment another journal id, with the checksum that belongs to it; 0 is none.
func rename(raw []byte, id byte) {
	s, _, _ := parseSegment(raw, int64(len(raw)))
	s.id = journal.ID{3: id}
	copy(raw, s.header())
}

func segmentNames(files map[string][]byte) []string {
	names, _ := diskOf(files).List("") // cannot fail while the power is on
	var segments []string
	for _, name := range names {
		if strings.HasSuffix(name, segmentSuffix) {
			segments = append(segments, name)
		}
	}
	return segments
}

func TestANewerFormatIsNotDamage(t *testing.T) {
	files, _ := stored(t, 3, false)
	raw := files[segmentName(1)]
	raw[11] = 2
	head := raw[:headerSumAt]
	binary.BigEndian.PutUint32(raw[headerSumAt:], crc32.Checksum(head, castagnoli))
	if _, err := verdict(t, files); fault.ReasonOf(err) != ReasonStoreTooNew {
		t.Errorf("Open = %v, want %s", err, ReasonStoreTooNew)
	}
}

// A group whose sectors did not all reach the disk holds whatever its texts say: here, whole groups of another segment
// and, as nobody can know, one with a guessed mark. It is cut off, and what follows is room again.
func TestATornGroupIsCutWhateverLiesInsideIt(t *testing.T) {
	files, s := stored(t, 3, false)
	offset, before := s.lastGroup()
	name := segmentNames(files)[2]
	end := s.j.last().end

	later, _ := appendGroup(nil, mark{1, 2, 3, 4, 5, 6, 7, 8}, journal.Head{Sequence: 900}, s.group())
	torn := files[name]
	clear(torn[offset:])
	copy(torn[offset+40:end], later)
	copy(torn[offset+400:], files[segmentName(1)][segmentHeaderBytes:][:600])

	got, err := verdict(t, files)
	if err != nil || len(got) != before {
		t.Fatalf("Open = %d entries, %v, want the %d before the torn group", len(got), err, before)
	}
	disk := diskOf(files)
	j, err := Open(t.Context(), Config{Dir: "journal", SegmentBytes: MinSegmentBytes, Files: disk, LockWait: -1})
	if err != nil {
		t.Fatal(err)
	}
	if rest := disk.content()[name][offset:]; !allZero(rest) {
		t.Errorf("the torn group is still on the disk: %x", bytes.TrimRight(rest, "\x00"))
	}
	if _, err := j.Append(t.Context(), uint64(before), s.group()); err != nil {
		t.Errorf("Append after the cut = %v", err)
	}
}
