package workbook

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
)

// errLimit ends the reading of a sheet that has more rows or cells than a form may have.
var errLimit = errors.New("more than a form may have")

// readXLSX takes a workbook apart.
func readXLSX(content []byte) (*Book, *Problem) {
	p, problem := openParts(content)
	if problem != nil {
		return nil, problem
	}
	b := &Book{}
	r := xlsxReader{parts: p, book: b}
	switch err := r.read(); {
	case errors.Is(err, errLimit):
		return nil, refuse("WORKBOOK_TOO_LARGE", "limit", "20,000 rows, 200,000 cells")
	case err != nil:
		return nil, refuse("WORKBOOK_DAMAGED")
	}
	return b, nil
}

// xlsxReader is the state of reading one workbook.
type xlsxReader struct {
	parts   *parts
	book    *Book
	strings []string
	formats []format
	// rows and cells count those of all sheets.
	rows, cells int
}

// format is what the number format of a style means.
type format struct {
	look  look
	width int
}

func (r *xlsxReader) read() error {
	main, err := r.related("_rels/.rels", func(kind, _ string) bool { return strings.HasSuffix(kind, "/officeDocument") })
	if err != nil {
		return err
	}
	at := "xl/workbook.xml"
	for _, target := range main {
		at = strings.TrimPrefix(path.Join("/", target), "/")
	}
	folder := path.Dir(at)
	targets, err := r.related(path.Join(folder, "_rels", path.Base(at)+".rels"), func(string, string) bool { return true })
	if err != nil {
		return err
	}
	place := func(target string) string {
		if strings.HasPrefix(target, "/") {
			return target
		}
		return path.Join(folder, target)
	}
	if err := r.walk(path.Join(folder, "sharedStrings.xml"), r.sharedStrings()); err != nil {
		return err
	}
	if err := r.walk(path.Join(folder, "styles.xml"), r.styles()); err != nil {
		return err
	}
	sheets, err := r.sheets(at)
	if err != nil {
		return err
	}
	for _, s := range sheets {
		target := targets[s.id]
		if target == "" {
			continue // a chart
		}
		s.sheet.name = tidy(s.sheet.name)
		r.book.sheets = append(r.book.sheets, s.sheet)
		now := &r.book.sheets[len(r.book.sheets)-1]
		if s.sheet.hidden {
			continue // a person does not see it, so it says nothing
		}
		if err := r.walk(place(target), r.sheet(now)); err != nil {
			return err
		}
	}
	return nil
}

// element is told of every element and of the text inside it. More gives the attributes.
type walker interface {
	start(name string, attr []xml.Attr) error
	end(name string) error
	text(b []byte)
}

// walk reads a part by its tokens alone, whose nesting costs nothing. A part that is not there is empty.
func (r *xlsxReader) walk(name string, w walker) error {
	in, err := r.parts.open(name)
	if err != nil || in == nil {
		return err
	}
	defer func() { _ = in.Close() }()
	d := xml.NewDecoder(bufio.NewReaderSize(in, 64<<10))
	depth := 0
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			if depth != 0 {
				return io.ErrUnexpectedEOF
			}
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			err = w.start(t.Name.Local, t.Attr)
		case xml.EndElement:
			depth--
			err = w.end(t.Name.Local)
		case xml.CharData:
			w.text(t)
		}
		if err != nil {
			return err
		}
	}
}

// attribute gives an attribute by its local name.
func attribute(attr []xml.Attr, name string) string {
	for i := range attr {
		if attr[i].Name.Local == name {
			return attr[i].Value
		}
	}
	return ""
}

// events is a walker of functions, for small parts.
type events struct {
	onStart func(name string, attr []xml.Attr)
	onEnd   func(name string)
	onText  func(b []byte)
}

func (e events) start(name string, attr []xml.Attr) error {
	if e.onStart != nil {
		e.onStart(name, attr)
	}
	return nil
}

func (e events) end(name string) error {
	if e.onEnd != nil {
		e.onEnd(name)
	}
	return nil
}

func (e events) text(b []byte) {
	if e.onText != nil {
		e.onText(b)
	}
}

// related gives the targets of the relations of a part, by their ids.
func (r *xlsxReader) related(name string, wanted func(kind, target string) bool) (map[string]string, error) {
	targets := map[string]string{}
	err := r.walk(name, events{onStart: func(name string, attr []xml.Attr) {
		if name == "Relationship" && wanted(attribute(attr, "Type"), attribute(attr, "Target")) && len(targets) < 10*maxParts {
			targets[attribute(attr, "Id")] = attribute(attr, "Target")
		}
	}})
	return targets, err
}

// listed is a sheet as the workbook lists it.
type listed struct {
	sheet sheet
	id    string
}

