package verify

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// TestARandomStoreIsSound tells random stories to a journal and a real store, and verifies the one by the other.
func TestARandomStoreIsSound(t *testing.T) {
	var compared uint64
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		h := newHouse(t, dir)
		defer h.close()
		s := tell(r)
		for entries := s.entries; len(entries) > 0; {
			n := rapid.IntRange(1, len(entries)).Draw(r, "entries in a group")
			h.take(entries[:n], h.write(entries[:n]...))
			entries = entries[n:]
		}
		report := h.run()
		if !report.Sound() {
			r.Fatalf("%d findings in %d entries, %d roll-ups; the first:\n%s\n%s", report.FindingCount, report.Entries, report.Rollups,
				report.Findings[0], s.describe())
		}
		compared += report.Rollups
	})
	if compared == 0 {
		t.Error("nothing was compared")
	}
}

// teller tells a story.
type teller struct {
	*world
	r *rapid.T
	// inds and forms are the newest versions.
	inds   map[indicator.Code]indicator.Indicator
	forms  map[form.Code]form.Form
	people []hierarchy.Unit
	// waiting and official are revisions by report.
	waiting, official map[entry.ReportKey]int
}

// changeDay is when versions and assignments change and a unit gives way to another.
var changeDay = period.Date(2024, 3, 10)

func tell(r *rapid.T) *teller {
	s := &teller{
		world: newWorld(r), r: r, inds: map[indicator.Code]indicator.Indicator{}, forms: map[form.Code]form.Form{},
		waiting: map[entry.ReportKey]int{}, official: map[entry.ReportKey]int{},
	}
	s.people = []hierarchy.Unit{
		s.always("P", "province", ""), s.always("D1", "district", "P-0"), s.always("D2", "district", "P-0"),
		s.always("A", "commune", "D1-0"), s.always("B", "commune", "D1-0"),
		s.unit("C", "commune", "D2-0", period.Beginning, changeDay), s.unit("C", "commune", "D2-0", changeDay, period.Forever),
		s.always("S", "department", "P-0"),
	}
	s.units(s.people...)
	for _, code := range []indicator.Code{"W", "V"} {
		other := counted(code, "commune", "district", "department")
		other.Value, other.Scale = drawPart(r, "other"), figure.Scale(rapid.IntRange(0, 2).Draw(r, "other scale")) //nolint:gosec // small
		s.define(other)
	}
	var codes []indicator.Code
	for i := range 2 {
		rule := indicator.UnitRule(rapid.IntRange(0, int(indicator.UnitCountAtLeast)).Draw(r, "rule over units")) //nolint:gosec // small
		ind := drawIndicator(r, rule)
		ind.AtLeast /= 1000
		ind.Code, ind.Scale = indicator.Code(fmt.Sprint("X", i)), min(ind.Scale, 2)
		ind.ReportedBy = rapid.SampledFrom([][]hierarchy.Kind{
			{"commune"}, {"commune", "district"}, {"district", "commune", "department"}, {"department"}, {"commune", "province"},
		}).Draw(r, "reported by")
		s.define(ind)
		codes = append(codes, ind.Code)
	}
	calendar := rapid.SampledFrom([]period.Calendar{period.Civil, period.CutoffFifteenth}).Draw(r, "calendar")
	for _, f := range []form.Form{
		monthly("M", s.assigned("kind:commune|kind:district"), codes...),
		monthly("Q", s.assigned("kind:department|kind:province"), codes...),
		monthly("Y", s.assigned("kind:commune|kind:district|kind:department"), "W", "V"),
	} {
		f.Calendar = calendar
		switch f.Code {
		case "Q": // As often as the communes, or less often beside their months.
			f.Frequency = rapid.SampledFrom([]period.Kind{period.Month, period.Quarter, period.Half, period.Year}).Draw(r, "frequency")
		case "Y":
			f.Frequency = rapid.SampledFrom([]period.Kind{period.Month, period.Quarter, period.Half, period.Year}).Draw(r, "frequency")
		}
		s.forms[f.Code] = f
		s.formed(f)
	}
	for range rapid.IntRange(0, 3).Draw(r, "versions at the beginning") {
		s.newVersion()
	}
	for range rapid.IntRange(5, 40).Draw(r, "steps") {
		s.step()
	}
	return s
}

func (s *teller) define(ind indicator.Indicator) {
	s.inds[ind.Code] = ind
	s.catalogue(ind)
}

// assigned may take a unit out, always or until the day of change.
func (s *teller) assigned(cell string) string {
	except := rapid.SampledFrom([]string{"", "", "|except:unit:A-0", "|except:unit:S-0;..2024-03-10", "|except:kind:commune@D2-0;2024-03-10.."}).
		Draw(s.r, "except")
	return cell + except
}

func (s *teller) step() {
	switch rapid.IntRange(0, 19).Draw(s.r, "step") {
	case 0:
		s.newVersion()
	case 1:
		s.newForm()
	case 2:
		s.newUnit()
	case 3:
		s.moveUnit()
	default:
		s.report()
	}
}

