//go:build unix

package slowreaders

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tonghop/tonghop/server/check"
)

// Check is the check.
var Check = check.Check{
	Name:     "slow-readers",
	Promise:  "Who stops reading harms himself alone: writers go on, the file and the memory do not grow, his stream is cut, and the server ends when it is asked to.",
	Counts:   "clients that stop reading",
	Short:    200,
	Long:     400,
	Needs:    []check.Need{check.Linux},
	Run:      run,
	Controls: controls,
}

const (
	// during is how long one round lasts; rounds of each kind there are, more in a long run. Where the writers were slower
	// with the crowd, it may have been the machine, and up to mostRounds times as many are measured.
	during      = 2 * time.Second
	rounds      = 3
	longRounds  = 30
	mostRounds  = 4
	longFrom    = 1000 // clients
	leastRatio  = 0.5
	mostGrowth  = 1.2
	growthSlack = 2 << 20
	// eachMay is how much memory of the server one client may take: an answer and its copies on the way.
	eachMay     = 2 << 20
	memorySlack = 64 << 20
	endWithin   = 10 * time.Second
	// cutWithin is when a stream must have been cut, the server's 30 s and a few for a busy machine; webCutWithin the same
	// of an answer over HTTP that is no stream, with the server's 2 min.
	cutWithin    = 34 * time.Second
	webCutWithin = 130 * time.Second
	// endsWithin is how long the rest of what was cut may take to be read.
	endsWithin = 10 * time.Second
)

func run(ctx context.Context, r *check.Run) (err error) {
	s, err := found(ctx, r.Daemon, r.Dir, r.Seed)
	if err != nil {
		return err
	}
	defer func() {
		if closed := s.line.Close(); err == nil { // it is over after a failure, however it ends
			err = closed
		}
	}()
	waiting := make(chan error, 1)
	if r.Control == "" {
		go func() { waiting <- patient(ctx, r) }()
	} else {
		waiting <- nil // the faults are found by the rest, and sooner
	}
	if r.Control != noEnd {
		err = compare(ctx, r, s)
	}
	if err == nil {
		err = end(ctx, r, s)
	}
	if waited := <-waiting; err == nil {
		err = waited
	}
	return err
}

// compare measures rounds with the crowd and without it.
func compare(ctx context.Context, r *check.Run, s *site) error {
	if _, err := s.write(ctx, during/2); err != nil { // to warm up
		return err
	}
	n := rounds
	if r.Size >= longFrom {
		n = longRounds
	}
	var calm, crowded measured
	var ratios []float64
	for i := 0; i < n || i < n*mostRounds && median(ratios) < leastRatio; i++ {
		alone, err := s.write(ctx, during)
		if err != nil {
			return err
		}
		with, err := crowdedRound(ctx, r, s)
		if err != nil {
			return err
		}
		calm, crowded = calm.and(alone), crowded.and(with)
		ratios = append(ratios, with.perSecond()/alone.perSecond())
		r.Progress("round %d: %.0f writes a second without the crowd, %.0f with it", i+1, alone.perSecond(), with.perSecond())
		if err := hold(r.Size, calm, crowded); err != nil {
			return err
		}
	}
	if m := median(ratios); m < leastRatio {
		return check.Broken("with the crowd there are %.2f as many writes a second as without it, %d rounds beside %d",
			m, len(ratios), len(ratios))
	}
	r.Figure("without_per_second", int(calm.perSecond()))
	r.Figure("with_per_second", int(crowded.perSecond()))
	r.Figure("ratio", fmt.Sprintf("%.2f", median(ratios)))
	r.Figure("p99_without_ms", calm.slow.Milliseconds())
	r.Figure("p99_with_ms", crowded.slow.Milliseconds())
	r.Figure("grown_each_without", calm.grown/int64(max(1, calm.writes)))
	r.Figure("grown_each_with", crowded.grown/int64(max(1, crowded.writes)))
	r.Figure("memory_without_MiB", calm.memory>>20)
	r.Figure("memory_with_MiB", crowded.memory>>20)
	return nil
}

// and adds rounds up.
func (m measured) and(o measured) measured {
	return measured{
		writes: m.writes + o.writes, took: m.took + o.took, grown: m.grown + o.grown, slow: max(m.slow, o.slow), memory: max(m.memory, o.memory),
	}
}

// median gives the middle of a list, the upper one of two.
func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// hold holds the rounds with the crowd against those without, all but how fast the writers are.
func hold(clients int, calm, crowded measured) error {
	grownMay := mostGrowth*float64(calm.grown)/float64(max(1, calm.writes))*float64(crowded.writes) + growthSlack
	memoryMay := calm.memory + int64(clients)*eachMay + memorySlack
	switch {
	case float64(crowded.grown) > grownMay:
		return check.Broken("with the crowd the file of the state grew by %d KiB in %d writes, and without it by %d KiB in %d",
			crowded.grown>>10, crowded.writes, calm.grown>>10, calm.writes)
	case crowded.memory > memoryMay:
		return check.Broken("with %d clients that do not read the server holds %d MiB, and without them %d MiB",
			clients, crowded.memory>>20, calm.memory>>20)
	case crowded.writes == 0:
		return check.Broken("with the crowd there is no write in %s, and without it there are %.0f a second", crowded.took, calm.perSecond())
	}
	return nil
}

func crowdedRound(ctx context.Context, r *check.Run, s *site) (measured, error) {
	crowd, err := s.host.gather(ctx, crowdOf(r.Size))
	if err != nil {
		return measured{}, err
	}
	defer leave(crowd)
	if err := settle(s.host.daemon.PID()); err != nil {
		return measured{}, err
	}
	m, err := s.write(ctx, during)
	if errors.Is(err, context.DeadlineExceeded) || m.writes == 0 && err != nil {
		return m, check.Broken("with the crowd a write is not answered within %s: %w", patience, err)
	}
	return m, err
}

// end asks the server to end while the crowd is there.
func end(ctx context.Context, r *check.Run, s *site) error {
	crowd, err := s.host.gather(ctx, crowdOf(r.Size))
	if err != nil {
		return err
	}
	defer leave(crowd)
	if err := settle(s.host.daemon.PID()); err != nil {
		return err
	}
	began := time.Now()
	exit, err := s.host.daemon.Stop(endWithin)
	if err != nil {
		return fmt.Errorf("with %d clients that do not read: %w", len(crowd), err)
	}
	if exit.Code != 0 || exit.Signal != 0 {
		return check.Broken("asked to end with %d clients that do not read, the server said %s", len(crowd), exit)
	}
	r.Figure("end_seconds", fmt.Sprintf("%.1f", time.Since(began).Seconds()))
	return nil
}
