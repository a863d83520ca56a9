package reporting

import (
	"bytes"
	"fmt"
	"testing"
)

// TestItemsOfAStreamHaveIDsInTheirOrder: the same whenever they are made, one behind the other, and other ones in another
// stream, also if that one began in the same instant.
func TestItemsOfAStreamHaveIDsInTheirOrder(t *testing.T) {
	stream := [16]byte{0x01, 0x8e, 0x45, 0x71, 0x7f, 0, 0x70, 1, 0x80, 15: 1}
	twin := stream
	twin[15] = 2
	seen := map[[16]byte]bool{}
	var last [16]byte
	for index := range 70_000 {
		id := itemID(stream, index)
		if bytes.Compare(id[:], last[:]) <= 0 {
			t.Fatalf("item %d has the id %x behind %x", index, id, last)
		}
		if id != itemID(stream, index) {
			t.Fatalf("item %d has two ids", index)
		}
		last = id
		for _, id := range [][16]byte{id, itemID(twin, index), itemID(stream, index+1<<24)} {
			if seen[id] {
				t.Fatalf("an id of item %d was given before: %x", index, id)
			}
			seen[id] = true
		}
	}
}

// TestAnItemsIDIsSpelledOut holds the form for ever: a stream that was broken off by one version may be resumed by another.
func TestAnItemsIDIsSpelledOut(t *testing.T) {
	want, got := "0102030405060708030201", itemID([16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9}, 3<<16|2<<8|1)
	if fmt.Sprintf("%x", got[:11]) != want || [5]byte(got[11:]) == ([5]byte{}) {
		t.Errorf("itemID = %x, want %s and a hash", got, want)
	}
}
