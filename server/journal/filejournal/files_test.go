package filejournal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// onDisk makes and opens a journal on the real disk.
func onDisk(t *testing.T, config Config) (*Journal, Config) {
	t.Helper()
	config.Dir = filepath.Join(t.TempDir(), "data", "journal")
	if config.SegmentBytes == 0 {
		config.SegmentBytes = MinSegmentBytes
	}
	if err := Create(t.Context(), config, journal.NewID()); err != nil {
		t.Fatal(err)
	}
	j, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j, config
}

func texts(lines ...string) []journal.Record {
	records := make([]journal.Record, len(lines))
	for i, line := range lines {
		records[i].Public = []byte(line)
	}
	return records
}

func TestOpenNeverMakesAStore(t *testing.T) {
	empty := t.TempDir()
	missing := filepath.Join(empty, "nothing")
	for _, dir := range []string{empty, missing} {
		for name, open := range map[string]func() (*Journal, error){
			"Open":         func() (*Journal, error) { return Open(t.Context(), Config{Dir: dir}) },
			"OpenReadOnly": func() (*Journal, error) { return OpenReadOnly(t.Context(), Config{Dir: dir}) },
		} {
			_, err := open()
			if fault.ReasonOf(err) != ReasonStoreMissing || fault.KindOf(err) != fault.KindNotFound ||
				!strings.Contains(err.Error(), "tonghopd init") || !strings.Contains(err.Error(), dir) {
				t.Errorf("%s of %s = %v, want NotFound %s with the folder and what to do", name, dir, err, ReasonStoreMissing)
			}
		}
	}
	if found, err := os.ReadDir(empty); err != nil || len(found) > 0 {
		t.Errorf("after opening, the folder holds %v, %v, want nothing", found, err)
	}
}

