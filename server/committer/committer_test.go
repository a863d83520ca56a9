package committer_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
	"github.com/tonghop/tonghop/server/period"
)

// gate is a journal whose appends a test holds back, counts, or makes fail.
type gate struct {
	journal.Journal
	mu     sync.Mutex
	groups []int
	hold   chan struct{} // an append waits for a value; nil lets it pass
	fail   func() error
}

func (g *gate) Append(ctx context.Context, after uint64, records []journal.Record) (journal.Head, error) {
	if g.hold != nil {
		<-g.hold
	}
	g.mu.Lock()
	g.groups = append(g.groups, len(records))
	fail := g.fail
	g.mu.Unlock()
	if fail != nil {
		if err := fail(); err != nil {
			return journal.Head{}, err
		}
	}
	return g.Journal.Append(ctx, after, records)
}

// bench is a committer over a real journal and a real state.
type bench struct {
	t     *testing.T
	gate  *gate
	state *aggregator.Store
	c     *committer.Committer
	now   time.Time
	dir   string
}

func newBench(t *testing.T, change func(*committer.Config)) *bench {
	t.Helper()
	dir, ctx := t.TempDir(), t.Context()
	logs := filejournal.Config{Dir: dir + "/journal", SegmentBytes: 64 << 10}
	check(t, filejournal.Create(ctx, logs, journal.ID{9}))
	file, err := filejournal.Open(ctx, logs)
	check(t, err)
	state, _, err := aggregator.Open(ctx, aggregator.Config{Dir: dir})
	check(t, err)
	check(t, state.Replay(ctx, file, nil))
	b := &bench{t: t, gate: &gate{Journal: file}, state: state, dir: dir, now: time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)}
	cfg := committer.Config{
		Journal: b.gate, State: state, Now: b.clock, Logger: slog.New(slog.DiscardHandler),
		Random: func(salt []byte) { salt[0] = 1 },
	}
	if change != nil {
		change(&cfg)
	}
	b.c = committer.New(cfg)
	t.Cleanup(func() {
		b.c.Close()
		_ = errors.Join(state.Close(), file.Close())
	})
	return b
}

func (b *bench) clock() time.Time {
	b.gate.mu.Lock()
	defer b.gate.mu.Unlock()
	return b.now
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", fault.Of(err).Private())
	}
}

// addUnit is a decision that adds a unit unless the state has it already.
func addUnit(code string) committer.Decision {
	return func(tx *aggregator.Tx, _ committer.Slot) (*entry.Entry, error) {
		id := hierarchy.NewID(hierarchy.Code(code), period.Beginning)
		if _, known := tx.Tree().Unit(id); known {
			return nil, fault.Exists("UNIT_EXISTS", "unit %s is there", id)
		}
		return &entry.Entry{Header: entry.Header{Principal: "p"}, Body: entry.UnitsChanged{Units: []hierarchy.Unit{{
			ID: id, Code: hierarchy.Code(code), Kind: "commune", NameVI: "Xã " + code,
			ValidFrom: period.Beginning, ValidTo: period.Forever,
		}}}}, nil
	}
}

// Request 2 of a group sees request 1, and a group is one append.
func TestR38AGroupDecidesInTurnAndIsOneAppend(t *testing.T) {
	b := newBench(t, nil)
	b.gate.hold = make(chan struct{})
	first := b.async(addUnit("first"))
	time.Sleep(50 * time.Millisecond) // the first is in its append; everybody else collects
	var waiting []<-chan result
	for range 20 {
		waiting = append(waiting, b.async(addUnit("same")))
	}
	time.Sleep(50 * time.Millisecond)
	close(b.gate.hold)
	check(t, (<-first).err)
	accepted, refused := 0, 0
	for _, w := range waiting {
		switch r := <-w; fault.ReasonOf(r.err) {
		case "":
			accepted++
		case "UNIT_EXISTS":
			refused++
		default:
			t.Errorf("error = %v, want none or UNIT_EXISTS", r.err)
		}
	}
	if accepted != 1 || refused != 19 {
		t.Errorf("%d accepted and %d refused, want 1 and 19", accepted, refused)
	}
	if len(b.gate.groups) != 2 {
		t.Errorf("groups = %v, want the first alone and one for the rest", b.gate.groups)
	}
}

type result struct {
	outcome committer.Outcome
	err     error
}

func (b *bench) async(d committer.Decision) <-chan result {
	done := make(chan result, 1)
	go func() {
		o, err := b.c.Do(context.Background(), 100, d)
		done <- result{o, err}
	}()
	return done
}

func TestOutcomeNamesTheEntryThatTheJournalHas(t *testing.T) {
	b := newBench(t, nil)
	for i := range 3 {
		o, err := b.c.Do(t.Context(), 100, addUnit(fmt.Sprint("u", i)))
		check(t, err)
		head := b.gate.Head()
		if !o.Accepted || o.Sequence != head.Sequence || o.Hash != head.Hash || o.JournalID != b.gate.ID() || !o.Time.Equal(b.now) {
			t.Errorf("outcome = %+v, want the head %+v at %v", o, head, b.now)
		}
	}
	check(t, b.state.View(t.Context(), func(tx *aggregator.Tx) error {
		if tx.Position().Head != b.gate.Head() || tx.Tree().Len() != 3 {
			t.Errorf("state at %+v with %d units, want the journal's head and 3", tx.Position().Head, tx.Tree().Len())
		}
		return nil
	}))
}

// A decision that changes nothing makes no entry and no append.
func TestNoChangeIsNoEntry(t *testing.T) {
	b := newBench(t, nil)
	o, err := b.c.Do(t.Context(), 100, func(*aggregator.Tx, committer.Slot) (*entry.Entry, error) { return nil, nil })
	check(t, err)
	if o.Accepted || len(b.gate.groups) != 0 || b.gate.Head().Sequence != 0 {
		t.Errorf("outcome = %+v after %v, want nothing accepted and nothing appended", o, b.gate.groups)
	}
}

