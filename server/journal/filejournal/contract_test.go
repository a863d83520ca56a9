package filejournal_test

import (
	"path/filepath"
	"testing"

	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
	"github.com/tonghop/tonghop/server/journal/journaltest"
)

func TestContract(t *testing.T) {
	t.Run("SmallSegments", func(t *testing.T) { journaltest.Run(t, store(4<<10)) })
	t.Run("OneSegment", func(t *testing.T) { journaltest.Run(t, store(1<<20)) })
}

// store makes journals on the real disk.
func store(segmentBytes int64) journaltest.Store {
	return func(t *testing.T) func() journal.Journal {
		config := filejournal.Config{Dir: filepath.Join(t.TempDir(), "journal"), SegmentBytes: segmentBytes}
		if err := filejournal.Create(t.Context(), config, journal.NewID()); err != nil {
			t.Fatal(err)
		}
		return func() journal.Journal {
			opened, err := filejournal.Open(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			return opened
		}
	}
}
