package rpc_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/rpc"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

// found gives problems as a short text: line, other line, column and reason.
func found(list []*reportingv1.Problem) string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = fmt.Sprintf("%d %s %s", p.GetLine(), p.GetField(), p.GetReason())
		if p.GetOtherLine() != 0 {
			out[i] += fmt.Sprintf(" and %d", p.GetOtherLine())
		}
	}
	return strings.Join(out, "; ")
}

// importUnits uploads a file of units in chunks of so many bytes.
func importUnits(s *rpctest.Stack, token, file string, chunk int, options *reportingv1.ImportOptions, more ...string) (*reportingv1.ImportSummary, error) {
	s.TB.Helper()
	stream, err := reportingv1.NewUnitServiceClient(s.Conn).ImportUnits(s.As(token, more...))
	s.Must(err)
	if options != nil {
		err = stream.Send(&reportingv1.ImportUnitsRequest{Part: &reportingv1.ImportUnitsRequest_Options{Options: options}})
	}
	for at := 0; at < len(file) && err == nil; at += chunk {
		err = stream.Send(&reportingv1.ImportUnitsRequest{Part: &reportingv1.ImportUnitsRequest_Chunk{Chunk: []byte(file[at:min(at+chunk, len(file))])}})
	}
	return stream.CloseAndRecv()
}

func TestAFileOfUnitsIsImportedWholeOrNotAtAll(t *testing.T) {
	s := rpctest.New(t)
	options := &reportingv1.ImportOptions{RequestId: s.NewID(), ValidateOnly: true}
	preview, err := importUnits(s, s.Admin, rpctest.Units, 7, options) // a chunk ends inside a letter
	s.Must(err)
	if preview.GetRows() != 6 || preview.GetCreated() != 6 || preview.GetReceipt() != nil || len(preview.GetProblems()) != 0 {
		t.Errorf("preview = %v", preview)
	}
	options.ValidateOnly = false
	summary, err := importUnits(s, s.Admin, rpctest.Units, 1000, options)
	s.Must(err)
	if summary.GetCreated() != 6 || summary.GetReceipt().GetSequence() == 0 || summary.GetStamp().GetSequence() != summary.GetReceipt().GetSequence() {
		t.Errorf("summary = %v", summary)
	}
	same, err := importUnits(s, s.Admin, rpctest.Units, 1000, &reportingv1.ImportOptions{RequestId: s.NewID()})
	s.Must(err)
	if same.GetUnchanged() != 6 || same.GetReceipt() != nil {
		t.Errorf("the same file again = %v", same)
	}
	// One row is new and right, one changes a name, two are wrong: nothing changes.
	file := "code,kind,name_vi,parent,valid_to\n30304,commune,Xã An Long,804,2025-07-01\n82,province,Tiền Giang,,2025-07-01\n" +
		"30305,commune,,804,2025-07-01\n30306,commune,Xã,nowhere,2025-07-01\n"
	refused, err := importUnits(s, s.Admin, file, 1000, &reportingv1.ImportOptions{RequestId: s.NewID()})
	s.Must(err)
	if got := found(refused.GetProblems()); got != "4 name_vi UNIT_NAME_EMPTY; 5 parent UNIT_NOT_FOUND" {
		t.Errorf("problems: %s", got)
	}
	if refused.GetReceipt() != nil || refused.GetStamp().GetSequence() != summary.GetStamp().GetSequence() || refused.GetRows() != 4 {
		t.Errorf("refused = %v", refused)
	}
	if !strings.Contains(refused.GetProblems()[0].GetMessage(), "tên") {
		t.Errorf("the words are not Vietnamese: %s", refused.GetProblems()[0].GetMessage())
	}
}

// TestWhatTheTreeRefusesIsToldByLine sends rows that read well and do not fit into the tree.
func TestWhatTheTreeRefusesIsToldByLine(t *testing.T) {
	s := rpctest.New(t).Populate()
	file := "\n\ncode;kind;name_vi;parent\n30304;commune;Xã An Long;804\n\n30305;commune;Xã Hai;803\n"
	summary, err := importUnits(s, s.Admin, file, 1000, &reportingv1.ImportOptions{RequestId: s.NewID()}, "accept-language", "en")
	s.Must(err)
	got := found(summary.GetProblems())
	if !strings.HasPrefix(got, "4 ") || !strings.Contains(got, "; 6 parent") {
		t.Errorf("problems: %s (%v)", got, summary.GetProblems())
	}
}

func TestWhatConcernsTheCallIsAnError(t *testing.T) {
	s := rpctest.New(t).Populate()
	for name, c := range map[string]struct {
		token, want string
		options     *reportingv1.ImportOptions
	}{
		"viewer":        {s.Token(auth.Viewer, ""), "PermissionDenied RIGHT_MISSING", s.Options()},
		"bound":         {s.Token(auth.Administrator, "803"), "PermissionDenied RIGHT_MISSING", s.Options()},
		"no options":    {s.Admin, "InvalidArgument UPLOAD_OUT_OF_ORDER", nil},
		"no request id": {s.Admin, "InvalidArgument REQUEST_ID_REQUIRED", &reportingv1.ImportOptions{}},
		"no uuid":       {s.Admin, "InvalidArgument REQUEST_ID_INVALID", &reportingv1.ImportOptions{RequestId: "x"}},
	} {
		// Whether the file is right or wrong: its problems would tell which units there are.
		for _, file := range []string{rpctest.Units, "code,kind,name_vi,parent\nX,commune,X,999\n", ""} {
			if _, err := importUnits(s, c.token, file, 1000, c.options); reason(err) != c.want && (file != "" || c.options == nil) {
				t.Errorf("%s: error = %s, want %s", name, reason(err), c.want)
			}
		}
	}
	options := s.Options()
	_, err := importUnits(s, s.Admin, "code,kind,name_vi\nX,country,X\n", 1000, options)
	s.Must(err)
	_, err = importUnits(s, s.Admin, "code,kind,name_vi\nY,country,Y\n", 1000, options)
	wants(t, err, "AlreadyExists REQUEST_ID_REUSED")
	_, err = importUnits(s, s.Admin, strings.Repeat(strings.Repeat("x", 99)+"\n", 9<<20/100), 128<<10, s.Options())
	wants(t, err, "ResourceExhausted FILE_TOO_LARGE")
	_, err = importUnits(s, s.Admin, strings.Repeat("x", 300<<10), 300<<10, s.Options())
	wants(t, err, "InvalidArgument CHUNK_TOO_LARGE")
}

