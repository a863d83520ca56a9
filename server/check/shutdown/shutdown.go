//go:build unix

package shutdown

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/plant"
	"github.com/tonghop/tonghop/server/check/workload"
)

// Check is the suite.
var Check = check.Check{
	Name: "shutdown",
	Promise: "A server that is asked to end under load ends within 10 s with exit 0, whoever follows or does not read; nobody " +
		"hangs, what it accepts it answers, every acknowledged change is there, and the next start rebuilds nothing.",
	Counts: "stops", Short: 100, Long: 300,
	Run: run,
	Controls: []check.Control{
		{
			Name: nobodyWaits, Size: 20,
			Fault: "the server answers 20 ms before it writes to the journal, and does not wait for that when it ends",
			Edits: []plant.Edit{
				{File: "server/committer/group.go", Old: "	if err := tx.Commit(); err != nil {\n", New: "	if err != nil {\n"},
				{File: "server/committer/group.go", Old: "if c.hold(tx, g.records) {", New: "if false {"},
				{File: "server/committer/group.go", Old: "	head, err := c.cfg.Journal.Append(", New: `	if err := tx.Commit(); err != nil {
		return nil, err
	}
	for i, r := range requests {
		r.answer <- g.answers[i]
	}
	time.Sleep(20 * time.Millisecond)
	head, err := c.cfg.Journal.Append(`},
				{File: "server/committer/group.go", Old: "		r.answer <- answers[i]\n", New: `		select {
		case r.answer <- answers[i]:
		default:
		}
`},
				{File: "server/server.go", Old: ", s.gateway.Close(), s.store.Close())", New: ", s.gateway.Close())"},
			},
		},
		{
			Name: "patient", Size: 20,
			Fault: "the server waits for those who do not read until they do",
			Edits: []plant.Edit{{File: "server/rpc/server.go", Old: "		s.grpc.Stop()\n", New: ""}},
		},
	},
}

// nobodyWaits is the control that loses what was acknowledged. A server whose state is ahead of its journal does not
// start, which is a safety of its own: the control goes round it.
const nobodyWaits = "nobody-waits"

const (
	clients = 16
	// The load before a stop lasts between these.
	leastLoad, mostLoad = 10 * time.Millisecond, 80 * time.Millisecond
	// within is the promise.
	within = 10 * time.Second
	// stopsPerStore is how many stops a store lives through.
	stopsPerStore = 25
	// manyTimes is how often every report is sent in the beginning.
	manyTimes = 6
	// shortGrace is what most servers with a reader that does not read are started with, so that there can be many.
	shortGrace = 500 * time.Millisecond
)

// totals are the figures of the run.
type totals struct {
	stops, stores, acked, unknown, accepted, followers, silent int
	took                                                       []time.Duration
}

func run(ctx context.Context, r *check.Run) error {
	t := &totals{}
	var err error
	for err == nil && t.stops < r.Size {
		err = store(ctx, r, t)
		r.Progress("%d of %d stops, %d stores", t.stops, r.Size, t.stores)
	}
	slices.Sort(t.took)
	r.Figure("stores", t.stores)
	r.Figure("acked", t.acked)
	r.Figure("unknown", t.unknown)
	r.Figure("of_them_accepted", t.accepted)
	r.Figure("followers", t.followers)
	r.Figure("silent_readers", t.silent)
	if n := len(t.took); n > 0 {
		r.Figure("stop_p50", t.took[n/2].Round(time.Millisecond))
		r.Figure("stop_p99", t.took[n*99/100].Round(time.Millisecond))
		r.Figure("stop_max", t.took[n-1].Round(time.Millisecond))
	}
	return err
}

// one is a store and what happens to it.
type one struct {
	*totals
	cfg   daemon.Config
	draw  *rand.Rand
	world *workload.World
	d     *daemon.Daemon
	// forgetful says that the derived state is thrown away before each start.
	forgetful bool
}

func store(ctx context.Context, r *check.Run, t *totals) (err error) {
	s := &one{totals: t, forgetful: r.Control == nobodyWaits, draw: r.Random(uint64(t.stores)), cfg: daemon.Config{ //nolint:gosec // a count
		Program: r.Daemon, Dir: filepath.Join(r.Dir, fmt.Sprintf("store%03d", t.stores)),
	}}
	t.stores++
	admin, err := daemon.Init(ctx, s.cfg)
	if err != nil {
		return err
	}
	if s.d, err = daemon.Start(ctx, s.cfg); err != nil {
		return err
	}
	defer func() { s.d.Kill() }()
	if s.world, err = workload.Found(ctx, s.d, admin, workload.Shape{Seed: r.Seed<<8 + uint64(t.stores)}); err != nil { //nolint:gosec // a count
		return err
	}
	defer func() { err = errors.Join(err, s.world.Close()) }()
	// Enough changes that whoever does not read them fills what the line holds.
	for range manyTimes {
		if _, err := s.world.Stream(ctx, s.world.Reports()...); err != nil {
			return err
		}
	}
	for n := 0; n < stopsPerStore && t.stops < r.Size; n++ {
		if err := s.round(ctx, n); err != nil {
			return fmt.Errorf("stop %d: %w", s.stops, err)
		}
	}
	acked, _, _ := s.world.Counts()
	t.acked, t.accepted = t.acked+acked, t.accepted+s.world.Replays()
	s.d.Kill()
	return os.RemoveAll(s.cfg.Dir)
}

