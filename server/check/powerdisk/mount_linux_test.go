package powerdisk

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// A mounted disk is used by another process: this program, started again.
const userVariable = "POWERDISK_USER"

func TestMain(m *testing.M) {
	if story := os.Getenv(userVariable); story != "" {
		if err := stories[story](os.Args[1]); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// stories are what the other process does in the mounted folder.
var stories = map[string]func(dir string) error{
	"files": useFiles, "bbolt": useBolt, "lock": holdLock, "second": secondLock, "sync": writeAndSync,
}

// mounted gives a mounted disk.
func mounted(t *testing.T) *Disk {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("mounting needs root")
	}
	if _, err := os.Stat("/dev/fuse"); err != nil {
		t.Skip("mounting needs /dev/fuse:", err)
	}
	d, err := Mount(t.TempDir())
	if errors.Is(err, syscall.EPERM) {
		t.Skip("mounting is not allowed here:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func command(d *Disk, story string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], d.Dir)
	cmd.Env = append(os.Environ(), userVariable+"="+story)
	return cmd
}

func run(t *testing.T, d *Disk, story string) {
	t.Helper()
	if out, err := command(d, story).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", story, err, out)
	}
}

// useFiles does what a store does to files.
func useFiles(dir string) error {
	inner := filepath.Join(dir, "store", "journal")
	if err := os.MkdirAll(inner, 0o700); err != nil {
		return err
	}
	path := filepath.Join(inner, "prepared")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	big := bytes.Repeat([]byte("tonghop\n"), 400_000)
	if _, err = file.WriteAt(big, 100); err == nil {
		err = syscall.Fdatasync(int(file.Fd()))
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(path, path+"2"); err != nil {
		return err
	}
	for _, folder := range []string{inner, filepath.Dir(inner), dir} {
		opened, err := os.Open(folder)
		if err == nil {
			err = errors.Join(opened.Sync(), opened.Close())
		}
		if err != nil {
			return err
		}
	}
	back, err := os.ReadFile(path + "2")
	if err != nil || len(back) != len(big)+100 || !bytes.Equal(back[100:], big) {
		return fmt.Errorf("read back %d bytes, %w", len(back), err)
	}
	if err := os.WriteFile(path+"2", []byte("short"), 0o600); err != nil { // makes it empty first
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "gone"), nil, 0o600); err != nil {
		return err
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 2 {
		return fmt.Errorf("listed %v, %w", names, err)
	}
	return os.Remove(filepath.Join(dir, "gone"))
}

func TestAnotherProcessUsesFiles(t *testing.T) {
	d := mounted(t)
	run(t, d, "files")
	random := rand.New(rand.NewPCG(1, 1))
	const path = "store/journal/prepared2"
	if got := len(d.Image(random, KeepNone).Bytes(path)); got != 3_200_100 {
		t.Errorf("what is durable has %d bytes, want 3200100", got)
	}
	if got := string(d.Image(random, KeepAll).Bytes(path)); got != "short" {
		t.Errorf("with everything kept: %q, want short", got)
	}
}

// useBolt makes two commits in a file that is mapped into memory, and no sync.
func useBolt(dir string) error {
	db, err := bolt.Open(filepath.Join(dir, "state"), 0o600, &bolt.Options{NoSync: true, NoGrowSync: true, InitialMmapSize: 64 << 30})
	if err != nil {
		return err
	}
	for n := range 2 {
		if err := db.Update(func(tx *bolt.Tx) error {
			bucket, err := tx.CreateBucketIfNotExists([]byte("b"))
			if err != nil {
				return err
			}
			return bucket.Put(fmt.Append(nil, "key", n), bytes.Repeat([]byte("x"), 10_000))
		}); err != nil {
			return err
		}
	}
	if err := db.View(func(tx *bolt.Tx) error {
		if got := len(tx.Bucket([]byte("b")).Get([]byte("key0"))); got != 10_000 {
			return fmt.Errorf("read %d bytes through the map", got)
		}
		return nil
	}); err != nil {
		return err
	}
	return db.Close()
}

func TestAnotherProcessMapsAFile(t *testing.T) {
	d := mounted(t)
	run(t, d, "bbolt")
	run(t, d, "bbolt") // opens what is there
	dir := t.TempDir()
	if err := d.Image(rand.New(rand.NewPCG(1, 1)), KeepAll).Write(dir); err != nil {
		t.Fatal(err)
	}
	if err := useBolt(dir); err != nil {
		t.Error("the image with everything kept:", err)
	}
}

func lock(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return file, syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// holdLock holds the lock until it is told to end.
func holdLock(dir string) error {
	if _, err := lock(dir); err != nil {
		return err
	}
	_, _ = fmt.Println("held")
	_, err := os.Stdin.Read(make([]byte, 1))
	return err
}

func secondLock(dir string) error {
	_, err := lock(dir)
	return err
}

func TestLocksKeepOthersOut(t *testing.T) {
	d := mounted(t)
	holder := command(d, "lock")
	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	if said, err := command(d, "second").CombinedOutput(); err == nil || !strings.Contains(string(said), "temporarily unavailable") {
		t.Errorf("a second process took the lock: %v %s", err, said)
	}
	_ = in.Close()
	_ = holder.Wait()
	run(t, d, "second")
}

// writeAndSync says which sync failed.
func writeAndSync(dir string) error {
	file, err := os.Create(filepath.Join(dir, "a"))
	if err != nil {
		return err
	}
	for n := range 3 {
		if _, err := file.WriteAt([]byte("text"), 0); err != nil {
			return err
		}
		if err := file.Sync(); err != nil {
			_, _ = fmt.Print("sync ", n, " ", errors.Is(err, syscall.EIO))
		}
	}
	return file.Close()
}

func TestAnotherProcessIsToldOfAFailedSync(t *testing.T) {
	d := mounted(t)
	d.FailSync(2, syscall.EIO)
	out, err := command(d, "sync").CombinedOutput()
	if err != nil || string(out) != "sync 1 true" {
		t.Errorf("got %q, %v, want that the second sync failed with EIO", out, err)
	}
	if got := d.Stats(); got.Syncs != 3 || got.Failed != 1 {
		t.Errorf("got %+v, want 3 syncs, 1 failed", got)
	}
}

func TestCloseWhileInUse(t *testing.T) {
	d := mounted(t)
	holder := command(d, "lock")
	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = out.Read(make([]byte, 4))
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil || strings.Contains(string(mounts), d.Dir) {
		t.Errorf("still mounted, %v", err)
	}
	_ = in.Close()
	_ = holder.Wait()
}
