package rpc

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/reporting"
)

// RedactEntry removes the private part of an entry.
func (s operations) RedactEntry(ctx context.Context, r *reportingv1.RedactEntryRequest) (*reportingv1.RedactEntryResponse, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	sequence, err := sequenceOf("sequence", r.GetSequence())
	if err != nil {
		return nil, err
	}
	done, receipt, err := s.service.RedactEntry(ctx, c, reporting.EntryRef{Sequence: sequence, Revision: r.GetName()}, r.GetReason())
	if err != nil {
		return nil, err
	}
	m := &reportingv1.RedactEntryResponse{
		Unchanged: done.Unchanged, Receipt: receiptMessage(receipt), Stamp: stampMessage(done.Stamp),
		Sequence: int64(done.Sequence), //nolint:gosec // counts from 1
	}
	for _, change := range done.Changes {
		m.Changes = append(m.Changes, changeMessage(change))
	}
	return m, nil
}
