package reporting

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// TokenDraft asks for a token.
type TokenDraft struct {
	Role        auth.Role
	Unit, Form  string
	DisplayName string
	// OwnReports keeps it to the reports of the unit itself.
	OwnReports bool
	// Starts is when it begins to be good; zero is at once.
	Starts time.Time
	// Lifetime is 90 days when it is zero.
	Lifetime time.Duration
}

// Lifetimes of tokens.
const (
	defaultLifetime = 90 * 24 * time.Hour
	longestLifetime = 3 * 366 * 24 * time.Hour
	latestStart     = 366 * 24 * time.Hour
	maxDisplayName  = 200
)

// Authenticate finds the caller of a token's text. It tells nothing about why a token is not good. Whether it still is is
// asked again with everything that the caller does, so a state of a moment ago will do as long as it lets him in.
func (s *Service) Authenticate(ctx context.Context, secret auth.Secret) (auth.Caller, error) {
	id, hash, err := auth.ParseSecret(secret.Reveal())
	if err != nil {
		return auth.Caller{}, unauthenticated()
	}
	if (auth.Token{SecretHash: s.cfg.LocalSecret}).Proves(hash) {
		return s.Local(), nil
	}
	var caller auth.Caller
	prove := func(token auth.Token, known bool, err error) error {
		if now := s.cfg.Now(); err == nil && (!known || !token.ProvesAt(hash, now) || !token.ActiveAt(now)) {
			err = unauthenticated()
		}
		caller = auth.Caller{Principal: token.ID, Token: token, Hash: hash}
		return err
	}
	err = prove(s.cfg.State.Granted(ctx, id))
	if fault.KindOf(err) == fault.KindUnauthenticated { // it may have been issued a moment ago
		err = s.cfg.State.View(ctx, func(tx *aggregator.Tx) error { return prove(tx.Grant(id)) })
	}
	if err != nil {
		return auth.Caller{}, err
	}
	s.noteUse(caller)
	return caller, err
}

// Local is the operator of this machine, who may read the files of the store: an administrator over everything.
func (s *Service) Local() auth.Caller {
	return auth.Caller{Principal: LocalPrincipal, Token: auth.Token{Role: auth.Administrator}}
}

// CreateToken issues a token; its text is given once, never in a replay.
func (s *Service) CreateToken(ctx context.Context, call Call, draft TokenDraft) (auth.Token, auth.Secret, Receipt, Stamp, error) {
	const method = "AccessService.CreateToken"
	asked := canon(method).text("role", draft.Role.String()).text("unit", draft.Unit).text("form", draft.Form).
		text("display_name", draft.DisplayName).text("lifetime", strconv.FormatInt(int64(draft.Lifetime), 10))
	if scope := draft.narrower(); scope != "" {
		asked = asked.text("scope", scope)
	}
	hash := asked.sum()
	id, secret, secretHash, err := auth.NewSecret(randomReader(s.cfg.Random))
	if err != nil {
		return auth.Token{}, "", Receipt{}, Stamp{}, err
	}
	token, receipt, err := change(ctx, s, mutation[auth.Token]{
		call: call, method: method, hash: hash, size: 512,
		decide: func(who granted, at committer.Slot) (auth.Token, entry.Body, error) {
			token, err := who.newToken(draft, at.Time)
			if err != nil {
				return auth.Token{}, nil, err
			}
			token.ID, token.SecretHash = id, secretHash
			return token, entry.TokenIssued{Token: token}, nil
		},
		recall: func(who granted, sequence uint64) (auth.Token, error) {
			name, err := who.madeBy(sequence)
			if err != nil {
				return auth.Token{}, err
			}
			return who.token(name)
		},
	})
	if err != nil {
		return auth.Token{}, "", Receipt{}, Stamp{}, err
	}
	if call.ValidateOnly {
		_, stamp, err := s.GetStamp(ctx, call.Caller)
		token.ID, token.SecretHash = "", [32]byte{}
		return token, "", receipt, stamp, err
	}
	if receipt.Replayed {
		secret = ""
	}
	issued, stamp, err := s.getToken(ctx, call.Caller, token.ID)
	if fault.KindOf(err) == fault.KindUnauthenticated { // one's own token was good for this alone
		return token, auth.Secret(secret), receipt, Stamp{JournalID: receipt.JournalID, Sequence: receipt.Sequence}, nil
	}
	return issued, auth.Secret(secret), receipt, stamp, err
}

