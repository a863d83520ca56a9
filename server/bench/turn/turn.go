package turn

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tonghop/tonghop/server/bench/machine"
)

// Order is what a contestant is told to do.
type Order struct {
	// From is the number of the first thing, Limit that behind the last one there is.
	From, Limit int
	// Width is how many are under way at a time.
	Width int
	// Length is how long new ones are begun.
	Length time.Duration
}

// Window is what was done in a turn.
type Window struct {
	// Done were done without a gap, from the first number on.
	Done int
	// Took is the time from the begin of the first to the end of the last.
	Took time.Duration
	// P50 and P99 are how long half of them took at most, and 99 of a hundred.
	P50, P99 time.Duration
	// CPU is how many seconds of the processor this process used.
	CPU float64
}

// Rate is how many were done in a second.
func (w Window) Rate() float64 {
	if w.Took <= 0 {
		return 0
	}
	return float64(w.Done) / w.Took.Seconds()
}

// Run does something for every number from the order's first on until its time is over. The first error ends it.
func Run(ctx context.Context, o Order, do func(ctx context.Context, n int) error) (Window, error) {
	runtime.GC() // what others left is not to be cleared away on this one's time
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next atomic.Int64
	took := make([][]time.Duration, o.Width)
	before := machine.CPU(os.Getpid())
	began := time.Now()
	var workers sync.WaitGroup
	for i := range took {
		workers.Go(func() {
			for time.Since(began) < o.Length && ctx.Err() == nil {
				n := o.From + int(next.Add(1)) - 1
				if n >= o.Limit {
					stop(fmt.Errorf("the workload ends at report %d: ask for fewer rounds, a shorter window or a greater shape", o.Limit))
					return
				}
				begun := time.Now()
				if err := do(ctx, n); err != nil {
					stop(err)
					return
				}
				took[i] = append(took[i], time.Since(begun))
			}
		})
	}
	workers.Wait()
	w := Window{Took: time.Since(began), CPU: machine.CPU(os.Getpid()) - before}
	if err := context.Cause(ctx); err != nil {
		return Window{}, err
	}
	all := slices.Concat(took...)
	w.Done = len(all)
	w.P50, w.P99 = Quantiles(all)
	if w.Done == 0 {
		return w, errors.New("nothing was done in this turn")
	}
	return w, nil
}

// Quantiles gives the time that half took at most, and that which 99 of a hundred did. It sorts the list.
func Quantiles(took []time.Duration) (p50, p99 time.Duration) {
	if len(took) == 0 {
		return 0, 0
	}
	slices.Sort(took)
	return took[(len(took)-1)/2], took[min(len(took)-1, len(took)*99/100)]
}
