package reporting

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

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
	if err := call.identified(); err != nil {
		return nil, Stamp{}, err
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
	clip(outcomes)
	_, stamp, err := s.GetStamp(ctx, call.Caller)
	return outcomes, stamp, err
}

// maxBatchProblems is how many problems a batch tells one by one; behind it every refused report tells its first.
const maxBatchProblems = 2000

func clip(outcomes []Outcome) {
	told := 0
	for i := range outcomes {
		if outcomes[i].Err == nil {
			continue
		}
		e := fault.Of(outcomes[i].Err)
		if told += max(1, len(e.Details)); told > maxBatchProblems && len(e.Details) > 1 {
			outcomes[i].Err = fault.Join(e.Details[0], moreProblems(len(e.Details)-1))
		}
	}
}

// repeated finds submissions of one report: both are refused, each naming the other. Reports that the caller may not
// send are left to their own outcomes: that two texts mean one unit would tell him that there is such a unit.
func (s *Service) repeated(ctx context.Context, call Call, subs []Submission) (map[int]error, error) {
	twice := map[int]error{}
	err := s.read(ctx, call.Caller, 0, func(_ *aggregator.Tx, who granted) error {
		first := map[entry.ReportKey]int{}
		for i, sub := range subs {
			at, err := who.sendable(sub.Ref, nil)
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
			break // Close tells why
		}
	}
	err := pipe.Close()
	return outcomes, err
}

// verdict is what one report of an atomic batch comes to.
type verdict struct {
	decision
	refused error
}

// submitAtomic decides every report against the state before the batch and makes one entry of them, or refuses all.
func (s *Service) submitAtomic(ctx context.Context, call Call, subs []Submission, twice map[int]error) ([]Outcome, error) {
	hash, size := canon(methodBatch).count("requests", len(subs)), 0
	for _, sub := range subs {
		sub.canonical(hash)
		size += sub.size()
	}
	verdicts, receipt, err := change(ctx, s, mutation[[]verdict]{
		call: call, method: methodBatch, hash: hash.sum(), size: size,
		decide: func(who granted, at committer.Slot) ([]verdict, entry.Body, error) {
			verdicts, body := judge(who, at, subs, twice)
			for _, v := range verdicts {
				if v.refused != nil && notARefusal(v.refused) {
					return nil, nil, v.refused
				}
			}
			if len(body.Reports) == 0 {
				return verdicts, nil, nil
			}
			return verdicts, body, nil
		},
		recall: func(who granted, sequence uint64) ([]verdict, error) {
			verdicts := make([]verdict, len(subs))
			for i, sub := range subs {
				var err error
				if verdicts[i].decision, err = who.remember(sub, sequence); err != nil {
					return nil, fault.Of(err).In(fmt.Sprintf("requests[%d]", i))
				}
			}
			return verdicts, nil
		},
	})
	if err != nil {
		return nil, err
	}
	return atomicOutcomes(subs, verdicts, receipt), nil
}

// judge decides the reports of an atomic batch. The body is empty where nothing is to be changed, or one is refused. Rules
// that look back see the reports of the batch, for they all come to count at once.
func judge(who granted, at committer.Slot, subs []Submission, twice map[int]error) ([]verdict, entry.ReportsSubmitted) {
	verdicts, places := make([]verdict, len(subs)), make([]place, len(subs))
	together := batchFigures{}
	for i, sub := range subs {
		v := &verdicts[i]
		if v.refused = twice[i]; v.refused == nil {
			v.decision, places[i], v.refused = who.weigh(at.Time, sub, &prepared{})
		}
		if v.refused == nil && v.kind != Unchanged && !sub.Draft {
			together[places[i].key] = v.revision.Figures
		}
	}
	var body entry.ReportsSubmitted
	refused := false
	for i := range subs {
		v := &verdicts[i]
		if v.refused == nil {
			v.refused = who.hold(places[i], &subs[i], &v.decision, together)
		}
		refused = refused || v.refused != nil
		if v.refused == nil && v.kind != Unchanged {
			body.Reports = append(body.Reports, v.revision)
		}
	}
	if refused {
		body.Reports = nil
	}
	return verdicts, body
}

func atomicOutcomes(subs []Submission, verdicts []verdict, receipt Receipt) []Outcome {
	refused := slices.ContainsFunc(verdicts, func(v verdict) bool { return v.refused != nil })
	outcomes := make([]Outcome, len(subs))
	for i, v := range verdicts {
		switch {
		case v.refused != nil:
			outcomes[i] = refusal(subs[i], v.refused)
		case refused:
			outcomes[i] = refusal(subs[i], fault.Invalid("BATCH_REFUSED",
				"nothing is wrong with this report; another one of the batch was refused, and the batch is all or none"))
		case v.kind == Unchanged:
			outcomes[i] = v.outcome(Receipt{})
		default:
			outcomes[i] = v.outcome(receipt)
		}
	}
	return outcomes
}

// refusal is the outcome of a submission that was refused.
func refusal(sub Submission, err error) Outcome {
	o := Outcome{Kind: Refused, Err: err}
	if sub.Ref != (ReportRef{}) {
		o.Name = fmt.Sprintf("units/%s/reports/%s~%s", shorten(sub.Ref.Unit), shorten(sub.Ref.Form), shorten(sub.Ref.Period))
	}
	if etag, ok := fault.Of(err).Param("etag"); ok {
		o.Etag = etag
	}
	return o
}

// itemID is the request id of one item of a stream or batch, the same whenever the stream is sent again: half of the stream's
// id, which begins with a time where the client library made it, so that streams which go on side by side lie apart; the
// item's number, so that items lie on disk in their order and not each in a place of its own; and as much as there is room for
// of a hash of the whole id and the whole number, so that a stream whose id begins alike has other ids.
func itemID(stream [16]byte, index int) (id [16]byte) {
	var b [24]byte
	copy(b[:], stream[:])
	binary.BigEndian.PutUint64(b[16:], uint64(index)) //nolint:gosec // counts from 0
	h := sha256.Sum256(b[:])
	n := copy(id[:], stream[:8])
	n += copy(id[n:], b[21:])
	copy(id[n:], h[:])
	return id
}
