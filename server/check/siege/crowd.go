//go:build unix

package siege

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/http2"

	"github.com/tonghop/tonghop/server/check"
)

// connections opens very many, each of which makes a call and stays while somebody new comes.
func connections(ctx context.Context, f *field) error {
	n := f.Size
	var most syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &most); err == nil && most.Max < uint64(n)+500 { //nolint:gosec // a count
		n = int(most.Max) - 500 //nolint:gosec // it was below
		f.Progress("%d files are allowed, so that there are %d connections", most.Max, n)
	}
	var mu sync.Mutex
	var all []*raw
	defer func() {
		for _, r := range all {
			r.close()
		}
	}()
	var failed []error
	var coming sync.WaitGroup
	at := make(chan struct{}, 64)
	for range n {
		at <- struct{}{}
		coming.Go(func() {
			defer func() { <-at }()
			r, err := f.dial(ctx)
			if err == nil {
				err = r.call()
			}
			mu.Lock()
			defer mu.Unlock()
			if r != nil {
				all = append(all, r)
			}
			if err != nil {
				failed = append(failed, err)
			}
		})
	}
	coming.Wait()
	if len(failed) > 0 {
		return check.Broken("%d of %d connections were not served: %w", len(failed), n, failed[0])
	}
	f.Progress("%d connections, and the memory is %d MiB", len(all), f.memory()>>20)
	return f.newcomers(ctx)
}

// newcomers come while all the others are there.
func (f *field) newcomers(ctx context.Context) error {
	var took []time.Duration
	for range 50 {
		began := time.Now()
		r, err := f.dial(ctx)
		if err == nil {
			err = r.call()
			r.close()
		}
		if err != nil {
			return check.Broken("a newcomer was not served: %w", err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	f.Progress("a newcomer waited %s at most", took[len(took)-1].Round(time.Millisecond))
	return nil
}

// slowloris is many who send half of something. Each is to be cut off in its time.
func slowloris(ctx context.Context, f *field) error {
	crowd := 100
	if f.long {
		crowd = 700
	}
	path := "POST /v1/units/C0000-0/reports/thang~2024-01:submit HTTP/1.1\r\nHost: a\r\n"
	kinds := []struct {
		what, address, text string
		within              time.Duration
		onlyLong            bool
	}{
		{"half a header", f.daemon.HTTP, path, 5 * time.Second, false},
		{"half a preface", f.daemon.GRPC, http2.ClientPreface[:10], 10 * time.Second, false},
		{"half a body", f.daemon.HTTP, path + "Authorization: Bearer " + f.token + "\r\nContent-Length: 100\r\n\r\n{", 30 * time.Second, true},
	}
	// grace is for a machine that has something else to do.
	const grace = 10 * time.Second
	cut := make(chan error)
	waiting := 0
	for _, k := range kinds {
		if k.onlyLong && !f.long {
			continue
		}
		for range crowd {
			conn, err := net.DialTimeout("tcp", k.address, within)
			if err == nil {
				_, err = io.WriteString(conn, k.text)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", k.what, err)
			}
			waiting++
			go func() {
				defer func() { _ = conn.Close() }()
				_ = conn.SetReadDeadline(time.Now().Add(k.within + grace)) // a socket has one
				if _, err := io.Copy(io.Discard, conn); timedOut(err) {
					cut <- check.Broken("who sends %s was not cut off within %s", k.what, k.within+grace)
					return
				}
				cut <- nil
			}()
		}
	}
	f.Figure("slow", waiting)
	var errs []error
	for range waiting {
		if err := <-cut; err != nil && len(errs) == 0 {
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}

func timedOut(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}
