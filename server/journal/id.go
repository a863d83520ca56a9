package journal

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/tonghop/tonghop/server/fault"
)

// ID names one journal for ever: 128 random bits drawn by init, and drawn anew by every restore. Receipts, cursors and
// page tokens carry it, so that a position in another history is recognised instead of being answered.
type ID [16]byte

// NewID draws an id.
func NewID() ID {
	var id ID
	_, _ = rand.Read(id[:]) // never fails: the runtime stops the process instead
	return id
}

// ParseID reads what String wrote: 32 hexadecimal digits in lower case.
func ParseID(text string) (ID, error) {
	var id ID
	decoded, err := hex.DecodeString(text)
	if err != nil || len(decoded) != len(id) || hex.EncodeToString(decoded) != text {
		return ID{}, fault.Invalid("JOURNAL_ID_INVALID",
			"journal id %q: want 32 hexadecimal digits in lower case, as the server wrote them", text).With("id", text)
	}
	copy(id[:], decoded)
	return id, nil
}

// String gives 32 hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether this is no id at all; init never draws it.
func (id ID) IsZero() bool { return id == ID{} }
