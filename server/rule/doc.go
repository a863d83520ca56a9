// Package rule holds the validation rules of forms: what figures must satisfy that are sent for good.
//
// A [Rule] belongs to a form and is one version; a base period takes that of its last day, and a version of severity
// [Off] ends the rule. What it demands is a condition in the language of package formula, on exact fractions:
//
//	condition  = both { "or" both }
//	both       = claim { "and" claim }
//	claim      = "not" claim | "(" condition ")" | sum comparison sum | test
//	test       = "has" "(" references ")" | "required" "(" references ")" | "integer" "(" sum ")" | "never_falls" "(" reference ")"
//	references = reference { "," reference }
//
// with the sums of formulas, to which come abs(X), jump(X, Y), the distance of X from Y in per cent of Y, and
// outlier([A], n, least), the robust z-score of a figure among those of the n base periods before, of which at least least,
// or 6, must have one. So the rules that people ask for are
//
//	range                      [A] >= 0 and [A] <= 100
//	required                   required([A], [B])
//	integer                    integer([A])
//	numerator and denominator  [A.num] <= [A.den]
//	sum of parts               [A] = [B] + [C]
//	cumulative never falls     never_falls([A])
//	jump                       jump([A], [A, -1p]) <= 30, or [A, -1y] for the same period last year
//	outlier                    outlier([A], 12) <= 3.5
//
// A reference is a figure of the report itself, or with -1p, -1y that of the same unit and form in an earlier base period, as
// it counts provisionally. What a unit reported before is looked for under its own id: its predecessors' figures are not its
// own. The value of a ratio is in its unit of measure, as in formulas.
//
// What is missing, not available or not applicable is unknown, and so is a division by zero; the logic has three values, and
// a rule that comes to unknown is skipped. has([A]) is always known; required([A]) is false where there is no value, unless
// the figure is not applicable or the unit does not report the indicator. never_falls compares with the newest of up to 12
// earlier base periods that has a value, within the year where the figure counts since its beginning. An outlier is skipped
// where all earlier values are equal and this one is not, for there is no spread to tell its distance in; a jump tells of it.
//
// A rule of severity [Error] refuses the report; one of [Warning] asks for an explanation at the figure that
// [Finding.Indicator] names: the first that the condition speaks of. The texts of a rule may name the numbers that it is
// about, [A] or [A, -1p]; those that they leave out stand behind them.
package rule
