package rpc

import (
	"context"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/tabular"
)

// plans is the service of plans.
type plans struct {
	reportingv1.UnsafePlanServiceServer
	*core
}

// The enumerations of plans.
var (
	comparators = pairs[plan.Comparator, reportingv1.Comparator]{
		plan.AtLeast:    reportingv1.Comparator_COMPARATOR_AT_LEAST,
		plan.Above:      reportingv1.Comparator_COMPARATOR_ABOVE,
		plan.AtMost:     reportingv1.Comparator_COMPARATOR_AT_MOST,
		plan.Below:      reportingv1.Comparator_COMPARATOR_BELOW,
		plan.Equal:      reportingv1.Comparator_COMPARATOR_EQUAL,
		plan.Top:        reportingv1.Comparator_COMPARATOR_TOP,
		plan.InClass:    reportingv1.Comparator_COMPARATOR_IN_CLASS,
		plan.ReduceBy:   reportingv1.Comparator_COMPARATOR_REDUCE_BY,
		plan.IncreaseBy: reportingv1.Comparator_COMPARATOR_INCREASE_BY,
		plan.Keep:       reportingv1.Comparator_COMPARATOR_MAINTAIN_OR_IMPROVE,
		plan.ByDate:     reportingv1.Comparator_COMPARATOR_BY_DATE,
	}
	attainments = pairs[plan.Status, reportingv1.Attainment]{
		plan.Exceeded:     reportingv1.Attainment_ATTAINMENT_EXCEEDED,
		plan.Met:          reportingv1.Attainment_ATTAINMENT_MET,
		plan.NotMet:       reportingv1.Attainment_ATTAINMENT_NOT_MET,
		plan.NotDue:       reportingv1.Attainment_ATTAINMENT_NOT_DUE,
		plan.NoData:       reportingv1.Attainment_ATTAINMENT_NO_DATA,
		plan.NotEvaluable: reportingv1.Attainment_ATTAINMENT_NOT_EVALUABLE,
	}
	countKinds = pairs[plan.CountKind, reportingv1.CountKind]{
		plan.CountAssigned: reportingv1.CountKind_COUNT_KIND_ASSIGNED,
		plan.CountTotal:    reportingv1.CountKind_COUNT_KIND_TOTAL,
		plan.CountReached:  reportingv1.CountKind_COUNT_KIND_REACHED,
		plan.CountExceeded: reportingv1.CountKind_COUNT_KIND_EXCEEDED,
		plan.CountMet:      reportingv1.CountKind_COUNT_KIND_MET,
		plan.CountNotMet:   reportingv1.CountKind_COUNT_KIND_NOT_MET,
		plan.CountGroup:    reportingv1.CountKind_COUNT_KIND_GROUP,
		plan.CountFocus:    reportingv1.CountKind_COUNT_KIND_FOCUS,
		plan.CountOther:    reportingv1.CountKind_COUNT_KIND_OTHER,
	}
	countBases = pairs[plan.Basis, reportingv1.CountBasis]{
		plan.AgainstNothing:  reportingv1.CountBasis_COUNT_BASIS_UNSPECIFIED,
		plan.AgainstComputed: reportingv1.CountBasis_COUNT_BASIS_COMPUTED,
		plan.AgainstRatings:  reportingv1.CountBasis_COUNT_BASIS_DECLARED_RATINGS,
		plan.AgainstParts:    reportingv1.CountBasis_COUNT_BASIS_DECLARED_PARTS,
		plan.AgainstRegister: reportingv1.CountBasis_COUNT_BASIS_REGISTER,
	}
)

// GetPlan gets a plan.
func (s plans) GetPlan(ctx context.Context, r *reportingv1.GetPlanRequest) (*reportingv1.Plan, error) {
	id, err := lastPart("plans", "name", r.GetName())
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	found, stamp, err := s.service.GetPlan(ctx, callerOf(ctx), id, at)
	if err != nil {
		return nil, err
	}
	m := planMessage(found)
	m.Stamp = stampMessage(stamp)
	return m, nil
}

