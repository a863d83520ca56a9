//go:build unix

package powerloss

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/powerdisk"
	"github.com/tonghop/tonghop/server/check/workload"
)

const (
	// dataFolder lies in the mounted folder, so that the name of the store itself can be lost.
	dataFolder = "store"
	// journalPath is where the journal's files are on the disk.
	journalPath = dataFolder + "/journal/"

	clients     = 16
	generations = 2
	// burstWithin is how long an image is waited for; then one is taken at any moment.
	burstWithin = 300 * time.Millisecond
	stopWithin  = 20 * time.Second
)

var (
	// segmentSizes are from such as change with every few groups to such as never change.
	segmentSizes = []int64{4 << 10, 4 << 10, 8 << 10, 64 << 10, 1 << 20}
	// syncsEvery are mostly so long that a stop in order has everything to sync.
	syncsEvery = []time.Duration{time.Minute, 20 * time.Millisecond, time.Minute}
)

// life is a store on one disk, from one power cut that it goes on from to the next.
type life struct {
	*attack
	random *rand.Rand
	part   uint64
	world  *workload.World
	flags  []string

	disk   *powerdisk.Disk
	server *daemon.Daemon
	boots  int

	mu   sync.Mutex
	cuts []cut
}

// cut is the disk after a power cut.
type cut struct {
	image  *powerdisk.Image
	mode   powerdisk.Mode
	moment string
	// mark is what was acknowledged before it.
	mark workload.Mark
}

// live lives one life, and judges its cuts.
func (a *attack) live(ctx context.Context, n int) (err error) {
	l := &life{attack: a, random: a.Random(uint64(n)), part: uint64(n) << 8, world: a.world.Again()} //nolint:gosec // counts
	l.flags = []string{
		fmt.Sprintf("--segment-bytes=%d", segmentSizes[n%len(segmentSizes)]),
		"--sync-every=" + syncsEvery[n%len(syncsEvery)].String(),
		"--grace=2s", "--free-guard=1",
	}
	a.count(func(t *tally) { t.lives++ })
	defer func() { err = errors.Join(err, l.world.Close(), l.unplug()) }()
	if n%birthEvery == 0 {
		if err := a.birth(ctx, l.random); err != nil {
			return err
		}
	}
	if err := l.plug(a.founded); err != nil {
		return err
	}
	for generation := range generations {
		if generation > 0 && a.left() > 0 {
			err = l.goOn(ctx)
		}
		if err == nil && a.left() > 0 {
			err = l.story(ctx)
		}
		if err != nil {
			return fmt.Errorf("life %d (%v): %w", n, l.flags, err)
		}
	}
	return nil
}

// plug makes a disk with an image on it.
func (l *life) plug(image *powerdisk.Image) error {
	disk, err := l.mount(image)
	if err != nil {
		return err
	}
	l.disk = disk
	return nil
}

// mount mounts a disk; it lies if that is the planted fault.
func (a *attack) mount(image *powerdisk.Image) (*powerdisk.Disk, error) {
	dir := a.folder("disk")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	disk, err := powerdisk.Mount(dir)
	if err != nil {
		return nil, err
	}
	if image != nil {
		disk.Load(image)
	}
	if a.Control == lyingDisk {
		disk.LieEvery(lieEvery)
	}
	return disk, nil
}

// unplug takes the disk away, and the server from it.
func (l *life) unplug() error {
	if l.server != nil {
		l.server.Kill()
		l.server = nil
	}
	if l.disk == nil {
		return nil
	}
	disk := l.disk
	l.disk = nil
	return l.remove(disk)
}

// remove unmounts a disk and adds what was done to it.
func (a *attack) remove(disk *powerdisk.Disk) error {
	stats := disk.Stats()
	a.count(func(t *tally) {
		t.disk.Syncs += stats.Syncs
		t.disk.Lied += stats.Lied
	})
	return errors.Join(disk.Close(), os.Remove(disk.Dir))
}

