// Package rollup is pure arithmetic: it merges figures to totals. No clock, no disk: the heart, provable.
//
// # How a figure becomes a roll-up
//
// [Contribute] brings the figures of one unit together over the base periods of a span (time first, design 4.4) and
// gives a [Total]. [Total.Merge] adds the totals of units; [Total.Subtract] takes one out again, exactly, so that a
// correction is Subtract old, Merge new. [Finish] divides once, at the end, and gives a [Result] with its coverage.
// Nothing is rounded before [Result.Display], and nothing wraps: sums have 192 bits, and a total whose amount does not
// fit 128 bits has the state OVERFLOW until a correction brings it back.
//
// Whoever keeps totals keeps one per unit, indicator, reporting kind, basis, measure and span. Where [SumsBases] is
// true, a longer span is the merge of its base rows, and only [Total.Remainder] needs a row of its own (R17). MIN and
// MAX cannot be subtracted: the caller clears them and merges them again from the direct children. [Touched] names the
// spans whose totals a changed figure can change.
//
// # Over a change of the tree
//
// Units that went over into others within the span are one body ([Component], R2): what its units gave for a base period
// is the figure of the body, by the rule over units their sum or their extreme, and time goes over that. Which units those
// are, on which side of the changes a base period lies, and whose figure the body's is, the caller knows. [Crosses] says
// for which rules that is done, and [AddsUp] where nothing can be told twice and units are added as ever.
//
// # What the caller decides
//
//   - Who counts. A total is of the units that are merged into it. Kinds in reported_by are merged and can also be kept
//     apart; figures of checked_by kinds are shown beside and never come here (R8).
//   - What is owed. Missing is never stored: it is what [Expected] has and the total has not (R10).
//   - NONE. A rank or a class is not merged over units; Finish of more than one contribution is NOT_ROLLED_UP. Finish
//     of a single contribution gives that unit's own figure and says so ([Result.Single]); it must not be shown as the
//     figure of the units above.
//   - Scale. A total is at the scale that the indicator had when it was made. Where the scale has grown since (R21),
//     [Total.Rescale] comes before Merge.
//
// # Decisions where the rules leave room
//
//   - Half a ratio was sent, so it is received; it is left out of the value and counted again as half (R15). If both
//     parts have the same time rule they are matched base period by base period, so that a numerator never stands over
//     another period's denominator. If the rules differ, or the denominator is another indicator's figure, the unit is
//     matched as a whole.
//   - The own amount of a year-to-date figure whose start is missing cannot be told: the base period counts as missing,
//     not as received, and as a gap. [Spans] tells what closes it (R14).
//   - A weight is taken by its own rule from the base periods of the span, and where there is none from the shortest
//     longer period that contains the span: a yearly population weighs the months of its year (R19).
//   - By the rules MIN and MAX over units the figure of a body is the extreme of its units too, for such a rule says that
//     figures of units are not to be added: so the greatest of a year is the greatest of its months on either tree.
//   - Units of one body may owe base periods of several lengths, which then lie over each other; what a body comes to depends
//     on those of its own units alone. MEAN, MIN and MAX over time go over what the whole body had, never over a part of it:
//     base periods divide each other into cells, and a figure stands in each cell of its own. Of 10 in every month of one
//     unit and 60 in the quarter of another each month has 70. Where they are of two sides of a change, as when a new unit
//     owes the quarter within which it was made, a cell has those of the newest side on which any was given, for who stands
//     on the last day owes all of it (R3). The divisor of a mean counts cells with a figure. A sum cannot be divided: all
//     figures are added once, and by the rules MIN and MAX over units the extreme is of what units come to in a stretch
//     that no base period leaves. LAST has each unit's latest by the last days, whatever the lengths.
//   - A body counts as one unit where it is stale: once, if any figure that was taken is not of the last base period. Its
//     obligations, and who is complete, are counted by unit.
//   - The own amount of a year-to-date figure over a change is the sum of what each unit gained on its own days, so that
//     two halves of a year come to the year (R14). A borrowed denominator is taken from one side of the change, as LAST is.
//   - SHARE_YES counts a yes only of a unit whose last base period is an obligation that stands, so that a share never
//     exceeds the whole (R20).
package rollup
