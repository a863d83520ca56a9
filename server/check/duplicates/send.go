//go:build unix

package duplicates

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/line"
	"github.com/tonghop/tonghop/server/check/workload"
)

// sender is one of the people who send.
type sender struct {
	secret string
	lines  [lines]reportingv1.ReportServiceClient
	web    *http.Client
}

func newSender(l *line.Line, secret string) (*sender, error) {
	s := &sender{secret: secret, web: l.Web()}
	for i := range s.lines {
		conn, err := l.Dial(secret)
		if err != nil {
			return nil, err
		}
		s.lines[i] = reportingv1.NewReportServiceClient(conn)
	}
	return s, nil
}

// send sends a parcel or a part of it and hears the answers. After an error that is none of a broken promise nothing is
// known of what was not heard; a stream then goes on behind what was.
func (p *sender) send(ctx context.Context, s *sending) error {
	switch s.parcel.kind {
	case single:
		return p.single(ctx, s)
	case stream:
		return p.stream(ctx, s)
	case file:
		if s.json {
			return p.fileJSON(ctx, s)
		}
		return p.file(ctx, s)
	case batch, allOrNone:
		return p.batch(ctx, s)
	default:
		return p.review(ctx, s)
	}
}

// refusedAll makes a refusal of the whole call the answer to every item.
func (s *sending) refusedAll(err error) error {
	reason := line.ReasonOf(err)
	if reason == "" || passing(reason) {
		return err
	}
	for _, i := range s.items() {
		if err := i.hear(answer{kind: reportingv1.OutcomeKind_OUTCOME_KIND_REFUSED, reason: reason}, s.changed); err != nil {
			return err
		}
	}
	return nil
}

// passing are the reasons for which the same thing may be asked again a moment later.
func passing(reason string) bool {
	return reason == "OVERLOADED" || reason == "UPLOADS_BUSY" || reason == "STREAMS_BUSY"
}

func (s *sending) items() []*item { return s.parcel.items[s.from:s.to] }

func (p *sender) single(ctx context.Context, s *sending) error {
	q := s.items()[0].request(s.changed)
	a := &reportingv1.SubmitReportResponse{}
	var err error
	if s.json {
		path := "/v1/" + q.GetName() + ":submit"
		q.Name = ""
		err = line.Post(ctx, p.web, path, p.secret, s.parcel.id, q, a)
	} else {
		q.RequestId = s.parcel.id
		a, err = p.lines[s.line].SubmitReport(ctx, q)
	}
	if err := line.Heard(err); err != nil {
		return s.refusedAll(err)
	}
	return s.items()[0].hear(outcomeAnswer(a.GetOutcome()), s.changed)
}

func (p *sender) stream(ctx context.Context, s *sending) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	up, err := p.lines[s.line].StreamReports(ctx)
	if err != nil {
		return line.Heard(err)
	}
	items := s.items()
	go func() {
		// What cannot be sent is not answered, of which the receiver hears.
		_ = up.Send(&reportingv1.StreamReportsRequest{Part: &reportingv1.StreamReportsRequest_Options{
			Options: &reportingv1.StreamOptions{StreamId: s.parcel.id},
		}})
		first := s.to - len(items)
		for n, i := range items {
			if up.Send(&reportingv1.StreamReportsRequest{Part: &reportingv1.StreamReportsRequest_Item{Item: &reportingv1.StreamItem{
				Index: int32(first + n), Submission: i.request(s.changed), //nolint:gosec // a few
			}}}) != nil {
				return
			}
		}
		_ = up.CloseSend()
	}()
	for s.from < s.to {
		a, err := up.Recv()
		if err != nil {
			return line.Heard(err)
		}
		if int(a.GetOutcome().GetIndex()) != s.from {
			return check.Broken("stream %s: the outcome of item %d came where that of %d was due", s.parcel.id, a.GetOutcome().GetIndex(), s.from)
		}
		if err := s.parcel.items[s.from].hear(outcomeAnswer(a.GetOutcome()), s.changed); err != nil {
			return err
		}
		s.from++
	}
	if a, err := up.Recv(); !errors.Is(err, io.EOF) {
		return errors.Join(line.Heard(err), fmt.Errorf("the stream went on with %v", a))
	}
	return nil
}

