package oracle

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// newsEvery is how often progress is told.
const newsEvery = 5 * time.Second

// inside tells the sequences that it was ordered to, some at a time, until one fails.
func inside(ctx context.Context, in io.Reader, out io.Writer) error {
	var o order
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return err
	}
	t := tally{}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var telling, working sync.WaitGroup
	lines := json.NewEncoder(out)
	ended := make(chan struct{})
	telling.Go(func() {
		tick := time.NewTicker(newsEvery)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				_ = lines.Encode(t.news(false)) // nobody listens any more
			}
		}
	})
	var next atomic.Uint64
	next.Store(o.From)
	errs := make(chan error, o.Workers)
	for range o.Workers {
		working.Go(func() {
			for n := next.Add(1) - 1; n < o.From+o.Size && ctx.Err() == nil && !t.failed(); n = next.Add(1) - 1 {
				if err := t.one(ctx, o, n); err != nil {
					errs <- err
					stop()
					return
				}
			}
		})
	}
	working.Wait()
	close(ended)
	telling.Wait()
	if err := lines.Encode(t.news(true)); err != nil {
		return err
	}
	select {
	case err := <-errs:
		return err
	default:
		return ctx.Err()
	}
}

// tally adds up what all workers did.
type tally struct {
	mu    sync.Mutex
	total news
}

func (t *tally) news(done bool) news {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.total
	n.Done = done
	return n
}

func (t *tally) failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total.Failed != ""
}

// one tells a sequence, and if it fails tells it again shorter. An error means that it could not be told.
func (t *tally) one(ctx context.Context, o order, n uint64) error {
	dir := filepath.Join(o.Dir, fmt.Sprint(n))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(o.Seed+n, sequencePart)) //nolint:gosec // drawn again from the seed
	story, err := tell(ctx, dir, random)
	if err != nil {
		return fmt.Errorf("sequence %d: %w", n, err)
	}
	failed := ""
	if story.found != "" {
		failed = fmt.Sprintf("sequence %d (again: --seed %d --size 1), step %d of %d: %s", n, o.Seed+n, story.failedAt, len(story.acts), story.found)
		if o.Shorten {
			failed += "\n" + shorten(ctx, dir, story)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total.Sequences++
	t.total.Steps += uint64(len(story.acts))
	t.total.Rollups += story.counts.Rollups
	t.total.Reports += story.counts.Reports
	t.total.Recalled += story.counts.Recalled
	t.total.Keys += story.counts.Keys
	if t.total.Failed == "" {
		t.total.Failed = failed
	}
	return nil
}

// sequencePart is the part of the randomness that draws sequences.
const sequencePart = 0x0a
