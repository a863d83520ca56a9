//go:build unix

package workload

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
)

// Verdict is what the judge found.
type Verdict struct {
	// Acknowledged items had to be there; Unknown ones might, and Accepted of them were.
	Acknowledged, Unknown, Accepted int
	// Lost, Doubled, Altered and Foreign count what is wrong: acknowledged and not there; there twice; there otherwise
	// than it was sent; there and sent by nobody, or refused. Wrong counts everything else.
	Lost, Doubled, Altered, Foreign, Wrong int
	// Head is the last sequence; Revisions and Rollups are how many were compared.
	Head               int64
	Revisions, Rollups int
	// Findings say what is wrong, at most the first 20.
	Findings []string
}

// mostFindings is how many are kept, toldFindings how many of them the error tells.
const mostFindings, toldFindings = 20, 3

// Err is the broken promise, nil if there is none.
func (v *Verdict) Err() error {
	if v.Lost+v.Doubled+v.Altered+v.Foreign+v.Wrong == 0 {
		return nil
	}
	return check.Broken("lost %d, doubled %d, altered %d, foreign %d, wrong %d: %s",
		v.Lost, v.Doubled, v.Altered, v.Foreign, v.Wrong, strings.Join(v.Findings[:min(len(v.Findings), toldFindings)], "; "))
}

func (v *Verdict) found(count *int, format string, args ...any) {
	*count++
	if len(v.Findings) < mostFindings {
		v.Findings = append(v.Findings, fmt.Sprintf(format, args...))
	}
}

// Judge asks the server that the world is connected to for everything, and holds it against the record. What was
// acknowledged before the mark must be there, the rest may be. Nobody may be working meanwhile. The error is a broken
// promise, or tells why the server could not be asked.
func (w *World) Judge(ctx context.Context, must Mark) (Verdict, error) {
	seen, err := w.Read(ctx)
	if err != nil {
		return Verdict{}, fmt.Errorf("judge: %w", err)
	}
	v := w.Compare(seen, must)
	return v, v.Err()
}

// Compare holds what a server shows against the record.
func (w *World) Compare(s Seen, must Mark) Verdict {
	j := judge{shape: w.shape, founded: w.founded, notes: w.notes, also: w.also, untold: w.untold, seen: s, attempts: w.Attempts(), made: w.changesMade(), must: must}
	j.verdict.Head = s.Head
	j.sequences()
	j.reforms()
	j.index()
	j.revisions()
	j.reviews()
	j.complete()
	j.states()
	j.rollups()
	return j.verdict
}

// judge is one comparison.
type judge struct {
	shape    Shape
	founded  int64
	notes    []Change
	also     []reportingv1.ChangeKind
	untold   []int64
	seen     Seen
	attempts []Attempt
	made     []madeReform
	must     Mark
	verdict  Verdict

	bySerial map[int64]place
	// sent are the reviews that were tried, by what they ask for.
	sent map[review][]place
	// at finds the revision that a submission's note tells of; noted are the revisions of which one tells.
	byName map[string]Report
	there  map[place]bool
	// life is where each report's revisions stand, by the notes.
	life map[Report]*life
}

// review is what an approval or return does.
type review struct {
	kind     Kind
	report   Report
	revision int
}

// sequences demands every sequence, and the founding as it was.
func (j *judge) sequences() {
	v, changes := &j.verdict, j.seen.Changes
	if !slices.IsSortedFunc(changes, func(a, b Change) int { return int(a.Sequence - b.Sequence) }) {
		v.found(&v.Wrong, "the changes are not in the order of their sequences")
	}
	there := map[int64]bool{}
	var founding []Change
	for _, c := range changes {
		if there[c.Sequence] = true; c.Sequence <= j.founded {
			founding = append(founding, c)
		}
	}
	if !slices.Equal(founding, j.notes) {
		v.found(&v.Altered, "the %d changes of the founding are shown otherwise than before, %d of them", len(j.notes), len(founding))
	}
	for n := j.founded + 1; n <= j.seen.Head; n++ {
		if !there[n] && !slices.Contains(j.untold, n) {
			v.found(&v.Lost, "there is no change with sequence %d, and the head is %d", n, j.seen.Head)
		}
	}
	if n := len(changes); n > 0 && changes[n-1].Sequence > j.seen.Head {
		v.found(&v.Wrong, "the last change has sequence %d, and the head is %d", changes[n-1].Sequence, j.seen.Head)
	}
}

