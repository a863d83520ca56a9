package filejournal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/journal"
)

// What a segment begins with; doc.go draws it. The header fills one sector, which a disk writes wholly or not at all.
const (
	segmentHeaderBytes = 512
	segmentMagic       = "tonghopJ"
	formatVersion      = 1
	headerSumAt        = 88
)

// segmentSuffix ends the names of segments; before it stands the first sequence in 20 digits, as many as 2^64 needs, so
// that the order of names is the order of entries.
const segmentSuffix = ".journal"

// placeEvery is how many bytes of a segment lie between two remembered places. A reader starts at most that far before
// the entry it wants; remembering costs about a thousandth of the segment in memory.
const placeEvery = 64 << 10

// segment is one file of the journal. All but places and end stands still once the segment is part of the journal.
type segment struct {
	name  string
	id    journal.ID
	first uint64
	// previous is the hash of the entry before the first one.
	previous journal.Hash
	mark     mark
	size     int64
	// end is where the next group goes; for a segment that was not read it is the size.
	end int64
	// places are starts of groups, in order, the first at the first group.
	places []place
}

// place is the start of a group and the head before it.
type place struct {
	offset int64
	before journal.Head
}

func segmentName(first uint64) string { return fmt.Sprintf("%020d%s", first, segmentSuffix) }

// parseSegmentName gives the first sequence that a name promises; other files in the folder are none of ours.
func parseSegmentName(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok || len(digits) != 20 {
		return 0, false
	}
	first, err := strconv.ParseUint(digits, 10, 64)
	return first, err == nil
}

// newSegment describes the segment that follows head.
func newSegment(id journal.ID, head journal.Head, m mark, size int64) *segment {
	s := &segment{
		name:     segmentName(head.Sequence + 1),
		id:       id,
		first:    head.Sequence + 1,
		previous: head.Hash,
		mark:     m,
		size:     size,
		end:      segmentHeaderBytes,
	}
	s.places = []place{s.start()}
	return s
}

// header gives the first sector of the file.
func (s *segment) header() []byte {
	buf := make([]byte, 0, segmentHeaderBytes)
	buf = append(buf, segmentMagic...)
	buf = binary.BigEndian.AppendUint32(buf, formatVersion)
	buf = binary.BigEndian.AppendUint32(buf, segmentHeaderBytes)
	buf = append(buf, s.id[:]...)
	buf = binary.BigEndian.AppendUint64(buf, s.first)
	buf = append(buf, s.previous[:]...)
	buf = append(buf, s.mark[:]...)
	buf = binary.BigEndian.AppendUint64(buf, uint64(s.size))
	buf = binary.BigEndian.AppendUint32(buf, crc32.Checksum(buf, castagnoli))
	return buf[:segmentHeaderBytes]
}

// parseSegment reads a header and gives the reason why it is none, or "". size is the length of the file. A version
// that is not known is told apart from damage, because then the file is whole and the program is old.
func parseSegment(raw []byte, size int64) (s *segment, version uint32, why string) {
	if len(raw) < segmentHeaderBytes || string(raw[:8]) != segmentMagic {
		return nil, 0, "the file does not begin like a segment"
	}
	if binary.BigEndian.Uint32(raw[headerSumAt:]) != crc32.Checksum(raw[:headerSumAt], castagnoli) {
		return nil, 0, "the checksum of the segment's header is wrong"
	}
	version = binary.BigEndian.Uint32(raw[8:])
	if version != formatVersion {
		return nil, version, ""
	}
	if !allZero(raw[headerSumAt+4 : segmentHeaderBytes]) {
		return nil, version, "the unused part of the segment's header is not zero"
	}
	s = newSegment(journal.ID(raw[16:32]),
		journal.Head{Sequence: binary.BigEndian.Uint64(raw[32:]) - 1, Hash: journal.Hash(raw[40:72])}, mark(raw[72:80]), size)
	if stored := binary.BigEndian.Uint64(raw[80:]); stored != uint64(size) {
		return nil, version, fmt.Sprintf("the file has %d bytes and was made with %d", size, stored)
	}
	return s, version, ""
}

// start is the place of the first group. It is made from what never changes: a reader may ask while places grow.
func (s *segment) start() place {
	return place{segmentHeaderBytes, journal.Head{Sequence: s.first - 1, Hash: s.previous}}
}

// remember notes the start of a group for readers, if the last noted one is far enough away.
func (s *segment) remember(offset int64, before journal.Head) {
	if offset-s.places[len(s.places)-1].offset >= placeEvery {
		s.places = append(s.places, place{offset, before})
	}
}

// placeBefore gives the last remembered place whose group does not begin after sequence.
func (s *segment) placeBefore(sequence uint64) place {
	i := sort.Search(len(s.places), func(i int) bool { return s.places[i].before.Sequence >= sequence })
	return s.places[max(i-1, 0)]
}

// segmentOf gives the index of the segment that holds sequence, or would.
func segmentOf(segments []*segment, sequence uint64) int {
	i, found := slices.BinarySearchFunc(segments, sequence, func(s *segment, sequence uint64) int {
		switch {
		case s.first < sequence:
			return -1
		case s.first > sequence:
			return 1
		}
		return 0
	})
	if found {
		return i
	}
	return max(i-1, 0)
}
