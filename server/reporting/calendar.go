package reporting

import (
	"context"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// Period is one period of a calendar, or of a form, as it is shown.
type Period struct {
	Period      period.Period
	Calendar    period.Calendar
	First, Last period.Day

	// Form is the one that was asked for, if any, and Base its base period that ends with the period.
	Form      form.Code
	Base      period.Period
	Deadlines []Deadline
	// Unit is the one that was asked for; empty where nobody has its code on the last day. Owed says that it owes the form.
	Unit hierarchy.ID
	Owed bool
}

// Deadline is the deadline of one kind of unit.
type Deadline struct {
	Kind     hierarchy.Kind
	DueDay   period.Day
	Deadline time.Time
	// Passed says that nothing moves it any more; as of an earlier state, whether that was so then.
	Passed bool
}

// PeriodQuery asks for periods of a calendar or of a form.
type PeriodQuery struct {
	// Periods are one period, or a range of one kind.
	Periods string
	// Calendar is nil where Form is given.
	Calendar *period.Calendar
	Form     string
	// Kind and Unit narrow the deadlines of a form.
	Kind, Unit string
	At         At
}

// maxFormPeriods is how many periods one request may name.
const maxFormPeriods = 60

// ListFormPeriods gives the base periods of a range with their days and deadlines.
func (s *Service) ListFormPeriods(ctx context.Context, caller auth.Caller, code, periods string) ([]Period, Stamp, error) {
	return s.ListFormPeriodsAt(ctx, caller, code, periods, At{})
}

// ListFormPeriodsAt is ListFormPeriods as of an earlier state.
func (s *Service) ListFormPeriodsAt(ctx context.Context, caller auth.Caller, code, periods string, at At) ([]Period, Stamp, error) {
	asked, err := somePeriods(periods)
	if err != nil {
		return nil, Stamp{}, err
	}
	var found []Period
	var stamp Stamp
	err = s.readAt(ctx, caller, at, 0, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		if err := who.need(auth.Read); err != nil {
			return err
		}
		for _, p := range asked {
			f, err := formOf(tx.Definitions(), code, p)
			if err != nil {
				return err
			}
			found = append(found, who.formPeriod(f, p, p))
		}
		return nil
	})
	return found, stamp, err
}

// somePeriods reads a period or a range that is not too long.
func somePeriods(periods string) ([]period.Period, error) {
	asked, err := period.ParseRange(periods)
	if err != nil {
		return nil, fault.Of(err).In("periods")
	}
	if len(asked) > maxFormPeriods {
		return nil, tooManyPeriods(periods, len(asked), maxFormPeriods)
	}
	return asked, nil
}

// ListPeriods gives periods with their days and, for a form, their deadlines. A period longer than the form's is due when
// its last base period is, whose report is the last one that it needs.
func (s *Service) ListPeriods(ctx context.Context, caller auth.Caller, q PeriodQuery) ([]Period, Stamp, error) {
	asked, err := somePeriods(q.Periods)
	if err != nil {
		return nil, Stamp{}, err
	}
	kind, err := q.check()
	if err != nil {
		return nil, Stamp{}, err
	}
	var found []Period
	var stamp Stamp
	err = s.readAt(ctx, caller, q.At, 0, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		if err := who.need(auth.Read); err != nil {
			return err
		}
		found = make([]Period, 0, len(asked))
		for _, p := range asked {
			if q.Calendar != nil {
				found = append(found, Period{Period: p, Calendar: *q.Calendar, First: q.Calendar.First(p), Last: q.Calendar.Last(p)})
				continue
			}
			shown, err := who.periodOf(q.Form, p)
			if err != nil {
				return err
			}
			if kind != "" {
				shown.keep(kind)
			}
			found = append(found, shown)
		}
		if q.Unit == "" {
			return nil
		}
		return who.ofUnit(q.Unit, found)
	})
	if err != nil {
		return nil, Stamp{}, err
	}
	return found, stamp, nil
}

