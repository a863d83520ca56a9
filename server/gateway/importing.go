package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/rpc"
)

// chunkBytes is how much of a file one message carries.
const chunkBytes = 128 << 10

// upload is a file on its way from the body into a stream.
type upload struct {
	gate  *gate
	w     http.ResponseWriter
	r     *http.Request
	ctx   context.Context //nolint:containedctx // an upload lives inside one request
	limit int64
	query url.Values
	// id is the Idempotency-Key, or a new one.
	id    string
	wrong fault.List
}

// newUpload reads what stands before the body, whose options are query parameters. It begins the call by the same rules
// as every other one: the headers that pass are the same.
func (g *gate) newUpload(w http.ResponseWriter, r *http.Request, method string, limit int64) (*upload, error) {
	t, err := newTrip(r)
	if err != nil {
		return nil, err
	}
	if t.match != "" {
		return nil, fault.Invalid("IF_MATCH_NOT_HERE", "nothing here has an etag, so the header If-Match cannot be held; leave it out")
	}
	if err := checkType(r.Header.Get("Content-Type")); err != nil {
		return nil, err
	}
	if r.ContentLength > limit {
		return nil, bodyTooLarge(limit)
	}
	ctx, err := runtime.AnnotateContext(r.Context(), g.mux, r, method)
	if err != nil {
		return nil, malformed(err.Error())
	}
	u := &upload{gate: g, w: w, r: r, ctx: ctx, limit: limit, query: t.query, id: t.key}
	if u.id == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, fault.Internal(err, "no request id could be made")
		}
		u.id = id.String()
	}
	return u, nil
}

// checkType refuses what is surely no CSV. Anything else is taken: programs name CSV by many types, or by that of a form.
func checkType(header string) error {
	kind, _, err := mime.ParseMediaType(header)
	if header == "" || err == nil && kind != "application/json" && !strings.HasPrefix(kind, "multipart/") {
		return nil
	}
	return fault.Invalid(reasonBodyType, "the body must be the file itself, as text/csv, and not %q", shorten(header)).
		With("value", shorten(header))
}

// flag reads a parameter that is true or false; the name alone is true.
func (u *upload) flag(names ...string) bool {
	set := false
	for _, name := range names {
		values, given := u.query[name]
		if !given {
			continue
		}
		value, err := true, error(nil)
		if values[0] != "" {
			value, err = strconv.ParseBool(values[0])
		}
		if err != nil || len(values) > 1 {
			u.wrong.Add(fault.Invalid("QUERY_VALUE", "the query parameter %s is true or false, once", name).With("parameter", name).In(name))
		}
		set = set || value
	}
	return set
}

// word reads a parameter of text.
func (u *upload) word(name string) string {
	if len(u.query[name]) > 1 {
		u.wrong.Add(fault.Invalid("QUERY_VALUE", "the query parameter %s may stand once", name).With("parameter", name).In(name))
	}
	return u.query.Get(name)
}

// only refuses parameters that nothing reads.
func (u *upload) only(names ...string) error {
	for name := range u.query {
		if !slices.Contains(names, name) {
			u.wrong.Add(fault.Invalid("QUERY_UNKNOWN", "the query parameter %q is unknown here; see /openapi.json for those that are", shorten(name)).
				With("parameter", shorten(name)))
		}
	}
	return u.wrong.Err()
}

// send passes the body on in chunks. Each may take its time, but not for ever. An io.EOF of the stream means that the
// server has said its last word already, which is then to be received.
func (u *upload) send(chunk func([]byte) error) error {
	rc := http.NewResponseController(u.w)
	body := http.MaxBytesReader(u.w, u.r.Body, u.limit)
	buffer := make([]byte, chunkBytes)
	for {
		_ = rc.SetReadDeadline(u.gate.now().Add(quiet)) //nolint:errcheck // not every connection has deadlines
		n, err := io.ReadFull(body, buffer)
		if n > 0 {
			if err := chunk(buffer[:n]); err != nil && !errors.Is(err, io.EOF) {
				return err
			} else if err != nil {
				return nil
			}
		}
		var tooLarge *http.MaxBytesError
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case errors.As(err, &tooLarge):
			return bodyTooLarge(u.limit)
		case err != nil:
			return malformed("the body broke off")
		}
	}
}

