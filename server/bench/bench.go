//go:build unix

package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tonghop/tonghop/server/bench/machine"
	"github.com/tonghop/tonghop/server/bench/product"
	"github.com/tonghop/tonghop/server/bench/report"
	"github.com/tonghop/tonghop/server/bench/turn"
	"github.com/tonghop/tonghop/server/bench/workload"
	"github.com/tonghop/tonghop/server/check/plant"
)

// Config says what is measured.
type Config struct {
	// Shape is the country, Small a smaller one beside which its growth is measured; without a name none.
	Shape, Small workload.Shape
	// Months are loaded before anything is measured.
	Months int
	// Texts has the product loaded in figures of texts instead of columns of numbers.
	Texts bool
	// Rounds are counted; one before them warms up.
	Rounds int
	// Window is the length of a turn, Rest the pause before it.
	Window, Rest time.Duration
	// Calm is how long a turn, or what is measured once, waits at most until others let the processor rest. It is the same for every contestant, and no
	// turn is left out.
	Calm time.Duration
	// Only names the contestants that take part; none: all. Without leaves groups of them out.
	Only, Without []string
	// Seed is where the order of the rounds begins.
	Seed uint64
	// Dir is where a folder for everything is made, and removed at the end; empty: that for temporary files.
	Dir string
	// Program is the daemon; empty: it is compiled.
	Program string
	// Profile is a folder for profiles of the processor's time; empty: none are taken.
	Profile string
	// Progress is told what is done.
	Progress func(format string, args ...any)
}

// ErrDiffers is the error of a run in which somebody added up wrongly: its figures are worth nothing.
var ErrDiffers = errors.New("the totals differ")

// bench is a run under way.
type bench struct {
	Config
	dir         string
	book        report.Book
	loaded      int
	contestants []contestant
	// processes are those besides this one that some of them live in, by their ids.
	processes map[string]func() int
	ledgers   []ledger
	notes     []string
	// answer is one that the product gave, for those who answer in its place.
	answer  []byte
	product *product.Product
	small   *product.Product // nil without a smaller shape
	// closers end what was started, the last one first.
	closers []func() error
}

// contestant takes turns.
type contestant struct {
	name string
	take func(ctx context.Context, length time.Duration) (map[string]float64, error)
}

// Run measures.
func Run(ctx context.Context, cfg Config) (*report.Book, report.Run, error) {
	b := &bench{Config: cfg, loaded: cfg.Months * cfg.Shape.Communes}
	err := b.run(ctx)
	for _, end := range slices.Backward(b.closers) {
		err = errors.Join(err, end())
	}
	run := report.Run{
		Shape: cfg.Shape.Name, Small: cfg.Small.Name, Loaded: b.loaded, Rounds: cfg.Rounds, Window: cfg.Window.String(), Seed: cfg.Seed,
		Notes: b.notes,
	}
	return &b.book, run, err
}

func (b *bench) run(ctx context.Context) error {
	var err error
	if b.dir, err = os.MkdirTemp(b.Dir, "tonghop-bench-"); err != nil {
		return err
	}
	b.closing(func() error { return os.RemoveAll(b.dir) })
	if b.Program == "" {
		b.Progress("compiling the daemon")
		root, err := plant.Root(ctx)
		if err != nil {
			return err
		}
		b.Program = filepath.Join(b.dir, "tonghopd")
		if err := plant.Build(ctx, root, "./server/cmd/tonghopd", b.Program, profiledDaemon(b.Profile)...); err != nil {
			return err
		}
	}
	if err := b.enter(ctx); err != nil {
		return err
	}
	if err := b.rounds(ctx); err != nil {
		return err
	}
	if err := b.profiles(ctx); err != nil {
		return err
	}
	if err := b.compareAll(ctx); err != nil {
		return err
	}
	if err := b.afterwards(ctx); err != nil {
		return err
	}
	return b.made(ctx)
}

// closing notes what is to be done at the end.
func (b *bench) closing(end func() error) { b.closers = append(b.closers, end) }

// wants says whether any of some contestants takes part.
func (b *bench) wants(names ...string) bool {
	return len(b.Only) == 0 || slices.ContainsFunc(names, func(name string) bool { return slices.Contains(b.Only, name) })
}

// add has a contestant take part, if it is wanted.
func (b *bench) add(name string, take func(ctx context.Context, length time.Duration) (map[string]float64, error)) {
	if b.wants(name) {
		b.contestants = append(b.contestants, contestant{name, take})
	}
}

