// Package hierarchy holds units and the dated tree in which they stand.
//
// A [Unit] is a body that reports or is reported about: a country, a province, a district, a commune, a department.
// Its kind is data and the depth of the tree is free. Codes are re-used by the statistics office (82 was one province
// until 2025-06-30 and is another since), so a unit is known by its [ID], which carries the first day (R1). The days
// of a unit are half open: it stands from ValidFrom until the day before ValidTo.
//
// A [Tree] never changes. [Tree.With] gives a new one with more units in it, or refuses with every problem that it
// found; so a tree may be read from many goroutines, and whoever holds one sees one state. Each unit has an ordinal,
// its place in the order of acceptance, which stays the same in every later tree: other rooms keep figures in slices
// indexed by it. Every question about places in the tree names a day. A unit has a place on the days on which it is
// valid and on no other, and then its whole path upwards is valid too: that is checked when it is accepted.
//
// A unit keeps its code, kind, parent and first day as long as it stands. What gets another of these is closed, and a
// successor with a new first day stands in its place; [Tree.Reorganised] takes such a change in one piece, with the
// [Link]s that say which unit went over into which, whole or in part. So figures stay where they were reported, and a
// question about a span in which the tree changed is answered over [Tree.Components], the units that lineage joins (R2).
// Only a name changes inside a unit, from a day on.
//
// A [Selector] says which units something is assigned to (R9), in words such as kind:commune or unit:82-20250701.
package hierarchy
