package reporting

import (
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// granted is a caller whose token was looked up in the very transaction that is about to answer.
type granted struct {
	auth.Caller
	now time.Time
	tx  *aggregator.Tx
}

// regrant takes the token as it stands now: a token revoked a moment ago allows nothing any more.
func regrant(tx *aggregator.Tx, caller auth.Caller, now time.Time) (granted, error) {
	if isLocal(caller) {
		return granted{Caller: caller, now: now, tx: tx}, nil
	}
	token, known, err := tx.Token(caller.Token.ID)
	if err != nil {
		return granted{}, err
	}
	if !known || !token.ActiveAt(now) {
		return granted{}, unauthenticated()
	}
	return granted{Caller: auth.Caller{Principal: token.ID, Token: token}, now: now, tx: tx}, nil
}

// isLocal says whether the caller is the operator at the machine itself, who proved it by the files of the store and
// has no token. Nobody who comes over a wire is without one.
func isLocal(caller auth.Caller) bool {
	return caller.Principal == LocalPrincipal && caller.Token.ID == ""
}

// LocalPrincipal stands in entries that were made at the machine itself. No token has such an id.
const LocalPrincipal = "local"

func unauthenticated() error {
	return fault.Unauthenticated("TOKEN_INVALID",
		"the token is unknown, expired or revoked; ask the administrator of your unit for a new one")
}

// may asks the one authorisation function.
func (g granted) may(right auth.Right, scope auth.Scope) bool {
	return auth.Allowed(g.Caller, g.now, right, scope, g.tx.Tree())
}

// has says whether the caller's role has the right at all, wherever.
func (g granted) has(right auth.Right) bool {
	return g.Token.ActiveAt(g.now) && g.Token.Role.Holds(right)
}

// need refuses a caller whose role lacks the right; the answer tells nothing about the data.
func (g granted) need(right auth.Right) error {
	if g.has(right) {
		return nil
	}
	return denied(right, g.Token.Role)
}

func denied(right auth.Right, role auth.Role) error {
	return fault.Denied("RIGHT_MISSING",
		"the role %s does not have the right %s; ask the administrator of your unit", role, right).
		With("role", role.String()).With("right", right.String())
}

// needEverywhere asks for a right that only an unbound grant has.
func (g granted) needEverywhere(right auth.Right) error {
	if g.may(right, auth.Scope{On: period.DayOf(g.now)}) {
		return nil
	}
	return denied(right, g.Token.Role)
}

// seen gives the unit that ref names if the caller may read it; a unit out of sight is not found, in the same words.
func (g granted) seen(field, ref string, on period.Day) (hierarchy.Unit, error) {
	if err := g.need(auth.Read); err != nil {
		return hierarchy.Unit{}, err
	}
	unit, err := g.tx.Tree().Resolve(ref, on)
	if err != nil {
		if g.Token.Unit != "" {
			return hierarchy.Unit{}, notSeen(ref).In(field)
		}
		return hierarchy.Unit{}, fault.Of(err).In(field)
	}
	if !g.reads(unit.ID, on) {
		return hierarchy.Unit{}, notSeen(ref).In(field)
	}
	return unit, nil
}

// reads says whether the caller may read what belongs to the unit, on that day or today: what a unit reported stays
// readable after the tree has changed.
func (g granted) reads(unit hierarchy.ID, on period.Day) bool {
	return g.may(auth.Read, auth.Scope{Unit: unit, On: on, Form: g.Token.Form})
}

// readsForm says whether the caller's grant covers the form.
func (g granted) readsForm(code form.Code) bool {
	return g.Token.Form == "" || g.Token.Form == code
}

// ownDrafts says whether the caller belongs to the unit, and so may see its drafts (R26).
func (g granted) ownDrafts(unit hierarchy.ID) bool {
	return g.Token.Unit == unit && g.Token.Role == auth.Reporter
}

func notSeen(ref string) *fault.Error {
	return fault.NotFound("UNIT_NOT_FOUND", "unit %q: there is none that you may see; check the code, and the day it is asked for", ref).
		With("unit", ref)
}
