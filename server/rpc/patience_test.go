package rpc_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/rpc"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

// waiting is a server that waits for a reader no longer than so.
func waiting(t *testing.T, within time.Duration) *rpctest.Stack {
	return rpctest.New(t, func(c *rpc.Config) { c.SendWithin = within }).Populate()
}

// narrow is a connection with the least window there is.
func narrow(s *rpctest.Stack) *grpc.ClientConn {
	return s.Dial(grpc.WithInitialWindowSize(64<<10), grpc.WithInitialConnWindowSize(64<<10))
}

// refusedItems sends what is refused with many words, and does not read.
func refusedItems(s *rpctest.Stack, n int) reportingv1.ReportService_StreamReportsClient {
	s.TB.Helper()
	stream, err := reportingv1.NewReportServiceClient(narrow(s)).StreamReports(s.As(s.Admin))
	s.Must(err)
	s.Must(stream.Send(&reportingv1.StreamReportsRequest{Part: &reportingv1.StreamReportsRequest_Options{
		Options: &reportingv1.StreamOptions{StreamId: s.NewID()},
	}}))
	go func() {
		for i := range n {
			item := &reportingv1.StreamItem{Index: int32(i), Submission: &reportingv1.SubmitReportRequest{Name: strings.Repeat("x", 80)}} //nolint:gosec // a few
			if stream.Send(&reportingv1.StreamReportsRequest{Part: &reportingv1.StreamReportsRequest_Item{Item: item}}) != nil {
				return
			}
		}
		_ = stream.CloseSend()
	}()
	return stream
}

// end reads a stream to its end.
func end(t *testing.T, recv func() error) error {
	t.Helper()
	ended := make(chan error, 1)
	go func() {
		for {
			if err := recv(); err != nil {
				ended <- err
				return
			}
		}
	}()
	select {
	case err := <-ended:
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("the stream does not end")
		return nil
	}
}

// A stream that is not read holds what its handler holds; so it is cut, with a word on where to go on.
func TestAStreamThatIsNotReadIsCut(t *testing.T) {
	s := waiting(t, 500*time.Millisecond)
	stream := refusedItems(s, 3000)
	time.Sleep(2 * time.Second) // the windows fill, and the patience ends
	told := 0
	err := end(t, func() error {
		_, err := stream.Recv()
		told++
		return err
	})
	wants(t, err, "Unavailable READER_STALLED")
	if told < 100 {
		t.Errorf("%d outcomes were told before the end, want those that fit the windows", told)
	}
}

// Whoever reads slowly but reads is not cut, however long it takes in all; nor is a stream that has nothing to say.
func TestASlowReaderIsNotCut(t *testing.T) {
	s := waiting(t, 2*time.Second)
	ctx, leave := context.WithTimeout(s.As(s.Admin), time.Minute)
	defer leave()
	quiet, err := reportingv1.NewChangeServiceClient(s.Conn).WatchChanges(ctx, &reportingv1.WatchChangesRequest{})
	s.Must(err)
	_, err = quiet.Recv() // it is there
	s.Must(err)
	stream := refusedItems(s, 1500)
	told := 0
	err = end(t, func() error {
		if told%30 == 0 {
			time.Sleep(60 * time.Millisecond) // three seconds in all
		}
		_, err := stream.Recv()
		told++
		return err
	})
	if told != 1501 {
		t.Errorf("%d outcomes were told and then %v, want 1500 and the end", told-1, err)
	}
	if _, err := reportingv1.NewUnitServiceClient(s.Conn).CreateUnit(ctx, &reportingv1.CreateUnitRequest{
		RequestId: s.NewID(), Unit: &reportingv1.Unit{Code: "99", Kind: "province", NameVi: "Tỉnh"},
	}); err != nil {
		t.Fatal(err)
	}
	if m, err := quiet.Recv(); err != nil || m.GetChange() == nil {
		t.Errorf("the quiet follower is told %v, %v; want the new unit", m, err)
	}
}

// There are places for sixteen uploads. Those that nobody reads give theirs back.
func TestUploadsThatAreNotReadGiveTheirPlacesBack(t *testing.T) {
	s := waiting(t, 500*time.Millisecond)
	rows := "unit,form,period,indicator,value\n" + strings.Repeat("khong-co-don-vi-nao-nhu-the-nay,CDS,2024-05,HS,1\n", 1500)
	upload := func(conn *grpc.ClientConn, content string) reportingv1.ReportService_ImportReportsClient {
		stream, err := reportingv1.NewReportServiceClient(conn).ImportReports(s.As(s.Admin))
		s.Must(err)
		// Where there is no place the receiver hears why.
		_ = stream.Send(&reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Options{
			Options: &reportingv1.ImportReportsOptions{StreamId: s.NewID()},
		}})
		_ = stream.Send(&reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Chunk{Chunk: []byte(content)}})
		_ = stream.CloseSend()
		return stream
	}
	for range 16 {
		upload(narrow(s), rows)
	}
	late := time.Now().Add(20 * time.Second)
	for {
		stream := upload(s.Conn, "unit,form,period,indicator,value\n")
		var summary bool
		err := end(t, func() error {
			m, err := stream.Recv()
			summary = summary || m.GetSummary() != nil
			return err
		})
		if summary {
			return
		}
		if wants(t, err, "ResourceExhausted UPLOADS_BUSY"); time.Now().After(late) {
			t.Fatal("the places for uploads are never free again")
		}
		time.Sleep(50 * time.Millisecond)
	}
}
