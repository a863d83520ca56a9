package filejournal

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// rechain makes a segment again behind another predecessor, all checksums right.
func rechain(t *testing.T, raw []byte, previous journal.Hash) {
	t.Helper()
	s, _, why := parseSegment(raw, int64(len(raw)))
	if why != "" {
		t.Fatal(why)
	}
	old, head := s.start().before, s.start().before
	head.Hash, s.previous = previous, previous
	copy(raw, s.header())
	var g group
	for at := segmentHeaderBytes; g.decode(raw[at:], s.mark, old) == ""; old = g.after {
		var records []journal.Record
		for _, entry := range g.entries {
			records = append(records, journal.Record{Public: entry.Public, Salt: entry.Salt, Private: entry.Private})
		}
		var made []byte
		made, head = appendGroup(nil, s.mark, head, records)
		at += copy(raw[at:], made)
	}
	if old == s.start().before {
		t.Fatal("there was no group to make again")
	}
}

// Someone who can compute checksums changes one text: the chain finds it, here at the next group.
func TestAForgedGroupIsFound(t *testing.T) {
	files, _ := stored(t, 2, false)
	raw := files[segmentNames(files)[1]]
	segment, _, _ := parseSegment(raw, int64(len(raw)))
	var g group
	if why := g.decode(raw[segmentHeaderBytes:], segment.mark, segment.start().before); why != "" {
		t.Fatal(why)
	}
	records := make([]journal.Record, len(g.entries))
	for i, entry := range g.entries {
		records[i] = journal.Record{Public: bytes.Clone(entry.Public), Salt: entry.Salt, Private: entry.Private}
	}
	records[0].Public[0] ^= 1
	forged, _ := appendGroup(nil, segment.mark, segment.start().before, records)
	copy(raw[segmentHeaderBytes:], forged)
	if err := openBytes(t, files); fault.KindOf(err) != fault.KindDataLoss {
		t.Errorf("Open = %v, want DataLoss", err)
	}
}

// openBytes opens a journal and reads nothing.
func openBytes(t *testing.T, files map[string][]byte) error {
	_, err := Open(t.Context(), Config{Dir: "journal", SegmentBytes: MinSegmentBytes, Files: diskOf(files)})
	return err
}

func TestAJournalThatDoesNotBeginWithItsIDIsFound(t *testing.T) {
	s := oneGroup(t)
	files := s.disk.content()
	rechain(t, files[segmentName(1)], journal.Hash{1, 2, 3})
	if err := openBytes(t, files); fault.KindOf(err) != fault.KindDataLoss {
		t.Errorf("Open = %v, want DataLoss", err)
	}
}

