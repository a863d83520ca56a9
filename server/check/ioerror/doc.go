// Package ioerror is the check io-error: the disk fails, or is full, and what it had promised to keep is held against what
// the server says.
//
// # A sync fails, a write finds no room
//
// A server works on a disk that knows what is durable (package powerdisk) for a few clients. One sync fails, with EIO, or
// one write or one making of a file finds no room, with ENOSPC: the first of the start, the second, and so on, up to
// those under load; those of a start after a kill; those of a stop in order. After a failed sync Linux calls the pages
// clean that it could not write, so that the next sync says that all is well, and a reader sees them until they are
// dropped (Rebello et al., USENIX ATC 2020). The disk behaves so too. It must hold that
//
//   - after a failed sync the process ends within two seconds, with code 70;
//   - after a write without room it ends so as well, or refuses changes with STORE_FULL and goes on;
//   - a power cut at that moment leaves every change that was acknowledged: nothing is OK whose sync failed;
//   - a new start shows every acknowledged change, and a power cut after it leaves everything that the start showed,
//     acknowledged or not (R33);
//   - what is repeated with the same request id is there once;
//   - the store then stops in order.
//
// # The disk is full
//
// On file systems that are really small, tmpfs and ext4 on a loop device, another program takes all room away and gives
// it back, again and again, under load. Changes are refused with RESOURCE_EXHAUSTED and STORE_FULL, reads go on and the
// status says why it is read-only; a start on the full disk serves reads; when there is room changes are taken again;
// everything acknowledged is there, and a verification finds nothing.
package ioerror
