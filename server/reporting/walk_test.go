package reporting_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
)

var walkSeed = flag.Uint64("walkseed", 0, "walk again from this seed; 0 draws one")

// How many walks there are, on how many worlds, and how long each is.
const (
	walks         = 1000
	walksOfAWorld = 125
	movesOfAWalk  = 14
)

var walkUnits = []string{"A", "B", "C"}

// walkMove is one thing that somebody tries.
type walkMove struct {
	what, unit, by string
	etag, reason   string
	figures        map[string]string
	draft, merge   bool
	behalf, force  bool
	restores       int
	units          []string
	until          time.Time
}

// TestNoWalkReachesAnIllegalState lets people draft, send, merge, correct, restore, approve, return, exclude, lift, close and reopen
// in any order, and holds each answer, each report and each closing against a model that knows the rules alone. Every move
// that is taken has an entry that says who made it and, where one is due, why; every other one has none.
func TestNoWalkReachesAnIllegalState(t *testing.T) {
	seed := *walkSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d (again: -walkseed %d)", seed, seed)
	taken := map[string]int{}
	count := walks
	if testing.Short() {
		count /= 5
	}
	for first := 0; first < count; first += walksOfAWorld {
		w := newWorld(t)
		people := map[string]auth.Caller{"D": w.token(auth.Approver, "D"), "P": w.token(auth.Approver, "P")}
		for _, unit := range walkUnits {
			people[unit] = w.token(auth.Reporter, unit)
		}
		for n := first; n < first+walksOfAWorld; n++ {
			month := period.Of(2024, period.Month, 4)
			for range n - first {
				month = month.Prev()
			}
			k := &lifeWalk{world: w, people: people, month: month.String(), random: rand.New(rand.NewPCG(seed, uint64(n))), taken: taken} //nolint:gosec // a test
			if told := k.run(); told != "" {
				t.Fatalf("walk %d of seed %d:\n%s\n%s", n, seed, strings.Join(k.told, "\n"), told)
			}
		}
	}
	for _, what := range walkMoves {
		if taken[what] == 0 && !testing.Short() {
			t.Errorf("no walk ever took the move %s: %v", what, taken)
		}
	}
}

// lifeWalk is one walk, in a month of its own.
type lifeWalk struct {
	*world
	people map[string]auth.Caller
	month  string
	random *rand.Rand
	model  *walkModel
	told   []string
	taken  map[string]int
}

var walkMoves = []string{"draft", "submit", "merge", "correct", "restore", "approve", "return", "exclude", "lift", "close", "reopen"}

// run makes the moves, and tells where something is not as the model says.
func (k *lifeWalk) run() string {
	k.model = newWalkModel(k.now)
	for range movesOfAWalk {
		k.now = k.now.Add(61 * time.Second) // one draft a minute
		k.model.now = k.now
		m := k.draw()
		before := k.head()
		receipt, err := k.make(m)
		want := k.model.take(m)
		got := fault.ReasonOf(err)
		if err == nil && receipt.Sequence == 0 {
			got = "UNCHANGED"
		}
		k.told = append(k.told, fmt.Sprintf("%+v: %s", m, got))
		if got != want {
			return fmt.Sprintf("that is answered with %q (%v), and by the rules with %q", got, err, want)
		}
		if want == "" {
			k.taken[m.what]++
			if said := k.entry(m, receipt); said != "" {
				return said
			}
		} else if after := k.head(); after != before {
			return fmt.Sprintf("what was refused or no change left an entry: the head was %d and is %d", before, after)
		}
		if said := k.compare(); said != "" {
			return said
		}
	}
	return ""
}

func (k *lifeWalk) pick(from ...string) string { return from[k.random.IntN(len(from))] }

// draw draws a move; most carry what can be seen.
func (k *lifeWalk) draw() walkMove {
	m := walkMove{what: walkMoves[k.random.IntN(len(walkMoves))], unit: k.pick(walkUnits...), reason: k.pick("vì vậy", "vì vậy", "vì vậy", "")}
	r := k.model.reports[m.unit]
	switch m.what {
	case "approve", "return":
		m.by, m.etag = k.pick(reviewerOf(m.unit), reviewerOf(m.unit), "P"), r.etag(false)
	case "exclude", "lift":
		m.by, m.etag = k.pick(reviewerOf(m.unit), reviewerOf(m.unit), "P"), r.etag(false)
	case "close", "reopen":
		k.drawPeriod(&m)
	default:
		k.drawFigures(&m, r)
	}
	if k.random.IntN(8) == 0 {
		m.etag = k.pick("1-submitted", "2-approved", "1-0", "none")
	}
	return m
}

func (k *lifeWalk) drawPeriod(m *walkMove) {
	m.by, m.force = "P", k.random.IntN(2) == 0
	reopenings := 0
	if n := len(k.model.versions); n > 0 {
		reopenings = len(k.model.versions[n-1])
	}
	m.etag = fmt.Sprintf("%d-%d", len(k.model.versions), reopenings)
	m.until = k.now.Add(time.Duration(1+k.random.IntN(8)) * time.Minute).Truncate(time.Second)
	if k.random.IntN(2) == 0 {
		m.units = slices.Clone(walkUnits[:1+k.random.IntN(2)])
	}
}

