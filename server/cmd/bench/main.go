//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/bench"
	"github.com/tonghop/tonghop/server/bench/report"
	"github.com/tonghop/tonghop/server/bench/turn"
	"github.com/tonghop/tonghop/server/bench/workload"
)

// Codes of exit.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

type options struct {
	Shape   string        `help:"Country: P (a province, 143 communes), D (1,060), W (10,598 in three tiers), V (3,321 in two)." default:"P" enum:"T,P,D,W,V"`
	Small   string        `help:"A smaller country beside which growth is measured; W takes D, D takes P, '-' none." default:"" placeholder:"SHAPE"`
	Months  int           `help:"Months that are loaded before anything is measured." default:"36"`
	Texts   bool          `help:"Load the product in figures of texts instead of columns of numbers."`
	Rounds  int           `help:"Rounds that count, after one that warms up. Goals are judged on at least 5." default:"0" placeholder:"N"`
	Window  time.Duration `help:"Length of a turn. Default: 400ms for P, 2s else." default:"0" placeholder:"DURATION"`
	Rest    time.Duration `help:"Pause before a turn, in which others on the machine are looked at." default:"150ms"`
	Calm    time.Duration `help:"How long a turn waits at most until others on the machine are calm." default:"0s"`
	Only    []string      `help:"Contestants that take part, by the names in the table." placeholder:"NAME"`
	Without []string      `help:"What is left out: postgres." placeholder:"NAME"`
	Seed    uint64        `help:"Where the order of the rounds begins; 0 draws one." default:"0"`
	JSON    bool          `help:"Write JSON instead of tables." name:"json"`
	Out     string        `help:"Write the figures as JSON into this file as well." short:"o" placeholder:"FILE"`
	Dir     string        `help:"Where a folder for everything is made; it is removed at the end. Default: that for temporary files." placeholder:"DIR"`
	Profile string        `help:"Folder for profiles of the processor's time: of loading, and of one more turn each behind the rounds. The table says where the time goes." placeholder:"DIR"`
	Quiet   bool          `help:"Show no progress."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	server.DefaultGarbage.Tune(ctx) // as the daemon: for those who live in this process or another one, and for the clients
	server.SpareProcessor()
	// A contestant lives in a process of its own, which is this program.
	asked, err := turn.Become(ctx, os.Args, os.Stdin, os.Stdout, bench.Open)
	code := exitOK
	switch {
	case !asked:
		code = run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	case err != nil:
		_, _ = fmt.Fprintln(os.Stderr, err)
		code = exitFailed
	}
	stop()
	os.Exit(code)
}

// run is main without the process.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	var o options
	exited, exitCode := false, 0
	parser, err := kong.New(&o, kong.Name("bench"),
		kong.Description("Puts the store beside its peers, in rounds, and says how its goals stand. Exit 1: somebody added up wrongly, or it could not be done."),
		kong.Writers(out, errOut), kong.Exit(func(code int) { exited, exitCode = true, code }), kong.UsageOnError())
	if err == nil {
		_, err = parser.Parse(longForm(args))
	}
	if exited {
		return exitCode
	}
	var cfg bench.Config
	if err == nil {
		cfg, err = o.config(errOut)
	}
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "bench:", err)
		return exitUsage
	}
	if err := o.measure(ctx, cfg, out); err != nil {
		_, _ = fmt.Fprintln(errOut, "bench:", err)
		return exitFailed
	}
	return exitOK
}

// longForm lets a flag have one hyphen, as flags of go itself do.
func longForm(args []string) []string {
	long := make([]string, len(args))
	for i, arg := range args {
		if len(arg) > 2 && arg[0] == '-' && arg[1] != '-' && arg[2] != '=' {
			arg = "-" + arg
		}
		long[i] = arg
	}
	return long
}

func (o options) config(errOut io.Writer) (bench.Config, error) {
	cfg := bench.Config{
		Months: o.Months, Texts: o.Texts, Rounds: o.Rounds, Window: o.Window, Rest: o.Rest, Calm: o.Calm, Only: split(o.Only), Without: split(o.Without), Seed: o.Seed, Dir: o.Dir,
	}
	var err error
	if cfg.Profile, err = folder(o.Profile); err != nil {
		return cfg, err
	}
	cfg.Shape, _ = workload.Of(o.Shape)
	small := o.Small
	if small == "" {
		small = map[string]string{"W": "D", "D": "P"}[o.Shape]
	}
	if small != "" && small != "-" {
		var ok bool
		if cfg.Small, ok = workload.Of(small); !ok {
			return cfg, fmt.Errorf("there is no shape %q", small)
		}
	}
	quick := cfg.Shape.Communes <= 143
	if cfg.Rounds == 0 {
		cfg.Rounds = map[bool]int{true: 3, false: 5}[quick]
	}
	if cfg.Window == 0 {
		cfg.Window = map[bool]time.Duration{true: 400 * time.Millisecond, false: 2 * time.Second}[quick]
	}
	if cfg.Months < 1 || cfg.Rounds < 1 || cfg.Window < 0 || cfg.Rest <= 0 {
		return cfg, errors.New("months, rounds, window and rest are to be positive")
	}
	if cfg.Seed == 0 {
		cfg.Seed = rand.Uint64N(1 << 32)
	}
	began := time.Now()
	cfg.Progress = func(format string, args ...any) {
		if !o.Quiet {
			_, _ = fmt.Fprintf(errOut, "%5.0fs  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
		}
	}
	return cfg, cfg.Check()
}

// folder makes a folder and gives its whole path; empty is none.
func folder(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	path, err := filepath.Abs(path)
	if err == nil {
		err = os.MkdirAll(path, 0o750)
	}
	return path, err
}

// split takes commas for what they mean, also where a flag is given twice.
func split(list []string) []string {
	var words []string
	for _, one := range list {
		for word := range strings.SplitSeq(one, ",") {
			if word = strings.TrimSpace(word); word != "" {
				words = append(words, word)
			}
		}
	}
	return words
}

// measure measures and writes what came of it, also of a run that failed after its rounds.
func (o options) measure(ctx context.Context, cfg bench.Config, out io.Writer) error {
	book, run, failed := bench.Run(ctx, cfg)
	if failed != nil && book.Empty() {
		return failed
	}
	if failed != nil {
		run.Notes = append(run.Notes, "the run failed, and its figures are worth nothing: "+failed.Error())
	}
	write := (*report.Book).Table
	if o.JSON {
		write = (*report.Book).JSON
	}
	err := write(book, out, run)
	if o.Out != "" {
		err = errors.Join(err, o.file(book, run))
	}
	return errors.Join(failed, err)
}

func (o options) file(book *report.Book, run report.Run) error {
	f, err := os.Create(o.Out)
	if err != nil {
		return err
	}
	return errors.Join(book.JSON(f, run), f.Close())
}
