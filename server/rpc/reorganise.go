package rpc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/tabular"
)

// unitActions pairs what a reorganisation does with a unit.
var unitActions = pairs[reporting.UnitAction, reportingv1.UnitChange_Action]{
	reporting.UnitCreated:   reportingv1.UnitChange_ACTION_CREATED,
	reporting.UnitClosed:    reportingv1.UnitChange_ACTION_CLOSED,
	reporting.UnitRenamed:   reportingv1.UnitChange_ACTION_RENAMED,
	reporting.UnitCorrected: reportingv1.UnitChange_ACTION_CORRECTED,
}

// definitionPlaces pairs where a form or an indicator names a unit.
var definitionPlaces = pairs[reporting.DefinitionPlace, reportingv1.DefinitionEffect_Place]{
	reporting.FormAssignment:      reportingv1.DefinitionEffect_PLACE_FORM_ASSIGNMENT,
	reporting.FormException:       reportingv1.DefinitionEffect_PLACE_FORM_EXCEPTION,
	reporting.FormOwner:           reportingv1.DefinitionEffect_PLACE_FORM_OWNER,
	reporting.FormReviewer:        reportingv1.DefinitionEffect_PLACE_FORM_REVIEWER,
	reporting.IndicatorAssignment: reportingv1.DefinitionEffect_PLACE_INDICATOR_ASSIGNMENT,
	reporting.IndicatorException:  reportingv1.DefinitionEffect_PLACE_INDICATOR_EXCEPTION,
}

// maxPlanned is how many things one request may name in each of its lists; a file may have more.
const maxPlanned = 5000

// ReorganiseUnits changes the tree in one piece.
func (s units) ReorganiseUnits(ctx context.Context, r *reportingv1.ReorganiseUnitsRequest) (*reportingv1.Reorganisation, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	plan, err := planOf(r)
	if err != nil {
		return nil, err
	}
	done, err := s.service.ReorganiseUnits(ctx, c, plan, r.GetNote())
	if err != nil {
		return nil, err
	}
	return reorganisation(done), nil
}

func planOf(r *reportingv1.ReorganiseUnitsRequest) (hierarchy.Plan, error) {
	var wrong fault.List
	for _, list := range []struct {
		field string
		n     int
	}{
		{"create", len(r.GetCreate())},
		{"close", len(r.GetClose())},
		{"rename", len(r.GetRename())},
		{"move", len(r.GetMove())},
		{"links", len(r.GetLinks())},
		{"withdraw", len(r.GetWithdraw())},
	} {
		if list.n > maxPlanned {
			wrong.Add(fault.Invalid("REORGANISATION_TOO_LARGE", "%s has %d entries; one request may have %d: upload the change as files", list.field, list.n, maxPlanned).
				With("list", list.field).With("limit", maxPlanned).In(list.field))
		}
	}
	// An empty day is refused with everything else that the plan lacks.
	plan := hierarchy.Plan{Date: dayOf("date", r.GetDate(), period.Beginning, &wrong), Close: r.GetClose()}
	for _, u := range r.GetCreate() {
		plan.Create = append(plan.Create, hierarchy.Unit{
			Code: hierarchy.Code(u.GetCode()), Kind: hierarchy.Kind(u.GetKind()), NameVI: u.GetNameVi(), NameEN: u.GetNameEn(),
			Parent: hierarchy.ID(u.GetParent()),
		})
	}
	for _, n := range r.GetRename() {
		plan.Rename = append(plan.Rename, hierarchy.Rename{Unit: n.GetUnit(), NameVI: n.GetNameVi(), NameEN: n.GetNameEn()})
	}
	for _, m := range r.GetMove() {
		plan.Move = append(plan.Move, hierarchy.Move{
			Unit: m.GetUnit(), Parent: m.Parent, Code: hierarchy.Code(m.GetCode()), Kind: hierarchy.Kind(m.GetKind()),
			NameVI: m.GetNameVi(), NameEN: m.GetNameEn(),
		})
	}
	for i, l := range r.GetLinks() {
		share, ok := shares.domain(l.GetShare())
		if !ok || share == 0 {
			wrong.Add(fault.Invalid("LINEAGE_SHARE_UNKNOWN", "share %q: it is whole, or part where the unit was divided", l.GetShare()).
				With("share", l.GetShare()).In("share").In(fmt.Sprintf("links[%d]", i)))
		}
		plan.Links = append(plan.Links, hierarchy.PlannedLink{From: l.GetFrom(), To: l.GetTo(), Share: share})
	}
	for _, l := range r.GetWithdraw() {
		plan.Withdraw = append(plan.Withdraw, hierarchy.PlannedLink{From: l.GetFrom(), To: l.GetTo(), Share: hierarchy.Whole})
	}
	return plan, wrong.Err()
}