// randomReader makes a reader of a function that fills.
type randomReader func([]byte)

func (fill randomReader) Read(b []byte) (int, error) {
	fill(b)
	return len(b), nil
}

// newToken checks what is asked for and that it is not wider than the caller's own grant.
func (g granted) newToken(d TokenDraft, now time.Time) (auth.Token, error) {
	if err := g.need(auth.Grant); err != nil {
		return auth.Token{}, err
	}
	var problems fault.List
	token := auth.Token{Role: d.Role, Created: now, OwnReports: d.OwnReports}
	if err := g.mayIssue(d); err != nil {
		return auth.Token{}, err
	}
	if !slices.Contains(auth.Roles(), d.Role) {
		problems.Add(fault.Invalid("ROLE_UNKNOWN", "role %q: state one of reporter, approver, viewer, administrator, operator, auditor, public", d.Role).
			With("value", d.Role).In("role"))
	}
	problems.Add(g.dates(&token, d, now))
	name, err := text.Clean("display_name", d.DisplayName, maxDisplayName)
	problems.Add(err)
	token.DisplayName = name
	if d.Unit != "" {
		unit, err := g.seen("unit", d.Unit, period.DayOf(now))
		problems.Add(err)
		token.Unit = unit.ID
	} else if d.Role.Reports() {
		problems.Add(fault.Invalid("UNIT_REQUIRED", "a reporter writes for one unit; name it").In("unit"))
	}
	if d.OwnReports && (d.Unit == "" || !d.Role.Reports() && d.Role != auth.Viewer) {
		problems.Add(fault.Invalid("OWN_REPORTS_INVALID",
			"a token for its unit's own reports alone is of a reporter, drafter, sender or viewer that is bound to a unit").In("own_reports"))
	}
	if d.Form != "" {
		f, ok := g.tx.Forms().Latest(form.Code(d.Form))
		if !ok {
			problems.Add(unknownForm(g.tx.Definitions(), d.Form, 0).In("form"))
		}
		token.Form = f.Code
	}
	if err := problems.Err(); err != nil {
		return auth.Token{}, err
	}
	if !g.grants(token) || g.outlives(token) {
		return auth.Token{}, fault.Denied("GRANT_TOO_WIDE", "the token would be wider than your own; bind it to a unit and form of yours, and let it end with yours")
	}
	return token, nil
}

// bootstrapLasts is how long a token lives that is good for issuing the first administrator.
const bootstrapLasts = time.Hour

// mayIssue keeps tokens for the first administrator at the machine itself, and has them issue nothing else.
func (g granted) mayIssue(d TokenDraft) error {
	if d.Role == auth.Bootstrap && !isLocal(g.Caller) {
		return fault.Denied("BOOTSTRAP_LOCAL", "a token of the role bootstrap is made at the machine itself alone, with tonghopd init")
	}
	if g.Token.Role != auth.Bootstrap {
		return nil
	}
	if d.Role != auth.Administrator || d.Unit != "" || d.Form != "" {
		return fault.Denied("BOOTSTRAP_ONCE", "this token is good for one thing: to issue the token of an administrator over everything")
	}
	if d.DisplayName == "" {
		return fault.Invalid("BOOTSTRAP_NAME", "name the administrator: who it was stands in the journal").In("display_name")
	}
	return nil
}

