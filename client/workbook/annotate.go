package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

const (
	author = "tonghop"
	// maxSpread is how many cells a copy may have room for; the library makes room for every cell left of one that is
	// there, and for every row above it.
	maxSpread  = 1_000_000
	maxComment = 8_000
)

// errSpread says that a copy cannot be made.
var errSpread = errors.New("the workbook is too wide for a copy with comments: cells stand far outside of the form")

// Annotate makes a copy of the workbook with every problem as a comment of its cell, in Vietnamese ("vi") or English. Of a
// CSV file it makes a workbook. A problem of a row stands at its first cell, one of a sheet or the file at A1.
func Annotate(content []byte, problems []Problem, language string) ([]byte, error) {
	b, err := Open(content)
	if err != nil {
		return nil, err
	}
	file, err := b.copied(content)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	for _, c := range comments(b, problems, language) {
		if err := c.add(file); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	if err := file.Write(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// copied opens the workbook with the library that writes, or makes one of a CSV file.
func (b *Book) copied(content []byte) (*excelize.File, error) {
	if b.spread > maxSpread {
		return nil, errSpread
	}
	if !b.csv {
		return excelize.OpenReader(bytes.NewReader(content), excelize.Options{UnzipSizeLimit: maxTotal, UnzipXMLSizeLimit: maxPart})
	}
	file := excelize.NewFile()
	for _, s := range b.sheets {
		for _, l := range s.lines {
			for _, c := range l.cells {
				if err := file.SetCellStr("Sheet1", CellName(c.column, l.number), c.content); err != nil {
					return nil, err
				}
			}
		}
	}
	return file, nil
}

// comment is all that is to be said at one cell.
type comment struct {
	sheet, cell string
	texts       []string
}

// comments puts problems together by their cells.
func comments(b *Book, problems []Problem, language string) []*comment {
	var list []*comment
	at := map[string]*comment{}
	for i := range problems {
		p := &problems[i]
		sheet := p.Sheet
		switch {
		case b.csv:
			sheet = "Sheet1"
		case sheet == "":
			for k := range b.sheets {
				if !b.sheets[k].hidden {
					sheet = b.sheets[k].name
					break
				}
			}
		}
		cell := CellName(max(1, p.Column), max(1, p.Row))
		key := sheet + "\x00" + cell
		c := at[key]
		if c == nil {
			c = &comment{sheet: sheet, cell: cell}
			at[key] = c
			list = append(list, c)
		}
		c.texts = append(c.texts, p.Say(language)+" ["+p.Reason+"]")
	}
	return list
}

// add writes the comment; what somebody wrote there before stays above it.
func (c *comment) add(file *excelize.File) error {
	name := ""
	for _, s := range file.GetSheetList() {
		if tidy(s) == c.sheet {
			name = s
		}
	}
	if name == "" {
		return fmt.Errorf("sheet %q is not in the workbook", c.sheet)
	}
	there, err := file.GetComments(name)
	if err != nil {
		return err
	}
	var before []string
	for _, old := range there {
		if old.Cell == c.cell {
			text := old.Text
			for _, run := range old.Paragraph {
				if old.Text == "" {
					text += run.Text
				}
			}
			before = append(before, text)
		}
	}
	if len(before) > 0 {
		if err := file.DeleteComment(name, c.cell); err != nil {
			return err
		}
	}
	text := strings.Join(append(before, c.texts...), "\n")
	if r := []rune(text); len(r) > maxComment {
		text = string(r[:maxComment]) + "…"
	}
	return file.AddComment(name, excelize.Comment{
		Cell: c.cell, Author: author, Paragraph: []excelize.RichTextRun{{Text: text}}, Width: 320, Height: 120,
	})
}
