package reporting

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
)

// Plan is a plan as it is shown.
type Plan struct {
	plan.Plan
	Etag string
}

func shownPlan(v aggregator.Versioned[plan.Plan]) Plan {
	return Plan{Plan: v.Thing, Etag: planEtag(v)}
}

func planEtag(v aggregator.Versioned[plan.Plan]) string { return strconv.FormatUint(v.Sequence, 10) }

// plan finds a plan by its id. Who may read anything may read the register.
func (g granted) plan(field, id string) (aggregator.Versioned[plan.Plan], error) {
	v, known, err := g.tx.Plan(plan.ID(id))
	if err == nil && !known {
		err = unknownPlan(id).In(field)
	}
	return v, err
}

func unknownPlan(id string) *fault.Error {
	id = shorten(id)
	return fault.NotFound("PLAN_NOT_FOUND", "there is no plan %q; see the list of plans for their ids", id).With("plan", id)
}

// GetPlan gives a plan.
func (s *Service) GetPlan(ctx context.Context, caller auth.Caller, id string, at At) (Plan, Stamp, error) {
	var found Plan
	var stamp Stamp
	err := s.readAt(ctx, caller, at, 0, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		if err := who.need(auth.Read); err != nil {
			return err
		}
		v, err := who.plan("name", id)
		found = shownPlan(v)
		return err
	})
	return found, stamp, err
}

// PlanFilter narrows the register.
type PlanFilter struct {
	Unit string
	Year int
	Page Page
	At   At
}

// PlanPage is one page of the register.
type PlanPage struct {
	Plans []Plan
	Next  string
	Stamp Stamp
}

// ListPlans lists plans in the order of their ids.
func (s *Service) ListPlans(ctx context.Context, caller auth.Caller, f PlanFilter) (PlanPage, error) {
	size, err := f.Page.size(defaultPage, largestPage)
	if err != nil {
		return PlanPage{}, err
	}
	var page PlanPage
	err = s.readAt(ctx, caller, f.At, 0, func(tx *aggregator.Tx, who granted) error {
		page = PlanPage{Stamp: stampOf(tx)}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		at, err := f.Page.open(tx, filterHash("plans", f.Unit, strconv.Itoa(f.Year), f.At.String()))
		if err != nil {
			return err
		}
		var unit hierarchy.ID
		if f.Unit != "" {
			u, err := tx.Tree().Resolve(f.Unit, s.today())
			if err != nil {
				return fault.Of(err).In("unit")
			}
			unit = u.ID
		}
		return tx.Plans(plan.ID(at.key), func(v aggregator.Versioned[plan.Plan]) bool {
			id := string(v.Thing.ID.Fold())
			if id == at.key || unit != "" && v.Thing.Unit != unit || f.Year != 0 && !slices.Contains(v.Thing.Years, f.Year) {
				return true
			}
			if len(page.Plans) == size {
				at.key = string(page.Plans[size-1].ID.Fold())
				page.Next = at.token()
				return false
			}
			page.Plans = append(page.Plans, shownPlan(v))
			return true
		})
	})
	return page, err
}

// CreatePlan enters a plan in the register; an empty id is made of number and year.
func (s *Service) CreatePlan(ctx context.Context, call Call, p plan.Plan) (Plan, CatalogueChange, Stamp, error) {
	return s.changePlan(ctx, call, "PlanService.CreatePlan", p, "", func(who granted, p plan.Plan) error {
		v, known, err := who.tx.Plan(p.ID)
		if err == nil && known {
			err = fault.Exists("PLAN_EXISTS",
				"there is a plan %s already: %s; update it, or give another id where another body's document has the same number", v.Thing.ID, v.Thing.Title).
				With("plan", v.Thing.ID)
		}
		return err
	})
}

// UpdatePlan replaces a plan.
func (s *Service) UpdatePlan(ctx context.Context, call Call, p plan.Plan, etag string) (Plan, CatalogueChange, Stamp, error) {
	return s.changePlan(ctx, call, "PlanService.UpdatePlan", p, etag, func(who granted, p plan.Plan) error {
		v, err := who.plan("name", string(p.ID))
		if err != nil {
			return err
		}
		if now := planEtag(v); etag != now {
			return etagMismatch(etag, now)
		}
		return nil
	})
}

func (s *Service) changePlan(
	ctx context.Context, call Call, method string, p plan.Plan, etag string, check func(who granted, p plan.Plan) error,
) (Plan, CatalogueChange, Stamp, error) {
	// written is a plan as it was accepted.
	type written struct {
		plan     plan.Plan
		warnings []error
	}
	p.Clean()
	if p.ID == "" {
		p.ID = plan.MakeID(p.Number, p.Title, p.Year())
	}
	wrote, receipt, err := change(ctx, s, mutation[written]{
		call: call, method: method, hash: hashOfPlan(method, etag, &p), size: 4 << 10,
		decide: func(who granted, _ committer.Slot) (written, entry.Body, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return written{}, nil, err
			}
			bound, warnings, err := who.bindPlan(p)
			if err != nil {
				return written{}, nil, err
			}
			if err := check(who, bound); err != nil {
				return written{}, nil, err
			}
			w := written{plan: bound, warnings: warnings}
			if old, known, err := who.tx.Plan(bound.ID); err != nil || known && samePlan(old.Thing, bound) {
				return w, nil, err
			}
			return w, entry.PlansChanged{Plans: []plan.Plan{bound}}, nil
		},
		recall: func(who granted, _ uint64) (written, error) {
			return written{plan: p}, who.needEverywhere(auth.Catalogue)
		},
	})
	summary := CatalogueChange{Receipt: receipt, Warnings: wrote.warnings}
	if err != nil {
		return Plan{}, summary, Stamp{}, err
	}
	if call.ValidateOnly {
		_, stamp, err := s.GetStamp(ctx, call.Caller)
		return Plan{Plan: wrote.plan}, summary, stamp, err
	}
	shown, stamp, err := s.GetPlan(ctx, call.Caller, string(p.ID), At{})
	return shown, summary, stamp, err
}

