package client_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

const february = "units/30280-0/reports/cds-thang~2024-02"

func TestChangeKeepsItsIDOverAttempts(t *testing.T) {
	f := startFake(t)
	var ids []string
	f.reports.submit = func(_ context.Context, q *reportingv1.SubmitReportRequest) (*reportingv1.SubmitReportResponse, error) {
		ids = append(ids, q.GetRequestId())
		if len(ids) < 3 {
			return nil, status.Error(codes.Unavailable, "starting")
		}
		return &reportingv1.SubmitReportResponse{}, nil
	}
	var told []client.Retry
	c := f.dial(t, func(c *client.Config) { c.OnRetry = func(r client.Retry) { told = append(told, r) } })
	request := &reportingv1.SubmitReportRequest{Name: february}
	for range 2 {
		if _, err := c.SubmitReport(t.Context(), request); err != nil {
			t.Fatal(err)
		}
	}
	if len(ids) != 4 || ids[0] != ids[1] || ids[1] != ids[2] {
		t.Errorf("the attempts of one change had the ids %q, want one id", ids)
	}
	if ids[3] == ids[0] {
		t.Error("a second change went out under the id of the first: the server would take it for a replay")
	}
	if id, err := uuid.Parse(ids[0]); err != nil || id.Version() != 7 {
		t.Errorf("request id %q is not a UUID of version 7", ids[0])
	}
	if request.GetRequestId() != "" {
		t.Errorf("the caller's own message was written to: request id %q", request.GetRequestId())
	}
	if len(told) != 2 || told[0].Method != "SubmitReport" || told[0].Attempt != 1 || told[1].Attempt != 2 || told[1].Err.Code != codes.Unavailable {
		t.Errorf("OnRetry was told %+v, want the two attempts that failed", told)
	}
}

func TestLostAnswerDoesNotCountTwice(t *testing.T) {
	f := startFake(t)
	var books ledger
	var calls atomic.Int32
	f.reports.submit = func(_ context.Context, q *reportingv1.SubmitReportRequest) (*reportingv1.SubmitReportResponse, error) {
		replayed := books.accept(q.GetRequestId(), q.GetName())
		if calls.Add(1) == 1 {
			f.cut()
		}
		return &reportingv1.SubmitReportResponse{Outcome: &reportingv1.SubmitOutcome{Receipt: &reportingv1.Receipt{Replayed: replayed}}}, nil
	}
	answer, err := f.dial(t).SubmitReport(t.Context(), &reportingv1.SubmitReportRequest{Name: february})
	if err != nil {
		t.Fatal(err)
	}
	if !answer.GetOutcome().GetReceipt().GetReplayed() {
		t.Error("the second attempt was taken for another change")
	}
	if got := books.contents(); !slices.Equal(got, []string{february}) {
		t.Errorf("the server accepted %q, want one report", got)
	}
}

func TestOwnRequestIDIsKept(t *testing.T) {
	f := startFake(t)
	var got string
	f.units.create = func(_ context.Context, q *reportingv1.CreateUnitRequest) (*reportingv1.Unit, error) {
		got = q.GetRequestId()
		return &reportingv1.Unit{}, nil
	}
	const own = "018f3c3e-7b1a-7c00-8000-000000000001"
	if _, err := f.dial(t).CreateUnit(t.Context(), &reportingv1.CreateUnitRequest{RequestId: own}); err != nil {
		t.Fatal(err)
	}
	if got != own {
		t.Errorf("request id on the wire = %q, want the caller's own %q", got, own)
	}
}

