//go:build linux

package slowreaders

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

func TestACrowdHasEveryKind(t *testing.T) {
	for _, n := range []int{40, 200, 2000} {
		sum := 0
		for k, some := range crowdOf(n) {
			if sum += some; some == 0 {
				t.Errorf("of %d clients none is %s", n, kind(k))
			}
		}
		if sum != n {
			t.Errorf("a crowd of %d has %d clients", n, sum)
		}
	}
}

// What is measured grows while somebody reads in the file, and not when the pages can be used again.
func TestTheStateIsMeasuredByItsPages(t *testing.T) {
	data := t.TempDir()
	if err := os.Mkdir(filepath.Join(data, "state"), 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(filepath.Join(data, "state", "state.bolt"), 0o600, &bolt.Options{
		PageSize: pageBytes, NoSync: true, InitialMmapSize: 64 << 20, // mapped once: a reader would stop the writer
	})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // the test is over
	write := func() int64 {
		t.Helper()
		for range 50 {
			err := db.Update(func(tx *bolt.Tx) error {
				b, err := tx.CreateBucketIfNotExists([]byte("b"))
				if err != nil {
					return err
				}
				return b.Put([]byte("k"), make([]byte, 2*pageBytes))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		n, err := stateBytes(data)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	first := write()
	if again := write(); again > first+8*pageBytes {
		t.Errorf("without a reader it grew from %d to %d", first, again)
	}
	reader, err := db.Begin(false)
	if err != nil {
		t.Fatal(err)
	}
	if held := write(); held < first+50*pageBytes {
		t.Errorf("with a reader it grew from %d to %d, want 50 writes of two pages at least", first, held)
	}
	if err := reader.Rollback(); err != nil {
		t.Fatal(err)
	}
}

func TestTheOtherEndOfAConnectionIsSeen(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // the test is over
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // as above
	peer, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if held, err := heldByPeer(conn); err != nil || !held {
		t.Errorf("an open connection is held: %t, %v", held, err)
	}
	if err := peer.Close(); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if held, err := heldByPeer(conn); err == nil && !held {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("a connection that its peer closed is still held")
}

func TestWhatAProcessHoldsAndComputes(t *testing.T) {
	if n, err := memoryBytes(os.Getpid()); err != nil || n < 1<<20 {
		t.Errorf("this process holds %d bytes, %v", n, err)
	}
	if _, err := busy(os.Getpid()); err != nil {
		t.Error(err)
	}
}
