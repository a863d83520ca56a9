package main

import (
	"context"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type dutyCmd struct {
	List   dutyListCmd   `cmd:"" default:"withargs" help:"List duties."`
	Get    dutyGetCmd    `cmd:"" help:"Show one duty."`
	Put    dutyPutCmd    `cmd:"" help:"Enter a duty from a JSON file, or replace one."`
	Report dutyReportCmd `cmd:"" help:"Enter how far a unit is."`
	State  dutyStateCmd  `cmd:"" help:"List who owes what, and how it stands."`
	Count  dutyCountCmd  `cmd:"" help:"Count the units of a duty by province."`
}

type inspectionCmd struct {
	List   inspectionListCmd   `cmd:"" default:"withargs" help:"List inspections."`
	Get    dutyGetCmd          `cmd:"" help:"Show one inspection."`
	Put    dutyPutCmd          `cmd:"" help:"Enter an inspection from a JSON file, or replace one."`
	Report inspectionReportCmd `cmd:"" help:"Enter how far a unit is with a step."`
	State  inspectionStateCmd  `cmd:"" help:"List units with their steps, and the days by which they are late."`
	Count  dutyCountCmd        `cmd:"" help:"Count the units of each step by province."`
}

const standingPrefix = "DUTY_STANDING_"

func dutyName(code string) string {
	if code == "" {
		return ""
	}
	return "duties/" + strings.TrimPrefix(code, "duties/")
}

func dutyCode(name string) string { return strings.TrimPrefix(name, "duties/") }

type dutyListCmd struct {
	Plan string `placeholder:"ID" help:"Only those that this plan orders."`
	pastFlag
}

// Help shows how it is used.
func (dutyListCmd) Help() string {
	return `Examples:

    tonghop duty list
    tonghop duty list --plan 52-kh-ubnd-2024`
}

// Run lists duties.
func (c *dutyListCmd) Run(ctx context.Context, s *session) error {
	return s.duties(ctx, c.pastFlag, &reportingv1.ListDutiesRequest{Plan: orNone(c.Plan, planName)})
}

type inspectionListCmd struct{ pastFlag }

// Help shows how it is used.
func (inspectionListCmd) Help() string {
	return `Examples:

    tonghop inspection list`
}

// Run lists inspections.
func (c *inspectionListCmd) Run(ctx context.Context, s *session) error {
	return s.duties(ctx, c.pastFlag, &reportingv1.ListDutiesRequest{Inspections: true})
}

func (s *session) duties(ctx context.Context, past pastFlag, q *reportingv1.ListDutiesRequest) (err error) {
	if q.AtSequence, q.AtTime, err = past.moment(s); err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error { return list(s, dutySheet, to.Duties(ctx, q)) })
}

// orNone names what was given.
func orNone(given string, name func(string) string) string {
	if given == "" {
		return ""
	}
	return name(given)
}

var dutySheet = sheet[*reportingv1.Duty]{
	table: []column[*reportingv1.Duty]{
		{name: "CODE", text: (*reportingv1.Duty).GetCode},
		{name: "DUE", text: dutyDue},
		{name: "OF", text: dutyAssigned},
		{name: "INDICATOR", text: (*reportingv1.Duty).GetIndicator},
		{name: "NAME", text: (*reportingv1.Duty).GetNameVi},
		{name: "REMARKS", text: func(d *reportingv1.Duty) string { return onlyIf(d.GetWithdrawn(), "withdrawn") }},
	},
	csv: []column[*reportingv1.Duty]{
		{name: "code", text: (*reportingv1.Duty).GetCode},
		{name: "name_vi", text: (*reportingv1.Duty).GetNameVi},
		{name: "name_en", text: (*reportingv1.Duty).GetNameEn},
		{name: "assigned", text: dutyAssigned},
		{name: "due", text: dutyDue},
		{name: "number", text: (*reportingv1.Duty).GetNumber},
		{name: "decision_date", text: (*reportingv1.Duty).GetDecisionDate},
		{name: "plan", text: func(d *reportingv1.Duty) string { return planID(d.GetPlan()) }},
		{name: "indicator", text: (*reportingv1.Duty).GetIndicator},
		{name: "withdrawn", text: func(d *reportingv1.Duty) string { return yes(d.GetWithdrawn()) }},
	},
	json: messageJSON[*reportingv1.Duty],
}

func onlyIf(holds bool, text string) string {
	if holds {
		return text
	}
	return ""
}