func TestWhatIsTriedAgain(t *testing.T) {
	for _, c := range []struct {
		name  string
		err   error
		calls int32
	}{
		{"the server is away", status.Error(codes.Unavailable, "away"), 4},
		{"too much at once, come back", refusal(codes.ResourceExhausted, "OVERLOADED", retryAfter(time.Millisecond)), 4},
		{"too much, and no word of when", refusal(codes.ResourceExhausted, "ANSWER_TOO_LARGE"), 1},
		{"somebody was faster", refusal(codes.Aborted, "ETAG_MISMATCH"), 1},
		{"wrong", refusal(codes.InvalidArgument, "FIGURES_MISSING", retryAfter(time.Millisecond)), 1},
		{"a fault of the server", status.Error(codes.Internal, "fault"), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := startFake(t)
			var calls atomic.Int32
			f.reports.approve = func(context.Context, *reportingv1.ApproveReportRequest) (*reportingv1.Report, error) {
				calls.Add(1)
				return nil, c.err
			}
			_, err := f.dial(t, func(c *client.Config) { c.Attempts = 4 }).ApproveReport(t.Context(), &reportingv1.ApproveReportRequest{Name: february})
			if calls.Load() != c.calls {
				t.Errorf("the server was asked %d times, want %d", calls.Load(), c.calls)
			}
			e, ok := errors.AsType[*client.Error](err)
			if !ok {
				t.Fatalf("error = %v, want a client.Error", err)
			}
			if e.Code != status.Code(c.err) || e.RequestID == "" {
				t.Errorf("error has code %s and request id %q, want code %s and the id to go on with", e.Code, e.RequestID, status.Code(c.err))
			}
		})
	}
}

func TestServersDelayIsKept(t *testing.T) {
	f := startFake(t)
	const wanted = 60 * time.Millisecond
	var calls atomic.Int32
	f.reports.get = func(context.Context, *reportingv1.GetReportRequest) (*reportingv1.Report, error) {
		if calls.Add(1) == 1 {
			return nil, refusal(codes.ResourceExhausted, "OVERLOADED", retryAfter(wanted))
		}
		return &reportingv1.Report{Name: february}, nil
	}
	var delay time.Duration
	began := time.Now()
	_, err := f.dial(t, func(c *client.Config) { c.OnRetry = func(r client.Retry) { delay = r.Delay } }).
		GetReport(t.Context(), &reportingv1.GetReportRequest{Name: february})
	if err != nil {
		t.Fatal(err)
	}
	if waited := time.Since(began); waited < wanted || delay < wanted {
		t.Errorf("asked again after %s with an announced delay of %s, want at least %s", waited, delay, wanted)
	}
}

func TestDelayPastTheDeadlineEndsAtOnce(t *testing.T) {
	f := startFake(t)
	f.reports.get = func(context.Context, *reportingv1.GetReportRequest) (*reportingv1.Report, error) {
		return nil, refusal(codes.ResourceExhausted, "OVERLOADED", retryAfter(time.Hour))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	began := time.Now()
	_, err := f.dial(t).GetReport(ctx, &reportingv1.GetReportRequest{Name: february})
	if client.Reason(err) != "OVERLOADED" {
		t.Errorf("error = %v, want what the server said", err)
	}
	if waited := time.Since(began); waited > 5*time.Second {
		t.Errorf("waited %s for an attempt that there would never be", waited)
	}
}

func TestContextEndsThePause(t *testing.T) {
	f := startFake(t)
	f.reports.get = func(context.Context, *reportingv1.GetReportRequest) (*reportingv1.Report, error) {
		return nil, status.Error(codes.Unavailable, "away")
	}
	ctx, cancel := context.WithCancel(t.Context())
	c := f.dial(t, func(c *client.Config) {
		c.FirstDelay, c.MaxDelay = time.Hour, time.Hour
		c.Timeout = 10 * time.Hour
		c.OnRetry = func(client.Retry) { cancel() }
	})
	_, err := c.GetReport(ctx, &reportingv1.GetReportRequest{Name: february})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want context.Canceled to be found in it", err)
	}
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Code != codes.Unavailable || e.Message != "away" {
		t.Errorf("error = %v, want also what the last attempt said", err)
	}
}

func TestTimeoutBindsAllAttempts(t *testing.T) {
	f := startFake(t)
	f.reports.get = func(ctx context.Context, _ *reportingv1.GetReportRequest) (*reportingv1.Report, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	c := f.dial(t, func(c *client.Config) { c.Timeout = 50 * time.Millisecond })
	_, err := c.GetReport(t.Context(), &reportingv1.GetReportRequest{Name: february})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error = %v, want context.DeadlineExceeded", err)
	}
}

func TestServerThatIsNotThere(t *testing.T) {
	f := startFake(t)
	f.server.Stop()
	_, err := f.dial(t, func(c *client.Config) { c.Attempts = 3 }).GetReport(t.Context(), &reportingv1.GetReportRequest{Name: february})
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Code != codes.Unavailable || e.Reason != "" {
		t.Errorf("error = %#v, want UNAVAILABLE without a reason", err)
	}
}
