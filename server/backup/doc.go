// Package backup makes copies of a store's journal that are proved whole, and stores of such copies.
//
// Take copies beside a running server, up to an entry that the server has called durable; Verify checks a backup again,
// as often as one likes; Restore makes a new journal of one. The derived state is not in a backup, for it is made anew of
// the journal; nor are private keys and the secret of the running server, so that who finds a backup can neither sign
// heads nor act as the operator. It does hold the figures, and the hashes of tokens: keep it as safe as the store.
//
// # The folder of a backup
//
//	manifest.json                 what the backup is; described below
//	00000000000000000001.journal  the segments up to the last entry, as package filejournal describes a copy
//	...
//
// While it is made the folder has the same name with ".unfinished" behind it, and gets its own name last, when everything
// in it was flushed, read again and verified; on Linux the system is asked to forget the files first, so that the disk is
// read and not the memory. Whatever interrupts the work leaves at most the unfinished folder, which the
// next backup to that place removes. Two backups to one place at a time are refused.
//
// # The manifest
//
// JSON in UTF-8 with the members
//
//	format        1
//	program       version of the program that took the backup
//	time          when, RFC 3339 in UTC
//	journal_ids   ids of the journal, the one that it was made with first; more than one after a restore
//	sequence      the last entry
//	chain_hash    hash of the chain at it, 64 hexadecimal digits
//	files         name, bytes and sha256 of every segment, in order
//	signed_head   the signed head at the last entry, where the server signs heads (package head); else empty
//	verifier_key  the key that verifies it
//	checksum      SHA-256 of this file with the 64 digits here replaced by nothing
//
// It is written in one way alone, members in this order and indented by one tab, so that any changed byte is found. The
// checksums find accidents; against forgery compare chain_hash with a signed head or a receipt that was kept elsewhere.
//
// # Restore
//
// A restore verifies everything first, and only then makes a folder: the segments as they were, with a further one under a
// new journal id, whose first entry tells what was restored, by whom and why. Everything happens below the folder
// "restore.unfinished" in the data folder, which gets the name of the journal last. Positions that were given out by the
// lost journal after the backup, in receipts, cursors and page tokens, are recognised by their journal id.
package backup
