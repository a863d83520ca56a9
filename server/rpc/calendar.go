package rpc

import (
	"context"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/tabular"
)

// calendar is the service of periods, deadlines and holidays.
type calendar struct {
	reportingv1.UnsafeCalendarServiceServer
	*core
}

// ListHolidays lists the days of the list of holidays.
func (s calendar) ListHolidays(ctx context.Context, r *reportingv1.ListHolidaysRequest) (*reportingv1.ListHolidaysResponse, error) {
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	page, err := s.service.ListHolidays(ctx, callerOf(ctx), reporting.HolidayFilter{
		First: r.GetFirstDay(), Last: r.GetLastDay(), Page: pageOf(r.GetPageSize(), r.GetPageToken()), At: at,
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListHolidaysResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for _, l := range page.Holidays {
		answer.Holidays = append(answer.Holidays, holidayMessage(l))
	}
	return answer, nil
}

func holidayMessage(l form.Listed) *reportingv1.Holiday {
	kind := reportingv1.HolidayKind_HOLIDAY_KIND_WORK
	if l.Off {
		kind = reportingv1.HolidayKind_HOLIDAY_KIND_OFF
	}
	return &reportingv1.Holiday{Day: l.Day.String(), Name: l.Name, Kind: kind, Sequence: int64(l.Sequence)} //nolint:gosec // counts from 1
}

// ImportHolidays imports holidays.csv.
func (s calendar) ImportHolidays(stream grpc.ClientStreamingServer[reportingv1.ImportHolidaysRequest, reportingv1.ImportSummary]) error {
	return importBy(s.core, auth.Calendar, stream, func(ctx context.Context, in catalogueFile) (*reportingv1.ImportSummary, error) {
		sheet, err := tabular.ReadHolidays(in.file)
		if err != nil {
			return nil, err
		}
		return finishImport(ctx, s.core, in, &sheet, s.service.ImportHolidays)
	})
}

// GetPeriod gets one period.
func (s calendar) GetPeriod(ctx context.Context, r *reportingv1.GetPeriodRequest) (*reportingv1.Period, error) {
	name, err := lastPart("periods", "name", r.GetName())
	if err != nil {
		return nil, err
	}
	q, err := periodQuery(name, r)
	if err != nil {
		return nil, err
	}
	if q.At, err = s.atOf(ctx, r.AtSequence, r); err != nil {
		return nil, err
	}
	found, stamp, err := s.service.ListPeriods(ctx, callerOf(ctx), q)
	switch {
	case err != nil:
		return nil, renamed(err, "periods", "name")
	case len(found) != 1:
		return nil, fault.Invalid("PERIOD_MALFORMED", "period %q: give one period, such as 2024-02; a range is for the list", shorten(name)).
			With("value", shorten(name)).In("name")
	}
	m := periodMessage(&found[0])
	m.Stamp = stampMessage(stamp)
	return m, nil
}

// ListPeriods lists periods.
func (s calendar) ListPeriods(ctx context.Context, r *reportingv1.ListPeriodsRequest) (*reportingv1.ListPeriodsResponse, error) {
	q, err := periodQuery(r.GetPeriods(), r)
	if err != nil {
		return nil, err
	}
	if q.At, err = s.atOf(ctx, r.AtSequence, r); err != nil {
		return nil, err
	}
	found, stamp, err := s.service.ListPeriods(ctx, callerOf(ctx), q)
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListPeriodsResponse{Stamp: stampMessage(stamp)}
	for i := range found {
		answer.Periods = append(answer.Periods, periodMessage(&found[i]))
	}
	return answer, nil
}

// periodRequest is what the two requests for periods have in common.
type periodRequest interface {
	GetCalendar() reportingv1.Calendar
	GetForm() string
	GetKind() string
	GetUnit() string
}

func periodQuery(periods string, r periodRequest) (reporting.PeriodQuery, error) {
	q := reporting.PeriodQuery{Periods: periods, Form: r.GetForm(), Kind: r.GetKind(), Unit: r.GetUnit()}
	if r.GetCalendar() == reportingv1.Calendar_CALENDAR_UNSPECIFIED {
		return q, nil
	}
	c, err := enumOf(calendars, r.GetCalendar(), "CALENDAR_UNKNOWN", "calendar")
	if err != nil {
		return q, fault.Of(err).In("calendar")
	}
	q.Calendar = &c
	return q, nil
}

func periodMessage(p *reporting.Period) *reportingv1.Period {
	m := &reportingv1.Period{
		Name: "periods/" + p.Period.String(), Period: p.Period.String(), Calendar: calendars.wire(p.Calendar),
		FirstDay: p.First.String(), LastDay: p.Last.String(),
		DraftOpenTime: timestamp(period.DraftFrom(p.Calendar, p.Period)), OpenTime: timestamp(period.FirstSubmission(p.Calendar, p.Period)),
		Form: string(p.Form), BasePeriod: p.Base.String(), Unit: string(p.Unit), Owed: p.Owed,
	}
	for _, d := range p.Deadlines {
		m.Deadlines = append(m.Deadlines, &reportingv1.PeriodDeadline{
			Kind: string(d.Kind), DueDay: d.DueDay.String(), Deadline: timestamp(d.Deadline), Passed: d.Passed,
		})
	}
	return m
}
