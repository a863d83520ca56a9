package journal_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

func TestCheckNamesWhatIsWrongWithAGroup(t *testing.T) {
	salt := [16]byte{1}
	half := make([]byte, journal.MaxEntryBytes/2)
	full := journal.Record{Public: half, Salt: salt, Private: half}
	for _, c := range []struct {
		name    string
		records []journal.Record
		reason  string
	}{
		{"no record", nil, journal.ReasonGroupInvalid},
		{"no public part", []journal.Record{{Public: []byte("a")}, {Salt: salt, Private: []byte("b")}}, journal.ReasonGroupInvalid},
		{"private part without salt", []journal.Record{{Public: []byte("a"), Private: []byte("b")}}, journal.ReasonGroupInvalid},
		{"entry one byte too large", []journal.Record{{Public: make([]byte, journal.MaxEntryBytes), Salt: salt, Private: []byte("b")}}, journal.ReasonEntryTooLarge},
		{"group too large", []journal.Record{full, full, {Public: []byte("a")}}, journal.ReasonEntryTooLarge},
		{"too many records", make([]journal.Record, journal.MaxGroupRecords+1), journal.ReasonGroupInvalid},
		{"group as large as it may be", []journal.Record{full, full}, ""},
		{"public part alone, no salt", []journal.Record{{Public: []byte("a")}}, ""},
	} {
		if err := journal.Check(c.records); fault.ReasonOf(err) != c.reason {
			t.Errorf("%s: Check = %v, want reason %q", c.name, err, c.reason)
		}
	}
}

func TestRefusedMeansThatNothingWasWritten(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{journal.HeadMoved(3, journal.Head{Sequence: 4}), true},
		{journal.Check(nil), true},
		{fault.Exhausted(journal.ReasonStoreFull, "full"), true},
		{fmt.Errorf("append: %w", context.Canceled), true},
		{context.DeadlineExceeded, true},
		{fault.Unavailable(journal.ReasonPoisoned, "lost the connection: %w", context.DeadlineExceeded), false},
		{fault.Internal(errors.New("disk"), "append"), false},
		{journal.Closed(), false},
		{errors.New("foreign"), false},
		{nil, false},
	} {
		if got := journal.Refused(c.err); got != c.want {
			t.Errorf("Refused(%v) = %v, want %v", c.err, got, c.want)
		}
	}
}
