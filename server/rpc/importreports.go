package rpc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/message"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/tabular"
	"github.com/tonghop/tonghop/server/text"
)

// numberFormats pairs the formats of a file. Plain is that of the wire and no file's.
var numberFormats = map[reportingv1.NumberFormat]figure.NumberFormat{
	reportingv1.NumberFormat_NUMBER_FORMAT_UNSPECIFIED: figure.Undeclared,
	reportingv1.NumberFormat_NUMBER_FORMAT_VI:          figure.Vietnamese,
	reportingv1.NumberFormat_NUMBER_FORMAT_EN:          figure.English,
}

const (
	// maxLines is how many lines one outcome names.
	maxLines = 50
	// progressEvery is how often an upload says how far it is.
	progressEvery = 250 * time.Millisecond
)

type reportsStream = grpc.BidiStreamingServer[reportingv1.ImportReportsRequest, reportingv1.ImportReportsResponse]

// reportImport is an upload of figures under way.
type reportImport struct {
	*core
	stream   reportsStream
	language message.Language
	options  *reportingv1.ImportReportsOptions
	call     reporting.Call
	format   figure.NumberFormat
	// explanations are those of figures that have none in the file, by folded codes.
	explanations map[indicator.Code]string
	// seen has the etags that the sender saw.
	seen    map[entry.ReportKey]string
	reports *tabular.Reports
	summary *reportingv1.ImportReportsSummary
	// done counts outcomes; told is when progress was last told.
	done int
	told time.Time
}

// ImportReports uploads figures.csv.
func (s reports) ImportReports(stream reportsStream) error {
	ctx := stream.Context()
	file, err := s.stage.open(MaxFiguresFile)
	if err != nil {
		return err
	}
	defer file.close()
	in := &reportImport{
		core: s.core, stream: stream, language: languageOf(ctx),
		seen: map[entry.ReportKey]string{}, summary: &reportingv1.ImportReportsSummary{},
	}
	if err := in.receive(ctx, file); err != nil {
		return err
	}
	whole, err := file.whole()
	if err != nil {
		return err
	}
	in.reports, err = tabular.GroupFigures(whole, in.format, in.locate(ctx))
	if err != nil {
		return err
	}
	if err := in.explainable(); err != nil {
		return err
	}
	if err := in.tellLost(); err != nil {
		return err
	}
	if err := in.submit(ctx); err != nil {
		return err
	}
	_, stamp, err := s.service.GetStamp(ctx, in.call.Caller)
	if err != nil {
		return err
	}
	in.summary.Stamp = stampMessage(stamp)
	return stream.Send(&reportingv1.ImportReportsResponse{Part: &reportingv1.ImportReportsResponse_Summary{Summary: in.summary}})
}

