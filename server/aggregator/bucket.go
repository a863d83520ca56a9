package aggregator

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/tonghop/tonghop/server/fault"
)

// ReasonDamaged is the reason of every value that does not read as it was written.
const ReasonDamaged = "STATE_DAMAGED"

// sumBytes is the length of the checksum behind every value.
const sumBytes = 8

// bucket is one of the buckets of doc.go. bbolt has no checksums of its own, so each value ends in one that is bound to
// bucket and key: a flipped bit is found, and so is a page that holds the values of another.
type bucket struct {
	name []byte
	seed [2]uint32
	// at is its place in everyBucket.
	at int
}

// castagnoli and crc32.IEEETable both run in hardware; together they are 64 bits, and each alone finds every flip of a
// single bit.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func newBucket(at int, name string) *bucket {
	b := &bucket{name: []byte(name), at: at}
	b.seed = [2]uint32{crc32.Update(0, castagnoli, b.name), crc32.Update(0, crc32.IEEETable, b.name)}
	return b
}

// The buckets.
var (
	metaBucket         = newBucket(0, "meta")
	unitBucket         = newBucket(1, "units")
	indicatorBucket    = newBucket(2, "indicators")
	formBucket         = newBucket(3, "forms")
	tokenBucket        = newBucket(4, "tokens")
	reportBucket       = newBucket(5, "reports")
	revisionBucket     = newBucket(6, "revisions")
	rollupBucket       = newBucket(7, "rollups")
	requestBucket      = newBucket(8, "requests")
	changeBucket       = newBucket(9, "changes")
	usedBucket         = newBucket(10, "used")
	textBucket         = newBucket(11, "texts")
	redactionBucket    = newBucket(12, "redactions")
	nameBucket         = newBucket(13, "names")
	linkBucket         = newBucket(14, "links")
	holidayBucket      = newBucket(15, "holidays")
	standingBucket     = newBucket(16, "standings")
	closingBucket      = newBucket(17, "closings")
	closedBucket       = newBucket(18, "closed")
	ruleBucket         = newBucket(19, "rules")
	subscriptionBucket = newBucket(20, "subscriptions")
	paperBucket        = newBucket(21, "papers")
	proofBucket        = newBucket(22, "proofs")
)

// everyBucket lists the buckets.
var everyBucket = [...]*bucket{
	metaBucket, unitBucket, indicatorBucket, formBucket, tokenBucket, reportBucket,
	revisionBucket, rollupBucket, requestBucket, changeBucket, usedBucket, textBucket, redactionBucket, nameBucket, linkBucket,
	holidayBucket, standingBucket, closingBucket, closedBucket, ruleBucket, subscriptionBucket, paperBucket, proofBucket,
}

// sum is the checksum of a value under its key. It is never 0, which stands for no value.
func (b *bucket) sum(key, value []byte) uint64 {
	var length [2]byte
	binary.BigEndian.PutUint16(length[:], uint16(len(key))) //nolint:gosec // keys are short
	c, i := b.seed[0], b.seed[1]
	for _, part := range [...][]byte{length[:], key, value} {
		c = crc32.Update(c, castagnoli, part)
		i = crc32.Update(i, crc32.IEEETable, part)
	}
	return max(uint64(c)<<32|uint64(i), 1)
}

// sumOf gives the checksum of what is stored; 0 for nothing, and for what is too short to have one.
func sumOf(stored []byte) uint64 {
	if len(stored) < sumBytes {
		return 0
	}
	return binary.BigEndian.Uint64(stored[len(stored)-sumBytes:])
}

// seal appends the checksum to a value.
func (b *bucket) seal(key, value []byte) []byte {
	return binary.BigEndian.AppendUint64(value, b.sum(key, value))
}

// unseal gives the value without its checksum, or STATE_DAMAGED.
func (b *bucket) unseal(key, stored []byte) ([]byte, error) {
	at := len(stored) - sumBytes
	if at < 0 || binary.BigEndian.Uint64(stored[at:]) != b.sum(key, stored[:at]) {
		return nil, b.damaged(key)
	}
	return stored[:at:at], nil
}

func (b *bucket) damaged(key []byte) error {
	return fault.DataLoss(ReasonDamaged,
		"a value of the state does not read as it was written (%s %x); stop the server and rebuild the state from its journal", b.name, key).
		With("bucket", string(b.name))
}
