package aggregator

import (
	"bytes"
	"time"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// RevisionState is where a revision stands (R23). The zero value is no state.
type RevisionState uint8

// The states.
const (
	// Draft was saved and not sent; it counts nowhere.
	Draft RevisionState = iota + 1
	// Submitted was sent and waits for approval; it counts in PROVISIONAL.
	Submitted
	// Approved counts in both bases, in PROVISIONAL until a newer one is sent.
	Approved
	// Returned was sent back; it counts nowhere.
	Returned
	// Superseded gave way to a newer revision, before it was approved or after.
	Superseded
)

// stateNames is indexed by state.
var stateNames = [...]string{"NONE", "DRAFT", "SUBMITTED", "APPROVED", "RETURNED", "SUPERSEDED"}

// String gives the word of the API; NONE for what is no state.
func (s RevisionState) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return stateNames[0]
}

// Report is one unit's figures for one form and one base period, with its history.
type Report struct {
	Key entry.ReportKey
	// Deadline is the one that was in force for the first submission that was not a draft, for it alone decides whether the
	// report is late (R7); as long as there are only drafts, that of the newest. Zero: the form has none for this kind.
	Deadline time.Time
	// Late says that the first submission that was not a draft was accepted at or after its deadline.
	Late bool
	// Revisions stand in the ascending order of their numbers, which count all of them from 1.
	Revisions []Revision
	// Official and Provisional are the numbers of the revisions that count in each basis; 0 if none does. Where the
	// obligation is taken out they are those that would.
	Official, Provisional int
	// Exclusions tell when the obligation was taken out, the first one first.
	Exclusions []Exclusion
}

// Exclusion is a time in which an obligation was taken out (R11).
type Exclusion struct {
	Excluded, Lifted Turn
}

// Turn is who did something that has no revision of its own, when and why. The zero value: nobody did.
type Turn struct {
	Sequence  uint64
	Principal string
	Time      time.Time
	Reason    string
	// TextsRemoved says that the reason is missing because it was removed (R36).
	TextsRemoved bool
}

// Excluded says that the obligation is taken out: nothing that was sent for it counts, and nothing is expected.
func (r Report) Excluded() bool {
	n := len(r.Exclusions)
	return n > 0 && r.Exclusions[n-1].Lifted.Sequence == 0
}

// Revision is one version of a report.
type Revision struct {
	Number int
	State  RevisionState
	// Figures are in ascending order of their numbers.
	Figures []entry.Figure
	// Principal, Time and Sequence are of the entry that made it.
	Principal string
	Time      time.Time
	Sequence  uint64
	// Merged, ActingFor, OnBehalf and RestoredFrom are as in the submission.
	Merged       bool
	ActingFor    hierarchy.ID
	OnBehalf     bool
	RestoredFrom int
	// Reviewer approved it or, later, returned it, at ReviewTime; Reason says why it was returned.
	Reviewer   string
	ReviewTime time.Time
	Reason     string
	// ApprovedIn and ReturnedIn are the entries that approved and returned it; 0 for none.
	ApprovedIn, ReturnedIn uint64
	// TextsRemoved says that notes and explanations, or the reason, are missing because they were removed (R36).
	TextsRemoved bool
}

// Newest gives the newest revision that was sent; false if there are only drafts.
func (r Report) Newest() (Revision, bool) {
	for i := len(r.Revisions) - 1; i >= 0; i-- {
		if r.Revisions[i].State != Draft {
			return r.Revisions[i], true
		}
	}
	return Revision{}, false
}

// Draft gives the draft that is being worked on: the newest revision, if it is one. What was saved before something was
// sent, or before another draft, is history.
func (r Report) Draft() (Revision, bool) {
	if n := len(r.Revisions); n > 0 && r.Revisions[n-1].State == Draft {
		return r.Revisions[n-1], true
	}
	return Revision{}, false
}

