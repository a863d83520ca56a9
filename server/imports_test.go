package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// importCase is a case of testdata/imports.txt, which says how it is written.
type importCase struct {
	name  string
	steps []string
}

func readImportCases(t *testing.T) []importCase {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "imports.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []importCase
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		name, begins := strings.CutPrefix(line, "case ")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case begins:
			cases = append(cases, importCase{name: name})
		default:
			last := &cases[len(cases)-1]
			last.steps = append(last.steps, line)
		}
	}
	return cases
}

// importDoor is one way in. It gives an outcome for each request, in words; preview asks for a dry run.
type importDoor struct {
	name string
	send func(p *province, id string, preview bool, requests ...*reportingv1.SubmitReportRequest) []string
}

var importDoors = []importDoor{{"gRPC", byUnary}, {"stream", byStream}, {"JSON", byJSON}}

// TestImportCases plays every case through the three doors.
func TestImportCases(t *testing.T) {
	cases := readImportCases(t)
	for _, door := range importDoors {
		p := toldOf(t, "rules")
		at := p.clock.Load()
		p.at("2024-03-10 09:00")
		if p.clock.Load() < at {
			t.Fatal("the story is told to a later day")
		}
		for i, c := range cases {
			t.Run(door.name+"/"+c.name, func(t *testing.T) {
				p.t = t
				play := importPlay{province: p, door: door, period: fmt.Sprintf("%d-06", 2001+i)}
				play.before = p.entries()
				for _, step := range c.steps {
					play.step(step)
				}
			})
		}
		p.t = t
	}
}

// TestTheTableOfImportCasesIsWhole holds the table of the handbook against the cases: a row for each, and none besides.
func TestTheTableOfImportCasesIsWhole(t *testing.T) {
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(b), "## Sending, again and otherwise")
	table, _, _ = strings.Cut(table, "\n## ")
	if !found {
		t.Fatal("README.md has no such table")
	}
	var rows []string
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || strings.HasPrefix(cells[1], "---") || strings.TrimSpace(cells[1]) == "case" {
			continue
		}
		rows = append(rows, strings.TrimSpace(cells[1]))
		if strings.TrimSpace(cells[2]) == "" {
			t.Errorf("the row %q says nothing", cells[1])
		}
	}
	var names []string
	for _, c := range readImportCases(t) {
		names = append(names, c.name)
	}
	if !slices.Equal(rows, names) {
		t.Errorf("README.md has the rows\n%s\nand testdata/imports.txt the cases\n%s", strings.Join(rows, "\n"), strings.Join(names, "\n"))
	}
}

// importPlay is one case through one door.
type importPlay struct {
	*province
	door   importDoor
	period string
	before int64
	// last is the id of the request before.
	last string
}

func (p *importPlay) name() string { return "units/A/reports/thang~" + p.period }

func (p *importPlay) step(line string) {
	p.t.Helper()
	words := strings.Fields(line)
	switch words[0] {
	case "send", "repeat":
		p.sends(line, words)
	case "both":
		p.sendsBoth(line)
	case "approve", "return":
		p.reviews(words[0])
	case "counts":
		if got := p.counts(); got != words[1] {
			p.t.Errorf("HS counts %s, want %s", got, words[1])
		}
	case "entries":
		if got := fmt.Sprint(p.entries() - p.before); got != words[1] {
			p.t.Errorf("the case made %s entries, want %s", got, words[1])
		}
	default:
		p.t.Fatalf("no line says %q", line)
	}
}

// current gives the etag of what is there for whoever sends, a draft of his own included.
func (p *importPlay) current() string {
	p.t.Helper()
	report, err := reportingv1.NewReportServiceClient(p.conn).GetReport(p.by("reporterA"), &reportingv1.GetReportRequest{Name: p.name()})
	if err != nil {
		p.t.Fatal(err)
	}
	return report.GetEtag()
}

// figuresOf reads the figures of a line.
func figuresOf(words []string) []*reportingv1.Figure {
	figures := figuresIn(words)
	for i, w := range words {
		if strings.HasSuffix(w, "=null") {
			figures[i].Value = nil
		}
	}
	return figures
}

