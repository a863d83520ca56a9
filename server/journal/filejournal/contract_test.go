package filejournal_test

import (
	"os"
	"path/filepath"
	"strconv"
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

func TestContractOfARestoredJournal(t *testing.T) {
	journaltest.RunRestored(t, func(t *testing.T) (func() journal.Journal, func(journal.Record)) {
		dir, restores := t.TempDir(), 0
		config := func() filejournal.Config {
			return filejournal.Config{Dir: filepath.Join(dir, strconv.Itoa(restores)), SegmentBytes: 4 << 10}
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(filejournal.Create(t.Context(), config(), journal.NewID()))
		open := func() journal.Journal {
			opened, err := filejournal.Open(t.Context(), config())
			must(err)
			return opened
		}
		// A restore goes by way of a copy into another folder.
		return open, func(record journal.Record) {
			old := open()
			head := old.Head()
			must(old.Close())
			from, backup := config(), t.TempDir()
			restores++
			_, err := filejournal.CopyTo(t.Context(), from, backup, head.Sequence, nil)
			must(err)
			must(os.Mkdir(config().Dir, 0o700))
			_, err = filejournal.CopyFrom(t.Context(), backup, config(), nil)
			must(err)
			before, after, err := filejournal.Renew(t.Context(), config(), journal.NewID(), record)
			must(err)
			if before != head || after.Sequence != head.Sequence+1 {
				t.Fatalf("Renew = %+v, %+v, want it to follow %+v", before, after, head)
			}
		}
	})
}
