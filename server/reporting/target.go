package reporting

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
)

// TargetFilter narrows the targets of a plan.
type TargetFilter struct {
	Plan string
	Year int
	Page Page
	At   At
}

// TargetPage is one page of targets.
type TargetPage struct {
	Plan    plan.Plan
	Targets []aggregator.Versioned[plan.Target]
	Next    string
	Stamp   Stamp
}

// ListTargets lists what a plan demands, by year, indicator and scope.
func (s *Service) ListTargets(ctx context.Context, caller auth.Caller, f TargetFilter) (TargetPage, error) {
	size, err := f.Page.size(defaultPage, largestPage)
	if err != nil {
		return TargetPage{}, err
	}
	var page TargetPage
	err = s.readAt(ctx, caller, f.At, 0, func(tx *aggregator.Tx, who granted) error {
		page = TargetPage{Stamp: stampOf(tx)}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		v, err := who.plan("parent", f.Plan)
		if err != nil {
			return err
		}
		page.Plan = v.Thing
		at, err := f.Page.open(tx, filterHash("targets", string(v.Thing.ID.Fold()), strconv.Itoa(f.Year), f.At.String()))
		if err != nil {
			return err
		}
		targets, err := tx.Targets(v.Thing.ID)
		if err != nil {
			return err
		}
		for _, t := range targets {
			if t.Thing.Withdrawn || f.Year != 0 && t.Thing.Year != f.Year || t.Thing.Key() <= at.key {
				continue
			}
			if len(page.Targets) == size {
				at.key = page.Targets[size-1].Thing.Key()
				page.Next = at.token()
				return nil
			}
			page.Targets = append(page.Targets, t)
		}
		return nil
	})
	return page, err
}

// maxTargets is how many targets, results or figures one request may bring.
const maxTargets = 5000

func tooManyRows(what string, n int) *fault.Error {
	return fault.Invalid("ROWS_TOO_MANY", "%d %s were sent; one request may bring %d: divide it", n, what, maxTargets).
		With("count", n).With("limit", maxTargets)
}

// ImportTargets adds targets, or replaces those of the same plan, year, indicator and scope, all or none. Problems name the rows
// as targets[i].
func (s *Service) ImportTargets(ctx context.Context, call Call, rows []plan.Target) (CatalogueChange, error) {
	const method = "PlanService.ImportTargets"
	summary, receipt, err := change(ctx, s, mutation[CatalogueChange]{
		call: call, method: method, hash: hashTargets(method, rows), size: 256 * len(rows),
		decide: func(who granted, _ committer.Slot) (CatalogueChange, entry.Body, error) {
			var summary CatalogueChange
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return summary, nil, err
			}
			if len(rows) > maxTargets {
				return summary, nil, tooManyRows("targets", len(rows))
			}
			bound, err := who.bindTargets(rows)
			if err != nil {
				return summary, nil, err
			}
			for i, t := range bound {
				if w := who.notInCatalogue(t.Indicator); w != nil && !t.Withdrawn {
					summary.Warnings = append(summary.Warnings, w.In("indicator").In(fmt.Sprintf("targets[%d]", i)))
				}
			}
			changed, err := who.newTargets(bound, &summary)
			if err != nil || len(changed) == 0 {
				return summary, nil, err
			}
			return summary, entry.PlansChanged{Targets: changed}, nil
		},
		recall: func(who granted, sequence uint64) (CatalogueChange, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return CatalogueChange{}, err
			}
			bound, _ := who.bindTargets(rows) // it was sound when it was accepted
			return recount(sequence, bound, func(t plan.Target) []uint64 { return who.tx.TargetHistory(&t) }), nil
		},
	})
	summary.Receipt = receipt
	return summary, err
}

// newTargets leaves out those that say what is already there.
func (g granted) newTargets(bound []plan.Target, summary *CatalogueChange) ([]plan.Target, error) {
	var changed []plan.Target
	for _, t := range bound {
		old, known, err := g.tx.Target(t.Plan, t.Key())
		if err != nil {
			return nil, err
		}
		same := known && sameThing(old.Thing, t, entry.AppendTarget) || t.Withdrawn && (!known || old.Thing.Withdrawn)
		if !summary.count(known || same, same) {
			changed = append(changed, t)
		}
	}
	return changed, nil
}

