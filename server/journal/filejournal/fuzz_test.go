package filejournal

import (
	"bytes"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// FuzzDecodeGroup: any bytes either are no group, or are exactly the group that its entries make.
func FuzzDecodeGroup(f *testing.F) {
	first := journal.Head{Hash: journal.FirstHash(exampleID)}
	raw, _ := appendGroup(nil, exampleMark, first, exampleRecords)
	f.Add(raw[groupHeaderBytes:], uint32(2))
	f.Add([]byte{}, uint32(0))
	f.Fuzz(func(t *testing.T, rest []byte, count uint32) {
		// The header is made to fit, or hardly any input would get past its checksum.
		body := max(len(rest)-groupTrailerBytes, 0)
		header := groupHeader{first: 1, count: count, body: uint32(body), previous: first.Hash}
		raw := append(header.append(nil, exampleMark), rest...)
		var g group
		if g.decode(raw, exampleMark, first) != "" {
			return
		}
		records := make([]journal.Record, len(g.entries))
		for i, entry := range g.entries {
			if entry.Removed {
				return // what was removed cannot be made again
			}
			records[i] = journal.Record{Public: entry.Public, Salt: entry.Salt, Private: entry.Private}
		}
		again, after := appendGroup(nil, exampleMark, first, records)
		if !bytes.Equal(again, raw[:len(again)]) || after != g.after {
			t.Errorf("decode and encode of %x give %x", raw, again)
		}
	})
}

// FuzzOpenSegment: a file of any content in the place of the last segment is refused, or becomes a journal that can be
// read and appended to.
func FuzzOpenSegment(f *testing.F) {
	first := journal.Head{Hash: journal.FirstHash(exampleID)}
	header := newSegment(exampleID, first, exampleMark, MinSegmentBytes).header()
	group, _ := appendGroup(nil, exampleMark, first, exampleRecords)
	f.Add(group)
	f.Add(append(group, group...))
	f.Add(group[:len(group)-1])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		raw := make([]byte, MinSegmentBytes)
		copy(raw[copy(raw, header):], content)
		disk := diskOf(map[string][]byte{segmentName(1): raw})
		config := Config{Dir: "journal", SegmentBytes: MinSegmentBytes, Files: disk, LockWait: -1}
		j, err := Open(t.Context(), config)
		if err != nil {
			if fault.KindOf(err) != fault.KindDataLoss {
				t.Errorf("Open = %v, want DataLoss or success", err)
			}
			return
		}
		head := j.Head()
		if _, err := j.Append(t.Context(), head.Sequence, exampleRecords); err != nil {
			t.Errorf("Append = %v", err)
		}
		if err := j.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
		again, err := OpenReadOnly(t.Context(), config)
		if err != nil {
			t.Fatalf("OpenReadOnly after Close = %v", err)
		}
		if got := again.Head(); got != j.Head() || got.Sequence != head.Sequence+2 {
			t.Errorf("Head = %+v, want %+v", got, j.Head())
		}
	})
}
