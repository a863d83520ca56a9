package rpc

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
)

// GetSignedHead signs a head of the chain.
func (s operations) GetSignedHead(context.Context, *reportingv1.GetSignedHeadRequest) (*reportingv1.SignedHead, error) {
	return nil, fault.Internal(nil, "heads are not signed yet")
}