func reorganisation(done reporting.Reorganised) *reportingv1.Reorganisation {
	m := &reportingv1.Reorganisation{
		Created: int32(done.Created), Closed: int32(done.Closed), Renamed: int32(done.Renamed), //nolint:gosec // a request has few
		Corrected: int32(done.Corrected), Linked: int32(done.Linked), Withdrawn: int32(done.Withdrawn), //nolint:gosec // as above
		Links: linkMessages(done.Links), Receipt: receiptMessage(done.Receipt), Stamp: stampMessage(done.Stamp),
	}
	for _, c := range done.Changes {
		m.Changes = append(m.Changes, &reportingv1.UnitChange{
			Action: unitActions.wire(c.Action), Unit: unitLabel(c.Unit), Parent: string(c.Unit.Parent), WasNameVi: c.Was,
		})
	}
	if e := done.Effects; e != nil {
		m.Effects = effectsMessage(e)
	}
	return m
}

func effectsMessage(e *reporting.Effects) *reportingv1.ReorganisationEffects {
	m := &reportingv1.ReorganisationEffects{ReportCount: int32(e.ReportCount), TokenCount: int32(e.TokenCount), TargetCount: int32(e.TargetCount)} //nolint:gosec // counts
	for _, p := range e.Periods {
		m.Periods = append(m.Periods, &reportingv1.PeriodEffect{
			Form: string(p.Form), Period: p.Period.String(), FirstDay: p.First.String(), LastDay: p.Last.String(),
			Ending: int32(p.Ending), Beginning: int32(p.Beginning), //nolint:gosec // counts of units
		})
	}
	for _, key := range e.Reports {
		m.Reports = append(m.Reports, reporting.ReportName(key))
	}
	for _, d := range e.Definitions {
		m.Definitions = append(m.Definitions, &reportingv1.DefinitionEffect{
			Place: definitionPlaces.wire(d.Place), Code: d.Code, Unit: unitLabel(d.Unit), Acting: labelOrNone(d.Acting),
		})
	}
	for _, k := range e.Tokens {
		m.Tokens = append(m.Tokens, &reportingv1.TokenEffect{
			Token: k.Token, Role: k.Role.String(), Unit: unitLabel(k.Unit), Acting: labelOrNone(k.Acting), Reads: labelOrNone(k.Reads),
		})
	}
	for _, t := range e.Targets {
		m.Targets = append(m.Targets, &reportingv1.TargetEffect{
			Plan: planName(t.Plan.ID), Number: t.Plan.Number, Year: int32(t.Target.Year), //nolint:gosec // a year
			Indicator: string(t.Target.Indicator), Scope: t.Target.Scope.String(), Unit: labelOrNone(t.Unit), Acting: labelOrNone(t.Acting),
		})
	}
	return m
}

type reorganisationStream = grpc.ClientStreamingServer[reportingv1.ImportReorganisationRequest, reportingv1.ImportReorganisationResponse]

// ImportReorganisation changes the tree as two files say.
func (s units) ImportReorganisation(stream reorganisationStream) error {
	ctx := stream.Context()
	// Before the first byte: who may not change the catalogue does not fill the stage.
	tree, err := s.service.Tree(ctx, callerOf(ctx), auth.Catalogue)
	if err != nil {
		return err
	}
	var in reorganisationFiles
	for _, file := range []**staged{&in.units, &in.lineage} {
		if *file, err = s.stage.open(MaxCatalogueFile); err != nil {
			return err
		}
		defer (*file).close()
	}
	if err := in.receive(ctx, receive(ctx, 0, stream.Recv)); err != nil {
		return err
	}
	call, err := changeCall(callerOf(ctx), in.options.GetRequestId(), in.options.GetValidateOnly())
	if err != nil {
		return err
	}
	if call.RequestID == ([16]byte{}) && !call.ValidateOnly {
		return fault.Invalid("REQUEST_ID_REQUIRED",
			"a change needs a request_id, a UUID that is kept and sent again when the answer is lost").In("request_id")
	}
	answer, err := s.importReorganisation(ctx, call, &in, tree)
	if err != nil {
		return err
	}
	_, stamp, err := s.service.GetStamp(ctx, call.Caller)
	if err != nil {
		return err
	}
	answer.Stamp = stampMessage(stamp)
	return stream.SendAndClose(answer)
}

