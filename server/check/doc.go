// Package check is the frame of the suites that attack what the store promises: nothing acknowledged is lost, nothing is
// counted twice, nothing is altered unseen.
//
// A [Check] is one suite, in a room of its own below this one: it starts real daemons on temporary folders, on loopback
// alone, does to them what a bad day does, and compares what they say afterwards with what was done. It is drawn from a
// seed, has a size, and prints one line of figures. The command is
//
//	go run ./server/cmd/check NAME [--seed N] [--size N] [--long] [--control FAULT]
//
// # A check that cannot fail proves nothing
//
// Every check has controls: faults that are planted so that it must fail. Some are lies of the world, which the check
// tells itself, such as a disk that says it has flushed and has not; others are faults of the program, for which package
// plant compiles a daemon with a few lines changed. A control that is not found fails the run, as does one whose lines
// are no longer in the program.
//
// A violated promise is an error made with [Broken]. Any other error means that the check could not be done.
package check
