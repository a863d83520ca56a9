package rpc

import (
	"fmt"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
)

func TestEachTokenAndAddressIsBoundByItself(t *testing.T) {
	g := newGate(Rates{Token: Rate{PerSecond: 10, Burst: 3}, Address: Rate{PerSecond: 1, Burst: 1}})
	now := time.Unix(0, 0)
	one, two := auth.Caller{Principal: "one"}, auth.Caller{Principal: "two"}
	for i := range 3 {
		if err := g.caller(one, now); err != nil {
			t.Errorf("call %d of the burst: %v", i, err)
		}
	}
	err := g.caller(one, now)
	if fault.ReasonOf(err) != "TOKEN_TOO_FAST" || fault.Of(err).Retry != 100*time.Millisecond {
		t.Errorf("a fourth call = %v after %s, want TOKEN_TOO_FAST and 100ms", err, fault.Of(err).Retry)
	}
	if err := g.caller(two, now); err != nil {
		t.Errorf("another's call: %v", err)
	}
	// What was refused uses nothing up.
	if now = now.Add(100 * time.Millisecond); g.caller(one, now) != nil || g.caller(one, now) == nil {
		t.Error("after as long as was said one call was to be taken, and one alone")
	}
	if g.address("192.0.2.1", now) != nil || fault.ReasonOf(g.address("192.0.2.1", now)) != "ADDRESS_TOO_FAST" || g.address("192.0.2.2", now) != nil {
		t.Error("one call of each address was to be taken")
	}
	for range 5 {
		if err := g.address("127.0.0.1", now); err != nil {
			t.Errorf("loopback: %v", err)
		}
	}
	free := newGate(Rates{})
	for range 1000 {
		if free.caller(one, now) != nil || free.address("192.0.2.1", now) != nil {
			t.Fatal("without bounds a call was refused")
		}
	}
}

// TestManyNamesDoNotFillTheMemory plays more names than are remembered; whoever is bound stays bound while there is room.
func TestManyNamesDoNotFillTheMemory(t *testing.T) {
	m := newMeters(Rate{PerSecond: 1, Burst: 1})
	now := time.Unix(0, 0)
	for i := range mostMeters + 10 {
		m.take(fmt.Sprint(i), now.Add(time.Duration(i/1000)*time.Minute))
	}
	if len(m.of) > mostMeters {
		t.Errorf("%d meters are kept, want at most %d", len(m.of), mostMeters)
	}
}

func TestAQuarterOfThePlacesIsKeptForThoseWhoSend(t *testing.T) {
	g := newGate(Rates{Calls: 8})
	var leave []func()
	take := func(right auth.Right) error {
		out, err := g.enter(right)
		if err == nil {
			leave = append(leave, out)
		}
		return err
	}
	for i := range 6 {
		if err := take(auth.Read); err != nil {
			t.Fatalf("read %d: %v", i, err)
		}
	}
	if err := take(auth.Read); fault.ReasonOf(err) != "SERVER_BUSY" || fault.Of(err).Retry == 0 {
		t.Errorf("a seventh read = %v, want SERVER_BUSY with a delay", err)
	}
	for i := range 2 {
		if err := take(auth.Submit); err != nil {
			t.Errorf("submission %d beside six reads: %v", i, err)
		}
	}
	if err := take(auth.Submit); fault.ReasonOf(err) != "SERVER_BUSY" {
		t.Errorf("a ninth call = %v, want SERVER_BUSY", err)
	}
	for _, out := range leave {
		out()
	}
	if g.calls.Load() != 0 || g.reads.Load() != 0 {
		t.Errorf("%d calls and %d reads are still counted after all have left", g.calls.Load(), g.reads.Load())
	}
}
