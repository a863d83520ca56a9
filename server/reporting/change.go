package reporting

import (
	"context"
	"errors"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// Call is what every mutation carries beside its content.
type Call struct {
	Caller auth.Caller
	// RequestID is the caller's; a repeat with the same id changes nothing.
	RequestID [16]byte
	// ValidateOnly asks for everything but the change.
	ValidateOnly bool
	// OpenPeriods says that a change of forms is meant to bear on periods that have begun too.
	OpenPeriods bool
}

// Receipt proves that a change was accepted (R50). The zero value: nothing was changed.
type Receipt struct {
	JournalID journal.ID
	Sequence  uint64
	Hash      journal.Hash
	Time      time.Time
	Revision  int
	Replayed  bool
}

// mutation is one change on its road; T is what its use case answers with.
//
// Neither function may write to a variable outside of itself: a caller who gives up while his request is decided goes on
// at the same time as the decision.
type mutation[T any] struct {
	call   Call
	method string
	hash   [32]byte
	size   int
	// slow says that the change may take long to apply.
	slow bool
	// decide gives the answer and the entry's body, which is nil when nothing is to be changed.
	decide func(who granted, at committer.Slot) (T, entry.Body, error)
	// recall authorises a repeat anew and makes the answer of the entry that the same request made before (R37).
	recall func(who granted, sequence uint64) (T, error)
}

// change takes a mutation down the one road and gives its answer and receipt; a zero receipt means that nothing was
// changed.
func change[T any](ctx context.Context, s *Service, m mutation[T]) (T, Receipt, error) {
	var answer, none T
	var repeat uint64
	revision := 0
	run := func(tx *aggregator.Tx, at committer.Slot) (*entry.Entry, error) {
		repeat = 0
		who, err := regrant(tx, m.call.Caller, at.Time)
		if err != nil {
			return nil, err
		}
		if repeat, err = m.known(who); err != nil {
			return nil, err
		}
		if repeat != 0 {
			answer, err = m.recall(who, repeat)
			return nil, err
		}
		var body entry.Body
		if answer, body, err = m.decide(who, at); err != nil || body == nil || m.call.ValidateOnly {
			return nil, err
		}
		revision = revisionOf(body)
		return &entry.Entry{Header: entry.Header{
			Principal: who.Principal, RequestID: m.call.RequestID, RequestHash: m.hash, Method: m.method,
		}, Body: body}, nil
	}
	if m.call.ValidateOnly {
		err := s.preview(ctx, run)
		if err != nil {
			return none, Receipt{}, err
		}
		return answer, Receipt{}, nil
	}
	if err := m.call.identified(); err != nil {
		return none, Receipt{}, err
	}
	do := s.cfg.Committer.Do
	if m.slow {
		do = s.cfg.Committer.DoSlowly
	}
	outcome, err := do(ctx, m.size, run)
	switch {
	case err != nil: // the decision may still be running: its variables are not looked at
		return none, Receipt{}, err
	case repeat != 0:
		receipt, err := s.receiptOf(ctx, repeat)
		return answer, receipt, err
	case !outcome.Accepted:
		return answer, Receipt{}, nil
	}
	return answer, Receipt{
		JournalID: outcome.JournalID, Sequence: outcome.Sequence, Hash: outcome.Hash, Time: outcome.Time, Revision: revision,
	}, nil
}

// identified refuses a change without a request id (R37).
func (c Call) identified() error {
	if c.RequestID != ([16]byte{}) || c.ValidateOnly {
		return nil
	}
	return fault.Invalid("REQUEST_ID_REQUIRED",
		"a change needs a request_id, a UUID that is kept and sent again when the answer is lost").In("request_id")
}

// known looks for the request among those accepted before (R37). It gives the sequence of its entry, 0 if it is new.
func (m mutation[T]) known(who granted) (uint64, error) {
	if m.call.ValidateOnly {
		return 0, nil
	}
	record, known, err := who.tx.Request(who.Principal, m.method, m.call.RequestID)
	if err != nil || !known {
		return 0, err
	}
	if !record.Is(m.hash) {
		return 0, fault.Exists("REQUEST_ID_REUSED",
			"this request_id was used for another request; make a new one for a new change").In("request_id")
	}
	return record.Sequence, nil
}

// preview decides against the state as it is and throws the entry away.
func (s *Service) preview(ctx context.Context, run committer.Decision) error {
	return s.cfg.State.View(ctx, func(tx *aggregator.Tx) error {
		p := tx.Position()
		at := committer.Slot{Sequence: p.Head.Sequence + 1, Time: s.cfg.Now()}
		if at.Time.Before(p.Time) {
			at.Time = p.Time
		}
		_, err := run(tx, at)
		return err
	})
}

// receiptOf makes the receipt of an entry anew from the journal.
func (s *Service) receiptOf(ctx context.Context, sequence uint64) (Receipt, error) {
	receipt := Receipt{JournalID: s.cfg.Journal.IDAt(sequence), Replayed: true}
	err := s.cfg.Journal.Read(ctx, sequence, func(e journal.Entry) error {
		decoded, err := entry.Decode(e.Public, e.Private)
		if err != nil {
			return err
		}
		receipt.Sequence, receipt.Hash, receipt.Time = e.Sequence, e.Hash, decoded.Header.Time
		receipt.Revision = revisionOf(decoded.Body)
		return errEnough
	})
	if err != nil && !errors.Is(err, errEnough) {
		return Receipt{}, err
	}
	return receipt, nil
}

// revisionOf gives the revision, or the version of a closing, that an entry made or changed; 0 where there is none, or more than one.
func revisionOf(body entry.Body) int {
	switch b := body.(type) {
	case entry.ReportsSubmitted:
		if len(b.Reports) == 1 {
			return b.Reports[0].Revision
		}
	case entry.ReportApproved:
		return b.Revision
	case entry.ReportReturned:
		return b.Revision
	case entry.PeriodClosed:
		return b.Version
	case entry.PeriodReopened:
		return b.Version
	}
	return 0
}

// madeBy gives the name of the one thing that an entry made or changed, as the change feed has it.
func (g granted) madeBy(sequence uint64) (string, error) {
	name := ""
	err := g.tx.Changes(sequence-1, 1, func(c aggregator.Change) error {
		name = c.Name
		return nil
	})
	return name, err
}

// errEnough ends a reading early.
var errEnough = errors.New("read enough")