// check refuses what does not go together.
func (q PeriodQuery) check() (hierarchy.Kind, error) {
	if (q.Calendar == nil) == (q.Form == "") {
		return "", fault.Invalid("CALENDAR_OR_FORM",
			"give a calendar (CUTOFF_15_14 or CIVIL) or a form, which has one; not both and not neither").In("calendar")
	}
	for _, narrow := range []struct{ field, value string }{{"kind", q.Kind}, {"unit", q.Unit}} {
		if narrow.value != "" && q.Form == "" {
			return "", fault.Invalid("DEADLINE_NEEDS_FORM", "%s %q: a calendar has no deadlines; name the form to be reported",
				narrow.field, shorten(narrow.value)).With("value", shorten(narrow.value)).In(narrow.field)
		}
	}
	if q.Kind == "" {
		return "", nil
	}
	kind, err := hierarchy.ParseKind(q.Kind)
	if err != nil {
		return "", fault.Of(err).In("kind")
	}
	return kind, nil
}

// periodOf gives a period of any length of a form.
func (g granted) periodOf(code string, p period.Period) (Period, error) {
	latest, ok := g.tx.Forms().Latest(form.Code(code))
	if !ok {
		return Period{}, unknownForm(g.tx.Definitions(), code, 0).In("form")
	}
	bases := p.Bases(latest.Frequency)
	if len(bases) == 0 {
		return Period{}, notOfForm(latest, p).In("periods")
	}
	base := bases[len(bases)-1]
	f, err := formOf(g.tx.Definitions(), code, base)
	if err != nil {
		return Period{}, err
	}
	return g.formPeriod(f, p, base), nil
}

func (g granted) formPeriod(f form.Form, p, base period.Period) Period {
	shown := Period{Period: p, Calendar: f.Calendar, First: f.Calendar.First(p), Last: f.Calendar.Last(p), Form: f.Code, Base: base}
	table := g.tx.Definitions().Timetable()
	for _, kind := range table.Kinds(f.Code, shown.Last) {
		if due, ok := table.DueDay(f.Code, kind, shown.Last); ok {
			shown.Deadlines = append(shown.Deadlines, Deadline{
				Kind: hierarchy.Kind(kind), DueDay: due, Deadline: period.Deadline(due), Passed: period.Late(due, g.instant()),
			})
		}
	}
	return shown
}

// keep leaves the deadline of one kind alone.
func (p *Period) keep(kind hierarchy.Kind) {
	for _, d := range p.Deadlines {
		if d.Kind == kind {
			p.Deadlines = []Deadline{d}
			return
		}
	}
	p.Deadlines = nil
}

// ofUnit leaves the deadlines of one unit and tells whether it owes the form. A code is understood on the last day of each
// period (R1): where nobody has it, nobody owes; it is unknown if that is so of all periods.
func (g granted) ofUnit(ref string, periods []Period) error {
	var unknown error
	known := false
	for i := range periods {
		p := &periods[i]
		u, err := g.seen("unit", ref, p.Last)
		if fault.ReasonOf(err) == "UNIT_NOT_VALID" {
			p.Deadlines, unknown = nil, err
			continue
		}
		if err != nil {
			return err
		}
		known = true
		p.Unit = u.ID
		f, _ := g.tx.Forms().On(p.Form, p.Last)
		p.Owed = f.Owes(g.tx.Tree(), u, p.Base)
		if !u.ValidOn(p.Last) {
			p.Deadlines = nil
			continue
		}
		p.keep(u.Kind)
	}
	if known {
		return nil
	}
	return unknown
}

// formOf gives the version of a form for one of its base periods.
func formOf(defs aggregator.Definitions, code string, p period.Period) (form.Form, error) {
	latest, ok := defs.Forms().Latest(form.Code(code))
	if !ok {
		return form.Form{}, unknownForm(defs, code, 0).In("form")
	}
	if p.Kind != latest.Frequency {
		return form.Form{}, notOfForm(latest, p).In("period")
	}
	f, ok := defs.Forms().On(latest.Code, latest.Last(p))
	if !ok {
		return form.Form{}, unknownForm(defs, code, latest.Last(p)).In("form")
	}
	return f, nil
}

func notOfForm(f form.Form, p period.Period) *fault.Error {
	return fault.Invalid("PERIOD_NOT_OF_FORM",
		"form %s is reported by %s and %q is a %s; give a period such as %s",
		f.Code, f.Frequency, p, p.Kind, period.Of(int(p.Year), f.Frequency, 1)).
		With("form", f.Code).With("frequency", f.Frequency.String()).With("period", p.String())
}
