package filejournal

import (
	"strconv"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// The reasons that only a journal of files gives.
const (
	ReasonStoreMissing  = "STORE_MISSING"
	ReasonStoreExists   = "STORE_EXISTS"
	ReasonStoreLocked   = "STORE_LOCKED"
	ReasonStoreTooNew   = "STORE_TOO_NEW"
	ReasonRewriteFailed = "JOURNAL_REWRITE_FAILED"
	ReasonUnreadable    = "JOURNAL_UNREADABLE"
	ReasonReadOnly      = "JOURNAL_READ_ONLY"
	ReasonConfigInvalid = "JOURNAL_CONFIG_INVALID"
	ReasonEmpty         = "JOURNAL_EMPTY"
	ReasonCopyFull      = "COPY_DISK_FULL"
)

// damaged says where stored bytes are not what was written.
func damaged(file string, offset int64, why string) error {
	return fault.DataLoss(journal.ReasonDamaged,
		"journal file %s, byte %d: %s; nothing was changed; keep the folder as it is and restore from a backup",
		file, offset, why).With("file", file).With("offset", offset).With("why", why)
}

// damagedAt is damaged from an entry on.
func damagedAt(file string, offset int64, sequence uint64, why string) error {
	return fault.DataLoss(journal.ReasonDamaged,
		"journal file %s, byte %d, from entry %d on: %s; nothing was changed; keep the folder as it is and restore from a backup",
		file, offset, sequence, why).With("file", file).With("offset", offset).With("sequence", sequence).With("why", why)
}

// unreadable says that the disk does not give its bytes.
func unreadable(file string, offset int64, err error) error {
	return fault.Unavailable(ReasonUnreadable, "journal file %s, byte %d: the disk does not give what is stored there: %w",
		file, offset, err).With("file", file).With("offset", offset)
}

// failed says that an operation on the folder went wrong before anything depended on it.
func failed(what, file string, err error) error {
	return fault.Unavailable(ReasonUnreadable, "journal file %s: %s failed: %w", file, what, err).With("file", file)
}

// folderFailed is the same for the folder as a whole.
func folderFailed(what, dir string, err error) error {
	return fault.Unavailable(ReasonUnreadable, "the folder %s of the journal: %s failed: %w", dir, what, err).With("folder", dir)
}

func missing(dir string) error {
	return fault.NotFound(ReasonStoreMissing,
		"there is no journal in the folder %s; give the right folder, or make a new store with tonghopd init", dir).
		With("folder", dir)
}

func poisoned(err error) error {
	return fault.Unavailable(journal.ReasonPoisoned,
		"the journal could not make a group durable, so its outcome is unknown; it takes no more work until the server "+
			"has started again: %w", err)
}

func storeFull(err error) error {
	return fault.Exhausted(journal.ReasonStoreFull,
		"the disk has no room for the next part of the journal; nothing was written; make room and send again: %w", err)
}

func rewriteFailed(err error) error {
	return fault.Unavailable(ReasonRewriteFailed,
		"the journal could not be brought into order for writing (its last group written again, a torn one cut off, the "+
			"mark of the last stop removed); do not serve from it, look at the disk, then start again: %w", err)
}

// IsFull reports whether a disk, a quota or a limit of size refused the bytes.
func IsFull(err error) bool { return isFull(err) }

func itoa[N int | int64 | uint64](n N) string { return strconv.FormatInt(int64(n), 10) }
