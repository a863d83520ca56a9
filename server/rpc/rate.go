package rpc

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
)

// Rate is how fast somebody may call: so many times a second in the long run, and so many at once before that counts. The
// zero value does not bound.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Rates bound how fast callers may call, before anything is read for them. A stream is one call.
type Rates struct {
	// Token is for each token, or each person; Address for each machine, whoever calls from there. Loopback addresses are
	// not bound: they are of this machine, or of a proxy before it that knows better who calls.
	Token, Address Rate
	// Calls is how many unary calls there may be at once. Those that read may be three quarters of them: the rest is kept
	// for those who send reports. 0 does not bound.
	Calls int
}

// retryBusy is after how long it is worth trying again where all places were taken.
const retryBusy = time.Second

// gate counts calls.
type gate struct {
	tokens, addresses *meters
	calls, reads      atomic.Int64
	mostCalls         int64
}

func newGate(r Rates) *gate {
	return &gate{tokens: newMeters(r.Token), addresses: newMeters(r.Address), mostCalls: int64(r.Calls)}
}

// address asks whether a machine may call now.
func (g *gate) address(address string, now time.Time) error {
	if ip := net.ParseIP(address); ip == nil || ip.IsLoopback() {
		return nil
	}
	if wait := g.addresses.take(address, now); wait > 0 {
		return fault.Exhausted("ADDRESS_TOO_FAST", "more calls come from your address than it may make; try again in %s", roundUp(wait)).After(wait)
	}
	return nil
}

// caller asks whether somebody may call now.
func (g *gate) caller(c auth.Caller, now time.Time) error {
	if wait := g.tokens.take(c.Principal, now); wait > 0 {
		return fault.Exhausted("TOKEN_TOO_FAST",
			"more calls come with your token than it may make; try again in %s, and send many reports in one call or a stream", roundUp(wait)).After(wait)
	}
	return nil
}

func roundUp(d time.Duration) time.Duration {
	return d.Truncate(10*time.Millisecond) + 10*time.Millisecond
}

// enter takes one of the places for unary calls until leave.
func (g *gate) enter(right auth.Right) (leave func(), err error) {
	if g.mostCalls == 0 {
		return func() {}, nil
	}
	reads := right == auth.Read
	if g.calls.Add(1) > g.mostCalls || reads && g.reads.Load() >= g.mostCalls-g.mostCalls/4 {
		g.calls.Add(-1)
		return nil, fault.Exhausted("SERVER_BUSY", "the server has as many calls as it takes; try again in a moment").After(retryBusy)
	}
	if !reads {
		return func() { g.calls.Add(-1) }, nil
	}
	g.reads.Add(1)
	return func() { g.reads.Add(-1); g.calls.Add(-1) }, nil
}

// mostMeters is how many are remembered: beyond it those that are full, as new ones would be, are forgotten.
const mostMeters = 1 << 16

// meters keep one meter for each name.
type meters struct {
	rate Rate
	mu   sync.Mutex
	of   map[string]*rate.Limiter
}

func newMeters(r Rate) *meters { return &meters{rate: r, of: map[string]*rate.Limiter{}} }

// take takes a call, or says after how long there is one.
func (m *meters) take(name string, now time.Time) time.Duration {
	if m.rate.PerSecond <= 0 {
		return 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	meter, known := m.of[name]
	if !known {
		if len(m.of) >= mostMeters {
			m.forget(now)
		}
		meter = rate.NewLimiter(rate.Limit(m.rate.PerSecond), max(m.rate.Burst, 1))
		m.of[name] = meter
	}
	taken := meter.ReserveN(now, 1)
	wait := taken.DelayFrom(now)
	if wait > 0 {
		taken.CancelAt(now)
	}
	return wait
}

// forget drops the meters that are full; where none is, all: somebody plays many names, and would fill the memory.
func (m *meters) forget(now time.Time) {
	for name, meter := range m.of {
		if meter.TokensAt(now) >= float64(meter.Burst()) {
			delete(m.of, name)
		}
	}
	if len(m.of) >= mostMeters {
		m.of = map[string]*rate.Limiter{}
	}
}
