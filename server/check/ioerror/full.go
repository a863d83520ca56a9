//go:build unix

package ioerror

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/workload"
)

const (
	// segmentOfFull is small beside the file systems, and guard is what must stay free on them.
	segmentOfFull = 64 << 10
	guardMiB      = 2
	// syncsPerCycle is how many syncs of the size stand for one filling of the disk.
	syncsPerCycle = 6
	// resumesWithin is how long a server may refuse changes when there is room again.
	resumesWithin = 5 * time.Second
	// loadTime is how long the clients work before and after the disk is full.
	loadTime = 60 * time.Millisecond
	// fullWithin is how long they may take to fill what is left.
	fullWithin = 3 * time.Second
)

// full is a store on a small file system.
type full struct {
	*attack
	disk   *small
	world  *workload.World
	server *daemon.Daemon
	boots  int
	part   uint64
}

// notMounted says that there is no such file system here.
type notMounted struct{ error }

// Unwrap gives the cause.
func (n notMounted) Unwrap() error { return n.error }

// fillLoop fills ext4 on a loop device. Where there are none, as in many containers, the line of figures says so.
func (a *attack) fillLoop(ctx context.Context) error {
	err := a.fillAll(ctx, mountExt4)
	var missing notMounted
	if ctx.Err() == nil && errors.As(err, &missing) {
		a.Progress("ext4 on a loop device: %v", missing)
		a.count(func(t *tally) { t.noLoop = true })
		return nil
	}
	return err
}

// fillAll fills a file system again and again.
func (a *attack) fillAll(ctx context.Context, mount func(context.Context, string) (*small, error)) (err error) {
	disk, err := mount(ctx, a.folder("small"))
	if err != nil {
		return notMounted{err}
	}
	f := &full{attack: a, disk: disk}
	defer func() {
		if f.server != nil {
			f.server.Kill()
		}
		if f.world != nil {
			err = errors.Join(err, f.world.Close())
		}
		err = errors.Join(err, disk.close())
	}()
	if err := f.found(ctx); err != nil {
		return err
	}
	for n := range max(1, a.Size/syncsPerCycle) {
		if err := f.cycle(ctx, n); err != nil {
			return fmt.Errorf("%s, full for the %d. time: %w", disk.name, n+1, err)
		}
		a.count(func(t *tally) { t.fillings++ })
	}
	return f.end(ctx)
}

func (f *full) found(ctx context.Context) error {
	token, err := server.Init(ctx, server.Config{Dir: f.config(true).Dir, SegmentBytes: segmentOfFull, FreeGuard: guardMiB << 20})
	if err != nil {
		return err
	}
	if f.server, err = daemon.Start(ctx, f.config(true)); err != nil {
		return err
	}
	f.world, err = workload.Found(ctx, f.server, token.Reveal(), shape)
	return err
}

// config is how the server is run. Without the guard the store finds out itself that there is no room.
func (f *full) config(guarded bool) daemon.Config {
	guard := -1
	if guarded {
		guard = guardMiB
	}
	return daemon.Config{
		Program: f.Daemon, Dir: filepath.Join(f.disk.dir, dataFolder), Boot: fmt.Sprint("io-error-full-", f.boots%2),
		Flags: []string{
			fmt.Sprintf("--segment-bytes=%d", segmentOfFull), fmt.Sprintf("--free-guard=%d", guard), "--sync-every=200ms", "--grace=2s",
		},
	}
}

// cycle fills the disk under load, looks at what goes on, and gives the room back. In every third one nobody watches over
// the free space; in others the server is stopped or killed on the full disk, also with the machine.
func (f *full) cycle(ctx context.Context, n int) error {
	guarded := n%3 != 2
	if err := f.again(ctx, guarded); err != nil {
		return err
	}
	leave := int64(0)
	switch {
	case !guarded:
		leave = int64(n) % 8 * segmentOfFull / 2 // the store finds the end by itself, here or there
	case n%2 == 1:
		leave = guardMiB<<20 + segmentOfFull/2 // it comes to the guard by itself
	}
	if err := f.load(ctx, leave); err != nil {
		return err
	}
	if err := f.restart(ctx, n, guarded, leave); err != nil {
		return err
	}
	// A start gives a little room back, that of the segment which was being prepared.
	if err := f.disk.fill(guardMiB<<20 - segmentOfFull); err != nil {
		return err
	}
	time.Sleep(loadTime) // a measurement of the free space is believed for a moment
	if err := f.looks(ctx); err != nil {
		return fmt.Errorf("while the disk is full: %w", err)
	}
	if err := f.disk.free(); err != nil {
		return err
	}
	if err := f.resumes(ctx); err != nil {
		return err
	}
	if err := f.world.Resolve(ctx); err != nil {
		return err
	}
	v, err := f.world.Judge(ctx, f.world.Mark())
	f.count(func(t *tally) { t.acknowledged += v.Acknowledged })
	if err != nil {
		return fmt.Errorf("when there was room again: %w", err)
	}
	return nil
}

// again stops the server in order, and starts it.
func (f *full) again(ctx context.Context, guarded bool) error {
	exit, err := f.server.Stop(stopWithin)
	if err == nil && exit.Code != stopped {
		err = check.Broken("asked to end, the server ended with %s", exit)
	}
	if err != nil {
		return err
	}
	return f.start(ctx, guarded, "with room")
}

func (f *full) start(ctx context.Context, guarded bool, how string) error {
	d, err := daemon.Start(ctx, f.config(guarded))
	var refused *daemon.NotServing
	if errors.As(err, &refused) {
		return check.Broken("the server does not start %s: %s", how, refused.Exit)
	}
	if err != nil {
		return err
	}
	f.server = d
	return f.world.Connect(ctx, d)
}

