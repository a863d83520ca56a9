package server_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// lifeVerb does what else can become of a report or a period, with the etag that is seen now; false if it knows no such verb.
func (p *province) lifeVerb(ctx context.Context, verb string, rest []string) (bool, error) {
	switch verb {
	case "excludes", "lifts":
		return true, p.turn(ctx, verb, "units/"+rest[0]+"/reports/"+rest[1], strings.Join(rest[2:], " "))
	case "restores":
		return true, p.restoreRevision(ctx, "units/"+rest[0]+"/reports/"+rest[1], rest[2])
	case "closes", "reopens":
		form, period, _ := strings.Cut(rest[0], "~")
		return true, p.turnPeriod(ctx, verb, "forms/"+form+"/closings/"+period, rest[1:])
	}
	return false, nil
}

func (p *province) turn(ctx context.Context, verb, name, reason string) error {
	exclusions := reportingv1.NewExclusionServiceClient(p.conn)
	seen, err := exclusions.GetExclusion(ctx, &reportingv1.GetExclusionRequest{Name: name})
	if err != nil {
		return err
	}
	if verb == "lifts" {
		_, err = exclusions.LiftExclusion(ctx, &reportingv1.LiftExclusionRequest{Name: name, Etag: seen.GetEtag(), Reason: reason, RequestId: p.requestID()})
		return err
	}
	_, err = exclusions.ExcludeReport(ctx, &reportingv1.ExcludeReportRequest{Name: name, Etag: seen.GetEtag(), Reason: reason, RequestId: p.requestID()})
	return err
}

func (p *province) restoreRevision(ctx context.Context, name, number string) error {
	seen, err := reportingv1.NewReportServiceClient(p.conn).GetReport(ctx, &reportingv1.GetReportRequest{Name: name})
	if err != nil {
		return err
	}
	if _, err := strconv.Atoi(number); err != nil {
		return err
	}
	_, err = reportingv1.NewHistoryServiceClient(p.conn).RestoreRevision(ctx, &reportingv1.RestoreRevisionRequest{
		Name: name + "/revisions/" + number, Etag: seen.GetEtag(), RequestId: p.requestID(),
	})
	return err
}

// turnPeriod closes a period, or reopens it until a day for a unit.
func (p *province) turnPeriod(ctx context.Context, verb, name string, rest []string) error {
	closings := reportingv1.NewClosingServiceClient(p.conn)
	seen, err := closings.GetClosing(ctx, &reportingv1.GetClosingRequest{Name: name})
	if err != nil {
		return err
	}
	if verb == "closes" {
		_, err = closings.ClosePeriod(ctx, &reportingv1.ClosePeriodRequest{
			Name: name, Etag: seen.GetEtag(), Reason: strings.Join(rest, " "), Force: len(rest) > 0, RequestId: p.requestID(),
		})
		return err
	}
	if len(rest) < 3 {
		return fmt.Errorf("a reopening has a day, a unit and a reason")
	}
	until, err := time.Parse(time.DateOnly, rest[0])
	if err != nil {
		return err
	}
	_, err = closings.ReopenPeriod(ctx, &reportingv1.ReopenPeriodRequest{
		Name: name, Etag: seen.GetEtag(), Units: rest[1:2], Until: timestamppb.New(until), Reason: strings.Join(rest[2:], " "), RequestId: p.requestID(),
	})
	return err
}
