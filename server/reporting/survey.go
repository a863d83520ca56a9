package reporting

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/text"
)

// ImportPlans takes a survey of plans, all or none: the plans that it names and are not there yet, with their targets, results,
// counts and rules. Of a plan that is there only years, rules and groups are added. Problems name the rows as rows[i].
func (s *Service) ImportPlans(ctx context.Context, call Call, rows []plan.SurveyRow) (CatalogueChange, error) {
	const method = "PlanService.ImportPlans"
	summary, receipt, err := change(ctx, s, mutation[CatalogueChange]{
		call: call, method: method, hash: hashSurvey(method, rows), size: 512 * len(rows),
		decide: func(who granted, _ committer.Slot) (CatalogueChange, entry.Body, error) {
			var summary CatalogueChange
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return summary, nil, err
			}
			if len(rows) > maxTargets {
				return summary, nil, tooManyRows("rows", len(rows))
			}
			v, err := who.survey(rows)
			if err != nil {
				return summary, nil, err
			}
			body, err := v.changed(&summary)
			if err != nil || len(body.Plans)+len(body.Targets)+len(body.Results)+len(body.Counts) == 0 {
				return summary, nil, err
			}
			return summary, body, nil
		},
		recall: func(who granted, sequence uint64) (CatalogueChange, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return CatalogueChange{}, err
			}
			v, err := who.survey(rows)
			if err != nil {
				return CatalogueChange{}, nil //nolint:nilerr // it was sound when it was accepted; what it made is told by the receipt
			}
			return v.recount(sequence), nil
		},
	})
	summary.Receipt = receipt
	return summary, err
}

// surveyed is a survey whose rows have found their plans.
type surveyed struct {
	granted
	// plans are those that the rows name, in the order in which they come, with what the rows add to them.
	plans []*plan.Plan
	rows  []plan.SurveyRow
	// ofRow is for each row its plan.
	ofRow []*plan.Plan
}

// surveyKey tells the plans of a file apart.
type surveyKey struct{ province, number, title string }

func keyOf(r *plan.SurveyRow) surveyKey {
	return surveyKey{r.Province, r.Plan.Number, r.Plan.Title}
}

