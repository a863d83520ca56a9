package verify

import (
	"hash/fnv"
	"maps"
	"slices"

	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// leavesAsked is about how many of the units without units below them are asked about. Their roll-ups are their own
// reports, which hardly anything can come between.
const leavesAsked = 32

// Questions visits what is to be compared, until visit says false; doc.go says what that is. Visit may give the model
// further entries: the indicators and periods stay those of the beginning.
func (m *Model) Questions(visit func(Question) bool) {
	periods := m.periods()
	for _, code := range m.indicators.Codes() {
		forms, cal, oneCalendar := m.carriers(code)
		if !oneCalendar {
			continue
		}
		spans := map[period.Period]bool{}
		for _, f := range forms {
			for _, base := range periods[f] {
				spans[base] = true
				for _, longer := range period.Containing(base) {
					spans[longer] = true
				}
			}
		}
		// By years and bases first: what all units said in a year is then read once.
		ordered := slices.SortedFunc(maps.Keys(spans), func(a, b period.Period) int {
			if a.Year != b.Year {
				return int(a.Year) - int(b.Year)
			}
			return a.Compare(b)
		})
		if !m.questionsOf(code, cal, ordered, visit) {
			return
		}
	}
}

// periods gives the base periods of which there are reports, or obligations that were taken out, by form.
func (m *Model) periods() map[int][]period.Period {
	seen := map[int]map[period.Period]bool{}
	see := func(at place) {
		f := int(at.form)
		latest, _ := m.forms.Latest(m.forms.At(f))
		if at.period.Kind != latest.Frequency {
			return
		}
		if seen[f] == nil {
			seen[f] = map[period.Period]bool{}
		}
		seen[f][at.period] = true
	}
	for at := range m.reports {
		see(at)
	}
	for at := range m.excluded {
		see(at)
	}
	lists := map[int][]period.Period{}
	for f, set := range seen {
		lists[f] = slices.Collect(maps.Keys(set))
	}
	return lists
}

// questionsOf visits the questions about one indicator; false if visit has had enough.
func (m *Model) questionsOf(code indicator.Code, cal period.Calendar, spans []period.Period, visit func(Question) bool) bool {
	for len(spans) > 0 {
		n := 1
		for n < len(spans) && spans[n].Year == spans[0].Year {
			n++
		}
		for _, provisional := range []bool{false, true} {
			for _, span := range spans[:n] {
				q := Question{Indicator: code, Period: span, Provisional: provisional}
				if !m.questionsAt(q, cal, visit) {
					return false
				}
			}
		}
		spans = spans[n:]
	}
	return true
}

// questionsAt visits every measure, kind and unit.
func (m *Model) questionsAt(q Question, cal period.Calendar, visit func(Question) bool) bool {
	if _, ok := m.indicators.On(q.Indicator, cal.Last(q.Period)); !ok {
		return true
	}
	units := m.unitsAsked(cal.First(q.Period), cal.Last(q.Period))
	for _, q.Measure = range []Measure{AsReported, Own, YearToDate} {
		if !m.possible(q.Indicator, q.Measure) {
			continue
		}
		for _, q.Kind = range m.kindsAsked(q.Indicator, cal.Last(q.Period)) {
			for _, q.Unit = range units {
				if !visit(q) {
					return false
				}
			}
		}
	}
	return true
}

// unitsAsked gives the units that stand on any of these days and are asked about: those with units below them, and some
// others, always the same.
func (m *Model) unitsAsked(first, last period.Day) []hierarchy.ID {
	inner := map[hierarchy.ID]bool{}
	for o := range m.tree.Len() {
		inner[m.tree.At(o).Parent] = true
	}
	oneOf := uint32(max(1, m.tree.Len()/leavesAsked)) //nolint:gosec // not negative
	var units []hierarchy.ID
	for o := range m.tree.Len() {
		u := m.tree.At(o)
		if u.ValidFrom <= last && first < u.ValidTo && (inner[u.ID] || hashOf(u.ID)%oneOf == 0) {
			units = append(units, u.ID)
		}
	}
	return units
}

func hashOf(id hierarchy.ID) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // a hash never fails
	return h.Sum32()
}
