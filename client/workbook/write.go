package workbook

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// The rows of the head.
const (
	captionRow = 11
	firstRow   = captionRow + 2
)

// Write makes the workbook of a form. The same form gives the same cells, whatever the day.
func Write(f Form) ([]byte, error) {
	file := excelize.NewFile()
	defer func() { _ = file.Close() }()
	w := &writer{file: file, form: &f, sheet: sheetName(f.Code), styles: map[string]int{}, last: lastName()}
	w.check(file.SetSheetName("Sheet1", w.sheet))
	w.columns()
	w.head()
	w.body()
	w.foot()
	w.finish()
	if w.err != nil {
		return nil, w.err
	}
	var b bytes.Buffer
	if err := file.Write(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// sheetName is the code of the form as far as the name of a sheet may have it.
func sheetName(code string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return '-'
		}
		return r
	}, code)
	if r := []rune(name); len(r) > excelize.MaxSheetNameLength {
		name = string(r[:excelize.MaxSheetNameLength])
	}
	if name == "" {
		return "Bieu"
	}
	return name
}

// lastName is the letter of the last column that is seen.
func lastName() string { return ColumnName(explanationColumn) }

// writer makes one sheet. The first error ends the work of all that follows.
type writer struct {
	file   *excelize.File
	form   *Form
	sheet  string
	styles map[string]int
	last   string
	row    int
	err    error
}

func (w *writer) check(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *writer) columns() {
	w.check(w.file.SetDefaultFont("Times New Roman"))
	for i, c := range formColumns {
		w.check(w.file.SetColWidth(w.sheet, ColumnName(i+1), ColumnName(i+1), c.width))
	}
	w.check(w.file.SetColVisible(w.sheet, ColumnName(codeColumn)+":"+ColumnName(partColumn), false))
}

// text writes a text as text, whatever it looks like.
func (w *writer) text(column, row int, s, style string) {
	cell := CellName(column, row)
	if s != "" {
		w.check(w.file.SetCellStr(w.sheet, cell, s))
	}
	w.style(cell, cell, style)
}

// wide writes a text over several columns.
func (w *writer) wide(from, to, row int, s, style string) {
	left, right := CellName(from, row), CellName(to, row)
	w.check(w.file.MergeCell(w.sheet, left, right))
	w.check(w.file.SetCellStr(w.sheet, left, s))
	w.style(left, right, style)
}

func (w *writer) style(from, to, name string) {
	id, ok := w.styles[name]
	if !ok {
		var err error
		id, err = w.file.NewStyle(styleOf(name))
		w.check(err)
		w.styles[name] = id
	}
	w.check(w.file.SetCellStyle(w.sheet, from, to, id))
}

// styleOf makes a style of words: "cell right open format=#,##0.00".
func styleOf(name string) *excelize.Style {
	s := &excelize.Style{
		Font:       &excelize.Font{Family: "Times New Roman", Size: 12},
		Alignment:  &excelize.Alignment{Vertical: "center", WrapText: true},
		Protection: &excelize.Protection{Locked: true},
	}
	code := ""
	if at := strings.Index(name, "format="); at >= 0 {
		name, code = name[:at], name[at+len("format="):]
	}
	for word := range strings.FieldsSeq(name) {
		switch word {
		case "center", "right":
			s.Alignment.Horizontal = word
		case "bold":
			s.Font.Bold = true
		case "italic":
			s.Font.Italic = true
		case "title":
			s.Font.Bold, s.Font.Size, s.Alignment.Horizontal = true, 14, "center"
		case "cell":
			for _, side := range []string{"left", "right", "top", "bottom"} {
				s.Border = append(s.Border, excelize.Border{Type: side, Style: 1, Color: "808080"})
			}
		case "grey":
			s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"EDEDED"}}
		case "open":
			s.Protection.Locked = false
			s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFFFE5"}}
		case "astext":
			s.NumFmt = 49
		}
	}
	if code != "" {
		s.CustomNumFmt = &code
	}
	return s
}

