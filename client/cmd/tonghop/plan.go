package main

import (
	"context"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type planCmd struct {
	List    planListCmd    `cmd:"" default:"withargs" help:"List the register of plans."`
	Get     planGetCmd     `cmd:"" help:"Show one plan."`
	Put     planPutCmd     `cmd:"" help:"Enter a plan from a JSON file, or replace one."`
	Targets planTargetsCmd `cmd:"" help:"List what a plan demands."`
	Import  planImportCmd  `cmd:"" help:"Upload a survey: plans of several provinces with targets, results and counts."`
	Declare planDeclareCmd `cmd:"" help:"Store results and counts that were declared of a plan."`
	Remark  planRemarkCmd  `cmd:"" help:"Write a comment on a plan, the cause of a difficulty, or its remedy."`
	Remarks planRemarksCmd `cmd:"" help:"List what units wrote about a plan."`
	Review  planReviewCmd  `cmd:"" help:"Wrap a year of a plan up."`
}

func planName(id string) string { return "plans/" + strings.TrimPrefix(id, "plans/") }

func planID(name string) string { return strings.TrimPrefix(name, "plans/") }

type planListCmd struct {
	Unit string `placeholder:"UNIT" help:"Only plans for this unit."`
	Year int32  `placeholder:"YEAR" help:"Only plans with targets for this year."`
	pastFlag
}

// Help shows how it is used.
func (planListCmd) Help() string {
	return `Examples:

    tonghop plan list
    tonghop plan list --unit 87 --year 2024`
}

// Run lists plans.
func (c *planListCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		return list(s, planSheet, to.Plans(ctx, &reportingv1.ListPlansRequest{Unit: c.Unit, Year: c.Year, AtSequence: sequence, AtTime: at}))
	})
}

var planSheet = sheet[*reportingv1.Plan]{
	table: []column[*reportingv1.Plan]{
		{name: "ID", text: func(p *reportingv1.Plan) string { return planID(p.GetName()) }},
		{name: "NUMBER", text: (*reportingv1.Plan).GetNumber},
		{name: "STATUS", text: planStatus},
		{name: "UNIT", text: (*reportingv1.Plan).GetUnit},
		{name: "YEARS", text: planYears},
		{name: "TITLE", text: (*reportingv1.Plan).GetTitle},
	},
	csv: []column[*reportingv1.Plan]{
		{name: "id", text: func(p *reportingv1.Plan) string { return planID(p.GetName()) }},
		{name: "number", text: (*reportingv1.Plan).GetNumber},
		{name: "status", text: planStatus},
		{name: "unit", text: (*reportingv1.Plan).GetUnit},
		{name: "years", text: planYears},
		{name: "issue_date", text: (*reportingv1.Plan).GetIssueDate},
		{name: "parent", text: (*reportingv1.Plan).GetParent},
		{name: "title", text: (*reportingv1.Plan).GetTitle},
	},
	json: messageJSON[*reportingv1.Plan],
}

func planStatus(p *reportingv1.Plan) string {
	return strings.ToLower(word(p.GetStatus(), "PLAN_STATUS_"))
}

func planYears(p *reportingv1.Plan) string {
	years := make([]string, len(p.GetYears()))
	for i, y := range p.GetYears() {
		years[i] = number(y)
	}
	return strings.Join(years, "|")
}

type planGetCmd struct {
	Plan string `arg:"" help:"Id of the plan, such as 698-kh-ubnd-2022."`
	pastFlag
}

// Help shows how it is used.
func (planGetCmd) Help() string {
	return `The JSON can be changed and given to plan put.

Examples:

    tonghop plan get 52-kh-ubnd-2024
    tonghop plan get 52-kh-ubnd-2024 -o json > plan.json`
}

// Run shows one plan.
func (c *planGetCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		p, err := to.GetPlan(ctx, &reportingv1.GetPlanRequest{Name: planName(c.Plan), AtSequence: sequence, AtTime: at})
		if err != nil {
			return err
		}
		return s.onePlan(p)
	})
}

