package reporting

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// ClosingRef names a closing as a caller writes it. The owner may be a bare code, which is resolved on the last day of the
// period, or be left out where the form or the caller's token says it.
type ClosingRef struct{ Form, Period, Owner string }

// ParseClosingName reads "forms/F/closings/PERIOD" or "forms/F/closings/PERIOD~OWNER".
func ParseClosingName(name string) (ClosingRef, error) {
	const longest = 200
	parts := strings.SplitN(name, "/", 5)
	if len(name) <= longest && len(parts) == 4 && parts[0] == "forms" && parts[2] == "closings" && parts[1] != "" {
		per, owner, owned := strings.Cut(parts[3], "~")
		if per != "" && owned == (owner != "") {
			return ClosingRef{Form: parts[1], Period: per, Owner: owner}, nil
		}
	}
	return ClosingRef{}, fault.Invalid("CLOSING_NAME_INVALID",
		"closing name %q: write forms/FORM/closings/PERIOD or forms/FORM/closings/PERIOD~OWNER, such as forms/cds-thang/closings/2024-02~87",
		shorten(name)).With("value", shorten(name)).In("name")
}

// ClosingState says whether reports of a period may change.
type ClosingState uint8

// The states.
const (
	_ ClosingState = iota
	PeriodOpen
	PeriodClosed
	// PeriodReopened is closed, and open for a time to all or some.
	PeriodReopened
)

// Closing is a closing as it is shown.
type Closing struct {
	aggregator.Closing
	OwnerCode hierarchy.Code
	State     ClosingState
	Etag      string
	// Waiting are the first of the reports that wait for approval, WaitingCount is how many there are.
	Waiting      []entry.ReportKey
	WaitingCount int
	First, Last  period.Day
}

// closingEtag names what was seen: the last closing, and how often it was opened again.
func closingEtag(c aggregator.Closing) string {
	newest, _ := c.Newest()
	return fmt.Sprintf("%d-%d", newest.Number, len(newest.Reopenings))
}

// shownWaiting is how many waiting reports are named.
const shownWaiting = 50

// closingPlace is what a reference names.
type closingPlace struct {
	key   entry.ClosingKey
	form  form.Form
	owner hierarchy.Unit
	last  period.Day
}

// closingAt finds what a reference names, among the forms and units that the caller sees. A unit below the owner is told of
// the closing that binds it.
func (g granted) closingAt(ref ClosingRef) (closingPlace, error) {
	p, err := period.Parse(ref.Period)
	if err != nil {
		return closingPlace{}, fault.Of(err).In("period")
	}
	f, err := formOf(g.tx.Definitions(), ref.Form, p)
	if err != nil {
		return closingPlace{}, err
	}
	if !g.readsForm(f.Code) {
		return closingPlace{}, g.formNotGranted(ref.Form)
	}
	at := closingPlace{form: f, last: f.Last(p)}
	if at.owner, err = g.ownerOf(f, ref.Owner, at.last); err != nil {
		return closingPlace{}, fault.Of(err).In("owner")
	}
	if !at.owner.ValidOn(at.last) {
		return closingPlace{}, fault.Precondition("UNIT_NOT_VALID",
			"unit %s does not stand on %s, the last day of %s, so nothing stands below it that could be closed; name the unit that stood on that day",
			at.owner, at.last, p).With("unit", at.owner.ID).With("period", p.String()).With("day", at.last.String()).In("owner")
	}
	at.key = entry.ClosingKey{Form: f.Code, Period: p, Owner: at.owner.ID}
	return at, nil
}

// ownerOf finds below which unit a form is closed: the form's owner; where it has none the unit that is named, or that of the
// caller, or the only one that stands below none.
func (g granted) ownerOf(f form.Form, ref string, on period.Day) (hierarchy.Unit, error) {
	tree := g.tx.Tree()
	if ref == "" {
		for _, id := range []hierarchy.ID{f.Owner, g.Token.Unit} {
			if u, known := tree.Unit(id); known && id != "" {
				return u, nil
			}
		}
		if roots := g.roots(on); len(roots) == 1 {
			return roots[0], nil
		}
		return hierarchy.Unit{}, fault.Invalid("OWNER_REQUIRED",
			"form %s names no owner: say below which unit it is closed, such as forms/%s/closings/PERIOD~87", f.Code, f.Code.Fold()).
			With("form", f.Code)
	}
	owner, err := g.resolve(ref, on, func(id hierarchy.ID) bool { return g.boundBy(id, on) })
	switch {
	case err != nil:
		return hierarchy.Unit{}, err
	case f.Owner != "" && f.Owner != owner.ID:
		return hierarchy.Unit{}, fault.Invalid("OWNER_NOT_OF_FORM", "form %s belongs to %s and is closed there, not below %s", f.Code, f.Owner, owner.ID).
			With("form", f.Code).With("owner", f.Owner).With("unit", owner.ID)
	}
	return owner, nil
}

