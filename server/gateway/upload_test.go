package gateway_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// uploads are the paths that take a file, and how much of one.
var uploads = []struct {
	path   string
	method protoreflect.FullName
	limit  int
}{
	{"/v1/units:import", "reporting.v1.UnitService.ImportUnits", 8 << 20},
	{"/v1/indicators:import", "reporting.v1.IndicatorService.ImportIndicators", 8 << 20},
	{"/v1/forms:import", "reporting.v1.FormService.ImportForms", 8 << 20},
	{"/v1/holidays:import", "reporting.v1.CalendarService.ImportHolidays", 8 << 20},
	{"/v1/rules:import", "reporting.v1.RuleService.ImportRules", 8 << 20},
	{"/v1/plans:import", "reporting.v1.PlanService.ImportPlans", 8 << 20},
	{"/v1/targets:import", "reporting.v1.PlanService.ImportTargets", 8 << 20},
	{"/v1/outsideFigures:import", "reporting.v1.RankingService.ImportOutsideFigures", 8 << 20},
	{"/v1/regions:import", "reporting.v1.RankingService.ImportRegions", 8 << 20},
	{"/v1/reports:import", "reporting.v1.ReportService.ImportReports", 64 << 20},
}

// staged receives an upload as the server does: options first, then chunks of 256 KiB at most, until the client says
// that it is through. What was sent for good is told to whole.
func staged(t *testing.T, whole func(options proto.Message, file []byte)) script {
	return func(h heard, stream grpc.ServerStream) (proto.Message, error) {
		options, ok := part(h.request).(proto.Message)
		if !ok {
			return nil, status.Error(codes.InvalidArgument, "the first message has no options")
		}
		var file []byte
		for {
			m := message(t, h.method.Input())
			err := stream.RecvMsg(m)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, err
			}
			chunk, ok := part(m).([]byte)
			if !ok || len(chunk) == 0 || len(chunk) > 256<<10 {
				return nil, status.Errorf(codes.InvalidArgument, "a chunk of %d bytes", len(chunk))
			}
			file = append(file, chunk...)
		}
		whole(options, file)
		return nil, nil
	}
}

// part gives what the oneof of an upload's message holds.
func part(m proto.Message) any {
	r := m.ProtoReflect()
	field := r.WhichOneof(r.Descriptor().Oneofs().ByName("part"))
	if field.Message() != nil {
		return r.Get(field).Message().Interface()
	}
	return r.Get(field).Bytes()
}

func TestAFileArrivesWholeAndInChunks(t *testing.T) {
	var options proto.Message
	var file []byte
	w := open(t, staged(t, func(o proto.Message, f []byte) { options, file = o, f }))
	for _, u := range uploads {
		for _, size := range []int{0, 1, 256 << 10, 256<<10 + 1, 1<<20 + 17} {
			options, file = nil, []byte("none")
			sent := bytes.Repeat([]byte("0123456789abcdef\n"), size/17+1)[:size]
			a := w.ask("POST", u.path+"?fileName=a.csv&validate_only=true", string(sent), "Content-Type: text/csv", "Authorization: Bearer mine")
			h, _ := w.last()
			if a.code != 200 || h.method.FullName() != u.method || !bytes.Equal(file, sent) {
				t.Errorf("%s with %d bytes: HTTP %d %s, %d bytes arrived at %s", u.path, size, a.code, shortened(a.body), len(file), h.method.FullName())
				continue
			}
			if field(options, "file_name") != "a.csv" || field(options, "validate_only") != "true" || h.metadata.Get("authorization")[0] != "Bearer mine" {
				t.Errorf("%s: options %v, metadata %v", u.path, options, h.metadata)
			}
		}
	}
}

