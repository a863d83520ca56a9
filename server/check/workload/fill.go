//go:build unix

package workload

import (
	"context"
	"fmt"
	"slices"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// fillAtOnce is how many reports one stream of Fill has.
const fillAtOnce = 2000

// Fill submits reports of which nothing was sent before, over streams, in the name of the administrator. All must be
// accepted.
func (w *World) Fill(ctx context.Context, reports ...Report) error {
	for some := range slices.Chunk(reports, fillAtOnce) {
		batch := &reportingv1.BatchSubmitReportsRequest{RequestId: newID()}
		a := &Attempt{ID: batch.GetRequestId(), Kind: Stream, Principal: w.admin.principal, sender: &w.admin, request: batch}
		for _, r := range some {
			item, q := w.submission(r, Sight{})
			a.Items, batch.Requests = append(a.Items, item), append(batch.Requests, q)
		}
		now, err := w.send(ctx, a)
		if err != nil {
			return err
		}
		for i := range now.Items {
			if now.Items[i].Outcome != Acknowledged {
				return fmt.Errorf("fill: %s", now.tell(i))
			}
		}
	}
	return nil
}
