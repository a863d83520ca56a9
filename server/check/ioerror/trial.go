//go:build unix

package ioerror

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
	"github.com/tonghop/tonghop/server/check/powerdisk"
	"github.com/tonghop/tonghop/server/check/workload"
)

// exitStore is how a process ends whose store has failed, and stopped how one ends that was asked to.
const (
	exitStore = 70
	stopped   = 0
)

// storeFull is the reason of what is refused on a full disk.
const storeFull = "STORE_FULL"

// trial is one fault and what becomes of the store.
type trial struct {
	*attack
	fault  fault
	trap   *trap
	random *rand.Rand
	disk   *powerdisk.Disk
	world  *workload.World
	server *daemon.Daemon
	// exit is how the server ended, if it did, and said what was wrong with its answers if it did not.
	exit *daemon.Exit
	said error
}

// try makes one trial.
func (a *attack) try(ctx context.Context, f fault) (err error) {
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	dir := a.folder("disk")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	t := &trial{
		attack: a, fault: f, trap: &trap{fault: f, shut: make(chan struct{})}, world: a.world.Again(),
		random: a.Random(uint64(f.n)<<8 | uint64(f.scene)<<1), //nolint:gosec // drawn again from the seed
	}
	if t.disk, err = powerdisk.Mount(dir); err != nil {
		return err
	}
	defer func() {
		if t.server != nil {
			t.server.Kill()
		}
		err = errors.Join(err, t.world.Close(), t.disk.Close(), os.Remove(dir))
	}()
	t.disk.Load(a.founded)
	t.disk.Before(t.trap.before)
	if err := t.fail(ctx); err != nil {
		return t.told(err)
	}
	if !t.trap.disarm() {
		a.count(func(t *tally) { t.missed++ })
		return nil
	}
	return t.told(t.aftermath(ctx))
}

// told names the file whose call failed.
func (t *trial) told(err error) error {
	t.trap.mu.Lock()
	defer t.trap.mu.Unlock()
	if err == nil || t.trap.at.IsZero() {
		return err
	}
	return fmt.Errorf("%s of %s: %w", t.trap.call.Verb, t.trap.call.Path, err)
}

// config is how a server is run on a folder in some start of the machine.
func (t *trial) config(dir string, boot int) daemon.Config {
	return daemon.Config{Program: t.Daemon, Dir: filepath.Join(dir, dataFolder), Flags: flags, Boot: fmt.Sprint("io-error-", boot)}
}

// start starts a server on the disk and lets the clients turn to it. Where it ends by itself, exit tells how.
func (t *trial) start(ctx context.Context) error {
	d, err := daemon.Start(ctx, t.config(t.disk.Dir, 0))
	var ended *daemon.NotServing
	if errors.As(err, &ended) {
		t.exit = &ended.Exit
		return nil
	}
	if err != nil {
		return err
	}
	t.server = d
	return t.world.Connect(ctx, d)
}

// fail has the disk fail, and waits until the server has ended or is shown to go on.
func (t *trial) fail(ctx context.Context) error {
	switch t.fault.scene {
	case inWork:
		t.trap.arm()
		if err := t.start(ctx); err != nil {
			return err
		}
		return t.work(ctx, t.trap.shut)
	case inRecovery:
		if err := t.prepare(ctx); err != nil {
			return err
		}
		t.server.Kill()
		t.server = nil
		t.trap.arm()
		return t.start(ctx)
	default:
		if err := t.prepare(ctx); err != nil {
			return err
		}
		t.trap.arm()
		return t.stop()
	}
}

// prepare lets the clients work a little on a disk that works.
func (t *trial) prepare(ctx context.Context) error {
	if err := t.start(ctx); err != nil {
		return err
	}
	if t.exit != nil {
		return fmt.Errorf("on a disk that works the server ended with %s", t.exit)
	}
	enough := time.After(40 * time.Millisecond)
	over := make(chan struct{})
	go func() {
		<-enough
		close(over)
	}()
	return t.work(ctx, over)
}

