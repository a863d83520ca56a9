//go:build unix

package workload

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
)

const (
	// pauseAfterFailure is how long a client waits that could not reach the server.
	pauseAfterFailure = 2 * time.Millisecond
	// reformOneIn says how seldom a client changes the tree.
	reformOneIn = 300
	// hangAfter is how long a call may still wait for a server whose process has ended.
	hangAfter = 5 * time.Second
)

// Drive lets so many clients work until the context ends or the server's process has ended. What they do is drawn from
// the world's seed and the part of the run. When the context ends, calls under way are given up; when the process has
// ended they must end by themselves. An error is a broken promise, such as a read that shows less than was acknowledged
// before; refusals and failures are what the record is for.
func (w *World) Drive(ctx context.Context, clients int, part uint64) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var working sync.WaitGroup
	for n := range clients {
		draw := rand.New(rand.NewPCG(w.shape.Seed, part<<16|uint64(n))) //nolint:gosec // drawn again from the seed
		working.Go(func() {
			if err := w.work(ctx, draw); err != nil {
				stop(err)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		select {
		case <-w.gone:
		case <-done:
			return
		}
		select {
		case <-time.After(hangAfter):
			stop(check.Broken("a call was not answered %s after the end of the server", hangAfter))
		case <-done:
		}
	}()
	working.Wait()
	close(done)
	if err := context.Cause(ctx); check.IsBroken(err) {
		return err
	}
	return nil
}

// work is one client: one thing after the other.
func (w *World) work(ctx context.Context, draw *rand.Rand) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.gone:
			return nil
		default:
		}
		err := w.something(ctx, draw)
		switch {
		case check.IsBroken(err):
			return err
		case err != nil:
			select {
			case <-ctx.Done():
			case <-w.gone:
			case <-time.After(pauseAfterFailure):
			}
		}
	}
}

// something does one thing that is drawn: of twenty, nine submissions or corrections, five reviews, four reads.
func (w *World) something(ctx context.Context, draw *rand.Rand) (err error) {
	if w.shape.Reforms > 0 && draw.IntN(reformOneIn) == 0 {
		return w.Reform(ctx)
	}
	r := w.draw(draw)
	switch n := draw.IntN(20); {
	case n < 8:
		_, err = w.Submit(ctx, r)
	case n == 8:
		_, err = w.SubmitJSON(ctx, r)
	case n == 9:
		_, err = w.Batch(ctx, draw.IntN(3) == 0, w.several(draw)...)
	case n == 10:
		_, err = w.Stream(ctx, w.several(draw)...)
	case n < 14:
		_, err = w.Approve(ctx, r)
	case n == 14:
		_, err = w.Return(ctx, r)
	case n < 18:
		_, err = w.Look(ctx, r)
	default:
		tree := ""
		if w.shape.Reforms > 0 && draw.IntN(2) == 0 {
			tree, _ = w.shape.Restated()
		}
		err = w.lookAtRollup(ctx, draw.IntN(w.shape.Months), tree)
	}
	return err
}

func (w *World) draw(draw *rand.Rand) Report {
	l := w.shape.land(w.Reformed())
	c := draw.IntN(len(l.communes))
	r := Report{commune: l.communes[c].number, month: draw.IntN(w.shape.Months)}
	for range 3 { // some are of months that a commune does not have
		if !l.stands(c, r.month) {
			r.month = draw.IntN(w.shape.Months)
		}
	}
	return r
}

// several draws two to five reports, each once.
func (w *World) several(draw *rand.Rand) []Report {
	first, n := w.draw(draw), 2+draw.IntN(4)
	list := make([]Report, 0, n)
	communes := w.shape.land(w.Reformed()).communes
	at := slices.IndexFunc(communes, func(u communeUnit) bool { return u.number == first.commune })
	for i := range min(n, len(communes)) {
		list = append(list, Report{commune: communes[(at+i)%len(communes)].number, month: first.month})
	}
	return list
}