// roots are the units of a day that stand below none.
func (g granted) roots(on period.Day) []hierarchy.Unit {
	var roots []hierarchy.Unit
	for n := range g.tx.Tree().Len() {
		if u := g.tx.Tree().At(n); u.Parent == "" && u.ValidOn(on) {
			roots = append(roots, u)
		}
	}
	return roots
}

// boundBy says whether a closing below the unit is the caller's business: he reads the unit, or sits below it.
func (g granted) boundBy(unit hierarchy.ID, on period.Day) bool {
	return g.reads(unit, on) || g.Token.Unit != "" && g.tx.Tree().Within(g.Token.Unit, unit, g.standing(g.Token.Unit, on))
}

// notSeen refuses an owner out of sight in the words for one that is not there.
func (r ClosingRef) notSeen(owner hierarchy.ID) error {
	return notSeen(cmp.Or(r.Owner, string(owner))).In("owner")
}

// GetClosing tells how a period of a form stands.
func (s *Service) GetClosing(ctx context.Context, caller auth.Caller, ref ClosingRef) (Closing, Stamp, error) {
	var found Closing
	var stamp Stamp
	err := s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		if err := who.need(auth.Read); err != nil {
			return err
		}
		at, err := who.closingAt(ref)
		if err != nil {
			return err
		}
		if !who.boundBy(at.owner.ID, at.last) {
			return ref.notSeen(at.owner.ID)
		}
		c, err := tx.Closing(at.key)
		if err != nil {
			return err
		}
		found = who.shownClosing(c)
		if !who.reads(c.Key.Owner, at.last) {
			return nil // which reports wait is told to those alone who may read them all
		}
		waiting, err := who.waiting(c.Key, at.last)
		found.Waiting, found.WaitingCount = waiting[:min(len(waiting), shownWaiting)], len(waiting)
		return err
	})
	return found, stamp, err
}

// shownClosing dresses a closing, without the reports that wait.
func (g granted) shownClosing(c aggregator.Closing) Closing {
	shown := Closing{Closing: c, Etag: closingEtag(c), State: PeriodOpen}
	if u, ok := g.tx.Tree().Unit(c.Key.Owner); ok {
		shown.OwnerCode = u.Code
	}
	f, _ := g.tx.Forms().Latest(c.Key.Form)
	shown.First, shown.Last = f.Calendar.First(c.Key.Period), f.Last(c.Key.Period)
	if newest, closed := c.Newest(); closed {
		shown.State = PeriodClosed
		if slices.ContainsFunc(newest.Reopenings, func(r aggregator.Reopening) bool { return g.now.Before(r.Until) }) {
			shown.State = PeriodReopened
		}
	}
	return shown
}

// waiting lists the reports below the owner that wait for approval, by the ids of their units.
func (g granted) waiting(k entry.ClosingKey, last period.Day) ([]entry.ReportKey, error) {
	var list []entry.ReportKey
	err := g.tx.Waiting(k.Form, k.Period, func(ordinal, _ int) {
		if u := g.tx.Tree().At(ordinal); g.tx.Tree().Within(u.ID, k.Owner, last) {
			list = append(list, entry.ReportKey{Unit: u.ID, Form: k.Form, Period: k.Period})
		}
	})
	slices.SortFunc(list, func(a, b entry.ReportKey) int { return strings.Compare(string(a.Unit), string(b.Unit)) })
	return list, err
}

// closeable finds a closing and refuses whoever may not close it: to close is to approve, for the owner.
func (g granted) closeable(ref ClosingRef) (closingPlace, error) {
	if err := g.need(auth.Approve); err != nil {
		return closingPlace{}, err
	}
	at, err := g.closingAt(ref)
	if err != nil {
		return closingPlace{}, err
	}
	if !g.may(auth.Approve, auth.Scope{Unit: at.owner.ID, On: g.standing(at.owner.ID, at.last), Form: at.form.Code}) {
		if g.boundBy(at.owner.ID, at.last) {
			return closingPlace{}, fault.Denied("NOT_THE_OWNER", "form %s is closed and opened again by approvers of %s", at.form.Code, at.owner).
				With("form", at.form.Code).With("owner", at.owner.ID)
		}
		return closingPlace{}, ref.notSeen(at.owner.ID)
	}
	return at, nil
}

