//go:build unix

package slowreaders

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The fields of the meta pages of the file of the state: bbolt's pages of 4 KiB have a header of 16 bytes.
const (
	pageBytes    = 4096
	metaStart    = 16
	metaHighest  = 40
	metaTx       = 48
	metaChecksum = 56
)

// stateBytes is how far the file of the derived state is in use: the page behind the last one that was ever written. It
// says more than the size, which grows in large steps.
func stateBytes(data string) (int64, error) {
	file, err := os.Open(filepath.Join(data, "state", "state.bolt")) //nolint:gosec // our own store
	if err != nil {
		return 0, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	var newest, highest uint64
	for page := range int64(2) {
		raw := make([]byte, metaStart+metaChecksum+8)
		if _, err := file.ReadAt(raw, page*pageBytes); err != nil {
			return 0, err
		}
		meta := raw[metaStart:]
		sum := fnv.New64a()
		_, _ = sum.Write(meta[:metaChecksum])
		tx := binary.NativeEndian.Uint64(meta[metaTx:])
		if sum.Sum64() == binary.NativeEndian.Uint64(meta[metaChecksum:]) && tx >= newest {
			newest, highest = tx, binary.NativeEndian.Uint64(meta[metaHighest:])
		}
	}
	if highest == 0 {
		return 0, errors.New("neither meta page of the state is whole")
	}
	return int64(highest) * pageBytes, nil //nolint:gosec // far below
}

// heldByPeer says whether the process at the other end of a connection to this machine has not closed it.
func heldByPeer(conn net.Conn) (bool, error) {
	raw, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return false, err
	}
	here, there := inKernel(conn.LocalAddr()), inKernel(conn.RemoteAddr())
	const established = "01"
	for line := range strings.Lines(string(raw)) {
		// The number of the line, both addresses as that end sees them, and the state.
		if f := strings.Fields(line); len(f) > 3 && f[1] == there && f[2] == here {
			return f[3] == established, nil
		}
	}
	return false, nil
}

// inKernel writes an IPv4 address as the kernel lists it.
func inKernel(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok || tcp.IP.To4() == nil {
		return a.String()
	}
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(tcp.IP.To4()), tcp.Port)
}

// memoryBytes is what a process holds of memory of its own, mapped files apart.
func memoryBytes(pid int) (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("the kernel does not say what process %d holds", pid)
}

// busy is how long a process has computed, in ticks of the kernel.
func busy(pid int) (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	var sum int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// settle waits until a process computes nothing any more, but not for ever.
func settle(pid int) error {
	const quiet, most = 4, 600 // of a tenth of a second
	before, still := int64(-1), 0
	for range most {
		now, err := busy(pid)
		if err != nil {
			return err
		}
		if still++; now > before+1 {
			still = 0
		}
		if before = now; still >= quiet {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil
}
