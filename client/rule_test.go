package client_test

import (
	"context"
	"fmt"
	"testing"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

func (s *rules) TestRule(ctx context.Context, q *reportingv1.TestRuleRequest) (*reportingv1.TestRuleResponse, error) {
	return s.test(ctx, q)
}

// TestADryRunOfARuleGoesOnBehindAnEmptyPage: a page may find nothing and not be the last.
func TestADryRunOfARuleGoesOnBehindAnEmptyPage(t *testing.T) {
	f := startFake(t)
	f.rules.test = func(_ context.Context, q *reportingv1.TestRuleRequest) (*reportingv1.TestRuleResponse, error) {
		switch q.GetPageToken() {
		case "":
			return &reportingv1.TestRuleResponse{Reports: 7, NextPageToken: "two"}, nil
		case "two":
			return &reportingv1.TestRuleResponse{Reports: 5, Findings: []*reportingv1.RuleFinding{{Unit: "A-0"}}, NextPageToken: "three"}, nil
		}
		return &reportingv1.TestRuleResponse{Reports: 1}, nil
	}
	got := ""
	for page, err := range f.dial(t).RuleTests(t.Context(), &reportingv1.TestRuleRequest{Parent: "forms/f"}) {
		if err != nil {
			t.Fatal(err)
		}
		got += fmt.Sprint(page.GetReports(), len(page.GetFindings()), " ")
	}
	if got != "7 0 5 1 1 0 " {
		t.Errorf("the pages have %s", got)
	}
}
