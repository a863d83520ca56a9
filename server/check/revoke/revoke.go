//go:build unix

package revoke

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/plant"
	"github.com/tonghop/tonghop/server/check/workload"
)

// Check is the suite.
var Check = check.Check{
	Name: "revoke",
	Promise: "A token that is revoked, or rotated without an overlap, under streaming load makes no change with a later sequence, " +
		"and everything that it holds open ends within 5 s.",
	Counts: "rounds", Short: 24, Long: 200,
	Run: run,
	Controls: []check.Control{
		{
			Name: "not-looked-up", Size: 12,
			Fault: "a change is decided by the token as it was when its call began",
			Edits: []plant.Edit{{
				File: "server/reporting/grant.go",
				Old:  "	if !known || !token.ActiveAt(now) {\n		return granted{}, unauthenticated()\n	}\n	if err := stillProved(tx, caller, token, now); err != nil {\n		return granted{}, err\n	}\n	caller.Token = token\n",
				New:  "	_, _ = known, token\n",
			}},
		},
		{
			Name: "idle", Size: 4,
			Fault: "a stream on which nothing happens stays open",
			Edits: []plant.Edit{{
				File: "server/rpc/patience.go",
				Old:  "fault.KindOf(err) == fault.KindUnauthenticated {\n				p.end(err)\n",
				New:  "fault.KindOf(err) == fault.KindUnauthenticated {\n",
			}},
		},
	},
}

const (
	// within is the promise.
	within = 5 * time.Second
	// The load before a token is taken lasts between these.
	leastLoad, mostLoad = 5 * time.Millisecond, 120 * time.Millisecond
	// atOnce is how many rounds go on beside each other: each waits most of its time.
	atOnce = 6
)

func run(ctx context.Context, r *check.Run) (err error) {
	cfg := daemon.Config{Program: r.Daemon, Dir: filepath.Join(r.Dir, "store")}
	admin, err := daemon.Init(ctx, cfg)
	if err != nil {
		return err
	}
	d, err := daemon.Start(ctx, cfg)
	if err != nil {
		return err
	}
	defer d.Kill()
	w, err := workload.Found(ctx, d, admin, workload.Shape{Seed: r.Seed})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	s := &site{world: w, daemon: d}
	for done := 0; done < r.Size; done += atOnce {
		count := min(atOnce, r.Size-done)
		ended := make(chan error, count)
		for n := range count {
			go func() { ended <- s.round(ctx, r.Random(uint64(done+n)), done+n) }() //nolint:gosec // a count
		}
		for range count {
			err = errors.Join(err, <-ended)
		}
		if err != nil {
			return err
		}
		r.Progress("%d of %d rounds", done+count, r.Size)
	}
	r.Figure("accepted", s.accepted.Load())
	r.Figure("slowest_end", time.Duration(s.slowest.Load()).Round(time.Millisecond))
	if s.accepted.Load() < int64(r.Size) {
		return fmt.Errorf("only %d reports were accepted in %d rounds: there was no load", s.accepted.Load(), r.Size)
	}
	return nil
}

// site is one running store.
type site struct {
	world             *workload.World
	daemon            *daemon.Daemon
	accepted, slowest atomic.Int64
}

// round gives somebody a token, lets him work, takes it away and looks at what comes after.
func (s *site) round(ctx context.Context, draw *rand.Rand, n int) error {
	unit := workload.ReportAt(n%12, 0).Commune()
	made, err := s.world.Admin().CreateToken(ctx, &reportingv1.CreateTokenRequest{Role: reportingv1.Role_ROLE_REPORTER, Unit: unit})
	if err != nil {
		return err
	}
	name := made.GetToken().GetName()
	held, err := s.dial(ctx, made.GetSecret())
	if err != nil {
		return err
	}
	defer func() { _ = held.Close() }()
	working, stop := context.WithCancel(ctx)
	defer stop()
	open, err := s.work(working, held, made.GetSecret(), n)
	if err != nil {
		return err
	}
	pause(ctx, leastLoad+time.Duration(draw.Int64N(int64(mostLoad-leastLoad))))
	sequence, err := s.take(ctx, name, n%3 == 2)
	if err != nil {
		return err
	}
	if err := s.allEnd(name, open); err != nil {
		return err
	}
	return s.nothingAfter(ctx, name[len("tokens/"):], sequence)
}

// allEnd demands that everything that is open ends, and by the word that it must.
func (s *site) allEnd(name string, open <-chan ending) error {
	began, late := time.Now(), time.After(within)
	for range cap(open) {
		select {
		case e := <-open:
			if e.err != nil {
				return fmt.Errorf("%s of %s: %w", e.what, name, e.err)
			}
		case <-late:
			return check.Broken("something that %s had opened was open still %s after it was taken away", name, within)
		}
	}
	took := int64(time.Since(began))
	for was := s.slowest.Load(); took > was && !s.slowest.CompareAndSwap(was, took); {
		was = s.slowest.Load()
	}
	return nil
}

func (s *site) dial(ctx context.Context, secret string) (*client.Client, error) {
	return client.Dial(ctx, client.Config{Address: s.daemon.GRPC, Token: client.Secret(secret), Language: "en", Attempts: 1})
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// take takes the token, or its text, away and gives the sequence at which it did.
func (s *site) take(ctx context.Context, name string, rotate bool) (int64, error) {
	if !rotate {
		t, err := s.world.Admin().RevokeToken(ctx, &reportingv1.RevokeTokenRequest{Name: name})
		return t.GetReceipt().GetSequence(), err
	}
	answer, err := s.world.Admin().RotateToken(ctx, &reportingv1.RotateTokenRequest{Name: name, Overlap: durationpb.New(0)})
	if err != nil {
		return 0, err
	}
	fresh, err := s.dial(ctx, answer.GetSecret())
	if err != nil {
		return 0, err
	}
	defer func() { _ = fresh.Close() }()
	if _, err := fresh.GetCaller(ctx); err != nil {
		return 0, check.Broken("the new text of %s is refused: %w", name, err)
	}
	return answer.GetToken().GetReceipt().GetSequence(), nil
}

// nothingAfter demands that no change of the principal comes after a sequence.
func (s *site) nothingAfter(ctx context.Context, principal string, sequence int64) error {
	for more := true; more; {
		page, err := s.world.Admin().ListChanges(ctx, &reportingv1.ListChangesRequest{AfterSequence: sequence})
		if err != nil {
			return err
		}
		for _, c := range page.GetChanges() {
			if c.GetPrincipal() == principal {
				return check.Broken("the token %s was taken away and made the change %d after that", principal, c.GetSequence())
			}
		}
		sequence, more = page.GetNextAfterSequence(), page.GetMore()
	}
	return nil
}
