package client_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type uploadServer = grpc.BidiStreamingServer[reportingv1.ImportReportsRequest, reportingv1.ImportReportsResponse]

// received is what one upload sent.
type received struct {
	options *reportingv1.ImportReportsOptions
	seen    []string
	file    string
	largest int
}

func receive(stream uploadServer) (received, error) {
	var r received
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return r, nil
		}
		if err != nil {
			return r, err
		}
		if o := m.GetOptions(); o != nil {
			r.options = o
		}
		if s := m.GetSeen(); s != nil {
			r.seen = append(r.seen, s.GetName()+"="+s.GetEtag())
		}
		r.file += string(m.GetChunk())
		r.largest = max(r.largest, len(m.GetChunk()))
	}
}

func outcome(index int32, kind outcomeKind) *reportingv1.ImportReportsResponse {
	return &reportingv1.ImportReportsResponse{Part: &reportingv1.ImportReportsResponse_Outcome{
		Outcome: &reportingv1.SubmitOutcome{Index: index, Kind: kind, Name: fmt.Sprintf("units/%d/reports/cds~2024-02", index)},
	}}
}

func problem(line int32, reason string) *reportingv1.ImportReportsResponse {
	return &reportingv1.ImportReportsResponse{Part: &reportingv1.ImportReportsResponse_Problem{
		Problem: &reportingv1.Problem{Line: line, Reason: reason},
	}}
}

func summary(s *reportingv1.ImportReportsSummary) *reportingv1.ImportReportsResponse {
	return &reportingv1.ImportReportsResponse{Part: &reportingv1.ImportReportsResponse_Summary{Summary: s}}
}

func TestUploadSendsOptionsThenEtagsThenTheFile(t *testing.T) {
	f := startFake(t)
	var got received
	f.reports.importer = func(stream uploadServer) (err error) {
		if got, err = receive(stream); err != nil {
			return err
		}
		return stream.Send(summary(&reportingv1.ImportReportsSummary{Lines: 7}))
	}
	file := strings.Repeat("82,cds,2024-02,CQ-06,1\n", 30_000)
	options := &reportingv1.ImportReportsOptions{FileName: "figures.csv", NumberFormat: reportingv1.NumberFormat_NUMBER_FORMAT_VI}
	seen := []*reportingv1.SeenReport{{Name: "a", Etag: "1"}, {Name: "b", Etag: "2"}}
	var end *reportingv1.ImportReportsSummary
	for answer, err := range f.dial(t).UploadFigures(t.Context(), strings.NewReader(file), options, seen...) {
		if err != nil {
			t.Fatal(err)
		}
		end = answer.GetSummary()
	}
	if got.file != file || got.options.GetFileName() != "figures.csv" || got.options.GetNumberFormat() != reportingv1.NumberFormat_NUMBER_FORMAT_VI {
		t.Errorf("the server received %d bytes with options %v, want the %d bytes of the file", len(got.file), got.options, len(file))
	}
	if got.options.GetStreamId() == "" || options.GetStreamId() != "" {
		t.Errorf("stream id on the wire %q, in the caller's message %q, want one on the wire alone", got.options.GetStreamId(), options.GetStreamId())
	}
	if !slices.Equal(got.seen, []string{"a=1", "b=2"}) || got.largest > 256<<10 {
		t.Errorf("etags %q and a chunk of %d bytes, want a=1, b=2 and at most 256 KiB", got.seen, got.largest)
	}
	if end.GetLines() != 7 {
		t.Errorf("summary = %v, want that of the server", end)
	}
}

// TestUploadOverBreaks has a server that keeps its promise about ids, on a line that breaks again and again: while the
// file is sent, between outcomes, and after the last one.
func TestUploadOverBreaks(t *testing.T) {
	const n = 9
	for at := range n + 2 {
		t.Run(fmt.Sprint("break ", at), func(t *testing.T) {
			f := startFake(t)
			var books ledger
			var broke atomic.Bool
			var mu sync.Mutex
			streams := map[string]bool{}
			f.reports.importer = func(stream uploadServer) error {
				cut := func(now int) {
					if now == at && broke.CompareAndSwap(false, true) {
						f.cut()
					}
				}
				if _, err := stream.Recv(); err != nil {
					return err
				}
				cut(n + 1)
				r, err := receive(stream)
				if err != nil {
					return err
				}
				mu.Lock()
				streams[r.file] = true
				mu.Unlock()
				for i := range n {
					kind := created
					switch {
					case i == 4:
						kind = refused
					case books.accept(fmt.Sprint(i), fmt.Sprint(i)):
						kind = replayed
					}
					cut(i)
					if err := stream.Send(outcome(int32(i), kind)); err != nil {
						return err
					}
				}
				// One line with the same problem twice, and another.
				for _, line := range []int32{20, 20, 21} {
					if err := stream.Send(problem(line, "PERIOD_INVALID")); err != nil {
						return err
					}
				}
				cut(n)
				return stream.Send(summary(&reportingv1.ImportReportsSummary{Lines: 30, Replayed: 99, RefusedLines: 2}))
			}
			checkUpload(t, f, n)
			if !broke.Load() {
				t.Fatal("the line did not break")
			}
			if len(books.contents()) != n-1 {
				t.Errorf("%d reports were accepted, want %d", len(books.contents()), n-1)
			}
		})
	}
}