// dates sets when the token begins and ends, in whole seconds, for entries keep no others.
func (g granted) dates(token *auth.Token, d TokenDraft, now time.Time) error {
	begins := now
	if !d.Starts.IsZero() && d.Starts.After(now) {
		begins = d.Starts.Truncate(time.Second)
		token.Starts = begins
	}
	if begins.After(now.Add(latestStart)) {
		return fault.Invalid("START_INVALID", "start_time %s: it must be within a year", d.Starts.Format(time.RFC3339)).
			With("value", d.Starts.Format(time.RFC3339)).In("start_time")
	}
	switch {
	case d.Role == auth.Bootstrap:
		token.Expires = begins.Add(bootstrapLasts)
	case d.Lifetime == 0:
		token.Expires = begins.Add(defaultLifetime)
		if g.delegates() && g.outlives(*token) {
			token.Expires = g.Token.Expires
		}
	case d.Lifetime < 0 || d.Lifetime > longestLifetime:
		return fault.Invalid("LIFETIME_INVALID", "lifetime %s: it must be positive and at most three years", d.Lifetime).In("lifetime")
	default:
		token.Expires = begins.Add(d.Lifetime)
	}
	token.Expires = token.Expires.Truncate(time.Second)
	if !token.Expires.After(begins) {
		return fault.Invalid("START_INVALID", "start_time %s: your own token has ended by then", begins.Format(time.RFC3339)).
			With("value", begins.Format(time.RFC3339)).In("start_time")
	}
	return nil
}

// delegates says whether the caller's own grant was given by somebody whose is wider. An administrator over everything is
// bound by no end: otherwise every token of the store would end with the first one.
func (g granted) delegates() bool { return g.Token.Unit != "" || g.Token.Form != "" }

// outlives says whether the token would be good after the end of the caller's own, who may not give more than he has.
func (g granted) outlives(token auth.Token) bool {
	return g.delegates() && !g.Token.Expires.IsZero() && (token.Expires.IsZero() || token.Expires.After(g.Token.Expires))
}

// narrower writes what narrows the token for the request's hash; nothing where nothing does, so that a request of before
// there was such a thing has the hash it had.
func (d TokenDraft) narrower() string {
	if !d.OwnReports && d.Starts.IsZero() {
		return ""
	}
	return strconv.FormatBool(d.OwnReports) + " " + d.Starts.UTC().Format(time.RFC3339Nano)
}

// RevokeToken ends a token at once.
func (s *Service) RevokeToken(ctx context.Context, call Call, id string) (auth.Token, Receipt, Stamp, error) {
	const method = "AccessService.RevokeToken"
	_, receipt, err := change(ctx, s, mutation[auth.Token]{
		call: call, method: method, hash: canon(method).text("token", id).sum(), size: 256,
		decide: func(who granted, at committer.Slot) (auth.Token, entry.Body, error) {
			token, err := who.token(id)
			if err != nil || !token.Revoked.IsZero() {
				return token, nil, err
			}
			return token, entry.TokenRevoked{ID: token.ID}, who.notTheLast(token, at.Time)
		},
		recall: func(who granted, _ uint64) (auth.Token, error) { return who.token(id) },
	})
	if err != nil {
		return auth.Token{}, Receipt{}, Stamp{}, err
	}
	token, stamp, err := s.getToken(ctx, call.Caller, id)
	if fault.KindOf(err) == fault.KindUnauthenticated { // one's own token: it was revoked a moment ago
		return auth.Token{ID: id}, receipt, Stamp{JournalID: receipt.JournalID, Sequence: receipt.Sequence}, nil
	}
	return token, receipt, stamp, err
}

// grants says whether the caller could issue such a token. Over a unit that no longer stands he keeps the right, for it
// still owes its last periods (R3) and somebody must be able to revoke its tokens.
func (g granted) grants(token auth.Token) bool {
	on := g.standing(token.Unit, period.DayOf(g.now))
	return g.may(auth.Grant, auth.Scope{Unit: token.Unit, On: on, Form: token.Form})
}

