package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Hash is a SHA-256.
type Hash [32]byte

// String gives 64 hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// IsZero reports whether this is the mark of "no private part", which no text hashes to.
func (h Hash) IsZero() bool { return h == Hash{} }

// The domain tags keep a hash of one kind from being passed off as one of another. They are stored nowhere and may
// never change: every journal in the world was hashed with them.
const (
	firstTag = "tonghop/journal/first/1\n"
	entryTag = "tonghop/journal/entry/1\n"
)

// FirstHash is the hash of the empty journal id, the predecessor of entry 1:
// SHA-256("tonghop/journal/first/1\n" ‖ id). It ties the whole chain to the id.
func FirstHash(id ID) Hash {
	return sha256.Sum256(append([]byte(firstTag), id[:]...))
}

// Chain is the hash of the entry that follows previous:
// SHA-256("tonghop/journal/entry/1\n" ‖ previous ‖ length of public as 8 bytes, big-endian ‖ public ‖ privateHash).
// It takes the stored bytes, never a message marshalled anew. It does not allocate.
func Chain(previous Hash, public []byte, privateHash Hash) Hash {
	// One buffer for everything that is short: what a hash.Hash is given through its interface moves to the heap.
	var head [len(entryTag) + len(previous) + 8]byte
	copy(head[:], entryTag)
	copy(head[len(entryTag):], previous[:])
	binary.BigEndian.PutUint64(head[len(entryTag)+len(previous):], uint64(len(public)))
	digest := sha256.New()
	digest.Write(head[:])
	digest.Write(public)
	digest.Write(privateHash[:])
	var sum Hash
	digest.Sum(sum[:0])
	return sum
}

// PrivateHash is what the chain keeps of a private part: SHA-256(salt ‖ private). The salt is random, because names and
// telephone numbers are few enough to be found from a bare hash by trying them all; it is removed with the text.
// An empty private part has the zero hash.
func PrivateHash(salt [16]byte, private []byte) Hash {
	if len(private) == 0 {
		return Hash{}
	}
	digest := sha256.New()
	digest.Write(salt[:])
	digest.Write(private)
	var sum Hash
	digest.Sum(sum[:0])
	return sum
}