// answer writes the summary.
func (u *upload) answer(b []byte) {
	u.w.Header().Set("Content-Type", "application/json")
	_, _ = u.w.Write(append(b, '\n')) //nolint:errcheck // nobody is left to tell
}

// importStream is what the uploads of the three catalogue files have in common.
type importStream[T any] interface {
	Send(m *T) error
	CloseAndRecv() (*reportingv1.ImportSummary, error)
}

// importCatalogue passes a catalogue file on. Both makers give a message of the stream.
func importCatalogue[T any](
	u *upload, open func(ctx context.Context) (importStream[T], error),
	options func(*reportingv1.ImportOptions) *T, chunk func([]byte) *T,
) error {
	first := &reportingv1.ImportOptions{RequestId: u.id, ValidateOnly: u.flag("validate_only", "dry_run"), FileName: u.word("file_name")}
	if err := u.only("validate_only", "dry_run", "file_name"); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(u.ctx)
	defer cancel() // an upload that breaks off must not wait for its end
	stream, err := open(ctx)
	if err != nil {
		return err
	}
	if err := stream.Send(options(first)); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := u.send(func(b []byte) error { return stream.Send(chunk(b)) }); err != nil {
		return err
	}
	summary, err := stream.CloseAndRecv()
	if err != nil {
		return err
	}
	b, err := newCodec().Marshal(summary)
	if err != nil {
		return err
	}
	u.answer(b)
	return nil
}

func importUnits(g *gate, w http.ResponseWriter, r *http.Request) {
	u, err := g.newUpload(w, r, reportingv1.UnitService_ImportUnits_FullMethodName, rpc.MaxCatalogueFile)
	if err == nil {
		err = importCatalogue(u, func(ctx context.Context) (importStream[reportingv1.ImportUnitsRequest], error) {
			return reportingv1.NewUnitServiceClient(g.conn).ImportUnits(ctx)
		}, func(o *reportingv1.ImportOptions) *reportingv1.ImportUnitsRequest {
			return &reportingv1.ImportUnitsRequest{Part: &reportingv1.ImportUnitsRequest_Options{Options: o}}
		}, func(b []byte) *reportingv1.ImportUnitsRequest {
			return &reportingv1.ImportUnitsRequest{Part: &reportingv1.ImportUnitsRequest_Chunk{Chunk: b}}
		})
	}
	failed(w, r, err)
}

func importIndicators(g *gate, w http.ResponseWriter, r *http.Request) {
	u, err := g.newUpload(w, r, reportingv1.IndicatorService_ImportIndicators_FullMethodName, rpc.MaxCatalogueFile)
	if err == nil {
		err = importCatalogue(u, func(ctx context.Context) (importStream[reportingv1.ImportIndicatorsRequest], error) {
			return reportingv1.NewIndicatorServiceClient(g.conn).ImportIndicators(ctx)
		}, func(o *reportingv1.ImportOptions) *reportingv1.ImportIndicatorsRequest {
			return &reportingv1.ImportIndicatorsRequest{Part: &reportingv1.ImportIndicatorsRequest_Options{Options: o}}
		}, func(b []byte) *reportingv1.ImportIndicatorsRequest {
			return &reportingv1.ImportIndicatorsRequest{Part: &reportingv1.ImportIndicatorsRequest_Chunk{Chunk: b}}
		})
	}
	failed(w, r, err)
}

func importForms(g *gate, w http.ResponseWriter, r *http.Request) {
	u, err := g.newUpload(w, r, reportingv1.FormService_ImportForms_FullMethodName, rpc.MaxCatalogueFile)
	if err == nil {
		err = importCatalogue(u, func(ctx context.Context) (importStream[reportingv1.ImportFormsRequest], error) {
			return reportingv1.NewFormServiceClient(g.conn).ImportForms(ctx)
		}, func(o *reportingv1.ImportOptions) *reportingv1.ImportFormsRequest {
			return &reportingv1.ImportFormsRequest{Part: &reportingv1.ImportFormsRequest_Options{Options: o}}
		}, func(b []byte) *reportingv1.ImportFormsRequest {
			return &reportingv1.ImportFormsRequest{Part: &reportingv1.ImportFormsRequest_Chunk{Chunk: b}}
		})
	}
	failed(w, r, err)
}

