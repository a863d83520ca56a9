package auth

import (
	"crypto/sha256"
	"strings"
	"time"

	"github.com/tonghop/tonghop/server/fault"
)

// ProofKind is a way to prove a token besides its text. The zero value is none.
type ProofKind uint8

// The kinds of proof.
const (
	noProof ProofKind = iota
	// ByCertificate is to show one certificate, by its SHA-256 in 64 small hexadecimal digits.
	ByCertificate
	// ByName is to show any valid certificate with that name: of a host, a URI or an address of mail.
	ByName
	// ByGroup is to be in a group, as its issuer says.
	ByGroup
)

// proofNames are indexed by value. They stand in journals and never change.
var proofNames = [...]string{"", "certificate", "name", "group"}

// ProofKinds lists every kind.
func ProofKinds() []ProofKind { return []ProofKind{ByCertificate, ByName, ByGroup} }

// String gives the kind's name; empty for a value that is no kind.
func (k ProofKind) String() string {
	if int(k) >= len(proofNames) {
		return ""
	}
	return proofNames[k]
}

// ParseProofKind reads the name of a kind.
func ParseProofKind(s string) (ProofKind, error) {
	for _, k := range ProofKinds() {
		if k.String() == s {
			return k, nil
		}
	}
	return noProof, fault.Invalid("PROOF_KIND_UNKNOWN", "%q proves nothing; give one of certificate, name, group", shorten(s)).With("value", shorten(s))
}

// Proof is something by which a caller may prove a token besides its text. The zero value is none.
type Proof struct {
	Kind ProofKind
	// Issuer says who vouches for a group; it is empty for certificates, for which the server's own list does.
	Issuer string
	// Value is what is proved.
	Value string
}

// longestProof is how long issuer and value may be.
const longestProof = 500

// Check refuses what could prove nothing.
func (p Proof) Check() error {
	switch {
	case p.Kind == noProof || p.Kind.String() == "":
		return fault.Invalid("PROOF_KIND_UNKNOWN", "%q proves nothing; give one of certificate, name, group", "").In("kind")
	case p.Value == "" || len(p.Value) > longestProof || strings.TrimSpace(p.Value) != p.Value:
		return fault.Invalid("PROOF_VALUE", "%q is no name of a certificate or of a group: it must have 1 to %d characters and no spaces around",
			shorten(p.Value), longestProof).With("value", shorten(p.Value)).With("limit", longestProof).In("value")
	case p.Kind == ByCertificate && (len(p.Value) != 2*sha256.Size || strings.Trim(p.Value, "0123456789abcdef") != ""):
		return fault.Invalid("PROOF_FINGERPRINT", "%q is no SHA-256 of a certificate: that has 64 small hexadecimal digits, as tonghopd certificate prints them",
			shorten(p.Value)).With("value", shorten(p.Value)).In("value")
	case (p.Kind == ByGroup) != (p.Issuer != "") || len(p.Issuer) > longestProof:
		return fault.Invalid("PROOF_ISSUER", "a group needs its issuer, and nothing else has one").In("issuer")
	}
	return nil
}

// ID is the public name of what proves: the same for the same proof, whatever it proves.
func (p Proof) ID() string {
	sum := sha256.Sum256([]byte(p.Kind.String() + "\x00" + p.Issuer + "\x00" + p.Value))
	return letters(sum[:idLength])
}

// letters writes bytes in letters of ids.
func letters(b []byte) string {
	text := make([]byte, len(b))
	for i, v := range b {
		text[i] = idLetters[v%32]
	}
	return string(text)
}

// Binding says which token is proved.
type Binding struct {
	Proof
	// Token is the public id of the token.
	Token string
	// Rank decides for who is in several groups: the smallest.
	Rank int
	// Created is when it was bound, Removed when it was unbound; zero if it was not.
	Created, Removed time.Time
}

// Person is somebody for whom an issuer vouches.
type Person struct {
	// Issuer and Subject are his name, for ever.
	Issuer, Subject string
	// Groups are those that he is in.
	Groups []string
	// Until is when the issuer's word ends.
	Until time.Time
}

// Principal is the opaque name of a person in entries: it tells nothing about him to whoever does not know his subject.
func (p Person) Principal() string {
	sum := sha256.Sum256([]byte(p.Issuer + "\x00" + p.Subject))
	return "person-" + letters(sum[:20])
}

// Peer is a client machine, as far as its certificate and its address say.
type Peer struct {
	// Address is that of the machine, without the port.
	Address string
	// Fingerprint is the SHA-256 of its certificate; empty if it showed none that is valid.
	Fingerprint string
	// Names are those in the certificate.
	Names []string
}
