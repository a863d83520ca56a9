package tabular

import (
	"io"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

// The columns of holidays.csv, in the order of their constants.
var holidayColumns = columns("date name kind")

const (
	holidayDate = iota
	holidayName
	holidayKind
)

// ReadHolidays reads holidays.csv. A day stands in it once.
func ReadHolidays(r io.Reader) (Sheet[period.Holiday], error) {
	return readSheet(r, holidayColumns,
		func(r row, problems *fault.List) period.Holiday {
			h, err := period.ParseHoliday(r.cell(holidayDate), r.name(holidayName), r.cell(holidayKind))
			problems.Add(err)
			return h
		}, nil, daysTwice)
}

// daysTwice tells of days that stand in the file again.
func daysTwice(s *Sheet[period.Holiday], _ []period.Holiday, _ []int) {
	first := make(map[period.Day]int, len(s.Rows))
	for i, h := range s.Rows {
		earlier, again := first[h.Day]
		if !again {
			first[h.Day] = s.Lines[i]
			continue
		}
		s.Problems.put(Problem{
			Line: s.Lines[i], OtherLine: earlier, Column: holidayColumns[holidayDate].name,
			Err: fault.Invalid("HOLIDAY_TWICE", "holiday %s stands on line %d already; keep one of the two rows", h.Day, earlier).
				With("day", h.Day).In(holidayColumns[holidayDate].name),
		})
	}
}
