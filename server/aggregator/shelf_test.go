package aggregator_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// TestTheShelfIsTheFile tells random stories, with groups that are given up, units that come and end, and planks that are
// cleared out, while readers hold every row on the shelf against the file at their own state, again and again as the
// writer goes on.
func TestTheShelfIsTheFile(t *testing.T) {
	defer func() {
		if aggregator.ColumnsHeld() == 0 {
			t.Error("no total was found in a column")
		}
	}()
	fewer(t)
	rapid.Check(t, func(r *rapid.T) {
		s, o, catalogue := province(t)
		defer func() { _ = s.close() }()
		done := make(chan struct{})
		var readers sync.WaitGroup
		var problems [3]error
		for n := range problems {
			readers.Go(func() { problems[n] = lookAgainAndAgain(s.store, done) })
		}
		w := shelfWriter{teller: teller{r: r, s: s, o: o, catalogue: catalogue}}
		for range rapid.IntRange(1, 40).Draw(r, "steps") {
			w.step()
		}
		s.commit()
		close(done)
		readers.Wait()
		for _, err := range problems {
			if err != nil {
				r.Fatal(err)
			}
		}
		s.view(func(tx *aggregator.Tx) {
			if err := aggregator.ShelfDifference(tx); err != nil {
				r.Fatal(err)
			}
			compare(r, tx, o, catalogue, rapid.IntRange(0, 6).Draw(r, "from"), 7)
		})
	})
}

// lookAgainAndAgain compares until done, each state several times with pauses for the writer.
func lookAgainAndAgain(store *aggregator.Store, done <-chan struct{}) error {
	for {
		err := store.View(context.Background(), func(tx *aggregator.Tx) error {
			for range 3 {
				if err := aggregator.ShelfDifference(tx); err != nil {
					return err
				}
				time.Sleep(50 * time.Microsecond)
			}
			return nil
		})
		select {
		case <-done:
			return err
		default:
			if err != nil {
				return err
			}
		}
	}
}

// shelfWriter tells what a teller tells, and more.
type shelfWriter struct {
	teller
	units int
	ended bool
}

func (w *shelfWriter) step() {
	switch rapid.IntRange(0, 11).Draw(w.r, "what") {
	case 0:
		w.s.commit()
		w.s.add(entry.ReportsSubmitted{Reports: []entry.Submission{w.throwaway()}})
		w.s.tx.Rollback()
		w.s.tx, w.s.group = nil, nil
	case 1:
		w.units++
		u := unit(fmt.Sprintf("N%d", w.units), hierarchy.Commune, []string{"D1", "D2", "C4"}[w.units%3])
		if w.units%2 == 0 {
			u.Kind = hierarchy.Kind(fmt.Sprintf("new%d", w.units))
		}
		w.tell(entry.UnitsChanged{Units: []hierarchy.Unit{u}})
	case 2:
		u := unit("C2", hierarchy.Commune, "D1")
		if w.ended = !w.ended; w.ended {
			u.ValidTo = period.Date(2024, 2, 10)
		}
		w.tell(entry.UnitsChanged{Units: []hierarchy.Unit{u}})
	case 3:
		aggregator.ClearShelf(w.s.store)
	default:
		w.tellOne()
	}
	if rapid.IntRange(0, 1).Draw(w.r, "commit") == 0 {
		w.s.commit()
	}
}

func (w *shelfWriter) tell(body entry.Body) {
	w.s.add(body)
	w.o.apply(body, w.s.now)
}

// throwaway is a report that will not be committed.
func (w *shelfWriter) throwaway() entry.Submission {
	return entry.Submission{Key: key("C1", "M", "2024-01"), Revision: 99, Figures: []entry.Figure{{Figure: value(7)}}}
}

// TestWhoReadsFillsTheShelf holds that a row is read from the file once, and that a change takes its place.
func TestWhoReadsFillsTheShelf(t *testing.T) {
	s := one(t)
	ask := func() (display string) {
		s.view(func(tx *aggregator.Tx) {
			a, err := tx.Rollup(aggregator.Query{Unit: id("P"), Indicator: "S", Period: mustPeriod("2024-01"), Basis: rollup.Provisional})
			if err != nil {
				t.Fatal(err)
			}
			display = a.Result.Display
		})
		return display
	}
	if rows, _ := aggregator.ShelfHolds(s.store); rows != 0 {
		t.Errorf("%d rows are held before anybody asked", rows)
	}
	if got := ask(); got != "10" {
		t.Errorf("the sum is %s, want 10", got)
	}
	if rows, size := aggregator.ShelfHolds(s.store); rows != 1 || size == 0 {
		t.Errorf("%d rows of %d bytes are held, want the one that was asked for", rows, size)
	}
	second := sent(key("B", "F", "2024-01"), 1, nil)
	second.Reports[0].Figures = slices.Clone([]entry.Figure{{Figure: value(5)}})
	s.tell(second)
	if rows, _ := aggregator.ShelfHolds(s.store); rows != 1 {
		t.Errorf("%d rows are held after a change, want the new one", rows)
	}
	if got := ask(); got != "15" {
		t.Errorf("the sum is %s, want 15", got)
	}
}
