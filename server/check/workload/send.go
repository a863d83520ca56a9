//go:build unix

package workload

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// figures draws the figures of a submission from its serial number, so that they can be told from all others and drawn
// again. One in sixteen of those behind the first has no number.
func figures(serial int64) []Figure {
	draw := uint64(serial) * 0x9e3779b97f4a7c15 //nolint:gosec // bits
	state := func(shift int) string {
		switch draw >> shift & 31 {
		case 0:
			return "-"
		case 1:
			return "x"
		}
		return ""
	}
	list := []Figure{
		{Value: fmt.Sprint(serial)},
		{Value: fmt.Sprintf("%d.%02d", serial, draw>>20%100)},
		{Value: fmt.Sprint(1_000_000 + serial)},
		{Numerator: fmt.Sprintf("%d.%02d", serial, draw>>30%100), Denominator: fmt.Sprintf("%d.00", 2*serial+int64(draw>>40%10))}, //nolint:gosec // below 10
	}
	for i := 1; i < len(list); i++ {
		if s := state(59 - 5*i); s != "" {
			list[i] = Figure{State: s}
		}
	}
	if draw>>35&31 == 0 && list[3].State == "" {
		list[3].Denominator = "0.00"
	}
	return list
}

// message is a figure as it is sent.
func (f Figure) message(indicator string) *reportingv1.Figure {
	text := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	m := &reportingv1.Figure{Indicator: indicator, Value: text(f.Value), Numerator: text(f.Numerator), Denominator: text(f.Denominator)}
	switch f.State {
	case "-":
		m.State = reportingv1.FigureState_FIGURE_STATE_NOT_AVAILABLE
	case "x":
		m.State = reportingv1.FigureState_FIGURE_STATE_NOT_APPLICABLE
	}
	return m
}

// newID gives a request id that is ordered by time, as those of the library are.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// submission makes an item and its request, to go on from what was seen.
func (w *World) submission(r Report, seen Sight) (Item, *reportingv1.SubmitReportRequest) {
	item := Item{Report: r, Serial: w.next(), Seen: seen.Revision}
	item.Figures = figures(item.Serial)
	q := &reportingv1.SubmitReportRequest{Name: r.Name(), Etag: seen.Etag}
	for i, f := range item.Figures {
		q.Figures = append(q.Figures, f.message(indicators[i]))
	}
	return item, q
}

// Submit reads a report and submits it anew, or corrects it, by gRPC.
func (w *World) Submit(ctx context.Context, r Report) (Attempt, error) {
	return w.submit(ctx, r, false)
}

// SubmitJSON is Submit through the gateway.
func (w *World) SubmitJSON(ctx context.Context, r Report) (Attempt, error) {
	return w.submit(ctx, r, true)
}

func (w *World) submit(ctx context.Context, r Report, json bool) (Attempt, error) {
	seen, err := w.Look(ctx, r)
	if err != nil {
		return Attempt{}, err
	}
	item, q := w.submission(r, seen)
	q.RequestId = newID()
	who := w.reporter(r)
	return w.send(ctx, &Attempt{
		ID: q.GetRequestId(), Kind: Submission, JSON: json, Principal: who.principal, Items: []Item{item}, sender: who, request: q,
	})
}

// Batch reads several reports and submits them in one request, in the name of the administrator.
func (w *World) Batch(ctx context.Context, atomic bool, reports ...Report) (Attempt, error) {
	return w.many(ctx, Batch, atomic, reports)
}

// Stream reads several reports and submits them over one stream, in the name of the administrator.
func (w *World) Stream(ctx context.Context, reports ...Report) (Attempt, error) {
	return w.many(ctx, Stream, false, reports)
}

func (w *World) many(ctx context.Context, kind Kind, atomic bool, reports []Report) (Attempt, error) {
	batch := &reportingv1.BatchSubmitReportsRequest{Atomic: atomic, RequestId: newID()}
	a := &Attempt{
		ID: batch.GetRequestId(), Kind: kind, Atomic: atomic, Principal: w.admin.principal, sender: &w.admin, request: batch,
	}
	for _, r := range reports {
		seen, err := w.Look(ctx, r)
		if err != nil {
			return Attempt{}, err
		}
		item, q := w.submission(r, seen)
		a.Items = append(a.Items, item)
		batch.Requests = append(batch.Requests, q)
	}
	return w.send(ctx, a)
}

// Approve reads a report and approves what it saw.
func (w *World) Approve(ctx context.Context, r Report) (Attempt, error) {
	seen, err := w.Look(ctx, r)
	if err != nil {
		return Attempt{}, err
	}
	q := &reportingv1.ApproveReportRequest{Name: r.Name(), Etag: seen.Etag, RequestId: newID()}
	return w.send(ctx, w.review(Approval, r, seen, q.GetRequestId(), w.next(), q))
}

// Return reads a report and sends back what it saw.
func (w *World) Return(ctx context.Context, r Report) (Attempt, error) {
	seen, err := w.Look(ctx, r)
	if err != nil {
		return Attempt{}, err
	}
	serial := w.next()
	q := &reportingv1.ReturnReportRequest{Name: r.Name(), Etag: seen.Etag, Reason: reason(serial), RequestId: newID()}
	return w.send(ctx, w.review(Return, r, seen, q.GetRequestId(), serial, q))
}

func (w *World) review(kind Kind, r Report, seen Sight, id string, serial int64, q proto.Message) *Attempt {
	return &Attempt{
		ID: id, Kind: kind, Principal: w.approver.principal, sender: &w.approver, request: q,
		Items: []Item{{Report: r, Serial: serial, Seen: seen.Revision}},
	}
}

