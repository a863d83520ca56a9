package main

import (
	"bufio"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// table lines texts up. Widths count letters as people see them: Vietnamese text composed, so that ệ is one.
type table struct {
	right  []bool
	widths []int
}

// write fits the columns to all rows.
func (t *table) write(w *bufio.Writer, rows [][]string) {
	for _, row := range rows {
		for i, text := range row {
			if i == len(t.widths) {
				t.widths = append(t.widths, 0)
			}
			t.widths[i] = max(t.widths[i], width(plain(text)))
		}
	}
	for _, row := range rows {
		t.line(w, row)
	}
}

// line writes one row. A text that is wider than its column keeps its width. The writer is flushed, and its error
// looked at, by whoever made it.
func (t *table) line(w *bufio.Writer, row []string) {
	var b strings.Builder
	for i, text := range row {
		text = plain(text)
		if i > 0 {
			b.WriteString("  ")
		}
		pad := strings.Repeat(" ", max(0, t.widths[i]-width(text)))
		if i < len(t.right) && t.right[i] {
			b.WriteString(pad + text)
		} else {
			b.WriteString(text + pad)
		}
	}
	_, _ = w.WriteString(strings.TrimRight(b.String(), " ") + "\n")
}

// width counts what takes a place of its own: marks that could not be composed do not.
func width(s string) int {
	marks := 0
	for _, r := range s {
		if unicode.Is(unicode.Mn, r) {
			marks++
		}
	}
	return utf8.RuneCountInString(s) - marks
}

// tableTo shows rows beside the answer, to the person who reads along.
func (s *session) tableTo(to io.Writer, rows [][]string, right ...bool) {
	s.progress.clear()
	w := bufio.NewWriter(to)
	(&table{right: right}).write(w, rows)
	_ = w.Flush()
}
