// Package oracle is the suite that holds the sums against the reports: whatever is changed, in whatever order, incremental
// equals recomputed, bit for bit.
//
// A sequence is a random story of a small province, of up to 200 steps: units that come, end, go on and go over into
// others; versions of indicators of every rule over units and over time, and of formulas over them; forms of every
// frequency, assigned, narrowed, moved from one to the
// other in the middle of a year; reports drafted, sent, corrected, merged, approved, returned and excluded, one by one and several at
// once; periods closed, reopened and closed again; validation rules; texts that are removed; tokens, request ids, years that pass. The story is told as real entries to a real aggregator, in groups as the
// committer makes them, some of which are thrown away; now and then the state is closed and opened, or falls behind its
// journal and replays.
//
// After each step the store is asked for every roll-up that the step can have touched, for some that it cannot, and for the
// report itself, and for some of what was found after earlier entries, as of those entries; and the answers are those of verify.Model, which keeps the reports alone, computes everything anew from
// them with math/big, and shares no code with aggregator and rollup. At the end of the sequence all roll-ups are compared,
// and the state is the same, key by key and byte by byte, as one rebuilt from the journal. Nothing may differ but
// the note of how far redactions were carried out, which is of no entry.
//
// Sequence n of seed s is the first of seed s + n, so that one sequence is told again by --seed and --size 1. One that
// fails is told again with fewer and fewer steps, and what is left of it is printed.
package oracle