func (s *session) onePlan(p *reportingv1.Plan) error {
	pairs := []pair{
		{"id", planID(p.GetName())},
		{"number", p.GetNumber()},
		{"title", p.GetTitle()},
		{"issuer", p.GetIssuer()},
		{"unit", p.GetUnit()},
		{"status", planStatus(p)},
		{"issued", p.GetIssueDate()},
		{"carries out", p.GetParent()},
		{"years", planYears(p)},
	}
	for _, g := range p.GetGroups() {
		pairs = append(pairs, pair{"group " + g.GetCode(), g.GetNameVi() + " (" + number(int32(len(g.GetIndicators()))) + ") " + strings.Join(g.GetIndicators(), ", ")}) //nolint:gosec // few
	}
	pairs = append(pairs,
		pair{"headline", strings.Join(p.GetHeadline(), ", ")},
		pair{"focus", strings.Join(p.GetFocus(), ", ")},
		pair{"classes", strings.Join(p.GetClasses(), " < ")},
		pair{"least coverage", p.GetMinCoverage() + " %"})
	for _, a := range p.GetAnnexes() {
		pairs = append(pairs, pair{"annex", a.GetTitle() + " " + a.GetLink()})
	}
	for _, r := range p.GetRules() {
		pairs = append(pairs, pair{"rule " + r.GetCode(), r.GetText()})
	}
	for _, w := range p.GetWarnings() {
		s.notice("warning: %s: %s", plain(w.GetField()), saying(w))
	}
	return one(s, p, append(pairs, pair{"etag", p.GetEtag()}))
}

type planPutCmd struct {
	File   string `arg:"" help:"The JSON file, as plan get -o json gives it, or - for the standard input."`
	ID     string `placeholder:"ID" help:"Id of a new plan, where another body's document has the same number and year."`
	DryRun bool   `help:"Check everything and change nothing."`
}

// Help shows how it is used.
func (planPutCmd) Help() string {
	return `A plan without a name is new, and its id is made of number and year. One with a name replaces the plan of that name, and
has the etag that was seen.

Examples:

    tonghop plan put plan.json --dry-run
    tonghop plan put plan.json`
}

// Run enters or replaces a plan.
func (c *planPutCmd) Run(ctx context.Context, s *session) error {
	p := &reportingv1.Plan{}
	if err := s.readMessage(c.File, p); err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		var answer *reportingv1.Plan
		var err error
		if p.GetName() == "" {
			answer, err = to.CreatePlan(ctx, &reportingv1.CreatePlanRequest{Plan: p, PlanId: c.ID, ValidateOnly: c.DryRun})
		} else {
			answer, err = to.UpdatePlan(ctx, &reportingv1.UpdatePlanRequest{Plan: p, ValidateOnly: c.DryRun})
		}
		if err != nil {
			return err
		}
		return s.onePlan(answer)
	})
}

// readMessage reads a message from a JSON file. A field that the contract does not have is refused: it may be a misspelt one.
func (s *session) readMessage(path string, m proto.Message) error {
	file, err := s.read(path, maxCatalogue)
	if err != nil {
		return err
	}
	if err := protojson.Unmarshal(file.content, m); err != nil {
		return s.usage("%s is not JSON as the contract has it: %v", file.name, err)
	}
	return nil
}

type planTargetsCmd struct {
	Plan string `arg:"" help:"Id of the plan."`
	Year int32  `placeholder:"YEAR" help:"Only those of this year."`
	pastFlag
}

// Help shows how it is used.
func (planTargetsCmd) Help() string {
	return `The CSV has the columns of targets.csv, so that what is listed can be changed and imported again.

Examples:

    tonghop plan targets 698-kh-ubnd-2022 --year 2025
    tonghop plan targets 698-kh-ubnd-2022 -o csv > targets.csv`
}

// Run lists targets.
func (c *planTargetsCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		return list(s, targetSheet, to.Targets(ctx, &reportingv1.ListTargetsRequest{
			Parent: planName(c.Plan), Year: c.Year, AtSequence: sequence, AtTime: at,
		}))
	})
}

var targetSheet = sheet[*reportingv1.Target]{
	table: []column[*reportingv1.Target]{
		{name: "YEAR", text: func(t *reportingv1.Target) string { return number(t.GetYear()) }},
		{name: "INDICATOR", text: (*reportingv1.Target).GetIndicator},
		{name: "SCOPE", text: (*reportingv1.Target).GetScope},
		{name: "TARGET", text: demand},
		{name: "BASELINE", text: (*reportingv1.Target).GetBaseline},
		{name: "DUE", text: (*reportingv1.Target).GetDue},
		{name: "LEAD", text: (*reportingv1.Target).GetLead},
		{name: "WITH", text: func(t *reportingv1.Target) string { return strings.Join(t.GetSupport(), ", ") }},
		{name: "NOTE", text: (*reportingv1.Target).GetNote},
	},
	csv: []column[*reportingv1.Target]{
		{name: "plan", text: func(t *reportingv1.Target) string { return planID(t.GetPlan()) }},
		{name: "year", text: func(t *reportingv1.Target) string { return number(t.GetYear()) }},
		{name: "indicator", text: (*reportingv1.Target).GetIndicator},
		{name: "scope", text: (*reportingv1.Target).GetScope},
		{name: "comparator", text: comparatorOf},
		{name: "value", text: (*reportingv1.Target).GetValue},
		{name: "baseline", text: (*reportingv1.Target).GetBaseline},
		{name: "baseline_date", text: (*reportingv1.Target).GetBaselineDate},
		{name: "due", text: (*reportingv1.Target).GetDue},
		{name: "ranked", text: func(t *reportingv1.Target) string { return some(t.GetRanked()) }},
		{name: "lead", text: (*reportingv1.Target).GetLead},
		{name: "support", text: func(t *reportingv1.Target) string { return strings.Join(t.GetSupport(), "|") }},
		{name: "note", text: (*reportingv1.Target).GetNote},
	},
	json: messageJSON[*reportingv1.Target],
}

