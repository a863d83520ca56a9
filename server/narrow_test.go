package server

import (
	"net"
	"testing"
	"time"
)

// What a client does not read waits in the server, which gives up waiting, and not in the kernel, which does not.
func TestTheKernelKeepsLittleOfWhatNobodyReads(t *testing.T) {
	l, err := Config{}.listenOn("http-listen", "127.0.0.1:0", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // the test is over
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close() //nolint:errcheck // as above
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // as above
	line, taken := make([]byte, 400), 0
	for err == nil && taken < 8<<20 {
		_ = conn.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
		var n int
		n, err = conn.Write(line)
		taken += n
	}
	if taken > 1<<20 {
		t.Errorf("the kernel took %d KiB that nobody reads, want less than a MiB", taken>>10)
	}
}
