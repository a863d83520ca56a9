//go:build unix

package crashpoints

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/syscalls"
	"github.com/tonghop/tonghop/server/check/workload"
)

// quiet is how long nothing may happen before an operation counts as over.
const quiet = 3 * time.Millisecond

// patience is how long a process may take to end.
const patience = 20 * time.Second

// play is one run of the story.
type play struct {
	at      point
	program string
	dir     string // of the run; the data folder and what else the story makes are in it
	world   *workload.World
	secret  client.Secret // of the operator
	server  *daemon.Daemon
	// watch is that of the processes until one is killed.
	watch *syscalls.Watch

	mu     sync.Mutex
	step   int // of the story, from 0; inStep counts its calls
	inStep int
	calls  []call
	victim *syscalls.Call // the call before which a process was killed
	// second says that the recovery was killed as well, and ofRecovery counts its calls.
	second     bool
	ofRecovery int

	scene     string // the operation under way
	recovered bool
	facts     []fact
	// own counts the changes by the story itself, which are no reports.
	own int
	// named is the sequence of the entry with a name that is removed later.
	named int64
}

// fact is something that the story has made and that must be there from then on.
type fact func(ctx context.Context, p *play) error

// tell runs the story with one disturbance.
func (t *theatre) tell(ctx context.Context, name string, at point) (*play, error) {
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	p := &play{at: at, program: t.program, dir: filepath.Join(t.dir, name), world: t.world.Again(), secret: t.operator, scene: "the start"}
	if err := os.RemoveAll(p.dir); err != nil {
		return p, err
	}
	if err := copyStore(t.store, p.data()); err != nil {
		return p, err
	}
	var err error
	if p.watch, err = syscalls.New(ctx, syscalls.Config{Within: []string{p.dir}, Decide: p.decide}); err != nil {
		return p, err
	}
	err = p.perform(ctx)
	if p.server != nil {
		p.server.Kill()
	}
	return p, errors.Join(err, p.world.Close(), p.watch.Close())
}

func (p *play) data() string { return filepath.Join(p.dir, "store") }

// told says where the run was disturbed.
func (p *play) told() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.victim == nil:
		return "undisturbed"
	case p.at.tear > 0:
		return fmt.Sprintf("in %s, killed after %d bytes of %s", p.scene, p.at.tear, p.victim)
	case p.second:
		return fmt.Sprintf("in %s, killed before %s and again at call %d of the recovery", p.scene, p.victim, p.at.second)
	}
	return fmt.Sprintf("in %s, killed before %s", p.scene, p.victim)
}

// decide is asked about every call until a process is killed.
func (p *play) decide(c syscalls.Call) syscalls.Action {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.victim != nil {
		return syscalls.Proceed()
	}
	p.inStep++
	p.calls = append(p.calls, call{Call: c, step: p.step, inStep: p.inStep})
	if p.step != p.at.step || p.inStep != p.at.call {
		return syscalls.Proceed()
	}
	if p.at.tear > 0 {
		if !slices.Contains(pages(c), p.at.tear) {
			return syscalls.Proceed() // another one than in the first run: missed
		}
		p.victim = &c
		return syscalls.Tear(p.at.tear)
	}
	p.victim = &c
	return syscalls.Kill()
}

// operate does something as the operator.
func (p *play) operate(ctx context.Context, do func(*client.Client) error) error {
	c, err := client.Dial(ctx, client.Config{Address: p.server.GRPC, Token: p.secret, Language: "en", Attempts: 1})
	if err != nil {
		return err
	}
	return errors.Join(do(c), c.Close())
}

// struck says whether a process was killed.
func (p *play) struck() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.victim != nil
}

// config is that of the next process: watched until one was killed.
func (p *play) config() daemon.Config {
	c := daemon.Config{Program: p.program, Dir: p.data(), Flags: flags}
	if !p.struck() {
		c.Wrap = p.watch.Wrap()
	}
	return c
}