// rounds has everybody take turns, once to warm up and then for the book.
func (b *bench) rounds(ctx context.Context) error {
	order := rand.New(rand.NewPCG(b.Seed, 0)) //nolint:gosec // not a secret
	for round := range b.Rounds + 1 {
		for _, i := range order.Perm(len(b.contestants)) {
			c := b.contestants[i]
			length := b.Window
			if round == 0 {
				length = max(b.Window/4, 50*time.Millisecond)
			}
			figures, err := b.turnOf(ctx, c, length)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if round > 0 {
				b.book.Add(c.name, figures)
			}
		}
		b.Progress("round %d of %d is over", round, b.Rounds)
	}
	return nil
}

func (b *bench) turnOf(ctx context.Context, c contestant, length time.Duration) (map[string]float64, error) {
	others, err := b.rest(ctx)
	if err != nil {
		return nil, err
	}
	before := machine.Now()
	figures, err := c.take(ctx, length)
	if err == nil {
		figures[report.Others] = others
		figures[report.Steal], _ = machine.Now().Since(before)
	}
	return figures, err
}

// calm is what others may use of the processor when a turn waits for them.
const calm = 0.15

// rest lets some time pass, and gives the share of the processor that others used in it: nobody of ours has anything to do
// then, but for what a contestant left behind. Where others are to be waited for, it waits until they are calm, or long enough.
func (b *bench) rest(ctx context.Context) (others float64, err error) {
	for began := time.Now(); ; {
		before := machine.Now()
		pause := time.NewTimer(b.Rest)
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-pause.C:
		}
		stolen, idle := machine.Now().Since(before)
		if others = max(0, 1-stolen-idle); others <= calm || time.Since(began) >= b.Calm {
			return others, nil
		}
	}
}

// runner is whoever submits reports by order.
type runner interface {
	Run(ctx context.Context, o turn.Order) (turn.Window, error)
}

// ledger is a store of a contestant, which knows how many reports have arrived in it.
type ledger struct {
	name  string
	shape workload.Shape
	// next is the number of the first report that has not arrived. Several contestants may fill one store.
	next *int
	// total gives the sums of the country in a month.
	total func(ctx context.Context, back int) ([workload.Slots]int64, error)
}

// ledgerOf opens the ledger of a store that was loaded.
func (b *bench) ledgerOf(name string, shape workload.Shape, next int, total func(context.Context, int) ([workload.Slots]int64, error)) *int {
	b.ledgers = append(b.ledgers, ledger{name, shape, &next, total})
	return &next
}

// submits adds a contestant that submits reports, so many at a time.
func (b *bench) submits(name string, to runner, next *int, limit, width int) {
	b.add(name, func(ctx context.Context, length time.Duration) (map[string]float64, error) {
		w, err := to.Run(ctx, turn.Order{From: *next, Limit: limit, Width: width, Length: length})
		if err != nil {
			return nil, err
		}
		*next += w.Done
		return map[string]float64{
			report.Rate: w.Rate(), report.Done: float64(w.Done), report.P50: milliseconds(w.P50), report.P99: milliseconds(w.P99), report.CPU: 1e6 * w.CPU / float64(w.Done),
		}, nil
	})
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// compareAll holds the sums of every store against an addition of the workload.
func (b *bench) compareAll(ctx context.Context) error {
	for _, l := range b.ledgers {
		if err := b.compare(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// compare does so for one of them: for the oldest and the newest month that was loaded, one between them, and the last that
// came in.
func (b *bench) compare(ctx context.Context, l ledger) error {
	backs := []int{0, b.Months / 2, b.Months - 1, (*l.next - 1) / l.shape.Communes}
	slices.Sort(backs)
	for _, back := range slices.Compact(backs) {
		got, err := l.total(ctx, back)
		if err != nil {
			return fmt.Errorf("the totals of %s: %w", l.name, err)
		}
		if want := l.shape.Truth(back, *l.next); got != want {
			return fmt.Errorf("%w: %s has %v for the country in %s, and its reports come to %v", ErrDiffers, l.name, got, workload.Month(back), want)
		}
	}
	b.Progress("the totals of %s are right", l.name)
	return nil
}

// Check refuses names that mean nothing.
func (c Config) Check() error {
	for _, name := range c.Only {
		if !slices.Contains(report.Contestants, name) {
			return fmt.Errorf("there is no contestant %q; there are %s", name, strings.Join(report.Contestants, ", "))
		}
	}
	for _, name := range c.Without {
		if name != groupPostgres {
			return fmt.Errorf("%q cannot be left out, only %s can; see --only for single contestants", name, groupPostgres)
		}
	}
	return nil
}

// groupPostgres are all that need PostgreSQL.
const groupPostgres = "postgres"
