//go:build unix

package product

import (
	"context"
	"errors"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/bench/turn"
	"github.com/tonghop/tonghop/server/bench/workload"
	"github.com/tonghop/tonghop/server/reporting"
)

// Alone is the store without a network: its use cases in this process.
type Alone struct {
	shape  workload.Shape
	store  *server.Store
	caller auth.Caller
}

// OpenAlone opens a store.
func OpenAlone(ctx context.Context, dir, token string, shape workload.Shape) (*Alone, error) {
	store, err := server.OpenStore(ctx, server.Config{Dir: dir})
	if err != nil {
		return nil, err
	}
	caller, err := store.Service.Authenticate(ctx, auth.Secret(token))
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &Alone{shape: shape, store: store, caller: caller}, nil
}

// Address is nowhere.
func (a *Alone) Address() string { return "" }

// Run submits reports.
func (a *Alone) Run(ctx context.Context, o turn.Order) (turn.Window, error) {
	return turn.Run(ctx, o, func(ctx context.Context, n int) error {
		call := reporting.Call{Caller: a.caller, RequestID: workload.RequestID()}
		_, _, _, err := a.store.Service.Submit(ctx, call, a.shape.Submission(a.shape.Arrival(n)))
		return err
	})
}

// Close closes the store.
func (a *Alone) Close() error { return a.store.Close() }
