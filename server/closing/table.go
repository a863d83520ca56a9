package closing

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"io"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/hierarchy"
)

// Table is what a closing keeps.
type Table struct {
	// Digest is the SHA-256 of the canonical text, Rows how many rows that has.
	Digest [32]byte
	Rows   int
	// Pieces are the rows in order, without the header.
	Pieces []Piece
}

// Piece holds the whole rows of some units that follow one another.
type Piece struct {
	FirstUnit hierarchy.ID
	Deflated  []byte
}

// pieceBytes is after how much text a piece ends, at the next unit: one unit is looked for in one piece, which is then to be
// small, and the text of many units compresses better.
const pieceBytes = 128 << 10

// Make makes the table of rows, which it puts in order. Of a row that does not count nothing is kept.
func Make(rows []Row) (Table, error) {
	rows = slices.DeleteFunc(rows, func(r Row) bool { return !r.Counts() })
	slices.SortFunc(rows, func(a, b Row) int { return compare(&a, &b) })
	t := Table{Rows: len(rows)}
	digest := sha256.New()
	_, _ = digest.Write([]byte(Header)) // a hash never fails
	var text []byte
	first := 0
	for i := range rows {
		text = rows[i].append(text)
		last := i+1 == len(rows)
		if !last && (len(text) < pieceBytes || rows[i+1].Unit == rows[i].Unit) {
			continue
		}
		_, _ = digest.Write(text)
		deflated, err := deflate(text)
		if err != nil {
			return Table{}, err
		}
		t.Pieces = append(t.Pieces, Piece{FirstUnit: rows[first].Unit, Deflated: deflated})
		text, first = text[:0], i+1
	}
	digest.Sum(t.Digest[:0])
	return t, nil
}

// Bytes is about how many bytes the table takes.
func (t Table) Bytes() int {
	n := 64
	for _, p := range t.Pieces {
		n += len(p.FirstUnit) + len(p.Deflated) + 8
	}
	return n
}

// Of gives the piece in which the rows of a unit lie, if it has any; -1 if none can hold them.
func Of(firsts []hierarchy.ID, unit hierarchy.ID) int {
	at, found := slices.BinarySearch(firsts, unit)
	if found {
		return at
	}
	return at - 1
}

// Open gives the rows of a piece.
func Open(deflated []byte) ([]Row, error) {
	text, err := inflate(deflated)
	if err != nil {
		return nil, err
	}
	lines := strings.SplitAfter(string(text), "\n")
	rows := make([]Row, 0, len(lines))
	for _, line := range lines[:len(lines)-1] {
		row, err := parseRow(line[:len(line)-1])
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	if rest := lines[len(lines)-1]; rest != "" {
		return nil, damaged("its last line is cut off")
	}
	return rows, nil
}

// Text gives the canonical text of pieces in their order.
func Text(pieces ...[]byte) ([]byte, error) {
	text := []byte(Header)
	for _, p := range pieces {
		more, err := inflate(p)
		if err != nil {
			return nil, err
		}
		text = append(text, more...)
	}
	return text, nil
}

func deflate(text []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// largestPiece keeps a forged piece from filling the memory.
const largestPiece = 64 << 20

func inflate(deflated []byte) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(deflated)), largestPiece+1))
	if err != nil || len(text) > largestPiece {
		return nil, damaged("a piece cannot be read: %v", err)
	}
	return text, nil
}
