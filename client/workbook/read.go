package workbook

import (
	"slices"
	"strings"
)

// Book is a workbook, or a CSV export of one, taken apart.
type Book struct {
	sheets []sheet
	// csv says that it is no workbook: it has one sheet without a name, and rows are lines.
	csv bool
	// byHand says that formulas are computed only when somebody asks for it, so results may be old.
	byHand bool
	// spread is how many cells the visible sheets would have if there were none missing left of one and above one.
	spread int
}

// Open takes a workbook or CSV file apart. The error is a [*Problem].
func Open(content []byte) (*Book, error) {
	read := readCSV
	if IsWorkbook(content) {
		read = readXLSX
	}
	b, problem := read(content)
	if problem != nil {
		return nil, problem
	}
	return b, nil
}

// Figures reads the rows of figures.csv out of the book. Its error is that of the catalogue.
func (b *Book) Figures(how Reading) (*Figures, error) {
	r := reader{book: b, how: how, figures: &Figures{}, wrong: map[string]bool{}}
	forms := 0
	for i := range b.sheets {
		s := &b.sheets[i]
		if s.hidden {
			r.remark(Problem{Sheet: s.name, Reason: "SHEET_HIDDEN"})
			continue
		}
		if len(s.lines) == 0 {
			continue
		}
		found, err := r.sheet(s)
		if err != nil {
			return nil, err
		}
		if forms += found; found == 0 {
			r.remark(Problem{Sheet: s.name, Reason: "SHEET_WITHOUT_FORM"})
		}
	}
	if forms == 0 {
		r.problem(Problem{Reason: "NO_FORM"})
	}
	return r.end(), nil
}

// reader is the state of reading one book.
type reader struct {
	book    *Book
	how     Reading
	figures *Figures
	// wrong are the names of reports in which something is wrong.
	wrong map[string]bool
	// unknown are rows of which it is not known to which report they belong.
	unknown []Row

	// sheet is being read, and context is what was said above the next table.
	now     *sheet
	context context
	block   *block
	blocks  int
	// catalogues are those that were asked for.
	catalogues map[string]*catalogue
}

// context is what stands above a table.
type context struct {
	cells map[role]cell
	rows  map[role]int
	// title is a period in words, such as "Tháng 02 năm 2024", and titleAt where it stands.
	title   string
	titleAt spot
}

func (r *reader) problem(p Problem) {
	if p.Report != "" {
		r.wrong[p.Report] = true
	}
	if len(r.figures.Problems) >= MaxProblems {
		r.figures.More++
		return
	}
	r.figures.Problems = append(r.figures.Problems, p)
}

func (r *reader) remark(p Problem) {
	if len(r.figures.Remarks) < MaxProblems {
		r.figures.Remarks = append(r.figures.Remarks, p)
	}
}

// end leaves out the reports in which something is wrong.
func (r *reader) end() *Figures {
	f := r.figures
	for i := range f.Rows {
		if r.maybeOf(&f.Rows[i]) {
			r.wrong[f.Rows[i].Report()] = true
		}
	}
	f.Rows = slices.DeleteFunc(f.Rows, func(row Row) bool { return row.none })
	for i := range f.Rows {
		// A ratio of which one part could not be read is no row.
		if row := &f.Rows[i]; r.wrong[row.Report()] && (row.cells[valueRole] != "" || row.cells[numeratorRole] != "" && row.cells[denominatorRole] != "") {
			f.withheld = append(f.withheld, *row)
		}
	}
	f.Rows = slices.DeleteFunc(f.Rows, func(row Row) bool { return r.wrong[row.Report()] })
	for name := range r.wrong {
		f.Withheld = append(f.Withheld, name)
	}
	slices.Sort(f.Withheld)
	order(f.Problems, r.book.sheets)
	order(f.Remarks, r.book.sheets)
	return f
}

// maybeOf says whether a row whose report is not known may belong to the report of another row. That report would lack a
// figure, and whoever reads it would not see it.
func (r *reader) maybeOf(row *Row) bool {
	return slices.ContainsFunc(r.unknown, func(u Row) bool {
		for _, what := range []role{unitRole, formRole, periodRole} {
			if u.cells[what] != "" && !strings.EqualFold(u.cells[what], row.cells[what]) {
				return false
			}
		}
		return u.Sheet == row.Sheet
	})
}

// sheet reads one sheet and gives how many tables it found.
func (r *reader) sheet(s *sheet) (int, error) {
	r.now, r.context, r.block, r.blocks = s, context{}, nil, 0
	for at := 0; at < len(s.lines); at++ {
		l := &s.lines[at]
		if h, ok := headerOf(s, at); ok {
			if err := r.begin(h); err != nil {
				return 0, err
			}
			for at+1 < len(s.lines) && s.lines[at+1].number <= h.row {
				at++
			}
			continue
		}
		if r.block == nil || !r.block.belongs(l) {
			if r.above(l) {
				continue
			}
		}
		if r.block != nil && !r.block.refused {
			if err := r.row(l); err != nil {
				return 0, err
			}
		}
	}
	if r.block != nil {
		r.endBlock()
	}
	return r.blocks, nil
}

// above reads a line that stands above a table, or below one.
func (r *reader) above(l *line) bool {
	said := labelled(l)
	if len(said) > 0 && r.block != nil {
		// A new table begins with its own unit, form and period; what it does not say stays.
		r.endBlock()
		r.context.title = ""
	}
	for what, c := range said {
		if r.context.cells == nil {
			r.context.cells, r.context.rows = map[role]cell{}, map[role]int{}
		}
		r.context.cells[what], r.context.rows[what] = c, l.number
	}
	if r.block == nil {
		for _, c := range l.cells {
			// An id alone is no title: it may be a year or a number of anything.
			if id, ok := parsePeriod(c.content); ok && c.kind == text && len(said) == 0 && strings.ContainsAny(fold(c.content), "abcdefghijklmnopqrstuvwxyz") {
				r.context.title, r.context.titleAt = id, spot{l.number, c.column}
			}
		}
	}
	return len(said) > 0
}
