// Package figure holds exact numbers and figures.
//
// A [Number] is an integer at the scale of its indicator: 12.5 at scale 2 is 1250. Sums are [Int128], which cannot
// overflow for any number of units that can exist; where one does overflow all the same, the operation says so and the
// roll-up's state becomes OVERFLOW. There is no floating point in this package: a double holds neither 0.1 nor the
// amount of a provincial budget exactly, and two servers that add in another order must give the same total.
//
// Means over time are carried multiplied by [MeanUnit] (R16), so that dividing by 1 to 12 base periods is exact.
// Division with rounding, half away from zero, happens once and for display: [Decimal], [Quotient]. Comparing and
// ranking use [CompareFractions], which is exact.
//
// # How numbers are written
//
// There are four formats (R49). [Plain] is the wire: -1234.5. [Vietnamese] is 1.234,5 and [English] 1,234.5, each with
// or without the marks between thousands. [Undeclared] is a file that does not say which it is: there 1.234 might be
// one thousand or one, so only digits with an optional minus are read. In every format a number has one minus sign at
// most, no plus sign, no exponent, no space, no leading zero (007 is a code that was put into the wrong column) and is
// not -0. Decimals beyond the scale are refused unless they are zeros: 5.0 is 5 at scale 0, 5.5 is an error, never 6.
//
// Numbers are printed in the shortest form: 1.50 at scale 2 is printed 1.5, and reading it gives the same Number.
package figure
