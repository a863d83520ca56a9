package tabular

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/tonghop/tonghop/server/fault"
)

// The limits of a file. They are far above what the formats need and keep a hostile or damaged file from filling the
// memory.
const (
	maxFile  = 64 << 20
	maxRows  = 1_000_000
	maxCell  = 32 << 10
	maxCells = 100
)

// Why a row could not be taken apart, and what to do.
const (
	utf8Hint  = "Excel in Vietnam saves Windows-1258 or UTF-16; save the file again as \"CSV UTF-8\""
	quoteHint = "put the whole cell in quotation marks and double those inside it"
)

// record is one row as it was written. Its cells are valid until the next one is read.
type record struct {
	line  int
	cells []string
	// count is the number of cells, which is more than len(cells) beyond maxCells.
	count int
	// bad says that the row cannot be trusted; the cells are then only what was found.
	bad *fault.Error
}

// scanner takes a file apart into records. It is our own because the line of every problem must be the physical one, a
// row that cannot be read must not hide the rows after it, and a quotation mark that is never closed must not take the
// rest of the file into memory.
type scanner struct {
	in   *bufio.Reader
	read int64
	line int
	sep  byte
	buf  []byte
	ends []int
	// cells is used again for every record.
	cells []string
	// stop is set when what follows cannot be read.
	stop bool
	// failure is an error of the reader itself.
	failure error
}

func newScanner(r io.Reader) *scanner {
	return &scanner{in: bufio.NewReaderSize(r, 64<<10), line: 1}
}

// begin looks at the first bytes: it takes a UTF-8 mark away and refuses what is no text of ours.
func (s *scanner) begin() *fault.Error {
	head, err := s.in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		s.fail(err)
		return nil
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		s.skip(3)
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}), bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		s.stop = true
		return notUTF8(1, "UTF-16")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte{0xD0, 0xCF, 0x11, 0xE0}):
		s.stop = true
		return fault.Invalid("FILE_NOT_CSV", "the file is an Excel workbook, not CSV; save it as \"CSV UTF-8\" and send that")
	}
	return nil
}

func notUTF8(line int, encoding string) *fault.Error {
	return fault.Invalid("NOT_UTF8", "line %d is not UTF-8, it looks like %s; %s", line, encoding, utf8Hint).
		With("line", line).With("encoding", encoding)
}

// separate takes the separator from the first line that has something on it: the one of comma, semicolon and tab that
// stands there most often outside quotation marks, and the comma if none does.
func (s *scanner) separate() {
	head, _ := s.in.Peek(s.in.Size()) // A failure comes again when the bytes are read.
	counts := map[byte]int{}
	inQuotes, something := false, false
	for _, b := range head {
		switch {
		case b == '"':
			inQuotes = !inQuotes
		case inQuotes:
		case b == ',' || b == ';' || b == '\t':
			counts[b]++
			continue
		case (b == '\n' || b == '\r') && something:
			s.sep = mostOften(counts)
			return
		}
		something = something || b > ' '
	}
	s.sep = mostOften(counts)
}

// mostOften gives the separator that was counted most often, the comma if none was.
func mostOften(counts map[byte]int) byte {
	most := byte(',')
	for _, b := range []byte{';', '\t'} {
		if counts[b] > counts[most] {
			most = b
		}
	}
	return most
}

// next gives the next record; false at the end of the file, after a failure, and where the rest cannot be read.
func (s *scanner) next() (record, bool) {
	s.buf, s.ends = s.buf[:0], s.ends[:0]
	rec := record{line: s.line}
	first, ok := s.byte()
	if !ok {
		return rec, false
	}
	rec.count = 1
	c := cellReader{s: s, rec: &rec}
	for ; ok; first, ok = s.byte() {
		if c.take(first) {
			break
		}
	}
	c.finish(ok)
	if s.failure != nil {
		return rec, false
	}
	rec.cells = s.cut()
	s.check(&rec)
	return rec, true
}

// cellReader is the state inside one record.
type cellReader struct {
	s     *scanner
	rec   *record
	where place
	start int // of the cell in the buffer
}

// place is where in a cell the reader stands.
type place uint8

const (
	atStart place = iota
	bare
	quoted
	afterQuote
)

