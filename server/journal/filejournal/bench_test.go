package filejournal

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/tonghop/tonghop/server/journal"
)

// The cost of an acknowledged group. Compare with BenchmarkRawFlush: the journal should be bound by the flush.
func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{1, 64} {
		b.Run(fmt.Sprintf("records=%d", n), func(b *testing.B) {
			records := make([]journal.Record, n)
			for i := range records {
				records[i] = journal.Record{Public: bytes.Repeat([]byte("r"), 260), Salt: [16]byte{1}, Private: bytes.Repeat([]byte("p"), 40)}
			}
			config := Config{Dir: filepath.Join(b.TempDir(), "journal")}
			if err := Create(b.Context(), config, journal.NewID()); err != nil {
				b.Fatal(err)
			}
			j, err := Open(b.Context(), config)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.SetBytes(groupBytes(records))
			for b.Loop() {
				if _, err := j.Append(b.Context(), j.Head().Sequence, records); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "records/s")
			if err := j.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// One write and one flush on a file of zeros, with nothing of ours around it.
func BenchmarkRawFlush(b *testing.B) {
	for _, n := range []int{1, 64} {
		b.Run(fmt.Sprintf("records=%d", n), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "raw")
			var never atomic.Bool
			if err := prepare(disk{}, path, DefaultSegmentBytes, &never); err != nil {
				b.Fatal(err)
			}
			file, err := disk{}.Open(path, true)
			if err != nil {
				b.Fatal(err)
			}
			content := bytes.Repeat([]byte("r"), groupHeaderBytes+groupTrailerBytes+n*(entryHeaderBytes+260+blockHeaderBytes+40))
			b.SetBytes(int64(len(content)))
			at := int64(0)
			for b.Loop() {
				if at+int64(len(content)) > DefaultSegmentBytes {
					at = 0
				}
				if err := writeSynced(file, content, at); err != nil {
					b.Fatal(err)
				}
				at += int64(len(content))
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "records/s")
			if err := file.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// Reading everything, with all checks: the speed of a start and of a rebuild.
func BenchmarkRead(b *testing.B) {
	config := Config{Dir: filepath.Join(b.TempDir(), "journal")}
	if err := Create(b.Context(), config, journal.NewID()); err != nil {
		b.Fatal(err)
	}
	j, err := Open(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	records := make([]journal.Record, 64)
	for i := range records {
		records[i].Public = bytes.Repeat([]byte("r"), 260)
	}
	for j.Head().Sequence < 64000 {
		if _, err := j.Append(b.Context(), j.Head().Sequence, records); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.SetBytes(64000 * 260)
	for b.Loop() {
		if err := j.Read(b.Context(), 1, func(journal.Entry) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
}
