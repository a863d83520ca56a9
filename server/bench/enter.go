//go:build unix

package bench

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"time"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/server/bench/machine"
	"github.com/tonghop/tonghop/server/bench/product"
	"github.com/tonghop/tonghop/server/bench/report"
	"github.com/tonghop/tonghop/server/bench/turn"
	"github.com/tonghop/tonghop/server/bench/workload"
)

// enter loads every store and makes the contestants.
func (b *bench) enter(ctx context.Context) error {
	if err := b.enterProduct(ctx); err != nil {
		return err
	}
	if err := b.enterAlone(ctx); err != nil {
		return err
	}
	if err := b.enterRaw(ctx); err != nil {
		return err
	}
	if err := b.enterNothing(ctx); err != nil {
		return err
	}
	if err := b.enterTold(ctx); err != nil {
		return err
	}
	if err := b.enterPostgres(ctx); err != nil {
		return err
	}
	return b.enterSmall(ctx)
}

// lives notes which process besides this one a contestant lives in.
func (b *bench) lives(name string, pid func() int) {
	if b.processes == nil {
		b.processes = map[string]func() int{}
	}
	b.processes[name] = pid
}

// limitOf is the number behind the last report of a shape.
func limitOf(shape workload.Shape) int { return workload.Months * shape.Communes }

// endless is the limit of those who do not mind what they are sent again.
const endless = math.MaxInt

// loadedProduct makes a store, loads it, and has its daemon started anew.
func (b *bench) loadedProduct(ctx context.Context, dir string, shape workload.Shape) (*product.Product, map[string]float64, error) {
	p, err := product.Make(ctx, b.Program, filepath.Join(b.dir, dir), shape)
	if err != nil {
		return nil, nil, err
	}
	b.closing(p.Stop)
	resident, _ := machine.Memory(p.PID())
	figures := map[string]float64{report.Empty: mib(resident)}
	if err := p.Catalogue(ctx); err != nil {
		return nil, nil, err
	}
	if _, err := b.rest(ctx); err != nil {
		return nil, nil, err
	}
	n := b.Months * shape.Communes
	var took time.Duration
	load := func() (float64, error) {
		var err error
		took, err = p.Load(ctx, n, b.Texts, func(done int) { b.Progress("shape %s: %d of %d reports are loaded", shape.Name, done, n) })
		return float64(n), err
	}
	if shape.Name == b.Shape.Name {
		err = b.profiled(ctx, report.BulkProduct, p.PID(), load)
	} else {
		_, err = load()
	}
	figures[report.Values] = float64(n*workload.Slots) / took.Seconds()
	b.Progress("shape %s: %d reports were loaded in %s", shape.Name, n, took.Round(time.Millisecond))
	return p, figures, err
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }

func (b *bench) enterProduct(ctx context.Context) error {
	p, figures, err := b.loadedProduct(ctx, "product", b.Shape)
	if err != nil {
		return err
	}
	b.product = p
	b.book.Add(report.BulkProduct, map[string]float64{report.Values: figures[report.Values]})
	b.book.Add(report.MemoryProduct, map[string]float64{report.Empty: figures[report.Empty]})
	if err := p.Stop(); err != nil {
		return err
	}
	if err := b.sizes(); err != nil {
		return err
	}
	if b.wants(report.Alone64, report.Alone256) {
		if err := machine.Copy(p.Dir, filepath.Join(b.dir, "alone")); err != nil {
			return err
		}
	}
	if err := b.restart(ctx); err != nil {
		return err
	}
	next := b.ledgerOf(report.Product, b.Shape, b.loaded, p.Totals)
	b.lives(report.Product, p.PID)
	b.submits(report.Product, p, next, limitOf(b.Shape), 64)
	b.submits(report.ProductOne, p, next, limitOf(b.Shape), 1)
	b.asks(p, next)
	b.asksWhoReported(p)
	return nil
}

