package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// progress shows how far a long work is: one line that is written again on a terminal, a line every few seconds
// elsewhere.
type progress struct {
	out      io.Writer
	terminal bool

	mu    sync.Mutex
	what  string
	began time.Time
	shown time.Time
}

// newProgress gives a function that the server tells of its long work.
func newProgress(out io.Writer) func(what string, done, total uint64) {
	p := &progress{out: out, terminal: isTerminal(out)}
	return p.show
}

func (p *progress) show(what string, done, total uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if what != p.what {
		p.what, p.began, p.shown = what, now, now
	}
	every := 5 * time.Second
	if p.terminal {
		every = 200 * time.Millisecond
	}
	finished := done >= total
	if now.Sub(p.shown) < every && !(finished && p.shown != p.began) {
		return
	}
	p.shown = now
	line := fmt.Sprintf("%s: %d of %d", what, done, total)
	if took := now.Sub(p.began).Seconds(); took > 0 && done > 0 {
		rate := float64(done) / took
		line += fmt.Sprintf(", %.0f a second, %s left", rate, time.Duration(float64(total-done)/rate*float64(time.Second)).Round(time.Second))
	}
	switch {
	case p.terminal && finished:
		_, _ = fmt.Fprintf(p.out, "\r\x1b[K%s\n", line)
	case p.terminal:
		_, _ = fmt.Fprintf(p.out, "\r\x1b[K%s", line)
	default:
		_, _ = fmt.Fprintln(p.out, line)
	}
}
