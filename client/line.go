package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// errSilent ends a stream whose other side is gone without a word.
var errSilent = errors.New("silent")

// line watches over one stream: where nothing is sent or received for too long it ends the stream, for a connection
// that died on the way is never told so. It does not count while the caller works on what it received.
type line struct {
	limit  time.Duration
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	timer *time.Timer
	// listening says that somebody waits for the other side.
	listening bool
}

// listen gives the context of a stream and its watch. Stop it.
func (c *Client) listen(ctx context.Context) (context.Context, *line) {
	ctx, cancel := context.WithCancelCause(ctx)
	l := &line{limit: c.config.Silence, cancel: cancel}
	l.timer = time.AfterFunc(l.limit, func() { cancel(errSilent) })
	l.timer.Stop()
	return ctx, l
}

// moved notes that something went over the line.
func (l *line) moved() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listening {
		l.timer.Reset(l.limit)
	}
}

func (l *line) wait(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listening = on
	if on {
		l.timer.Reset(l.limit)
	} else {
		l.timer.Stop()
	}
}

// stop ends the stream and the watch.
func (l *line) stop() {
	l.wait(false)
	l.cancel(nil)
}

// failure tells silence from other failures of a stream.
func (l *line) failure(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errSilent) {
		return broken(fmt.Sprintf("nothing was heard from the server for %s", l.limit))
	}
	return err
}

// heard receives one message under the watch.
func heard[A any](l *line, receive func() (A, error)) (A, error) {
	l.wait(true)
	defer l.wait(false)
	return receive()
}