// index prepares what the others look up, and counts.
func (j *judge) index() {
	j.bySerial, j.sent, j.there = map[int64]place{}, map[review][]place{}, map[place]bool{}
	j.byName, j.life = map[string]Report{}, map[Report]*life{}
	for _, r := range j.shape.reports(j.shape.Reforms) {
		j.byName[r.Name()], j.life[r] = r, &life{}
	}
	for i := range j.attempts {
		a := &j.attempts[i]
		for n := range a.Items {
			item := &a.Items[n]
			at := place{attempt: a, item: n}
			switch {
			case j.binds(item):
				j.verdict.Acknowledged++
			case item.Outcome != Refused:
				j.verdict.Unknown++
			}
			if item.Figures != nil {
				j.bySerial[item.Serial] = at
				continue
			}
			asked := review{kind: a.Kind, report: item.Report, revision: item.Seen}
			j.sent[asked] = append(j.sent[asked], at)
		}
	}
}

// binds says that an item must be there.
func (j *judge) binds(i *Item) bool { return i.Outcome == Acknowledged && i.acked <= j.must }

// accept notes that an item is there, or says why it must not be.
func (j *judge) accept(at place, sequence int64, revision int, principal, where string) {
	v, item := &j.verdict, &at.attempt.Items[at.item]
	told := func() string { return at.attempt.tell(at.item) }
	switch {
	case j.there[at]:
		v.found(&v.Doubled, "%s is there a second time, at %d as revision %d: %s", where, sequence, revision, told())
	case item.Outcome == Refused:
		v.found(&v.Foreign, "%s is there at %d as revision %d, and was refused: %s", where, sequence, revision, told())
	case principal != at.attempt.Principal:
		v.found(&v.Altered, "%s is there at %d by %s: %s", where, sequence, principal, told())
	case item.Outcome == Acknowledged && (item.Sequence != sequence || item.Revision != revision):
		v.found(&v.Altered, "%s is there at %d as revision %d: %s", where, sequence, revision, told())
	}
	j.there[at] = true
	if !j.binds(item) {
		v.Accepted++
	}
}

// revisions traces every revision to the attempt that made it.
func (j *judge) revisions() {
	v := &j.verdict
	if int(j.seen.Reports) != len(j.seen.Revisions) {
		v.found(&v.Wrong, "the status counts %d reports, and %d can be read", j.seen.Reports, len(j.seen.Revisions))
	}
	for name, r := range j.byName {
		for i, rev := range j.seen.Revisions[r] {
			v.Revisions++
			if rev.Number != i+1 {
				v.found(&v.Lost, "%s has a revision %d where %d should follow", name, rev.Number, i+1)
			}
			serial, _ := strconv.ParseInt(rev.Figures[0].Value, 10, 64) // no number is no serial either
			at, ok := j.bySerial[serial]
			switch {
			case !ok:
				v.found(&v.Foreign, "nobody sent revision %d of %s with %v", rev.Number, name, rev.Figures)
				continue
			case at.attempt.Items[at.item].Report != r:
				v.found(&v.Altered, "revision %d of %s has the figures of another report: %s", rev.Number, name, at.attempt.tell(at.item))
				continue
			case !same(at.attempt.Items[at.item].Figures, rev.Figures):
				v.found(&v.Altered, "revision %d of %s has %v, and what was sent is %v: %s",
					rev.Number, name, rev.Figures, at.attempt.Items[at.item].Figures, at.attempt.tell(at.item))
			}
			j.accept(at, rev.Sequence, rev.Number, rev.Principal, "revision "+strconv.Itoa(rev.Number)+" of "+name)
		}
	}
}

