package entry

import (
	"time"

	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
)

// TokenRotated gives a token another secret.
type TokenRotated struct {
	// ID is the token's public id.
	ID string
	// SecretHash is that of the new secret.
	SecretHash [32]byte
	// Expires is when the token ends from now on; zero is never.
	Expires time.Time
	// FormerUntil is until when the secret before proves the token too; zero is no longer.
	FormerUntil time.Time
}

// ProofBound lets a certificate or a group prove a token.
type ProofBound struct {
	// Binding has neither times nor an end: those are of the header.
	Binding auth.Binding
}

// ProofUnbound ends that.
type ProofUnbound struct {
	Proof auth.Proof
	// Token is the public id of the token that it proved.
	Token string
}

func (TokenRotated) body() {}
func (ProofBound) body()   {}
func (ProofUnbound) body() {}

// putProof is putBody for how tokens are proved.
func putProof(e *Entry, m *journalv1.Entry, _ *journalv1.Private) (bool, error) {
	switch b := e.Body.(type) {
	case TokenRotated:
		rotated := &journalv1.TokenRotated{Id: b.ID, SecretSha256: b.SecretHash[:]}
		var err error
		if rotated.ExpiresUnix, err = secondsOf(b.Expires, "the end of a token"); err != nil {
			return true, err
		}
		rotated.FormerUntilUnix, err = secondsOf(b.FormerUntil, "the end of a former secret")
		m.Body = &journalv1.Entry_TokenRotated{TokenRotated: rotated}
		return true, err
	case ProofBound:
		if !b.Binding.Created.IsZero() || !b.Binding.Removed.IsZero() {
			return true, fault.Internal(nil, "a proof of token %s is bound with times of its own", b.Binding.Token)
		}
		bound, err := bindingMessage(&b.Binding)
		m.Body = &journalv1.Entry_ProofBound{ProofBound: bound}
		return true, err
	case ProofUnbound:
		m.Body = &journalv1.Entry_ProofUnbound{ProofUnbound: &journalv1.ProofUnbound{
			Kind: b.Proof.Kind.String(), Issuer: b.Proof.Issuer, Value: b.Proof.Value, Token: b.Token,
		}}
		return true, proofWritable(b.Proof)
	}
	return false, nil
}

func proofWritable(p auth.Proof) error {
	if p.Kind.String() == "" {
		return fault.Internal(nil, "a proof of kind %d has no word in the journal", uint8(p.Kind))
	}
	return nil
}

func bindingMessage(b *auth.Binding) (*journalv1.ProofBound, error) {
	if b.Rank < 0 || int64(b.Rank) > 1<<31 {
		return nil, fault.Internal(nil, "a proof of token %s has the rank %d", b.Token, b.Rank)
	}
	return &journalv1.ProofBound{
		Kind: b.Kind.String(), Issuer: b.Issuer, Value: b.Value, Token: b.Token, Rank: uint32(b.Rank), //nolint:gosec // checked above
	}, proofWritable(b.Proof)
}

// proofBodyOf is bodyOf for how tokens are proved; nil if the body is something else.
func proofBodyOf(m *journalv1.Entry) (Body, error) {
	switch b := m.GetBody().(type) {
	case *journalv1.Entry_TokenRotated:
		return rotatedOf(b.TokenRotated)
	case *journalv1.Entry_ProofBound:
		binding, err := bindingOf(b.ProofBound)
		if err != nil {
			return nil, err
		}
		return ProofBound{Binding: binding}, nil
	case *journalv1.Entry_ProofUnbound:
		p, err := proofOf(b.ProofUnbound.GetKind(), b.ProofUnbound.GetIssuer(), b.ProofUnbound.GetValue())
		if err != nil {
			return nil, err
		}
		return ProofUnbound{Proof: p, Token: b.ProofUnbound.GetToken()}, known(b.ProofUnbound)
	}
	return nil, nil
}

func rotatedOf(m *journalv1.TokenRotated) (Body, error) {
	b := TokenRotated{ID: m.GetId()}
	if copy(b.SecretHash[:], m.GetSecretSha256()) != len(m.GetSecretSha256()) || len(m.GetSecretSha256()) != len(b.SecretHash) {
		return nil, damaged("the hash of a token has %d bytes", len(m.GetSecretSha256()))
	}
	var err error
	if b.Expires, err = instantOf(m.GetExpiresUnix(), "the end of a token"); err != nil {
		return nil, err
	}
	if b.FormerUntil, err = instantOf(m.GetFormerUntilUnix(), "the end of a former secret"); err != nil {
		return nil, err
	}
	return b, known(m)
}

func proofOf(kind, issuer, value string) (auth.Proof, error) {
	k, err := auth.ParseProofKind(kind)
	if err != nil {
		return auth.Proof{}, tooNew("a proof has the kind %q, which this version does not know", kind)
	}
	return auth.Proof{Kind: k, Issuer: issuer, Value: value}, nil
}

func bindingOf(m *journalv1.ProofBound) (auth.Binding, error) {
	p, err := proofOf(m.GetKind(), m.GetIssuer(), m.GetValue())
	if err != nil {
		return auth.Binding{}, err
	}
	return auth.Binding{Proof: p, Token: m.GetToken(), Rank: int(m.GetRank())}, known(m)
}

// AppendBinding appends the bytes of one binding, the message that stands in an entry.
func AppendBinding(b []byte, binding *auth.Binding) ([]byte, error) {
	m, err := bindingMessage(binding)
	if err != nil {
		return b, err
	}
	return appendMessage(b, m)
}

// ParseBinding reads what AppendBinding appended.
func ParseBinding(b []byte) (auth.Binding, error) {
	var m journalv1.ProofBound
	if err := parseMessage(b, &m); err != nil {
		return auth.Binding{}, err
	}
	return whole(bindingOf(&m))
}
