//go:build !linux || !(amd64 || arm64)

package syscalls

import (
	"context"
	"errors"

	"github.com/tonghop/tonghop/server/check"
)

// Need is what watching needs.
var Need = check.Need{
	What: "a system whose calls can be watched", Remedy: "run it on Linux, on amd64 or arm64",
	Missing: func() error { return errLinux },
}

type watcher struct{}

var errLinux = errors.New("calls are watched by a means of Linux on amd64 and arm64")

// New begins a watch.
func New(context.Context, Config) (*Watch, error) { return nil, errLinux }

// Wrap goes before the command line of a program that is to be watched.
func (*Watch) Wrap() []string { return nil }

// Close ends the watch.
func (*Watch) Close() error { return nil }

// Become becomes the watched program where the arguments are those of Wrap; it returns false where they are not.
func Become([]string) (asked bool, err error) { return false, nil }
