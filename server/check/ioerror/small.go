//go:build unix

package ioerror

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// small is a file system that is really small.
type small struct {
	name  string
	dir   string
	image string // the file that it is in, if it is in one
}

// Sizes of the file systems. What ext4 keeps for itself is not to be had.
const (
	tmpfsMiB = 24
	ext4MiB  = 40
)

// mountTmpfs mounts a file system in memory.
func mountTmpfs(ctx context.Context, dir string) (*small, error) {
	s := &small{name: "tmpfs", dir: dir}
	return s, s.mount(ctx, "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", tmpfsMiB), "tonghop-check", dir)
}

// mountExt4 mounts one in a file, through a loop device.
func mountExt4(ctx context.Context, dir string) (*small, error) {
	s := &small{name: "ext4", dir: dir, image: dir + ".image"}
	if err := os.WriteFile(s.image, nil, 0o600); err != nil {
		return nil, err
	}
	if err := os.Truncate(s.image, ext4MiB<<20); err != nil {
		return nil, err
	}
	if err := command(ctx, "mkfs.ext4", "-q", "-F", "-m", "0", s.image); err != nil {
		return nil, err
	}
	return s, s.mount(ctx, "-t", "ext4", "-o", "loop", s.image, dir)
}

func (s *small) mount(ctx context.Context, args ...string) error {
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		return err
	}
	return command(ctx, "mount", args...)
}

func command(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput() //nolint:gosec // mount and mkfs
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// close unmounts, whoever still uses it.
func (s *small) close() error {
	err := detach(s.dir)
	if err == nil {
		err = os.Remove(s.dir)
	}
	if s.image != "" {
		err = errors.Join(err, os.Remove(s.image))
	}
	return err
}

func (s *small) filler() string { return filepath.Join(s.dir, "filler") }

// fill takes all room but so much away.
func (s *small) fill(leave int64) error {
	file, err := os.OpenFile(s.filler(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	zeros := make([]byte, 64<<10)
	for err == nil {
		var room int64
		if room, err = s.room(); err != nil || room <= leave {
			break
		}
		n := min(room-leave, int64(len(zeros)))
		_, err = file.Write(zeros[:n])
	}
	if errors.Is(err, unix.ENOSPC) {
		err = nil
	}
	return errors.Join(err, file.Close())
}

// room is what is free.
func (s *small) room() (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(s.dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil //nolint:gosec,unconvert // the types differ between systems
}

// free gives the room back.
func (s *small) free() error { return os.Remove(s.filler()) }