// closeTries is how often the rows are computed anew because something changed meanwhile.
const closeTries = 6

// ClosePeriod freezes the official roll-ups of a period below the owner (R27). They are computed before it is the request's turn,
// and proposed; where something that they hang on has changed by then, they are computed again.
func (s *Service) ClosePeriod(ctx context.Context, call Call, ref ClosingRef, etag, reason string, force bool) (Closing, Receipt, Stamp, error) {
	const method = "ClosingService.ClosePeriod"
	hash := hashClosing(method, ref, etag).text("reason", reason).flag("force", force).sum()
	var receipt Receipt
	for try := 1; ; try++ {
		rows, err := s.freeze(ctx, call.Caller, ref)
		if err == nil {
			_, receipt, err = change(ctx, s, mutation[struct{}]{
				call: call, method: method, hash: hash, size: 1<<10 + rows.table.Bytes(), slow: true,
				decide: func(who granted, _ committer.Slot) (none struct{}, body entry.Body, err error) {
					body, err = who.close(ref, etag, reason, force, rows)
					return none, body, err
				},
				recall: func(who granted, _ uint64) (none struct{}, err error) {
					_, err = who.closeable(ref)
					return none, err
				},
			})
		}
		if fault.ReasonOf(err) == reasonDisturbed && try < closeTries {
			continue
		}
		if err != nil {
			return Closing{}, Receipt{}, Stamp{}, err
		}
		break
	}
	found, stamp, err := s.GetClosing(ctx, call.Caller, ref)
	return found, receipt, stamp, err
}

func hashClosing(method string, ref ClosingRef, etag string) canonical {
	return canon(method).text("form", ref.Form).text("period", ref.Period).text("owner", ref.Owner).text("etag", etag)
}

// close decides a closing whose rows were computed.
func (g granted) close(ref ClosingRef, etag, reason string, force bool, rows frozen) (entry.Body, error) {
	at, err := g.closeable(ref)
	if err != nil {
		return nil, err
	}
	why, err := text.Note("reason", reason)
	if err != nil {
		return nil, err
	}
	if p := at.key.Period; period.TooEarly(at.form.Calendar, p, g.now) {
		return nil, fault.Precondition("PERIOD_TOO_EARLY", "%s ends on %s; it can be closed from %s on", p, at.last, at.last.Add(1)).
			With("period", p.String()).With("day", at.last.Add(1).String()).In("period")
	}
	c, err := g.tx.Closing(at.key)
	if err != nil {
		return nil, err
	}
	if now := closingEtag(c); etag != now {
		return nil, etagMismatch(etag, now)
	}
	newest, closed := c.Newest()
	if closed && len(newest.Reopenings) == 0 {
		return nil, fault.Precondition("ALREADY_CLOSED", "%s is closed already, as version %d by %s; reopen it first if its figures are to change",
			at.key, newest.Number, newest.Principal).With("version", newest.Number)
	}
	waiting, err := g.leftOut(at, why, force)
	if err != nil {
		return nil, err
	}
	if err := rows.stillHolds(g.tx, at); err != nil {
		return nil, err
	}
	body := entry.PeriodClosed{
		Key: at.key, Version: newest.Number + 1, ComputedAt: rows.at, Digest: rows.table.Digest, Rows: rows.table.Rows,
		Forced: len(waiting) > 0, Reason: why,
	}
	for _, k := range waiting {
		body.LeftOut = append(body.LeftOut, k.Unit)
	}
	for _, p := range rows.table.Pieces {
		body.Pieces = append(body.Pieces, entry.ClosedRows{FirstUnit: p.FirstUnit, Deflated: p.Deflated})
	}
	return body, nil
}

// leftOut lists the reports that wait, and refuses to leave them out unless that is meant and a reason given.
func (g granted) leftOut(at closingPlace, why string, force bool) ([]entry.ReportKey, error) {
	waiting, err := g.waiting(at.key, at.last)
	switch {
	case err != nil || len(waiting) == 0:
		return nil, err
	case !force:
		return nil, reportsWaiting(waiting)
	case why == "":
		return nil, fault.Invalid("REASON_REQUIRED", "closing while %d reports wait needs a reason: say why they are left out", len(waiting)).In("reason")
	}
	return waiting, nil
}

