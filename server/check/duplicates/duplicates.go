//go:build unix

package duplicates

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
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

// Check is the check.
var Check = check.Check{
	Name:    "duplicates",
	Promise: "What is sent several times, over whatever door and across kills, counts once and is answered as it was first.",
	Counts:  "submissions",
	Short:   5_000,
	Long:    50_000,
	Run:     run,
	Controls: []check.Control{
		{
			Name: "forgotten", Fault: "The store forgets the ids of requests.", Size: 300,
			Edits: []plant.Edit{{
				File: "server/aggregator/request.go",
				Old:  "if h.RequestID == [16]byte{} ||", New: "if h.RequestID != [16]byte{} ||",
			}},
		},
		{
			Name: "any-content", Fault: "A known id is answered as a repetition, whatever is sent under it.", Size: 300,
			Edits: []plant.Edit{{File: "server/reporting/change.go", Old: "if !record.Is(m.hash) {", New: "if false {"}},
		},
		{
			Name: "one-scope", Fault: "An id that one principal used is taken for all.", Size: 300,
			Edits: []plant.Edit{{File: "server/aggregator/request.go", Old: "t.appendName(t.appendName(b, principal), method)", New: "t.appendName(b, method)"}},
		},
		{
			Name: "new-place-alone", Fault: "Over a change of the tree what a commune gave before it went over is left out.", Size: 300,
			Edits: []plant.Edit{{
				File: "server/aggregator/across.go",
				Old:  "	for _, unit := range u.parcel.singles {\n		if u.x.kind[unit] != kind {\n", New: "	for _, unit := range u.parcel.singles {\n		if u.x.kind[unit] != kind || !u.across.Stands(int(unit)) {\n",
			}},
		},
		{
			Name: "added-again", Fault: "A correction is added to what it corrects.", Size: 300,
			Edits: []plant.Edit{{
				File: "server/aggregator/lean.go", Old: "c.was.addLean(&by, ratio, wasLate, -1)", New: "c.was.addLean(&by, ratio, wasLate, 0)",
			}},
		},
	},
}

const (
	// months is for how many months each commune reports, districts how many the communes have.
	months    = 24
	districts = 5
	// fewestCommunes is how many the changes of the tree take.
	fewestCommunes = 12
	// killEvery is after how many submissions the server is killed.
	killEvery = 1000
	// workers is how many tasks are under way.
	workers = 12
	// patience is how long one sending may take, with the start of a server in between.
	patience = time.Minute
)

// post is a run under way.
type post struct {
	*check.Run
	plan  *plan
	line  *line.Line
	world *workload.World
	shape workload.Shape
	// reformer changes the tree when everything was sent once.
	reformer *reformer
	// people are those who submit and, last, the one who reviews; ids their principals.
	people []*sender
	ids    []string

	// tasks counts those that were begun, of total; sent and unanswered count items and sendings.
	tasks, sent, unanswered atomic.Int64
	total                   int64
}

func run(ctx context.Context, r *check.Run) (err error) {
	revisions := 2
	if r.Size >= 100_000 {
		revisions = 10
	}
	reports := max(1, r.Size/revisions)
	shape := workload.Shape{
		Districts: districts, Communes: max(fewestCommunes, (reports+months-1)/months), Months: months, Reforms: workload.MostReforms, Seed: r.Seed,
	}
	p := &post{Run: r, shape: shape}
	if err := p.found(ctx, shape); err != nil {
		return err
	}
	defer func() {
		if err != nil { // else it was closed before the journal was read
			_ = errors.Join(p.world.Close(), p.line.Close())
		}
	}()
	first := p.world.Reports()[:reports]
	stays := func(r workload.Report) bool { return shape.Owes(shape.Reforms, r) }
	later := slices.DeleteFunc(shape.MadeReports(), func(r workload.Report) bool { return !stays(r) })
	p.plan = newPlan(r.Random(1), first, later, stays, revisions)
	for _, w := range p.plan.waves {
		p.total += int64(len(w))
	}
	began := time.Now()
	if err := p.deliver(ctx); err != nil {
		return err
	}
	r.Figure("kills", p.line.Life())
	r.Figure("sent", p.sent.Load())
	r.Figure("unanswered", p.unanswered.Load())
	r.Figure("send_seconds", int(time.Since(began).Seconds()))
	if err := p.everybodyWasAnswered(); err != nil {
		return err
	}
	if err := p.books(ctx); err != nil {
		return err
	}
	if err := errors.Join(p.world.Close(), p.line.Close()); err != nil {
		return err
	}
	return p.journal(ctx)
}

