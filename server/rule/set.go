package rule

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/period"
)

// MaxRules is how many rules of one form may be in force on one day.
const MaxRules = 100

// Set holds the dated versions of rules. It never changes, so any number of goroutines may read it; With gives a new one.
type Set struct {
	versions [][]Rule    // by ordinal, each by ValidFrom
	ordinals map[key]int // by folded codes
	sorted   []int       // ordinals in the order of folded codes of form and rule
	forms    map[form.Code][]span
	lookBack map[form.Code]bool // by folded code
}

// key is what a rule is known by: folded codes.
type key struct {
	form form.Code
	code Code
}

func keyOf(f form.Code, c Code) key { return key{f.Fold(), c.Fold()} }

// span is from which day on which rules of a form are in force.
type span struct {
	from  period.Day
	rules []*InForce
}

// Empty gives the set without rules.
func Empty() *Set { return &Set{} }

// Of gives the rules of a form, in its known spelling, that are in force on a day, in the order of their codes. It is what
// every report asks for, and costs two look-ups.
func (s *Set) Of(f form.Code, day period.Day) []*InForce {
	spans := s.forms[f]
	n := sort.Search(len(spans), func(i int) bool { return spans[i].from > day })
	if n == 0 {
		return nil
	}
	return spans[n-1].rules
}

// LookBack says whether any rule that a form has or had looks at earlier reports.
func (s *Set) LookBack(f form.Code) bool { return len(s.lookBack) > 0 && s.lookBack[f.Fold()] }

// On gives the version of a rule on a day.
func (s *Set) On(f form.Code, code Code, day period.Day) (Rule, bool) {
	o, ok := s.ordinals[keyOf(f, code)]
	if !ok {
		return Rule{}, false
	}
	return onDay(s.versions[o], day)
}

func onDay(versions []Rule, day period.Day) (Rule, bool) {
	n := sort.Search(len(versions), func(i int) bool { return versions[i].ValidFrom > day })
	if n == 0 {
		return Rule{}, false
	}
	return versions[n-1], true
}

// Versions gives every version of a rule, the earliest first; nothing if it is unknown.
func (s *Set) Versions(f form.Code, code Code) []Rule {
	o, ok := s.ordinals[keyOf(f, code)]
	if !ok {
		return nil
	}
	return slices.Clone(s.versions[o])
}

// Len is the number of rules; their ordinals are 0 to Len-1.
func (s *Set) Len() int { return len(s.versions) }

// Ordinal gives a rule's place in the order of acceptance; it is the same in every later set.
func (s *Set) Ordinal(f form.Code, code Code) (int, bool) {
	o, ok := s.ordinals[keyOf(f, code)]
	return o, ok
}

// All gives the versions of a day, in the order of the folded codes of form and rule.
func (s *Set) All(day period.Day) []Rule {
	var list []Rule
	for _, o := range s.sorted {
		if r, ok := onDay(s.versions[o], day); ok {
			list = append(list, r)
		}
	}
	return list
}

