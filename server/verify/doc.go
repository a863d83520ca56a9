// Package verify proves that nothing was lost or changed: the chain of the journal, and every roll-up of the store,
// computed again from the reports by code that shares nothing with the aggregator.
//
// [Run] reads the whole journal, which checks its chain, and gives every entry to a [Model]. Then it asks the store, the
// [Subject], for roll-ups, some hundred in each of its short reads, and the model for the same ones. What differs is a
// finding; an error means only that the work could not be finished. The store may serve and take entries meanwhile: the
// model follows to the head of each read.
//
// # Why a second arithmetic
//
// The aggregator moves sums by new minus old, keeps rows, shares caches and adds integers of fixed width, all of which
// may be wrong in ways that show years later. The model does none of that. It keeps the reports and what says who owes
// them, and computes each roll-up from all reports whenever it is asked, with maps and math/big. It may use the rooms
// that say what a unit, a period or an indicator is and never rollup or aggregator: a test holds that. The rules were
// read again from the design for it, so where both agree, two readings agree.
//
// Amounts are whole numbers of ticks, 1/27,720 of the sixth decimal. All figures and all means over up to twelve of them
// are whole in ticks, so nothing is rounded before it is printed.
//
// # What is compared
//
// Every indicator that a form carries, every base period with a report and every longer period that holds one, both
// bases, each measure that the indicator has, all reporting kinds together and each alone; for every unit that has
// units below it, and for about thirty of the others. Indicators whose forms have two calendars are left out, since no
// answer mixes calendars (R5), and so is what the store refuses as too much work. What units of checked_by kinds sent is
// no roll-up and is not compared.
//
// How far each report has come, sent, late, returned, approved, is kept beside the report and compared as well, of every unit
// for every form and base period of which there is a report.
//
// Questions come in an order in which one pass over all units answers as many of them as there are units: the model
// remembers the last pass, and what all units said about one indicator in one year. A country of 10,600 communes with 54
// indicators and three years of months has 25 million roll-ups, for which the model takes two or three minutes.
//
// # What was removed
//
// A private part that was removed (R36) leaves the chain as it was, so it is counted and asked about by itself: each entry
// that removes one must have had its effect on the journal, and each removal must have an entry that says so. The model
// knows nothing of texts.
//
// # How the rules were read
//
//   - The version of an indicator, and with it who is added, is that of the last day of the period that is asked (R21);
//     who owes a base period is decided by the versions of its own last day (R9).
//   - A unit's obligations of a year stand side by side whatever their length: where communes report by the month and
//     departments by the quarter, the quarter has both, and a month of all is NOT_AT_THIS_PERIOD, because a part of the
//     sum is in no month (R4).
//   - A unit stands under the same units for all its days, so each of its reports counts for all of them.
//   - Units that lineage joins within a longer period are one body (R2): what they gave for a base period is one amount,
//     and counts where the lowest unit stands that contains what they became. Labels are spread over the links and places
//     looked for among lists; what no change reaches is brought over time by itself.
//   - A figure has the scale that its indicator had when it was sent, whatever happens to the catalogue later.
//   - What is derived has a value only if everything that its formula names has one (R18). The formula is read by the same
//     parser; what it comes to is computed here again, with whole numbers.
//   - NONE: a rank is an answer for its own unit alone.
package verify
