package powerdisk

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// user does to a disk what a program does, by paths of one folder.
type user struct {
	*testing.T
	disk *Disk
}

func newUser(t *testing.T) user { return user{t, newDisk()} }

func (u user) dir(path string) (*node, string) {
	u.Helper()
	dir, name, ok := strings.Cut(path, "/")
	if !ok {
		return u.disk.root, path
	}
	n := u.disk.root.entries[dir]
	if n == nil {
		u.Fatalf("there is no folder %s", dir)
	}
	return n, name
}

func (u user) file(path string) *node {
	u.Helper()
	dir, name := u.dir(path)
	if dir.entries[name] == nil {
		u.Fatalf("there is no file %s", path)
	}
	return dir.entries[name]
}

func (u user) must(errno syscall.Errno) {
	u.Helper()
	if errno != 0 {
		u.Fatal(errno)
	}
}

func (u user) create(path, text string) {
	u.Helper()
	dir, name := u.dir(path)
	n, errno := u.disk.make(dir, name, 0o600, false)
	u.must(errno)
	u.must(u.disk.write(n, []byte(text), 0))
}

func (u user) mkdir(name string) {
	u.Helper()
	_, errno := u.disk.make(u.disk.root, name, 0o700, true)
	u.must(errno)
}

func (u user) write(path, text string, at int64) {
	u.Helper()
	u.must(u.disk.write(u.file(path), []byte(text), at))
}

func (u user) sync(path string) { u.Helper(); u.must(u.disk.sync(u.file(path))) }
func (u user) syncRoot()        { u.Helper(); u.must(u.disk.sync(u.disk.root)) }

func (u user) move(from, to string) {
	u.Helper()
	fromDir, fromName := u.dir(from)
	toDir, toName := u.dir(to)
	u.must(u.disk.move(place{fromDir, fromName}, place{toDir, toName}))
}

func (u user) remove(path string) {
	u.Helper()
	dir, name := u.dir(path)
	u.must(u.disk.remove(dir, name, false))
}

// tell gives an image as a text: each path with its content.
func tell(i *Image) string {
	var lines []string
	for _, path := range i.Paths() {
		lines = append(lines, fmt.Sprintf("%s=%s", path, bytes.ReplaceAll(i.Bytes(path), []byte{0}, []byte("."))))
	}
	return strings.Join(lines, " ")
}

