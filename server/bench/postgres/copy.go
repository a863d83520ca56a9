//go:build unix

package postgres

import (
	"context"
	"encoding/binary"
	"io"

	"github.com/jackc/pgx/v5"

	"github.com/tonghop/tonghop/server/bench/workload"
)

// stream is a binary COPY that is made as it is read: what a loader that knows its trade does, so that PostgreSQL has not to
// wait for its client.
type stream struct {
	more   func(to []byte) ([]byte, bool)
	buffer []byte
	rest   []byte
	ended  bool
}

// copyBlock is about how much is made at a time.
const copyBlock = 1 << 16

// Read gives the next bytes.
func (s *stream) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.ended {
			return 0, io.EOF
		}
		if s.buffer == nil {
			s.buffer = append(make([]byte, 0, 2*copyBlock), "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
		} else {
			s.buffer = s.buffer[:0]
		}
		for len(s.buffer) < copyBlock && !s.ended {
			var ok bool
			if s.buffer, ok = s.more(s.buffer); !ok {
				s.buffer, s.ended = binary.BigEndian.AppendUint16(s.buffer, 0xffff), true
			}
		}
		s.rest = s.buffer
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func copyIn(ctx context.Context, conn *pgx.Conn, table string, more func(to []byte) ([]byte, bool)) error {
	_, err := conn.PgConn().CopyFrom(ctx, &stream{more: more}, "copy "+table+" from stdin (format binary)")
	return err
}

func appendInt4(to []byte, v int32) []byte {
	to = binary.BigEndian.AppendUint32(to, 4)
	return binary.BigEndian.AppendUint32(to, uint32(v)) //nolint:gosec // its bits
}

func appendInt8(to []byte, v int64) []byte {
	to = binary.BigEndian.AppendUint32(to, 8)
	return binary.BigEndian.AppendUint64(to, uint64(v)) //nolint:gosec // its bits
}

// appendArray writes 54 values as an int8[].
func appendArray(to []byte, values *[workload.Slots]int64) []byte {
	const head, oidInt8 = 20, 20
	to = binary.BigEndian.AppendUint32(to, head+12*workload.Slots)
	for _, word := range []uint32{1, 0, oidInt8, workload.Slots, 1} { // dimensions, no nulls, type, length, first index
		to = binary.BigEndian.AppendUint32(to, word)
	}
	for _, v := range values {
		to = appendInt8(to, v)
	}
	return to
}

// copyRows loads the first n reports, one row a value.
func copyRows(ctx context.Context, conn *pgx.Conn, shape workload.Shape, n int) error {
	i := 0
	return copyIn(ctx, conn, "report_rows", func(to []byte) ([]byte, bool) {
		if i == n {
			return to, false
		}
		row := shape.Row(i)
		i++
		for slot, v := range row.Values {
			to = binary.BigEndian.AppendUint16(to, 4)
			to = appendInt4(appendInt4(to, row.Month), shape.CommuneNumber(row.Commune))
			to = binary.BigEndian.AppendUint32(to, 2)
			to = binary.BigEndian.AppendUint16(to, uint16(slot)) //nolint:gosec // 54
			to = appendInt8(to, v)
		}
		return to, true
	})
}

// copyArrays loads the first n reports, one array each.
func copyArrays(ctx context.Context, conn *pgx.Conn, shape workload.Shape, n int) error {
	i := 0
	return copyIn(ctx, conn, "report_array", func(to []byte) ([]byte, bool) {
		if i == n {
			return to, false
		}
		row := shape.Row(i)
		i++
		to = binary.BigEndian.AppendUint16(to, 3)
		to = appendInt4(appendInt4(to, row.Month), shape.CommuneNumber(row.Commune))
		return appendArray(to, &row.Values), true
	})
}

// copySums loads sums.
func copySums(ctx context.Context, conn *pgx.Conn, table string, sums map[place]*[workload.Slots]int64) error {
	var places []place
	for p := range sums {
		places = append(places, p)
	}
	return copyIn(ctx, conn, table, func(to []byte) ([]byte, bool) {
		if len(places) == 0 {
			return to, false
		}
		p := places[0]
		places = places[1:]
		to = binary.BigEndian.AppendUint16(to, 3)
		to = appendInt4(appendInt4(to, p.period), p.unit)
		return appendArray(to, sums[p]), true
	})
}
