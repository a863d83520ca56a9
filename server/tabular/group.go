package tabular

import (
	"cmp"
	"io"
	"slices"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// ReportKey names the report that rows belong to.
type ReportKey struct {
	Unit   hierarchy.ID
	Form   form.Code
	Period period.Period
}

// Locate finds the report of a row: the form by its code, and on the last day of the period in the form's calendar the
// unit (R1). Its error names the field unit, form or period. Two rows are of one report if their keys are equal, so the
// form's code must come back in its known spelling.
type Locate func(unit string, code form.Code, p period.Period) (ReportKey, error)

// Reports are the reports of a file, in the order of their first rows. It keeps the texts of the cells once and 32
// bytes for each row.
type Reports struct {
	// Problems are those of rows that belong to no report.
	Problems Problems
	// Rows counts the rows of the file, those with problems too.
	Rows int

	format  figure.NumberFormat
	reports []grouped
	lines   []packed
	texts   []byte
	listed  int // problems in the lists of reports, which together have at most MaxProblems
	codes   []indicator.Code
	folded  []int32 // for each code the place of the first that differs in case alone
}

// Report is one report of a file.
type Report struct {
	ReportKey
	// FirstLine is the line of its first row.
	FirstLine int
	// Figures are its good rows in the order of the file.
	Figures []FigureLine
	// Problems are those of its rows, at least one if there is any. Such a report must not be taken: a submission is the
	// whole report (R25), and a figure would be lost.
	Problems Problems
}

// grouped is a report in the making.
type grouped struct {
	key   ReportKey
	first int32
	// from and to are its rows once they are sorted.
	from, to int32
	problems Problems
}

// packed is a row in the making.
type packed struct {
	report, line, code int32
	// at is where its texts begin; value, numerator, denominator, note and explanation are their lengths, in this order.
	at                            uint32
	note, explanation             uint16
	value, numerator, denominator uint8
	state                         figure.State
	grade                         figure.Grade
}

// GroupFigures reads figures.csv whole and brings the rows of each report together, contiguous or not (R25). Two rows
// of one report with one indicator are both refused, and both lines are named.
func GroupFigures(r io.Reader, format figure.NumberFormat, locate Locate) (*Reports, error) {
	g := grouper{
		out: &Reports{format: format}, locate: locate,
		located: map[located]placed{}, byKey: map[ReportKey]int32{}, byCode: map[indicator.Code]int32{}, byFold: map[indicator.Code]int32{},
	}
	t := open(r, figureColumns, g.problem)
	for {
		r, ok := t.next()
		if !ok {
			break
		}
		g.take(r)
	}
	g.out.Rows = t.rows
	if t.scan.failure != nil {
		return nil, t.scan.failure
	}
	g.out.arrange()
	return g.out, nil
}

// grouper is GroupFigures at work.
type grouper struct {
	out    *Reports
	locate Locate
	// located remembers what locate said, for a report has many rows.
	located map[located]placed
	byKey   map[ReportKey]int32
	// byCode knows spellings, byFold the first spelling of each code.
	byCode, byFold map[indicator.Code]int32
}

// maxRemembered is how many answers of locate are kept once some of them are errors.
const maxRemembered = 10_000

// located is what a row says of its report.
type located struct {
	unit   string
	form   form.Code
	period period.Period
}

// placed is the report that was found, or why none was.
type placed struct {
	report int32
	err    error
}

// problem is told of rows that could not be taken apart. Their first cells may be right all the same, as when a comma
// in the note was not quoted; then the report is not taken without the row.
func (g *grouper) problem(r row, column string, err error) {
	line := FigureLine{Line: r.rec.line}
	var wrong fault.List
	if r.table.width > 0 {
		readKey(r, &line, &wrong)
		if report, lost := g.find(&line); wrong.Len() == 0 && lost == nil {
			g.out.add(report, problemsOf(r.rec.line, column, err)...)
			return
		}
	}
	g.out.Problems.add(r.rec.line, column, err)
}

func (g *grouper) take(r row) {
	line := FigureLine{Line: r.rec.line, Format: g.out.format}
	var lost, wrong fault.List
	readKey(r, &line, &lost)
	readAmounts(r, &line, &wrong)
	report := int32(-1)
	if lost.Len() == 0 {
		at, err := g.find(&line)
		report = at
		lost.Add(err)
	}
	switch {
	case lost.Len() > 0:
		lost.Add(wrong.Err())
		g.out.Problems.add(line.Line, "", lost.Err())
	case wrong.Len() > 0:
		g.out.add(report, problemsOf(line.Line, "", wrong.Err())...)
	case !g.out.pack(report, g.code(line.Indicator), &line):
		g.out.add(report, problemsOf(line.Line, "", tooLarge())...)
	}
}

// find gives the report of a row.
func (g *grouper) find(line *FigureLine) (int32, error) {
	says := located{line.Unit, line.Form, line.Period}
	if p, known := g.located[says]; known {
		return p.report, p.err
	}
	var p placed
	var key ReportKey
	if key, p.err = g.locate(line.Unit, line.Form, line.Period); p.err == nil {
		at, known := g.byKey[key]
		if !known {
			at = int32(len(g.out.reports)) //nolint:gosec // a file has fewer rows
			g.byKey[key] = at
			g.out.reports = append(g.out.reports, grouped{key: key, first: int32(line.Line)}) //nolint:gosec // see above
		}
		p.report = at
	}
	// Wrong names are looked up again when there are many, for each keeps its error.
	if p.err == nil || len(g.located) < maxRemembered {
		g.located[says] = p
	}
	return p.report, p.err
}

// code gives the place of an indicator's code.
func (g *grouper) code(code indicator.Code) int32 {
	at, known := g.byCode[code]
	if known {
		return at
	}
	at = int32(len(g.out.codes)) //nolint:gosec // a file has fewer rows
	first, known := g.byFold[code.Fold()]
	if !known {
		first = at
		g.byFold[code.Fold()] = at
	}
	g.byCode[code] = at
	g.out.codes, g.out.folded = append(g.out.codes, code), append(g.out.folded, first)
	return at
}

// pack keeps a good row. It is false if a text does not fit, which the limits of file and cell make impossible.
func (o *Reports) pack(report, code int32, line *FigureLine) bool {
	if max(len(line.Note), len(line.Explanation)) > 1<<16-1 || max(len(line.Value), len(line.Numerator), len(line.Denominator)) > maxNumber || len(o.texts) > maxFile {
		return false
	}
	o.lines = append(o.lines, packed{
		report: report, line: int32(line.Line), code: code, at: uint32(len(o.texts)), //nolint:gosec // checked above
		note: uint16(len(line.Note)), explanation: uint16(len(line.Explanation)), value: uint8(len(line.Value)), //nolint:gosec // checked above
		numerator: uint8(len(line.Numerator)), denominator: uint8(len(line.Denominator)), //nolint:gosec // checked above
		state: line.State, grade: line.Grade,
	})
	o.texts = append(o.texts, line.Value...)
	o.texts = append(o.texts, line.Numerator...)
	o.texts = append(o.texts, line.Denominator...)
	o.texts = append(o.texts, line.Note...)
	o.texts = append(o.texts, line.Explanation...)
	return true
}

// arrange sorts the rows by report and refuses rows with one key.
func (o *Reports) arrange() {
	slices.SortFunc(o.lines, func(a, b packed) int {
		return cmp.Or(cmp.Compare(a.report, b.report), cmp.Compare(a.line, b.line))
	})
	first := map[int32]int32{}
	for from := 0; from < len(o.lines); {
		to := from
		clear(first)
		for ; to < len(o.lines) && o.lines[to].report == o.lines[from].report; to++ {
			code := o.folded[o.lines[to].code]
			if earlier, repeated := first[code]; repeated {
				o.add(o.lines[to].report, o.repeated(earlier, o.lines[to].line, o.lines[to].code))
				continue
			}
			first[code] = o.lines[to].line
		}
		report := &o.reports[o.lines[from].report]
		report.from, report.to = int32(from), int32(to) //nolint:gosec // a file has fewer rows
		from = to
	}
}

func (o *Reports) repeated(first, second, code int32) Problem {
	return Problem{
		Line: int(second), OtherLine: int(first), Column: figureColumns[figIndicator].name,
		Err: fault.Invalid("FIGURE_REPEATED",
			"lines %d and %d both give indicator %s for one unit, form and period; neither was taken, keep one of the two",
			first, second, o.codes[code]).
			With("indicator", o.codes[code]).With("line", second).With("other_line", first).In(figureColumns[figIndicator].name),
	}
}

// add tells problems of a report. When as many are listed as may be, the report still knows that it has some.
func (o *Reports) add(report int32, problems ...Problem) {
	p := &o.reports[report].problems
	for _, q := range problems {
		p.Count++
		if o.listed < MaxProblems {
			o.listed++
			p.List = append(p.List, q)
		}
	}
}

// Has says whether any good row is about an indicator.
func (o *Reports) Has(code indicator.Code) bool { return slices.ContainsFunc(o.codes, code.Same) }

// Len is how many reports there are.
func (o *Reports) Len() int { return len(o.reports) }

// At gives one report, from 0 to Len-1.
func (o *Reports) At(i int) Report {
	g := &o.reports[i]
	r := Report{ReportKey: g.key, FirstLine: int(g.first), Problems: g.problems, Figures: make([]FigureLine, 0, g.to-g.from)}
	if g.problems.Count > 0 && len(g.problems.List) == 0 {
		r.Problems.List = []Problem{{Line: r.FirstLine, Err: fault.Invalid("TOO_MANY_PROBLEMS",
			"rows of this report are wrong, but %d problems of the file are listed already; mend those and send the file again", MaxProblems).
			With("limit", MaxProblems)}}
	}
	for _, p := range o.lines[g.from:g.to] {
		r.Figures = append(r.Figures, o.unpack(g.key, p))
	}
	return r
}

func (o *Reports) unpack(key ReportKey, p packed) FigureLine {
	at := int(p.at)
	take := func(n int) string {
		s := string(o.texts[at : at+n])
		at += n
		return s
	}
	return FigureLine{
		Line: int(p.line), Unit: string(key.Unit), Form: key.Form, Period: key.Period, Indicator: o.codes[p.code],
		State: p.state, Grade: p.grade, Format: o.format,
		Value: take(int(p.value)), Numerator: take(int(p.numerator)), Denominator: take(int(p.denominator)), Note: take(int(p.note)),
		Explanation: take(int(p.explanation)),
	}
}
