//go:build unix

package bench

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tonghop/tonghop/server/bench/postgres"
	"github.com/tonghop/tonghop/server/bench/report"
	"github.com/tonghop/tonghop/server/bench/workload"
)

// enterPostgres starts PostgreSQL, loads what its contestants need, and adds them.
func (b *bench) enterPostgres(ctx context.Context) error {
	wanted := postgres.Wanted{
		Rows: b.wants(report.PostgresRows, report.BulkPostgres, report.DiskPostgres), View: b.wants(report.QueriesView, report.QueriesTuned),
		Array: b.wants(report.PostgresArray), Same: b.wants(report.PostgresSame),
		Month: b.wants(report.PostgresMonth), Full: b.wants(report.PostgresFull), Standings: b.wants(report.CompletenessPostgres),
	}
	if slices.Contains(b.Without, groupPostgres) || wanted == (postgres.Wanted{}) {
		return nil
	}
	b.Progress("PostgreSQL starts")
	server, err := postgres.Start(ctx, b.Dir)
	if err != nil {
		return err
	}
	b.closing(server.Stop)
	if _, err := b.rest(ctx); err != nil {
		return err
	}
	loaded, err := postgres.Load(ctx, server.Target, b.Shape, b.loaded, wanted, func(what string) { b.Progress("PostgreSQL loads %s", what) })
	if err != nil {
		return err
	}
	values := float64(b.loaded * workload.Slots)
	if loaded.Bulk > 0 {
		b.book.Add(report.BulkPostgres, map[string]float64{report.Values: values / loaded.Bulk.Seconds()})
		b.book.Add(report.DiskPostgres, map[string]float64{report.PerValue: float64(loaded.RowBytes) / values})
	}
	if wanted.Full {
		b.book.Add(report.DiskPostgres, map[string]float64{"bytes_per_value_arrays_sums_ids": float64(loaded.FullBytes) / values})
	}
	if loaded.View > 0 {
		b.Progress("the materialized view was made in %s: so old are its figures at best", loaded.View.Round(time.Millisecond))
	}
	return errors.Join(
		b.enterDirect(ctx, server.Target), b.enterView(ctx, server.Target), b.enterStandings(ctx, server.Target),
		b.enterCommitter(ctx, report.PostgresMonth, kindMonth, server.Target), b.enterCommitter(ctx, report.PostgresFull, kindFull, server.Target),
	)
}

// enterDirect adds those in which each submission is a statement and a transaction.
func (b *bench) enterDirect(ctx context.Context, t postgres.Target) error {
	for name, form := range map[string]postgres.Form{
		report.PostgresSame: postgres.Same, report.PostgresArray: postgres.Array, report.PostgresRows: postgres.Rows,
	} {
		if !b.wants(name) {
			continue
		}
		d, err := postgres.NewDirect(ctx, t, form, b.Shape, 64)
		if err != nil {
			return err
		}
		b.closing(d.Close)
		next := b.ledgerOf(name, b.Shape, b.loaded, inMonths(d.Totals))
		b.submits(name, d, next, limitOf(b.Shape), 64)
	}
	return nil
}

// inMonths lets a ledger that counts months from the year 0 be asked for months back.
func inMonths(total func(context.Context, int32) ([workload.Slots]int64, error)) func(context.Context, int) ([workload.Slots]int64, error) {
	return func(ctx context.Context, back int) ([workload.Slots]int64, error) {
		return total(ctx, workload.MonthNumber(back))
	}
}

// enterView adds those that ask the materialized view, with its one key and with an index for each question.
func (b *bench) enterView(ctx context.Context, t postgres.Target) error {
	questions := b.Shape.Questions(b.Months, b.Shape)
	for _, name := range []string{report.QueriesView, report.QueriesTuned} {
		if !b.wants(name) {
			continue
		}
		view, err := postgres.NewView(ctx, t, name == report.QueriesTuned)
		if err != nil {
			return err
		}
		b.closing(view.Close)
		b.add(name, func(ctx context.Context, length time.Duration) (map[string]float64, error) {
			return askAll(ctx, view, questions, length)
		})
		b.ledgerOf(name, b.Shape, b.loaded, inMonths(view.Totals))
	}
	return nil
}

// enterCommitter adds PostgreSQL behind a committer, which takes the product's messages in a process of its own.
func (b *bench) enterCommitter(ctx context.Context, name, kind string, t postgres.Target) error {
	if !b.wants(name) {
		return nil
	}
	conn, err := t.Connect(ctx)
	if err != nil {
		return err
	}
	b.closing(func() error { return conn.Close(context.WithoutCancel(ctx)) })
	form := kind[len("pgc-"):]
	next := b.ledgerOf(name, b.Shape, b.loaded, func(ctx context.Context, back int) ([workload.Slots]int64, error) {
		return postgres.Sums(ctx, conn, form, workload.MonthNumber(back))
	})
	return b.enterFront(ctx, name, kind, inside{Postgres: t}, next, limitOf(b.Shape))
}
