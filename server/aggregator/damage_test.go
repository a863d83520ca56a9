package aggregator_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/rollup"
)

// flip turns over one bit of a value.
func flip(path, bucket string, key []byte, bit int) error {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(bucket))
		value := bytes.Clone(b.Get(key))
		value[bit/8] ^= 1 << (bit % 8)
		return b.Put(key, value)
	})
	return closed(db, err)
}

// rot turns over one bit of a stored value in the file, wherever it stands there, beneath whoever has it open.
func rot(path string, value []byte, bit int) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(file)
	found := false
	for at := 0; err == nil; found = true {
		n := bytes.Index(raw[at:], value)
		if n < 0 {
			break
		}
		at += n
		_, err = file.WriteAt([]byte{raw[at+bit/8] ^ 1<<(bit%8)}, int64(at+bit/8))
		at += len(value)
	}
	if err == nil && !found {
		err = fmt.Errorf("%x is not in %s", value, path)
	}
	return errors.Join(err, file.Close())
}

// valueOf gives what is stored under a key.
func valueOf(path, bucket string, key []byte) (value []byte, err error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return nil, err
	}
	err = db.View(func(tx *bolt.Tx) error {
		value = bytes.Clone(tx.Bucket([]byte(bucket)).Get(key))
		return nil
	})
	return value, closed(db, err)
}

// keysOf lists the keys of a bucket and the lengths of their values.
func keysOf(path, bucket string) (keys [][]byte, lengths []int, err error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return nil, nil, err
	}
	err = db.View(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte(bucket)).ForEach(func(k, v []byte) error {
			keys, lengths = append(keys, bytes.Clone(k)), append(lengths, len(v))
			return nil
		})
	})
	return keys, lengths, closed(db, err)
}

// filled is a story with figures in several months, corrections and approvals.
func filled(t testing.TB) (*story, *oracle) {
	s, o, catalogue := province(t)
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 24 {
		unit, month := []string{"C1", "C2", "C4", "D1"}[n%4], fmt.Sprintf("2024-%02d", n%3+1)
		k := key(unit, "M", month)
		figures := map[uint32]figure.Figure{}
		for c := range catalogue {
			amount := random.Int64N(9)
			if catalogue[c].UnitRule.YesNo() {
				amount %= 2
			}
			f := value(amount)
			if catalogue[c].UnitRule == catalogue[1].UnitRule {
				f = ratio(amount, 7)
			}
			figures[uint32(c)] = f
		}
		told := o.reports[k]
		revision := 1
		if told != nil {
			revision = len(told.revisions) + 1
		}
		bodies := []entry.Body{sent(k, revision, figures)}
		if n%2 == 0 {
			bodies = append(bodies, entry.ReportApproved{Key: k, Revision: revision})
		}
		for _, body := range bodies {
			s.tell(body)
			o.apply(body, s.now)
		}
	}
	return s, o
}

