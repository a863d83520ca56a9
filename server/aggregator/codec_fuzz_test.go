package aggregator

import (
	"bytes"
	"testing"
)

// FuzzStored holds of any bytes that stand where the state has a row, a record, a link, a page, a mark or the key of a note: what
// reads them says no, or reads something; it never fails otherwise, for a damaged disk must not take the server down.
func FuzzStored(f *testing.F) {
	for kind := range uint8(6) {
		f.Add(kind, []byte{})
		f.Add(kind, []byte{1, 2, 3, 0x80, 0xff, 0, 7, 8, 9})
	}
	f.Add(uint8(4), []byte((mark{boot: "b"}).String()))
	f.Add(uint8(5), noteKey(nil, 77, 3))
	f.Add(uint8(3), make([]byte, 64))
	f.Fuzz(func(t *testing.T, kind uint8, b []byte) {
		before := bytes.Clone(b)
		switch kind % 6 {
		case 0:
			if r, ok := decodeRow(b); ok && len(r.cells) > len(b) {
				t.Fatalf("%x is a row of %d cells", b, len(r.cells))
			}
		case 1:
			if r, ok := decodeRecord(b, nil); ok && len(r.held)+len(r.exclusions) > len(b) {
				t.Fatalf("%x is a record of %d revisions", b, len(r.held))
			}
		case 2:
			_, _ = parseLink(b)
		case 3:
			if p, err := parsePage(b); err == nil {
				for n := range p.count {
					_ = p.key(n)
				}
			}
		case 4:
			if m, ok := parseMark(string(b)); ok && m.String() != string(b) {
				t.Fatalf("%q is the mark %v", b, m)
			}
		case 5:
			if n, ok := noteSequence(b); ok && bytes.Compare(noteKey(nil, n, 0), b) > 0 && b[0] > 0 && b[1] > 0 {
				t.Fatalf("%x is the key of %d, which has %x", b, n, noteKey(nil, n, 0))
			}
		}
		if !bytes.Equal(b, before) {
			t.Fatalf("reading has changed %x", before)
		}
	})
}

// FuzzNoteKey holds that keys of notes come back, and sort as what they are of.
func FuzzNoteKey(f *testing.F) {
	f.Add(uint64(1), uint64(2), 0, 1)
	f.Add(uint64(255), uint64(256), 300, 0)
	f.Add(uint64(0), uint64(1)<<63, 1, 1)
	f.Fuzz(func(t *testing.T, a, b uint64, i, j int) {
		i, j = i&0xffffff, j&0xffffff
		left, right := noteKey(nil, a, i), noteKey(nil, b, j)
		if got, ok := noteSequence(left); !ok || got != a {
			t.Fatalf("the key of %d is of %d, %t", a, got, ok)
		}
		want := 0
		switch {
		case a < b, a == b && i < j:
			want = -1
		case a > b, a == b && i > j:
			want = 1
		}
		if got := bytes.Compare(left, right); got != want {
			t.Fatalf("%d/%d and %d/%d sort as %d, want %d", a, i, b, j, got, want)
		}
	})
}
