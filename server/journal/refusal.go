package journal

import (
	"context"
	"errors"
	"strconv"

	"github.com/tonghop/tonghop/server/fault"
)

// The reasons that every implementation gives.
const (
	ReasonHeadMoved     = "HEAD_MOVED"
	ReasonGroupInvalid  = "GROUP_INVALID"
	ReasonEntryTooLarge = "ENTRY_TOO_LARGE"
	ReasonStoreFull     = "STORE_FULL"
	ReasonPoisoned      = "JOURNAL_POISONED"
	ReasonClosed        = "JOURNAL_CLOSED"
	ReasonDamaged       = "JOURNAL_DAMAGED"
	ReasonSequenceAhead = "SEQUENCE_AHEAD"
)

// Limits of what Append takes. A national reorganisation is one entry of about 1 MB; 8 MiB leave room, and a group of
// 1 MiB that takes such an entry as its last stays below the second limit.
const (
	MaxEntryBytes   = 8 << 20
	MaxGroupBytes   = 16 << 20
	MaxGroupRecords = 1 << 16
)

// Check says whether the records may stand in one group; it is the first thing that every Append does. A group has at
// least one record and at most MaxGroupRecords, a record has a public part and, with a private part, a salt; the parts
// of one record have at most MaxEntryBytes together, those of a group MaxGroupBytes.
func Check(records []Record) error {
	if len(records) == 0 {
		return fault.Invalid(ReasonGroupInvalid, "append: there is no record; hand over at least one")
	}
	if len(records) > MaxGroupRecords {
		return fault.Invalid(ReasonGroupInvalid, "append: the group has %d records, the limit is %d; divide it",
			len(records), MaxGroupRecords)
	}
	total := 0
	for i, record := range records {
		size := len(record.Public) + len(record.Private)
		switch {
		case len(record.Public) == 0:
			return fault.Invalid(ReasonGroupInvalid, "append: record %d has no public part", i)
		case len(record.Private) > 0 && record.Salt == [16]byte{}:
			return fault.Invalid(ReasonGroupInvalid,
				"append: record %d has a private part and no salt; without one its text could be found from the hash", i)
		case size > MaxEntryBytes:
			return tooLarge("record "+strconv.Itoa(i), size, MaxEntryBytes)
		}
		total += size
	}
	if total > MaxGroupBytes {
		return tooLarge("the group", total, MaxGroupBytes)
	}
	return nil
}

func tooLarge(what string, size, limit int) error {
	return fault.Invalid(ReasonEntryTooLarge,
		"append: %s has %d bytes, the limit is %d; divide the request", what, size, limit).
		With("size", size).With("limit", limit)
}

// HeadMoved is the Conflict of a writer that decided against an older, or another, history.
func HeadMoved(after uint64, head Head) error {
	return fault.Conflict(ReasonHeadMoved,
		"append after %d: the journal stands at %d; read what came between and decide again", after, head.Sequence).
		With("after", after).With("head", head.Sequence)
}

// SequenceAhead is the NotFound of a reader that knows of entries which this journal does not hold.
func SequenceAhead(from uint64, head Head) error {
	return fault.NotFound(ReasonSequenceAhead,
		"read from %d: the journal ends at %d; whoever has seen more has seen another journal", from, head.Sequence).
		With("from", from).With("head", head.Sequence)
}

// Closed is what every call gets after Close.
func Closed() error {
	return fault.Unavailable(ReasonClosed, "the journal is closed")
}

// Refused reports whether err, which Append returned, is a refusal: surely nothing was written, and the journal goes
// on. Any other error means that the outcome is unknown.
func Refused(err error) bool {
	var failure *fault.Error
	if errors.As(err, &failure) {
		switch failure.Kind {
		case fault.KindConflict, fault.KindInvalid, fault.KindExhausted, fault.KindPrecondition:
			return true
		default:
			return false
		}
	}
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