// TestAFlippedBitIsNeverAFigure flips bits one by one in a file that is open. Whoever reads the value is told STATE_DAMAGED;
// whoever does not, reads what is true; nobody reads another figure. The next start makes the state anew.
func TestAFlippedBitIsNeverAFigure(t *testing.T) {
	s, o := filled(t)
	catalogue := everyRule()
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	for _, bucket := range []string{"rollups", "reports"} {
		keys, lengths, err := keysOf(s.path("state.bolt"), bucket)
		if err != nil || len(keys) == 0 {
			t.Fatalf("%s has %d keys, %v", bucket, len(keys), err)
		}
		for range 12 {
			n := random.IntN(len(keys))
			bit := random.IntN(8 * lengths[n])
			stored, err := valueOf(s.path("state.bolt"), bucket, keys[n])
			if err != nil {
				t.Fatal(err)
			}
			s.open(aggregator.Kept)
			if err := rot(s.path("state.bolt"), stored, bit); err != nil {
				t.Fatal(err)
			}
			damaged := 0
			s.view(func(tx *aggregator.Tx) {
				for _, unit := range []string{"P", "D1", "C1", "C2", "C4"} {
					for c := range catalogue {
						for _, span := range []string{"2024-01", "2024-02", "2024-03", "2024-Q1", "2024-H1", "2024-9M", "2024"} {
							for b := range rollup.Basis(2) {
								q := aggregator.Query{Unit: id(unit), Indicator: catalogue[c].Code, Period: mustPeriod(span), Basis: b}
								a, err := tx.Rollup(q)
								if fault.ReasonOf(err) == aggregator.ReasonDamaged && fault.KindOf(err) == fault.KindDataLoss {
									damaged++
									continue
								}
								if want, _ := o.rollup(q); err != nil || a.Result != want {
									t.Fatalf("bit %d of %s %x: %+v = %+v, %v, want %+v", bit, bucket, keys[n], q, a.Result, err, want)
								}
							}
						}
					}
				}
			})
			if damaged == 0 {
				t.Errorf("bit %d of %s %x was not found", bit, bucket, keys[n])
			}
			select {
			case <-s.store.Damaged():
			default:
				t.Errorf("bit %d of %s %x: nobody was told that the process is to end", bit, bucket, keys[n])
			}
			if err := s.store.Close(); err != nil {
				t.Fatal(err)
			}
			s.open(aggregator.MustRebuild)
			if err := aggregator.Rebuild(context.Background(), s.config(), s.journal, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestAFlippedBitMakesARebuild flips a bit of each value that a stopped state holds.
func TestAFlippedBitMakesARebuild(t *testing.T) {
	for _, bucket := range []string{"meta", "units", "indicators", "forms", "reports", "rollups", "changes", "requests", "used"} {
		s := one(t)
		if err := s.store.Close(); err != nil {
			t.Fatal(err)
		}
		keys, lengths, err := keysOf(s.path("state.bolt"), bucket)
		if err != nil {
			t.Fatal(err)
		}
		for n := range keys {
			if err := flip(s.path("state.bolt"), bucket, keys[n], 8*lengths[n]/2); err != nil {
				t.Fatal(err)
			}
			store, verdict, err := aggregator.Open(context.Background(), s.config())
			if err != nil || verdict.Fate != aggregator.MustRebuild || store != nil {
				t.Errorf("a flipped bit of %s %q: %v (%s), %v, want MustRebuild", bucket, keys[n], verdict.Fate, verdict.Reason, err)
			}
			if store != nil {
				_ = store.Close()
			}
			if err := flip(s.path("state.bolt"), bucket, keys[n], 8*lengths[n]/2); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestDamageStopsTheWriter lets a group meet a damaged row: it fails as a whole and changes nothing.
func TestDamageStopsTheWriter(t *testing.T) {
	s := one(t)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	keys, _, err := keysOf(s.path("state.bolt"), "rollups")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := valueOf(s.path("state.bolt"), "rollups", keys[0])
	if err != nil {
		t.Fatal(err)
	}
	s.open(aggregator.Kept)
	if err := rot(s.path("state.bolt"), stored, 3); err != nil {
		t.Fatal(err)
	}
	tx := s.begin()
	body := sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(5)})
	e := entry.Entry{Header: entry.Header{Sequence: tx.Position().Head.Sequence + 1, Time: s.now}, Body: body}
	head := tx.Position().Head
	head.Sequence++
	if err := tx.Apply(e, head); fault.ReasonOf(err) != aggregator.ReasonDamaged {
		t.Fatalf("Apply over a damaged row = %v", err)
	}
	if err := tx.Commit(); fault.ReasonOf(err) != aggregator.ReasonDamaged {
		t.Errorf("Commit of what failed = %v", err)
	}
	s.tx = nil
	s.view(func(tx *aggregator.Tx) {
		if _, ok, err := tx.Report(body.Reports[0].Key); ok || err != nil {
			t.Errorf("the report of the failed group is there: %v, %v", ok, err)
		}
	})
}
