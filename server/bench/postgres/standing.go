//go:build unix

package postgres

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/tonghop/tonghop/server/bench/workload"
)

// standings loads how far each of the first n reports has come, one row a report, with a key that holds all of the row: so
// a question for a matrix is answered by the index alone, in its order.
func (l loading) standings(ctx context.Context) error {
	if err := l.do(ctx, "create table standing (form int4 not null, period int4 not null, unit int4 not null, state int2 not null, late bool not null)"); err != nil {
		return err
	}
	i := 0
	err := copyIn(ctx, l.conn, "standing", func(to []byte) ([]byte, bool) {
		if i == l.n {
			return to, false
		}
		row := l.shape.Row(i)
		i++
		to = binary.BigEndian.AppendUint16(to, 5)
		to = appendInt4(appendInt4(appendInt4(to, 1), row.Month), l.shape.CommuneNumber(row.Commune))
		to = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint32(to, 2), waits)
		return append(binary.BigEndian.AppendUint32(to, 1), 0), true
	})
	return errors.Join(err, l.do(ctx, "create unique index on standing (form, unit, period) include (state, late)"))
}

// waits is the state of a report that waits for approval.
const waits = 6

// Standings asks for a matrix, with a prepared statement over one connection. Rows are received, not decoded.
type Standings struct{ conn *pgx.Conn }

// NewStandings connects.
func NewStandings(ctx context.Context, t Target) (*Standings, error) {
	conn, err := t.Connect(ctx)
	return &Standings{conn}, err
}

// Ask asks, and gives how many rows came back.
func (s *Standings) Ask(ctx context.Context, q workload.Question) (int, error) {
	rows, err := s.conn.Query(ctx, "select unit, period, state, late from standing where form = $1 and period between $2 and $3 order by unit, period",
		1, q.First, q.Last)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n += min(1, len(rows.RawValues()))
	}
	return n, rows.Err()
}

// Close ends the connection.
func (s *Standings) Close() error { return s.conn.Close(context.Background()) }
