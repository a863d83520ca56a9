package hierarchy

import (
	"slices"
	"strings"
	"unicode"

	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// Query narrows a search; an empty field narrows nothing.
type Query struct {
	// On is the day on which the units must be valid.
	On period.Day
	// Below keeps the unit itself and all that stand below it on that day.
	Below ID
	// Kinds keeps units of any of these kinds.
	Kinds []Kind
	// Text holds words, each of which must begin a word of a unit's names or its code, in any order; marks, case and the
	// letters mistaken for Đ do not matter.
	Text string
}

// Search gives the units that the query describes as they were called on its day, in code order, then by id.
func (t *Tree) Search(q Query) []Unit {
	var words []string
	for _, w := range searchWords(q.Text) {
		words = append(words, " "+w)
	}
	var found []Unit
	keep := func(o int32) {
		u := &t.units[o]
		if !u.ValidOn(q.On) || len(q.Kinds) > 0 && !slices.Contains(q.Kinds, u.Kind) {
			return
		}
		if len(words) > 0 && !containsAll(t.textOn(o, q.On), words) {
			return
		}
		found = append(found, u.On(q.On))
	}
	if q.Below == "" {
		for _, o := range t.index().inOrder {
			keep(o)
		}
		return found
	}
	t.Subtree(q.Below, q.On, func(u Unit) bool {
		keep(t.byID[u.ID])
		return true
	})
	slices.SortFunc(found, func(a, b Unit) int { return byCodeThenID(&a, &b) })
	return found
}

// searchIndex holds, for each ordinal, the folded words of the unit, each after one space, and all ordinals in order.
type searchIndex struct {
	texts   []string
	inOrder []int32
}

func newSearchIndex(t *Tree) *searchIndex {
	index := &searchIndex{texts: make([]string, len(t.units)), inOrder: make([]int32, len(t.units))}
	for i := range t.units {
		u := &t.units[i]
		index.inOrder[i] = int32(i) //nolint:gosec // see accept
		index.texts[i] = searchText(u)
	}
	t.inCodeOrder(index.inOrder)
	return index
}

// textOn gives the words by which a unit is found on a day. Few units were called otherwise before, so the index holds
// the words of the last names alone.
func (t *Tree) textOn(ordinal int32, on period.Day) string {
	u := &t.units[ordinal]
	if len(u.Earlier) == 0 || on >= u.Earlier[len(u.Earlier)-1].Until {
		return t.index().texts[ordinal]
	}
	then := u.On(on)
	return searchText(&then)
}

func searchText(u *Unit) string {
	return " " + strings.Join(searchWords(u.NameVI+" "+u.NameEN+" "+string(u.Code)), " ")
}

// searchWords folds a text and parts it wherever there is neither letter nor digit, so that the comma in a name and the
// hyphen in a code find their words too.
func searchWords(s string) []string {
	return strings.FieldsFunc(text.Fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func containsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}
