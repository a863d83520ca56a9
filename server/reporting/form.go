package reporting

import (
	"context"
	"fmt"
	"reflect"
	"strconv"
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

// Form is a version of a form as it is shown.
type Form struct {
	form.Form
	Etag string
}

// GetForm gives the version of a form on the day asOf, today when it is empty.
func (s *Service) GetForm(ctx context.Context, caller auth.Caller, code, asOf string) (Form, Stamp, error) {
	day, err := s.dayOr("as_of", asOf)
	if err != nil {
		return Form{}, Stamp{}, err
	}
	var found Form
	var stamp Stamp
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		if err := who.need(auth.Read); err != nil {
			return err
		}
		f, ok := tx.Forms().On(form.Code(code), day)
		if !ok {
			return unknownForm(tx, code, day).In("name")
		}
		found = Form{Form: f, Etag: formEtag(tx, f.Code)}
		return nil
	})
	return found, stamp, err
}

func formEtag(tx *aggregator.Tx, code form.Code) string {
	return strconv.FormatUint(tx.FormSequence(code), 10)
}

// unknownForm tells a code that nobody has from one that begins later.
func unknownForm(tx *aggregator.Tx, code string, day period.Day) *fault.Error {
	if versions := tx.Forms().Versions(form.Code(code)); len(versions) > 0 {
		return fault.NotFound("FORM_NOT_FOUND", "form %q begins on %s; there is none of that code on %s",
			code, versions[0].ValidFrom, day).With("form", code).With("day", day)
	}
	return fault.NotFound("FORM_NOT_FOUND", "there is no form %q; see the list of forms for the codes", code).With("form", code)
}

// FormFilter narrows a list of forms.
type FormFilter struct {
	AsOf string
	Page Page
}

// FormPage is one page of forms.
type FormPage struct {
	Forms []Form
	Next  string
	Stamp Stamp
}

// ListForms lists the versions of a day in the order of their codes.
func (s *Service) ListForms(ctx context.Context, caller auth.Caller, f FormFilter) (FormPage, error) {
	day, err := s.dayOr("as_of", f.AsOf)
	if err != nil {
		return FormPage{}, err
	}
	size, err := f.Page.size(defaultPage, largestPage)
	if err != nil {
		return FormPage{}, err
	}
	var page FormPage
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		page = FormPage{Stamp: stampOf(tx)}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		at, err := f.Page.open(page.Stamp, filterHash("forms", day.String()))
		if err != nil {
			return err
		}
		for _, code := range tx.Forms().Codes() {
			found, ok := tx.Forms().On(code, day)
			if !ok || string(code.Fold()) <= at.key {
				continue
			}
			if len(page.Forms) == size {
				at.key = string(page.Forms[size-1].Code.Fold())
				page.Next = at.token()
				return nil
			}
			page.Forms = append(page.Forms, Form{Form: found, Etag: formEtag(tx, code)})
		}
		return nil
	})
	return page, err
}

// CreateForm adds a form, or a version of one with another first day.
func (s *Service) CreateForm(ctx context.Context, call Call, f form.Form) (Form, CatalogueChange, Stamp, error) {
	return s.changeOneForm(ctx, call, "FormService.CreateForm", "", f, func(tx *aggregator.Tx, f form.Form) error {
		if old, ok := sameFormVersion(tx.Forms().Versions(f.Code), f); ok {
			return fault.Exists("FORM_EXISTS",
				"there is a form %s from %s already; update it, or give the first day of the new version", old.Code, dayWords(old.ValidFrom)).
				With("form", old.Code)
		}
		return nil
	})
}

// UpdateForm replaces the version with the same first day.
func (s *Service) UpdateForm(ctx context.Context, call Call, f form.Form, etag string) (Form, CatalogueChange, Stamp, error) {
	return s.changeOneForm(ctx, call, "FormService.UpdateForm", etag, f, func(tx *aggregator.Tx, f form.Form) error {
		if _, ok := sameFormVersion(tx.Forms().Versions(f.Code), f); !ok {
			return fault.NotFound("FORM_NOT_FOUND", "there is no version of form %q from %s; create it", f.Code, dayWords(f.ValidFrom)).
				With("form", f.Code)
		}
		if now := formEtag(tx, f.Code); etag != now {
			return etagMismatch(etag, now)
		}
		return nil
	})
}

func (s *Service) changeOneForm(
	ctx context.Context, call Call, method, etag string, f form.Form, check func(tx *aggregator.Tx, f form.Form) error,
) (Form, CatalogueChange, Stamp, error) {
	var preview form.Form
	var change CatalogueChange
	var err error
	change.Receipt, err = s.change(ctx, mutation{
		call: call, method: method, hash: hashForms(method, etag, f), size: 2 << 10,
		decide: func(who granted, _ committer.Slot) (entry.Body, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return nil, err
			}
			if err := check(who.tx, f); err != nil {
				return nil, err
			}
			versions, warnings, err := who.bindForms([]form.Form{f})
			if err != nil {
				return nil, unnumbered(err)
			}
			preview, change.Warnings = versions[0].Form, asErrors(warnings)
			return entry.FormsChanged{Forms: versions}, nil
		},
	})
	if err != nil {
		return Form{}, change, Stamp{}, err
	}
	if call.ValidateOnly {
		_, stamp, err := s.GetStamp(ctx, call.Caller)
		return Form{Form: preview}, change, stamp, err
	}
	var shown Form
	var stamp Stamp
	err = s.read(ctx, call.Caller, 0, func(tx *aggregator.Tx, _ granted) error {
		stamp = stampOf(tx)
		found, ok := sameFormVersion(tx.Forms().Versions(f.Code), f)
		if !ok {
			return unknownForm(tx, string(f.Code), f.ValidFrom)
		}
		shown = Form{Form: found, Etag: formEtag(tx, found.Code)}
		return nil
	})
	return shown, change, stamp, err
}