// load fills the disk while the clients work, and lets them work until it is full.
func (f *full) load(ctx context.Context, leave int64) error {
	working, stop := context.WithTimeout(ctx, fullWithin)
	defer stop()
	f.part++
	part := f.part
	driven := make(chan error, 1)
	go func() { driven <- f.world.Drive(working, clients, part) }()
	time.Sleep(loadTime)
	err := f.disk.fill(leave)
	for err == nil && working.Err() == nil && !f.ended() {
		var room int64
		if room, err = f.disk.room(); room < guardMiB<<20 && leave > guardMiB<<20 {
			break
		}
		if leave <= guardMiB<<20 && room < segmentOfFull {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err == nil && working.Err() != nil {
		err = f.disk.fill(0) // the store takes its time
	}
	time.Sleep(loadTime)
	stop()
	return errors.Join(err, <-driven)
}

func (f *full) ended() bool {
	select {
	case <-f.server.Done():
		return true
	default:
		return false
	}
}

// restart sees to a server that has ended because the store found no room, and ends others. With somebody who watches over
// the free space that may happen only where another program takes all of it in a moment.
func (f *full) restart(ctx context.Context, n int, guarded bool, leave int64) error {
	mark := f.world.Mark()
	within := time.Duration(0)
	if a, err := f.world.Submit(ctx, workload.ReportAt(0, 0)); err != nil || a.Items[0].Outcome == workload.Unknown {
		within = endsWithin // it is about to end, or has
	}
	exit, ended := f.server.Wait(within)
	switch {
	case ended && (guarded && leave > 0 || exit.Code != exitStore):
		return check.Broken("on a full disk the server ended with %s", exit)
	case ended:
		f.count(func(t *tally) { t.endedFull++ })
	case !guarded || n%4 == 0:
		if exit, err := f.server.Stop(stopWithin); err != nil || exit.Code != stopped && exit.Code != exitStore {
			return errors.Join(err, check.Broken("asked to end on a full disk, the server ended with %s", exit))
		}
	case n%4 == 1:
		f.server.Kill()
	case n%4 == 2:
		f.server.Kill()
		f.boots++ // the derived state is rebuilt, and there is only the room of the old one
	default:
		return nil
	}
	return f.startFull(ctx, mark)
}

// startFull starts a server on the full disk, where whoever looks after it lets the store take what is left.
func (f *full) startFull(ctx context.Context, mark workload.Mark) error {
	if err := f.start(ctx, true, "on a full disk"); err != nil {
		return err
	}
	f.count(func(t *tally) { t.startsFull++ })
	if _, err := f.world.Judge(ctx, mark); err != nil {
		return fmt.Errorf("after a start on the full disk: %w", err)
	}
	return nil
}

// looks demands of a server on a full disk that it says so, refuses changes for that reason, and gives what it has.
func (f *full) looks(ctx context.Context) error {
	admin := f.world.Admin()
	status, err := admin.GetStatus(ctx)
	if err != nil {
		return err
	}
	if status.GetReadOnlyReason() == "" {
		return check.Broken("the status does not say that changes are refused, and %d MiB are free", status.GetFreeBytes()>>20)
	}
	_, err = admin.ImportUnits(ctx, bytes.NewReader([]byte("code,kind,name_vi,parent\nX,office,X,P\n")), &reportingv1.ImportOptions{FileName: "units.csv"})
	if err := wantFull("an upload", err); err != nil {
		return err
	}
	_, err = admin.CreateToken(ctx, &reportingv1.CreateTokenRequest{Role: reportingv1.Role_ROLE_VIEWER})
	if err := wantFull("the issue of a token", err); err != nil {
		return err
	}
	for _, send := range []func(context.Context, workload.Report) (workload.Attempt, error){f.world.Submit, f.world.SubmitJSON} {
		a, err := send(ctx, workload.ReportAt(0, 0))
		if err != nil {
			return err
		}
		if item := a.Items[0]; item.Outcome != workload.Refused || item.Reason != storeFull {
			return check.Broken("a submission is %s with %q, want it refused with %s", item.Outcome, item.Reason, storeFull)
		}
	}
	if err := f.world.LookAtRollup(ctx, 0); err != nil {
		return err
	}
	_, err = f.world.Viewer().GetCaller(ctx)
	return err
}

// wantFull demands the refusal of a full disk.
func wantFull(what string, err error) error {
	var e *client.Error
	if !errors.As(err, &e) || e.Code != codes.ResourceExhausted || e.Reason != storeFull {
		return check.Broken("%s on a full disk gives %v, want RESOURCE_EXHAUSTED %s", what, err, storeFull)
	}
	return nil
}

// resumes demands that changes are taken again without another start.
func (f *full) resumes(ctx context.Context) error {
	late := time.Now().Add(resumesWithin)
	for {
		a, err := f.world.Submit(ctx, workload.ReportAt(1, 0))
		if err != nil {
			return err
		}
		switch item := a.Items[0]; {
		case item.Outcome == workload.Acknowledged:
			return nil
		case item.Outcome == workload.Unknown:
			return check.Broken("with room again a submission is not answered: %q", item.Reason)
		case time.Now().After(late):
			return check.Broken("with room again for %s a submission is refused with %s", resumesWithin, item.Reason)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// end stops the server in order and verifies the store.
func (f *full) end(ctx context.Context) error {
	exit, err := f.server.Stop(stopWithin)
	if err == nil && exit.Code != stopped {
		err = check.Broken("asked to end, the server ended with %s", exit)
	}
	if err != nil {
		return err
	}
	config := f.config(true)
	if _, exit, err = daemon.Command(ctx, config, "verify", "--data", config.Dir); err == nil && exit.Code != 0 {
		err = check.Broken("the verification ends with %s", exit)
	}
	return err
}