func (p *sender) file(ctx context.Context, s *sending) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	up, err := p.lines[s.line].ImportReports(ctx)
	if err != nil {
		return line.Heard(err)
	}
	parts := []*reportingv1.ImportReportsRequest{{Part: &reportingv1.ImportReportsRequest_Options{Options: s.options(s.parcel.id)}}}
	for _, i := range s.items() {
		if i.etag != "" {
			parts = append(parts, &reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Seen{
				Seen: &reportingv1.SeenReport{Name: i.report.Name(), Etag: i.etag},
			}})
		}
	}
	parts = append(parts, &reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Chunk{Chunk: s.rows()}})
	for _, part := range parts {
		if up.Send(part) != nil {
			break // the receiver hears why
		}
	}
	_ = up.CloseSend() // as above
	for {
		a, err := up.Recv()
		if err != nil {
			return line.Heard(err)
		}
		if o := a.GetOutcome(); o != nil {
			if err := s.heard(int(o.GetIndex()), o); err != nil {
				return err
			}
		}
		if a.GetProblem() != nil {
			return check.Broken("file %s: a line belongs to no report: %s", s.parcel.id, a.GetProblem())
		}
		if a.GetSummary() != nil {
			return nil
		}
	}
}

// heard is the outcome with a number in a file or batch.
func (s *sending) heard(n int, o *reportingv1.SubmitOutcome) error {
	if n < 0 || n >= len(s.items()) {
		return check.Broken("%s %s: there is an outcome %d of %d", s.parcel.kind, s.parcel.id, n, len(s.items()))
	}
	return s.items()[n].hear(outcomeAnswer(o), s.changed)
}

// options are those of a file. All items of a file are merged, or none is.
func (s *sending) options(id string) *reportingv1.ImportReportsOptions {
	return &reportingv1.ImportReportsOptions{StreamId: id, NumberFormat: reportingv1.NumberFormat_NUMBER_FORMAT_EN, Merge: s.parcel.items[0].merge}
}

// rows is the file.
func (s *sending) rows() []byte {
	var b strings.Builder
	b.WriteString("unit,form,period,indicator,value,numerator,denominator\n")
	for _, i := range s.items() {
		name := strings.FieldsFunc(i.report.Name(), func(r rune) bool { return r == '/' || r == '~' })
		for _, f := range i.request(s.changed).GetFigures() {
			fmt.Fprintf(&b, "%s,%s,%s,%s,%s,%s,%s\n", name[1], name[3], name[4], f.GetIndicator(), f.GetValue(), f.GetNumerator(), f.GetDenominator())
		}
	}
	return []byte(b.String())
}

func (p *sender) fileJSON(ctx context.Context, s *sending) error {
	path := "/v1/reports:import?numberFormat=NUMBER_FORMAT_EN"
	if s.parcel.items[0].merge {
		path += "&merge=true"
	}
	raw, err := line.PostRaw(ctx, p.web, path, p.secret, s.parcel.id, "text/csv", s.rows())
	if err != nil {
		return err
	}
	var all struct {
		Outcomes, Problems []json.RawMessage
		Summary, Error     json.RawMessage
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		return err
	}
	for n, content := range all.Outcomes {
		o := &reportingv1.SubmitOutcome{}
		if err := protojson.Unmarshal(content, o); err != nil {
			return err
		}
		if err := s.heard(n, o); err != nil {
			return err
		}
	}
	switch {
	case len(all.Problems) > 0:
		return check.Broken("file %s: a line belongs to no report: %s", s.parcel.id, all.Problems[0])
	case all.Summary == nil: // it broke off
		return fmt.Errorf("the answer ends with %s", all.Error)
	case len(all.Outcomes) != len(s.items()):
		return check.Broken("file %s: %d outcomes of %d", s.parcel.id, len(all.Outcomes), len(s.items()))
	}
	return nil
}

