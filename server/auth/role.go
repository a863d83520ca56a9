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
	// Approver approves, returns and excludes reports of its unit and of those below it, closes periods, sends on behalf of
	// units below its own, and reads.
	Approver
	// Viewer reads its unit and what is below it.
	Viewer
	// Administrator changes units, indicators and forms, issues tokens that are not wider than its own, and may read,
	// approve, and send what a unit without access hands in on paper.
	Administrator
	// Operator looks after the store, keeps the list of holidays, and sees no figures.
	Operator
	// Drafter saves drafts of its own unit's reports and sends none; Sender sends them and saves no drafts. Where two people
	// share the work of a reporter, each has one of the two (R13).
	Drafter
	Sender
	// Auditor reads, follows changes and verifies the store, and changes nothing.
	Auditor
	// Public reads what is published and nothing else. Whoever sends no token is of this role where the server is open.
	Public
	// Bootstrap issues one token, of an administrator over everything, and ends by it. Only the machine itself issues it.
	Bootstrap
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
	// Submit is to hand in reports: to save drafts or to send, or both.
	Submit
	// Approve is to approve and return reports.
	Approve
	// Catalogue is to change units, indicators and forms.
	Catalogue
	// Grant is to issue and revoke tokens.
	Grant
	// Operate is to look after the store.
	Operate
	// Draft is to save drafts, Send to send for good; both go with Submit, which says of which units.
	Draft
	Send
	// Calendar is to keep the list of holidays.
	Calendar
	// Audit is to have the store verified.
	Audit
	// Published is to read what is published.
	Published
)

// roleNames and rightNames are indexed by value. The names of roles stand in journals and never change.
var (
	roleNames  = [...]string{"", "reporter", "approver", "viewer", "administrator", "operator", "drafter", "sender", "auditor", "public", "bootstrap"}
	rightNames = [...]string{"", "authenticated", "read", "submit", "approve", "catalogue", "grant", "operate", "draft", "send", "calendar", "audit", "published"}
)

// held lists for each role its rights besides Authenticated.
var held = [...][]Right{
	Reporter:      {Read, Submit, Draft, Send, Published},
	Approver:      {Read, Approve, Submit, Send, Published},
	Viewer:        {Read, Published},
	Administrator: {Read, Submit, Approve, Catalogue, Grant, Draft, Send, Calendar, Published},
	Operator:      {Operate, Calendar, Audit},
	Drafter:       {Read, Submit, Draft, Published},
	Sender:        {Read, Submit, Send, Published},
	Auditor:       {Read, Audit, Published},
	Public:        {Published},
	Bootstrap:     {Grant},
}

// Roles lists every role.
func Roles() []Role {
	return []Role{Reporter, Approver, Viewer, Administrator, Operator, Drafter, Sender, Auditor, Public, Bootstrap}
}

// Rights lists every right.
func Rights() []Right {
	return []Right{Authenticated, Read, Submit, Approve, Catalogue, Grant, Operate, Draft, Send, Calendar, Audit, Published}
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
			return Role(i), nil //nolint:gosec // there are ten
		}
	}
	return noRole, fault.Invalid("ROLE_UNKNOWN", "role %q is unknown; give one of %s", shorten(s), strings.Join(roleNames[1:], ", ")).
		With("value", shorten(s))
}

// Reports says whether the role is of people who hand in reports of their own unit.
func (r Role) Reports() bool { return r == Reporter || r == Drafter || r == Sender }

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
