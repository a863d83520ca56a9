package reporting

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/task"
	"github.com/tonghop/tonghop/server/text"
)

// Duty is a duty as it is shown.
type Duty struct {
	task.Duty
	Etag string
}

func shownDuty(v aggregator.Versioned[task.Duty]) Duty {
	return Duty{Duty: v.Thing, Etag: strconv.FormatUint(v.Sequence, 10)}
}

// duty finds a duty by its code. Who may read anything may read what units are asked to do.
func (g granted) duty(field, code string) (aggregator.Versioned[task.Duty], error) {
	v, known, err := g.tx.Duty(task.Code(code))
	if err == nil && !known {
		code = shorten(code)
		err = fault.NotFound("DUTY_NOT_FOUND", "there is no duty %q; see the list of duties for their codes", code).With("duty", code).In(field)
	}
	return v, err
}

// GetDuty gives a duty.
func (s *Service) GetDuty(ctx context.Context, caller auth.Caller, code string, at At) (Duty, Stamp, error) {
	var found Duty
	var stamp Stamp
	err := s.readAt(ctx, caller, at, 0, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		if err := who.need(auth.Read); err != nil {
			return err
		}
		v, err := who.duty("name", code)
		found = shownDuty(v)
		return err
	})
	return found, stamp, err
}

// DutyFilter narrows duties.
type DutyFilter struct {
	// Plan is the id of one, or empty for all.
	Plan        string
	Inspections bool
	Page        Page
	At          At
}

// DutyPage is one page of duties.
type DutyPage struct {
	Duties []Duty
	Next   string
	Stamp  Stamp
}

// ListDuties lists duties in the order of their codes.
func (s *Service) ListDuties(ctx context.Context, caller auth.Caller, f DutyFilter) (DutyPage, error) {
	size, err := f.Page.size(defaultPage, largestPage)
	if err != nil {
		return DutyPage{}, err
	}
	var page DutyPage
	err = s.readAt(ctx, caller, f.At, 0, func(tx *aggregator.Tx, who granted) error {
		page = DutyPage{Stamp: stampOf(tx)}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		at, err := f.Page.open(tx, filterHash("duties", f.Plan, strconv.FormatBool(f.Inspections), f.At.String()))
		if err != nil {
			return err
		}
		return tx.Duties(task.Code(at.key), func(v aggregator.Versioned[task.Duty]) bool {
			d := &v.Thing
			if string(d.Code.Fold()) == at.key || f.Plan != "" && !task.Code(f.Plan).Same(task.Code(d.Plan)) || f.Inspections && !d.Inspection() {
				return true
			}
			if len(page.Duties) == size {
				at.key = string(page.Duties[size-1].Code.Fold())
				page.Next = at.token()
				return false
			}
			page.Duties = append(page.Duties, shownDuty(v))
			return true
		})
	})
	return page, err
}

// CreateDuty enters a duty.
func (s *Service) CreateDuty(ctx context.Context, call Call, d task.Duty) (Duty, CatalogueChange, Stamp, error) {
	return s.changeDuty(ctx, call, "DutyService.CreateDuty", d, "", func(who granted, d task.Duty) error {
		v, known, err := who.tx.Duty(d.Code)
		if err == nil && known {
			err = fault.Exists("DUTY_EXISTS", "there is a duty %s already: %s; update it, or give another code", v.Thing.Code, v.Thing.NameVI).With("duty", v.Thing.Code)
		}
		return err
	})
}

// UpdateDuty replaces a duty.
func (s *Service) UpdateDuty(ctx context.Context, call Call, d task.Duty, etag string) (Duty, CatalogueChange, Stamp, error) {
	return s.changeDuty(ctx, call, "DutyService.UpdateDuty", d, etag, func(who granted, d task.Duty) error {
		v, err := who.duty("name", string(d.Code))
		if err != nil {
			return err
		}
		if now := shownDuty(v).Etag; etag != now {
			return etagMismatch(etag, now)
		}
		return who.keepsDuties(v.Thing.Assigned)
	})
}

