// Package committer makes changes durable, in groups: decide, append, sync, apply, answer.
//
// One goroutine is the only writer of a store. It takes what is waiting, up to 256 requests or 1 MiB, without a timer:
// while one sync runs, the next group collects by itself. For each request in turn it asks the request's Decision
// against the state as it is after the requests before it, opens no door for anybody else meanwhile, and applies the
// entry at once, so that request 2 of a group sees request 1 in reports, roll-ups, rights and request ids alike. Then
// the entries are appended to the journal as one group and synced: that is the commit point, and everybody is answered.
//
// The state commits for many groups at a time, up to a quarter of a second, while nobody reads: one that begins to read
// asks for the commit and waits for it, and while there are readers each group is committed before it is answered. So
// whatever was acknowledged is seen by whoever reads after it. A change of the tree, the catalogue or the forms is never
// held, and what is held is committed before one, or anything large, is begun: readers wait for no more than the group
// under way. Nothing is held where the disk might be full when the state commits. After a kill the journal is ahead of the
// state and is replayed; how far acknowledgement had come stands beside the state, see aggregator.Reached.
//
// A Decision must have no side effect outside what it returns and the variables of its own request. It may run more
// than once: on a journal that several servers share, a Conflict throws the whole group away, the state catches up,
// and every request is decided again. A decision that refuses changes nothing and disturbs nobody in its group; it is
// answered with the group all the same, because what it saw may have been a request that was not yet durable.
//
// An error after the append began means unknown, never not done. The committer then poisons itself: it answers
// everybody with UNAVAILABLE, takes nothing more and closes Poisoned; the process is to exit with code 70, and after the
// next start the journal decides. A client that repeats the request with the same request id learns the truth. No
// sync is ever tried again.
//
// Limits: 1,024 requests wait, the next one is refused with RESOURCE_EXHAUSTED; a request whose deadline passed is
// dropped before it is decided, never after; a request larger than a group's bytes is alone in its group and at most
// 8 MiB.
package committer
