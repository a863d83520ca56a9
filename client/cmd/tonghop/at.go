package main

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// pastFlag asks for an answer as of an earlier state.
type pastFlag struct {
	At string `placeholder:"SEQUENCE|TIME" help:"What was known then: as of an entry by its number, or of a time in Vietnam (2024-03-03T17:00) or with a zone (2024-03-03T10:00:00Z); a day is asked about at its end."`
}

// moment reads the flag; both are nil for now.
func (f pastFlag) moment(s *session) (sequence *int64, at *timestamppb.Timestamp, err error) {
	if f.At == "" {
		return nil, nil, nil
	}
	if n, err := strconv.ParseInt(f.At, 10, 64); err == nil {
		return &n, nil, nil
	}
	if t, day, ok := readTime(f.At); ok {
		if day {
			t = t.Add(-time.Nanosecond)
		}
		return nil, timestamppb.New(t), nil
	}
	return nil, nil, s.usage("--at %q: give the number of an entry, such as 1204, a day, such as 2024-03-03, or a time, such as 2024-03-03T17:00", f.At)
}

// readTime reads a time in Vietnam or with a zone, or a day, which is the instant after it; false if it is neither.
func readTime(text string) (t time.Time, day, ok bool) {
	if d, err := time.ParseInLocation(time.DateOnly, text, vietnam); err == nil {
		return d.AddDate(0, 0, 1), true, true
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, false, true
	}
	for _, layout := range [...]string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, text, vietnam); err == nil {
			return t, false, true
		}
	}
	return time.Time{}, false, false
}

// knownUpTo is the entry up to which an answer knows.
func knownUpTo(stamp *reportingv1.Stamp) int64 {
	if at := stamp.GetAtSequence(); at != 0 {
		return at
	}
	return stamp.GetSequence()
}

// asOfWords says as of which entry an answer is, and nothing where that is now.
func asOfWords(stamp *reportingv1.Stamp) string {
	if stamp.GetAtSequence() == 0 {
		return ""
	}
	return "entry " + number(stamp.GetAtSequence()) + " of " + when(stamp.GetAtTime())
}
