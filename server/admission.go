package server

import (
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Connections bound who may connect to one door. The zero value does not.
type Connections struct {
	// Most is how many there may be at once.
	Most int
	// PerSecond and Burst are how many new ones one address may make; loopback addresses are not bound, since they are of
	// this machine or of a proxy.
	PerSecond float64
	Burst     int
}

// admission is a listener that closes at once what is too much: whoever waits in a queue would be kept from nothing.
type admission struct {
	net.Listener
	Connections
	log  *slog.Logger
	now  func() time.Time
	open atomic.Int64
	// told keeps a flood of connections from being a flood of lines.
	told *rate.Limiter

	mu sync.Mutex
	of map[string]*rate.Limiter
}

// mostAddresses is how many addresses are remembered.
const mostAddresses = 1 << 16

func admit(l net.Listener, cfg Config) net.Listener {
	if cfg.Connections == (Connections{}) {
		return l
	}
	return &admission{
		Listener: l, Connections: cfg.Connections, log: cfg.Logger, now: time.Now,
		told: rate.NewLimiter(1, 1), of: map[string]*rate.Limiter{},
	}
}

// Accept waits for a connection that may be.
func (a *admission) Accept() (net.Conn, error) {
	for {
		conn, err := a.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if why := a.refuse(conn.RemoteAddr()); why != "" {
			if a.told.AllowN(a.now(), 1) {
				a.log.Warn("connections are refused", "why", why, "address", conn.RemoteAddr().String())
			}
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // nothing is kept of it
			}
			_ = conn.Close()
			continue
		}
		a.open.Add(1)
		return &admitted{Conn: conn, of: a}, nil
	}
}

// refuse says why a connection may not be; empty if it may.
func (a *admission) refuse(from net.Addr) string {
	if a.Most > 0 && a.open.Load() >= int64(a.Most) {
		return "there are as many as may be"
	}
	host, _, err := net.SplitHostPort(from.String())
	if ip := net.ParseIP(host); a.PerSecond <= 0 || err != nil || ip == nil || ip.IsLoopback() {
		return ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	meter, known := a.of[host]
	if !known {
		if len(a.of) >= mostAddresses {
			a.of = map[string]*rate.Limiter{}
		}
		meter = rate.NewLimiter(rate.Limit(a.PerSecond), max(a.Burst, 1))
		a.of[host] = meter
	}
	if !meter.AllowN(a.now(), 1) {
		return "one address makes too many"
	}
	return ""
}

// admitted gives its place back when it is closed.
type admitted struct {
	net.Conn
	of   *admission
	once sync.Once
}

// Close closes the connection.
func (c *admitted) Close() error {
	c.once.Do(func() { c.of.open.Add(-1) })
	return c.Conn.Close()
}