// dutyDue is the day, or the days of the steps.
func dutyDue(d *reportingv1.Duty) string {
	if len(d.GetSteps()) == 0 {
		return d.GetDue()
	}
	words := make([]string, len(d.GetSteps()))
	for i, step := range d.GetSteps() {
		words[i] = step.GetCode() + " " + step.GetDue()
	}
	return strings.Join(words, "|")
}

// dutyAssigned writes the assignment in the words of files.
func dutyAssigned(d *reportingv1.Duty) string {
	words := make([]string, len(d.GetAssigned()))
	for i, a := range d.GetAssigned() {
		w := "kind:" + a.GetKind()
		switch {
		case a.GetUnit() != "":
			w = "unit:" + a.GetUnit()
		case a.GetUnder() != "":
			w += "@" + a.GetUnder()
		}
		if a.GetExcept() {
			w = "except:" + w
		}
		if a.GetFrom() != "" || a.GetTo() != "" {
			w += ";" + a.GetFrom() + ".." + a.GetTo()
		}
		words[i] = w
	}
	return strings.Join(words, "|")
}

type dutyGetCmd struct {
	Code string `arg:"" help:"Code of the duty or inspection."`
	pastFlag
}

// Help shows how it is used.
func (dutyGetCmd) Help() string {
	return `The JSON can be changed and given to duty put.

Examples:

    tonghop duty get BCD-CDS
    tonghop duty get BCD-CDS -o json > duty.json`
}

// Run shows one duty.
func (c *dutyGetCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		d, err := to.GetDuty(ctx, &reportingv1.GetDutyRequest{Name: dutyName(c.Code), AtSequence: sequence, AtTime: at})
		if err != nil {
			return err
		}
		return s.oneDuty(d)
	})
}

func (s *session) oneDuty(d *reportingv1.Duty) error {
	pairs := []pair{
		{"code", d.GetCode()},
		{"name", d.GetNameVi()},
		{"of", dutyAssigned(d)},
		{"due", d.GetDue()},
		{"decision", strings.TrimSpace(d.GetNumber() + " " + d.GetDecisionDate())},
		{"plan", planID(d.GetPlan())},
		{"indicator", d.GetIndicator()},
	}
	for _, step := range d.GetSteps() {
		pairs = append(pairs, pair{"step " + step.GetCode(), step.GetDue() + " " + step.GetNameVi()})
	}
	for _, w := range d.GetWarnings() {
		s.notice("warning: %s: %s", plain(w.GetField()), saying(w))
	}
	return one(s, d, append(pairs, pair{"withdrawn", onlyIf(d.GetWithdrawn(), "yes")}, pair{"etag", d.GetEtag()}))
}

type dutyPutCmd struct {
	File   string `arg:"" help:"The JSON file, as duty get -o json gives it, or - for the standard input."`
	DryRun bool   `help:"Check everything and change nothing."`
}

// Help shows how it is used.
func (dutyPutCmd) Help() string {
	return `One without a name is new. One with a name replaces that, and has the etag that was seen. It has either a day, or steps with a
day each: then it is an inspection.

    {"code": "BCD-CDS", "nameVi": "Thành lập Ban Chỉ đạo chuyển đổi số", "due": "2024-06-30",
     "assigned": [{"kind": "commune", "under": "87"}], "indicator": "CQ-20"}

    {"code": "KT-2024", "nameVi": "Kiểm tra chuyển đổi số năm 2024", "number": "15/QĐ-BĐH", "assigned": [{"unit": "866"}],
     "steps": [{"code": "TU-KIEM-TRA", "nameVi": "Tự kiểm tra", "due": "2024-05-15"},
               {"code": "BAO-CAO", "nameVi": "Báo cáo", "due": "2024-05-31"}]}

Examples:

    tonghop duty put duty.json --dry-run
    tonghop inspection put inspection.json`
}

// Run enters or replaces a duty.
func (c *dutyPutCmd) Run(ctx context.Context, s *session) error {
	d := &reportingv1.Duty{}
	if err := s.readMessage(c.File, d); err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		var answer *reportingv1.Duty
		var err error
		if d.GetName() == "" {
			answer, err = to.CreateDuty(ctx, &reportingv1.CreateDutyRequest{Duty: d, ValidateOnly: c.DryRun})
		} else {
			answer, err = to.UpdateDuty(ctx, &reportingv1.UpdateDutyRequest{Duty: d, ValidateOnly: c.DryRun})
		}
		if err != nil {
			return err
		}
		return s.oneDuty(answer)
	})
}

