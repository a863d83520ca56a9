package reporting

import (
	"context"
	"slices"
	"strings"
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
	// present is the state of now where tx is an earlier one: whatever was in force then, rights are those of now. Then is
	// the instant as of which that is.
	present *aggregator.Tx
	then    time.Time
}

// instant is what was now when the state that answers was the newest one.
func (g granted) instant() time.Time {
	if g.present != nil {
		return g.then
	}
	return g.now
}

// rights gives the tree by which the caller's rights are told.
func (g granted) rights() *hierarchy.Tree {
	if g.present != nil {
		return g.present.Tree()
	}
	return g.tx.Tree()
}

// regrant takes the token as it stands now: a token revoked a moment ago allows nothing any more.
func regrant(tx *aggregator.Tx, caller auth.Caller, now time.Time) (granted, error) {
	if isLocal(caller) {
		return granted{Caller: caller, now: now, tx: tx}, nil
	}
	if isPublic(caller) {
		return granted{Caller: caller, now: now, tx: tx}, nil
	}
	token, known, err := tx.Grant(caller.Token.ID)
	if err != nil {
		return granted{}, err
	}
	if !known || !token.ActiveAt(now) {
		return granted{}, unauthenticated()
	}
	if err := stillProved(tx, caller, token, now); err != nil {
		return granted{}, err
	}
	caller.Token = token
	return granted{Caller: caller, now: now, tx: tx}, nil
}

// stillProved looks again at what the caller proved his token by: a secret that was replaced, or a certificate or group
// that was taken off a moment ago proves nothing any more.
func stillProved(tx *aggregator.Tx, caller auth.Caller, token auth.Token, now time.Time) error {
	if caller.Hash != [32]byte{} && !token.ProvesAt(caller.Hash, now) || !caller.Until.IsZero() && !now.Before(caller.Until) {
		return unauthenticated()
	}
	if caller.Proof == (auth.Proof{}) {
		return nil
	}
	binding, known, err := tx.Binding(caller.Proof.ID())
	if err != nil {
		return err
	}
	if !known || !binding.Removed.IsZero() || binding.Token != token.ID {
		return unauthenticated()
	}
	return nil
}

// StillAdmitted says whether a caller would still be let in, by the last commit. It is asked again and again of everybody
// who has a stream open, so it takes no transaction where nothing has changed.
func (s *Service) StillAdmitted(ctx context.Context, caller auth.Caller) error {
	if isLocal(caller) {
		return nil
	}
	now := s.cfg.Now()
	token, known, err := s.cfg.State.Granted(ctx, caller.Token.ID)
	switch {
	case err != nil:
		return err
	case !known || !token.ActiveAt(now):
		return unauthenticated()
	case caller.Proof != auth.Proof{}:
		return s.cfg.State.View(ctx, func(tx *aggregator.Tx) error { return stillProved(tx, caller, token, now) })
	}
	return stillProved(nil, caller, token, now)
}

// isLocal says whether the caller is the operator at the machine itself, who proved it by the files of the store and
// has no token. Nobody who comes over a wire is without one.
func isLocal(caller auth.Caller) bool {
	return caller.Principal == LocalPrincipal && caller.Token.ID == ""
}

// PublicPrincipal is whoever sends no token, where the server is open to the public. He changes nothing, so it stands in no
// entry; no token has such an id.
const PublicPrincipal = "public"

// isPublic says whether the caller sent no token. Public alone makes such a caller.
func isPublic(caller auth.Caller) bool {
	return caller.Principal == PublicPrincipal && caller.Token.ID == "" && caller.Token.Role == auth.Public
}

// Public is the caller who sends no token; false where the server is not open to the public.
func (s *Service) Public() (auth.Caller, bool) {
	return auth.Caller{Principal: PublicPrincipal, Token: auth.Token{Role: auth.Public}}, s.cfg.Public
}

// LocalPrincipal stands in entries that were made at the machine itself. No token has such an id.
const LocalPrincipal = "local"

func unauthenticated() error {
	return fault.Unauthenticated("TOKEN_INVALID",
		"the token is unknown, expired or revoked; ask the administrator of your unit for a new one")
}

