//go:build unix

package restart

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/workload"
)

// Check is the suite. It measures: that a start is slow breaks no promise.
var Check = check.Check{
	Name: "restart",
	Promise: "A server with a long journal serves again after kill -9, after a clean stop and without its derived state, and " +
		"everything is there; how long that takes is told beside one reading of the journal.",
	Counts: "reports", Short: 5000, Long: 100_000,
	Run: run,
	Controls: []check.Control{{
		Name: cutTail, Size: 1000,
		Fault: "the end of the journal is overwritten with zeros after the kill, and the derived state is gone",
	}},
}

// cutTail is the control that loses the last entries.
const cutTail = "tail-cut"

const (
	clients = 16
	// months of reports for each commune.
	months = 12
	// rounds is how many starts of each sort are measured.
	rounds = 5
	// load is how long everybody works before a kill, and few how long before a clean stop.
	load = 100 * time.Millisecond
	// cut is how many bytes the control takes: more than the group that was written when the server was killed, of which
	// nobody was told.
	cut = 32 << 10
)

// one is the store and what is measured of it.
type one struct {
	run   *check.Run
	cfg   daemon.Config
	world *workload.World
	d     *daemon.Daemon
	part  uint64
}

func run(ctx context.Context, r *check.Run) (err error) {
	s := &one{run: r, cfg: daemon.Config{Program: r.Daemon, Dir: filepath.Join(r.Dir, "store")}}
	admin, err := daemon.Init(ctx, s.cfg)
	if err != nil {
		return err
	}
	if s.d, err = daemon.Start(ctx, s.cfg); err != nil {
		return err
	}
	defer func() { s.d.Kill() }()
	communes := max(1, (r.Size+months-1)/months)
	s.world, err = workload.Found(ctx, s.d, admin, workload.Shape{Districts: 1 + communes/15, Communes: communes, Months: months, Seed: r.Seed})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.world.Close()) }()
	if err := s.fill(ctx); err != nil {
		return err
	}
	crash, err := s.measure(ctx, "after a kill", s.crash)
	if err != nil {
		return err
	}
	if r.Control == cutTail {
		return s.cutTail(ctx)
	}
	clean, err := s.measure(ctx, "after a clean stop", s.stop)
	if err != nil {
		return err
	}
	anew, err := s.measure(ctx, "without the derived state", s.lose)
	if err != nil {
		return err
	}
	s.tell(crash, clean, anew)
	return s.judge(ctx)
}

// fill sends the reports, and lets everybody work a little with them, so that not everything is a first revision.
func (s *one) fill(ctx context.Context) error {
	began := time.Now()
	reports := s.world.Reports()
	if err := s.world.Fill(ctx, reports[:min(len(reports), s.run.Size)]...); err != nil {
		return err
	}
	took := time.Since(began)
	s.run.Figure("filled_per_s", int(float64(s.run.Size)/took.Seconds()))
	s.run.Progress("filled with %d reports in %s", s.run.Size, took.Round(time.Millisecond))
	return s.work(ctx)
}

// work lets everybody work for a moment.
func (s *one) work(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, load)
	defer stop()
	s.part++
	return s.world.Drive(ctx, clients, s.part)
}

// figures are what one sort of start took: the medians.
type figures struct {
	start, read time.Duration
	bytes       int64
}

// measure ends the server in one way and starts it again, several times, and reads the journal beside each start.
func (s *one) measure(ctx context.Context, what string, end func(context.Context) error) (figures, error) {
	var starts, reads []time.Duration
	var f figures
	for range rounds {
		if err := end(ctx); err != nil {
			return f, err
		}
		if s.run.Control == cutTail {
			return f, nil
		}
		if err := s.start(ctx); err != nil {
			return f, err
		}
		n, took, err := readJournal(s.cfg.Dir)
		if err != nil {
			return f, err
		}
		starts, reads, f.bytes = append(starts, s.d.Started), append(reads, took), n
	}
	slices.Sort(starts)
	slices.Sort(reads)
	f.start, f.read = starts[rounds/2], reads[rounds/2]
	s.run.Progress("%s: ready after %s, one reading of %d bytes %s", what, f.start, f.bytes, f.read)
	return f, nil
}

func (s *one) start(ctx context.Context) error {
	d, err := daemon.Start(ctx, s.cfg)
	if err != nil {
		return check.Broken("the server does not start again: %w", err)
	}
	s.d = d
	return s.world.Connect(ctx, d)
}