// bindTargets finds the plan of each row and resolves its units.
func (g granted) bindTargets(rows []plan.Target) ([]plan.Target, error) {
	var problems fault.List
	bound := make([]plan.Target, len(rows))
	known := map[plan.ID]*plan.Plan{}
	for i, t := range rows {
		at := fmt.Sprintf("targets[%d]", i)
		p := known[t.Plan]
		if p == nil {
			v, err := g.planNamed(string(t.Plan))
			if err != nil {
				problems.Add(fault.Of(err).In("plan").In(at))
				continue
			}
			p = &v.Thing
			known[t.Plan] = p
		}
		if err := g.bindTarget(&t, p); err != nil {
			problems.Add(fault.Of(err).In(at))
		}
		bound[i] = t
	}
	return bound, problems.Err()
}

func outsideYears(p *plan.Plan, year int) error {
	return fault.Invalid("YEAR_NOT_IN_PLAN", "plan %s sets targets for %s, and not for %d; add the year to the plan first", p.ID, yearWords(p.Years), year).
		With("plan", p.ID).With("years", yearWords(p.Years)).With("year", year).In("year")
}

// bindTarget makes a target one of a plan.
func (g granted) bindTarget(t *plan.Target, p *plan.Plan) error {
	var problems fault.List
	t.Plan = p.ID
	if !slices.Contains(p.Years, t.Year) {
		problems.Add(outsideYears(p, t.Year))
	}
	if t.Comparator == plan.InClass && len(p.Classes) > 0 && !slices.Contains(p.Classes, t.Value) {
		problems.Add(fault.Invalid("CLASS_NOT_IN_PLAN", "the class %q does not stand in the plan's order of classes; add it to the plan first", shorten(t.Value)).
			With("class", shorten(t.Value)).In("value"))
	}
	problems.Add(g.bindScope(&t.Scope, p))
	for _, ref := range []struct {
		field string
		id    *hierarchy.ID
	}{{"lead", &t.Lead}} {
		problems.Add(g.bindUnit(ref.field, ref.id, planDay(p)))
	}
	t.Support = slices.Clone(t.Support)
	for i := range t.Support {
		problems.Add(g.bindUnit(fmt.Sprintf("support[%d]", i), &t.Support[i], planDay(p)))
	}
	problems.Add(t.Check())
	return problems.Err()
}

// bindScope resolves the unit of a scope; the plan's own is none.
func (g granted) bindScope(s *plan.Scope, p *plan.Plan) error {
	if err := g.bindUnit("scope", &s.Unit, planDay(p)); err != nil {
		return err
	}
	if s.Unit == p.Unit {
		s.Unit = ""
	}
	return nil
}

// bindUnit makes an id of what a field says; an empty one is none.
func (g granted) bindUnit(field string, id *hierarchy.ID, on period.Day) error {
	if *id == "" {
		return nil
	}
	u, err := g.tx.Tree().Resolve(string(*id), on)
	if err != nil {
		return fault.Of(err).In(field)
	}
	*id = u.ID
	return nil
}

func yearWords(years []int) string {
	words := ""
	for i, y := range years {
		if i > 0 {
			words += ", "
		}
		words += strconv.Itoa(y)
	}
	return words
}

func hashTargets(method string, rows []plan.Target) [32]byte {
	c := canon(method).count("targets", len(rows))
	for i := range rows {
		c.target(&rows[i])
	}
	return c.sum()
}

func (c canonical) target(t *plan.Target) canonical {
	c.text("plan", string(t.Plan)).count("year", t.Year).text("indicator", string(t.Indicator)).text("scope", t.Scope.String()).
		text("comparator", t.Comparator.String()).text("value", t.Value).text("baseline", t.Baseline).text("baseline_date", t.BaselineDay.String()).
		text("due", t.Due.String()).count("ranked", t.Ranked).text("lead", string(t.Lead)).text("note", t.Note).flag("withdrawn", t.Withdrawn)
	return list(c, "support", t.Support)
}

func (c canonical) result(r *plan.Result) canonical {
	return c.count("year", r.Year).text("indicator", string(r.Indicator)).text("scope", r.Scope.String()).text("bound", r.Bound.String()).
		text("value", r.Value).text("rating", r.Rating.String()).text("source", r.Source).text("note", r.Note)
}