func (s *Service) changeDuty(
	ctx context.Context, call Call, method string, d task.Duty, etag string, check func(who granted, d task.Duty) error,
) (Duty, CatalogueChange, Stamp, error) {
	// written is a duty as it was accepted.
	type written struct {
		duty     task.Duty
		warnings []error
	}
	d.Clean()
	wrote, receipt, err := change(ctx, s, mutation[written]{
		call: call, method: method, hash: hashOfDuty(method, etag, &d), size: 4 << 10,
		decide: func(who granted, _ committer.Slot) (written, entry.Body, error) {
			if err := who.need(auth.Catalogue); err != nil {
				return written{}, nil, err
			}
			bound, warnings, err := who.bindDuty(d)
			if err != nil {
				return written{}, nil, err
			}
			if err := check(who, bound); err != nil {
				return written{}, nil, err
			}
			w := written{duty: bound, warnings: warnings}
			if old, known, err := who.tx.Duty(bound.Code); err != nil || known && sameThing(old.Thing, bound, entry.AppendDuty) {
				return w, nil, err
			}
			return w, entry.DutiesChanged{Duties: []task.Duty{bound}}, nil
		},
		recall: func(who granted, _ uint64) (written, error) { return written{duty: d}, who.need(auth.Catalogue) },
	})
	summary := CatalogueChange{Receipt: receipt, Warnings: wrote.warnings}
	if err != nil {
		return Duty{}, summary, Stamp{}, err
	}
	if call.ValidateOnly {
		_, stamp, err := s.GetStamp(ctx, call.Caller)
		return Duty{Duty: wrote.duty}, summary, stamp, err
	}
	shown, stamp, err := s.GetDuty(ctx, call.Caller, string(d.Code), At{})
	return shown, summary, stamp, err
}

// bindDuty resolves the units of a duty on its first day, or today where that is to come, and asks whether it is sound and the
// caller's to ask.
func (g granted) bindDuty(d task.Duty) (task.Duty, []error, error) {
	var problems fault.List
	problems.Add(d.Check())
	on := period.DayOf(g.now)
	for _, s := range d.Parts() {
		if s.Due != period.Beginning {
			on = min(on, s.Due)
		}
	}
	if err := g.seesAll(d.Assigned, on); err != nil {
		return d, nil, fault.Of(err).In("assigned")
	}
	assigned, err := g.bindSelectors(d.Assigned, on)
	if err != nil {
		problems.Add(fault.Of(err).In("assigned"))
	}
	d.Assigned = assigned
	var warnings []error
	if d.Plan != "" {
		v, err := g.plan("plan", d.Plan)
		if err != nil {
			problems.Add(err)
		} else {
			d.Plan = string(v.Thing.ID.Fold())
		}
	}
	if d.Indicator != "" {
		if w := g.notInCatalogue(d.Indicator); w != nil {
			warnings = append(warnings, w.In("indicator"))
		}
	}
	if err := problems.Err(); err != nil {
		return d, nil, err
	}
	return d, warnings, g.keepsDuties(d.Assigned)
}

// seesAll refuses words that name a unit which the caller does not see, as if it were not there.
func (g granted) seesAll(assigned []hierarchy.Selector, on period.Day) error {
	for i, s := range assigned {
		if first, _ := s.Span(); !first.IsOpen() {
			on = first
		}
		for field, unit := range map[string]hierarchy.ID{"under": s.Under, "unit": s.Unit} {
			if unit == "" {
				continue
			}
			if _, err := g.seen(field, string(unit), on); err != nil {
				return fault.Of(err).In(fmt.Sprintf("[%d]", i))
			}
		}
	}
	return nil
}

// keepsDuties says whether the caller may ask something of these units: he keeps the catalogue of all that the words name.
func (g granted) keepsDuties(assigned []hierarchy.Selector) error {
	today := period.DayOf(g.now)
	for _, s := range assigned {
		unit := s.Unit
		if unit == "" {
			unit = s.Under
		}
		scope := auth.Scope{Unit: unit, On: today}
		if unit != "" {
			scope.On = g.standing(unit, today)
		}
		if !s.Except && !g.may(auth.Catalogue, scope) {
			return denied(auth.Catalogue, g.Token.Role)
		}
	}
	return nil
}

func hashOfDuty(method, etag string, d *task.Duty) [32]byte {
	c := canon(method).text("etag", etag).text("code", string(d.Code)).text("name_vi", d.NameVI).text("name_en", d.NameEN).
		selectors("assigned", d.Assigned).text("due", d.Due.String()).count("steps", len(d.Steps))
	for _, s := range d.Steps {
		c.text("code", string(s.Code)).text("name_vi", s.NameVI).text("name_en", s.NameEN).text("due", s.Due.String())
	}
	return c.text("number", d.Number).text("decided", d.Decided.String()).text("plan", d.Plan).text("indicator", string(d.Indicator)).
		flag("withdrawn", d.Withdrawn).sum()
}

// DutyEntry is what is entered of a unit.
type DutyEntry struct {
	task.Record
	Note, Etag string
}

