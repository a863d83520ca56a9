package hierarchy

import (
	"fmt"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

// Selector says to which units something is assigned, and from which day until before which (R9): all units of a kind,
// all units of a kind at or under a unit, or one unit.
type Selector struct {
	// Kind selects all units of a kind; empty if Unit is given.
	Kind Kind
	// Under narrows Kind to the units that stand at or below this one on the day in question; optional.
	Under ID
	// Unit selects this unit alone, without those below it; empty if Kind is given.
	Unit ID
	// Except takes out what the selector describes, whatever other selectors say.
	Except bool
	// From and To are half open as in a unit. Both zero means always, so that a Selector made without days is right.
	From, To period.Day
}

// The words of a cell.
const (
	wordKind   = "kind:"
	wordUnit   = "unit:"
	wordExcept = "except:"
	wordSep    = "|"
	daysSep    = ";"
	rangeSep   = ".."
)

// ParseSelectors reads a cell such as
//
//	kind:commune@82-20250701;2025-07-01.. | unit:SYT | except:unit:30280
//
// Units may be ids or bare codes; resolve makes an id of either. Days are half open: ;2024-01-01..2025-07-01 ends with
// 2025-06-30, and either end may be left out. An empty cell has no selectors. Every word that cannot be read is told,
// under [i]; the caller adds the column.
func ParseSelectors(cell string, resolve func(ref string) (ID, error)) ([]Selector, error) {
	if strings.TrimSpace(cell) == "" {
		return nil, nil
	}
	var problems fault.List
	words := strings.Split(cell, wordSep)
	selectors := make([]Selector, 0, len(words))
	for i, word := range words {
		s, err := parseSelector(strings.TrimSpace(word), resolve)
		if err != nil {
			problems.Add(fault.Of(err).In(fmt.Sprintf("[%d]", i)))
			continue
		}
		selectors = append(selectors, s)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return selectors, nil
}

func parseSelector(word string, resolve func(ref string) (ID, error)) (Selector, error) {
	s := Selector{From: period.Beginning, To: period.Forever}
	rest, except := strings.CutPrefix(word, wordExcept)
	s.Except = except
	rest, days, dated := strings.Cut(rest, daysSep)
	if dated {
		var err error
		if s.From, s.To, err = parseDays(word, strings.TrimSpace(days)); err != nil {
			return Selector{}, err
		}
	}
	rest = strings.TrimSpace(rest)
	if ref, ok := strings.CutPrefix(rest, wordUnit); ok {
		id, err := resolve(ref)
		s.Unit = id
		return s, err
	}
	kind, ok := strings.CutPrefix(rest, wordKind)
	if !ok {
		return Selector{}, malformed(word, "write kind:commune, kind:commune@UNIT or unit:UNIT")
	}
	kind, ref, under := strings.Cut(kind, "@")
	var err error
	if s.Kind, err = ParseKind(kind); err != nil {
		return Selector{}, err
	}
	if under {
		s.Under, err = resolve(ref)
	}
	return s, err
}

func parseDays(word, days string) (from, to period.Day, err error) {
	first, last, ok := strings.Cut(days, rangeSep)
	if !ok {
		return 0, 0, malformed(word, "write the days as ;2024-01-01..2025-07-01, where the second is the day after the last one")
	}
	from, to = period.Beginning, period.Forever
	if first != "" {
		if from, err = period.ParseDay(first); err != nil {
			return 0, 0, err
		}
	}
	if last != "" {
		if to, err = period.ParseDay(last); err != nil {
			return 0, 0, err
		}
	}
	if from >= to {
		return 0, 0, malformed(word, "the second day must be after the first; it is the day after the last one")
	}
	return from, to, nil
}

func malformed(word, what string) *fault.Error {
	return fault.Invalid("ASSIGNMENT_MALFORMED", "assignment %q: %s", shorten(word), what).With("value", shorten(word))
}

// String gives the selector in the words that ParseSelectors reads, with ids.
func (s Selector) String() string {
	var b strings.Builder
	if s.Except {
		b.WriteString(wordExcept)
	}
	switch {
	case s.Unit != "":
		b.WriteString(wordUnit + string(s.Unit))
	default:
		b.WriteString(wordKind + string(s.Kind))
		if s.Under != "" {
			b.WriteString("@" + string(s.Under))
		}
	}
	if from, to := s.span(); !from.IsOpen() || !to.IsOpen() {
		b.WriteString(daysSep + from.String() + rangeSep + to.String())
	}
	return b.String()
}

// FormatSelectors gives the cell that ParseSelectors reads.
func FormatSelectors(selectors []Selector) string {
	words := make([]string, len(selectors))
	for i, s := range selectors {
		words[i] = s.String()
	}
	return strings.Join(words, wordSep)
}

// Excepting gives the selectors as exceptions: the column except of a file has the words of the column assigned.
func Excepting(selectors []Selector) []Selector {
	except := make([]Selector, len(selectors))
	for i, s := range selectors {
		s.Except = true
		except[i] = s
	}
	return except
}

// Check tells what is wrong with a selector made without ParseSelectors. It names the fields kind, under, unit, to.
func (s Selector) Check() error {
	var problems fault.List
	switch {
	case (s.Kind == "") == (s.Unit == ""):
		problems.Add(malformed(s.String(), "give either a kind or a unit").In("kind"))
	case s.Kind != "":
		if _, err := ParseKind(string(s.Kind)); err != nil {
			problems.Add(fault.Of(err).In("kind"))
		}
	}
	if s.Unit != "" && s.Under != "" {
		problems.Add(malformed(s.String(), "under belongs to a kind, not to a unit").In("under"))
	}
	if from, to := s.span(); from >= to {
		problems.Add(malformed(s.String(), "the second day must be after the first; it is the day after the last one").In("to"))
	}
	return problems.Err()
}

// CheckIn adds to Check that the units it names are in the tree.
func (s Selector) CheckIn(t *Tree) error {
	var problems fault.List
	problems.Add(s.Check())
	for _, named := range []struct {
		field string
		id    ID
	}{{"under", s.Under}, {"unit", s.Unit}} {
		if _, known := t.Unit(named.id); !known && named.id != "" {
			problems.Add(fault.Invalid("UNIT_NOT_FOUND", "assignment %q: there is no unit %q", s, named.id).
				With("unit", named.id).In(named.field))
		}
	}
	return problems.Err()
}

// Span gives the days of the selector, half open.
func (s Selector) Span() (from, to period.Day) { return s.span() }

func (s Selector) span() (from, to period.Day) {
	if s.From == 0 && s.To == 0 {
		return period.Beginning, period.Forever
	}
	return s.From, s.To
}

// Matches says whether the selector describes the unit on that day, exception or not. It asks for the unit's parent
// and not for its id where it stands, so a unit that is only imagined under a known one can be asked about too. It
// does not ask whether the unit is valid.
func (s Selector) Matches(t *Tree, u Unit, on period.Day) bool {
	if from, to := s.span(); on < from || on >= to {
		return false
	}
	if s.Unit != "" {
		return s.Unit == u.ID
	}
	return s.Kind == u.Kind && (s.Under == "" || s.Under == u.ID || t.Within(u.Parent, s.Under, on))
}

// Selected says whether the unit is assigned on that day: one selector describes it, and no exception does. Nobody is
// assigned by no selectors. Whether the unit is valid on that day is another question.
func Selected(selectors []Selector, t *Tree, u Unit, on period.Day) bool {
	selected := false
	for i := range selectors {
		if !selectors[i].Matches(t, u, on) {
			continue
		}
		if selectors[i].Except {
			return false
		}
		selected = true
	}
	return selected
}

// Excepted says whether an exception describes the unit on that day.
func Excepted(selectors []Selector, t *Tree, u Unit, on period.Day) bool {
	for i := range selectors {
		if selectors[i].Except && selectors[i].Matches(t, u, on) {
			return true
		}
	}
	return false
}
