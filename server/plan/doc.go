// Package plan holds plans, their targets, and the arithmetic of attainment (R28): whether a figure reaches what was demanded.
//
// A [Plan] is a numbered document for one unit, with groups of indicators under the names that it gives them. A [Target]
// demands a value of one indicator, of a unit, of a kind of units together, or of every single unit, by the end of a year or an
// earlier day. A [Judge] is a target ready to be held against figures; it is asked with a [Reading], which is whatever is known
// of the figure, wherever that came from, and it compares exact fractions:
//
//   - MET is decided unrounded: 79.96 does not reach a target of 80, whatever it looks like.
//   - EXCEEDED is decided on the value rounded half away from zero to the digits that the target was written with: above "80"
//     is 80.5 and more, above "80.0" is 80.05 and more. So what is shown as 80 is never said to be more than 80.
//   - "=", a day and a place among the first n are MET or NOT_MET and nothing else.
//
// What was declared of a result stands beside what is computed, with the difference; neither is mended to fit the other.
package plan
