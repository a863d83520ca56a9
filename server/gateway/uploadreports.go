package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type reportsStream = grpc.BidiStreamingClient[reportingv1.ImportReportsRequest, reportingv1.ImportReportsResponse]

// importReports answers the upload of figures.csv. HTTP/1 cannot read and write at once, so the answer begins when the
// file is through; the server does not write before either.
func (g *Gateway) importReports(w http.ResponseWriter, r *http.Request, _ map[string]string) {
	options := &reportingv1.ImportReportsOptions{}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel() // an upload whose end was not sent is dropped, never taken for whole
	ctx, err := g.openUpload(ctx, r, reportingv1.ReportService_ImportReports_FullMethodName, options)
	if err != nil {
		g.refuse(r.Context(), w, err)
		return
	}
	stream, err := reportingv1.NewReportServiceClient(g.conn).ImportReports(ctx)
	if err == nil {
		err = sendFigures(w, r, stream, options)
	}
	var first *reportingv1.ImportReportsResponse
	if err == nil {
		// Until the first part has come an error can still have its own HTTP status.
		first, err = stream.Recv()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		g.refuse(r.Context(), w, err)
		return
	}
	answer := partWriter(&oneObject{w: w})
	if askedIn(ctx).lines {
		answer = &lines{w: w}
	}
	if err := copyParts(ctx, stream, first, answer); err != nil {
		g.log.InfoContext(r.Context(), "the answer to an upload broke off", "error", err)
	}
}

// sendFigures sends the file and says that it is whole.
func sendFigures(w http.ResponseWriter, r *http.Request, stream reportsStream, options *reportingv1.ImportReportsOptions) error {
	err := stream.Send(&reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Options{Options: options}})
	if err == nil {
		err = pipe(w, r, maxFigures, func(b []byte) error {
			return stream.Send(&reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Chunk{Chunk: b}})
		})
	}
	if errors.Is(err, io.EOF) {
		return nil // the server takes no more; what it answers says why
	}
	if err != nil {
		return err
	}
	return stream.CloseSend()
}

// partWriter writes the parts of an answer as they come.
type partWriter interface {
	part(p *reportingv1.ImportReportsResponse) error
	// end closes the answer; nil, or what broke it off as JSON.
	end(broke []byte) error
}

// copyParts writes all parts; first is nil if there is none. It gives an error when nobody reads any more.
func copyParts(ctx context.Context, stream reportsStream, first *reportingv1.ImportReportsResponse, to partWriter) error {
	next, err := first, error(nil)
	if first == nil {
		err = io.EOF
	}
	for err == nil {
		if err := to.part(next); err != nil {
			return err
		}
		next, err = stream.Recv()
	}
	if errors.Is(err, io.EOF) {
		return to.end(nil)
	}
	broke, err := json.Marshal(formOf(statusOf(ctx, err)).Error)
	if err != nil {
		return err
	}
	return to.end(broke)
}

// lines writes one JSON object a line, each an ImportReportsResponse.
type lines struct{ w http.ResponseWriter }

func (l *lines) part(p *reportingv1.ImportReportsResponse) error {
	l.w.Header().Set("Content-Type", typeLines)
	b, err := marshalJSON(p)
	if err != nil {
		return err
	}
	if _, err := l.w.Write(append(b, '\n')); err != nil || p.GetOutcome() != nil {
		return err // outcomes go out with the next part that says how far it is
	}
	return flush(l.w)
}

func (l *lines) end(broke []byte) error {
	if broke == nil {
		return nil
	}
	_, err := l.w.Write(bytes.Join([][]byte{[]byte(`{"error":`), broke, []byte("}\n")}, nil))
	return err
}

// oneObject writes one JSON object. Outcomes, of which there are many, are written as they come; what belongs to no
// report is little (the server tells the first lines and counts the rest) and waits for its place.
type oneObject struct {
	w        http.ResponseWriter
	begun    bool
	outcomes int
	problems [][]byte
	summary  []byte
}

func (o *oneObject) part(p *reportingv1.ImportReportsResponse) error {
	var err error
	switch part := p.GetPart().(type) {
	case *reportingv1.ImportReportsResponse_Outcome:
		var b []byte
		if b, err = marshalJSON(part.Outcome); err != nil {
			return err
		}
		separator := ","
		if o.outcomes == 0 {
			separator = o.head()
		}
		o.outcomes++
		_, err = o.w.Write(append([]byte(separator), b...))
	case *reportingv1.ImportReportsResponse_Problem:
		var b []byte
		b, err = marshalJSON(part.Problem)
		o.problems = append(o.problems, b)
	case *reportingv1.ImportReportsResponse_Summary:
		o.summary, err = marshalJSON(part.Summary)
	}
	return err
}

// head is how the answer begins.
func (o *oneObject) head() string {
	o.begun = true
	o.w.Header().Set("Content-Type", typeJSON)
	return `{"outcomes":[`
}

func (o *oneObject) end(broke []byte) error {
	var b bytes.Buffer
	if !o.begun {
		b.WriteString(o.head())
	}
	b.WriteString(`],"problems":[`)
	b.Write(bytes.Join(o.problems, []byte(",")))
	b.WriteByte(']')
	if o.summary != nil {
		b.WriteString(`,"summary":`)
		b.Write(o.summary)
	}
	if broke != nil {
		b.WriteString(`,"error":`)
		b.Write(broke)
	}
	b.WriteByte('}')
	_, err := o.w.Write(b.Bytes())
	return err
}

func flush(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() }
