// Package daemon runs tonghopd as a process of its own: starts it, waits until it serves, kills it, reads its last words.
package daemon
