package entry

import (
	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
)

// PlansChanged adds versions of plans, targets, declared results and counts; one with the name of an older one replaces it.
type PlansChanged struct {
	Plans   []plan.Plan
	Targets []plan.Target
	Results []plan.Result
	Counts  []plan.Count
}

// PlanRemarked says that a unit wrote something about a plan.
type PlanRemarked struct {
	plan.Remark
	// Text is what it wrote. It is private: empty once it was removed.
	Text string
}

func (PlansChanged) body() {}
func (PlanRemarked) body() {}

func putRemark(b PlanRemarked, m *journalv1.Entry) error {
	m.Body = &journalv1.Entry_PlanRemarked{PlanRemarked: remarkMessage(b.Remark)}
	return nil
}

func remarkMessage(r plan.Remark) *journalv1.PlanRemarked {
	return &journalv1.PlanRemarked{
		Plan: string(r.Plan), Kind: r.Kind.String(), Year: int32(r.Year), Unit: string(r.Unit), Indicator: string(r.Indicator), //nolint:gosec // four digits
	}
}

func remarkOf(m *journalv1.PlanRemarked) (plan.Remark, error) {
	kind, err := plan.ParseRemarkKind(m.GetKind())
	if err != nil {
		return plan.Remark{}, tooNew("the kind of remark %q is unknown", m.GetKind())
	}
	return plan.Remark{
		Plan: plan.ID(m.GetPlan()), Kind: kind, Year: int(m.GetYear()), Unit: hierarchy.ID(m.GetUnit()), Indicator: indicator.Code(m.GetIndicator()),
	}, known(m)
}

func remarkedOf(m *journalv1.PlanRemarked, texts *journalv1.Private) (Body, error) {
	r, err := remarkOf(m)
	if err != nil {
		return nil, err
	}
	return PlanRemarked{Remark: r, Text: texts.GetReason()}, nil
}

// AppendRemark appends the bytes of one remark without its text.
func AppendRemark(b []byte, r plan.Remark) ([]byte, error) { return appendMessage(b, remarkMessage(r)) }

// ParseRemark reads what AppendRemark appended.
func ParseRemark(b []byte) (plan.Remark, error) {
	return parsed(b, &journalv1.PlanRemarked{}, remarkOf)
}

func putPlans(b PlansChanged, m *journalv1.Entry) error {
	plans, err := mapped(b.Plans, planMessage)
	if err != nil {
		return err
	}
	targets, err := mapped(b.Targets, targetMessage)
	if err != nil {
		return err
	}
	results, err := mapped(b.Results, resultMessage)
	if err != nil {
		return err
	}
	counts, err := mapped(b.Counts, countMessage)
	m.Body = &journalv1.Entry_PlansChanged{PlansChanged: &journalv1.PlansChanged{
		Plans: plans, Targets: targets, Results: results, Counts: counts,
	}}
	return err
}

func plansOf(m *journalv1.PlansChanged) (Body, error) {
	var b PlansChanged
	var err error
	if b.Plans, err = mapped(m.GetPlans(), planOf); err != nil {
		return nil, err
	}
	if b.Targets, err = mapped(m.GetTargets(), targetOf); err != nil {
		return nil, err
	}
	if b.Results, err = mapped(m.GetResults(), resultOf); err != nil {
		return nil, err
	}
	if b.Counts, err = mapped(m.GetCounts(), countOf); err != nil {
		return nil, err
	}
	return b, known(m)
}

