// Package aggregator holds the state that follows from the journal, in bbolt: it applies entries and answers queries.
//
// A [Store] is derived. Everything in it comes from [Tx.Apply], which takes the entries of the journal in their order and
// is total (R31); [Rebuild] makes the same bytes under the same keys again. So the file need not be synced with every
// group: [Store.Sync] does it now and then, and after an unclean stop and another start of the machine it is thrown away
// without being opened (R34, [Verdict]): state.bolt is the file, state.mark is there while it is stopped in order, and
// state.boot names the start of the machine in which it was opened last, and state.reached tells while it is open how far
// acknowledgement had come, see hold.go. Not in the journal, so not here either, and lost
// with the process: the counts of rate limits, and the sessions of the web pages (R26). Nor is when a token was last used, which may
// be lost too, and what was sent to subscribers (package notify): both lie in the data folder and in no backup.
//
// There is one writer, the holder of [Store.Begin]: it sees every entry that it applied, in reports, roll-ups, rights and
// request ids alike. Readers use [Store.View] and see the last commit, which has all that was acknowledged before, with the
// tree, the catalogue and the forms that belong to it, which are kept in memory. Keep a View short, at most 500 rows and 50 ms, for as long as
// it lasts no page that it sees can be used again.
//
// # Roll-ups
//
// Kept (R17) for each basis, form, span, unit with units below it, and reporting kind: one row with a total for each
// indicator, of the units of that kind strictly below. The roll-up of a unit is its rows and its own report together, so
// a unit without units below it has no rows. Rows are kept for whatever kind sent the figure; which kinds are added and
// which only compared is decided when a roll-up is read, by the version of the period's last day. Base periods have whole
// totals. A longer period has whole totals only where base rows cannot be added up (rollup.SumsBases); of a sum it has
// the remainder alone: how many units are complete. Of what is derived nothing is kept: it is computed from the roll-ups of
// its parts (derived.go). Restated roll-ups and those as of an earlier sequence are not kept;
// nor is YEAR_TO_DATE of a mean, an extreme or the like, which is made from reports when it is asked, from 2,000 at most.
//
// When the figures in force of a report change, a shift takes what its unit contributes to each cell that can be reached,
// before and after, and moves the rows of the units above by the difference. An extreme that leaves is looked for among
// the units directly below. When the tree, the catalogue or the forms change what is owed or how it is brought together,
// the rows of the indicators concerned are made anew from that year on.
//
// Most reports are the first of their unit for the base period and have values for what all others have values for: what they
// change is planned once, kept as a pattern, and filled with their amounts (pattern.go).
//
// A unit's contribution to a span belongs to one form, by which it owes the indicator last in the span, and to one place
// in the tree, that of the last base period it owes: a unit closed within a year stays under the parent it had.
//
// Where forms of several frequencies carry an indicator, spans may hold base periods of several lengths, of one unit too:
// see uneven.go. The rows of such an indicator hold, in the slot own, what a sum over the span has besides its base rows,
// and, in the slot since of a row whose span is a month, the same from the beginning of the year to that month.
//
// # Across a change of the tree
//
// Where units went over into others after the first base period of a span and until the day of the tree, which is the last
// day of the span or a later one that was asked for, roll-ups follow lineage (R2): hierarchy.Placement says where each unit's
// figures belong, and whom the change reaches at all. All others are answered from their rows as ever, so a store without
// lineage pays one comparison for a question. What a change reaches is computed and not kept: rows are taken of units of
// which all units below have their figures in the answer, where these can be added one by one (rollup.AddsUp: sums, and
// whatever stands in one base period) or none of them was joined to another; the reports of what is left are read, 6,000 at
// most, at some microseconds each. Where the rule over units crosses no change, those count that stand on the day. A span that
// cuts a base period which somebody owes has no figure on a later tree either, also if only those owe it that come below the
// unit after that tree's day (R4).
//
// # As of an earlier entry
//
// [Tx.AsOf] gives the state as an entry left it (R30). Versions are looked for from its sequence on, and the story of a
// revision tells what had been done to it by then; where drafts came with several deadlines, each keeps the one that the
// next replaced. Rows are of now alone, so what they would hold is made from reports, by the code that makes what a unit
// itself gave: at most 2,000 reports are read, each once in a transaction. The tree, the catalogue and the forms are made
// of all their versions up to then, once for all moments between two changes of them; the last four that were asked for are
// kept. [Tx.SequenceAt] finds the entry of an
// instant by the notes of changes, halving. Rights, request ids and removed texts are those of now.
//
// # The shelf
//
// Rows that somebody asked for stay in memory (shelf.go), in their newest version and with the sequence of the entry that
// last changed them: a reader takes a row of an entry that its state has, and reads any other from its own transaction. The
// writer puts the rows that it changed there before the commit, so that nobody whose state has the change finds the row
// before it. A row is held against its checksum when it comes from the file, and then no more; [Open] begins with an empty
// shelf, and 128 MiB are the most that it takes.
//
// # Standings
//
// How far each report has come stands in one byte beside those of other units for the same form and period (standing.go), so
// that who owes what, and a matrix of all units, are told without reading reports. Who owes is not in it: that is said by the
// forms and the tree. Nor is any deadline that has passed: what is overdue is told when it is asked. A change of one report
// writes one block anew.
//
// # Deadlines
//
// The deadline of a report stands in its entries. What the next one will be follows from every change of forms and of the
// list of holidays there was, and from when it was made: form.Timetable, which is made of all their versions when a state is
// opened and kept in memory beside the forms.
//
// # Damage
//
// bbolt believes its pages. So [Open] reads a file that is to be kept page by page before bbolt does (pages.go, inspect.go):
// each page in its place, each key in its order, each value under its checksum, and all of them together what the digest in
// the position says; what is not goes the way of every file that cannot be trusted, and is rebuilt. A value that is found
// damaged later, while it is read, is an error and never a figure; the process is told to end by [Store.Damaged], and the
// next start rebuilds. [Remembered] tells how far the state had come, so that a journal that lost its last change is told
// from one that never had it.
//
// # Papers
//
// Plans, targets, what was declared of them, outside figures and regions, duties with what units enter of them, and registers with
// their items bear on no roll-up. They go by names that are texts, stand in one bucket in all their versions, and are read from it when they are asked for: the newest version that a moment
// knows, those whose names begin alike together.
//
// # Texts
//
// What people wrote (notes, explanations, reasons, names) can be removed for ever (R36), so it stands in one bucket, under
// the sequence of its entry, and nothing else in the file depends on it. The entry that removes a text takes it out of
// every answer at once. It is then to be removed from the journal, and [Store.Erase] makes zeros of the pages that held it;
// [Store.Unremoved] tells a start what an earlier process did not get to. A replay gives the same bytes, whether the
// journal still had the text or not. The reasons of redactions and of restorations are not kept here at all.
//
// # Buckets
//
// Numbers in keys are big-endian. A period is its kind, year and index in 1+2+1 bytes, and sorts by time within its kind.
// Units, forms and indicators go by their ordinals, their places in the order of acceptance. Numbers in values are
// varints; a text has its length before it; an instant is 1 + nanoseconds and the seconds since 1970, or 0 for none. A
// principal or a method goes by its number in the bucket names, or is 0 and the text where it has none: see names.go.
// Every value ends in 8 bytes: the CRC-32C and the CRC-32 (IEEE) of bucket, length of the key, key and value. A value that
// does not agree is STATE_DAMAGED, never a figure. No value has more than 64 KiB: what may be larger is stored in pieces
// of 60 KiB, whose keys end in the number of the piece (2 bytes), and whose values begin with 1, the last one with 0. The
// digest is of all values outside of meta: how many there are, and in 8 bytes the sum of their mixed checksums.
//
//	bucket      key                                                 value
//	meta        version, journal                                    text; 16 bytes
//	meta        position                                            sequence, hash (32), time, forgotten up to, reports, digest
//	meta        erased                                              sequence up to which redactions are carried out
//	meta        restored                                            for each restore: old journal id, see restored.go
//	meta        verifier                                            sequence of the entry that introduced it, verifier key of heads
//	units       ordinal 4, ^sequence 8, piece 2                     place in the entry, unit as in the journal
//	indicators  number 4, first day 4, ^sequence 8, piece 2         place in the entry, indicator as in the journal
//	forms       number 4, first day 4, ^sequence 8, piece 2         place in the entry, form as in the journal
//	holidays    day 4, ^sequence 8, piece 2                         place in the entry, day of the list as in the journal
//	rules       number 4, first day 4, ^sequence 8, piece 2         place in the entry, rule as in the journal
//	tokens      id, 0, ^sequence 8                                  sequence that issued it, until when its former secret is good, and if it is the hash of that (32),
//	                                                                token as in the journal, with its times
//	proofs      id, 0, ^sequence 8                                  times bound and unbound, what proves which token as in the journal
//	reports     form 2, period 4, unit 4                            see record.go: flags, deadline, exclusions, revisions in force, revisions,
//	                                                                each with the sequences of the entries that made it what it is and
//	                                                                its figures in runs, as in the journal
//	revisions   form 2, period 4, unit 4, revision 4, piece 2       state 1, revision as in its report
//	rollups     basis 1, form 2, period 4, unit 4, block 2, kind    sequence, then for each cell: id, length, total
//	requests    request id 16, principal, method                    sequence, first half of the hash of the request (16)
//	changes     sequence, and of others than the first the place    see change.go: kind, time, principal, request, what changed;
//	                                                                both numbers as their length, 1, and so many bytes
//	used        indicator 4                                         sequence of the first entry with a figure of it
//	texts       sequence 8, piece 2                                 reason of a return, an exclusion or a closing, name of a token's holder, note of a reorganisation, target of a subscription, remark, note of a duty, why items changed
//	texts       sequence 8, as in revisions                         see texts.go: notes and explanations of a revision
//	redactions  sequence 8                                          sequence of the entry that removed its texts
//	names       number 4                                            the principal or method
//	closings    form 2, period 4, owner 4, ^sequence 8, piece 2     see closing.go: what was done to a closing: 1 closed, 2 reopened
//	closed      form 2, period 4, owner 4, version 4, number 4, piece 2
//	                                                                a piece of the rows of a closing, as in its entry
//	standings   form 2, period 4, units from 512 × block 2          a byte for each unit, see obligation.Standing
//	subscriptions  id, 0, ^sequence 8                               sequence that made it, times made and deleted, subscription as in the journal
//	papers      kind 1, name, 0, ^sequence 8, piece 2               place in the entry, thing as in the journal
//	links       day 4, ordinals from 4 and to 4, ^sequence 8, piece 2
//	                                                                place in the entry, 1 if withdrawn, else 0, link as in the journal
//
// A sequence is stored with all bits turned over where the newest version is to come first, and nothing is ever removed
// from units, links, indicators, forms, holidays, rules, tokens, proofs, reports, revisions, closings, closed, changes, redactions, papers and names (R30). The ids of cells are 3 × indicator + 1 for
// AS_REPORTED, + 2 for OWN, + 3 for what YEAR_TO_DATE adds to base rows, each as the distance from the one before; a
// block is 1,024 indicators. A total is as rollup.Total.AppendBinary writes it.
//
// For example, the row of official figures (basis 0) of form 0, January 2024, of all communes below the unit with ordinal
// 1, where indicator 0 adds up to 30, given by two units, and entry 7 was the last that changed it:
//
//	key    00 0000 0007e801 00000001 0000 636f6d6d756e65
//	value  07 01 04 193c0404 and the checksum 771f3ba612cbd9b0
package aggregator
