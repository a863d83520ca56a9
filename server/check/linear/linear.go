//go:build unix

package linear

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/line"
	"github.com/tonghop/tonghop/server/check/workload"
)

// Check is the check.
var Check = check.Check{
	Name:     "linear",
	Promise:  "Although many write and read at once, and the server is killed meanwhile, there is one order of all requests in which every answer is right.",
	Counts:   "operations",
	Short:    20_000,
	Long:     300_000,
	Run:      run,
	Controls: controls,
}

const (
	// clerks is how many clients there are.
	clerks = 8
	// communes have each a district of their own, so that the roll-up of a district is the figure of one report.
	communes = 10
	// perReport is about how many operations a report sees, and killEvery after how many the server is killed.
	perReport = 500
	killEvery = 5000
	// Communes move on movingDay, after all months, one request in moveOneIn; laterDay is after that.
	movingDay, laterDay = "2026-01-15", "2026-06-30"
	moveOneIn           = 900
	// searchWithin is how long the search for an order may take. That it takes longer is a failure.
	searchWithin = time.Minute
)

// key is one report.
type key struct{ commune, month int }

func (k key) report() workload.Report { return workload.ReportAt(k.commune, k.month) }

// above is the unit that has no other reports below it.
func (k key) above() string { return fmt.Sprintf("D%02d-0", k.commune) }

func (k key) period() string { return fmt.Sprintf("%d-%02d", 2024+k.month/12, k.month%12+1) }

// unit is the commune, after the district to which it moves.
func (k key) unit() string { return fmt.Sprintf("C%04d-0", k.commune) }

func (k key) after() string { return fmt.Sprintf("D%02d-0", communes+k.commune) }

// String is the name of the report.
func (k key) String() string { return k.report().Name() }

// office is a run under way.
type office struct {
	*check.Run
	line   *line.Line
	keys   []key
	clerks []*clerk
	months int
	begun  atomic.Int64
}

func run(ctx context.Context, r *check.Run) (err error) {
	o := &office{Run: r}
	months := max(1, r.Size/perReport/communes)
	if months > mostMonths {
		months = mostMonths
	}
	for m := range months {
		for c := range communes {
			o.keys = append(o.keys, key{commune: c, month: m})
		}
	}
	o.months = months
	if err := o.found(ctx, months); err != nil {
		return err
	}
	defer func() {
		if closed := o.line.Close(); err == nil { // it is over after a failure, however it ends
			err = closed
		}
	}()
	began := time.Now()
	if err := o.work(ctx); err != nil {
		return err
	}
	took := time.Since(began)
	r.Figure("kills", o.line.Life())
	unanswered, repeated := 0, 0
	for _, c := range o.clerks {
		unanswered, repeated = unanswered+c.unanswered, repeated+c.repeated
	}
	r.Figure("unanswered", unanswered)
	r.Figure("repeated", repeated)
	r.Figure("per_second", int(float64(r.Size)/took.Seconds()))
	return o.judge()
}

// mostMonths keeps every month in the past.
const mostMonths = 24

// found makes the store, the province and the clerks.
func (o *office) found(ctx context.Context, months int) error {
	cfg := daemon.Config{Program: o.Daemon, Dir: filepath.Join(o.Dir, "data")}
	secret, err := daemon.Init(ctx, cfg)
	if err != nil {
		return err
	}
	if o.line, err = line.Open(ctx, cfg); err != nil {
		return err
	}
	world, err := workload.Found(ctx, o.line.Daemon(), secret, workload.Shape{Districts: 2 * communes, Communes: communes, Months: months, Seed: o.Seed})
	if err != nil {
		return errors.Join(err, o.line.Close())
	}
	approver, err := world.Admin().CreateToken(ctx, &reportingv1.CreateTokenRequest{Role: reportingv1.Role_ROLE_APPROVER})
	if err == nil {
		err = o.hire(secret, approver.GetSecret())
	}
	if err = errors.Join(err, world.Close()); err != nil {
		return errors.Join(err, o.line.Close())
	}
	return nil
}

