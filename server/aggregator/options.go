package aggregator

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/tonghop/tonghop/server/fault"
)

// lockWait is how long Open waits for another process to let go of the file.
const lockWait = 2 * time.Second

// mapBytes is how much address space is asked for. With enough of it the file is never mapped anew, so no reader blocks
// the writer and no slice of a value moves under a write transaction.
const mapBytes = 64 << 30

// pageBytes is fixed, so that a file is the same on every host; 4,096 was the fastest of those measured.
const pageBytes = 4096

// openBolt opens or makes a file with the settings that a state derived from a journal can afford: nothing is synced
// but at Sync and Close, and the list of free pages is found again at the start instead of being written each time.
func openBolt(path string) (db *bolt.DB, err error) {
	defer func() {
		// bbolt trusts its pages, so that some damage ends in a panic.
		if p := recover(); p != nil {
			db, err = nil, fmt.Errorf("%w: %v", bolterrors.ErrInvalid, p)
		}
	}()
	options := &bolt.Options{
		Timeout: lockWait, NoSync: true, NoGrowSync: true, NoFreelistSync: true,
		FreelistType: bolt.FreelistMapType, PageSize: pageBytes, InitialMmapSize: mapBytes,
	}
	if runtime.GOOS == "windows" || uint64(^uint(0)>>1) < mapBytes {
		// Windows makes the file as large as the map; small addresses have no room for it.
		options.InitialMmapSize = 0
	}
	db, err = bolt.Open(path, 0o600, options)
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, locked(path)
	}
	if err != nil {
		return nil, err
	}
	// MaxBatchSize and the like stay: the one writer makes its own groups.
	return db, nil
}

func locked(path string) error {
	return fault.Precondition("STORE_LOCKED",
		"the state %s is in use by another process; stop the server that runs on this folder, or choose another folder", path).
		With("path", path)
}
