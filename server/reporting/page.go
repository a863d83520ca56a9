package reporting

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// Page asks for a part of a list.
type Page struct {
	// Size is how many at most; 0 means the default of the list.
	Size int
	// Token is from the page before; empty starts.
	Token string
}

// Sizes of pages where the list says nothing else (R45).
const (
	defaultPage = 50
	largestPage = 500
)

func (p Page) size(standard, largest int) (int, error) {
	switch {
	case p.Size < 0:
		return 0, fault.Invalid("PAGE_SIZE_INVALID", "page_size %d: it cannot be negative; 0 gives %d", p.Size, standard).
			With("page_size", p.Size).In("page_size")
	case p.Size == 0:
		return standard, nil
	}
	return min(p.Size, largest), nil
}

// cursor is what a page token holds: where to go on, and what the list was. It grants nothing: every page is authorised
// by itself, so forging one is harmless.
type cursor struct {
	journal  journal.ID
	sequence uint64 // of the first page
	filter   [8]byte
	key      string // the last key that was given
}

// filterHash stands for all the arguments of a list but size and token.
func filterHash(parts ...string) (out [8]byte) {
	h := sha256.New()
	for _, p := range parts {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(len(p)))
		h.Write(b[:])
		h.Write([]byte(p))
	}
	copy(out[:], h.Sum(nil))
	return out
}

func (c cursor) token() string {
	b := make([]byte, 0, 33+len(c.key))
	b = append(b, 1)
	b = append(b, c.journal[:]...)
	b = binary.BigEndian.AppendUint64(b, c.sequence)
	b = append(b, c.filter[:]...)
	return base64.RawURLEncoding.EncodeToString(append(b, c.key...))
}

// open reads a page token, or makes the cursor of a first page.
func (p Page) open(tx *aggregator.Tx, filter [8]byte) (cursor, error) {
	at := stampOf(tx)
	fresh := cursor{journal: at.JournalID, sequence: at.Sequence, filter: filter}
	if p.Token == "" {
		return fresh, nil
	}
	c, err := parseCursor(p.Token)
	if err != nil {
		return cursor{}, err
	}
	if c.journal != at.JournalID {
		return cursor{}, journalReplaced(tx, c.journal)
	}
	if c.filter != filter {
		return cursor{}, badToken("it belongs to a list with other arguments; start from the first page")
	}
	return c, nil
}

// parseCursor reads what token wrote.
func parseCursor(token string) (cursor, error) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < 33 || b[0] != 1 {
		return cursor{}, badToken("it is not one that this server gave")
	}
	c := cursor{sequence: binary.BigEndian.Uint64(b[17:25]), key: string(b[33:])}
	copy(c.journal[:], b[1:17])
	copy(c.filter[:], b[25:33])
	return c, nil
}

func badToken(what string) error {
	return fault.Invalid("PAGE_TOKEN_INVALID", "page_token: %s", what).In("page_token")
}
