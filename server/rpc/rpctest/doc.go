// Package rpctest is a whole server for tests of the doors: a store in a temporary folder, the use cases and the gRPC
// server over a connection in memory, with a small country in it.
package rpctest
