// Package journaltest is the suite that every implementation of journal.Journal passes.
//
// An implementation's test hands Run a function that makes stores:
//
//	func TestContract(t *testing.T) { journaltest.Run(t, newStore) }
//
// Each case quotes the sentence of the contract that it proves, and a test of this package compares the quotes with the
// contract. What can only be seen by breaking the disk or the network (a full disk, an unknown outcome, damage) is told
// by the implementation's own tests; the same list names those sentences.
package journaltest