func (p *importPlay) sends(line string, words []string) {
	p.t.Helper()
	_, want, _ := strings.Cut(line, " = ")
	request, preview, packed := &reportingv1.SubmitReportRequest{Name: p.name()}, false, false
	var figures []string
	for _, w := range words[1:] {
		switch w {
		case "+etag":
			request.Etag = p.current()
		case "+stale": // of the first revision, which is not the newest
			request.Etag = "1-submitted"
		case "+merge":
			request.Merge = true
		case "+draft":
			request.Draft = true
		case "+dry":
			preview = true
		case "+packed":
			packed = true
		default:
			figures = append(figures, w)
		}
		if w == "=" {
			figures = figures[:len(figures)-1]
			break
		}
	}
	request.Figures = figuresOf(figures)
	if packed {
		request.Packed, request.Figures = packedOf(request.GetFigures()), nil
	}
	if words[0] == "send" {
		p.last = p.requestID()
	}
	got := strings.Join(p.door.send(p.province, p.last, preview, request), ", ")
	if got = strings.ReplaceAll(got, "packed.", ""); got != want { // a stream names its columns itself
		p.t.Errorf("%s\ngives %s", line, got)
	}
}

// packedOf packs whole numbers.
func packedOf(figures []*reportingv1.Figure) *reportingv1.PackedFigures {
	m := &reportingv1.PackedFigures{}
	for _, f := range figures {
		n, _ := strconv.ParseInt(f.GetValue(), 10, 64) // what is none is 0, and refused or wrong
		m.Indicators, m.Amounts = append(m.GetIndicators(), f.GetIndicator()), append(m.GetAmounts(), n)
		if f.GetExplanation() != "" {
			m.Explanations = append(m.GetExplanations(), &reportingv1.FigureExplanation{Indicator: f.GetIndicator(), Text: f.GetExplanation()})
		}
	}
	return m
}

// sendsBoth sends one report twice at once.
func (p *importPlay) sendsBoth(line string) {
	p.t.Helper()
	sent, want, _ := strings.Cut(strings.TrimPrefix(line, "both "), " = ")
	doors, want, _ := strings.Cut(want, " ")
	if (doors == "stream") != (p.door.name == "stream") {
		return
	}
	var requests []*reportingv1.SubmitReportRequest
	for one := range strings.SplitSeq(sent, " / ") {
		requests = append(requests, &reportingv1.SubmitReportRequest{Name: p.name(), Figures: figuresOf(strings.Fields(one))})
	}
	if got := strings.Join(p.door.send(p.province, p.requestID(), false, requests...), ", "); got != want {
		p.t.Errorf("%s\ngives %s", line, got)
	}
}

