package reporting

import (
	"context"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// excludedMark ends the etag of an obligation that is taken out.
const excludedMark = "-excluded"

// etagOfObligation names what a reviewer saw: the newest revision that was sent and its state, if there is one, and whether the
// obligation is taken out (R24).
func etagOfObligation(r aggregator.Report) string {
	etag := "none"
	if newest, sent := r.Newest(); sent {
		etag = etagOf(newest)
	}
	if r.Excluded() {
		etag += excludedMark
	}
	return etag
}

// obligation dresses an obligation for the caller, whether anything was sent for it or not.
func (g granted) obligation(r aggregator.Report) Report {
	shown, sent := g.report(r)
	if !sent {
		shown.Report = r
		if u, ok := g.tx.Tree().Unit(r.Key.Unit); ok {
			shown.UnitCode = u.Code
		}
	}
	shown.Etag = etagOfObligation(r)
	return shown
}

// GetExclusion says whether an obligation is taken out.
func (s *Service) GetExclusion(ctx context.Context, caller auth.Caller, ref ReportRef) (Report, Stamp, error) {
	var found Report
	var stamp Stamp
	err := s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		if err := who.need(auth.Read); err != nil {
			return err
		}
		at, err := who.place(ref)
		if err != nil {
			return err
		}
		if !who.readsReport(at.unit.ID, at.form, at.last) {
			return notSeen(ref.Unit).In("unit")
		}
		r, err := who.owedOrTurned(at)
		found = who.obligation(r)
		return err
	})
	return found, stamp, err
}

// owedOrTurned gives what is known of an obligation, and refuses one that is none and never was taken out.
func (g granted) owedOrTurned(at place) (aggregator.Report, error) {
	r, _, err := g.tx.Report(at.key)
	if err != nil {
		return r, err
	}
	r.Key = at.key
	switch {
	case len(r.Exclusions) > 0:
		return r, nil
	case !at.unit.ValidOn(at.last):
		return r, notValid(at)
	case !at.form.Owes(g.tx.Tree(), at.unit, at.key.Period):
		return r, notAssigned(at)
	}
	return r, nil
}

// ListExclusions lists the obligations of a form that are taken out by period, then in the order of the codes of their units.
func (s *Service) ListExclusions(ctx context.Context, caller auth.Caller, f ReportFilter) (ReportPage, error) {
	return s.listReports(ctx, caller, f, "exclusions", func(who granted, r aggregator.Report) (Report, bool) {
		return who.obligation(r), r.Excluded()
	})
}

// Exclude takes an obligation out (R11).
func (s *Service) Exclude(ctx context.Context, call Call, ref ReportRef, etag, reason string) (Report, Receipt, Stamp, error) {
	return s.turn(ctx, call, "ExclusionService.ExcludeReport", ref, etag, reason, func(who granted, at place, r aggregator.Report, why string) (entry.Body, error) {
		if r.Excluded() {
			return nil, fault.Precondition("ALREADY_EXCLUDED", "%s is taken out already, by %s on %s", ReportName(at.key),
				lastExclusion(r).Excluded.Principal, period.DayOf(lastExclusion(r).Excluded.Time)).In("name")
		}
		return entry.ObligationExcluded{Key: at.key, Reason: why}, nil
	})
}

// Lift makes an obligation one again that was taken out.
func (s *Service) Lift(ctx context.Context, call Call, ref ReportRef, etag, reason string) (Report, Receipt, Stamp, error) {
	return s.turn(ctx, call, "ExclusionService.LiftExclusion", ref, etag, reason, func(_ granted, at place, r aggregator.Report, why string) (entry.Body, error) {
		if !r.Excluded() {
			return nil, fault.Precondition("NOT_EXCLUDED", "%s is not taken out; there is nothing to lift", ReportName(at.key)).In("name")
		}
		return entry.ExclusionLifted{Key: at.key, Reason: why}, nil
	})
}

func lastExclusion(r aggregator.Report) aggregator.Exclusion {
	return r.Exclusions[len(r.Exclusions)-1]
}

// turn is the road of both.
func (s *Service) turn(
	ctx context.Context, call Call, method string, ref ReportRef, etag, reason string,
	decide func(who granted, at place, r aggregator.Report, why string) (entry.Body, error),
) (Report, Receipt, Stamp, error) {
	_, receipt, err := change(ctx, s, mutation[struct{}]{
		call: call, method: method, hash: hashReview(method, ref, etag).text("reason", reason).sum(), size: 512,
		decide: func(who granted, _ committer.Slot) (none struct{}, body entry.Body, err error) {
			at, err := who.reviewing(ref)
			if err != nil {
				return none, nil, err
			}
			why, err := reasonGiven(reason)
			if err != nil {
				return none, nil, err
			}
			r, err := who.owedOrTurned(at)
			if err != nil {
				return none, nil, err
			}
			if now := etagOfObligation(r); etag != now {
				return none, nil, etagMismatch(etag, now)
			}
			if err := who.notClosed(at); err != nil {
				return none, nil, err
			}
			body, err = decide(who, at, r, why)
			return none, body, err
		},
		recall: func(who granted, _ uint64) (none struct{}, err error) {
			_, err = who.reviewing(ref)
			return none, err
		},
	})
	if err != nil {
		return Report{}, Receipt{}, Stamp{}, err
	}
	found, stamp, err := s.GetExclusion(ctx, call.Caller, ref)
	return found, receipt, stamp, err
}

// reasonGiven cleans a reason and refuses to go without one.
func reasonGiven(reason string) (string, error) {
	clean, err := text.Note("reason", reason)
	if err != nil {
		return "", err
	}
	if clean == "" {
		return "", fault.Invalid("REASON_REQUIRED", "this needs a reason: say why").In("reason")
	}
	return clean, nil
}

// excluded refuses a change of the report of an obligation that is taken out.
func excluded(at place, r aggregator.Report) error {
	if !r.Excluded() {
		return nil
	}
	last := lastExclusion(r).Excluded
	return fault.Precondition("OBLIGATION_EXCLUDED",
		"%s is taken out since %s by %s, and nothing is to be reported; ask the reviewer to lift that first",
		ReportName(at.key), period.DayOf(last.Time), last.Principal).With("name", ReportName(at.key)).With("principal", last.Principal).In("name")
}
