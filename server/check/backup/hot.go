//go:build unix

package backup

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/workload"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// hot takes one backup while everybody works, and restores it.
func (s *suite) hot(ctx context.Context, n int) error {
	draw := s.Random(uint64(n)) //nolint:gosec // a count
	target := filepath.Join(s.Dir, fmt.Sprintf("backup%03d", n))
	working, enough := context.WithCancel(ctx)
	defer enough()
	driven := make(chan error, 1)
	go func() { driven <- s.world.Drive(working, clients, uint64(n)) }() //nolint:gosec // a count
	pause(ctx, draw, 30*time.Millisecond, 200*time.Millisecond)
	before := s.world.Newest()
	began := time.Now()
	out, err := s.command(ctx, "backup", "--data", s.cfg.Dir, target)
	s.longest = max(s.longest, time.Since(began))
	pause(ctx, draw, 10*time.Millisecond, 60*time.Millisecond)
	enough()
	if err := errors.Join(err, <-driven); err != nil {
		return err
	}
	took, err := read(out)
	if err != nil {
		return err
	}
	if took.sequence < before {
		return check.Broken("it ends with entry %d, and entry %d had been acknowledged before it began", took.sequence, before)
	}
	if err := holds(ctx, target, took); err != nil {
		return err
	}
	s.entries, s.bytes = s.entries+int(took.sequence), s.bytes+took.bytes
	s.lost += int(max(s.world.Newest()-took.sequence, 0))
	if _, err := s.command(ctx, "backup", "--verify", target); err != nil {
		return err
	}
	if s.last != "" {
		if err := os.RemoveAll(s.last); err != nil {
			return err
		}
	}
	s.last = target
	return s.restored(ctx, target, took)
}

// pause lets some time go by.
func pause(ctx context.Context, draw *rand.Rand, least, most time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(least + time.Duration(draw.Int64N(int64(most-least)))):
	}
}

// taken is what the command says of a backup.
type taken struct {
	sequence       int64
	bytes          int
	chain, journal string
}

func read(out string) (taken, error) {
	var t taken
	var took string
	if _, err := fmt.Sscanf(out, "backed up and verified in %s sequence=%d bytes=%d chain=%64s journal=%32s",
		&took, &t.sequence, &t.bytes, &t.chain, &t.journal); err != nil {
		return t, check.Broken("the command backup says %q: %v", out, err)
	}
	return t, nil
}

// holds expects in the files of a backup what the command says of them.
func holds(ctx context.Context, target string, took taken) error {
	j, err := filejournal.OpenCopy(ctx, filejournal.Config{Dir: target})
	if err != nil {
		return check.Broken("what was just backed up: %w", err)
	}
	at := j.Head()
	if at.Sequence != uint64(took.sequence) || at.Hash.String() != took.chain || j.ID().String() != took.journal { //nolint:gosec // not negative
		return check.Broken("its files end with entry %d, hash %s, and it says entry %d, hash %s", at.Sequence, at.Hash, took.sequence, took.chain)
	}
	return j.Close()
}

// restored makes a store of a backup, serves it, and holds it against the record up to the backup's last entry.
func (s *suite) restored(ctx context.Context, target string, took taken) (err error) {
	cfg := s.cfg
	cfg.Dir = filepath.Join(s.Dir, "new")
	if _, err := s.command(ctx, restore(target, cfg.Dir)...); err != nil {
		return err
	}
	d, err := daemon.Start(ctx, cfg)
	if err != nil {
		return check.Broken("the restored store: %w", err)
	}
	defer d.Kill()
	people := s.world.Until(took.sequence)
	people.AlsoHas(took.sequence + 1)
	if err := people.Connect(ctx, d); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, people.Close()) }()
	v, err := people.Judge(ctx, people.Mark())
	s.revisions, s.rollups = s.revisions+v.Revisions, s.rollups+v.Rollups
	if err != nil {
		return fmt.Errorf("restored at entry %d: %w", took.sequence, err)
	}
	if err := tellsOfIt(ctx, people, took, v.Head); err != nil {
		return err
	}
	n, err := people.JudgeJournal(ctx, cfg.Dir, people.Mark())
	if s.hashes += n; err != nil {
		return fmt.Errorf("restored at entry %d: %w", took.sequence, err)
	}
	exit, err := d.Stop(patience)
	if err != nil {
		return err
	}
	if exit.Code != 0 {
		return check.Broken("the restored store was asked to end, and its end was %s", exit)
	}
	if _, err := s.command(ctx, "verify", "--data", cfg.Dir); err != nil {
		return err
	}
	return os.RemoveAll(cfg.Dir)
}

// tellsOfIt demands that the restored store has one entry more, says where the old journal ended, and refuses positions
// in it.
func tellsOfIt(ctx context.Context, people *workload.World, took taken, head int64) error {
	status, err := people.Viewer().GetStatus(ctx)
	if err != nil {
		return err
	}
	list := status.GetRestorations()
	switch {
	case head != took.sequence+1:
		return check.Broken("the restored store ends with entry %d, want %d: those of the backup and one", head, took.sequence+1)
	case len(list) != 1, list[0].GetOldJournalId() != took.journal, list[0].GetSequence() != took.sequence, list[0].GetChainHash() != took.chain:
		return check.Broken("the restored store says of its restores %v, want one of journal %s at entry %d", list, took.journal, took.sequence)
	case status.GetStamp().GetJournalId() == took.journal:
		return check.Broken("the restored store has the id of the old journal")
	}
	for _, err := range people.Admin().Changes(ctx, &reportingv1.ListChangesRequest{JournalId: took.journal, AfterSequence: 1}) {
		var answered *client.Error
		if !errors.As(err, &answered) || answered.Reason != "JOURNAL_REPLACED" {
			return check.Broken("a position in the old journal is answered with %v, want JOURNAL_REPLACED", err)
		}
		return nil
	}
	return check.Broken("a position in the old journal is answered")
}
