// Package verify proves that nothing was lost or changed: the chain of the journal, and every roll-up of the store,
// computed again from the reports by code that shares nothing with the aggregator.
//
// [Run] reads the whole journal, which checks its chain, and gives every entry to a [Model]. Then it asks the store, the
// [Subject], for roll-ups, some hundred in each of its short reads, and the model for the same ones. What differs is a
// finding; an error means only that the work could not be finished.
//
// # Why a second arithmetic
//
// The aggregator moves sums by new minus old, keeps rows, shares caches and adds 128-bit integers, all of which may be
// wrong in ways that show years later. The model does none of that. It keeps the reports and what says who owes them,
// and computes each roll-up from all reports whenever it is asked, with maps and math/big. It may use the rooms that say
// what a unit, a period or an indicator is and never rollup or aggregator: a test holds that. The rules were read again
// from the design for it, so where both agree, two readings agree.
//
// Amounts are whole numbers of ticks, 1/27,720 of the sixth decimal. All figures and all means over up to twelve of them
// are whole in ticks, so nothing is rounded before it is printed.
//
// # What is compared
//
// Every indicator that a form carries, every base period with a report and every longer period that holds one, both
// bases, each measure that the indicator has, all reporting kinds together and each alone; for every unit that has
// units below it, and for about thirty of the others. Indicators whose forms have two calendars are left out, since no
// answer mixes calendars (R5).
//
// Questions come in an order in which one pass over all units answers as many of them as there are units: the model
// remembers the last pass, and what all units said about one indicator in one year.
package verify