// reorganisationFiles is an upload of two files. Either may be missing; then nothing came of it.
type reorganisationFiles struct {
	options                *reportingv1.ImportReorganisationOptions
	units, lineage         *staged
	unitsSent, lineageSent bool
}

// receive takes the options, which come first, and then the chunks of both files.
func (in *reorganisationFiles) receive(ctx context.Context, messages <-chan received[*reportingv1.ImportReorganisationRequest]) error {
	quiet := time.NewTimer(quietUpload)
	defer quiet.Stop()
	for {
		m, err := next(ctx, messages, quiet)
		switch {
		case errors.Is(err, io.EOF) && in.options == nil:
			return uploadOutOfOrder("it has no message")
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case in.options == nil && m.GetOptions() == nil:
			return uploadOutOfOrder("its first message has no options")
		}
		switch part := m.GetPart().(type) {
		case *reportingv1.ImportReorganisationRequest_Options:
			if in.options != nil {
				return uploadOutOfOrder("it has options twice")
			}
			in.options = part.Options
		case *reportingv1.ImportReorganisationRequest_Units:
			in.unitsSent = true
			err = in.units.add(part.Units)
		case *reportingv1.ImportReorganisationRequest_Lineage:
			in.lineageSent = true
			err = in.lineage.add(part.Lineage)
		default:
			return uploadOutOfOrder("a message has no part")
		}
		if err != nil {
			return err
		}
	}
}

func (s units) importReorganisation(
	ctx context.Context, call reporting.Call, in *reorganisationFiles, tree *hierarchy.Tree,
) (*reportingv1.ImportReorganisationResponse, error) {
	language := languageOf(ctx)
	var rows tabular.Sheet[hierarchy.Unit]
	var links tabular.Sheet[hierarchy.Link]
	if !in.unitsSent && !in.lineageSent {
		return nil, fault.Invalid("FILE_MISSING", "neither units.csv nor lineage.csv came; send at least one of them")
	}
	if in.unitsSent {
		file, err := in.units.whole()
		if err != nil {
			return nil, err
		}
		if rows, err = tabular.ReadUnits(file, tree); err != nil {
			return nil, err
		}
	}
	if in.lineageSent {
		file, err := in.lineage.whole()
		if err != nil {
			return nil, err
		}
		if links, err = tabular.ReadLineage(file); err != nil {
			return nil, err
		}
	}
	answer := &reportingv1.ImportReorganisationResponse{
		UnitRows: int32(rows.Total), LineageRows: int32(links.Total), //nolint:gosec // a million at most
		UnitProblems: fileProblems(rows.Problems, language), LineageProblems: fileProblems(links.Problems, language),
	}
	if rows.Problems.Count+links.Problems.Count > 0 {
		return answer, nil
	}
	done, err := s.service.ImportReorganisation(ctx, call, rows.Rows, links.Rows, in.options.GetNote())
	switch {
	case err == nil:
		answer.Unchanged, answer.Reorganisation = int32(done.Unchanged), reorganisation(done) //nolint:gosec // as above
	case ofTheCall(err) || onlyField(err, "note"):
		return nil, err
	default:
		inUnits, inLinks := parted(err)
		answer.UnitProblems, answer.LineageProblems = byLine(placed(&rows, inUnits, language)), byLine(placed(&links, inLinks, language))
	}
	return answer, nil
}

// byLine puts problems in the order of the file; what is about no line comes last.
func byLine(list []*reportingv1.Problem) []*reportingv1.Problem {
	slices.SortStableFunc(list, func(a, b *reportingv1.Problem) int {
		return cmp.Compare(uint32(a.GetLine())-1, uint32(b.GetLine())-1) //nolint:gosec // line 0 is to become the greatest
	})
	return list
}

// onlyField says whether the error is about that field of the options.
func onlyField(err error, field string) bool { return fault.Of(err).Field == field }

// parted tells what was said about lineage from everything else.
func parted(err error) (inUnits, inLinks error) {
	whole := fault.Of(err)
	all := whole.Details
	if len(all) == 0 {
		all = []*fault.Error{whole}
	}
	var units, links fault.List
	for _, e := range all {
		if strings.HasPrefix(e.Field, "links[") {
			links.Add(e)
			continue
		}
		units.Add(e)
	}
	return units.Err(), links.Err()
}