// keepsTokens refuses whoever grants nothing, and whoever may issue one token and look at none.
func (g granted) keepsTokens() error {
	if g.Token.Role == auth.Bootstrap {
		return g.mayIssue(TokenDraft{})
	}
	return g.need(auth.Grant)
}

// token finds a token that the caller could have issued.
func (g granted) token(id string) (auth.Token, error) {
	if err := g.keepsTokens(); err != nil {
		return auth.Token{}, err
	}
	token, known, err := g.tx.Token(id)
	if err != nil {
		return auth.Token{}, err
	}
	if !known || !g.grants(token) {
		return auth.Token{}, fault.NotFound("TOKEN_NOT_FOUND", "there is no token %q that you may see", shorten(id)).With("token", shorten(id)).In("name")
	}
	return token, nil
}

// notTheLast keeps one administrator over everything, without whom nobody could issue tokens over the wire.
func (g granted) notTheLast(token auth.Token, now time.Time) error {
	if token.Role != auth.Administrator || token.Unit != "" || token.Form != "" || !token.ActiveAt(now) {
		return nil
	}
	after := ""
	for {
		tokens, err := g.tx.Tokens(after, largestPage)
		if err != nil {
			return err
		}
		for _, t := range tokens {
			if t.ID != token.ID && t.Role == auth.Administrator && t.Unit == "" && t.Form == "" && t.ActiveAt(now) {
				return nil
			}
			after = t.ID
		}
		if len(tokens) < largestPage {
			return fault.Precondition("LAST_ADMINISTRATOR",
				"this is the last token of an administrator over every unit; issue another one first")
		}
	}
}

func (s *Service) getToken(ctx context.Context, caller auth.Caller, id string) (token auth.Token, stamp Stamp, err error) {
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		token, err = who.token(id)
		return err
	})
	return token, stamp, err
}

// TokenPage is one page of tokens.
type TokenPage struct {
	Tokens []auth.Token
	Next   string
	Stamp  Stamp
}

// ListTokens lists the tokens that the caller could have issued, by id.
func (s *Service) ListTokens(ctx context.Context, caller auth.Caller, p Page) (TokenPage, error) {
	size, err := p.size(defaultPage, largestPage)
	if err != nil {
		return TokenPage{}, err
	}
	var page TokenPage
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		page = TokenPage{Stamp: stampOf(tx)}
		if err := who.keepsTokens(); err != nil {
			return err
		}
		at, err := p.open(tx, filterHash("tokens"))
		if err != nil {
			return err
		}
		for {
			tokens, err := tx.Tokens(at.key, largestPage)
			if err != nil {
				return err
			}
			for _, t := range tokens {
				if !who.grants(t) {
					at.key = t.ID
					continue
				}
				if len(page.Tokens) == size {
					page.Next = at.token()
					return nil
				}
				page.Tokens, at.key = append(page.Tokens, t), t.ID
			}
			if len(tokens) < largestPage {
				return nil
			}
		}
	})
	return page, err
}

// GetCaller says who the caller is.
func (s *Service) GetCaller(ctx context.Context, caller auth.Caller) (token auth.Token, stamp Stamp, err error) {
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		token, stamp = who.Token, stampOf(tx)
		if isLocal(caller) {
			return nil
		}
		named, _, err := tx.Token(token.ID)
		token.DisplayName = named.DisplayName
		return err
	})
	return token, stamp, err
}

// GetStamp says where the state is.
func (s *Service) GetStamp(ctx context.Context, caller auth.Caller) (auth.Token, Stamp, error) {
	token, stamp, err := s.GetCaller(ctx, caller)
	if err != nil {
		return auth.Token{}, Stamp{}, fmt.Errorf("stamp: %w", err)
	}
	return token, stamp, nil
}
