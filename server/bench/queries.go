//go:build unix

package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/tonghop/tonghop/server/bench/product"
	"github.com/tonghop/tonghop/server/bench/report"
	"github.com/tonghop/tonghop/server/bench/turn"
	"github.com/tonghop/tonghop/server/bench/workload"
)

// asks adds the contestants that ask the product: idle over gRPC and as JSON, and while 32 submit.
func (b *bench) asks(p *product.Product, next *int) {
	questions := b.Shape.Questions(b.Months, b.Shape)
	b.ask(report.Queries, func() product.Asker { return p.Rollups }, questions)
	b.ask(report.QueriesJSON, func() product.Asker { return p.JSON }, questions)
	b.add(report.QueriesBusy, func(ctx context.Context, length time.Duration) (map[string]float64, error) {
		return b.askBusy(ctx, p, next, questions, length)
	})
}

// asksAlike adds those that ask for as many rows in both shapes.
func (b *bench) asksAlike() {
	b.ask(report.QueriesWide, func() product.Asker { return b.product.Rollups }, b.Shape.Questions(b.Months, b.Small))
	b.ask(report.QueriesSmall, func() product.Asker { return b.small.Rollups }, b.Small.Questions(b.Months, b.Small))
}

// ask adds a contestant that asks the questions in turn.
func (b *bench) ask(name string, by func() product.Asker, questions []workload.Question) {
	b.add(name, func(ctx context.Context, length time.Duration) (map[string]float64, error) {
		return askAll(ctx, by(), questions, length)
	})
}

// askAll asks one question after the other until the time is over, each at least once.
func askAll(ctx context.Context, by product.Asker, questions []workload.Question, length time.Duration) (map[string]float64, error) {
	runtime.GC() // what others left is not to be cleared away on this one's time
	took := make([][]time.Duration, len(questions))
	for began := time.Now(); len(took[0]) == 0 || time.Since(began) < length; {
		for i, q := range questions {
			begun := time.Now()
			rollups, err := by.Ask(ctx, q)
			took[i] = append(took[i], time.Since(begun))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", q.Name, err)
			}
			if rollups != q.Rollups {
				return nil, fmt.Errorf("%s: %d roll-ups with a value came back, want %d", q.Name, rollups, q.Rollups)
			}
		}
	}
	figures := map[string]float64{}
	for i, q := range questions {
		p50, p99 := turn.Quantiles(took[i])
		figures[report.QuestionP50(q.Name)], figures[report.QuestionP99(q.Name)] = milliseconds(p50), milliseconds(p99)
	}
	return figures, nil
}

// busyWidth is how many submit while others ask.
const busyWidth = 32

// askBusy asks over one connection while reports come in over another.
func (b *bench) askBusy(ctx context.Context, p *product.Product, next *int, questions []workload.Question, length time.Duration) (map[string]float64, error) {
	other, err := p.Dial(ctx)
	if err != nil {
		return nil, err
	}
	type end struct {
		w   turn.Window
		err error
	}
	ended := make(chan end, 1)
	go func() {
		w, err := submitter{other, b.Shape}.Run(ctx, turn.Order{From: *next, Limit: limitOf(b.Shape), Width: busyWidth, Length: length})
		ended <- end{w, err}
	}()
	figures, err := askAll(ctx, p.Rollups, questions, length)
	e := <-ended
	*next += e.w.Done
	if err = errors.Join(err, e.err, other.Close()); err != nil {
		return nil, err
	}
	// Without a median of its own it does not stand among those who submit.
	figures[report.Rate] = e.w.Rate()
	return figures, nil
}
