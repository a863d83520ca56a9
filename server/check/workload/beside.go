//go:build unix

package workload

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/tonghop/tonghop/server/check/daemon"
)

// Beside gives the same people with the same record, connected to a server on a copy of the store, while those of the
// world go on with their own. It is for reading and judging; close it.
func (w *World) Beside(ctx context.Context, d *daemon.Daemon) (*World, error) {
	other := w.copy(w.history)
	if err := other.Connect(ctx, d); err != nil {
		return nil, errors.Join(err, other.Close())
	}
	return other, nil
}

// Again gives the same people with an empty record and without a server, for a copy of the store as it was founded.
func (w *World) Again() *World {
	other := w.copy(newHistory())
	other.reforming = &sync.Mutex{}
	return other
}

func (w *World) copy(h *history) *World {
	other := *w
	other.history, other.web, other.http, other.gone = h, nil, "", nil
	other.reporters = slices.Clone(w.reporters)
	for _, p := range other.everybody() {
		p.client = nil
	}
	return &other
}
