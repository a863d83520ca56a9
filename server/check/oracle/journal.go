package oracle

import (
	"context"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// memory is a journal without a disk, of one goroutine: nothing here is about disks.
type memory struct {
	id      journal.ID
	entries []journal.Entry
}

var _ journal.Journal = (*memory)(nil)

// ID names the journal.
func (j *memory) ID() journal.ID { return j.id }

// IDAt names it at every entry.
func (j *memory) IDAt(uint64) journal.ID { return j.id }

// Head gives the last entry.
func (j *memory) Head() journal.Head {
	if n := len(j.entries); n > 0 {
		return journal.Head{Sequence: uint64(n), Hash: j.entries[n-1].Hash}
	}
	return journal.Head{Hash: journal.FirstHash(j.id)}
}

// Append appends.
func (j *memory) Append(_ context.Context, after uint64, records []journal.Record) (journal.Head, error) {
	head := j.Head()
	if head.Sequence != after {
		return head, journal.HeadMoved(after, head)
	}
	for _, r := range records {
		private := journal.PrivateHash(r.Salt, r.Private)
		head = journal.Head{Sequence: head.Sequence + 1, Hash: journal.Chain(head.Hash, r.Public, private)}
		j.entries = append(j.entries, journal.Entry{
			Sequence: head.Sequence, Public: r.Public, PrivateHash: private, Salt: r.Salt, Private: r.Private, Hash: head.Hash,
		})
	}
	return head, nil
}

// Read visits the entries.
func (j *memory) Read(ctx context.Context, from uint64, visit func(journal.Entry) error) error {
	head := j.Head()
	if from > head.Sequence+1 {
		return journal.SequenceAhead(from, head)
	}
	for n := max(from, 1); n <= head.Sequence; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := visit(j.entries[n-1]); err != nil {
			return err
		}
	}
	return nil
}

// Wait is not asked here.
func (j *memory) Wait(context.Context, uint64) (journal.Head, error) {
	return j.Head(), fault.Unavailable(journal.ReasonClosed, "nobody waits for this journal")
}

// Close does nothing.
func (j *memory) Close() error { return nil }

// remove takes the private part of an entry away, as filejournal does.
func (j *memory) remove(sequence uint64) {
	if e := &j.entries[sequence-1]; !e.PrivateHash.IsZero() {
		e.Salt, e.Private, e.Removed = [16]byte{}, nil, true
	}
}
