package front

import (
	"context"
	"errors"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/bench/turn"
	"github.com/tonghop/tonghop/server/bench/workload"
)

// Store is what may stand behind the front.
type Store interface {
	// Submit stores a report; when it returns the report is durable and its roll-ups can be seen.
	Submit(ctx context.Context, id [16]byte, row workload.Row) error
	// Close ends it in order.
	Close() error
}

// Front is a server that listens.
type Front struct {
	reportingv1.UnimplementedReportServiceServer
	grpc     *grpc.Server
	listener net.Listener
	served   chan error
	store    Store
	slots    map[string]int
	answer   *reportingv1.SubmitReportResponse
}

// Open serves on a free port of the loopback. Store may be nil: then the message is read and answered, and that is all.
// The answer is the same for everybody, in its wire form: one that the product gave to such a report. Questions about roll-ups
// are answered as the product did.
func Open(shape workload.Shape, store Store, answer []byte, told ...Told) (*Front, error) {
	f := &Front{
		grpc: grpc.NewServer(), served: make(chan error, 1), store: store,
		slots: map[string]int{}, answer: &reportingv1.SubmitReportResponse{},
	}
	if err := proto.Unmarshal(answer, f.answer); err != nil {
		return nil, err
	}
	for i := range shape.Indicators {
		f.slots[string(shape.Indicators[i].Code)], _ = workload.SlotOf(i)
	}
	questions, err := recall(told)
	if err != nil {
		return nil, err
	}
	if f.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	reportingv1.RegisterReportServiceServer(f.grpc, f)
	reportingv1.RegisterRollupServiceServer(f.grpc, questions)
	go func() { f.served <- f.grpc.Serve(f.listener) }()
	return f, nil
}

// SubmitReport takes one report.
func (f *Front) SubmitReport(ctx context.Context, q *reportingv1.SubmitReportRequest) (*reportingv1.SubmitReportResponse, error) {
	if f.store == nil {
		return f.answer, nil
	}
	id, row, err := f.read(q)
	if err == nil {
		err = f.store.Submit(ctx, id, row)
	}
	return f.answer, err
}

// Address is where it listens.
func (f *Front) Address() string { return f.listener.Addr().String() }

// Run is not for a front: its clients come over the connection.
func (f *Front) Run(context.Context, turn.Order) (turn.Window, error) {
	return turn.Window{}, errors.New("a front takes no turns of its own")
}

// Close ends it, then what stands behind it.
func (f *Front) Close() error {
	f.grpc.Stop()
	err := <-f.served
	if errors.Is(err, grpc.ErrServerStopped) {
		err = nil
	}
	if f.store == nil {
		return err
	}
	return errors.Join(err, f.store.Close())
}
