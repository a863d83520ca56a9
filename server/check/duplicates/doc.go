// Package duplicates is the check that what is sent several times counts once.
//
// Every submission is sent one to six times, in random order and partly at the same time, over several connections: as a
// single request over gRPC or JSON, as an item of a stream that is resumed anywhere under its id, as a row of a file, and
// in batches that stand together or not. The server is killed meanwhile, and whatever was left without an answer is sent
// again. Approvals and returns are repeated as well. Once each, the same id comes with another content. After the first
// revisions the tree changes, each change sent several times too; what communes owe no longer is repeated all the same.
//
// What must hold, besides the judgement of the books at the end:
//
//   - of all answers to one submission at most one says that it was new, and all others that they are replayed; all have
//     the same receipt, revision and report, and name the same figures that were merged;
//   - another content under the same id is refused with REQUEST_ID_REUSED, each time, and changes nothing;
//   - ids are bound to principal and method: the plan uses many of them again for something else of another one.
//
// The books: every report has exactly the revisions that were sent, at the sequences of the receipts and with their
// figures; the journal has exactly one entry for each request, with the hashes of the receipts; and every roll-up is the
// sum of the figures in force, each counted once.
package duplicates
