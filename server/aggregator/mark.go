package aggregator

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/journal"
)

// The files of a state. The one with the name new is a rebuild under way.
const (
	stateName = "state.bolt"
	newName   = "state.bolt.new"
	markName  = "state.mark"
)

// Fate says what Open found.
type Fate uint8

// The fates.
const (
	// Fresh means that there was no file; the store is empty and Replay fills it.
	Fresh Fate = iota + 1
	// Kept means that the file can be trusted; Replay brings it to the journal's head.
	Kept
	// MustRebuild means that the file cannot be trusted or read by this program: Rebuild makes a new one.
	MustRebuild
)

// fateNames is indexed by fate.
var fateNames = [...]string{"none", "fresh", "kept", "must rebuild"}

// String gives words for the log.
func (f Fate) String() string {
	if int(f) < len(fateNames) {
		return fateNames[f]
	}
	return fateNames[0]
}

// Verdict is what Open found and why.
type Verdict struct {
	Fate Fate
	// Reason tells people why; it is never empty.
	Reason string
}

func mustRebuild(format string, args ...any) Verdict {
	return Verdict{Fate: MustRebuild, Reason: fmt.Sprintf(format, args...)}
}

// mark is what a clean stop leaves behind, synced after the file was: which state, and in which boot (R34).
type mark struct {
	boot string
	head journal.Head
}

// markLines begins the mark file; it names the format.
const markLines = "tonghop state 1"

func (m mark) String() string {
	return fmt.Sprintf("%s\nboot %s\nsequence %d\nhash %s\n", markLines, m.boot, m.head.Sequence, m.head.Hash)
}

// parseMark reads what String wrote; false for anything else, for half a mark is none.
func parseMark(text string) (mark, bool) {
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || lines[0] != markLines {
		return mark{}, false
	}
	var m mark
	var err error
	m.boot = strings.TrimPrefix(lines[1], "boot ")
	if m.head.Sequence, err = strconv.ParseUint(strings.TrimPrefix(lines[2], "sequence "), 10, 64); err != nil {
		return mark{}, false
	}
	hash, err := hex.DecodeString(strings.TrimPrefix(lines[3], "hash "))
	if err != nil || len(hash) != len(m.head.Hash) {
		return mark{}, false
	}
	copy(m.head.Hash[:], hash)
	return m, m.String() == text
}

// readMark gives the mark of a folder, if there is a whole one.
func readMark(dir string) (mark, bool, error) {
	raw, err := os.ReadFile(filepath.Join(dir, markName))
	if errors.Is(err, fs.ErrNotExist) {
		return mark{}, false, nil
	}
	if err != nil {
		return mark{}, false, err
	}
	m, ok := parseMark(string(raw))
	return m, ok, nil
}

// writeMark writes and syncs the mark of a state that was synced before.
func writeMark(dir string, m mark) error {
	path := filepath.Join(dir, markName)
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(m.String())
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncFolder(dir)
}

// removeMark takes the mark away before anything is written. It is gone durably: a mark that came back after a power cut
// would vouch for pages that were written since.
func removeMark(dir string) error {
	if err := os.Remove(filepath.Join(dir, markName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncFolder(dir)
}

// judge decides whether a file may be kept that was stopped cleanly or that this start of the machine has written.
func judge(file stored, m mark, marked bool) Verdict {
	switch {
	case file.version != StateVersion:
		return mustRebuild("the state has version %d, this program keeps version %d", file.version, StateVersion)
	case marked && m.head != file.head:
		return mustRebuild("the state stands at %d and was stopped at %d: the file was exchanged", file.head.Sequence, m.head.Sequence)
	case marked:
		return Verdict{Fate: Kept, Reason: "it was stopped cleanly"}
	}
	return Verdict{Fate: Kept, Reason: "the last stop was not clean, but the machine has run ever since"}
}
