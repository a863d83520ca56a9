//go:build unix

package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/tonghop/tonghop/server/bench/workload"
)

// View asks the materialized view, with prepared statements over one connection. Rows are received, not decoded.
type View struct {
	conn  *pgx.Conn
	table string
}

// usual is the view with one key.
const usual = "rollup"

// NewView connects. Tuned: the view with an index for each question.
func NewView(ctx context.Context, t Target, tuned bool) (*View, error) {
	conn, err := t.Connect(ctx)
	return &View{conn, map[bool]string{false: usual, true: "rollup_tuned"}[tuned]}, err
}

// The questions in SQL; units of one kind have numbers that follow each other.
var questions = map[string]string{
	"Q1": "select unit, slot, value from %[1]s where period = $1 and unit between $2 and $3",
	"Q2": "select unit, period, value from %[1]s where slot = $1 and unit between $2 and $3 and period between $4 and $5",
	"Q3": "select period, value from %[1]s where slot = $1 and unit = $2 and period between $3 and $4",
	"Q4": `select n.unit, n.value, d.value from %[1]s n join %[1]s d on d.period = n.period and d.unit = n.unit and d.slot = $2
		where n.period = $1 and n.slot = $3 and n.unit between $4 and $5 order by n.value::float8 / nullif(d.value, 0) desc`,
}

// Ask asks, and gives how many roll-ups came back. A ratio is one of them.
func (v *View) Ask(ctx context.Context, q workload.Question) (int, error) {
	first, last := q.Numbers[0], q.Numbers[len(q.Numbers)-1]
	query := fmt.Sprintf(questions[q.Name], v.table)
	var args []any
	switch q.Name {
	case "Q1":
		args = []any{q.Last, first, last}
		if v.table == usual { // its key begins with the slot, so all of them are named
			query, args = query+" and slot = any($4)", append(args, q.Slots)
		}
	case "Q2":
		args = []any{q.Slots[0], first, last, q.First, q.Last}
	case "Q3":
		args = []any{q.Slots[0], first, q.First, q.Last}
	case "Q4":
		args = []any{q.Last, q.Slots[1], q.Slots[0], first, last}
	default:
		return 0, fmt.Errorf("there is no question %q", q.Name)
	}
	rows, err := v.conn.Query(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n += min(1, len(rows.RawValues()))
	}
	if q.Name == "Q1" {
		n = n / workload.Slots * workload.Figures
	}
	return n, rows.Err()
}

// Totals gives the sums of the country in a month.
func (v *View) Totals(ctx context.Context, month int32) ([workload.Slots]int64, error) {
	return totals(ctx, v.conn, "select slot::int4, value from "+v.table+" where period = $1 and unit = 0", month)
}

// Close ends the connection.
func (v *View) Close() error { return v.conn.Close(context.Background()) }
