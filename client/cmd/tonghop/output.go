package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// column is one column of an answer.
type column[T any] struct {
	name string
	text func(T) string
	// right aligns to the right in a table, for amounts.
	right bool
	// width is the least width in a table that is written row by row.
	width int
}

// sheet says how a list of things is shown in each form.
type sheet[T any] struct {
	table []column[T]
	csv   []column[T]
	json  func(T) ([]byte, error)
	// live shows each thing when it comes, also in a table, which then cannot fit its columns.
	live bool
}

// list shows everything that comes, and ends with the error that comes instead. A table is shown whole or not at all.
func list[T any](s *session, sh sheet[T], things iter.Seq2[T, error]) error {
	w := bufio.NewWriter(s.stdout)
	row, end := sh.writer(s.Output, w)
	for thing, err := range things {
		if err != nil {
			if s.Output != "table" {
				err = firstError(end(), w.Flush(), err)
			}
			return err
		}
		if err := row(thing); err != nil {
			return err
		}
		if sh.live {
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
	if err := end(); err != nil {
		return err
	}
	return w.Flush()
}

// writer gives what writes one thing, and what ends the list.
func (sh sheet[T]) writer(form string, w *bufio.Writer) (row func(T) error, end func() error) {
	nothing := func() error { return nil }
	switch form {
	case "json":
		return func(thing T) error {
			line, err := sh.json(thing)
			if err != nil {
				return err
			}
			return writeLine(w, line)
		}, nothing
	case "csv":
		c := csv.NewWriter(w)
		header := c.Write(names(sh.csv))
		row = func(thing T) error {
			if err := c.Write(cells(sh.csv, thing)); err != nil {
				return err
			}
			if sh.live {
				c.Flush()
			}
			return c.Error()
		}
		return row, func() error { c.Flush(); return firstError(header, c.Error()) }
	}
	t := table{right: rights(sh.table)}
	if sh.live {
		t.widths = widths(sh.table)
		t.line(w, names(sh.table))
		return func(thing T) error { t.line(w, texts(sh.table, thing)); return nil }, nothing
	}
	rows := [][]string{names(sh.table)}
	return func(thing T) error { rows = append(rows, texts(sh.table, thing)); return nil },
		func() error { t.write(w, rows); return nil }
}

func names[T any](columns []column[T]) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.name
	}
	return out
}

func texts[T any](columns []column[T], thing T) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.text(thing)
	}
	return out
}

// cells are texts as they may stand in a file that people open in a spreadsheet.
func cells[T any](columns []column[T], thing T) []string {
	out := texts(columns, thing)
	for i := range out {
		out[i] = harmless(out[i])
	}
	return out
}

func rights[T any](columns []column[T]) []bool {
	out := make([]bool, len(columns))
	for i, c := range columns {
		out[i] = c.right
	}
	return out
}

func widths[T any](columns []column[T]) []int {
	out := make([]int, len(columns))
	for i, c := range columns {
		out[i] = max(c.width, width(c.name))
	}
	return out
}

// harmless puts an apostrophe before a text that a spreadsheet would run as a formula. Numbers stay numbers, and so
// does the - that stands for "not available".
func harmless(s string) string {
	begin := strings.TrimLeftFunc(s, unseen)
	if begin == "" || s == "-" || isNumber(s) || !strings.ContainsRune("=+-@\t\r\n\x00＝＋－＠", []rune(begin)[0]) {
		return s
	}
	return "'" + s
}

// unseen are the letters that a spreadsheet may drop before it looks what a cell is, but for those that are signs themselves.
func unseen(r rune) bool {
	return !strings.ContainsRune("\t\r\n\x00", r) && (unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
}

// isNumber knows the numbers of the contract: digits, an optional minus, an optional point.
func isNumber(s string) bool {
	whole, decimals, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return digits(whole) && (!point || digits(decimals))
}

// jsonOf writes a message as the JSON of the server has it, zeros included, on one line and always with the same bytes.
func jsonOf(m proto.Message) ([]byte, error) {
	loose, err := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(m)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Compact(&b, loose); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// messageJSON is jsonOf for a list of messages of one type.
func messageJSON[T proto.Message](m T) ([]byte, error) { return jsonOf(m) }

// named puts an object under a name: {"summary":{...}}.
func named(name string, object []byte) []byte {
	return slices.Concat([]byte(`{"`+name+`":`), object, []byte("}"))
}

// writeJSON writes one message as one line.
func writeJSON(w io.Writer, m proto.Message) error {
	line, err := jsonOf(m)
	if err != nil {
		return err
	}
	return writeLine(w, line)
}

func writeLine(w io.Writer, line []byte) error {
	_, err := w.Write(append(line, '\n'))
	return err
}

// pair is one line of an answer about one thing.
type pair struct{ name, value string }

// one shows one thing: its pairs, or in JSON the message.
func one(s *session, m proto.Message, pairs []pair) error {
	if s.Output == "json" {
		return writeJSON(s.stdout, m)
	}
	pairs = slices.DeleteFunc(pairs, func(p pair) bool { return p.value == "" })
	if s.Output == "csv" {
		columns := []column[pair]{
			{name: "field", text: func(p pair) string { return p.name }},
			{name: "value", text: func(p pair) string { return p.value }},
		}
		return list(s, sheet[pair]{csv: columns}, withoutErrors(pairs))
	}
	rows := make([][]string, len(pairs))
	for i, p := range pairs {
		rows[i] = []string{p.name, p.value}
	}
	w := bufio.NewWriter(s.stdout)
	(&table{}).write(w, rows)
	return w.Flush()
}

// withoutErrors is a list that is here already.
func withoutErrors[T any](things []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, thing := range things {
			if !yield(thing, nil) {
				return
			}
		}
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
