package rpc

import (
	"context"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/tabular"
)

// forms is the service of forms.
type forms struct {
	reportingv1.UnsafeFormServiceServer
	*core
}

// The enumerations of forms. Nine months are a period and no frequency.
var (
	frequencies = pairs[period.Kind, reportingv1.Frequency]{
		period.Month:   reportingv1.Frequency_FREQUENCY_MONTH,
		period.Quarter: reportingv1.Frequency_FREQUENCY_QUARTER,
		period.Half:    reportingv1.Frequency_FREQUENCY_HALF,
		period.Year:    reportingv1.Frequency_FREQUENCY_YEAR,
	}
	calendars = pairs[period.Calendar, reportingv1.Calendar]{
		period.CutoffFifteenth: reportingv1.Calendar_CALENDAR_CUTOFF_15_14,
		period.Civil:           reportingv1.Calendar_CALENDAR_CIVIL,
	}
)

// GetForm gets the version of a form on a day.
func (s forms) GetForm(ctx context.Context, r *reportingv1.GetFormRequest) (*reportingv1.Form, error) {
	code, err := lastPart("forms", "name", r.GetName())
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	found, stamp, err := s.service.GetFormAt(ctx, callerOf(ctx), code, r.GetAsOf(), at)
	if err != nil {
		return nil, err
	}
	m := formMessage(found)
	m.Stamp = stampMessage(stamp)
	return m, nil
}

// ListForms lists the forms on a day.
func (s forms) ListForms(ctx context.Context, r *reportingv1.ListFormsRequest) (*reportingv1.ListFormsResponse, error) {
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	page, err := s.service.ListForms(ctx, callerOf(ctx), reporting.FormFilter{
		AsOf: r.GetAsOf(), Page: pageOf(r.GetPageSize(), r.GetPageToken()), At: at,
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListFormsResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for _, f := range page.Forms {
		answer.Forms = append(answer.Forms, formMessage(f))
	}
	return answer, nil
}

// CreateForm creates a form or a later version of one.
func (s forms) CreateForm(ctx context.Context, r *reportingv1.CreateFormRequest) (*reportingv1.Form, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	c.OpenPeriods = r.GetOpenPeriods()
	if r.GetForm() == nil {
		return nil, bodyMissing("form")
	}
	f, err := formOf(r.GetForm())
	if err != nil {
		return nil, inside(err, "form")
	}
	shown, change, stamp, err := s.service.CreateForm(ctx, c, f)
	return formChanged(ctx, shown, change, stamp, err)
}

// UpdateForm replaces a version of a form.
func (s forms) UpdateForm(ctx context.Context, r *reportingv1.UpdateFormRequest) (*reportingv1.Form, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	c.OpenPeriods = r.GetOpenPeriods()
	if r.GetForm() == nil {
		return nil, bodyMissing("form")
	}
	f, err := formOf(r.GetForm())
	if err != nil {
		return nil, inside(err, "form")
	}
	if err := sameCode("forms", "form", r.GetForm().GetName(), string(f.Code.Fold()), form.Code.Fold); err != nil {
		return nil, err
	}
	shown, change, stamp, err := s.service.UpdateForm(ctx, c, f, r.GetForm().GetEtag())
	return formChanged(ctx, shown, change, stamp, err)
}

func formChanged(
	ctx context.Context, f reporting.Form, change reporting.CatalogueChange, stamp reporting.Stamp, err error,
) (*reportingv1.Form, error) {
	if err != nil {
		return nil, inside(err, "form")
	}
	m := formMessage(f)
	m.Stamp, m.Receipt = stampMessage(stamp), receiptMessage(change.Receipt)
	m.Warnings = warnings(change.Warnings, languageOf(ctx))
	return m, nil
}

// ImportForms imports forms.csv.
func (s forms) ImportForms(stream grpc.ClientStreamingServer[reportingv1.ImportFormsRequest, reportingv1.ImportSummary]) error {
	return importCatalogue(s.core, stream, func(ctx context.Context, in catalogueFile) (*reportingv1.ImportSummary, error) {
		sheet, err := tabular.ReadForms(in.file, in.tree.Resolve, s.service.Today())
		if err != nil {
			return nil, err
		}
		return finishImport(ctx, s.core, in, &sheet, s.service.ImportForms)
	})
}

// ListFormPeriods lists periods of a form with their days and deadlines.
func (s forms) ListFormPeriods(ctx context.Context, r *reportingv1.ListFormPeriodsRequest) (*reportingv1.ListFormPeriodsResponse, error) {
	code, err := lastPart("forms", "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	found, stamp, err := s.service.ListFormPeriodsAt(ctx, callerOf(ctx), code, r.GetPeriods(), at)
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListFormPeriodsResponse{Stamp: stampMessage(stamp)}
	for _, p := range found {
		m := &reportingv1.FormPeriod{Period: p.Period.String(), FirstDay: p.First.String(), LastDay: p.Last.String()}
		for _, d := range p.Deadlines {
			m.Deadlines = append(m.Deadlines, &reportingv1.FormDeadline{
				Kind: string(d.Kind), DueDay: d.DueDay.String(), Deadline: timestamp(d.Deadline),
			})
		}
		answer.Periods = append(answer.Periods, m)
	}
	return answer, nil
}

func formOf(m *reportingv1.Form) (form.Form, error) {
	var wrong fault.List
	f := form.Form{
		Code: form.Code(m.GetCode()), NameVI: m.GetNameVi(), NameEN: m.GetNameEn(),
		Indicators: named[indicator.Code](m.GetIndicators()),
		Assigned:   selectorsOf("assigned", m.GetAssigned(), &wrong),
		Owner:      hierarchy.ID(m.GetOwner()), Reviewer: hierarchy.ID(m.GetReviewer()), // or codes
		OwnApproval: m.GetOwnApproval(),
		ValidFrom:   dayOf("valid_from", m.GetValidFrom(), period.Beginning, &wrong),
	}
	var err error
	add := func(field string, err error) {
		if err != nil {
			wrong.Add(fault.Of(err).In(field))
		}
	}
	if m.GetFrequency() == reportingv1.Frequency_FREQUENCY_UNSPECIFIED {
		// The table of frequencies has a gap at nine months, which must not read as one.
		add("frequency", fault.Invalid("FREQUENCY_UNKNOWN", "form %q states no frequency; give month, quarter, half or year", m.GetCode()).
			With("code", m.GetCode()).With("value", ""))
	} else {
		f.Frequency, err = enumOf(frequencies, m.GetFrequency(), "FREQUENCY_UNKNOWN", "frequency")
		add("frequency", err)
	}
	f.Calendar, err = enumOf(calendars, m.GetCalendar(), "CALENDAR_UNKNOWN", "calendar")
	add("calendar", err)
	f.Due, err = period.ParseDue(m.GetDue())
	add("due", err)
	return f, wrong.Err()
}

func formMessage(f reporting.Form) *reportingv1.Form {
	return &reportingv1.Form{
		Name: "forms/" + string(f.Code.Fold()), Code: string(f.Code), NameVi: f.NameVI, NameEn: f.NameEN,
		Frequency: frequencies.wire(f.Frequency), Calendar: calendars.wire(f.Calendar),
		Indicators: texts(f.Indicators), Assigned: selectorMessages(f.Assigned),
		Owner: string(f.Owner), Reviewer: string(f.Reviewer), Due: f.Due.String(), OwnApproval: f.OwnApproval,
		ValidFrom: f.ValidFrom.String(), Etag: f.Etag,
	}
}
