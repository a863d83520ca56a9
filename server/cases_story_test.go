package server_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server"
)

// play tells the province the story of a file, line by line, through the API. The README beside it has the verbs.
func (p *province) play(path string) {
	p.t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	for i, line := range strings.Split(string(b), "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if err := p.tell(filepath.Dir(path), words); err != nil {
			p.t.Fatalf("%s:%d: %s: %v", path, i+1, line, err)
		}
	}
}

// tell takes one line: who, what he does, and to what.
func (p *province) tell(dir string, words []string) error {
	ctx, verb, rest := p.t.Context(), words[1], words[2:]
	if words[0] != "at" {
		ctx = p.by(words[0])
	}
	switch {
	case words[0] == "at":
		p.at(words[1] + " " + words[2])
		return nil
	case verb == "imports":
		return p.importFile(ctx, rest[0], filepath.Join(dir, rest[0]+".csv"))
	case verb == "reorganises":
		return p.reorganise(ctx, filepath.Join(dir, rest[0]+".csv"), filepath.Join(dir, rest[1]+".csv"))
	case verb == "issues":
		return p.issue(ctx, rest)
	case verb == "revokes":
		_, err := reportingv1.NewAccessServiceClient(p.conn).RevokeToken(ctx, &reportingv1.RevokeTokenRequest{
			Name: p.shown("tokens/<" + rest[0] + ">"), RequestId: p.requestID(),
		})
		return err
	}
	for _, other := range []func(context.Context, string, []string) (bool, error){p.lifeVerb, p.reminderVerb} {
		if done, err := other(ctx, verb, rest); done || err != nil {
			return err
		}
	}
	return p.reportVerb(ctx, verb, "units/"+rest[0]+"/reports/"+rest[1], rest[2:])
}

// reportVerb does something with a report; what exists is corrected or reviewed with the etag that is seen now.
func (p *province) reportVerb(ctx context.Context, verb, name string, rest []string) error {
	reports := reportingv1.NewReportServiceClient(p.conn)
	etag := ""
	if verb != "sends" && verb != "saves" {
		seen, err := reports.GetReport(ctx, &reportingv1.GetReportRequest{Name: name})
		if err != nil {
			return err
		}
		etag = seen.GetEtag()
	}
	var err error
	switch verb {
	case "sends", "saves", "corrects":
		_, err = reports.SubmitReport(ctx, &reportingv1.SubmitReportRequest{
			Name: name, Figures: figuresIn(rest), Draft: verb == "saves", Etag: etag, RequestId: p.requestID(),
		})
	case "approves":
		_, err = reports.ApproveReport(ctx, &reportingv1.ApproveReportRequest{Name: name, Etag: etag, RequestId: p.requestID()})
	case "returns":
		_, err = reports.ReturnReport(ctx, &reportingv1.ReturnReportRequest{
			Name: name, Etag: etag, Reason: strings.Join(rest, " "), RequestId: p.requestID(),
		})
	default:
		err = fmt.Errorf("no line says %q", verb)
	}
	return err
}

// requestID counts, so that a case can use the id of a line of the story once more.
func (p *province) requestID() string {
	p.requests++
	return fmt.Sprintf("01900000-0000-7000-8000-%012d", p.requests)
}

// issue makes a token: its name, a role, a unit or everywhere, and perhaps a form.
func (p *province) issue(ctx context.Context, words []string) error {
	roles := map[string]reportingv1.Role{
		"reporter": reportingv1.Role_ROLE_REPORTER, "approver": reportingv1.Role_ROLE_APPROVER, "viewer": reportingv1.Role_ROLE_VIEWER,
		"administrator": reportingv1.Role_ROLE_ADMINISTRATOR, "operator": reportingv1.Role_ROLE_OPERATOR,
		"drafter": reportingv1.Role_ROLE_DRAFTER, "sender": reportingv1.Role_ROLE_SENDER,
		"auditor": reportingv1.Role_ROLE_AUDITOR, "public": reportingv1.Role_ROLE_PUBLIC,
	}
	unit, form := words[2], ""
	if unit == "everywhere" {
		unit = ""
	}
	if len(words) > 3 {
		form = words[3]
	}
	answer, err := reportingv1.NewAccessServiceClient(p.conn).CreateToken(ctx, &reportingv1.CreateTokenRequest{
		Role: roles[words[1]], Unit: unit, Form: form, DisplayName: words[0], RequestId: p.requestID(),
		Lifetime: durationpb.New(1000 * 24 * time.Hour),
	})
	if err != nil {
		return err
	}
	p.know(words[0], answer.GetSecret())
	return nil
}