// crash kills the server while everybody works.
func (s *one) crash(ctx context.Context) error {
	d := s.d
	timer := time.AfterFunc(load/2, func() { d.Kill() })
	err := s.work(ctx)
	timer.Stop()
	d.Kill()
	return err
}

// stop ends the server in order.
func (s *one) stop(ctx context.Context) error {
	if err := s.work(ctx); err != nil {
		return err
	}
	exit, err := s.d.Stop(10 * time.Second)
	if err == nil && exit.Code != 0 {
		err = check.Broken("the server was asked to end, and its end was %s", exit)
	}
	return err
}

// lose ends the server in order, and the derived state is gone.
func (s *one) lose(ctx context.Context) error {
	if err := s.stop(ctx); err != nil {
		return err
	}
	return os.RemoveAll(filepath.Join(s.cfg.Dir, "state"))
}

// tell gives the figures.
func (s *one) tell(crash, clean, anew figures) {
	r := s.run
	r.Figure("journal_bytes", crash.bytes)
	r.Figure("read", crash.read.Round(10*time.Microsecond))
	for _, f := range []struct {
		name string
		figures
	}{{"crash", crash}, {"clean", clean}, {"no_state", anew}} {
		r.Figure(f.name, f.start.Round(time.Millisecond))
		r.Figure(f.name+"/read", fmt.Sprintf("%.1f", float64(f.start)/float64(f.read)))
	}
}

// judge demands that everything is there.
func (s *one) judge(ctx context.Context) error {
	began := time.Now()
	v, err := s.world.Judge(ctx, s.world.Mark())
	if err != nil {
		return err
	}
	s.run.Progress("judged in %s", time.Since(began).Round(time.Millisecond))
	n, err := s.world.JudgeJournal(ctx, s.cfg.Dir, s.world.Mark())
	s.run.Figure("acked", v.Acknowledged)
	s.run.Figure("revisions", v.Revisions)
	s.run.Figure("rollups", v.Rollups)
	s.run.Figure("hashes", n)
	return err
}

// cutTail plants the fault, and judges.
func (s *one) cutTail(ctx context.Context) error {
	segments, err := segments(s.cfg.Dir)
	if err != nil {
		return err
	}
	last := segments[len(segments)-1]
	content, err := os.ReadFile(last) //nolint:gosec // of our own store
	if err != nil {
		return err
	}
	end := len(bytes.TrimRight(content, "\x00"))
	file, err := os.OpenFile(last, os.O_WRONLY, 0) //nolint:gosec // of our own store
	if err != nil {
		return err
	}
	_, err = file.WriteAt(make([]byte, cut), int64(end-cut))
	if err := errors.Join(err, file.Close(), os.RemoveAll(filepath.Join(s.cfg.Dir, "state"))); err != nil {
		return err
	}
	if err := s.start(ctx); err != nil {
		return err
	}
	return s.judge(ctx)
}

// segments are the files of the journal, in order.
func segments(data string) ([]string, error) {
	names, err := filepath.Glob(filepath.Join(data, "journal", "*.journal"))
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("there is no journal in %s", data)
	}
	slices.Sort(names)
	return names, err
}

// readJournal reads what is written of every segment, from its first byte to its last one that is no zero, and gives how
// many bytes that are and how long the reading took: it is done twice, so that all of it is in memory.
func readJournal(data string) (int64, time.Duration, error) {
	names, err := segments(data)
	if err != nil {
		return 0, 0, err
	}
	ends := make([]int64, len(names))
	var total int64
	for i, name := range names {
		content, err := os.ReadFile(name) //nolint:gosec // of our own store
		if err != nil {
			return 0, 0, err
		}
		ends[i] = int64(len(bytes.TrimRight(content, "\x00")))
		total += ends[i]
	}
	buffer := make([]byte, 1<<20)
	began := time.Now()
	for i, name := range names {
		file, err := os.Open(name) //nolint:gosec // of our own store
		if err != nil {
			return 0, 0, err
		}
		_, err = io.CopyBuffer(onlyWriter{io.Discard}, io.LimitReader(file, ends[i]), buffer)
		if err := errors.Join(err, file.Close()); err != nil {
			return 0, 0, err
		}
	}
	return total, time.Since(began), nil
}

// onlyWriter hides that a writer could read by itself.
type onlyWriter struct{ io.Writer }
