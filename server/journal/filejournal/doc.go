// Package filejournal keeps a journal in a folder of files: segments of groups, one write and one flush for each group.
//
// Create makes the folder, Open takes it for one process, OpenReadOnly looks at it beside that process. Everything on
// disk is described here; numbers are big-endian, offsets and lengths are bytes, a CRC is CRC-32C (Castagnoli).
//
// # The folder
//
//	00000000000000000001.journal  a segment, named after its first entry in 20 digits
//	prepared                      the next segment in the making; removed at the start
//	clean                         the mark of a clean stop; removed at the start
//	lock                          held while the journal is open; its content, a process id, is only for messages
//
// # Segment
//
// A segment is made as zeros of its full size and synced before it gets its name, because flushing blocks that are
// written already costs a third of flushing a file that grows. It never changes its size. A group that is larger than a
// segment gets one of its own, so no group spans two.
//
//	 0   8  "tonghopJ"
//	 8   4  format, 1
//	12   4  length of this header, 512: one sector, which a disk writes wholly or not at all
//	16  16  journal id: that of the segment before it, or, where the store was restored from a backup, a new one
//	32   8  sequence of the first entry
//	40  32  hash of the entry before it
//	72   8  the segment's mark: random bytes with which each of its groups begins
//	80   8  size of the file
//	88   4  CRC of bytes 0 to 87
//	92      zeros to 512; the first group begins there, each other one where the one before it ends; zeros to the end
//
// # The journal id
//
// The id of the first segment is the one that the journal was made with; the hash before entry 1 is made of it. A restore
// from a backup keeps the segments up to the backup's last entry as they are, with zeros behind that entry, and goes on in
// a new segment with a new id: its header names the entry before it and that one's hash as always, so there is one chain.
// Such a segment gets its name only with its first group in it, whose first entry tells what was restored. All segments
// after it have its id; an id that was given up never comes back.
//
// # Group
//
//	 0   8  the segment's mark; nobody outside can know it, so no submitted text can pass for a group
//	 8   8  sequence of the first entry
//	16   4  number of entries
//	20   4  length of all entries together
//	24  32  hash of the entry before it
//	56   4  CRC of bytes 0 to 55
//	60      the entries
//	    4   CRC of all of the above, the private blocks left out
//
// # Entry
//
//	 0   4  length of the public part
//	 4   4  length of the private text, 0 for no private part
//	 8  32  private hash, zeros for no private part
//	40      the public part
//	        and, if there is a private part, its block:
//	    1   0x50: it is there; 0xAF: it is removed
//	   16   salt
//	        private text
//
// No checksum covers a private block; while it is there, it is checked against the private hash, SHA-256(salt ‖ text),
// which the group's CRC does cover. So a text is removed in place: the mark becomes 0xAF and is synced, then salt and
// text become zeros. Length and hash stay, and chain and CRC are as before. A block marked 0xAF is never shown, whatever
// is left in it, and Open finishes a removal that was cut off. The hash of an entry is not stored: it is the next
// entry's predecessor, and reading computes it.
//
// # The mark of a clean stop
//
//	 0   8  "tonghopC"
//	 8  16  journal id
//	24   8  sequence of the last entry
//	32  32  its hash
//	64   4  CRC of bytes 0 to 63
//
// # What a power cut can do
//
// The sectors of one write that was not yet synced reach the disk in any order, or not at all; a sector is old or new.
// A group is written only after the one before it is synced, so that at most the last group is torn. Open therefore
// cuts off the first group that does not verify and makes zeros of what was there, unless the header of a later group
// follows, the segment is not the last one, the mark of a clean stop tells of a longer journal, or whoever opens it knows
// of a later entry: then something that was durable is gone, and Open refuses and changes nothing. Without the mark of a clean stop the last group is written
// again before anything rests on it, since after a failed flush Linux keeps the pages and calls them clean (Rebello et
// al., USENIX ATC 2020). A flush is never tried twice: what failed once poisons the journal.
//
// Room is taken by whole segments and in advance. When the next one cannot be made because the disk is full, the group
// is refused before anything is written, and the journal goes on.
//
// # A copy
//
// A backup holds the same segments up to an entry, the last of its group. Each file of a copy ends where its last group
// ends, and is shorter than its header says by the zeros behind it; in removed private blocks all bytes behind the mark are
// zero. Nothing else differs, so that the chain is verified in the same way.
//
// # An example
//
// A segment of 4096 bytes with one group of two entries, of which the second has a private part; zeros left out. A test
// reads it from this page.
//
//	  0  746f6e67686f704a00000001000002007468000000000000
//	 24  000000000000000100000000000000010a80477ed2be971b
//	 48  e2e992f2a113a8aa8b3dd9ff07b8d3547fa169212cbf3984
//	 72  d15ea5e00ff1ce420000000000001000b73d14df00000000
//	504  0000000000000000d15ea5e00ff1ce420000000000000001
//	528  000000020000008b0a80477ed2be971be2e992f2a113a8aa
//	552  8b3dd9ff07b8d3547fa169212cbf398405698bd000000017
//	600  0000000000000000000000003330323830206364732d7468
//	624  616e6720323032342d3032000000040000000faa8abf8f00
//	648  4ba222b8fbf02c50a13ed274225e7cc22ee7792d6d30cb85
//	672  d60c6e6e6f74655001020300000000000000000000000010
//	696  4e677579e1bb856e2056c4836e20414cd7eea30000000000
package filejournal