// figuresIn reads HS=40, DH=90/100, TT=50/ (a numerator alone), HS=- and HS=x; behind ! stands an explanation.
func figuresIn(words []string) []*reportingv1.Figure {
	figures := make([]*reportingv1.Figure, len(words))
	for i, w := range words {
		code, text, _ := strings.Cut(w, "=")
		text, explanation, _ := strings.Cut(text, "!")
		f := &reportingv1.Figure{Indicator: code, Explanation: strings.ReplaceAll(explanation, "_", " ")}
		numerator, denominator, ratio := strings.Cut(text, "/")
		switch {
		case text == "-":
			f.State = reportingv1.FigureState_FIGURE_STATE_NOT_AVAILABLE
		case text == "x":
			f.State = reportingv1.FigureState_FIGURE_STATE_NOT_APPLICABLE
		case ratio && denominator == "":
			f.Numerator = &numerator
		case ratio:
			f.Numerator, f.Denominator = &numerator, &denominator
		default:
			f.Value = &text
		}
		figures[i] = f
	}
	return figures
}

// importFile uploads a catalogue file and refuses one with a problem.
func (p *province) importFile(ctx context.Context, what, path string) error {
	file, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	options := &reportingv1.ImportOptions{FileName: filepath.Base(path), RequestId: p.requestID()}
	var summary *reportingv1.ImportSummary
	switch what {
	case "units":
		summary, err = upload(reportingv1.NewUnitServiceClient(p.conn).ImportUnits(ctx))(
			&reportingv1.ImportUnitsRequest{Part: &reportingv1.ImportUnitsRequest_Options{Options: options}},
			&reportingv1.ImportUnitsRequest{Part: &reportingv1.ImportUnitsRequest_Chunk{Chunk: file}})
	case "indicators":
		summary, err = upload(reportingv1.NewIndicatorServiceClient(p.conn).ImportIndicators(ctx))(
			&reportingv1.ImportIndicatorsRequest{Part: &reportingv1.ImportIndicatorsRequest_Options{Options: options}},
			&reportingv1.ImportIndicatorsRequest{Part: &reportingv1.ImportIndicatorsRequest_Chunk{Chunk: file}})
	case "rules":
		summary, err = upload(reportingv1.NewRuleServiceClient(p.conn).ImportRules(ctx))(
			&reportingv1.ImportRulesRequest{Part: &reportingv1.ImportRulesRequest_Options{Options: options}},
			&reportingv1.ImportRulesRequest{Part: &reportingv1.ImportRulesRequest_Chunk{Chunk: file}})
	case "holidays", "holidays-2026", "holidays-late":
		summary, err = upload(reportingv1.NewCalendarServiceClient(p.conn).ImportHolidays(ctx))(
			&reportingv1.ImportHolidaysRequest{Part: &reportingv1.ImportHolidaysRequest_Options{Options: options}},
			&reportingv1.ImportHolidaysRequest{Part: &reportingv1.ImportHolidaysRequest_Chunk{Chunk: file}})
	case "plans", "targets", "outside", "regions":
		summary, err = p.importOfPlans(ctx, what, options, file)
	default:
		summary, err = upload(reportingv1.NewFormServiceClient(p.conn).ImportForms(ctx))(
			&reportingv1.ImportFormsRequest{Part: &reportingv1.ImportFormsRequest_Options{Options: options}},
			&reportingv1.ImportFormsRequest{Part: &reportingv1.ImportFormsRequest_Chunk{Chunk: file}})
	}
	if err == nil && len(summary.GetProblems()) > 0 {
		err = fmt.Errorf("the file was refused: %v", summary.GetProblems())
	}
	return err
}

