//go:build unix

package crashpoints

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/syscalls"
	"github.com/tonghop/tonghop/server/check/workload"
)

// Check is the suite.
var Check = check.Check{
	Name: "crash-points",
	Promise: "Killed at any call by which it changes a file, the server starts again with every acknowledged change, exactly " +
		"once, and with nothing that nobody sent.",
	Counts: "points",
	Short:  530, Long: 1350,
	Needs:    []check.Need{syscalls.Need},
	Run:      run,
	Controls: controls,
}

// segmentBytes is so small that the story fills several segments.
const segmentBytes = 4096

// theatre is what all runs have in common.
type theatre struct {
	program string
	dir     string // for the copies
	store   string // what they are copies of
	world   *workload.World
	// operator is the token of somebody who looks after the store.
	operator client.Secret
}

// open makes the store with the province.
func open(ctx context.Context, r *check.Run) (*theatre, error) {
	t := &theatre{program: r.Daemon, dir: r.Dir, store: filepath.Join(r.Dir, "store")}
	secret, err := server.Init(ctx, server.Config{Dir: t.store, SegmentBytes: segmentBytes, FreeGuard: 1 << 20, Version: "check"})
	if err != nil {
		return nil, err
	}
	d, err := daemon.Start(ctx, daemon.Config{Program: t.program, Dir: t.store, Flags: flags})
	if err != nil {
		return nil, err
	}
	if t.operator, err = operator(ctx, d, secret.Reveal()); err != nil {
		d.Kill()
		return nil, err
	}
	if t.world, err = workload.Found(ctx, d, secret.Reveal(), workload.Shape{Districts: 2, Communes: 4, Months: 2, Reforms: 2}); err != nil {
		d.Kill()
		return nil, err
	}
	t.world.AlsoMakes(reportingv1.ChangeKind_CHANGE_KIND_UNITS, reportingv1.ChangeKind_CHANGE_KIND_INDICATORS, reportingv1.ChangeKind_CHANGE_KIND_DUTIES,
		reportingv1.ChangeKind_CHANGE_KIND_REGISTERS)
	_, err = d.Stop(patience)
	return t, errors.Join(err, t.world.Close())
}

// operator issues a token for what an administrator may not do.
func operator(ctx context.Context, d *daemon.Daemon, admin string) (client.Secret, error) {
	c, err := client.Dial(ctx, client.Config{Address: d.GRPC, Token: client.Secret(admin)})
	if err != nil {
		return "", err
	}
	t, err := c.CreateToken(ctx, &reportingv1.CreateTokenRequest{Role: reportingv1.Role_ROLE_OPERATOR, DisplayName: "operator"})
	return client.Secret(t.GetSecret()), errors.Join(err, c.Close())
}

// flags are those of every server.
var flags = []string{"--segment-bytes", fmt.Sprint(segmentBytes), "--free-guard", "1"}

// run is the check.
func run(ctx context.Context, r *check.Run) error {
	t, err := open(ctx, r)
	if err != nil {
		return err
	}
	first, err := t.tell(ctx, "first", point{whole: true})
	if err != nil {
		return fmt.Errorf("without a fault: %w", err)
	}
	calls := first.calls
	probe, err := t.tell(ctx, "first", point{step: aSubmission, call: 1, second: never})
	if err != nil {
		return fmt.Errorf("%s: %w", probe.told(), err)
	}
	list := points(calls, probe.ofRecovery, r.Size, r.Random(1))
	r.Progress("%d calls, %d points", len(calls), len(list))
	score, err := t.tellAll(ctx, r, list)
	r.Figure("operations", len(story))
	r.Figure("calls", len(calls))
	r.Figure("kinds", kinds(calls))
	r.Figure("hit", score.hit)
	r.Figure("torn", score.torn)
	r.Figure("twice", score.twice)
	r.Figure("missed", score.missed)
	return err
}

// kinds counts the calls by their names.
func kinds(calls []call) string {
	count := map[string]int{}
	for _, c := range calls {
		count[c.Name]++
	}
	text := ""
	for _, name := range slices.SortedFunc(maps.Keys(count), func(a, b string) int { return cmp.Or(count[b]-count[a], cmp.Compare(a, b)) }) {
		text += fmt.Sprintf(",%s:%d", name, count[name])
	}
	return text[1:]
}

// score counts the runs.
type score struct{ hit, torn, twice, missed int }

// atOnce is how many runs go on at a time.
const atOnce = 2

// tellAll makes one run for each point.
func (t *theatre) tellAll(ctx context.Context, r *check.Run, list []point) (score, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var s score
	var counting sync.Mutex
	var working sync.WaitGroup
	waiting := make(chan point)
	for n := range atOnce {
		working.Go(func() {
			for at := range waiting {
				p, err := t.tellOften(ctx, fmt.Sprint("copy", n), at)
				if err == nil && p.victim == nil {
					r.Progress("call %d of %s did not come", at.call, story[at.step].name)
				}
				counting.Lock()
				s.count(p, at)
				if done := s.hit + s.missed; done%50 == 0 {
					r.Progress("%d of %d", done, len(list))
				}
				counting.Unlock()
				if err != nil {
					stop(fmt.Errorf("%s: %w", p.told(), err))
				}
			}
		})
	}
	for _, at := range list {
		if ctx.Err() != nil {
			break
		}
		waiting <- at
	}
	close(waiting)
	working.Wait()
	return s, context.Cause(ctx)
}

// tries is how often a point is tried: the number of calls of an operation varies a little.
const tries = 5

// tellOften tells the story until the call has come at which it is to be disturbed.
func (t *theatre) tellOften(ctx context.Context, name string, at point) (p *play, err error) {
	for range tries {
		if p, err = t.tell(ctx, name, at); err != nil || p.victim != nil {
			break
		}
	}
	return p, err
}

func (s *score) count(p *play, at point) {
	switch {
	case p == nil || p.victim == nil:
		s.missed++
		return
	case at.tear > 0:
		s.torn++
	case at.second > 0 && p.second:
		s.twice++
	}
	s.hit++
}

// copyStore copies a data folder, with its modes: the program insists on them.
func copyStore(from, to string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		into := filepath.Join(to, strings.TrimPrefix(path, from))
		if e.IsDir() {
			return os.MkdirAll(into, info.Mode().Perm())
		}
		content, err := os.ReadFile(path) //nolint:gosec // a file of the check
		if err != nil {
			return err
		}
		return os.WriteFile(into, content, info.Mode().Perm())
	})
}
