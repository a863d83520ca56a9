package powerdisk

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

const (
	// keepFor is how long the kernel may believe what it was told: nobody else changes the disk.
	keepFor = time.Hour
	// writeBytes is the largest write that the kernel hands over at once.
	writeBytes = 1 << 20
	// closeWithin is how long the kernel may take to let go.
	closeWithin = 10 * time.Second
)

// Mount mounts an empty disk on a folder; it needs root. Close it whatever happens.
func Mount(dir string) (*Disk, error) {
	d := newDisk()
	d.Dir = dir
	server, err := fuse.NewServer(&kernel{RawFileSystem: fuse.NewDefaultRawFileSystem(), disk: d}, dir, &fuse.MountOptions{
		Name: "powerdisk", FsName: "powerdisk", DirectMountStrict: true, DisableXAttrs: true, DisableReadDirPlus: true,
		MaxWrite: writeBytes, Logger: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), PanicHandler: d.panicked,
	})
	if err != nil {
		return nil, fmt.Errorf("mount a power disk on %s: %w", dir, err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.Serve()
	}()
	d.unmount = sync.OnceValue(func() error { return errors.Join(unmount(dir, served), d.failed()) })
	return d, nil
}

// panicked keeps a fault of our own from passing for one of the program; Close tells of it.
func (d *Disk) panicked(what any) fuse.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failure = fmt.Errorf("the power disk itself failed: %v\n%s", what, debug.Stack())
	return fuse.EIO
}

func (d *Disk) failed() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failure
}

// mountForce ends the connection for everybody, also where a process with another view of the machine holds a copy of
// the mount; mountDetach takes the mount away though it is in use.
const (
	mountForce  = 1
	mountDetach = 2
)

func unmount(dir string, served <-chan struct{}) error {
	if err := syscall.Unmount(dir, mountForce|mountDetach); err != nil {
		return fmt.Errorf("unmount the power disk on %s: %w", dir, err)
	}
	select {
	case <-served:
		return nil
	case <-time.After(closeWithin):
		return errors.New("the kernel does not let go of the power disk that was on " + dir)
	}
}
