package server_test

import (
	"context"
	"math"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/tonghop/tonghop/server"
)

// TestTheGoalGivesWayToWhatIsInUse: a limit below what lives would have the process look for garbage all the time.
func TestTheGoalGivesWayToWhatIsInUse(t *testing.T) {
	const mib = 1 << 20
	g := server.Garbage{Goal: 320 * mib}
	for _, c := range []struct{ live, rest, want int64 }{
		{0, 0, 320 * mib},
		{100 * mib, 30 * mib, 320 * mib},
		{150 * mib, 30 * mib, 336 * mib},
		{1000 * mib, 100 * mib, 2112 * mib},
	} {
		if got := server.GarbageLimit(g, c.live, c.rest); got != c.want {
			t.Errorf("with %d MiB in use and %d MiB beside the heap the limit is %d MiB, want %d", c.live/mib, c.rest/mib, got/mib, c.want/mib)
		}
	}
	runtime.GC() // before the first look nothing is known
	live, rest := server.InUse()
	if live <= 0 || rest <= 0 || live > 1<<40 || rest > 1<<40 {
		t.Errorf("in use are %d bytes and %d beside the heap", live, rest)
	}
}

// TestTheEnvironmentDecidesAboutGarbage: GOGC and GOMEMLIMIT are what people who know Go set, and they are not overruled.
func TestTheEnvironmentDecidesAboutGarbage(t *testing.T) {
	for _, c := range []struct {
		name, gogc, limit string
		given, percent    int
		goal              int64
	}{
		{"nothing set", "", "", 0, -1, 320 << 20},
		{"a percentage", "", "", 200, 200, 320 << 20},
		{"GOGC", "150", "", 200, 77, 320 << 20},
		{"GOMEMLIMIT", "", "1GiB", 0, 400, math.MaxInt64},
		{"GOMEMLIMIT and a percentage", "", "1GiB", 200, 200, math.MaxInt64},
		{"both", "150", "1GiB", 0, 77, math.MaxInt64},
	} {
		t.Run(c.name, func(t *testing.T) {
			percent, goal := debug.SetGCPercent(77), debug.SetMemoryLimit(math.MaxInt64)
			defer func() { debug.SetGCPercent(percent); debug.SetMemoryLimit(goal) }()
			t.Setenv("GOGC", c.gogc)
			t.Setenv("GOMEMLIMIT", c.limit)
			ctx, stop := context.WithCancel(t.Context())
			stop()
			server.Garbage{Percent: c.given, Goal: 320 << 20}.Tune(ctx)
			if got := debug.SetGCPercent(100); got != c.percent {
				t.Errorf("the percentage is %d, want %d", got, c.percent)
			}
			if got := debug.SetMemoryLimit(-1); got != c.goal {
				t.Errorf("the limit is %d, want %d", got, c.goal)
			}
		})
	}
}
