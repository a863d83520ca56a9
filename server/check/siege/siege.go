//go:build unix

package siege

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/plant"
	"github.com/tonghop/tonghop/server/check/workload"
)

// Check is the suite.
var Check = check.Check{
	Name: "siege",
	Promise: "Ten thousand connections, messages of a gigabyte, packed bombs, rapid resets, headers without end, floods of frames and " +
		"those who send half of something do not bring the server down, do not keep others waiting, and leave no memory taken.",
	Counts: "connections", Short: 1_500, Long: long,
	Needs: []check.Need{check.Linux},
	Run:   run,
	Controls: []check.Control{
		{
			Name: "no-limit", Fault: "A message may be as long as it says.", Size: 200,
			Edits: []plant.Edit{{File: "server/rpc/limits.go", Old: "grpc.MaxRecvMsgSize(maxRequest)", New: "grpc.MaxRecvMsgSize(1 << 31)"}},
		},
		{
			Name: "endless-headers", Fault: "Headers may be as long as they like.", Size: 200,
			Edits: []plant.Edit{{File: "server/rpc/limits.go", Old: "grpc.MaxHeaderListSize(maxHeaders)", New: "grpc.MaxHeaderListSize(1 << 28)"}},
		},
		{
			Name: "patient", Fault: "Half a header is waited for.", Size: 200,
			Edits: []plant.Edit{{File: "server/gateway/gateway.go", Old: "ReadHeaderTimeout:            headersWithin", New: "ReadHeaderTimeout:            time.Hour"}},
		},
	},
}

// long is the size from which every attack goes far.
const long = 10_000

// wanted is the attack that finds a control; the others are left out then.
var wanted = map[string]string{"no-limit": "gigabyte", "endless-headers": "continuation", "patient": "slowloris"}

// field is the daemon under siege.
type field struct {
	*check.Run
	daemon *daemon.Daemon
	others *others
	token  string
	long   bool
}

// attack is one of them. It ends with an error if the attacker got what he must not get.
type attack struct {
	name string
	run  func(ctx context.Context, f *field) error
}

var attacks = []attack{
	{"connections", connections},
	{"gigabyte", gigabyte},
	{"bomb", bomb},
	{"reset", rapidReset},
	{"continuation", continuation},
	{"flood", flood},
	{"slowloris", slowloris},
}

const (
	// calm is how long others are watched without an attack.
	calm = time.Second
	// factor is how much slower others may be, at the p99; what is below bearable is not judged.
	factor   = 3
	bearable = time.Second
	// back is how long the memory may take to come back.
	back = time.Minute
	// roomMiB is what the memory may have grown by all the same: buffers that are kept for the next.
	roomMiB = 24
)

func run(ctx context.Context, r *check.Run) (err error) {
	dir, remove, err := check.InMemory(r.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	f := &field{Run: r, long: r.Size >= long}
	// Garbage is collected soon here, so that it is not taken for memory that somebody holds.
	cfg := daemon.Config{Program: r.Daemon, Dir: filepath.Join(dir, "data"), Flags: []string{"--gc-percent", "50"}}
	if f.token, err = daemon.Init(ctx, cfg); err != nil {
		return err
	}
	if f.daemon, err = daemon.Start(ctx, cfg); err != nil {
		return err
	}
	defer func() { f.daemon.Kill() }()
	world, err := workload.Found(ctx, f.daemon, f.token, workload.Shape{Seed: r.Seed})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	if err := world.Fill(ctx, world.Reports()...); err != nil {
		return err
	}
	f.others = watch(ctx, world.Viewer())
	defer f.others.stop()
	// What a first storm makes, such as tables of connections, a server keeps for the next: it is the second that must leave nothing.
	if err := connections(ctx, f); err != nil {
		return err
	}
	if err := f.rest(ctx); err != nil {
		return err
	}
	for _, a := range attacks {
		if only := wanted[r.Control]; only != "" && only != a.name {
			continue
		}
		if err := f.suffer(ctx, a); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
	}
	return f.end()
}

// suffer lets an attack happen and judges what it did.
func (f *field) suffer(ctx context.Context, a attack) error {
	f.others.reset()
	if err := pause(ctx, calm); err != nil {
		return err
	}
	before, quiet := f.memory(), f.others.p99()
	f.others.reset()
	began := time.Now()
	if err := a.run(ctx, f); err != nil {
		return err
	}
	took := time.Since(began)
	during, asked := f.others.p99(), f.others.count()
	f.Progress("%s took %s: others %s, before %s, of %d", a.name, took.Round(time.Millisecond), during, quiet, asked)
	select {
	case <-f.daemon.Done():
		return check.Broken("the server is gone")
	default:
	}
	if err := f.others.failed(); err != nil {
		return check.Broken("somebody else was not answered: %w", err)
	}
	f.Figure(a.name+"_p99_ratio", fmt.Sprintf("%.1f", float64(during)/float64(max(quiet, time.Microsecond))))
	if during > factor*quiet && during > bearable {
		return check.Broken("the p99 of others was %s, and %s before", during, quiet)
	}
	after, err := f.settle(ctx, before)
	f.Figure(a.name+"_mib", fmt.Sprintf("%d>%d", before>>20, after>>20))
	return err
}

// rest waits until the memory falls no more.
func (f *field) rest(ctx context.Context) error {
	const steady = 3 * calm
	for late, least, since := time.Now().Add(back), f.memory(), time.Now(); time.Since(since) < steady && time.Now().Before(late); {
		if err := pause(ctx, calm/4); err != nil {
			return err
		}
		if now := f.memory(); now < least*49/50 {
			least, since = now, time.Now()
		}
	}
	return nil
}

// settle waits until the memory has come back.
func (f *field) settle(ctx context.Context, before int64) (int64, error) {
	allowed := max(before*5/4, before+roomMiB<<20)
	late := time.Now().Add(back)
	for {
		now := f.memory()
		if now <= allowed {
			return now, nil
		}
		if time.Now().After(late) {
			return now, check.Broken("the memory was %d MiB before, and is %d MiB %s after", before>>20, now>>20, back)
		}
		if err := pause(ctx, calm/10); err != nil {
			return now, err
		}
	}
}

// end has the server end as always.
func (f *field) end() error {
	f.others.stop()
	exit, err := f.daemon.Stop(back / 2)
	if err == nil && exit.Code != 0 {
		return check.Broken("after the siege the server ended with %s", exit)
	}
	return err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
