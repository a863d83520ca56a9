// Package machine reads what the kernel counts: the time of the processor that a hypervisor took away, what a process has
// used of it, the memory that a process holds, the bytes written to a disk. Where the system does not tell, the figures
// are zero.
package machine
