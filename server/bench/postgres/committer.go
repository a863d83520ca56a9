//go:build unix

package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/tonghop/tonghop/server/bench/workload"
)

// group is how many submissions one transaction takes at most.
const group = 256

// Committer is PostgreSQL as an application would use it that knows what costs: one goroutine with one connection takes all
// that waits into one transaction, in two round trips; the sums are kept in memory as well, and each that changed is written
// once for all of them. Its full form keeps the ids of requests and the rows of all longer periods; the other one month
// sums alone.
type Committer struct {
	conn  *pgx.Conn
	shape workload.Shape
	form  string
	full  bool
	sums  map[place]*[workload.Slots]int64
	queue chan *waiting
	done  chan struct{}
	// failed is set for good: after an error the sums in memory are not those of the tables.
	failed error
}

type waiting struct {
	id     [16]byte
	row    workload.Row
	answer chan error
}

// OpenCommitter connects and reads the sums.
func OpenCommitter(ctx context.Context, t Target, shape workload.Shape, full bool) (*Committer, error) {
	conn, err := t.Connect(ctx)
	if err != nil {
		return nil, err
	}
	c := &Committer{
		conn: conn, shape: shape, full: full, form: map[bool]string{false: "month", true: "full"}[full],
		sums: map[place]*[workload.Slots]int64{}, queue: make(chan *waiting, 1024), done: make(chan struct{}),
	}
	if err := c.read(ctx); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	//nolint:contextcheck // its groups are nobody's request
	go c.work()
	return c, nil
}

func (c *Committer) read(ctx context.Context) error {
	rows, err := c.conn.Query(ctx, "select period, unit, sums from sum_"+c.form)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var p place
		var values []int64
		if err := rows.Scan(&p.period, &p.unit, &values); err != nil {
			return err
		}
		sum := new([workload.Slots]int64)
		copy(sum[:], values)
		c.sums[p] = sum
	}
	return rows.Err()
}

// Submit stores a report; when it returns, the report is durable and so are its sums.
func (c *Committer) Submit(_ context.Context, id [16]byte, row workload.Row) error {
	w := &waiting{id: id, row: row, answer: make(chan error, 1)}
	c.queue <- w
	return <-w.answer
}

// work commits what waits until nothing more comes.
func (c *Committer) work() {
	defer close(c.done)
	for first := range c.queue {
		list := []*waiting{first}
		for more := true; more && len(list) < group; {
			select {
			case w, open := <-c.queue:
				if more = open; open {
					list = append(list, w)
				}
			default:
				more = false
			}
		}
		if c.failed == nil {
			c.failed = c.commit(context.Background(), list)
		}
		for _, w := range list {
			w.answer <- c.failed
		}
	}
}

// commit stores a group.
func (c *Committer) commit(ctx context.Context, list []*waiting) error {
	old, seen, err := c.lookUp(ctx, list)
	if err != nil {
		return fmt.Errorf("looking up a group: %w", err)
	}
	var g changes
	at := map[place]int{} // of a report in the group: what comes last is stored
	touched := map[place]bool{}
	for _, w := range list {
		if seen[w.id] {
			continue
		}
		seen[w.id] = true
		p := place{w.row.Month, c.shape.CommuneNumber(w.row.Commune)}
		delta := w.row.Values
		for slot, v := range old[p] {
			delta[slot] -= v
		}
		old[p] = w.row.Values[:]
		g.ids = append(g.ids, w.id)
		g.idPeriods, g.idUnits = append(g.idPeriods, p.period), append(g.idUnits, p.unit)
		if i, again := at[p]; again {
			copy(g.values[i*workload.Slots:], w.row.Values[:])
		} else {
			at[p] = len(g.periods)
			g.periods, g.units, g.values = append(g.periods, p.period), append(g.units, p.unit), append(g.values, w.row.Values[:]...)
		}
		sumUp(c.sums, c.shape, w.row.Commune, w.row.Month, c.full, &delta, func(p place) { touched[p] = true })
	}
	for p := range touched {
		g.sumPeriods, g.sumUnits, g.sums = append(g.sumPeriods, p.period), append(g.sumUnits, p.unit), append(g.sums, c.sums[p][:]...)
	}
	return c.store(ctx, &g)
}

// changes are what a group writes, as arrays: one statement takes them all.
type changes struct {
	ids                  [][16]byte
	idPeriods, idUnits   []int32
	periods, units       []int32
	values               []int64
	sumPeriods, sumUnits []int32
	sums                 []int64
}

// lookUp gives the values that reports of the group have already, and the ids of requests that were taken: one round trip.
func (c *Committer) lookUp(ctx context.Context, list []*waiting) (old map[place][]int64, seen map[[16]byte]bool, err error) {
	periods, units, ids := make([]int32, len(list)), make([]int32, len(list)), make([][16]byte, len(list))
	for i, w := range list {
		periods[i], units[i], ids[i] = w.row.Month, c.shape.CommuneNumber(w.row.Commune), w.id
	}
	old, seen = map[place][]int64{}, map[[16]byte]bool{}
	var batch pgx.Batch
	batch.Queue("select period, unit, vals from unnest($1::int4[], $2::int4[]) as k(period, unit) join report_"+c.form+" using (period, unit)", periods, units).
		Query(func(rows pgx.Rows) error {
			for rows.Next() {
				var p place
				var values []int64
				if err := rows.Scan(&p.period, &p.unit, &values); err != nil {
					return err
				}
				old[p] = values
			}
			return rows.Err()
		})
	if c.full {
		batch.Queue("select id from request_full where id = any($1::uuid[])", ids).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				var id [16]byte
				if err := rows.Scan(&id); err != nil {
					return err
				}
				seen[id] = true
			}
			return rows.Err()
		})
	}
	return old, seen, c.conn.SendBatch(ctx, &batch).Close()
}

// slice takes the i-th 54 of all values.
const slice = "($3::int8[])[(i - 1) * 54 + 1 : i * 54] from unnest($1::int4[], $2::int4[]) with ordinality as k(p, u, i)"

// store writes a group in one round trip, which is one transaction.
func (c *Committer) store(ctx context.Context, g *changes) error {
	if len(g.ids) == 0 {
		return nil
	}
	var batch pgx.Batch
	batch.Queue("insert into report_"+c.form+" select p, u, "+slice+" on conflict (period, unit) do update set vals = excluded.vals", g.periods, g.units, g.values)
	batch.Queue("insert into sum_"+c.form+" select p, u, "+slice+" on conflict (period, unit) do update set sums = excluded.sums", g.sumPeriods, g.sumUnits, g.sums)
	if c.full {
		batch.Queue("insert into request_full select * from unnest($1::uuid[], $2::int4[], $3::int4[])", g.ids, g.idPeriods, g.idUnits)
	}
	return c.conn.SendBatch(ctx, &batch).Close()
}

// Close ends it.
func (c *Committer) Close() error {
	close(c.queue)
	<-c.done
	return c.conn.Close(context.Background())
}