// With gives a set that has these versions too; one with a known code and first day takes the place of the known one. It
// refuses the whole call with every problem, each under rules[i] and the field at fault: what [Rule.Check] finds, a version
// that is given twice, a code that differs from a known one in case alone (R43), and more rules of one form than may be. The
// receiver stays as it is.
func (s *Set) With(rules ...Rule) (*Set, error) {
	if len(rules) == 0 {
		return s, nil
	}
	next := &Set{versions: slices.Clone(s.versions), ordinals: maps.Clone(s.ordinals)}
	if next.ordinals == nil {
		next.ordinals = map[key]int{}
	}
	var problems fault.List
	type version struct {
		key
		from period.Day
	}
	first := map[version]int{}
	for i, r := range rules {
		at := fmt.Sprintf("rules[%d]", i)
		if err := r.Check(); err != nil {
			problems.Add(fault.Of(err).In(at))
			continue
		}
		v := version{keyOf(r.Form, r.Code), r.ValidFrom}
		if earlier, repeated := first[v]; repeated {
			problems.Add(fault.Invalid("RULE_REPEATED", "rule %s of form %s stands in this request twice with one first day, at %d and at %d",
				r.Code, r.Form, earlier, i).With("rule", r.Code).With("form", r.Form).With("first", earlier).With("second", i).In("code").In(at))
			continue
		}
		first[v] = i
		if err := next.put(r); err != nil {
			problems.Add(fault.Of(err).In(at))
		}
	}
	if problems.Len() == 0 {
		problems.Add(next.finish(rules))
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return next, nil
}

// put adds a version or replaces the one with its first day.
func (s *Set) put(r Rule) error {
	k := keyOf(r.Form, r.Code)
	o, known := s.ordinals[k]
	if !known {
		o = len(s.versions)
		s.ordinals[k] = o
		s.versions = append(s.versions, nil)
	}
	versions := slices.Clone(s.versions[o])
	if known && versions[0].Code != r.Code {
		return fault.Exists("CODE_SPELLED_OTHERWISE",
			"rule code %q is known as %q, and codes that differ in case alone are one; write it like that, or choose another",
			r.Code, versions[0].Code).With("code", r.Code).With("known", versions[0].Code).In("code")
	}
	at, replaced := slices.BinarySearchFunc(versions, r, func(a, b Rule) int { return cmp.Compare(a.ValidFrom, b.ValidFrom) })
	if replaced {
		versions[at] = r
	} else {
		versions = slices.Insert(versions, at, r)
	}
	s.versions[o] = versions
	return nil
}

// finish makes what is derived from the versions: the order of the codes, and for each form from which day on which rules
// are in force.
func (s *Set) finish(given []Rule) error {
	s.sorted = make([]int, len(s.versions))
	for o := range s.versions {
		s.sorted[o] = o
	}
	slices.SortFunc(s.sorted, func(a, b int) int {
		x, y := &s.versions[a][0], &s.versions[b][0]
		return cmp.Or(cmp.Compare(x.Form.Fold(), y.Form.Fold()), cmp.Compare(x.Code.Fold(), y.Code.Fold()))
	})
	s.forms, s.lookBack = map[form.Code][]span{}, map[form.Code]bool{}
	days := map[form.Code][]period.Day{}
	for _, versions := range s.versions {
		for i := range versions {
			days[versions[i].Form] = append(days[versions[i].Form], versions[i].ValidFrom)
		}
	}
	ready := map[Rule]*InForce{}
	for code, list := range days {
		slices.Sort(list)
		for _, day := range slices.Compact(list) {
			rules, err := s.inForce(code, day, ready)
			if err != nil {
				return err
			}
			if len(rules) > MaxRules {
				at := max(0, slices.IndexFunc(given, func(r Rule) bool { return r.Form == code }))
				return fault.Invalid("RULES_TOO_MANY", "form %s would have %d rules in force; it may have %d", code, len(rules), MaxRules).
					With("form", code).With("count", len(rules)).With("limit", MaxRules).In("code").In(fmt.Sprintf("rules[%d]", at))
			}
			s.forms[code] = append(s.forms[code], span{from: day, rules: rules})
			if slices.ContainsFunc(rules, (*InForce).looksBack) {
				s.lookBack[code.Fold()] = true
			}
		}
	}
	return nil
}

func (s *Set) inForce(code form.Code, day period.Day, ready map[Rule]*InForce) ([]*InForce, error) {
	var list []*InForce
	for _, o := range s.sorted {
		r, ok := onDay(s.versions[o], day)
		if !ok || r.Form != code || r.Severity == Off {
			continue
		}
		if ready[r] == nil {
			var err error
			if ready[r], err = r.compile(); err != nil {
				return nil, err
			}
		}
		list = append(list, ready[r])
	}
	return list, nil
}