// work lets the clients work until something has happened, and then until the server has ended or has had time to. Where
// the disk was full it is given a while of work after it.
func (t *trial) work(ctx context.Context, until <-chan struct{}) error {
	if t.server == nil {
		return nil
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	ended := t.server.Done()
	go func() {
		select {
		case <-until:
		case <-ended:
		case <-time.After(stopWithin):
		case <-ctx.Done():
		}
		if t.fault.noRoom {
			time.Sleep(30 * time.Millisecond)
		}
		stop()
	}()
	if err := t.world.Drive(working, clients, uint64(t.fault.n)); err != nil { //nolint:gosec // a count
		return err
	}
	within := time.Duration(0)
	if t.trap.closed() && (!t.fault.noRoom || t.ends(ctx)) {
		within = endsWithin
	}
	if exit, ended := t.server.Wait(within); ended {
		t.exit, t.server = &exit, nil
	}
	return nil
}

// ends asks a server that found no room for everything that is unknown, and for one submission more: one that goes on
// answers all of it. What was said to the clients before is judged first.
func (t *trial) ends(ctx context.Context) bool {
	t.said = t.judgeRefusals()
	if err := t.world.Resolve(ctx); err != nil {
		return true
	}
	a, err := t.world.Submit(ctx, workload.ReportAt(0, 0))
	return err != nil || a.Items[0].Outcome == workload.Unknown
}

// leftAlone says whether an item is unknown only because its client was called away.
func leftAlone(i workload.Item) bool {
	return i.Reason == "" || strings.Contains(i.Reason, "context canceled")
}

// stop asks the server to end.
func (t *trial) stop() error {
	exit, err := t.server.Stop(stopWithin)
	t.exit, t.server = &exit, nil
	return err
}

// aftermath holds the server against the record: how it ended, what a power cut would leave now, what the next start
// shows, and what a power cut would leave of that.
func (t *trial) aftermath(ctx context.Context) error {
	if err := t.judgeEnd(ctx); err != nil {
		return err
	}
	mark := t.world.Mark()
	if !t.fault.noRoom {
		if err := t.cut(ctx, "right after it", mark, nil); err != nil {
			return err
		}
	}
	if t.fault.forgets && t.server == nil {
		t.disk.Forget(t.random)
	}
	if err := t.next(ctx); err != nil {
		return err
	}
	shown, err := t.world.Read(ctx)
	if err != nil {
		return err
	}
	v := t.world.Compare(shown, mark)
	if err := v.Err(); err != nil {
		return fmt.Errorf("after the next start: %w", err)
	}
	if err := t.cut(ctx, "after the next start", mark, &shown); err != nil {
		return err
	}
	_, _, unknown := t.world.Counts()
	t.count(func(s *tally) {
		s.acknowledged += v.Acknowledged
		s.accepted += v.Accepted
		s.unknown += unknown
	})
	return t.goOn(ctx)
}

// next starts a server again that has ended.
func (t *trial) next(ctx context.Context) error {
	if t.server != nil {
		return nil
	}
	t.exit = nil
	if err := t.start(ctx); err != nil {
		return err
	}
	if t.exit != nil {
		return check.Broken("the next start ended with %s", t.exit)
	}
	return nil
}

// judgeEnd looks at how the server ended.
func (t *trial) judgeEnd(ctx context.Context) error {
	t.count(func(s *tally) {
		if t.fault.noRoom {
			s.noRoom++
		} else {
			s.failed++
		}
		if t.exit != nil && t.exit.Code == exitStore {
			s.ended++
		}
	})
	switch {
	case t.exit == nil && !t.fault.noRoom:
		lived := time.Since(t.trap.at).Round(time.Millisecond)
		if err := t.cut(ctx, "then", t.world.Mark(), nil); err != nil {
			return check.Broken("the server goes on %s later; %w", lived, err)
		}
		return check.Broken("the server goes on %s later", lived)
	case t.exit == nil:
		return t.said
	case t.exit.Code == exitStore:
		return nil
	case t.exit.Code == stopped && t.fault.scene == inStop && t.fault.noRoom:
		return nil
	}
	return check.Broken("the server ended with %s; want %d", t.exit, exitStore)
}

// judgeRefusals demands of a server that goes on without room that every attempt was answered, and those that were
// refused for it with the reason that says so.
func (t *trial) judgeRefusals() error {
	for _, a := range t.world.Attempts() {
		for _, item := range a.Items {
			switch {
			case item.Outcome == workload.Unknown && !leftAlone(item):
				return check.Broken("the server goes on, and did not say what became of a %s: %q", a.Kind, item.Reason)
			case item.Reason == storeFull:
				t.count(func(s *tally) { s.refused++ })
			case item.Outcome == workload.Refused && !slices.Contains(usual, item.Reason):
				return check.Broken("without room a %s was refused with %s", a.Kind, item.Reason)
			}
		}
	}
	return nil
}

// usual are reasons of refusals that clients run into who do not know of each other.
var usual = []string{
	"ETAG_MISMATCH", "NOTHING_TO_APPROVE", "NOTHING_TO_RETURN", "OUTCOME_KIND_UNCHANGED", "BATCH_REFUSED", "REPORT_NOT_FOUND", "OWN_REPORT",
}

// cut takes the power away from the disk as it is now, and judges what is left. Where shown is given, that is what a
// server has shown of it.
func (t *trial) cut(ctx context.Context, when string, mark workload.Mark, shown *workload.Seen) error {
	t.count(func(s *tally) { s.images++ })
	mode := powerdisk.KeepNone
	if t.random.IntN(3) == 0 {
		mode = powerdisk.KeepSome
	}
	dir := t.folder("image")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if err := t.disk.Image(t.random, mode).Write(dir); err != nil {
		return err
	}
	when = fmt.Sprintf("a power cut %s, that left %s of the unsynced, in %s", when, mode, dir)
	d, err := daemon.Start(ctx, t.config(dir, 1))
	var refused *daemon.NotServing
	if errors.As(err, &refused) {
		return check.Broken("%s: the server does not start: %s", when, refused.Exit)
	}
	if err != nil {
		return err
	}
	defer d.Kill()
	beside, err := t.world.Beside(ctx, d)
	if err != nil {
		return err
	}
	left, err := beside.Read(ctx)
	if err = errors.Join(err, beside.Close()); err != nil {
		return fmt.Errorf("%s: %w", when, err)
	}
	if shown != nil {
		if err := contains(left, *shown); err != nil {
			return fmt.Errorf("%s: %w", when, err)
		}
	}
	v := t.world.Compare(left, mark)
	if err := v.Err(); err != nil {
		return fmt.Errorf("%s: %w", when, err)
	}
	d.Kill()
	return os.RemoveAll(dir)
}

// contains demands that what is left is what was shown, and perhaps changes after it: a server that finds no room for what
// nobody was told of shows that later.
func contains(left, shown workload.Seen) error {
	n := len(shown.Changes)
	switch {
	case left.Head < shown.Head || len(left.Changes) < n:
		return check.Broken("the server had shown %d changes, and now shows %d", shown.Head, left.Head)
	case left.Head == shown.Head && left.Hash != shown.Hash || !slices.Equal(left.Changes[:n], shown.Changes):
		return check.Broken("the server had shown %d changes up to %s, and now shows others up to %s", shown.Head, shown.Hash, left.Hash)
	}
	return nil
}

// goOn repeats what is unknown, judges once more, and stops in order.
func (t *trial) goOn(ctx context.Context) error {
	if err := t.world.Resolve(ctx); err != nil {
		return err
	}
	if _, err := t.world.Judge(ctx, t.world.Mark()); err != nil {
		return fmt.Errorf("after everything was repeated: %w", err)
	}
	if err := t.stop(); err != nil {
		return err
	}
	if t.exit.Code != 0 {
		return check.Broken("on a disk that works again the server, asked to end, ended with %s", t.exit)
	}
	return nil
}
