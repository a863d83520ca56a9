//go:build unix

package siege

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// others are those who are not to notice anything.
type others struct {
	end     context.CancelFunc
	working sync.WaitGroup

	mu    sync.Mutex
	took  []time.Duration
	wrong error
}

const (
	// people is how many they are, every how long each waits between two questions.
	people = 4
	every  = 5 * time.Millisecond
)

// watch lets them ask until stop.
func watch(ctx context.Context, c *client.Client) *others {
	ctx, end := context.WithCancel(ctx)
	o := &others{end: end}
	for range people {
		o.working.Go(func() {
			for pause(ctx, every) == nil {
				began := time.Now()
				rows, err := c.QueryRollups(ctx, &reportingv1.QueryRollupsRequest{
					Units: []string{"P-0"}, Indicators: []string{"HS"}, Periods: []string{"2024"}, Basis: reportingv1.Basis_BASIS_PROVISIONAL,
				})
				if err == nil && len(rows.GetRollups()) != 1 {
					err = errors.New("an answer without a roll-up")
				}
				o.note(ctx, time.Since(began), err)
			}
		})
	}
	return o
}

func (o *others) note(ctx context.Context, took time.Duration, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.took = append(o.took, took)
	if err != nil && ctx.Err() == nil && o.wrong == nil {
		o.wrong = err
	}
}

func (o *others) stop() {
	o.end()
	o.working.Wait()
}

func (o *others) reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.took = nil
}

func (o *others) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.took)
}

func (o *others) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.wrong
}

func (o *others) p99() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.took) == 0 {
		return 0
	}
	slices.Sort(o.took)
	return o.took[len(o.took)*99/100]
}

// memory is what the daemon has allocated, without the pages of its files; 0 if it is gone.
func (f *field) memory() int64 {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(f.daemon.PID()) + "/status")
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kb, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kb << 10
		}
	}
	return 0
}
