package raw

import (
	"context"
	"encoding/binary"
	"errors"

	"go.etcd.io/bbolt"

	"github.com/tonghop/tonghop/server/bench/turn"
	"github.com/tonghop/tonghop/server/bench/workload"
)

// group is how many records one transaction takes at most.
const group = 256

var bucket = []byte("records")

// Bolt is a bbolt file with its one writer.
type Bolt struct {
	shape workload.Shape
	db    *bbolt.DB
	queue chan waiting
	done  chan struct{}
}

type waiting struct {
	record []byte
	answer chan error
}

// Open makes a file with the first reports of a shape in it.
func Open(path string, shape workload.Shape, loaded int) (*Bolt, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		FreelistType: bbolt.FreelistMapType, NoFreelistSync: true, InitialMmapSize: 1 << 30,
	})
	if err != nil {
		return nil, err
	}
	b := &Bolt{shape: shape, db: db, queue: make(chan waiting, 1024), done: make(chan struct{})}
	if err := b.load(loaded); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	go b.write()
	return b, nil
}

// load stores the first reports in large transactions.
func (b *Bolt) load(n int) error {
	const part = 10_000
	err := b.db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(bucket)
		return err
	})
	for i := 0; i < n && err == nil; i += part {
		var records [][]byte
		for k := i; k < min(i+part, n); k++ {
			records = append(records, Pack(b.shape.Row(k)))
		}
		err = b.put(records)
	}
	return err
}

// Pack makes the record of a report: its month, its unit and its 54 values as varints.
func Pack(row workload.Row) []byte {
	record := make([]byte, 0, 3*workload.Slots)
	record = binary.AppendUvarint(record, uint64(row.Month))   //nolint:gosec // not negative
	record = binary.AppendUvarint(record, uint64(row.Commune)) //nolint:gosec // not negative
	for _, v := range row.Values {
		record = binary.AppendVarint(record, v)
	}
	return record
}

// put stores records in one transaction.
func (b *Bolt) put(records [][]byte) error {
	return b.db.Update(func(tx *bbolt.Tx) error {
		list := tx.Bucket(bucket)
		for _, record := range records {
			n, err := list.NextSequence()
			if err != nil {
				return err
			}
			if err := list.Put(binary.BigEndian.AppendUint64(nil, n), record); err != nil {
				return err
			}
		}
		return nil
	})
}

// write stores what waits until nothing more comes.
func (b *Bolt) write() {
	defer close(b.done)
	for first := range b.queue {
		records, answers := [][]byte{first.record}, []chan error{first.answer}
		for more := true; more && len(records) < group; {
			select {
			case w, open := <-b.queue:
				if more = open; open {
					records, answers = append(records, w.record), append(answers, w.answer)
				}
			default:
				more = false
			}
		}
		err := b.put(records)
		for _, answer := range answers {
			answer <- err
		}
	}
}

// Address is nowhere.
func (b *Bolt) Address() string { return "" }

// Run stores reports, each as the values that a program has at hand.
func (b *Bolt) Run(ctx context.Context, o turn.Order) (turn.Window, error) {
	return turn.Run(ctx, o, func(_ context.Context, n int) error {
		w := waiting{record: Pack(b.shape.Row(b.shape.Arrival(n))), answer: make(chan error, 1)}
		b.queue <- w
		return <-w.answer
	})
}

// Count is how many records there are.
func (b *Bolt) Count() (n uint64, err error) {
	err = b.db.View(func(tx *bbolt.Tx) error {
		n = tx.Bucket(bucket).Sequence()
		return nil
	})
	return n, err
}

// Close closes the file.
func (b *Bolt) Close() error {
	close(b.queue)
	<-b.done
	return b.db.Close()
}
