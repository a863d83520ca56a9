// Package reporting holds the use cases, one file per noun: the only place that decides. It takes domain values from
// whoever speaks a wire, asks whether the caller may, whether the request is right, and turns it into one entry for
// the committer, or reads the answer from the aggregator in one short transaction.
//
// Every mutation takes one road, change: the caller's token is looked up again and the request authorised inside the
// transaction that writes; a request id seen before is answered from what it wrote; then the use case decides, on the
// state as it is after every request before it. A preview (validate_only) takes the same road inside a read
// transaction and stops before the entry. What a decision finds out leaves it as its result and by no other way, for
// whoever asked may have gone while it runs.
//
// A report that is sent for good is held against the rules of its form in the decision itself (hold.go), so that rules which
// look back see what was accepted just before, and in an atomic batch its other reports. Whoever hands in several reports of
// one unit with such a form has them decided in their order.
//
// One use case goes on after its entry is durable: RedactEntry has the texts removed from the files (Config.Remove), and
// answers only when they are. It does so for a repeat too, and for a caller who has gone; what it does not get to, the
// next start does.
//
// What a caller may not see answers exactly as what does not exist, and names are resolved as if it did not: a code that
// two units have means the one that he sees. A right that the caller's role never has is refused as such, for that tells
// nothing about the data. A draft is there for its own unit alone.
//
// A page of a list goes on after the last key, so that nothing is lost or told twice when things come between; it ends
// early where the rest would make its transaction long.
package reporting
