package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

func (s *calendar) ListPeriods(ctx context.Context, q *reportingv1.ListPeriodsRequest) (*reportingv1.ListPeriodsResponse, error) {
	return s.periods(ctx, q)
}

func (s *calendar) ListHolidays(ctx context.Context, q *reportingv1.ListHolidaysRequest) (*reportingv1.ListHolidaysResponse, error) {
	return s.holidays(ctx, q)
}

func (s *calendar) ImportHolidays(stream grpc.ClientStreamingServer[reportingv1.ImportHolidaysRequest, reportingv1.ImportSummary]) error {
	return s.importer(stream)
}

// TestHolidaysComePageAfterPage reads a list of two pages.
func TestHolidaysComePageAfterPage(t *testing.T) {
	f := startFake(t)
	f.calendar.holidays = func(_ context.Context, q *reportingv1.ListHolidaysRequest) (*reportingv1.ListHolidaysResponse, error) {
		if q.GetPageToken() == "" {
			return &reportingv1.ListHolidaysResponse{Holidays: []*reportingv1.Holiday{{Day: "2026-02-16"}}, NextPageToken: "more"}, nil
		}
		return &reportingv1.ListHolidaysResponse{Holidays: []*reportingv1.Holiday{{Day: "2026-02-17"}}}, nil
	}
	var days []string
	for h, err := range f.dial(t).Holidays(t.Context(), &reportingv1.ListHolidaysRequest{}) {
		if err != nil {
			t.Fatal(err)
		}
		days = append(days, h.GetDay())
	}
	if got := strings.Join(days, " "); got != "2026-02-16 2026-02-17" {
		t.Errorf("the list has %s", got)
	}
}

// TestAnUploadOfHolidaysIsRepeatedUnderItsID breaks off the first attempt; the second sends the whole file under the same id.
func TestAnUploadOfHolidaysIsRepeatedUnderItsID(t *testing.T) {
	f := startFake(t)
	const file = "date,name,kind\n2026-02-17,Tết,off\n"
	var ids []string
	f.calendar.importer = func(stream grpc.ClientStreamingServer[reportingv1.ImportHolidaysRequest, reportingv1.ImportSummary]) error {
		var got strings.Builder
		for {
			m, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			if o := m.GetOptions(); o != nil {
				ids = append(ids, o.GetRequestId())
			}
			got.Write(m.GetChunk())
		}
		if len(ids) == 1 {
			return refusal(codes.Unavailable, "STOPPING")
		}
		if got.String() != file {
			t.Errorf("the second attempt sent %q", got.String())
		}
		return stream.SendAndClose(&reportingv1.ImportSummary{Rows: 1, Created: 1})
	}
	summary, err := f.dial(t).ImportHolidays(t.Context(), strings.NewReader(file), &reportingv1.ImportOptions{})
	if err != nil || summary.GetCreated() != 1 || len(ids) != 2 || ids[0] == "" || ids[0] != ids[1] {
		t.Errorf("ImportHolidays = %v, %v, under the ids %v", summary, err, ids)
	}
}

func ExampleClient_ListPeriods() {
	s := startExample()
	defer s.close()
	s.calendar.periods = func(context.Context, *reportingv1.ListPeriodsRequest) (*reportingv1.ListPeriodsResponse, error) {
		return &reportingv1.ListPeriodsResponse{Periods: []*reportingv1.Period{{
			Period: "2026-02", FirstDay: "2026-01-15", LastDay: "2026-02-14", Owed: true,
			Deadlines: []*reportingv1.PeriodDeadline{{Kind: "commune", DueDay: "2026-02-23"}},
		}}}, nil
	}
	c := connect(s)
	answer, err := c.ListPeriods(context.Background(), &reportingv1.ListPeriodsRequest{Periods: "2026-02", Form: "cds-thang", Unit: "29869"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range answer.GetPeriods() {
		for _, d := range p.GetDeadlines() {
			fmt.Printf("%s, from %s to %s, is due by the end of %s\n", p.GetPeriod(), p.GetFirstDay(), p.GetLastDay(), d.GetDueDay())
		}
	}
	// Output: 2026-02, from 2026-01-15 to 2026-02-14, is due by the end of 2026-02-23
}