// outcomes are all images that chance gives in many draws.
func (u user) outcomes() []string {
	u.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	for range 2000 {
		seen[tell(u.disk.Image(random, KeepSome))] = true
	}
	var all []string
	for text := range seen {
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

// wants compares what chance gives with what it may give.
func (u user) wants(outcomes ...string) {
	u.Helper()
	slices.Sort(outcomes)
	if got := u.outcomes(); !slices.Equal(got, outcomes) {
		u.Errorf("after a cut: got %q, want %q", got, outcomes)
	}
	random := rand.New(rand.NewPCG(3, 4))
	for _, mode := range []Mode{KeepNone, KeepAll} {
		if text := tell(u.disk.Image(random, mode)); !slices.Contains(outcomes, text) {
			u.Errorf("with %s kept: got %q, want one of %q", mode, text, outcomes)
		}
	}
}

func TestNamesNeedASyncOfTheirFolder(t *testing.T) {
	u := newUser(t)
	u.create("a", "1")
	u.sync("a")
	u.wants("", "a=1")
	u.syncRoot()
	u.wants("a=1")
	u.move("a", "b")
	u.wants("a=1", "b=1")
	u.syncRoot()
	u.remove("b")
	u.wants("b=1", "")
	u.syncRoot()
	u.wants("")
}

func TestAFolderThatWasNotSyncedIsGoneWithItsFiles(t *testing.T) {
	u := newUser(t)
	u.mkdir("d")
	u.create("d/a", "1")
	u.sync("d/a")
	u.sync("d")
	u.wants("", "d/a=1")
	u.syncRoot()
	u.wants("d/a=1")
}

func TestChangesOfOneNameKeepTheirOrder(t *testing.T) {
	u := newUser(t)
	u.create("a", "1")
	u.sync("a")
	u.syncRoot()
	u.create("new", "2")
	u.sync("new")
	u.move("new", "a")
	// The rename cannot be there without the file that it names; other names do not matter.
	u.create("other", "3")
	u.sync("other")
	u.wants("a=1", "a=1 new=2", "a=2", "a=1 other=3", "a=1 new=2 other=3", "a=2 other=3")
}

func TestAFileHasOneNameAfterSeveralRenames(t *testing.T) {
	u := newUser(t)
	u.create("a", "1")
	u.sync("a")
	u.syncRoot()
	u.move("a", "b")
	u.move("b", "c")
	u.wants("a=1", "b=1", "c=1")
}

func TestARenameAcrossFoldersIsAtomic(t *testing.T) {
	u := newUser(t)
	u.mkdir("d")
	u.mkdir("e")
	u.create("d/a", "1")
	u.sync("d/a")
	u.sync("d")
	u.syncRoot()
	u.move("d/a", "e/b")
	u.wants("d/a=1", "e/b=1")
	u.sync("e")
	u.wants("e/b=1")
}

func TestEachSectorIsOldOrNew(t *testing.T) {
	u := newUser(t)
	sector := func(letter string) string { return strings.Repeat(letter, sectorBytes) }
	u.create("a", sector("a")+sector("b"))
	u.sync("a")
	u.syncRoot()
	u.write("a", sector("A")+sector("B"), 0)
	u.wants("a="+sector("a")+sector("b"), "a="+sector("A")+sector("b"), "a="+sector("a")+sector("B"), "a="+sector("A")+sector("B"))
	u.sync("a")
	u.wants("a=" + sector("A") + sector("B"))
}

func TestASectorMayBeWhatAnEarlierWriteLeft(t *testing.T) {
	u := newUser(t)
	u.create("a", "1")
	u.sync("a")
	u.syncRoot()
	u.write("a", "2", 0)
	u.write("a", "3", 0)
	u.wants("a=1", "a=2", "a=3")
}

func TestLengthsNeedASync(t *testing.T) {
	u := newUser(t)
	u.create("a", "1")
	u.sync("a")
	u.syncRoot()
	u.write("a", "2", 2)
	// The sector may be there without the length, and the length without the sector.
	u.wants("a=1", "a=1..", "a=1.2")
	u.sync("a")
	u.wants("a=1.2")
}

func TestWhatWasCutOffDoesNotComeBack(t *testing.T) {
	u := newUser(t)
	u.create("a", "123")
	u.sync("a")
	u.syncRoot()
	u.must(u.disk.truncate(u.file("a"), 0))
	u.write("a", "XY", 0)
	u.wants("a=123", "a=", "a=..", "a=XY")
	u.must(u.disk.truncate(u.file("a"), 1))
	u.wants("a=123", "a=", "a=..", "a=XY", "a=.", "a=X")
	u.sync("a")
	u.wants("a=X")
	u.must(u.disk.truncate(u.file("a"), 2))
	u.wants("a=X", "a=X.")
	buf := make([]byte, 2)
	if u.file("a").file.current.read(buf, 0); string(buf) != "X\x00" {
		t.Errorf("a program reads %q", buf)
	}
}

func TestNothingUnsyncedComesBackEither(t *testing.T) {
	u := newUser(t)
	u.create("a", "")
	u.syncRoot()
	u.write("a", "x", 2*sectorBytes)
	u.must(u.disk.truncate(u.file("a"), 0))
	u.must(u.disk.truncate(u.file("a"), 2*sectorBytes+2))
	for _, text := range u.outcomes() {
		if len(text) == len("a=")+2*sectorBytes+2 && strings.Contains(text, "x") {
			t.Error("what was cut off is there again in what came later")
		}
	}
}

func TestAFailedSyncIsForgotten(t *testing.T) {
	u := newUser(t)
	u.create("a", "1")
	u.sync("a")
	u.syncRoot()
	u.write("a", "2", 0)
	u.disk.FailSync(1, syscall.EIO)
	if errno := u.disk.sync(u.file("a")); errno != syscall.EIO {
		t.Fatalf("the failing sync gave %v", errno)
	}
	u.sync("a") // says that all is well
	u.wants("a=1", "a=2")
	random := rand.New(rand.NewPCG(1, 1))
	for _, mode := range []Mode{KeepNone, KeepAll} {
		if got := tell(u.disk.Image(random, mode)); got != "a=1" {
			t.Errorf("with %s kept after a failed sync: got %q, want a=1", mode, got)
		}
	}
	u.write("a", "2", 0) // the same bytes again
	u.sync("a")
	u.wants("a=2")
	if stats := u.disk.Stats(); stats.Failed != 1 {
		t.Errorf("failed syncs: %d, want 1", stats.Failed)
	}
}

func TestForgetShowsTheMedium(t *testing.T) {
	u := newUser(t)
	u.create("a", "1")
	u.sync("a")
	u.write("a", "2", 0)
	u.disk.FailSync(1, syscall.EIO)
	_ = u.disk.sync(u.file("a"))
	random, forgotten := rand.New(rand.NewPCG(1, 1)), 0
	for range 50 { // a coin each time
		forgotten += u.disk.Forget(random)
		buf := make([]byte, 1)
		if u.file("a").file.current.read(buf, 0); forgotten == 0 && string(buf) != "2" {
			t.Fatalf("before it is forgotten: read %q, want 2", buf)
		}
	}
	if forgotten != 1 {
		t.Errorf("%d sectors were forgotten, want 1", forgotten)
	}
	buf := make([]byte, 1)
	if u.file("a").file.current.read(buf, 0); string(buf) != "1" {
		t.Errorf("after it is forgotten: read %q, want 1", buf)
	}
}

func TestALyingDisk(t *testing.T) {
	u := newUser(t)
	u.create("a", "1")
	u.syncRoot()
	u.disk.LieEvery(2)
	u.sync("a")
	u.wants("a=", "a=.", "a=1")
	u.sync("a")
	u.wants("a=1")
	if stats := u.disk.Stats(); stats.Lied != 1 || stats.Syncs != 3 {
		t.Errorf("got %+v, want one lie in three syncs", stats)
	}
}

func TestBeforeSeesAndRefuses(t *testing.T) {
	u := newUser(t)
	u.mkdir("d")
	var calls []string
	u.disk.Before(func(c Call) syscall.Errno {
		calls = append(calls, string(c.Verb)+" "+c.Path)
		if c.Verb == Write {
			return syscall.ENOSPC
		}
		return 0
	})
	n, errno := u.disk.make(u.disk.root.entries["d"], "a", 0o600, false)
	u.must(errno)
	if errno := u.disk.write(n, []byte("1"), 0); errno != syscall.ENOSPC {
		t.Errorf("a refused write gave %v", errno)
	}
	u.must(u.disk.sync(n))
	u.move("d/a", "d/b")
	u.sync("d")
	u.syncRoot()
	u.remove("d/b")
	want := []string{"create d/a", "write d/a", "sync d/a", "rename d/b", "syncdir d", "syncdir .", "remove d/b"}
	if !slices.Equal(calls, want) {
		t.Errorf("got %q, want %q", calls, want)
	}
}

func TestAtTakesAnImageBetweenTwoChanges(t *testing.T) {
	u := newUser(t)
	u.mkdir("d")
	u.syncRoot()
	var images []string
	random := rand.New(rand.NewPCG(1, 1))
	u.disk.At(3, func(c Call) bool { return strings.HasPrefix(c.Path, "d/") }, func(f Frozen) { images = append(images, tell(f.Image(random, KeepAll))) })
	u.create("d/a", "1")
	u.create("b", "2")
	u.write("d/a", "3", 0)
	u.write("d/a", "4", 0)
	if want := []string{"b=2 d/a=1"}; !slices.Equal(images, want) {
		t.Errorf("got %q, want %q", images, want)
	}
}

func TestImagesGoToADiskAndBack(t *testing.T) {
	u := newUser(t)
	u.mkdir("d")
	u.create("d/long", "x")
	u.write("d/long", "y", 3*pageBytes+7)
	u.create("empty", "")
	must(t, u.disk.truncate(u.file("empty"), 5000))
	image := u.disk.Image(rand.New(rand.NewPCG(1, 1)), KeepAll)
	dir := t.TempDir()
	if err := image.Write(dir); err != nil {
		t.Fatal(err)
	}
	back, err := ReadImage(dir)
	if err != nil {
		t.Fatal(err)
	}
	if tell(back) != tell(image) || !back.Has("d") {
		t.Errorf("got %q, want %q", tell(back), tell(image))
	}
	loaded := newDisk()
	loaded.Load(back)
	if got := tell(loaded.Image(rand.New(rand.NewPCG(1, 1)), KeepNone)); got != tell(image) {
		t.Errorf("loaded: got %q, want %q", got, tell(image))
	}
}

func must(t *testing.T, errno syscall.Errno) {
	t.Helper()
	if errno != 0 {
		t.Fatal(errno)
	}
}