// take reads one byte and says whether the record is complete.
func (c *cellReader) take(b byte) bool {
	switch {
	case c.where == quoted && b != '"':
		return c.keep(b)
	case c.where == quoted:
		c.where = afterQuote
	case b == '\n':
		c.end()
		return true
	case b == c.s.sep:
		c.end()
		c.rec.count++
		c.where, c.start = atStart, len(c.s.buf)
	case b == '"' && c.where == atStart:
		c.where = quoted
	case b == '"' && c.where == afterQuote:
		c.where = quoted
		return c.keep(b)
	default:
		if b == '"' || c.where == afterQuote {
			c.spoil(fault.Invalid("QUOTE_MISPLACED", "a quotation mark stands inside a cell; %s", quoteHint))
		}
		c.where = bare
		return c.keep(b)
	}
	return false
}

// keep adds a byte to the cell. A cell that grows beyond its limit is not kept; if it is quoted, the mark at its end is
// most likely missing, and nothing after it can be told apart.
func (c *cellReader) keep(b byte) bool {
	if len(c.s.buf)-c.start < maxCell {
		c.s.buf = append(c.s.buf, b)
		return false
	}
	if c.where == quoted {
		c.s.stop = true
		c.spoil(unclosed())
		return true
	}
	c.spoil(fault.Invalid("CELL_TOO_LONG", "a cell has more than %d bytes", maxCell).With("limit", maxCell))
	return false
}

func unclosed() *fault.Error {
	return fault.Invalid("QUOTE_NOT_CLOSED",
		"a quotation mark that opens a cell is never closed, and the rows after it cannot be told apart; close it or delete it")
}

// end closes a cell.
func (c *cellReader) end() {
	if len(c.s.ends) < maxCells {
		c.s.ends = append(c.s.ends, len(c.s.buf))
		return
	}
	c.s.buf = c.s.buf[:c.s.ends[maxCells-1]]
}

// finish closes the last record of a file that does not end with a line break.
func (c *cellReader) finish(broken bool) {
	if broken {
		return
	}
	if c.where == quoted {
		c.spoil(unclosed())
	}
	c.end()
}

func (c *cellReader) spoil(e *fault.Error) {
	if c.rec.bad == nil {
		c.rec.bad = e
	}
}

// cut makes one text of the buffer and the cells as parts of it.
func (s *scanner) cut() []string {
	whole := string(s.buf)
	s.cells = s.cells[:0]
	from := 0
	for _, to := range s.ends {
		s.cells = append(s.cells, whole[from:to])
		from = to
	}
	return s.cells
}

// check refuses bytes that are no text. A line break in a quoted cell stands in the buffer, so the line can be told.
func (s *scanner) check(rec *record) {
	if rec.bad != nil {
		return // What was kept of the row may end inside a character.
	}
	at := bytes.IndexByte(s.buf, 0)
	encoding := "UTF-16"
	if at < 0 && !utf8.Valid(s.buf) {
		at, encoding = invalidAt(s.buf), "Windows-1258"
	}
	if at >= 0 {
		rec.bad = notUTF8(rec.line+bytes.Count(s.buf[:at], []byte{'\n'}), encoding)
	}
}

func invalidAt(b []byte) int {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// byte gives the next byte; every way of ending a line is one \n, and the line is counted.
func (s *scanner) byte() (byte, bool) {
	if s.stop || s.failure != nil {
		return 0, false
	}
	b, err := s.in.ReadByte()
	if err != nil {
		if !errors.Is(err, io.EOF) {
			s.fail(err)
		}
		return 0, false
	}
	if s.read++; s.read > maxFile {
		s.fail(tooLarge())
		return 0, false
	}
	if b == '\r' {
		if peeked, err := s.in.Peek(1); err == nil && peeked[0] == '\n' {
			s.skip(1)
		}
		b = '\n'
	}
	if b == '\n' {
		s.line++
	}
	return b, true
}

func tooLarge() *fault.Error {
	return fault.Exhausted("FILE_TOO_LARGE", "the file is larger than %d MiB or has more than %d rows; part it by period or by unit",
		maxFile>>20, maxRows).With("limit", maxFile>>20).With("rows", maxRows)
}

func (s *scanner) skip(n int) {
	skipped, err := s.in.Discard(n)
	s.read += int64(skipped)
	if err != nil {
		s.fail(err)
	}
}

func (s *scanner) fail(err error) {
	if s.failure == nil {
		s.failure = err
	}
}
