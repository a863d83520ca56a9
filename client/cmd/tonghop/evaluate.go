package main

import (
	"bytes"
	"context"
	"iter"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type evaluateCmd struct {
	Plan   string `arg:"" help:"Id of the plan, such as 698-kh-ubnd-2022."`
	Year   int32  `placeholder:"YEAR" help:"Targets of this year; otherwise of the first year of the plan."`
	Period string `placeholder:"PERIOD" help:"Judge the figures of this period of the year, such as 2024-H1; otherwise each target by its due day."`
	Unit   string `placeholder:"UNIT" help:"Only what is demanded of this unit."`
	Group  string `placeholder:"CODE" help:"Only indicators of this group."`
	Lead   string `placeholder:"UNIT" help:"Only targets that this unit leads."`
	Focus  bool   `help:"Only indicators on which the plan is led."`
	Units  bool   `help:"Also each unit of targets of every single unit."`
	Basis  string `enum:"official,provisional" default:"official" help:"official counts approved reports, provisional also those that wait for approval."`
	pastFlag
}

// Help shows how it is used.
func (evaluateCmd) Help() string {
	return `A target is MET by the unrounded value, and EXCEEDED only if the value is better also when it is rounded to the digits in which
the target was written: of "80" that is from 80.5 on. Before its due day a target is NOT_DUE, with what it would be. A status
is provisional where fewer reports are in than the plan asks for. What was declared stands beside what is computed, with
the difference. Below the table stand the counts, which always add up.

Examples:

    tonghop evaluate 52-kh-ubnd-2024
    tonghop evaluate 698-kh-ubnd-2022 --year 2030 --group CQ
    tonghop evaluate 52-kh-ubnd-2024 --lead DT-STTTT
    tonghop evaluate 52-kh-ubnd-2024 --period 2024-H1 --focus -o csv`
}

// Run evaluates and shows.
func (c *evaluateCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	q := &reportingv1.EvaluatePlanRequest{
		Name: planName(c.Plan), Year: c.Year, Period: c.Period, Unit: c.Unit, Group: c.Group, Lead: c.Lead, Focus: c.Focus, Units: c.Units,
		Basis: choice[reportingv1.Basis](reportingv1.Basis_value, basisPrefix, c.Basis), AtSequence: sequence, AtTime: at,
	}
	return s.with(ctx, func(to *client.Client) error {
		var sum evaluated
		sum.narrowed = c.Group != "" || c.Focus || c.Unit != "" || c.Lead != ""
		if err := list(s, evaluationSheet, evaluationLines(s, to.EvaluationPages(ctx, q), &sum)); err != nil {
			return err
		}
		if s.Output != "table" {
			return nil
		}
		return s.printf("%s", sum.text())
	})
}

// evaluationLine is a target, or one unit of a target of every single unit.
type evaluationLine struct {
	*reportingv1.TargetEvaluation
	unit *reportingv1.UnitEvaluation
}

// evaluationLines gives what the pages have, and tells how far they are where there are several. JSON has the units in the line of their
// target.
func evaluationLines(s *session, pages iter.Seq2[*reportingv1.EvaluatePlanResponse, error], sum *evaluated) iter.Seq2[evaluationLine, error] {
	return func(yield func(evaluationLine, error) bool) {
		for page, err := range pages {
			if err != nil {
				yield(evaluationLine{}, err)
				return
			}
			sum.add(page)
			switch {
			case s.Output != "table": // lines go out as they come
			case page.GetNextPageToken() != "":
				s.progress.at("evaluating", "targets", int64(sum.summary.evaluated), int64(page.GetTotalLines()))
			default:
				s.progress.clear()
			}
			for _, l := range page.GetLines() {
				if !yield(evaluationLine{l, nil}, nil) {
					return
				}
				if s.Output == "json" {
					continue
				}
				for _, u := range l.GetUnitLines() {
					if !yield(evaluationLine{l, u}, nil) {
						return
					}
				}
			}
		}
	}
}

var evaluationSheet = sheet[evaluationLine]{
	table: []column[evaluationLine]{
		{name: "GROUP", text: func(l evaluationLine) string { return l.GetGroup() }},
		{name: "INDICATOR", text: func(l evaluationLine) string { return l.indicator() }},
		{name: "OF", text: func(l evaluationLine) string { return l.of() }},
		{name: "TARGET", text: func(l evaluationLine) string { return demand(l.GetTarget()) }},
		{name: "VALUE", text: func(l evaluationLine) string { return l.held() }, right: true},
		{name: "STATUS", text: func(l evaluationLine) string { return l.statusWords() }},
		{name: "DIFFERENCE", text: func(l evaluationLine) string { return l.difference() }, right: true},
		{name: "%", text: func(l evaluationLine) string { return l.GetPercent() }, right: true},
		{name: "DECLARED", text: func(l evaluationLine) string { return l.declaredWords() }},
		{name: "REMARKS", text: func(l evaluationLine) string { return l.remarks() }},
	},
	csv: []column[evaluationLine]{
		{name: "group", text: func(l evaluationLine) string { return l.GetGroup() }},
		{name: "indicator", text: func(l evaluationLine) string { return l.indicator() }},
		{name: "scope", text: func(l evaluationLine) string { return l.scope() }},
		{name: "unit", text: func(l evaluationLine) string { return l.unit.GetUnit() }},
		{name: "comparator", text: func(l evaluationLine) string { return comparatorOf(l.GetTarget()) }},
		{name: "target", text: func(l evaluationLine) string { return l.GetTarget().GetValue() }},
		{name: "value", text: func(l evaluationLine) string { return l.figure().GetValue() }},
		{name: "class", text: func(l evaluationLine) string { return l.figure().GetClass() }},
		{name: "status", text: func(l evaluationLine) string { return attainment(l.status()) }},
		{name: "so_far", text: func(l evaluationLine) string { return attainment(l.soFar()) }},
		{name: "provisional", text: func(l evaluationLine) string { return yes(l.provisional()) }},
		{name: "difference", text: func(l evaluationLine) string { return l.difference() }},
		{name: "percent", text: func(l evaluationLine) string { return l.GetPercent() }},
		{name: "rounded", text: func(l evaluationLine) string { return l.GetRounded() }},
		{name: "due", text: func(l evaluationLine) string { return l.GetDue() }},
		{name: "declared", text: func(l evaluationLine) string { return l.GetDeclared().GetValue() }},
		{name: "declared_rating", text: func(l evaluationLine) string { return attainment(l.GetDeclared().GetRating()) }},
		{name: "declared_difference", text: func(l evaluationLine) string { return l.GetDeclaredDifference() }},
		{name: "reasons", text: func(l evaluationLine) string { return l.reasonNames() }},
		{name: "units_reached", text: func(l evaluationLine) string {
			return l.ofUnits((*reportingv1.AttainmentCounts).GetExceeded, (*reportingv1.AttainmentCounts).GetMet)
		}},
		{name: "units", text: func(l evaluationLine) string { return l.ofUnits((*reportingv1.AttainmentCounts).GetEvaluated) }},
		{name: "indicator_name", text: func(l evaluationLine) string { return l.GetIndicatorName() }},
	},
	json: func(l evaluationLine) ([]byte, error) { return jsonOf(l.TargetEvaluation) },
}

func attainment(a reportingv1.Attainment) string {
	if a == reportingv1.Attainment_ATTAINMENT_UNSPECIFIED {
		return ""
	}
	return word(a, "ATTAINMENT_")
}

func (l evaluationLine) indicator() string {
	return first(l.GetTarget().GetIndicator(), l.GetDeclared().GetIndicator())
}

func (l evaluationLine) scope() string {
	return first(l.GetTarget().GetScope(), l.GetDeclared().GetScope())
}

func (l evaluationLine) of() string {
	if l.unit != nil {
		return l.unit.GetUnitCode() + " " + l.unit.GetUnitName()
	}
	return l.scope()
}

func (l evaluationLine) figure() *reportingv1.TargetFigure {
	if l.unit != nil {
		return l.unit.GetFigure()
	}
	return l.GetFigure()
}

func (l evaluationLine) status() reportingv1.Attainment {
	if l.unit != nil {
		return l.unit.GetStatus()
	}
	return l.GetStatus()
}

func (l evaluationLine) soFar() reportingv1.Attainment {
	if l.unit != nil {
		return l.unit.GetSoFar()
	}
	return l.GetSoFar()
}

func (l evaluationLine) provisional() bool {
	if l.unit != nil {
		return l.unit.GetProvisional()
	}
	return l.GetProvisional()
}

func (l evaluationLine) difference() string {
	if l.unit != nil {
		return l.unit.GetDifference()
	}
	return l.GetDifference()
}

// ofUnits adds counts of a target of every single unit; nothing for any other.
func (l evaluationLine) ofUnits(counts ...func(*reportingv1.AttainmentCounts) int32) string {
	if l.GetUnits() == nil || l.unit != nil {
		return ""
	}
	n := int32(0)
	for _, count := range counts {
		n += count(l.GetUnits())
	}
	return number(n)
}

// held is the value, the class or the day that was held against the target; of every single unit how many reached it.
func (l evaluationLine) held() string {
	if u := l.GetUnits(); u != nil && l.unit == nil {
		return number(u.GetExceeded()+u.GetMet()) + " of " + number(u.GetEvaluated())
	}
	f := l.figure()
	text := first(f.GetValue(), first(f.GetClass(), f.GetDone()))
	if f.GetRanked() > 0 {
		text += "/" + number(f.GetRanked())
	}
	return text
}

func (l evaluationLine) statusWords() string {
	text := attainment(l.status())
	if so := l.soFar(); so != reportingv1.Attainment_ATTAINMENT_UNSPECIFIED {
		text += " (so far " + attainment(so) + ")"
	}
	if l.provisional() {
		text += " provisional"
	}
	return text
}

func (l evaluationLine) declaredWords() string {
	d := l.GetDeclared()
	if d == nil || l.unit != nil {
		return ""
	}
	text := d.GetValue()
	if d.GetBound() != "=" && text != "" {
		text = d.GetBound() + " " + text
	}
	if l.DeclaredDifference != nil {
		text += " (" + signed(l.GetDeclaredDifference()) + ")"
	}
	return strings.TrimSpace(text + " " + attainment(d.GetRating()))
}

// roundedAsWritten is the reason that tells how it was rounded, which the help says once for all.
const roundedAsWritten = "ROUNDED_AS_WRITTEN"

func (l evaluationLine) remarks() string {
	if l.unit != nil {
		return ""
	}
	var out []string
	if l.GetRatingDiffers() {
		out = append(out, "declared otherwise")
	}
	if l.OnTrack != nil {
		out = append(out, map[bool]string{true: "on track", false: "behind"}[l.GetOnTrack()]+" (path "+l.GetPath()+")")
	}
	for _, r := range l.GetReasons() {
		if r.GetReason() != roundedAsWritten {
			out = append(out, r.GetMessage())
		}
	}
	return strings.Join(out, "; ")
}

func (l evaluationLine) reasonNames() string {
	names := make([]string, len(l.GetReasons()))
	for i, r := range l.GetReasons() {
		names[i] = r.GetReason()
	}
	return strings.Join(names, "|")
}

// evaluated adds up what pages say.
type evaluated struct {
	summary, declared, focus counted6
	groups                   []*reportingv1.GroupCounts
	byGroup                  map[string]*counted6
	counts                   []*reportingv1.CountComparison
	asOf                     string
	basis                    reportingv1.Basis
	// narrowed says that groups without a line were not asked for.
	narrowed bool
	sequence int64
}

// counted6 are counts by status.
type counted6 struct{ evaluated, exceeded, met, notMet, notDue, noData, notEvaluable int32 }

func (c *counted6) add(o *reportingv1.AttainmentCounts) {
	c.evaluated += o.GetEvaluated()
	c.exceeded += o.GetExceeded()
	c.met += o.GetMet()
	c.notMet += o.GetNotMet()
	c.notDue += o.GetNotDue()
	c.noData += o.GetNoData()
	c.notEvaluable += o.GetNotEvaluable()
}

func (c *counted6) text() string {
	words := []string{number(c.evaluated) + " evaluated"}
	for _, n := range []struct {
		count int32
		name  string
	}{
		{c.exceeded, "exceeded"}, {c.met, "met"}, {c.notMet, "not met"}, {c.notDue, "not due"}, {c.noData, "without data"}, {c.notEvaluable, "not evaluable"},
	} {
		if n.count > 0 {
			words = append(words, number(n.count)+" "+n.name)
		}
	}
	return strings.Join(words, ", ")
}

func (e *evaluated) add(page *reportingv1.EvaluatePlanResponse) {
	e.summary.add(page.GetSummary())
	e.declared.add(page.GetDeclared())
	e.focus.add(page.GetFocus())
	if e.byGroup == nil {
		e.byGroup, e.groups = map[string]*counted6{}, page.GetGroups()
		e.asOf, e.basis, e.sequence = page.GetAsOf(), page.GetBasis(), knownUpTo(page.GetStamp())
	}
	for _, g := range page.GetGroups() {
		if e.byGroup[g.GetGroup()] == nil {
			e.byGroup[g.GetGroup()] = &counted6{}
		}
		e.byGroup[g.GetGroup()].add(g.GetCounts())
	}
	e.counts = append(e.counts, page.GetCounts()...)
}

func (e *evaluated) text() string {
	var b bytes.Buffer
	b.WriteString("\n" + e.summary.text() + "\n")
	for _, g := range e.groups {
		if c := e.byGroup[g.GetGroup()]; g.GetGroup() != "" && (c.evaluated > 0 || !e.narrowed) {
			b.WriteString(g.GetGroup() + " " + plain(g.GetNameVi()) + ", " + plural(g.GetIndicators(), "indicator", "indicators") + ": " + c.text() + "\n")
		}
	}
	if e.focus.evaluated > 0 {
		b.WriteString("focus: " + e.focus.text() + "\n")
	}
	b.WriteString(e.declaredText())
	b.WriteString(word(e.basis, basisPrefix) + ", judged on " + e.asOf + ", at entry " + number(e.sequence) + "\n")
	return b.String()
}

// declaredText holds what was declared against what it should agree with.
func (e *evaluated) declaredText() string {
	var b bytes.Buffer
	if e.declared.evaluated > 0 {
		b.WriteString("as declared: " + e.declared.text() + "\n")
	}
	for _, c := range e.counts {
		d := c.GetDeclared()
		b.WriteString("declared " + strings.ToLower(word(d.GetKind(), "COUNT_KIND_")))
		if d.GetLabel() != "" {
			b.WriteString(" " + plain(d.GetLabel()))
		}
		b.WriteString(" " + number(d.GetCount()))
		if c.GetAgainst() != reportingv1.CountBasis_COUNT_BASIS_UNSPECIFIED {
			b.WriteString(" against " + strings.ToLower(strings.ReplaceAll(word(c.GetAgainst(), "COUNT_BASIS_"), "_", " ")) + " " + number(c.GetOther()) +
				", difference " + number(c.GetDifference()))
		}
		b.WriteString("\n")
	}
	return b.String()
}
