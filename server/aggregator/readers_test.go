package aggregator_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/rollup"
)

// TestReadersSeeOneState lets readers ask while units and their reports come in, one of each in a group: whenever they
// look, there are as many reports as units, and as much in the sum.
func TestReadersSeeOneState(t *testing.T) {
	s := one(t) // P, D, A, B, and 10 of A
	const groups = 40
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				err := s.store.View(context.Background(), func(tx *aggregator.Tx) error {
					units, _, _, reports := tx.Counts()
					a, err := tx.Rollup(aggregator.Query{Unit: id("P"), Indicator: "S", Period: mustPeriod("2024"), Basis: rollup.Provisional})
					if err != nil {
						return err
					}
					if want := strconv.Itoa(units - 4 + 10); a.Result.Display != want || reports != units-3 || tx.Tree().Len() != units {
						return fmt.Errorf("%d units, %d reports, sum %s at %d", units, reports, a.Result.Display, tx.Position().Head.Sequence)
					}
					return nil
				})
				if err != nil {
					t.Error(err)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for n := range groups {
		code := fmt.Sprintf("N%d", n)
		s.add(entry.UnitsChanged{Units: []hierarchy.Unit{unit(code, hierarchy.Commune, "D")}})
		s.add(sent(key(code, "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(1)}))
		s.commit()
	}
	close(done)
	readers.Wait()
}
