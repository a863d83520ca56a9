//go:build unix

package ioerror

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tonghop/tonghop/server/check/powerdisk"
)

// scene is when the disk fails.
type scene uint8

const (
	// inWork counts from the start of a server that was stopped in order, on into its work.
	inWork scene = iota
	// inRecovery counts from the start of one that was killed.
	inRecovery
	// inStop counts from the moment when the server is asked to end.
	inStop
)

func (s scene) String() string { return [...]string{"from a start on", "after a kill", "in a stop"}[s] }

// fault is what goes wrong in a trial.
type fault struct {
	scene scene
	// noRoom makes a write fail with ENOSPC, otherwise it is a sync with EIO.
	noRoom bool
	// ofState counts the derived state's alone.
	ofState bool
	// n is which one, from 1.
	n int
	// forgets has the cache drop half of what could not be written before the next start.
	forgets bool
}

func (f fault) String() string {
	what := "sync"
	if f.noRoom {
		what = "write"
	}
	if f.ofState {
		what += " of the derived state"
	}
	return fmt.Sprintf("%s %d %s fails", what, f.n, f.scene)
}

func (f fault) errno() syscall.Errno {
	if f.noRoom {
		return syscall.ENOSPC
	}
	return syscall.EIO
}

// How many syncs and writes there are, about, in a recovery and in a stop, and how many of the derived state are tried.
const (
	syncsOfRecovery, syncsOfStop   = 12, 8
	writesOfRecovery, writesOfStop = 24, 12
	syncsOfState                   = 8
)

// faults lists the trials: as many syncs as the size says, and as many writes; the first of every scene come first.
func (a *attack) faults() []fault {
	var list []fault
	add := func(n int, f fault) {
		for i := range min(n, a.Size) {
			f.n, f.forgets = i+1, i%2 == 1 || f.ofState
			list = append(list, f)
		}
	}
	add(a.Size, fault{scene: inWork})
	add(syncsOfState, fault{scene: inWork, ofState: true})
	add(syncsOfRecovery, fault{scene: inRecovery})
	add(syncsOfStop, fault{scene: inStop})
	add(a.Size, fault{scene: inWork, noRoom: true})
	add(writesOfRecovery, fault{scene: inRecovery, noRoom: true})
	add(writesOfStop, fault{scene: inStop, noRoom: true})
	slices.SortStableFunc(list, func(x, y fault) int { return x.n - y.n })
	return list
}

// trap makes the n-th call of a disk fail.
type trap struct {
	mu    sync.Mutex
	fault fault
	seen  int
	armed bool
	// at is when it closed, and on what.
	at   time.Time
	call powerdisk.Call
	shut chan struct{}
}

func (t *trap) arm() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.armed = true
}

// disarm says whether it had closed.
func (t *trap) disarm() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.armed = false
	return !t.at.IsZero()
}

// before is asked by the disk.
func (t *trap) before(c powerdisk.Call) syscall.Errno {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.armed || !t.fault.hits(c) {
		return 0
	}
	if t.seen++; t.seen != t.fault.n {
		return 0
	}
	t.at, t.call = time.Now(), c
	close(t.shut)
	return t.fault.errno()
}

// hits says whether the fault is of such a call.
func (f fault) hits(c powerdisk.Call) bool {
	if f.ofState && !strings.HasSuffix(c.Path, "/state.bolt") {
		return false
	}
	if f.noRoom {
		return c.Verb == powerdisk.Write || c.Verb == powerdisk.Create || c.Verb == powerdisk.Mkdir
	}
	return c.Verb == powerdisk.Sync || c.Verb == powerdisk.SyncDir
}

// closed says whether it has closed.
func (t *trap) closed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.at.IsZero()
}
