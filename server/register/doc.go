// Package register holds registers of single things, such as community teams, supported firms or listed products, and counts them.
//
// An [Item] belongs to a unit and is there from its first day until before its last one. Within a period [Tally] counts four
// things: the stock at its end, what came, what ended, and of what came the first of each key in the year. A key tells what is the
// same thing: a firm that is supported three times in a year is three items with one key, and one first.
//
// # What adds up
//
// Every item counts at one unit and, but for the stock, in one base period. The first of a key counts where and when it came
// first, earliest day before lower code, in the whole register: a firm that two communes supported is counted once in the
// province, by the commune that was first, and not at all by the other one. So a unit is always the sum of its parts, and a
// year that of its months; what came again is the difference of the two counts.
//
// # When the tree changes
//
// An item stays with the unit to which it was given. In a period it is counted in the tree of the last day, by [Place]: at its
// unit where that stands, else where that unit's figures go, which is the one that took its place, or the lowest unit that
// contains all that did (R2, R3). So a province and the country lose nothing and count nothing twice.
//
// # Why nothing is kept but the items
//
// Counts are made of the items when they are asked for. There is nothing beside the items that could come to differ from them, so
// a count is right if the items are, which the journal proves; and a correction of last year's item changes last year's count by
// itself. Reading costs some microseconds an item, and registers have thousands, not millions.
package register