func planMessage(p plan.Plan) (*journalv1.Plan, error) {
	if p.MinCoverage < 0 || p.MinCoverage > plan.FullCoverage {
		return nil, fault.Internal(nil, "the least coverage %d of a plan cannot be stored", p.MinCoverage)
	}
	m := &journalv1.Plan{
		Id: string(p.ID), Number: p.Number, Title: p.Title, Issuer: p.Issuer, Unit: string(p.Unit), Draft: p.Draft,
		Issued: dayMessage(p.Issued, period.Beginning), Parent: p.Parent, Focus: textsOf[string](p.Focus), Headline: textsOf[string](p.Headline),
		Classes: p.Classes, MinCoverage: uint32(p.MinCoverage), //nolint:gosec // checked
	}
	for _, y := range p.Years {
		m.Years = append(m.Years, int32(y)) //nolint:gosec // four digits
	}
	for _, g := range p.Groups {
		m.Groups = append(m.Groups, &journalv1.PlanGroup{Code: g.Code, NameVi: g.NameVI, NameEn: g.NameEN, Indicators: textsOf[string](g.Indicators)})
	}
	for _, a := range p.Annexes {
		m.Annexes = append(m.Annexes, &journalv1.PlanAnnex{Title: a.Title, Link: a.Link})
	}
	for _, r := range p.Rules {
		m.Rules = append(m.Rules, &journalv1.PlanRule{Code: r.Code, Text: r.Text})
	}
	return m, nil
}

func planOf(m *journalv1.Plan) (plan.Plan, error) {
	if m.GetMinCoverage() > plan.FullCoverage {
		return plan.Plan{}, damaged("a plan asks for a coverage of %d of %d", m.GetMinCoverage(), plan.FullCoverage)
	}
	p := plan.Plan{
		ID: plan.ID(m.GetId()), Number: m.GetNumber(), Title: m.GetTitle(), Issuer: m.GetIssuer(), Unit: hierarchy.ID(m.GetUnit()), Draft: m.GetDraft(),
		Issued: dayOf(m.Issued, period.Beginning), Parent: m.GetParent(), Focus: textsOf[indicator.Code](m.GetFocus()),
		Headline: textsOf[indicator.Code](m.GetHeadline()), Classes: m.GetClasses(), MinCoverage: int(m.GetMinCoverage()),
	}
	for _, y := range m.GetYears() {
		p.Years = append(p.Years, int(y))
	}
	for _, g := range m.GetGroups() {
		if err := known(g); err != nil {
			return p, err
		}
		p.Groups = append(p.Groups, plan.Group{
			Code: g.GetCode(), NameVI: g.GetNameVi(), NameEN: g.GetNameEn(), Indicators: textsOf[indicator.Code](g.GetIndicators()),
		})
	}
	for _, a := range m.GetAnnexes() {
		if err := known(a); err != nil {
			return p, err
		}
		p.Annexes = append(p.Annexes, plan.Annex{Title: a.GetTitle(), Link: a.GetLink()})
	}
	for _, r := range m.GetRules() {
		if err := known(r); err != nil {
			return p, err
		}
		p.Rules = append(p.Rules, plan.Rule{Code: r.GetCode(), Text: r.GetText()})
	}
	return p, known(m)
}

func targetMessage(t plan.Target) (*journalv1.PlanTarget, error) {
	if t.Ranked < 0 || int64(t.Ranked) > 1<<32-1 {
		return nil, fault.Internal(nil, "a rank among %d cannot be stored", t.Ranked)
	}
	return &journalv1.PlanTarget{
		Plan: string(t.Plan), Year: int32(t.Year), Indicator: string(t.Indicator), Scope: t.Scope.String(), //nolint:gosec // four digits
		Comparator: t.Comparator.String(), Value: t.Value, Baseline: t.Baseline, BaselineDay: dayMessage(t.BaselineDay, period.Beginning),
		Due: dayMessage(t.Due, period.Forever), Ranked: uint32(t.Ranked), Lead: string(t.Lead), Support: textsOf[string](t.Support), //nolint:gosec // checked
		Note: t.Note, Withdrawn: t.Withdrawn,
	}, nil
}

