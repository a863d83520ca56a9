// Package entry holds the entries of the journal, as Go types and as bytes. It is the only room that knows the messages of
// proto/journal/v1.
//
// An [Entry] is a [Header], who and when and on which request, and a [Body], what changed. [Encode] gives two parts. The
// public part is one message Entry and is kept for ever. The private part is one message Private, holds every text that a
// person wrote (notes, explanations, reasons, display names), and can be removed later (R36): [Decode] of the public
// part alone gives the same entry with these texts empty. The names of units, indicators and forms are public. So is the
// hash of the request, by which a repeat is known (R37): it covers the texts too and has no salt, so whoever guesses the
// whole request, texts and all, can see in it that he guessed right, also after they were removed.
//
// # What never changes
//
// Journals outlive programs, so bytes that any released version wrote are read by every later one: testdata/golden holds
// an entry of each kind, and they must decode to the same text for ever. A new version may add bodies, fields and words.
// An older one that meets them refuses with ENTRY_TOO_NEW rather than apply half a change, for it would keep another
// state than its peers. The words of rules and roles are this room's own and do not follow those of other rooms.
//
// What is applied when an entry is accepted must be what a replay applies, so Encode refuses whatever would come back
// otherwise, instead of rounding it: see there. Three things come back in a fixed form that means the same: instants are
// in UTC, a selector without days has the open days, an empty list is nil.
//
// Decode checks the form of an entry, not its sense: that a period is one, that figures are in order and hold together.
// Whether a unit exists, or who may do what, was decided before the entry was written and is not asked again (R31).
//
// What is written may become shorter all the same: beside the fields in which figures and methods were written at first there
// are others, which are written now, and both are read. An entry has a thing in one of the two forms alone. The figures of a
// report are bytes of a form of their own, [AppendRuns], which the aggregator keeps as they are.
//
// # Single things
//
// [AppendUnit] and its like give the bytes of one thing for the aggregator's records: the same messages, for units, links,
// indicators and forms alone, and for reports and tokens inside a record whose fields are written as protobuf writes them.
//
//	report  1: Submission  2: Private with the texts of its figures
//	token   1: TokenIssued  2: Private with the display name  3: created  4: revoked, both in nanoseconds, zigzag
//
// These records live as long as one version of the aggregator's state, not for ever.
package entry
