package entry

import (
	"time"

	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
)

func putToken(b TokenIssued, at time.Time, m *journalv1.Entry) error {
	if !b.Token.Created.Equal(at) || !b.Token.Revoked.IsZero() {
		return fault.Internal(nil, "token %s is issued at %s with the times created %s and revoked %s",
			b.Token.ID, at, b.Token.Created, b.Token.Revoked)
	}
	issued, err := tokenMessage(&b.Token)
	m.Body = &journalv1.Entry_TokenIssued{TokenIssued: issued}
	return err
}

func issuedOf(m *journalv1.TokenIssued, displayName string, at time.Time) (Body, error) {
	k, err := tokenOf(m)
	if err != nil {
		return nil, err
	}
	k.DisplayName, k.Created = displayName, at
	return TokenIssued{Token: k}, nil
}

// tokenMessage leaves out what the message has no field for: the display name and the times of issue and revocation.
func tokenMessage(k *auth.Token) (*journalv1.TokenIssued, error) {
	m := &journalv1.TokenIssued{Id: k.ID, SecretSha256: k.SecretHash[:], Unit: string(k.Unit), Form: string(k.Form), OwnReports: k.OwnReports}
	var err error
	if m.Role, err = wordOf(roleWords, k.Role, "role"); err != nil {
		return nil, err
	}
	if m.StartsUnix, err = secondsOf(k.Starts, "the beginning of a token"); err != nil {
		return nil, err
	}
	m.ExpiresUnix, err = secondsOf(k.Expires, "the end of a token")
	return m, err
}

func tokenOf(m *journalv1.TokenIssued) (auth.Token, error) {
	k := auth.Token{ID: m.GetId(), Unit: hierarchy.ID(m.GetUnit()), Form: form.Code(m.GetForm()), OwnReports: m.GetOwnReports()}
	if copy(k.SecretHash[:], m.GetSecretSha256()) != len(m.GetSecretSha256()) || len(m.GetSecretSha256()) != len(k.SecretHash) {
		return auth.Token{}, damaged("the hash of a token has %d bytes", len(m.GetSecretSha256()))
	}
	var err error
	if k.Role, err = valueOf[auth.Role](roleWords, m.GetRole(), "role"); err != nil {
		return auth.Token{}, err
	}
	if k.Starts, err = instantOf(m.GetStartsUnix(), "the beginning of a token"); err != nil {
		return auth.Token{}, err
	}
	if k.Expires, err = instantOf(m.GetExpiresUnix(), "the end of a token"); err != nil {
		return auth.Token{}, err
	}
	return k, known(m)
}
