//go:build unix

package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/tonghop/tonghop/server/backup"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/syscalls"
	"github.com/tonghop/tonghop/server/check/workload"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// prepare makes a store that is small, for a command that is broken everywhere runs often, and a backup of it.
func (s *suite) prepare(ctx context.Context) error {
	s.small, s.whole = filepath.Join(s.Dir, "small"), filepath.Join(s.Dir, "whole")
	cfg := s.cfg
	cfg.Dir = s.small
	if err := s.smallStore(ctx, cfg); err != nil {
		return err
	}
	_, err := s.command(ctx, "backup", "--data", s.small, s.whole)
	return err
}

// brokenBackups breaks a backup at every call.
func (s *suite) brokenBackups(ctx context.Context) error {
	b := &broken{suite: s, shelf: filepath.Join(s.Dir, "backups"), after: (*broken).afterBackup}
	b.args = []string{"backup", "--data", s.small, filepath.Join(b.shelf, "backup")}
	err := b.everywhere(ctx)
	s.backupCalls = b.score
	return err
}

// brokenRestores breaks a restore at every call.
func (s *suite) brokenRestores(ctx context.Context) (err error) {
	b := &broken{suite: s, shelf: filepath.Join(s.Dir, "restores"), after: (*broken).afterRestore}
	b.args = restore(s.whole, filepath.Join(b.shelf, "new"))
	if b.manifest, err = backup.Verify(ctx, s.whole, nil); err != nil {
		return err
	}
	err = b.everywhere(ctx)
	s.restoreCalls = b.score
	return err
}

// smallStore makes a store with a few reports, of two segments.
func (s *suite) smallStore(ctx context.Context, cfg daemon.Config) (err error) {
	admin, err := daemon.Init(ctx, cfg)
	if err != nil {
		return err
	}
	d, err := daemon.Start(ctx, cfg)
	if err != nil {
		return err
	}
	defer d.Kill()
	world, err := workload.Found(ctx, d, admin, workload.Shape{Districts: 1, Communes: 2, Months: 2, Seed: s.Seed})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	for n := range 60 {
		if _, err := world.Submit(ctx, workload.ReportAt(n%2, n/2%2)); err != nil {
			return err
		}
	}
	_, err = d.Stop(patience)
	return err
}

// broken is a command that is broken at every call by which it changes files below a folder.
type broken struct {
	*suite
	shelf    string
	args     []string
	manifest backup.Manifest // of what is restored
	after    func(b *broken, ctx context.Context, told string, exit daemon.Exit) error
	score    score
}

// score counts the calls, and how often each was broken.
type score struct{ calls, killed, torn, failed int }

// String is a word for the line of figures.
func (s score) String() string {
	return fmt.Sprintf("%d(killed:%d,torn:%d,failed:%d)", s.calls, s.killed, s.torn, s.failed)
}

// everywhere runs the command once as it is, and then again and again, each time broken at another call.
func (b *broken) everywhere(ctx context.Context) error {
	if err := os.Mkdir(b.shelf, 0o700); err != nil {
		return err
	}
	var calls []syscalls.Call
	exit, err := b.watched(ctx, func(c syscalls.Call) syscalls.Action {
		calls = append(calls, c)
		return syscalls.Proceed()
	})
	if err == nil {
		err = b.after(b, ctx, b.args[0]+" undisturbed", exit)
	}
	if err != nil {
		return err
	}
	b.score.calls = len(calls)
	for _, c := range calls {
		if err := b.at(ctx, c); err != nil {
			return err
		}
		if c.Number%10 == 0 {
			b.Progress("%s: %d of %d calls", b.args[0], c.Number, len(calls))
		}
	}
	return nil
}

// at breaks the command at one call in each way: killed before it, killed in the middle of what it writes, and the disk
// full or broken.
func (b *broken) at(ctx context.Context, c syscalls.Call) error {
	if err := b.once(ctx, c, "killed before", syscalls.Kill(), &b.score.killed); err != nil {
		return err
	}
	if c.Kind == syscalls.Write && c.Bytes > 1 {
		if err := b.once(ctx, c, "killed in the middle of", syscalls.Tear(c.Bytes/2), &b.score.torn); err != nil {
			return err
		}
	}
	failure := syscall.ENOSPC
	if c.Kind == syscalls.Sync {
		failure = syscall.EIO
	}
	return b.once(ctx, c, failure.Error()+" at", syscalls.Fail(failure), &b.score.failed)
}

// once breaks the command at one call in one way.
func (b *broken) once(ctx context.Context, c syscalls.Call, how string, action syscalls.Action, count *int) error {
	exit, err := b.watched(ctx, func(now syscalls.Call) syscalls.Action {
		if now.Number == c.Number {
			return action
		}
		return syscalls.Proceed()
	})
	if err != nil {
		return err
	}
	*count++
	told := fmt.Sprintf("%s, %s %s", b.args[0], how, c)
	if names, err := b.list(""); err != nil || exit.Signal == 0 && exit.Code != 0 {
		if len(names) > 0 {
			return check.Broken("%s: it failed, and left %v: %s", told, names, exit)
		}
		return err // nothing is there, as before: the next attempt is like any other
	}
	return b.after(b, ctx, told, exit)
}

