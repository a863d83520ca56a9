package head

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// Head is what a note says: the place of an entry, the hash of the chain at it, and when it was accepted.
type Head struct {
	// JournalID is the id of the journal at that entry.
	JournalID journal.ID
	journal.Head
	// Time is when the entry was accepted.
	Time time.Time
}

// textPrefix begins the first line, so that the key's signature under anything else is never taken for a head.
const textPrefix = "tonghop/"

// hashCoding is strict, so that a head has one text.
var hashCoding = base64.StdEncoding.Strict()

// Text gives the four lines that are signed.
func (h Head) Text() string {
	return textPrefix + h.JournalID.String() + "\n" +
		strconv.FormatUint(h.Sequence, 10) + "\n" +
		hashCoding.EncodeToString(h.Hash[:]) + "\n" +
		h.Time.UTC().Format(time.RFC3339Nano) + "\n"
}

// Parse reads the four lines. What Text would have written otherwise is refused, so that no two texts are one head.
func Parse(text string) (Head, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || lines[4] != "" {
		return Head{}, notAHead("it has not four lines")
	}
	var h Head
	id, ours := strings.CutPrefix(lines[0], textPrefix)
	var err error
	if h.JournalID, err = journal.ParseID(id); !ours || err != nil {
		return Head{}, notAHead("the first line is not %q and a journal id", textPrefix)
	}
	if h.Sequence, err = strconv.ParseUint(lines[1], 10, 63); err != nil || h.Sequence == 0 {
		return Head{}, notAHead("the second line is no sequence")
	}
	hash, err := hashCoding.DecodeString(lines[2])
	if err != nil || len(hash) != len(h.Hash) {
		return Head{}, notAHead("the third line is not the base64 of a SHA-256")
	}
	copy(h.Hash[:], hash)
	if h.Time, err = time.Parse(time.RFC3339Nano, lines[3]); err != nil {
		return Head{}, notAHead("the fourth line is no time")
	}
	if h.Text() != text {
		return Head{}, notAHead("it is not written as a server writes it")
	}
	return h, nil
}

func notAHead(format string, args ...any) error {
	return fault.Invalid("HEAD_MALFORMED", "the signed text is no head of a journal: "+format, args...)
}

// Open verifies a note with a verifier key and gives the head in it. Nothing of a note is to be believed before.
func Open(signed, verifierKey string) (Head, error) {
	verifier, err := note.NewVerifier(verifierKey)
	if err != nil {
		return Head{}, fault.Invalid("VERIFIER_KEY_MALFORMED",
			"this is no verifier key: it is one line, NAME+HASH+KEY, as tonghopd init or tonghopd key printed it").In("key")
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(verifier))
	var unverified *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	switch {
	case errors.As(err, &invalid):
		return Head{}, fault.Invalid("HEAD_FORGED", "the signature of the head is wrong: the text is not what the key %s signed",
			verifier.Name()).With("key", verifier.Name())
	case errors.As(err, &unverified):
		return Head{}, fault.Invalid("HEAD_OF_ANOTHER_KEY", "the head is not signed by the key %s", verifierKey).With("key", verifierKey)
	case err != nil:
		return Head{}, fault.Invalid("HEAD_MALFORMED", "this is no signed note: four lines, an empty one, and the line of a signature")
	}
	return Parse(opened.Text)
}
