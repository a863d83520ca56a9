//go:build unix

package bitrot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
)

// attack is one run.
type attack struct {
	run         *check.Run
	dir, models string
	secret      auth.Secret

	mu    sync.Mutex
	total tally
	told  time.Time
}

// tally counts.
type tally struct {
	kinds    [kinds]int
	outcomes [outcomes]int
	// crashes are starts that ended the process.
	crashes, done int
}

func (t *tally) figures(r *check.Run) {
	for k, name := range kindNames {
		r.Figure(name, t.kinds[k])
	}
	for o := refused; o < outcomes; o++ {
		r.Figure(outcomeNames[o], t.outcomes[o])
	}
	r.Figure("crashes", t.crashes)
}

// all does every damage, some at a time.
func (a *attack) all(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	workers := uint64(max(runtime.NumCPU(), 1)) //nolint:gosec // few
	errs := make([]error, workers)
	var working sync.WaitGroup
	for n := range workers {
		working.Go(func() {
			if errs[n] = a.stripe(ctx, n, workers); errs[n] != nil {
				stop()
			}
		})
	}
	working.Wait()
	for _, err := range errs {
		if check.IsBroken(err) {
			return err
		}
	}
	return errors.Join(errs...)
}

// stripe does every step-th damage from one on, in one process after the other as long as they end.
func (a *attack) stripe(ctx context.Context, from, step uint64) error {
	o := order{
		Seed: a.run.Seed, From: from, To: uint64(a.run.Size), Step: step, //nolint:gosec // a size is not negative
		Models: a.models, Dir: filepath.Join(a.dir, "stripe"+strconv.FormatUint(from, 10)), Secret: a.secret.Reveal(),
	}
	if err := os.Mkdir(o.Dir, 0o700); err != nil {
		return err
	}
	for o.From < o.To {
		next, why, err := a.process(ctx, o)
		switch {
		case err != nil:
			return err
		case why == "":
			return nil
		}
		if err := a.crashed(ctx, o, next, why); err != nil {
			return err
		}
		o.From = next + step
	}
	return nil
}

// startsAfterCrash is how often a start may end the process before it is a server that never starts again.
const startsAfterCrash = 2

// crashed starts again on the folder in which a start ended the process.
func (a *attack) crashed(ctx context.Context, o order, n uint64, why string) error {
	o.From, o.To, o.Again = n, n+1, true
	for range startsAfterCrash {
		a.count(func(t *tally) { t.crashes++ })
		_, again, err := a.process(ctx, o)
		if err != nil || again == "" {
			return err
		}
		why = again
	}
	models, err := read(a.models)
	if err != nil {
		return err
	}
	return check.Broken("%s: no start outlives it: %s", draw(o.Seed, n, models), why)
}

// process runs one process to its end. If it did not end in order it tells at which damage, and its last words.
func (a *attack) process(ctx context.Context, o order) (at uint64, why string, err error) {
	give, err := json.Marshal(o)
	if err != nil {
		return 0, "", err
	}
	child := a.run.Inside(ctx, name)
	child.Stdin = bytes.NewReader(give)
	var said bytes.Buffer
	child.Stderr = &said
	out, err := child.StdoutPipe()
	if err != nil {
		return 0, "", err
	}
	if err := child.Start(); err != nil {
		return 0, "", err
	}
	at, began, reading := a.listen(out, o)
	ended := child.Wait()
	switch {
	case check.IsBroken(reading):
		return 0, "", reading
	case ctx.Err() != nil:
		return 0, "", ctx.Err()
	case ended == nil || !began:
		return 0, "", errors.Join(reading, ended, wordsOf(ended, &said))
	case child.ProcessState.ExitCode() == 1: // the work could not be done
		return 0, "", errors.Join(reading, wordsOf(ended, &said))
	}
	return at, fmt.Sprintf("%v: %.300s", ended, said.String()), nil
}

func wordsOf(ended error, said *bytes.Buffer) error {
	if ended == nil {
		return nil
	}
	return errors.New(said.String())
}

// listen reads what a process tells: the damage that was begun last and not ended, if there is one.
func (a *attack) listen(out io.Reader, o order) (at uint64, began bool, err error) {
	lines := json.NewDecoder(out)
	for {
		var n news
		if err := lines.Decode(&n); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrClosed) {
				err = nil
			}
			return at, began, err
		}
		at, began = n.N, !n.Ended
		switch {
		case n.Wrong != "":
			return at, began, check.Broken("%s (again: --seed %d --size 1)", n.Wrong, o.Seed+n.N)
		case n.Ended:
			a.count(func(t *tally) {
				t.kinds[kindOf(o.Seed+n.N)]++
				t.outcomes[n.How]++
				t.done++
			})
		}
	}
}

const newsEvery = 5 * time.Second

func (a *attack) count(how func(*tally)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	how(&a.total)
	if now := time.Now(); now.Sub(a.told) > newsEvery {
		a.told = now
		a.run.Progress("%d of %d damages", a.total.done, a.run.Size)
	}
}

// daemonEvery is for which damages the daemon itself is started.
const daemonEvery = 200

// daemons starts the daemon on some damaged copies: it serves and then verifies as sound, or ends with code 1 and says why.
func (a *attack) daemons(ctx context.Context) error {
	if a.run.Daemon == "" {
		return nil
	}
	models, err := read(a.models)
	if err != nil {
		return err
	}
	serving, refusing := 0, 0
	for n := uint64(0); n < uint64(a.run.Size); n += daemonEvery { //nolint:gosec // not negative
		d := draw(a.run.Seed, n, models)
		dir := filepath.Join(a.dir, "daemon")
		if err := errors.Join(copyFolder(models[d.model].dir, dir), d.do(dir)); err != nil {
			return err
		}
		served, err := a.serve(ctx, d, dir)
		if err != nil {
			return err
		}
		if served {
			serving++
		} else {
			refusing++
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	a.run.Figure("daemons-serving", serving)
	a.run.Figure("daemons-refusing", refusing)
	return nil
}

// serve starts the daemon on one folder.
func (a *attack) serve(ctx context.Context, d damage, dir string) (bool, error) {
	c := daemon.Config{Program: a.run.Daemon, Dir: dir, Flags: []string{"--free-guard", "1"}}
	started, err := daemon.Start(ctx, c)
	var not *daemon.NotServing
	if errors.As(err, &not) {
		if not.Exit.Code != 1 || !bytes.Contains([]byte(not.Exit.Said), []byte("JOURNAL_DAMAGED")) && !bytes.Contains([]byte(not.Exit.Said), []byte("SIGNING_KEY")) {
			return false, check.Broken("%s: the daemon does not serve: %s", d, not.Exit)
		}
		return false, nil
	}
	if err != nil {
		return false, err
	}
	const within = 20 * time.Second
	if exit, err := started.Stop(within); err != nil || exit.Code != 0 {
		return false, errors.Join(err, check.Broken("%s: the daemon ends with %s", d, exit))
	}
	out, exit, err := daemon.Command(ctx, c, "verify", "--data", dir)
	if err != nil {
		return false, err
	}
	if exit.Code != 0 {
		return false, check.Broken("%s: verify after the daemon says %s: %s", d, exit, out)
	}
	return true, nil
}
