package workbook

import (
	"strconv"
	"strings"
)

// row reads one line of a table.
func (r *reader) row(l *line) error {
	b := r.block
	out := Row{Sheet: r.now.name, Number: l.number}
	if b.columns[nameRole] > 0 && isNumbering(l) {
		return nil
	}
	if !r.identities(l, &out) {
		r.unknown = append(r.unknown, out)
		return nil
	}
	known, err := r.catalogue(out.cells[formRole], out.cells[periodRole])
	if err != nil {
		return err
	}
	part, ok := r.indicator(l, &out, known)
	if !ok {
		return nil
	}
	r.texts(l, &out)
	if l.hidden {
		r.remark(Problem{Sheet: r.now.name, Row: l.number, Reason: "ROW_HIDDEN"})
	}
	i := known.find(out.cells[codeRole])
	switch {
	case part == idleRole, part == nothing && i != nil && i.Ratio && b.columns[nameRole] > 0 && b.columns[numeratorRole] == 0:
		r.quotient(l, &out)
	case part != nothing:
		r.part(l, &out, part, i)
	default:
		r.amounts(l, &out, i)
	}
	return nil
}

// identities reads to which report a row belongs; false if that is not known.
func (r *reader) identities(l *line, out *Row) bool {
	known := true
	for _, what := range []role{unitRole, formRole, periodRole} {
		column := r.block.columns[what]
		if column == 0 {
			out.cells[what], out.spots[what] = r.block.said[what], r.block.spots[what]
			continue
		}
		c, at := r.identityCell(l, what)
		s, problem := identity(c, what)
		out.spots[what] = spot{at, column}
		if problem != nil {
			r.cellProblem(out, l, c, problem)
			known = false
			continue
		}
		out.cells[what] = s
	}
	return known
}

// texts reads what is said beside a figure.
func (r *reader) texts(l *line, out *Row) {
	for _, what := range []role{stateRole, noteRole, gradeRole, explanationRole} {
		column := r.block.columns[what]
		if column == 0 {
			continue
		}
		c := l.at(column)
		out.cells[what], out.spots[what] = tidy(c.content), spot{l.number, column}
		if len(c.content) > maxCell {
			r.cellProblem(out, l, c, refuse("CELL_TOO_LONG"))
		}
	}
}

// identityCell gives the cell that names something; one that is merged over several rows names it for all of them.
func (r *reader) identityCell(l *line, what role) (cell, int) {
	column := r.block.columns[what]
	c := l.at(column)
	if c.kind != empty || c.formula {
		return c, l.number
	}
	a, ok := r.block.over(what, l.number)
	if !ok || a.top == l.number {
		return c, l.number
	}
	i, ok := r.now.find(a.top)
	if !ok {
		return c, l.number
	}
	return r.now.lines[i].at(a.left), a.top
}

// indicator finds out which indicator a row is of, and which part of it; nothing is the whole. False: the row is none of
// the figures, or that was told.
func (r *reader) indicator(l *line, out *Row, known *catalogue) (role, bool) {
	b := r.block
	c, name := l.at(b.columns[codeRole]), cell{}
	if b.columns[nameRole] > 0 {
		name = l.at(b.columns[nameRole])
	}
	if b.columns[codeRole] == 0 {
		c = cell{}
	}
	part := r.partOf(l, name)
	out.spots[codeRole] = spot{l.number, max(b.columns[codeRole], 0)}
	if out.spots[codeRole].column == 0 {
		out.spots[codeRole].column = b.columns[nameRole]
	}
	code, problem := identity(c, codeRole)
	switch {
	case problem != nil:
		r.cellProblem(out, l, c, problem)
		return nothing, false
	case code == "" && b.columns[nameRole] == 0:
		// In the layout of figures.csv a row without a code is a row all the same.
		return nothing, r.filled(l)
	case code != "":
	case part != nothing && part != idleRole:
		code = b.current
	default:
		if code = r.byName(l, out, name, known); code == "" {
			return nothing, false
		}
	}
	b.current = code
	out.cells[codeRole] = code
	return part, true
}

