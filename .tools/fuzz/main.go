// Command fuzz runs every fuzz target of the repository for a time each:
//
//	go run ./.tools/fuzz -each 10s [-at-once 2] [-guided=false] [PACKAGE-OR-TARGET...]
//
// Guided by coverage, everything is compiled once more, instrumented, which takes minutes in a fresh clone. Without it inputs
// are changed blindly, from the corpora that are kept; what go test has compiled serves then.
//
// The tests of a package are compiled once for all of its targets, and two targets run at a time, each with one worker. What
// a target finds is written where go test writes it, below testdata/fuzz of its package, and fails every go test from then on.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// target is one function.
type target struct {
	dir, program, name string
}

func main() {
	each := flag.Duration("each", 10*time.Second, "how long each target runs")
	atOnce := flag.Int("at-once", 2, "how many targets run at a time")
	guided := flag.Bool("guided", true, "let coverage guide what is tried, which takes another compilation")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *each, *atOnce, *guided, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, each time.Duration, atOnce int, guided bool, only []string) (err error) {
	began := time.Now()
	work, err := os.MkdirTemp("", "tonghop-fuzz-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	targets, err := compile(ctx, work, guided, only)
	if err != nil {
		return err
	}
	compiled := time.Since(began)
	var mu sync.Mutex
	var failed []error
	var running sync.WaitGroup
	places := make(chan struct{}, max(1, atOnce))
	for _, t := range targets {
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			if err := t.run(ctx, each, work); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, err)
			}
		})
	}
	running.Wait()
	fmt.Printf("%d targets, %s each, %d found something; compiled in %s, in all %s\n",
		len(targets), each, len(failed), compiled.Round(time.Second), time.Since(began).Round(time.Second))
	return errors.Join(append(failed, ctx.Err())...)
}

var declared = regexp.MustCompile(`(?m)^func (Fuzz[A-Za-z0-9_]*)\(`)

// compile finds the targets and makes one program of the tests of each package that has some.
func compile(ctx context.Context, work string, guided bool, only []string) ([]target, error) {
	names := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		dir := filepath.Dir(path)
		for _, m := range declared.FindAllSubmatch(text, -1) {
			name := string(m[1])
			if len(only) == 0 || slices.Contains(only, name) || slices.Contains(only, "./"+filepath.ToSlash(dir)) {
				names[dir] = append(names[dir], name)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("no target is named so; run it from the root of a clone, without arguments for all")
	}
	var targets []target
	dirs := make([]string, 0, len(names))
	for dir := range names {
		dirs = append(dirs, dir)
	}
	slices.Sort(dirs)
	for i, dir := range dirs {
		program := filepath.Join(work, fmt.Sprintf("%d.test", i))
		args := []string{"test", "-c", "-o", program}
		if guided {
			args = append(args, "-fuzz=Fuzz")
		}
		build := exec.CommandContext(ctx, "go", append(args, "./"+filepath.ToSlash(dir))...)
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", dir, err, out)
		}
		slices.Sort(names[dir])
		for _, name := range names[dir] {
			targets = append(targets, target{dir: dir, program: program, name: name})
		}
	}
	return targets, nil
}

var executed = regexp.MustCompile(`execs: (\d+)`)

func (t target) run(ctx context.Context, each time.Duration, work string) error {
	// What go test keeps between runs would make each run begin elsewhere.
	cache := filepath.Join(work, "cache", strings.ReplaceAll(t.dir, string(filepath.Separator), "_"))
	cmd := exec.CommandContext(ctx, t.program, "-test.run=^$", "-test.fuzz=^"+t.name+"$", "-test.fuzztime="+each.String(),
		"-test.fuzzminimizetime=5s", "-test.parallel=1", "-test.fuzzcachedir="+cache)
	cmd.Dir = t.dir
	out, err := cmd.CombinedOutput()
	runs := executed.FindAllSubmatch(out, -1)
	count := "no"
	if len(runs) > 0 {
		count = string(runs[len(runs)-1][1])
	}
	// On a busy machine the time may be over before the first input was tried, which go test calls a failure.
	if err != nil && bytes.Contains(out, []byte("context deadline exceeded")) && !bytes.Contains(out, []byte("Failing input")) {
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s in %s: %w\n%s", t.name, t.dir, err, bytes.TrimSpace(out))
	}
	fmt.Printf("%-28s %-32s %9s runs\n", t.name, t.dir, count)
	return nil
}