// Revision gives the revision with that number.
func (r Report) Revision(number int) (Revision, bool) {
	for i := range r.Revisions {
		if r.Revisions[i].Number == number {
			return r.Revisions[i], true
		}
	}
	return Revision{}, false
}

// Report gives a report with all its revisions; false if nothing was ever saved, and the obligation never taken out.
func (t *Tx) Report(key entry.ReportKey) (Report, bool, error) {
	k, ok := t.place(key)
	if !ok {
		return Report{}, false, nil
	}
	rec, ok, err := t.readRecord(k, nil)
	if err != nil || !ok {
		return Report{}, false, err
	}
	report, err := t.report(k, &rec)
	return report, err == nil, err
}

// report gives a record as others see it.
func (t *Tx) report(k reportKey, rec *record) (Report, error) {
	revisions, err := t.history(k, rec)
	if err != nil {
		return Report{}, err
	}
	exclusions, err := t.exclusions(rec)
	if err != nil {
		return Report{}, err
	}
	return Report{
		Key: entry.ReportKey{
			Unit: t.snap.tree.At(int(k.unit)).ID, Form: t.snap.forms.At(int(k.form)), Period: k.base(),
		},
		Deadline: rec.deadline, Late: rec.late, Revisions: revisions,
		Official: rec.official, Provisional: rec.provisional(), Exclusions: exclusions,
	}, nil
}

// exclusions tells of the turns of an obligation.
func (t *Tx) exclusions(rec *record) ([]Exclusion, error) {
	var list []Exclusion
	for n, sequence := range rec.exclusions {
		turn, err := t.turn(sequence)
		if err != nil {
			return nil, err
		}
		if n%2 == 0 {
			list = append(list, Exclusion{Excluded: turn})
		} else {
			list[len(list)-1].Lifted = turn
		}
	}
	return list, nil
}

// ScanReports visits the reports of a form for a base period in the order of the ordinals of their units, from the one
// after the given ordinal on; -1 begins. It ends when visit says false. Visit at most 500 in one transaction.
func (t *Tx) ScanReports(code form.Code, base period.Period, after int, visit func(ordinal int, r Report) (bool, error)) error {
	at, ok := t.snap.forms.Ordinal(code)
	if !ok || at >= maxForms || !base.Valid() {
		return nil
	}
	k := reportKey{form: uint16(at), period: periodCode(base)} //nolint:gosec // checked
	prefix := k.append(nil)[:reportKeyBytes-4]
	k.unit = uint32(max(0, after+1)) //nolint:gosec // an ordinal
	cursor := t.bucket(reportBucket).Cursor()
	for key, value := cursor.Seek(k.append(nil)); bytes.HasPrefix(key, prefix); key, value = cursor.Next() {
		raw, err := t.unseal(reportBucket, key, value)
		if err != nil {
			return err
		}
		k, rec, ok, err := t.recordOf(key, raw)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		report, err := t.report(k, &rec)
		if err != nil {
			return err
		}
		if more, err := visit(int(k.unit), report); err != nil || !more {
			return err
		}
	}
	return nil
}

// recordOf reads a key and its record; false if there was none as of the moment.
func (t *Tx) recordOf(key, raw []byte) (reportKey, record, bool, error) {
	rec, ok := decodeRecord(raw, nil)
	k, known := t.reportKeyOf(key)
	switch {
	case !ok || !known && t.asOf == nil:
		return k, rec, false, reportBucket.damaged(key)
	case t.asOf == nil || !known: // or the unit or the form came later
		return k, rec, known, nil
	}
	rec, ok, err := t.rewind(k, &rec)
	return k, rec, ok, err
}

// reportKeyOf reads a key; false if it names a unit or a form that is not there.
func (t *Tx) reportKeyOf(key []byte) (reportKey, bool) {
	if len(key) != reportKeyBytes {
		return reportKey{}, false
	}
	k := reportKeyOf(key)
	return k, int(k.unit) < t.snap.tree.Len() && int(k.form) < t.snap.forms.Len()
}
