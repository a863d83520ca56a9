package server

import (
	"errors"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// giveUp has the kernel end a connection whose other end leaves bytes unacknowledged for so long, or no room for them.
func giveUp(conn *net.TCPConn, within time.Duration) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = raw.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(within.Milliseconds())) //nolint:gosec // a descriptor
	})
	return errors.Join(err, set)
}