// A segment from another history of the same journal, whole in itself, is not put up with; quickly opened, it is found
// as soon as someone reads across its border.
func TestASegmentOfAnotherHistoryIsFound(t *testing.T) {
	files, _ := stored(t, 4, false)
	names := segmentNames(files)
	rechain(t, files[names[1]], journal.Hash{1, 2, 3})
	if err := openBytes(t, files); fault.KindOf(err) != fault.KindDataLoss {
		t.Errorf("Open = %v, want DataLoss", err)
	}
	j, err := Open(t.Context(), Config{Dir: "journal", SegmentBytes: MinSegmentBytes, Files: diskOf(files), Quick: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []uint64{1, j.segments[1].first} {
		if err := j.Read(t.Context(), from, func(journal.Entry) error { return nil }); fault.KindOf(err) != fault.KindDataLoss {
			t.Errorf("Read from %d = %v, want DataLoss", from, err)
		}
	}
}

// The last group is proved by nothing but the head, which the open journal knows.
func TestAForgedLastGroupIsFoundWhileTheJournalIsOpen(t *testing.T) {
	s := oneGroup(t)
	last := s.j.last()
	forged, _ := appendGroup(nil, last.mark, last.start().before, texts("one", "twO"))
	file := must(s.disk.Open(last.name, true))(t)
	if _, err := file.WriteAt(forged, segmentHeaderBytes); err != nil {
		t.Fatal(err)
	}
	if err := s.j.Read(t.Context(), 1, func(journal.Entry) error { return nil }); fault.KindOf(err) != fault.KindDataLoss {
		t.Errorf("Read = %v, want DataLoss", err)
	}
}

// What fits its checksums and is still no group that Append writes.
func TestMalformedGroupsAreRefused(t *testing.T) {
	first := journal.Head{Hash: journal.FirstHash(exampleID)}
	sound, _ := appendGroup(nil, exampleMark, first, exampleRecords)
	// seal makes header and trailer fit the entries again; covered is what the trailer's checksum covers.
	seal := func(entries []byte, covered ...[]byte) []byte {
		header := groupHeader{first: 1, count: 2, body: uint32(len(entries)), previous: first.Hash}
		raw := header.append(nil, exampleMark)
		sum := crc32.Checksum(raw, castagnoli)
		for _, part := range covered {
			sum = crc32.Update(sum, castagnoli, part)
		}
		return binary.BigEndian.AppendUint32(append(raw, entries...), sum)
	}
	private := blockHeaderBytes + len(exampleRecords[1].Private)
	for _, c := range []struct {
		name string
		harm func(entries, block []byte) []byte
		want string
	}{
		{"sound", func(e, _ []byte) []byte { return seal(e, e[:len(e)-private]) }, ""},
		{"a gap behind the entries", func(e, _ []byte) []byte { return seal(append(e, 0), e[:len(e)-private]) }, "the entries do not fill their group"},
		{"an unknown mark of a private part", func(e, block []byte) []byte {
			block[0]++
			return seal(e, e[:len(e)-private])
		}, "a private part is neither there nor removed"},
		{"a private hash without a private part", func(e, _ []byte) []byte {
			e[8] = 1
			return seal(e, e[:len(e)-private])
		}, "an entry has the hash of a private part and no private part"},
		{"an entry longer than the group", func(e, _ []byte) []byte {
			e[0] = 0xff
			return seal(e, e[:len(e)-private])
		}, "an entry runs beyond its group"},
	} {
		entries := bytes.Clone(sound[groupHeaderBytes : len(sound)-groupTrailerBytes])
		var g group
		if got := g.decode(c.harm(entries, entries[len(entries)-private:]), exampleMark, first); got != c.want {
			t.Errorf("%s: decode = %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTheUnusedPartOfAHeaderIsZero(t *testing.T) {
	raw := newSegment(exampleID, journal.Head{}, exampleMark, MinSegmentBytes).header()
	for _, at := range []int{headerSumAt + 4, segmentHeaderBytes - 1} {
		harmed := bytes.Clone(raw)
		harmed[at] = 1
		if _, _, why := parseSegment(harmed, MinSegmentBytes); why == "" {
			t.Errorf("a header with byte %d set is taken", at)
		}
	}
}

// The search behind the last group goes over more than one window; a header may lie across a border.
func TestALaterGroupIsFoundWherever(t *testing.T) {
	const size = 3 * windowBytes
	first := journal.Head{Hash: journal.FirstHash(exampleID)}
	header := groupHeader{first: 7, count: 1, body: 100}.append(nil, exampleMark)
	for _, at := range []int64{600, windowBytes, segmentHeaderBytes + windowBytes - 10, segmentHeaderBytes + 2*windowBytes - 59, size - groupHeaderBytes} {
		disk := newSimDisk()
		raw := make([]byte, size)
		copy(raw[at:], header)
		disk.put("x", raw)
		var c cursor
		s := newSegment(exampleID, first, exampleMark, size)
		c.at(must(disk.Open("x", false))(t), s, s.start(), size)
		if found, err := c.search(t.Context()); err != nil || found.later != at || found.end < at+50 {
			t.Errorf("a header at %d: search = %+v, %v", at, found, err)
		}
	}
}
