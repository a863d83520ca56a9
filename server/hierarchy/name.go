package hierarchy

import (
	"fmt"
	"slices"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

// Name is what a unit was called until a day. A unit that is renamed stays the same unit, so its figures stay in their
// place; what it was called before is kept with it.
type Name struct {
	// Until is the first day on which the unit had this name no longer.
	Until period.Day
	// VI is the full name of that time.
	VI string
	// EN is optional.
	EN string
}

// On gives the unit as it was called on that day; before its first day it has its first name, and after its last day
// its last one.
func (u Unit) On(day period.Day) Unit {
	for _, n := range u.Earlier {
		if day < n.Until {
			u.NameVI, u.NameEN = n.VI, n.EN
			break
		}
	}
	return u
}

// Renamed gives the unit with another name from that day on. What it is called from a later day on stays as it is.
func (u Unit) Renamed(from period.Day, nameVI, nameEN string) Unit {
	was := u.On(from - 1)
	u.Earlier = slices.Clone(u.Earlier)
	before := Name{Until: from, VI: was.NameVI, EN: was.NameEN}
	at := slices.IndexFunc(u.Earlier, func(n Name) bool { return n.Until >= from })
	switch {
	case at < 0:
		u.Earlier = append(u.Earlier, before)
		u.NameVI, u.NameEN = nameVI, nameEN
		return u
	case u.Earlier[at].Until > from:
		u.Earlier = slices.Insert(u.Earlier, at, before)
	}
	if at+1 < len(u.Earlier) {
		u.Earlier[at+1].VI, u.Earlier[at+1].EN = nameVI, nameEN
	} else {
		u.NameVI, u.NameEN = nameVI, nameEN
	}
	return u
}

// Equal says whether both are the same unit in every field.
func (u Unit) Equal(other Unit) bool {
	return u.ID == other.ID && u.Code == other.Code && u.Kind == other.Kind && u.NameVI == other.NameVI &&
		u.NameEN == other.NameEN && u.Parent == other.Parent && u.ValidFrom == other.ValidFrom &&
		u.ValidTo == other.ValidTo && slices.Equal(u.Earlier, other.Earlier)
}

// checkEarlier tells what is wrong with the earlier names: each must have ended after the first day of the unit and
// after the one before, and before the unit's end.
func (u Unit) checkEarlier(problems *fault.List) {
	last := u.ValidFrom
	for i, n := range u.Earlier {
		field := fmt.Sprintf("earlier_names[%d]", i)
		if n.VI == "" {
			problems.Add(fault.Invalid("UNIT_NAME_EMPTY", "unit %q has no Vietnamese name; give its full name, such as Xã Mỹ Trà", u.Code).
				With("unit", u.Code).In("name_vi").In(field))
		}
		if err := checkName("name_vi", n.VI); err != nil {
			problems.Add(fault.Of(err).In(field))
		}
		if err := checkName("name_en", n.EN); err != nil {
			problems.Add(fault.Of(err).In(field))
		}
		if n.Until.IsOpen() || n.Until <= last || n.Until >= u.ValidTo {
			problems.Add(fault.Invalid("UNIT_NAME_DAY_WRONG",
				"unit %q: the name %q cannot end on %s: the unit must stand on that day and on the day before, and names follow one another", u.Code, n.VI, n.Until).
				With("unit", u.Code).With("name", n.VI).With("day", n.Until).In("until").In(field))
		}
		last = max(last, n.Until)
	}
}
