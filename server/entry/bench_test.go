package entry_test

import (
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
)

// submission gives the entry of one report with that many figures: mostly values, each sixth a ratio.
func submission(figures int) entry.Entry {
	e := entry.Entry{Header: entry.Header{
		Sequence: 1_000_000, Time: time.Date(2024, 2, 16, 3, 0, 0, 123, time.UTC), Principal: "0m3v9f2nxqra",
		RequestID: [16]byte{1}, RequestHash: [32]byte{2}, Method: "ReportService.SubmitReport",
	}}
	s := entry.Submission{Key: goldenKey, Revision: 1, Deadline: time.Date(2024, 2, 18, 17, 0, 0, 0, time.UTC)}
	for i := range figures {
		f := figure.Figure{State: figure.Value, HasValue: true, Value: figure.Number(1000 * i)}
		if i%6 == 0 {
			f = figure.Figure{State: figure.Value, HasNumerator: true, HasDenominator: true, Numerator: 90, Denominator: 1000}
		}
		s.Figures = append(s.Figures, entry.Figure{Number: uint32(i + i/40), Figure: f}) //nolint:gosec // a few hundred
	}
	e.Body = entry.ReportsSubmitted{Reports: []entry.Submission{s}}
	return e
}

func BenchmarkEncodeSubmission54(b *testing.B) {
	e := submission(54)
	b.ReportAllocs()
	for b.Loop() {
		public, private, err := entry.Encode(e)
		if err != nil || len(private) > 0 {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(public)))
	}
}

func BenchmarkDecodeSubmission54(b *testing.B) {
	public, private := encode(b, submission(54))
	b.SetBytes(int64(len(public)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := entry.Decode(public, private); err != nil {
			b.Fatal(err)
		}
	}
}

// The submit path may not allocate for each value: ten times the figures, the same number of allocations.
func TestAllocationsDoNotGrowWithTheFigures(t *testing.T) {
	allocations := func(figures int) (encoding, decoding float64) {
		e := submission(figures)
		public, private := encode(t, e)
		encoding = testing.AllocsPerRun(50, func() {
			if _, _, err := entry.Encode(e); err != nil {
				t.Fatal(err)
			}
		})
		decoding = testing.AllocsPerRun(50, func() {
			if _, err := entry.Decode(public, private); err != nil {
				t.Fatal(err)
			}
		})
		return encoding, decoding
	}
	encoding, decoding := allocations(54)
	encodingMore, decodingMore := allocations(540)
	if encodingMore > encoding || decodingMore > decoding {
		t.Errorf("540 figures take %v allocations to encode and %v to decode, 54 take %v and %v", encodingMore, decodingMore, encoding, decoding)
	}
	if encoding > 20 || decoding > 25 {
		t.Errorf("a report of 54 figures takes %v allocations to encode and %v to decode, at most 20 and 25 are allowed", encoding, decoding)
	}
}
