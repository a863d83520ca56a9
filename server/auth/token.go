package auth

import (
	"crypto/subtle"
	"log/slog"
	"time"

	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
)

// Token is one grant and the means to prove it. It never holds the secret.
type Token struct {
	// ID is public; it is also the principal that entries name.
	ID string
	// SecretHash is the SHA-256 of the token's text.
	SecretHash [32]byte
	// Role says what the token allows.
	Role Role
	// Unit is the unit to whose subtree it is bound; empty is every unit.
	Unit hierarchy.ID
	// Form is the only form it is for; empty is every form.
	Form form.Code
	// OwnReports keeps it to the unit itself: nothing of the units below it, and no figures that bring units together.
	OwnReports bool
	// DisplayName tells people who holds it. It names a person, so it stays out of logs and of String.
	DisplayName string
	// Created is when it was issued.
	Created time.Time
	// Starts is when it begins to be good; zero is at once.
	Starts time.Time
	// Expires is when it ends; zero is never.
	Expires time.Time
	// Former is the hash of the secret before the last rotation, which proves the token until then; zero for none.
	Former      [32]byte
	FormerUntil time.Time
	// Revoked is when it was taken back; zero is not at all.
	Revoked time.Time
}

// Caller is who makes a request. The zero value is nobody.
type Caller struct {
	// Principal is the opaque name that entries keep.
	Principal string
	// Token is the grant that the caller proved.
	Token Token
	// Hash is that of the text that proved the grant; zero if no text did.
	Hash [32]byte
	// Proof is what the grant was proved by, if not by the token's text. Whether it still does is asked with everything that
	// the caller does.
	Proof Proof
	// Until is when the proof ends; zero is never.
	Until time.Time
}

// ActiveAt says whether the token may be used at that instant: it is not revoked, has begun, and has not ended. A
// revoked token is never active again, even if the clock has been set back since; nor is it asked whether the instant is
// after Created, so that a clock set back locks nobody out.
func (t Token) ActiveAt(now time.Time) bool {
	return t.Revoked.IsZero() && !now.Before(t.Starts) && (t.Expires.IsZero() || now.Before(t.Expires))
}

// Proves says whether a text with this hash, as [ParseSecret] gives it, is the token's. It takes the same time for
// every hash.
func (t Token) Proves(hash [32]byte) bool {
	same := subtle.ConstantTimeCompare(t.SecretHash[:], hash[:])
	return same == 1 && t.SecretHash != [32]byte{}
}

// ProvesAt says whether a text with this hash is the token's at that instant, or is the one before it that may still be
// used.
func (t Token) ProvesAt(hash [32]byte, now time.Time) bool {
	former := Token{SecretHash: t.Former}
	return t.Proves(hash) || now.Before(t.FormerUntil) && former.Proves(hash)
}

// String gives what may stand in a log: id and role.
func (t Token) String() string { return t.ID + " (" + t.Role.String() + ")" }

// LogValue gives id, role and scope, and no name of a person.
func (t Token) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", t.ID), slog.String("role", t.Role.String()),
		slog.String("unit", string(t.Unit)), slog.String("form", string(t.Form)))
}

// String gives the principal; "nobody" where there is none.
func (c Caller) String() string {
	if c.Principal == "" {
		return "nobody"
	}
	return c.Principal
}

// LogValue gives the principal alone.
func (c Caller) LogValue() slog.Value { return slog.StringValue(c.String()) }