// bindPlan resolves the unit of a plan on its day, and asks whether the plan is sound in itself.
func (g granted) bindPlan(p plan.Plan) (plan.Plan, []error, error) {
	var problems fault.List
	problems.Add(p.Check())
	unit, err := g.tx.Tree().Resolve(string(p.Unit), planDay(&p))
	if err != nil {
		problems.Add(fault.Of(err).In("unit"))
	}
	p.Unit = unit.ID
	if err := problems.Err(); err != nil {
		return p, nil, err
	}
	var warnings []error
	warn := func(field string, code indicator.Code) {
		if w := g.notInCatalogue(code); w != nil {
			warnings = append(warnings, w.In(field))
		}
	}
	for i, group := range p.Groups {
		for n, code := range group.Indicators {
			warn(fmt.Sprintf("groups[%d].indicators[%d]", i, n), code)
		}
	}
	for i, code := range p.Focus {
		warn(fmt.Sprintf("focus[%d]", i), code)
	}
	for i, code := range p.Headline {
		warn(fmt.Sprintf("headline[%d]", i), code)
	}
	return p, warnings, nil
}

// notInCatalogue warns of a code that the catalogue does not have.
func (g granted) notInCatalogue(code indicator.Code) *fault.Error {
	if _, known := g.tx.Indicators().Latest(code); known {
		return nil
	}
	return fault.Precondition("INDICATOR_NOT_IN_CATALOGUE",
		"the catalogue has no indicator %s; only outside figures can be held against it until it does", code).With("indicator", code)
}

// planDay is the day on which the codes of units in a plan are understood: that of issue, or the first one that it is about.
func planDay(p *plan.Plan) period.Day {
	if p.Issued != period.Beginning {
		return p.Issued
	}
	if len(p.Years) > 0 {
		return period.Date(p.Years[0], 1, 1)
	}
	return period.Beginning
}

func samePlan(a, b plan.Plan) bool { return sameThing(a, b, entry.AppendPlan) }

// sameThing compares two versions as they are kept.
func sameThing[T any](a, b T, appendTo func([]byte, T) ([]byte, error)) bool {
	x, err := appendTo(nil, a)
	if err != nil {
		return false
	}
	y, err := appendTo(nil, b)
	return err == nil && bytes.Equal(x, y)
}

func hashOfPlan(method, etag string, p *plan.Plan) [32]byte {
	c := canon(method).text("etag", etag).text("id", string(p.ID)).text("number", p.Number).text("title", p.Title).text("issuer", p.Issuer).
		text("unit", string(p.Unit)).flag("draft", p.Draft).text("issued", p.Issued.String()).text("parent", p.Parent).count("years", len(p.Years))
	for _, y := range p.Years {
		c.count("year", y)
	}
	c.count("groups", len(p.Groups))
	for _, g := range p.Groups {
		c.text("code", g.Code).text("name_vi", g.NameVI).text("name_en", g.NameEN)
		list(c, "indicators", g.Indicators)
	}
	list(c, "focus", p.Focus)
	list(c, "headline", p.Headline)
	list(c, "classes", p.Classes)
	c.count("min_coverage", p.MinCoverage).count("annexes", len(p.Annexes))
	for _, a := range p.Annexes {
		c.text("title", a.Title).text("link", a.Link)
	}
	c.count("rules", len(p.Rules))
	for _, r := range p.Rules {
		c.text("code", r.Code).text("text", r.Text)
	}
	return c.sum()
}

// planNamed finds a plan by its id or by the number on the document.
func (g granted) planNamed(ref string) (aggregator.Versioned[plan.Plan], error) {
	v, known, err := g.tx.Plan(plan.ID(ref))
	if err != nil || known {
		return v, err
	}
	var found []aggregator.Versioned[plan.Plan]
	err = g.tx.Plans("", func(v aggregator.Versioned[plan.Plan]) bool {
		if v.Thing.Number != "" && strings.EqualFold(v.Thing.Number, ref) {
			found = append(found, v)
		}
		return true
	})
	switch {
	case err != nil:
		return v, err
	case len(found) == 0:
		return v, unknownPlan(ref)
	case len(found) > 1:
		return v, fault.Invalid("PLAN_AMBIGUOUS", "the number %q is that of several plans, such as %s and %s; give the id", shorten(ref), found[0].Thing.ID, found[1].Thing.ID).
			With("number", shorten(ref)).With("plan", found[0].Thing.ID).With("other", found[1].Thing.ID)
	}
	return found[0], nil
}
