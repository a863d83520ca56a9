package workbook

import (
	"slices"
	"strings"
)

// role is what a column, or a labelled cell, is for.
type role uint8

const (
	nothing role = iota
	unitRole
	formRole
	periodRole
	codeRole
	valueRole
	numeratorRole
	denominatorRole
	stateRole
	noteRole
	gradeRole
	explanationRole
	// nameRole is the name of an indicator, partRole says which amount of it a row has.
	nameRole
	partRole
	// idleRole is a column of the form that says nothing to the server.
	idleRole
	roles
)

// csvColumns are the columns of figures.csv in the order of their roles.
var csvColumns = map[role]string{
	unitRole: "unit", formRole: "form", periodRole: "period", codeRole: "indicator", valueRole: "value", numeratorRole: "numerator",
	denominatorRole: "denominator", stateRole: "state", noteRole: "note", gradeRole: "grade", explanationRole: "explanation",
}

// captions are what columns are called, folded.
var captions = func() map[string]role {
	m := map[string]role{}
	for r, list := range map[role]string{
		unitRole:        "unit|ma don vi|ma don vi bao cao",
		formRole:        "form|ma bieu|ma bieu mau",
		periodRole:      "period|ky bao cao|ma ky",
		codeRole:        "indicator|ma chi tieu|ma so|ma",
		valueRole:       "value|thuc hien|thuc hien trong ky|thuc hien ky nay|thuc hien ky bao cao|so lieu|gia tri|ket qua|ket qua thuc hien",
		numeratorRole:   "numerator|tu so",
		denominatorRole: "denominator|mau so",
		stateRole:       "state|trang thai",
		noteRole:        "note|ghi chu",
		gradeRole:       "grade",
		explanationRole: "explanation|giai trinh",
		nameRole:        "chi tieu|ten chi tieu|noi dung|noi dung chi tieu|muc tieu/chi tieu|danh muc chi tieu",
		partRole:        "part|phan so lieu",
		idleRole: "stt|tt|so tt|don vi tinh|dvt|don vi|ten don vi|ke hoach|ke hoach nam|ky truoc|thuc hien ky truoc|cung ky nam truoc|luy ke|" +
			"luy ke tu dau nam|ty le so voi ke hoach|danh gia",
	} {
		for name := range strings.SplitSeq(list, "|") {
			m[name] = r
		}
	}
	return m
}()

// header is the row that names the columns of a block.
type header struct {
	row     int
	columns [roles]int // 0: none
	// unknown are the columns whose caption means nothing to us.
	unknown []cell
	// twice is a column whose role another one has already.
	twice cell
	// merged are for each role the merged areas over its column, from top to bottom.
	merged [roles][]area
}

// headerOf reads a row as a header. A row is one if it has a column for amounts and one for indicators.
func headerOf(s *sheet, at int) (header, bool) {
	l := &s.lines[at]
	h := header{row: l.number}
	for _, c := range l.cells {
		if c.kind != text || c.formula {
			continue
		}
		h.caption(c)
	}
	if h.columns[valueRole] == 0 && h.columns[numeratorRole] == 0 || h.columns[codeRole] == 0 && h.columns[nameRole] == 0 {
		return h, false
	}
	// Captions may be on two rows: "Thực hiện" over "Tử số" and "Mẫu số".
	if at+1 < len(s.lines) && s.lines[at+1].number == l.number+1 && h.below(&s.lines[at+1]) {
		h.row++
	}
	for r, column := range h.columns {
		if column > 0 {
			h.merged[r] = s.mergedIn(column)
		}
	}
	return h, true
}

func (h *header) caption(c cell) {
	name := fold(c.content)
	r, known := captions[name]
	switch {
	case name == "" || strings.Trim(name, "0123456789=+ ") == "":
	case !known:
		h.unknown = append(h.unknown, c)
	case r == idleRole:
	case h.columns[r] > 0:
		h.twice = c
	default:
		h.columns[r] = c.column
	}
}

// below takes captions of parts from the second row of a header.
func (h *header) below(l *line) bool {
	found := false
	for _, c := range l.cells {
		r, known := captions[fold(c.content)]
		if c.kind == text && known && (r == numeratorRole || r == denominatorRole) && h.columns[r] == 0 {
			h.columns[r], found = c.column, true
			h.unknown = slices.DeleteFunc(h.unknown, func(u cell) bool { return u.column == c.column })
		}
	}
	return found
}

// mergedIn gives the merged areas over a column, from top to bottom.
func (s *sheet) mergedIn(column int) []area {
	var list []area
	for _, a := range s.merged {
		if column >= a.left && column <= a.right && (a.top != a.bottom || a.left != a.right) {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b area) int { return a.top - b.top })
	return list
}

// over gives the merged area over a row in the column of a role.
func (h *header) over(r role, row int) (area, bool) {
	list := h.merged[r]
	i, found := slices.BinarySearchFunc(list, row, func(a area, row int) int {
		switch {
		case a.bottom < row:
			return -1
		case a.top > row:
			return 1
		}
		return 0
	})
	if !found {
		return area{}, false
	}
	return list[i], true
}

// labels are what stands before unit, form and period above the table.
var labels = map[string]role{
	"unit": unitRole, "ma don vi": unitRole, "ma don vi bao cao": unitRole,
	"form": formRole, "ma bieu": formRole, "ma bieu mau": formRole,
	"period": periodRole, "ky bao cao": periodRole, "ky": periodRole, "ma ky": periodRole,
}

// labelled reads "Mã đơn vị: 29872", in one cell or in two beside each other.
func labelled(l *line) map[role]cell {
	var found map[role]cell
	for i, c := range l.cells {
		if c.kind != text {
			continue
		}
		name, rest, colon := strings.Cut(tidy(c.content), ":")
		r, known := labels[fold(name)]
		if !known {
			continue
		}
		value := c
		switch rest = tidy(rest); {
		case rest != "":
			value.content = rest
		case i+1 < len(l.cells) && colon || i+1 < len(l.cells) && l.cells[i+1].column == c.column+1:
			value = l.cells[i+1]
		default:
			continue
		}
		if found == nil {
			found = map[role]cell{}
		}
		found[r] = value
	}
	return found
}
