package gateway_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/gateway"
)

// What a follower over HTTP does not read waits with gRPC, which sees it and cuts him off; between the two there is
// little room. Left to itself, it grows with the line.
func TestLittleWaitsInTheGatewayForWhoDoesNotRead(t *testing.T) {
	const part, followers = 100, 16
	var sent atomic.Int64
	server := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		if err := stream.RecvMsg(&reportingv1.WatchChangesRequest{}); err != nil {
			return err
		}
		for {
			if err := stream.SendMsg(&reportingv1.WatchChangesResponse{JournalId: strings.Repeat("x", part)}); err != nil {
				return err
			}
			sent.Add(part)
		}
	}))
	defer server.Stop()
	g, err := gateway.New(gateway.Config{GRPC: server})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = g.Close() }()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := g.Server()
	web.ConnContext = func(ctx context.Context, c net.Conn) context.Context { // what the kernel takes is not the question here
		if tcp, ok := c.(*net.TCPConn); !ok || tcp.SetWriteBuffer(32<<10) != nil {
			t.Error("the buffer of a connection cannot be set")
		}
		return ctx
	}
	go func() {
		if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	defer func() { _ = web.Close() }()
	for range followers {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if tcp, ok := conn.(*net.TCPConn); !ok || tcp.SetReadBuffer(4<<10) != nil {
			t.Fatal("the buffer of a connection cannot be set")
		}
		if _, err := io.WriteString(conn, "GET /v1/changes:watch HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	for before := int64(-1); before != sent.Load(); {
		before = sent.Load()
		time.Sleep(500 * time.Millisecond)
	}
	if each := sent.Load() / followers; each > 400<<10 {
		t.Errorf("%d KiB wait for each of %d who do not read, want less than 400", each>>10, followers)
	} else {
		t.Logf("%d KiB wait for each", each>>10)
	}
}
