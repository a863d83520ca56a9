package rpc

import (
	"context"
	"net"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
)

// OriginHeader is the metadata by which the gateway says from where a request of JSON came. It is believed on the connection
// in memory alone: from the network anybody could write it.
const OriginHeader = "tonghop-origin"

// The doors, as the security log calls them.
const (
	doorGRPC = "grpc"
	doorJSON = "json"
)

// originOf says from which address, without its port, and through which door a call comes.
func originOf(ctx context.Context) (address, door string) {
	p, ok := peer.FromContext(ctx)
	if !ok || p.Addr == nil {
		return "", doorGRPC
	}
	if p.Addr.Network() != inMemory {
		return host(p.Addr.String()), doorGRPC
	}
	if values := metadata.ValueFromIncomingContext(ctx, OriginHeader); len(values) == 1 {
		return host(values[0]), doorJSON
	}
	return "", doorJSON
}

// host takes the port off.
func host(address string) string {
	if name, _, err := net.SplitHostPort(address); err == nil {
		return name
	}
	return address
}
