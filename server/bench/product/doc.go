// Package product is the store as a contestant: the real daemon in a process of its own, loaded and asked through the client
// library and as JSON; and the use cases alone, in a process without a network.
//
// The daemon is compiled and started as an operator starts it, so that its memory, its start and its processor time are its
// own, and so that nothing of the benchmark's is in it.
package product
