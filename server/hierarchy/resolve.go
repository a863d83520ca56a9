package hierarchy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

// longestNumericCode is the length of a commune's code, to which lost zeros are filled up when guessing.
const longestNumericCode = 5

// Resolve finds the unit that a text names (R1): an id names its unit on every day; a bare code names the one unit that
// has it on that day. Two units with the code on that day, a code that nobody has on that day, and an unknown name are
// refused, and the sentence says what would be right. The error names no field.
func (t *Tree) Resolve(ref string, on period.Day) (Unit, error) {
	if o, ok := t.byID[ID(ref)]; ok {
		return t.units[o], nil
	}
	if ref == "" {
		return Unit{}, fault.Invalid("UNIT_EMPTY", "no unit is named; give its id or its code")
	}
	known := t.WithCode(Code(ref))
	if len(known) == 0 {
		return Unit{}, t.unknown(ref, on)
	}
	return pick(ref, known, on)
}

// Find is Resolve for whoever wants no reason: it gives the ordinal, and false where Resolve refuses.
func (t *Tree) Find(ref string, on period.Day) (int, bool) {
	found := none
	for _, o := range t.byCode[Code(ref)] {
		if !t.units[o].ValidOn(on) {
			continue
		}
		if found != none {
			return 0, false
		}
		found = o
	}
	if found == none {
		o, ok := t.byID[ID(ref)] // no id is a code (R1)
		return int(o), ok
	}
	return int(found), true
}

// pick chooses among the units that ever had a code the one that has it on that day.
func pick(ref string, known []Unit, on period.Day) (Unit, error) {
	var valid []Unit
	for _, u := range known {
		if u.ValidOn(on) {
			valid = append(valid, u)
		}
	}
	switch len(valid) {
	case 1:
		return valid[0], nil
	case 0:
		return Unit{}, fault.NotFound("UNIT_NOT_VALID",
			"%s no unit has the code %q: it belongs to %s; check the date, or give the id", onDay(on), ref, list(known)).
			With("code", ref).With("day", on).With("units", ids(known))
	}
	return Unit{}, fault.Invalid("UNIT_AMBIGUOUS",
		"code %q means %s %s; give the id of the one that is meant", ref, list(valid), onDay(on)).
		With("code", ref).With("day", on).With("units", ids(valid))
}

func (t *Tree) unknown(ref string, on period.Day) error {
	ref = shorten(ref)
	if guess := t.withLostZeros(ref, on); guess != "" {
		return fault.NotFound("UNIT_NOT_FOUND",
			"there is no unit %q; if %q is meant: spreadsheets drop the zeros at the front of a code, so keep the column as text", ref, guess).
			With("unit", ref).With("guess", guess)
	}
	return fault.NotFound("UNIT_NOT_FOUND", "there is no unit %q; give the id or the code of a unit, not its name", ref).
		With("unit", ref)
}

// withLostZeros finds the only code of that day that the text would be with zeros before it.
func (t *Tree) withLostZeros(ref string, on period.Day) string {
	if strings.Trim(ref, "0123456789") != "" {
		return ""
	}
	guess := ""
	for padded := "0" + ref; len(padded) <= longestNumericCode; padded = "0" + padded {
		for _, o := range t.byCode[Code(padded)] {
			if !t.units[o].ValidOn(on) {
				continue
			}
			if guess != "" {
				return ""
			}
			guess = padded
		}
	}
	return guess
}

// Bind gives the units with every parent that is a bare code replaced by the id of the unit that has this code on the
// unit's first day (R1: the row's date), among the given units and the tree. What cannot be bound is refused, each
// under units[i].parent. It is the step between a file, where parents may be codes, and With.
func (t *Tree) Bind(units []Unit) ([]Unit, error) {
	var problems fault.List
	bound := make([]Unit, len(units))
	given := make(map[Code][]Unit, len(units))
	for _, u := range units {
		given[u.Code] = append(given[u.Code], u)
	}
	for i, u := range units {
		bound[i] = u
		if u.Parent == "" || u.Parent.wellFormed() {
			continue
		}
		parent, err := t.bindCode(Code(u.Parent), u.ValidFrom, given[Code(u.Parent)])
		if err != nil {
			problems.Add(fault.Of(err).In("parent").In(fmt.Sprintf("units[%d]", i)))
			continue
		}
		bound[i].Parent = parent
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return bound, nil
}

// bindCode finds the unit that has a code on a day. A given unit stands for the known one of its id.
func (t *Tree) bindCode(code Code, day period.Day, given []Unit) (ID, error) {
	var candidates []Unit
	for _, p := range given {
		if !slices.ContainsFunc(candidates, func(c Unit) bool { return c.ID == p.ID }) {
			candidates = append(candidates, p)
		}
	}
	for _, p := range t.WithCode(code) {
		if !slices.ContainsFunc(candidates, func(c Unit) bool { return c.ID == p.ID }) {
			candidates = append(candidates, p)
		}
	}
	if len(candidates) == 0 {
		return "", t.unknown(string(code), day)
	}
	found, err := pick(string(code), candidates, day)
	return found.ID, err
}

func onDay(day period.Day) string {
	switch day {
	case period.Beginning:
		return "without a first day"
	case period.Forever:
		return "without a last day"
	}
	return "on " + day.String()
}

// list names units with their kind and days, in one sentence.
func list(units []Unit) string {
	words := make([]string, len(units))
	for i, u := range units {
		words[i] = fmt.Sprintf("%s %s, which stands %s", u.Kind, u, u.validity())
	}
	return strings.Join(words, "; and ")
}

func ids(units []Unit) string {
	words := make([]string, len(units))
	for i, u := range units {
		words[i] = string(u.ID)
	}
	return strings.Join(words, ", ")
}
