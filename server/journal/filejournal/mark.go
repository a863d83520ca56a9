package filejournal

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"path/filepath"

	"github.com/tonghop/tonghop/server/journal"
)

const (
	cleanName  = "clean"
	cleanMagic = "tonghopC"
	cleanBytes = 68
)

// cleanMark is what Close leaves: this journal was let go with everything synced, and ended here.
type cleanMark struct {
	id   journal.ID
	head journal.Head
}

func (c cleanMark) bytes() []byte {
	buf := make([]byte, 0, cleanBytes)
	buf = append(buf, cleanMagic...)
	buf = append(buf, c.id[:]...)
	buf = binary.BigEndian.AppendUint64(buf, c.head.Sequence)
	buf = append(buf, c.head.Hash[:]...)
	return binary.BigEndian.AppendUint32(buf, crc32.Checksum(buf, castagnoli))
}

func parseCleanMark(raw []byte) (cleanMark, bool) {
	if len(raw) != cleanBytes || string(raw[:8]) != cleanMagic ||
		binary.BigEndian.Uint32(raw[cleanBytes-4:]) != crc32.Checksum(raw[:cleanBytes-4], castagnoli) {
		return cleanMark{}, false
	}
	return cleanMark{
		id:   journal.ID(raw[8:24]),
		head: journal.Head{Sequence: binary.BigEndian.Uint64(raw[24:]), Hash: journal.Hash(raw[32:64])},
	}, true
}

// readCleanMark gives the mark, if there is one. A mark that does not read is none: a crash while it was written leaves
// such a file, and without a mark nothing is trusted that should not be.
func readCleanMark(files FileSystem, dir string) (cleanMark, bool, error) {
	file, err := files.Open(filepath.Join(dir, cleanName), false)
	if errors.Is(err, fs.ErrNotExist) {
		return cleanMark{}, false, nil
	}
	if err != nil {
		return cleanMark{}, false, failed("opening", cleanName, err)
	}
	raw := make([]byte, cleanBytes+1)
	n, err := readAt(file, raw, 0)
	if err = errors.Join(err, file.Close()); err != nil {
		return cleanMark{}, false, unreadable(cleanName, 0, err)
	}
	mark, ok := parseCleanMark(raw[:n])
	return mark, ok, nil
}

// agrees checks a journal that ends at head against the mark. A journal may be longer than its mark, if a file system
// brought a removed file back after a power cut; then the stop was not clean. It is never shorter or another.
func (c cleanMark) agrees(id journal.ID, head journal.Head) (clean bool, why string) {
	switch {
	case c.id != id:
		return false, "the mark of the last stop belongs to another journal"
	case c.head.Sequence > head.Sequence:
		return false, "the journal was longer when it was closed: groups are missing at its end"
	case c.head.Sequence == head.Sequence && c.head.Hash != head.Hash:
		return false, "the journal is not the one that was closed: the hash of its last entry differs"
	}
	return c.head.Sequence == head.Sequence, ""
}
