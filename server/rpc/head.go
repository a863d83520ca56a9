package rpc

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// GetSignedHead signs a head of the chain.
func (s operations) GetSignedHead(ctx context.Context, r *reportingv1.GetSignedHeadRequest) (*reportingv1.SignedHead, error) {
	sequence, err := sequenceOf("sequence", r.GetSequence())
	if err != nil {
		return nil, err
	}
	of, err := journalOf(r.GetJournalId())
	if err != nil {
		return nil, err
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
