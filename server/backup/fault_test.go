package backup

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// brittle is the real disk with one operation that fails, and everything after it if the process is then gone. It knows
// what is not flushed, and expects that nothing unflushed gets its final name.
type brittle struct {
	filejournal.FileSystem
	count, at int
	failure   error
	dead      bool
	stillDead bool
	// loose are files whose content, and folders whose names, are not flushed.
	loose map[string]bool
	// faults are names that were given too early.
	faults []string
}

func newBrittle(at int, failure error) *brittle {
	return &brittle{FileSystem: filejournal.Disk(), at: at, failure: failure, loose: map[string]bool{}}
}

var errGone = errors.New("the process is gone")

func (b *brittle) step() error {
	if b.stillDead {
		return errGone
	}
	b.count++
	if b.count != b.at {
		return nil
	}
	b.stillDead = b.dead
	return b.failure
}

func (b *brittle) changed(path string) { b.loose[filepath.Dir(path)] = true }

func (b *brittle) MakeDir(dir string) error {
	if err := b.step(); err != nil {
		return err
	}
	b.changed(dir)
	return b.FileSystem.MakeDir(dir)
}

func (b *brittle) SyncDir(dir string) error {
	if err := b.step(); err != nil {
		return err
	}
	delete(b.loose, dir)
	return b.FileSystem.SyncDir(dir)
}

func (b *brittle) Create(path string) (filejournal.File, error) {
	if err := b.step(); err != nil {
		return nil, err
	}
	b.changed(path)
	file, err := b.FileSystem.Create(path)
	return &brittleFile{file, b, path}, err
}

func (b *brittle) Open(path string, write bool) (filejournal.File, error) {
	if b.stillDead {
		return nil, errGone
	}
	file, err := b.FileSystem.Open(path, write)
	return &brittleFile{file, b, path}, err
}

func (b *brittle) Rename(from, to string) error {
	if err := b.step(); err != nil {
		return err
	}
	if strings.Contains(from, "unfinished") && !strings.Contains(to, "unfinished") {
		for path := range b.loose {
			if path == from || strings.HasPrefix(path, from+string(filepath.Separator)) {
				b.faults = append(b.faults, path)
			}
		}
	}
	b.changed(from)
	b.changed(to)
	return b.FileSystem.Rename(from, to)
}

func (b *brittle) Remove(path string) error {
	if err := b.step(); err != nil {
		return err
	}
	err := b.FileSystem.Remove(path)
	if err == nil {
		delete(b.loose, path)
		b.changed(path)
	}
	return err
}

type brittleFile struct {
	filejournal.File
	disk *brittle
	path string
}

func (f *brittleFile) WriteAt(p []byte, at int64) (int, error) {
	if err := f.disk.step(); err != nil {
		return 0, err
	}
	f.disk.loose[f.path] = true
	return f.File.WriteAt(p, at)
}

func (f *brittleFile) Sync() error {
	if err := f.disk.step(); err != nil {
		return err
	}
	delete(f.disk.loose, f.path)
	return f.File.Sync()
}

// eachStep runs work with each of its operations failing, in each way, until one run comes to its end.
func eachStep(t *testing.T, work func(t *testing.T, disk *brittle)) {
	for name, failure := range map[string]error{"error": syscall.EIO, "full": syscall.ENOSPC, "gone": errGone} {
		t.Run(name, func(t *testing.T) {
			steps := 0
			for at := 1; ; at++ {
				disk := newBrittle(at, failure)
				disk.dead = name == "gone"
				work(t, disk)
				if len(disk.faults) > 0 {
					t.Fatalf("operation %d: not flushed when the name was given: %v", at, disk.faults)
				}
				if disk.count < at {
					break
				}
				steps = at
			}
			if steps < 10 {
				t.Errorf("there were %d operations, want at least 10", steps)
			}
			t.Logf("%d operations", steps)
		})
	}
}

