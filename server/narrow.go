package server

import "net"

// sendBuffer is how much of what a client does not read the kernel may keep for one connection, before what it keeps
// beside it; without a limit it would take almost 4 MiB, and a reader of a byte a second would look like a good one for
// weeks, with every change made ready for it. It is enough for several MiB/s to the other end of the country.
const sendBuffer = 128 << 10

// narrow is a listener whose connections have little room for what is not read.
type narrow struct{ net.Listener }

// Accept waits for a connection.
func (n narrow) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendBuffer) // without it the connection is as good as any
	}
	return conn, err
}
