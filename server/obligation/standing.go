package obligation

import "strings"

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
	// Excluded: the obligation was taken out, and whatever was sent for it counts nowhere (R11).
	Excluded
)

// Has says whether the standing has all of these.
func (s Standing) Has(what Standing) bool { return s&what == what }

// Received says whether a revision counts: one that waits, or an approved one, also while a later one was sent back (R23).
// Nothing does of what was taken out.
func (s Standing) Received() bool { return s&(Official|Waiting) != 0 && s&Excluded == 0 }

// standingWords are in the order of the bits.
var standingWords = [...]string{"OFFICIAL", "WAITING", "SENT", "LATE", "RETURNED", "DRAFTED", "CORRECTED_LATE", "EXCLUDED"}

// String gives the words of what the standing has; empty for nothing.
func (s Standing) String() string {
	var words []string
	for i, word := range standingWords {
		if s>>i&1 != 0 {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

// WithoutDraft is the standing for whoever is not told of drafts (R26).
func (s Standing) WithoutDraft() Standing { return s &^ Drafted }
