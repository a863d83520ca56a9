package server

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tonghop/tonghop/server/check/powerdisk"
)

// folderVariable names the folder that another process, this program started again, makes on a disk of the test.
const folderVariable = "MAKE_FOLDER"

// TestAStoreKeepsItsNameInAPowerCut: init had synced everything in the data folder, but not its own name in the folder
// above it, so that a power cut took the whole store away.
func TestAStoreKeepsItsNameInAPowerCut(t *testing.T) {
	if dir := os.Getenv(folderVariable); dir != "" {
		if err := makeFolder(dir); err != nil {
			t.Fatal(err)
		}
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("mounting a disk needs root")
	}
	if _, err := os.Stat("/dev/fuse"); err != nil {
		t.Skip("mounting a disk needs /dev/fuse:", err)
	}
	disk, err := powerdisk.Mount(t.TempDir())
	if err != nil {
		t.Skip("mounting is not allowed here:", err)
	}
	t.Cleanup(func() {
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	})
	const inner = "srv/tonghop/data"
	again := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	again.Env = append(os.Environ(), folderVariable+"="+filepath.Join(disk.Dir, inner))
	if out, err := again.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if image := disk.Image(nil, powerdisk.KeepNone); !image.Has(inner) {
		t.Errorf("after a power cut the folder %s is gone", inner)
	}
}
