// Package formula holds the language of derived indicators, on exact fractions.
//
// The language is ours and small (R18), for expression libraries count in floating point:
//
//	formula    = sum
//	sum        = product { ("+" | "-" | "−") product }
//	product    = factor { ("*" | "×" | "/" | "÷") factor }
//	factor     = ("-" | "−") factor | number | reference | "(" sum ")" | function
//	function   = ("min" | "max" | "sum") "(" sum { "," sum } ")" | "if" "(" sum comparison sum "," sum "," sum ")"
//	comparison = "<" | "<=" | "≤" | ">" | ">=" | "≥" | "=" | "<>" | "≠"
//	number     = digits [ "." digits ]
//	reference  = "[" code [ ".num" | ".den" ] [ "," "-" digits ("y" | "p") ] "]"
//
// [Parse] reads a formula, and its errors name the character at fault and what to do. [Formula.String] prints it back in
// one form: parsing that gives the same formula. [Formula.Eval] computes it with math/big from the values of its
// references. What a reference means, and what comes of one without a value, is for others to say: see rollup.Derive.
//
// Journals hold formulas as they are printed: what Parse reads it must read for ever, and no limit may be lowered.
//
// [ParseCondition] reads what a validation rule demands: comparisons of such sums joined by and, or, not, and tests of single
// figures (package rule has the grammar). It computes with three truths, for figures may be missing. A formula knows none of
// its words.
//
// What a formula can cost is bounded: by its length, by how deep it is nested, and by how many numbers and references it
// has. A fraction that it makes has at most as many digits as all of these together.
package formula
