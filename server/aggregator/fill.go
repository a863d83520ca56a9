package aggregator

import (
	"hash/maphash"
	"slices"
)

// How full bbolt leaves a page that it splits. Half is right where keys come anywhere: both halves will grow. Where keys come
// one behind the other, the half that is left behind never grows again, and would stay half empty for ever.
const (
	// fillAnywhere is the share of pages into which keys come in no order.
	fillAnywhere = 0.5
	// fillBehind is that of pages behind which the keys go on; the rest is for values that grow.
	fillBehind = 0.93
	// fillRows is that of pages of roll-ups, whose rows are made many at a time and grow for a while.
	fillRows = 0.65
	// fillWhole is that of buckets to which keys are only ever added at the end, and whose values stay as they are.
	fillWhole = 1
)

// Into some buckets nothing comes but behind all that is there.
var fillsWhole = [...]*bucket{changeBucket, textBucket, redactionBucket, nameBucket}

// watched are the buckets of which it shows only as they are filled how their keys come.
type watched struct{ reports, requests fill }

// of gives the watch over a bucket.
func (w *watched) of(b *bucket) *fill {
	if b == reportBucket {
		return &w.reports
	}
	return &w.requests
}

// end is called when a transaction has ended.
func (w *watched) end() {
	if w != nil {
		clear(w.reports.fresh)
		clear(w.requests.fresh)
	}
}

// leaveFull sets how full pages of the other buckets are to be left; what is not named here is small.
func (t *Tx) leaveFull() {
	for _, b := range fillsWhole {
		t.bucket(b).FillPercent = fillWhole
	}
	t.bucket(rollupBucket).FillPercent = fillRows
}

// watch notes that a value is put in under a key, was being the checksum of the one that it takes the place of, follower
// the key behind it. It sets how full pages of the bucket are to be left.
func (t *Tx) watch(b *bucket, key, follower []byte, was uint64) {
	if b != reportBucket && b != requestBucket {
		return
	}
	if t.memory.watched == nil {
		t.memory.watched = &watched{}
	}
	f := t.memory.watched.of(b)
	if was == 0 {
		f.came(key, follower)
	} else {
		f.note(false) // it grows, and its page may be split with nothing to come behind it
	}
	t.bucket(b).FillPercent = f.percent()
}

// fill watches where new keys come. It counts for the size of the file alone, never for what is in it.
type fill struct {
	// gaps are the keys, hashed, before which the last ones came; several, since several may load at once.
	gaps [gapsKept]uint64
	next int
	// last is the last one, fresh are all of the transaction.
	last  uint64
	fresh map[uint64]struct{}
	// score says how many of the last came where one had come before, of scoreWhole.
	score int
}

const (
	gapsKept   = 64
	scoreWhole = 1 << 12
	scoreShare = 1 << 5 // of how many the score is about
)

var gapSeed = maphash.MakeSeed()

// came notes where a key came: behind whatever was there and before the key that follows it now, nil for none. Before a key
// that is as new it is on a page that is written anew in any case.
func (f *fill) came(key, follower []byte) {
	at, self := maphash.Bytes(gapSeed, follower), maphash.Bytes(gapSeed, key)
	_, known := f.fresh[at]
	known = known || slices.Contains(f.gaps[:], at)
	if f.fresh == nil {
		f.fresh = map[uint64]struct{}{}
	}
	f.fresh[self] = struct{}{}
	// One before the other is as bad as no order: it is the front of the page that grows.
	f.note(known && at != f.last)
	if !known {
		f.keep(at)
	}
	f.keep(self)
	f.last = self
}

func (f *fill) keep(gap uint64) {
	f.gaps[f.next%gapsKept] = gap
	f.next++
}

func (f *fill) note(behind bool) {
	f.score -= f.score / scoreShare
	if behind {
		f.score += scoreWhole / scoreShare
	}
}

// percent is how full pages are to be left.
func (f *fill) percent() float64 {
	if f.score > scoreWhole/3 {
		return fillBehind
	}
	return fillAnywhere
}