// found makes the store, the province, and the people who send.
func (p *post) found(ctx context.Context, shape workload.Shape) error {
	cfg := daemon.Config{Program: p.Daemon, Dir: filepath.Join(p.Dir, "data")}
	secret, err := daemon.Init(ctx, cfg)
	if err != nil {
		return err
	}
	if p.line, err = line.Open(ctx, cfg); err != nil {
		return err
	}
	if p.world, err = workload.Found(ctx, p.line.Daemon(), secret, shape); err != nil {
		return errors.Join(err, p.line.Close())
	}
	if err := p.hire(ctx); err != nil {
		return errors.Join(err, p.world.Close(), p.line.Close())
	}
	if p.reformer, err = p.newReformer(secret); err != nil {
		return errors.Join(err, p.world.Close(), p.line.Close())
	}
	return nil
}

func (p *post) hire(ctx context.Context) error {
	for n := range principals + 1 {
		role := reportingv1.Role_ROLE_ADMINISTRATOR
		if n == principals {
			role = reportingv1.Role_ROLE_APPROVER
		}
		t, err := p.world.Admin().CreateToken(ctx, &reportingv1.CreateTokenRequest{Role: role})
		if err != nil {
			return err
		}
		s, err := newSender(p.line, t.GetSecret())
		if err != nil {
			return err
		}
		p.people = append(p.people, s)
		p.ids = append(p.ids, t.GetToken().GetName()[len("tokens/"):])
	}
	return nil
}

// deliver sends everything, wave by wave, and kills the server meanwhile.
func (p *post) deliver(ctx context.Context) error {
	working, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	killed := make(chan error, 1)
	go func() { killed <- p.kill(ctx, working.Done()) }()
	for n, w := range p.plan.waves {
		p.Progress("wave %d of %d: %d tasks", n+1, len(p.plan.waves), len(w))
		tasks := make(chan task)
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for t := range tasks {
					p.tasks.Add(1)
					if err := p.together(working, t); err != nil {
						stop(err)
					}
				}
			})
		}
		for _, t := range w {
			if working.Err() != nil {
				break
			}
			tasks <- t
		}
		close(tasks)
		all.Wait()
		if n == 0 && working.Err() == nil {
			if err := p.reformer.reform(working, p.shape); err != nil {
				stop(err)
			}
		}
		if working.Err() != nil {
			break
		}
	}
	if working.Err() == nil {
		return <-killed
	}
	return errors.Join(context.Cause(working), <-killed)
}

// kill kills the server now and then until everything is sent, or somebody gave up.
func (p *post) kill(ctx context.Context, gaveUp <-chan struct{}) error {
	kills := int64(max(1, p.Size/killEvery))
	random := p.Random(2)
	for n := range kills {
		at := p.total * (2*n + 1) / (2 * kills)
		for p.tasks.Load() < at {
			select {
			case <-gaveUp:
				return nil
			case <-time.After(time.Millisecond):
			}
		}
		time.Sleep(time.Duration(random.IntN(10_000)) * time.Microsecond)
		if err := p.line.Kill(ctx); err != nil {
			return err
		}
		p.Progress("killed %d times", n+1)
	}
	return nil
}

// together sends what is sent at the same time.
func (p *post) together(ctx context.Context, t task) error {
	errs := make([]error, len(t))
	var all sync.WaitGroup
	for i := range t {
		all.Go(func() { errs[i] = p.until(ctx, t[i]) })
	}
	all.Wait()
	for _, err := range errs {
		if check.IsBroken(err) {
			return err
		}
	}
	return errors.Join(errs...)
}

// until sends something until it is answered.
func (p *post) until(ctx context.Context, s sending) error {
	sending, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		p.sent.Add(int64(s.to - s.from))
		err := p.people[s.parcel.principal].send(sending, &s)
		reason := line.ReasonOf(err)
		switch {
		case err == nil || check.IsBroken(err) || ctx.Err() != nil:
			return err
		case sending.Err() != nil:
			return check.Broken("%s %s was not answered within %s; last: %w", s.parcel.kind, s.parcel.id, patience, err)
		case reason != "" && !passing(reason):
			return check.Broken("%s %s was refused as a whole: %w", s.parcel.kind, s.parcel.id, err)
		case reason == "":
			p.unanswered.Add(1)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// everybodyWasAnswered demands of every item an answer, and a refusal of another content.
func (p *post) everybodyWasAnswered() error {
	fresh, replayed, refused := 0, 0, 0
	for _, i := range p.plan.items {
		if i.fact.answers == 0 || i.fact.reused == 0 {
			return i.broken("it has %d answers, and another content was refused %d times", i.fact.answers, i.fact.reused)
		}
		fresh, replayed, refused = fresh+i.fact.fresh, replayed+i.fact.answers-i.fact.fresh, refused+i.fact.reused
	}
	p.Figure("fresh", fresh)
	p.Figure("replayed", replayed)
	p.Figure("reuse_refused", refused)
	return nil
}
