package obligation

// Standing is what has come of an obligation. The zero value: nothing was ever saved or sent.
type Standing uint8

// What a standing is made of. The values stand in files of the state.
const (
	// Official: an approved revision is in force.
	Official Standing = 1 << iota
	// Waiting: the newest revision that was sent waits for approval.
	Waiting
	// Sent: something other than a draft has come.
	Sent
	// Late: the first that was sent came at or after the deadline (R7).
	Late
	// Returned: the newest revision that was sent was sent back.
	Returned
	// Drafted: the newest revision is a draft.
	Drafted
	// CorrectedLate: a revision after the first that was sent came at or after the deadline, which makes no report late (R7).
	CorrectedLate
)

// Has says whether the standing has all of these.
func (s Standing) Has(what Standing) bool { return s&what == what }

// Received says whether a revision counts: one that waits, or an approved one, also while a later one was sent back (R23).
func (s Standing) Received() bool { return s&(Official|Waiting) != 0 }

// WithoutDraft is the standing for whoever is not told of drafts (R26).
func (s Standing) WithoutDraft() Standing { return s &^ Drafted }
