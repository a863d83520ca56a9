package rpc

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"net"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/certificate"
)

// peerHeader carries what the gateway says of the machine behind a JSON request. It is read on the connection in memory
// alone, and only with the seal of this process; whoever sends it from outside sends it for nothing.
const peerHeader = "tonghop-peer-bin"

// Assertions seal what the gateway says of its callers. Make them with NewAssertions, once for each start.
type Assertions struct{ key []byte }

// NewAssertions takes a secret that is drawn at the start and kept nowhere.
func NewAssertions(key [32]byte) *Assertions { return &Assertions{key: key[:]} }

func (a *Assertions) seal(text []byte) []byte {
	sum := hmac.New(sha256.New, a.key)
	sum.Write(text)
	return sum.Sum(nil)
}

// Outgoing adds to a call of the gateway which machine it is for.
func (a *Assertions) Outgoing(ctx context.Context, p auth.Peer) context.Context {
	if a == nil {
		return ctx
	}
	text, err := json.Marshal(p)
	if err != nil { // it has texts alone
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, peerHeader, string(append(a.seal(text), text...)))
}

// open reads what was sealed; nobody if it was not.
func (a *Assertions) open(ctx context.Context) auth.Peer {
	values := metadata.ValueFromIncomingContext(ctx, peerHeader)
	if a == nil || len(values) != 1 || len(values[0]) < sha256.Size {
		return auth.Peer{}
	}
	sum, text := []byte(values[0][:sha256.Size]), []byte(values[0][sha256.Size:])
	var p auth.Peer
	if !hmac.Equal(sum, a.seal(text)) || json.Unmarshal(text, &p) != nil {
		return auth.Peer{}
	}
	return p
}

// peerOf says which machine a call comes from: by the connection itself, or, where that is the gateway's, by its word.
func (d *door) peerOf(ctx context.Context) auth.Peer {
	from, ok := peer.FromContext(ctx)
	if !ok {
		return auth.Peer{}
	}
	if from.Addr.Network() == inMemory {
		return d.assertions.open(ctx)
	}
	var p auth.Peer
	if host, _, err := net.SplitHostPort(from.Addr.String()); err == nil {
		p.Address = host
	}
	if shown, ok := from.AuthInfo.(credentials.TLSInfo); ok && len(shown.State.VerifiedChains) > 0 {
		p.Fingerprint, p.Names = certificate.Describe(shown.State.PeerCertificates[0])
	}
	return p
}