// checkUpload uploads and has every outcome once, every problem once, and a summary that counts what was told.
func checkUpload(t *testing.T, f *fake, n int) {
	t.Helper()
	heard := map[int32]outcomeKind{}
	problems := 0
	var end *reportingv1.ImportReportsSummary
	for answer, err := range f.dial(t).UploadFigures(t.Context(), strings.NewReader("figures"), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if o := answer.GetOutcome(); o != nil {
			if _, twice := heard[o.GetIndex()]; twice {
				t.Errorf("the outcome of report %d came twice", o.GetIndex())
			}
			heard[o.GetIndex()] = o.GetKind()
		}
		if answer.GetProblem() != nil {
			problems++
		}
		end = answer.GetSummary()
	}
	if len(heard) != n || problems != 3 {
		t.Errorf("%d outcomes and %d problems, want %d and 3", len(heard), problems, n)
	}
	want := &reportingv1.ImportReportsSummary{Lines: 30, RefusedLines: 2}
	for _, kind := range heard {
		switch kind {
		case created:
			want.Created++
		case replayed:
			want.Replayed++
		default:
			want.Refused++
		}
	}
	if diff := cmp.Diff(want, end, protocmp.Transform()); diff != "" {
		t.Errorf("the summary does not count what was told (-want +got):\n%s", diff)
	}
}

func TestRefusalThatALaterAttemptTakesBackIsTold(t *testing.T) {
	f := startFake(t)
	var attempt atomic.Int32
	f.reports.importer = func(stream uploadServer) error {
		if _, err := receive(stream); err != nil {
			return err
		}
		kind := refused
		if attempt.Add(1) == 2 {
			kind = created
		}
		if err := stream.Send(outcome(0, kind)); err != nil {
			return err
		}
		if kind == refused {
			return refusal(codes.Unavailable, "SHUTTING_DOWN")
		}
		return stream.Send(summary(&reportingv1.ImportReportsSummary{Created: 1}))
	}
	var kinds []outcomeKind
	var end *reportingv1.ImportReportsSummary
	for answer, err := range f.dial(t).UploadFigures(t.Context(), strings.NewReader("figures"), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if o := answer.GetOutcome(); o != nil {
			kinds = append(kinds, o.GetKind())
		}
		end = answer.GetSummary()
	}
	if !slices.Equal(kinds, []outcomeKind{refused, created}) || end.GetRefused() != 0 || end.GetCreated() != 1 {
		t.Errorf("outcomes %v and summary %v, want the refusal, then that it was accepted after all", kinds, end)
	}
}

func TestProblemOfALineIsToldOnce(t *testing.T) {
	f := startFake(t)
	var attempt atomic.Int32
	f.reports.importer = func(stream uploadServer) error {
		if _, err := receive(stream); err != nil {
			return err
		}
		// The second attempt comes one problem further than the first: line 20 has the same one twice.
		lines := []int32{20, 20, 21}
		if attempt.Add(1) == 1 {
			lines = lines[:1]
		}
		for _, line := range lines {
			if err := stream.Send(problem(line, "PERIOD_INVALID")); err != nil {
				return err
			}
		}
		if len(lines) == 1 {
			return refusal(codes.Unavailable, "SHUTTING_DOWN")
		}
		return stream.Send(summary(&reportingv1.ImportReportsSummary{}))
	}
	var lines []int32
	var end *reportingv1.ImportReportsSummary
	for answer, err := range f.dial(t).UploadFigures(t.Context(), strings.NewReader("figures"), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if p := answer.GetProblem(); p != nil {
			lines = append(lines, p.GetLine())
		}
		end = answer.GetSummary()
	}
	if !slices.Equal(lines, []int32{20, 20, 21}) || end.GetRefusedLines() != 2 {
		t.Errorf("problems of the lines %v and %d refused lines, want 20, 20, 21 and two", lines, end.GetRefusedLines())
	}
}