func TestR39AQueueThatIsFullRefuses(t *testing.T) {
	b := newBench(t, func(c *committer.Config) { c.MaxWaiting = 2 })
	b.gate.hold = make(chan struct{})
	first := b.async(addUnit("a"))
	time.Sleep(50 * time.Millisecond)
	second, third := b.async(addUnit("b")), b.async(addUnit("c"))
	time.Sleep(50 * time.Millisecond)
	_, err := b.c.Do(t.Context(), 100, addUnit("d"))
	if e := fault.Of(err); fault.ReasonOf(err) != "OVERLOADED" || e.Retry == 0 {
		t.Errorf("error = %v, want OVERLOADED with a delay", err)
	}
	close(b.gate.hold)
	for _, w := range []<-chan result{first, second, third} {
		check(t, (<-w).err)
	}
}

// A request whose deadline passed is dropped before it is decided.
func TestR39WhoLeftIsNotDecided(t *testing.T) {
	b := newBench(t, nil)
	b.gate.hold = make(chan struct{})
	first := b.async(addUnit("a"))
	time.Sleep(50 * time.Millisecond)
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	decided := false
	go func() {
		_, err := b.c.Do(ctx, 100, func(*aggregator.Tx, committer.Slot) (*entry.Entry, error) {
			decided = true
			return nil, nil
		})
		left <- err
	}()
	time.Sleep(50 * time.Millisecond)
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want that of the context", err)
	}
	close(b.gate.hold)
	check(t, (<-first).err)
	b.c.Close()
	if decided {
		t.Error("a request that had left was decided")
	}
}

// After an append that failed nothing is known: everybody is told so, and nothing more is taken.
func TestAFailedAppendPoisons(t *testing.T) {
	b := newBench(t, nil)
	b.gate.fail = func() error { return fault.Unavailable(journal.ReasonPoisoned, "the sync failed") }
	_, err := b.c.Do(t.Context(), 100, addUnit("a"))
	if fault.ReasonOf(err) != "OUTCOME_UNKNOWN" {
		t.Errorf("error = %v, want OUTCOME_UNKNOWN", err)
	}
	select {
	case <-b.c.Poisoned():
	case <-time.After(5 * time.Second):
		t.Fatal("the committer is not poisoned")
	}
	b.gate.fail = nil
	if _, err := b.c.Do(t.Context(), 100, addUnit("b")); fault.ReasonOf(err) != "OUTCOME_UNKNOWN" {
		t.Errorf("the next request: %v, want OUTCOME_UNKNOWN", err)
	}
}

// A full disk refuses the group whole and the committer goes on.
func TestAFullDiskRefusesAndGoesOn(t *testing.T) {
	b := newBench(t, nil)
	b.gate.fail = func() error { return fault.Exhausted(journal.ReasonStoreFull, "the disk is full") }
	if _, err := b.c.Do(t.Context(), 100, addUnit("a")); fault.ReasonOf(err) != journal.ReasonStoreFull {
		t.Errorf("error = %v, want STORE_FULL", err)
	}
	b.gate.fail = nil
	_, err := b.c.Do(t.Context(), 100, addUnit("a"))
	check(t, err)
}

// When another server moved the head, the state catches up and the group is decided again.
func TestAConflictDecidesAgain(t *testing.T) {
	b := newBench(t, nil)
	decided := 0
	once := sync.Once{}
	b.gate.fail = func() error {
		var err error
		once.Do(func() {
			public, _, encodeErr := entry.Encode(entry.Entry{
				Header: entry.Header{Sequence: 1, Time: b.now, Principal: "other"}, Body: entry.StoreCreated{ProgramVersion: "other"},
			})
			_, appendErr := b.gate.Journal.Append(context.Background(), 0, []journal.Record{{Public: public}})
			if err = errors.Join(encodeErr, appendErr); err == nil {
				err = journal.HeadMoved(0, b.gate.Head())
			}
		})
		return err
	}
	o, err := b.c.Do(t.Context(), 100, func(tx *aggregator.Tx, at committer.Slot) (*entry.Entry, error) {
		decided++
		return addUnit("a")(tx, at)
	})
	check(t, err)
	if decided != 2 || o.Sequence != 2 {
		t.Errorf("decided %d times, entry %d; want twice, entry 2 after the other server's", decided, o.Sequence)
	}
}

func TestR41TimeNeverRunsBack(t *testing.T) {
	b := newBench(t, nil)
	_, err := b.c.Do(t.Context(), 100, addUnit("a"))
	check(t, err)
	was := b.now
	b.now = was.Add(-time.Minute)
	o, err := b.c.Do(t.Context(), 100, addUnit("b"))
	check(t, err)
	if !o.Time.Equal(was) {
		t.Errorf("time = %v, want that of the predecessor, %v", o.Time, was)
	}
	b.now = was.Add(-6 * time.Minute)
	if _, err := b.c.Do(t.Context(), 100, addUnit("c")); fault.ReasonOf(err) != "CLOCK_BEHIND" {
		t.Errorf("error = %v, want CLOCK_BEHIND", err)
	}
}

func TestR40ARequestMayNotBeTooLarge(t *testing.T) {
	b := newBench(t, nil)
	_, err := b.c.Do(t.Context(), committer.MaxEntryBytes+1, addUnit("a"))
	if fault.ReasonOf(err) != "REQUEST_TOO_LARGE" {
		t.Errorf("error = %v, want REQUEST_TOO_LARGE", err)
	}
}
