package period_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/period"
)

// bare says that the test runs in a folder that is the whole file system.
const bare = "TONGHOP_BARE"

// TestR7_TheZoneIsInTheBinary runs itself where there is no file but the test: no zone files of a system, no ZONEINFO, no
// Go. It needs root, for it changes the root of the file system for itself.
func TestR7_TheZoneIsInTheBinary(t *testing.T) {
	if os.Getenv(bare) != "" {
		if _, err := os.Stat("/usr"); err == nil {
			t.Fatal("this is no bare place")
		}
		// In 1970 Saigon had another offset, which no zone knows that is only +07.
		for day, offset := range map[period.Day]int{period.Date(2026, 2, 17): 7, period.Date(1970, 1, 1): 8} {
			if _, got := period.Start(day).Zone(); got != offset*60*60 {
				t.Errorf("%v begins with the offset %d s, want %d h", day, got, offset)
			}
		}
		if got := period.Deadline(period.Date(2026, 2, 23)).UTC().Format(time.RFC3339); got != "2026-02-23T17:00:00Z" {
			t.Errorf("23 February 2026 ends at %s", got)
		}
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("this test runs a program with another root of the file system, which needs root")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "alone"), content, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/alone", "-test.run", "^TestR7_TheZoneIsInTheBinary$", "-test.v")
	cmd.Dir, cmd.Env = "/", []string{bare + "=1"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	said, err := cmd.CombinedOutput()
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		t.Skipf("this test is built so that it needs other files, or may not change its root: %v", err)
	}
	if err != nil || !strings.Contains(string(said), "--- PASS") {
		t.Errorf("where there is no other file: %v\n%s", err, said)
	}
}
