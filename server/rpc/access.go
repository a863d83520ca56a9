package rpc

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/reporting"
)

// access is the service of tokens.
type access struct {
	reportingv1.UnsafeAccessServiceServer
	*core
}

// roles pairs the roles of the domain with the contract's.
var roles = pairs[auth.Role, reportingv1.Role]{
	auth.Reporter:      reportingv1.Role_ROLE_REPORTER,
	auth.Approver:      reportingv1.Role_ROLE_APPROVER,
	auth.Viewer:        reportingv1.Role_ROLE_VIEWER,
	auth.Administrator: reportingv1.Role_ROLE_ADMINISTRATOR,
	auth.Operator:      reportingv1.Role_ROLE_OPERATOR,
	auth.Drafter:       reportingv1.Role_ROLE_DRAFTER,
	auth.Sender:        reportingv1.Role_ROLE_SENDER,
	auth.Auditor:       reportingv1.Role_ROLE_AUDITOR,
	auth.Public:        reportingv1.Role_ROLE_PUBLIC,
	auth.Bootstrap:     reportingv1.Role_ROLE_BOOTSTRAP,
}

// CreateToken issues a token.
func (s access) CreateToken(ctx context.Context, r *reportingv1.CreateTokenRequest) (*reportingv1.CreateTokenResponse, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	draft := reporting.TokenDraft{Unit: r.GetUnit(), Form: r.GetForm(), DisplayName: r.GetDisplayName(), OwnReports: r.GetOwnReports()}
	draft.Role, err = enumOf(roles, r.GetRole(), "ROLE_UNKNOWN", "role")
	if err != nil || r.GetRole() == reportingv1.Role_ROLE_UNSPECIFIED {
		return nil, fault.Invalid("ROLE_UNKNOWN", "role %q: state one of reporter, drafter, sender, approver, viewer, administrator, operator, auditor, public", r.GetRole()).
			With("value", r.GetRole().String()).In("role")
	}
	if lifetime := r.GetLifetime(); lifetime != nil {
		if draft.Lifetime = lifetime.AsDuration(); draft.Lifetime == 0 || lifetime.CheckValid() != nil {
			return nil, fault.Invalid("LIFETIME_INVALID", "lifetime %s: it must be positive and at most three years", draft.Lifetime).In("lifetime")
		}
	}
	if start := r.GetStartTime(); start != nil {
		if start.CheckValid() != nil {
			return nil, fault.Invalid("START_INVALID", "start_time is no instant").In("start_time")
		}
		draft.Starts = start.AsTime()
	}
	token, secret, receipt, stamp, err := s.service.CreateToken(ctx, c, draft)
	if err != nil {
		return nil, err
	}
	m := tokenMessage(token)
	m.Stamp, m.Receipt = stampMessage(stamp), receiptMessage(receipt)
	return &reportingv1.CreateTokenResponse{Token: m, Secret: secret.Reveal()}, nil
}

// ListTokens lists tokens.
func (s access) ListTokens(ctx context.Context, r *reportingv1.ListTokensRequest) (*reportingv1.ListTokensResponse, error) {
	page, err := s.service.ListTokens(ctx, callerOf(ctx), pageOf(r.GetPageSize(), r.GetPageToken()))
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListTokensResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for _, t := range page.Tokens {
		m := tokenMessage(t)
		m.LastUseTime = timestamp(s.service.LastUse(t.ID))
		answer.Tokens = append(answer.Tokens, m)
	}
	return answer, nil
}

// RevokeToken ends a token.
func (s access) RevokeToken(ctx context.Context, r *reportingv1.RevokeTokenRequest) (*reportingv1.Token, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	id, err := lastPart("tokens", "name", r.GetName())
	if err != nil {
		return nil, err
	}
	token, receipt, stamp, err := s.service.RevokeToken(ctx, c, id)
	if err != nil {
		return nil, err
	}
	m := tokenMessage(token)
	m.Stamp, m.Receipt = stampMessage(stamp), receiptMessage(receipt)
	return m, nil
}

// GetCaller says who the caller is.
func (s access) GetCaller(ctx context.Context, _ *reportingv1.GetCallerRequest) (*reportingv1.Token, error) {
	token, stamp, err := s.service.GetCaller(ctx, callerOf(ctx))
	if err != nil {
		return nil, err
	}
	m := tokenMessage(token)
	m.Stamp = stampMessage(stamp)
	return m, nil
}

// tokenMessage never holds the secret, for the domain's token does not.
func tokenMessage(t auth.Token) *reportingv1.Token {
	m := &reportingv1.Token{
		Role: roles.wire(t.Role), Unit: string(t.Unit), Form: string(t.Form), DisplayName: t.DisplayName,
		CreateTime: timestamp(t.Created), ExpireTime: timestamp(t.Expires), RevokeTime: timestamp(t.Revoked),
		StartTime: timestamp(t.Starts), OwnReports: t.OwnReports,
		FormerEndTime: timestamp(t.FormerUntil),
	}
	if t.ID != "" {
		m.Name = "tokens/" + t.ID
	}
	return m
}
