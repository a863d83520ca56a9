package aggregator

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/tonghop/tonghop/server/journal"
)

// stored is what a file says of itself.
type stored struct {
	version int
	id      journal.ID
	head    journal.Head
}

// inspect reads a whole file before bbolt does: every page has its place, every key its order, every value its checksum, and
// the digest of the state's position says that none is missing and none is an older one. What bbolt finds in such a file is
// what was written. An error says what is wrong.
func inspect(path string) (stored, error) {
	p, err := openPages(path)
	if err != nil {
		return stored{}, err
	}
	s := inspection{pages: p, found: map[string][]byte{}}
	err = p.buckets(s.bucket)
	if err == nil {
		err = s.conclude()
	}
	return s.file, errors.Join(err, p.close())
}

// inspection is one call of inspect at work.
type inspection struct {
	pages *pages
	file  stored
	// found are the values of the bucket meta, digest is of all the others.
	found   map[string][]byte
	digest  digest
	buckets int
}

// bucket looks at everything in a bucket.
func (s *inspection) bucket(name, value []byte) error {
	var b *bucket
	for _, known := range everyBucket {
		if bytes.Equal(known.name, name) {
			b = known
		}
	}
	if b == nil {
		return fmt.Errorf("there is a bucket %q", name)
	}
	s.buckets++
	return s.pages.bucket(value, func(key, stored []byte, flags uint32) error {
		if flags != 0 {
			return fmt.Errorf("%s %x is no value", name, key)
		}
		raw, err := b.unseal(key, stored)
		switch {
		case err != nil:
			return err
		case b == metaBucket:
			s.found[string(key)] = bytes.Clone(raw)
		default:
			s.digest.add(sumOf(stored))
		}
		return nil
	})
}

// conclude compares what was found with what the file says of itself.
func (s *inspection) conclude() error {
	var err error
	if s.file.version, err = strconv.Atoi(string(s.found[keyVersion])); err != nil {
		return err
	}
	if s.file.version != StateVersion {
		return nil // the rest may look different
	}
	if s.buckets != len(everyBucket) {
		return fmt.Errorf("there are %d buckets of %d", s.buckets, len(everyBucket))
	}
	position, l, err := parsePosition(s.found[keyJournal], s.found[keyPosition])
	if err != nil {
		return err
	}
	s.file.id, s.file.head = position.JournalID, position.Head
	if l.digest != s.digest {
		return fmt.Errorf("of %d values %d are there, or some are older ones", l.digest.values, s.digest.values)
	}
	return nil
}

// Remembered gives the last entry that the state of a folder has taken in, and of which journal: that entry was durable, so
// a journal that ends before it has lost something. It changes nothing and opens nothing, so that it can be asked before
// the journal is opened, and it is false where the file does not tell, as one that is damaged.
//
// Also a file that is not to be trusted tells it (R34): whatever its pages are, an entry was in the journal before any page
// was written that names it.
func Remembered(cfg Config) (id journal.ID, head journal.Head, ok bool) {
	p, err := openPages(filepath.Join(cfg.Dir, stateName))
	if err != nil {
		return id, head, false
	}
	found := map[string][]byte{}
	err = p.buckets(func(name, value []byte) error {
		if !bytes.Equal(name, metaBucket.name) {
			return nil
		}
		return p.bucket(value, func(key, stored []byte, _ uint32) error {
			raw, err := metaBucket.unseal(key, stored)
			found[string(key)] = bytes.Clone(raw)
			return err
		})
	})
	if err = errors.Join(err, p.close()); err != nil || string(found[keyVersion]) != strconv.Itoa(StateVersion) {
		return id, head, false
	}
	position, _, err := parsePosition(found[keyJournal], found[keyPosition])
	return position.JournalID, position.Head, err == nil && position.Head.Sequence > 0
}

// digest stands for a set of values, by their checksums: it grows and shrinks with the set, whatever the order. The
// checksums are bound to bucket and key, so that it stands for where each value is, too.
type digest struct{ values, mixed uint64 }

// mix spreads a checksum over all bits, so that sums of them say little of each other.
func mix(sum uint64) uint64 {
	sum ^= sum >> 32
	sum *= 0xd6e8feb86659fd93
	sum ^= sum >> 32
	sum *= 0xd6e8feb86659fd93
	return sum ^ sum>>32
}

func (d *digest) add(sum uint64) {
	d.values++
	d.mixed += mix(sum)
}

func (d *digest) remove(sum uint64) {
	d.values--
	d.mixed -= mix(sum)
}
