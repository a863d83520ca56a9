//go:build unix

package slowreaders

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/line"
	"github.com/tonghop/tonghop/server/check/workload"
)

// The province, all of whose reports are there before anything is measured: who asks for the changes or the reports
// gets more than any window holds.
const (
	districts = 4
	communes  = 60
	months    = 24
	allMonths = "2024-01..2025-12"
	// writers write at the same time, each the reports of communes of his own.
	writers = 8
)

// site is a server with the province on it.
type site struct {
	line *line.Line
	host host
	data string
	// reports is one client for each writer.
	reports []reportingv1.ReportServiceClient
	etags   [][]string // by commune, then month
}

// found makes a server with the province and all its reports.
func found(ctx context.Context, program, dir string, seed uint64) (*site, error) {
	s := &site{data: filepath.Join(dir, "data")}
	cfg := daemon.Config{Program: program, Dir: s.data}
	secret, err := daemon.Init(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if s.line, err = line.Open(ctx, cfg); err != nil {
		return nil, err
	}
	s.host = host{daemon: s.line.Daemon(), secret: secret}
	world, err := workload.Found(ctx, s.line.Daemon(), secret, workload.Shape{Districts: districts, Communes: communes, Months: months, Seed: seed})
	if err == nil {
		err = errors.Join(s.fill(ctx), world.Close())
	}
	if err != nil {
		return nil, errors.Join(err, s.line.Close())
	}
	return s, nil
}

// filled is how often every report is sent before anything is measured.
const filled = 2

// fill sends the first revisions of every report.
func (s *site) fill(ctx context.Context) error {
	for range writers {
		conn, err := s.line.Dial(s.host.secret)
		if err != nil {
			return err
		}
		s.reports = append(s.reports, reportingv1.NewReportServiceClient(conn))
	}
	s.etags = make([][]string, communes)
	for c := range communes {
		s.etags[c] = make([]string, months)
	}
	for n := range filled * months {
		m := n % months
		q := &reportingv1.BatchSubmitReportsRequest{RequestId: uuid.NewString(), Atomic: true}
		for c := range communes {
			q.Requests = append(q.Requests, s.request(c, m, int64(n*communes+c)))
		}
		a, err := s.reports[0].BatchSubmitReports(ctx, q)
		if err != nil {
			return err
		}
		for c, o := range a.GetOutcomes() {
			s.etags[c][m] = o.GetEtag()
		}
	}
	return nil
}

func (s *site) request(commune, month int, serial int64) *reportingv1.SubmitReportRequest {
	q := &reportingv1.SubmitReportRequest{Name: workload.ReportAt(commune, month).Name(), Etag: s.etags[commune][month]}
	for _, code := range []string{workload.Files, workload.Money, workload.People} {
		value := fmt.Sprint(serial)
		q.Figures = append(q.Figures, &reportingv1.Figure{Indicator: code, Value: &value})
	}
	return q
}

// measured is what a round of writing came to.
type measured struct {
	writes int
	took   time.Duration
	// slow is how long the slowest hundredth of the writes took at least.
	slow time.Duration
	// grown is by how much the file of the state grew, memory what the server held at the end.
	grown, memory int64
}

func (m measured) perSecond() float64 { return float64(m.writes) / m.took.Seconds() }

// patience is how long one write may take.
const patience = 10 * time.Second

// write lets all writers correct reports as fast as they can for a while.
func (s *site) write(ctx context.Context, during time.Duration) (measured, error) {
	before, err := stateBytes(s.data)
	if err != nil {
		return measured{}, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	began := time.Now()
	latencies := make([][]time.Duration, writers)
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for n := 0; time.Since(began) < during && ctx.Err() == nil; n++ {
				sent := time.Now()
				if err := s.correct(ctx, w, n); err != nil {
					stop(err)
					return
				}
				latencies[w] = append(latencies[w], time.Since(sent))
			}
		})
	}
	writing.Wait()
	m := measured{took: time.Since(began)}
	if err := context.Cause(ctx); err != nil {
		return m, err
	}
	all := slices.Concat(latencies...)
	slices.Sort(all)
	if m.writes = len(all); m.writes > 0 {
		m.slow = all[m.writes*99/100]
	}
	after, err := stateBytes(s.data)
	if err != nil {
		return m, err
	}
	m.grown = after - before
	m.memory, err = memoryBytes(s.host.daemon.PID())
	return m, err
}

// correct sends the next revision of one of the writer's reports.
func (s *site) correct(ctx context.Context, w, n int) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	c, m := w+writers*(n%(communes/writers)), n/(communes/writers)%months
	q := s.request(c, m, int64(n)*writers*1000+int64(w)+time.Now().UnixNano()%1000)
	q.RequestId = uuid.Must(uuid.NewV7()).String()
	a, err := s.reports[w].SubmitReport(ctx, q)
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	s.etags[c][m] = a.GetOutcome().GetEtag()
	return nil
}
