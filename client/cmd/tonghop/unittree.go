package main

import (
	"context"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type unitsTreeCmd struct {
	Unit  string   `arg:"" optional:"" help:"Only this unit and those below it: id or code."`
	AsOf  string   `placeholder:"DATE" help:"Day whose tree is shown; otherwise today."`
	Depth int      `placeholder:"N" help:"Only so many levels below the first one; otherwise all."`
	Kind  []string `placeholder:"K,..." help:"Only these kinds, such as province."`
	pastFlag
}

// Help shows how it is used.
func (unitsTreeCmd) Help() string {
	return `The CSV has the columns of units.csv behind the depth.

Examples:

    tonghop units tree 87 --as-of 2025-06-30
    tonghop units tree --depth 1`
}

// Run shows the tree.
func (c *unitsTreeCmd) Run(ctx context.Context, s *session) error {
	if c.Depth < 0 {
		return s.usage("--depth %d: give how many levels, or leave it out for all", c.Depth)
	}
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	q := &reportingv1.ListUnitsRequest{Below: c.Unit, Kinds: c.Kind, AsOf: c.AsOf, AtSequence: sequence, AtTime: at}
	return s.with(ctx, func(to *client.Client) error {
		var units []*reportingv1.Unit
		for u, err := range to.Units(ctx, q) {
			if err != nil {
				return err
			}
			units = append(units, u)
		}
		return list(s, treeSheet, withoutErrors(c.branches(units)))
	})
}

// branch is a unit and how deep it stands.
type branch struct {
	depth int
	*reportingv1.Unit
}

// branches puts units that come in code order under each other. Whatever stands between two of them and was not asked
// for is left out.
func (c *unitsTreeCmd) branches(units []*reportingv1.Unit) []branch {
	known := map[string]bool{}
	for _, u := range units {
		known[u.GetId()] = true
	}
	below := map[string][]*reportingv1.Unit{}
	for _, u := range units {
		above := ""
		for _, a := range u.GetAncestors() {
			if known[a.GetId()] {
				above = a.GetId()
				break
			}
		}
		below[above] = append(below[above], u)
	}
	var all []branch
	var walk func(above string, depth int)
	walk = func(above string, depth int) {
		if c.Depth > 0 && depth > c.Depth {
			return
		}
		for _, u := range below[above] {
			all = append(all, branch{depth, u})
			walk(u.GetId(), depth+1)
		}
	}
	walk("", 0)
	return all
}

var treeSheet = sheet[branch]{
	table: []column[branch]{
		{name: "UNIT", text: func(b branch) string { return strings.Repeat("  ", b.depth) + b.GetCode() + " " + b.GetNameVi() }},
		{name: "KIND", text: func(b branch) string { return b.GetKind() }},
		{name: "FROM", text: func(b branch) string { return b.GetValidFrom() }},
		{name: "TO", text: func(b branch) string { return b.GetValidTo() }},
		{name: "ID", text: func(b branch) string { return b.GetId() }},
	},
	csv: append([]column[branch]{{name: "depth", text: func(b branch) string { return number(int64(b.depth)) }}},
		within(unitSheet.csv, func(b branch) *reportingv1.Unit { return b.Unit })...),
	json: func(b branch) ([]byte, error) { return jsonOf(b.Unit) },
}

// within takes the columns of one thing for another that holds it.
func within[T, P any](columns []column[P], part func(T) P) []column[T] {
	taken := make([]column[T], len(columns))
	for i, c := range columns {
		taken[i] = column[T]{name: c.name, text: func(t T) string { return c.text(part(t)) }, right: c.right, width: c.width}
	}
	return taken
}

type unitsSearchCmd struct {
	Words []string `arg:"" help:"Words that the code or the name has, each from its beginning; accents, case and Đ do not matter."`
	Below string   `placeholder:"U" help:"Only units below this one, itself included."`
	Kind  []string `placeholder:"K,..." help:"Only these kinds, such as commune."`
	AsOf  string   `placeholder:"DATE" help:"Day whose units and names are searched; otherwise today."`
	pastFlag
}

// Help shows how it is used.
func (unitsSearchCmd) Help() string {
	return `Examples:

    tonghop units search dong thap
    tonghop units search hoa --kind commune --as-of 2025-06-30`
}

// Run searches.
func (c *unitsSearchCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	q := &reportingv1.ListUnitsRequest{
		Below: c.Below, Kinds: c.Kind, Search: strings.Join(c.Words, " "), AsOf: c.AsOf, AtSequence: sequence, AtTime: at,
	}
	return s.with(ctx, func(to *client.Client) error { return list(s, unitSheet, to.Units(ctx, q)) })
}

type unitsLineageCmd struct {
	Unit   string `arg:"" optional:"" help:"Unit whose lineage is told: id or code. Without it all links are listed."`
	AsOf   string `placeholder:"DATE" help:"Day on which a code is understood: for an old unit a day on which it stood. Otherwise today."`
	Until  string `placeholder:"DATE" help:"Follow links up to this day only; otherwise today."`
	From   string `placeholder:"DATE" help:"Without a unit: only links from this day on."`
	Direct bool   `help:"Only the links of the unit itself."`
	pastFlag
}

// Help shows how it is used.
func (unitsLineageCmd) Help() string {
	return `What became of a unit and what it was made of, by all links. Without a unit the CSV has the columns of lineage.csv first.

Examples:

    tonghop units lineage 29869 --as-of 2025-06-30
    tonghop units lineage --from 2025-07-01 -o csv
    tonghop units lineage --from 2025-07-01 --at 2025-06-30`
}

// Run tells the lineage.
func (c *unitsLineageCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		if c.Unit == "" {
			return c.all(ctx, s, to, &reportingv1.ListLineageLinksRequest{AtSequence: sequence, AtTime: at})
		}
		l, err := to.GetLineage(ctx, &reportingv1.GetLineageRequest{
			Name: "units/" + strings.TrimPrefix(c.Unit, "units/") + "/lineage", AsOf: c.AsOf, Until: c.Until, Direct: c.Direct,
			AtSequence: sequence, AtTime: at,
		})
		if err != nil {
			return err
		}
		if s.Output == "json" {
			return writeJSON(s.stdout, l)
		}
		if l.GetCut() {
			s.notice("there are more links than these; ask for them with --direct, or list all without a unit")
		}
		if s.Output == "table" {
			if err := c.head(s, l); err != nil {
				return err
			}
		}
		return list(s, traceSheet, withoutErrors(traces(l)))
	})
}

