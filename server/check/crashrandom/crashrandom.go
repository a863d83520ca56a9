//go:build unix

package crashrandom

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
	Name: "crash-random",
	Promise: "After kill -9 at any moment every acknowledged change is there once, nothing is there that nobody sent, " +
		"and every roll-up is what the reports come to.",
	Counts: "kills", Short: 100, Long: 500,
	Run: run,
	Controls: []check.Control{
		{
			Name: early, Size: 10,
			Fault: "the server answers, and writes to the journal 20 ms later; what the derived state knows is thrown away",
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
			},
		},
		{
			Name: "links-forgotten", Size: 8,
			Fault: "what a change of the tree says of lineage is in memory alone, and gone after a start",
			Edits: []plant.Edit{{
				File: "server/aggregator/lineage.go", Old: "	for place, l := range r.Links {\n", New: "	for place, l := range r.Links[:0] {\n",
			}},
		},
		{
			Name: "correction-added", Size: 3,
			Fault: "a correction is added to the roll-ups above, and what it corrects is not taken out",
			Edits: []plant.Edit{{File: "server/aggregator/step.go", Old: "		amounts(&step, c.was, ratio, -1)\n", New: ""}},
		},
	},
}

// early is the control that acknowledges first. A server whose state is ahead of its journal does not start, which is a
// safety of its own: the control goes round it, so that the judge has to miss what is gone.
const early = "answer-first"

const (
	clients = 16
	// killsPerStore is how many kills a store lives through, about; a further one begins empty.
	killsPerStore = 10
	// The load before a kill lasts between these.
	leastLoad, mostLoad = 20 * time.Millisecond, 400 * time.Millisecond
)

// totals are the figures of the run.
type totals struct {
	kills, stores                   int
	acked, unknown, accepted        int
	lost, doubled, altered, foreign int
	rollups, hashes                 int
	starts                          []time.Duration
}

func run(ctx context.Context, r *check.Run) error {
	t := &totals{}
	var err error
	for err == nil && t.kills < r.Size {
		err = store(ctx, r, t)
		r.Progress("%d of %d kills, %d stores", t.kills, r.Size, t.stores)
	}
	slices.Sort(t.starts)
	r.Figure("stores", t.stores)
	r.Figure("acked", t.acked)
	r.Figure("unknown", t.unknown)
	r.Figure("of_them_accepted", t.accepted)
	r.Figure("lost", t.lost)
	r.Figure("doubled", t.doubled)
	r.Figure("altered", t.altered)
	r.Figure("foreign", t.foreign)
	r.Figure("rollups", t.rollups)
	r.Figure("hashes", t.hashes)
	if n := len(t.starts); n > 0 {
		r.Figure("restart_p50", t.starts[n/2].Round(time.Millisecond))
		r.Figure("restart_p99", t.starts[n*99/100].Round(time.Millisecond))
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
	early bool
}

// store kills one store about ten times, and has it verified by its own command in the end.
func store(ctx context.Context, r *check.Run, t *totals) (err error) {
	s := &one{totals: t, early: r.Control == early, draw: r.Random(uint64(t.stores)), cfg: daemon.Config{ //nolint:gosec // a count
		Program: r.Daemon, Dir: filepath.Join(r.Dir, fmt.Sprintf("store%03d", t.stores)),
	}}
	t.stores++
	s.cfg.Flags = []string{"--segment-bytes", fmt.Sprint(1 << (14 + s.draw.IntN(4)))}
	if s.draw.IntN(2) == 0 {
		s.cfg.Flags = append(s.cfg.Flags, "--sync-every", "50ms")
	}
	admin, err := daemon.Init(ctx, s.cfg)
	if err != nil {
		return err
	}
	if s.d, err = daemon.Start(ctx, s.cfg); err != nil {
		return err
	}
	defer func() { s.d.Kill() }()
	if s.world, err = workload.Found(ctx, s.d, admin, workload.Shape{
		Seed: r.Seed<<8 + uint64(t.stores), Reforms: workload.MostReforms, //nolint:gosec // a count
	}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.world.Close()) }()
	for n := 0; n < killsPerStore && t.kills < r.Size; n++ {
		if err := s.kill(ctx, uint64(n)); err != nil { //nolint:gosec // a count
			return err
		}
	}
	return s.end(ctx)
}

// kill lets everybody work, kills the server in the middle of it, starts it again and judges.
func (s *one) kill(ctx context.Context, part uint64) error {
	after := leastLoad + time.Duration(s.draw.Int64N(int64(mostLoad-leastLoad)))
	killed := make(chan struct{})
	d := s.d
	timer := time.AfterFunc(after, func() {
		d.Kill()
		close(killed)
	})
	err := s.world.Drive(ctx, clients, part)
	if timer.Stop() {
		d.Kill()
	} else {
		<-killed
	}
	if err != nil {
		return err
	}
	s.kills++
	if s.early {
		if err := os.RemoveAll(filepath.Join(s.cfg.Dir, "state")); err != nil {
			return err
		}
	}
	if s.d, err = daemon.Start(ctx, s.cfg); err != nil {
		s.d = d
		return check.Broken("after a kill under load: %w", err)
	}
	s.starts = append(s.starts, s.d.Started)
	if err := s.world.Connect(ctx, s.d); err != nil {
		return err
	}
	if err := s.judge(ctx); err != nil || s.draw.IntN(3) > 0 {
		return err
	}
	return s.resolve(ctx)
}

// resolve repeats what is unknown and judges again: now nothing is.
func (s *one) resolve(ctx context.Context) error {
	_, _, unknown := s.world.Counts()
	if err := s.world.Resolve(ctx); err != nil {
		return err
	}
	s.unknown += unknown
	return s.judge(ctx)
}

func (s *one) judge(ctx context.Context) error {
	v, err := s.world.Judge(ctx, s.world.Mark())
	s.lost, s.doubled, s.altered, s.foreign = s.lost+v.Lost, s.doubled+v.Doubled, s.altered+v.Altered, s.foreign+v.Foreign
	s.rollups += v.Rollups
	if err != nil {
		return fmt.Errorf("kill %d: %w", s.kills, err)
	}
	return nil
}

// end stops the server, has the journal's hashes compared with the receipts, and the store verified.
func (s *one) end(ctx context.Context) error {
	if err := s.resolve(ctx); err != nil {
		return err
	}
	acked, _, _ := s.world.Counts()
	s.acked, s.accepted = s.acked+acked, s.accepted+s.world.Replays()
	exit, err := s.d.Stop(10 * time.Second)
	if err != nil {
		return err
	}
	if exit.Code != 0 {
		return check.Broken("the server was asked to end, and its end was %s", exit)
	}
	n, err := s.world.JudgeJournal(ctx, s.cfg.Dir, s.world.Mark())
	if s.hashes += n; err != nil {
		return err
	}
	out, exit, err := daemon.Command(ctx, s.cfg, "verify", "--data", s.cfg.Dir)
	if err != nil {
		return err
	}
	if exit.Code != 0 {
		return check.Broken("verify after %d kills: %s %s", s.kills, strings.TrimSpace(out), exit)
	}
	return os.RemoveAll(s.cfg.Dir)
}
