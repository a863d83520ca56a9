package filejournal

import (
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/journal"
)

// The example in doc.go, line by line: an offset in decimal, then bytes.
func exampleBytes(t *testing.T) []byte {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(doc), "# An example")
	raw := make([]byte, 4096)
	for line := range strings.Lines(example) {
		offset, text, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "//\t")), "  ")
		at, err := strconv.Atoi(offset)
		if !ok || err != nil || !strings.HasPrefix(line, "//\t") {
			continue
		}
		content, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
		if err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		copy(raw[at:], content)
	}
	return raw
}

var (
	exampleID      = journal.ID{0x74, 0x68, 15: 0x01}
	exampleMark    = mark{0xd1, 0x5e, 0xa5, 0xe0, 0x0f, 0xf1, 0xce, 0x42}
	exampleRecords = []journal.Record{
		{Public: []byte("30280 cds-thang 2024-02")},
		{Public: []byte("note"), Salt: [16]byte{1, 2, 3, 15: 16}, Private: []byte("Nguyễn Văn A")},
	}
)

func TestTheDocumentedExampleIsASegment(t *testing.T) {
	raw := exampleBytes(t)
	s, _, why := parseSegment(raw[:segmentHeaderBytes], int64(len(raw)))
	if why != "" || s.id != exampleID || s.first != 1 || s.mark != exampleMark || s.previous != journal.FirstHash(exampleID) {
		t.Fatalf("header = %+v, %q", s, why)
	}
	var g group
	if why := g.decode(raw[segmentHeaderBytes:], s.mark, s.start().before); why != "" {
		t.Fatalf("decode = %q", why)
	}
	if len(g.entries) != len(exampleRecords) {
		t.Fatalf("decoded %d entries, want %d", len(g.entries), len(exampleRecords))
	}
	for i, want := range exampleRecords {
		got := g.entries[i]
		if string(got.Public) != string(want.Public) || string(got.Private) != string(want.Private) || got.Salt != want.Salt {
			t.Errorf("entry %d = %+v, want %+v", i+1, got, want)
		}
	}
	if end := segmentHeaderBytes + groupBytes(exampleRecords); !allZero(raw[end:]) {
		t.Errorf("there is something behind the group, from byte %d", end)
	}
}

// What is written today is what the page says, byte for byte.
func TestTheDocumentedExampleIsWhatIsWritten(t *testing.T) {
	first := journal.Head{Hash: journal.FirstHash(exampleID)}
	raw := newSegment(exampleID, first, exampleMark, 4096).header()
	raw, _ = appendGroup(raw, exampleMark, first, exampleRecords)
	raw = append(raw, make([]byte, 4096-len(raw))...)
	if want := exampleBytes(t); string(raw) != string(want) {
		t.Errorf("the example should be:\n%s", dump(raw))
	}
}

// dump writes bytes as doc.go shows them, rows of zeros left out.
func dump(raw []byte) string {
	var text strings.Builder
	for at := 0; at < len(raw); at += 24 {
		if row := raw[at:min(at+24, len(raw))]; !allZero(row) {
			text.WriteString("//\t" + strings.Repeat(" ", 4-len(strconv.Itoa(at))) + strconv.Itoa(at) + "  " + hex.EncodeToString(row) + "\n")
		}
	}
	return text.String()
}
