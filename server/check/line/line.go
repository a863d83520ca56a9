//go:build unix

package line

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
)

// Line is a daemon that may be killed, and the connections to it. Its methods may be called by many goroutines.
type Line struct {
	cfg   daemon.Config
	began time.Time

	mu     sync.Mutex
	now    *daemon.Daemon
	deaths []death
	conns  []*grpc.ClientConn
}

// death is the end of one daemon; dead is closed when it has come.
type death struct {
	at   time.Duration
	dead chan struct{}
}

// Open starts a daemon, which lives no longer than the context.
func Open(ctx context.Context, cfg daemon.Config) (*Line, error) {
	d, err := daemon.Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return &Line{cfg: cfg, began: time.Now(), now: d, deaths: []death{{dead: make(chan struct{})}}}, nil
}

// Daemon is the one that runs, or ran last.
func (l *Line) Daemon() *daemon.Daemon {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// Clock is the time since the line was opened. It never goes back.
func (l *Line) Clock() time.Duration { return time.Since(l.began) }

// Life is the number of the daemon that runs, from 0.
func (l *Line) Life() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.deaths) - 1
}

// Died waits until the daemon with a number has ended and gives the time at which it surely had: nothing that it was
// asked has an effect afterwards. False: it did not end within the time.
func (l *Line) Died(ctx context.Context, life int, within time.Duration) (time.Duration, bool) {
	l.mu.Lock()
	dead := l.deaths[life].dead
	l.mu.Unlock()
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-dead:
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.deaths[life].at, true
	case <-late.C:
	case <-ctx.Done():
	}
	return 0, false
}

// Kill ends the daemon as a crash would and starts another one on the same folder, which lives no longer than the context.
// Nobody else may kill meanwhile. A daemon that had ended by itself has broken a promise.
func (l *Line) Kill(ctx context.Context) error {
	d := l.Daemon()
	exit := d.Kill()
	l.mu.Lock()
	last := &l.deaths[len(l.deaths)-1]
	last.at = l.Clock()
	close(last.dead)
	l.mu.Unlock()
	if exit.Signal != syscall.SIGKILL {
		return check.Broken("the server ended by itself: %s", exit)
	}
	d, err := daemon.Start(ctx, l.cfg)
	if err != nil {
		var not *daemon.NotServing
		if errors.As(err, &not) {
			return check.Broken("after a kill the server does not start: %w", err)
		}
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = d
	l.deaths = append(l.deaths, death{dead: make(chan struct{})})
	return nil
}

// endWithin is how long a server may take to end when nobody is asking it anything.
const endWithin = 20 * time.Second

// Close ends the connections and has the daemon end in order, which it must.
func (l *Line) Close() error {
	l.mu.Lock()
	var errs []error
	for _, c := range l.conns {
		errs = append(errs, c.Close())
	}
	l.conns = nil
	d := l.now
	l.mu.Unlock()
	exit, err := d.Stop(endWithin)
	if err == nil && (exit.Code != 0 || exit.Signal != 0) {
		err = check.Broken("the server was asked to end and did not do so in order: %s", exit)
	}
	return errors.Join(append(errs, err)...)
}

// Dial opens a connection with a token; empty for none. Calls wait until some daemon serves, so they need a deadline.
// The line closes it.
func (l *Line) Dial(token string, more ...grpc.DialOption) (*grpc.ClientConn, error) {
	soon := backoff.Config{BaseDelay: 10 * time.Millisecond, Multiplier: 1.5, Jitter: 0.2, MaxDelay: 100 * time.Millisecond}
	options := []grpc.DialOption{
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", l.Daemon().GRPC)
		}),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithPerRPCCredentials(bearer(token)),
		grpc.WithDefaultCallOptions(grpc.WaitForReady(true), grpc.MaxCallRecvMsgSize(largestAnswer)),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: soon, MinConnectTimeout: time.Second}),
		grpc.WithDisableServiceConfig(), grpc.WithNoProxy(),
	}
	conn, err := grpc.NewClient("passthrough:///daemon", append(options, more...)...)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = append(l.conns, conn)
	return conn, nil
}

// largestAnswer is above what a server sends.
const largestAnswer = 64 << 20

// bearer is a token on its way.
type bearer string

// GetRequestMetadata gives the headers of a call.
func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	headers := map[string]string{"accept-language": "en"}
	if b != "" {
		headers["authorization"] = "Bearer " + string(b)
	}
	return headers, nil
}

// RequireTransportSecurity says that loopback is enough.
func (bearer) RequireTransportSecurity() bool { return false }

// Web gives an HTTP client whose requests to any host reach the daemon. A request to a daemon that is gone fails.
func (l *Line) Web() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", l.Daemon().HTTP)
		},
		MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute,
	}}
}