func (g granted) survey(rows []plan.SurveyRow) (*surveyed, error) {
	v := &surveyed{granted: g, rows: rows, ofRow: make([]*plan.Plan, len(rows))}
	var problems fault.List
	known := map[surveyKey]*plan.Plan{}
	for i := range rows {
		r := v.lender(i)
		key := keyOf(r)
		if known[key] == nil {
			p, err := v.open(r)
			if err != nil {
				problems.Add(fault.Of(err).In(fmt.Sprintf("rows[%d]", i)))
				continue
			}
			known[key] = p
			v.plans = append(v.plans, p)
		}
		v.ofRow[i] = known[key]
		v.add(known[key], &rows[i])
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	for _, p := range v.plans {
		p.Clean()
		if p.ID == "" {
			if err := v.name(p); err != nil {
				return nil, err
			}
		}
	}
	return v, v.bind()
}

// lender gives the row whose plan a row is of: results of a plan that stands in the file belong to that one.
func (v *surveyed) lender(i int) *plan.SurveyRow {
	r := &v.rows[i]
	if r.Plan.ResultsOf == "" {
		return r
	}
	for n := range v.rows {
		if other := &v.rows[n]; other.Province == r.Province && other.Year == r.Year && other.Plan.Matches(r.Plan.ResultsOf) {
			return other
		}
	}
	return r
}

// open gives the plan of a row as it stands in the register, or a new one.
func (v *surveyed) open(r *plan.SurveyRow) (*plan.Plan, error) {
	p := plan.Plan{
		Number: r.Plan.Number, Title: r.Plan.Title, Issued: r.Plan.Issued, Draft: r.Plan.Issued == period.Beginning,
		Years: []int{r.Year}, MinCoverage: plan.FullCoverage,
	}
	unit, err := v.provinceNamed(r.Province, planDay(&p))
	if err != nil {
		return nil, fault.Of(err).In("province")
	}
	p.Unit = unit
	return &p, nil
}

// provinceNamed finds a province by its name with or without the word for its kind.
func (v *surveyed) provinceNamed(name string, on period.Day) (hierarchy.ID, error) {
	var found []hierarchy.Unit
	wanted := bareProvince(name)
	for _, id := range v.tx.Tree().Roots(on) {
		v.tx.Tree().Subtree(id, on, func(u hierarchy.Unit) bool {
			if u.Kind == hierarchy.Province && bareProvince(u.On(on).NameVI) == wanted {
				found = append(found, u)
			}
			return u.Kind != hierarchy.Province
		})
	}
	switch {
	case len(found) == 0:
		return "", fault.NotFound("PROVINCE_NOT_FOUND", "no province is called %q on %s; import its unit first", shorten(name), on).
			With("value", shorten(name)).With("day", on)
	case len(found) > 1:
		return "", fault.Invalid("UNIT_AMBIGUOUS", "code %q means several units on %s: %s; give the id of the one that is meant", shorten(name), on, names(found)).
			With("code", shorten(name)).With("day", on).With("units", names(found))
	}
	return found[0].ID, nil
}

func bareProvince(name string) string {
	name = text.Fold(name)
	for _, word := range []string{"tinh ", "thanh pho "} {
		name = strings.TrimPrefix(name, word)
	}
	return name
}

// add takes into a plan what a row says of it.
func (v *surveyed) add(p *plan.Plan, r *plan.SurveyRow) {
	if !slices.Contains(p.Years, r.Year) {
		p.Years = append(p.Years, r.Year)
	}
	switch {
	case r.Rule != nil && !slices.Contains(p.Rules, *r.Rule):
		p.Rules = append(p.Rules, *r.Rule)
	case r.Count != nil && r.GroupName != "" && !slices.ContainsFunc(p.Groups, func(g plan.Group) bool { return text.SameCode(g.Code, r.Count.Label) }):
		p.Groups = append(p.Groups, plan.Group{Code: r.Count.Label, NameVI: r.GroupName})
	case r.Target != nil && r.Target.Comparator == plan.InClass && p.Classes == nil:
		p.Classes = slices.Clone(plan.UsualClasses)
	}
}

// name gives a plan its id, and brings together what the file and the register say of it: the register stands, and years, rules and
// groups that it lacks are added.
func (v *surveyed) name(p *plan.Plan) error {
	p.ID = plan.MakeID(p.Number, p.Title, p.Year())
	old, known, err := v.tx.Plan(p.ID)
	if err != nil || !known {
		return err
	}
	if old.Thing.Unit != p.Unit {
		p.ID = plan.MakeID(p.Number+" "+string(p.Unit.Code()), p.Title+" "+string(p.Unit.Code()), p.Year())
		if old, known, err = v.tx.Plan(p.ID); err != nil || !known {
			return err
		}
	}
	stands := old.Thing
	stands.Years, stands.Rules, stands.Groups = slices.Clone(stands.Years), slices.Clone(stands.Rules), slices.Clone(stands.Groups)
	for _, y := range p.Years {
		if !slices.Contains(stands.Years, y) {
			stands.Years = append(stands.Years, y)
		}
	}
	slices.Sort(stands.Years)
	for _, r := range p.Rules {
		if !slices.ContainsFunc(stands.Rules, func(o plan.Rule) bool { return text.SameCode(o.Code, r.Code) }) {
			stands.Rules = append(stands.Rules, r)
		}
	}
	for _, g := range p.Groups {
		if !slices.ContainsFunc(stands.Groups, func(o plan.Group) bool { return text.SameCode(o.Code, g.Code) }) {
			stands.Groups = append(stands.Groups, g)
		}
	}
	if len(stands.Classes) == 0 {
		stands.Classes = p.Classes
	}
	*p = stands
	return nil
}

// bind makes the rows of the plans and holds them against everything that a single change would be held against.
func (v *surveyed) bind() error {
	var problems fault.List
	v.rows = slices.Clone(v.rows)
	for i := range v.rows {
		r, p, at := &v.rows[i], v.ofRow[i], fmt.Sprintf("rows[%d]", i)
		var err error
		switch {
		case r.Target != nil:
			t := *r.Target
			v.level(i, &t.Scope, t.Indicator, t.Year)
			err = v.bindTarget(&t, p)
			r.Target = &t
		case r.Result != nil:
			one := *r.Result
			one.Plan = p.ID
			v.level(i, &one.Scope, one.Indicator, one.Year)
			err = v.bindScope(&one.Scope, p)
			r.Result = &one
		case r.Count != nil:
			one := *r.Count
			one.Plan = p.ID
			r.Count = &one
		}
		if err != nil {
			problems.Add(fault.Of(err).In(at))
		}
	}
	for _, p := range v.plans {
		if err := p.Check(); err != nil {
			first := slices.Index(v.ofRow, p)
			problems.Add(eachField(err, func(string) string { return fmt.Sprintf("rows[%d].plan", first) }))
		}
	}
	return problems.Err()
}

// level makes a scope of the province that of the province's own bodies where the plan sets targets for lower levels beside it: 95 %
// of the files of the province, 80 % of those of districts and 60 % of those of communes are three things.
func (v *surveyed) level(i int, scope *plan.Scope, code indicator.Code, year int) {
	if len(scope.Kinds) > 0 || scope.Unit != "" {
		return
	}
	for n := range v.rows {
		o := v.rows[n].Target
		if o != nil && v.ofRow[n] == v.ofRow[i] && o.Year == year && o.Indicator.Same(code) && len(o.Scope.Kinds) == 1 && !o.Scope.Each {
			scope.Kinds = []hierarchy.Kind{hierarchy.Province, hierarchy.Department}
			return
		}
	}
}

// changed gives what is new, and counts the rows; plans stand beside them.
func (v *surveyed) changed(summary *CatalogueChange) (entry.PlansChanged, error) {
	var body entry.PlansChanged
	for _, p := range v.plans {
		old, known, err := v.tx.Plan(p.ID)
		if err != nil {
			return body, err
		}
		if !known || !samePlan(old.Thing, *p) {
			body.Plans = append(body.Plans, *p)
		}
	}
	warned := map[indicator.Code]bool{}
	for i := range v.rows {
		r := &v.rows[i]
		switch {
		case r.Target != nil:
			one, err := v.newTargets([]plan.Target{*r.Target}, summary)
			if err != nil {
				return body, err
			}
			body.Targets = append(body.Targets, one...)
			if w := v.notInCatalogue(r.Target.Indicator); w != nil && !warned[r.Target.Indicator] {
				warned[r.Target.Indicator] = true
				summary.Warnings = append(summary.Warnings, w.In("indicator_code").In(fmt.Sprintf("rows[%d]", i)))
			}
		case r.Result != nil:
			one := entry.PlansChanged{Results: []plan.Result{*r.Result}}
			if err := v.newDeclared(&one, summary); err != nil {
				return body, err
			}
			body.Results = append(body.Results, one.Results...)
		case r.Count != nil:
			one := entry.PlansChanged{Counts: []plan.Count{*r.Count}}
			if err := v.newDeclared(&one, summary); err != nil {
				return body, err
			}
			body.Counts = append(body.Counts, one.Counts...)
		default: // a rule, which stands in its plan
			p := v.ofRow[i]
			same := !slices.ContainsFunc(body.Plans, func(o plan.Plan) bool { return o.ID == p.ID })
			summary.count(same, same)
		}
	}
	return body, nil
}

// recount counts the rows as they were when the entry was made.
func (v *surveyed) recount(sequence uint64) CatalogueChange {
	return recount(sequence, v.rows, func(r plan.SurveyRow) []uint64 {
		switch {
		case r.Target != nil:
			return v.tx.TargetHistory(r.Target)
		case r.Result != nil:
			return v.tx.ResultHistory(r.Result)
		case r.Count != nil:
			return v.tx.CountHistory(r.Count)
		}
		for i := range v.rows {
			if v.rows[i].Rule == r.Rule {
				return v.tx.PlanHistory(v.ofRow[i].ID)
			}
		}
		return nil
	})
}

func hashSurvey(method string, rows []plan.SurveyRow) [32]byte {
	c := canon(method).count("rows", len(rows))
	for i := range rows {
		r := &rows[i]
		c.text("province", r.Province).text("title", r.Plan.Title).text("number", r.Plan.Number).text("issued", r.Plan.Issued.String()).
			text("results_of", r.Plan.ResultsOf).count("year", r.Year).text("group", r.GroupName)
		switch {
		case r.Target != nil:
			c.text("is", "target").target(r.Target)
		case r.Result != nil:
			c.text("is", "result").result(r.Result)
		case r.Count != nil:
			c.text("is", "count").declaredCount(r.Count)
		case r.Rule != nil:
			c.text("is", "rule").text("code", r.Rule.Code).text("text", r.Rule.Text)
		}
	}
	return c.sum()
}
