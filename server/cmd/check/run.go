//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/plant"
)

// compiler gives the daemon with the fault of a control; without a fault always the same one. It may use the folder.
type compiler func(ctx context.Context, control check.Control, dir string) (string, error)

// runner runs jobs.
type runner struct {
	options
	dir         string
	compile     compiler
	out, errOut io.Writer
	printing    sync.Mutex
}

// runAll runs the jobs, some at a time, and says at the end how many failed.
func (o options) runAll(ctx context.Context, jobs []job, out, errOut io.Writer, get compiler) error {
	r := &runner{options: o, dir: o.Keep, compile: get, out: out, errOut: errOut}
	if r.dir == "" {
		var err error
		if r.dir, err = os.MkdirTemp("", "tonghop-check-"); err != nil {
			return err
		}
		defer func() { _ = os.Remove(r.dir) }() // stays where a run left something
	}
	if r.compile == nil {
		root, err := plant.Root(ctx)
		if err != nil {
			return err
		}
		r.compile = compiled(root, filepath.Join(r.dir, "program"))
	}
	began := time.Now()
	waiting := make(chan job)
	var failed []error
	var counting sync.Mutex
	var working sync.WaitGroup
	for range max(o.Parallel, 1) {
		working.Go(func() {
			for j := range waiting {
				if err := r.one(ctx, j); err != nil {
					counting.Lock()
					failed = append(failed, err)
					counting.Unlock()
				}
			}
		})
	}
	for _, j := range jobs {
		waiting <- j
	}
	close(waiting)
	working.Wait()
	_ = os.RemoveAll(filepath.Join(r.dir, "program"))
	r.print(fmt.Sprintf("%d of %d passed in %s", len(jobs)-len(failed), len(jobs), time.Since(began).Round(time.Second)))
	return errors.Join(failed...)
}

func (r *runner) print(line string) {
	r.printing.Lock()
	defer r.printing.Unlock()
	_, _ = fmt.Fprintln(r.out, line)
}

// one runs a job and prints its line.
func (r *runner) one(ctx context.Context, j job) error {
	name := j.name()
	began := time.Now()
	run := &check.Run{Seed: r.Seed + j.control.Seed, Size: j.size, Control: j.control.Name, Progress: r.progress(name)}
	dir, err := os.MkdirTemp(r.dir, j.check.Name+"-")
	if err == nil {
		err = r.attack(ctx, j, run, dir)
	}
	verdict := "ok"
	switch {
	case j.control.Name != "" && check.IsBroken(err):
		said, _, _ := strings.Cut(err.Error(), "\n")
		verdict, err = "found: "+said, nil
	case j.control.Name != "" && err == nil:
		verdict, err = "FAILED", errors.New("the planted fault was not found")
	case err != nil:
		verdict = "FAILED"
	}
	if err == nil && r.Keep == "" {
		err = os.RemoveAll(dir)
	}
	r.report(j, run, verdict, time.Since(began))
	if err != nil {
		return fmt.Errorf("%s, seed %d, size %d: %w\n  its folder is %s", name, run.Seed, j.size, err, dir)
	}
	return nil
}

// attack makes ready what the check needs, and runs it.
func (r *runner) attack(ctx context.Context, j job, run *check.Run, dir string) error {
	for _, n := range j.check.Needs {
		if err := n.Missing(); err != nil {
			return fmt.Errorf("%s needs %s: %w (%s)", j.check.Name, n.What, err, n.Remedy)
		}
	}
	program, err := r.compile(ctx, j.control, dir)
	if err != nil {
		return err
	}
	if j.control.Inside {
		run.Self = program
	} else if run.Self, err = os.Executable(); err != nil {
		return err
	} else {
		run.Daemon = program
	}
	run.Dir = filepath.Join(dir, "work")
	if err := os.Mkdir(run.Dir, 0o700); err != nil {
		return err
	}
	return j.check.Run(ctx, run)
}

// compiled compiles the daemon: once for all checks, and once for each fault; or the checks themselves with a fault.
func compiled(root, dir string) compiler {
	const program = "./server/cmd/tonghopd"
	sound := filepath.Join(dir, "tonghopd")
	var once sync.Once
	var failure error
	return func(ctx context.Context, control check.Control, own string) (string, error) {
		switch path := filepath.Join(own, "planted"); {
		case control.Inside:
			return path, plant.Build(ctx, root, "./server/cmd/check", path, control.Edits...)
		case len(control.Edits) > 0:
			return path, plant.Build(ctx, root, program, path, control.Edits...)
		}
		once.Do(func() { failure = plant.Build(ctx, root, program, sound) })
		return sound, failure
	}
}

func (r *runner) progress(name string) func(string, ...any) {
	if r.Quiet {
		return func(string, ...any) {}
	}
	return func(format string, args ...any) {
		r.printing.Lock()
		defer r.printing.Unlock()
		_, _ = fmt.Fprintf(r.errOut, "  %s: %s\n", name, fmt.Sprintf(format, args...))
	}
}

// report prints the line of figures.
func (r *runner) report(j job, run *check.Run, verdict string, took time.Duration) {
	if r.JSON {
		line, _ := json.Marshal(map[string]any{ // texts and numbers always can
			"check": j.check.Name, "control": j.control.Name, "seed": run.Seed, "counts": j.check.Counts, "size": j.size,
			"figures": run.Figures(), "seconds": took.Seconds(), "verdict": verdict,
		})
		r.print(string(line))
		return
	}
	r.print(fmt.Sprintf("%s: seed=%d %s=%d %s, in %s: %s", j.name(), run.Seed, j.check.Counts, j.size, run.Figures(),
		took.Round(100*time.Millisecond), verdict))
}
