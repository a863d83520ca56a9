package committer_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// holding is a bench whose committer holds groups until somebody wants them.
func holding(t *testing.T) *bench {
	t.Helper()
	return newBench(t, func(c *committer.Config) {
		c.Hold, c.HoldIdle = func() bool { return true }, time.Hour
	})
}

// heldFor is how long a group is held at most.
const heldFor = 250 * time.Millisecond

// mention is a decision that is accepted and changes neither tree nor catalogue.
func mention(*aggregator.Tx, committer.Slot) (*entry.Entry, error) {
	return &entry.Entry{Header: entry.Header{Principal: "p"}, Body: entry.StoreCreated{ProgramVersion: "test"}}, nil
}

func (b *bench) do(d committer.Decision) uint64 {
	b.t.Helper()
	o, err := b.c.Do(b.t.Context(), 100, d)
	check(b.t, err)
	return o.Sequence
}

// committed gives how far the file of the state is, read how far readers see it.
func (b *bench) committed() uint64 { return b.position(b.state.Peek) }
func (b *bench) read() uint64      { return b.position(b.state.View) }

func (b *bench) position(look func(context.Context, func(*aggregator.Tx) error) error) (sequence uint64) {
	b.t.Helper()
	check(b.t, look(b.t.Context(), func(tx *aggregator.Tx) error {
		sequence = tx.Position().Head.Sequence
		return nil
	}))
	return sequence
}

func TestGroupsAreAcknowledgedBeforeTheStateCommitsAndReadersSeeThem(t *testing.T) {
	b := holding(t)
	for range 3 {
		b.do(mention)
	}
	if got := b.committed(); got != 0 {
		t.Fatalf("the state committed entry %d, want nothing yet", got)
	}
	if got := b.read(); got != 3 {
		t.Errorf("a reader sees entry %d, want 3: it was acknowledged", got)
	}
	if b.do(mention); b.committed() != 3 {
		t.Errorf("the state is at %d after the next group, want 3: nobody reads any more", b.committed())
	}
}

// While somebody reads, nothing is held back.
func TestNothingIsHeldWhileSomebodyReads(t *testing.T) {
	b := holding(t)
	for want := uint64(1); want <= 3; want++ {
		b.read()
		if b.do(mention); b.committed() != want {
			t.Errorf("the state is at %d, want %d", b.committed(), want)
		}
	}
}

func TestAWaitForAHeldEntryEnds(t *testing.T) {
	b := holding(t)
	b.do(mention)
	head, err := b.state.Wait(t.Context(), 0)
	if err != nil || head.Sequence != 1 {
		t.Errorf("Wait = %d, %v; want entry 1", head.Sequence, err)
	}
}

// A change of the tree is what decisions of later groups stand on, and readers keep two trees at most.
func TestAChangeOfTheTreeIsCommittedAtOnce(t *testing.T) {
	b := holding(t)
	b.do(mention)
	if b.do(addUnit("a")); b.committed() != 2 {
		t.Errorf("the state is at %d, want 2", b.committed())
	}
}

// What was acknowledged stays when a later group of the same transaction is refused or decided again.
func TestARefusedGroupTakesNothingWithIt(t *testing.T) {
	b := holding(t)
	b.do(mention)
	b.gate.fail = func() error { return fault.Exhausted(journal.ReasonStoreFull, "the disk is full") }
	if _, err := b.c.Do(t.Context(), 100, mention); fault.ReasonOf(err) != journal.ReasonStoreFull {
		t.Fatalf("error = %v, want STORE_FULL", err)
	}
	b.gate.fail = nil
	if got := b.read(); got != 1 {
		t.Fatalf("a reader sees entry %d, want 1", got)
	}
	if got := b.do(mention); got != 2 {
		t.Errorf("the next entry is %d, want 2", got)
	}
	once := sync.Once{}
	b.gate.fail = func() (err error) {
		once.Do(func() { err = journal.HeadMoved(0, b.gate.Head()) })
		return err
	}
	if got := b.do(mention); got != 3 || b.read() != 3 {
		t.Errorf("after a conflict the entry is %d and a reader sees %d, want 3", got, b.read())
	}
}