// may asks the one authorisation function.
func (g granted) may(right auth.Right, scope auth.Scope) bool {
	return auth.Allowed(g.Caller, g.now, right, scope, g.rights())
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

func denied(right auth.Right, role auth.Role) *fault.Error {
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
	_, unit, err := g.inSight(ref, on, false)
	if err != nil {
		return hierarchy.Unit{}, fault.Of(err).In(field)
	}
	return unit, nil
}

// inSight is seen for whoever may read and names the field himself. It gives the unit's ordinal too. With everywhere, it was
// found before that he reads all units.
func (g granted) inSight(ref string, on period.Day, everywhere bool) (int, hierarchy.Unit, error) {
	tree := g.tx.Tree()
	if o, ok := tree.Find(ref, on); ok {
		if u := tree.At(o); everywhere || g.may(auth.Read, auth.Scope{Unit: u.ID, On: g.standingOf(&u, on), Form: g.Token.Form}) {
			return o, u, nil
		}
	}
	// It may be that others share the code whom he does not see; and a refusal has a reason.
	u, err := g.resolve(ref, on, func(id hierarchy.ID) bool { return g.reads(id, on) })
	if err != nil {
		return 0, u, err
	}
	o, _ := tree.Ordinal(u.ID) // it came from there
	return o, u, nil
}

// readsEverywhere says whether the caller reads all units: a token that is bound to none is asked once for all.
func (g granted) readsEverywhere() bool {
	return g.Token.Unit == "" && g.may(auth.Read, auth.Scope{Form: g.Token.Form})
}

// resolve finds the unit that ref names (R1) among those that the caller sees, as if there were no others: so neither a
// refusal nor an ambiguity tells him of them.
func (g granted) resolve(ref string, on period.Day, sees func(hierarchy.ID) bool) (hierarchy.Unit, error) {
	tree := g.tx.Tree()
	unit, known := tree.Unit(hierarchy.ID(ref))
	if !known && (ref == "" || g.Token.Unit == "") {
		var err error
		if unit, err = tree.Resolve(ref, on); err != nil {
			return hierarchy.Unit{}, err
		}
		known = true
	}
	if known {
		if !sees(unit.ID) {
			return hierarchy.Unit{}, notSeen(ref)
		}
		return unit, nil
	}
	visible := slices.DeleteFunc(tree.WithCode(hierarchy.Code(ref)), func(u hierarchy.Unit) bool { return !sees(u.ID) })
	standing := slices.DeleteFunc(slices.Clone(visible), func(u hierarchy.Unit) bool { return !u.ValidOn(on) })
	switch {
	case len(visible) == 0:
		return hierarchy.Unit{}, notSeen(ref)
	case len(standing) == 1:
		return standing[0], nil
	case len(standing) == 0:
		return hierarchy.Unit{}, fault.NotFound("UNIT_NOT_VALID",
			"no unit has the code %q on %s: it belongs to %s; check the date, or give the id", ref, on, names(visible)).
			With("code", ref).With("day", on).With("units", names(visible))
	}
	return hierarchy.Unit{}, fault.Invalid("UNIT_AMBIGUOUS",
		"code %q means several units on %s: %s; give the id of the one that is meant", ref, on, names(standing)).
		With("code", ref).With("day", on).With("units", names(standing))
}

func names(units []hierarchy.Unit) string {
	ids := make([]string, len(units))
	for i, u := range units {
		ids[i] = string(u.ID)
	}
	return strings.Join(ids, ", ")
}

// reads says whether the caller may read what belongs to the unit. A unit is looked for in the tree of the day, or, when
// it does not stand on it, of the nearest day on which it does: what a unit reported stays readable after its end.
func (g granted) reads(unit hierarchy.ID, on period.Day) bool {
	return g.may(auth.Read, auth.Scope{Unit: unit, On: g.standing(unit, on), Form: g.Token.Form})
}

// standing gives the day on which to ask for a unit's place.
func (g granted) standing(unit hierarchy.ID, on period.Day) period.Day {
	if u, known := g.rights().Unit(unit); known {
		return standingOf(&u, on)
	}
	return on
}

// standingOf is standing of a unit that was found in the state that answers.
func (g granted) standingOf(u *hierarchy.Unit, on period.Day) period.Day {
	if g.present != nil {
		return g.standing(u.ID, on)
	}
	return standingOf(u, on)
}

func standingOf(u *hierarchy.Unit, on period.Day) period.Day {
	if u.ValidOn(on) {
		return on
	}
	return max(u.ValidFrom, min(on, u.ValidTo-1))
}

// readsReport says whether the caller may read the reports of a unit in a form: by the unit, or because he reviews the
// reports of the form (R9).
func (g granted) readsReport(unit hierarchy.ID, f form.Form, on period.Day) bool {
	return g.readsForm(f.Code) && (g.reads(unit, on) || g.reviews(f, on))
}

// reviews says whether the form names a reviewing unit for which the caller may approve.
func (g granted) reviews(f form.Form, on period.Day) bool {
	if g.present != nil {
		var ok bool
		if f, ok = g.present.Forms().On(f.Code, on); !ok {
			return false
		}
	}
	return f.Reviewer != "" &&
		g.may(auth.Approve, auth.Scope{Unit: f.Reviewer, On: g.standing(f.Reviewer, on), Form: f.Code})
}

// readsForm says whether the caller's grant covers the form.
func (g granted) readsForm(code form.Code) bool {
	return g.Token.Form == "" || g.Token.Form.Same(code)
}

// ownDrafts says whether the caller belongs to the unit, and so may see its drafts (R26).
func (g granted) ownDrafts(unit hierarchy.ID) bool {
	return g.Token.Role.Reports() && (g.Token.Unit == unit || g.actsFor(unit))
}

// actsFor says whether the caller's unit acts in place of one that has ended (R3).
func (g granted) actsFor(unit hierarchy.ID) bool {
	return g.Token.ActsFor(unit, g.rights(), period.DayOf(g.now))
}

func notSeen(ref string) *fault.Error {
	ref = shorten(ref)
	return fault.NotFound("UNIT_NOT_FOUND",
		"unit %q: there is none that you may see; check the code or give the id, and check the day it is asked for", ref).
		With("unit", ref)
}

// formNotGranted refuses a form for which the caller's token is not.
func (g granted) formNotGranted(code string) *fault.Error {
	code = shorten(code)
	return fault.NotFound("FORM_NOT_FOUND", "there is no form %q for you; your token is for the form %s alone", code, g.Token.Form).
		With("form", code).In("form")
}