// ImportForms adds or replaces versions, all or none. Problems name the rows as [i].
func (s *Service) ImportForms(ctx context.Context, call Call, rows []form.Form) (CatalogueChange, error) {
	const method = "FormService.ImportForms"
	var change CatalogueChange
	var err error
	change.Receipt, err = s.change(ctx, mutation{
		call: call, method: method, hash: hashForms(method, "", rows...), size: 1024 * len(rows),
		decide: func(who granted, _ committer.Slot) (entry.Body, error) {
			change = CatalogueChange{}
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return nil, err
			}
			versions, warnings, err := who.bindForms(rows)
			if err != nil {
				return nil, err
			}
			change.Warnings = asErrors(warnings)
			changed := versions[:0:0]
			for _, v := range versions {
				old, ok := sameFormVersion(who.tx.Forms().Versions(v.Code), v.Form)
				switch {
				case !ok:
					change.Created++
				case reflect.DeepEqual(old, v.Form):
					change.Unchanged++
					continue
				default:
					change.Updated++
				}
				changed = append(changed, v)
			}
			if len(changed) == 0 {
				return nil, nil
			}
			return entry.FormsChanged{Forms: changed}, nil
		},
	})
	return change, err
}

// bindForms resolves what the rows name, asks whether the set of forms takes them, and gives each its number.
func (g granted) bindForms(rows []form.Form) ([]entry.Form, []form.Warning, error) {
	var problems fault.List
	bound := make([]form.Form, len(rows))
	for i, row := range rows {
		at := fmt.Sprintf("forms[%d]", i)
		row.NameVI, row.NameEN = text.NFC(row.NameVI), text.NFC(row.NameEN)
		assigned, err := g.bindSelectors(row.Assigned, row.ValidFrom)
		if err != nil {
			problems.Add(fault.Of(err).In("assigned").In(at))
		}
		row.Assigned = assigned
		on := row.ValidFrom
		if on.IsOpen() {
			on = period.DayOf(g.now)
		}
		for _, ref := range []struct {
			field string
			id    *hierarchy.ID
		}{{"owner", &row.Owner}, {"reviewer", &row.Reviewer}} {
			if *ref.id == "" {
				continue
			}
			unit, err := g.tx.Tree().Resolve(string(*ref.id), on)
			if err != nil {
				problems.Add(fault.Of(err).In(ref.field).In(at))
				continue
			}
			*ref.id = unit.ID
		}
		bound[i] = row
	}
	if err := problems.Err(); err != nil {
		return nil, nil, err
	}
	next, warnings, err := g.tx.Forms().With(g.tx.Tree(), g.tx.Indicators(), bound...)
	if err != nil {
		return nil, nil, err
	}
	numbered := make([]entry.Form, len(bound))
	for i, b := range bound {
		number, _ := next.Ordinal(b.Code)
		stored, _ := sameFormVersion(next.Versions(b.Code), b)
		numbered[i] = entry.Form{Number: uint32(number), Form: stored} //nolint:gosec // an ordinal
	}
	return numbered, warnings, nil
}

func sameFormVersion(versions []form.Form, like form.Form) (form.Form, bool) {
	for _, v := range versions {
		if v.ValidFrom == like.ValidFrom {
			return v, true
		}
	}
	return form.Form{}, false
}

func hashForms(method, etag string, rows ...form.Form) [32]byte {
	c := canon(method).text("etag", etag).count("forms", len(rows))
	for _, f := range rows {
		c.text("code", string(f.Code)).text("name_vi", f.NameVI).text("name_en", f.NameEN).
			text("frequency", f.Frequency.String()).text("calendar", f.Calendar.String()).
			text("indicators", fmt.Sprint(f.Indicators)).text("assigned", hierarchy.FormatSelectors(f.Assigned)).
			text("owner", string(f.Owner)).text("reviewer", string(f.Reviewer)).text("due", f.Due.String()).
			text("valid_from", f.ValidFrom.String())
	}
	return c.sum()
}

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
			f, err := formOf(tx, code, p)
			if err != nil {
				return err
			}
			found = append(found, s.formPeriod(f, p))
		}
		return nil
	})
	return found, stamp, err
}

func tooManyPeriods(periods string, n, limit int) error {
	return fault.Invalid("PERIODS_TOO_MANY", "%q names %d periods; one request may name %d: divide it", periods, n, limit).
		With("value", periods).With("limit", limit).In("periods")
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
func formOf(tx *aggregator.Tx, code string, p period.Period) (form.Form, error) {
	latest, ok := tx.Forms().Latest(form.Code(code))
	if !ok {
		return form.Form{}, unknownForm(tx, code, 0).In("form")
	}
	if p.Kind != latest.Frequency {
		return form.Form{}, fault.Invalid("PERIOD_NOT_OF_FORM",
			"form %s is reported by %s and %q is a %s; give a period such as %s",
			latest.Code, latest.Frequency, p, p.Kind, period.Of(int(p.Year), latest.Frequency, 1)).
			With("form", latest.Code).With("frequency", latest.Frequency.String()).With("period", p.String()).In("period")
	}
	f, ok := tx.Forms().On(latest.Code, latest.Last(p))
	if !ok {
		return form.Form{}, unknownForm(tx, code, latest.Last(p)).In("form")
	}
	return f, nil
}
