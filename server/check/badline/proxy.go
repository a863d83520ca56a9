//go:build unix

package badline

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// fate is what becomes of a connection.
type fate int

// The fates.
const (
	// through passes everything on.
	through fate = iota
	// refused closes at once.
	refused
	// slow passes everything on in small pieces with pauses between them.
	slow
	// held begins only after a while, when later connections have overtaken it.
	held
	// cut breaks after some bytes of the client or of the server.
	cut
	// repeated passes everything on, and sends all bytes of the client once more over a connection of their own.
	repeated
)

func fates() []fate { return []fate{through, refused, slow, held, cut, repeated} }

// String is the word for it in the line of figures.
func (f fate) String() string {
	return [...]string{"through", "refused", "slow", "held", "cut", "repeated"}[f]
}

// shares are how many of a hundred connections have each fate.
var shares = [...]int{through: 10, refused: 10, slow: 15, held: 15, cut: 35, repeated: 15}

// proxy is the bad line.
type proxy struct {
	listener net.Listener
	target   func() string
	// done is closed when the line is taken away.
	done    chan struct{}
	working sync.WaitGroup

	mu     sync.Mutex
	random *rand.Rand
	drawn  map[fate]*atomic.Int64
}

func openProxy(seed uint64, target func() string) (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: listener, target: target, random: rand.New(rand.NewPCG(seed, 2)), drawn: map[fate]*atomic.Int64{}, done: make(chan struct{})} //nolint:gosec // drawn again from the seed
	for _, f := range fates() {
		p.drawn[f] = &atomic.Int64{}
	}
	p.working.Go(p.accept)
	return p, nil
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) close() {
	close(p.done)
	_ = p.listener.Close()
	p.working.Wait()
}

func (p *proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		f, random := p.draw()
		p.drawn[f].Add(1)
		p.working.Go(func() { p.pass(conn, f, random) })
	}
}

// draw gives a fate, and the randomness of the rest of it.
func (p *proxy) draw() (fate, *rand.Rand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.random.IntN(100)
	chosen := through
	for f, share := range shares {
		if at < share {
			chosen = fate(f)
			break
		}
		at -= share
	}
	return chosen, rand.New(rand.NewPCG(p.random.Uint64(), 3)) //nolint:gosec // as above
}

// mostRepeated is how many bytes of a connection are kept to be repeated.
const mostRepeated = 64 << 10

// pass lets a connection have its fate.
func (p *proxy) pass(from net.Conn, f fate, random *rand.Rand) {
	defer func() { _ = from.Close() }()
	if f == refused {
		return
	}
	if f == held {
		wait(p.done, time.Duration(50+random.IntN(200))*time.Millisecond)
	}
	to, err := net.DialTimeout("tcp", p.target(), time.Second)
	if err != nil {
		return // the server is being killed
	}
	defer func() { _ = to.Close() }()
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-p.done:
			_, _ = from.Close(), to.Close()
		case <-over:
		}
	}()
	up, down := &way{}, &way{}
	switch f { //nolint:exhaustive // the others pass on
	case slow:
		up.piece, down.piece = 64+random.IntN(400), 64+random.IntN(400)
	case cut:
		if half := random.IntN(2) == 0; half {
			up.left, up.limited = random.IntN(6000), true
		} else {
			down.left, down.limited = random.IntN(3000), true
		}
	case repeated:
		up.keep = mostRepeated
	}
	var both sync.WaitGroup
	for _, w := range []struct {
		*way
		to, from net.Conn
	}{{up, to, from}, {down, from, to}} {
		both.Go(func() {
			w.copy(p.done, w.to, w.from)
			_, _ = from.Close(), to.Close() // one end alone is no connection
		})
	}
	both.Wait()
	if f == repeated {
		p.repeat(up.kept)
	}
}

// repeat sends bytes that were sent before, and hears nobody.
func (p *proxy) repeat(bytes []byte) {
	to, err := net.DialTimeout("tcp", p.target(), time.Second)
	if err != nil {
		return
	}
	defer func() { _ = to.Close() }()
	if _, err := to.Write(bytes); err == nil {
		_ = to.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		_, _ = io.Copy(io.Discard, to)
	}
}

func wait(done <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}

// way is one direction of a connection.
type way struct {
	// piece is how many bytes are passed on at a time; 0: as they come.
	piece int
	// left is how many bytes may still pass, if that is limited.
	left    int
	limited bool
	// keep is how many bytes are kept in kept.
	keep int
	kept []byte
}

// errCut ends a way that is cut.
var errCut = errors.New("cut")

func (w *way) copy(done <-chan struct{}, to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && w.write(done, to, buffer[:n]) != nil {
			return
		}
		if err != nil {
			return
		}
	}
}

func (w *way) write(done <-chan struct{}, to net.Conn, b []byte) error {
	if room := w.keep - len(w.kept); room > 0 {
		w.kept = append(w.kept, b[:min(room, len(b))]...)
	}
	if w.limited {
		b = b[:min(len(b), w.left)]
		w.left -= len(b)
	}
	for len(b) > 0 {
		n := len(b)
		if w.piece > 0 {
			n = min(n, w.piece)
			wait(done, time.Millisecond)
		}
		if _, err := to.Write(b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	if w.limited && w.left == 0 {
		return errCut
	}
	return nil
}
