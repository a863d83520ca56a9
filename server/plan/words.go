package plan

import (
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
)

// Comparator says how a figure is held against a target. The zero value is none.
type Comparator uint8

// The comparators.
const (
	noComparator Comparator = iota
	AtLeast
	Above
	AtMost
	Below
	Equal
	// Top is membership: among the first so many of a ranking.
	Top
	// InClass asks for a class or a better one, by the order of the plan.
	InClass
	ReduceBy
	IncreaseBy
	// Keep is to maintain or improve the baseline.
	Keep
	// ByDate asks that something is done by a day.
	ByDate
)

// comparatorWords are indexed by value; they stand in files and in the journal.
var comparatorWords = []string{
	"", ">=", ">", "<=", "<", "=", "top_n", "in_class", "reduce_by", "increase_by", "maintain_or_improve", "by_date",
}

// String gives the word of files and journals; empty for none.
func (c Comparator) String() string { return wordOf(comparatorWords, c) }

// ParseComparator reads a word. The error names no field.
func ParseComparator(s string) (Comparator, error) {
	if at := slices.Index(comparatorWords, s); at > 0 {
		return Comparator(at), nil //nolint:gosec // a dozen
	}
	return noComparator, fault.Invalid("COMPARATOR_UNKNOWN", "comparator %q is unknown; give one of %s", shorten(s), strings.Join(comparatorWords[1:], " ")).
		With("value", shorten(s)).With("known", strings.Join(comparatorWords[1:], " "))
}

// numeric says whether a value of the comparator is a bound that a figure is compared with on a scale.
func (c Comparator) numeric() bool { return c >= AtLeast && c <= Below }

// relative says whether the value is a percentage of the baseline.
func (c Comparator) relative() bool { return c == ReduceBy || c == IncreaseBy }

// Status says whether a target is reached. The zero value is none.
type Status uint8

// The statuses.
const (
	noStatus Status = iota
	Exceeded
	Met
	NotMet
	NotDue
	NoData
	NotEvaluable
)

var statusWords = []string{"", "EXCEEDED", "MET", "NOT_MET", "NOT_DUE", "NO_DATA", "NOT_EVALUABLE"}

// String gives the word of the API and of the journal; empty for none.
func (s Status) String() string { return wordOf(statusWords, s) }

// ParseRating reads a declared rating; empty is none. The error names no field.
func ParseRating(s string) (Status, error) {
	at := slices.Index(statusWords, s)
	if at < 0 || Status(at) > NotMet { //nolint:gosec // seven
		return noStatus, fault.Invalid("RATING_UNKNOWN", "rating %q: what is declared is EXCEEDED, MET or NOT_MET", shorten(s)).With("value", shorten(s))
	}
	return Status(at), nil //nolint:gosec // seven
}

// CountKind is what a declared count counts. The zero value is none.
type CountKind uint8

// The kinds of counts.
const (
	noCount CountKind = iota
	CountAssigned
	CountTotal
	CountReached
	CountExceeded
	CountMet
	CountNotMet
	// CountGroup counts the indicators of the group in the label.
	CountGroup
	CountFocus
	// CountOther counts whatever the label says.
	CountOther
)

var countWords = []string{"", "ASSIGNED", "TOTAL", "REACHED", "EXCEEDED", "MET", "NOT_MET", "GROUP", "FOCUS", "OTHER"}

// String gives the word of the API and of the journal; empty for none.
func (k CountKind) String() string { return wordOf(countWords, k) }

// ParseCountKind reads a word. The error names no field.
func ParseCountKind(s string) (CountKind, error) {
	if at := slices.Index(countWords, s); at > 0 {
		return CountKind(at), nil //nolint:gosec // ten
	}
	return noCount, fault.Invalid("COUNT_KIND_UNKNOWN", "%q is nothing that is counted; give one of %s", shorten(s), strings.Join(countWords[1:], " ")).
		With("value", shorten(s))
}

// Bound says how exact a declared value is. The zero value is an exact one.
type Bound uint8

// The bounds.
const (
	Exact Bound = iota
	MoreThan
	NoLessThan
)

var boundWords = []string{"=", ">", ">="}

// String gives the word of files and of the journal.
func (b Bound) String() string { return wordOf(boundWords, b) }

// ParseBound reads a word; an empty one is exact. The error names no field.
func ParseBound(s string) (Bound, error) {
	if s == "" {
		return Exact, nil
	}
	if at := slices.Index(boundWords, s); at >= 0 {
		return Bound(at), nil //nolint:gosec // three
	}
	return Exact, fault.Invalid("BOUND_UNKNOWN", "%q is no bound of a declared value; give =, > or >=", shorten(s)).With("value", shorten(s))
}

func wordOf[T ~uint8](words []string, v T) string {
	if int(v) >= len(words) {
		return ""
	}
	return words[v]
}

// shorten keeps a foreign text from filling an answer.
func shorten(s string) string {
	const limit = 80
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
