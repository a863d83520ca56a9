// Package tabular reads the import files of the project and makes cells safe for writing: CSV in and out.
//
// A file has a header and one row to a line; which columns it has, design and format tables of the reading functions
// say. Everything a spreadsheet does to such a file is either understood or refused with the line and what to do about
// it: a byte order mark, CRLF, semicolons or tabs instead of commas, decomposed letters, columns in another order, a
// header in capitals, empty rows and empty trailing columns are understood; another encoding, an unknown or missing
// column, and a row with too many or too few cells are refused, because a typo must not lose a figure.
//
//   - units.csv: code, kind, name_vi, name_en?, parent?, valid_from?, valid_to? ([ReadUnits])
//   - lineage.csv: date, from, to, share ([ReadLineage])
//   - indicators.csv: code, name_vi, name_en, group, unit_of_measure, scale, unit_rule, time_rule, measure, reported_by,
//     checked_by?, direction, formula?, weight?, denominator_measure?, denominator_time_rule?, denominator_indicator?,
//     min?, max?, valid_from?, replaces?, assigned?, except?, decision?, class?, smallest_cell? ([ReadIndicators])
//   - forms.csv: code, name_vi, name_en?, frequency, calendar, indicators, assigned, except?, owner?, reviewer?, due?,
//     valid_from? ([ReadForms])
//   - holidays.csv: date, name, kind ([ReadHolidays]); the kind is off or work
//   - targets.csv: plan, year, indicator, scope?, comparator?, value?, baseline?, baseline_date?, due?, ranked?, lead?, support?,
//     note? ([ReadTargets])
//   - outside.csv: indicator, unit, year, value?, ranked?, class?, done?, published?, source?, note? ([ReadOutside])
//   - regions.csv: region, name_vi, name_en?, unit ([ReadRegions])
//   - a survey of plans: source_file?, province, plan, year, indicator_code, level?, comparator?, value?, unit?, note?, record_type,
//     indicator_vi? ([ReadSurvey])
//   - rules.csv: form, code, severity, expression, text_vi, text_en?, valid_from? ([ReadRules]); the severity is ERROR, WARNING
//     or OFF
//   - figures.csv: unit, form, period, indicator, value?, numerator?, denominator?, state?, note?, grade?, explanation?
//     ([ReadFigures], [GroupFigures])
//
// A column with a question mark may be left out; so may any cell of it. Numbers in the catalogue files are written as on
// the wire (1234.5); numbers in figures.csv in the format that the sender declares (R49).
//
// Of a row whose unit_rule is DERIVED the cells time_rule, measure and reported_by are empty, and formula is not.
//
// The column decision of indicators.csv is for people alone: it says why a row's rules are what they are, stands beside
// them so that the two are changed together, and is not read.
//
// A reading function never stops at the first problem: it tells every problem of the file, each with its line, up to
// [MaxProblems], and counts the rest. An error beside the problems means that the file could not be read to its end, for
// instance because an upload broke off; it says nothing about the file.
package tabular
