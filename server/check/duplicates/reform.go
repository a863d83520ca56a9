//go:build unix

package duplicates

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/line"
	"github.com/tonghop/tonghop/server/check/workload"
)

// reformer sends changes of the tree.
type reformer struct {
	*sender
	units  [lines]reportingv1.UnitServiceClient
	random *rand.Rand
	// sequences are those of the receipts.
	sequences map[int64]bool
}

func (p *post) newReformer(secret string) (*reformer, error) {
	s, err := newSender(p.line, secret)
	if err != nil {
		return nil, err
	}
	r := &reformer{sender: s, random: p.Random(3), sequences: map[int64]bool{}}
	for i := range r.units {
		conn, err := p.line.Dial(secret)
		if err != nil {
			return nil, err
		}
		r.units[i] = reportingv1.NewUnitServiceClient(conn)
	}
	return r, nil
}

// reform makes all changes of the tree that the shape plans, each sent up to six times and some of them at the same time, over
// gRPC and JSON; and each once more under its id with another content.
func (r *reformer) reform(ctx context.Context, shape workload.Shape) error {
	for n := range shape.Reforms {
		q := shape.Reform(n)
		q.RequestId = newID(r.random)
		var all sync.WaitGroup
		answers := make([]*reportingv1.Reorganisation, 1+r.random.IntN(mostSent))
		errs := make([]error, len(answers))
		for i := range answers {
			json, conn := r.random.IntN(3) == 0, r.random.IntN(lines)
			all.Go(func() { answers[i], errs[i] = r.until(ctx, q, json, conn) })
		}
		all.Wait()
		fresh := 0
		for i, a := range answers {
			if errs[i] != nil {
				return errs[i]
			}
			got, first := a.GetReceipt(), answers[0].GetReceipt()
			if got.GetSequence() != first.GetSequence() || got.GetEntryHash() != first.GetEntryHash() || got.GetSequence() == 0 {
				return check.Broken("the change %d of the tree was answered with the receipts %v and %v", n+1, first, got)
			}
			if !got.GetReplayed() {
				fresh++
			}
		}
		if fresh > 1 {
			return check.Broken("the change %d of the tree was accepted %d times", n+1, fresh)
		}
		r.sequences[answers[0].GetReceipt().GetSequence()] = true
		q.Note += "?"
		if _, err := r.until(ctx, q, false, 0); line.ReasonOf(err) != reused {
			return check.Broken("another change under the id of change %d of the tree was answered %v, and not %s", n+1, err, reused)
		}
	}
	return nil
}

// until sends a change until it is answered.
func (r *reformer) until(ctx context.Context, q *reportingv1.ReorganiseUnitsRequest, json bool, conn int) (*reportingv1.Reorganisation, error) {
	sending, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		a, err := &reportingv1.Reorganisation{}, error(nil)
		if json {
			body := proto.CloneOf(q)
			body.RequestId = ""
			err = line.Post(sending, r.web, "/v1/units:reorganise", r.secret, q.GetRequestId(), body, a)
		} else {
			a, err = r.units[conn].ReorganiseUnits(sending, q)
		}
		err = line.Heard(err)
		if reason := line.ReasonOf(err); err == nil || sending.Err() != nil || reason != "" && !passing(reason) {
			return a, err
		}
		time.Sleep(10 * time.Millisecond)
	}
}
