package server

import (
	"net"
	"time"
)

// sendBuffer is how much of what a client does not read the kernel may keep for one connection, before what it keeps
// beside it; without a limit it would take almost 4 MiB, and a reader of a byte a second would look like a good one for
// weeks, with every change made ready for it. It is enough for several MiB/s to the other end of the country.
const sendBuffer = 128 << 10

// narrow is a listener whose connections have little room for what is not read.
type narrow struct {
	net.Listener
	// within is how long the other end of a connection may leave bytes unacknowledged; 0: as long as the kernel thinks.
	within time.Duration
}

// Accept waits for a connection.
func (n narrow) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		// Without these the connection is as good as any. grpc-go would set the second one itself, but for connections that
		// are counted it cannot: those are not the kernel's own.
		_ = tcp.SetWriteBuffer(sendBuffer)
		if n.within > 0 {
			_ = giveUp(tcp, n.within)
		}
	}
	return conn, err
}