// newVersion changes who reports an indicator, who owes it, its scale, or what it leans on, from a day on.
func (s *teller) newVersion() {
	code := rapid.SampledFrom([]indicator.Code{"X0", "X1"}).Draw(s.r, "changed indicator")
	ind := s.inds[code]
	ind.ValidFrom = max(ind.ValidFrom, rapid.SampledFrom([]period.Day{period.Beginning, changeDay}).Draw(s.r, "valid from"))
	switch rapid.IntRange(0, 3).Draw(s.r, "change") {
	case 0:
		ind.ReportedBy = rapid.SampledFrom([][]hierarchy.Kind{{"commune"}, {"district", "commune"}}).Draw(s.r, "reported by")
	case 1:
		words := s.assigned("kind:commune|kind:district|kind:department")
		ind.Assigned = monthly("", words).Assigned
	case 2:
		// A scale grows for reports to come; it is never raised under reports that are there.
		if len(s.revisions) > 0 || ind.UnitRule.YesNo() {
			return
		}
		ind.ValidFrom = changeDay
		ind.AtLeast, ind.Scale = ind.AtLeast*10, ind.Scale+1
	case 3:
		if ind.Weight != "" {
			ind.Weight = "V"
		} else if ind.DenominatorIndicator != "" {
			ind.DenominatorIndicator = "V"
		}
	}
	s.define(ind)
}

// newUnit ends a commune, lets it go on after all, or makes another one.
func (s *teller) newUnit() {
	u := s.always("B", "commune", "D1-0")
	switch rapid.IntRange(0, 2).Draw(s.r, "unit") {
	case 0:
		u.ValidTo = changeDay
	case 1:
		u = s.unit("G", "commune", "P-0", changeDay, period.Forever)
		if !slices.ContainsFunc(s.people, u.Equal) {
			s.people = append(s.people, u)
		}
	}
	s.units(u)
}

// newForm changes who owes a form, from a day on.
func (s *teller) newForm() {
	f := s.forms["M"]
	if s.forms["T"].Code != "" {
		return // whoever moved would owe both
	}
	f.ValidFrom = max(f.ValidFrom, rapid.SampledFrom([]period.Day{period.Beginning, changeDay}).Draw(s.r, "valid from"))
	f.Assigned = monthly("", s.assigned("kind:commune|kind:district")).Assigned
	s.forms["M"] = f
	s.formed(f)
	if rapid.IntRange(0, 2).Draw(s.r, "an indicator moves to a form of its own") > 0 || s.forms["N"].Code != "" {
		return
	}
	f.ValidFrom, f.Indicators = changeDay, []indicator.Code{"X0"}
	n := f
	n.Code, n.Indicators = "N", []indicator.Code{"X1"}
	s.forms["M"], s.forms["N"] = f, n
	s.formed(f, n)
}

// moveUnit has a commune report by the quarter or by the half-year from a day within the year on, and by the month before.
func (s *teller) moveUnit() {
	f := s.forms["M"]
	if s.forms["T"].Code != "" || f.Frequency != period.Month {
		return
	}
	day := rapid.SampledFrom([]period.Day{period.Date(2024, 4, 1), period.Date(2024, 7, 1), period.Date(2025, 1, 1)}).Draw(s.r, "from")
	unit := rapid.SampledFrom([]hierarchy.ID{"A-0", "B-0", "D1-0"}).Draw(s.r, "who moves")
	m := f
	m.ValidFrom = max(f.ValidFrom, changeDay)
	m.Assigned = append(slices.Clone(f.Assigned), hierarchy.Selector{Unit: unit, Except: true, From: day, To: period.Forever})
	n := m
	n.Code, n.Assigned = "T", []hierarchy.Selector{{Unit: unit, From: day, To: period.Forever}}
	n.Frequency = period.Quarter
	if day != period.Date(2024, 4, 1) {
		n.Frequency = rapid.SampledFrom([]period.Kind{period.Quarter, period.Half}).Draw(s.r, "frequency")
	}
	s.forms["M"], s.forms["T"] = m, n
	s.formed(m, n)
}

// report sends, approves or returns.
func (s *teller) report() {
	f := s.forms[rapid.SampledFrom([]form.Code{"M", "M", "M", "N", "Q", "T", "Y"}).Draw(s.r, "form")]
	if f.Code == "" {
		f = s.forms["M"]
	}
	bases := period.Of(2024, period.Year, 1).Bases(f.Frequency)
	// A few periods only, so that corrections meet.
	base := bases[rapid.IntRange(0, min(3, len(bases)-1)).Draw(s.r, "base period")]
	if rapid.IntRange(0, 5).Draw(s.r, "a year before") == 0 {
		base = base.ShiftYears(-1)
	}
	k := entry.ReportKey{Unit: rapid.SampledFrom(s.people).Draw(s.r, "unit").ID, Form: f.Code, Period: base}
	what := rapid.IntRange(0, 9).Draw(s.r, "what")
	switch {
	case what < 3 && s.waiting[k] > 0:
		s.approve(k, s.waiting[k])
		s.official[k] = s.waiting[k]
		s.waiting[k] = 0
	case what == 3 && s.waiting[k] > 0:
		s.giveBack(k, s.waiting[k])
		s.waiting[k] = 0
	case what == 4 && s.official[k] > 0:
		s.giveBack(k, s.official[k])
		s.official[k] = 0
	default:
		figures := map[indicator.Code]figure.Figure{}
		for _, code := range f.Indicators {
			ind := s.inds[code]
			if rapid.IntRange(0, 4).Draw(s.r, "silent") > 0 {
				figures[code] = drawFigure(s.r, &ind)
			}
		}
		s.waiting[k] = s.send(k, rapid.Bool().Draw(s.r, "late"), figures)
		if what == 5 {
			s.approve(k, s.waiting[k])
			s.official[k], s.waiting[k] = s.waiting[k], 0
		}
	}
}

// describe prints the story.
func (s *teller) describe() string {
	text := ""
	for _, code := range slices.Sorted(maps.Keys(s.inds)) {
		text += fmt.Sprintf("%+v\n", s.inds[code])
	}
	for _, e := range s.entries[2:] {
		text += fmt.Sprintf("%d %T %+v\n", e.Header.Sequence, e.Body, e.Body)
	}
	return text
}
