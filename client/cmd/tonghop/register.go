package main

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type registerCmd struct {
	List  registerListCmd  `cmd:"" default:"withargs" help:"List registers."`
	Get   registerGetCmd   `cmd:"" help:"Show one register."`
	Put   registerPutCmd   `cmd:"" help:"Open a register from a JSON file, or describe one anew."`
	Items registerItemsCmd `cmd:"" help:"List the items of a register."`
	Fill  registerFillCmd  `cmd:"" help:"Add items from a file, or replace them."`
	Enter registerEnterCmd `cmd:"" help:"Enter one item, change it, or end it."`
	Count registerCountCmd `cmd:"" help:"Count items by unit and period."`
}

func registerName(code string) string { return "registers/" + strings.TrimPrefix(code, "registers/") }

type registerListCmd struct{}

// Help shows how it is used.
func (registerListCmd) Help() string {
	return `Examples:

    tonghop register list`
}

// Run lists registers.
func (c *registerListCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		return list(s, registerSheet, to.Registers(ctx, &reportingv1.ListRegistersRequest{}))
	})
}

var registerColumns = []column[*reportingv1.Register]{
	{name: "code", text: (*reportingv1.Register).GetCode},
	{name: "fields", text: func(r *reportingv1.Register) string { return strings.Join(fieldCodes(r), "|") }},
	{name: "counts", text: func(r *reportingv1.Register) string { return strings.Join(counterWords(r), "|") }},
	{name: "calendar", text: (*reportingv1.Register).GetCalendar},
	{name: "name_vi", text: (*reportingv1.Register).GetNameVi},
}

var registerSheet = sheet[*reportingv1.Register]{
	table: upper(registerColumns), csv: registerColumns, json: messageJSON[*reportingv1.Register],
}

// upper gives the columns of a file as those of a table.
func upper[T any](columns []column[T]) []column[T] {
	out := slices.Clone(columns)
	for i := range out {
		out[i].name = strings.ToUpper(strings.ReplaceAll(out[i].name, "_", " "))
	}
	return out
}

func fieldCodes(r *reportingv1.Register) []string {
	codes := make([]string, len(r.GetFields()))
	for i, f := range r.GetFields() {
		codes[i] = f.GetCode()
	}
	return codes
}

const registerRulePrefix = "REGISTER_RULE_"

func counterWords(r *reportingv1.Register) []string {
	words := make([]string, len(r.GetCounters()))
	for i, c := range r.GetCounters() {
		words[i] = c.GetIndicator() + "=" + strings.ToLower(word(c.GetRule(), registerRulePrefix))
	}
	return words
}

type registerGetCmd struct {
	Code string `arg:"" help:"Code of the register."`
}

// Help shows how it is used.
func (registerGetCmd) Help() string {
	return `The JSON can be changed and given to register put.

Examples:

    tonghop register get OCOP -o json > register.json`
}

// Run shows one register.
func (c *registerGetCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		r, err := to.GetRegister(ctx, &reportingv1.GetRegisterRequest{Name: registerName(c.Code)})
		if err != nil {
			return err
		}
		return s.oneRegister(r)
	})
}

func (s *session) oneRegister(r *reportingv1.Register) error {
	pairs := []pair{{"code", r.GetCode()}, {"name", r.GetNameVi()}, {"calendar", r.GetCalendar()}}
	for _, f := range r.GetFields() {
		pairs = append(pairs, pair{"field " + f.GetCode(), f.GetNameVi()})
	}
	for _, w := range counterWords(r) {
		pairs = append(pairs, pair{"counts", w})
	}
	return one(s, r, append(pairs, pair{"etag", r.GetEtag()}))
}

type registerPutCmd struct {
	File   string `arg:"" help:"The JSON file, as register get -o json gives it, or - for the standard input."`
	DryRun bool   `help:"Check everything and change nothing."`
}

