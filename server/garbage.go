package server

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Garbage says how rarely a process looks for memory that it no longer needs. Go's own choice costs a server of this kind
// a quarter of its processor's time, and by it a server that holds little looks a dozen times a second: one question in a
// hundred waited three times as long as the others. Memory is cheaper.
type Garbage struct {
	// Percent is how much may come up between two looks, of what is in use: Go's GOGC, whose own choice is 100. 0 is as much
	// as the goal leaves room for.
	Percent int
	// Goal is how many bytes the process stays below where it can. It never looks more often for it than it would by Go's own
	// choice: then what is in use does not fit, and looking would not help.
	Goal int64
}

// DefaultGarbage is for a server with the figures of a country.
var DefaultGarbage = Garbage{Goal: 112 << 20} //nolint:gochecknoglobals // a constant, but for the language

// percentAlone takes the place of a percentage of 0 where no goal of ours bounds what comes up.
const percentAlone = 400

// look is how often the goal is held against what is in use.
const look = 2 * time.Second

// Tune sets what the environment does not: GOGC and GOMEMLIMIT there are left as they are. It holds for the process, and
// returns at once; the goal is looked after until the context ends.
func (g Garbage) Tune(ctx context.Context) {
	bounded := os.Getenv("GOMEMLIMIT") == "" && g.Goal > 0
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(g.percent(bounded))
	}
	if !bounded {
		return
	}
	debug.SetMemoryLimit(g.Goal)
	go func() {
		ticker := time.NewTicker(look)
		defer ticker.Stop()
		for set := g.Goal; ; {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if limit := g.limit(inUse()); limit != set {
				set = limit
				debug.SetMemoryLimit(limit)
			}
		}
	}()
}

// percent gives what the runtime is told; -1 is that the goal alone counts.
func (g Garbage) percent(bounded bool) int {
	switch {
	case g.Percent > 0:
		return g.Percent
	case bounded:
		return -1
	default:
		return percentAlone
	}
}

// limit gives the memory limit for what is in use: the goal, unless Go by its own choice would use more.
func (g Garbage) limit(live, rest int64) int64 {
	const step = 16 << 20 // what is in use changes a little all the time
	return max(g.Goal, (2*live+rest+step-1)/step*step)
}

// inUse gives the bytes on the heap that the last look found in use, and what the runtime has beside the heap.
func inUse() (live, rest int64) {
	samples := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
	}
	metrics.Read(samples)
	value := func(i int) int64 { return int64(samples[i].Value.Uint64()) } //nolint:gosec // bytes of memory
	return value(0), value(1) - value(2) - value(3) - value(4) - value(5)
}
