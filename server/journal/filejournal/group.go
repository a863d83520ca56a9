package filejournal

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/tonghop/tonghop/server/journal"
)

// The sizes and marks of a group; doc.go draws them.
const (
	groupHeaderBytes  = 60
	groupTrailerBytes = 4
	entryHeaderBytes  = 40
	blockHeaderBytes  = 17

	// The two marks of a private block differ in every bit, so that no single flip removes a text or brings one back.
	blockPresent = 0x50
	blockRemoved = 0xAF
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// mark begins every group of one segment. It is drawn at random for the segment, so that no text that a caller submits
// can look like a group when the tail of a torn segment is searched.
type mark [8]byte

// groupHeader is the first part of a group.
type groupHeader struct {
	first    uint64
	count    uint32
	body     uint32
	previous journal.Hash
}

func (h groupHeader) append(buf []byte, m mark) []byte {
	start := len(buf)
	buf = append(buf, m[:]...)
	buf = binary.BigEndian.AppendUint64(buf, h.first)
	buf = binary.BigEndian.AppendUint32(buf, h.count)
	buf = binary.BigEndian.AppendUint32(buf, h.body)
	buf = append(buf, h.previous[:]...)
	return binary.BigEndian.AppendUint32(buf, crc32.Checksum(buf[start:], castagnoli))
}

// parseGroupHeader reads a header and reports whether it is one of this segment.
func parseGroupHeader(raw []byte, m mark) (groupHeader, bool) {
	if len(raw) < groupHeaderBytes || mark(raw) != m ||
		binary.BigEndian.Uint32(raw[groupHeaderBytes-4:]) != crc32.Checksum(raw[:groupHeaderBytes-4], castagnoli) {
		return groupHeader{}, false
	}
	return groupHeader{
		first:    binary.BigEndian.Uint64(raw[8:]),
		count:    binary.BigEndian.Uint32(raw[16:]),
		body:     binary.BigEndian.Uint32(raw[20:]),
		previous: journal.Hash(raw[24:56]),
	}, true
}

// size is the length of the whole group in bytes.
func (h groupHeader) size() int64 { return groupHeaderBytes + int64(h.body) + groupTrailerBytes }

// groupBytes is the size that the records will have as a group.
func groupBytes(records []journal.Record) int64 {
	size := int64(groupHeaderBytes + groupTrailerBytes)
	for _, record := range records {
		size += entryHeaderBytes + int64(len(record.Public))
		if len(record.Private) > 0 {
			size += blockHeaderBytes + int64(len(record.Private))
		}
	}
	return size
}

// appendGroup writes the records behind head as a group and gives the head after them.
func appendGroup(buf []byte, m mark, head journal.Head, records []journal.Record) ([]byte, journal.Head) {
	header := groupHeader{
		first:    head.Sequence + 1,
		count:    uint32(len(records)),
		body:     uint32(groupBytes(records) - groupHeaderBytes - groupTrailerBytes),
		previous: head.Hash,
	}
	start := len(buf)
	buf = header.append(buf, m)
	sum := crc32.Checksum(buf[start:], castagnoli)
	for _, record := range records {
		hash := journal.PrivateHash(record.Salt, record.Private)
		start = len(buf)
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(record.Public)))
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(record.Private)))
		buf = append(buf, hash[:]...)
		buf = append(buf, record.Public...)
		sum = crc32.Update(sum, castagnoli, buf[start:])
		if len(record.Private) > 0 {
			buf = append(buf, blockPresent)
			buf = append(buf, record.Salt[:]...)
			buf = append(buf, record.Private...)
		}
		head = journal.Head{Sequence: head.Sequence + 1, Hash: journal.Chain(head.Hash, record.Public, hash)}
	}
	return binary.BigEndian.AppendUint32(buf, sum), head
}

// group is a decoded group; its slices point into the bytes it was decoded from and are used again by the next decode.
type group struct {
	entries []journal.Entry
	// blocks holds for each entry where its private block begins in the group, 0 where it has none.
	blocks []int
	// after is the head behind the group.
	after journal.Head
}