// partOf says which part of an indicator a row is of, by its own column or by its name.
func (r *reader) partOf(l *line, name cell) role {
	said := name.content
	if column := r.block.columns[partRole]; column > 0 && l.at(column).kind == text {
		said = l.at(column).content
	}
	switch s := strings.TrimLeft(fold(said), "-+–• "); {
	case strings.HasPrefix(s, "tu so"), s == "numerator":
		return numeratorRole
	case strings.HasPrefix(s, "mau so"), s == "denominator":
		return denominatorRole
	case s == "ty le" || s == "quotient":
		return idleRole
	}
	return nothing
}

// byName finds the indicator of a row without a code by its whole name, where one alone has it. A row that has a figure
// and belongs to no indicator is told; a group, a remark or a signature is passed over.
func (r *reader) byName(l *line, out *Row, name cell, known *catalogue) string {
	if list := known.byName[fold(name.content)]; name.kind == text && len(list) == 1 {
		return list[0].Code
	}
	for _, what := range []role{valueRole, numeratorRole, denominatorRole} {
		column := r.block.columns[what]
		if column == 0 {
			continue
		}
		c := l.at(column)
		s := tidy(c.content)
		if c.kind == number || c.kind == text && (s == "-" || s == "x" || strings.ContainsAny(s, "0123456789") && name.kind == text) {
			r.cellProblem(out, l, name, refuse("ROW_WITHOUT_INDICATOR", "name", short(name.content)))
			return ""
		}
	}
	return ""
}

// filled says whether a row has anything in its columns.
func (r *reader) filled(l *line) bool {
	for what := unitRole; what <= explanationRole; what++ {
		if column := r.block.columns[what]; column > 0 && l.at(column).kind != empty {
			return true
		}
	}
	return false
}

// amounts reads the figure of a row that holds all of it.
func (r *reader) amounts(l *line, out *Row, i *Indicator) {
	b := r.block
	some, wrong := out.cells[stateRole] != "", false
	for _, what := range []role{valueRole, numeratorRole, denominatorRole} {
		column := b.columns[what]
		if column == 0 {
			continue
		}
		out.spots[what] = spot{l.number, column}
		s, problem := r.amount(l, column, what, i)
		if problem != nil {
			r.cellProblem(out, l, l.at(column), problem)
			wrong = true
			continue
		}
		out.cells[what] = s
		some = some || s != ""
	}
	if !some && !wrong && !r.how.Partial && b.columns[nameRole] > 0 {
		r.cellProblem(out, l, cell{column: max(b.columns[valueRole], b.columns[numeratorRole])}, refuse("CELL_EMPTY"))
		return
	}
	if !some && b.columns[nameRole] > 0 {
		return
	}
	if wrong {
		return
	}
	r.states(l, out)
	r.figures.Rows = append(r.figures.Rows, *out)
}

// states turns - or x in place of the parts of a ratio into the state of the whole.
func (r *reader) states(l *line, out *Row) {
	num, den := out.cells[numeratorRole], out.cells[denominatorRole]
	if !isState(num) && !isState(den) {
		return
	}
	state := num
	if !isState(num) {
		state = den
	}
	if num != "" && num != state || den != "" && den != state || out.cells[valueRole] != "" {
		r.cellProblem(out, l, cell{column: out.spots[numeratorRole].column, content: num + "/" + den}, refuse("PARTS_STATES_DIFFER"))
		return
	}
	out.cells[valueRole], out.cells[numeratorRole], out.cells[denominatorRole] = state, "", ""
	if out.spots[valueRole].row == 0 {
		out.spots[valueRole] = out.spots[numeratorRole]
	}
}

func isState(s string) bool { return s == "-" || s == "x" }

// amount reads one amount of a row. Empty: there is none.
func (r *reader) amount(l *line, column int, what role, i *Indicator) (string, *Problem) {
	c := l.at(column)
	if a, ok := r.block.over(what, l.number); ok && a.top != a.bottom {
		return "", refuse("CELL_MERGED")
	}
	if c.kind == empty && !c.formula {
		return "", nil
	}
	if problem := r.unread(c); problem != nil {
		return "", problem
	}
	if s := tidy(c.content); c.kind == text && (s == "" || isState(s)) {
		return s, nil
	}
	if c.formula {
		r.remark(Problem{Sheet: r.now.name, Row: l.number, Column: column, Value: short(c.content), Reason: "FORMULA_TAKEN"})
	}
	return amount(c, i, r.how.Numbers)
}

