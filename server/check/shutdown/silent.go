//go:build unix

package shutdown

import (
	"context"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check/daemon"
)

// window is the least that grpc lets a receiver announce.
const window = 64 << 10

// byGRPC opens many streams of all changes on one connection and reads none of them: together they fill its window.
func (c *crowd) byGRPC(ctx context.Context, d *daemon.Daemon, secret string) error {
	conn, err := grpc.NewClient("passthrough:///"+d.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithInitialWindowSize(window), grpc.WithInitialConnWindowSize(window),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
			if err == nil {
				c.silent = append(c.silent, conn)
			}
			return conn, err
		}))
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+secret)
	for range 20 {
		_, err := reportingv1.NewChangeServiceClient(conn).WatchChanges(ctx, &reportingv1.WatchChangesRequest{AfterSequence: proto.Int64(0)})
		if err != nil {
			return err
		}
	}
	return nil
}
