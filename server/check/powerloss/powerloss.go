//go:build unix

package powerloss

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/plant"
	"github.com/tonghop/tonghop/server/check/powerdisk"
	"github.com/tonghop/tonghop/server/check/workload"
)

// lyingDisk is the control that the check plants itself, and lieEvery how often the disk lies then.
const (
	lyingDisk = "lying-disk"
	lieEvery  = 7
)

// appending is the file in which the journal makes things durable.
const appending = "server/journal/filejournal/append.go"

// Check is the suite.
var Check = check.Check{
	Name: "power-loss",
	Promise: "After a power cut, whatever of the unsynced reached the disk, every acknowledged change is there once, " +
		"nothing that nobody sent, and all roll-ups are right.",
	Counts: "cuts",
	Short:  200,
	Long:   2000,
	Needs:  []check.Need{check.Linux, check.Root, check.Fuse},
	Run:    run,
	Controls: []check.Control{
		{
			Name: "store-not-named", Fault: "init does not sync the folder that the new data folder is in", Size: 20,
			Edits: []plant.Edit{{
				File: "server/folder.go", Old: "for _, at := range missing {", New: "for _, at := range missing[:0] {",
			}},
		},
		{Name: lyingDisk, Fault: "the disk says of every seventh sync that it is done, and it is not", Size: 100},
		{
			Name: "group-not-synced", Fault: "the journal does not sync its groups", Size: 100,
			Edits: []plant.Edit{{
				File: appending,
				Old:  "if err := writeSynced(j.file, buf, last.end); err != nil {",
				New:  "if _, err := j.file.WriteAt(buf, last.end); err != nil {",
			}},
		},
		{
			Name: "segment-not-named", Fault: "the journal does not sync its folder after a new segment has its name", Size: 100,
			Edits: []plant.Edit{{
				File: appending, Old: "if err := files.SyncDir(dir); err != nil {", New: "if err := error(nil); err != nil {",
			}},
		},
		{
			Name: "stale-state", Fault: "the derived state is kept after a power cut, whatever of it reached the disk", Size: 100,
			Edits: []plant.Edit{{
				File: "server/aggregator/boot.go", Old: "case boot != noted:", New: "case false:",
			}, plant.UninspectedState},
		},
	},
}

// attack is a run of the check.
type attack struct {
	*check.Run
	// founded is the store with the province, as every life begins.
	founded *powerdisk.Image
	world   *workload.World

	mu     sync.Mutex
	tally  tally
	images int // the number of the next folder
}

// tally is what the line of figures tells.
type tally struct {
	cuts, lives, again, births, torn, partial int
	acknowledged, revisions                   int
	disk                                      powerdisk.Stats
}

// shape is a province that is asked for everything in a moment.
var shape = workload.Shape{Districts: 2, Communes: 6, Months: 3}

// workers is how many lives there are at a time.
const workers = 2

func run(ctx context.Context, r *check.Run) error {
	a := &attack{Run: r}
	if err := a.found(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var working sync.WaitGroup
	for first := range workers {
		working.Go(func() {
			for n := first; a.left() > 0 && ctx.Err() == nil; n += workers {
				if err := a.live(ctx, n); err != nil {
					stop(err)
				}
			}
		})
	}
	working.Wait()
	t := a.tally
	a.Figure("lives", t.lives)
	a.Figure("in_recovery", t.again)
	a.Figure("in_init", t.births)
	a.Figure("torn_groups", t.torn)
	a.Figure("unacknowledged_there", t.partial)
	a.Figure("acknowledged", t.acknowledged)
	a.Figure("revisions_compared", t.revisions)
	a.Figure("syncs", t.disk.Syncs)
	if t.disk.Lied > 0 {
		a.Figure("lied", t.disk.Lied)
	}
	return context.Cause(ctx)
}

// found makes the store and the province that every life begins with.
func (a *attack) found(ctx context.Context) error {
	dir := filepath.Join(a.Dir, "founded")
	data := filepath.Join(dir, dataFolder)
	token, err := server.Init(ctx, server.Config{Dir: data, SegmentBytes: segmentSizes[0]})
	if err != nil {
		return err
	}
	d, err := daemon.Start(ctx, daemon.Config{Program: a.Daemon, Dir: data, Boot: boot(0), Flags: []string{"--segment-bytes=4096"}})
	if err != nil {
		return fmt.Errorf("the server cannot be started at all: %w", err)
	}
	a.world, err = workload.Found(ctx, d, token.Reveal(), shape)
	if err == nil {
		err = a.world.Close()
	}
	exit, stopped := d.Stop(stopWithin)
	if err = errors.Join(err, stopped); err == nil && exit.Code != 0 {
		err = fmt.Errorf("the server that founded the province ended with %s", exit)
	}
	if err == nil {
		a.founded, err = powerdisk.ReadImage(dir)
	}
	return err
}

// left is how many cuts are still to be judged.
func (a *attack) left() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.Size - a.tally.cuts
}

// count adds to the tally.
func (a *attack) count(add func(*tally)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	add(&a.tally)
}

// folder gives the name of a folder that is not there yet.
func (a *attack) folder(word string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.images++
	return filepath.Join(a.Dir, fmt.Sprintf("%s-%d", word, a.images))
}

// boot names a start of the machine. None comes twice in the history of a store: what is left of the first one would be
// taken for what this one wrote.
func boot(n int) string { return fmt.Sprintf("power-loss-%d", n) }