// ReportDuty enters how far a unit is with a duty.
func (s *Service) ReportDuty(ctx context.Context, call Call, e DutyEntry) (DutyState, Receipt, error) {
	const method = "DutyService.ReportDuty"
	r := &e.Record
	hash := canon(method).text("duty", string(r.Duty)).text("step", string(r.Step)).text("unit", string(r.Unit)).flag("done", r.Done).
		text("day", r.Day.String()).text("document", r.Document).text("document_day", r.DocumentDay.String()).flag("withdrawn", r.Withdrawn).
		text("note", e.Note).text("etag", e.Etag).sum()
	return change(ctx, s, mutation[DutyState]{
		call: call, method: method, hash: hash, size: 512 + len(e.Note),
		decide: func(who granted, at committer.Slot) (DutyState, entry.Body, error) {
			b, err := who.bindDutyEntry(e)
			if err != nil {
				return DutyState{}, nil, err
			}
			old, known, err := who.dutyState(b.part, b.duty, b.unit, period.DayOf(who.now))
			if err != nil {
				return DutyState{}, nil, err
			}
			if known && sameEntered(old, b) || !known && b.Withdrawn {
				return old, nil, nil
			}
			if e.Etag != old.Etag {
				return DutyState{}, nil, etagMismatch(e.Etag, old.Etag)
			}
			return old.after(b, who.Principal, at), entry.DutyReported{Record: b.Record, Note: b.Note}, nil
		},
		recall: func(who granted, sequence uint64) (DutyState, error) {
			then, err := who.tx.AsOf(sequence)
			if err != nil {
				return DutyState{}, err
			}
			who.present, who.tx = who.tx, then
			b, err := who.nameDutyEntry(e)
			if err != nil {
				return DutyState{}, err
			}
			state, _, err := who.dutyState(b.part, b.duty, b.unit, period.DayOf(who.now))
			return state, err
		},
	})
}

// boundEntry is what is entered with everything that it names.
type boundEntry struct {
	task.Record
	Note string
	duty task.Duty
	part task.Step
	unit hierarchy.Unit
}

// nameDutyEntry finds what an entry is about, and asks whether the caller may enter something of that unit.
func (g granted) nameDutyEntry(e DutyEntry) (boundEntry, error) {
	b := boundEntry{Record: e.Record, Note: e.Note}
	v, err := g.duty("duty", string(e.Duty))
	if err != nil {
		return b, err
	}
	today := period.DayOf(g.now)
	if b.unit, err = g.seen("unit", string(e.Unit), today); err != nil {
		return b, err
	}
	if !g.may(auth.Send, auth.Scope{Unit: b.unit.ID, On: g.standingOf(&b.unit, today)}) {
		return b, denied(auth.Send, g.Token.Role)
	}
	b.duty, b.Duty, b.Unit = v.Thing, v.Thing.Code, b.unit.ID
	if b.part, err = partOf(&b.duty, "step", e.Step); err != nil {
		return b, err
	}
	b.Step = b.part.Code
	return b, nil
}

// bindDutyEntry is nameDutyEntry for something new: it asks whether it can be entered.
func (g granted) bindDutyEntry(e DutyEntry) (boundEntry, error) {
	b, err := g.nameDutyEntry(e)
	if err != nil {
		return b, err
	}
	today := period.DayOf(g.now)
	switch {
	case b.duty.Withdrawn:
		return b, fault.Precondition("DUTY_WITHDRAWN", "duty %s is asked no longer, and nothing is entered of it", b.Duty).With("duty", b.Duty)
	case !b.duty.Owes(b.part, g.tx.Tree(), b.unit, today):
		return b, fault.Precondition("DUTY_NOT_OWED", "duty %s is not asked of %s on %s; see its assignment", b.Duty, b.unit, b.part.OwedOn(today)).
			With("duty", b.Duty).With("unit", b.unit.ID).With("day", b.part.OwedOn(today)).In("unit")
	}
	if b.unit.ID != g.Token.Unit {
		b.ActingFor, b.OnBehalf = g.Token.Unit, !g.Token.Role.Reports()
	}
	var problems fault.List
	problems.Add(b.Check(today))
	b.Note, err = text.Note("note", b.Note)
	problems.Add(err)
	return b, problems.Err()
}

func partOf(d *task.Duty, field string, code task.Code) (task.Step, error) {
	part, known := d.Part(code)
	if known {
		return part, nil
	}
	steps := make([]string, len(d.Steps))
	for i, s := range d.Steps {
		steps[i] = string(s.Code)
	}
	words := strings.Join(steps, ", ")
	return part, fault.Invalid("STEP_UNKNOWN", "duty %s has no step %q; it has: %s", d.Code, shorten(string(code)), words).
		With("duty", d.Code).With("step", shorten(string(code))).With("steps", words).In(field)
}