// unread says why the content of a cell is not even looked at.
func (r *reader) unread(c cell) *Problem {
	s := tidy(c.content[:min(len(c.content), maxLiteral)])
	switch {
	case c.formula && c.kind == empty:
		return refuse("FORMULA_WITHOUT_RESULT")
	case c.formula && r.book.byHand:
		return refuse("FORMULA_STALE")
	case len(c.content) > maxCell:
		return refuse("CELL_TOO_LONG")
	case c.kind == text && len([]rune(s)) == 1 && strings.ContainsAny(s, "X‐‑‒–—―−"):
		return refuse("STATE_UNKNOWN")
	}
	return nil
}

// quotient reads the row of a ratio whose parts stand in rows of their own. What it shows is computed from them; notes are
// of the whole.
func (r *reader) quotient(l *line, out *Row) {
	out.spots[valueRole] = spot{l.number, r.block.columns[valueRole]}
	key := ratioKey(out)
	if i, begun := r.block.open[key]; begun {
		r.cellProblem(out, l, l.at(out.spots[codeRole].column), refuse("ROW_TWICE", "code", out.cells[codeRole], "row", strconv.Itoa(r.figures.Rows[i].Number)))
		return
	}
	r.block.open[key] = len(r.figures.Rows)
	r.figures.Rows = append(r.figures.Rows, *out)
}

func ratioKey(out *Row) string { return out.Report() + "\x00" + strings.ToLower(out.cells[codeRole]) }

// part reads a row that holds one part of a ratio, and joins it with the other one.
func (r *reader) part(l *line, out *Row, part role, indicator *Indicator) {
	b := r.block
	if out.cells[codeRole] == "" {
		r.cellProblem(out, l, l.at(b.columns[nameRole]), refuse("ROW_WITHOUT_INDICATOR", "name", short(l.at(b.columns[nameRole]).content)))
		return
	}
	column := b.columns[valueRole]
	if column == 0 {
		column = b.columns[part]
	}
	s, problem := r.amount(l, column, valueRole, indicator)
	if problem != nil {
		r.cellProblem(out, l, l.at(column), problem)
		return
	}
	key := ratioKey(out)
	i, begun := b.open[key]
	if !begun {
		i = len(r.figures.Rows)
		b.open[key] = i
		r.figures.Rows = append(r.figures.Rows, *out)
	}
	whole := &r.figures.Rows[i]
	if whole.spots[part].row > 0 {
		r.cellProblem(out, l, l.at(column), refuse("ROW_TWICE", "code", out.cells[codeRole], "row", strconv.Itoa(whole.spots[part].row)))
		return
	}
	whole.cells[part], whole.spots[part] = s, spot{l.number, column}
	for _, what := range []role{noteRole, explanationRole} {
		if begun && whole.cells[what] == "" {
			whole.cells[what], whole.spots[what] = out.cells[what], out.spots[what]
		}
	}
}

// endRatio looks at a ratio when both parts were read.
func (r *reader) endRatio(row *Row) {
	l := &line{number: row.Number}
	if row.spots[numeratorRole].row == 0 && row.spots[denominatorRole].row == 0 {
		r.cellProblem(row, l, cell{column: row.spots[valueRole].column}, refuse("RATIO_WITHOUT_PARTS"))
		return
	}
	if at := row.spots[numeratorRole]; at.row > 0 {
		l.number = at.row
	}
	if row.cells[numeratorRole] == "" && row.cells[denominatorRole] == "" {
		if r.how.Partial {
			row.none = true
			return
		}
		r.cellProblem(row, l, cell{column: max(row.spots[numeratorRole].column, row.spots[denominatorRole].column)}, refuse("CELL_EMPTY"))
		return
	}
	r.states(l, row)
}

// cellProblem tells what is wrong with a cell of a row.
func (r *reader) cellProblem(out *Row, l *line, c cell, problem *Problem) {
	p := *problem
	p.Sheet, p.Row, p.Column, p.Value, p.Report = r.now.name, l.number, c.column, short(c.content), out.Report()
	r.problem(p)
}
