// Package form holds forms: which indicators are reported together, by which units, how often, by which calendar and
// until when.
//
// A [Form] is one version; a [Set] holds all versions, never changes, and refuses forms that would let a unit report
// one indicator twice (R4). What a unit owes is asked for a base period, the form's own frequency, and decided on the
// period's last day (R9): [Form.Owes] for the form, [Reports] for one of its indicators, [Expected] for a whole tree
// at once. Until when it is due follows from all changes of forms and of the list of holidays: [Timetable] (R7). Whether a
// report has come, is late or is excluded is not known here.
package form
