package hierarchy

import (
	"fmt"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// MaxName is how many characters the name of a unit may have.
const MaxName = 300

// The days that an id can carry.
var firstDay, lastDay = period.Date(1, 1, 1), period.Date(9999, 12, 31)

// Unit is one body in the tree. It is a plain value; NewUnit makes a right one and Check tells what is wrong with one
// that was made otherwise. It has one code, kind, parent and first day for its whole life: what needs another closes it
// and makes a successor, joined to it by a Link.
type Unit struct {
	// ID is made from Code and ValidFrom.
	ID ID
	// Code is what forms and files call the unit.
	Code Code
	// Kind is the sort of unit.
	Kind Kind
	// NameVI is the full name of its last days, with thành phố, huyện, xã: short names repeat. On gives that of a day.
	NameVI string
	// NameEN is optional.
	NameEN string
	// Parent is empty for a root.
	Parent ID
	// ValidFrom is the first day, or Beginning.
	ValidFrom period.Day
	// ValidTo is the day after the last one, or Forever.
	ValidTo period.Day
	// Earlier are the names that it had before, the earliest first.
	Earlier []Name
}

// NewUnit makes a unit: its names as they are stored, its id from code and first day. It refuses with every violation.
func NewUnit(code Code, kind Kind, nameVI, nameEN string, parent ID, from, to period.Day) (Unit, error) {
	u := Unit{
		ID: NewID(code, from), Code: code, Kind: kind, NameVI: nameVI, NameEN: nameEN,
		Parent: parent, ValidFrom: from, ValidTo: to,
	}
	if name, err := text.Clean("name_vi", nameVI, MaxName); err == nil {
		u.NameVI = name
	}
	if name, err := text.Clean("name_en", nameEN, MaxName); err == nil {
		u.NameEN = name
	}
	return u, u.Check()
}

// Check tells every violation of a unit looked at alone, each with its field: code, kind, names, parent, days, id.
func (u Unit) Check() error {
	var problems fault.List
	u.checkSelf(&problems)
	if u.ID != NewID(u.Code, u.ValidFrom) {
		problems.Add(fault.Invalid("UNIT_ID_MISMATCH",
			"id %q does not belong to code %q and its first day; it must be %q", u.ID, u.Code, NewID(u.Code, u.ValidFrom)).
			With("unit", u.ID).In("id"))
	}
	return problems.Err()
}

// ValidOn says whether the unit stands on that day.
func (u Unit) ValidOn(day period.Day) bool { return u.ValidFrom <= day && day < u.ValidTo }

// String gives the id and the name, as sentences about units name them.
func (u Unit) String() string { return fmt.Sprintf("%s (%s)", u.ID, u.NameVI) }

// covers says whether the unit stands on every day on which the other does.
func (u Unit) covers(other Unit) bool {
	return u.ValidFrom <= other.ValidFrom && other.ValidTo <= u.ValidTo
}

// overlaps says whether there is a day on which both stand.
func (u Unit) overlaps(other Unit) bool {
	return u.ValidFrom < other.ValidTo && other.ValidFrom < u.ValidTo
}

func (u Unit) datesInOrder() bool { return u.ValidFrom < u.ValidTo }

// validity tells the days of the unit in words.
func (u Unit) validity() string {
	switch {
	case u.ValidFrom == period.Beginning && u.ValidTo == period.Forever:
		return "always"
	case u.ValidTo == period.Forever:
		return fmt.Sprintf("from %s", u.ValidFrom)
	case u.ValidFrom == period.Beginning:
		return fmt.Sprintf("until %s", u.ValidTo.Add(-1))
	}
	return fmt.Sprintf("from %s to %s", u.ValidFrom, u.ValidTo.Add(-1))
}

// checkSelf is Check without the id, which With compares with the accepted unit first.
func (u Unit) checkSelf(problems *fault.List) {
	if _, err := ParseCode(string(u.Code)); err != nil {
		problems.Add(fault.Of(err).In("code"))
	}
	if _, err := ParseKind(string(u.Kind)); err != nil {
		problems.Add(fault.Of(err).In("kind"))
	}
	if u.NameVI == "" {
		problems.Add(fault.Invalid("UNIT_NAME_EMPTY", "unit %q has no Vietnamese name; give its full name, such as Xã Mỹ Trà", u.Code).
			With("unit", u.Code).In("name_vi"))
	}
	problems.Add(checkName("name_vi", u.NameVI))
	problems.Add(checkName("name_en", u.NameEN))
	if u.Parent != "" {
		if _, err := ParseID(string(u.Parent)); err != nil {
			problems.Add(fault.Of(err).In("parent"))
		}
	}
	for _, d := range []struct {
		field string
		day   period.Day
	}{{"valid_from", u.ValidFrom}, {"valid_to", u.ValidTo}} {
		if !d.day.IsOpen() && (d.day < firstDay || d.day > lastDay) {
			problems.Add(fault.Invalid("UNIT_DAY_OUT_OF_RANGE", "unit %q: %s must lie in the years 0001 to 9999", u.Code, d.field).
				With("unit", u.Code).In(d.field))
		}
	}
	if !u.datesInOrder() {
		problems.Add(fault.Invalid("UNIT_DATES_REVERSED",
			"unit %q: valid_to %s is not after valid_from %s; valid_to is the day after the last one", u.Code, u.ValidTo, u.ValidFrom).
			With("unit", u.Code).With("valid_from", u.ValidFrom).With("valid_to", u.ValidTo).In("valid_to"))
		return
	}
	u.checkEarlier(problems)
}

// checkName refuses what Clean refuses, and also what it would have changed: a name that is compared byte by byte
// must be stored in one form only.
func checkName(field, name string) error {
	clean, err := text.Clean(field, name, MaxName)
	if err != nil {
		return err
	}
	if clean != name {
		return fault.Invalid("TEXT_NOT_CLEAN", "the name %q is not in its stored form (NFC, no space at the ends): %q", name, clean).In(field)
	}
	return nil
}
