package rpc_test

import (
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

// TestAFileExplainsInAColumnOrBesideIt uploads figures that a rule asks about.
func TestAFileExplainsInAColumnOrBesideIt(t *testing.T) {
	s := rpctest.New(t).Populate()
	rules, err := reportingv1.NewRuleServiceClient(s.Conn).ImportRules(s.As(s.Admin))
	s.Must(err)
	for _, part := range []*reportingv1.ImportRulesRequest{
		{Part: &reportingv1.ImportRulesRequest_Options{Options: &reportingv1.ImportOptions{RequestId: s.NewID()}}},
		{Part: &reportingv1.ImportRulesRequest_Chunk{Chunk: []byte("form,code,severity,expression,text_vi\ncds,CAO,WARNING,[HS] <= 100,Số hồ sơ cao bất thường\n")}},
	} {
		s.Must(rules.Send(part))
	}
	summary, err := rules.CloseAndRecv()
	s.Must(err)
	if summary.GetCreated() != 1 || len(summary.GetProblems()) != 0 {
		t.Fatalf("the rule: %v", summary)
	}
	reporter := s.Token(auth.Reporter, "30280")
	const file = "unit,form,period,indicator,value,explanation\n30280,CDS,2024-01,HS,500,bão lớn\n30280,CDS,2024-02,HS,600,\n30280,CDS,2024-02,GD,1,\n"
	told := func(explanations ...*reportingv1.FigureExplanation) (string, error) {
		answer, err := importReports(s, reporter, file, &reportingv1.ImportReportsOptions{StreamId: s.NewID(), Explanations: explanations, ValidateOnly: true})
		if err != nil {
			return "", err
		}
		return allTold(answer.outcomes), nil
	}
	got, err := told()
	s.Must(err)
	if want := "0 CREATED; 1 REFUSED"; !strings.HasPrefix(got, want) || !strings.Contains(got, "EXPLANATION_REQUIRED") {
		t.Errorf("without the second explanation: %s", got)
	}
	got, err = told(&reportingv1.FigureExplanation{Indicator: "hs", Text: "chợ mới"})
	s.Must(err)
	if got != "0 CREATED; 1 CREATED" {
		t.Errorf("with an explanation beside the file: %s", got)
	}
	for reason, explanations := range map[string][]*reportingv1.FigureExplanation{
		"EXPLANATION_WITHOUT_FIGURE": {{Indicator: "TL", Text: "chợ mới"}},
		"EXPLANATION_UNCLEAR":        {{Indicator: "HS", Text: "a"}, {Indicator: "hs", Text: "b"}},
		"TEXT_PERSONAL_NUMBER":       {{Indicator: "HS", Text: "012345678901"}},
		"CODE_EMPTY":                 {{Text: "a"}},
	} {
		_, err := told(explanations...)
		if got := infoReason(err); got != reason {
			t.Errorf("%v: %s %v, want %s", explanations, got, err, reason)
		}
	}
}

// infoReason gives the reason of a refused call.
func infoReason(err error) string {
	s, _ := status.FromError(err)
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}
