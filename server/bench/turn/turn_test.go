//go:build unix

package turn_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/bench/turn"
)

// TestMain lets the test be its own child.
func TestMain(m *testing.M) {
	if asked, err := turn.Become(context.Background(), os.Args, os.Stdin, os.Stdout, openEcho); asked {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// echo does one thing for each number that its order names.
type echo struct{ address string }

func openEcho(_ context.Context, kind string, settings []byte) (turn.Worker, error) {
	if kind != "echo" {
		return nil, fmt.Errorf("no %s here", kind)
	}
	return echo{strings.Trim(string(settings), `"`)}, nil
}

// Address gives the settings back.
func (e echo) Address() string { return e.address }

// Run fails where it is told to begin with nothing left.
func (e echo) Run(_ context.Context, o turn.Order) (turn.Window, error) {
	if o.From == o.Limit {
		return turn.Window{}, errors.New("nothing is left")
	}
	return turn.Window{Done: o.Limit - o.From, Took: time.Second}, nil
}

// Close has nothing to do.
func (e echo) Close() error { return nil }

func TestEveryNumberIsDoneOnceAndNoneIsLeftOut(t *testing.T) {
	var mu sync.Mutex
	seen := map[int]int{}
	w, err := turn.Run(t.Context(), turn.Order{From: 100, Limit: 1 << 40, Width: 8, Length: 20 * time.Millisecond}, func(_ context.Context, n int) error {
		time.Sleep(time.Microsecond)
		mu.Lock()
		defer mu.Unlock()
		seen[n]++
		return nil
	})
	if err != nil || w.Done == 0 || w.Done != len(seen) || w.P50 > w.P99 || w.Rate() <= 0 {
		t.Fatalf("%+v, %v; %d numbers were done", w, err, len(seen))
	}
	for n := 100; n < 100+w.Done; n++ {
		if seen[n] != 1 {
			t.Fatalf("%d was done %d times", n, seen[n])
		}
	}
}

func TestATurnEndsWithItsFirstError(t *testing.T) {
	fault := errors.New("a fault")
	order := turn.Order{Limit: 1 << 40, Width: 4, Length: time.Minute}
	if _, err := turn.Run(t.Context(), order, func(_ context.Context, n int) error {
		if n == 50 {
			return fault
		}
		return nil
	}); !errors.Is(err, fault) {
		t.Errorf("the turn ended with %v, want the fault", err)
	}
	order.Limit = 10
	if _, err := turn.Run(t.Context(), order, func(context.Context, int) error { return nil }); err == nil || !strings.Contains(err.Error(), "ends at report 10") {
		t.Errorf("a turn beyond the workload ended with %v", err)
	}
}

func TestQuantiles(t *testing.T) {
	var took []time.Duration
	for n := range 200 {
		took = append(took, time.Duration(199-n))
	}
	if p50, p99 := turn.Quantiles(took); p50 != 99 || p99 != 198 {
		t.Errorf("Quantiles = %d, %d, want 99, 198", p50, p99)
	}
	if p50, p99 := turn.Quantiles(nil); p50 != 0 || p99 != 0 {
		t.Errorf("Quantiles of nothing = %d, %d", p50, p99)
	}
}

func TestAContestantLivesInAProcessOfItsOwn(t *testing.T) {
	child, err := turn.Start(t.Context(), "echo", "somewhere", "")
	if err != nil {
		t.Fatal(err)
	}
	if child.Address != "somewhere" || child.PID() == os.Getpid() {
		t.Errorf("it listens at %q in process %d", child.Address, child.PID())
	}
	for _, n := range []int{1, 5} {
		if w, err := child.Run(t.Context(), turn.Order{From: 7, Limit: 7 + n}); err != nil || w.Done != n {
			t.Errorf("its turn gave %+v, %v; want %d", w, err, n)
		}
	}
	if _, err := child.Run(t.Context(), turn.Order{}); err == nil || !strings.Contains(err.Error(), "nothing is left") {
		t.Errorf("its fault came back as %v", err)
	}
	if err := errors.Join(child.Close(), child.Close()); err != nil {
		t.Errorf("its end: %v", err)
	}
	if _, err := turn.Start(t.Context(), "stranger", nil, ""); err == nil || !strings.Contains(err.Error(), "no stranger here") {
		t.Errorf("a kind that is unknown started with %v", err)
	}
}