func reportsWaiting(waiting []entry.ReportKey) error {
	const named = 10
	names := make([]string, 0, named)
	for _, k := range waiting[:min(len(waiting), named)] {
		names = append(names, ReportName(k))
	}
	list := strings.Join(names, ", ")
	return fault.Precondition("REPORTS_WAITING",
		"%d reports wait for approval and would be left out: %s; approve or return them, or close with force and a reason", len(waiting), list).
		With("count", len(waiting)).With("reports", list)
}

// longestReopening is how long a period may be open again.
const longestReopening = 366 * 24 * time.Hour

// ReopenPeriod lets reports of some units, or of all, change until an instant.
func (s *Service) ReopenPeriod(
	ctx context.Context, call Call, ref ClosingRef, etag, reason string, units []string, until time.Time,
) (Closing, Receipt, Stamp, error) {
	const method = "ClosingService.ReopenPeriod"
	hash := list(hashClosing(method, ref, etag).text("reason", reason).text("until", instant(until)), "units", units).sum()
	_, receipt, err := change(ctx, s, mutation[struct{}]{
		call: call, method: method, hash: hash, size: 1<<10 + 32*len(units),
		decide: func(who granted, _ committer.Slot) (none struct{}, body entry.Body, err error) {
			body, err = who.reopen(ref, etag, reason, units, until)
			return none, body, err
		},
		recall: func(who granted, _ uint64) (none struct{}, err error) {
			_, err = who.closeable(ref)
			return none, err
		},
	})
	if err != nil {
		return Closing{}, Receipt{}, Stamp{}, err
	}
	found, stamp, err := s.GetClosing(ctx, call.Caller, ref)
	return found, receipt, stamp, err
}

// reopen decides a reopening.
func (g granted) reopen(ref ClosingRef, etag, reason string, units []string, until time.Time) (entry.Body, error) {
	at, err := g.closeable(ref)
	if err != nil {
		return nil, err
	}
	var problems fault.List
	why, err := reasonGiven(reason)
	problems.Add(err)
	until = until.Truncate(time.Second)
	if !g.now.Before(until) || until.Sub(g.now) > longestReopening {
		problems.Add(fault.Invalid("UNTIL_INVALID", "reopened until %s: give an instant in the future, at most a year from now", instant(until)).
			With("value", instant(until)).In("until"))
	}
	body := entry.PeriodReopened{Key: at.key, Reason: why, Until: until}
	for i, ref := range units {
		u, err := g.resolve(ref, at.last, func(id hierarchy.ID) bool { return g.reads(id, at.last) })
		switch {
		case err != nil:
			problems.Add(fault.Of(err).In(fmt.Sprintf("units[%d]", i)))
		case !g.tx.Tree().Within(u.ID, at.owner.ID, at.last):
			problems.Add(fault.Invalid("UNIT_NOT_BELOW", "unit %s did not stand below %s on %s", u.ID, at.owner.ID, at.last).
				With("unit", u.ID).With("owner", at.owner.ID).With("day", at.last.String()).In(fmt.Sprintf("units[%d]", i)))
		default:
			body.Units = append(body.Units, u.ID)
		}
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	slices.Sort(body.Units)
	body.Units = slices.Compact(body.Units)
	c, err := g.tx.Closing(at.key)
	if err != nil {
		return nil, err
	}
	if now := closingEtag(c); etag != now {
		return nil, etagMismatch(etag, now)
	}
	newest, closed := c.Newest()
	if !closed {
		return nil, fault.Precondition("NOT_CLOSED", "%s was never closed; there is nothing to reopen", at.key)
	}
	body.Version = newest.Number
	return body, nil
}

// standsStill refuses a change of a report of a closed period, or of an obligation that is taken out.
func (g granted) standsStill(at place, r aggregator.Report) error {
	if err := g.notClosed(at); err != nil {
		return err
	}
	return excluded(at, r)
}

// notClosed refuses a change of what belongs to a closed period (R27).
func (g granted) notClosed(at place) error {
	var barred error
	err := g.tx.ClosingsOver(at.key.Form, at.key.Period, at.unit.ID, at.last, func(c aggregator.Closing) (bool, error) {
		if c.OpenFor(at.unit.ID, g.now) {
			return true, nil
		}
		newest, _ := c.Newest()
		barred = fault.Precondition("PERIOD_CLOSED",
			"%s of form %s is closed for %s since %s by %s, as version %d; ask there to reopen it for this unit",
			at.key.Period, at.key.Form, at.unit.ID, period.DayOf(newest.Time), newest.Principal, newest.Number).
			With("form", at.key.Form).With("period", at.key.Period.String()).With("unit", at.unit.ID).With("version", newest.Number).In("period")
		return false, nil
	})
	if err != nil {
		return err
	}
	return barred
}