func TestAStopCommitsWhatIsHeld(t *testing.T) {
	b := holding(t)
	b.do(mention)
	b.c.Close()
	if got := b.committed(); got != 1 {
		t.Errorf("the state is at %d, want 1", got)
	}
}

// After a failure nobody is shown a state that lacks what was acknowledged, and the next start knows how far it came.
func TestAfterAFailureWhatIsHeldIsKnownAndNotServed(t *testing.T) {
	b := holding(t)
	b.do(mention)
	b.do(mention)
	b.gate.fail = func() error { return fault.Unavailable(journal.ReasonPoisoned, "the sync failed") }
	if _, err := b.c.Do(t.Context(), 100, mention); fault.ReasonOf(err) != "OUTCOME_UNKNOWN" {
		t.Fatalf("error = %v, want OUTCOME_UNKNOWN", err)
	}
	err := b.state.View(t.Context(), func(*aggregator.Tx) error { return nil })
	if fault.KindOf(err) != fault.KindUnavailable {
		t.Errorf("View = %v, want Unavailable", err)
	}
	if id, sequence, ok := aggregator.Reached(aggregator.Config{Dir: b.dir}); !ok || id != b.gate.ID() || sequence != 2 {
		t.Errorf("Reached = %s, %d, %t; want entry 2 of %s", id, sequence, ok, b.gate.ID())
	}
	if b.state.HasReached(t.Context()) {
		t.Error("HasReached = true of a state that lacks what was acknowledged")
	}
}

// The idle committer does not keep anybody from the state for long.
func TestWhatIsHeldIsCommittedWhenNothingComes(t *testing.T) {
	b := newBench(t, func(c *committer.Config) { c.Hold = func() bool { return true } })
	b.do(mention)
	for ctx := t.Context(); b.committed() != 1 && ctx.Err() == nil; {
		time.Sleep(time.Millisecond)
	}
}

// A change that takes long to apply keeps no reader waiting: what was acknowledged before it is committed first.
func TestNobodyWaitsForASlowChange(t *testing.T) {
	for name, do := range map[string]func(*bench, committer.Decision) (committer.Outcome, error){
		"said to be slow": func(b *bench, d committer.Decision) (committer.Outcome, error) {
			return b.c.DoSlowly(t.Context(), 100, d)
		},
		"large": func(b *bench, d committer.Decision) (committer.Outcome, error) { return b.c.Do(t.Context(), 1<<20, d) },
	} {
		t.Run(name, func(t *testing.T) {
			b := holding(t)
			b.do(mention)
			begun, end, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
			go func() {
				_, err := do(b, func(tx *aggregator.Tx, at committer.Slot) (*entry.Entry, error) {
					close(begun)
					<-end
					return mention(tx, at)
				})
				done <- err
			}()
			<-begun
			read := make(chan uint64, 1)
			go func() { read <- b.read() }()
			select {
			case got := <-read:
				if got != 1 {
					t.Errorf("a reader sees entry %d, want 1", got)
				}
			case <-time.After(10 * time.Second):
				t.Error("a reader waits for a change that is being decided")
			}
			close(end)
			check(t, <-done)
		})
	}
}

// What is held is committed in time, also where only refusals follow.
func TestRefusalsKeepNothingHeld(t *testing.T) {
	b := holding(t)
	b.do(mention)
	time.Sleep(heldFor + 20*time.Millisecond)
	_, err := b.c.Do(t.Context(), 100, func(*aggregator.Tx, committer.Slot) (*entry.Entry, error) {
		return nil, fault.Invalid("NO", "no")
	})
	if fault.ReasonOf(err) != "NO" || b.committed() != 1 {
		t.Errorf("error = %v, the state is at %d; want NO, and 1", err, b.committed())
	}
}

func TestMuchIsNotHeld(t *testing.T) {
	b := holding(t)
	large := func(*aggregator.Tx, committer.Slot) (*entry.Entry, error) {
		e, err := mention(nil, committer.Slot{})
		e.Body = entry.StoreCreated{ProgramVersion: strings.Repeat("x", 7<<20)}
		return e, err
	}
	for n := uint64(1); n <= 6; n++ { // the clock may commit earlier, never later
		if b.do(large); n-b.committed() > 2 {
			t.Errorf("the state is at %d of %d: 21 MiB are not held", b.committed(), n)
		}
	}
}