func (k *lifeWalk) drawFigures(m *walkMove, r *walkReport) {
	m.by, m.figures = m.unit, map[string]string{"FLOW": k.pick("1", "2", "3")}
	if k.random.IntN(3) == 0 {
		m.figures["STOCK"] = k.pick("5", "6")
	}
	m.draft, m.merge = m.what == "draft", m.what == "merge"
	if !m.draft && k.random.IntN(4) == 0 {
		m.by, m.behalf = k.pick("P", reviewerOf(m.unit)), true
	}
	if newest, _ := r.last(!m.behalf); newest != nil && m.what != "submit" {
		m.etag = strings.TrimSuffix(r.etag(!m.behalf), "-excluded")
	}
	if m.what == "restore" {
		m.restores = 1 + k.random.IntN(len(r.revisions)+1)
		m.figures = nil
	}
}

// make asks the service.
func (k *lifeWalk) make(m walkMove) (reporting.Receipt, error) {
	ctx, call := k.t.Context(), k.call(k.people[m.by])
	ref := reporting.ReportRef{Unit: m.unit, Form: "M", Period: k.month}
	closing := reporting.ClosingRef{Form: "M", Period: k.month, Owner: "P"}
	var receipt reporting.Receipt
	var err error
	switch m.what {
	case "approve":
		_, receipt, _, err = k.svc.Approve(ctx, call, ref, m.etag)
	case "return":
		_, receipt, _, err = k.svc.Return(ctx, call, ref, m.etag, m.reason)
	case "exclude":
		_, receipt, _, err = k.svc.Exclude(ctx, call, ref, m.etag, m.reason)
	case "lift":
		_, receipt, _, err = k.svc.Lift(ctx, call, ref, m.etag, m.reason)
	case "close":
		_, receipt, _, err = k.svc.ClosePeriod(ctx, call, closing, m.etag, m.reason, m.force)
	case "reopen":
		_, receipt, _, err = k.svc.ReopenPeriod(ctx, call, closing, m.etag, m.reason, m.units, m.until)
	case "restore":
		_, receipt, _, err = k.svc.RestoreRevision(ctx, call, ref, m.restores, m.etag)
	default:
		sub := reporting.Submission{Ref: ref, Etag: m.etag, Draft: m.draft, Merge: m.merge}
		for _, code := range []string{"FLOW", "STOCK"} {
			if text, has := m.figures[code]; has {
				sub.Figures = append(sub.Figures, reporting.FigureDraft{Indicator: code, Value: &text, Format: figure.Plain})
			}
		}
		var o reporting.Outcome
		o, _, _, err = k.svc.Submit(ctx, call, sub)
		receipt = o.Receipt
	}
	return receipt, err
}

// entry tells where the entry of a move does not say who made it, on which request, and why.
func (k *lifeWalk) entry(m walkMove, receipt reporting.Receipt) string {
	var e entry.Entry
	err := k.journal.Read(k.t.Context(), receipt.Sequence, func(raw journal.Entry) error {
		decoded, err := entry.Decode(raw.Public, raw.Private)
		e = decoded
		return errors.Join(err, errStop)
	})
	if !errors.Is(err, errStop) {
		return fmt.Sprintf("the entry %d of a move cannot be read: %v", receipt.Sequence, err)
	}
	reason, due := reasonIn(e.Body)
	if e.Header.Principal != k.people[m.by].Principal || e.Header.RequestID == ([16]byte{}) || due && reason == "" {
		return fmt.Sprintf("the entry %d of %s says by %q on %x because %q: %T", receipt.Sequence, m.what, e.Header.Principal, e.Header.RequestID, reason, e.Body)
	}
	return ""
}

var errStop = errors.New("read enough")

// reasonIn gives the reason that a body has, and whether it must have one.
func reasonIn(body entry.Body) (reason string, due bool) {
	switch b := body.(type) {
	case entry.ReportReturned:
		return b.Reason, true
	case entry.ObligationExcluded:
		return b.Reason, true
	case entry.ExclusionLifted:
		return b.Reason, true
	case entry.PeriodClosed:
		return b.Reason, b.Forced
	case entry.PeriodReopened:
		return b.Reason, true
	}
	return "", false
}

// compare tells where the store is in another state than the model.
func (k *lifeWalk) compare() string {
	for _, unit := range walkUnits {
		want := k.model.reports[unit]
		got, _, err := k.svc.GetExclusion(k.t.Context(), k.admin, reporting.ReportRef{Unit: unit, Form: "M", Period: k.month})
		if err != nil {
			return err.Error()
		}
		official := want.with(isApproved)
		if got.Excluded() != want.excluded || got.Official != official || got.Provisional != max(official, want.with(isSubmitted)) || len(got.Revisions) != len(want.revisions) {
			return fmt.Sprintf("%s: the store has %+v, by the rules it is %+v", unit, got.Report, want)
		}
		for i, v := range got.Revisions {
			w := want.revisions[i]
			if v.State.String() != string(w.state) || v.OnBehalf != w.behalf || v.RestoredFrom != w.restored || len(v.Figures) != len(w.figures) {
				return fmt.Sprintf("%s: revision %d of the store is %+v, by the rules it is %+v", unit, i+1, v, w)
			}
		}
	}
	c := k.closingNow(reporting.ClosingRef{Form: "M", Period: k.month, Owner: "P"})
	reopenings := 0
	for _, v := range c.Versions {
		reopenings += len(v.Reopenings)
	}
	for _, v := range k.model.versions {
		reopenings -= len(v)
	}
	if len(c.Versions) != len(k.model.versions) || reopenings != 0 {
		return fmt.Sprintf("the closing is %+v, by the rules there are %d", c, len(k.model.versions))
	}
	return ""
}
