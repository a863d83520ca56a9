package receipt

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Kind is what was asked for.
type Kind string

// The kinds.
const (
	// Submit sent a report for good, Draft saved one.
	Submit Kind = "submit"
	Draft  Kind = "draft"
	// Approve and Return reviewed one.
	Approve Kind = "approve"
	Return  Kind = "return"
	// Exclude took an obligation out, Lift brought it back.
	Exclude Kind = "exclude"
	Lift    Kind = "lift"
	// Close closed a period, Reopen opened it again.
	Close  Kind = "close"
	Reopen Kind = "reopen"
)

// OfRevision says whether what was asked for is about a revision of a report.
func (k Kind) OfRevision() bool { return k == Submit || k == Draft || k == Approve || k == Return }

// Record is one receipt: what was asked, and what the server answered.
type Record struct {
	Kind Kind `json:"kind"`
	// RequestID is the UUID of the request; of an upload it is that of the whole upload, and Index the report's place in it.
	RequestID string `json:"request_id"`
	Index     *int32 `json:"index,omitempty"`
	// Report is the resource name, of a closing where that was made or opened; Revision is the number that was made or reviewed,
	// or the version of the closing. 0: an obligation was taken out or brought back.
	Report   string `json:"report"`
	Revision int32  `json:"revision"`
	// Etag names what was seen: of the report that was corrected or reviewed. Empty: there was nothing to see.
	Etag string `json:"etag,omitempty"`
	// Reason is why a report was returned, or whatever else was done that has one.
	Reason string `json:"reason,omitempty"`
	// Merge says that figures that were not sent were taken from the revision before.
	Merge bool `json:"merge,omitempty"`
	// Figures are those that were sent; of a review, those that were reviewed.
	Figures *Figures `json:"figures,omitempty"`
	// JournalID, Sequence, EntryHash and AcceptTime are the server's receipt.
	JournalID  string    `json:"journal_id"`
	Sequence   int64     `json:"sequence"`
	EntryHash  string    `json:"entry_hash"`
	AcceptTime time.Time `json:"accept_time"`
	// ResentFrom names the receipt that was lost with a journal and sent again for this one.
	ResentFrom *Place `json:"resent_from,omitempty"`
}

// Place is where an entry stands.
type Place struct {
	JournalID string `json:"journal_id"`
	Sequence  int64  `json:"sequence"`
}

// Figures are the rows of figures.csv for one report, as they stood in the file that was sent.
type Figures struct {
	// Numbers is the format that was declared for them, "vi" or "en". Empty: none was.
	Numbers string     `json:"numbers,omitempty"`
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
	// Partial says that rows may be missing, so that these cannot be sent again.
	Partial bool `json:"partial,omitempty"`
}

// Check says what a record lacks to be a receipt.
func (r Record) Check() error {
	switch {
	case !isHex(r.JournalID, 16):
		return fmt.Errorf("the journal id %q is not 32 hexadecimal digits", r.JournalID)
	case !isHex(r.EntryHash, 32):
		return fmt.Errorf("the entry hash %q is not 64 hexadecimal digits", r.EntryHash)
	case r.Sequence < 1:
		return fmt.Errorf("the sequence %d is not one of an entry", r.Sequence)
	case r.AcceptTime.IsZero():
		return fmt.Errorf("the time of acceptance is missing")
	case r.Report == "":
		return fmt.Errorf("the name of the report is missing")
	}
	switch r.Kind {
	case Submit, Draft, Approve, Return, Exclude, Lift, Close, Reopen:
		return nil
	default:
		return fmt.Errorf("the kind %q is not known; a newer program may have written it", r.Kind)
	}
}

func isHex(text string, bytes int) bool {
	decoded, err := hex.DecodeString(text)
	return err == nil && len(decoded) == bytes && hex.EncodeToString(decoded) == text
}

// line gives the record as a file has it.
func (r Record) line() ([]byte, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}

// parseLine reads a line. What a newer program adds to it is passed over: the receipt in it still is one.
func parseLine(text []byte) (Record, error) {
	var r Record
	if err := json.Unmarshal(text, &r); err != nil {
		return Record{}, fmt.Errorf("it is no JSON of a receipt: %w", err)
	}
	return r, r.Check()
}
