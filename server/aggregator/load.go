package aggregator

import (
	"cmp"
	"slices"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/rule"
)

// versions are what is read from the file to make a snapshot.
type versions struct {
	units      []kept[hierarchy.Unit]
	links      []kept[linkVersion]
	indicators []kept[entry.Indicator]
	forms      []kept[entry.Form]
	rules      []kept[entry.Rule]
}

func (t *Tx) readVersions(newest bool) (v versions, err error) {
	if v.units, err = eachVersion(t, unitBucket, unitName, newest, entry.ParseUnit); err != nil {
		return v, err
	}
	if v.links, err = eachVersion(t, linkBucket, linkName, newest, parseLink); err != nil {
		return v, err
	}
	if v.indicators, err = eachVersion(t, indicatorBucket, 8, newest, entry.ParseIndicator); err != nil {
		return v, err
	}
	if v.forms, err = eachVersion(t, formBucket, 8, newest, entry.ParseForm); err != nil {
		return v, err
	}
	v.rules, err = eachVersion(t, ruleBucket, 8, newest, entry.ParseRule)
	return v, err
}

// readSnapshot makes the timetable from all versions, and the tree, the catalogue and the forms from the newest, all at once. Now and then that is
// refused, since a later change of the tree or the catalogue may break what the forms were checked against; then all
// versions are taken again as they came.
func (t *Tx) readSnapshot() (*snapshot, error) {
	newest, err := t.readVersions(true)
	if err != nil {
		return nil, err
	}
	timetable, err := t.readTimetable()
	if err != nil {
		return nil, err
	}
	empty := snapshot{
		tree: hierarchy.Empty(), indicators: indicator.Empty(), forms: form.Empty(), timetable: timetable, rules: rule.Empty(),
		since: t.position.Head.Sequence,
	}
	if s := empty.changed(empty.since, func(s *snapshot) { s.add(newest) }); s.holds(newest) {
		return s, nil
	}
	all, err := t.readVersions(false)
	if err != nil {
		return nil, err
	}
	s := empty.changed(empty.since, func(s *snapshot) {
		for _, sequence := range all.sequences() {
			s.add(all.of(sequence))
		}
	})
	if !s.holds(newest) {
		return nil, fault.DataLoss(ReasonDamaged, "the units, indicators and forms of the state do not fit together; rebuild it from its journal")
	}
	return s, nil
}

// add takes versions into a snapshot that is being made.
func (s *snapshot) add(v versions) {
	s.tree, _ = eachThatCan(s.tree, piecesOf(treeVersions(s.tree, v.units, v.links)), withPieces)
	s.indicators, _ = eachThatCan(s.indicators, bare(v.indicators), withIndicators)
	s.forms, _ = eachThatCan(s.forms, bare(v.forms), s.withForms)
	s.rules, _ = eachThatCan(s.rules, bare(v.rules), withRules)
}

// holds says whether everything is there under its number.
func (s *snapshot) holds(v versions) bool {
	if !s.holdsTree(v) {
		return false
	}
	for _, i := range v.indicators {
		if at, ok := s.indicators.Ordinal(i.version.Code); !ok || at != int(i.number) {
			return false
		}
		if in, ok := s.indicators.On(i.version.Code, i.version.ValidFrom); !ok || in.ValidFrom != i.version.ValidFrom {
			return false
		}
	}
	for _, f := range v.forms {
		if at, ok := s.forms.Ordinal(f.version.Code); !ok || at != int(f.number) {
			return false
		}
		if in, ok := s.forms.On(f.version.Code, f.version.ValidFrom); !ok || in.ValidFrom != f.version.ValidFrom {
			return false
		}
	}
	return s.holdsRules(v)
}

// holdsTree says it of units and links.
func (s *snapshot) holdsTree(v versions) bool {
	for _, u := range v.units {
		if at, ok := s.tree.Ordinal(u.version.ID); !ok || at != int(u.number) {
			return false
		}
	}
	for _, l := range v.links {
		if hasLink(s.tree, l.version.Link) == l.version.withdrawn {
			return false
		}
	}
	return true
}

// bare gives the versions in their order.
func bare[V any](list []kept[V]) []V {
	plain := make([]V, len(list))
	for i := range list {
		plain[i] = list[i].version
	}
	return plain
}

// sequences lists the entries that the versions are of.
func (v *versions) sequences() []uint64 {
	var list []uint64
	for _, u := range v.units {
		list = append(list, u.sequence)
	}
	for _, l := range v.links {
		list = append(list, l.sequence)
	}
	for _, i := range v.indicators {
		list = append(list, i.sequence)
	}
	for _, f := range v.forms {
		list = append(list, f.sequence)
	}
	for _, r := range v.rules {
		list = append(list, r.sequence)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// of gives the versions of one entry.
func (v *versions) of(sequence uint64) versions {
	return versions{
		units: ofEntry(v.units, sequence), links: ofEntry(v.links, sequence),
		indicators: ofEntry(v.indicators, sequence), forms: ofEntry(v.forms, sequence), rules: ofEntry(v.rules, sequence),
	}
}

// ofEntry gives those of an entry in the order in which they were taken.
func ofEntry[V any](list []kept[V], sequence uint64) []kept[V] {
	var some []kept[V]
	for _, k := range list {
		if k.sequence == sequence {
			some = append(some, k)
		}
	}
	slices.SortFunc(some, func(a, b kept[V]) int { return cmp.Compare(a.place, b.place) })
	return some
}
