// Package workload is a small province whose people work on a real server, with a record of everything that they sent,
// and a judge who holds the server to it.
//
// [Found] makes the province through the API: districts, communes, one monthly form of four indicators (two sums, one
// stock of which the last counts, one ratio), and tokens. [World.Drive] lets clients submit, correct, approve, return
// and read until the time is over or the server is gone; a scripted check calls [World.Submit] and its like itself.
// [Connect] goes on with a server that was started again.
//
// # What is recorded
//
// Where the shape says so, the tree changes as well: [World.Reform] makes the next of a few planned changes, in which communes
// are merged, divided, moved, made, closed and renamed (land.go). Reports of communes that have ended go on being corrected,
// and roll-ups are read on two trees.
//
// Every request is an [Attempt] that is recorded before it is sent: its request id, and for each report in it what is
// asked for. Nothing is tried twice by itself: one attempt is one request on the line. Afterwards each of its items is
// [Acknowledged], with the receipt; [Refused]; or [Unknown], which is everything that does not say clearly that nothing
// was changed. The first figure of every submission is a serial number that no other submission of the world has, and
// the reason of every return ends with one, so that what a server holds can be traced to exactly one attempt.
//
// # What the judge demands
//
// [World.Judge] asks a server for everything that it shows: all changes from the first on, all revisions of every
// report, all roll-ups of every unit, period and basis. It finds the promise broken unless
//
//   - the changes have every sequence from 1 to the head;
//   - what was acknowledged up to the given [Mark] is there exactly once, at its sequence and as its revision, with its
//     figures, by its principal;
//   - everything that is there was sent by somebody, was not refused, and is there once;
//   - the states of the revisions follow from the submissions, approvals and returns in the order of the journal;
//   - the tree is as some of the planned changes have left it, at least those that were acknowledged;
//   - every roll-up is what a naive addition of the figures in force comes to, with its coverage; over a change of the tree
//     that of each body (R2), and what cannot be placed is not.
//
// [World.JudgeJournal] compares the hashes in the journal's files with those in the receipts. [World.Resolve] repeats
// what is unknown under the same request ids, after which nothing is.
//
// Of the server's rooms the package knows none but the reader of the journal's files: it says again what rules R2, R10, R16
// and R23 mean, in the simplest words, with math/big. Its arithmetic knows no drafts, and changes only of communes.
package workload
