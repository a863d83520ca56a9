//go:build unix

package postgres

import (
	"context"
	_ "embed" // the schema
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tonghop/tonghop/server/bench/workload"
)

//go:embed schema.sql
var schema string

// Wanted says which forms are to be loaded.
type Wanted struct{ Rows, View, Array, Same, Month, Full, Standings bool }

// Loaded says what the loading took.
type Loaded struct {
	// Bulk is COPY of one row a value plus its primary key; RowBytes is what those take on the disk.
	Bulk     time.Duration
	RowBytes int64
	// FullBytes is what arrays, all sums and the ids of requests take.
	FullBytes int64
	// View is how long the materialized view took to be made.
	View time.Duration
}

// Load makes the tables and loads the first n reports.
func Load(ctx context.Context, t Target, shape workload.Shape, n int, wanted Wanted, progress func(what string)) (loaded Loaded, err error) {
	conn, err := t.Connect(ctx)
	if err != nil {
		return loaded, err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	l := loading{conn, shape, n, &loaded}
	if err := l.do(ctx, schema); err != nil {
		return loaded, err
	}
	for _, step := range []struct {
		wanted bool
		what   string
		do     func(context.Context) error
	}{
		{wanted.Rows || wanted.View, "one row a value, and its primary key", l.rows},
		{wanted.View, "the materialized view", l.view},
		{wanted.Array || wanted.Same || wanted.Month || wanted.Full, "one array a report", l.arrays},
		{wanted.Same, "the same job", func(ctx context.Context) error { return l.summed(ctx, "same", false) }},
		{wanted.Month, "what the committer has, month sums", func(ctx context.Context) error { return l.summed(ctx, "month", false) }},
		{wanted.Full, "what the committer has, all rows", func(ctx context.Context) error { return l.summed(ctx, "full", true) }},
		{wanted.Standings, "how far each report has come", l.standings},
	} {
		if !step.wanted {
			continue
		}
		progress(step.what)
		if err := step.do(ctx); err != nil {
			return loaded, fmt.Errorf("loading PostgreSQL, %s: %w", step.what, err)
		}
	}
	if err := l.do(ctx, "vacuum analyze", "checkpoint"); err != nil {
		return loaded, err
	}
	err = conn.QueryRow(ctx, "select pg_total_relation_size('report_full') + pg_total_relation_size('sum_full') + pg_total_relation_size('request_full')").
		Scan(&loaded.FullBytes)
	return loaded, err
}

// loading is a load under way.
type loading struct {
	conn   *pgx.Conn
	shape  workload.Shape
	n      int
	loaded *Loaded
}

func (l loading) do(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		if _, err := l.conn.PgConn().Exec(ctx, statement).ReadAll(); err != nil {
			return err
		}
	}
	return nil
}

func (l loading) rows(ctx context.Context) error {
	began := time.Now()
	if err := copyRows(ctx, l.conn, l.shape, l.n); err != nil {
		return err
	}
	if err := l.do(ctx, "alter table report_rows add primary key (period, unit, slot)"); err != nil {
		return err
	}
	l.loaded.Bulk = time.Since(began)
	return l.conn.QueryRow(ctx, "select pg_total_relation_size('report_rows')").Scan(&l.loaded.RowBytes)
}

// view makes the roll-ups as most would: a materialized view, with one key that holds the value as well. Beside it stands the
// same with an index for each way in which it is asked.
func (l loading) view(ctx context.Context) error {
	began := time.Now()
	var units, above []int32
	for commune := range l.shape.Communes {
		for _, unit := range l.shape.Above(commune) {
			units, above = append(units, l.shape.CommuneNumber(commune)), append(above, unit)
		}
	}
	if _, err := l.conn.Exec(ctx, "insert into above select * from unnest($1::int4[], $2::int4[])", units, above); err != nil {
		return err
	}
	err := l.do(
		ctx, "analyze above", "analyze report_rows",
		`create materialized view rollup as select r.period, a.above as unit, r.slot, sum(r.value)::int8 as value
			from report_rows r join above a using (unit) group by 1, 2, 3`,
		"create unique index on rollup (slot, period, unit) include (value)",
	)
	l.loaded.View = time.Since(began)
	if err != nil {
		return err
	}
	return l.do(
		ctx, "create materialized view rollup_tuned as select * from rollup",
		"create unique index on rollup_tuned (period, unit, slot) include (value)",
		"create unique index on rollup_tuned (period, slot, unit) include (value)",
		"create unique index on rollup_tuned (slot, unit, period) include (value)",
	)
}

func (l loading) arrays(ctx context.Context) error {
	if err := copyArrays(ctx, l.conn, l.shape, l.n); err != nil {
		return err
	}
	return l.do(ctx, "alter table report_array add primary key (period, unit)")
}

// summed loads a form with sums, whose reports are those of report_array.
func (l loading) summed(ctx context.Context, form string, longer bool) error {
	err := l.do(ctx, "insert into report_"+form+" select * from report_array", "alter table report_"+form+" add primary key (period, unit)")
	if err != nil {
		return err
	}
	sums := map[place]*[workload.Slots]int64{}
	for n := range l.n {
		row := l.shape.Row(n)
		sumUp(sums, l.shape, row.Commune, row.Month, longer, &row.Values, func(place) {})
	}
	if form == "full" {
		err = l.do(ctx, "insert into request_full select gen_random_uuid(), period, unit from report_full")
	}
	return errors.Join(err, copySums(ctx, l.conn, "sum_"+form, sums))
}