// reviews traces every approval and return to the attempt that made it, and lets the notes tell the lives of the reports.
func (j *judge) reviews() {
	v := &j.verdict
	for _, c := range j.seen.Changes {
		if c.Sequence <= j.founded {
			continue
		}
		if slices.Contains(j.also, c.Kind) {
			continue
		}
		r, ok := j.byName[c.Name]
		switch c.Kind {
		case reportingv1.ChangeKind_CHANGE_KIND_ACCESS, reportingv1.ChangeKind_CHANGE_KIND_STORE:
			continue // of the check itself
		case reportingv1.ChangeKind_CHANGE_KIND_UNITS:
			if j.shape.Reforms == 0 {
				v.found(&v.Foreign, "at %d there is %s of %q, which nobody sent", c.Sequence, c.Kind, c.Name)
			}
			continue // see reforms
		case reportingv1.ChangeKind_CHANGE_KIND_REPORT_SUBMITTED:
			j.submitted(c, r, ok)
			continue
		case reportingv1.ChangeKind_CHANGE_KIND_REPORT_APPROVED, reportingv1.ChangeKind_CHANGE_KIND_REPORT_RETURNED:
		default:
			ok = false
		}
		if !ok {
			v.found(&v.Foreign, "at %d there is %s of %q, which nobody sent", c.Sequence, c.Kind, c.Name)
			continue
		}
		asked := review{kind: Approval, report: r}
		if c.Kind == reportingv1.ChangeKind_CHANGE_KIND_REPORT_RETURNED {
			asked.kind = Return
		}
		j.reviewed(c, asked)
	}
}

// submitted holds the note of a submission against the revision.
func (j *judge) submitted(c Change, r Report, known bool) {
	v := &j.verdict
	list := j.seen.Revisions[r]
	switch {
	case !known || c.Revision < 1 || c.Revision > len(list):
		v.found(&v.Lost, "at %d revision %d of %s was submitted, and it cannot be read", c.Sequence, c.Revision, c.Name)
		return
	case list[c.Revision-1].Sequence != c.Sequence || list[c.Revision-1].Principal != c.Principal:
		v.found(&v.Altered, "at %d revision %d of %s was submitted by %s, and it shows sequence %d and %s",
			c.Sequence, c.Revision, c.Name, c.Principal, list[c.Revision-1].Sequence, list[c.Revision-1].Principal)
	}
	j.life[r].submit(c.Revision)
}

// reviewed finds the attempt of a review: the one with its receipt, else one of unknown outcome. A return may have been
// of the revision that was approved before the one that its sender saw: his serial number stands in the reason.
func (j *judge) reviewed(c Change, asked review) {
	v, life := &j.verdict, j.life[asked.report]
	of := fmt.Sprintf("the %s at %d of revision %d of %s", asked.kind, c.Sequence, c.Revision, c.Name)
	asked.revision = c.Revision
	var candidates []place
	if asked.kind == Approval {
		candidates = j.sent[asked]
		if !life.approve(c.Revision) {
			v.found(&v.Wrong, "%s is of one that does not wait", of)
		}
	} else {
		if list := j.seen.Revisions[asked.report]; c.Revision >= 1 && c.Revision <= len(list) {
			for seen := range len(list) + 1 {
				asked.revision = seen
				candidates = append(candidates, slices.DeleteFunc(slices.Clone(j.sent[asked]), func(at place) bool {
					return reason(at.attempt.Items[at.item].Serial) != list[c.Revision-1].Reason
				})...)
			}
		}
		if !life.giveBack(c.Revision) {
			v.found(&v.Wrong, "%s is of one that neither waits nor is approved", of)
		}
	}
	life.reviewer(c.Revision, c.Principal)
	best := -1
	for i, at := range candidates {
		item := &at.attempt.Items[at.item]
		if !j.there[at] && (item.Outcome == Acknowledged && item.Sequence == c.Sequence || item.Outcome == Unknown && best < 0) {
			best = i
		}
	}
	switch {
	case best >= 0:
		j.accept(candidates[best], c.Sequence, c.Revision, c.Principal, of)
	case len(candidates) > 0:
		j.accept(candidates[0], c.Sequence, c.Revision, c.Principal, of)
	default:
		v.found(&v.Foreign, "nobody sent %s", of)
	}
}

// complete demands what was acknowledged.
func (j *judge) complete() {
	v := &j.verdict
	for i := range j.attempts {
		a := &j.attempts[i]
		for n := range a.Items {
			if j.binds(&a.Items[n]) && !j.there[place{attempt: a, item: n}] {
				v.found(&v.Lost, "not there: %s", a.tell(n))
			}
		}
	}
}

// same compares figures.
func same(sent, shown []Figure) bool {
	return slices.EqualFunc(sent, shown, func(a, b Figure) bool {
		return a.State == b.State && sameNumber(a.Value, b.Value) && sameNumber(a.Numerator, b.Numerator) && sameNumber(a.Denominator, b.Denominator)
	})
}
