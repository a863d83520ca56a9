// Package journal is the contract of the one place where accepted changes live, in order and for ever.
//
// A journal is a list of entries numbered 1, 2, 3, ... without gaps. It begins with an [ID] drawn at init, and every
// entry carries the hash of everything before it, so that two journals with one [Head] hold the same history. What the
// bytes of an entry mean is not known here (the room entry knows); a journal keeps them, hashes them exactly as they
// were handed over and never marshals them anew.
//
// An entry has a public part and, where it names people or quotes them, a private part. The chain covers the public
// part and the hash of salt and private part, so that the private part can be removed later and the chain still
// verifies: see [PrivateHash] and the hash of an entry, [Chain].
//
//	hash of the empty journal = [FirstHash](id), of the id that it was made with
//	hash of entry n           = [Chain](hash of entry n-1, public part, private hash)
//	private hash              = [PrivateHash](salt, private part), or all zeros where there is no private part
//
// A journal that is restored from a backup goes on under a new id, so that positions in what was lost are recognised: its
// entries up to the backup's last are those of the old journal, with their hashes, and the next one, the first under the
// new id, follows them in the chain. See Journal.IDAt.
//
// The unit of writing is the group: the records of one [Journal.Append] become durable together or not at all. There is
// one writer at a time; "after" in Append is what makes a second one harmless. Readers are many.
//
// Package journaltest holds the suite that every implementation passes; each sentence of [Journal] is a test there that
// quotes it. filejournal keeps a journal in a folder of files.
package journal