// importOfPlans uploads a file of plans or of what others publish.
func (p *province) importOfPlans(ctx context.Context, what string, options *reportingv1.ImportOptions, file []byte) (*reportingv1.ImportSummary, error) {
	plans, rankings := reportingv1.NewPlanServiceClient(p.conn), reportingv1.NewRankingServiceClient(p.conn)
	switch what {
	case "plans":
		return upload(plans.ImportPlans(ctx))(
			&reportingv1.ImportPlansRequest{Part: &reportingv1.ImportPlansRequest_Options{Options: options}},
			&reportingv1.ImportPlansRequest{Part: &reportingv1.ImportPlansRequest_Chunk{Chunk: file}})
	case "targets":
		return upload(plans.ImportTargets(ctx))(
			&reportingv1.ImportTargetsRequest{Part: &reportingv1.ImportTargetsRequest_Options{Options: options}},
			&reportingv1.ImportTargetsRequest{Part: &reportingv1.ImportTargetsRequest_Chunk{Chunk: file}})
	case "outside":
		return upload(rankings.ImportOutsideFigures(ctx))(
			&reportingv1.ImportOutsideFiguresRequest{Part: &reportingv1.ImportOutsideFiguresRequest_Options{Options: options}},
			&reportingv1.ImportOutsideFiguresRequest{Part: &reportingv1.ImportOutsideFiguresRequest_Chunk{Chunk: file}})
	}
	return upload(rankings.ImportRegions(ctx))(
		&reportingv1.ImportRegionsRequest{Part: &reportingv1.ImportRegionsRequest_Options{Options: options}},
		&reportingv1.ImportRegionsRequest{Part: &reportingv1.ImportRegionsRequest_Chunk{Chunk: file}})
}

// reorganise uploads units and their lineage in one piece.
func (p *province) reorganise(ctx context.Context, units, lineage string) error {
	rows, err := os.ReadFile(units)
	if err != nil {
		return err
	}
	links, err := os.ReadFile(lineage)
	if err != nil {
		return err
	}
	options := &reportingv1.ImportReorganisationOptions{Note: "Nghị quyết 202/2025/QH15", RequestId: p.requestID()}
	answer, err := upload(reportingv1.NewUnitServiceClient(p.conn).ImportReorganisation(ctx))(
		&reportingv1.ImportReorganisationRequest{Part: &reportingv1.ImportReorganisationRequest_Options{Options: options}},
		&reportingv1.ImportReorganisationRequest{Part: &reportingv1.ImportReorganisationRequest_Units{Units: rows}},
		&reportingv1.ImportReorganisationRequest{Part: &reportingv1.ImportReorganisationRequest_Lineage{Lineage: links}})
	if err == nil && answer.GetReorganisation() == nil {
		err = fmt.Errorf("the files were refused: %v %v", answer.GetUnitProblems(), answer.GetLineageProblems())
	}
	return err
}

// upload sends the parts of a file and gives the answer.
func upload[Part, Answer any](
	stream grpc.ClientStreamingClient[Part, Answer], err error,
) func(parts ...*Part) (*Answer, error) {
	return func(parts ...*Part) (*Answer, error) {
		for _, part := range parts {
			if err == nil {
				err = stream.Send(part)
			}
		}
		if err != nil {
			return nil, err
		}
		return stream.CloseAndRecv()
	}
}

// told starts a province and plays its story.
func told(t *testing.T) *province {
	t.Helper()
	return toldOf(t, "province")
}

// toldOf is told with the story of a folder.
func toldOf(t *testing.T, folder string) *province {
	t.Helper()
	p := newProvinceWith(t, func(c *server.Config) {
		if folder == "reminders" {
			c.Notify = &server.Notify{Every: 50 * time.Millisecond}
		}
	})
	p.play(filepath.Join("testdata", "rpc", folder, "story.txt"))
	return p
}
