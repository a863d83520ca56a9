package client_test

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// plans and rankings answer the examples with the published figures of one province.
type (
	plans struct {
		reportingv1.UnimplementedPlanServiceServer
	}
	rankings struct {
		reportingv1.UnimplementedRankingServiceServer
	}
)

// EvaluatePlan gives one line a page.
func (plans) EvaluatePlan(_ context.Context, q *reportingv1.EvaluatePlanRequest) (*reportingv1.EvaluatePlanResponse, error) {
	if q.GetPageToken() == "" {
		return &reportingv1.EvaluatePlanResponse{
			Lines: []*reportingv1.TargetEvaluation{{
				Target: &reportingv1.Target{Indicator: "XH-01", Comparator: reportingv1.Comparator_COMPARATOR_ABOVE, Value: "80"},
				Status: reportingv1.Attainment_ATTAINMENT_EXCEEDED, Difference: proto.String("5.2"),
			}},
			Summary: &reportingv1.AttainmentCounts{Evaluated: 1, Exceeded: 1}, TotalLines: 2, NextPageToken: "2",
		}, nil
	}
	return &reportingv1.EvaluatePlanResponse{
		Lines: []*reportingv1.TargetEvaluation{{
			Target: &reportingv1.Target{Indicator: "CH-01", Comparator: reportingv1.Comparator_COMPARATOR_AT_MOST, Value: "29", Ranked: 63},
			Status: reportingv1.Attainment_ATTAINMENT_NOT_MET, Difference: proto.String("-10"),
		}},
		Summary: &reportingv1.AttainmentCounts{Evaluated: 1, NotMet: 1}, TotalLines: 2,
	}, nil
}

// RankUnits has a tie.
func (rankings) RankUnits(context.Context, *reportingv1.RankUnitsRequest) (*reportingv1.RankUnitsResponse, error) {
	unit := func(name string, rank, change int32, value string) *reportingv1.RankedUnit {
		return &reportingv1.RankedUnit{UnitName: name, Rank: rank, Change: &change, Figure: &reportingv1.TargetFigure{Value: &value}}
	}
	return &reportingv1.RankUnitsResponse{
		Units: []*reportingv1.RankedUnit{
			unit("Thành phố Sa Đéc", 1, 1, "91.5"), unit("Huyện Cao Lãnh", 2, -1, "90"), unit("Huyện Tam Nông", 2, 0, "90"),
			{UnitName: "Huyện Lấp Vò", State: reportingv1.RankState_RANK_STATE_MISSING},
		},
		Ranked: 3, Missing: 1,
	}, nil
}

// CompareUnits has the index of digital transformation of two years.
func (rankings) CompareUnits(context.Context, *reportingv1.CompareUnitsRequest) (*reportingv1.CompareUnitsResponse, error) {
	return &reportingv1.CompareUnitsResponse{Rows: []*reportingv1.ComparedIndicator{{Indicator: "CH-01", Units: []*reportingv1.ComparedUnit{{
		UnitName: "Tỉnh Đồng Tháp", Rank: 2, Figure: &reportingv1.TargetFigure{Value: proto.String("39"), Ranked: 63},
		Previous: proto.String("49"), Improvement: proto.String("10"),
	}}}}}, nil
}

func ExampleClient_EvaluationPages() {
	server := startExample()
	defer server.close()
	c := connect(server)

	reached, evaluated := int32(0), int32(0)
	for page, err := range c.EvaluationPages(context.Background(), &reportingv1.EvaluatePlanRequest{Name: "plans/52-kh-ubnd-2024"}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, l := range page.GetLines() {
			fmt.Println(l.GetTarget().GetIndicator(), l.GetStatus(), l.GetDifference())
		}
		reached += page.GetSummary().GetExceeded() + page.GetSummary().GetMet()
		evaluated += page.GetSummary().GetEvaluated()
	}
	fmt.Println(reached, "of", evaluated)
	// Output:
	// XH-01 ATTAINMENT_EXCEEDED 5.2
	// CH-01 ATTAINMENT_NOT_MET -10
	// 1 of 2
}

func ExampleClient_RankUnits() {
	server := startExample()
	defer server.close()
	c := connect(server)

	league, err := c.RankUnits(context.Background(), &reportingv1.RankUnitsRequest{
		Indicator: "XH-01", Period: "2024-12", Kind: "district", Below: "87", MinCoverage: proto.String("90"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, u := range league.GetUnits() {
		if u.GetRank() == 0 {
			fmt.Println("-", u.GetUnitName(), u.GetState())
			continue
		}
		fmt.Printf("%d %s %s (%+d)\n", u.GetRank(), u.GetUnitName(), u.GetFigure().GetValue(), u.GetChange())
	}
	// Output:
	// 1 Thành phố Sa Đéc 91.5 (+1)
	// 2 Huyện Cao Lãnh 90 (-1)
	// 2 Huyện Tam Nông 90 (+0)
	// - Huyện Lấp Vò RANK_STATE_MISSING
}

func ExampleClient_CompareUnits() {
	server := startExample()
	defer server.close()
	c := connect(server)

	answer, err := c.CompareUnits(context.Background(), &reportingv1.CompareUnitsRequest{Indicators: []string{"CH-01"}, Period: "2022", Region: "DBSCL"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, row := range answer.GetRows() {
		for _, u := range row.GetUnits() {
			fmt.Printf("%s %s: %s of %d, better by %s\n", row.GetIndicator(), u.GetUnitName(), u.GetFigure().GetValue(), u.GetFigure().GetRanked(), u.GetImprovement())
		}
	}
	// Output: CH-01 Tỉnh Đồng Tháp: 39 of 63, better by 10
}
