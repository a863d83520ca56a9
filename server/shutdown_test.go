package server_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/server"
)

// TestStalledBodyLeavesTheOthersTheirGrace: a request over HTTP whose body did not come used up the whole grace of a
// server that was asked to end. gRPC was let in meanwhile and then broken off, so that what was accepted in the last
// moment was never answered.
func TestStalledBodyLeavesTheOthersTheirGrace(t *testing.T) {
	const grace = 4 * time.Second
	cfg := server.Config{
		Dir: filepath.Join(t.TempDir(), "data"), GRPCListen: "127.0.0.1:0", HTTPListen: "127.0.0.1:0", Grace: grace, FreeGuard: 1,
	}
	admin, err := server.Init(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	c, err := client.Dial(t.Context(), client.Config{Address: s.GRPCAddress(), Token: client.Secret(admin.Reveal()), Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.GetStatus(t.Context()); err != nil {
		t.Fatal(err)
	}
	stalled, err := net.Dial("tcp", s.HTTPAddress())
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(stalled, "POST /v1/tokens HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"+
		"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n", admin.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stalled.Read(make([]byte, 1)); err != nil { // the server waits for the body
		t.Fatal(err)
	}
	stop()
	began := time.Now()
	for err = nil; err == nil; time.Sleep(10 * time.Millisecond) {
		_, err = c.GetStatus(t.Context())
	}
	var e *client.Error
	if took := time.Since(began); took > grace*3/4 || !errors.As(err, &e) || e.Code != codes.Unavailable {
		t.Errorf("gRPC was let in for %s of a grace of %s and then refused with %v, want UNAVAILABLE long before its end", took, grace, err)
	}
	if err := errors.Join(stalled.Close(), c.Close()); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

// TestAStopRightAfterTheStartIsInOrder: a server that was asked to end before it had begun to serve ended as one that had
// failed.
func TestAStopRightAfterTheStartIsInOrder(t *testing.T) {
	cfg := server.Config{
		Dir: filepath.Join(t.TempDir(), "data"), GRPCListen: "127.0.0.1:0", HTTPListen: "127.0.0.1:0", FreeGuard: 1, SegmentBytes: 64 << 10,
	}
	if _, err := server.Init(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	asked, stop := context.WithCancel(t.Context())
	stop()
	for n := range 20 {
		s, err := server.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Run(asked); err != nil {
			t.Fatalf("stop %d right after the start = %v, want nil", n, err)
		}
	}
}
