package client

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// GetSignedHead has the server sign the head of its chain at an entry. Nothing in the answer is proved before its note is
// verified, with a key that did not come with it: see [OpenHead].
func (c *Client) GetSignedHead(ctx context.Context, q *reportingv1.GetSignedHeadRequest) (*reportingv1.SignedHead, error) {
	return call(ctx, c, "GetSignedHead", c.operations.GetSignedHead, q)
}

// Head is what a signed head says: that the chain of a journal has a hash at an entry.
type Head struct {
	// JournalID is the id of the journal at that entry, 32 hexadecimal digits.
	JournalID string
	// Sequence is that of the entry.
	Sequence int64
	// Hash is that of the chain at the entry, 64 hexadecimal digits.
	Hash string
	// AcceptTime is when the entry was accepted.
	AcceptTime time.Time
	// Key is the verifier key that the signature was verified with.
	Key string
}

// What OpenHead finds wrong, for errors.Is.
var (
	// ErrHeadKey says that another key than the one that is believed signed the head.
	ErrHeadKey = errors.New("the head is not signed with this key")
	// ErrHeadForged says that the signature is not of this text.
	ErrHeadForged = errors.New("the signature of the head is wrong: somebody changed the text, or the signature")
)

// OpenHead verifies a signed head with a verifier key and gives what it says. The page about its bytes is the
// documentation of server/head.
func OpenHead(signed, verifierKey string) (Head, error) {
	verifier, err := note.NewVerifier(strings.TrimSpace(verifierKey))
	if err != nil {
		return Head{}, fmt.Errorf("%q is no verifier key: it is one line, NAME+HASH+KEY, as tonghopd init or tonghopd key printed it", verifierKey)
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(verifier))
	var unverified *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	switch {
	case errors.As(err, &invalid):
		return Head{}, ErrHeadForged
	case errors.As(err, &unverified):
		return Head{}, ErrHeadKey
	case err != nil:
		return Head{}, errors.New("this is no signed head: four lines, an empty one, and the line of a signature")
	}
	h, err := headOf(opened.Text)
	h.Key = strings.TrimSpace(verifierKey)
	return h, err
}

// headOf reads the four lines of a head.
func headOf(text string) (Head, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || lines[4] != "" {
		return Head{}, errors.New("the signed text is no head of a journal: it has not four lines")
	}
	id, ours := strings.CutPrefix(lines[0], "tonghop/")
	raw, err := hex.DecodeString(id)
	if !ours || err != nil || len(raw) != 16 {
		return Head{}, errors.New("the signed text is no head of a journal: its first line names none")
	}
	sequence, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || sequence < 1 {
		return Head{}, errors.New("the signed text is no head of a journal: its second line is no sequence")
	}
	hash, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(hash) != 32 {
		return Head{}, errors.New("the signed text is no head of a journal: its third line is no SHA-256")
	}
	accepted, err := time.Parse(time.RFC3339Nano, lines[3])
	if err != nil {
		return Head{}, errors.New("the signed text is no head of a journal: its fourth line is no time")
	}
	return Head{JournalID: id, Sequence: sequence, Hash: hex.EncodeToString(hash), AcceptTime: accepted.UTC()}, nil
}