func (c canonical) declaredCount(n *plan.Count) canonical {
	return c.count("year", n.Year).text("kind", n.Kind.String()).text("label", n.Label).count("count", n.Count).text("source", n.Source).text("note", n.Note)
}

// DeclareResults stores what was declared of a plan, all or none. Problems name the rows as results[i] and counts[i].
func (s *Service) DeclareResults(ctx context.Context, call Call, id string, results []plan.Result, counts []plan.Count) (CatalogueChange, Stamp, error) {
	const method = "PlanService.DeclareResults"
	c := canon(method).text("plan", id).count("results", len(results))
	for i := range results {
		c.result(&results[i])
	}
	c.count("counts", len(counts))
	for i := range counts {
		c.declaredCount(&counts[i])
	}
	summary, receipt, err := change(ctx, s, mutation[CatalogueChange]{
		call: call, method: method, hash: c.sum(), size: 256 * (len(results) + len(counts)),
		decide: func(who granted, _ committer.Slot) (CatalogueChange, entry.Body, error) {
			var summary CatalogueChange
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return summary, nil, err
			}
			body, err := who.bindDeclared(id, results, counts)
			if err != nil {
				return summary, nil, err
			}
			if err := who.newDeclared(&body, &summary); err != nil || len(body.Results)+len(body.Counts) == 0 {
				return summary, nil, err
			}
			return summary, body, nil
		},
		recall: func(who granted, sequence uint64) (CatalogueChange, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return CatalogueChange{}, err
			}
			body, _ := who.bindDeclared(id, results, counts) // as above
			first := recount(sequence, body.Results, func(r plan.Result) []uint64 { return who.tx.ResultHistory(&r) })
			second := recount(sequence, body.Counts, func(c plan.Count) []uint64 { return who.tx.CountHistory(&c) })
			first.Created += second.Created
			first.Updated += second.Updated
			first.Unchanged += second.Unchanged
			return first, nil
		},
	})
	summary.Receipt = receipt
	if err != nil {
		return summary, Stamp{}, err
	}
	_, stamp, err := s.GetStamp(ctx, call.Caller)
	return summary, stamp, err
}

func (g granted) bindDeclared(id string, results []plan.Result, counts []plan.Count) (entry.PlansChanged, error) {
	var body entry.PlansChanged
	v, err := g.plan("plan", id)
	if err != nil {
		return body, err
	}
	if n := len(results) + len(counts); n > maxTargets {
		return body, tooManyRows("results and counts", n)
	}
	if len(results)+len(counts) == 0 {
		return body, fault.Invalid("NOTHING_DECLARED", "neither a result nor a count was sent").In("results")
	}
	var problems fault.List
	for i, r := range results {
		at := fmt.Sprintf("results[%d]", i)
		r.Plan = v.Thing.ID
		for _, err := range []error{r.Check(), g.bindScope(&r.Scope, &v.Thing)} {
			if err != nil {
				problems.Add(fault.Of(err).In(at))
			}
		}
		body.Results = append(body.Results, r)
	}
	for i, c := range counts {
		c.Plan = v.Thing.ID
		if err := c.Check(); err != nil {
			problems.Add(fault.Of(err).In(fmt.Sprintf("counts[%d]", i)))
		}
		body.Counts = append(body.Counts, c)
	}
	return body, problems.Err()
}

// newDeclared leaves out what says what is already there.
func (g granted) newDeclared(body *entry.PlansChanged, summary *CatalogueChange) error {
	var failed error
	body.Results = slices.DeleteFunc(body.Results, func(r plan.Result) bool {
		old, known, err := g.tx.Result(r.Plan, r.Key())
		failed = firstOf(failed, err)
		return summary.count(known, known && sameThing(old.Thing, r, entry.AppendResult))
	})
	body.Counts = slices.DeleteFunc(body.Counts, func(c plan.Count) bool {
		old, known, err := g.tx.DeclaredCount(c.Plan, c.Key())
		failed = firstOf(failed, err)
		return summary.count(known, known && sameThing(old.Thing, c, entry.AppendCount))
	})
	return failed
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
