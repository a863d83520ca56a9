//go:build unix

package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/tonghop/tonghop/server/bench/report"
	"github.com/tonghop/tonghop/server/bench/workload"
)

// made measures what answers cost that are not kept and are made when they are asked: on the tree of after a change, and as
// of an entry before it. The change comes at the end, so that everybody else was measured in the country as it was. Each
// question takes turns with one of now that has as many rows.
func (b *bench) made(ctx context.Context) error {
	if !b.wants(report.QueriesMade) {
		return nil
	}
	b.Progress("the country is made anew")
	before, err := b.product.Reform(ctx)
	if err != nil {
		return fmt.Errorf("the change of the tree: %w", err)
	}
	if err := b.compareMade(ctx, before); err != nil {
		return err
	}
	questions := b.Shape.Made(b.Months, before)
	c := contestant{report.QueriesMade, func(ctx context.Context, length time.Duration) (map[string]float64, error) {
		figures, err := askAll(ctx, b.product.Rollups, questions, length)
		for _, q := range questions {
			if err == nil {
				figures[report.QuestionRows(q.Name)] = float64(q.Rollups)
			}
		}
		return figures, err
	}}
	for round := range b.Rounds + 1 {
		figures, err := b.turnOf(ctx, c, b.Window)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if round > 0 {
			b.book.Add(c.name, figures)
		}
	}
	return nil
}

// compareMade holds the sums of a whole month against an addition of the workload: of the country on the tree of after, and
// of all provinces as they were before.
func (b *bench) compareMade(ctx context.Context, before uint64) error {
	back := b.Months - 1
	want := b.Shape.Truth(back, *b.ledgers[0].next)
	for what, q := range map[string]workload.Question{
		"on the tree of after":   {Units: []string{workload.Country}, Tree: workload.ReformDay()},
		"as of the entry before": {Units: b.Shape.FirstProvinces(), Sequence: before},
	} {
		got, err := b.product.Sums(ctx, q, back)
		if err != nil {
			return fmt.Errorf("the totals %s: %w", what, err)
		}
		if got != want {
			return fmt.Errorf("%w: %s the country has %v in %s, and its reports come to %v", ErrDiffers, what, got, workload.Month(back), want)
		}
	}
	b.Progress("the totals on another tree and as of an earlier entry are right")
	return nil
}