// enterFlags say how far a unit is.
type enterFlags struct {
	Unit         string `required:"" placeholder:"UNIT" help:"The unit."`
	Done         string `placeholder:"DAY" xor:"state" help:"It was done on this day, 2024-05-31."`
	NotDone      bool   `xor:"state" help:"It is not done."`
	Withdraw     bool   `xor:"state" help:"Take back what was entered."`
	Document     string `placeholder:"NUMBER" help:"Number of the document that proves it."`
	DocumentDate string `placeholder:"DAY" help:"Day of the document."`
	Note         string `placeholder:"TEXT" help:"Anything else, at most 2,000 characters."`
	Correct      bool   `help:"Something was entered already: show it, and put this in its place."`
	DryRun       bool   `help:"Check everything and change nothing."`
}

type dutyReportCmd struct {
	Code string `arg:"" help:"Code of the duty."`
	enterFlags
}

// Help shows how it is used.
func (dutyReportCmd) Help() string {
	return `Examples:

    tonghop duty report BCD-CDS --unit 30280 --done 2024-03-15 --document 15/QĐ-UBND --document-date 2024-03-15
    tonghop duty report BCD-CDS --unit 30280 --done 2024-03-18 --correct
    tonghop duty report BCD-CDS --unit 30280 --not-done --note "Chờ hướng dẫn"`
}

// Run enters it.
func (c *dutyReportCmd) Run(ctx context.Context, s *session) error {
	return c.enter(ctx, s, c.Code, "")
}

type inspectionReportCmd struct {
	Code string `arg:"" help:"Code of the inspection."`
	Step string `arg:"" help:"Code of the step."`
	enterFlags
}

// Help shows how it is used.
func (inspectionReportCmd) Help() string {
	return `Examples:

    tonghop inspection report KT-2024 TU-KIEM-TRA --unit 866 --done 2024-05-14
    tonghop inspection report KT-2024 BAO-CAO --unit 866 --done 2024-06-03 --document 12/BC-UBND`
}

// Run enters it.
func (c *inspectionReportCmd) Run(ctx context.Context, s *session) error {
	return c.enter(ctx, s, c.Code, c.Step)
}

func (c *enterFlags) enter(ctx context.Context, s *session, code, step string) error {
	q := &reportingv1.ReportDutyRequest{
		Duty: dutyName(code), Step: step, Unit: c.Unit, DoneDate: c.Done, Document: c.Document, DocumentDate: c.DocumentDate, Note: c.Note,
		Withdraw: c.Withdraw, ValidateOnly: c.DryRun,
	}
	if done := c.Done != ""; done || c.NotDone {
		q.Done = &done
	} else if !c.Withdraw {
		return s.usage("say how far the unit is: --done DAY, --not-done or --withdraw")
	}
	return s.with(ctx, func(to *client.Client) error {
		if c.Correct {
			seen, err := to.ListDutyStates(ctx, &reportingv1.ListDutyStatesRequest{Duty: q.GetDuty(), Step: step, Unit: c.Unit})
			if err != nil {
				return err
			}
			for _, state := range seen.GetStates() {
				q.Etag = state.GetEtag()
				s.notice("until now: %s", stateWords(state))
			}
		}
		state, err := to.ReportDuty(ctx, q)
		if err != nil {
			return err
		}
		return one(s, state, []pair{
			{"duty", strings.TrimSpace(dutyCode(state.GetDuty()) + " " + state.GetStep())},
			{"unit", state.GetUnitCode() + " " + state.GetUnitName()},
			{"due", state.GetDue()},
			{"state", stateWords(state)},
			{"revision", some(state.GetRevision())},
			{"entry", some(state.GetReceipt().GetSequence())},
		})
	})
}

// stateWords tell how a unit stands, with the day and the document.
func stateWords(d *reportingv1.DutyState) string {
	words := strings.ToLower(word(d.GetStanding(), standingPrefix))
	if d.GetLateDays() > 0 {
		words += ", " + plural(d.GetLateDays(), "day", "days")
	}
	for _, more := range []string{d.GetDoneDate(), d.GetDocument(), plain(d.GetNote())} {
		if more != "" {
			words += "; " + more
		}
	}
	return words
}

// whoFlags narrow a list of states.
type whoFlags struct {
	Unit     string `placeholder:"UNIT" help:"Only of this unit."`
	Below    string `placeholder:"UNIT" help:"Only of units at or below this one."`
	Standing string `enum:",done,late,open,overdue" default:"" help:"Only those that are done, late (done after the day), open or overdue."`
	AsOf     string `placeholder:"DAY" help:"Judged on this day; otherwise today."`
	pastFlag
}

