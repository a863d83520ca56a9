//go:build unix

package backup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/plant"
	"github.com/tonghop/tonghop/server/check/workload"
)

// Check is the suite.
var Check = check.Check{
	Name: "backup",
	Promise: "A backup beside a server at work is restored as what was acknowledged up to its last entry and no more; one with a " +
		"flipped bit is refused; one that was interrupted, or a restore, leaves no half file under the final name.",
	Counts: "backups", Short: 10, Long: 100,
	Needs: []check.Need{check.Linux},
	Run:   run,
	Controls: []check.Control{
		{
			Name: "last-groups-dropped", Size: 3,
			Fault: "the copy ends some groups early, and the backup says so of itself",
			Edits: []plant.Edit{
				{
					File: "server/journal/filejournal/copy.go", Old: "	for walk.head.Sequence < last {\n",
					New: "	for walk.head.Sequence < last && (c.whole || last < c.to || walk.head.Sequence+40 < last) {\n",
				},
				unasked,
			},
		},
		{
			Name: "beyond-the-head", Size: 3,
			Fault: "the copy goes on to whatever group is there, and the backup names the entry that the server said",
			Edits: []plant.Edit{
				{File: "server/journal/filejournal/copy.go", Old: "	for walk.head.Sequence < last {\n", New: "	for {\n"},
				{
					File: "server/journal/filejournal/copy.go",
					Old:  "		case !found:\n			return damaged(walk.name, walk.offset, walk.why)\n		case walk.head.Sequence > last:\n",
					New:  "		case !found:\n			return nil\n		case false:\n",
				},
				{File: "server/backup/take.go", Old: "	if copied.Head != c.Head || ", New: "	if "},
				{File: "server/backup/verify.go", Old: "	if at.Sequence != m.Sequence || at.Hash.String() != m.ChainHash || ", New: "	if "},
				{File: "server/backup/verify.go", Old: "signed.JournalID != id || signed.Head != at", New: "signed.JournalID != id"},
				{
					File: "server/backup/restore.go", Old: "	if before.Sequence != total || before.Hash.String() != done.Manifest.ChainHash || ",
					New: "	_ = before\n	if ",
				},
			},
		},
		{
			Name: "checksums-unread", Size: 1,
			Fault: "the SHA-256 of the files is not compared",
			Edits: []plant.Edit{{File: "server/backup/verify.go", Old: "		case got != want:\n", New: "		case got.Name != want.Name:\n"}},
		},
		{
			Name: "manifest-unproved", Size: 1,
			Fault: "the manifest is believed as it is read",
			Edits: []plant.Edit{{File: "server/backup/manifest.go", Old: "	if err != nil || !bytes.Equal(same, raw) {\n", New: "	if err != nil || same == nil {\n"}},
		},
		{
			Name: "named-too-early", Size: 1,
			Fault: "a backup is made under its final name",
			Edits: []plant.Edit{
				{File: "server/backup/take.go", Old: "	work := c.Target + unfinishedSuffix\n", New: "	work := c.Target\n"},
				{File: "server/backup/take.go", Old: "	if err := c.Files.Remove(c.Target); err != nil && ", New: "	if err := error(nil); err != nil && "},
				{File: "server/backup/take.go", Old: "	if err := c.Files.Rename(work, c.Target); err != nil {\n", New: "	if err := error(nil); err != nil {\n"},
			},
		},
		{
			Name: "restored-in-place", Size: 1,
			Fault: "a restored journal is made under its final name",
			Edits: []plant.Edit{
				{File: "server/backup/restore.go", Old: "	work := filepath.Join(r.Dir, UnfinishedName)\n", New: "	work := r.Journal.Dir\n"},
				{File: "server/backup/restore.go", Old: "	if err := r.Files.Rename(work, r.Journal.Dir); err != nil {\n", New: "	if err := error(nil); err != nil {\n"},
			},
		},
	},
}

// unasked has a backup take its own end for the one that was asked for.
var unasked = plant.Edit{
	File: "server/backup/take.go", Old: "	if copied.Head != c.Head || ",
	New: "	c.Head, c.SignedHead, c.VerifierKey = copied.Head, \"\", \"\"\n	if ",
}

const (
	clients = 8
	// backupsPerStore is how many backups are taken of one store; a further one begins empty.
	backupsPerStore = 25
	// segmentBytes is small, so that a backup has many files.
	segmentBytes = "16384"
	patience     = 20 * time.Second
)

