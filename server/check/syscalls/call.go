package syscalls

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
)

// Kind is what a call does.
type Kind uint8

// The kinds.
const (
	// Write changes the content of a file.
	Write Kind = iota + 1
	// Sync makes something durable.
	Sync
	// Size changes the length of a file, or takes room for it.
	Size
	// Name makes, renames or removes a file or a folder.
	Name
)

// Call is one call that is about to be made.
type Call struct {
	// Number counts the calls of a watch, from 1.
	Number int
	// PID is the process that makes it.
	PID int
	// Name is that of the call, such as pwrite64. An openat is one that makes or empties a file.
	Name string
	Kind Kind
	// Path is the file or folder; of a renaming the old one, and To the new one.
	Path, To string
	// Bytes is how many are to be written, 0 for other calls, and Offset the place of the first one, where it is given.
	Bytes  int
	Offset int64
}

// String tells the call, with the names of the last folder and file alone.
func (c Call) String() string {
	text := fmt.Sprintf("call %d, %s of %s", c.Number, c.Name, short(c.Path))
	if c.To != "" {
		text += " to " + filepath.Base(c.To)
	}
	if c.Bytes > 0 {
		text += fmt.Sprintf(", %d bytes", c.Bytes)
	}
	return text
}

func short(path string) string {
	dir, file := filepath.Split(path)
	return filepath.Join(filepath.Base(dir), file)
}

// Action is what becomes of a call. The zero value lets it be made.
type Action struct {
	kind  actionKind
	errno syscall.Errno
	bytes int
}

type actionKind uint8

const (
	proceed actionKind = iota
	kill
	fail
	pretend
	tear
)

// Proceed lets the call be made.
func Proceed() Action { return Action{} }

// Kill ends the process before the call, as SIGKILL does.
func Kill() Action { return Action{kind: kill} }

// Fail has the call do nothing and give an error.
func Fail(errno syscall.Errno) Action { return Action{kind: fail, errno: errno} }

// Pretend has the call do nothing and give success: all bytes written, everything synced.
func Pretend() Action { return Action{kind: pretend} }

// Tear writes the first bytes alone and then ends the process: the kernel looks for a SIGKILL between the pages of a
// write. The call must be a Write.
func Tear(bytes int) Action { return Action{kind: tear, bytes: bytes} }

// Watch watches processes.
type Watch struct {
	watcher
}

// Config says what is watched.
type Config struct {
	// Within are the folders whose files count; calls on other files are made and not told.
	Within []string
	// Decide is asked about each call, one at a time.
	Decide func(Call) Action
}

// counts says whether a path is in one of the folders.
func (c Config) counts(path string) bool {
	for _, dir := range c.Within {
		if path == dir || strings.HasPrefix(path, dir+string(filepath.Separator)) {
			return true
		}
	}
	return false
}
