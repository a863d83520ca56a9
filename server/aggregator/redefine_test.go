package aggregator_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// TestRollupsFollowTheCatalogue tells random stories in which, between submissions, units end or live on, forms are
// assigned otherwise, indicators move to another form, grow decimals, are narrowed, and are reported by other kinds:
// whatever it is, roll-ups equal what is made from nothing under the new words.
func TestRollupsFollowTheCatalogue(t *testing.T) {
	fewer(t)
	rapid.Check(t, func(r *rapid.T) {
		s, o, catalogue := twoForms(t)
		defer func() { _ = s.close() }()
		w := redefiner{teller: teller{r: r, s: s, o: o, catalogue: catalogue, scalesGrow: true}}
		for step := range rapid.IntRange(2, 12).Draw(r, "steps") {
			if rapid.IntRange(0, 2).Draw(r, "what") == 0 {
				w.redefine()
			} else {
				w.submit()
			}
			if rapid.IntRange(0, 2).Draw(r, "commit") == 0 {
				s.commit()
			}
			compare(r, s.begin(), o, catalogue, step, 13)
		}
		s.commit()
		s.view(func(tx *aggregator.Tx) { compare(r, tx, o, catalogue, 0, 3) })
		sameAfterRebuild(r, s)
	})
}

// twoForms is a story with two monthly forms that share the indicators.
func twoForms(t testing.TB) (*story, *oracle, []indicator.Indicator) {
	s, o := newStory(t), newOracle()
	catalogue := slices.DeleteFunc(everyRule(), func(i indicator.Indicator) bool {
		return !slices.Contains([]indicator.Code{"SUM", "LAST", "MIN", "YTD", "LASTRATIO", "WEIGHT", "WEIGHTED"}, i.Code)
	})
	for n := range catalogue {
		catalogue[n].ReportedBy, catalogue[n].CheckedBy = []hierarchy.Kind{hierarchy.Commune}, nil
	}
	for _, body := range []entry.Body{
		entry.UnitsChanged{Units: []hierarchy.Unit{
			unit("P", hierarchy.Province, ""), unit("D1", hierarchy.District, "P"), unit("D2", hierarchy.District, "P"),
			unit("C1", hierarchy.Commune, "D1"), unit("C2", hierarchy.Commune, "D1"), unit("C3", hierarchy.Commune, "D2"),
			unit("C4", hierarchy.Commune, "P"),
		}},
		numbered(0, catalogue...),
		forms(0, plainForm("M", period.Month, "kind:commune|kind:district", "SUM", "LAST", "MIN", "YTD", "LASTRATIO"),
			plainForm("N", period.Month, "kind:commune", "WEIGHT", "WEIGHTED")),
	} {
		s.tell(body)
		o.apply(body, s.now)
	}
	return s, o, catalogue
}

type redefiner struct{ teller }

// days are those from which something may be otherwise.
var days = []period.Day{
	period.Beginning, period.Date(2024, 1, 1), period.Date(2024, 2, 20), period.Date(2024, 3, 1), period.Date(2024, 12, 1), period.Date(2025, 1, 1),
}

func (w *redefiner) submit() {
	k := key(w.pick("unit", "C1", "C2", "C3", "C4", "D1"), w.pick("form", "M", "N"), w.pick("month", "2024-01", "2024-02", "2024-03", "2024-12"))
	told := w.o.reports[k]
	body := entry.Body(nil)
	if told != nil && rapid.IntRange(0, 3).Draw(w.r, "review") == 0 {
		body = w.review(k, told)
	} else {
		body = w.submission(k, told, [2]int{0, len(w.catalogue)})
	}
	w.tellBody(body)
}

func (w *redefiner) tellBody(body entry.Body) {
	if body == nil {
		return
	}
	w.s.add(body)
	w.o.apply(body, w.s.now)
}

func (w *redefiner) redefine() {
	day := rapid.SampledFrom(days).Draw(w.r, "from")
	switch rapid.IntRange(0, 4).Draw(w.r, "redefine") {
	case 0:
		u, _ := w.o.tree.Unit(id(w.pick("ended", "C1", "C3")))
		u.ValidTo = rapid.SampledFrom(append(days[1:], period.Forever)).Draw(w.r, "to")
		if _, err := w.o.tree.With(u); err == nil {
			w.tellBody(entry.UnitsChanged{Units: []hierarchy.Unit{u}})
		}
	case 1:
		f, _ := w.o.forms.On(form.Code(w.pick("assigned", "M", "N")), day)
		f.ValidFrom = day
		f.Assigned = plainForm("X", period.Month, w.pick("to whom",
			"kind:commune", "kind:commune|except:unit:C1", "kind:commune@D1", "kind:commune|kind:district;2024-02-01..")).Assigned
		w.tellForms(f)
	case 2:
		w.move(day)
	default:
		w.changeIndicator(day)
	}
}

func (w *redefiner) tellForms(list ...form.Form) {
	if _, _, err := w.o.forms.With(w.o.tree, w.o.cat, list...); err != nil {
		return
	}
	var body entry.FormsChanged
	for _, f := range list {
		number, _ := w.o.forms.Ordinal(f.Code)
		body.Forms = append(body.Forms, entry.Form{Number: uint32(number), Form: f})
	}
	w.tellBody(body)
}

// move takes an indicator out of one form and puts it into the other from a day on.
func (w *redefiner) move(day period.Day) {
	code := rapid.SampledFrom(w.catalogue).Draw(w.r, "moved").Code
	from, _ := w.o.forms.On("M", day)
	to, _ := w.o.forms.On("N", day)
	if !from.Carries(code) {
		from, to = to, from
	}
	from.ValidFrom, to.ValidFrom = day, day
	from.Indicators = slices.DeleteFunc(slices.Clone(from.Indicators), code.Same)
	to.Indicators = append(slices.Clone(to.Indicators), code)
	w.tellForms(from, to)
}

func (w *redefiner) changeIndicator(day period.Day) {
	code := rapid.SampledFrom(w.catalogue).Draw(w.r, "changed").Code
	i, _ := w.o.cat.On(code, day)
	i.ValidFrom = day
	switch rapid.IntRange(0, 2).Draw(w.r, "change") {
	case 0:
		i.Scale = min(i.Scale+1, 2)
	case 1:
		i.Assigned = plainForm("X", period.Month, w.pick("narrowed", "", "except:unit:C2", "kind:commune@D1|unit:C4")).Assigned
	default:
		i.ReportedBy, i.LevelsOwn = append(slices.Clone(i.ReportedBy[:1]), hierarchy.District), true
	}
	used := func(indicator.Code) bool { return true }
	next, _, err := w.o.cat.With(used, i)
	if err != nil || w.o.forms.Check(w.o.tree, next) != nil {
		return
	}
	number, _ := w.o.cat.Ordinal(code)
	w.tellBody(numbered(number, i))
}
