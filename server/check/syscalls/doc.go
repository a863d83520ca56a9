// Package syscalls watches every call by which a process changes files, and breaks the one that a check chooses: the
// process is killed before it, or in the middle of its bytes, or the call fails, or it is said to be done and is not.
//
// The calls of all threads, and of all processes that are run under one [Watch], are numbered in one row, so that a check
// can go through them all. That is why strace is not used: it counts "per syscall and per tracee" (strace(1)), a thread
// of a Go program is a tracee of its own, and the scheduler moves a goroutine from one to the other; the third write of
// every thread is no enumeration of writes.
//
// The means is the user notification of seccomp(2): the kernel stops the calling thread and asks the watch, which answers
// "go on", an error, or not at all. Nothing else of the process is slowed down, no other rights than those of the user
// are needed, and any file system will do. A program is run under a watch by [Watch.Wrap], which goes before its command
// line: it starts the very program of the check a second time, whose main calls [Become] first. That installs the filter,
// hands the listener over, and becomes the watched program.
package syscalls