func TestCreateTakesAnEmptyFolderOnly(t *testing.T) {
	j, config := onDisk(t, Config{})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Create(t.Context(), config, journal.NewID()); fault.ReasonOf(err) != ReasonStoreExists {
		t.Errorf("Create over a journal = %v, want %s", err, ReasonStoreExists)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "letter.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Create(t.Context(), Config{Dir: other}, journal.NewID()); fault.ReasonOf(err) != ReasonStoreExists {
		t.Errorf("Create beside a letter = %v, want %s", err, ReasonStoreExists)
	}
	if err := Create(t.Context(), Config{Dir: filepath.Join(other, "new")}, journal.ID{}); fault.KindOf(err) != fault.KindInvalid {
		t.Errorf("Create with a zero id = %v, want Invalid", err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, config := range []Config{{}, {Dir: "x", SegmentBytes: 1}, {Dir: "x", SegmentBytes: -1}, {Dir: "x", SegmentBytes: MinSegmentBytes + 1}} {
		if _, err := Open(t.Context(), config); fault.ReasonOf(err) != ReasonConfigInvalid {
			t.Errorf("Open(%+v) = %v, want %s", config, err, ReasonConfigInvalid)
		}
	}
}

func TestOnlyTheOwnerMayLook(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has other rights")
	}
	j, config := onDisk(t, Config{})
	if _, err := j.Append(t.Context(), 0, texts(strings.Repeat("a", MinSegmentBytes/2), "b")); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(config.Dir, func(path string, entry fs.DirEntry, err error) error {
		info, infoErr := entry.Info()
		want := os.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		}
		if infoErr == nil && info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode().Perm(), want)
		}
		return errors.Join(err, infoErr)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTwoProcessesCannotOpenOneJournal(t *testing.T) {
	j, config := onDisk(t, Config{})
	config.LockWait = -1
	_, err := Open(t.Context(), config)
	if fault.ReasonOf(err) != ReasonStoreLocked || fault.KindOf(err) != fault.KindUnavailable {
		t.Fatalf("Open beside an open journal = %v, want Unavailable %s", err, ReasonStoreLocked)
	}
	if holder, _ := fault.Of(err).Param("process"); runtime.GOOS != "windows" && holder != strconv.Itoa(os.Getpid()) {
		t.Errorf("Open = %v, want it to name the process %d", err, os.Getpid())
	}

	// Who waits gets it when the other lets go.
	config.LockWait = time.Minute
	opened := make(chan error, 1)
	go func() {
		second, err := Open(t.Context(), config)
		if err == nil {
			err = second.Close()
		}
		opened <- err
	}()
	time.Sleep(3 * lockPause)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil {
		t.Errorf("Open after the other one closed = %v", err)
	}
}

func TestSegmentsFollowEachOther(t *testing.T) {
	j, config := onDisk(t, Config{})
	line := strings.Repeat("a", 900)
	large := strings.Repeat("b", 3*MinSegmentBytes)
	// The first group does not even fit into the first segment, which is still empty and therefore replaced. A segment
	// made for a large group has some room behind it, which the next groups take.
	for i, group := range [][]journal.Record{texts(large), texts(line), texts(line, line), texts(line), texts(large), texts(line)} {
		if _, err := j.Append(t.Context(), j.Head().Sequence, group); err != nil {
			t.Fatalf("group %d: %v", i, err)
		}
		if i == 0 && len(j.segments) != 1 {
			t.Errorf("%d segments after the first group, want 1", len(j.segments))
		}
		read := uint64(0)
		for from := uint64(1); from <= j.Head().Sequence; from++ {
			if err := j.Read(t.Context(), from, func(entry journal.Entry) error { read = entry.Sequence; return nil }); err != nil || read != j.Head().Sequence {
				t.Fatalf("after group %d, Read from %d ended at %d, %v", i, from, read, err)
			}
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(config.Dir, "*"+segmentSuffix))
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int64
	for i := range found {
		info, err := os.Stat(found[i])
		if err != nil {
			t.Fatal(err)
		}
		found[i], sizes = filepath.Base(found[i]), append(sizes, info.Size())
	}
	if want := []string{segmentName(1), segmentName(5), segmentName(6)}; !slices.Equal(found, want) {
		t.Errorf("segments = %v, want %v", found, want)
	}
	if want := []int64{4 * MinSegmentBytes, MinSegmentBytes, 4 * MinSegmentBytes}; !slices.Equal(sizes, want) {
		t.Errorf("sizes = %v, want %v", sizes, want)
	}
	again, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.Head(); got != j.Head() || got.Sequence != 7 {
		t.Errorf("Head after opening again = %+v, want %+v", got, j.Head())
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// Quick believes the old segments, until someone reads them.
func TestQuickOpensWithoutReadingOldSegments(t *testing.T) {
	files, s := stored(t, 4, false)
	files[segmentName(1)][segmentHeaderBytes+200] ^= 1
	disk := diskOf(files)
	config := Config{Dir: "journal", SegmentBytes: MinSegmentBytes, Files: disk, Quick: true}
	if _, err := OpenReadOnly(t.Context(), config); fault.KindOf(err) != fault.KindDataLoss {
		t.Errorf("OpenReadOnly = %v, want DataLoss: it reads everything", err)
	}
	j, err := Open(t.Context(), config)
	if err != nil || j.Head() != s.j.Head() {
		t.Fatalf("Open = %+v, %v, want the head %+v", j.Head(), err, s.j.Head())
	}
	nothing := func(journal.Entry) error { return nil }
	if err := j.Read(t.Context(), 1, nothing); fault.KindOf(err) != fault.KindDataLoss {
		t.Errorf("Read from 1 = %v, want DataLoss", err)
	}
	if err := j.Read(t.Context(), j.segments[1].first, nothing); err != nil {
		t.Errorf("Read from the second segment on = %v", err)
	}
	if _, err := j.Append(t.Context(), j.Head().Sequence, s.group()); err != nil {
		t.Errorf("Append = %v", err)
	}
}
