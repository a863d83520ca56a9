//go:build unix

package slowreaders

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
)

// patient lets a crowd wait on a server of its own until it should have been cut, and then looks whether it was.
func patient(ctx context.Context, r *check.Run) error {
	dir := filepath.Join(r.Dir, "patient")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	s, err := found(ctx, r.Daemon, dir, r.Seed)
	if err != nil {
		return err
	}
	return errors.Join(wait(ctx, r, s), s.line.Close())
}

func wait(ctx context.Context, r *check.Run, s *site) error {
	crowd, err := s.host.gather(ctx, [kinds]int{watch: 4, stalled: 4, stream: 4, upload: mostUploads, answer: 4, webWatch: 4, webList: 4})
	if err != nil {
		return err
	}
	defer leave(crowd)
	if err := settle(s.host.daemon.PID()); err != nil { // the windows are full by then
		return err
	}
	within := cutWithin
	if r.Size >= longFrom {
		within = webCutWithin
	}
	select {
	case <-time.After(within):
	case <-ctx.Done():
		return ctx.Err()
	}
	cut := [kinds]int{}
	for _, i := range crowd {
		if i.kind == webList && within < webCutWithin {
			continue // nobody waited long enough
		}
		if err := i.wasCut(); err != nil {
			return fmt.Errorf("after %s: %w", within, err)
		}
		cut[i.kind]++
	}
	r.Figure("cut", cut[watch]+cut[stalled]+cut[stream]+cut[upload]+cut[webWatch]+cut[webList])
	return s.uploads(ctx)
}

// uploads demands that there is a place for uploads again.
func (s *site) uploads(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	up, err := s.reports[0].ImportReports(ctx)
	if err != nil {
		return err
	}
	// Of a stream that was refused the receiver hears why.
	_ = up.Send(&reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Options{
		Options: &reportingv1.ImportReportsOptions{StreamId: uuid.NewString()},
	}})
	_ = up.Send(&reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Chunk{Chunk: []byte("unit,form,period,indicator,value\n")}})
	_ = up.CloseSend()
	for {
		a, err := up.Recv()
		if err != nil {
			return check.Broken("an upload is refused after those that nobody read should have been cut: %w", err)
		}
		if a.GetSummary() != nil {
			return nil
		}
	}
}
