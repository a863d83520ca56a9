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
	ended bool
}

// newProgress gives a function that the server tells of its long work.
func newProgress(out io.Writer) func(what string, done, total uint64) {
	p := &progress{out: out, terminal: isTerminal(out)}
	return p.show
}

// show is told how far a work is; total 0 means that nobody knows of how much.
func (p *progress) show(what string, done, total uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if what != p.what {
		p.what, p.began, p.shown, p.ended = what, now, now, false
	}
	every := 5 * time.Second
	if p.terminal {
		every = 200 * time.Millisecond
	}
	// What took no time to speak of is not worth a line.
	finished := total > 0 && done >= total
	if p.ended || now.Sub(p.shown) < every && (!finished || p.shown.Equal(p.began)) {
		return
	}
	p.shown, p.ended = now, finished
	line := p.line(now, done, total)
	switch {
	case p.terminal && finished:
		_, _ = fmt.Fprintf(p.out, "\r\x1b[K%s\n", line)
	case p.terminal:
		_, _ = fmt.Fprintf(p.out, "\r\x1b[K%s", line)
	default:
		_, _ = fmt.Fprintln(p.out, line)
	}
}

func (p *progress) line(now time.Time, done, total uint64) string {
	line := fmt.Sprintf("%s: %d", p.what, done)
	if total > 0 {
		line += fmt.Sprintf(" of %d", total)
	}
	took := now.Sub(p.began).Seconds()
	if took <= 0 || done == 0 {
		return line
	}
	rate := float64(done) / took
	line += fmt.Sprintf(", %.0f a second", rate)
	if total > done {
		left := time.Duration(float64(total-done) / rate * float64(time.Second))
		line += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	return line
}
