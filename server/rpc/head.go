package rpc

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// GetSignedHead signs a head of the chain.
func (s operations) GetSignedHead(ctx context.Context, r *reportingv1.GetSignedHeadRequest) (*reportingv1.SignedHead, error) {
	sequence, err := sequenceOf("sequence", r.GetSequence())
	if err != nil {
		return nil, err
	}
	var of *journal.ID
	if r.GetJournalId() != "" {
		id, err := journal.ParseID(r.GetJournalId())
		if err != nil {
			return nil, fault.Of(err).In("journal_id")
		}
		of = &id
	}
	signed, err := s.service.GetSignedHead(ctx, callerOf(ctx), sequence, of)
	if err != nil {
		return nil, err
	}
	return &reportingv1.SignedHead{
		Note: signed.Note, VerifierKey: signed.VerifierKey, JournalId: signed.JournalID.String(),
		Sequence: int64(signed.Sequence), ChainHash: signed.Hash.String(), AcceptTime: timestamp(signed.Time), //nolint:gosec // counts from 1
		Stamp: stampMessage(signed.Stamp),
	}, nil
}
