package reporting_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// Everybody works at once: each unit corrects and repeats itself, somebody reviews, the catalogue changes under them, and
// others read. Nobody disturbs anybody, and what comes out is what each did.
func TestEverybodyAtOnce(t *testing.T) {
	w := newWorld(t)
	const rounds = 40
	units := []string{"A", "B"}
	a, b, reviewer, sender := w.token(auth.Reporter, "A"), w.token(auth.Reporter, "B"), w.token(auth.Approver, "P"), w.token(auth.Administrator, "P")
	viewer := w.token(auth.Viewer, "P")
	id := func(who, round int) [16]byte { return [16]byte{9, byte(who), byte(round >> 8), byte(round)} }
	var all, readers sync.WaitGroup
	for n, by := range []auth.Caller{a, b} {
		all.Go(func() {
			etag := ""
			for i := range rounds {
				call := reporting.Call{Caller: by, RequestID: id(n, i)}
				sub := seen(flow(units[n], "2024-05", fmt.Sprint(i+1)), etag)
				for _, want := range []reporting.OutcomeKind{min(reporting.Created+reporting.OutcomeKind(i), reporting.Corrected), reporting.Replayed} {
					o, _, _, err := w.svc.Submit(t.Context(), call, sub)
					if err != nil || o.Kind != want || o.Revision != i+1 {
						t.Errorf("round %d of %s = %+v, %v; want outcome %d", i, units[n], o, err, want)
						return
					}
					etag = o.Etag
				}
			}
		})
	}
	all.Go(func() {
		etag := ""
		for i := range rounds {
			o, _, _, err := w.svc.Submit(t.Context(), reporting.Call{Caller: sender, RequestID: id(7, i)}, seen(flow("C", "2024-05", fmt.Sprint(i+1)), etag))
			if err != nil {
				t.Errorf("C, round %d: %v", i, err)
				return
			}
			r, _, _, err := w.svc.Approve(t.Context(), reporting.Call{Caller: reviewer, RequestID: id(8, i)}, ref("C"), o.Etag)
			if err != nil {
				t.Errorf("approval %d: %v", i, err)
				return
			}
			etag = r.Etag
		}
	})
	all.Go(func() {
		for i := range rounds {
			_, err := w.svc.ImportUnits(t.Context(), reporting.Call{Caller: w.admin, RequestID: id(5, i)},
				[]hierarchy.Unit{unit(fmt.Sprintf("N%d", i), "commune", "D")})
			if err != nil {
				t.Errorf("unit %d: %v", i, err)
			}
		}
	})
	done := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			for before := uint64(0); ; {
				select {
				case <-done:
					return
				default:
				}
				before = w.readAll(viewer, before)
			}
		})
	}
	all.Wait()
	close(done)
	readers.Wait()
	w.expect("provisional", w.value("P", "FLOW", "2024-05", rollup.Provisional), fmt.Sprintf("%d 3/%d", 3*rounds, 3+rounds))
	w.expect("official", w.value("P", "FLOW", "2024-05", rollup.Official), fmt.Sprintf("%d 1/%d", rounds, 3+rounds))
}

// readAll reads everything there is to read, none of it older than before.
func (w *world) readAll(by auth.Caller, before uint64) uint64 {
	ctx := w.t.Context()
	page, err := w.svc.QueryRollups(ctx, by, reporting.RollupQuery{
		Units: []string{"P"}, Indicators: []string{"FLOW"}, Periods: []string{"2024-05"}, Basis: rollup.Provisional, MinSequence: before,
	})
	if err != nil || page.Stamp.Sequence < before {
		w.t.Errorf("the roll-up at %d after %d: %v", page.Stamp.Sequence, before, err)
	}
	list, err := w.svc.ListReports(ctx, by, reporting.ReportFilter{Form: "m", Periods: "2024-05"})
	if err != nil || list.Stamp.Sequence < page.Stamp.Sequence {
		w.t.Errorf("the list at %d after %d: %v", list.Stamp.Sequence, page.Stamp.Sequence, err)
	}
	if _, err := w.svc.ListChanges(ctx, by, reporting.ChangeFilter{Size: 7}); err != nil {
		w.t.Errorf("the feed: %v", err)
	}
	if _, err := w.svc.ListUnits(ctx, by, reporting.UnitFilter{Search: "đơn vị"}); err != nil {
		w.t.Errorf("the units: %v", err)
	}
	return list.Stamp.Sequence
}