// watched runs the command under a watch.
func (b *broken) watched(ctx context.Context, decide func(syscalls.Call) syscalls.Action) (daemon.Exit, error) {
	watch, err := syscalls.New(ctx, syscalls.Config{Within: []string{b.shelf}, Decide: decide})
	if err != nil {
		return daemon.Exit{}, err
	}
	cfg := b.cfg
	cfg.Wrap = watch.Wrap()
	_, exit, err := daemon.Command(ctx, cfg, b.args...)
	return exit, errors.Join(err, watch.Close())
}

// list names what is on the shelf.
func (b *broken) list(below string) ([]string, error) {
	found, err := os.ReadDir(filepath.Join(b.shelf, below))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	names := make([]string, len(found))
	for i, f := range found {
		names[i] = f.Name()
	}
	return names, err
}

// afterBackup expects a whole backup or none under the final name, and that the next backup works.
func (b *broken) afterBackup(ctx context.Context, told string, exit daemon.Exit) error {
	names, err := b.list("")
	if err != nil {
		return err
	}
	target := filepath.Join(b.shelf, "backup")
	there := slices.Contains(names, "backup")
	for _, name := range names {
		if name != "backup" && name != "backup.unfinished" {
			return check.Broken("%s: there is %s", told, name)
		}
	}
	if there {
		if _, err := backup.Verify(ctx, target, nil); err != nil {
			return check.Broken("%s: what has the final name is no whole backup: %w", told, err)
		}
	}
	switch {
	case exit.Signal == 0 && exit.Code == 0 && !there:
		return check.Broken("%s: the backup succeeded and is not there", told)
	case !there:
		if _, err := b.command(ctx, b.args...); err != nil {
			return fmt.Errorf("%s, then again: %w", told, err)
		}
		if _, err := backup.Verify(ctx, target, nil); err != nil {
			return check.Broken("%s: the next backup is not whole: %w", told, err)
		}
	}
	if names, err = b.list(""); err == nil && !slices.Equal(names, []string{"backup"}) {
		return check.Broken("%s: after the next backup there is %v", told, names)
	}
	return errors.Join(err, os.RemoveAll(target))
}

// afterRestore expects a whole store, or a folder that nobody serves, and that the next restore works.
func (b *broken) afterRestore(ctx context.Context, told string, exit daemon.Exit) error {
	names, err := b.list("new")
	if err != nil {
		return err
	}
	into := filepath.Join(b.shelf, "new")
	there := slices.Contains(names, "journal")
	if err := b.served(ctx, told, into, there); err != nil {
		return err
	}
	if !there {
		if exit.Signal == 0 {
			return check.Broken("%s: the restore succeeded and there is no journal", told)
		}
		if _, err := b.command(ctx, b.args...); err != nil {
			return fmt.Errorf("%s, then again: %w", told, err)
		}
	}
	if err := b.whole(ctx, into); err != nil {
		return fmt.Errorf("%s: %w", told, err)
	}
	return os.RemoveAll(into)
}

// served opens the store as a server does, which works where there is a journal, and is refused in clear words where not.
func (b *broken) served(ctx context.Context, told, into string, there bool) error {
	out, refused, err := daemon.Command(ctx, b.cfg, "verify", "--data", into)
	switch {
	case err != nil:
		return err
	case there && refused.Code != 0:
		return check.Broken("%s: there is a journal, and no store: %s %s", told, strings.TrimSpace(out), refused)
	case !there && refused.Code == 0:
		return check.Broken("%s: the unfinished store is served", told)
	case !there && !strings.Contains(refused.Said, "RESTORE_UNFINISHED") && !strings.Contains(refused.Said, "STORE_MISSING"):
		return check.Broken("%s: the unfinished store is refused without saying so: %s", told, refused)
	}
	return nil
}

// whole expects the journal of the backup, and the entry that tells of the restore under a new id.
func (b *broken) whole(ctx context.Context, into string) error {
	j, err := filejournal.OpenReadOnly(ctx, filejournal.Config{Dir: filepath.Join(into, "journal")})
	if err != nil {
		return check.Broken("the restored journal: %w", err)
	}
	m := b.manifest
	var last entry.Entry
	before := ""
	err = j.Read(ctx, 1, func(e journal.Entry) (err error) {
		if e.Sequence == m.Sequence {
			before = e.Hash.String()
		}
		last, err = entry.Decode(e.Public, nil)
		return err
	})
	if err := errors.Join(err, j.Close()); err != nil {
		return check.Broken("the restored journal: %w", err)
	}
	body, tells := last.Body.(entry.StoreRestored)
	switch {
	case j.Head().Sequence != m.Sequence+1 || before != m.ChainHash:
		return check.Broken("the restored journal ends with entry %d, and entry %d has the hash %s", j.Head().Sequence, m.Sequence, before)
	case !tells || journal.ID(body.OldJournal).String() != m.JournalID() || j.ID() != body.Journal || j.ID() == body.OldJournal:
		return check.Broken("the last entry of the restored journal %s is %+v", j.ID(), last.Body)
	}
	return nil
}
