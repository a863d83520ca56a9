// Package powerdisk is a file system that remembers what of it would survive a power cut, for the suites that take the
// power away.
//
// A [Disk] is mounted with FUSE on a folder; programs, which must be other processes, use it like any disk. Everything
// is kept in memory twice: as programs see it, and as it lies on the medium. [Disk.Image] gives the folder as a start
// after a cut would find it, as often as one likes while the programs go on, and [Image.Write] puts it on a real disk.
//
// # What survives
//
// The model is harsh, and nothing in it is impossible on a file system that somebody runs a server on.
//
//   - Content goes by sectors of 512 bytes. A sector that was written since the last sync of its file is as it was, or
//     as one of the writes since left it, whatever its neighbours are: the cache is written back at any time, in any
//     order. That a disk writes a sector wholly or not at all is believed.
//   - The length of a file is as at its last sync, or any that it has had since. What a longer length uncovers and no
//     write reached is zeros; bytes of other files are not shown (as with ext4 in data=ordered, XFS and btrfs).
//   - Shortening a file gives its blocks away. A cut shows the file as before, with all that was open then, or
//     after: nothing that was cut off comes back into what was written later.
//   - A name belongs to its folder: made, renamed and removed names are durable after a sync of the folder, and the
//     sync of a file does nothing for its name. A rename is atomic. Of the changes of names that are not synced a cut
//     leaves either all up to one of them, in order, as the one journal of ext4 or XFS does, or any choice in which no
//     change is there without the earlier ones of the same name and of the same file, as the log trees of btrfs may.
//   - A sync that fails behaves as on Linux: what was to be written is called clean, stays readable, reaches the medium
//     or not, and the next sync says that all is well without writing it (Rebello et al., USENIX ATC 2020). Lengths and
//     names are in the journal of the file system and remain to be written.
//
// A disk may also lie ([Disk.LieEvery]), fail ([Disk.FailSync], [Disk.Before]) and forget ([Disk.Forget]).
//
// # Not in it
//
// Links, extended attributes, holes punched, modes and times that are durable on their own. Nobody writes through a
// map of memory: the server does not. The process that holds the Disk must not touch the mounted folder: a page fault
// there would wait for the process that waits for it.
package powerdisk