// Whatever fails while a backup is taken: what has its name is a whole backup, and the next backup works.
func TestABackupIsWholeOrNotThere(t *testing.T) {
	s := newStore(t)
	n := 0
	eachStep(t, func(t *testing.T, disk *brittle) {
		n++
		target := "backup" + strconv.Itoa(n)
		taking := s.taking(target)
		taking.Files = disk
		_, err := Take(t.Context(), taking)
		if there := s.there(target); there != nil {
			if _, wrong := Verify(t.Context(), s.path(target), nil); wrong != nil {
				t.Fatalf("operation %d: after %v there is a backup, and it is not whole: %v", disk.at, err, wrong)
			}
		} else if err == nil {
			t.Fatalf("operation %d: no error and no backup", disk.at)
		}
		if err != nil && !disk.dead && (s.there(target) != nil || s.there(target+unfinishedSuffix) != nil) {
			t.Errorf("operation %d: %v left something", disk.at, err)
		}
		if err != nil && s.there(target) == nil {
			s.taken(target)
		}
		if s.there(target+unfinishedSuffix) != nil {
			t.Errorf("operation %d: what was unfinished is still there after the next backup", disk.at)
		}
		s.must(removeFolder(filejournal.Disk(), s.path(target)))
	})
}

// Whatever fails while a backup is restored: there is a whole journal or none, and the next restore works.
func TestARestoredJournalIsWholeOrNotThere(t *testing.T) {
	s := newStore(t)
	m := s.taken("backup")
	n := 0
	eachStep(t, func(t *testing.T, disk *brittle) {
		n++
		restoring := s.restoring("backup", "new"+strconv.Itoa(n))
		restoring.Files = disk
		_, err := Restore(t.Context(), restoring)
		if err != nil && !disk.dead && s.there("new"+strconv.Itoa(n)) != nil {
			t.Errorf("operation %d: %v left %v", disk.at, err, s.there("new"+strconv.Itoa(n)))
		}
		whole := func() {
			t.Helper()
			if j, entries := s.read(s.restoring("", "new"+strconv.Itoa(n)).Journal); uint64(len(entries)) != m.Sequence+1 || j.ID() == s.j.ID() {
				t.Fatalf("operation %d: after %v the journal has %d entries and the id %v", disk.at, err, len(entries), j.ID())
			}
		}
		if slices.Contains(s.there("new"+strconv.Itoa(n)), "journal") {
			whole()
			return
		}
		if err == nil {
			t.Fatalf("operation %d: no error and no journal", disk.at)
		}
		if _, err = Restore(t.Context(), s.restoring("backup", "new"+strconv.Itoa(n))); err != nil {
			t.Fatalf("operation %d: the next restore: %v", disk.at, fault.Of(err).Private())
		}
		whole()
		if names := s.there("new" + strconv.Itoa(n)); !slices.Equal(names, []string{"journal"}) {
			t.Errorf("operation %d: the data folder holds %v", disk.at, names)
		}
	})
}

// The control: a backup that does not flush its files is found by the tests above.
func TestAnUnflushedFileIsFound(t *testing.T) {
	s := newStore(t)
	disk := newBrittle(0, nil)
	for path, flush := range map[string]func(string) error{"a.unfinished/x": nil, "b.unfinished/x": disk.SyncDir} {
		s.must(disk.MakeDir(s.path(filepath.Dir(path))))
		file, err := disk.Create(s.path(path))
		s.must(err)
		_, err = file.WriteAt([]byte("x"), 0)
		s.must(err)
		if flush != nil {
			s.must(flush(s.path(filepath.Dir(path))))
		}
		s.must(file.Close())
		before := maps.Clone(disk.loose)
		s.must(disk.Rename(s.path(filepath.Dir(path)), s.path(path[:1])))
		if len(disk.faults) == 0 {
			t.Errorf("%s got its name with %v not flushed", path, before)
		}
		disk.faults = nil
	}
}
