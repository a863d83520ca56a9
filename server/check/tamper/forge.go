package tamper

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
)

// What a forger knows of the format, from its page: he shares no code with the journal.
const (
	segmentHeader = 512
	groupHeader   = 60
	entryHeader   = 40
	blockHeader   = 17
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// forged is an entry as it lies in a segment.
type forged struct {
	public      []byte
	privateHash [32]byte
	block       []byte
}

// forgedGroup is a group; before is the hash that it claims to follow.
type forgedGroup struct {
	first   uint64
	before  [32]byte
	entries []forged
}

// forgedSegment is a segment with its groups.
type forgedSegment struct {
	name   string
	header []byte
	groups []forgedGroup
	size   int
}

// steal reads the segments of a journal.
func steal(dir string) ([]forgedSegment, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.journal"))
	if err != nil || len(files) == 0 {
		return nil, errors.Join(err, fmt.Errorf("%s holds no journal", dir))
	}
	slices.Sort(files)
	var journal []forgedSegment
	for _, file := range files {
		data, err := os.ReadFile(file) //nolint:gosec // the folder of this run
		if err != nil {
			return nil, err
		}
		s := forgedSegment{name: filepath.Base(file), header: slices.Clone(data[:segmentHeader]), size: len(data)}
		for at := segmentHeader; at+groupHeader <= len(data) && string(data[at:at+8]) == string(s.header[72:80]); {
			g, end := stealGroup(data, at)
			s.groups = append(s.groups, g)
			at = end
		}
		journal = append(journal, s)
	}
	return journal, nil
}

func stealGroup(data []byte, at int) (forgedGroup, int) {
	g := forgedGroup{first: binary.BigEndian.Uint64(data[at+8:])}
	count := binary.BigEndian.Uint32(data[at+16:])
	copy(g.before[:], data[at+24:])
	at += groupHeader
	for range count {
		public, text := int(binary.BigEndian.Uint32(data[at:])), int(binary.BigEndian.Uint32(data[at+4:]))
		e := forged{}
		copy(e.privateHash[:], data[at+8:])
		at += entryHeader
		e.public = slices.Clone(data[at : at+public])
		at += public
		if text > 0 {
			e.block = slices.Clone(data[at : at+blockHeader+text])
			at += blockHeader + text
		}
		g.entries = append(g.entries, e)
	}
	return g, at + 4
}

// leave writes the segments into a folder, with every checksum as it should be.
func leave(dir string, journal []forgedSegment) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, s := range journal {
		header := slices.Clone(s.header)
		binary.BigEndian.PutUint32(header[88:], crc32.Checksum(header[:88], castagnoli))
		data := header
		for _, g := range s.groups {
			data = leaveGroup(data, s.header[72:80], g)
		}
		data = append(data, make([]byte, max(s.size-len(data), 0))...)
		if err := os.WriteFile(filepath.Join(dir, s.name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func leaveGroup(b, mark []byte, g forgedGroup) []byte {
	start := len(b)
	b = append(b, mark...)
	b = binary.BigEndian.AppendUint64(b, g.first)
	b = binary.BigEndian.AppendUint32(b, uint32(len(g.entries))) //nolint:gosec // few
	length := 0
	for _, e := range g.entries {
		length += entryHeader + len(e.public) + len(e.block)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(length)) //nolint:gosec // small
	b = append(b, g.before[:]...)
	sum := crc32.New(castagnoli)
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
	sum.Write(b[start:])
	for _, e := range g.entries {
		from := len(b)
		b = binary.BigEndian.AppendUint32(b, uint32(len(e.public)))                    //nolint:gosec // small
		b = binary.BigEndian.AppendUint32(b, uint32(max(len(e.block)-blockHeader, 0))) //nolint:gosec // small
		b = append(append(b, e.privateHash[:]...), e.public...)
		sum.Write(b[from:])
		b = append(b, e.block...)
	}
	return binary.BigEndian.AppendUint32(b, sum.Sum32())
}

// rebuild makes the chain whole again from end to end: sequences, predecessors, headers and names of segments, as only
// somebody does who knows the format as well as its makers.
func rebuild(journal []forgedSegment) {
	first := sha256.Sum256(append([]byte("tonghop/journal/first/1\n"), journal[0].header[16:32]...))
	chain, next := first, uint64(1)
	for i := range journal {
		s := &journal[i]
		s.name = fmt.Sprintf("%020d.journal", next)
		binary.BigEndian.PutUint64(s.header[32:], next)
		copy(s.header[40:72], chain[:])
		for j := range s.groups {
			g := &s.groups[j]
			g.first, g.before = next, chain
			for _, e := range g.entries {
				text := binary.BigEndian.AppendUint64(append([]byte("tonghop/journal/entry/1\n"), chain[:]...), uint64(len(e.public)))
				chain = sha256.Sum256(append(append(text, e.public...), e.privateHash[:]...))
				next++
			}
		}
	}
}

// seal gives a private block its hash.
func (e *forged) seal() {
	if len(e.block) > 0 {
		e.privateHash = sha256.Sum256(e.block[1:])
	}
}
