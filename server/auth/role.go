package auth

import (
	"strings"

	"github.com/tonghop/tonghop/server/fault"
)

// Role is what a token allows inside its scope. The zero value is no role and allows nothing.
type Role uint8

// The roles.
const (
	noRole Role = iota
	// Reporter saves and sends the reports of its own unit, and reads that unit and what is below it.
	Reporter
	// Approver approves and returns reports of its unit and of those below it, and reads them.
	Approver
	// Viewer reads its unit and what is below it.
	Viewer
	// Administrator changes units, indicators and forms, issues tokens that are not wider than its own, and may read,
	// approve, and send what a unit without access hands in on paper.
	Administrator
	// Operator looks after the store, keeps the list of holidays, and sees no figures.
	Operator
)

// Right is what a method asks of its caller. The zero value is no right and is granted to nobody.
type Right uint8

// The rights.
const (
	noRight Right = iota
	// Authenticated is held by every token that has not ended.
	Authenticated
	// Read is to see what lies in scope.
	Read
	// Submit is to save and send reports.
	Submit
	// Approve is to approve and return reports.
	Approve
	// Catalogue is to change units, indicators and forms.
	Catalogue
	// Grant is to issue and revoke tokens.
	Grant
	// Operate is to look after the store.
	Operate
	// Calendar is to keep the list of holidays.
	Calendar
)

// roleNames and rightNames are indexed by value. The names of roles stand in journals and never change.
var (
	roleNames  = [...]string{"", "reporter", "approver", "viewer", "administrator", "operator"}
	rightNames = [...]string{"", "authenticated", "read", "submit", "approve", "catalogue", "grant", "operate", "calendar"}
)

// held lists for each role its rights besides Authenticated.
var held = [...][]Right{
	Reporter:      {Read, Submit},
	Approver:      {Read, Approve},
	Viewer:        {Read},
	Administrator: {Read, Submit, Approve, Catalogue, Grant, Calendar},
	Operator:      {Operate, Calendar},
}

// Roles lists every role.
func Roles() []Role { return []Role{Reporter, Approver, Viewer, Administrator, Operator} }

// Rights lists every right.
func Rights() []Right {
	return []Right{Authenticated, Read, Submit, Approve, Catalogue, Grant, Operate, Calendar}
}

// String gives the role's name; "none" for a value that is no role.
func (r Role) String() string {
	if r == noRole || int(r) >= len(roleNames) {
		return "none"
	}
	return roleNames[r]
}

// String gives the right's name; "none" for a value that is no right.
func (r Right) String() string {
	if r == noRight || int(r) >= len(rightNames) {
		return "none"
	}
	return rightNames[r]
}

// ParseRole reads the name of a role. The error names no field.
func ParseRole(s string) (Role, error) {
	for i, name := range roleNames {
		if s == name && name != "" {
			return Role(i), nil //nolint:gosec // there are six
		}
	}
	return noRole, fault.Invalid("ROLE_UNKNOWN", "role %q is unknown; give one of %s", shorten(s), strings.Join(roleNames[1:], ", ")).
		With("value", shorten(s))
}

// Holds says whether the role has the right anywhere at all. It is for refusing early what no scope could allow; only
// [Allowed] says yes.
func (r Role) Holds(right Right) bool {
	if r == noRole || int(r) >= len(held) {
		return false
	}
	if right == Authenticated {
		return true
	}
	for _, h := range held[r] {
		if h == right {
			return true
		}
	}
	return false
}

// shorten keeps a foreign text from filling an answer.
func shorten(s string) string {
	const limit = 60
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
