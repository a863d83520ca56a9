// Package closing holds the table that the closing of a period freezes: rows, their canonical text, its digest, and the
// pieces in which it is kept (R27).
//
// A [Row] is an official roll-up as it is shown to people: one unit, period and indicator, its state, its numbers in
// decimals, and its coverage. [Make] puts rows in order and gives a [Table]. The canonical text is UTF-8 without quotes, a
// header and a line for each row, each ended by a line feed:
//
//	unit,period,indicator,state,value,numerator,denominator,last_period,denominator_period,expected,received,...
//	866-0,2024-02,CQ-11,VALUE,120,,,,,2,1,0,1,0,0,0,0,1,2,0,0,0,0,0
//
// in the order of units by id, periods by their length, indicators by their codes in lower case. Its SHA-256 is the digest
// of a closing, so whoever has the text can check it with any tool. A row of which nobody owes anything has no place in it.
//
// Whoever closes and whoever verifies make their rows by code of their own, and share this text alone.
package closing
