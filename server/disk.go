package server

import (
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/tonghop/tonghop/server/fault"
)

// disk watches the space of the data folder.
type disk struct {
	dir   string
	guard int64

	mu      sync.Mutex
	checked time.Time
	free    int64
	err     error
}

// checkEvery is how long a measurement of the free space is believed: not long enough to write a MiB meanwhile.
const checkEvery = 20 * time.Millisecond

func newDisk(dir string, guard int64) *disk { return &disk{dir: dir, guard: guard} }

// refuse tells why changes are refused: too little space is left (R39). Reads go on.
func (d *disk) refuse() error {
	free, err := d.measure()
	if full := err == nil && free < d.guard; !full {
		return nil // a disk that does not tell is no reason to refuse: the journal finds out by itself
	}
	return fault.Exhausted("STORE_FULL",
		"only %d MiB are free on the server's disk, %d MiB must stay free; nothing was changed, reading goes on", free>>20, d.guard>>20).
		With("free", free).With("guard", d.guard).After(time.Minute)
}

// roomToHold is how much must be free, beyond the guard, for groups to be acknowledged before the state commits them: more
// than such a commit can need.
const roomToHold = 128 << 20

// roomy says whether what is acknowledged now can surely be committed later.
func (d *disk) roomy() bool {
	free, err := d.measure()
	return err == nil && free >= d.guard+roomToHold
}

func (d *disk) measure() (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.checked) > checkEvery {
		d.free, d.err = freeBytes(d.dir)
		d.checked = time.Now()
	}
	return d.free, d.err
}

// usage gives the bytes that the store takes and those that are free.
func (d *disk) usage() (used, free int64, err error) {
	err = filepath.WalkDir(d.dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return ignoreGone(err)
		}
		info, err := e.Info()
		if err != nil {
			return ignoreGone(err)
		}
		used += allocated(info)
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	free, err = d.measure()
	return used, free, err
}

// ignoreGone forgives a file that vanished while the folder was read.
func ignoreGone(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}