// all lists the links of all units.
func (c *unitsLineageCmd) all(ctx context.Context, s *session, to *client.Client, q *reportingv1.ListLineageLinksRequest) error {
	if c.AsOf != "" || c.Direct {
		return s.usage("--as-of and --direct are for one unit; name it, or leave them out")
	}
	q.FromDate, q.ToDate = c.From, c.Until
	return list(s, linkSheet, to.LineageLinks(ctx, q))
}

// head tells of a unit what stands in its place.
func (c *unitsLineageCmd) head(s *session, l *reportingv1.Lineage) error {
	standing := make([]string, 0, len(l.GetStanding()))
	for _, u := range l.GetStanding() {
		standing = append(standing, label(u))
	}
	if err := one(s, l, []pair{
		{"unit", label(l.GetUnit())},
		{"from", l.GetUnit().GetValidFrom()},
		{"to", l.GetUnit().GetValidTo()},
		{"stands on " + l.GetUntil(), first(strings.Join(standing, ", "), "nothing")},
		{"acts for it", first(label(l.GetActing()), "nobody")},
	}); err != nil || len(l.GetBecame())+len(l.GetMadeOf()) == 0 {
		return err
	}
	return s.printf("\n")
}

// label names a unit with its kind, for names repeat, and with its id, for codes do too.
func label(u *reportingv1.UnitLabel) string {
	if u.GetId() == "" {
		return ""
	}
	return u.GetId() + " " + u.GetNameVi() + " (" + u.GetKind() + ")"
}

// trace is a link seen from a unit.
type trace struct {
	way string
	*reportingv1.LineageLink
}

func traces(l *reportingv1.Lineage) []trace {
	var all []trace
	for _, link := range l.GetBecame() {
		all = append(all, trace{"became", link})
	}
	for _, link := range l.GetMadeOf() {
		all = append(all, trace{"made of", link})
	}
	return all
}

func share(l *reportingv1.LineageLink) string { return strings.ToLower(word(l.GetShare(), "SHARE_")) }

var traceSheet = sheet[trace]{
	table: []column[trace]{
		{name: "WAY", text: func(t trace) string { return t.way }},
		{name: "STEPS", text: func(t trace) string { return number(t.GetSteps()) }, right: true},
		{name: "DATE", text: func(t trace) string { return t.GetDate() }},
		{name: "FROM", text: func(t trace) string { return label(t.GetFrom()) }},
		{name: "TO", text: func(t trace) string { return label(t.GetTo()) }},
		{name: "SHARE", text: func(t trace) string { return share(t.LineageLink) }},
		{name: "NOTE", text: func(t trace) string { return note(t.LineageLink) }},
	},
	csv: append([]column[trace]{
		{name: "way", text: func(t trace) string { return t.way }},
		{name: "steps", text: func(t trace) string { return number(t.GetSteps()) }},
	}, within(linkSheet.csv, func(t trace) *reportingv1.LineageLink { return t.LineageLink })...),
}

func note(l *reportingv1.LineageLink) string {
	if l.GetNoteRemoved() {
		return "(removed)"
	}
	return l.GetNote()
}

var linkSheet = sheet[*reportingv1.LineageLink]{
	table: []column[*reportingv1.LineageLink]{
		{name: "DATE", text: (*reportingv1.LineageLink).GetDate},
		{name: "FROM", text: func(l *reportingv1.LineageLink) string { return label(l.GetFrom()) }},
		{name: "TO", text: func(l *reportingv1.LineageLink) string { return label(l.GetTo()) }},
		{name: "SHARE", text: share},
		{name: "NOTE", text: note},
	},
	csv: []column[*reportingv1.LineageLink]{
		{name: "date", text: (*reportingv1.LineageLink).GetDate},
		{name: "from", text: func(l *reportingv1.LineageLink) string { return l.GetFrom().GetId() }},
		{name: "to", text: func(l *reportingv1.LineageLink) string { return l.GetTo().GetId() }},
		{name: "share", text: share},
		{name: "from_name", text: func(l *reportingv1.LineageLink) string { return l.GetFrom().GetNameVi() }},
		{name: "to_name", text: func(l *reportingv1.LineageLink) string { return l.GetTo().GetNameVi() }},
		{name: "note", text: note},
		{name: "sequence", text: func(l *reportingv1.LineageLink) string { return number(l.GetSequence()) }},
	},
	json: messageJSON[*reportingv1.LineageLink],
}
