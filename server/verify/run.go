package verify

import (
	"context"
	"errors"
	"fmt"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// Report says how far the work has come, and what was found.
type Report struct {
	// Entries is how many of TotalEntries were read.
	Entries, TotalEntries uint64
	// Rollups is how many were compared, and of how many reports it was compared how far they have come.
	Rollups uint64
	// Removed is how many private parts of entries were removed; it is told at the end.
	Removed uint64
	// Findings are the first of what was found, as sentences; FindingCount is how many there are.
	Findings     []string
	FindingCount int
}

// Sound says whether nothing was found.
func (r Report) Sound() bool { return r.FindingCount == 0 }

// Progress is told now and then how far the work has come. It must not keep the findings.
type Progress func(Report)

// The limits of the work.
const (
	keptFindings = 100
	// entriesPerNews is after how many entries progress is told; it is told after each chunk of roll-ups too.
	entriesPerNews = 4096
	// chunkCost is what one read of the subject may cost: an answer costs one, and one that may have to be made of the
	// reports of a year costs sinceNewYearCost, of those of many units over a change of the tree acrossCost.
	chunkCost        = 500
	sinceNewYearCost = 10
	acrossCost       = 50
)

// run is one call of Run.
type run struct {
	journal  journal.Journal
	subject  Subject
	progress Progress
	report   Report

	model *Model
	// at is the last entry that the model holds.
	at       journal.Head
	removals removals
	// unread says that the model lacks an entry, so that nothing can be compared.
	unread bool

	// chunk are the questions that wait to be asked, cost what they cost, replies what the store said.
	chunk   []Question
	cost    int
	replies []reply
}

// reply is what the store said to one question.
type reply struct {
	answer Answer
	err    error
}

// Run verifies the chain of the journal and that the subject agrees with it. What is unsound is a finding. The error says
// that the work could not be finished: the context ended, or journal or subject could not be read for another reason
// than that they are damaged. The report says also then what was found. The subject may change meanwhile.
func Run(ctx context.Context, j journal.Journal, s Subject, progress Progress) (Report, error) {
	r := &run{journal: j, subject: s, progress: progress, model: NewModel()}
	r.removals = removals{by: map[uint64]uint64{}, gone: map[uint64]bool{}}
	if r.progress == nil {
		r.progress = func(Report) {}
	}
	var head journal.Head
	err := s.Read(ctx, func(at journal.Head, _ func(Question) (Answer, error)) error {
		head = at
		return nil
	})
	if err != nil {
		return r.report, err
	}
	belongs, err := r.read(ctx, head)
	if err != nil || !belongs {
		return r.report, err
	}
	if !r.unread {
		err = r.compare(ctx)
	}
	if r.unread {
		r.find("%d roll-ups were compared and the others not, because an entry could not be read", r.report.Rollups)
	}
	if err == nil {
		err = r.settle(ctx)
	}
	return r.report, err
}

// find notes what is unsound.
func (r *run) find(format string, args ...any) {
	if r.report.FindingCount++; len(r.report.Findings) < keptFindings {
		r.report.Findings = append(r.report.Findings, fmt.Sprintf(format, args...))
	}
}

// read reads the whole journal and brings the model to the head of the subject. It is false if the journal cannot be
// read to its end or the subject's head is not in it.
func (r *run) read(ctx context.Context, head journal.Head) (bool, error) {
	r.report.TotalEntries = r.journal.Head().Sequence
	identity := newIdentity(r.journal)
	r.at = identity.before
	err := r.journal.Read(ctx, 1, func(e journal.Entry) error {
		decoded, ok := r.decode(e)
		identity.next(e, decoded.Body, r.find)
		if ok && e.Sequence <= head.Sequence {
			r.apply(decoded)
		}
		if e.Sequence <= head.Sequence {
			r.at = journal.Head{Sequence: e.Sequence, Hash: e.Hash}
		}
		r.report.Entries = e.Sequence
		r.report.TotalEntries = max(r.report.TotalEntries, e.Sequence)
		if e.Sequence%entriesPerNews == 0 {
			r.progress(r.report)
		}
		return nil
	})
	if fault.ReasonOf(err) == journal.ReasonDamaged {
		r.find("the chain of the journal is broken after entry %d: %v", r.report.Entries, err)
		return false, nil
	}
	if err != nil {
		return false, err
	}
	r.progress(r.report)
	return r.belongs(head), nil
}

// belongs says whether the subject stands where the model does.
func (r *run) belongs(head journal.Head) bool {
	switch {
	case head.Sequence != r.at.Sequence:
		r.find("the state stands at entry %d, and the journal gave entry %d: it is of another history", head.Sequence, r.at.Sequence)
	case head.Hash != r.at.Hash:
		r.find("the state stands at entry %d with the hash %s, and in the journal that entry has %s: it is of another history",
			head.Sequence, head.Hash, r.at.Hash)
	default:
		return true
	}
	return false
}

// decode reads an entry and notes what it says of removals; false if it cannot be read or says that it is another one.
func (r *run) decode(e journal.Entry) (entry.Entry, bool) {
	decoded, err := entry.Decode(e.Public, e.Private)
	if err != nil {
		r.find("entry %d cannot be read: %v", e.Sequence, err)
		r.unread = true
		return entry.Entry{}, false
	}
	if decoded.Header.Sequence != e.Sequence {
		r.find("entry %d says that it is entry %d", e.Sequence, decoded.Header.Sequence)
	}
	r.removals.take(e, decoded)
	return decoded, true
}

func (r *run) apply(e entry.Entry) {
	if err := r.model.Apply(e); err != nil {
		r.find("%v", err)
	}
}

// compare asks all questions, chunk by chunk.
func (r *run) compare(ctx context.Context) error {
	var err error
	going := true
	take := func(q Question) bool {
		r.chunk = append(r.chunk, q)
		if r.cost++; q.Measure == YearToDate {
			r.cost += sinceNewYearCost - 1
		}
		if q.Form == "" && r.model.changesIn(q.Period) {
			r.cost += acrossCost - 1
		}
		if r.cost >= chunkCost {
			going, err = r.ask(ctx)
		}
		return going && err == nil
	}
	r.model.Questions(take)
	if err == nil && going {
		r.model.Standings(take)
	}
	if err == nil && going && len(r.chunk) > 0 {
		_, err = r.ask(ctx)
	}
	return err
}

// ask asks the waiting questions in one read of the subject, and compares once that has ended: a store that serves is
// not held while the model computes. It is false if the subject no longer belongs to the journal.
func (r *run) ask(ctx context.Context) (bool, error) {
	r.replies = r.replies[:0]
	var head journal.Head
	err := r.subject.Read(ctx, func(at journal.Head, ask func(Question) (Answer, error)) error {
		head = at
		for _, q := range r.chunk {
			if err := ctx.Err(); err != nil {
				return err
			}
			a, err := ask(q)
			if err != nil && !damaged(err) && !tooLarge(err) {
				return fmt.Errorf("%s: %w", q, err)
			}
			r.replies = append(r.replies, reply{a, err})
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	if going, err := r.catchUp(ctx, head); err != nil || !going {
		return false, err
	}
	for i, q := range r.chunk {
		r.judge(q, r.replies[i])
	}
	r.chunk, r.cost = r.chunk[:0], 0
	r.progress(r.report)
	return true, ctx.Err()
}

// judge compares one roll-up.
func (r *run) judge(q Question, said reply) {
	switch {
	case tooLarge(said.err):
		return // What nobody is told need not be right.
	case said.err != nil:
		r.find("%s: the store cannot answer at entry %d: %v", q, r.at.Sequence, said.err)
	default:
		if diff := Difference(said.answer, r.model.Answer(q)); diff != "" {
			r.find("%s, at entry %d: %s", q, r.at.Sequence, diff)
		}
	}
	r.report.Rollups++
}

// damaged says whether the store knows itself that what it kept is not what it wrote.
func damaged(err error) bool { return err != nil && fault.KindOf(err) == fault.KindDataLoss }

// tooLarge says whether the store refuses the question as too much work.
func tooLarge(err error) bool { return err != nil && fault.KindOf(err) == fault.KindExhausted }

// errEnough ends the reading of a journal.
var errEnough = errors.New("read as far as the state goes")

// catchUp gives the model what the subject has applied since the last chunk. It is false if that is not in the journal.
func (r *run) catchUp(ctx context.Context, head journal.Head) (bool, error) {
	if head.Sequence > r.at.Sequence {
		err := r.journal.Read(ctx, r.at.Sequence+1, func(e journal.Entry) error {
			if decoded, ok := r.decode(e); ok {
				r.apply(decoded)
			}
			r.at = journal.Head{Sequence: e.Sequence, Hash: e.Hash}
			if e.Sequence == head.Sequence {
				return errEnough
			}
			return nil
		})
		switch {
		case fault.ReasonOf(err) == journal.ReasonDamaged:
			r.find("the chain of the journal is broken after entry %d: %v", r.at.Sequence, err)
			return false, nil
		case err != nil && !errors.Is(err, errEnough):
			return false, err
		}
		r.report.Entries = max(r.report.Entries, r.at.Sequence)
		r.report.TotalEntries = max(r.report.TotalEntries, r.at.Sequence)
	}
	return r.belongs(head) && !r.unread, nil
}
