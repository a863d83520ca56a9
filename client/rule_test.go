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

func ExampleClient_RuleTests() {
	s := startExample()
	defer s.close()
	s.rules.test = func(context.Context, *reportingv1.TestRuleRequest) (*reportingv1.TestRuleResponse, error) {
		return &reportingv1.TestRuleResponse{Reports: 141, Findings: []*reportingv1.RuleFinding{
			{Report: "units/29869-0/reports/cds-thang~2024-02", Values: "CQ-11 = 120; CQ-11 (2024-01) = 40; jump([CQ-11], [CQ-11, -1p]) = 200"},
		}}, nil
	}
	c := connect(s)
	looked := int32(0)
	for page, err := range c.RuleTests(context.Background(), &reportingv1.TestRuleRequest{
		Parent: "forms/cds-thang", Expression: "jump([CQ-11], [CQ-11, -1p]) <= 50", Periods: "2024-01..2024-02",
	}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		looked += page.GetReports()
		for _, f := range page.GetFindings() {
			fmt.Println(f.GetReport(), f.GetValues())
		}
	}
	fmt.Println(looked, "reports")
	// Output:
	// units/29869-0/reports/cds-thang~2024-02 CQ-11 = 120; CQ-11 (2024-01) = 40; jump([CQ-11], [CQ-11, -1p]) = 200
	// 141 reports
}
