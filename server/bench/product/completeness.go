//go:build unix

package product

import (
	"context"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/bench/workload"
)

// Completeness asks who has reported, over gRPC with the library.
func (p *Product) Completeness() Asker { return matrixOverGRPC{p.Client} }

type matrixOverGRPC struct{ client *client.Client }

// Ask gives the number of cells in which a report has come.
func (o matrixOverGRPC) Ask(ctx context.Context, q workload.Question) (int, error) {
	received := 0
	for page, err := range o.client.CompletenessPages(ctx, &reportingv1.GetCompletenessRequest{
		Form: string(workload.Form), Periods: q.Periods[0], Unit: q.Units[0], Kind: "commune", PageSize: matrixCells, IdsOnly: true,
	}) {
		if err != nil {
			return 0, err
		}
		for _, state := range page.GetStates() {
			if state == reportingv1.ObligationState_OBLIGATION_STATE_WAITING || state == reportingv1.ObligationState_OBLIGATION_STATE_DONE {
				received++
			}
		}
	}
	return received, nil
}

// matrixCells is the largest page.
const matrixCells = 500_000