// silent says whether there is a reader in a round who does not read, and whether the server has its usual patience with
// him: once in a run.
func (s *one) silentIn(n int) (silent, patient bool) {
	patient = s.stores == 1 && n == stopsPerStore-1
	return n%10 == 4 || patient, patient
}

// round stops the server under load, starts it again and judges.
func (s *one) round(ctx context.Context, n int) error {
	silent, _ := s.silentIn(n)
	var c *crowd
	if n%2 == 0 || silent {
		var err error
		if c, err = gather(ctx, s.world, s.d, silent); err != nil {
			return err
		}
		defer c.close()
		s.followers += followers
	}
	if silent {
		s.silent++
	}
	if err := s.stop(ctx, uint64(n)); err != nil { //nolint:gosec // a count
		return err
	}
	if c != nil {
		if err := c.gone(); err != nil {
			return err
		}
	}
	left := s.marked()
	if err := s.start(ctx, n+1); err != nil {
		return errors.Join(left, err)
	}
	return errors.Join(s.judge(ctx, n), left)
}

// start starts the server for a round.
func (s *one) start(ctx context.Context, n int) error {
	s.cfg.Flags = []string{"--segment-bytes", fmt.Sprint(1 << (14 + s.draw.IntN(4)))}
	if silent, patient := s.silentIn(n); silent && !patient {
		s.cfg.Flags = append(s.cfg.Flags, "--grace", shortGrace.String())
	}
	if s.forgetful {
		if err := os.RemoveAll(filepath.Join(s.cfg.Dir, "state")); err != nil {
			return err
		}
	}
	d, err := daemon.Start(ctx, s.cfg)
	if err != nil {
		return check.Broken("after a stop under load: %w", err)
	}
	s.d = d
	return s.world.Connect(ctx, s.d)
}

// stop lets everybody work and asks the server to end in the middle of it.
func (s *one) stop(ctx context.Context, part uint64) error {
	after := leastLoad + time.Duration(s.draw.Int64N(int64(mostLoad-leastLoad)))
	type end struct {
		exit daemon.Exit
		took time.Duration
		err  error
	}
	ended := make(chan end, 1)
	d := s.d
	timer := time.AfterFunc(after, func() {
		began := time.Now()
		exit, err := d.Stop(within)
		ended <- end{exit, time.Since(began), err}
	})
	err := s.world.Drive(ctx, clients, part)
	if timer.Stop() { // the work ended before
		return errors.Join(err, ctx.Err())
	}
	e := <-ended
	s.stops++
	s.took = append(s.took, e.took)
	switch {
	case err != nil || e.err != nil:
		return errors.Join(e.err, err)
	case e.exit.Code != 0:
		return check.Broken("the server was asked to end, and its end was %s", e.exit)
	case strings.Contains(e.exit.Said, "rebuilt"):
		return check.Broken("the server had been stopped in order, and rebuilt its state at the next start: %s", e.exit)
	}
	return nil
}

// marked demands the marks of a clean stop of both files.
func (s *one) marked() error {
	for _, name := range []string{"journal/clean", "state/state.mark"} {
		if _, err := os.Stat(filepath.Join(s.cfg.Dir, filepath.FromSlash(name))); err != nil {
			return check.Broken("the server was stopped in order and left no mark of it: %w", err)
		}
	}
	return nil
}

// judge judges, repeats what is unknown, and judges again now and then. What was accepted was answered, if the server had its time.
func (s *one) judge(ctx context.Context, n int) error {
	if _, err := s.world.Judge(ctx, s.world.Mark()); err != nil {
		return err
	}
	_, _, unknown := s.world.Counts()
	if unknown == 0 {
		return nil
	}
	if err := unavailable(s.world.Attempts()); err != nil {
		return err
	}
	before := s.world.Replays()
	if err := s.world.Resolve(ctx); err != nil {
		return err
	}
	s.unknown += unknown
	if silent, patient := s.silentIn(n); !silent || patient {
		if unanswered := s.world.Replays() - before; unanswered > 0 {
			return check.Broken("%d changes were accepted while the server ended, and not answered", unanswered)
		}
	}
	if s.draw.IntN(4) > 0 {
		return nil
	}
	_, err := s.world.Judge(ctx, s.world.Mark())
	return err
}

// unavailable demands that whoever asked by gRPC and does not know what became of it was told UNAVAILABLE.
func unavailable(attempts []workload.Attempt) error {
	for _, a := range attempts {
		for _, item := range a.Items {
			told := item.Reason == "STOPPING" || strings.HasPrefix(item.Reason, "Unavailable")
			if item.Outcome == workload.Unknown && !a.JSON && !told {
				return check.Broken("the answer to the %s %s was %q, and not UNAVAILABLE", a.Kind, a.ID, item.Reason)
			}
		}
	}
	return nil
}
