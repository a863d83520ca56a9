package hierarchy

import (
	"cmp"
	"fmt"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

// Share says how much of a unit went over into another.
type Share uint8

// The shares.
const (
	// Whole is all of it: the unit ended, and nothing of it went elsewhere.
	Whole Share = iota + 1
	// Part is some of it: the rest went elsewhere, or the unit stands on without this part.
	Part
)

var shareWords = map[Share]string{Whole: "whole", Part: "part"}

// ParseShare reads whole or part. The error names no field.
func ParseShare(s string) (Share, error) {
	for share, word := range shareWords {
		if s == word {
			return share, nil
		}
	}
	return 0, fault.Invalid("LINEAGE_SHARE_UNKNOWN", "share %q: it is whole, or part where the unit was divided", shorten(s)).
		With("share", shorten(s))
}

// String gives the word of the files.
func (s Share) String() string { return shareWords[s] }

// Link is one line of lineage: what was From before a day is To since. Date, From and To tell a link from others.
type Link struct {
	// Date is the first day on which To has what it got; From had it until the day before.
	Date period.Day
	// From gave it.
	From ID
	// To got it.
	To ID
	// Share says how much of From it was.
	Share Share
}

// String names a link in sentences.
func (l Link) String() string { return fmt.Sprintf("%s → %s on %s", l.From, l.To, l.Date) }

// same says whether both are one link, whatever the share.
func (l Link) same(other Link) bool {
	return l.Date == other.Date && l.From == other.From && l.To == other.To
}

func compareLinks(a, b Link) int {
	return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
}

// Check tells every violation of a link looked at alone.
func (l Link) Check() error {
	var problems fault.List
	if l.Date.IsOpen() || l.Date < firstDay || l.Date > lastDay {
		problems.Add(fault.Invalid("LINEAGE_DATE_MISSING", "the lineage link from %q to %q has no date; give the first day of the new state, such as 2025-07-01", l.From, l.To).
			With("from", l.From).With("to", l.To).In("date"))
	}
	for _, end := range []struct {
		field string
		id    ID
	}{{"from", l.From}, {"to", l.To}} {
		if _, err := ParseID(string(end.id)); err != nil {
			problems.Add(fault.Of(err).In(end.field))
		}
	}
	if l.From == l.To {
		problems.Add(fault.Invalid("LINEAGE_TO_ITSELF", "unit %s cannot become itself on %s; a unit that only gets another name is renamed and needs no link", l.From, l.Date).
			With("unit", l.From).With("date", l.Date).In("to"))
	}
	if _, known := shareWords[l.Share]; !known {
		problems.Add(fault.Invalid("LINEAGE_SHARE_UNKNOWN", "share %q: it is whole, or part where the unit was divided", l.Share).
			With("share", l.Share).In("share"))
	}
	return problems.Err()
}