// head writes what stands above the table: who reports, to whom, what, when. Unit, form and period stand there by their
// codes as well, for they are read back.
func (w *writer) head() {
	f := w.form
	w.wide(numberColumn, unitColumn, 1, strings.ToUpper(f.Above), "center")
	w.wide(numberColumn, unitColumn, 2, strings.ToUpper(f.UnitName), "center bold")
	w.wide(nowColumn, explanationColumn, 1, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "center bold")
	w.wide(nowColumn, explanationColumn, 2, "Độc lập - Tự do - Hạnh phúc", "center bold")
	w.wide(numberColumn, explanationColumn, 4, strings.ToUpper(f.Name), "title")
	days := ""
	if f.FirstDay != "" {
		days = " (từ " + f.FirstDay + " đến " + f.LastDay + ")"
	}
	w.wide(numberColumn, explanationColumn, 5, PeriodWords(f.Period)+days, "center italic")
	for i, said := range [][2]string{{"Mã đơn vị:", f.Unit}, {"Mã biểu:", f.Code}, {"Kỳ báo cáo:", f.Period}} {
		w.text(nameColumn, 6+i, said[0], "right")
		w.wide(unitColumn, beforeColumn, 6+i, said[1], "astext")
	}
	if f.Due != "" {
		w.text(nameColumn, 9, "Hạn gửi:", "right")
		w.wide(unitColumn, beforeColumn, 9, f.Due, "astext")
	}
	w.wide(noteColumn, explanationColumn, 10, f.measure(), "right italic")
	w.wide(numberColumn, totalColumn, 10, "Số liệu ghi vào ô nền vàng: số; - nếu không có số liệu; x nếu không áp dụng.", "italic")
	for i, c := range formColumns {
		w.text(i+1, captionRow, c.caption, "cell center bold grey")
		w.text(i+1, captionRow+1, "("+strconv.Itoa(i+1)+")", "cell center italic grey")
	}
	w.check(w.file.SetRowHeight(w.sheet, captionRow, 34))
}

func (w *writer) body() {
	w.row = firstRow
	groups := w.form.groups()
	number := 0
	for i, g := range groups {
		if len(groups) > 1 || len(w.form.Groups) > 0 {
			for column := numberColumn; column <= explanationColumn; column++ {
				w.text(column, w.row, map[int]string{numberColumn: roman(i + 1), nameColumn: g.name}[column], "cell bold grey")
			}
			w.row++
			number = 0
		}
		for _, l := range g.lines {
			number++
			w.line(l, number)
		}
	}
}

// line writes one indicator: one row, or of a ratio one for the quotient and one for each part.
func (w *writer) line(l *Line, number int) {
	i := &l.Indicator
	if !i.Ratio {
		w.figure(l, strconv.Itoa(number), i.Name, nothing)
		return
	}
	quotient := w.row
	w.figure(l, strconv.Itoa(number), i.Name, idleRole)
	w.figure(l, "", "- "+partNames[numeratorRole], numeratorRole)
	if i.OtherDenominator {
		return
	}
	w.figure(l, "", "- "+partNames[denominatorRole], denominatorRole)
	times := map[string]string{"%": "*100", "‰": "*1000"}[i.Unit]
	for _, column := range []int{beforeColumn, nowColumn, totalColumn} {
		num, den := CellName(column, quotient+1), CellName(column, quotient+2)
		formula := "IF(AND(ISNUMBER(" + num + "),ISNUMBER(" + den + ")),IF(" + den + "=0,\"\"," + num + "/" + den + times + "),\"\")"
		w.check(w.file.SetCellFormula(w.sheet, CellName(column, quotient), formula))
	}
}

// figure writes one row of the table. The cells of figures and texts are open, all others are locked.
func (w *writer) figure(l *Line, number, name string, part role) {
	i, row := &l.Indicator, w.row
	w.row++
	w.text(numberColumn, row, number, "cell center")
	w.text(nameColumn, row, name, "cell")
	if part == numeratorRole || part == denominatorRole {
		w.text(unitColumn, row, "", "cell center")
		w.text(planColumn, row, "", "cell right")
	} else {
		w.text(unitColumn, row, i.Unit, "cell center")
		w.text(planColumn, row, l.Plan, "cell right")
	}
	w.text(codeColumn, row, i.Code, "astext")
	w.text(partColumn, row, partNames[part], "astext")
	format := numberFormat(i, part)
	if part == idleRole {
		for _, column := range []int{beforeColumn, nowColumn, totalColumn} {
			w.text(column, row, "", "cell right grey "+format)
		}
	} else {
		w.amount(beforeColumn, row, l.Before.amount(part), "cell right "+format)
		w.amount(nowColumn, row, l.Now.amount(part), "cell right open "+format)
		w.total(l, row, part, "cell right grey "+format)
		w.validate(i, row, part)
	}
	open := "cell open"
	if part == numeratorRole || part == denominatorRole {
		// Notes are of the figure as a whole.
		open = "cell"
		l = &Line{}
	}
	w.text(noteColumn, row, l.Now.Note, open)
	w.text(explanationColumn, row, l.Now.Explanation, open)
}

// numberFormat shows the decimals that the indicator has. A percentage is shown as it is typed, so that a % that somebody
// adds is seen.
func numberFormat(i *Indicator, part role) string {
	switch {
	case i.Unit == "%" && part == nothing:
		return "format=General"
	case part == idleRole && i.Unit == "%":
		return "format=#,##0.00"
	case i.Scale == 0:
		return "format=#,##0"
	}
	return "format=#,##0." + strings.Repeat("0", i.Scale)
}