func targetOf(m *journalv1.PlanTarget) (plan.Target, error) {
	t := plan.Target{
		Plan: plan.ID(m.GetPlan()), Year: int(m.GetYear()), Indicator: indicator.Code(m.GetIndicator()), Value: m.GetValue(), Baseline: m.GetBaseline(),
		BaselineDay: dayOf(m.BaselineDay, period.Beginning), Due: dayOf(m.Due, period.Forever), Ranked: int(m.GetRanked()),
		Lead: hierarchy.ID(m.GetLead()), Support: textsOf[hierarchy.ID](m.GetSupport()), Note: m.GetNote(), Withdrawn: m.GetWithdrawn(),
	}
	var err error
	if t.Scope, err = plan.ParseScope(m.GetScope()); err != nil {
		return t, tooNew("the scope %q is unknown", m.GetScope())
	}
	if m.GetComparator() != "" {
		if t.Comparator, err = plan.ParseComparator(m.GetComparator()); err != nil {
			return t, tooNew("the comparator %q is unknown", m.GetComparator())
		}
	}
	return t, known(m)
}

func resultMessage(r plan.Result) (*journalv1.PlanResult, error) {
	return &journalv1.PlanResult{
		Plan: string(r.Plan), Year: int32(r.Year), Indicator: string(r.Indicator), Scope: r.Scope.String(), Bound: r.Bound.String(), //nolint:gosec // four digits
		Value: r.Value, Rating: r.Rating.String(), Source: r.Source, Note: r.Note,
	}, nil
}

func resultOf(m *journalv1.PlanResult) (plan.Result, error) {
	r := plan.Result{
		Plan: plan.ID(m.GetPlan()), Year: int(m.GetYear()), Indicator: indicator.Code(m.GetIndicator()), Value: m.GetValue(),
		Source: m.GetSource(), Note: m.GetNote(),
	}
	var err error
	if r.Scope, err = plan.ParseScope(m.GetScope()); err != nil {
		return r, tooNew("the scope %q is unknown", m.GetScope())
	}
	if r.Bound, err = plan.ParseBound(m.GetBound()); err != nil {
		return r, tooNew("the bound %q is unknown", m.GetBound())
	}
	if r.Rating, err = plan.ParseRating(m.GetRating()); err != nil {
		return r, tooNew("the rating %q is unknown", m.GetRating())
	}
	return r, known(m)
}

func countMessage(c plan.Count) (*journalv1.PlanCount, error) {
	return &journalv1.PlanCount{
		Plan: string(c.Plan), Year: int32(c.Year), Kind: c.Kind.String(), Label: c.Label, Count: int32(c.Count), Source: c.Source, Note: c.Note, //nolint:gosec // checked before
	}, nil
}

func countOf(m *journalv1.PlanCount) (plan.Count, error) {
	c := plan.Count{
		Plan: plan.ID(m.GetPlan()), Year: int(m.GetYear()), Label: m.GetLabel(), Count: int(m.GetCount()), Source: m.GetSource(), Note: m.GetNote(),
	}
	var err error
	if c.Kind, err = plan.ParseCountKind(m.GetKind()); err != nil {
		return c, tooNew("the kind of count %q is unknown", m.GetKind())
	}
	return c, known(m)
}

// AppendPlan appends the bytes of one plan, the message that stands in an entry; so do the others.
func AppendPlan(b []byte, p plan.Plan) ([]byte, error) { return appended(b, p, planMessage) }

// ParsePlan reads what AppendPlan appended.
func ParsePlan(b []byte) (plan.Plan, error) { return parsed(b, &journalv1.Plan{}, planOf) }

// AppendTarget appends the bytes of one target.
func AppendTarget(b []byte, t plan.Target) ([]byte, error) { return appended(b, t, targetMessage) }

// ParseTarget reads what AppendTarget appended.
func ParseTarget(b []byte) (plan.Target, error) { return parsed(b, &journalv1.PlanTarget{}, targetOf) }

// AppendResult appends the bytes of one declared result.
func AppendResult(b []byte, r plan.Result) ([]byte, error) { return appended(b, r, resultMessage) }

// ParseResult reads what AppendResult appended.
func ParseResult(b []byte) (plan.Result, error) { return parsed(b, &journalv1.PlanResult{}, resultOf) }

// AppendCount appends the bytes of one declared count.
func AppendCount(b []byte, c plan.Count) ([]byte, error) { return appended(b, c, countMessage) }

// ParseCount reads what AppendCount appended.
func ParseCount(b []byte) (plan.Count, error) { return parsed(b, &journalv1.PlanCount{}, countOf) }
