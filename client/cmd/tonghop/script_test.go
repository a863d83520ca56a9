package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write what the commands say into the scripts")

// leakless fails the run when a goroutine is left over.
type leakless struct{ *testing.M }

// Run runs the tests.
func (m leakless) Run() int {
	code := m.M.Run()
	if code != 0 {
		return code
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func TestMain(m *testing.M) {
	testscript.Main(leakless{m}, map[string]func(){"tonghop": main})
}

// TestScripts runs the program itself, as a person would, against a server whose answers stand in the script.
//
// Beside the commands of testscript there are "code N program...", which wants that exit code, and "await FILE PATTERN",
// which waits until a file that somebody else writes has a line like that.
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("a process for each line: go test without -short runs them")
	}
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			address, stop, err := startFake(env.WorkDir)
			if err != nil {
				return err
			}
			env.Defer(stop)
			env.Setenv("TONGHOP_ADDRESS", address)
			env.Setenv("TONGHOP_TOKEN", "th_test")
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": code, "await": await},
	})
}

func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N program [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("the program ended with code %d, want %d", got, want)
	}
}

func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await FILE PATTERN")
	}
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	file := ts.MkAbs(args[0])
	for range 1000 {
		content, err := os.ReadFile(file)
		if err == nil && pattern.Match(content) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("%s never had %s", args[0], args[1])
}