// decode reads the group that follows head. It gives the reason why raw is no such group, or "" for success.
func (g *group) decode(raw []byte, m mark, head journal.Head) string {
	header, ok := parseGroupHeader(raw, m)
	switch {
	case !ok:
		return "there is no group"
	case header.first != head.Sequence+1:
		return "the group has another sequence than the one that follows"
	case header.previous != head.Hash:
		return "the group names another predecessor"
	case int64(len(raw)) < header.size():
		return "the group is cut short"
	}
	g.entries, g.blocks, g.after = g.entries[:0], g.blocks[:0], head
	sum := crc32.Checksum(raw[:groupHeaderBytes], castagnoli)
	at, end := groupHeaderBytes, int(header.size())-groupTrailerBytes
	for range header.count {
		next, summed := g.decodeEntry(raw[:end], at)
		if next == 0 {
			return "an entry runs beyond its group"
		}
		sum = crc32.Update(sum, castagnoli, raw[at:summed])
		at = next
	}
	if at != end {
		return "the entries do not fill their group"
	}
	if sum != binary.BigEndian.Uint32(raw[end:]) {
		return "the checksum of the group is wrong"
	}
	return g.verify(raw)
}

// decodeEntry takes the entry at offset at apart, unverified. It gives the offset of the next entry and the end of what
// the group's checksum covers, or 0 if the entry does not fit.
func (g *group) decodeEntry(raw []byte, at int) (next, summed int) {
	if len(raw)-at < entryHeaderBytes {
		return 0, 0
	}
	public, private := uint64(binary.BigEndian.Uint32(raw[at:])), uint64(binary.BigEndian.Uint32(raw[at+4:]))
	need := public + private
	if private > 0 {
		need += blockHeaderBytes
	}
	body := at + entryHeaderBytes
	if need > uint64(len(raw)-body) {
		return 0, 0
	}
	summed = body + int(public)
	entry := journal.Entry{
		Public:      raw[body:summed:summed],
		PrivateHash: journal.Hash(raw[at+8 : at+entryHeaderBytes]),
	}
	block := 0
	next = body + int(need)
	if private > 0 {
		block = summed
		entry.Salt = [16]byte(raw[block+1 : block+blockHeaderBytes])
		entry.Private = raw[block+blockHeaderBytes : next : next]
	}
	g.entries, g.blocks = append(g.entries, entry), append(g.blocks, block)
	return next, summed
}

// verify checks the private parts against their hashes and computes the chain.
func (g *group) verify(raw []byte) string {
	for i := range g.entries {
		entry := &g.entries[i]
		switch block := g.blocks[i]; {
		case block == 0 && !entry.PrivateHash.IsZero():
			return "an entry has the hash of a private part and no private part"
		case block == 0:
		case raw[block] == blockRemoved:
			entry.Salt, entry.Private, entry.Removed = [16]byte{}, nil, true
		case raw[block] != blockPresent:
			return "a private part is neither there nor removed"
		case journal.PrivateHash(entry.Salt, entry.Private) != entry.PrivateHash:
			return "a private part does not match its hash"
		}
		g.after.Sequence++
		g.after.Hash = journal.Chain(g.after.Hash, entry.Public, entry.PrivateHash)
		entry.Sequence, entry.Hash = g.after.Sequence, g.after.Hash
	}
	return ""
}

// unfinished reports whether the private block of entry i is marked as removed but not all zeros, as a crash in the
// middle of a removal leaves it.
func (g *group) unfinished(raw []byte, i int) bool {
	block := g.blocks[i]
	if block == 0 || !g.entries[i].Removed {
		return false
	}
	end := block + g.blockBytes(raw, i)
	return !allZero(raw[block+1 : end])
}

// blockBytes is the length of the private block of entry i, its mark included. The block ends where the next entry
// begins, which only the entry's own header tells: Private is nil once it is removed.
func (g *group) blockBytes(raw []byte, i int) int {
	header := g.blocks[i] - len(g.entries[i].Public) - entryHeaderBytes
	return blockHeaderBytes + int(binary.BigEndian.Uint32(raw[header+4:]))
}

func allZero(raw []byte) bool {
	for _, b := range raw {
		if b != 0 {
			return false
		}
	}
	return true
}
