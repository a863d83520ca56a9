package reporting

import (
	"context"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
	"github.com/tonghop/tonghop/server/rule"
)

// RuleTrial asks what a rule would have said of reports that are there.
type RuleTrial struct {
	Form string
	// Rule is the code of a rule of the form; empty where there is an expression instead.
	Rule, Expression string
	Periods, Below   string
	Page             Page
}

// RuleFinding is a report for which a rule does not hold.
type RuleFinding struct {
	Report   entry.ReportKey
	UnitCode hierarchy.Code
	Revision int
	rule.Finding
}

// RuleTrialPage is one page of findings.
type RuleTrialPage struct {
	Findings []RuleFinding
	// Reports is how many reports the page looked at.
	Reports int
	Next    string
	Stamp   Stamp
}

// maxTrialReads is how many reports one page reads, earlier ones included; it is some 20 ms.
const maxTrialReads = 2000

// TestRule holds a rule against the reports that count provisionally, by period and then in the order of the codes of their
// units, as far as the caller may read them. Nothing is changed.
func (s *Service) TestRule(ctx context.Context, caller auth.Caller, q RuleTrial) (RuleTrialPage, error) {
	size, err := q.Page.size(defaultPage, largestPage)
	if err != nil {
		return RuleTrialPage{}, err
	}
	periods, err := somePeriods(q.Periods)
	if err != nil {
		return RuleTrialPage{}, err
	}
	if (q.Rule == "") == (q.Expression == "") {
		return RuleTrialPage{}, fault.Invalid("RULE_OR_EXPRESSION",
			"give the code of a rule, or the expression of a new one; not both and not neither").In("expression")
	}
	var page RuleTrialPage
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		page = RuleTrialPage{Stamp: stampOf(tx)}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		from, err := q.Page.open(tx, filterHash("test-rule", q.Form, q.Rule, q.Expression, q.Periods, q.Below))
		if err != nil {
			return err
		}
		t := trial{who: who, query: q, size: size, page: &page, from: from, units: s.inCodeOrder(tx)}
		return t.run(periods)
	})
	return page, err
}

// trial is one dry run under way.
type trial struct {
	who   granted
	query RuleTrial
	size  int
	page  *RuleTrialPage
	from  cursor
	units []int32
	// fresh is the rule of the expression; nil where a known one is asked about.
	fresh *rule.InForce
	reads int
}

func (t *trial) run(periods []period.Period) error {
	code := form.Code(t.query.Form)
	latest, known := t.who.tx.Forms().Latest(code)
	if !known {
		return unknownForm(t.who.tx.Definitions(), t.query.Form, 0).In("parent")
	}
	if !t.who.readsForm(latest.Code) {
		refused := *t.who.formNotGranted(t.query.Form)
		refused.Field = "parent"
		return &refused
	}
	if err := t.prepare(latest.Code); err != nil {
		return err
	}
	for _, p := range periods {
		f, err := formOf(t.who.tx.Definitions(), t.query.Form, p)
		if err != nil {
			return renamedPeriod(err)
		}
		last, unit, _ := strings.Cut(t.from.key, "/")
		switch {
		case t.page.Next != "" || p.String() < last:
			continue
		case p.String() > last:
			unit = ""
		}
		if err := t.period(f, p, unit); err != nil {
			return err
		}
	}
	return nil
}

// renamedPeriod gives the refusal of a period the field of the list that it stands in.
func renamedPeriod(err error) error {
	return eachField(err, func(field string) string {
		if field == "period" {
			return "periods"
		}
		return field
	})
}

// prepare makes the rule of an expression, or looks for a known one.
func (t *trial) prepare(code form.Code) error {
	if t.query.Rule != "" {
		if len(t.who.tx.Definitions().Rules().Versions(code, rule.Code(t.query.Rule))) == 0 {
			return unknownRule(t.who.tx, RuleRef{Form: t.query.Form, Rule: t.query.Rule}).In("rule")
		}
		return nil
	}
	r, err := rule.Try(code, t.query.Expression)
	if err != nil {
		return err
	}
	if err := r.Suits(t.who.tx.Forms(), t.who.tx.Indicators()); err != nil {
		return err
	}
	t.fresh = r
	return nil
}

// inForce gives the rule for the periods that end on a day; nil where it is not in force.
func (t *trial) inForce(f form.Form, last period.Day) *rule.InForce {
	if t.fresh != nil {
		return t.fresh
	}
	for _, r := range t.who.tx.Definitions().Rules().Of(f.Code, last) {
		if text := rule.Code(t.query.Rule); r.Code.Fold() == text.Fold() {
			return r
		}
	}
	return nil
}

// period looks at the reports of one period whose units come after the key of one.
func (t *trial) period(f form.Form, p period.Period, after string) error {
	tree, on := t.who.tx.Tree(), f.Last(p)
	r := t.inForce(f, on)
	if r == nil {
		return nil
	}
	below := hierarchy.ID("")
	if t.query.Below != "" {
		u, err := t.who.seen("below", t.query.Below, on)
		if err != nil {
			return err
		}
		below = u.ID
	}
	for _, o := range t.units {
		u := tree.At(int(o))
		key := unitKey(u)
		if key <= after || !u.ValidOn(on) || below != "" && !tree.Within(u.ID, below, on) || !t.who.readsReport(u.ID, f, on) {
			continue
		}
		if t.reads >= maxTrialReads || len(t.page.Findings) == t.size {
			t.page.Next = t.from.token()
			return nil
		}
		at := place{key: entry.ReportKey{Unit: u.ID, Form: f.Code, Period: p}, unit: u, form: f, last: on}
		if err := t.report(r, at); err != nil {
			return err
		}
		t.from.key = p.String() + "/" + key
	}
	return nil
}

// report holds the rule against one report, if there is one that counts.
func (t *trial) report(r *rule.InForce, at place) error {
	t.reads++
	number, figures, err := t.who.tx.InForce(at.key, rollup.Provisional)
	if err != nil || number == 0 {
		return err
	}
	t.page.Reports++
	past := t.who.past(at, figures)
	f, found := r.Hold(at.key.Period, past)
	t.reads += past.reads
	if past.err != nil || !found {
		return past.err
	}
	// Whether it was explained stands in the texts, which are read of what is found alone.
	whole, _, err := t.who.tx.Report(at.key)
	if err != nil {
		return err
	}
	if rev, ok := whole.Revision(number); ok {
		again := t.who.past(at, rev.Figures)
		again.earlier = past.earlier
		f, _ = r.Hold(at.key.Period, again)
	}
	t.page.Findings = append(t.page.Findings, RuleFinding{Report: at.key, UnitCode: at.unit.Code, Revision: number, Finding: f})
	return nil
}
