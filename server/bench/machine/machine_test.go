package machine_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/tonghop/tonghop/server/bench/machine"
)

// TestTheKernelIsReadRight holds what is read against what this process knows of itself.
func TestTheKernelIsReadRight(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the kernel of this system does not tell")
	}
	before := machine.Now()
	kept := make([]byte, 64<<20)
	resident, _ := machine.Memory(os.Getpid())
	for i := range kept {
		kept[i] = byte(i)
	}
	grown, own := machine.Memory(os.Getpid())
	if grown-resident < 60<<20 || own < 60<<20 || own > grown {
		t.Errorf("with 64 MiB more, memory went from %d to %d, %d of its own", resident, grown, own)
	}
	runtime.KeepAlive(kept)
	if after := machine.Now(); before.All <= 0 || after.All < before.All || machine.CPU(os.Getpid()) < 0 {
		t.Errorf("times went from %+v to %+v", before, after)
	}
	if stolen, idle := (machine.Times{All: 20, Stolen: 4, Idle: 5}).Since(machine.Times{All: 10, Stolen: 3}); stolen != 0.1 || idle != 0.5 {
		t.Errorf("of ten seconds %v were stolen and %v idle, want 0.1 and 0.5", stolen, idle)
	}
	if _, ok := machine.Written("no-such-device"); ok {
		t.Error("a device that is not there is counted")
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	long := make([]byte, 200_000)
	long[99_999] = 1
	for name, content := range map[string][]byte{"a": []byte("abc\x00\x00"), "below/b": long, "below/c": make([]byte, 70_000), "d": nil} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	to := filepath.Join(t.TempDir(), "copy")
	if err := machine.Copy(dir, to); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{dir, to} {
		size, err := machine.Size(dir)
		if err != nil || size != 270_005 {
			t.Errorf("Size(%s) = %d, %v, want 270005", dir, size, err)
		}
		if read, err := machine.ReadAll(dir); err != nil || read != size {
			t.Errorf("ReadAll(%s) = %d, %v, want %d", dir, read, err, size)
		}
		if used, err := machine.Used(dir); err != nil || used != 100_003 {
			t.Errorf("Used(%s) = %d, %v, want 100003", dir, used, err)
		}
	}
	if info, err := os.Stat(filepath.Join(to, "a")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy has mode %v, %v", info.Mode(), err)
	}
}
