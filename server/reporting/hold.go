package reporting

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/formula"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
	"github.com/tonghop/tonghop/server/rule"
)

// hold holds what a submission comes to against the rules of its form. Drafts need to satisfy none (R26), and what changes
// nothing was held before. A form without rules costs two look-ups.
//
// Earlier reports are those of the state in which is decided, with the requests before this one in its group (R38), and
// besides them those of the same atomic batch.
func (g granted) hold(at place, sub *Submission, d *decision, batch batchFigures) error {
	if sub.Draft || d.kind == Unchanged {
		return nil
	}
	rules := g.tx.Definitions().Rules().Of(at.form.Code, at.last)
	if len(rules) == 0 {
		return nil
	}
	past := g.past(at, d.revision.Figures)
	past.batch = batch
	var problems fault.List
	for i, r := range rules {
		if problems.Len() >= maxProblems {
			problems.Add(moreRules(len(rules) - i))
			break
		}
		f, found := r.Hold(at.key.Period, past)
		if !found || r.Severity == rule.Warning && f.Explained() {
			continue
		}
		problems.Add(sub.placed(f.Refusal(), &f))
	}
	if past.err != nil {
		return past.err
	}
	return problems.Err()
}

// moreRules stands for rules that are not told one by one.
func moreRules(n int) *fault.Error {
	return fault.Invalid("MORE_RULES", "%d more rules were not looked at; mend these first", n).With("count", n)
}

// batchFigures are the reports of an atomic batch that are to count once it is accepted.
type batchFigures map[entry.ReportKey][]entry.Figure

// past is what one unit reported with one form, as rules ask for it. It reads each earlier report once.
type past struct {
	g    granted
	at   place
	here []entry.Figure
	// batch has reports that are not in the state yet; earlier are those that were read.
	batch   batchFigures
	earlier map[period.Period]reported
	// reads counts the earlier reports that were read; err is the first failure, after which the answers mean nothing.
	reads int
	err   error
}

// reported is one report: its figures, by number, and what its form asked for.
type reported struct {
	form    form.Form
	sheet   *form.Sheet
	figures []entry.Figure
}

func (g granted) past(at place, figures []entry.Figure) *past {
	return &past{g: g, at: at, here: figures}
}

// Given implements rule.Reports.
func (p *past) Given(code indicator.Code, base period.Period) rule.Given {
	r := p.report(base)
	if r.sheet == nil {
		return rule.Given{}
	}
	line := r.sheet.Line(code)
	if line == nil || !line.Kind {
		return rule.Given{}
	}
	if line.Narrowed {
		if adds, checks := form.Reports(r.form, line.Indicator, p.g.tx.Tree(), p.at.unit, base); !adds && !checks {
			return rule.Given{}
		}
	}
	given := rule.Given{Indicator: &line.Indicator}
	if n, ok := slices.BinarySearchFunc(r.figures, line.Number, byNumber); ok {
		given.Figure = r.figures[n].Figure
	}
	return given
}

// report gives a report of the unit; one without a sheet where the form did not stand.
func (p *past) report(base period.Period) reported {
	if base == p.at.key.Period {
		return reported{
			form: p.at.form, sheet: p.g.tx.Definitions().Sheet(p.at.form, p.at.unit.Kind, p.at.last), figures: p.here,
		}
	}
	if known, ok := p.earlier[base]; ok {
		return known
	}
	if p.earlier == nil {
		p.earlier = map[period.Period]reported{}
	}
	r := p.read(base)
	p.earlier[base] = r
	return r
}

func (p *past) read(base period.Period) (r reported) {
	if !base.Valid() || p.err != nil {
		return r
	}
	last := p.at.form.Last(base)
	f, ok := p.g.tx.Forms().On(p.at.form.Code, last)
	if !ok {
		return r
	}
	r.form, r.sheet = f, p.g.tx.Definitions().Sheet(f, p.at.unit.Kind, last)
	key := p.at.key
	key.Period = base
	if figures, ok := p.batch[key]; ok {
		r.figures = figures
		return r
	}
	p.reads++
	_, r.figures, p.err = p.g.tx.InForce(key, rollup.Provisional)
	return r
}

// placed gives a refusal the place of the figure that is to blame: where it was sent, else the figures as a whole. Who restores
// an earlier revision sent none.
func (sub *Submission) placed(e *fault.Error, f *rule.Finding) *fault.Error {
	if sub.restores != 0 {
		return e
	}
	part := [...]string{formula.Value: "value", formula.Numerator: "numerator", formula.Denominator: "denominator"}[f.Amount]
	if e.Reason == "EXPLANATION_REQUIRED" {
		part = "explanation"
	}
	if sub.Amounts != nil {
		return e.In(sub.Amounts.of.placeOf(f.Indicator, f.Amount))
	}
	n := slices.IndexFunc(sub.Figures, func(d FigureDraft) bool { return indicator.Code(d.Indicator).Same(f.Indicator) })
	if n < 0 {
		return e.In("figures")
	}
	return e.In(part).In(fmt.Sprintf("figures[%d]", n))
}

// placeOf gives the place of the amount of an indicator; that of all of them where it has no column.
func (a *AmountColumns) placeOf(code indicator.Code, of formula.Amount) string {
	for i := range a.groups {
		g := &a.groups[i]
		if !indicator.Code(a.code(i)).Same(code) {
			continue
		}
		column := g.first()
		if wanted := g[of]; wanted >= 0 {
			column = wanted
		}
		return a.within + fmt.Sprintf("amounts[%d]", column)
	}
	return cmp.Or(strings.TrimSuffix(a.within, "."), "figures")
}
