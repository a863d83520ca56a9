package rpc

import (
	"context"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/message"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rule"
	"github.com/tonghop/tonghop/server/tabular"
)

// rules is the service of validation rules.
type rules struct {
	reportingv1.UnsafeRuleServiceServer
	*core
}

var ruleSeverities = pairs[rule.Severity, reportingv1.RuleSeverity]{
	0:            reportingv1.RuleSeverity_RULE_SEVERITY_UNSPECIFIED,
	rule.Error:   reportingv1.RuleSeverity_RULE_SEVERITY_ERROR,
	rule.Warning: reportingv1.RuleSeverity_RULE_SEVERITY_WARNING,
	rule.Off:     reportingv1.RuleSeverity_RULE_SEVERITY_OFF,
}

// GetRule gets the version of a rule on a day.
func (s rules) GetRule(ctx context.Context, r *reportingv1.GetRuleRequest) (*reportingv1.Rule, error) {
	ref, err := reporting.ParseRuleName(r.GetName())
	if err != nil {
		return nil, fault.Of(err).In("name")
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	found, stamp, err := s.service.GetRuleAt(ctx, callerOf(ctx), ref, r.GetAsOf(), at)
	if err != nil {
		return nil, err
	}
	m := ruleMessage(found)
	m.Stamp = stampMessage(stamp)
	return m, nil
}

// ListRules lists the rules on a day.
func (s rules) ListRules(ctx context.Context, r *reportingv1.ListRulesRequest) (*reportingv1.ListRulesResponse, error) {
	code := ""
	if r.GetParent() != "" {
		var err error
		if code, err = lastPart("forms", "parent", r.GetParent()); err != nil {
			return nil, err
		}
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	page, err := s.service.ListRules(ctx, callerOf(ctx), reporting.RuleFilter{
		Form: code, AsOf: r.GetAsOf(), Page: pageOf(r.GetPageSize(), r.GetPageToken()), At: at,
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListRulesResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for _, found := range page.Rules {
		answer.Rules = append(answer.Rules, ruleMessage(found))
	}
	return answer, nil
}

// CreateRule creates a rule or a later version of one.
func (s rules) CreateRule(ctx context.Context, r *reportingv1.CreateRuleRequest) (*reportingv1.Rule, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	if r.GetRule() == nil {
		return nil, bodyMissing("rule")
	}
	given, err := ruleOf(r.GetRule())
	if err != nil {
		return nil, inside(err, "rule")
	}
	shown, change, stamp, err := s.service.CreateRule(ctx, c, given)
	return ruleChanged(shown, change, stamp, err)
}

// UpdateRule replaces a version of a rule.
func (s rules) UpdateRule(ctx context.Context, r *reportingv1.UpdateRuleRequest) (*reportingv1.Rule, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	if r.GetRule() == nil {
		return nil, bodyMissing("rule")
	}
	given, err := ruleOf(r.GetRule())
	if err != nil {
		return nil, inside(err, "rule")
	}
	named, err := reporting.ParseRuleName(r.GetRule().GetName())
	if err != nil {
		return nil, fault.Of(err).In("rule.name")
	}
	if !given.Form.Same(form.Code(named.Form)) || given.Code.Fold() != rule.Code(named.Rule).Fold() {
		folded := reporting.RuleName(given.Form, given.Code)
		return nil, fault.Invalid("NAME_MISMATCH", "the name %q and the code %q are of two things; a code cannot be changed", shorten(r.GetRule().GetName()), folded).
			With("value", shorten(r.GetRule().GetName())).With("code", folded).In("rule.name")
	}
	shown, change, stamp, err := s.service.UpdateRule(ctx, c, given, r.GetRule().GetEtag())
	return ruleChanged(shown, change, stamp, err)
}

func ruleChanged(r reporting.Rule, change reporting.CatalogueChange, stamp reporting.Stamp, err error) (*reportingv1.Rule, error) {
	if err != nil {
		return nil, inside(err, "rule")
	}
	m := ruleMessage(r)
	m.Stamp, m.Receipt = stampMessage(stamp), receiptMessage(change.Receipt)
	return m, nil
}

// ImportRules imports rules.csv.
func (s rules) ImportRules(stream grpc.ClientStreamingServer[reportingv1.ImportRulesRequest, reportingv1.ImportSummary]) error {
	return importCatalogue(s.core, stream, func(ctx context.Context, in catalogueFile) (*reportingv1.ImportSummary, error) {
		sheet, err := tabular.ReadRules(in.file)
		if err != nil {
			return nil, err
		}
		return finishImport(ctx, s.core, in, &sheet, s.service.ImportRules)
	})
}

// TestRule holds a rule against reports that are there.
func (s rules) TestRule(ctx context.Context, r *reportingv1.TestRuleRequest) (*reportingv1.TestRuleResponse, error) {
	code, err := lastPart("forms", "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	page, err := s.service.TestRule(ctx, callerOf(ctx), reporting.RuleTrial{
		Form: code, Rule: r.GetRule(), Expression: r.GetExpression(), Periods: r.GetPeriods(), Below: r.GetBelow(),
		Page: pageOf(r.GetPageSize(), r.GetPageToken()),
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.TestRuleResponse{
		Reports: int32(page.Reports), NextPageToken: page.Next, Stamp: stampMessage(page.Stamp), //nolint:gosec // some thousand
	}
	for i := range page.Findings {
		answer.Findings = append(answer.Findings, findingMessage(&page.Findings[i], languageOf(ctx)))
	}
	return answer, nil
}

func findingMessage(f *reporting.RuleFinding, language message.Language) *reportingv1.RuleFinding {
	text := f.Vietnamese()
	if language == message.English {
		text = f.English()
	}
	return &reportingv1.RuleFinding{
		Report: reporting.ReportName(f.Report), Unit: string(f.Report.Unit), UnitCode: string(f.UnitCode), Period: f.Report.Period.String(),
		Revision: int32(f.Revision), Severity: ruleSeverities.wire(f.Rule.Severity), //nolint:gosec // it counts
		Indicator: string(f.Indicator), Values: f.Values(), Message: text, Explained: f.Explained(),
	}
}

func ruleOf(m *reportingv1.Rule) (rule.Rule, error) {
	var wrong fault.List
	r := rule.Rule{
		Form: form.Code(m.GetForm()), Code: rule.Code(m.GetCode()), Expression: m.GetExpression(), TextVI: m.GetTextVi(), TextEN: m.GetTextEn(),
		ValidFrom: dayOf("valid_from", m.GetValidFrom(), period.Beginning, &wrong),
	}
	if m.GetSeverity() == reportingv1.RuleSeverity_RULE_SEVERITY_UNSPECIFIED {
		_, err := rule.ParseSeverity("")
		wrong.Add(fault.Of(err).In("severity"))
		return r, wrong.Err()
	}
	var err error
	if r.Severity, err = enumOf(ruleSeverities, m.GetSeverity(), "SEVERITY_UNKNOWN", "severity"); err != nil {
		wrong.Add(fault.Of(err).In("severity"))
	}
	return r, wrong.Err()
}

func ruleMessage(r reporting.Rule) *reportingv1.Rule {
	return &reportingv1.Rule{
		Name: reporting.RuleName(r.Form, r.Code), Form: string(r.Form), Code: string(r.Code), Severity: ruleSeverities.wire(r.Severity),
		Expression: r.Expression, TextVi: r.TextVI, TextEn: r.TextEN, ValidFrom: r.ValidFrom.String(), Etag: r.Etag,
	}
}
