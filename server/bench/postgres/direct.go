//go:build unix

package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/tonghop/tonghop/server/bench/turn"
	"github.com/tonghop/tonghop/server/bench/workload"
)

// Form is a way of storing reports in which each submission is a statement and a transaction of its own.
type Form string

// The forms.
const (
	// Same does the same job: an array, and the array sums of every unit above.
	Same Form = "same"
	// Array stores an array, and no sums.
	Array Form = "array"
	// Rows stores one row a value, and no sums.
	Rows Form = "rows"
)

var statements = map[Form]string{
	Same:  "select submit_same($1, $2, $3, $4)",
	Array: "insert into report_array values ($1, $2, $3) on conflict (period, unit) do update set vals = excluded.vals",
	Rows: `insert into report_rows select $1, $2, i - 1, v from unnest($3::int8[]) with ordinality as t(v, i)
		on conflict (period, unit, slot) do update set value = excluded.value`,
}

// Direct submits over SQL, over as many connections as are under way at a time.
type Direct struct {
	form  Form
	shape workload.Shape
	conns []*pgx.Conn
	free  chan *pgx.Conn
}

// NewDirect connects.
func NewDirect(ctx context.Context, t Target, form Form, shape workload.Shape, width int) (*Direct, error) {
	d := &Direct{form: form, shape: shape, free: make(chan *pgx.Conn, width)}
	for range width {
		conn, err := t.Connect(ctx)
		if err != nil {
			return nil, errors.Join(err, d.Close()) //nolint:contextcheck // the context may be what failed
		}
		d.conns = append(d.conns, conn)
		d.free <- conn
	}
	return d, nil
}

// Run submits reports.
func (d *Direct) Run(ctx context.Context, o turn.Order) (turn.Window, error) {
	return turn.Run(ctx, o, func(ctx context.Context, n int) error {
		row := d.shape.Row(d.shape.Arrival(n))
		args := []any{row.Month, d.shape.CommuneNumber(row.Commune), row.Values[:]}
		if d.form == Same {
			args = append(args, d.shape.Above(row.Commune))
		}
		conn := <-d.free
		defer func() { d.free <- conn }()
		_, err := conn.Exec(ctx, statements[d.form], args...)
		return err
	})
}

// Totals gives the sums of the country in a month.
func (d *Direct) Totals(ctx context.Context, month int32) ([workload.Slots]int64, error) {
	conn := <-d.free
	defer func() { d.free <- conn }()
	switch d.form {
	case Same:
		return Sums(ctx, conn, string(Same), month)
	case Array:
		return totals(ctx, conn, `select (i - 1)::int4, sum(v)::int8 from report_array, unnest(vals) with ordinality as t(v, i) where period = $1 group by 1`, month)
	default:
		return totals(ctx, conn, "select slot::int4, sum(value)::int8 from report_rows where period = $1 group by 1", month)
	}
}

// Sums gives the sums of the country in a month that are kept beside a form.
func Sums(ctx context.Context, conn *pgx.Conn, form string, month int32) ([workload.Slots]int64, error) {
	return totals(ctx, conn, "select (i - 1)::int4, v from sum_"+form+", unnest(sums) with ordinality as t(v, i) where period = $1 and unit = 0", month)
}

func totals(ctx context.Context, conn *pgx.Conn, query string, month int32) (sums [workload.Slots]int64, err error) {
	rows, err := conn.Query(ctx, query, month)
	if err != nil {
		return sums, err
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var slot int32
		var value int64
		if err := rows.Scan(&slot, &value); err != nil {
			return sums, err
		}
		sums[slot] = value
	}
	if err := rows.Err(); err != nil {
		return sums, err
	}
	if n != workload.Slots {
		return sums, fmt.Errorf("%d sums, want %d", n, workload.Slots)
	}
	return sums, nil
}

// Close ends the connections.
func (d *Direct) Close() error {
	var errs []error
	for _, conn := range d.conns {
		errs = append(errs, conn.Close(context.Background()))
	}
	return errors.Join(errs...)
}
