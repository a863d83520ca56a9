package aggregator

import (
	"time"

	"github.com/tonghop/tonghop/server/entry"
)

// place finds the record of a report; ok is false where there can be none.
func (t *Tx) place(key entry.ReportKey) (k reportKey, ok bool) {
	unit, known := t.snap.tree.Ordinal(key.Unit)
	form, formKnown := t.snap.forms.Ordinal(key.Form)
	if !known || !formKnown || form >= maxForms || !key.Period.Valid() {
		return reportKey{}, false
	}
	return reportKey{form: uint16(form), period: periodCode(key.Period), unit: uint32(unit)}, true //nolint:gosec // checked
}

// submit gives a report a new revision. A final one supersedes the one that was waiting (R23); the first final one
// decides whether the report is late (R7).
func (t *Tx) submit(h *entry.Header, s *entry.Submission) error {
	k, ok := t.place(s.Key)
	if !ok {
		return nil
	}
	rec, _, err := t.readRecord(k, nil)
	if err != nil || s.Revision <= rec.count {
		return err
	}
	if rec.count == 0 {
		t.ledger.reports++
	}
	sentBefore, tell := rec.sent, asBefore
	if !rec.sent {
		if err := t.redate(k, &rec, s.Deadline); err != nil {
			return err
		}
	}
	state := Draft
	if !s.Draft {
		state = Submitted
		if !rec.sent {
			rec.sent = true
			rec.late = rec.passed(h.Time)
		}
		if err := t.supersede(k, &rec, rec.waiting, h.Sequence); err != nil {
			return err
		}
		rec.waiting = s.Revision
		tell = corrects(sentBefore, &rec, h.Time)
	}
	rec.count = s.Revision
	body := submissionBody(make([]byte, 0, submissionGuess+figureGuess*len(s.Figures)), h, s)
	rec.held = append(rec.held, held{number: s.Revision, state: state, body: body})
	if err := t.stand(k, &rec, tell); err != nil {
		return err
	}
	if err := t.use(h.Sequence, s.Figures); err != nil {
		return err
	}
	if err := t.keepFigureTexts(k, s.Revision, s.Figures); err != nil {
		return err
	}
	return t.keepWith(k, &rec, state != Draft, s.Revision, s.Figures)
}

// redate gives a report, of which there are only drafts, the deadline that came with the next revision. The one before is
// kept with the draft that was the newest until then.
func (t *Tx) redate(k reportKey, rec *record, deadline time.Time) error {
	was := rec.deadline
	rec.deadline = deadline
	if rec.count == 0 || was.Equal(deadline) {
		return nil
	}
	return t.restate(k, rec, rec.count, Draft, func(s *story) { s.redated, s.deadline = true, was })
}

// How many bytes the story of a revision and a figure usually take.
const (
	submissionGuess = 16
	figureGuess     = 5
)

// restate gives a revision another state and adds to its story.
func (t *Tx) restate(k reportKey, rec *record, number int, state RevisionState, tell func(*story)) error {
	h := rec.find(number)
	if h == nil {
		return nil
	}
	if err := t.load(k, h); err != nil {
		return err
	}
	words, figures, ok := h.split()
	r := reader{b: words}
	told := r.story()
	if !ok || !r.done() {
		return reportBucket.damaged(k.append(nil))
	}
	tell(&told)
	h.body = bodyOf(make([]byte, 0, len(h.body)+submissionGuess), &told, figures)
	h.state, h.stale = state, h.apart
	return nil
}

func (t *Tx) supersede(k reportKey, rec *record, number int, sequence uint64) error {
	if number == 0 {
		return nil
	}
	return t.restate(k, rec, number, Superseded, func(s *story) { s.superseded = sequence })
}

// approve makes the waiting revision official; the one that was official is superseded.
func (t *Tx) approve(h *entry.Header, a entry.ReportApproved) error {
	k, ok := t.place(a.Key)
	if !ok {
		return nil
	}
	rec, ok, err := t.readRecord(k, nil)
	if err != nil || !ok || rec.waiting != a.Revision {
		return err
	}
	if err := t.supersede(k, &rec, rec.official, h.Sequence); err != nil {
		return err
	}
	err = t.restate(k, &rec, a.Revision, Approved, func(s *story) { s.approved = h.Sequence })
	if err != nil {
		return err
	}
	rec.official, rec.waiting = a.Revision, 0
	if err := t.stand(k, &rec, answered); err != nil {
		return err
	}
	return t.keep(k, &rec, true)
}

// giveBack takes a revision out: the waiting one, so that the approved one stands again in both bases, or the approved
// one, and then nothing older revives.
func (t *Tx) giveBack(h *entry.Header, r entry.ReportReturned) error {
	k, ok := t.place(r.Key)
	if !ok {
		return nil
	}
	rec, ok, err := t.readRecord(k, nil)
	if err != nil || !ok || r.Revision != rec.waiting && r.Revision != rec.official {
		return err
	}
	err = t.restate(k, &rec, r.Revision, Returned, func(s *story) { s.returned = h.Sequence })
	if err != nil {
		return err
	}
	if err := t.keepText(r.Reason); err != nil {
		return err
	}
	if r.Revision == rec.waiting {
		rec.waiting = 0
	} else {
		rec.official = 0
	}
	if err := t.stand(k, &rec, sentBack(&rec)); err != nil {
		return err
	}
	return t.keep(k, &rec, true)
}

// exclude takes an obligation out, whatever was sent for it, or with lift makes it one again. What it is already stays so.
func (t *Tx) exclude(key entry.ReportKey, reason string, lift bool) error {
	k, ok := t.place(key)
	if !ok {
		return nil
	}
	rec, _, err := t.readRecord(k, nil)
	if err != nil || rec.excluded() != lift {
		return err
	}
	rec.exclusions = append(rec.exclusions, t.position.Head.Sequence)
	if err := t.keepText(reason); err != nil {
		return err
	}
	if err := t.stand(k, &rec, asBefore); err != nil {
		return err
	}
	return t.keep(k, &rec, true)
}

// keep stores a record and, where something else counts now, moves the roll-ups.
func (t *Tx) keep(k reportKey, rec *record, counts bool) error {
	return t.keepWith(k, rec, counts, 0, nil)
}

// keepWith is keep for whoever has the figures of a revision at hand.
func (t *Tx) keepWith(k reportKey, rec *record, counts bool, fresh int, figures []entry.Figure) error {
	x := t.snap.derived()
	f := &x.forms[k.form]
	base := k.base()
	if !counts || base.Kind != f.frequency {
		return t.writeRecord(k, rec)
	}
	after, err := t.viewWith(k, rec, fresh, figures)
	if err != nil {
		return err
	}
	if err := t.shift(x, f, int(k.unit), base, after); err != nil {
		return err
	}
	return t.writeRecord(k, rec)
}
