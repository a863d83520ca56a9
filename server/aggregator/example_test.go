package aggregator_test

import (
	"encoding/hex"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// documented gives the bytes of the example in doc.go.
func documented(t *testing.T) (key, value []byte) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	line := func(name string) []byte {
		found := regexp.MustCompile(`(?m)^\t` + name + `  +(.*)$`).FindStringSubmatch(file.Doc.Text())
		if found == nil {
			t.Fatalf("doc.go has no example of a %s", name)
		}
		raw, err := hex.DecodeString(strings.ReplaceAll(strings.ReplaceAll(found[1], "and the checksum", ""), " ", ""))
		if err != nil {
			t.Fatalf("%q: %v", found[1], err)
		}
		return raw
	}
	return line("key"), line("value")
}

// TestTheDocumentedRowIsWhatIsWritten tells the story of the example and finds its bytes in the file.
func TestTheDocumentedRowIsWhatIsWritten(t *testing.T) {
	at, want := documented(t)
	s := house(t)
	s.tell(numbered(0, plainIndicator("S", indicator.UnitSum, indicator.Flow, indicator.TimeSum)),
		forms(0, plainForm("F", period.Month, "kind:commune", "S")))
	s.add(entry.ReportsSubmitted{Reports: []entry.Submission{
		sent(keyOf("A"), 1, map[uint32]figure.Figure{0: value10}).Reports[0],
		sent(keyOf("B"), 1, map[uint32]figure.Figure{0: value20}).Reports[0],
	}})
	s.add(entry.ReportApproved{Key: keyOf("A"), Revision: 1})
	s.add(entry.ReportApproved{Key: keyOf("B"), Revision: 1})
	s.commit()
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(s.path("state.bolt"), 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	_ = db.View(func(tx *bolt.Tx) error {
		if got := tx.Bucket([]byte("rollups")).Get(at); hex.EncodeToString(got) != hex.EncodeToString(want) {
			t.Errorf("the row is %x, documented as %x", got, want)
		}
		return nil
	})
	if aggregator.StateVersion != 16 {
		t.Error("a new state version needs a new example")
	}
}

var (
	value10 = value(10)
	value20 = value(20)
)

func keyOf(unit string) entry.ReportKey { return key(unit, "F", "2024-01") }
