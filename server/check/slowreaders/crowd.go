//go:build unix

package slowreaders

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/workload"
)

// kind is how a client is slow.
type kind int

// The kinds.
const (
	watch    kind = iota // follows the changes and does not receive
	stalled              // the same, and its socket stands still
	stream               // sends submissions and does not take their outcomes
	upload               // sends a file and does not take its outcomes
	answer               // asks for a long list and does not take it
	verify               // has the store verified and does not listen
	webWatch             // follows the changes over HTTP, a byte a second
	webList              // asks for a long list over HTTP, and reads a byte a second
	kinds
)

// String is the word for people.
func (k kind) String() string {
	return [...]string{
		"a follower of the changes", "a follower whose socket stands still", "a stream of submissions", "an upload",
		"a long answer", "a verification", "a follower over HTTP", "a long list over HTTP",
	}[k]
}

// Places that the server has for some.
const (
	mostUploads   = 16
	mostFollowers = 120 // over HTTP, of 128
)

// crowdOf divides a number of clients among the kinds.
func crowdOf(n int) [kinds]int {
	c := [kinds]int{
		watch: n / 4, stalled: n / 10, stream: max(1, n/20), upload: min(mostUploads, max(1, n/20)), answer: n / 10, verify: 1,
		webWatch: min(mostFollowers, n/4),
	}
	for _, some := range c {
		n -= some
	}
	c[webList] = max(0, n)
	return c
}

// idler is a client that does not read.
type idler struct {
	kind kind
	// wasCut says whether the server has given it up.
	wasCut func() error
	close  func()
}

// host is where a crowd goes.
type host struct {
	daemon *daemon.Daemon
	secret string
}

// gather has a crowd ask for much and stop reading.
func (h host) gather(ctx context.Context, crowd [kinds]int) ([]*idler, error) {
	var mu sync.Mutex
	var all []*idler
	var failed error
	var coming sync.WaitGroup
	come := make(chan struct{}, 32)
	for k, n := range crowd {
		for range n {
			come <- struct{}{}
			coming.Go(func() {
				defer func() { <-come }()
				i, err := h.idle(ctx, kind(k))
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					failed = fmt.Errorf("%s: %w", kind(k), err)
					return
				}
				all = append(all, i)
			})
		}
	}
	coming.Wait()
	if failed != nil {
		leave(all)
	}
	return all, failed
}

// leave sends a crowd away.
func leave(all []*idler) {
	for _, i := range all {
		i.close()
	}
}

func (h host) idle(ctx context.Context, k kind) (*idler, error) {
	switch k {
	case webWatch:
		return h.web(ctx, k, "/v1/changes:watch?afterSequence=0")
	case webList:
		return h.web(ctx, k, "/v1/reports?form="+workload.Form+"&periods="+allMonths+"&withFigures=true&pageSize=500")
	default:
		return h.grpc(ctx, k)
	}
}

// window is the least that grpc lets a receiver announce.
const window = 64 << 10

// gate is a socket that can be stopped.
type gate struct {
	net.Conn
	stopped atomic.Bool
	open    chan struct{}
}

// Read reads, unless the gate is stopped; then it waits until it is opened again.
func (g *gate) Read(b []byte) (int, error) {
	if g.stopped.Load() {
		<-g.open
	}
	return g.Conn.Read(b)
}

// grpc opens a connection of its own, asks, and reads nothing.
func (h host) grpc(ctx context.Context, k kind) (*idler, error) {
	g := &gate{open: make(chan struct{})}
	ctx, stop := context.WithCancel(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+h.secret))
	conn, err := grpc.NewClient("passthrough:///"+h.daemon.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithInitialWindowSize(window), grpc.WithInitialConnWindowSize(window),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			socket, err := new(net.Dialer).DialContext(ctx, "tcp", address)
			if tcp, ok := socket.(*net.TCPConn); ok && k == stalled {
				_ = tcp.SetReadBuffer(4 << 10)
			}
			g.Conn = socket
			return g, err
		}))
	if err != nil {
		stop()
		return nil, err
	}
	var once sync.Once
	i := &idler{kind: k, close: func() {
		once.Do(func() { close(g.open) })
		stop()
		_ = conn.Close()
	}}
	receive, err := h.ask(ctx, conn, k)
	if err != nil {
		i.close()
		return nil, err
	}
	if k == stalled {
		g.stopped.Store(true)
	}
	i.wasCut = func() error {
		once.Do(func() { close(g.open) })
		return k.ends(receive)
	}
	return i, nil
}

