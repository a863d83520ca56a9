package backup

import (
	"errors"
	"io/fs"

	"github.com/tonghop/tonghop/server/fault"
)

// The reasons that others ask for.
const (
	ReasonDamaged    = "BACKUP_DAMAGED"
	ReasonUnfinished = "RESTORE_UNFINISHED"
)

// damaged says where a backup is not what was written.
func damaged(dir, file, why string) error {
	return fault.DataLoss(ReasonDamaged, "the backup in %s is damaged: %s: %s; nothing was done with it; use another backup", dir, file, why).
		With("dir", dir).With("file", file)
}

// asDamage turns what the journal says of a copy into what is said of a backup.
func asDamage(dir string, err error) error {
	failure := fault.Of(err)
	if failure.Kind != fault.KindDataLoss && failure.Kind != fault.KindNotFound {
		return err
	}
	file, named := failure.Param("file")
	why, told := failure.Param("why")
	if !named || !told {
		return damaged(dir, "its segments", failure.Text)
	}
	offset, _ := failure.Param("offset")
	return damaged(dir, file, "byte "+offset+": "+why)
}

func unreadable(dir, file string, err error) error {
	return fault.Unavailable("BACKUP_UNREADABLE", "the backup in %s: %s: the disk does not give what is stored there: %w", dir, file, err).
		With("dir", dir).With("file", file)
}

func notABackup(dir string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return unreadable(dir, ManifestName, err)
	}
	return fault.NotFound("BACKUP_MISSING", "there is no backup in %s: it has no %s; give the folder that tonghopd backup made", dir, ManifestName).
		With("dir", dir)
}

func unwritable(dir, what string, err error) error {
	return fault.Unavailable("FOLDER_UNWRITABLE", "%s: %s failed: %w", dir, what, err).With("dir", dir)
}

func running(dir string) error {
	return fault.Precondition("BACKUP_RUNNING",
		"another process works in %s; wait for its end, or give another folder", dir).With("dir", dir)
}
