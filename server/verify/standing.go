package verify

import (
	"slices"
	"strings"
	"time"

	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// How far a report has come is kept by the store beside the report, so it is compared too. A question about it has a form
// in the place of an indicator, and its answer is one line of words.

// history is what a report's past says of how far it has come.
type history struct {
	deadline  time.Time
	drafted   bool // the newest revision is a draft
	returned  bool // the newest that was sent was sent back
	corrected bool // one after the first came too late
}

// draft notes a draft; its deadline counts as long as nothing was sent.
func (r *report) draft() { r.drafted = true }

// sentAt notes that a revision is sent, before it is taken in.
func (r *report) sentAt(at, deadline time.Time) {
	if !r.sent {
		r.deadline = deadline
	} else if !r.deadline.IsZero() && !at.Before(r.deadline) {
		r.corrected = true
	}
	r.drafted, r.returned = false, false
}

// standing says in words how far a report has come.
func (r *report) standing(excluded bool) string {
	if r == nil {
		r = &report{}
	}
	in := func(s state) bool {
		return slices.ContainsFunc(r.revisions, func(v revision) bool { return v.state == s })
	}
	var words []string
	for _, w := range []struct {
		is   bool
		word string
	}{
		{in(approved), "OFFICIAL"},
		{in(submitted), "WAITING"},
		{r.sent, "SENT"},
		{r.late, "LATE"},
		{r.returned, "RETURNED"},
		{r.drafted, "DRAFTED"},
		{r.corrected, "CORRECTED_LATE"},
		{excluded, "EXCLUDED"},
	} {
		if w.is {
			words = append(words, w.word)
		}
	}
	return strings.Join(words, " ")
}

// Standings visits the questions how far reports have come, until visit says false: of every unit, for every form and base
// period of which there is a report.
func (m *Model) Standings(visit func(Question) bool) {
	for f, bases := range m.periods() {
		code := m.forms.At(f)
		for _, base := range bases {
			for o := range m.tree.Len() {
				if !visit(Question{Form: code, Period: base, Unit: m.tree.At(o).ID}) {
					return
				}
			}
		}
	}
}

func (m *Model) standing(unit hierarchy.ID, code form.Code, base period.Period) Answer {
	u, known := m.tree.Ordinal(unit)
	f, ok := m.forms.Ordinal(code)
	if !known || !ok {
		return Answer{}
	}
	at := place{unit: int32(u), form: int32(f), period: base} //nolint:gosec // ordinals are small
	return Answer{State: m.reports[at].standing(m.excluded[at])}
}