func TestAnUploadTakesItsIDFromTheHeader(t *testing.T) {
	var options proto.Message
	w := open(t, staged(t, func(o proto.Message, _ []byte) { options = o }))
	for _, u := range uploads {
		name, parameter := "request_id", "requestId"
		if strings.Contains(u.path, "reports") {
			name, parameter = "stream_id", "streamId"
		}
		for _, c := range []struct{ query, header, want string }{
			{"", oneID, oneID},
			{"?" + parameter + "=" + oneID, "", oneID},
			{"?" + name + "=" + oneID, oneID, oneID},
		} {
			if a := w.ask("POST", u.path+c.query, "x", "Idempotency-Key: "+c.header); a.code != 200 || field(options, name) != c.want {
				t.Errorf("%s%s, Idempotency-Key %q: HTTP %d %s, options %v", u.path, c.query, c.header, a.code, a.body, options)
			}
		}
		if w.ask("POST", u.path, "x"); len(field(options, name)) != len(oneID) {
			t.Errorf("%s without an id: options %v", u.path, options)
		}
		w.last()
		w.ask("POST", u.path+"?"+parameter+"="+oneID, "x", "Idempotency-Key: "+otherID).refused(t, u.path+" with two ids", 400, "REQUEST_ID_TWICE")
		w.ask("POST", u.path, "x", `If-Match: "7"`).refused(t, u.path+" with an etag", 400, "IF_MATCH_UNUSED")
		w.ask("POST", u.path+"?dryRun=true", "x").refused(t, u.path+" with a misspelled option", 400, "PARAMETER_UNKNOWN")
		w.ask("POST", u.path, "--x", "Content-Type: multipart/form-data; boundary=x").refused(t, u.path+" in an envelope", 415, "CONTENT_TYPE_UNSUPPORTED")
		w.ask("POST", u.path, "x", "Content-Encoding: gzip").refused(t, u.path+" packed", 415, "CONTENT_TYPE_UNSUPPORTED")
		w.silent(u.path)
	}
	for query, want := range map[string]string{"": "0", "?numberFormat=vi": "1", "?number_format=EN": "2", "?numberFormat=NUMBER_FORMAT_VI&draft=true&merge=true": "1"} {
		w.ask("POST", "/v1/reports:import"+query, "x")
		o := options.(*reportingv1.ImportReportsOptions)
		if got := fmt.Sprint(int(o.GetNumberFormat())); got != want || o.GetDraft() != strings.Contains(query, "draft") || o.GetMerge() != o.GetDraft() {
			t.Errorf("%s: options %v", query, o)
		}
	}
	w.ask("POST", "/v1/reports:import?numberFormat=de", "x").refused(t, "a number format that is none", 400, "PARAMETER_INVALID")
}

func TestAFileThatIsTooLargeIsNotTaken(t *testing.T) {
	taken := 0
	w := open(t, staged(t, func(proto.Message, []byte) { taken++ }))
	for _, u := range uploads {
		if testing.Short() && u.limit > 8<<20 {
			continue
		}
		if a := w.ask("POST", u.path, strings.Repeat(" ", u.limit)); a.code != 200 || taken != 1 {
			t.Errorf("%s with the limit: HTTP %d %s", u.path, a.code, shortened(a.body))
		}
		for _, body := range []io.Reader{strings.NewReader(strings.Repeat(" ", u.limit+1)), io.LimitReader(endless{}, int64(u.limit)+1)} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+u.path, body)
			if err != nil {
				t.Fatal(err)
			}
			w.do(r).refused(t, u.path+" with one byte more", http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
		}
		if taken != 1 {
			t.Errorf("%s: %d files were taken, want the first alone", u.path, taken)
		}
		taken = 0
	}
}

// TestHalfAFileIsNotTaken breaks off uploads in each way that HTTP has. A file of figures that ends in the middle of a
// line is a file too, so nothing after the gateway could tell.
func TestHalfAFileIsNotTaken(t *testing.T) {
	taken := 0
	w := open(t, staged(t, func(proto.Message, []byte) { taken++ }))
	for _, u := range uploads {
		for name, text := range map[string]string{
			"shorter than its length": "Content-Length: 1000\r\n\r\n" + strings.Repeat("x", 999),
			"chunk without its end":   "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + strings.Repeat("x", 999),
			"chunks without the last": "Transfer-Encoding: chunked\r\n\r\n3e7\r\n" + strings.Repeat("x", 999) + "\r\n",
			"chunk of no length":      "Transfer-Encoding: chunked\r\n\r\n5\r\nxxxxx\r\nzz\r\n",
		} {
			conn, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: a\r\n%s", u.path, text)
			if err != nil {
				t.Fatal(err)
			}
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Errorf("%s, %s: no answer: %v", u.path, name, err)
			} else {
				b, _ := io.ReadAll(resp.Body)
				if f := failureIn(string(b)); resp.StatusCode != 400 || f.reason() != "BODY_BROKEN" {
					t.Errorf("%s, %s: HTTP %d %s", u.path, name, resp.StatusCode, b)
				}
			}
			_ = conn.Close()
		}
	}
	if taken > 0 {
		t.Errorf("%d halves of files were taken", taken)
	}
}

func TestARefusalEndsAnUpload(t *testing.T) {
	w := open(t, func(heard, grpc.ServerStream) (proto.Message, error) {
		return nil, status.Error(codes.Unauthenticated, "who are you")
	})
	for _, u := range uploads {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+u.path, io.LimitReader(endless{}, 7<<20))
		if err != nil {
			t.Fatal(err)
		}
		a := w.do(r)
		a.refused(t, u.path, http.StatusUnauthorized, "CALL_FAILED")
		if a.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: no WWW-Authenticate", u.path)
		}
	}
}