// hire gives every clerk connections of his own.
func (o *office) hire(sender, reviewer string) error {
	for n := range clerks {
		sending, err := o.line.Dial(sender)
		if err != nil {
			return err
		}
		reviewing, err := o.line.Dial(reviewer)
		if err != nil {
			return err
		}
		c := newClerk(n, o.line, o.Random(uint64(n)), sending, reviewing) //nolint:gosec // small
		c.months = o.months
		o.clerks = append(o.clerks, c)
	}
	return nil
}

// work has the clerks ask until there are enough operations, and kills the server meanwhile; then one of them reads
// everything.
func (o *office) work(ctx context.Context) error {
	working, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	for _, c := range o.clerks {
		all.Go(func() {
			for {
				n := int(o.begun.Add(1)) - 1
				if n >= o.Size || working.Err() != nil {
					return
				}
				k := o.choose(c, n)
				if err := c.do(working, k, c.think(k)); err != nil {
					stop(err)
				}
			}
		})
	}
	if err := o.kill(ctx, working.Done()); err != nil {
		stop(err)
	}
	all.Wait()
	if err := context.Cause(working); err != nil {
		return err
	}
	last := o.clerks[0]
	for _, k := range o.keys {
		for _, q := range []request{{verb: get}, {verb: total}, {verb: total, official: true}, {verb: place}} {
			if err := last.do(ctx, k, q); err != nil {
				return err
			}
		}
	}
	return nil
}

// hot is how many reports are worked on most at any time.
const hot = 4

// choose takes a report for the n-th operation: most work is on a few of them, which change with the time.
func (o *office) choose(c *clerk, n int) key {
	first := n * (len(o.keys) - hot + 1) / o.Size
	if c.random.IntN(10) < 7 {
		return o.keys[first+c.random.IntN(hot)]
	}
	return o.keys[c.random.IntN(first+hot)]
}

// kill kills the server now and then until the clerks are through, or gave up.
func (o *office) kill(ctx context.Context, gaveUp <-chan struct{}) error {
	kills := max(1, (o.Size-1)/killEvery)
	random := o.Random(1 << 32)
	for n := range kills {
		at := o.Size * (2*n + 1) / (2 * kills)
		for int(o.begun.Load()) < at {
			select {
			case <-gaveUp:
				return nil
			case <-time.After(time.Millisecond):
			}
		}
		time.Sleep(time.Duration(random.IntN(5_000)) * time.Microsecond)
		if err := o.line.Kill(ctx); err != nil {
			return err
		}
		o.Progress("killed %d times at %d operations", n+1, o.begun.Load())
	}
	return nil
}

// judge looks for an order of the operations of each report.
func (o *office) judge() error {
	began := time.Now()
	histories := map[key][]porcupine.Operation{}
	operations := 0
	for _, c := range o.clerks {
		for _, h := range c.history {
			histories[h.key] = append(histories[h.key], h.operation)
			operations++
		}
	}
	o.Figure("judged", operations)
	m := model()
	for _, k := range o.keys {
		left := searchWithin - time.Since(began)
		if left <= 0 {
			return check.Broken("the search for an order took more than %s", searchWithin)
		}
		verdict, info := porcupine.CheckOperationsVerbose(m, histories[k], left)
		if verdict == porcupine.Ok {
			continue
		}
		picture := filepath.Join(o.Dir, "history.html")
		if err := porcupine.VisualizePath(m, info, picture); err != nil {
			picture = err.Error()
		}
		return check.Broken("the answers about %s fit no order of the %d requests (%s); see %s", k, len(histories[k]), verdict, picture)
	}
	o.Figure("reports", len(o.keys))
	o.Figure("search_seconds", fmt.Sprintf("%.1f", time.Since(began).Seconds()))
	return nil
}
