package demo

import (
	"context"
	"fmt"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// What the province does when the year is over: of the communes' form it closes a month, and in the last one it excuses a
// commune that sent nothing.
const (
	closedForm  = "cds-xa-thang"
	closedMonth = "2024-01"
)

// afterwards closes and excuses.
func (l *loader) afterwards(ctx context.Context) error {
	for _, r := range l.lost {
		if r.form.GetName() != "forms/"+closedForm || r.period != LastPeriod {
			continue
		}
		seen, err := l.Approver.GetExclusion(ctx, &reportingv1.GetExclusionRequest{Name: r.name})
		if err != nil {
			return err
		}
		_, err = l.Approver.ExcludeReport(ctx, &reportingv1.ExcludeReportRequest{
			Name: r.name, Etag: seen.GetEtag(), Reason: "Ngập lụt kéo dài, xã không làm việc trong kỳ.",
		})
		if err != nil {
			return err
		}
		l.result.Excused = r.name
		break
	}
	name := fmt.Sprintf("forms/%s/closings/%s", closedForm, closedMonth)
	seen, err := l.Approver.GetClosing(ctx, &reportingv1.GetClosingRequest{Name: name})
	if err != nil {
		return err
	}
	closed, err := l.Approver.ClosePeriod(ctx, &reportingv1.ClosePeriodRequest{Name: seen.GetName(), Etag: seen.GetEtag()})
	if err != nil {
		return err
	}
	l.result.Closed = closed.GetName()
	return nil
}
