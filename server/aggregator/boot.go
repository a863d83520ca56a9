package aggregator

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// bootName is the file that tells in which start of the machine the state was opened last.
const bootName = "state.boot"

// bootID tells one start of the machine from another; empty where it cannot be known.
func bootID() string {
	raw, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(raw))
}

// notedBoot gives the start of the machine that the folder names, empty for none.
func notedBoot(dir string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(dir, bootName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return strings.TrimSpace(string(raw)), nil
}

// noteBoot names the start of the machine in the folder, before the mark of a state that can be trusted is taken away. It
// need not be synced: what names this start was written in it, whatever a power cut leaves names another one. Where it
// cannot be written, for want of room, a killed process costs a rebuild.
func noteBoot(dir, boot string) error {
	if noted, err := notedBoot(dir); err == nil && noted == boot {
		return nil
	}
	return os.WriteFile(filepath.Join(dir, bootName), []byte(boot+"\n"), 0o600)
}

// judgeBoot decides whether a file without the mark of a clean stop may be looked at (R34). A page that did not reach the
// disk leaves older bytes in its place, with a valid checksum, or leaves a tree that bbolt walks into a panic which
// nothing can catch. So after another start of the machine the file is not even opened.
func judgeBoot(noted, boot string) (Verdict, bool) {
	switch {
	case boot == "" || noted == "":
		return mustRebuild("the last stop was not clean, and whether the machine started again since cannot be known"), false
	case boot != noted:
		return mustRebuild("the last stop was not clean and the machine started again since"), false
	}
	return Verdict{}, true
}
