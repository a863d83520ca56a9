//go:build unix

package snapshot

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/line"
	"github.com/tonghop/tonghop/server/check/workload"
)

// Check is the check.
var Check = check.Check{
	Name:     "snapshot",
	Promise:  "However fast others write, every answer is of one moment, which it names: the whole is the sum of its parts, and what was acknowledged before is in it.",
	Counts:   "reads",
	Short:    10_000,
	Long:     60_000,
	Run:      run,
	Controls: controls,
}

// The province. Few places make many changes of each.
const (
	districts = 3
	communes  = 16
	months    = 3
	// units are the province, the districts and the communes.
	units = 1 + districts + communes
	// writers divide the communes among them; readers ask.
	writers = 8
	readers = 4
	// round is after how many reads everything is held against the book.
	round = 10_000
	// patience is how long one call may take.
	patience = 30 * time.Second
)

// street is a run under way.
type street struct {
	*check.Run
	line *line.Line
	// sender and reviewer are secrets.
	sender, reviewer string
	writers          []*writer
	readers          []*reader
	book             *book
	// acked is the greatest acknowledged sequence, left how many reads are still to come.
	acked, left atomic.Int64
}

func run(ctx context.Context, r *check.Run) (err error) {
	s := &street{Run: r}
	if err := s.found(ctx); err != nil {
		return err
	}
	defer func() {
		if closed := s.line.Close(); err == nil { // it is over after a failure, however it ends
			err = closed
		}
	}()
	if err := s.hire(ctx); err != nil {
		return err
	}
	first, began := s.book.sequence, time.Now()
	var working time.Duration
	for done := 0; done < r.Size; done += round {
		s.left.Store(int64(min(round, r.Size-done)))
		began := time.Now()
		if err := s.work(ctx); err != nil {
			return err
		}
		working += time.Since(began)
		if err := s.judge(ctx); err != nil {
			return err
		}
		r.Progress("%d reads, %d entries", min(done+round, r.Size), s.book.sequence-first)
	}
	counts := [kinds]int{}
	for _, reader := range s.readers {
		for k, n := range reader.counts {
			counts[k] += n
		}
	}
	for k, n := range counts {
		r.Figure(kind(k).String(), n)
	}
	r.Figure("entries", s.book.sequence-first)
	r.Figure("entries_per_second", int(float64(s.book.sequence-first)/working.Seconds()))
	r.Figure("reads_per_second", int(float64(r.Size)/working.Seconds()))
	r.Figure("judge_seconds", fmt.Sprintf("%.1f", (time.Since(began)-working).Seconds()))
	return nil
}

// found makes the store and the province.
func (s *street) found(ctx context.Context) error {
	cfg := daemon.Config{Program: s.Daemon, Dir: filepath.Join(s.Dir, "data")}
	secret, err := daemon.Init(ctx, cfg)
	if err != nil {
		return err
	}
	if s.line, err = line.Open(ctx, cfg); err != nil {
		return err
	}
	world, err := workload.Found(ctx, s.line.Daemon(), secret, workload.Shape{Districts: districts, Communes: communes, Months: months, Seed: s.Seed})
	if err != nil {
		return errors.Join(err, s.line.Close())
	}
	approver, err := world.Admin().CreateToken(ctx, &reportingv1.CreateTokenRequest{Role: reportingv1.Role_ROLE_APPROVER})
	s.sender, s.reviewer = secret, approver.GetSecret()
	if err = errors.Join(err, world.Close()); err != nil {
		return errors.Join(err, s.line.Close())
	}
	return nil
}

// hire gives everybody a connection, and opens the book.
func (s *street) hire(ctx context.Context) error {
	for n := range writers {
		sending, err := s.line.Dial(s.sender)
		if err != nil {
			return err
		}
		reviewing, err := s.line.Dial(s.reviewer)
		if err != nil {
			return err
		}
		s.writers = append(s.writers, newWriter(s, n, sending, reviewing))
	}
	var conn *grpc.ClientConn
	for n := range readers {
		var err error
		if conn, err = s.line.Dial(s.sender); err != nil {
			return err
		}
		s.readers = append(s.readers, newReader(s, n, conn))
	}
	status, err := reportingv1.NewOperationServiceClient(conn).GetStatus(ctx, &reportingv1.GetStatusRequest{})
	s.book = newBook(status.GetEntries(), districts, communes, months)
	return err
}

// work lets everybody work until there are enough reads.
func (s *street) work(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	enough := make(chan struct{})
	var reading, writing sync.WaitGroup
	for _, r := range s.readers {
		reading.Go(func() {
			for s.left.Add(-1) >= 0 && ctx.Err() == nil {
				if err := r.read(ctx); err != nil {
					stop(err)
				}
			}
		})
	}
	for _, w := range s.writers {
		writing.Go(func() {
			for ctx.Err() == nil {
				select {
				case <-enough:
					return
				default:
				}
				if err := w.write(ctx); err != nil {
					stop(err)
				}
			}
		})
	}
	reading.Wait()
	close(enough)
	writing.Wait()
	return context.Cause(ctx)
}

// judge holds everything that was seen against the book, and then brings the book to the server's head.
func (s *street) judge(ctx context.Context) error {
	entries := map[int64][]change{}
	for _, w := range s.writers {
		for sequence, e := range w.entries {
			if _, twice := entries[sequence]; twice {
				return check.Broken("two clients were told that their change is at %d", sequence)
			}
			entries[sequence] = e
		}
		clear(w.entries)
	}
	var all []seen
	for _, r := range s.readers {
		all = append(all, r.seen...)
		r.seen = r.seen[:0]
	}
	status, err := s.readers[0].operations.GetStatus(ctx, &reportingv1.GetStatusRequest{})
	if err != nil {
		return err
	}
	all = append(all, seen{sequence: status.GetEntries(), compare: func(*book) error { return nil }})
	if err := s.book.hold(entries, all); err != nil {
		return check.Broken("%w", err)
	}
	return nil
}

// unitIDs are the names of the units in their order.
func unitIDs() []string {
	ids := []string{"P-0"}
	for d := range districts {
		ids = append(ids, fmt.Sprintf("D%02d-0", d))
	}
	for c := range communes {
		ids = append(ids, fmt.Sprintf("C%04d-0", c))
	}
	return ids
}

func monthName(month int) string { return fmt.Sprintf("2024-%02d", month+1) }
