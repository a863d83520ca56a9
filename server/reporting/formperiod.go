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

// FormPeriod is one period of a form with its deadlines.
type FormPeriod struct {
	Period      period.Period
	First, Last period.Day
	Deadlines   []FormDeadline
}

// FormDeadline is the deadline of one kind of unit.
type FormDeadline struct {
	Kind     hierarchy.Kind
	DueDay   period.Day
	Deadline time.Time
}

// maxFormPeriods is how many periods one request may name.
const maxFormPeriods = 60

// ListFormPeriods gives the periods of a range with their days and deadlines.
func (s *Service) ListFormPeriods(ctx context.Context, caller auth.Caller, code, periods string) ([]FormPeriod, Stamp, error) {
	asked, err := period.ParseRange(periods)
	if err != nil {
		return nil, Stamp{}, fault.Of(err).In("periods")
	}
	if len(asked) > maxFormPeriods {
		return nil, Stamp{}, tooManyPeriods(periods, len(asked), maxFormPeriods)
	}
	var found []FormPeriod
	var stamp Stamp
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		if err := who.need(auth.Read); err != nil {
			return err
		}
		for _, p := range asked {
			f, err := formOf(tx.Definitions(), code, p)
			if err != nil {
				return err
			}
			found = append(found, s.formPeriod(f, p))
		}
		return nil
	})
	return found, stamp, err
}

func (s *Service) formPeriod(f form.Form, p period.Period) FormPeriod {
	shown := FormPeriod{Period: p, First: f.Calendar.First(p), Last: f.Calendar.Last(p)}
	for _, rule := range f.Due.Rules() {
		due := s.cfg.Holidays.DueDay(shown.Last, rule.Offset)
		shown.Deadlines = append(shown.Deadlines, FormDeadline{
			Kind: hierarchy.Kind(rule.UnitKind), DueDay: due, Deadline: period.Deadline(due),
		})
	}
	return shown
}

// formOf gives the version of a form for one of its base periods.
func formOf(defs aggregator.Definitions, code string, p period.Period) (form.Form, error) {
	latest, ok := defs.Forms().Latest(form.Code(code))
	if !ok {
		return form.Form{}, unknownForm(defs, code, 0).In("form")
	}
	if p.Kind != latest.Frequency {
		return form.Form{}, fault.Invalid("PERIOD_NOT_OF_FORM",
			"form %s is reported by %s and %q is a %s; give a period such as %s",
			latest.Code, latest.Frequency, p, p.Kind, period.Of(int(p.Year), latest.Frequency, 1)).
			With("form", latest.Code).With("frequency", latest.Frequency.String()).With("period", p.String()).In("period")
	}
	f, ok := defs.Forms().On(latest.Code, latest.Last(p))
	if !ok {
		return form.Form{}, unknownForm(defs, code, latest.Last(p)).In("form")
	}
	return f, nil
}
