//go:build unix

package badline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/line"
	"github.com/tonghop/tonghop/server/check/plant"
	"github.com/tonghop/tonghop/server/check/workload"
)

const name = "bad-line"

// Check is the check.
var Check = check.Check{
	Name: name,
	Promise: "Reports that are put into an outbox arrive exactly once over any line, whichever end is killed, with a receipt for each, " +
		"and nobody has to do anything about it.",
	Counts: "reports",
	Short:  2_000,
	Long:   20_000,
	Run:    run,
	Inside: inside,
	Controls: []check.Control{
		{
			Name: "ids-forgotten", Fault: "The store forgets the ids of requests.", Size: 500,
			Edits: []plant.Edit{{
				File: "server/aggregator/request.go",
				Old:  "if h.RequestID == [16]byte{} ||", New: "if h.RequestID != [16]byte{} ||",
			}},
		},
		{
			Name: "new-ids", Fault: "A report that is sent again is sent under another id.", Size: 500, Inside: true,
			Edits: []plant.Edit{{
				File: "client/outbox/send.go",
				Old:  "	answer, err := c.SubmitReport(ctx, q)\n", New: "	q.RequestId = \"\"\n	answer, err := c.SubmitReport(ctx, q)\n",
			}},
		},
		{
			Name: "noted-first", Fault: "An item is noted as delivered before it is sent.", Size: 500, Inside: true,
			Edits: []plant.Edit{{File: "client/outbox/send.go", Old: "		i.Attempts++\n", New: "		i.Attempts++\n		i.State = Delivered\n"}},
		},
	},
}

const (
	// months are those that each commune reports, and all are over.
	months    = 20
	districts = 5
	// processes keep the machines, so many each.
	processes = 5
	// killEvery is after how many reports an end is killed, the server and the processes in turn.
	killEvery = 120
)

// storm is a run under way.
type storm struct {
	*check.Run
	line  *line.Line
	world *workload.World
	proxy *proxy
	// machines are those of the communes, and principals their tokens' ids.
	machines   []machine
	principals map[string]string
	receipts   string

	delivered     atomic.Int64
	serverKills   int
	processKills  int
	waitingForAll sync.WaitGroup
}

// machine is the computer of a commune.
type machine struct {
	Outbox, Token string
	// Reports are what it sends, in this order.
	Reports []Report
}

// Report is one of them, with its number among all.
type Report struct {
	Name   string
	Serial int
}

func run(ctx context.Context, r *check.Run) (err error) {
	s := &storm{Run: r, principals: map[string]string{}, receipts: filepath.Join(r.Dir, "receipts")}
	if err := s.found(ctx); err != nil {
		return err
	}
	began := time.Now()
	err = s.rage(ctx)
	s.proxy.close()
	for _, fate := range fates() {
		r.Figure(fate.String(), s.proxy.drawn[fate].Load())
	}
	r.Figure("server_kills", s.serverKills)
	r.Figure("client_kills", s.processKills)
	r.Figure("send_seconds", int(time.Since(began).Seconds()))
	if err = errors.Join(err, s.world.Close(), s.line.Close()); err != nil {
		return err
	}
	return s.judge(ctx)
}

// found makes the store, the province, a token and a machine for each commune, and the line.
func (s *storm) found(ctx context.Context) error {
	if s.Daemon == "" { // the fault is in the outboxes
		root, err := plant.Root(ctx)
		if err != nil {
			return err
		}
		s.Daemon = filepath.Join(s.Dir, "tonghopd")
		if err := plant.Build(ctx, root, "./server/cmd/tonghopd", s.Daemon); err != nil {
			return err
		}
	}
	cfg := daemon.Config{Program: s.Daemon, Dir: filepath.Join(s.Dir, "data")}
	secret, err := daemon.Init(ctx, cfg)
	if err != nil {
		return err
	}
	if s.line, err = line.Open(ctx, cfg); err != nil {
		return err
	}
	shape := workload.Shape{Districts: districts, Communes: max(districts, s.Size/months), Months: months, Seed: s.Seed}
	if s.world, err = workload.Found(ctx, s.line.Daemon(), secret, shape); err != nil {
		return errors.Join(err, s.line.Close())
	}
	byUnit := map[string]*machine{}
	var order []string
	for n, report := range s.world.Reports() {
		m := byUnit[report.Commune()]
		if m == nil {
			m = &machine{Outbox: filepath.Join(s.Dir, "outboxes", report.Commune()+".db")}
			t, err := s.world.Admin().CreateToken(ctx, &reportingv1.CreateTokenRequest{Role: reportingv1.Role_ROLE_REPORTER, Unit: report.Commune()})
			if err != nil {
				return errors.Join(err, s.world.Close(), s.line.Close())
			}
			m.Token, s.principals[report.Commune()] = t.GetSecret(), strings.TrimPrefix(t.GetToken().GetName(), "tokens/")
			byUnit[report.Commune()], order = m, append(order, report.Commune())
		}
		m.Reports = append(m.Reports, Report{report.Name(), n + 1})
	}
	for _, unit := range order {
		s.machines = append(s.machines, *byUnit[unit])
	}
	if s.proxy, err = openProxy(s.Seed, func() string { return s.line.Daemon().GRPC }); err != nil {
		return errors.Join(err, s.world.Close(), s.line.Close())
	}
	return nil
}

