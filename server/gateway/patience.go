package gateway

import (
	"net/http"
	"time"
)

const (
	// uploadWithin is how long a file may take to come: 64 MiB over a line of 600 kbit/s.
	uploadWithin = 15 * time.Minute
	// stepWithin is how long one part of a long answer may take to be read.
	stepWithin = 30 * time.Second
)

// past as a deadline ends what waits at once.
var past = time.Unix(1, 0)

// patience is an answer that may take for ever in all, as changes:watch does, but not in any of its steps: a reader that
// does not read is dropped. It takes the place of the deadlines of http.Server, which run from the start of a request.
type patience struct {
	http.ResponseWriter
	control *http.ResponseController
	step    time.Duration
	timer   *time.Timer
}

func patiently(w http.ResponseWriter, step time.Duration) *patience {
	p := &patience{ResponseWriter: w, control: http.NewResponseController(w), step: step}
	// A writer that knows no deadlines, as in a test, has none to take away.
	_ = p.control.SetReadDeadline(time.Time{})
	_ = p.control.SetWriteDeadline(time.Time{})
	p.timer = time.AfterFunc(step, func() { _ = p.control.SetWriteDeadline(past) })
	p.timer.Stop()
	return p
}

// Write writes a step.
func (p *patience) Write(b []byte) (int, error) {
	p.timer.Reset(p.step)
	defer p.timer.Stop()
	return p.ResponseWriter.Write(b)
}

// FlushError sends what was written; http.ResponseController finds it.
func (p *patience) FlushError() error {
	p.timer.Reset(p.step)
	defer p.timer.Stop()
	return p.control.Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (p *patience) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// forUpload ends the reading of the body when its time is over; done stops the clock.
func (p *patience) forUpload(within time.Duration) (done func() bool) {
	return time.AfterFunc(within, func() { _ = p.control.SetReadDeadline(past) }).Stop
}

// end sends the rest while the clock runs: net/http would wait for the reader without one.
func (p *patience) end() { _ = p.FlushError() }
