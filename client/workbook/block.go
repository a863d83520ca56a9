package workbook

import (
	"slices"
	"strconv"
	"strings"
)

// block is one table of a sheet.
type block struct {
	header
	// said are unit, form and period that hold for all rows, as far as they stand above.
	said  [roles]string
	spots [roles]spot
	// refused says that the table cannot be read; that was told.
	refused bool
	// current is the last indicator, whose parts may follow, and open are the rows of ratios by report and code.
	current string
	open    map[string]int
	// catalogues by form and period.
	last *catalogue
	key  string
}

// catalogue is the catalogue of one form and period, by code and by name.
type catalogue struct {
	known  bool
	byCode map[string]*Indicator
	byName map[string][]*Indicator
}

func (c *catalogue) find(code string) *Indicator { return c.byCode[strings.ToLower(code)] }

// begin opens a table.
func (r *reader) begin(h header) error {
	if r.block != nil {
		r.endBlock()
	}
	r.blocks++
	r.block = &block{header: h, open: map[string]int{}}
	b := r.block
	if h.twice.column > 0 {
		r.refuseBlock(spot{h.row, h.twice.column}, h.twice, refuse("COLUMN_TWICE", "column", short(h.twice.content)))
		return nil
	}
	for _, c := range h.unknown {
		r.remark(Problem{Sheet: r.now.name, Row: h.row, Column: c.column, Value: short(c.content), Reason: "COLUMN_LEFT_OUT"})
	}
	for _, what := range []role{unitRole, formRole, periodRole} {
		if h.columns[what] > 0 {
			continue
		}
		c, ok := r.context.cells[what]
		if !ok {
			reason := map[role]string{unitRole: "UNIT_MISSING", formRole: "FORM_MISSING", periodRole: "PERIOD_MISSING"}[what]
			r.refuseBlock(spot{h.row, 0}, cell{}, refuse(reason))
			return nil
		}
		at := spot{r.context.rows[what], c.column}
		s, problem := identity(c, what)
		if problem != nil {
			r.refuseBlock(at, c, problem)
			return nil
		}
		b.said[what], b.spots[what] = s, at
	}
	if period, title := b.said[periodRole], r.context.title; title != "" && period != "" && title != period {
		r.refuseBlock(r.context.titleAt, cell{content: PeriodWords(title)}, refuse("PERIOD_DIFFERS", "title", PeriodWords(title), "period", period))
	}
	return nil
}

// refuseBlock tells why a table cannot be read.
func (r *reader) refuseBlock(at spot, c cell, problem *Problem) {
	b := r.block
	b.refused = true
	p := *problem
	p.Sheet, p.Row, p.Column, p.Value = r.now.name, at.row, at.column, short(c.content)
	p.Report = reportOf(b.said[unitRole], b.said[formRole], b.said[periodRole])
	r.problem(p)
}

// belongs says whether a line has something in the columns of amounts or codes, so that it is no line of labels.
func (b *block) belongs(l *line) bool {
	for _, what := range []role{codeRole, valueRole, numeratorRole, denominatorRole} {
		if column := b.columns[what]; column > 0 && l.at(column).kind != empty && len(labelled(l)) == 0 {
			return true
		}
	}
	return false
}

// endBlock closes a table: ratios of which nothing was filled in are told.
func (r *reader) endBlock() {
	for _, i := range r.block.open {
		r.endRatio(&r.figures.Rows[i])
	}
	r.block = nil
}

// identity reads the name of a unit, form, period or indicator. What a spreadsheet made a number or a date of is not
// known any more.
func identity(c cell, what role) (string, *Problem) {
	s := c.shown()
	switch {
	case c.kind == empty && !c.formula:
		return "", nil
	case c.kind == failure, c.kind == boolean, c.kind == empty:
		return "", refuse("CELL_ERROR")
	case c.kind == number && c.look == date:
		return "", refuse("CODE_IS_DATE")
	case c.kind == number && !whole(c, what, s):
		return "", refuse("CODE_IS_NUMBER", "value", s)
	}
	if what == periodRole {
		if id, ok := parsePeriod(s); ok {
			return id, nil
		}
	}
	return s, nil
}

// whole says whether a code in a cell of numbers cannot have lost zeros in front: a year, a code that the format fills up,
// and a unit of five digits, for no commune has more.
func whole(c cell, what role, s string) bool {
	switch {
	case c.width > 0 && c.width == len(s):
		return true
	case what == periodRole:
		return len(s) == 4
	}
	return what == unitRole && len(s) >= 5 && allDigits(s)
}

// catalogue gives the indicators of a row's form and period.
func (r *reader) catalogue(form, period string) (*catalogue, error) {
	key := strings.ToLower(form) + "~" + period
	if r.block.last != nil && r.block.key == key {
		return r.block.last, nil
	}
	c, ok := r.catalogues[key]
	if !ok {
		c = &catalogue{byCode: map[string]*Indicator{}, byName: map[string][]*Indicator{}}
		if r.how.Catalogue != nil && form != "" && period != "" {
			list, err := r.how.Catalogue(form, period)
			if err != nil {
				return nil, err
			}
			c.known = len(list) > 0
			for _, i := range slices.Clone(list) {
				one := &i
				c.byCode[strings.ToLower(i.Code)] = one
				c.byName[fold(i.Name)] = append(c.byName[fold(i.Name)], one)
			}
		}
		if r.catalogues == nil {
			r.catalogues = map[string]*catalogue{}
		}
		r.catalogues[key] = c
	}
	r.block.last, r.block.key = c, key
	return c, nil
}

// isNumbering says whether a row numbers the columns: (1), (2), (3), or A, B, 1, 2.
func isNumbering(l *line) bool {
	n := 0
	for _, c := range l.cells {
		s := strings.Trim(tidy(c.content), "()")
		if c.kind == empty {
			continue
		}
		if len(s) == 1 && s[0] >= 'A' && s[0] <= 'Z' {
			continue
		}
		i, err := strconv.Atoi(s)
		if err != nil || i < 1 || i > 99 || n > 0 && i <= n {
			return false
		}
		n = i
	}
	return n > 0
}