// total is how many reports there are.
func (s *storm) total() int {
	n := 0
	for _, m := range s.machines {
		n += len(m.Reports)
	}
	return n
}

// rage lets the machines send until everything is delivered, and kills the ends meanwhile.
func (s *storm) rage(whole context.Context) error {
	ctx, stop := context.WithCancelCause(whole)
	defer stop(nil)
	kills := make([]chan struct{}, processes)
	each := (len(s.machines) + processes - 1) / processes
	for n, machines := range slices.Collect(slices.Chunk(s.machines, each)) {
		kills[n] = make(chan struct{})
		s.waitingForAll.Go(func() {
			if err := s.keep(ctx, machines, kills[n]); err != nil {
				stop(err)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		s.waitingForAll.Wait()
		close(done)
	}()
	err := s.kill(whole, ctx, kills, done)
	if err != nil {
		stop(err)
	}
	<-done
	if cause := context.Cause(ctx); cause != nil && err == nil {
		err = cause
	}
	return err
}

// kill kills an end now and then, until all is done or somebody gave up. The server lives as long as the whole run.
func (s *storm) kill(whole, ctx context.Context, processes []chan struct{}, done <-chan struct{}) error {
	random := s.Random(1)
	total, next := s.total(), int64(killEvery/2)
	for n := 0; ; n++ {
		for s.delivered.Load() < next {
			select {
			case <-done:
				return nil
			case <-ctx.Done():
				return nil
			case <-time.After(time.Millisecond):
			}
		}
		s.Progress("%d of %d delivered", s.delivered.Load(), total)
		time.Sleep(time.Duration(random.IntN(10_000)) * time.Microsecond)
		next += killEvery
		if n%2 == 0 {
			s.serverKills++
			if err := s.line.Kill(whole); err != nil {
				return err
			}
			continue
		}
		s.processKills++
		select {
		case processes[random.IntN(len(processes))] <- struct{}{}:
		case <-time.After(100 * time.Millisecond): // it is done already, or starts just now
		}
	}
}

// errKilled is the end of a process that was told to.
var errKilled = errors.New("killed")

// keep keeps a process for some machines until all their reports are delivered, and kills it when it is told to.
func (s *storm) keep(ctx context.Context, machines []machine, kill <-chan struct{}) error {
	counted := 0
	for life := 0; ; life++ {
		err := s.live(ctx, machines, life, kill, &counted)
		if !errors.Is(err, errKilled) {
			return err
		}
	}
}

// live is one life of a process. What it has delivered beyond the lives before is counted.
func (s *storm) live(ctx context.Context, machines []machine, life int, kill <-chan struct{}, counted *int) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	child := s.Inside(ctx, name)
	give, err := json.Marshal(order{
		Seed: s.Seed + uint64(life), Address: s.proxy.address(), Receipts: s.receipts, Machines: machines, //nolint:gosec // few lives
	})
	if err != nil {
		return err
	}
	var said bytes.Buffer
	child.Stdin, child.Stderr = bytes.NewReader(give), &said
	out, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		select {
		case <-kill:
			stop(errKilled)
		case <-ended:
		}
	}()
	last := news{}
	lines := json.NewDecoder(out)
	for lines.Decode(&last) == nil {
		if more := last.Delivered - *counted; more > 0 {
			s.delivered.Add(int64(more))
			*counted = last.Delivered
		}
	}
	err = child.Wait()
	close(ended)
	switch {
	case context.Cause(ctx) != nil && !last.Done:
		return context.Cause(ctx)
	case last.Stopped != "":
		return check.Broken("an outbox stopped, and waits for a person: %s", last.Stopped)
	case err != nil || !last.Done:
		return fmt.Errorf("the process of %d machines ended: %w: %s", len(machines), err, said.String())
	}
	return nil
}
