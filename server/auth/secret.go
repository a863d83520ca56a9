package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
)

const (
	prefix     = "th_"
	idLength   = 12
	keyBytes   = 32
	keyLength  = 43 // 32 bytes in base64url
	sumLength  = 8
	sumAt      = len(prefix) + idLength + 1 + keyLength + 1
	textLength = sumAt + sumLength
)

// idLetters are 32, so that five random bits choose one without favour; the four left out are easily misread.
const idLetters = "0123456789abcdefghjkmnpqrstvwxyz"

// keyCoding is strict, so that one secret has one text.
var keyCoding = base64.RawURLEncoding.Strict()

// NewSecret draws a token: its public id, its text, which is shown once and kept nowhere, and the hash that the store
// keeps. It takes 44 bytes from random, which must be a source for secrets; main passes crypto/rand.Reader.
func NewSecret(random io.Reader) (id, secret string, hash [32]byte, err error) {
	var drawn [idLength]byte
	if _, err := io.ReadFull(random, drawn[:]); err != nil {
		return "", "", hash, fault.Internal(err, "no random bytes for a token")
	}
	return NewSecretOf(letters(drawn[:]), random)
}

// NewSecretOf draws another secret of the token with that public id. It takes 32 bytes.
func NewSecretOf(id string, random io.Reader) (same, secret string, hash [32]byte, err error) {
	var key [keyBytes]byte
	if _, err := io.ReadFull(random, key[:]); err != nil {
		return "", "", hash, fault.Internal(err, "no random bytes for a token")
	}
	secret = prefix + id + "_" + keyCoding.EncodeToString(key[:]) + "_"
	secret += sum(secret)
	return id, secret, sha256.Sum256([]byte(secret)), nil
}

// ParseSecret takes the text of a token apart: its public id, under which the store has the grant, and the hash that
// proves it. A text that is no token, or that was mistyped or cut off, is refused here, before anybody looks it up. The
// errors hold nothing of the text.
func ParseSecret(s string) (id string, hash [32]byte, err error) {
	if !strings.HasPrefix(s, prefix) {
		return "", hash, fault.Unauthenticated("TOKEN_MALFORMED", "this is no token of this service: one begins with %s", prefix)
	}
	if len(s) != textLength {
		return "", hash, fault.Unauthenticated("TOKEN_MALFORMED",
			"the token has %d characters instead of %d; copy it whole, without quotation marks or spaces", len(s), textLength).
			With("length", len(s)).With("limit", textLength)
	}
	id = s[len(prefix) : len(prefix)+idLength]
	key := s[len(prefix)+idLength+1 : sumAt-1]
	if s[sumAt:] != sum(s[:sumAt]) {
		return "", hash, fault.Unauthenticated("TOKEN_MISTYPED", "a character of the token is wrong; copy it again as it was issued")
	}
	// The decoder passes over line breaks, so what it gave is counted.
	random, notKey := keyCoding.DecodeString(key)
	if notKey != nil || len(random) != keyBytes || !isID(id) || s[len(prefix)+idLength] != '_' || s[sumAt-1] != '_' {
		return "", hash, fault.Unauthenticated("TOKEN_MALFORMED", "the token is not built as tokens of this service are; ask for a new one")
	}
	return id, sha256.Sum256([]byte(s)), nil
}

// IsSecret says whether a text claims to be a token of this service.
func IsSecret(s string) bool { return strings.HasPrefix(s, prefix) }

func sum(s string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(s))) }

func isID(s string) bool { return strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyz") == "" }

// redacted stands wherever a secret would be printed.
const redacted = "[redacted]"

// Secret holds the text of a token on its way to the one who may see it. Whatever prints, logs or marshals it gives
// [redacted]; only Reveal gives the text. Keep it in variables and exported fields, and make it no key of a map: package
// fmt cannot ask a value in an unexported field how it wants to be printed, and JSON does not ask keys that are strings.
type Secret string

// Reveal gives the text.
func (s Secret) Reveal() string { return string(s) }

// String hides the text from %v and %s.
func (Secret) String() string { return redacted }

// GoString hides the text from %#v.
func (Secret) GoString() string { return redacted }

// Format hides the text from every other verb, among them %x and %q.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue hides the text from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the text from JSON and from every other encoding that asks for text.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
