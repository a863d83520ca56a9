// Package reporting holds the use cases, one file per noun: the only place that decides. It takes domain values from
// whoever speaks a wire, asks whether the caller may, whether the request is right, and turns it into one entry for
// the committer, or reads the answer from the aggregator in one short transaction.
//
// Every mutation takes one road, change: the caller's token is looked up again and the request authorised inside the
// transaction that writes; a request id seen before is answered from what it wrote; then the use case decides, on the
// state as it is after every request before it. A preview (validate_only) takes the same road inside a read
// transaction and stops before the entry.
//
// What a caller may not see answers exactly as what does not exist. A right that the caller's role never has is
// refused as such, for that tells nothing about the data.
package reporting
