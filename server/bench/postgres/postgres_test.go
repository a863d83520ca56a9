//go:build unix

package postgres_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/bench/postgres"
	"github.com/tonghop/tonghop/server/bench/turn"
	"github.com/tonghop/tonghop/server/bench/workload"
)

const months = 3

// TestEveryFormAddsUp loads a server of its own and has every form take reports: a peer that added up wrongly would be fast
// for nothing. It needs the programs of PostgreSQL; the benchmark itself refuses to run without them.
func TestEveryFormAddsUp(t *testing.T) {
	if _, err := postgres.Programs(); err != nil || testing.Short() {
		t.Skip("PostgreSQL is not installed, or time is short")
	}
	shape, _ := workload.Of("T")
	server, err := postgres.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	t.Run("another server is refused", func(t *testing.T) {
		for _, other := range []postgres.Target{
			{Dir: server.Dir + "2", PID: server.PID, Port: server.Port, Password: server.Password},
			{Dir: server.Dir, PID: server.PID + 1, Port: server.Port, Password: server.Password},
		} {
			if _, err := other.Connect(t.Context()); err == nil || !strings.Contains(err.Error(), "not the one of this program") {
				t.Errorf("Connect to what is not ours: %v", err)
			}
		}
	})
	all := postgres.Wanted{Rows: true, View: true, Array: true, Same: true, Month: true, Full: true}
	loaded, err := postgres.Load(t.Context(), server.Target, shape, months*shape.Communes, all, func(string) {})
	if err != nil || loaded.Bulk <= 0 || loaded.RowBytes <= 0 || loaded.FullBytes <= 0 {
		t.Fatalf("Load = %+v, %v", loaded, err)
	}
	for _, form := range []postgres.Form{postgres.Same, postgres.Array, postgres.Rows} {
		t.Run(string(form), func(t *testing.T) { direct(t, server.Target, form, shape) })
	}
	t.Run("view", func(t *testing.T) { view(t, server.Target, shape) })
	for _, full := range []bool{false, true} {
		t.Run(map[bool]string{false: "month", true: "full"}[full], func(t *testing.T) { committer(t, server.Target, shape, full) })
	}
}

// holds compares the sums of all months with an addition of the workload.
func holds(t *testing.T, shape workload.Shape, n int, total func(context.Context, int32) ([workload.Slots]int64, error)) {
	t.Helper()
	for back := 0; back*shape.Communes < n; back++ {
		got, err := total(t.Context(), workload.MonthNumber(back))
		if want := shape.Truth(back, n); err != nil || got != want {
			t.Fatalf("month %d has %v, %v; want %v", back, got, err, want)
		}
	}
}

func direct(t *testing.T, target postgres.Target, form postgres.Form, shape workload.Shape) {
	d, err := postgres.NewDirect(t.Context(), target, form, shape, 4)
	if err != nil {
		t.Fatal(err)
	}
	from := months * shape.Communes
	w, err := d.Run(t.Context(), turn.Order{From: from, Limit: 1 << 40, Width: 4, Length: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	// Sent again, nothing is counted twice.
	again, err := d.Run(t.Context(), turn.Order{From: 0, Limit: from, Width: 4, Length: 10 * time.Millisecond})
	if err != nil || again.Done == 0 {
		t.Fatal(again, err)
	}
	holds(t, shape, from+w.Done, d.Totals)
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func view(t *testing.T, target postgres.Target, shape workload.Shape) {
	for _, tuned := range []bool{false, true} {
		v, err := postgres.NewView(t.Context(), target, tuned)
		if err != nil {
			t.Fatal(err)
		}
		holds(t, shape, months*shape.Communes, v.Totals)
		for _, q := range shape.Questions(months, shape) {
			if n, err := v.Ask(t.Context(), q); err != nil || n != q.Rollups {
				t.Errorf("%s gives %d roll-ups, %v; want %d", q.Name, n, err, q.Rollups)
			}
		}
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}
}

func committer(t *testing.T, target postgres.Target, shape workload.Shape, full bool) {
	c, err := postgres.OpenCommitter(t.Context(), target, shape, full)
	if err != nil {
		t.Fatal(err)
	}
	from, n := months*shape.Communes, 700
	var senders sync.WaitGroup
	for i := range n {
		senders.Go(func() {
			// Twice under one id, once under another: it counts once.
			id, row := workload.RequestID(), shape.Row(shape.Arrival(from+i))
			if err := errors.Join(c.Submit(t.Context(), id, row), c.Submit(t.Context(), id, row), c.Submit(t.Context(), workload.RequestID(), row)); err != nil {
				t.Error(err)
			}
		})
	}
	senders.Wait()
	conn, err := target.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	form := map[bool]string{false: "month", true: "full"}[full]
	holds(t, shape, from+n, func(ctx context.Context, month int32) ([workload.Slots]int64, error) {
		return postgres.Sums(ctx, conn, form, month)
	})
	if err := errors.Join(conn.Close(t.Context()), c.Close()); err != nil {
		t.Error(err)
	}
}
