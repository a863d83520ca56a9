// Package crashpoints is the check that kills the daemon at every single call by which it changes a file: every write,
// sync, change of a length, and every making, renaming and removing of a name.
//
// A story of 31 operations is told one after the other, so that it is the same every time: submissions, corrections,
// approvals, returns, a stream, batches, tokens, the catalogue, changes of the tree, the removal of a private text, a backup, a stop in order,
// a rebuild; the journal's segments are so small that several are filled. A first run without a fault lists the calls,
// those of the daemon at its start and stop and those of the commands beside it among them. Then there is one run for
// each: on a fresh copy of the store, up to that call, before which the process gets SIGKILL. After a start without
// faults the judge of package workload holds the server against what was sent; what was under way is repeated under the
// same request ids; the story goes on to its end; the judge is asked again, and in the end `tonghopd verify`.
//
// A kill before a call is also the kill after the call before it: nothing happens to a file in between. A kill within a
// call shows itself where a write spans several pages, between which the kernel looks for the signal: the points with a
// torn write. The recovery can be killed as well, at each of its own calls in turn. A size below the number of points
// takes them at equal distances, first the kills, then the torn writes, then the second kills.
//
// The order of calls of different threads varies a little, since the next segment is prepared beside the work. A run in
// which the chosen call never came is told as missed, and is not counted as a point.
//
// A kill loses nothing that was written: the page cache survives. What only a power cut shows is for package powerloss.
package crashpoints
