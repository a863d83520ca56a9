package filejournal

import (
	"context"
	"errors"
	"io/fs"
	"sync/atomic"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// Create makes an empty journal named id in a folder that is missing or empty; it does not open it. Interrupted, it
// leaves a folder that Open takes for one without a journal and that Create may be called for again.
func Create(ctx context.Context, config Config, id journal.ID) error {
	config, err := config.filled()
	if err != nil {
		return err
	}
	if id.IsZero() {
		return fault.Invalid("JOURNAL_ID_INVALID", "create a journal in %s: the id is zero; draw one with NewID", config.Dir)
	}
	if err := checkEmpty(config); err != nil { // before the lock, which would make a file
		return err
	}
	if err := makeFolder(config.Files, config.Dir); err != nil {
		return folderFailed("making it", config.Dir, err)
	}
	release, err := lock(ctx, config)
	if err != nil {
		return err
	}
	if err = checkEmpty(config); err == nil {
		err = create(config, id)
	}
	if err != nil {
		_ = release()
		return err
	}
	return release()
}

func create(config Config, id journal.ID) error {
	var never atomic.Bool
	if err := prepare(config.Files, join(config.Dir, preparedName), config.SegmentBytes, &never); err != nil {
		if isFull(err) {
			return storeFull(err)
		}
		return failed("making", preparedName, err)
	}
	first := newSegment(id, journal.Head{Hash: journal.FirstHash(id)}, newMark(), config.SegmentBytes)
	file, err := install(config.Files, config.Dir, first)
	if err != nil {
		return failed("making", first.name, err)
	}
	return file.Close()
}

// checkEmpty refuses a folder with anything in it that an interrupted Create does not leave.
func checkEmpty(config Config) error {
	names, err := config.Files.List(config.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return folderFailed("listing it", config.Dir, err)
	}
	for _, name := range names {
		if name != lockName && name != preparedName {
			return fault.Exists(ReasonStoreExists,
				"create a journal in the folder %s: %s is there already; give an empty folder, or one that does not exist",
				config.Dir, name).With("folder", config.Dir).With("file", name)
		}
	}
	return nil
}