func (b *bench) enterAlone(ctx context.Context) error {
	if !b.wants(report.Alone64, report.Alone256) {
		return nil
	}
	child, err := b.start(ctx, kindAlone, inside{Path: filepath.Join(b.dir, "alone"), Token: b.product.Token})
	if err != nil {
		return err
	}
	// What a process of its own stored is asked of a daemon, after the rounds.
	var after *product.Product
	next := b.ledgerOf(report.Alone64, b.Shape, b.loaded, func(ctx context.Context, back int) ([workload.Slots]int64, error) {
		if after == nil {
			if err := child.Close(); err != nil {
				return [workload.Slots]int64{}, err
			}
			after = product.At(b.Program, filepath.Join(b.dir, "alone"), b.product.Token, b.Shape)
			b.closing(after.Stop)
			if err := after.Start(ctx); err != nil {
				return [workload.Slots]int64{}, err
			}
		}
		return after.Totals(ctx, back)
	})
	b.lives(report.Alone64, child.PID)
	b.submits(report.Alone64, child, next, limitOf(b.Shape), 64)
	b.submits(report.Alone256, child, next, limitOf(b.Shape), 256)
	return nil
}

func (b *bench) enterRaw(ctx context.Context) error {
	if !b.wants(report.Raw1, report.Raw64, report.Raw256) {
		return nil
	}
	child, err := b.start(ctx, kindRaw, inside{Path: filepath.Join(b.dir, "raw.bolt"), Loaded: b.loaded})
	if err != nil {
		return err
	}
	next := b.loaded
	b.submits(report.Raw1, child, &next, endless, 1)
	b.submits(report.Raw64, child, &next, endless, 64)
	b.submits(report.Raw256, child, &next, endless, 256)
	return nil
}

func (b *bench) enterNothing(ctx context.Context) error {
	if !b.wants(report.Nothing) {
		return nil
	}
	next := 0
	return b.enterFront(ctx, report.Nothing, kindNothing, inside{}, &next, endless)
}

// enterTold adds one that answers the questions as the product did, over gRPC and with nothing behind it.
func (b *bench) enterTold(ctx context.Context) error {
	if !b.wants(report.QueriesTold) {
		return nil
	}
	questions := b.Shape.Questions(b.Months, b.Shape)
	told, err := b.product.Told(ctx, questions)
	if err != nil {
		return err
	}
	child, err := b.start(ctx, kindNothing, inside{Told: told})
	if err != nil {
		return err
	}
	to, err := product.Dial(ctx, child.Address, b.product.Token)
	if err != nil {
		return err
	}
	b.closing(to.Close)
	b.ask(report.QueriesTold, func() product.Asker { return product.Over(to) }, questions)
	return nil
}

// enterFront adds a contestant that takes the product's messages, in a process of its own as the daemon is.
func (b *bench) enterFront(ctx context.Context, name, kind string, settings inside, next *int, limit int) error {
	var err error
	if settings.Answer, err = b.sampleAnswer(ctx); err != nil {
		return err
	}
	child, err := b.start(ctx, kind, settings)
	if err != nil {
		return err
	}
	to, err := product.Dial(ctx, child.Address, b.product.Token)
	if err != nil {
		return err
	}
	b.closing(to.Close)
	b.lives(name, child.PID)
	b.submits(name, submitter{to, b.Shape}, next, limit, 64)
	return nil
}

// sampleAnswer is what the product says to a report, which it is sent for this.
func (b *bench) sampleAnswer(ctx context.Context) ([]byte, error) {
	if b.answer != nil {
		return b.answer, nil
	}
	next := b.ledgers[0].next // the product's is the first
	answer, err := b.product.SampleAnswer(ctx, b.Shape.Arrival(*next))
	if err != nil {
		return nil, err
	}
	*next++
	b.answer = answer
	return answer, nil
}

// submitter is a client on its way to a front.
type submitter struct {
	client *client.Client
	shape  workload.Shape
}

// Run submits reports as they are submitted to the product.
func (s submitter) Run(ctx context.Context, o turn.Order) (turn.Window, error) {
	return product.SubmitAll(ctx, s.client, s.shape, o)
}

// enterSmall loads the smaller shape beside which growth is measured.
func (b *bench) enterSmall(ctx context.Context) error {
	if b.Small.Name == "" {
		return nil
	}
	if b.Small.Communes >= b.Shape.Communes {
		return errors.New("the smaller shape is not smaller")
	}
	p, _, err := b.loadedProduct(ctx, "small", b.Small)
	if err != nil {
		return err
	}
	b.small = p
	next := b.ledgerOf(report.ProductSmall, b.Small, b.Months*b.Small.Communes, p.Totals)
	b.submits(report.ProductSmall, p, next, limitOf(b.Small), 64)
	b.asksAlike()
	return nil
}
