//go:build unix

package duplicates

import (
	"math/rand/v2"
	"testing"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/workload"
)

func always(workload.Report) bool { return true }

func someReports(n int) []workload.Report {
	reports := make([]workload.Report, n)
	for i := range reports {
		reports[i] = workload.ReportAt(i, 0)
	}
	return reports
}

// Whatever is drawn, every parcel is sent whole in its wave, comes with another content later, and at most six times.
func TestAPlanSendsEverythingOnceAndAgain(t *testing.T) {
	const reports, revisions = 400, 3
	for seed := range uint64(5) {
		p := newPlan(rand.New(rand.NewPCG(seed, 1)), someReports(reports), nil, always, revisions) //nolint:gosec // a test
		known, times, changed, ids := map[*parcel]int{}, map[*parcel]int{}, map[*parcel]int{}, map[string]int{}
		together := 0
		for wave, tasks := range p.waves {
			for _, task := range tasks {
				if len(task) > 1 {
					together++
				}
				for _, s := range task {
					first, sent := known[s.parcel]
					switch whole := s.from == 0 && s.to == len(s.parcel.items); {
					case s.changed:
						if !sent || first == wave || !whole {
							t.Fatalf("seed %d: another content is sent before the first, or in parts", seed)
						}
						changed[s.parcel]++
						continue
					case whole && !sent:
						known[s.parcel] = wave
						ids[s.parcel.id]++
					}
					times[s.parcel]++
				}
			}
		}
		if len(known) != len(times) || len(changed) != len(times) || together == 0 {
			t.Errorf("seed %d: of %d parcels %d are sent whole and %d with another content", seed, len(times), len(known), len(changed))
		}
		kinds := map[kind]bool{}
		for c, n := range times {
			if kinds[c.kind] = true; n > mostSent {
				t.Errorf("seed %d: a parcel is sent %d times, want %d at most", seed, n, mostSent)
			}
		}
		if len(kinds) != 7 || len(ids) >= len(times) {
			t.Errorf("seed %d: %d kinds and %d ids of %d parcels, want 7 kinds and ids that are used again", seed, len(kinds), len(ids), len(times))
		}
		for r, a := range p.reports {
			if len(a.submissions) != revisions {
				t.Errorf("seed %d: %s gets %d revisions, want %d", seed, r, len(a.submissions), revisions)
			}
		}
	}
}

func TestWrongAnswersAreHeard(t *testing.T) {
	const (
		created  = reportingv1.OutcomeKind_OUTCOME_KIND_CREATED
		replayed = reportingv1.OutcomeKind_OUTCOME_KIND_REPLAYED
	)
	first := func() answer {
		return answer{
			kind: created, name: workload.ReportAt(0, 0).Name(), revision: 1, etag: "1-submitted",
			receipt: &reportingv1.Receipt{JournalId: "j", Sequence: 7, EntryHash: "h", Revision: 1},
		}
	}
	again := func(change func(*answer)) answer {
		a := first()
		a.kind, a.receipt.Replayed = replayed, true
		change(&a)
		return a
	}
	for name, c := range map[string]struct {
		second  answer
		changed bool
		broken  bool
	}{
		"the same":               {second: again(func(a *answer) { a.etag = "1-superseded" })},
		"new twice":              {second: first(), broken: true},
		"another sequence":       {second: again(func(a *answer) { a.receipt.Sequence = 8 }), broken: true},
		"another hash":           {second: again(func(a *answer) { a.receipt.EntryHash = "x" }), broken: true},
		"another revision":       {second: again(func(a *answer) { a.revision = 2 }), broken: true},
		"not marked":             {second: again(func(a *answer) { a.receipt.Replayed = false }), broken: true},
		"no receipt":             {second: again(func(a *answer) { a.receipt = nil }), broken: true},
		"unchanged":              {second: answer{kind: reportingv1.OutcomeKind_OUTCOME_KIND_UNCHANGED}, broken: true},
		"another content":        {second: answer{kind: reportingv1.OutcomeKind_OUTCOME_KIND_REFUSED, reason: reused}, changed: true},
		"another content, taken": {second: again(func(*answer) {}), changed: true, broken: true},
	} {
		i := &item{report: workload.ReportAt(0, 0), revision: 1, parcel: &parcel{}}
		if err := i.hear(first(), false); err != nil {
			t.Fatal(err)
		}
		if err := i.hear(c.second, c.changed); check.IsBroken(err) != c.broken {
			t.Errorf("%s: %v, want broken %t", name, err, c.broken)
		}
	}
}

func TestMonthsOfPeriods(t *testing.T) {
	for period, want := range map[string][2]int{
		"2024-01": {0, 1}, "2025-12": {23, 1}, "2024-Q2": {3, 3}, "2025-H2": {18, 6}, "2024-9M": {0, 9}, "2025": {12, 12},
	} {
		if first, count := monthsOf(period); first != want[0] || count != want[1] {
			t.Errorf("monthsOf(%s) = %d, %d, want %v", period, first, count, want)
		}
	}
	if got := inHundredths("-3.5"); got != -350 {
		t.Errorf("inHundredths(-3.5) = %d, want -350", got)
	}
}