func importReports(g *gate, w http.ResponseWriter, r *http.Request) {
	u, err := g.newUpload(w, r, reportingv1.ReportService_ImportReports_FullMethodName, rpc.MaxFiguresFile)
	if err == nil {
		err = u.reports()
	}
	failed(w, r, err)
}

func failed(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		fail(w, r, err)
	}
}

// numberFormats are the words of the query.
var numberFormats = map[string]reportingv1.NumberFormat{
	"":   reportingv1.NumberFormat_NUMBER_FORMAT_UNSPECIFIED,
	"vi": reportingv1.NumberFormat_NUMBER_FORMAT_VI,
	"en": reportingv1.NumberFormat_NUMBER_FORMAT_EN,
}

// reportsAnswer is what an upload of figures comes to: everything that the stream told, progress apart.
type reportsAnswer struct {
	Outcomes []json.RawMessage `json:"outcomes"`
	Problems []json.RawMessage `json:"problems"`
	Summary  json.RawMessage   `json:"summary"`
}

// reports passes a file of figures on.
func (u *upload) reports() error {
	format, known := numberFormats[u.word("number_format")]
	if !known {
		u.wrong.Add(fault.Invalid("NUMBER_FORMAT_UNKNOWN", "number format %q: give vi (1.234,5) or en (1,234.5)", shorten(u.word("number_format"))).
			With("value", shorten(u.word("number_format"))).In("number_format"))
	}
	if id := u.word("stream_id"); id != "" {
		if u.r.Header.Get("Idempotency-Key") != "" && id != u.id {
			u.wrong.Add(fault.Invalid("IDEMPOTENCY_KEY_DIFFERS", "the header Idempotency-Key and the parameter stream_id differ; send one of the two").
				In("stream_id"))
		}
		u.id = id
	}
	first := &reportingv1.ImportReportsOptions{
		StreamId: u.id, FileName: u.word("file_name"), NumberFormat: format,
		Draft: u.flag("draft"), Merge: u.flag("merge"), ValidateOnly: u.flag("validate_only", "dry_run"),
	}
	if err := u.only("stream_id", "file_name", "number_format", "draft", "merge", "validate_only", "dry_run"); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(u.ctx)
	defer cancel()
	stream, err := reportingv1.NewReportServiceClient(u.gate.conn).ImportReports(ctx)
	if err != nil {
		return err
	}
	if err := stream.Send(&reportingv1.ImportReportsRequest{
		Part: &reportingv1.ImportReportsRequest_Options{Options: first},
	}); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := u.send(func(b []byte) error {
		return stream.Send(&reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Chunk{Chunk: b}})
	}); err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	return u.collect(stream.Recv)
}

// collect gathers what the stream tells, so that an error that comes at the end is still the answer.
func (u *upload) collect(recv func() (*reportingv1.ImportReportsResponse, error)) error {
	codec := newCodec()
	gathered := reportsAnswer{Outcomes: []json.RawMessage{}, Problems: []json.RawMessage{}}
	add := func(list *[]json.RawMessage, m proto.Message) error {
		b, err := codec.Marshal(m)
		*list = append(*list, b)
		return err
	}
	for {
		m, err := recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch part := m.GetPart().(type) {
		case *reportingv1.ImportReportsResponse_Outcome:
			err = add(&gathered.Outcomes, part.Outcome)
		case *reportingv1.ImportReportsResponse_Problem:
			err = add(&gathered.Problems, part.Problem)
		case *reportingv1.ImportReportsResponse_Summary:
			gathered.Summary, err = codec.Marshal(part.Summary)
		}
		if err != nil {
			return err
		}
	}
	b, err := json.Marshal(gathered)
	if err != nil {
		return err
	}
	u.answer(b)
	return nil
}
