// Package indicator holds indicators, the rules by which their figures are brought together, and the catalogue of
// their dated versions.
//
// An [Indicator] is one version of what is measured: from its ValidFrom on it counts, until the next version of its
// code. Its figures are brought together first over time, within each unit, and then over units; a [Part] says how the
// first is done (R14), a [UnitRule] how the second (R18 to R20). A ratio has two parts, each with its own measure and
// time rule, or borrows its denominator from another indicator (R15).
//
// A [Catalogue] never changes; [Catalogue.With] gives a new one. What a figure means may not change under a code once
// a figure exists (R21), so With asks whether there are any. Codes are unique without regard to case and keep their
// spelling (R43). Whatever a file or the API calls the fields is what errors call them: unit_rule, reported_by.
package indicator
