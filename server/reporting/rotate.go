package reporting

import (
	"context"
	"strconv"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
)

// Rotation asks for another secret of a token.
type Rotation struct {
	// Overlap is how long the secret before is good too; nil is a day, 0 is no longer.
	Overlap *time.Duration
	// Lifetime is how long the token lives from now on; 0 is 90 days, or, of one's own token, as long as it has.
	Lifetime time.Duration
}

const (
	defaultOverlap = 24 * time.Hour
	longestOverlap = 30 * 24 * time.Hour
)

// RotateToken gives a token another secret, which is told once, never in a replay. Everybody may do so with the token that
// he came with, whose end then stays as it is; whoever could have issued a token, with that.
func (s *Service) RotateToken(ctx context.Context, call Call, id string, r Rotation) (auth.Token, auth.Secret, Receipt, Stamp, error) {
	const method = "AccessService.RotateToken"
	overlap := defaultOverlap
	if r.Overlap != nil {
		overlap = *r.Overlap
	}
	hash := canon(method).text("token", id).text("overlap", strconv.FormatInt(int64(overlap), 10)).
		text("lifetime", strconv.FormatInt(int64(r.Lifetime), 10)).sum()
	_, secret, secretHash, err := auth.NewSecretOf(id, randomReader(s.cfg.Random))
	if err != nil {
		return auth.Token{}, "", Receipt{}, Stamp{}, err
	}
	token, receipt, err := change(ctx, s, mutation[auth.Token]{
		call: call, method: method, hash: hash, size: 256,
		decide: func(who granted, at committer.Slot) (auth.Token, entry.Body, error) {
			token, err := who.rotated(id, overlap, r.Lifetime, at.Time)
			if err != nil {
				return auth.Token{}, nil, err
			}
			return token, entry.TokenRotated{ID: id, SecretHash: secretHash, Expires: token.Expires, FormerUntil: token.FormerUntil}, nil
		},
		recall: func(who granted, _ uint64) (auth.Token, error) { return who.ownOr(id) },
	})
	if err != nil {
		return auth.Token{}, "", Receipt{}, Stamp{}, err
	}
	if receipt.Replayed || call.ValidateOnly {
		secret = ""
	}
	stamp := Stamp{JournalID: receipt.JournalID, Sequence: receipt.Sequence}
	if _, now, err := s.GetStamp(ctx, call.Caller); err == nil { // the caller's own secret may have ended with it
		stamp = now
	}
	return token, auth.Secret(secret), receipt, stamp, nil
}

// ownOr finds the token that the caller came with, or one that he could have issued.
func (g granted) ownOr(id string) (auth.Token, error) {
	if g.Hash == ([32]byte{}) || g.Token.ID != id {
		return g.token(id)
	}
	token, _, err := g.tx.Token(id)
	return token, err
}

// rotated says what becomes of a token.
func (g granted) rotated(id string, overlap, lifetime time.Duration, now time.Time) (auth.Token, error) {
	token, err := g.ownOr(id)
	if err != nil {
		return auth.Token{}, err
	}
	var problems fault.List
	switch {
	case token.Role == auth.Bootstrap:
		problems.Add(fault.Denied("BOOTSTRAP_ONCE", "this token is good for one thing: to issue the token of an administrator over everything"))
	case !token.Revoked.IsZero():
		problems.Add(fault.Precondition("TOKEN_REVOKED", "the token %s was revoked and stays so; issue another one", id).With("token", id).In("name"))
	}
	if overlap < 0 || overlap > longestOverlap {
		problems.Add(fault.Invalid("OVERLAP_INVALID", "overlap %s: the secret before may be good for 30 days more at most", overlap).In("overlap"))
	}
	problems.Add(g.lengthened(&token, lifetime, now))
	if g.has(auth.Grant) && g.outlives(token) { // nobody gives more than he has
		token.Expires = g.Token.Expires
	}
	if token.FormerUntil = (time.Time{}); overlap > 0 {
		token.FormerUntil = now.Add(overlap).Truncate(time.Second)
	}
	return token, problems.Err()
}

// lengthened gives a token the end that is asked for, if the caller could have issued it; else it keeps its own.
func (g granted) lengthened(token *auth.Token, lifetime time.Duration, now time.Time) error {
	switch grants := g.has(auth.Grant) && g.grants(*token); {
	case lifetime < 0 || lifetime > longestLifetime:
		return fault.Invalid("LIFETIME_INVALID", "lifetime %s: it must be positive and at most three years", lifetime).In("lifetime")
	case !grants && lifetime != 0:
		return fault.Denied("LIFETIME_NOT_YOURS",
			"your own token ends when it was to end; leave the lifetime out, or ask the administrator of your unit").In("lifetime")
	case grants && lifetime == 0:
		token.Expires = now.Add(defaultLifetime).Truncate(time.Second)
	case grants:
		token.Expires = now.Add(lifetime).Truncate(time.Second)
	}
	return nil
}

// noteUse remembers that a caller came.
func (s *Service) noteUse(caller auth.Caller) { s.cfg.Uses.Note(caller.Token.ID, s.cfg.Now()) }

// LastUse says when a token was used last, to the minute; zero if that is not known.
func (s *Service) LastUse(id string) time.Time { return s.cfg.Uses.Last(id) }
