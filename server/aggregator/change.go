package aggregator

import (
	"time"

	"github.com/tonghop/tonghop/server/entry"
)

// ChangeKind is what happened in an entry.
type ChangeKind uint8

// The kinds of change. An entry that concerns nobody, such as the making of the store, has no note.
const (
	noChange ChangeKind = iota
	UnitsChange
	IndicatorsChange
	FormsChange
	// DraftChange is shown to the report's own unit alone.
	DraftChange
	SubmittedChange
	ApprovedChange
	ReturnedChange
	// AccessChange is shown to those who may grant.
	AccessChange
)

// Change is a note that something changed (R46): what and by whom, never the content.
type Change struct {
	Sequence uint64
	Time     time.Time
	Kind     ChangeKind
	// Name is the id of the unit or token, or the code of the indicator or form; empty where several changed at once, and
	// for reports, which have Key and Revision.
	Name      string
	Key       entry.ReportKey
	Revision  int
	Principal string
}
