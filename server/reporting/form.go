package reporting

import (
	"context"
	"slices"
	"strconv"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/period"
)

// Form is a version of a form as it is shown.
type Form struct {
	form.Form
	Etag string
}

// GetForm gives the version of a form on the day asOf, today when it is empty.
func (s *Service) GetForm(ctx context.Context, caller auth.Caller, code, asOf string) (Form, Stamp, error) {
	return s.GetFormAt(ctx, caller, code, asOf, At{})
}

// GetFormAt is GetForm as of an earlier state.
func (s *Service) GetFormAt(ctx context.Context, caller auth.Caller, code, asOf string, at At) (Form, Stamp, error) {
	day, err := s.dayOr("as_of", asOf)
	if err != nil {
		return Form{}, Stamp{}, err
	}
	var found Form
	var stamp Stamp
	err = s.readAt(ctx, caller, at, 0, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		if err := who.need(auth.Read); err != nil {
			return err
		}
		f, ok := tx.Forms().On(form.Code(code), day)
		if !ok {
			return unknownForm(tx.Definitions(), code, day).In("name")
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
func unknownForm(defs aggregator.Definitions, code string, day period.Day) *fault.Error {
	if versions := defs.Forms().Versions(form.Code(code)); len(versions) > 0 {
		return fault.NotFound("FORM_NOT_FOUND", "form %q begins on %s; there is none of that code on %s",
			code, versions[0].ValidFrom, day).With("form", code).With("day", day)
	}
	code = shorten(code)
	return fault.NotFound("FORM_NOT_FOUND", "there is no form %q; see the list of forms for the codes", code).With("form", code)
}

// FormFilter narrows a list of forms.
type FormFilter struct {
	AsOf string
	Page Page
	At   At
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
	err = s.readAt(ctx, caller, f.At, 0, func(tx *aggregator.Tx, who granted) error {
		page = FormPage{Stamp: stampOf(tx)}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		at, err := f.Page.open(tx, filterHash("forms", f.AsOf, f.At.String()))
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
	// written is a version as it was accepted.
	type written struct {
		version  form.Form
		warnings []error
	}
	wrote, receipt, err := change(ctx, s, mutation[written]{
		slow: true, call: call, method: method, hash: hashForms(call, method, etag, f), size: 2 << 10,
		decide: func(who granted, _ committer.Slot) (written, entry.Body, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return written{}, nil, err
			}
			if err := check(who.tx, f); err != nil {
				return written{}, nil, err
			}
			versions, warnings, err := who.bindForms([]form.Form{f}, call.OpenPeriods)
			if err != nil {
				return written{}, nil, unnumbered(err)
			}
			w := written{version: versions[0].Form, warnings: ofOne(warnings)}
			if old, known := sameFormVersion(who.tx.Forms().Versions(f.Code), f); known && sameForm(old, w.version) {
				return w, nil, nil
			}
			return w, entry.FormsChanged{Forms: versions}, nil
		},
		recall: func(who granted, _ uint64) (written, error) { return written{}, who.needEverywhere(auth.Catalogue) },
	})
	summary := CatalogueChange{Receipt: receipt, Warnings: wrote.warnings}
	if err != nil {
		return Form{}, summary, Stamp{}, err
	}
	if call.ValidateOnly {
		_, stamp, err := s.GetStamp(ctx, call.Caller)
		return Form{Form: wrote.version}, summary, stamp, err
	}
	shown, stamp, err := s.formVersion(ctx, call.Caller, f)
	return shown, summary, stamp, err
}

// formVersion reads back the version that a change wrote, which may begin after today.
func (s *Service) formVersion(ctx context.Context, caller auth.Caller, f form.Form) (shown Form, stamp Stamp, err error) {
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, _ granted) error {
		stamp = stampOf(tx)
		found, ok := sameFormVersion(tx.Forms().Versions(f.Code), f)
		if !ok {
			return unknownForm(tx.Definitions(), string(f.Code), f.ValidFrom)
		}
		shown = Form{Form: found, Etag: formEtag(tx, found.Code)}
		return nil
	})
	return shown, stamp, err
}

// ImportForms adds or replaces versions, all or none. Problems name the rows as forms[i].
func (s *Service) ImportForms(ctx context.Context, call Call, rows []form.Form) (CatalogueChange, error) {
	const method = "FormService.ImportForms"
	summary, receipt, err := change(ctx, s, mutation[CatalogueChange]{
		slow: true, call: call, method: method, hash: hashForms(call, method, "", rows...), size: 1024 * len(rows),
		decide: func(who granted, _ committer.Slot) (CatalogueChange, entry.Body, error) {
			var summary CatalogueChange
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return summary, nil, err
			}
			versions, warnings, err := who.bindForms(rows, call.OpenPeriods)
			if err != nil {
				return summary, nil, err
			}
			summary.Warnings = asErrors(warnings)
			versions = slices.DeleteFunc(versions, func(v entry.Form) bool {
				old, known := sameFormVersion(who.tx.Forms().Versions(v.Code), v.Form)
				return summary.count(known, known && sameForm(old, v.Form))
			})
			if len(versions) == 0 {
				return summary, nil, nil
			}
			return summary, entry.FormsChanged{Forms: versions}, nil
		},
		recall: func(who granted, sequence uint64) (CatalogueChange, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return CatalogueChange{}, err
			}
			return recount(sequence, rows, func(f form.Form) []uint64 { return who.tx.FormHistory(f.Code, f.ValidFrom) }), nil
		},
	})
	summary.Receipt = receipt
	return summary, err
}