// receive takes options, etags and chunks, in this order.
func (in *reportImport) receive(ctx context.Context, file *staged) error {
	quiet := time.NewTimer(quietUpload)
	defer quiet.Stop()
	messages := receive(ctx, 0, in.stream.Recv)
	for count := 0; ; count++ {
		m, err := next(ctx, messages, quiet)
		if errors.Is(err, io.EOF) && in.options != nil {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		switch part := m.GetPart().(type) {
		case *reportingv1.ImportReportsRequest_Options:
			err = in.open(ctx, part.Options)
		case *reportingv1.ImportReportsRequest_Seen:
			err = in.see(ctx, part.Seen, count, file.size)
		case *reportingv1.ImportReportsRequest_Chunk:
			if in.options == nil {
				return uploadOutOfOrder("its first message has no options")
			}
			err = file.add(part.Chunk)
		default:
			err = uploadOutOfOrder("a message has neither options, etag nor chunk")
		}
		if err != nil {
			return err
		}
	}
}

func (in *reportImport) open(ctx context.Context, options *reportingv1.ImportReportsOptions) error {
	if in.options != nil {
		return uploadOutOfOrder("it has options twice")
	}
	in.options = options
	format, known := numberFormats[options.GetNumberFormat()]
	if !known {
		return fault.Invalid("NUMBER_FORMAT_UNKNOWN", "number format %q: give VI (1.234,5) or EN (1,234.5)", options.GetNumberFormat()).
			With("value", options.GetNumberFormat()).In("options.number_format")
	}
	in.format = format
	var err error
	if in.explanations, err = explanationsOf(options.GetExplanations()); err != nil {
		return err
	}
	in.call, err = streamCall(callerOf(ctx), options.GetStreamId(), options.GetValidateOnly())
	return err
}

// streamCall makes the call of a stream or upload, whose id stands for the request ids of its items.
func streamCall(caller auth.Caller, id string, validateOnly bool) (reporting.Call, error) {
	c := reporting.Call{Caller: caller, ValidateOnly: validateOnly}
	parsed, err := parseUUID(id)
	if err != nil {
		return c, fault.Of(err).In("options.stream_id")
	}
	c.RequestID = parsed
	return c, nil
}

// see notes an etag under the report's key, however its name is spelled.
func (in *reportImport) see(ctx context.Context, seen *reportingv1.SeenReport, message, size int) error {
	if in.options == nil || size > 0 {
		return uploadOutOfOrder("an etag comes after the options and before the first chunk")
	}
	at := fmt.Sprintf("seen[%d]", message-1)
	if len(in.seen) == maxSeen {
		return fault.Exhausted("SEEN_TOO_MANY", "an upload may carry %d etags; divide the file", maxSeen).With("limit", maxSeen).In(at)
	}
	ref, err := reporting.ParseReportName(seen.GetName())
	if err != nil {
		return fault.Of(err).In(at)
	}
	key, err := in.service.Locate(ctx, in.call.Caller, ref)
	if err != nil {
		return inside(err, at)
	}
	in.seen[key] = seen.GetEtag()
	return nil
}

// explanationsOf reads the explanations of an upload.
func explanationsOf(list []*reportingv1.FigureExplanation) (map[indicator.Code]string, error) {
	explanations := map[indicator.Code]string{}
	for i, m := range list {
		at := place("options.explanations", i)
		code, err := indicator.ParseCode(m.GetIndicator())
		if err != nil {
			return nil, fault.Of(err).In("indicator").In(at)
		}
		said, err := text.Note("text", m.GetText())
		if err != nil {
			return nil, fault.Of(err).In(at)
		}
		if _, twice := explanations[code.Fold()]; twice || said == "" {
			return nil, fault.Invalid("EXPLANATION_UNCLEAR", "indicator %s: give one explanation for it, with words in it", code).
				With("indicator", code).In(at)
		}
		explanations[code.Fold()] = said
	}
	return explanations, nil
}

// explainable refuses an explanation of what no row of the file is about: its code is misspelt.
func (in *reportImport) explainable() error {
	for i, m := range in.options.GetExplanations() {
		if !in.reports.Has(indicator.Code(m.GetIndicator())) {
			return fault.Invalid("EXPLANATION_WITHOUT_FIGURE", "no row of the file is about indicator %s, which is explained; check the code", m.GetIndicator()).
				With("indicator", m.GetIndicator()).In("indicator").In(place("options.explanations", i))
		}
	}
	return nil
}

func (in *reportImport) locate(ctx context.Context) tabular.Locate {
	return func(unit string, code form.Code, p period.Period) (tabular.ReportKey, error) {
		key, err := in.service.Locate(ctx, in.call.Caller, reporting.ReportRef{Unit: unit, Form: string(code), Period: p.String()})
		return tabular.ReportKey(key), err
	}
}

// tellLost tells the lines that belong to no report.
func (in *reportImport) tellLost() error {
	in.summary.Lines = int32(in.reports.Rows) //nolint:gosec // a million at most
	lost := in.reports.Problems
	lines := map[int]bool{}
	for _, p := range lost.List {
		lines[p.Line] = true
	}
	in.summary.RefusedLines = int32(len(lines) + lost.Count - len(lost.List)) //nolint:gosec // as above
	for _, p := range fileProblems(lost, in.language) {
		if err := in.stream.Send(&reportingv1.ImportReportsResponse{Part: &reportingv1.ImportReportsResponse_Problem{Problem: p}}); err != nil {
			return err
		}
	}
	return in.progress()
}

func (in *reportImport) progress() error {
	in.told = in.now()
	return in.stream.Send(&reportingv1.ImportReportsResponse{Part: &reportingv1.ImportReportsResponse_Progress{
		Progress: &reportingv1.ImportProgress{Reports: int32(in.reports.Len()), Done: int32(in.done)}, //nolint:gosec // as above
	}})
}

// submit hands in the reports in the order of the file. A report with a wrong row is refused whole: it would lack the
// figure.
func (in *reportImport) submit(ctx context.Context) error {
	pipe := in.service.NewStream(ctx, in.call, 0, in.outcome)
	for i := range in.reports.Len() {
		report := in.reports.At(i)
		sub := in.submission(report)
		var err error
		if report.Problems.Count > 0 {
			err = pipe.Refuse(sub, report.Problems.List[0].Err)
		} else {
			err = pipe.Send(sub)
		}
		if err != nil {
			break // Close tells why
		}
	}
	return pipe.Close()
}

func (in *reportImport) submission(r tabular.Report) reporting.Submission {
	sub := reporting.Submission{
		Ref:   reporting.ReportRef{Unit: string(r.Unit), Form: string(r.Form), Period: r.Period.String()},
		Draft: in.options.GetDraft(), Merge: in.options.GetMerge(), Etag: in.seen[entry.ReportKey(r.ReportKey)],
		Figures: make([]reporting.FigureDraft, 0, len(r.Figures)),
	}
	for _, f := range r.Figures {
		sub.Figures = append(sub.Figures, reporting.FigureDraft{
			Indicator: string(f.Indicator), Value: some(f.Value), Numerator: some(f.Numerator), Denominator: some(f.Denominator),
			State: f.State, Grade: f.Grade, Note: f.Note, Format: f.Format,
			Explanation: cmp.Or(f.Explanation, in.explanations[f.Indicator.Fold()]),
		})
	}
	return sub
}

// outcome tells what became of the next report. It is called from the pipe's goroutine, one at a time; the reports of the
// file do not change any more, so it may look its report up again.
func (in *reportImport) outcome(o reporting.Outcome) error {
	report := in.reports.At(in.done)
	m := outcomeMessage(in.done, o, in.language)
	m.Lines = linesOf(report)
	if o.Kind == reporting.Refused {
		m.Problems = in.why(report, o)
	}
	in.done++
	in.count(o.Kind)
	if err := in.stream.Send(&reportingv1.ImportReportsResponse{Part: &reportingv1.ImportReportsResponse_Outcome{Outcome: m}}); err != nil {
		return err
	}
	if in.now().Sub(in.told) < progressEvery {
		return nil
	}
	return in.progress()
}

func (in *reportImport) count(kind reporting.OutcomeKind) {
	switch kind {
	case reporting.Created:
		in.summary.Created++
	case reporting.Corrected:
		in.summary.Corrected++
	case reporting.Unchanged:
		in.summary.Unchanged++
	case reporting.Refused:
		in.summary.Refused++
	case reporting.Replayed:
		in.summary.Replayed++
	}
}

// why tells what is wrong with a report by the lines of the file.
func (in *reportImport) why(report tabular.Report, o reporting.Outcome) []*reportingv1.Problem {
	if report.Problems.Count > 0 {
		return fileProblems(report.Problems, in.language)
	}
	list := problems(o.Err, in.language)
	for _, p := range list {
		p.Line, p.Field = lineOf(report, p.GetField())
	}
	return list
}

// lineOf turns figures[2].value into the line of the third figure and the column value. What concerns the whole report
// is at its first line.
func lineOf(report tabular.Report, path string) (line int32, column string) {
	line = int32(report.FirstLine) //nolint:gosec // a file has a million lines
	index, rest, ok := strings.Cut(strings.TrimPrefix(path, "figures["), "]")
	n, err := strconv.Atoi(index)
	if !ok || err != nil || n < 0 || n >= len(report.Figures) {
		return line, path
	}
	return int32(report.Figures[n].Line), strings.TrimPrefix(rest, ".") //nolint:gosec // as above
}

// linesOf gives the lines of a report, the first ones.
func linesOf(report tabular.Report) []int32 {
	lines := make([]int32, 0, len(report.Figures)+len(report.Problems.List))
	for _, f := range report.Figures {
		lines = append(lines, int32(f.Line)) //nolint:gosec // a file has a million lines
	}
	for _, p := range report.Problems.List {
		lines = append(lines, int32(p.Line)) //nolint:gosec // as above
	}
	slices.Sort(lines)
	lines = slices.Compact(lines)
	return lines[:min(len(lines), maxLines)]
}
