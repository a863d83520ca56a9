//go:build !linux

package powerdisk

import "errors"

// Mount needs Linux.
func Mount(string) (*Disk, error) { return nil, errors.New("a power disk needs Linux and /dev/fuse") }
