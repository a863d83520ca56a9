// Package disclosure says which figures of a tree of units may be published, so that no small one can be computed from them.
//
// A [Cell] is the figure of one unit over its subtree. A cell is small when it is not 0 and smaller than the threshold: then
// it may point at single people. What is published of an indicator is a cut through the tree: all cells down to one level.
// [Depth] finds the deepest level such that no published cell is small, and no remainder either: what a unit has beyond the
// sum of its published children, which anybody can subtract. Where a cut is not deep enough for somebody, there is no other:
// leaving single cells out would ask for more and more of them to be left out beside them.
//
// A table that is published again after a correction tells the difference too. [Depth] is asked of the differences to every
// table that was published before ([Differences]), and the shallower cut holds.
//
// What it holds against: sums and differences of what is published of one indicator over one period, in every version. What it does not know:
// other indicators that add up to this one, what others publish, and bounds that follow from figures not being negative.
package disclosure