func (p *sender) batch(ctx context.Context, s *sending) error {
	q := &reportingv1.BatchSubmitReportsRequest{Atomic: s.parcel.kind == allOrNone}
	for _, i := range s.items() {
		q.Requests = append(q.Requests, i.request(s.changed))
	}
	a := &reportingv1.BatchSubmitReportsResponse{}
	var err error
	if s.json {
		err = line.Post(ctx, p.web, "/v1/reports:batchSubmit", p.secret, s.parcel.id, q, a)
	} else {
		q.RequestId = s.parcel.id
		a, err = p.lines[s.line].BatchSubmitReports(ctx, q)
	}
	if err := line.Heard(err); err != nil {
		return s.refusedAll(err)
	}
	if len(a.GetOutcomes()) != len(s.items()) {
		return check.Broken("batch %s: %d outcomes of %d", s.parcel.id, len(a.GetOutcomes()), len(s.items()))
	}
	for n, o := range a.GetOutcomes() {
		if err := s.heard(n, o); err != nil {
			return err
		}
	}
	return nil
}

func (p *sender) review(ctx context.Context, s *sending) error {
	i := s.items()[0]
	etag := i.etag
	if s.changed {
		etag = fmt.Sprintf("%d-approved", i.revision+1)
	}
	verb, id := "approve", s.parcel.id
	var q proto.Message = &reportingv1.ApproveReportRequest{Etag: etag}
	if s.parcel.kind == giveBack {
		verb, q = "return", &reportingv1.ReturnReportRequest{Etag: etag, Reason: reasonOf(i)}
	}
	a := &reportingv1.Report{}
	var err error
	switch q := q.(type) {
	case *reportingv1.ApproveReportRequest:
		if !s.json {
			q.Name, q.RequestId = i.report.Name(), id
			a, err = p.lines[s.line].ApproveReport(ctx, q)
		}
	case *reportingv1.ReturnReportRequest:
		if !s.json {
			q.Name, q.RequestId = i.report.Name(), id
			a, err = p.lines[s.line].ReturnReport(ctx, q)
		}
	}
	if s.json {
		err = line.Post(ctx, p.web, "/v1/"+i.report.Name()+":"+verb, p.secret, id, q, a)
	}
	if err := line.Heard(err); err != nil {
		return s.refusedAll(err)
	}
	return i.hear(reviewAnswer(a), s.changed)
}

// reasonOf is why a revision is sent back.
func reasonOf(i *item) string { return fmt.Sprintf("Kiểm tra lại lần %d", i.revision) }

// request is a submission as it is sent, without an id; another content has another first figure.
func (i *item) request(changed bool) *reportingv1.SubmitReportRequest {
	f := figuresOf(i.serial)
	if changed {
		f = figuresOf(-i.serial)
	}
	q := &reportingv1.SubmitReportRequest{Name: i.report.Name(), Etag: i.etag, Merge: i.merge}
	n := len(f)
	if i.merge {
		n = 1
	}
	for column, code := range []string{workload.Files, workload.Money, workload.People, workload.OnTime}[:n] {
		m := &reportingv1.Figure{Indicator: code}
		if x := f[column]; code == workload.OnTime {
			m.Numerator, m.Denominator = &x.Numerator, &x.Denominator
		} else {
			m.Value = &x.Value
		}
		q.Figures = append(q.Figures, m)
	}
	return q
}

// figuresOf are the figures of a serial number.
func figuresOf(serial int64) []workload.Figure {
	return []workload.Figure{
		{Value: fmt.Sprint(serial)},
		{Value: hundredths(100*serial + 25)},
		{Value: fmt.Sprint(3 * serial)},
		{Numerator: hundredths(100*serial + 50), Denominator: hundredths(400 * serial)},
	}
}

// hundredths writes a number with two decimals.
func hundredths(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}