// config is how a server is run on a folder in some start of the machine.
func (l *life) config(dir string, boots int) daemon.Config {
	return daemon.Config{Program: l.Daemon, Dir: filepath.Join(dir, dataFolder), Boot: boot(boots), Flags: l.flags}
}

// start starts the server on the disk, and lets the clients turn to it.
func (l *life) start(ctx context.Context, when string) error {
	d, err := l.serve(ctx, l.config(l.disk.Dir, l.boots), when)
	if err != nil {
		return err
	}
	l.server = d
	return l.world.Connect(ctx, d)
}

// serve starts a server that has to start.
func (a *attack) serve(ctx context.Context, c daemon.Config, when string) (*daemon.Daemon, error) {
	d, err := daemon.Start(ctx, c)
	var refused *daemon.NotServing
	if errors.As(err, &refused) {
		return nil, check.Broken("the server does not start %s: %s", when, refused.Exit)
	}
	return d, err
}

// story is what happens between two power cuts that the life goes on from.
func (l *life) story(ctx context.Context) error {
	if l.server == nil {
		if err := l.during("in a start after a stop in order", 1, 30, func() error { return l.start(ctx, "after a stop in order") }); err != nil {
			return err
		}
	}
	for _, chapter := range []func(context.Context) error{
		l.load, l.judgeAll, l.kill, l.load, l.judgeAll, l.stop, l.rebuild, l.judgeAll, l.load, l.judgeAll,
	} {
		if l.left() <= 0 {
			return nil
		}
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

// work lets the clients work while something is done.
func (l *life) work(ctx context.Context, meanwhile func() error) error {
	working, stop := context.WithCancel(ctx)
	defer stop()
	driven := make(chan error, 1)
	l.part++
	part := l.part
	go func() { driven <- l.world.Drive(working, clients, part) }()
	err := meanwhile()
	stop()
	return errors.Join(err, <-driven)
}

// moments are changes of the disk before which the power goes.
type moments struct {
	word string
	of   func(powerdisk.Call) bool
}

// underLoad are mostly those around a group: before its write, when all before it is acknowledged; and before its sync,
// when it is on the disk in part.
var underLoad = []moments{
	{"under load, before the sync of a group", func(c powerdisk.Call) bool {
		return c.Verb == powerdisk.Sync && strings.HasPrefix(c.Path, journalPath) && strings.HasSuffix(c.Path, ".journal")
	}},
	{"under load, before a change of the journal", func(c powerdisk.Call) bool { return strings.HasPrefix(c.Path, journalPath) }},
	{"under load, before a sync of the journal's names", func(c powerdisk.Call) bool {
		return c.Verb == powerdisk.SyncDir && c.Path+"/" == journalPath
	}},
	{"under load", nil},
}

// load takes images under load.
func (l *life) load(ctx context.Context) error {
	return l.work(ctx, func() error {
		for _, kind := range []int{0, 0, 1 + l.random.IntN(3), 1 + l.random.IntN(3)} {
			m, changes := underLoad[kind], 40
			if m.of != nil && l.random.IntN(2) == 0 {
				changes = 4
			}
			select {
			case <-l.arm(1+l.random.IntN(changes), m):
			case <-l.server.Done():
				return l.ended()
			case <-time.After(burstWithin):
				l.disk.Disarm()
				l.take("under load, at some moment")
			}
		}
		return nil
	})
}

// ended is the error of a server that ended by itself.
func (l *life) ended() error {
	exit, _ := l.server.Wait(0)
	return fmt.Errorf("the server ended under load: %s", exit)
}

// kill kills the server under load and starts it again: pages stay in the cache.
func (l *life) kill(ctx context.Context) error {
	err := l.work(ctx, func() error {
		time.Sleep(time.Duration(l.random.IntN(20)) * time.Millisecond)
		l.server.Kill()
		return nil
	})
	if err != nil {
		return err
	}
	return l.during("in a start after a kill", 1, 30, func() error { return l.start(ctx, "after a kill") })
}

// stop stops the server in order, under load.
func (l *life) stop(ctx context.Context) error {
	err := l.during("in a stop in order", 2, 40, func() error {
		return l.work(ctx, func() error {
			exit, err := l.server.Stop(stopWithin)
			l.server = nil
			if err == nil && exit.Code != 0 {
				err = fmt.Errorf("a stop in order ended with %s", exit)
			}
			return err
		})
	})
	for range 2 { // now the derived state is to be trusted
		l.take("after a stop in order")
	}
	return err
}

// rebuild makes the derived state anew, and starts the server again.
func (l *life) rebuild(ctx context.Context) error {
	c := l.config(l.disk.Dir, l.boots)
	err := l.during("in a rebuild", 1, 60, func() error {
		_, exit, err := daemon.Command(ctx, c, "rebuild", "--data", c.Dir)
		if err == nil && exit.Code != 0 {
			err = fmt.Errorf("tonghopd rebuild ended with %s", exit)
		}
		return err
	})
	if err != nil {
		return err
	}
	l.take("after a rebuild")
	return l.during("in a start after a rebuild", 1, 30, func() error { return l.start(ctx, "after a rebuild") })
}

// during takes images while something is done, each before one of so many changes.
func (l *life) during(moment string, images, changes int, do func() error) error {
	for range images {
		l.arm(1+l.random.IntN(changes), moments{word: moment})
	}
	defer l.disk.Disarm()
	return do()
}

// arm takes an image before the n-th change from now.
func (l *life) arm(n int, m moments) <-chan struct{} {
	random, mode := l.draw()
	taken := make(chan struct{})
	l.disk.At(n, m.of, func(f powerdisk.Frozen) {
		mark := l.world.Mark() // nothing is acknowledged on the strength of a disk that stands still
		l.add(cut{image: f.Image(random, mode), mode: mode, moment: m.word, mark: mark})
		close(taken)
	})
	return taken
}

// take takes an image now.
func (l *life) take(moment string) {
	random, mode := l.draw()
	mark := l.world.Mark()
	l.add(cut{image: l.disk.Image(random, mode), mode: mode, moment: moment, mark: mark})
}

func (l *life) add(c cut) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cuts = append(l.cuts, c)
}

// draw draws what a cut leaves: mostly some of what was not synced.
func (l *life) draw() (*rand.Rand, powerdisk.Mode) {
	mode := powerdisk.KeepSome
	switch l.random.IntN(10) {
	case 0:
		mode = powerdisk.KeepNone
	case 1:
		mode = powerdisk.KeepAll
	}
	return rand.New(rand.NewPCG(l.random.Uint64(), l.random.Uint64())), mode //nolint:gosec // drawn again from the seed
}

// goOn takes the power away under load, and goes on with what is left: the clients repeat what they do not know.
func (l *life) goOn(ctx context.Context) error {
	if err := l.load(ctx); err != nil {
		return err
	}
	last := l.cuts[len(l.cuts)-1]
	if err := errors.Join(l.judgeAll(ctx), l.unplug()); err != nil {
		return err
	}
	l.world.Rewind(last.mark)
	if err := l.plug(last.image); err != nil {
		return err
	}
	l.boots++
	when := "after a power cut " + last.moment
	if err := l.during("in a start "+when, 1, 80, func() error { return l.start(ctx, when) }); err != nil {
		return err
	}
	if err := l.world.Resolve(ctx); err != nil {
		return fmt.Errorf("repeating what is unknown %s: %w", when, err)
	}
	if _, err := l.world.Judge(ctx, l.world.Mark()); err != nil {
		return fmt.Errorf("when everything unknown was repeated %s: %w", when, err)
	}
	return l.judgeAll(ctx)
}
