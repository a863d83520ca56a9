package filejournal

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

const lockName = "lock"

// Open opens the journal in the folder for reading and appending, and keeps every other process out until Close.
//
// It makes nothing: without a journal in the folder the error is NotFound, STORE_MISSING. A folder that another process
// holds for longer than LockWait is Unavailable, STORE_LOCKED, naming the process.
//
// It reads the chain (see Config.Quick). The first group that does not verify is cut off, whatever lies inside it,
// because nobody was told that it is durable; unless a later group follows, or the journal was closed in order and ended
// further on, or a later entry is known to have been durable (Config.Known): then something was lost, and the error is
// DataLoss, JOURNAL_DAMAGED, naming file, offset and entry, with nothing changed.
//
// Unless the journal was closed in order, its last group is written once more and synced before anything rests on it:
// after a failed flush the kernel may show bytes that never reached the disk. If that fails the error is
// Unavailable, JOURNAL_REWRITE_FAILED, and the store must not be served.
func Open(ctx context.Context, config Config) (*Journal, error) {
	config, err := config.filled()
	if err != nil {
		return nil, err
	}
	if _, err := listSegments(config); err != nil {
		return nil, err // before the lock, which would make a file
	}
	release, err := lock(ctx, config)
	if err != nil {
		return nil, err
	}
	j, err := open(ctx, config, release)
	if err != nil {
		_ = release() // the reason why the journal does not open is the one to tell
		return nil, err
	}
	return j, nil
}

// open does the work of Open under the lock.
func open(ctx context.Context, config Config, release func() error) (*Journal, error) {
	s, err := scan(ctx, config)
	if err != nil {
		return nil, err
	}
	j := newJournal(config, s, release)
	if err := j.recover(s); err != nil {
		return nil, err
	}
	name := j.last().name
	if j.file, err = config.Files.Open(j.path(name), true); err != nil {
		return nil, failed("opening", name, err)
	}
	return j, nil
}

// OpenReadOnly opens the journal for reading alone, always checks all of it, takes no lock and changes nothing, so that
// a journal can be verified while a server appends to it. The head is what was durable, or about to be, at the call; it
// does not move. Append and Redact are refused with JOURNAL_READ_ONLY.
func OpenReadOnly(ctx context.Context, config Config) (*Journal, error) {
	config, err := config.filled()
	if err != nil {
		return nil, err
	}
	config.Quick = false
	s, err := scan(ctx, config)
	if err != nil {
		return nil, err
	}
	j := newJournal(config, s, func() error { return nil })
	j.readOnly, j.torn = true, s.torn
	return j, nil
}

// lock takes the lock, waiting for a process that is about to end.
func lock(ctx context.Context, config Config) (release func() error, err error) {
	for waited := time.Duration(0); ; waited += lockPause {
		release, holder, err := config.Files.Lock(filepath.Join(config.Dir, lockName))
		if err != nil {
			return nil, folderFailed("locking it", config.Dir, err)
		}
		if release != nil {
			return release, nil
		}
		if waited >= config.LockWait {
			return nil, lockedBy(config.Dir, holder)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lockPause):
		}
	}
}

func lockedBy(dir string, holder int) error {
	const text = "the journal in the folder %s is in use by %s; stop that process first, or give another folder"
	if holder == 0 {
		return fault.Unavailable(ReasonStoreLocked, text, dir, "another process").With("folder", dir)
	}
	return fault.Unavailable(ReasonStoreLocked, text, dir, "the process "+itoa(holder)).
		With("folder", dir).With("process", holder)
}

// listSegments gives the names of the segments in order; a folder without any holds no journal.
func listSegments(config Config) ([]string, error) {
	names, err := config.Files.List(config.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, folderFailed("listing it", config.Dir, err)
	}
	segments := names[:0]
	for _, name := range names {
		if _, ok := parseSegmentName(name); ok {
			segments = append(segments, name)
		}
	}
	if len(segments) == 0 {
		return nil, missing(config.Dir)
	}
	return segments, nil
}

// readSegment reads and checks the header of one file.
func readSegment(config Config, name string) (*segment, error) {
	file, err := config.Files.Open(filepath.Join(config.Dir, name), false)
	if err != nil {
		return nil, failed("opening", name, err)
	}
	raw := make([]byte, segmentHeaderBytes)
	size, err := file.Size()
	n := 0
	if err == nil {
		n, err = readAt(file, raw, 0)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, unreadable(name, 0, err)
	}
	if config.cut {
		size = uncut(raw[:n], size)
	}
	s, version, why := parseSegment(raw[:n], size)
	if s == nil && why == "" {
		return nil, fault.Precondition(ReasonStoreTooNew,
			"journal file %s has format %d, this program knows format %d; use the program that wrote it, or a newer one",
			name, version, formatVersion).With("file", name).With("format", version)
	}
	if first, _ := parseSegmentName(name); why == "" && first != s.first {
		why = "the name of the file promises another first entry than the file holds"
	}
	if why != "" {
		return nil, damaged(name, 0, why)
	}
	return s, nil
}

// readSegments reads all headers and checks what can be told from them.
func readSegments(config Config) ([]*segment, error) {
	names, err := listSegments(config)
	if err != nil {
		return nil, err
	}
	segments := make([]*segment, len(names))
	for i, name := range names {
		if segments[i], err = readSegment(config, name); err != nil {
			return nil, err
		}
		if why := follows(segments[:i], segments[i]); why != "" {
			return nil, damaged(name, 0, why)
		}
	}
	if first := segments[0]; first.first != 1 || first.previous != journal.FirstHash(first.id) {
		return nil, damaged(first.name, 0, "the journal does not begin with entry 1")
	}
	return segments, nil
}

// follows says why a segment cannot come after these, or "". It has the id of the one before it, or one that the journal
// never had: then a restore made it, and this is where the new id begins.
func follows(before []*segment, s *segment) string {
	if len(before) > 0 && s.id == before[len(before)-1].id {
		return ""
	}
	if s.id.IsZero() {
		return "the segment has no journal id"
	}
	for _, other := range before {
		if other.id == s.id {
			return "the segment has a journal id that was given up before"
		}
	}
	return ""
}
