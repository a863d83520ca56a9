package filejournal

import (
	"errors"
	"flag"
	"math/rand/v2"
	"syscall"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

var seedFlag = flag.Uint64("journalseed", 0, "first seed of the tests of crashes; 0 means the built-in ones")

const scenarioSteps = 25

// seeds are few by default, because every one means a run for each operation of its scenario.
func seeds(n uint64) (first, end uint64) {
	first = max(*seedFlag, 1)
	return first, first + n
}

// eachOperation runs a scenario once for each of its operations on the disk, with the given failure there, and hands
// over what is left.
func eachOperation(t *testing.T, failure error, after func(t *testing.T, s *scenario, seed uint64, k int)) {
	first, end := seeds(4)
	for seed := first; seed < end; seed++ {
		whole := newScenario(t, seed)
		if err := errors.Join(whole.create(), whole.live(scenarioSteps)); err != nil {
			t.Fatalf("seed %d without a fault: %v", seed, err)
		}
		for k := 1; k <= whole.disk.count; k++ {
			s := newScenario(t, seed)
			s.failAt(k, failure)
			if err := s.create(); err == nil {
				_ = s.live(scenarioSteps)
			}
			after(t, s, seed, k)
			if t.Failed() {
				return
			}
		}
		t.Logf("seed %d: %d operations", seed, whole.disk.count)
	}
}

// goOn checks what the next process finds, works with it, and checks again.
func goOn(t *testing.T, s *scenario, seed uint64, k int) {
	t.Helper()
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"the start after the fault", s.check},
		{"work after that start", func() error { return s.live(5) }},
		{"the start after that", s.check},
		{"the end", func() error { return s.j.Close() }},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("seed %d, operation %d, %s: %v", seed, k, step.name, fault.Of(err).Private())
		}
	}
}

// Whatever the power cut leaves of unsynced sectors and names: all that was acknowledged is there.
func TestPowerCutAtEveryOperation(t *testing.T) {
	eachOperation(t, errPower, func(t *testing.T, s *scenario, seed uint64, k int) {
		s.disk = s.disk.powerCut(rand.New(rand.NewPCG(seed, uint64(k))))
		goOn(t, s, seed, k)
	})
}

// The process is killed, the cache stays; later the power goes as well.
func TestKillAtEveryOperation(t *testing.T) {
	eachOperation(t, errPower, func(t *testing.T, s *scenario, seed uint64, k int) {
		random := rand.New(rand.NewPCG(seed, uint64(k)))
		s.disk = s.disk.restart(random)
		if err := s.check(); err != nil {
			t.Fatalf("seed %d, operation %d: %v", seed, k, err)
		}
		s.disk = s.disk.powerCut(random)
		goOn(t, s, seed, k)
	})
}

// After a failed flush the cache shows what the disk does not hold. What the next start shows must survive a power cut,
// which is why it writes the last group again.
func TestDiskErrorAtEveryOperationThenPowerCut(t *testing.T) {
	eachOperation(t, syscall.EIO, func(t *testing.T, s *scenario, seed uint64, k int) {
		random := rand.New(rand.NewPCG(seed, uint64(k)))
		if s.j != nil {
			_ = s.j.Close()
		}
		s.disk = s.disk.restart(random)
		if err := s.check(); err != nil {
			t.Fatalf("seed %d, operation %d: %v", seed, k, fault.Of(err).Private())
		}
		s.disk = s.disk.powerCut(random)
		goOn(t, s, seed, k)
	})
}

// The control: on a disk whose flushes do nothing the tests above must find losses, or they are blind.
func TestALyingDiskIsCaught(t *testing.T) {
	caught := 0
	for seed := uint64(1); seed <= 20; seed++ {
		s := newScenario(t, seed)
		if err := s.create(); err != nil {
			t.Fatal(err)
		}
		s.disk.lies = true
		for range 5 {
			if err := s.append(s.group()); err != nil {
				t.Fatal(err)
			}
		}
		s.disk = s.disk.powerCut(rand.New(rand.NewPCG(seed, 1)))
		if s.check() != nil {
			caught++
		}
	}
	if caught < 15 {
		t.Errorf("%d of 20 losses were found, want at least 15", caught)
	}
}

// The sectors of one group reach the disk in any order. It is there whole, or it is cut off; never in part.
func TestSectorsOfTheLastGroupInAnyOrder(t *testing.T) {
	first, end := seeds(300)
	whole, cut := 0, 0
	for seed := first; seed < end; seed++ {
		s := newScenario(t, seed)
		if err := s.create(); err != nil {
			t.Fatal(err)
		}
		if err := s.append(s.group()); err != nil {
			t.Fatal(err)
		}
		s.disk.before = func(op operation) error {
			if op.verb == "sync" && op.name != preparedName {
				s.disk.dark = true
				return errPower
			}
			return nil
		}
		records := []journal.Record{{Public: s.text("public", 900)}, {Public: s.text("public", 900), Salt: [16]byte{1}, Private: s.text("private", 900)}}
		if err := s.append(records); err == nil {
			t.Fatalf("seed %d: the group is acknowledged without a flush", seed)
		}
		known := len(s.acknowledged)
		s.disk = s.disk.powerCut(s.random)
		if err := s.check(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if len(s.acknowledged) > known {
			whole++
		} else {
			cut++
		}
	}
	if whole == 0 || cut == 0 {
		t.Errorf("whole %d times, cut off %d times: one case was never met", whole, cut)
	}
}