// comparatorWords are those of targets.csv.
var comparatorWords = map[reportingv1.Comparator]string{
	reportingv1.Comparator_COMPARATOR_AT_LEAST:            ">=",
	reportingv1.Comparator_COMPARATOR_ABOVE:               ">",
	reportingv1.Comparator_COMPARATOR_AT_MOST:             "<=",
	reportingv1.Comparator_COMPARATOR_BELOW:               "<",
	reportingv1.Comparator_COMPARATOR_EQUAL:               "=",
	reportingv1.Comparator_COMPARATOR_TOP:                 "top_n",
	reportingv1.Comparator_COMPARATOR_IN_CLASS:            "in_class",
	reportingv1.Comparator_COMPARATOR_REDUCE_BY:           "reduce_by",
	reportingv1.Comparator_COMPARATOR_INCREASE_BY:         "increase_by",
	reportingv1.Comparator_COMPARATOR_MAINTAIN_OR_IMPROVE: "maintain_or_improve",
	reportingv1.Comparator_COMPARATOR_BY_DATE:             "by_date",
}

func comparatorOf(t *reportingv1.Target) string { return comparatorWords[t.GetComparator()] }

// demand is "> 80" or "<= 29 of 63".
func demand(t *reportingv1.Target) string {
	text := strings.TrimSpace(comparatorOf(t) + " " + t.GetValue())
	if t.GetRanked() > 0 {
		text += " of " + number(t.GetRanked())
	}
	return text
}

type planImportCmd struct {
	File   string `arg:"" help:"The CSV file, or - for the standard input."`
	DryRun bool   `help:"Check everything and change nothing."`
}

// Help shows how it is used.
func (planImportCmd) Help() string {
	return `The file is taken whole or not at all. Its columns are source_file, province, plan, year, indicator_code, level, comparator,
value, unit, note, record_type, indicator_vi. Plans that are not in the register yet are entered, with their targets and
deadlines (record_type target, deadline), what was declared (result, structure) and what was ordered (rule). The units of
the provinces must be there. A level other than province with a percentage is of all units of the kind together, and with
anything else of every single unit.

Examples:

    tonghop plan import targets-from-seeds.csv --dry-run
    tonghop plan import targets-from-seeds.csv`
}

// Run uploads the file.
func (c *planImportCmd) Run(ctx context.Context, s *session) error {
	up := importCmd{What: "plans", File: c.File, DryRun: c.DryRun}
	return up.upload(ctx, s, func(to *client.Client) sender { return to.ImportPlans })
}

type planDeclareCmd struct {
	Plan   string `arg:"" help:"Id of the plan."`
	File   string `arg:"" help:"The JSON file with results and counts, or - for the standard input."`
	DryRun bool   `help:"Check everything and change nothing."`
}

// Help shows how it is used.
func (planDeclareCmd) Help() string {
	return `The file is {"results": [{"year": 2023, "indicator": "XH-01", "value": "85", "rating": "ATTAINMENT_EXCEEDED"}],
"counts": [{"year": 2023, "kind": "COUNT_KIND_REACHED", "count": 31}]}. What is declared stands beside what is computed and
changes nothing of it.

Examples:

    tonghop plan declare 99-kh-ubnd-2023 declared.json`
}

// Run stores what was declared.
func (c *planDeclareCmd) Run(ctx context.Context, s *session) error {
	q := &reportingv1.DeclareResultsRequest{}
	if err := s.readMessage(c.File, q); err != nil {
		return err
	}
	q.Plan, q.ValidateOnly = planName(c.Plan), c.DryRun
	return s.with(ctx, func(to *client.Client) error {
		answer, err := to.DeclareResults(ctx, q)
		if err != nil {
			return err
		}
		return one(s, answer, []pair{
			{"created", number(answer.GetCreated())},
			{"updated", number(answer.GetUpdated())},
			{"unchanged", number(answer.GetUnchanged())},
			{"entry", some(answer.GetReceipt().GetSequence())},
		})
	})
}
