package reporting

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/indicator"
)

// layouts are what sheets say about columns, which is found out once for each of them. They are of one moment's
// definitions: those before are let go.
type layouts struct {
	mu     sync.Mutex
	defs   aggregator.Definitions
	sheets map[*form.Sheet][]amountLine
}

// keptLayouts bounds them: a stream has few kinds of units and, of one form, a sheet for each period.
const keptLayouts = 64

// amountLine is an indicator of the columns on a sheet.
type amountLine struct {
	group amountGroup
	line  *form.Line
	// plain says that any amounts that are all there and not negative are right.
	plain bool
	// same says that the columns have the scale of the indicator.
	same bool
}

// layout gives the lines of the columns on a sheet in the order of their numbers; line is nil where there is none.
func (a *AmountColumns) layout(defs aggregator.Definitions, sheet *form.Sheet) []amountLine {
	a.known.mu.Lock()
	defer a.known.mu.Unlock()
	if a.known.defs != defs {
		a.known.defs, a.known.sheets = defs, nil
	}
	if lines, ok := a.known.sheets[sheet]; ok {
		return lines
	}
	lines := make([]amountLine, len(a.groups))
	for i, g := range a.groups {
		l := amountLine{group: g, line: sheet.Line(indicator.Code(a.columns[g.first()].Indicator)), same: true}
		if l.line != nil {
			l.plain = plain(&l.line.Indicator, g)
			for _, c := range g {
				l.same = l.same && (c < 0 || a.columns[c].Scale == l.line.Indicator.Scale)
			}
		}
		lines[i] = l
	}
	slices.SortStableFunc(lines, func(x, y amountLine) int {
		return cmp.Compare(x.place(), y.place())
	})
	if a.known.sheets == nil || len(a.known.sheets) >= keptLayouts {
		a.known.sheets = map[*form.Sheet][]amountLine{}
	}
	a.known.sheets[sheet] = lines
	return lines
}

// place orders lines; what has none comes last.
func (l *amountLine) place() int64 {
	if l.line == nil {
		return math.MaxInt64
	}
	return int64(l.line.Number)
}

// plain says that an indicator is asked for by just these parts and has no bounds.
func plain(i *indicator.Indicator, g amountGroup) bool {
	ratio := i.UnitRule == indicator.UnitRatio
	return i.Min == nil && i.Max == nil && !i.UnitRule.YesNo() &&
		(g[AmountValue] >= 0) == !ratio && (g[AmountNumerator] >= 0) == ratio &&
		(g[AmountDenominator] >= 0) == (ratio && i.OwnDenominator())
}

// figures reads the figures of a submission in whichever way they came.
func (sub *Submission) figures(defs aggregator.Definitions, at place) ([]entry.Figure, error) {
	if sub.Amounts == nil {
		return figuresOf(defs, at, sub.Figures, sub.Draft)
	}
	return sub.Amounts.figures(defs, at, sub.Draft)
}

// figures is figuresOf for amounts. What is right is read straight into figures; as soon as something is not, all of it is
// read again as the texts that it might have been, which then are refused as texts are.
func (a *Amounts) figures(defs aggregator.Definitions, at place, draft bool) ([]entry.Figure, error) {
	if a.explanations != nil {
		return a.asTexts(defs, at, draft) // few are, and texts are read there
	}
	lines := a.of.layout(defs, defs.Sheet(at.form, at.unit.Kind, at.last))
	figures := make([]entry.Figure, 0, len(lines))
	for i := range lines {
		l := &lines[i]
		f := figure.Figure{}
		if !a.take(l, &f) {
			return a.asTexts(defs, at, draft)
		}
		if f.State == figure.Absent {
			continue
		}
		if !l.reports(defs, at) || !l.right(defs, &f, draft) {
			return a.asTexts(defs, at, draft)
		}
		figures = append(figures, entry.Figure{Number: l.line.Number, Figure: f})
	}
	if len(figures) == 0 {
		return a.asTexts(defs, at, draft)
	}
	return figures, nil
}

// take reads the amounts of one indicator. It is false where they need a closer look.
func (a *Amounts) take(l *amountLine, f *figure.Figure) bool {
	for part, c := range l.group {
		if c < 0 {
			continue
		}
		state := a.state(c)
		switch {
		case state == figure.Absent:
			continue
		case l.line == nil, f.State != figure.Absent && f.State != state:
			return false
		}
		f.State = state
		if state != figure.Value {
			continue
		}
		n := figure.Number(a.amounts[c])
		if !l.same {
			var ok bool
			if n, ok = n.Rescale(a.of.columns[c].Scale, l.line.Indicator.Scale); !ok {
				return false
			}
		}
		switch AmountPart(part) { //nolint:gosec // there are three
		case AmountValue:
			f.Value, f.HasValue = n, true
		case AmountNumerator:
			f.Numerator, f.HasNumerator = n, true
		case AmountDenominator:
			f.Denominator, f.HasDenominator = n, true
		}
	}
	return true
}

// reports says whether the unit reports the indicator.
func (l *amountLine) reports(defs aggregator.Definitions, at place) bool {
	if !l.line.Kind || !l.line.Narrowed {
		return l.line.Kind
	}
	adds, checks := form.Reports(at.form, l.line.Indicator, defs.Tree(), at.unit, at.key.Period)
	return adds || checks
}