// imported answers an upload of figures with a line that belongs to no report, outcomes and a summary; at breaks it off
// before that part.
func imported(t *testing.T, outcomes, at int) script {
	return func(h heard, stream grpc.ServerStream) (proto.Message, error) {
		if _, err := staged(t, func(proto.Message, []byte) {})(h, stream); err != nil {
			return nil, err
		}
		var parts []*reportingv1.ImportReportsResponse
		add := func(p *reportingv1.ImportReportsResponse) { parts = append(parts, p) }
		add(&reportingv1.ImportReportsResponse{Part: &reportingv1.ImportReportsResponse_Problem{Problem: &reportingv1.Problem{Reason: "PERIOD_INVALID", Line: 3}}})
		add(&reportingv1.ImportReportsResponse{Part: &reportingv1.ImportReportsResponse_Progress{Progress: &reportingv1.ImportProgress{Reports: int32(outcomes)}}})
		for i := range outcomes {
			add(&reportingv1.ImportReportsResponse{Part: &reportingv1.ImportReportsResponse_Outcome{Outcome: &reportingv1.SubmitOutcome{Index: int32(i), Kind: reportingv1.OutcomeKind_OUTCOME_KIND_CREATED}}})
		}
		add(&reportingv1.ImportReportsResponse{Part: &reportingv1.ImportReportsResponse_Summary{Summary: &reportingv1.ImportReportsSummary{Created: int32(outcomes)}}})
		for i, p := range parts {
			if i == at {
				return nil, status.Error(codes.Unavailable, "the store failed")
			}
			if err := stream.SendMsg(p); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
}

type importAnswer struct {
	Outcomes []struct {
		Index int
		Kind  string
	}
	Problems []struct {
		Reason string
		Line   int
	}
	Summary *struct{ Created, Refused int }
	Error   *failure
}

func TestTheAnswerToFiguresIsOneObject(t *testing.T) {
	for _, outcomes := range []int{0, 1, 2000} {
		w := open(t, imported(t, outcomes, -1))
		a := w.ask("POST", "/v1/reports:import", "x")
		var got importAnswer
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.code != 200 || a.header.Get("Content-Type") != "application/json" {
			t.Fatalf("HTTP %d, %v: %s", a.code, err, shortened(a.body))
		}
		if len(got.Outcomes) != outcomes || len(got.Problems) != 1 || got.Problems[0].Line != 3 || got.Summary == nil || got.Summary.Created != outcomes || got.Error != nil {
			t.Errorf("%d outcomes: %s", outcomes, shortened(a.body))
		}
		for i, o := range got.Outcomes {
			if o.Index != i || o.Kind != "OUTCOME_KIND_CREATED" {
				t.Fatalf("outcome %d is %+v", i, o)
			}
		}
		if !strings.Contains(a.body, `"outcomes":[`) || !strings.Contains(a.body, `"refused":0`) {
			t.Errorf("what is zero is left out: %s", shortened(a.body))
		}
	}
}

func TestAnAnswerThatBreaksOffSaysSo(t *testing.T) {
	w := open(t, imported(t, 3, 0))
	w.ask("POST", "/v1/reports:import", "x").refused(t, "broken before its first part", http.StatusServiceUnavailable, "CALL_FAILED")
	for at := 1; at <= 5; at++ {
		w := open(t, imported(t, 3, at))
		a := w.ask("POST", "/v1/reports:import", "x")
		var got importAnswer
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || got.Error == nil || got.Error.Code != 503 || got.Summary != nil || len(got.Outcomes) != max(at-2, 0) {
			t.Errorf("broken before part %d: HTTP %d, %v: %s", at, a.code, err, a.body)
		}
		lines := strings.Split(strings.TrimSuffix(w.ask("POST", "/v1/reports:import", "x", "Accept: application/x-ndjson").body, "\n"), "\n")
		if len(lines) != at+1 || failureIn(lines[at]).Code != 503 {
			t.Errorf("broken before part %d, in lines: %q", at, lines)
		}
	}
}

func TestTheAnswerToFiguresInLines(t *testing.T) {
	w := open(t, imported(t, 3, -1))
	a := w.ask("POST", "/v1/reports:import", "x", "Accept: application/x-ndjson")
	if a.code != 200 || a.header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("HTTP %d, %s", a.code, a.header.Get("Content-Type"))
	}
	var kinds []string
	for _, line := range strings.Split(strings.TrimSuffix(a.body, "\n"), "\n") {
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &object); err != nil || len(object) != 1 {
			t.Fatalf("a line is %q", line)
		}
		for kind := range object {
			kinds = append(kinds, kind)
		}
	}
	if got, want := strings.Join(kinds, " "), "problem progress outcome outcome outcome summary"; got != want {
		t.Errorf("the lines are %s, want %s", got, want)
	}
}