// suite is one run.
type suite struct {
	*check.Run
	cfg   daemon.Config
	world *workload.World
	// last is the newest backup, and blank the place of a removed text in it.
	last  string
	blank place

	// small is the folder of a small store, and whole a backup of it.
	small, whole string

	entries, bytes, revisions, rollups, hashes, lost, flips int
	backupCalls, restoreCalls                               score
	longest                                                 time.Duration
}

func run(ctx context.Context, r *check.Run) error {
	s := &suite{Run: r, cfg: daemon.Config{Program: r.Daemon, Flags: []string{"--segment-bytes", segmentBytes, "--free-guard", "1"}}}
	var err error
	for n := 0; err == nil && n < r.Size; n += backupsPerStore {
		err = s.underLoad(ctx, n, min(n+backupsPerStore, r.Size))
	}
	if err == nil {
		err = s.prepare(ctx)
	}
	if err == nil {
		err = together(ctx, s.flipped, s.brokenBackups, s.brokenRestores)
	}
	r.Figure("entries", s.entries)
	r.Figure("bytes", s.bytes)
	r.Figure("longest", s.longest.Round(time.Millisecond))
	r.Figure("after_the_backup", s.lost)
	r.Figure("revisions", s.revisions)
	r.Figure("rollups", s.rollups)
	r.Figure("hashes", s.hashes)
	r.Figure("flips_refused", s.flips)
	r.Figure("backup_calls", s.backupCalls)
	r.Figure("restore_calls", s.restoreCalls)
	return err
}

// together does several things at once, until one fails.
func together(ctx context.Context, all ...func(context.Context) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var working sync.WaitGroup
	for _, do := range all {
		working.Go(func() {
			if err := do(ctx); err != nil {
				stop(err)
			}
		})
	}
	working.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// underLoad takes backups one after the other, from one store on which everybody works, and restores each.
func (s *suite) underLoad(ctx context.Context, from, to int) (err error) {
	s.cfg.Dir = filepath.Join(s.Dir, fmt.Sprintf("store%03d", from))
	admin, err := daemon.Init(ctx, s.cfg)
	if err != nil {
		return err
	}
	d, err := daemon.Start(ctx, s.cfg)
	if err != nil {
		return err
	}
	defer d.Kill()
	if s.world, err = workload.Found(ctx, d, admin, workload.Shape{Districts: 2, Communes: 8, Months: 6, Seed: s.Seed + uint64(from)}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.world.Close()) }()
	if err := s.removeText(ctx, d); err != nil {
		return err
	}
	for n := from; n < to; n++ {
		if err := s.hot(ctx, n); err != nil {
			return fmt.Errorf("backup %d: %w", n+1, err)
		}
		s.Progress("%d of %d backups", n+1, s.Size)
	}
	return nil
}

// removeText has a long private text written and removed.
func (s *suite) removeText(ctx context.Context, d *daemon.Daemon) error {
	issued, err := s.world.Admin().CreateToken(ctx, &reportingv1.CreateTokenRequest{
		Role: reportingv1.Role_ROLE_VIEWER, DisplayName: strings.Repeat("Người ", removedWords),
	})
	if err != nil {
		return err
	}
	control, err := server.ReadControl(s.cfg.Dir)
	if err != nil {
		return err
	}
	operator, err := control.Dial(ctx)
	if err != nil {
		return err
	}
	done, err := operator.RedactEntry(ctx, &reportingv1.RedactEntryRequest{
		Sequence: issued.GetToken().GetReceipt().GetSequence(), Reason: "for the check",
	})
	s.world.AlsoHas(done.GetReceipt().GetSequence())
	return errors.Join(err, operator.Close())
}

// command runs a command of the program to its end; what is not exit 0 is told with its last words.
func (s *suite) command(ctx context.Context, args ...string) (string, error) {
	out, exit, err := daemon.Command(ctx, s.cfg, args...)
	if err == nil && exit.Code != 0 {
		err = check.Broken("tonghopd %s: %s %s", args[0], strings.TrimSpace(out), exit)
	}
	return out, err
}

// restore is the command line of a restore.
func restore(from, into string) []string {
	return []string{"restore", from, "--data", into, "--by", "the operator", "--reason", "for the check", "--segment-bytes", segmentBytes}
}
