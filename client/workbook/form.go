package workbook

import "strings"

// Figure is a figure as people see it.
type Figure struct {
	// Value, Numerator and Denominator are digits with an optional minus and an optional point. Empty: none.
	Value, Numerator, Denominator string
	// State is "-" or "x" in place of the numbers. Empty: there are numbers, or nothing at all.
	State             string
	Note, Explanation string
}

// amount gives the part of a figure that stands in one cell.
func (f Figure) amount(part role) string {
	switch {
	case f.State != "":
		return f.State
	case part == numeratorRole:
		return f.Numerator
	case part == denominatorRole:
		return f.Denominator
	}
	return f.Value
}

// Line is one indicator of a form.
type Line struct {
	Indicator Indicator
	// Plan is what the plan of the year demands, in words such as "≥ 80". Empty: nothing.
	Plan string
	// Before is the figure of the period before, and Now the one that is there already.
	Before, Now Figure
	// Total is the sum since the beginning of the year up to the period before. Its parts are empty where they are not
	// known: one missing month makes every sum behind it wrong.
	Total Figure
}

// Form is a report to be filled in.
type Form struct {
	// Code and Name are those of the form, and Period is its id.
	Code, Name, Period string
	// FirstDay and LastDay are those of the period, and Due is until when it is to be sent, all as people write them.
	FirstDay, LastDay, Due string
	// Unit is the id of the unit, UnitName its name, and Above the name of the unit above.
	Unit, UnitName, Above string
	// Groups are the names of groups by their codes.
	Groups map[string]string
	Lines  []Line
}

// The columns of the form, in order.
const (
	numberColumn = 1 + iota
	nameColumn
	unitColumn
	planColumn
	beforeColumn
	nowColumn
	totalColumn
	noteColumn
	explanationColumn
	codeColumn
	partColumn
)

// formColumns are their captions and widths; the last two are hidden.
var formColumns = []struct {
	caption string
	width   float64
}{
	{"STT", 6},
	{"Chỉ tiêu", 52},
	{"Đơn vị tính", 13},
	{"Kế hoạch năm", 15},
	{"Kỳ trước", 16},
	{"Thực hiện trong kỳ", 18},
	{"Lũy kế từ đầu năm", 18},
	{"Ghi chú", 28},
	{"Giải trình (khi được hỏi)", 28},
	{"Mã chỉ tiêu", 14},
	{"Phần số liệu", 12},
}

// partNames are what rows of a ratio are called, in the hidden column and for people.
var partNames = map[role]string{numeratorRole: "Tử số", denominatorRole: "Mẫu số", idleRole: "Tỷ lệ"}

// measure is what the head says of units of measure: the one that all have, or where to look.
func (f *Form) measure() string {
	unit := ""
	for _, l := range f.Lines {
		if unit != "" && unit != l.Indicator.Unit {
			return "Đơn vị tính: ghi tại cột Đơn vị tính"
		}
		unit = l.Indicator.Unit
	}
	return "Đơn vị tính: " + unit
}

// group is the indicators of one group.
type group struct {
	name  string
	lines []*Line
}

// groups puts lines of one group together, in the order in which the form names them first.
func (f *Form) groups() []group {
	var list []group
	place := map[string]int{}
	for i := range f.Lines {
		code := f.Lines[i].Indicator.Group
		at, ok := place[code]
		if !ok {
			at = len(list)
			place[code] = at
			list = append(list, group{name: f.groupName(code)})
		}
		list[at].lines = append(list[at].lines, &f.Lines[i])
	}
	return list
}

func (f *Form) groupName(code string) string {
	switch {
	case f.Groups[code] != "":
		return f.Groups[code]
	case code != "":
		return "Nhóm " + code
	}
	return "Chỉ tiêu khác"
}

// roman writes a number as groups of official forms are numbered.
func roman(n int) string {
	s := ""
	for _, step := range []struct {
		value int
		text  string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for ; n >= step.value; n -= step.value {
			s += step.text
		}
	}
	return s
}

// Localise writes digits with a point as people in Vietnam do: 1234.5 is 1.234,5.
func Localise(s string) string {
	digits, minus := strings.CutPrefix(s, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "." + whole[at:]
	}
	if point {
		whole += "," + fraction
	}
	if minus {
		whole = "-" + whole
	}
	return whole
}
