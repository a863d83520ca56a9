//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/backup"
	"github.com/tonghop/tonghop/server/check/badline"
	"github.com/tonghop/tonghop/server/check/bitrot"
	"github.com/tonghop/tonghop/server/check/crashpoints"
	"github.com/tonghop/tonghop/server/check/crashrandom"
	"github.com/tonghop/tonghop/server/check/doors"
	"github.com/tonghop/tonghop/server/check/duplicates"
	"github.com/tonghop/tonghop/server/check/ioerror"
	"github.com/tonghop/tonghop/server/check/linear"
	"github.com/tonghop/tonghop/server/check/oracle"
	"github.com/tonghop/tonghop/server/check/powerloss"
	"github.com/tonghop/tonghop/server/check/restart"
	"github.com/tonghop/tonghop/server/check/revoke"
	"github.com/tonghop/tonghop/server/check/shutdown"
	"github.com/tonghop/tonghop/server/check/siege"
	"github.com/tonghop/tonghop/server/check/slowreaders"
	"github.com/tonghop/tonghop/server/check/snapshot"
	"github.com/tonghop/tonghop/server/check/syscalls"
	"github.com/tonghop/tonghop/server/check/tamper"
)

// checks are all suites, in the order of the page that tells of them.
var checks = []check.Check{
	crashrandom.Check,
	crashpoints.Check,
	ioerror.Check,
	powerloss.Check,
	oracle.Check,
	linear.Check,
	bitrot.Check,
	tamper.Check,
	backup.Check,
	duplicates.Check,
	doors.Check,
	shutdown.Check,
	revoke.Check,
	snapshot.Check,
	restart.Check,
	slowreaders.Check,
	badline.Check,
	siege.Check,
}

// Codes of exit.
const (
	exitOK     = 0
	exitBroken = 1
	exitUsage  = 2
)

type options struct {
	Names    []string `arg:"" optional:"" help:"Checks to run, in this order, or all. None: list them."`
	Seed     uint64   `help:"Where everything random begins." default:"1"`
	Size     int      `help:"How much, in what the check counts; 0 takes its short size."`
	Long     bool     `help:"Take the long size, for a release."`
	Control  string   `help:"Plant this fault, and pass only if it is found; every to plant one after the other." placeholder:"FAULT"`
	Parallel int      `help:"How many checks run at a time." default:"1"`
	Keep     string   `help:"Keep the folders of the runs in this one; else they stay only where a run failed." placeholder:"DIR"`
	JSON     bool     `help:"Print each line of figures as JSON." name:"json"`
	Quiet    bool     `help:"Show no progress."`
}

func main() {
	if asked, err := syscalls.Become(os.Args); asked { // a program that is watched is started by way of this one
		_, _ = fmt.Fprintln(os.Stderr, "check:", err)
		os.Exit(exitUsage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without the process.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	if len(args) == 2 && args[0] == check.InsideWord {
		return inside(ctx, args[1], os.Stdin, out, errOut)
	}
	return runWith(ctx, args, out, errOut, nil)
}

// runWith is run with another way to get the daemon; nil compiles it.
func runWith(ctx context.Context, args []string, out, errOut io.Writer, get compiler) int {
	var o options
	exited, exitCode := false, 0
	parser, err := kong.New(&o, kong.Name("check"),
		kong.Description("Attacks what the store promises. Each check prints a line of figures; exit 1: a promise does not hold."),
		kong.Writers(out, errOut), kong.Exit(func(code int) { exited, exitCode = true, code }), kong.UsageOnError())
	if err == nil {
		_, err = parser.Parse(args)
	}
	if exited {
		return exitCode
	}
	var jobs []job
	if err == nil {
		jobs, err = o.jobs()
	}
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "check:", err)
		return exitUsage
	}
	if len(jobs) == 0 {
		list(out)
		return exitOK
	}
	if err := o.runAll(ctx, jobs, out, errOut, get); err != nil {
		_, _ = fmt.Fprintln(errOut, "check:", err)
		return exitBroken
	}
	return exitOK
}

// inside does the part of a check that works in a process of its own.
func inside(ctx context.Context, name string, in io.Reader, out, errOut io.Writer) int {
	i := slices.IndexFunc(checks, func(c check.Check) bool { return c.Name == name && c.Inside != nil })
	if i < 0 {
		_, _ = fmt.Fprintf(errOut, "check: nothing of %q runs in a process of its own\n", name)
		return exitUsage
	}
	if err := checks[i].Inside(ctx, in, out); err != nil {
		_, _ = fmt.Fprintln(errOut, "check:", err)
		return exitBroken
	}
	return exitOK
}

// job is one run that was asked for.
type job struct {
	check   check.Check
	control check.Control // without a name: none
	size    int
}

// name is how people are told of the job.
func (j job) name() string {
	if j.control.Name == "" {
		return j.check.Name
	}
	return j.check.Name + " with " + j.control.Name
}

// jobs reads what was asked for.
func (o options) jobs() ([]job, error) {
	var jobs []job
	names := o.Names
	if slices.Contains(names, "all") {
		names = nil
		for _, c := range checks {
			names = append(names, c.Name)
		}
	}
	if o.Long && o.Size > 0 {
		return nil, errors.New("--long and --size both say how much: leave one out")
	}
	for _, name := range names {
		i := slices.IndexFunc(checks, func(c check.Check) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no check %q; check without a name lists them", name)
		}
		more, err := o.jobsOf(checks[i])
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, more...)
	}
	return jobs, nil
}

func (o options) jobsOf(c check.Check) ([]job, error) {
	switch {
	case o.Control == "":
		size := o.Size
		if size == 0 {
			size = map[bool]int{false: c.Short, true: c.Long}[o.Long]
		}
		return []job{{check: c, size: size}}, nil
	case o.Control != "every":
		control, ok := c.ControlNamed(o.Control)
		if !ok {
			return nil, fmt.Errorf("%s has no control %q; it has %s", c.Name, o.Control, strings.Join(controlNames(c), ", "))
		}
		return []job{o.controlJob(c, control)}, nil
	}
	var jobs []job
	for _, control := range c.Controls {
		jobs = append(jobs, o.controlJob(c, control))
	}
	return jobs, nil
}

func (o options) controlJob(c check.Check, control check.Control) job {
	size := o.Size
	if size == 0 {
		size = control.Size
	}
	if size == 0 {
		size = c.Short
	}
	return job{check: c, control: control, size: size}
}

func controlNames(c check.Check) []string {
	names := make([]string, len(c.Controls))
	for i, control := range c.Controls {
		names[i] = control.Name
	}
	return names
}

func list(out io.Writer) {
	for _, c := range checks {
		_, _ = fmt.Fprintf(out, "%s\n  %s\n  %d %s, before a release %d\n", c.Name, c.Promise, c.Short, c.Counts, c.Long)
		for _, control := range c.Controls {
			_, _ = fmt.Fprintf(out, "  control %s: %s\n", control.Name, control.Fault)
		}
	}
}