func (p *importPlay) reviews(verb string) {
	p.t.Helper()
	reports := reportingv1.NewReportServiceClient(p.conn)
	var err error
	if verb == "approve" {
		_, err = reports.ApproveReport(p.by("admin"), &reportingv1.ApproveReportRequest{Name: p.name(), Etag: p.current(), RequestId: p.requestID()})
	} else {
		_, err = reports.ReturnReport(p.by("admin"), &reportingv1.ReturnReportRequest{
			Name: p.name(), Etag: p.current(), Reason: "Xem lại", RequestId: p.requestID(),
		})
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *importPlay) counts() string {
	p.t.Helper()
	answer, err := reportingv1.NewRollupServiceClient(p.conn).QueryRollups(p.by("admin"), &reportingv1.QueryRollupsRequest{
		Units: []string{"82"}, Indicators: []string{"HS"}, Periods: []string{p.period}, Basis: reportingv1.Basis_BASIS_PROVISIONAL,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	r := answer.GetRollups()[0]
	if r.Value == nil {
		return strings.TrimPrefix(r.GetState().String(), "ROLLUP_STATE_")
	}
	return r.GetValue()
}

// outcomeWords says an outcome as the cases do.
func outcomeWords(o *reportingv1.SubmitOutcome) string {
	words := []string{strings.TrimPrefix(o.GetKind().String(), "OUTCOME_KIND_")}
	for _, problem := range o.GetProblems() {
		words = append(words, problem.GetReason(), problem.GetField())
	}
	return strings.Join(words, " ")
}

// refusedWords says a refusal of a call as the refusal of its one report.
func refusedWords(info *errdetails.ErrorInfo, fields *errdetails.BadRequest) string {
	words := []string{"REFUSED"}
	for _, v := range fields.GetFieldViolations() {
		words = append(words, v.GetReason(), v.GetField())
	}
	if len(fields.GetFieldViolations()) == 0 {
		words = append(words, info.GetReason())
	}
	return strings.Join(words, " ")
}

func byUnary(p *province, id string, preview bool, requests ...*reportingv1.SubmitReportRequest) []string {
	p.t.Helper()
	reports := reportingv1.NewReportServiceClient(p.conn)
	if len(requests) > 1 {
		answer, err := reports.BatchSubmitReports(p.by("reporterA"), &reportingv1.BatchSubmitReportsRequest{Requests: requests, RequestId: id, ValidateOnly: preview})
		if err != nil {
			p.t.Fatal(err)
		}
		return outcomesWords(answer.GetOutcomes())
	}
	requests[0].RequestId, requests[0].ValidateOnly = id, preview
	answer, err := reports.SubmitReport(p.by("reporterA"), requests[0])
	if err == nil {
		return []string{outcomeWords(answer.GetOutcome())}
	}
	var info *errdetails.ErrorInfo
	var fields *errdetails.BadRequest
	s, _ := status.FromError(err)
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			info = d
		case *errdetails.BadRequest:
			fields = d
		}
	}
	return []string{refusedWords(info, fields)}
}

func outcomesWords(list []*reportingv1.SubmitOutcome) []string {
	words := make([]string, len(list))
	for i, o := range list {
		words[i] = outcomeWords(o)
	}
	return words
}

func byStream(p *province, id string, preview bool, requests ...*reportingv1.SubmitReportRequest) []string {
	p.t.Helper()
	stream, err := reportingv1.NewReportServiceClient(p.conn).StreamReports(p.by("reporterA"))
	if err != nil {
		p.t.Fatal(err)
	}
	options := &reportingv1.StreamOptions{StreamId: id, ValidateOnly: preview}
	parts := []*reportingv1.StreamReportsRequest{{Part: &reportingv1.StreamReportsRequest_Options{Options: options}}}
	for i, r := range requests {
		item := &reportingv1.StreamItem{Index: int32(i), Submission: r} //nolint:gosec // one or two
		if m := r.GetPacked(); m != nil {
			for _, code := range m.GetIndicators() {
				options.Columns = append(options.GetColumns(), &reportingv1.AmountColumn{Indicator: code})
			}
			item.Amounts, item.Explanations, r.Packed = m.GetAmounts(), m.GetExplanations(), nil
		}
		parts = append(parts, &reportingv1.StreamReportsRequest{Part: &reportingv1.StreamReportsRequest_Item{Item: item}})
	}
	for _, part := range parts {
		if err := stream.Send(part); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		p.t.Fatal(err)
	}
	var words []string
	for range requests {
		answer, err := stream.Recv()
		if err != nil {
			p.t.Fatal(err)
		}
		words = append(words, outcomeWords(answer.GetOutcome()))
	}
	return words
}

func byJSON(p *province, id string, preview bool, requests ...*reportingv1.SubmitReportRequest) []string {
	p.t.Helper()
	if len(requests) > 1 {
		answer := &reportingv1.BatchSubmitReportsResponse{}
		body, err := protojson.Marshal(&reportingv1.BatchSubmitReportsRequest{Requests: requests, ValidateOnly: preview})
		if err != nil {
			p.t.Fatal(err)
		}
		if code, text := p.post("/v1/reports:batchSubmit", id, body); code != http.StatusOK || protojson.Unmarshal(text, answer) != nil {
			p.t.Fatalf("HTTP %d %s", code, text)
		}
		return outcomesWords(answer.GetOutcomes())
	}
	r := requests[0]
	path := "/v1/" + r.GetName() + ":submit"
	r.Name, r.ValidateOnly = "", preview
	body, err := protojson.Marshal(r)
	if err != nil {
		p.t.Fatal(err)
	}
	code, text := p.post(path, id, body)
	if code == http.StatusOK {
		answer := &reportingv1.SubmitReportResponse{}
		if err := protojson.Unmarshal(text, answer); err != nil {
			p.t.Fatal(err)
		}
		return []string{outcomeWords(answer.GetOutcome())}
	}
	var refused struct {
		Error struct{ Details []json.RawMessage }
	}
	if err := json.Unmarshal(text, &refused); err != nil {
		p.t.Fatalf("HTTP %d %s", code, text)
	}
	info, fields := &errdetails.ErrorInfo{}, &errdetails.BadRequest{}
	for _, d := range refused.Error.Details {
		switch {
		case bytes.Contains(d, []byte("ErrorInfo")):
			_ = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(d, info)
		case bytes.Contains(d, []byte("BadRequest")):
			_ = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(d, fields)
		}
	}
	return []string{refusedWords(info, fields)}
}

// post sends a body as reporterA.
func (p *province) post(path, id string, body []byte) (int, []byte) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.http+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.secrets["reporterA"])
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", id)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var b bytes.Buffer
	if _, err := b.ReadFrom(answer.Body); err != nil {
		p.t.Fatal(err)
	}
	return answer.StatusCode, b.Bytes()
}