// LookAtRollup reads the sum of the province of a month, and finds the promise broken if it is older than what was
// acknowledged before, or counts fewer reports.
func (w *World) LookAtRollup(ctx context.Context, m int) error { return w.lookAtRollup(ctx, m, "") }

func (w *World) lookAtRollup(ctx context.Context, m int, tree string) error {
	least, head := w.leastReceived(m)
	q := &reportingv1.QueryRollupsRequest{
		Units: []string{province}, Indicators: []string{Files}, Periods: []string{month(m)},
		Basis: reportingv1.Basis_BASIS_PROVISIONAL, Tree: tree,
	}
	answer, err := w.viewer.client.QueryRollups(ctx, q)
	if err != nil {
		return err
	}
	if s := answer.GetStamp().GetSequence(); s < head {
		return check.Broken("the roll-up of %s is shown as of %d, and %d was acknowledged before it was asked for", month(m), s, head)
	}
	if len(answer.GetRollups()) != 1 {
		return check.Broken("the roll-up of %s was asked for, and %d came", month(m), len(answer.GetRollups()))
	}
	// A report that was returned meanwhile counts no longer.
	least = min(least, w.stillReceived(m))
	if got := answer.GetRollups()[0].GetCoverage().GetReceived(); got < least {
		return check.Broken("the roll-up of %s counts %d reports, and %d were acknowledged before it was asked for", month(m), got, least)
	}
	return nil
}

// leastReceived is how many reports of a month have an acknowledged revision and nobody who tried to return one, of communes
// that have the month whatever is changed.
func (w *World) leastReceived(m int) (int64, int64) {
	has := map[int]bool{}
	l := w.shape.land(w.shape.Reforms)
	for c, u := range l.communes {
		has[u.number] = l.stands(c, m)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var n int64
	for r, k := range w.known {
		if r.month == m && k.revision > 0 && !k.returns && has[r.commune] {
			n++
		}
	}
	return n, w.head
}

func (w *World) stillReceived(m int) int64 {
	n, _ := w.leastReceived(m)
	return n
}

// Resolve repeats every attempt with an item of unknown outcome, under the same request id, until the server answers. A
// server that was started again and cannot say what became of an attempt is an error.
func (w *World) Resolve(ctx context.Context) error {
	if w.reformUnknown() {
		if err := w.Reform(ctx); err != nil {
			return err
		}
	}
	for _, a := range w.unresolved() {
		now, err := w.attempt(ctx, a)
		if err != nil {
			return err
		}
		for i := range now.Items {
			if now.Items[i].Outcome == Unknown {
				return &Unresolved{Attempt: now, Item: i}
			}
		}
	}
	return nil
}

// Unresolved is the error of a repetition that was not answered clearly either.
type Unresolved struct {
	Attempt Attempt
	Item    int
}

// Error tells which.
func (e *Unresolved) Error() string { return "repeated, and not answered: " + e.Attempt.tell(e.Item) }

// unresolved are the attempts with an item of unknown outcome.
func (h *history) unresolved() []*Attempt {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []*Attempt
	for _, a := range h.attempts {
		for i := range a.Items {
			if a.Items[i].Outcome == Unknown {
				list = append(list, a)
				break
			}
		}
	}
	return list
}

// Replays is how many items had been accepted before they were acknowledged, as a repetition told.
func (h *history) Replays() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, a := range h.attempts {
		for i := range a.Items {
			if a.Items[i].Replayed {
				n++
			}
		}
	}
	return n
}

// Counts says how many items of the record have which outcome.
func (h *history) Counts() (acknowledged, refused, unknown int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.attempts {
		for i := range a.Items {
			switch a.Items[i].Outcome {
			case Acknowledged:
				acknowledged++
			case Refused:
				refused++
			case Unknown:
				unknown++
			}
		}
	}
	return acknowledged, refused, unknown
}