// right says whether a figure is right for its indicator.
func (l *amountLine) right(defs aggregator.Definitions, f *figure.Figure, draft bool) bool {
	if draft || f.State != figure.Value { // a figure of amounts has no other fault than that of its indicator
		return true
	}
	if l.plain && f.Value >= 0 && f.Denominator >= 0 && (f.HasValue || f.HasNumerator && f.HasDenominator == (l.group[AmountDenominator] >= 0)) {
		return true
	}
	return defs.Indicators().CheckFigure(l.line.Indicator, *f) == nil
}

// asTexts reads the amounts as figuresOf reads texts. What is refused is then named by the place of its amount.
func (a *Amounts) asTexts(defs aggregator.Definitions, at place, draft bool) ([]entry.Figure, error) {
	drafts, groups := a.drafts()
	figures, err := figuresOf(defs, at, drafts, draft)
	if err != nil {
		return nil, a.placed(fault.Of(err), groups)
	}
	return figures, nil
}

// drafts writes the amounts as figures, in the order of the columns, and gives the columns of each.
func (a *Amounts) drafts() ([]FigureDraft, []amountGroup) {
	var drafts []FigureDraft
	var groups []amountGroup
	for i := range a.of.groups {
		if d, some := a.draft(i); some {
			drafts, groups = append(drafts, d), append(groups, a.of.groups[i])
		}
	}
	return drafts, groups
}

// draft writes the amounts of an indicator as a figure; false where there is none.
func (a *Amounts) draft(group int) (d FigureDraft, some bool) {
	g := &a.of.groups[group]
	d.Format, d.Indicator = figure.Plain, a.of.columns[g.first()].Indicator
	for part, c := range g {
		if c < 0 || a.state(c) == figure.Absent {
			continue
		}
		some = true
		if state := a.state(c); state != figure.Value {
			d.State = state
			continue
		}
		number := figure.Number(a.amounts[c]).Format(a.of.columns[c].Scale)
		*[...]**string{&d.Value, &d.Numerator, &d.Denominator}[part] = &number
	}
	if e, explained := a.explanations[group]; explained {
		d.Explanation = e.text
	}
	return d, some
}

// placed gives an error of figures the places of the amounts at fault: figures[3].denominator is amounts[5].
func (a *Amounts) placed(e *fault.Error, groups []amountGroup) *fault.Error {
	moved := *e
	within := a.of.within
	if within != "" && e.Field == "figures" {
		moved.Field = strings.TrimSuffix(within, ".")
	}
	if rest, ok := strings.CutPrefix(e.Field, "figures["); ok {
		number, rest, _ := strings.Cut(rest, "]")
		if i, err := strconv.Atoi(number); err == nil && i < len(groups) {
			column := groups[i].first()
			for part, c := range groups[i] {
				if c >= 0 && strings.HasSuffix(rest, AmountPart(part).field()) { //nolint:gosec // there are three
					column = c
				}
			}
			moved.Field = within + fmt.Sprintf("amounts[%d]", column)
			if said, explained := a.explanations[slices.Index(a.of.groups, groups[i])]; explained && strings.HasSuffix(rest, "explanation") {
				moved.Field = within + fmt.Sprintf("explanations[%d].text", said.place)
			}
		}
	}
	moved.Details = make([]*fault.Error, len(e.Details))
	for i, d := range e.Details {
		moved.Details[i] = a.placed(d, groups)
	}
	return &moved
}

// codes adds the indicators of which there is a figure.
func (a *Amounts) codes(given map[indicator.Code]bool) {
	for i := range a.of.groups {
		for _, c := range a.of.groups[i] {
			if c >= 0 && a.state(c) != figure.Absent {
				given[indicator.Code(a.of.columns[c].Indicator).Fold()] = true
			}
		}
	}
}

// canonical adds the figures that the amounts are, in the order of their codes, as canonical.figure adds them.
func (a *Amounts) canonical(c canonical) {
	count := 0
	for i := range a.of.groups {
		if a.has(&a.of.groups[i]) {
			count++
		}
	}
	c.count("figures", count)
	for _, i := range a.of.inOrder {
		g := &a.of.groups[i]
		if !a.has(g) {
			continue
		}
		if _, explained := a.explanations[i]; explained {
			d, _ := a.draft(i)
			c.figure(&d)
			continue
		}
		c.word(a.of.columns[g.first()].Indicator, "")
		numbers := a.numbers(g)
		c.numbers(&numbers)
	}
}

// has says whether there is a figure of an indicator.
func (a *Amounts) has(g *amountGroup) bool {
	if a.states == nil {
		return true
	}
	for _, c := range g {
		if c >= 0 && a.states[c] != figure.Absent {
			return true
		}
	}
	return false
}

// numbers gives the figure of an indicator, as drafts writes it.
func (a *Amounts) numbers(g *amountGroup) (f figureNumbers) {
	f.state = figure.Value
	for part, c := range g {
		if c < 0 {
			continue
		}
		switch state := a.state(c); state {
		case figure.Absent:
		case figure.Value:
			p := &f.parts[part]
			p.has = true
			p.n, p.scale = figure.Number(a.amounts[c]).Shortest(a.of.columns[c].Scale)
		default:
			f.state = state
		}
	}
	return f
}
