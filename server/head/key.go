package head

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// nameDigits is how many digits of the journal id the name of a key has: enough for a person to tell stores apart.
const nameDigits = 12

// KeyName is the name of the keys of a journal.
func KeyName(id journal.ID) string { return "tonghop-" + id.String()[:nameDigits] }

// Key is a private key that signs heads. It shows itself to nobody but Reveal, so that what holds it may be logged.
type Key struct {
	private  string
	verifier string
	signer   note.Signer
}

// NewKey makes a key for a journal. It takes its bytes from random, which must be a source for secrets.
func NewKey(id journal.ID, random io.Reader) (*Key, error) {
	private, _, err := note.GenerateKey(random, KeyName(id))
	if err != nil {
		return nil, fault.Internal(err, "no random bytes for a key")
	}
	return ParseKey(private)
}

// ParseKey reads what Reveal gave. Its errors hold nothing of the text.
func ParseKey(text string) (*Key, error) {
	text = strings.TrimSpace(text)
	signer, err := note.NewSigner(text)
	if err != nil {
		return nil, malformed()
	}
	// NewSigner has found all of this to be right: PRIVATE, KEY, name, hash, and the algorithm with the seed.
	parts := strings.SplitN(text, "+", 5)
	seed, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return nil, malformed()
	}
	public, ok := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return nil, malformed()
	}
	verifier, err := note.NewEd25519VerifierKey(signer.Name(), public)
	if err != nil {
		return nil, malformed()
	}
	return &Key{private: text, verifier: verifier, signer: signer}, nil
}

// ReasonKeyMalformed is why a text is no private key.
const ReasonKeyMalformed = "SIGNING_KEY_MALFORMED"

func malformed() error {
	return fault.Invalid(ReasonKeyMalformed,
		"this is no key that signs heads: such a file has one line that begins with PRIVATE+KEY+")
}

// Verifier is the public half: the text with which everybody verifies what the key signed.
func (k *Key) Verifier() string { return k.verifier }

// Reveal gives the text of the private key, for its file.
func (k *Key) Reveal() string { return k.private }

// Sign gives a note with the head.
func (k *Key) Sign(h Head) (string, error) {
	signed, err := note.Sign(&note.Note{Text: h.Text()}, k.signer)
	if err != nil {
		return "", fault.Internal(err, "head %d cannot be signed", h.Sequence)
	}
	return string(signed), nil
}

// String hides the key.
func (k *Key) String() string { return "[redacted]" }

// Format hides the key whatever the verb.
func (k *Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue hides the key.
func (k *Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText hides the key.
func (k *Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
