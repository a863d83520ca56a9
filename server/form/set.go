package form

import (
	"cmp"
	"maps"
	"slices"
	"sort"

	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Set holds the dated versions of forms. It never changes, so any number of goroutines may read it; With gives a new
// one. The zero value is the empty set.
type Set struct {
	versions [][]Form                 // by ordinal, each by ValidFrom
	ordinals map[Code]int             // by folded code
	sorted   []int                    // ordinals in the order of folded codes
	carriers map[indicator.Code][]int // by folded code: ordinals of forms of which any version asks for it, in code order
}

// Empty gives the set without forms.
func Empty() *Set { return &Set{} }

// On gives the version in force on that day.
func (s *Set) On(code Code, day period.Day) (Form, bool) {
	o, ok := s.find(code)
	if !ok {
		return Form{}, false
	}
	return s.onDay(o, day)
}

// Latest gives the version that begins last.
func (s *Set) Latest(code Code) (Form, bool) {
	o, ok := s.find(code)
	if !ok {
		return Form{}, false
	}
	versions := s.versions[o]
	return versions[len(versions)-1], true
}

// Versions gives every version of the code, the earliest first; nothing if the code is unknown.
func (s *Set) Versions(code Code) []Form {
	o, ok := s.find(code)
	if !ok {
		return nil
	}
	return slices.Clone(s.versions[o])
}

// Codes gives every code in its spelling, in the order of the folded codes.
func (s *Set) Codes() []Code {
	codes := make([]Code, len(s.sorted))
	for i, o := range s.sorted {
		codes[i] = s.versions[o][0].Code
	}
	return codes
}

// Len is the number of codes; their ordinals are 0 to Len-1.
func (s *Set) Len() int { return len(s.versions) }

// Ordinal gives a code's place in the order of acceptance; it is the same in every later set.
func (s *Set) Ordinal(code Code) (int, bool) { return s.find(code) }

// At gives the code with that ordinal, which must be 0 to Len-1.
func (s *Set) At(ordinal int) Code { return s.versions[ordinal][0].Code }

// Carrying gives the versions in force on that day that ask for the indicator, in the order of their codes. There may
// be several: one for communes, another for departments.
func (s *Set) Carrying(code indicator.Code, day period.Day) []Form {
	var forms []Form
	for _, o := range s.carriers[code.Fold()] {
		if f, ok := s.onDay(o, day); ok && f.Carries(code) {
			forms = append(forms, f)
		}
	}
	return forms
}

func (s *Set) onDay(o int, day period.Day) (Form, bool) {
	versions := s.versions[o]
	n := sort.Search(len(versions), func(i int) bool { return versions[i].ValidFrom > day })
	if n == 0 {
		return Form{}, false
	}
	return versions[n-1], true
}

func (s *Set) find(code Code) (int, bool) {
	o, ok := s.ordinals[code]
	if !ok {
		o, ok = s.ordinals[code.Fold()]
	}
	return o, ok
}

// copied copies what With changes; lists of versions are replaced, never written to.
func (s *Set) copied() *Set {
	next := &Set{versions: slices.Clone(s.versions), ordinals: maps.Clone(s.ordinals)}
	if next.ordinals == nil {
		next.ordinals = map[Code]int{}
	}
	return next
}

// put adds a version or replaces the one with its first day.
func (s *Set) put(f Form) {
	key := f.Code.Fold()
	o, known := s.ordinals[key]
	if !known {
		o = len(s.versions)
		s.ordinals[key] = o
		s.versions = append(s.versions, nil)
	}
	versions := slices.Clone(s.versions[o])
	at, replaced := slices.BinarySearchFunc(versions, f, func(a, b Form) int { return cmp.Compare(a.ValidFrom, b.ValidFrom) })
	if replaced {
		versions[at] = f
	} else {
		versions = slices.Insert(versions, at, f)
	}
	s.versions[o] = versions
}

// finish makes what is derived from the versions.
func (s *Set) finish() {
	s.sorted = make([]int, len(s.versions))
	for o := range s.versions {
		s.sorted[o] = o
	}
	slices.SortFunc(s.sorted, func(a, b int) int {
		return cmp.Compare(s.versions[a][0].Code.Fold(), s.versions[b][0].Code.Fold())
	})
	s.carriers = map[indicator.Code][]int{}
	for _, o := range s.sorted {
		for n := range s.versions[o] {
			for _, code := range s.versions[o][n].Indicators {
				list := s.carriers[code.Fold()]
				if len(list) == 0 || list[len(list)-1] != o {
					s.carriers[code.Fold()] = append(list, o)
				}
			}
		}
	}
}
