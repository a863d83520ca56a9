package rpc

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/reporting"
)

// proofKinds pairs the kinds of proof with the contract's.
var proofKinds = pairs[auth.ProofKind, reportingv1.ProofKind]{
	auth.ByCertificate: reportingv1.ProofKind_PROOF_KIND_CERTIFICATE,
	auth.ByName:        reportingv1.ProofKind_PROOF_KIND_NAME,
	auth.ByGroup:       reportingv1.ProofKind_PROOF_KIND_GROUP,
}

// RotateToken gives a token another text.
func (s access) RotateToken(ctx context.Context, r *reportingv1.RotateTokenRequest) (*reportingv1.RotateTokenResponse, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	id, err := lastPart("tokens", "name", r.GetName())
	if err != nil {
		return nil, err
	}
	var rotation reporting.Rotation
	if overlap := r.GetOverlap(); overlap != nil {
		d := overlap.AsDuration()
		if rotation.Overlap = &d; overlap.CheckValid() != nil {
			return nil, fault.Invalid("OVERLAP_INVALID", "overlap %s: the secret before may be good for 30 days more at most", d).In("overlap")
		}
	}
	if lifetime := r.GetLifetime(); lifetime != nil {
		if rotation.Lifetime = lifetime.AsDuration(); rotation.Lifetime == 0 || lifetime.CheckValid() != nil {
			return nil, fault.Invalid("LIFETIME_INVALID", "lifetime %s: it must be positive and at most three years", rotation.Lifetime).In("lifetime")
		}
	}
	token, secret, receipt, stamp, err := s.service.RotateToken(ctx, c, id, rotation)
	if err != nil {
		return nil, err
	}
	m := tokenMessage(token)
	m.Stamp, m.Receipt = stampMessage(stamp), receiptMessage(receipt)
	return &reportingv1.RotateTokenResponse{Token: m, Secret: secret.Reveal()}, nil
}

// CreateProof has something prove a token.
func (s access) CreateProof(ctx context.Context, r *reportingv1.CreateProofRequest) (*reportingv1.Proof, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	draft := reporting.ProofDraft{Rank: int(r.GetRank()), Proof: auth.Proof{Issuer: r.GetIssuer(), Value: r.GetValue()}}
	if draft.Token, err = lastPart("tokens", "token", r.GetToken()); err != nil {
		return nil, err
	}
	if draft.Kind, err = enumOf(proofKinds, r.GetKind(), "PROOF_KIND_UNKNOWN", "kind"); err != nil {
		return nil, err
	}
	binding, receipt, stamp, err := s.service.CreateProof(ctx, c, draft)
	if err != nil {
		return nil, err
	}
	m := proofMessage(binding)
	m.Stamp, m.Receipt = stampMessage(stamp), receiptMessage(receipt)
	return m, nil
}

// ListProofs lists what proves tokens.
func (s access) ListProofs(ctx context.Context, r *reportingv1.ListProofsRequest) (*reportingv1.ListProofsResponse, error) {
	page, err := s.service.ListProofs(ctx, callerOf(ctx), pageOf(r.GetPageSize(), r.GetPageToken()))
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListProofsResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for _, b := range page.Proofs {
		answer.Proofs = append(answer.Proofs, proofMessage(b))
	}
	return answer, nil
}

// DeleteProof has something prove nothing any more.
func (s access) DeleteProof(ctx context.Context, r *reportingv1.DeleteProofRequest) (*reportingv1.Proof, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	id, err := lastPart("proofs", "name", r.GetName())
	if err != nil {
		return nil, err
	}
	binding, receipt, stamp, err := s.service.DeleteProof(ctx, c, id)
	if err != nil {
		return nil, err
	}
	m := proofMessage(binding)
	m.Stamp, m.Receipt = stampMessage(stamp), receiptMessage(receipt)
	return m, nil
}

func proofMessage(b auth.Binding) *reportingv1.Proof {
	return &reportingv1.Proof{
		Name: "proofs/" + b.ID(), Token: "tokens/" + b.Token, Kind: proofKinds.wire(b.Kind), Issuer: b.Issuer, Value: b.Value,
		Rank: int32(b.Rank), CreateTime: timestamp(b.Created), DeleteTime: timestamp(b.Removed), //nolint:gosec // at most 1000, or of an entry
	}
}