func (r *xlsxReader) sheets(name string) ([]listed, error) {
	var list []listed
	found := false
	err := r.walk(name, events{onStart: func(name string, attr []xml.Attr) {
		switch name {
		case "workbook":
			found = true
		case "calcPr":
			r.book.byHand = attribute(attr, "calcMode") == "manual"
		case "sheet":
			state := attribute(attr, "state")
			s := listed{sheet: sheet{name: attribute(attr, "name"), hidden: state != "" && state != "visible"}}
			for _, a := range attr {
				if a.Name.Local == "id" && a.Name.Space != "" {
					s.id = a.Value
				}
			}
			list = append(list, s)
		}
	}})
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, errors.New("no workbook")
	case len(list) > maxSheets:
		return nil, errLimit
	}
	return list, nil
}

// sharedStrings reads the texts that cells name by number. Readings for other scripts are no part of them.
func (r *xlsxReader) sharedStrings() walker {
	var now []byte
	inText, phonetic := false, 0
	return events{
		onStart: func(name string, _ []xml.Attr) {
			switch name {
			case "si":
				now = now[:0]
			case "rPh":
				phonetic++
			case "t":
				inText = phonetic == 0
			}
		},
		onEnd: func(name string) {
			switch name {
			case "si":
				r.strings = append(r.strings, unescape(string(now)))
			case "rPh":
				phonetic--
			case "t":
				inText = false
			}
		},
		onText: func(b []byte) {
			// One byte beyond the limit is enough to see that it was passed.
			if inText && len(now) <= maxCell {
				now = append(now, b[:min(len(b), maxCell+1-len(now))]...)
			}
		},
	}
}

// styles reads what the number format of each style means.
func (r *xlsxReader) styles() walker {
	own := map[int]format{}
	inCells := false
	return events{
		onStart: func(name string, attr []xml.Attr) {
			switch name {
			case "numFmt":
				if id, err := strconv.Atoi(attribute(attr, "numFmtId")); err == nil {
					own[id] = meaning(attribute(attr, "formatCode"))
				}
			case "cellXfs":
				inCells = true
			case "xf":
				if inCells {
					id, _ := strconv.Atoi(attribute(attr, "numFmtId"))
					f, ok := own[id]
					if !ok {
						f = builtIn(id)
					}
					r.formats = append(r.formats, f)
				}
			}
		},
		onEnd: func(name string) {
			if name == "cellXfs" {
				inCells = false
			}
		},
	}
}

// builtIn gives the meaning of the formats that every spreadsheet has.
func builtIn(id int) format {
	switch {
	case id == 9 || id == 10:
		return format{look: percent}
	case id >= 14 && id <= 22, id >= 27 && id <= 36, id >= 45 && id <= 47, id >= 50 && id <= 58:
		return format{look: date}
	case id >= 41 && id <= 44:
		return format{look: zeroAsDash}
	}
	return format{}
}

// meaning reads the code of a number format: "0.00%", "dd/mm/yyyy", "00000", "#,##0;-#,##0;\"-\"".
func meaning(code string) format {
	sections := strings.Split(bare(code[:min(len(code), 1<<10)]), ";")
	lower := strings.ToLower(sections[0])
	switch {
	case strings.Contains(lower, "%"):
		return format{look: percent}
	case lower != "general" && strings.ContainsAny(lower, "ymdhs"):
		return format{look: date}
	case len(sections) > 2 && strings.ContainsAny(sections[2], "~-") && !strings.ContainsAny(sections[2], "0"):
		return format{look: zeroAsDash}
	case lower != "" && strings.Trim(lower, "0") == "":
		return format{width: len(lower)}
	}
	return format{}
}

// bare is the code of a number format without what it shows as it is: quoted text, colours, what is escaped. A quoted dash
// becomes ~, and a time that passes 24 hours h.
func bare(code string) string {
	var b strings.Builder
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				end = len(code) - i - 1
			}
			if strings.TrimSpace(code[i+1:i+1+end]) == "-" {
				b.WriteByte('~')
			}
			i += end + 1
		case '[':
			if end := strings.IndexByte(code[i:], ']'); end > 0 {
				if strings.Trim(code[i+1:i+end], "hms") == "" {
					b.WriteByte('h')
				}
				i += end
			}
		case '\\', '_', '*':
			i++
		default:
			b.WriteByte(code[i])
		}
	}
	return b.String()
}

// unescape reads _x000D_, by which characters are written that XML cannot hold.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b bytes.Buffer
	for {
		i := strings.Index(s, "_x")
		if i < 0 || len(s) < i+7 {
			break
		}
		code, err := strconv.ParseUint(s[i+2:i+6], 16, 16)
		if err != nil || s[i+6] != '_' {
			b.WriteString(s[:i+2])
			s = s[i+2:]
			continue
		}
		b.WriteString(s[:i])
		b.WriteRune(rune(code))
		s = s[i+7:]
	}
	b.WriteString(s)
	return b.String()
}
