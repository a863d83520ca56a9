package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// chunkSize is the largest chunk that the contract allows.
const chunkSize = 256 << 10

// upload is a path that takes a file. Such a method has no HTTP binding, for a binding would want the file inside JSON.
type upload struct {
	route  *route
	handle runtime.HandlerFunc
}

// uploads lists the paths that take a file; a test finds the method of each that streams to the server.
func (g *Gateway) uploads() []upload {
	units := reportingv1.NewUnitServiceClient(g.conn)
	indicators := reportingv1.NewIndicatorServiceClient(g.conn)
	forms := reportingv1.NewFormServiceClient(g.conn)
	calendar := reportingv1.NewCalendarServiceClient(g.conn)
	rules := reportingv1.NewRuleServiceClient(g.conn)
	plans, rankings := reportingv1.NewPlanServiceClient(g.conn), reportingv1.NewRankingServiceClient(g.conn)
	catalogue := (&reportingv1.ImportOptions{}).ProtoReflect().Type()
	return []upload{
		{uploadRoute("/v1/units:import", catalogue), catalogueHandler(g, reportingv1.UnitService_ImportUnits_FullMethodName, units.ImportUnits,
			func(o *reportingv1.ImportOptions) *reportingv1.ImportUnitsRequest {
				return &reportingv1.ImportUnitsRequest{Part: &reportingv1.ImportUnitsRequest_Options{Options: o}}
			}, func(b []byte) *reportingv1.ImportUnitsRequest {
				return &reportingv1.ImportUnitsRequest{Part: &reportingv1.ImportUnitsRequest_Chunk{Chunk: b}}
			})},
		{uploadRoute("/v1/indicators:import", catalogue), catalogueHandler(g, reportingv1.IndicatorService_ImportIndicators_FullMethodName, indicators.ImportIndicators,
			func(o *reportingv1.ImportOptions) *reportingv1.ImportIndicatorsRequest {
				return &reportingv1.ImportIndicatorsRequest{Part: &reportingv1.ImportIndicatorsRequest_Options{Options: o}}
			}, func(b []byte) *reportingv1.ImportIndicatorsRequest {
				return &reportingv1.ImportIndicatorsRequest{Part: &reportingv1.ImportIndicatorsRequest_Chunk{Chunk: b}}
			})},
		{uploadRoute("/v1/forms:import", catalogue), catalogueHandler(g, reportingv1.FormService_ImportForms_FullMethodName, forms.ImportForms,
			func(o *reportingv1.ImportOptions) *reportingv1.ImportFormsRequest {
				return &reportingv1.ImportFormsRequest{Part: &reportingv1.ImportFormsRequest_Options{Options: o}}
			}, func(b []byte) *reportingv1.ImportFormsRequest {
				return &reportingv1.ImportFormsRequest{Part: &reportingv1.ImportFormsRequest_Chunk{Chunk: b}}
			})},
		{uploadRoute("/v1/holidays:import", catalogue), catalogueHandler(g, reportingv1.CalendarService_ImportHolidays_FullMethodName, calendar.ImportHolidays,
			func(o *reportingv1.ImportOptions) *reportingv1.ImportHolidaysRequest {
				return &reportingv1.ImportHolidaysRequest{Part: &reportingv1.ImportHolidaysRequest_Options{Options: o}}
			}, func(b []byte) *reportingv1.ImportHolidaysRequest {
				return &reportingv1.ImportHolidaysRequest{Part: &reportingv1.ImportHolidaysRequest_Chunk{Chunk: b}}
			})},
		{uploadRoute("/v1/plans:import", catalogue), catalogueHandler(g, reportingv1.PlanService_ImportPlans_FullMethodName, plans.ImportPlans,
			func(o *reportingv1.ImportOptions) *reportingv1.ImportPlansRequest {
				return &reportingv1.ImportPlansRequest{Part: &reportingv1.ImportPlansRequest_Options{Options: o}}
			}, func(b []byte) *reportingv1.ImportPlansRequest {
				return &reportingv1.ImportPlansRequest{Part: &reportingv1.ImportPlansRequest_Chunk{Chunk: b}}
			})},
		{uploadRoute("/v1/targets:import", catalogue), catalogueHandler(g, reportingv1.PlanService_ImportTargets_FullMethodName, plans.ImportTargets,
			func(o *reportingv1.ImportOptions) *reportingv1.ImportTargetsRequest {
				return &reportingv1.ImportTargetsRequest{Part: &reportingv1.ImportTargetsRequest_Options{Options: o}}
			}, func(b []byte) *reportingv1.ImportTargetsRequest {
				return &reportingv1.ImportTargetsRequest{Part: &reportingv1.ImportTargetsRequest_Chunk{Chunk: b}}
			})},
		{uploadRoute("/v1/outsideFigures:import", catalogue), catalogueHandler(g, reportingv1.RankingService_ImportOutsideFigures_FullMethodName, rankings.ImportOutsideFigures,
			func(o *reportingv1.ImportOptions) *reportingv1.ImportOutsideFiguresRequest {
				return &reportingv1.ImportOutsideFiguresRequest{Part: &reportingv1.ImportOutsideFiguresRequest_Options{Options: o}}
			}, func(b []byte) *reportingv1.ImportOutsideFiguresRequest {
				return &reportingv1.ImportOutsideFiguresRequest{Part: &reportingv1.ImportOutsideFiguresRequest_Chunk{Chunk: b}}
			})},
		{uploadRoute("/v1/regions:import", catalogue), catalogueHandler(g, reportingv1.RankingService_ImportRegions_FullMethodName, rankings.ImportRegions,
			func(o *reportingv1.ImportOptions) *reportingv1.ImportRegionsRequest {
				return &reportingv1.ImportRegionsRequest{Part: &reportingv1.ImportRegionsRequest_Options{Options: o}}
			}, func(b []byte) *reportingv1.ImportRegionsRequest {
				return &reportingv1.ImportRegionsRequest{Part: &reportingv1.ImportRegionsRequest_Chunk{Chunk: b}}
			})},
		{uploadRoute("/v1/rules:import", catalogue), catalogueHandler(g, reportingv1.RuleService_ImportRules_FullMethodName, rules.ImportRules,
			func(o *reportingv1.ImportOptions) *reportingv1.ImportRulesRequest {
				return &reportingv1.ImportRulesRequest{Part: &reportingv1.ImportRulesRequest_Options{Options: o}}
			}, func(b []byte) *reportingv1.ImportRulesRequest {
				return &reportingv1.ImportRulesRequest{Part: &reportingv1.ImportRulesRequest_Chunk{Chunk: b}}
			})},
		{partsRoute("/v1/units:importReorganisation", (&reportingv1.ImportReorganisationOptions{}).ProtoReflect().Type()), g.importReorganisation},
		{uploadRoute("/v1/reports:import", (&reportingv1.ImportReportsOptions{}).ProtoReflect().Type()), g.importReports},
	}
}

