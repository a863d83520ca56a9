// Package raw stores reports in bbolt as fast as that can be done durably, and does nothing else: one goroutine takes all
// that waits into one flushed transaction, under keys that only grow.
package raw
