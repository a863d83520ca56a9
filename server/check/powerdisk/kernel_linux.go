package powerdisk

import (
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// kernel answers what the kernel asks. What it does not answer is not supported, which the kernel tells the programs.
type kernel struct {
	fuse.RawFileSystem
	disk *Disk
}

// String names it in lists of mounts.
func (k *kernel) String() string { return "powerdisk" }

// node gives the node of a number, with the disk held until release is called.
func (k *kernel) node(id uint64) (n *node, release func()) {
	k.disk.mu.Lock()
	return k.disk.known[id], k.disk.mu.Unlock
}

// on runs a function on a node, with the disk held.
func (k *kernel) on(id uint64, do func(*node) syscall.Errno) fuse.Status {
	n, release := k.node(id)
	defer release()
	if n == nil {
		return fuse.Status(syscall.ESTALE)
	}
	return fuse.Status(do(n))
}

// in is on for a folder.
func (k *kernel) in(id uint64, do func(*node) syscall.Errno) fuse.Status {
	return k.on(id, func(n *node) syscall.Errno {
		if !n.isDir() {
			return syscall.ENOTDIR
		}
		return do(n)
	})
}

// tell tells the kernel of a node; from then on it knows its number.
func (k *kernel) tell(n *node, out *fuse.EntryOut) {
	n.lookups++
	k.disk.known[n.id] = n
	out.NodeId, out.Generation = n.id, 1
	out.SetEntryTimeout(keepFor)
	out.SetAttrTimeout(keepFor)
	attributes(n, &out.Attr)
}

func attributes(n *node, a *fuse.Attr) {
	a.Ino, a.Mode, a.Nlink, a.Blksize = n.id, n.mode|typeOf(n), 1, pageBytes
	if !n.isDir() {
		a.Size = uint64(n.file.current.size)                             //nolint:gosec // a size is not negative
		a.Blocks = uint64(len(n.file.current.pages)) * (pageBytes / 512) // the unit of stat is always 512
	}
}

func typeOf(n *node) uint32 {
	if n.isDir() {
		return syscall.S_IFDIR
	}
	return syscall.S_IFREG
}

// Lookup finds a name.
func (k *kernel) Lookup(_ <-chan struct{}, header *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	return k.in(header.NodeId, func(dir *node) syscall.Errno {
		n := dir.entries[name]
		if n == nil {
			return syscall.ENOENT
		}
		k.tell(n, out)
		return 0
	})
}

// Forget says that the kernel does not know a number any more.
func (k *kernel) Forget(id, lookups uint64) {
	n, release := k.node(id)
	defer release()
	if n == nil || n.id == rootID {
		return
	}
	if n.lookups -= min(lookups, n.lookups); n.lookups == 0 {
		delete(k.disk.known, id)
	}
}

// GetAttr tells the length and the like.
func (k *kernel) GetAttr(_ <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	return k.on(in.NodeId, func(n *node) syscall.Errno {
		out.SetTimeout(keepFor)
		attributes(n, &out.Attr)
		return 0
	})
}

// SetAttr changes the length and the permissions; times are not kept.
func (k *kernel) SetAttr(_ <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	return k.on(in.NodeId, func(n *node) syscall.Errno {
		if mode, ok := in.GetMode(); ok {
			n.mode = mode
		}
		if size, ok := in.GetSize(); ok {
			if errno := k.disk.truncate(n, int64(size)); errno != 0 { //nolint:gosec // the kernel has checked it
				return errno
			}
		}
		out.SetTimeout(keepFor)
		attributes(n, &out.Attr)
		return 0
	})
}

// Mkdir makes a folder.
func (k *kernel) Mkdir(_ <-chan struct{}, in *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	return k.in(in.NodeId, func(dir *node) syscall.Errno { return k.make(dir, name, in.Mode, true, out) })
}

// Create makes a file and opens it.
func (k *kernel) Create(_ <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	return k.in(in.NodeId, func(dir *node) syscall.Errno { return k.make(dir, name, in.Mode, false, &out.EntryOut) })
}

func (k *kernel) make(dir *node, name string, mode uint32, folder bool, out *fuse.EntryOut) syscall.Errno {
	if dir.entries[name] != nil {
		return syscall.EEXIST
	}
	n, errno := k.disk.make(dir, name, mode, folder)
	if errno == 0 {
		k.tell(n, out)
	}
	return errno
}

// Unlink removes a file.
func (k *kernel) Unlink(_ <-chan struct{}, header *fuse.InHeader, name string) fuse.Status {
	return k.in(header.NodeId, func(dir *node) syscall.Errno { return k.disk.remove(dir, name, false) })
}

// Rmdir removes an empty folder.
func (k *kernel) Rmdir(_ <-chan struct{}, header *fuse.InHeader, name string) fuse.Status {
	return k.in(header.NodeId, func(dir *node) syscall.Errno { return k.disk.remove(dir, name, true) })
}

// renameNoReplace is the one flag of renameat2 that is known.
const renameNoReplace = 1

// Rename gives another name.
func (k *kernel) Rename(_ <-chan struct{}, in *fuse.RenameIn, from, to string) fuse.Status {
	return k.in(in.NodeId, func(dir *node) syscall.Errno {
		target := k.disk.known[in.Newdir]
		switch {
		case target == nil || !target.isDir():
			return syscall.ENOTDIR
		case in.Flags&^renameNoReplace != 0:
			return syscall.EINVAL
		case in.Flags == renameNoReplace && target.entries[to] != nil:
			return syscall.EEXIST
		}
		return k.disk.move(place{dir, from}, place{target, to})
	})
}

// Open opens a file; the kernel has made it empty before, if that was asked.
func (k *kernel) Open(_ <-chan struct{}, in *fuse.OpenIn, _ *fuse.OpenOut) fuse.Status {
	return k.on(in.NodeId, func(*node) syscall.Errno { return 0 })
}

// Read gives bytes.
func (k *kernel) Read(_ <-chan struct{}, in *fuse.ReadIn, buf []byte) (fuse.ReadResult, fuse.Status) {
	read := 0
	status := k.on(in.NodeId, func(n *node) syscall.Errno {
		if n.isDir() {
			return syscall.EISDIR
		}
		read = n.file.current.read(buf, int64(in.Offset)) //nolint:gosec // the kernel has checked it
		return 0
	})
	return fuse.ReadResultData(buf[:read]), status
}

// Write takes bytes.
func (k *kernel) Write(_ <-chan struct{}, in *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	status := k.on(in.NodeId, func(n *node) syscall.Errno {
		return k.disk.write(n, data, int64(in.Offset)) //nolint:gosec // the kernel has checked it
	})
	if !status.Ok() {
		return 0, status
	}
	return uint32(len(data)), status //nolint:gosec // at most writeBytes
}

// Flush is a close: nothing becomes durable.
func (k *kernel) Flush(<-chan struct{}, *fuse.FlushIn) fuse.Status { return fuse.OK }

// Fsync is fsync and fdatasync, which differ in times alone.
func (k *kernel) Fsync(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	return k.on(in.NodeId, k.disk.sync)
}

// FsyncDir makes names durable.
func (k *kernel) FsyncDir(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	return k.on(in.NodeId, k.disk.sync)
}

// OpenDir opens a folder.
func (k *kernel) OpenDir(_ <-chan struct{}, in *fuse.OpenIn, _ *fuse.OpenOut) fuse.Status {
	return k.in(in.NodeId, func(*node) syscall.Errno { return 0 })
}

// ReadDir lists a folder.
func (k *kernel) ReadDir(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return k.in(in.NodeId, func(dir *node) syscall.Errno {
		names := sortedNames(dir)
		for i := in.Offset; i < uint64(len(names)); i++ {
			n := dir.entries[names[i]]
			if !out.AddDirEntry(fuse.DirEntry{Name: names[i], Ino: n.id, Mode: typeOf(n)}) {
				break
			}
		}
		return 0
	})
}

// The size that the disk says it has, and says is free: what is put on it is meant to fit.
const (
	statBlocks = 1 << 24
	statNames  = 255
)

// StatFs tells of 64 GiB, all free.
func (k *kernel) StatFs(_ <-chan struct{}, _ *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	*out = fuse.StatfsOut{
		Blocks: statBlocks, Bfree: statBlocks, Bavail: statBlocks, Files: statBlocks, Ffree: statBlocks,
		Bsize: pageBytes, Frsize: pageBytes, NameLen: statNames,
	}
	return fuse.OK
}
