package rpc

import (
	"io"
	"os"
	"path/filepath"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// stage is where uploads wait until they are whole: a file is read from its start only when its end has come, so that
// nothing of a broken upload is taken.
type stage struct {
	dir   string
	slots chan struct{}
	full  func(error) bool
}

const stagePattern = "upload-*"

// newStage makes the folder and removes what a process that was killed left in it.
func newStage(dir string) (*stage, error) {
	s := &stage{dir: dir, slots: make(chan struct{}, maxUploads), full: func(error) bool { return false }}
	if dir == "" {
		return s, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Internal(err, "the folder for uploads cannot be made")
	}
	left, err := filepath.Glob(filepath.Join(dir, stagePattern))
	if err != nil {
		return nil, fault.Internal(err, "the folder for uploads cannot be listed")
	}
	for _, path := range left {
		if err := os.Remove(path); err != nil {
			return nil, fault.Internal(err, "an upload of an earlier process cannot be removed")
		}
	}
	return s, nil
}

// staged is one upload.
type staged struct {
	stage *stage
	file  *os.File
	size  int
	limit int
}

// open takes a place on the stage, if there is one.
func (s *stage) open(limit int) (*staged, error) {
	select {
	case s.slots <- struct{}{}:
	default:
		return nil, fault.Exhausted("UPLOADS_BUSY", "%d files are being uploaded already; try again in a moment", maxUploads).
			With("limit", maxUploads).After(retryUpload)
	}
	file, err := os.CreateTemp(s.dir, stagePattern)
	if err != nil {
		<-s.slots
		return nil, s.unstaged(err)
	}
	return &staged{stage: s, file: file, limit: limit}, nil
}

// add appends a chunk.
func (f *staged) add(chunk []byte) error {
	if len(chunk) > MaxChunk {
		return fault.Invalid("CHUNK_TOO_LARGE", "a chunk has %d bytes; send chunks of %d at most", len(chunk), MaxChunk).
			With("size", len(chunk)).With("limit", MaxChunk).In("chunk")
	}
	if f.size += len(chunk); f.size > f.limit {
		return fault.Exhausted("FILE_TOO_LARGE", "the file has more than %d MiB; divide it", f.limit>>20).
			With("limit", f.limit>>20).In("chunk")
	}
	if _, err := f.file.Write(chunk); err != nil {
		return f.stage.unstaged(err)
	}
	return nil
}

// unstaged is the answer where an upload cannot be kept until it is whole.
func (s *stage) unstaged(err error) error {
	if s.full(err) {
		return fault.Exhausted(journal.ReasonStoreFull,
			"there is no room on the server's disk for the file; nothing was changed, reading goes on: %w", err).After(retryUpload)
	}
	return fault.Internal(err, "the upload cannot be staged")
}

// whole gives the file from its start.
func (f *staged) whole() (io.Reader, error) {
	if _, err := f.file.Seek(0, io.SeekStart); err != nil {
		return nil, fault.Internal(err, "the staged upload cannot be read")
	}
	return f.file, nil
}

// close removes the file and gives the place back.
func (f *staged) close() {
	name := f.file.Name()
	_ = f.file.Close() // nothing in it is needed any more
	os.Remove(name)
	<-f.stage.slots
}
