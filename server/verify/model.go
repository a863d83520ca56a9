package verify

import (
	"slices"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Model is what the entries of a journal come to, in the plainest form: the units, the catalogue, the forms, and the
// revisions of reports that count. It belongs to one goroutine.
type Model struct {
	tree       *hierarchy.Tree
	indicators *indicator.Catalogue
	forms      *form.Set
	reports    map[place]*report

	// codes tells which indicator a number in a report means, numbers the other way round, by folded code.
	codes   map[uint32]indicator.Code
	numbers map[indicator.Code]uint32

	// excluded are the obligations that were taken out (R11).
	excluded map[place]bool

	// What was computed last, until the next entry.
	years       map[yearKey]*yearTable
	lineages    map[lineageKey]*lineage
	last        *column
	lastDerived *derived
	changes     struct {
		of          period.Period
		known, some bool
	}
}

// NewModel gives the model of an empty journal.
func NewModel() *Model {
	return &Model{
		tree: hierarchy.Empty(), indicators: indicator.Empty(), forms: form.Empty(),
		reports: map[place]*report{}, excluded: map[place]bool{},
		codes: map[uint32]indicator.Code{}, numbers: map[indicator.Code]uint32{}, years: map[yearKey]*yearTable{},
		lineages: map[lineageKey]*lineage{},
	}
}

// Apply takes an entry in. An error means that the entry does not fit what came before it; what does fit was taken in.
func (m *Model) Apply(e entry.Entry) error {
	clear(m.years)
	clear(m.lineages)
	m.last, m.lastDerived, m.changes.known = nil, nil, false
	switch b := e.Body.(type) {
	case entry.UnitsChanged:
		return doesNotFit(e, m.reorganise(hierarchy.Reorganisation{Units: b.Units}))
	case entry.UnitsReorganised:
		return doesNotFit(e, m.reorganise(b.Reorganisation))
	case entry.IndicatorsChanged:
		return m.applyIndicators(e, b)
	case entry.FormsChanged:
		return m.applyForms(e, b)
	case entry.ReportsSubmitted:
		for i := range b.Reports {
			if err := m.submit(e, &b.Reports[i]); err != nil {
				return err
			}
		}
	case entry.ReportApproved:
		return m.review(e, b.Key, func(r *report) { r.approve(b.Revision) })
	case entry.ReportReturned:
		return m.review(e, b.Key, func(r *report) { r.giveBack(b.Revision) })
	case entry.PeriodClosed:
		return m.checkClosing(e, b)
	case entry.ObligationExcluded:
		return m.exclude(e, b.Key, true)
	case entry.ExclusionLifted:
		return m.exclude(e, b.Key, false)
	}
	return nil
}

// reorganise changes the tree: all of it together, as it was decided, or else each thing that can be, what was withdrawn
// first.
func (m *Model) reorganise(r hierarchy.Reorganisation) error {
	var things []hierarchy.Reorganisation
	for _, l := range r.Withdrawn {
		things = append(things, hierarchy.Reorganisation{Withdrawn: []hierarchy.Link{l}})
	}
	for _, u := range r.Units {
		things = append(things, hierarchy.Reorganisation{Units: []hierarchy.Unit{u}})
	}
	for _, l := range r.Links {
		things = append(things, hierarchy.Reorganisation{Links: []hierarchy.Link{l}})
	}
	return each(things, func(some ...hierarchy.Reorganisation) error {
		var all hierarchy.Reorganisation
		for _, one := range some {
			all.Withdrawn = append(all.Withdrawn, one.Withdrawn...)
			all.Units = append(all.Units, one.Units...)
			all.Links = append(all.Links, one.Links...)
		}
		next, err := m.tree.Reorganised(all)
		if err == nil {
			m.tree = next
		}
		return err
	})
}

func (m *Model) applyIndicators(e entry.Entry, b entry.IndicatorsChanged) error {
	versions := make([]indicator.Indicator, len(b.Indicators))
	for i, v := range b.Indicators {
		versions[i] = v.Indicator
		m.codes[v.Number] = v.Code
		m.numbers[v.Code.Fold()] = v.Number
	}
	left := each(versions, func(versions ...indicator.Indicator) error {
		next, _, err := m.indicators.With(nil, versions...)
		if err == nil {
			m.indicators = next
		}
		return err
	})
	return doesNotFit(e, left)
}

func (m *Model) applyForms(e entry.Entry, b entry.FormsChanged) error {
	versions := make([]form.Form, len(b.Forms))
	for i, v := range b.Forms {
		versions[i] = v.Form
	}
	left := each(versions, func(versions ...form.Form) error {
		next, _, err := m.forms.With(m.tree, m.indicators, versions...)
		if err == nil {
			m.forms = next
		}
		return err
	})
	return doesNotFit(e, left)
}

// each takes things in all together, as they were decided. If that is refused, which no entry of this version of the
// program can be, each is taken that can be, as often as it takes for one to find another that stands behind it. It
// gives the last refusal.
func each[T any](list []T, take func(...T) error) error {
	err := take(list...)
	for progress := err != nil; progress; {
		progress, err = false, nil
		var left []T
		for _, thing := range list {
			if refused := take(thing); refused != nil {
				err = refused
				left = append(left, thing)
			} else {
				progress = true
			}
		}
		progress = progress && len(left) > 0
		list = left
	}
	return err
}

// reasonNoFit is the reason of every entry that does not fit what came before it.
const reasonNoFit = "ENTRY_DOES_NOT_FIT"

func doesNotFit(e entry.Entry, err error) error {
	if err == nil {
		return nil
	}
	return fault.DataLoss(reasonNoFit, "entry %d does not fit what came before it: %w", e.Header.Sequence, err)
}

// submit takes a revision of a report in.
func (m *Model) submit(e entry.Entry, s *entry.Submission) error {
	at, err := m.placeOf(e, s.Key)
	if err != nil {
		return err
	}
	r := m.reports[at]
	if r == nil {
		r = &report{}
		m.reports[at] = r
	}
	if !r.number(s.Revision) {
		return fault.DataLoss(reasonNoFit, "entry %d gives %s the revision %d, and it has %d already", e.Header.Sequence, s.Key, s.Revision, r.newest)
	}
	if s.Draft {
		r.draft()
		return nil
	}
	r.sentAt(e.Header.Time, s.Deadline)
	late := !s.Deadline.IsZero() && !e.Header.Time.Before(s.Deadline)
	r.submit(s.Revision, late, pack(s.Figures, func(number uint32) figure.Scale { return m.scaleOf(number, at) }))
	return nil
}

// scaleOf gives the scale at which an amount is sent: that of the version of the base period's last day (R21), as it is
// now. Should the scale grow later, what was sent stays what it was.
func (m *Model) scaleOf(number uint32, at place) figure.Scale {
	code := m.codes[number]
	f, _ := m.forms.Latest(m.forms.At(int(at.form)))
	if v, ok := m.indicators.On(code, f.Last(at.period)); ok {
		return v.Scale
	}
	if all := m.indicators.Versions(code); len(all) > 0 {
		return all[0].Scale
	}
	return 0
}

func (m *Model) review(e entry.Entry, k entry.ReportKey, change func(*report)) error {
	at, err := m.placeOf(e, k)
	if err != nil {
		return err
	}
	if r := m.reports[at]; r != nil {
		change(r)
	}
	return nil
}

// exclude takes an obligation out, or makes it one again.
func (m *Model) exclude(e entry.Entry, k entry.ReportKey, out bool) error {
	at, err := m.placeOf(e, k)
	if err != nil {
		return err
	}
	if out {
		m.excluded[at] = true
	} else {
		delete(m.excluded, at)
	}
	return nil
}

func (m *Model) placeOf(e entry.Entry, k entry.ReportKey) (place, error) {
	unit, known := m.tree.Ordinal(k.Unit)
	f, ok := m.forms.Ordinal(k.Form)
	if !known || !ok || !k.Period.Valid() {
		return place{}, fault.DataLoss(reasonNoFit, "entry %d is about %s, and no entry before it made that unit and form",
			e.Header.Sequence, k)
	}
	return place{unit: int32(unit), form: int32(f), period: k.Period}, nil //nolint:gosec // ordinals are small
}

// carriers gives the forms that carry the indicator, or of what is derived the figures behind it, in any version, by their
// ordinals, and says whether they have one calendar.
func (m *Model) carriers(code indicator.Code) (forms []int, cal period.Calendar, oneCalendar bool) {
	oneCalendar = true
	sources := m.indicators.Sources(code)
	for o := range m.forms.Len() {
		for _, v := range m.forms.Versions(m.forms.At(o)) {
			if slices.ContainsFunc(sources, v.Carries) {
				oneCalendar = oneCalendar && (len(forms) == 0 || v.Calendar == cal)
				forms, cal = append(forms, o), v.Calendar
				break
			}
		}
	}
	return forms, cal, oneCalendar
}