// Help shows how it is used.
func (registerPutCmd) Help() string {
	return `One without a name is new. One with a name describes that anew, and has the etag that was seen. A counter says that an indicator
is counted from the register: REGISTER_RULE_STOCK (there at the end of the period), _ADDED (came in it), _ENDED (ended in it) or
_FIRST (came in it as the first of its key in the year: each firm once a year).

    {"code": "OCOP", "nameVi": "Sản phẩm OCOP trên sàn", "fields": [{"code": "san", "nameVi": "Sàn giao dịch"}],
     "counters": [{"indicator": "KT-07", "rule": "REGISTER_RULE_STOCK"}]}

Examples:

    tonghop register put register.json --dry-run`
}

// Run opens a register or describes it anew.
func (c *registerPutCmd) Run(ctx context.Context, s *session) error {
	r := &reportingv1.Register{}
	if err := s.readMessage(c.File, r); err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		var answer *reportingv1.Register
		var err error
		if r.GetName() == "" {
			answer, err = to.CreateRegister(ctx, &reportingv1.CreateRegisterRequest{Register: r, ValidateOnly: c.DryRun})
		} else {
			answer, err = to.UpdateRegister(ctx, &reportingv1.UpdateRegisterRequest{Register: r, ValidateOnly: c.DryRun})
		}
		if err != nil {
			return err
		}
		return s.oneRegister(answer)
	})
}

type registerItemsCmd struct {
	Code      string `arg:"" help:"Code of the register."`
	Unit      string `placeholder:"UNIT" help:"Only those that belong to this unit."`
	On        string `placeholder:"DAY" help:"Only those that are there on this day."`
	Withdrawn bool   `help:"Withdrawn items too."`
}

// Help shows how it is used.
func (registerItemsCmd) Help() string {
	return `The JSON has a line for each item, which can be changed and sent again with register fill.

Examples:

    tonghop register items OCOP --on 2024-12-31
    tonghop register items OCOP --unit 866 -o json > items.json`
}

// Run lists items.
func (c *registerItemsCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		return list(s, itemSheet, to.RegisterItems(ctx, &reportingv1.ListRegisterItemsRequest{
			Parent: registerName(c.Code), Unit: c.Unit, On: c.On, Withdrawn: c.Withdrawn,
		}))
	})
}

var itemColumns = []column[*reportingv1.RegisterItem]{
	{name: "code", text: (*reportingv1.RegisterItem).GetCode},
	{name: "unit", text: (*reportingv1.RegisterItem).GetUnit},
	{name: "title", text: (*reportingv1.RegisterItem).GetTitle},
	{name: "key", text: (*reportingv1.RegisterItem).GetKey},
	{name: "since", text: (*reportingv1.RegisterItem).GetSince},
	{name: "until", text: (*reportingv1.RegisterItem).GetUntil},
	{name: "values", text: itemValues},
	{name: "withdrawn", text: func(i *reportingv1.RegisterItem) string { return onlyIf(i.GetWithdrawn(), "true") }},
	{name: "reason", text: func(i *reportingv1.RegisterItem) string {
		return first(plain(i.GetReason()), onlyIf(i.GetReasonRemoved(), "(removed)"))
	}},
}

var itemSheet = sheet[*reportingv1.RegisterItem]{
	table: upper(itemColumns), csv: itemColumns, json: messageJSON[*reportingv1.RegisterItem],
}

func itemValues(i *reportingv1.RegisterItem) string {
	var words []string
	for _, v := range i.GetValues() {
		words = append(words, v.GetField()+"="+v.GetText())
	}
	return strings.Join(words, "|")
}

type registerFillCmd struct {
	Code   string `arg:"" help:"Code of the register."`
	File   string `arg:"" help:"The file with one item a line as JSON, as register items -o json gives them, or - for the standard input."`
	Reason string `placeholder:"TEXT" help:"Why: needed where an item ends or is withdrawn."`
	DryRun bool   `help:"Check everything and change nothing."`
}