func TestSilentImportIsSentAgain(t *testing.T) {
	f := startFake(t)
	var attempt atomic.Int32
	f.units.importer = func(stream grpc.ClientStreamingServer[reportingv1.ImportUnitsRequest, reportingv1.ImportSummary]) error {
		if attempt.Add(1) == 1 {
			<-stream.Context().Done()
			return stream.Context().Err()
		}
		return stream.SendAndClose(&reportingv1.ImportSummary{Rows: 2})
	}
	c := f.dial(t, func(c *client.Config) { c.Silence = 30 * time.Millisecond })
	got, err := c.ImportUnits(t.Context(), strings.NewReader("units"), nil)
	if err != nil || got.GetRows() != 2 {
		t.Errorf("ImportUnits = %v, %v, want the answer to the second attempt", got, err)
	}
}

// brokenFile fails in the middle, as a share does whose network went away.
type brokenFile struct{ *bytes.Reader }

func (f brokenFile) Read(p []byte) (int, error) {
	if f.Len() < 100_000 {
		return 0, io.ErrUnexpectedEOF
	}
	return f.Reader.Read(p[:min(len(p), 10_000)])
}

func TestFileThatBreaksOffIsNoFile(t *testing.T) {
	f := startFake(t)
	var whole atomic.Bool
	f.reports.importer = func(stream uploadServer) error {
		if _, err := receive(stream); err != nil {
			return err
		}
		whole.Store(true)
		return stream.Send(summary(&reportingv1.ImportReportsSummary{}))
	}
	f.units.importer = func(stream grpc.ClientStreamingServer[reportingv1.ImportUnitsRequest, reportingv1.ImportSummary]) error {
		for {
			_, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				whole.Store(true)
				return stream.SendAndClose(&reportingv1.ImportSummary{})
			}
			if err != nil {
				return err
			}
		}
	}
	file := func() io.ReadSeeker { return brokenFile{bytes.NewReader(make([]byte, 300_000))} }
	c := f.dial(t)
	var last error
	for _, err := range c.UploadFigures(t.Context(), file(), nil) {
		last = err
	}
	if !errors.Is(last, io.ErrUnexpectedEOF) {
		t.Errorf("UploadFigures error = %v, want that of the file", last)
	}
	if _, err := c.ImportUnits(t.Context(), file(), nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("ImportUnits error = %v, want that of the file", err)
	}
	if whole.Load() {
		t.Error("the server took half a file for a whole one")
	}
}

func TestCatalogueFileGoesOutUnderOneID(t *testing.T) {
	f := startFake(t)
	var ids []string
	file := strings.Repeat("x", 200_000)
	f.units.importer = func(stream grpc.ClientStreamingServer[reportingv1.ImportUnitsRequest, reportingv1.ImportSummary]) error {
		bytes := 0
		for {
			m, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return stream.SendAndClose(&reportingv1.ImportSummary{Rows: int32(bytes)})
			}
			if err != nil {
				return err
			}
			if o := m.GetOptions(); o != nil {
				ids = append(ids, o.GetRequestId())
			}
			if bytes += len(m.GetChunk()); bytes > 100_000 && len(ids) == 1 {
				f.cut()
			}
		}
	}
	got, err := f.dial(t).ImportUnits(t.Context(), strings.NewReader(file), &reportingv1.ImportOptions{FileName: "units.csv"})
	if err != nil {
		t.Fatal(err)
	}
	if len(ids) != 2 || ids[0] != ids[1] || ids[0] == "" {
		t.Errorf("the attempts had the ids %q, want two attempts under one id", ids)
	}
	if int(got.GetRows()) != len(file) {
		t.Errorf("the second attempt brought %d bytes, want the whole file of %d", got.GetRows(), len(file))
	}
}

func TestUploadThatIsRefusedWhileItIsSent(t *testing.T) {
	f := startFake(t)
	f.reports.importer = func(uploadServer) error { return refusal(codes.PermissionDenied, "NOT_ALLOWED") }
	f.units.importer = func(grpc.ClientStreamingServer[reportingv1.ImportUnitsRequest, reportingv1.ImportSummary]) error {
		return refusal(codes.PermissionDenied, "NOT_ALLOWED")
	}
	c := f.dial(t)
	file := strings.NewReader(strings.Repeat("x", 3_000_000))
	var last error
	for _, err := range c.UploadFigures(t.Context(), file, nil) {
		last = err
	}
	if client.Reason(last) != "NOT_ALLOWED" {
		t.Errorf("UploadFigures error = %v, want NOT_ALLOWED", last)
	}
	if _, err := c.ImportUnits(t.Context(), file, nil); client.Reason(err) != "NOT_ALLOWED" {
		t.Errorf("ImportUnits error = %v, want NOT_ALLOWED", err)
	}
}