// uploadRoute is the route of a file whose options are the parameters.
func uploadRoute(path string, options protoreflect.MessageType) *route {
	return &route{
		verb: http.MethodPost, template: path, path: regexp.MustCompile("^" + regexp.QuoteMeta(path) + "$"),
		input: options, long: true, upload: true,
	}
}

// partsRoute is the route of several files, the parts of one body.
func partsRoute(path string, options protoreflect.MessageType) *route {
	r := uploadRoute(path, options)
	r.parts = true
	return r
}

// catalogueHandler answers the upload of a catalogue file, whose methods differ in their types alone.
func catalogueHandler[T any](
	g *Gateway, method string,
	open func(context.Context, ...grpc.CallOption) (grpc.ClientStreamingClient[T, reportingv1.ImportSummary], error),
	options func(*reportingv1.ImportOptions) *T, chunk func([]byte) *T,
) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, _ map[string]string) {
		given := &reportingv1.ImportOptions{}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel() // an upload whose end was not sent is dropped, never taken for whole
		ctx, err := g.openUpload(ctx, r, method, given)
		if err != nil {
			g.refuse(r.Context(), w, err)
			return
		}
		summary, err := sendFile(ctx, w, r, open, maxCatalogue, options(given), chunk)
		if err != nil {
			g.refuse(r.Context(), w, err)
			return
		}
		b, err := marshalJSON(summary)
		if err != nil {
			g.refuse(r.Context(), w, err)
			return
		}
		w.Header().Set("Content-Type", typeJSON)
		_, _ = w.Write(b) // as in write
	}
}

func sendFile[T any](
	ctx context.Context, w http.ResponseWriter, r *http.Request,
	open func(context.Context, ...grpc.CallOption) (grpc.ClientStreamingClient[T, reportingv1.ImportSummary], error),
	limit int64, options *T, chunk func([]byte) *T,
) (*reportingv1.ImportSummary, error) {
	stream, err := open(ctx)
	if err != nil {
		return nil, err
	}
	err = stream.Send(options)
	if err == nil {
		err = pipe(w, r, limit, func(b []byte) error { return stream.Send(chunk(b)) })
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return stream.CloseAndRecv() // after an EOF of Send it tells why the server takes no more
}

// openUpload fills the options from parameters and headers and gives the context of the call. The generated code does it
// for every other method.
func (g *Gateway) openUpload(ctx context.Context, r *http.Request, method string, options proto.Message) (context.Context, error) {
	a := askedIn(ctx)
	if err := runtime.PopulateQueryParameters(options, a.parameters, utilities.NewDoubleArray(nil)); err != nil {
		return nil, err
	}
	if err := a.fillID(options.ProtoReflect()); err != nil {
		return nil, err
	}
	return runtime.AnnotateContext(ctx, g.mux, r, method)
}

// pipe sends the body in chunks. Only an end that the client meant is an end: io.ReadFull would give one error for a file
// that is through and one that broke off, and half a file would be taken. It gives io.EOF if the receiver has ended.
func pipe(w http.ResponseWriter, r *http.Request, limit int64, send func([]byte) error) error {
	if p, ok := w.(*patience); ok {
		defer p.forUpload(uploadWithin)()
	}
	if r.ContentLength > limit {
		return tooLarge(limit)
	}
	body := http.MaxBytesReader(w, r.Body, limit)
	for {
		// A new one each time: the transport may still read the last one.
		chunk := make([]byte, chunkSize)
		n, err := fillChunk(body, chunk)
		if n > 0 && (err == nil || errors.Is(err, io.EOF)) {
			if err := send(chunk[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return bodyError(err)
		}
	}
}

// fillChunk reads until the chunk is full or the body says something.
func fillChunk(body io.Reader, chunk []byte) (int, error) {
	n := 0
	for n < len(chunk) {
		more, err := body.Read(chunk[n:])
		n += more
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
