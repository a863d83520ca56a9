//go:build unix

package bench

import (
	"context"
	"time"

	"github.com/tonghop/tonghop/server/bench/postgres"
	"github.com/tonghop/tonghop/server/bench/product"
	"github.com/tonghop/tonghop/server/bench/report"
	"github.com/tonghop/tonghop/server/bench/workload"
)

// whoReported is the question for the matrix of all communes and months.
func (b *bench) whoReported() []workload.Question {
	return []workload.Question{b.Shape.WhoReported(report.WhoReported, b.Months)}
}

// asksWhoReported adds the contestant that asks the product for it.
func (b *bench) asksWhoReported(p *product.Product) {
	b.ask(report.Completeness, p.Completeness, b.whoReported())
}

// enterStandings adds the one that asks PostgreSQL.
func (b *bench) enterStandings(ctx context.Context, t postgres.Target) error {
	if !b.wants(report.CompletenessPostgres) {
		return nil
	}
	standings, err := postgres.NewStandings(ctx, t)
	if err != nil {
		return err
	}
	b.closing(standings.Close)
	b.add(report.CompletenessPostgres, func(ctx context.Context, length time.Duration) (map[string]float64, error) {
		return askAll(ctx, standings, b.whoReported(), length)
	})
	return nil
}