// perform tells the story to its end.
func (p *play) perform(ctx context.Context) error {
	for n, s := range story {
		p.mu.Lock()
		p.scene, p.step, p.inStep = s.name, n, 0
		p.mu.Unlock()
		if err := p.tell(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if n == p.at.step && !p.struck() && p.at.call > 0 {
			return nil // the call did not come: missed
		}
		if p.recovered && !p.at.whole {
			return p.epilogue(ctx)
		}
	}
	return nil
}

// epilogue takes the place of the rest of the story: one more submission, the judge, and a last kill.
func (p *play) epilogue(ctx context.Context) error {
	if p.server == nil {
		return nil // the story was at its end
	}
	if err := p.tell(ctx, submit(3, 0)); err != nil {
		return err
	}
	if err := p.judge(ctx, 0); err != nil {
		return err
	}
	p.server.Kill()
	p.server = nil
	_, err := p.world.JudgeJournal(ctx, p.data(), p.world.Mark())
	return err
}

// offline reads the journal without a server and verifies the store.
func (p *play) offline(ctx context.Context) error {
	if _, err := p.world.JudgeJournal(ctx, p.data(), p.world.Mark()); err != nil {
		return err
	}
	return p.command(ctx, "verify", "--data", p.data())
}

// tell makes one operation; where a process is killed in it, it lets the store recover and has the operation done after
// all.
func (p *play) tell(ctx context.Context, s step) error {
	attempts := len(p.world.Attempts())
	err := s.do(ctx, p)
	if err == nil {
		p.settle()
	}
	if !p.struck() || p.recovered {
		return p.settled(s, err)
	}
	p.recovered = true
	if recovery := p.recover(ctx, s); recovery != nil {
		return fmt.Errorf("after the kill: %w", recovery)
	}
	if err != nil && len(p.world.Attempts()) == attempts {
		err = s.do(ctx, p) // it came to nothing, or is one that can be repeated
	} else {
		err = nil // repeated by the recovery
	}
	return p.settled(s, err)
}

// settle waits until the background is done with what an operation has set off, so that its calls are of this operation
// each time.
func (p *play) settle() {
	for before := -1; !p.struck(); {
		p.mu.Lock()
		now := len(p.calls)
		p.mu.Unlock()
		if now == before {
			return
		}
		before = now
		time.Sleep(quiet)
	}
}

// settled notes what an operation has made. Everything that the story sends is right, so a refusal is a fault.
func (p *play) settled(s step, err error) error {
	if err != nil {
		return err
	}
	p.own += s.own
	if s.fact != nil {
		p.facts = append(p.facts, s.fact)
	}
	for _, a := range p.world.Attempts() {
		for _, item := range a.Items {
			if item.Outcome != workload.Acknowledged {
				return check.Broken("%s %s of %s is %s: %s", a.Kind, a.ID, item.Report, item.Outcome, item.Reason)
			}
		}
	}
	return nil
}

// recover starts the server without a fault where it was killed, holds it against the record, and repeats what is
// unknown.
func (p *play) recover(ctx context.Context, s step) error {
	if p.server != nil && p.server.PID() == p.victim.PID {
		if exit, ended := p.server.Wait(patience); !ended || exit.Signal != syscall.SIGKILL {
			return fmt.Errorf("it was killed and ended with %s", exit)
		}
		p.server = nil
	}
	if p.server == nil {
		if err := p.startAgain(ctx); err != nil {
			return err
		}
	}
	if p.at.whole { // the others are judged once, in the end
		if err := p.judge(ctx, s.own); err != nil {
			return err
		}
	}
	return p.world.Resolve(ctx)
}

// startAgain starts the server, and where the point says so kills it once more meanwhile.
func (p *play) startAgain(ctx context.Context) error {
	if p.at.second > 0 {
		if err := p.killedAgain(ctx); err != nil {
			return err
		}
	}
	return p.start(ctx)
}

func (p *play) killedAgain(ctx context.Context) error {
	starting := true
	var mu sync.Mutex
	watch, err := syscalls.New(ctx, syscalls.Config{Within: []string{p.dir}, Decide: func(c syscalls.Call) syscalls.Action {
		mu.Lock()
		defer mu.Unlock()
		if !starting {
			return syscalls.Proceed()
		}
		p.ofRecovery++
		if c.Number != p.at.second {
			return syscalls.Proceed()
		}
		p.second = true
		return syscalls.Kill()
	}})
	if err != nil {
		return err
	}
	config := p.config()
	config.Wrap = watch.Wrap()
	d, err := daemon.Start(ctx, config)
	mu.Lock()
	starting = false
	mu.Unlock()
	if err == nil {
		d.Kill() // it had fewer calls to make than that
	}
	if err := watch.Close(); err != nil {
		return err
	}
	var ended *daemon.NotServing
	if err != nil && (!errors.As(err, &ended) || ended.Exit.Signal != syscall.SIGKILL) {
		return err
	}
	return nil
}

// start starts the server and lets everybody turn to it.
func (p *play) start(ctx context.Context) error {
	d, err := daemon.Start(ctx, p.config())
	if err != nil {
		var ended *daemon.NotServing
		if errors.As(err, &ended) && ended.Exit.Signal == 0 {
			return check.Broken("%w", err) // it refused, or failed
		}
		return err
	}
	p.server = d
	return p.world.Connect(ctx, d)
}

// stop asks the server to end.
func (p *play) stop(_ context.Context) error {
	d := p.server
	exit, err := d.Stop(patience)
	if exit.Signal == syscall.SIGKILL {
		return err // recover sees to it
	}
	p.server = nil
	if err == nil && exit.Code != 0 {
		err = check.Broken("asked to end, the server ended with %s", exit)
	}
	return err
}

// command runs another command of the program to its end.
func (p *play) command(ctx context.Context, args ...string) error {
	_, exit, err := daemon.Command(ctx, p.config(), args...)
	if err == nil && (exit.Code != 0 || exit.Signal != 0) {
		err = fmt.Errorf("tonghopd %s: %s", args[0], exit)
		if exit.Signal == 0 {
			err = check.Broken("%w", err)
		}
	}
	return err
}

// judge holds the server against everything that was acknowledged. Under way may be so many changes of the story's own.
func (p *play) judge(ctx context.Context, underWay int) error {
	if _, err := p.world.Judge(ctx, p.world.Mark()); err != nil {
		return err
	}
	own, err := p.world.OwnChanges(ctx)
	switch {
	case err != nil:
		return err
	case len(own) < p.own || len(own) > p.own+underWay:
		return check.Broken("%d changes are not of reports: %v; %d were made, and %d more are under way", len(own), own, p.own, underWay)
	}
	for _, holds := range p.facts {
		if err := holds(ctx, p); err != nil {
			return err
		}
	}
	return nil
}