func TestNothingStaysOnTheStage(t *testing.T) {
	left := t.TempDir()
	if err := os.WriteFile(left+"/upload-123", []byte("from a process that was killed"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := rpctest.New(t, func(c *rpc.Config) { c.StageDir = left }).Populate()
	_, err := importUnits(s, s.Admin, strings.Repeat("x", 300<<10), 300<<10, s.Options())
	if err == nil {
		t.Fatal("a large chunk was taken")
	}
	files, err := os.ReadDir(left)
	s.Must(err)
	if len(files) != 0 {
		t.Errorf("the stage holds %v", files)
	}
}

// figuresAnswer is what an upload of figures came to.
type figuresAnswer struct {
	outcomes []*reportingv1.SubmitOutcome
	problems []*reportingv1.Problem
	summary  *reportingv1.ImportReportsSummary
	progress int
}

// importReports uploads a file of figures.
func importReports(
	s *rpctest.Stack, token, file string, options *reportingv1.ImportReportsOptions, seen ...*reportingv1.SeenReport,
) (answer figuresAnswer, err error) {
	s.TB.Helper()
	stream, err := reportingv1.NewReportServiceClient(s.Conn).ImportReports(s.As(token))
	s.Must(err)
	_ = stream.Send(&reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Options{Options: options}}) // Recv tells
	for _, one := range seen {
		_ = stream.Send(&reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Seen{Seen: one}}) // Recv tells
	}
	_ = stream.Send(&reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Chunk{Chunk: []byte(file)}}) // as above
	s.Must(stream.CloseSend())
	for {
		m, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return answer, nil
		case err != nil:
			return answer, err
		case m.GetOutcome() != nil:
			answer.outcomes = append(answer.outcomes, m.GetOutcome())
		case m.GetProblem() != nil:
			answer.problems = append(answer.problems, m.GetProblem())
		case m.GetProgress() != nil:
			answer.progress++
		default:
			answer.summary = m.GetSummary()
		}
	}
}

func TestAnUploadOutOfOrderIsRefused(t *testing.T) {
	s := rpctest.New(t).Populate()
	chunk := &reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Chunk{Chunk: []byte("x")}}
	options := &reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Options{
		Options: &reportingv1.ImportReportsOptions{StreamId: s.NewID()},
	}}
	seen := &reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Seen{
		Seen: &reportingv1.SeenReport{Name: "units/30280/reports/cds~2024-05", Etag: "1"},
	}}
	for name, messages := range map[string][]*reportingv1.ImportReportsRequest{
		"nothing": {}, "chunk first": {chunk}, "seen first": {seen}, "options twice": {options, options},
		"seen late": {options, chunk, seen}, "empty": {options, {}},
	} {
		stream, err := reportingv1.NewReportServiceClient(s.Conn).ImportReports(s.As(s.Admin))
		s.Must(err)
		for _, m := range messages {
			_ = stream.Send(m) // Recv tells
		}
		s.Must(stream.CloseSend())
		if _, err := stream.Recv(); reason(err) != "InvalidArgument UPLOAD_OUT_OF_ORDER" {
			t.Errorf("%s: error = %s", name, reason(err))
		}
	}
	for name, c := range map[string]struct {
		options     *reportingv1.ImportReportsOptions
		seen        string
		want, field string
	}{
		"no id":     {&reportingv1.ImportReportsOptions{}, "", "InvalidArgument REQUEST_ID_INVALID", "options.stream_id"},
		"format":    {&reportingv1.ImportReportsOptions{StreamId: s.NewID(), NumberFormat: 7}, "", "InvalidArgument NUMBER_FORMAT_UNKNOWN", "options.number_format"},
		"seen name": {&reportingv1.ImportReportsOptions{StreamId: s.NewID()}, "units/30280", "InvalidArgument REPORT_NAME_INVALID", "seen[0].name"},
		"seen unit": {&reportingv1.ImportReportsOptions{StreamId: s.NewID()}, "units/9/reports/cds~2024-05", "NotFound UNIT_NOT_FOUND", "seen[0].unit"},
	} {
		var list []*reportingv1.SeenReport
		if c.seen != "" {
			list = append(list, &reportingv1.SeenReport{Name: c.seen})
		}
		if _, err := importReports(s, s.Admin, "", c.options, list...); reason(err) != c.want || fields(err) != c.field {
			t.Errorf("%s: error = %s at %s, want %s at %s", name, reason(err), fields(err), c.want, c.field)
		}
	}
	if _, err := importReports(s, s.Token(auth.Viewer, ""), "", &reportingv1.ImportReportsOptions{}); status.Code(err) != codes.PermissionDenied {
		t.Errorf("a viewer's upload: %v", err)
	}
}
