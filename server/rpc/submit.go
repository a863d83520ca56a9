package rpc

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/message"
	"github.com/tonghop/tonghop/server/reporting"
)

// SubmitReport submits one report.
func (s reports) SubmitReport(ctx context.Context, r *reportingv1.SubmitReportRequest) (*reportingv1.SubmitReportResponse, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	sub := s.submission(r)
	if sub.Wrong != nil {
		return nil, sub.Wrong
	}
	outcome, report, stamp, err := s.service.Submit(ctx, c, sub)
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.SubmitReportResponse{Outcome: outcomeMessage(0, outcome, languageOf(ctx))}
	switch {
	case len(report.Revisions) == 0: // a preview of the first revision: there is nothing yet
		answer.Report = &reportingv1.Report{Name: outcome.Name, Stamp: stampMessage(stamp)}
	default:
		answer.Report = bareReport(report)
		answer.Report.Stamp, answer.Report.Receipt = stampMessage(stamp), receiptMessage(outcome.Receipt)
	}
	return answer, nil
}

// BatchSubmitReports submits several reports.
func (s reports) BatchSubmitReports(
	ctx context.Context, r *reportingv1.BatchSubmitReportsRequest,
) (*reportingv1.BatchSubmitReportsResponse, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	subs := make([]reporting.Submission, len(r.GetRequests()))
	for i, m := range r.GetRequests() {
		subs[i] = s.item(m, c.ValidateOnly)
	}
	outcomes, stamp, err := s.service.SubmitBatch(ctx, c, subs, r.GetAtomic())
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.BatchSubmitReportsResponse{Stamp: stampMessage(stamp)}
	for i, o := range outcomes {
		answer.Outcomes = append(answer.Outcomes, outcomeMessage(i, o, languageOf(ctx)))
	}
	return answer, nil
}

// submission reads a submission; what is wrong with it stands in it.
func (c *core) submission(m *reportingv1.SubmitReportRequest) reporting.Submission {
	var wrong fault.List
	sub := reporting.Submission{
		Figures: figuresOf(m.GetFigures(), &wrong), Draft: m.GetDraft(), Merge: m.GetMerge(), Etag: m.GetEtag(),
	}
	if m.GetPacked() != nil {
		if len(m.GetFigures()) > 0 {
			wrong.Add(givenTwice().In("packed"))
		}
		var err error
		sub.Amounts, err = c.packedOf(m.GetPacked())
		wrong.Add(err)
	}
	ref, err := reporting.ParseReportName(m.GetName())
	wrong.Add(err)
	sub.Ref, sub.Wrong = ref, wrong.Err()
	return sub
}

// item reads a submission of a batch or stream. A preview asked for in one item alone is refused: nobody who wrote it
// expects the item to be taken.
func (c *core) item(m *reportingv1.SubmitReportRequest, preview bool) reporting.Submission {
	sub := c.submission(m)
	if m.GetValidateOnly() && !preview {
		var wrong fault.List
		wrong.Add(sub.Wrong)
		wrong.Add(fault.Invalid("VALIDATE_ONLY_MISPLACED",
			"validate_only is of the whole batch or stream; set it there, or not at all").In("validate_only"))
		sub.Wrong = wrong.Err()
	}
	return sub
}

func outcomeMessage(index int, o reporting.Outcome, language message.Language) *reportingv1.SubmitOutcome {
	return &reportingv1.SubmitOutcome{
		Index: int32(index), Kind: outcomeKinds.wire(o.Kind), Name: o.Name, Revision: int32(o.Revision), Etag: o.Etag, //nolint:gosec // both count
		Receipt: receiptMessage(o.Receipt), Problems: problems(o.Err, language),
		MergedIndicators: texts(o.Merged), Late: o.Late,
	}
}