// Help shows how it is used.
func (registerFillCmd) Help() string {
	return `All or none, at most 1,000 at once. An item that is there already has the etag that was seen.

    {"code": "DN-0001", "unit": "866", "title": "Công ty A", "key": "1400000001", "since": "2024-03-01"}

Examples:

    tonghop register fill DNNVV items.json --dry-run
    tonghop register fill OCOP items.json --reason "Hết hạn chứng nhận"`
}

// Run sends items.
func (c *registerFillCmd) Run(ctx context.Context, s *session) error {
	file, err := s.read(c.File, maxCatalogue)
	if err != nil {
		return err
	}
	q := &reportingv1.PutRegisterItemsRequest{Register: registerName(c.Code), Reason: c.Reason, ValidateOnly: c.DryRun}
	for n, line := range bytes.Split(file.content, []byte("\n")) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		item := &reportingv1.RegisterItem{}
		if err := protojson.Unmarshal(line, item); err != nil {
			return s.usage("%s, line %d is not JSON as the contract has it: %v", file.name, n+1, err)
		}
		q.Items = append(q.Items, item)
	}
	return s.with(ctx, func(to *client.Client) error { return s.putItems(ctx, to, q) })
}

func (s *session) putItems(ctx context.Context, to *client.Client, q *reportingv1.PutRegisterItemsRequest) error {
	answer, err := to.PutRegisterItems(ctx, q)
	if err != nil {
		return err
	}
	return one(s, answer, []pair{
		{"created", number(answer.GetCreated())},
		{"updated", number(answer.GetUpdated())},
		{"unchanged", number(answer.GetUnchanged())},
		{"entry", some(answer.GetReceipt().GetSequence())},
	})
}

type registerEnterCmd struct {
	Code     string            `arg:"" help:"Code of the register."`
	Item     string            `arg:"" help:"Code of the item."`
	Unit     string            `placeholder:"UNIT" help:"Unit that it belongs to on its first day."`
	Title    string            `placeholder:"TEXT" help:"What it is called."`
	Key      string            `placeholder:"KEY" help:"Who or what it is, where the same may come more than once in a year."`
	Since    string            `placeholder:"DAY" help:"First day."`
	Until    string            `placeholder:"DAY" help:"First day on which it is there no longer."`
	Value    map[string]string `placeholder:"FIELD=TEXT" help:"What is told besides."`
	Withdraw bool              `help:"It was entered by mistake and counts nowhere."`
	Reason   string            `placeholder:"TEXT" help:"Why: needed where it ends or is withdrawn."`
	Correct  bool              `help:"It is there already: what is not said stays as it is."`
	DryRun   bool              `help:"Check everything and change nothing."`
}

// Help shows how it is used.
func (registerEnterCmd) Help() string {
	return `Examples:

    tonghop register enter OCOP SP-001 --unit 866 --title "Xoài Cao Lãnh" --since 2023-05-01 --value san=Postmart
    tonghop register enter OCOP SP-001 --correct --until 2024-08-01 --reason "Hủy niêm yết"`
}

// Run enters one item.
func (c *registerEnterCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		item := &reportingv1.RegisterItem{Code: c.Item}
		if c.Correct {
			found := false
			for known, err := range to.RegisterItems(ctx, &reportingv1.ListRegisterItemsRequest{Parent: registerName(c.Code), Withdrawn: true}) {
				if err != nil {
					return err
				}
				if strings.EqualFold(known.GetCode(), c.Item) {
					item, found = known, true
					break
				}
			}
			if !found {
				return s.usage("register %s has no item %s that you may see; leave --correct out to enter it", c.Code, c.Item)
			}
			s.notice("until now: %s, unit %s, since %s, until %s", plain(item.GetTitle()), item.GetUnit(), item.GetSince(), item.GetUntil())
		}
		item.Unit, item.Title, item.Key = first(c.Unit, item.GetUnit()), first(c.Title, item.GetTitle()), first(c.Key, item.GetKey())
		item.Since, item.Until = first(c.Since, item.GetSince()), first(c.Until, item.GetUntil())
		item.Withdrawn = c.Withdraw
		for _, field := range slices.Sorted(maps.Keys(c.Value)) {
			told := &reportingv1.RegisterValue{Field: field, Text: c.Value[field]}
			same := func(v *reportingv1.RegisterValue) bool { return strings.EqualFold(v.GetField(), field) }
			if at := slices.IndexFunc(item.GetValues(), same); at >= 0 {
				item.Values[at] = told
			} else {
				item.Values = append(item.Values, told)
			}
		}
		return s.putItems(ctx, to, &reportingv1.PutRegisterItemsRequest{
			Register: registerName(c.Code), Items: []*reportingv1.RegisterItem{item}, Reason: c.Reason, ValidateOnly: c.DryRun,
		})
	})
}

