package front_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/bench/front"
	"github.com/tonghop/tonghop/server/bench/workload"
)

// keeper keeps the last row.
type keeper struct {
	id  [16]byte
	row workload.Row
	err error
}

// Submit keeps it.
func (k *keeper) Submit(_ context.Context, id [16]byte, row workload.Row) error {
	k.id, k.row = id, row
	return k.err
}

// Close has nothing to do.
func (k *keeper) Close() error { return nil }

// TestTheFrontReadsWhatTheClientSays: the peers store the numbers that the messages name, and answer as the product does.
func TestTheFrontReadsWhatTheClientSays(t *testing.T) {
	shape, _ := workload.Of("P")
	want := &reportingv1.SubmitReportResponse{Outcome: &reportingv1.SubmitOutcome{Name: "as the product says it"}}
	answer, err := proto.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	store := &keeper{}
	f, err := front.Open(shape, store, answer)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(f.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	reports := reportingv1.NewReportServiceClient(conn)
	library, err := client.Dial(t.Context(), client.Config{Address: f.Address(), Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	for way, submit := range map[string]func(*reportingv1.SubmitReportRequest) (*reportingv1.SubmitReportResponse, error){
		"in figures": func(q *reportingv1.SubmitReportRequest) (*reportingv1.SubmitReportResponse, error) {
			return reports.SubmitReport(t.Context(), q)
		},
		"by the library": func(q *reportingv1.SubmitReportRequest) (*reportingv1.SubmitReportResponse, error) {
			return library.SubmitReport(t.Context(), q)
		},
	} {
		for _, n := range []int{0, 17, 2000, 5147} {
			got, err := submit(shape.Request(n))
			if err != nil || !proto.Equal(got, want) {
				t.Errorf("%s: the answer to report %d is %v, %v", way, n, got, err)
			}
			if store.row != shape.Row(n) || store.id == [16]byte{} {
				t.Errorf("%s: report %d was stored as %v, want %v", way, n, store.row, shape.Row(n))
			}
		}
	}
	for _, odd := range []*reportingv1.PackedFigures{
		{Indicators: []string{"N00"}},
		{Indicators: []string{"N00"}, Amounts: []int64{0}, NotReported: []int32{0}},
		{Indicators: []string{"N00"}, Amounts: []int64{15}, Scale: 1},
		{Indicators: []string{"X"}, Amounts: []int64{15}},
	} {
		q := shape.Request(1)
		q.Figures, q.Packed = nil, odd
		if _, err := reports.SubmitReport(t.Context(), q); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%v was answered with %v", odd, err)
		}
	}
	wrong := shape.Request(1)
	wrong.Figures[0].Value = proto.String("1x")
	if _, err := reports.SubmitReport(t.Context(), wrong); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a number that is none was answered with %v", err)
	}
	store.err = errors.New("no disk")
	if _, err := reports.SubmitReport(t.Context(), shape.Request(1)); err == nil {
		t.Error("a report that was not stored was accepted")
	}
	if err := errors.Join(conn.Close(), library.Close(), f.Close()); err != nil {
		t.Error(err)
	}
}

// TestTheFrontRepeatsWhatItWasTold: the answer is the one that was told to this very question, and another question has none.
func TestTheFrontRepeatsWhatItWasTold(t *testing.T) {
	shape, _ := workload.Of("P")
	ask := func(units ...string) *reportingv1.QueryRollupColumnsRequest {
		return &reportingv1.QueryRollupColumnsRequest{Units: units, Indicators: []string{"I"}, Periods: []string{"2024-12"}}
	}
	told := map[string]*reportingv1.QueryRollupColumnsResponse{
		"A": {Units: &reportingv1.ColumnUnits{Ids: []string{"A"}}}, "B": {Units: &reportingv1.ColumnUnits{Ids: []string{"B"}}},
	}
	var list []front.Told
	for unit, answer := range told {
		question, err := front.WireOf(ask(unit))
		if err != nil {
			t.Fatal(err)
		}
		wire, err := front.WireOf(answer)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, front.Told{Question: question, Answer: wire})
	}
	f, err := front.Open(shape, nil, nil, list...)
	if err != nil {
		t.Fatal(err)
	}
	library, err := client.Dial(t.Context(), client.Config{Address: f.Address(), Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	for unit, want := range told {
		if got, err := library.QueryRollupColumns(t.Context(), ask(unit)); err != nil || !proto.Equal(got, want) {
			t.Errorf("of %s it said %v, %v", unit, got, err)
		}
	}
	if _, err := library.QueryRollupColumns(t.Context(), ask("A", "B")); err == nil {
		t.Error("a question that nobody told the answer to was answered")
	}
	if err := errors.Join(library.Close(), f.Close()); err != nil {
		t.Error(err)
	}
}

func TestDecimal(t *testing.T) {
	for _, c := range []struct {
		text       string
		hundredths bool
		want       int64
		ok         bool
	}{
		{"0", false, 0, true},
		{"1199", false, 1199, true},
		{"12.34", true, 1234, true},
		{"12.3", true, 1230, true},
		{"12", true, 1200, true},
		{"12.345", true, 0, false},
		{"1.2.3", true, 0, false},
		{"1.2", false, 0, false},
		{"-1", false, 0, false},
		{"", false, 0, false},
		{"99999999999999999999", false, 0, false},
	} {
		if got, ok := front.Decimal(c.text, c.hundredths); ok != c.ok || ok && got != c.want {
			t.Errorf("Decimal(%q, %v) = %d, %v, want %d, %v", c.text, c.hundredths, got, ok, c.want, c.ok)
		}
	}
}
