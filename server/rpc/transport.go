package rpc

import (
	"crypto/tls"
	"net"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// Protocol is what the gRPC door speaks inside TLS, for a setting that is made elsewhere.
const Protocol = "h2"

// inMemory is the network of the connection by which the gateway comes in. No address of a socket has it.
const inMemory = "bufconn"

// doorCredentials protects the connections that come over the network, and leaves the one in memory as it is.
type doorCredentials struct {
	credentials.TransportCredentials
}

func protected(config *tls.Config) credentials.TransportCredentials {
	return doorCredentials{credentials.NewTLS(config)}
}

// ServerHandshake begins a connection.
func (d doorCredentials) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if conn.LocalAddr().Network() == inMemory {
		return insecure.NewCredentials().ServerHandshake(conn)
	}
	return d.TransportCredentials.ServerHandshake(conn)
}

// Clone copies the credentials.
func (d doorCredentials) Clone() credentials.TransportCredentials {
	return doorCredentials{d.TransportCredentials.Clone()}
}
