//go:build unix

package ioerror

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/powerdisk"
	"github.com/tonghop/tonghop/server/check/workload"
)

// Check is the suite.
var Check = check.Check{
	Name: "io-error",
	Promise: "After a failed sync nothing is acknowledged and the process ends with code 70; a start afterwards shows nothing " +
		"that a power cut could take; a full disk refuses changes and nothing else.",
	Counts:   "syncs",
	Short:    60,
	Long:     300,
	Needs:    []check.Need{check.Linux, check.Root, check.Fuse},
	Run:      run,
	Controls: controls,
}

const (
	// dataFolder lies in the mounted folder.
	dataFolder = "store"
	// clients are few: each sync is of a small group, and each has somebody who waits for it.
	clients    = 4
	stopWithin = 20 * time.Second
	// endsWithin is how long a server may live whose store has failed.
	endsWithin = 2 * time.Second
	workers    = 2
)

// flags are those of every server: segments that change often, and a derived state that is flushed under load.
var flags = []string{"--segment-bytes=8192", "--sync-every=20ms", "--grace=2s", "--free-guard=1"}

// shape is a province that is asked for everything in a moment.
var shape = workload.Shape{Districts: 2, Communes: 4, Months: 2}

// attack is a run of the check.
type attack struct {
	*check.Run
	// founded is the store with the province, as every trial begins.
	founded *powerdisk.Image
	world   *workload.World

	mu     sync.Mutex
	tally  tally
	number int // of the next folder
}

// tally is what the line of figures tells.
type tally struct {
	failed, noRoom, missed          int // trials
	ended, refused, images          int
	acknowledged, unknown, accepted int
	fillings, startsFull, endedFull int
	noLoop                          bool
}

func run(ctx context.Context, r *check.Run) error {
	a := &attack{Run: r}
	if err := a.found(ctx); err != nil {
		return err
	}
	var err error
	if !strings.HasPrefix(r.Control, onlyFull) {
		err = a.tryAll(ctx)
	}
	if err == nil {
		err = a.together(ctx, a.fillLoop, func(ctx context.Context) error { return a.fillAll(ctx, mountTmpfs) })
	}
	t := a.tally
	a.Figure("failed_syncs", t.failed)
	a.Figure("writes_without_room", t.noRoom)
	a.Figure("exit_70", t.ended)
	a.Figure("store_full", t.refused)
	a.Figure("never_came", t.missed)
	a.Figure("power_cuts", t.images)
	a.Figure("acknowledged", t.acknowledged)
	a.Figure("unknown", t.unknown)
	a.Figure("of_them_accepted", t.accepted)
	a.Figure("disks_filled", t.fillings)
	a.Figure("starts_on_full", t.startsFull)
	a.Figure("exit_70_on_full", t.endedFull)
	if t.noLoop {
		a.Figure("ext4", "none")
	}
	return err
}

// found makes the store and the province that every trial begins with.
func (a *attack) found(ctx context.Context) error {
	dir := filepath.Join(a.Dir, "founded")
	data := filepath.Join(dir, dataFolder)
	token, err := server.Init(ctx, server.Config{Dir: data, SegmentBytes: 8192, FreeGuard: 1 << 20})
	if err != nil {
		return err
	}
	d, err := daemon.Start(ctx, daemon.Config{Program: a.Daemon, Dir: data, Flags: flags})
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

// tryAll makes the trials, two at a time.
func (a *attack) tryAll(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	waiting := make(chan fault)
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for f := range waiting {
				if err := a.try(ctx, f); err != nil {
					stop(fmt.Errorf("%s: %w", f, err))
				}
			}
		})
	}
	list := a.faults()
	for n, f := range list {
		if ctx.Err() != nil {
			break
		}
		if n%20 == 0 {
			a.Progress("%d of %d", n, len(list))
		}
		waiting <- f
	}
	close(waiting)
	working.Wait()
	return context.Cause(ctx)
}

// together does several things at a time, until one of them fails.
func (a *attack) together(ctx context.Context, things ...func(context.Context) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var working sync.WaitGroup
	for _, do := range things {
		working.Go(func() {
			if err := do(ctx); err != nil {
				stop(err)
			}
		})
	}
	working.Wait()
	return context.Cause(ctx)
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
	a.number++
	return filepath.Join(a.Dir, fmt.Sprintf("%s-%d", word, a.number))
}