// ask asks for much and gives how it would be received.
func (h host) ask(ctx context.Context, conn *grpc.ClientConn, k kind) (receive func() error, err error) {
	switch k {
	case stream:
		return sendItems(ctx, conn)
	case upload:
		return sendFile(ctx, conn)
	case verify:
		s, err := reportingv1.NewOperationServiceClient(conn).VerifyStore(ctx, &reportingv1.VerifyStoreRequest{})
		return func() error { _, err := s.Recv(); return err }, err
	case answer:
		// A list is no stream; opened as one it can be left in the window.
		s, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, reportingv1.RollupService_QueryRollups_FullMethodName)
		if err == nil {
			err = s.SendMsg(&reportingv1.QueryRollupsRequest{
				Units: []string{"P-0", "D00-0", "D01-0"}, Indicators: []string{"HS", "TIEN", "DAN", "DUNG"},
				Periods: repeated(allMonths, 20), PageSize: 5000,
			})
		}
		if err == nil {
			err = s.CloseSend()
		}
		return func() error { return s.RecvMsg(&reportingv1.QueryRollupsResponse{}) }, err
	default:
		s, err := reportingv1.NewChangeServiceClient(conn).WatchChanges(ctx, &reportingv1.WatchChangesRequest{AfterSequence: proto.Int64(0)})
		return func() error { _, err := s.Recv(); return err }, err
	}
}

func repeated(s string, n int) []string { return strings.Split(strings.Repeat(s+",", n)+s, ",") }

// many are enough items, or rows, for that what is said about them fills every window on the way.
const many = 1500

// nobody is a unit that there is not, of a name that makes long answers. What is sent about it is refused before it costs
// the writers anything.
const nobody = "khong-co-don-vi-nao-ten-la-nhu-the-nay-o-tinh-nay"

// sendItems sends submissions whose names cannot be read and does not end the stream.
func sendItems(ctx context.Context, conn *grpc.ClientConn) (func() error, error) {
	s, err := reportingv1.NewReportServiceClient(conn).StreamReports(ctx)
	if err != nil {
		return nil, err
	}
	err = s.Send(&reportingv1.StreamReportsRequest{Part: &reportingv1.StreamReportsRequest_Options{
		Options: &reportingv1.StreamOptions{StreamId: uuid.NewString()},
	}})
	go func() {
		for n := range many {
			if s.Send(&reportingv1.StreamReportsRequest{Part: &reportingv1.StreamReportsRequest_Item{Item: &reportingv1.StreamItem{
				Index: int32(n), Submission: &reportingv1.SubmitReportRequest{Name: nobody}, //nolint:gosec // a few
			}}}) != nil {
				return
			}
		}
	}()
	return func() error { _, err := s.Recv(); return err }, err
}

// sendFile uploads a file of which no row belongs to a report.
func sendFile(ctx context.Context, conn *grpc.ClientConn) (func() error, error) {
	s, err := reportingv1.NewReportServiceClient(conn).ImportReports(ctx)
	if err != nil {
		return nil, err
	}
	row := nobody + "," + workload.Form + ",2024-01," + workload.Files + ",1\n"
	for _, part := range []*reportingv1.ImportReportsRequest{
		{Part: &reportingv1.ImportReportsRequest_Options{Options: &reportingv1.ImportReportsOptions{StreamId: uuid.NewString()}}},
		{Part: &reportingv1.ImportReportsRequest_Chunk{Chunk: []byte("unit,form,period,indicator,value\n" + strings.Repeat(row, many))}},
	} {
		if err := s.Send(part); err != nil {
			break // the answer says why
		}
	}
	return func() error { _, err := s.Recv(); return err }, s.CloseSend()
}

// web asks over HTTP and reads a byte a second.
func (h host) web(ctx context.Context, k kind, path string) (*idler, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", h.daemon.HTTP)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(4 << 10) // the less is on the way, the sooner the server waits
	}
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", path, h.daemon.HTTP, h.secret)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	gone := make(chan struct{})
	go func() {
		one := make([]byte, 1)
		for {
			select {
			case <-time.After(time.Second):
			case <-gone:
				return
			}
			if _, err := conn.Read(one); err != nil {
				return
			}
		}
	}()
	return &idler{
		kind: k, close: func() { close(gone); _ = conn.Close() },
		// What the kernel has taken may still be on its way for minutes, so the other end of the connection is looked at.
		wasCut: func() error {
			held, err := heldByPeer(conn)
			if held {
				return check.Broken("%s that nobody had read was not cut: the server holds the connection still", k)
			}
			return err
		},
	}, nil
}

// ends reads what is left of a call over gRPC. What was cut ends with an error; a long answer that is no stream is whole.
func (k kind) ends(receive func() error) error {
	ended := make(chan error, 1)
	go func() {
		for {
			if err := receive(); err != nil {
				ended <- err
				return
			}
		}
	}()
	select {
	case err := <-ended:
		switch {
		case k == answer && !errors.Is(err, io.EOF):
			return check.Broken("%s that nobody had taken ended with %w", k, err)
		case k != answer && status.Code(err) != codes.Unavailable:
			return check.Broken("%s that nobody had read ended with %w, and was not cut", k, err)
		}
		return nil
	case <-time.After(endsWithin):
		return check.Broken("%s that nobody had read was not cut, but goes on", k)
	}
}