// reason is why something is sent back.
func reason(serial int64) string { return fmt.Sprintf("Đề nghị kiểm tra lại %d", serial) }

// send records an attempt, makes it, and gives it as it stands then. An error is never one of the server's refusals.
func (w *World) send(ctx context.Context, a *Attempt) (Attempt, error) {
	w.record(a)
	return w.attempt(ctx, a)
}

// attempt makes the request of an attempt and notes the answers.
func (w *World) attempt(ctx context.Context, a *Attempt) (Attempt, error) {
	answers, err := w.ask(ctx, a)
	if err == nil && len(answers) != len(a.Items) {
		err = fmt.Errorf("%s %s: %d answers to %d items", a.Kind, a.ID, len(answers), len(a.Items))
	}
	for i, said := range answers {
		if err == nil {
			w.note(a, i, said)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := *a
	now.Items = slices.Clone(a.Items)
	return now, err
}

// ask sends the request of an attempt.
func (w *World) ask(ctx context.Context, a *Attempt) ([]answer, error) {
	c := a.sender.client
	switch q := a.request.(type) {
	case *reportingv1.SubmitReportRequest:
		if a.JSON {
			return w.askJSON(ctx, a, q), nil
		}
		response, err := c.SubmitReport(ctx, q)
		if err != nil {
			return one(refusal(err)), nil
		}
		return one(outcome(response.GetOutcome())), nil
	case *reportingv1.ApproveReportRequest:
		report, err := c.ApproveReport(ctx, q)
		return one(reviewed(report, err)), nil
	case *reportingv1.ReturnReportRequest:
		report, err := c.ReturnReport(ctx, q)
		return one(reviewed(report, err)), nil
	case *reportingv1.BatchSubmitReportsRequest:
		if a.Kind == Stream {
			return askStream(ctx, c, q), nil
		}
		response, err := c.BatchSubmitReports(ctx, q)
		if err != nil {
			return everyOne(q, batchRefusal(err)), nil
		}
		answers := make([]answer, 0, len(q.GetRequests()))
		for _, o := range response.GetOutcomes() {
			answers = append(answers, outcome(o))
		}
		return answers, nil
	}
	return nil, fmt.Errorf("an attempt with a %T", a.request)
}

// askStream submits over one stream. It is not resumed: what has no outcome is unknown.
func askStream(ctx context.Context, c *client.Client, q *reportingv1.BatchSubmitReportsRequest) []answer {
	answers := everyOne(q, answer{})
	n := 0
	for o, err := range c.SubmitStream(ctx, slices.Values(q.GetRequests()), client.StreamOptions{ID: q.GetRequestId()}) {
		if err != nil {
			for i := n; i < len(answers); i++ {
				answers[i].reason = refusal(err).reason
			}
			break
		}
		answers[n] = outcome(o)
		n++
	}
	return answers
}

func one(a answer) []answer { return []answer{a} }

func everyOne(q *reportingv1.BatchSubmitReportsRequest, a answer) []answer {
	return slices.Repeat(one(a), len(q.GetRequests()))
}

// outcome reads the outcome of a submission.
func outcome(o *reportingv1.SubmitOutcome) answer {
	switch o.GetKind() { //nolint:exhaustive // all others have no receipt
	case reportingv1.OutcomeKind_OUTCOME_KIND_CREATED, reportingv1.OutcomeKind_OUTCOME_KIND_CORRECTED, reportingv1.OutcomeKind_OUTCOME_KIND_REPLAYED:
		return answer{outcome: Acknowledged, receipt: o.GetReceipt()}
	case reportingv1.OutcomeKind_OUTCOME_KIND_REFUSED:
		if problems := o.GetProblems(); len(problems) > 0 {
			said := answer{outcome: Refused, reason: problems[0].GetReason()}
			if unclear(said.reason) {
				said.outcome = Unknown
			}
			return said
		}
	}
	return answer{outcome: Refused, reason: o.GetKind().String()}
}

// unclear says of a reason in an outcome that the item may have been accepted all the same.
func unclear(reason string) bool {
	return slices.Contains([]string{"OUTCOME_UNKNOWN", "STOPPING", "INTERNAL"}, reason)
}

func reviewed(r *reportingv1.Report, err error) answer {
	if err != nil {
		return refusal(err)
	}
	return answer{outcome: Acknowledged, receipt: r.GetReceipt()}
}

// refusal reads an error: only what says clearly that nothing was changed is a refusal.
func refusal(err error) answer {
	var e *client.Error
	if !errors.As(err, &e) {
		return answer{reason: err.Error()}
	}
	return refusalOf(e.Code, e.Reason, e.Message)
}

func refusalOf(code codes.Code, reason, message string) answer {
	a := answer{reason: reason}
	if reason == "" {
		a.reason = code.String() + ": " + message
	}
	switch code { //nolint:exhaustive // everything else leaves it open
	case codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.PermissionDenied, codes.ResourceExhausted,
		codes.FailedPrecondition, codes.Aborted, codes.OutOfRange, codes.Unauthenticated, codes.Unimplemented:
		a.outcome = Refused
	}
	return a
}

// batchRefusal is refusal for a batch, of which some reports may be in when it breaks off.
func batchRefusal(err error) answer {
	a := refusal(err)
	var e *client.Error
	if errors.As(err, &e) && e.Code != codes.InvalidArgument {
		a.outcome = Unknown
	}
	return a
}

// Request makes a submission of a report that corrects what has the etag, for a check that sends and judges by itself.
func (w *World) Request(r Report, etag string) *reportingv1.SubmitReportRequest {
	_, q := w.submission(r, Sight{Etag: etag})
	return q
}
