package journal_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/tonghop/tonghop/server/journal"
)

// The chain as the documentation writes it, put together by concatenation: the oracle of Chain.
func chainByTheBook(previous journal.Hash, public []byte, private journal.Hash) journal.Hash {
	length := binary.BigEndian.AppendUint64(nil, uint64(len(public)))
	return sha256.Sum256(slices.Concat([]byte("tonghop/journal/entry/1\n"), previous[:], length, public, private[:]))
}

func TestChainIsTheDocumentedHash(t *testing.T) {
	id := journal.ID{0: 1, 15: 0xff}
	first := journal.FirstHash(id)
	if want := journal.Hash(sha256.Sum256(append([]byte("tonghop/journal/first/1\n"), id[:]...))); first != want {
		t.Errorf("FirstHash(%v) = %v, want %v", id, first, want)
	}
	private := journal.PrivateHash([16]byte{7}, []byte("Nguyễn Văn A"))
	if want := journal.Hash(sha256.Sum256(append(append(make([]byte, 0, 64), 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
		"Nguyễn Văn A"...))); private != want {
		t.Errorf("PrivateHash = %v, want %v", private, want)
	}
	for _, public := range [][]byte{nil, []byte("a"), bytes.Repeat([]byte("figures"), 5000)} {
		if got, want := journal.Chain(first, public, private), chainByTheBook(first, public, private); got != want {
			t.Errorf("Chain of %d bytes = %v, want %v", len(public), got, want)
		}
	}
}

// Journals already written depend on these: a change of any of them makes every store unreadable.
func TestHashesNeverChange(t *testing.T) {
	first := journal.FirstHash(journal.ID{})
	chained := journal.Chain(first, []byte("entry"), journal.PrivateHash([16]byte{1}, []byte("name")))
	for what, pair := range map[string][2]string{
		"first": {first.String(), "fa16da61f69232c5a8865a026b5338c3a3f715651e7562b270cbfb21dd21ddd5"},
		"chain": {chained.String(), "b4c6235a0364c05e9ce86cec2ee7475a2aebd1429844378adbc0ad4fbcd1b9d3"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s hash = %s, want %s", what, pair[0], pair[1])
		}
	}
}

func TestAnEntryWithoutPrivatePartHasTheZeroHash(t *testing.T) {
	if got := journal.PrivateHash([16]byte{1}, nil); !got.IsZero() {
		t.Errorf("PrivateHash of nothing = %v, want zero", got)
	}
}

func TestChainDoesNotAllocate(t *testing.T) {
	public, private := make([]byte, 300), make([]byte, 40)
	var hash journal.Hash
	if n := testing.AllocsPerRun(100, func() {
		hash = journal.Chain(hash, public, journal.PrivateHash([16]byte{1}, private))
	}); n != 0 {
		t.Errorf("one entry's hashes allocate %v times, want 0", n)
	}
}

func TestIDReadsItsOwnText(t *testing.T) {
	id := journal.NewID()
	if id.IsZero() || id == journal.NewID() {
		t.Fatalf("NewID = %v twice or zero", id)
	}
	if got, err := journal.ParseID(id.String()); err != nil || got != id {
		t.Errorf("ParseID(%q) = %v, %v", id, got, err)
	}
	for _, text := range []string{"", "00", id.String() + "00", "zz" + id.String()[2:], "AB" + hex.EncodeToString(id[1:])} {
		if got, err := journal.ParseID(text); err == nil {
			t.Errorf("ParseID(%q) = %v, want an error", text, got)
		}
	}
}
