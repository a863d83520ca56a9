// Package period holds days, periods, calendars, deadlines and working days.
//
// A [Period] is a name: 2024-02, 2024-Q1, 2024-H1, 2024-9M, 2024. Which days it has is said by a [Calendar] (Decree
// 09/2019, R5): with CUTOFF_15_14 month M runs from the 15th of the month before to the 14th of M, with CIVIL from the
// first to the last. Every longer period is built from months, so months tile each of them without gap or overlap in
// both calendars, and all questions of containment are answered without a calendar.
//
// A [Day] is a date without time. Instants exist only where a day meets a clock: [Deadline], [Start], [DayOf], always
// in the time zone of Vietnam, whose data is inside the binary. Nothing here reads the clock.
//
// A due day is counted from the last day of a period by an [Offset] for the kind of unit (R6) and moved to the next
// working day by [Holidays], the list that the operator keeps because Tết moves, with what it was before each of its changes.
package period
