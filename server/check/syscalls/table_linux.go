//go:build amd64 || arm64

package syscalls

import "golang.org/x/sys/unix"

// shape says where a call has what.
type shape struct {
	name string
	kind Kind
	// file is the argument with the descriptor, -1 for none. Calls that name a file have the descriptor of the folder
	// in dir and the text in path, and a renaming has another pair.
	file, dir, path, toDir, toPath int
	// buffer, bytes and offset are those of a write; bytes is -1 where there are none, buffer 0 where it is not one piece
	// of memory, and offset -1 where the file's own place counts.
	buffer, bytes, offset int
}

func onFile(name string, kind Kind) shape {
	return shape{name: name, kind: kind, path: -1, toPath: -1, bytes: -1}
}

func named(name string, dir, path int) shape {
	return shape{name: name, kind: Name, file: -1, dir: dir, path: path, toPath: -1, bytes: -1}
}

func renaming(name string) shape {
	return shape{name: name, kind: Name, file: -1, path: 1, toDir: 2, toPath: 3, bytes: -1}
}

// table is every call by which a Go program on Linux changes files: package os uses the calls that take a folder.
var table = map[uintptr]shape{
	unix.SYS_WRITE:    {name: "write", kind: Write, path: -1, toPath: -1, buffer: 1, bytes: 2, offset: -1},
	unix.SYS_PWRITE64: {name: "pwrite64", kind: Write, path: -1, toPath: -1, buffer: 1, bytes: 2, offset: 3},
	unix.SYS_WRITEV:   onFile("writev", Write), unix.SYS_PWRITEV: onFile("pwritev", Write),
	unix.SYS_PWRITEV2:        onFile("pwritev2", Write),
	unix.SYS_COPY_FILE_RANGE: {name: "copy_file_range", kind: Write, file: 2, path: -1, toPath: -1, bytes: 4},
	unix.SYS_FSYNC:           onFile("fsync", Sync), unix.SYS_FDATASYNC: onFile("fdatasync", Sync),
	unix.SYS_FTRUNCATE: onFile("ftruncate", Size), unix.SYS_FALLOCATE: onFile("fallocate", Size),
	unix.SYS_OPENAT: named("openat", 0, 1), unix.SYS_MKDIRAT: named("mkdirat", 0, 1), unix.SYS_UNLINKAT: named("unlinkat", 0, 1),
	unix.SYS_LINKAT: named("linkat", 2, 3), unix.SYS_SYMLINKAT: named("symlinkat", 1, 2),
	unix.SYS_RENAMEAT: renaming("renameat"), unix.SYS_RENAMEAT2: renaming("renameat2"),
}
