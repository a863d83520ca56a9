package auth

import (
	"time"

	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// Scope says what a request acts on.
type Scope struct {
	// Unit is the unit acted on; for Grant, the unit of the token acted on. Empty is none in particular: a list, of which
	// the caller of Allowed shows only what Read allows one by one; or something that belongs to the whole store, such as
	// an indicator or a token over every unit.
	Unit hierarchy.ID
	// On is the day whose tree decides: the last day of the period where there is one (R3), so that a unit keeps its
	// rights over the periods that ended while it stood; else today.
	On period.Day
	// Form is the form acted on; empty is none in particular.
	Form form.Code
}

// Allowed says whether the caller may use the right on the scope. It is the one place that says yes:
//
//   - Authenticated: every active token.
//   - Read: every role but the operator's, for its unit and the units below it. Its own unit it may read on every day.
//     With no unit in particular it may ask, and sees what it may read one by one.
//   - Submit, Draft, Send: who reports, for his own unit, on a day on which that unit stands, and for a unit that has ended, in
//     whose place his own acts today (R3); an administrator, on behalf of a unit at or below his own; an approver, on behalf of
//     one below his own.
//   - Approve: an approver or administrator, at or below its unit.
//   - Catalogue, Grant: an administrator, at or below its unit; with no unit in particular only one bound to none, so
//     that nobody makes or changes what is wider than his own grant.
//   - Published: every role but the operator's, of every unit: what is published is for everybody.
//   - Operate: an operator who is bound to no unit and no form.
//   - Audit: an operator or auditor who is bound to no unit and no form.
//   - Calendar: an operator or administrator who is bound to no unit and no form, for the list of holidays moves deadlines
//     of every form and unit.
//
// At or below a unit is what stands there on the day, and also what went over into something that stands there today, in
// whole or in part (R3): whoever answers for a unit answers for what it was made of.
//
// What its unit became may be read too: where the unit went over whole into one other, the token reads that one and what is
// below it. It does not send for it or approve there: several units may have gone over into one, and who reports for that
// is for its own administrator to say.
//
// A token for its own unit's reports alone reaches that unit, and what its unit acts for, and nothing below.
//
// A token for one form is good for that form alone: where a request names no form it may only read. A reporter bound to
// no unit has no unit of its own and may do nothing.
func Allowed(c Caller, now time.Time, right Right, scope Scope, t *hierarchy.Tree) bool {
	if c.Principal == "" || !c.Token.ActiveAt(now) || !c.Token.Role.Holds(right) {
		return false
	}
	if right == Authenticated {
		return true
	}
	nowhere := c.Token.Role.Reports() && c.Token.Unit == ""
	return !nowhere && c.Token.mayUse(right, place{Scope: scope, tree: t, today: period.DayOf(now)})
}

// place is a scope and the tree in which it lies, today's part of which decides who answers for what has ended.
type place struct {
	Scope
	tree  *hierarchy.Tree
	today period.Day
}

// mayUse decides for a token that is active and whose role holds the right somewhere, and for a reporter with a unit.
func (t Token) mayUse(right Right, at place) bool {
	switch right {
	case Read:
		return t.mayRead(at)
	case Submit, Draft, Send:
		return at.Unit != "" && t.maySubmit(at) && t.isFor(at.Form)
	case Approve:
		return at.Unit != "" && t.reaches(at) && t.isFor(at.Form)
	case Catalogue, Grant:
		return t.reaches(at) && t.isFor(at.Form)
	case Published:
		return true
	case Operate, Calendar, Audit:
		return t.Unit == "" && t.Form == ""
	default:
		return false
	}
}

func (t Token) mayRead(at place) bool {
	if at.Form != "" && !t.isFor(at.Form) {
		return false
	}
	return at.Unit == "" || at.Unit == t.Unit && known(at.tree, t.Unit) || t.reaches(at) || t.followsTo(at)
}

// Became gives the one unit into which the token's own went over whole by that day, over any number of links; false while
// its unit stands, and where it was divided, or ended without a successor.
func (t Token) Became(tree *hierarchy.Tree, today period.Day) (hierarchy.ID, bool) {
	if t.Unit == "" || tree == nil {
		return "", false
	}
	u, ok := tree.Unit(t.Unit)
	if !ok || u.ValidTo > today {
		return "", false
	}
	return tree.Whole(t.Unit, today)
}

// followsTo says whether the unit is what the token's own became, or lies below that.
func (t Token) followsTo(at place) bool {
	heir, ok := t.Became(at.tree, at.today)
	if !ok {
		return false
	}
	t.Unit = heir
	return at.Unit == heir || t.reaches(at)
}

func (t Token) maySubmit(at place) bool {
	switch {
	case !t.Role.Reports():
		return t.reaches(at) && (t.Role != Approver || at.Unit != t.Unit)
	case at.Unit == t.Unit:
		return at.tree != nil && at.tree.Within(at.Unit, t.Unit, at.On)
	}
	return at.stands() && t.ActsFor(at.Unit, at.tree, at.today)
}

// stands says whether the unit stands on the day.
func (at place) stands() bool {
	if at.tree == nil {
		return false
	}
	u, known := at.tree.Unit(at.Unit)
	return known && u.ValidOn(at.On)
}

// ActsFor says whether the token's unit acts on that day in place of another one, which has ended (R3).
func (t Token) ActsFor(unit hierarchy.ID, tree *hierarchy.Tree, today period.Day) bool {
	if t.Unit == "" || unit == t.Unit || tree == nil {
		return false
	}
	u, ok := tree.Unit(unit)
	if !ok || u.ValidTo > today {
		return false
	}
	acting, ok := tree.Acting(unit, today)
	return ok && acting == t.Unit
}

// reaches says whether the unit lies in the subtree of the token's on that day, or what became of it does today. A token
// over every unit reaches also what the tree does not know: whoever may do anything may learn that there is no such unit.
func (t Token) reaches(at place) bool {
	switch {
	case t.Unit == "":
		return true
	case t.OwnReports:
		return at.stands() && (at.Unit == t.Unit || t.ActsFor(at.Unit, at.tree, at.today))
	}
	return at.tree != nil && (at.tree.Within(at.Unit, t.Unit, at.On) || at.stands() && at.tree.Leads(at.Unit, t.Unit, at.today))
}

// isFor says whether the token is good for the form.
func (t Token) isFor(code form.Code) bool {
	return t.Form == "" || t.Form.Same(code)
}

func known(tree *hierarchy.Tree, id hierarchy.ID) bool {
	if tree == nil {
		return false
	}
	_, ok := tree.Unit(id)
	return ok
}