// amount writes a number as one where the spreadsheet keeps all its digits, and as text where it would not.
func (w *writer) amount(column, row int, s, style string) {
	cell := CellName(column, row)
	digits := len(strings.Trim(strings.Replace(s, ".", "", 1), "-"))
	value, err := strconv.ParseFloat(s, 64)
	switch {
	case s == "":
	case err != nil || isState(s):
		w.check(w.file.SetCellStr(w.sheet, cell, s))
	case digits > keptDigits:
		w.check(w.file.SetCellStr(w.sheet, cell, strings.Replace(s, ".", ",", 1)))
	default:
		w.check(w.file.SetCellFloat(w.sheet, cell, value, -1, 64))
	}
	w.style(cell, cell, style)
}

// total writes what there is since the beginning of the year: what was reported before, and what is filled in now. Where
// a month before is missing there is none.
func (w *writer) total(l *Line, row int, part role, style string) {
	now, total := CellName(nowColumn, row), l.Total.amount(part)
	formula := ""
	switch {
	case l.Indicator.YearToDate:
		formula = "IF(ISNUMBER(" + now + ")," + now + ",\"\")"
	case l.Indicator.Summed && total != "" && !isState(total):
		formula = "IF(ISNUMBER(" + now + ")," + now + "+(" + total + "),\"\")"
	}
	cell := CellName(totalColumn, row)
	if formula != "" {
		w.check(w.file.SetCellFormula(w.sheet, cell, formula))
	}
	w.style(cell, cell, style)
}

// validate lets a cell take a number of the indicator's decimals and bounds, - and x, and a number that is text because
// the spreadsheet would not keep its digits. The signs < and & are left out of formulas, for they end up in XML as they are.
func (w *writer) validate(i *Indicator, row int, part role) {
	cell := CellName(nowColumn, row)
	rules := []string{"0.0000001>ABS(" + cell + "-ROUND(" + cell + "," + strconv.Itoa(i.Scale) + "))"}
	bounds := ""
	if part == nothing && i.Min != "" {
		rules, bounds = append(rules, cell+">="+i.Min), bounds+" Nhỏ nhất: "+i.Min+"."
	}
	if part == nothing && i.Max != "" {
		rules, bounds = append(rules, i.Max+">="+cell), bounds+" Lớn nhất: "+i.Max+"."
	}
	formula := "OR(EXACT(" + cell + ",\"-\"),EXACT(" + cell + ",\"x\"),AND(NOT(ISNUMBER(" + cell + ")),LEN(" + cell + ")>15),IF(ISNUMBER(" + cell + "),AND(" +
		strings.Join(rules, ",") + "),FALSE))"
	v := excelize.NewDataValidation(true)
	v.SetSqref(cell)
	w.check(v.SetRange(formula, "", excelize.DataValidationTypeCustom, excelize.DataValidationOperatorBetween))
	hint := "Ghi số, tối đa " + strconv.Itoa(i.Scale) + " chữ số thập phân." + bounds + " Không có số liệu ghi -, không áp dụng ghi x."
	v.SetError(excelize.DataValidationErrorStyleStop, "Số liệu chưa đúng", hint)
	v.SetInput(i.Code, hint)
	w.check(w.file.AddDataValidation(w.sheet, v))
}

// foot writes who signs.
func (w *writer) foot() {
	w.row++
	w.text(nameColumn, w.row, "NGƯỜI LẬP BIỂU", "center bold")
	w.wide(noteColumn, explanationColumn, w.row, "THỦ TRƯỞNG ĐƠN VỊ", "center bold")
	w.text(nameColumn, w.row+1, "(Ký, họ tên)", "center italic")
	w.wide(noteColumn, explanationColumn, w.row+1, "(Ký, họ tên, đóng dấu)", "center italic")
}

// finish locks the sheet and lays it out for printing.
func (w *writer) finish() {
	yes, landscape, a4, one, many := true, "landscape", 9, 1, 0
	w.check(w.file.ProtectSheet(w.sheet, &excelize.SheetProtectionOptions{
		SelectLockedCells: true, SelectUnlockedCells: true, FormatColumns: true, FormatRows: true,
	}))
	w.check(w.file.SetPanes(w.sheet, &excelize.Panes{
		Freeze: true, YSplit: captionRow + 1, TopLeftCell: CellName(1, firstRow), ActivePane: "bottomLeft",
	}))
	w.check(w.file.SetPageLayout(w.sheet, &excelize.PageLayoutOptions{
		Orientation: &landscape, Size: &a4, FitToWidth: &one, FitToHeight: &many,
	}))
	w.check(w.file.SetSheetProps(w.sheet, &excelize.SheetPropsOptions{FitToPage: &yes}))
	w.check(w.file.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", Scope: w.sheet,
		RefersTo: "'" + w.sheet + "'!$" + strconv.Itoa(captionRow) + ":$" + strconv.Itoa(captionRow+1),
	}))
	w.check(w.file.SetCalcProps(&excelize.CalcPropsOptions{FullCalcOnLoad: &yes}))
}