type registerCountCmd struct {
	Code     string   `arg:"" help:"Code of the register."`
	Unit     string   `required:"" placeholder:"UNIT" help:"The unit, with all below it."`
	Children bool     `help:"The units directly below too, each by itself."`
	Period   []string `required:"" placeholder:"P,..." help:"Periods."`
}

// Help shows how it is used.
func (registerCountCmd) Help() string {
	return `STOCK is there at the end of the period, ADDED came in it, ENDED ended in it. FIRST are those that came as the first of their key in
the year; it counts where and when that was, so that units and months add up.

Examples:

    tonghop register count DNNVV --unit 87 --children --period 2023,2024
    tonghop register count OCOP --unit 87 --period 2024-Q1,2024-Q2 -o csv`
}

// Run counts and shows.
func (c *registerCountCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		answer, err := to.CountRegister(ctx, &reportingv1.CountRegisterRequest{Name: registerName(c.Code), Unit: c.Unit, Children: c.Children, Periods: c.Period})
		if err != nil {
			return err
		}
		return list(s, registerCountSheet, withoutErrors(answer.GetLines()))
	})
}

var registerCountSheet = sheet[*reportingv1.RegisterCounts]{
	table: []column[*reportingv1.RegisterCounts]{
		{name: "PERIOD", text: (*reportingv1.RegisterCounts).GetPeriod},
		{name: "UNIT", text: func(l *reportingv1.RegisterCounts) string {
			return l.GetUnitCode() + " " + l.GetUnitName() + onlyIf(l.GetOwn(), " (own)")
		}},
		{name: "STOCK", text: func(l *reportingv1.RegisterCounts) string { return number(l.GetStock()) }, right: true},
		{name: "ADDED", text: func(l *reportingv1.RegisterCounts) string { return number(l.GetAdded()) }, right: true},
		{name: "ENDED", text: func(l *reportingv1.RegisterCounts) string { return number(l.GetEnded()) }, right: true},
		{name: "FIRST", text: func(l *reportingv1.RegisterCounts) string { return number(l.GetFirst()) }, right: true},
	},
	csv: []column[*reportingv1.RegisterCounts]{
		{name: "period", text: (*reportingv1.RegisterCounts).GetPeriod},
		{name: "unit", text: (*reportingv1.RegisterCounts).GetUnit},
		{name: "unit_code", text: (*reportingv1.RegisterCounts).GetUnitCode},
		{name: "own", text: func(l *reportingv1.RegisterCounts) string { return yes(l.GetOwn()) }},
		{name: "stock", text: func(l *reportingv1.RegisterCounts) string { return number(l.GetStock()) }},
		{name: "added", text: func(l *reportingv1.RegisterCounts) string { return number(l.GetAdded()) }},
		{name: "ended", text: func(l *reportingv1.RegisterCounts) string { return number(l.GetEnded()) }},
		{name: "first", text: func(l *reportingv1.RegisterCounts) string { return number(l.GetFirst()) }},
	},
	json: messageJSON[*reportingv1.RegisterCounts],
}
