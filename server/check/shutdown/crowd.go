//go:build unix

package shutdown

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/workload"
)

const (
	// followers is how many follow the changes by gRPC.
	followers = 20
	// goneWithin is how soon they must know that the server has ended.
	goneWithin = 2 * time.Second
)

// crowd are those who are connected while a server ends: followers of the change feed, and maybe one who asks by each
// door and never reads the answer.
type crowd struct {
	stop    context.CancelFunc
	ended   chan error
	working sync.WaitGroup
	silent  []net.Conn
}

// gather lets a crowd connect and waits until the server has begun to answer it.
func gather(ctx context.Context, w *workload.World, d *daemon.Daemon, silent bool) (*crowd, error) {
	ctx, stop := context.WithCancel(ctx)
	c := &crowd{stop: stop, ended: make(chan error, followers)}
	begun := make(chan struct{}, followers)
	for range followers {
		c.working.Go(func() { c.ended <- follow(ctx, w, begun) })
	}
	for range followers {
		select {
		case <-begun:
		case err := <-c.ended:
			c.close()
			return nil, fmt.Errorf("follow the changes: %w", err)
		}
	}
	if silent {
		if err := c.bySilence(ctx, w, d); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

// follow follows the changes from now on and gives what ended it.
func follow(ctx context.Context, w *workload.World, begun chan<- struct{}) error {
	now, err := w.Viewer().GetStatus(ctx)
	if err != nil {
		return err
	}
	told := false
	for _, err := range w.Viewer().WatchChanges(ctx, &reportingv1.WatchChangesRequest{AfterSequence: proto.Int64(now.GetEntries())}) {
		if err != nil {
			return err
		}
		if !told { // the first answer is a heartbeat
			told = true
			begun <- struct{}{}
		}
	}
	return errors.New("the changes ended without an error")
}

// gone demands that every follower knows that the server has ended, and has heard it in so many words.
func (c *crowd) gone() error {
	late := time.After(goneWithin)
	for n := range followers {
		select {
		case err := <-c.ended:
			var e *client.Error
			if !errors.As(err, &e) || e.Code != codes.Unavailable {
				return check.Broken("a follower was told %w when the server ended, and not UNAVAILABLE", err)
			}
		case <-late:
			return check.Broken("%d followers do not know that the server ended %s ago", followers-n, goneWithin)
		}
	}
	return nil
}

func (c *crowd) close() {
	c.stop()
	for _, conn := range c.silent {
		_ = conn.Close()
	}
	c.working.Wait()
}

// bySilence asks by JSON for what is long and reads nothing of it, asks by gRPC the same, and begins a request that it
// does not end.
func (c *crowd) bySilence(ctx context.Context, w *workload.World, d *daemon.Daemon) error {
	dial := func(text string) error {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.HTTP)
		if err != nil {
			return err
		}
		c.silent = append(c.silent, conn)
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetReadBuffer(4 << 10) // the less is on the way, the sooner the server waits
		}
		_, err = conn.Write([]byte(text))
		return err
	}
	head := " HTTP/1.1\r\nHost: " + d.HTTP + "\r\nAuthorization: Bearer " + w.AdminSecret() + "\r\n"
	if err := dial("GET /v1/changes:watch?after_sequence=0" + head + "\r\n"); err != nil {
		return err
	}
	if err := dial("POST /v1/reports:batchSubmit" + head + "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"); err != nil {
		return err
	}
	return c.byGRPC(ctx, d, w.AdminSecret())
}
