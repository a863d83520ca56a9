package client_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

func TestListIsReadPageAfterPage(t *testing.T) {
	f := startFake(t)
	var asked []string
	f.units.list = func(_ context.Context, q *reportingv1.ListUnitsRequest) (*reportingv1.ListUnitsResponse, error) {
		asked = append(asked, fmt.Sprintf("%s %d %q", q.GetBelow(), q.GetPageSize(), q.GetPageToken()))
		n := len(asked)
		answer := &reportingv1.ListUnitsResponse{Units: []*reportingv1.Unit{{Id: fmt.Sprint(n, "a")}, {Id: fmt.Sprint(n, "b")}}}
		if n == 2 {
			// A page may be empty and have a successor: what stood on it may not be shown.
			answer.Units = nil
		}
		if n < 3 {
			answer.NextPageToken = fmt.Sprint("page", n+1)
		}
		return answer, nil
	}
	request := &reportingv1.ListUnitsRequest{Below: "82"}
	var got []string
	for unit, err := range f.dial(t).Units(t.Context(), request) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, unit.GetId())
	}
	if !slices.Equal(got, []string{"1a", "1b", "3a", "3b"}) {
		t.Errorf("units = %q", got)
	}
	if want := []string{`82 500 ""`, `82 500 "page2"`, `82 500 "page3"`}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	if request.GetPageToken() != "" || request.GetPageSize() != 0 {
		t.Errorf("the caller's own message was written to: %v", request)
	}
}

func TestListStopsWithItsReader(t *testing.T) {
	f := startFake(t)
	calls := 0
	f.units.list = func(context.Context, *reportingv1.ListUnitsRequest) (*reportingv1.ListUnitsResponse, error) {
		calls++
		return &reportingv1.ListUnitsResponse{Units: []*reportingv1.Unit{{}, {}}, NextPageToken: fmt.Sprint(calls)}, nil
	}
	read := 0
	for _, err := range f.dial(t).Units(t.Context(), &reportingv1.ListUnitsRequest{PageSize: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		if read++; read == 3 {
			break
		}
	}
	if calls != 2 {
		t.Errorf("%d pages were fetched for three units, want 2", calls)
	}
}

func TestListGivesAnErrorLast(t *testing.T) {
	f := startFake(t)
	f.rollups.query = func(_ context.Context, q *reportingv1.QueryRollupsRequest) (*reportingv1.QueryRollupsResponse, error) {
		if q.GetPageToken() != "" {
			return nil, refusal(codes.InvalidArgument, "PAGE_TOKEN_INVALID")
		}
		return &reportingv1.QueryRollupsResponse{Rollups: []*reportingv1.Rollup{{Unit: "82-0"}}, NextPageToken: "2"}, nil
	}
	var last error
	steps := 0
	for rollup, err := range f.dial(t).Rollups(t.Context(), &reportingv1.QueryRollupsRequest{}) {
		steps++
		last = err
		if err != nil && rollup != nil {
			t.Errorf("a roll-up came with an error: %v", rollup)
		}
	}
	if steps != 2 || client.Reason(last) != "PAGE_TOKEN_INVALID" {
		t.Errorf("%d steps and error %v, want one roll-up and then the refusal", steps, last)
	}
}

func TestListWithoutEndIsRefused(t *testing.T) {
	f := startFake(t)
	f.units.list = func(context.Context, *reportingv1.ListUnitsRequest) (*reportingv1.ListUnitsResponse, error) {
		return &reportingv1.ListUnitsResponse{NextPageToken: "again"}, nil
	}
	var last error
	for _, err := range f.dial(t).Units(t.Context(), &reportingv1.ListUnitsRequest{}) {
		last = err
	}
	if last == nil || !strings.Contains(last.Error(), "no end") {
		t.Errorf("error = %v, want that the list has no end", last)
	}
}
