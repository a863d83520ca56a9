package check

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
)

// Need is something that a check cannot do without.
type Need struct {
	// What it is, and how it is had.
	What, Remedy string
	// Missing says why it is not there; nil if it is.
	Missing func() error
}

// Program needs a program of the machine, which Debian has in the package.
func Program(name, debian string) Need {
	return Need{What: name, Remedy: "apt-get install " + debian, Missing: func() error {
		_, err := exec.LookPath(name)
		return err
	}}
}

// The needs that several checks have.
var (
	// Linux is for what only Linux has.
	Linux = Need{What: "Linux", Remedy: "run it on Linux", Missing: func() error {
		if runtime.GOOS != "linux" {
			return fmt.Errorf("this is %s", runtime.GOOS)
		}
		return nil
	}}
	// Root is for mounting and for another view of the machine.
	Root = Need{What: "root", Remedy: "run it as root, in a container for example", Missing: func() error {
		if os.Geteuid() != 0 {
			return fmt.Errorf("this is user %d", os.Geteuid())
		}
		return nil
	}}
	// Fuse is for file systems made by a check.
	Fuse = Need{What: "/dev/fuse", Remedy: "load the module fuse, or give the container the device", Missing: func() error {
		_, err := os.Stat("/dev/fuse")
		return err
	}}
)
