package aggregator

import (
	"slices"

	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/rollup"
)

// Reports come by the thousand that differ in nothing but unit and amounts: the first of its unit for the base period, with a
// value for each of the same indicators as those of the unit that are there already. What such a report changes above is
// planned once and kept as a pattern, which the next one fills with its amounts. A pattern is recorded from what was planned
// and taken in the long way, so it knows no rule of its own.

// patternKey is all that a pattern depends on, within one index. It has no room for many profiles; then there is none.
type patternKey struct {
	basis  rollup.Basis
	late   bool
	form   uint16
	year   int16
	place  int8
	set    uint16
	before uint16 // the base periods with a revision in force
	owed   [patternProfiles]uint16
}

const (
	patternProfiles = 4
	keptPatterns    = 1 << 12
)

// pattern is what a report changes, but for its amounts.
type pattern struct {
	rows    []leanRow
	leans   []leanDelta
	amounts []patternAmount
	// latest are the places of the figures of which the latest counts: these depend on others, and are planned each time.
	latest []int
}

// patternAmount says which figure a lean delta takes its amounts from, and what the figure has.
type patternAmount struct {
	at, given int
	flags     byte
	ratio     bool
}

// patternSet says of a set of indicators whether reports of it may have patterns, and by which profiles.
type patternSet struct {
	fits     bool
	profiles []*indicatorIndex // the first indicator of each
}

// patterns are those of one index.
type patterns struct {
	known map[patternKey]*pattern
	sets  map[patternSetKey]patternSet
}

type patternSetKey struct{ form, set uint16 }

// recording is a pattern that is to be recorded when all is taken.
type recording struct {
	key        patternKey
	given      []given
	leans      int // the place of the first
	rows       int
	leansUntil int
	rowsUntil  int
	planned    bool
}

// patternSet looks at the indicators of a set in the form.
func (s *shift) patternSet(set uint16, list []given) patternSet {
	m := s.t.memory
	m.belong(s.x)
	key := patternSetKey{s.f.ordinal, set}
	found, known := m.patterns.sets[key]
	if known {
		return found
	}
	found.fits = true
	for n := range list {
		if int(list[n].number) >= len(s.x.indicators) {
			found.fits = false
			break
		}
		i := &s.x.indicators[list[n].number]
		if found.fits = found.fits && s.byStep(i) && !i.gains && len(i.users) == 0; !found.fits {
			break
		}
		if !slices.ContainsFunc(found.profiles, func(other *indicatorIndex) bool { return other.profile == i.profile }) {
			found.profiles = append(found.profiles, i)
		}
	}
	found.fits = found.fits && len(found.profiles) <= patternProfiles
	m.patterns.sets[key] = found
	return found
}

// patternKey gives the key of the pattern that the report has; false where it can have none.
func (s *shift) patternKey(b rollup.Basis) (key patternKey, ok bool, err error) {
	list, has := s.after.in(b)
	if _, had := s.before.in(b); had || !has || s.after.sets[b] == 0 {
		return key, false, nil
	}
	set := s.patternSet(s.after.sets[b], list)
	if !set.fits {
		return key, false, nil
	}
	key = patternKey{
		basis: b, late: s.after.late, form: s.f.ordinal, year: s.base.Year, place: int8(s.base.Index - 1), set: s.after.sets[b], //nolint:gosec // 11 at most
	}
	all := uint16(1)<<s.f.frequency.PerYear() - 1
	if key.before, err = s.t.settled(s.year, all, b); err != nil {
		return key, false, err
	}
	if s.turns() || s.year.word.excluded != 0 {
		return key, false, nil // what is owed is not what the form asks for
	}
	for place, other := range s.year.word.sets[b] {
		if key.before>>place&1 != 0 && other != key.set {
			return key, false, nil
		}
	}
	for n, i := range set.profiles {
		key.owed[n] = s.owes(i)
	}
	return key, true, nil
}

// byPattern plans a basis by a pattern; false if there is none, which is then recorded if there may be one.
func (s *shift) byPattern(b rollup.Basis) (bool, error) {
	key, ok, err := s.patternKey(b)
	if err != nil || !ok {
		return false, err
	}
	p := s.t.memory.patterns.known[key]
	if p == nil {
		s.recording = append(s.recording, recording{key: key, given: s.after.given[b], leans: len(s.leans), rows: len(s.leanRows)})
		return false, nil
	}
	list := s.after.given[b]
	for _, a := range p.amounts {
		if list[a.given].flags&meaningBits != a.flags {
			return false, nil
		}
	}
	start := len(s.leans)
	s.leans = append(s.leans, p.leans...)
	for _, a := range p.amounts {
		g, by := &list[a.given], &s.leans[start+a.at].by
		if a.ratio {
			by.Numerator, by.Denominator = int64(g.numerator), int64(g.denominator)
		} else {
			by.Sum = int64(g.value)
		}
	}
	for _, r := range p.rows {
		r.from, r.to = r.from+start, r.to+start
		s.leanRows = append(s.leanRows, r)
	}
	return true, s.planLatest(b, list, p.latest)
}

// planLatest plans what depends on the figures around.
func (s *shift) planLatest(b rollup.Basis, list []given, latest []int) error {
	place := int(s.base.Index) - 1
	for _, span := range s.t.memory.spansOf(s.base.Year, s.f.frequency) {
		from, to := s.f.window(span, false)
		if from > place || to <= place {
			continue
		}
		for _, at := range latest {
			c := changedFigure{i: &s.x.indicators[list[at].number], now: &list[at]}
			if err := s.planStep(&c, cellPlan{basis: b, span: span, from: from, to: to}); err != nil {
				return err
			}
		}
	}
	return nil
}

// planned notes how far what is recorded goes.
func (s *shift) planned() {
	if n := len(s.recording); n > 0 && !s.recording[n-1].planned {
		r := &s.recording[n-1]
		r.leansUntil, r.rowsUntil, r.planned = len(s.leans), len(s.leanRows), true
	}
}

// record keeps the patterns of what was planned and taken, if all of it was lean.
func (s *shift) record() {
	known := s.t.memory.patterns.known
	for n := range s.recording {
		if s.wide {
			break
		}
		if len(known) >= keptPatterns {
			clear(known)
		}
		r := &s.recording[n]
		known[r.key] = s.patternOf(r)
	}
}

func (s *shift) patternOf(r *recording) *pattern {
	windows := map[int]bool{}
	for n := range s.windows {
		windows[s.windows[n].at] = true
	}
	p := &pattern{}
	for n := range r.given {
		if s.x.indicators[r.given[n].number].latest {
			p.latest = append(p.latest, n)
		}
	}
	for _, row := range s.leanRows[r.rows:r.rowsUntil] {
		from := len(p.leans)
		for at := row.from; at < row.to; at++ {
			d := s.leans[at]
			number := uint32((d.id - 1) / slots) //nolint:gosec // of an indicator
			i := &s.x.indicators[number]
			switch {
			case windows[at]:
			case i.latest:
				continue
			default:
				given, _ := slices.BinarySearchFunc(r.given, number, func(g given, number uint32) int { return int(g.number) - int(number) })
				g := &r.given[given]
				p.amounts = append(p.amounts, patternAmount{
					at: len(p.leans), given: given, flags: g.flags & meaningBits,
					ratio: i.versions[i.in(s.f, row.span)].UnitRule == indicator.UnitRatio,
				})
			}
			p.leans = append(p.leans, d)
		}
		if row.from, row.to = from, len(p.leans); from < len(p.leans) {
			p.rows = append(p.rows, row)
		}
	}
	return p
}
