//go:build unix

package powerloss

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
)

const (
	// againEvery is how many cuts there are for one in whose recovery the power goes a second time.
	againEvery = 6
	// recoveryChanges is about how many changes of the disk a recovery makes.
	recoveryChanges = 90
	// tornNote is what the journal says of a group that was being written.
	tornNote = "is cut off"
)

// judgeAll judges the cuts that were taken, as far as so many were asked for.
func (l *life) judgeAll(ctx context.Context) error {
	cuts := l.cuts
	l.cuts = nil
	for _, c := range cuts {
		if l.left() <= 0 {
			return nil
		}
		boots := l.boots + 1
		if l.random.IntN(againEvery) == 0 {
			second, err := l.cutAgain(ctx, c, boots)
			if err != nil {
				return c.failed(err)
			}
			c, boots = second, boots+1
		}
		if err := l.judge(ctx, c, boots); err != nil {
			return c.failed(err)
		}
		l.Progress("%d cuts", l.Size-l.left())
	}
	return nil
}

func (c cut) failed(err error) error {
	return fmt.Errorf("a power cut %s that left %s of the unsynced: %w", c.moment, c.mode, err)
}

// judge starts a server on what a cut left, and asks it for everything.
func (l *life) judge(ctx context.Context, c cut, boots int) error {
	dir := l.folder("image")
	if err := c.image.Write(dir); err != nil {
		return err
	}
	config := l.config(dir, boots)
	d, err := l.serve(ctx, config, "on what the cut left, in "+dir)
	if err != nil {
		return err
	}
	beside, err := l.world.Beside(ctx, d)
	if err != nil {
		d.Kill()
		return err
	}
	v, err := beside.Judge(ctx, c.mark)
	if err != nil && ctx.Err() == nil && !check.IsBroken(err) {
		err = check.Broken("the server does not show everything: %w", err)
	}
	err = errors.Join(err, beside.Close())
	exit := d.Kill()
	if err == nil {
		_, err = l.world.JudgeJournal(ctx, config.Dir, c.mark)
	}
	if err != nil {
		return fmt.Errorf("%s: %w; the server said: %s", dir, err, exit.Said)
	}
	l.count(func(t *tally) {
		t.cuts++
		t.acknowledged += v.Acknowledged
		t.partial += v.Accepted
		t.revisions += v.Revisions
		if strings.Contains(exit.Said, tornNote) {
			t.torn++
		}
	})
	return os.RemoveAll(dir)
}

// cutAgain lets a server recover from a cut on a disk of its own, and takes the power away meanwhile, or as it serves.
func (l *life) cutAgain(ctx context.Context, c cut, boots int) (second cut, err error) {
	disk, err := l.mount(c.image)
	if err != nil {
		return cut{}, err
	}
	defer func() { err = errors.Join(err, l.remove(disk)) }()
	recovering := &life{attack: l.attack, random: l.random, world: l.world, disk: disk, flags: l.flags}
	moment := c.moment + ", and in the recovery from it"
	taken := recovering.arm(1+l.random.IntN(recoveryChanges), moments{word: moment})
	var d *daemon.Daemon
	if d, err = l.serve(ctx, l.config(disk.Dir, boots), "on what the cut left, to be cut again"); err != nil {
		return cut{}, err
	}
	select {
	case <-taken:
	default:
		disk.Disarm()
		recovering.take(c.moment + ", and once the server had recovered from it")
	}
	d.Kill()
	second = recovering.cuts[0]
	second.mark = c.mark
	l.count(func(t *tally) { t.again++ })
	return second, nil
}
