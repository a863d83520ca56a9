package filejournal

import (
	"log/slog"
	"time"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

const (
	// DefaultSegmentBytes is the size of a segment unless Config says otherwise.
	DefaultSegmentBytes = 64 << 20
	// MinSegmentBytes is the smallest size that Config may ask for.
	MinSegmentBytes = 4 << 10

	// sizeUnit divides the size of every segment.
	sizeUnit = 4 << 10

	defaultLockWait = 2 * time.Second
	lockPause       = 20 * time.Millisecond
)

// Config says where a journal lies and how it is opened. All but Dir may be left empty.
type Config struct {
	// Dir is the folder; it holds nothing but the journal.
	Dir string
	// SegmentBytes is the size of the segments made from now on, a multiple of 4096; 0 means DefaultSegmentBytes.
	// Segments that are there keep their size.
	SegmentBytes int64
	// Quick makes Open read the last segments only, back to the last group, and believe the headers of the others. The
	// whole chain is read otherwise, about half a gigabyte a second from the page cache. Read checks what it reads in
	// both cases.
	Quick bool
	// Known is an entry that was durable, as somebody else remembers it: whoever keeps what follows from the journal. Where
	// the journal ends before it, Open takes what it would have cut off for damage, and refuses.
	Known Known
	// LockWait is how long Open waits for another process to let go; 0 means 2 seconds, less means not at all.
	LockWait time.Duration
	// Logger is told what was mended at the start and what failed in the background; nil means nobody.
	Logger *slog.Logger
	// Files is for tests; nil means the operating system.
	Files FileSystem

	// cut says that the files may end behind their last group: the folder holds a copy.
	cut bool
}

// Known names an entry: the journal that it is of, by the id that was in force there, and its sequence. The zero value is
// none, and so is an entry of another journal.
type Known struct {
	ID       journal.ID
	Sequence uint64
}

// filled gives the config with its defaults in place.
func (c Config) filled() (Config, error) {
	if c.SegmentBytes == 0 {
		c.SegmentBytes = DefaultSegmentBytes
	}
	if c.Dir == "" || c.SegmentBytes < MinSegmentBytes || c.SegmentBytes%sizeUnit != 0 {
		return c, fault.Invalid(ReasonConfigInvalid,
			"journal in folder %q with segments of %d bytes: want a folder and at least %d bytes, a multiple of %d",
			c.Dir, c.SegmentBytes, MinSegmentBytes, sizeUnit)
	}
	if c.LockWait == 0 {
		c.LockWait = defaultLockWait
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Files == nil {
		c.Files = disk{}
	}
	return c, nil
}
