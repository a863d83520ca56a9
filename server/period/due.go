package period

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
)

// maxOffset is how many days after the period a report may fall due.
const maxOffset = 366

// Offset is how long after the last day of a period a report is due: in days of the calendar, or in working days.
type Offset struct {
	Days    int
	Working bool
}

// ParseOffset reads +2 or, for working days, +2w.
func ParseOffset(s string) (Offset, error) {
	digits, plus := strings.CutPrefix(s, "+")
	digits, working := strings.CutSuffix(digits, "w")
	n, ok := number(digits)
	if !plus || !ok || n > maxOffset || digits != strconv.Itoa(n) {
		return Offset{}, fault.Invalid("DUE_MALFORMED",
			"due day %q: write +2 for two days after the period's last day, +2w for two working days, at most +%d", short(s), maxOffset).
			With("value", short(s))
	}
	return Offset{Days: n, Working: working}, nil
}

// String gives +2 or +2w.
func (o Offset) String() string {
	s := "+" + strconv.Itoa(o.Days)
	if o.Working {
		s += "w"
	}
	return s
}

// DueRule is the offset of one kind of unit.
type DueRule struct {
	UnitKind string
	Offset   Offset
}

// Due holds the due rules of a form, one for each kind of unit. The zero value has none.
type Due struct{ rules []DueRule }

// ParseDue reads the column due (R6): commune=+2|district=+4|department=+6|province=+11. Nothing gives no rules; a
// kind that is named twice is refused.
func ParseDue(s string) (Due, error) {
	var due Due
	if s == "" {
		return due, nil
	}
	for part := range strings.SplitSeq(s, "|") {
		kind, offset, _ := strings.Cut(part, "=")
		if !isKindWord(kind) {
			return Due{}, dueMalformed(s, "each part is a kind of unit, = and an offset, as in commune=+2|district=+4")
		}
		if _, twice := due.For(kind); twice {
			return Due{}, dueMalformed(s, "the kind "+kind+" is named twice")
		}
		o, err := ParseOffset(offset)
		if err != nil {
			return Due{}, err
		}
		due.rules = append(due.rules, DueRule{UnitKind: kind, Offset: o})
	}
	return due, nil
}

// String gives the rules as ParseDue reads them, in the order in which they were written.
func (d Due) String() string {
	parts := make([]string, len(d.rules))
	for i, r := range d.rules {
		parts[i] = r.UnitKind + "=" + r.Offset.String()
	}
	return strings.Join(parts, "|")
}

// For gives the offset for a kind of unit; false if there is none.
func (d Due) For(unitKind string) (Offset, bool) {
	for _, r := range d.rules {
		if r.UnitKind == unitKind {
			return r.Offset, true
		}
	}
	return Offset{}, false
}

// Rules gives the rules in the order in which they were written.
func (d Due) Rules() []DueRule { return slices.Clone(d.rules) }

// isKindWord holds the kinds to plain words, so that no kind can hold one of the marks of the column.
func isKindWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c != '-' && c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != "" && len(s) <= 41
}

func dueMalformed(s, what string) *fault.Error {
	return fault.Invalid("DUE_MALFORMED", "due days %q: %s", short(s), what).With("value", short(s))
}
