package auth

import (
	"sync"
	"time"
)

// Uses remembers when each token was used last, to the minute. It stands in no journal: an entry for each call would be
// more than the calls themselves. What was noted since it was last kept may be lost.
type Uses struct {
	mu   sync.RWMutex
	last map[string]time.Time
	// changed says that something was noted since the last snapshot.
	changed bool
}

// NewUses goes on from what was kept.
func NewUses(last map[string]time.Time) *Uses {
	u := &Uses{last: map[string]time.Time{}}
	for id, at := range last {
		u.last[id] = at
	}
	return u
}

// Note says that a token is used. A clock that was set back changes nothing.
func (u *Uses) Note(id string, now time.Time) {
	at := now.Truncate(time.Minute)
	u.mu.RLock()
	known := u.last[id]
	u.mu.RUnlock()
	if !at.After(known) {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if at.After(u.last[id]) {
		u.last[id], u.changed = at, true
	}
}

// Last gives when a token was used last; zero if that is not known.
func (u *Uses) Last(id string) time.Time {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return u.last[id]
}

// Snapshot gives what is to be kept; nil if nothing has changed since the last one.
func (u *Uses) Snapshot() map[string]time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.changed {
		return nil
	}
	u.changed = false
	last := make(map[string]time.Time, len(u.last))
	for id, at := range u.last {
		last[id] = at
	}
	return last
}
