package reporting

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
)

// maxBatch is how many reports one batch may have (R44).
const maxBatch = 500

const (
	methodBatch  = "ReportService.BatchSubmitReports"
	methodStream = "ReportService.StreamReports"
)

// SubmitBatch takes several reports, each on its own, or with atomic all or none as one entry.
func (s *Service) SubmitBatch(ctx context.Context, call Call, subs []Submission, atomic bool) ([]Outcome, Stamp, error) {
	if len(subs) == 0 || len(subs) > maxBatch {
		return nil, Stamp{}, fault.Invalid("BATCH_SIZE", "the batch has %d reports; it may have 1 to %d", len(subs), maxBatch).
			With("count", len(subs)).With("limit", maxBatch).In("requests")
	}
	if call.RequestID == ([16]byte{}) && !call.ValidateOnly {
		return nil, Stamp{}, fault.Invalid("REQUEST_ID_REQUIRED",
			"a change needs a request_id, a UUID that is kept and sent again when the answer is lost").In("request_id")
	}
	twice, err := s.repeated(ctx, call, subs)
	if err != nil {
		return nil, Stamp{}, err
	}
	var outcomes []Outcome
	if atomic {
		outcomes, err = s.submitAtomic(ctx, call, subs, twice)
	} else {
		outcomes, err = s.submitEach(ctx, call, subs, twice)
	}
	if err != nil {
		return nil, Stamp{}, err
	}
	_, stamp, err := s.GetStamp(ctx, call.Caller)
	return outcomes, stamp, err
}

// repeated finds submissions of one report: both are refused, each naming the other.
func (s *Service) repeated(ctx context.Context, call Call, subs []Submission) (map[int]error, error) {
	twice := map[int]error{}
	err := s.read(ctx, call.Caller, 0, func(_ *aggregator.Tx, who granted) error {
		first := map[entry.ReportKey]int{}
		for i, sub := range subs {
			at, err := who.place(sub.Ref)
			if err != nil {
				continue // its own outcome says so
			}
			j, seen := first[at.key]
			if !seen {
				first[at.key] = i
				continue
			}
			twice[i], twice[j] = reportTwice(at.key, i, j), reportTwice(at.key, j, i)
		}
		return nil
	})
	return twice, err
}

func reportTwice(k entry.ReportKey, here, there int) error {
	return fault.Invalid("REPORT_TWICE", "%s stands in the batch twice, at %d and at %d; send it once", ReportName(k), here, there).
		With("name", ReportName(k)).With("first", there).With("second", here).In("name")
}

// submitEach takes the reports one by one through the same window as a stream.
func (s *Service) submitEach(ctx context.Context, call Call, subs []Submission, twice map[int]error) ([]Outcome, error) {
	outcomes := make([]Outcome, 0, len(subs))
	pipe := s.NewPipe(ctx, call, methodBatch, func(o Outcome) error {
		outcomes = append(outcomes, o)
		return nil
	})
	for i, sub := range subs {
		if err := pipe.send(sub, twice[i]); err != nil {
			break
		}
	}
	return outcomes, pipe.Close()
}

// submitAtomic decides every report against the state before the batch and makes one entry of them, or refuses all.
func (s *Service) submitAtomic(ctx context.Context, call Call, subs []Submission, twice map[int]error) ([]Outcome, error) {
	hash, size := canon(methodBatch).count("requests", len(subs)), 0
	for _, sub := range subs {
		sub.canonical(hash)
		size += sub.size()
	}
	var decisions []decision
	var refusals []error
	receipt, err := s.change(ctx, mutation{
		call: call, method: methodBatch, hash: hash.sum(), size: size,
		decide: func(who granted, at committer.Slot) (entry.Body, error) {
			decisions, refusals = make([]decision, len(subs)), make([]error, len(subs))
			var body entry.ReportsSubmitted
			refused := false
			for i, sub := range subs {
				decisions[i], refusals[i] = s.decide(who, at.Time, sub)
				if twice[i] != nil {
					refusals[i] = twice[i]
				}
				refused = refused || refusals[i] != nil
				if refusals[i] == nil && decisions[i].kind != Unchanged {
					body.Reports = append(body.Reports, decisions[i].revision)
				}
			}
			if refused || len(body.Reports) == 0 {
				return nil, nil
			}
			return body, nil
		},
		replayed: func(who granted, sequence uint64) error {
			decisions, refusals = make([]decision, len(subs)), make([]error, len(subs))
			for i, sub := range subs {
				var err error
				if decisions[i], err = who.remember(sub, sequence); err != nil {
					decisions[i], refusals[i] = s.decide(who, who.now, sub) // it was there before: unchanged then, unchanged now
				}
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return atomicOutcomes(subs, decisions, refusals, receipt), nil
}

func atomicOutcomes(subs []Submission, decisions []decision, refusals []error, receipt Receipt) []Outcome {
	refused := false
	for _, err := range refusals {
		refused = refused || err != nil
	}
	outcomes := make([]Outcome, len(subs))
	for i := range subs {
		switch {
		case refusals[i] != nil:
			outcomes[i] = refusal(subs[i], refusals[i])
		case refused:
			outcomes[i] = refusal(subs[i], fault.Invalid("BATCH_REFUSED",
				"nothing is wrong with this report; another one of the batch was refused, and the batch is all or none"))
		case decisions[i].kind == Unchanged:
			outcomes[i] = decisions[i].outcome(Receipt{})
		default:
			outcomes[i] = decisions[i].outcome(receipt)
		}
	}
	return outcomes
}

// refusal is the outcome of a submission that was refused.
func refusal(sub Submission, err error) Outcome {
	o := Outcome{Kind: Refused, Err: err}
	if sub.Ref != (ReportRef{}) {
		o.Name = fmt.Sprintf("units/%s/reports/%s~%s", sub.Ref.Unit, sub.Ref.Form, sub.Ref.Period)
	}
	if etag, ok := fault.Of(err).Param("etag"); ok {
		o.Etag = etag
	}
	return o
}

// itemID is the request id of one item of a stream or batch: the head of the stream's, which keeps neighbours together
// on disk, and a hash of the stream's and the item's number.
func itemID(stream [16]byte, index int) (id [16]byte) {
	var b [24]byte
	copy(b[:], stream[:])
	binary.BigEndian.PutUint64(b[16:], uint64(index)) //nolint:gosec // counts from 0
	h := sha256.Sum256(b[:])
	copy(id[:], stream[:6])
	copy(id[6:], h[:])
	return id
}
