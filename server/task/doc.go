// Package task holds what units are to do once, the steps of inspections, and how a unit stands with them.
//
// A [Duty] is asked of units in the words of an assignment. It has one due day, or steps with a day each: then it is an
// inspection. A unit owes a step if the assignment selects it on the due day and it stands on that day; as long as that has
// not come, today decides. So what is owed follows the tree until the day and stands still behind it: a commune that ends
// before the day owes nothing, the one that takes its place owes, and enters by itself what it did.
//
// A [Record] is what a unit entered of a step. Every further one replaces the one before, and all are kept. It is judged on a
// day: [Done] and [Late] tell when it was done, [Open] and [Overdue] whether there is still time. These four are all there is,
// so counts of them always come to the units of whom it is asked ([Counts.Obliged]).
//
// A unit did a duty when it did all of its steps, on the day of the last one ([Fulfilled]); that is what targets are held against.
package task
