//go:build unix

package workload

import (
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// The states of revisions that there can be.
const (
	isSubmitted  = reportingv1.RevisionState_REVISION_STATE_SUBMITTED
	isApproved   = reportingv1.RevisionState_REVISION_STATE_APPROVED
	isReturned   = reportingv1.RevisionState_REVISION_STATE_RETURNED
	isSuperseded = reportingv1.RevisionState_REVISION_STATE_SUPERSEDED
)

// life is where the revisions of one report stand (R23): by number, from 1.
type life struct {
	states    []reportingv1.RevisionState
	reviewers []string
}

// submit adds a revision; one that waited gives way.
func (l *life) submit(number int) {
	for len(l.states) < number {
		l.states, l.reviewers = append(l.states, 0), append(l.reviewers, "")
	}
	l.giveWay(isSubmitted)
	l.states[number-1] = isSubmitted
}

func (l *life) giveWay(state reportingv1.RevisionState) {
	for i := range l.states {
		if l.states[i] == state {
			l.states[i] = isSuperseded
		}
	}
}

// is says whether a revision stands there.
func (l *life) is(number int, state reportingv1.RevisionState) bool {
	return number >= 1 && number <= len(l.states) && l.states[number-1] == state
}

// approve makes a revision that waits the official one; false if it does not wait.
func (l *life) approve(number int) bool {
	if !l.is(number, isSubmitted) {
		return false
	}
	l.giveWay(isApproved)
	l.states[number-1] = isApproved
	return true
}

// giveBack takes a revision out that waits or is approved; false if it does neither.
func (l *life) giveBack(number int) bool {
	if !l.is(number, isSubmitted) && !l.is(number, isApproved) {
		return false
	}
	l.states[number-1] = isReturned
	return true
}

func (l *life) reviewer(number int, principal string) {
	if number >= 1 && number <= len(l.reviewers) {
		l.reviewers[number-1] = principal
	}
}

// official is the number of the newest approved revision, 0 for none; provisional that of the newest that is approved
// or waits.
func (l *life) inForce() (official, provisional int) {
	for i, s := range l.states {
		if s == isApproved {
			official, provisional = i+1, i+1
		}
		if s == isSubmitted {
			provisional = i + 1
		}
	}
	return official, provisional
}

// states compares the states of all revisions with those that follow from the notes.
func (j *judge) states() {
	v := &j.verdict
	for name, r := range j.byName {
		life, list := j.life[r], j.seen.Revisions[r]
		official, provisional := life.inForce()
		for i, rev := range list {
			switch {
			case i >= len(life.states) || life.states[i] == 0:
				v.found(&v.Foreign, "revision %d of %s is there, and no change tells of its submission", rev.Number, name)
			case rev.State != life.states[i]:
				v.found(&v.Wrong, "revision %d of %s is %s, and the changes make it %s", rev.Number, name, rev.State, life.states[i])
			case rev.Official != (i+1 == official) || rev.Provisional != (i+1 == provisional):
				v.found(&v.Wrong, "revision %d of %s counts as official %t and provisional %t; by the changes revision %d is official and %d provisional",
					rev.Number, name, rev.Official, rev.Provisional, official, provisional)
			case rev.Reviewer != life.reviewers[i]:
				v.found(&v.Altered, "revision %d of %s was reviewed by %q, and by the changes by %q", rev.Number, name, rev.Reviewer, life.reviewers[i])
			}
		}
	}
}
