package rpc_test

import (
	"testing"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

func TestTheSmallCountry(t *testing.T) {
	s := rpctest.New(t).Populate()
	reporter := s.As(s.Token(auth.Reporter, "30280"))
	value, num, den := "0", "9", "10"
	a, err := reportingv1.NewReportServiceClient(s.Conn).SubmitReport(reporter, &reportingv1.SubmitReportRequest{
		Name: "units/30280/reports/cds~2024-05", RequestId: s.NewID(),
		Figures: []*reportingv1.Figure{{Indicator: "hs", Value: &value}, {Indicator: "TL", Numerator: &num, Denominator: &den}},
	})
	s.Must(err)
	t.Log(a)
	t.Log(s.Log.String())
}
