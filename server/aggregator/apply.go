package aggregator

import (
	"errors"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/journal"
)

// Apply makes an entry part of the state; head is the journal's head once the entry is its last. It is total (R31): the
// entry is durable already, so it validates nothing, and fails only where the disk failed, the state is damaged, or the
// entry is not the one that follows. After an error the transaction can only be rolled back.
//
// What cannot be placed is passed over, always in the same way: a version of a unit, a link, an indicator, a form or a rule that
// the tree, the catalogue or the set refuses, or whose number is not its own; a report of a unit or form that is not there;
// a revision whose number was given already; an approval or a return of a revision that is not waiting or approved;
// an exclusion of what is excluded already, or a lifting of what is not; a closing whose version was given already, or a
// reopening of one that is not the last.
// The entry counts all the same: its sequence, its request id and the note of the change are kept.
func (t *Tx) Apply(e entry.Entry, head journal.Head) error {
	switch next := t.position.Head.Sequence + 1; {
	case !t.writing:
		return fault.Internal(nil, "the transaction only reads")
	case t.failed != nil:
		return t.failed
	case e.Header.Sequence != next || head.Sequence != next:
		return fault.Internal(nil, "entry %d at head %d was applied where %d follows", e.Header.Sequence, head.Sequence, next)
	}
	t.position.Head, t.position.Time, t.applied = head, e.Header.Time, true
	before := t.snap
	if err := t.take(&e); err != nil {
		t.failed = err
		return err
	}
	t.define(before)
	return nil
}

func (t *Tx) take(e *entry.Entry) error {
	if err := t.forget(e.Header.Time); err != nil {
		return err
	}
	if err := errors.Join(t.name(e.Header.Principal), t.name(e.Header.Method)); err != nil {
		return err
	}
	if err := t.remember(&e.Header); err != nil {
		return err
	}
	// Before the body: whatever it changes says by the note who made it.
	if err := t.note(e); err != nil {
		return err
	}
	if err := t.applyBody(e); err != nil {
		return err
	}
	return t.rest()
}

func (t *Tx) applyBody(e *entry.Entry) error {
	switch body := e.Body.(type) {
	case entry.UnitsChanged:
		return t.reorganise(hierarchy.Reorganisation{Units: body.Units}, "")
	case entry.UnitsReorganised:
		return t.reorganise(body.Reorganisation, body.Note)
	case entry.IndicatorsChanged:
		return t.applyIndicators(body.Indicators)
	case entry.FormsChanged:
		return t.applyForms(body.Forms)
	case entry.HolidaysChanged:
		return t.applyHolidays(body.Holidays)
	case entry.RulesChanged:
		return t.applyRules(body.Rules)
	case entry.TokenIssued, entry.TokenRotated, entry.TokenRevoked, entry.ProofBound, entry.ProofUnbound:
		return t.applyAccess(e)
	case entry.SubscriptionCreated:
		return t.subscribe(&body.Subscription)
	case entry.SubscriptionDeleted:
		return t.unsubscribe(&e.Header, body.ID)
	case entry.EntryRedacted:
		return t.redact(&e.Header, body)
	case entry.StoreRestored:
		return t.restore(&e.Header, body)
	case entry.KeyIntroduced:
		return t.introduce(e.Header.Sequence, body)
	}
	return t.applyLife(e)
}

// applyAccess is applyBody for who may do what, and what proves it.
func (t *Tx) applyAccess(e *entry.Entry) error {
	switch body := e.Body.(type) {
	case entry.TokenIssued:
		return t.issueBy(&e.Header, body.Token)
	case entry.TokenRotated:
		return t.rotate(body)
	case entry.TokenRevoked:
		return t.revoke(&e.Header, body.ID)
	case entry.ProofBound:
		return t.bindProof(&e.Header, body.Binding)
	case entry.ProofUnbound:
		return t.unbindProof(&e.Header, body.Proof)
	}
	return nil
}

// applyLife is applyBody for what becomes of reports, obligations and periods.
func (t *Tx) applyLife(e *entry.Entry) error {
	switch body := e.Body.(type) {
	case entry.ReportsSubmitted:
		return t.submitEach(&e.Header, body.Reports)
	case entry.ReportApproved:
		return t.approve(&e.Header, body)
	case entry.ReportReturned:
		return t.giveBack(&e.Header, body)
	case entry.ObligationExcluded:
		return t.exclude(body.Key, body.Reason, false)
	case entry.ExclusionLifted:
		return t.exclude(body.Key, body.Reason, true)
	case entry.PeriodClosed:
		return t.close(body)
	case entry.PeriodReopened:
		return t.reopen(body)
	}
	return t.applyPapers(e.Body)
}

func (t *Tx) submitEach(h *entry.Header, reports []entry.Submission) error {
	for i := range reports {
		if err := t.submit(h, &reports[i]); err != nil {
			return err
		}
	}
	return nil
}

// How much a long transaction, such as a replay, keeps in memory between two entries.
const (
	restAtYears = 4096
	restAtRows  = 3 * keptRows / 2
)

// rest keeps a long transaction from growing.
func (t *Tx) rest() error {
	if len(t.memory.years) > restAtYears {
		t.memory.forgetViews()
	}
	if len(t.memory.standings) > 4*keptStandings {
		if err := t.flushStandings(); err != nil {
			return err
		}
		clear(t.memory.standings)
	}
	return t.settle(restAtRows)
}
