package server

import (
	"context"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
	"github.com/tonghop/tonghop/server/rpc"
	"github.com/tonghop/tonghop/server/verify"
)

// Verify checks the journal's chain, and that every roll-up of the state is what the reports come to.
func (s *Store) Verify(ctx context.Context, progress func(verify.Report)) (verify.Report, error) {
	return verify.Run(ctx, s.journal, subject{s.state}, progress)
}

// subject shows the aggregator to those who verify it.
type subject struct{ state *aggregator.Store }

// Read answers questions from one read transaction.
func (s subject) Read(ctx context.Context, use func(journal.Head, func(verify.Question) (verify.Answer, error)) error) error {
	return s.state.View(ctx, func(tx *aggregator.Tx) error {
		var standings standings
		return use(tx.Position().Head, func(q verify.Question) (verify.Answer, error) {
			if q.Form != "" {
				return standings.of(tx, q)
			}
			basis := rollup.Official
			if q.Provisional {
				basis = rollup.Provisional
			}
			a, err := tx.Rollup(aggregator.Query{
				Unit: q.Unit, Indicator: q.Indicator, Period: q.Period, Basis: basis, Kind: q.Kind, Tree: q.Tree,
				Measure: map[verify.Measure]rollup.Measure{
					verify.AsReported: rollup.AsReported, verify.Own: rollup.Own, verify.YearToDate: rollup.YearToDate,
				}[q.Measure],
			})
			return said(a), err
		})
	})
}

// standings are those of the form and period that were asked about last.
type standings struct {
	form   form.Code
	period period.Period
	owed   *aggregator.Obligations
}

func (s *standings) of(tx *aggregator.Tx, q verify.Question) (verify.Answer, error) {
	if s.owed == nil || s.form != q.Form || s.period != q.Period {
		owed, err := tx.Obligations(q.Form, q.Period)
		if err != nil {
			return verify.Answer{}, err
		}
		*s = standings{q.Form, q.Period, owed}
	}
	unit, known := tx.Tree().Ordinal(q.Unit)
	if !known {
		return verify.Answer{}, nil
	}
	standing, err := s.owed.Of(unit)
	return verify.Answer{State: standing.String()}, err
}

// said puts an answer into the words that are compared.
func said(a aggregator.Answer) verify.Answer {
	r, c := a.Result, a.Result.Coverage
	answer := verify.Answer{
		State: r.State.String(), Value: r.Display, Numerator: r.NumeratorDisplay, Denominator: r.DenominatorDisplay,
		Expected: c.Expected, Received: c.Received, NotAvailable: c.NotAvailable, Missing: c.Missing,
		NotApplicable: c.NotApplicable, Excluded: c.Excluded, Late: c.Late, Stale: c.Stale,
		UnitsComplete: c.UnitsComplete, Units: c.Units, Half: c.Half, Unweighted: c.Unweighted, Gaps: c.Gaps, Over: c.Divisor,
		Fell: r.Fell, PartsDiffer: r.PartsDiffer, HeldBy: string(a.HeldBy),
	}
	if a.Crossing != aggregator.Within {
		answer.Crossing = a.Crossing.String()
	}
	if a.LastPeriod.Valid() {
		answer.Last = a.LastPeriod.String()
	}
	if r.DenominatorFrom.Valid() {
		answer.DenominatorFrom = r.DenominatorFrom.String()
	}
	return answer
}

// verifyForCall is Verify for a caller who is told over the wire.
func (s *Store) verifyForCall(ctx context.Context, progress func(rpc.VerifyProgress) error) (rpc.VerifyResult, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	report, err := s.Verify(ctx, func(r verify.Report) {
		if err := progress(progressOf(r)); err != nil {
			stop(err)
		}
	})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	result := rpc.VerifyResult{VerifyProgress: progressOf(report), Findings: report.Findings, Count: int64(report.FindingCount)}
	if err != nil {
		return result, err
	}
	_, result.Stamp, err = s.Service.GetStamp(ctx, s.Service.Local())
	return result, err
}

func progressOf(r verify.Report) rpc.VerifyProgress {
	return rpc.VerifyProgress{
		Entries: int64(r.Entries), TotalEntries: int64(r.TotalEntries), Rollups: int64(r.Rollups), //nolint:gosec // counts
		Removed: int64(r.Removed), //nolint:gosec // as above
	}
}
