package server

import (
	"context"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/issuer"
)

// person verifies signed tokens; nil where no issuer is configured.
func (c Config) person() (func(ctx context.Context, text string) (auth.Person, error), error) {
	if c.OIDC == nil {
		return nil, nil
	}
	i, err := issuer.New(*c.OIDC, c.Now)
	if err != nil {
		return nil, err
	}
	return i.Verify, nil
}