// ListPlans lists plans.
func (s plans) ListPlans(ctx context.Context, r *reportingv1.ListPlansRequest) (*reportingv1.ListPlansResponse, error) {
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	page, err := s.service.ListPlans(ctx, callerOf(ctx), reporting.PlanFilter{
		Unit: r.GetUnit(), Year: int(r.GetYear()), Page: pageOf(r.GetPageSize(), r.GetPageToken()), At: at,
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListPlansResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for _, p := range page.Plans {
		answer.Plans = append(answer.Plans, planMessage(p))
	}
	return answer, nil
}

// CreatePlan enters a plan in the register.
func (s plans) CreatePlan(ctx context.Context, r *reportingv1.CreatePlanRequest) (*reportingv1.Plan, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	if r.GetPlan() == nil {
		return nil, bodyMissing("plan")
	}
	p, err := documentOf(r.GetPlan())
	if err != nil {
		return nil, inside(err, "plan")
	}
	p.ID = plan.ID(r.GetPlanId())
	shown, change, stamp, err := s.service.CreatePlan(ctx, c, p)
	return planChanged(ctx, shown, change, stamp, err)
}

// UpdatePlan replaces a plan.
func (s plans) UpdatePlan(ctx context.Context, r *reportingv1.UpdatePlanRequest) (*reportingv1.Plan, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	if r.GetPlan() == nil {
		return nil, bodyMissing("plan")
	}
	id, err := lastPart("plans", "name", r.GetPlan().GetName())
	if err != nil {
		return nil, inside(err, "plan")
	}
	p, err := documentOf(r.GetPlan())
	if err != nil {
		return nil, inside(err, "plan")
	}
	p.ID = plan.ID(id)
	shown, change, stamp, err := s.service.UpdatePlan(ctx, c, p, r.GetPlan().GetEtag())
	return planChanged(ctx, shown, change, stamp, err)
}

func planChanged(
	ctx context.Context, p reporting.Plan, change reporting.CatalogueChange, stamp reporting.Stamp, err error,
) (*reportingv1.Plan, error) {
	if err != nil {
		return nil, inside(err, "plan")
	}
	m := planMessage(p)
	m.Stamp, m.Receipt = stampMessage(stamp), receiptMessage(change.Receipt)
	m.Warnings = warnings(change.Warnings, languageOf(ctx))
	return m, nil
}

// ImportPlans imports a survey of plans.
func (s plans) ImportPlans(stream grpc.ClientStreamingServer[reportingv1.ImportPlansRequest, reportingv1.ImportSummary]) error {
	return importCatalogue(s.core, stream, func(ctx context.Context, in catalogueFile) (*reportingv1.ImportSummary, error) {
		sheet, err := tabular.ReadSurvey(in.file)
		if err != nil {
			return nil, err
		}
		return finishImport(ctx, s.core, in, &sheet, s.service.ImportPlans)
	})
}

// ImportTargets imports targets.csv.
func (s plans) ImportTargets(stream grpc.ClientStreamingServer[reportingv1.ImportTargetsRequest, reportingv1.ImportSummary]) error {
	return importCatalogue(s.core, stream, func(ctx context.Context, in catalogueFile) (*reportingv1.ImportSummary, error) {
		sheet, err := tabular.ReadTargets(in.file)
		if err != nil {
			return nil, err
		}
		return finishImport(ctx, s.core, in, &sheet, s.service.ImportTargets)
	})
}

// ListTargets lists what a plan demands.
func (s plans) ListTargets(ctx context.Context, r *reportingv1.ListTargetsRequest) (*reportingv1.ListTargetsResponse, error) {
	id, err := lastPart("plans", "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	page, err := s.service.ListTargets(ctx, callerOf(ctx), reporting.TargetFilter{
		Plan: id, Year: int(r.GetYear()), Page: pageOf(r.GetPageSize(), r.GetPageToken()), At: at,
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListTargetsResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for i := range page.Targets {
		answer.Targets = append(answer.Targets, targetMessage(&page.Targets[i], page.Plan.Unit))
	}
	return answer, nil
}

// DeclareResults stores what was declared of a plan.
func (s plans) DeclareResults(ctx context.Context, r *reportingv1.DeclareResultsRequest) (*reportingv1.DeclareResultsResponse, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	id, err := lastPart("plans", "plan", r.GetPlan())
	if err != nil {
		return nil, err
	}
	var wrong fault.List
	results := make([]plan.Result, len(r.GetResults()))
	for i, m := range r.GetResults() {
		if results[i], err = resultOf(m); err != nil {
			wrong.Add(fault.Of(err).In(place("results", i)))
		}
	}
	counts := make([]plan.Count, len(r.GetCounts()))
	for i, m := range r.GetCounts() {
		if counts[i], err = countOf(m); err != nil {
			wrong.Add(fault.Of(err).In(place("counts", i)))
		}
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	change, stamp, err := s.service.DeclareResults(ctx, c, id, results, counts)
	if err != nil {
		return nil, err
	}
	return &reportingv1.DeclareResultsResponse{
		Created: int32(change.Created), Updated: int32(change.Updated), Unchanged: int32(change.Unchanged), //nolint:gosec // a few thousand at most
		Receipt: receiptMessage(change.Receipt), Stamp: stampMessage(stamp),
	}, nil
}

func resultOf(m *reportingv1.DeclaredResult) (plan.Result, error) {
	var wrong fault.List
	r := plan.Result{
		Year: int(m.GetYear()), Indicator: indicator.Code(m.GetIndicator()), Value: m.GetValue(), Source: m.GetSource(), Note: m.GetNote(),
	}
	var err error
	if r.Scope, err = plan.ParseScope(m.GetScope()); err != nil {
		wrong.Add(fault.Of(err).In("scope"))
	}
	if r.Bound, err = plan.ParseBound(m.GetBound()); err != nil {
		wrong.Add(fault.Of(err).In("bound"))
	}
	if m.GetRating() != reportingv1.Attainment_ATTAINMENT_UNSPECIFIED {
		word := attainmentWord(m.GetRating())
		if r.Rating, err = plan.ParseRating(word); err != nil {
			wrong.Add(fault.Of(err).In("rating"))
		}
	}
	return r, wrong.Err()
}

func attainmentWord(a reportingv1.Attainment) string {
	if s, ok := attainments.domain(a); ok {
		return s.String()
	}
	return a.String()
}

func countOf(m *reportingv1.DeclaredCount) (plan.Count, error) {
	c := plan.Count{Year: int(m.GetYear()), Label: m.GetLabel(), Count: int(m.GetCount()), Source: m.GetSource(), Note: m.GetNote()}
	if m.GetKind() == reportingv1.CountKind_COUNT_KIND_UNSPECIFIED {
		return c, nil // which Check refuses
	}
	var err error
	c.Kind, err = enumOf(countKinds, m.GetKind(), "COUNT_KIND_UNKNOWN", "kind")
	if err != nil {
		err = fault.Of(err).In("kind")
	}
	return c, err
}

func documentOf(m *reportingv1.Plan) (plan.Plan, error) {
	var wrong fault.List
	p := plan.Plan{
		Number: m.GetNumber(), Title: m.GetTitle(), Issuer: m.GetIssuer(), Unit: hierarchy.ID(m.GetUnit()), // or a code
		Issued: dayOf("issue_date", m.GetIssueDate(), period.Beginning, &wrong), Parent: m.GetParent(), Focus: named[indicator.Code](m.GetFocus()),
		Headline: named[indicator.Code](m.GetHeadline()), Classes: m.GetClasses(), MinCoverage: plan.FullCoverage,
	}
	switch m.GetStatus() {
	case reportingv1.PlanStatus_PLAN_STATUS_DRAFT:
		p.Draft = true
	case reportingv1.PlanStatus_PLAN_STATUS_ISSUED:
	default:
		wrong.Add(fault.Invalid("PLAN_STATUS_UNKNOWN", "the plan does not say whether it is a draft or issued").In("status"))
	}
	if m.MinCoverage != nil {
		p.MinCoverage = percentOf("min_coverage", m.GetMinCoverage(), &wrong)
	}
	for _, y := range m.GetYears() {
		p.Years = append(p.Years, int(y))
	}
	for _, g := range m.GetGroups() {
		p.Groups = append(p.Groups, plan.Group{
			Code: g.GetCode(), NameVI: g.GetNameVi(), NameEN: g.GetNameEn(), Indicators: named[indicator.Code](g.GetIndicators()),
		})
	}
	for _, a := range m.GetAnnexes() {
		p.Annexes = append(p.Annexes, plan.Annex{Title: a.GetTitle(), Link: a.GetLink()})
	}
	for _, r := range m.GetRules() {
		p.Rules = append(p.Rules, plan.Rule{Code: r.GetCode(), Text: r.GetText()})
	}
	return p, wrong.Err()
}

// percentOf reads a percentage with up to two decimals, in hundredths.
func percentOf(field, s string, wrong *fault.List) int {
	n, err := figure.ParseNumber(s, 2, figure.Plain)
	switch {
	case err != nil:
		wrong.Add(fault.Of(err).In(field))
	case n < 0 || n > plan.FullCoverage:
		wrong.Add(fault.Invalid("COVERAGE_OUT_OF_RANGE", "the least coverage is a percentage from 0 to 100").In(field))
	}
	return int(n)
}

func planName(id plan.ID) string { return "plans/" + string(id.Fold()) }

func planMessage(p reporting.Plan) *reportingv1.Plan {
	coverage := figure.Number(p.MinCoverage).Format(2)
	m := &reportingv1.Plan{
		Name: planName(p.ID), Number: p.Number, Title: p.Title, Issuer: p.Issuer, Unit: string(p.Unit), Status: reportingv1.PlanStatus_PLAN_STATUS_ISSUED,
		IssueDate: p.Issued.String(), Parent: p.Parent, Focus: texts(p.Focus), Headline: texts(p.Headline), Classes: p.Classes,
		MinCoverage: &coverage, Etag: p.Etag,
	}
	if p.Draft {
		m.Status = reportingv1.PlanStatus_PLAN_STATUS_DRAFT
	}
	for _, y := range p.Years {
		m.Years = append(m.Years, int32(y)) //nolint:gosec // four digits
	}
	for _, g := range p.Groups {
		m.Groups = append(m.Groups, &reportingv1.PlanGroup{Code: g.Code, NameVi: g.NameVI, NameEn: g.NameEN, Indicators: texts(g.Indicators)})
	}
	for _, a := range p.Annexes {
		m.Annexes = append(m.Annexes, &reportingv1.PlanAnnex{Title: a.Title, Link: a.Link})
	}
	for _, r := range p.Rules {
		m.Rules = append(m.Rules, &reportingv1.PlanRule{Code: r.Code, Text: r.Text})
	}
	return m
}

// scopeWords gives a scope in its words; the plan's own unit is named.
func scopeWords(s plan.Scope, unit hierarchy.ID) string {
	if s.Unit == "" && len(s.Kinds) == 0 {
		s.Unit = unit
	}
	return s.String()
}

func targetMessage(v *aggregator.Versioned[plan.Target], unit hierarchy.ID) *reportingv1.Target {
	t := &v.Thing
	return &reportingv1.Target{
		Plan: planName(t.Plan), Year: int32(t.Year), Indicator: string(t.Indicator), Scope: scopeWords(t.Scope, unit), //nolint:gosec // four digits
		Comparator: comparators.wire(t.Comparator), Value: t.Value, Baseline: t.Baseline, BaselineDate: t.BaselineDay.String(), Due: t.Due.String(),
		Ranked: int32(t.Ranked), Lead: string(t.Lead), Support: texts(t.Support), Note: t.Note, Sequence: int64(v.Sequence), //nolint:gosec // counts
	}
}

func resultMessage(v *aggregator.Versioned[plan.Result], unit hierarchy.ID) *reportingv1.DeclaredResult {
	r := &v.Thing
	return &reportingv1.DeclaredResult{
		Plan: planName(r.Plan), Year: int32(r.Year), Indicator: string(r.Indicator), Scope: scopeWords(r.Scope, unit), Bound: r.Bound.String(), //nolint:gosec // four digits
		Value: r.Value, Rating: attainments.wire(r.Rating), Source: r.Source, Note: r.Note, Sequence: int64(v.Sequence), //nolint:gosec // counts
	}
}
