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
//   - Submit: a reporter, for exactly its own unit, on a day on which that unit stands; an administrator, on behalf of a
//     unit at or below its own.
//   - Approve: an approver or administrator, at or below its unit.
//   - Catalogue, Grant: an administrator, at or below its unit; with no unit in particular only one bound to none, so
//     that nobody makes or changes what is wider than his own grant.
//   - Operate: an operator who is bound to no unit and no form.
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
	nowhere := c.Token.Role == Reporter && c.Token.Unit == ""
	return !nowhere && c.Token.mayUse(right, scope, t)
}

// mayUse decides for a token that is active and whose role holds the right somewhere, and for a reporter with a unit.
func (t Token) mayUse(right Right, scope Scope, tree *hierarchy.Tree) bool {
	switch right {
	case Read:
		return t.mayRead(scope, tree)
	case Submit:
		return scope.Unit != "" && (t.Role != Reporter || scope.Unit == t.Unit) && t.reaches(scope, tree) && t.isFor(scope.Form)
	case Approve:
		return scope.Unit != "" && t.reaches(scope, tree) && t.isFor(scope.Form)
	case Catalogue, Grant:
		return t.reaches(scope, tree) && t.isFor(scope.Form)
	case Operate:
		return t.Unit == "" && t.Form == ""
	default:
		return false
	}
}

func (t Token) mayRead(scope Scope, tree *hierarchy.Tree) bool {
	if scope.Form != "" && !t.isFor(scope.Form) {
		return false
	}
	return scope.Unit == "" || scope.Unit == t.Unit && known(tree, t.Unit) || t.reaches(scope, tree)
}

// reaches says whether the unit lies in the subtree of the token's on that day. A token over every unit reaches also
// what the tree does not know: whoever may do anything may learn that there is no such unit.
func (t Token) reaches(scope Scope, tree *hierarchy.Tree) bool {
	if t.Unit == "" {
		return true
	}
	return tree != nil && tree.Within(scope.Unit, t.Unit, scope.On)
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
