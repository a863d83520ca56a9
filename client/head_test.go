package client_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/client"
)

// The example of the page about signed heads, server/head/doc.go.
const (
	headNote = `tonghop/000102030405060708090a0b0c0d0e0f
7
czAIcfRMFo58lJ3ix1DmDCybuP9TABfFomcjTpy0244=
2026-11-22T03:04:05.000000006Z

— tonghop-000102030405 VKib5J/mxbrhylt31woeexgBw6ZSB/pLb/ZC/IxZzIrDrzvH/dY5FrrhajnrPMcupG9vDK4UgSPKHpjbj9sS3JwCaQg=
`
	headKey  = "tonghop-000102030405+54a89be4+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
	otherKey = "tonghop-7f7fe7631c8e+ab4b2e92+AXS/tz7FlEb2liGvRIEYLacNpWam0MOeAlLZEWFJFhqv"
)

func TestR50ASignedHeadIsOpenedWithTheKeyThatIsBelieved(t *testing.T) {
	want := client.Head{
		JournalID: "000102030405060708090a0b0c0d0e0f", Sequence: 7, Key: headKey,
		Hash:       "73300871f44c168e7c949de2c750e60c2c9bb8ff530017c5a267234e9cb4db8e",
		AcceptTime: time.Date(2026, time.November, 22, 3, 4, 5, 6, time.UTC),
	}
	if got, err := client.OpenHead(headNote, headKey+"\n"); err != nil || got != want {
		t.Errorf("OpenHead = %+v, %v, want %+v", got, err, want)
	}
	if _, err := client.OpenHead(headNote, otherKey); !errors.Is(err, client.ErrHeadKey) {
		t.Errorf("with another key: %v", err)
	}
	if _, err := client.OpenHead(strings.Replace(headNote, "\n7\n", "\n8\n", 1), headKey); !errors.Is(err, client.ErrHeadForged) {
		t.Errorf("with another sequence: %v", err)
	}
	for _, bad := range []string{"", "tonghop-000102030405", "a+b+c"} {
		if _, err := client.OpenHead(headNote, bad); err == nil {
			t.Errorf("OpenHead with the key %q = nil", bad)
		}
	}
}

// TestNoByteOfASignedHeadCanBeChanged.
func TestNoByteOfASignedHeadCanBeChanged(t *testing.T) {
	for i := range headNote {
		for _, flip := range []byte{1, 0x20, 0x80} {
			altered := []byte(headNote)
			altered[i] ^= flip
			if got, err := client.OpenHead(string(altered), headKey); err == nil {
				t.Errorf("byte %d changed by %#x: %+v", i, flip, got)
			}
		}
	}
}

// A head that was kept proves what it says with the key that was handed over when the store was made.
func ExampleOpenHead() {
	head, err := client.OpenHead(headNote, headKey)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("entry", head.Sequence, "of journal", head.JournalID)
	fmt.Println("has the hash", head.Hash)
	_, err = client.OpenHead(strings.Replace(headNote, "\n7\n", "\n8\n", 1), headKey)
	fmt.Println(err)
	// Output:
	// entry 7 of journal 000102030405060708090a0b0c0d0e0f
	// has the hash 73300871f44c168e7c949de2c750e60c2c9bb8ff530017c5a267234e9cb4db8e
	// the signature of the head is wrong: somebody changed the text, or the signature
}
