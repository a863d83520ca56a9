package aggregator

import (
	"sync"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/rule"
)

// snapshot is the tree, the catalogue, the forms, the timetable and the rules as they stood from one entry on. It never changes.
type snapshot struct {
	// since is the sequence of the entry that made it.
	since uint64
	// past says that it is not of now: it is asked seldom, and keeps less.
	past       bool
	tree       *hierarchy.Tree
	indicators *indicator.Catalogue
	forms      *form.Set
	timetable  *form.Timetable
	rules      *rule.Set

	// index is what is derived from them, made when it is first needed: while units come in one by one nobody asks.
	once  sync.Once
	index *index

	mu     sync.Mutex
	sheets map[sheetKey]*form.Sheet
}

// derived gives the index.
func (s *snapshot) derived() *index {
	s.once.Do(func() { s.index = newIndex(s) })
	return s.index
}

// changed gives a snapshot for a later entry in which something is different.
func (s *snapshot) changed(sequence uint64, change func(*snapshot)) *snapshot {
	next := &snapshot{since: sequence, tree: s.tree, indicators: s.indicators, forms: s.forms, timetable: s.timetable, rules: s.rules}
	change(next)
	return next
}

// eachThatCan adds versions to a set: all together, as every released version of the program decided it. Where the set
// refuses them, the entry is durable all the same, and Apply is total (R31): each is taken that can be, in their order
// and as often as it takes for one to find another that stands behind it. It gives the versions that were taken too.
func eachThatCan[S, V any](set S, versions []V, with func(S, ...V) (S, error)) (S, []V) {
	if next, err := with(set, versions...); err == nil {
		return next, versions
	}
	var taken []V
	for left, progress := versions, true; progress; {
		progress = false
		var refused []V
		for _, v := range left {
			next, err := with(set, v)
			if err != nil {
				refused = append(refused, v)
				continue
			}
			set, progress = next, true
			taken = append(taken, v)
		}
		left = refused
	}
	return set, taken
}

// withIndicators adds versions; one whose number is not its code's place in the catalogue is refused with all others, for
// reports name indicators by their numbers.
func withIndicators(cat *indicator.Catalogue, versions ...entry.Indicator) (*indicator.Catalogue, error) {
	plain := make([]indicator.Indicator, len(versions))
	for i := range versions {
		plain[i] = versions[i].Indicator
	}
	next, _, err := cat.With(nil, plain...)
	if err != nil {
		return nil, err
	}
	for i := range versions {
		if at, ok := next.Ordinal(versions[i].Code); !ok || at != int(versions[i].Number) {
			return nil, wrongNumber(versions[i].Number, string(versions[i].Code))
		}
	}
	return next, nil
}

// withForms adds versions in the manner of withIndicators.
func (s *snapshot) withForms(set *form.Set, versions ...entry.Form) (*form.Set, error) {
	plain := make([]form.Form, len(versions))
	for i := range versions {
		plain[i] = versions[i].Form
	}
	next, _, err := set.With(s.tree, s.indicators, plain...)
	if err != nil {
		return nil, err
	}
	for i := range versions {
		if at, ok := next.Ordinal(versions[i].Code); !ok || at != int(versions[i].Number) {
			return nil, wrongNumber(versions[i].Number, string(versions[i].Code))
		}
	}
	return next, nil
}

func wrongNumber(number uint32, code string) error {
	return fault.Internal(nil, "%d is not the number of %s", number, code)
}
