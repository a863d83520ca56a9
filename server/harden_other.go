//go:build !unix

package server

import "runtime/debug"

// Harden has a crash tell the stack of the goroutine that crashed and no other.
func Harden() error {
	debug.SetTraceback("single")
	return nil
}
