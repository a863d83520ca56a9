package plan

import (
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
)

// RemarkKind is what a remark is. The zero value is none.
type RemarkKind uint8

// The kinds of remarks.
const (
	noRemark RemarkKind = iota
	// Comment is what a unit says of a draft.
	Comment
	// Cause is why a target was not reached, or what is difficult; Remedy what is done about it.
	Cause
	Remedy
)

var remarkWords = []string{"", "COMMENT", "CAUSE", "REMEDY"}

// String gives the word of the API and of the journal; empty for none.
func (k RemarkKind) String() string { return wordOf(remarkWords, k) }

// ParseRemarkKind reads a word. The error names no field.
func ParseRemarkKind(s string) (RemarkKind, error) {
	if at := slices.Index(remarkWords, s); at > 0 {
		return RemarkKind(at), nil //nolint:gosec // four
	}
	return noRemark, fault.Invalid("REMARK_KIND_UNKNOWN", "%q is no kind of remark; give one of %s", shorten(s), strings.Join(remarkWords[1:], " ")).
		With("value", shorten(s))
}

// Remark says that a unit wrote something about a plan; what it wrote is kept apart, for it can be removed.
type Remark struct {
	Plan ID
	Kind RemarkKind
	// Year is the one that it is about; 0 is the plan as a whole.
	Year int
	Unit hierarchy.ID
	// Indicator is the one that it is about; empty is none.
	Indicator indicator.Code
}

// Check tells every violation, each with its field.
func (r *Remark) Check() error {
	var problems fault.List
	if r.Kind == noRemark || r.Kind.String() == "" {
		problems.Add(fault.Invalid("REMARK_KIND_UNKNOWN", "%q is no kind of remark; give one of %s", r.Kind, strings.Join(remarkWords[1:], " ")).In("kind"))
	}
	if r.Year != 0 {
		checkYear(r.Year, &problems)
	}
	if r.Indicator != "" {
		if _, err := indicator.ParseCode(string(r.Indicator)); err != nil {
			problems.Add(fault.Of(err).In("indicator"))
		}
	}
	return problems.Err()
}