type dutyStateCmd struct {
	Code string `arg:"" optional:"" help:"Code of the duty; otherwise all."`
	whoFlags
}

// Help shows how it is used.
func (dutyStateCmd) Help() string {
	return `Examples:

    tonghop duty state --unit 30280
    tonghop duty state BCD-CDS --below 87 --standing overdue
    tonghop duty state BCD-CDS --as-of 2024-06-30 -o csv`
}

// Run lists states.
func (c *dutyStateCmd) Run(ctx context.Context, s *session) error {
	return c.show(ctx, s, &reportingv1.ListDutyStatesRequest{Duty: dutyName(c.Code)})
}

type inspectionStateCmd struct {
	Code string `arg:"" optional:"" help:"Code of the inspection; otherwise all."`
	Step string `placeholder:"CODE" help:"Only this step."`
	whoFlags
}

// Help shows how it is used.
func (inspectionStateCmd) Help() string {
	return `Examples:

    tonghop inspection state KT-2024
    tonghop inspection state KT-2024 --step BAO-CAO --standing overdue`
}

// Run lists states.
func (c *inspectionStateCmd) Run(ctx context.Context, s *session) error {
	return c.show(ctx, s, &reportingv1.ListDutyStatesRequest{Duty: dutyName(c.Code), Step: c.Step, Inspections: true})
}

func (c *whoFlags) show(ctx context.Context, s *session, q *reportingv1.ListDutyStatesRequest) (err error) {
	if q.AtSequence, q.AtTime, err = c.moment(s); err != nil {
		return err
	}
	q.Unit, q.Below, q.AsOf = c.Unit, c.Below, c.AsOf
	if c.Standing != "" {
		q.Standing = choice[reportingv1.DutyStanding](reportingv1.DutyStanding_value, standingPrefix, c.Standing)
	}
	return s.with(ctx, func(to *client.Client) error { return list(s, stateSheet, to.DutyStates(ctx, q)) })
}

var stateSheet = sheet[*reportingv1.DutyState]{
	table: []column[*reportingv1.DutyState]{
		{name: "DUTY", text: func(d *reportingv1.DutyState) string { return dutyCode(d.GetDuty()) }},
		{name: "STEP", text: (*reportingv1.DutyState).GetStep},
		{name: "UNIT", text: func(d *reportingv1.DutyState) string { return d.GetUnitCode() + " " + d.GetUnitName() }},
		{name: "DUE", text: (*reportingv1.DutyState).GetDue},
		{name: "STATE", text: func(d *reportingv1.DutyState) string { return strings.ToLower(word(d.GetStanding(), standingPrefix)) }},
		{name: "DAYS", text: func(d *reportingv1.DutyState) string { return some(d.GetLateDays()) }, right: true},
		{name: "DONE", text: (*reportingv1.DutyState).GetDoneDate},
		{name: "DOCUMENT", text: (*reportingv1.DutyState).GetDocument},
		{name: "NOTE", text: func(d *reportingv1.DutyState) string {
			return first(plain(d.GetNote()), onlyIf(d.GetNoteRemoved(), "(removed)"))
		}},
	},
	csv: []column[*reportingv1.DutyState]{
		{name: "duty", text: func(d *reportingv1.DutyState) string { return dutyCode(d.GetDuty()) }},
		{name: "step", text: (*reportingv1.DutyState).GetStep},
		{name: "unit", text: (*reportingv1.DutyState).GetUnit},
		{name: "unit_code", text: (*reportingv1.DutyState).GetUnitCode},
		{name: "due", text: (*reportingv1.DutyState).GetDue},
		{name: "standing", text: func(d *reportingv1.DutyState) string { return word(d.GetStanding(), standingPrefix) }},
		{name: "late_days", text: func(d *reportingv1.DutyState) string { return number(d.GetLateDays()) }},
		{name: "done_date", text: (*reportingv1.DutyState).GetDoneDate},
		{name: "document", text: (*reportingv1.DutyState).GetDocument},
		{name: "document_date", text: (*reportingv1.DutyState).GetDocumentDate},
		{name: "revision", text: func(d *reportingv1.DutyState) string { return number(d.GetRevision()) }},
		{name: "note", text: (*reportingv1.DutyState).GetNote},
	},
	json: messageJSON[*reportingv1.DutyState],
}
