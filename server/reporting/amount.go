package reporting

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/text"
)

// AmountPart says which amount of a figure a column holds.
type AmountPart uint8

// The parts. A ratio has the last two, any other indicator the first.
const (
	AmountValue AmountPart = iota
	AmountNumerator
	AmountDenominator
)

var amountParts = [...]string{"VALUE", "NUMERATOR", "DENOMINATOR"}

// String gives the word of the API.
func (p AmountPart) String() string { return amountParts[min(int(p), len(amountParts)-1)] }

// field is where a figure has the part.
func (p AmountPart) field() string { return [...]string{"value", "numerator", "denominator"}[p] }

// AmountColumn is one of the amounts that a report comes with: every report of a stream, or a packed one.
type AmountColumn struct {
	Indicator string
	Part      AmountPart
	// Scale is how many decimals its amounts are written with, whatever the indicator's is.
	Scale figure.Scale
}

// maxAmountColumns bounds the columns; that many figures a report may have.
const maxAmountColumns = maxFigures

// AmountColumns are the columns of a stream or of a packed report. Make them with NewAmountColumns or NewPackedColumns;
// they may be shared.
type AmountColumns struct {
	columns []AmountColumn
	groups  []amountGroup
	// inOrder are the places of the groups in the order of their codes.
	inOrder []int
	// within is what stands before the places of amounts where a report names them.
	within string
	// known is what the sheets of forms were found to say about the columns.
	known layouts
}

// amountGroup is one indicator: the places of the columns of its parts, -1 for none.
type amountGroup [len(amountParts)]int

// first gives the column by which the indicator is named, which every group has.
func (g *amountGroup) first() int {
	first := -1
	for _, c := range g {
		if c >= 0 && (first < 0 || c < first) {
			first = c
		}
	}
	return first
}

// NewAmountColumns takes the columns of a stream, or refuses them with every violation under columns[i]. Whether a form
// asks for their indicators is not asked: that differs from report to report.
func NewAmountColumns(columns []AmountColumn) (*AmountColumns, error) {
	if len(columns) > maxAmountColumns {
		return nil, fault.Invalid("COLUMNS_TOO_MANY", "%d columns are named; there may be %d", len(columns), maxAmountColumns).
			With("count", len(columns)).With("limit", maxAmountColumns).In("columns")
	}
	a := &AmountColumns{columns: slices.Clone(columns)}
	var problems fault.List
	places := map[indicator.Code]int{}
	for i, c := range columns {
		if problems.Len() >= maxProblems {
			problems.Add(moreProblems(len(columns) - i))
			break
		}
		if err := a.add(places, i, c); err != nil {
			problems.Add(fault.Of(err).In(fmt.Sprintf("columns[%d]", i)))
		}
	}
	if problems.Len() == 0 {
		problems.Add(a.complete())
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	a.inOrder = make([]int, len(a.groups))
	for i := range a.inOrder {
		a.inOrder[i] = i
	}
	slices.SortFunc(a.inOrder, func(x, y int) int { return cmp.Compare(a.code(x), a.code(y)) })
	return a, nil
}

// code gives the code of a group as it was written first.
func (a *AmountColumns) code(group int) string { return a.columns[a.groups[group].first()].Indicator }

// NewPackedColumns is NewAmountColumns for a report that names its columns itself, in packed.indicators and packed.parts.
func NewPackedColumns(columns []AmountColumn) (*AmountColumns, error) {
	a, err := NewAmountColumns(columns)
	if err != nil {
		return nil, eachField(err, packedField)
	}
	a.within = "packed."
	return a, nil
}

// packedField gives the place in a packed report of the field of a stream's columns: columns[3].part is packed.parts[3].
func packedField(field string) string {
	place, ok := strings.CutPrefix(field, "columns")
	switch {
	case !ok:
		return field
	case strings.HasSuffix(place, ".part"):
		return "packed.parts" + strings.TrimSuffix(place, ".part")
	}
	return "packed.indicators" + strings.TrimSuffix(place, ".indicator")
}

// add puts a column to those of its indicator.
func (a *AmountColumns) add(places map[indicator.Code]int, i int, c AmountColumn) error {
	if _, err := text.Code("indicator", c.Indicator); err != nil {
		return err
	}
	code := indicator.Code(c.Indicator).Fold()
	at, known := places[code]
	if !known {
		at = len(a.groups)
		places[code] = at
		a.groups = append(a.groups, amountGroup{-1, -1, -1})
	}
	group := &a.groups[at]
	if first := group[c.Part]; first >= 0 {
		return fault.Invalid("COLUMN_TWICE",
			"the %s of indicator %s has two columns, %d and %d; name it once", c.Part.field(), c.Indicator, first, i).
			With("indicator", c.Indicator).With("part", c.Part.field()).With("first", first).With("second", i).In("indicator")
	}
	if c.Part == AmountValue && known || c.Part != AmountValue && group[AmountValue] >= 0 {
		return fault.Invalid("COLUMN_PARTS_MIXED",
			"indicator %s has a column of its value and one of a part; a ratio has a numerator and a denominator, any other indicator a value",
			c.Indicator).With("indicator", c.Indicator).In("part")
	}
	group[c.Part] = i
	return nil
}

// complete refuses a denominator without its numerator.
func (a *AmountColumns) complete() error {
	var problems fault.List
	for i := range a.groups {
		g := &a.groups[i]
		if c := g[AmountDenominator]; c >= 0 && g[AmountNumerator] < 0 {
			problems.Add(fault.Invalid("COLUMN_WITHOUT_NUMERATOR",
				"indicator %s has a column of its denominator and none of its numerator; name both", a.columns[c].Indicator).
				With("indicator", a.columns[c].Indicator).In("part").In(fmt.Sprintf("columns[%d]", c)))
		}
	}
	return problems.Err()
}

// Amounts are what a report has in the columns of its stream or of its own, in the place of figures.
type Amounts struct {
	of      *AmountColumns
	amounts []int64
	// states has one for each column; nil where all have values.
	states []figure.State
	// explanations are those of groups, by their places; nil where nothing is explained.
	explanations map[int]explanation
}

// explanation is the text and its place among the explanations.
type explanation struct {
	text  string
	place int
}

// Explained explains the figure of an indicator.
type Explained struct{ Indicator, Text string }

// Given is how amounts come in: one for each column, and the places of the columns that have none, ascending.
type Given struct {
	Amounts                                  []int64
	NotReported, NotAvailable, NotApplicable []int32
	Explanations                             []Explained
}

// Empty says that nothing was given.
func (g *Given) Empty() bool {
	return len(g.Amounts) == 0 && !g.exceptions() && len(g.Explanations) == 0
}

func (g *Given) exceptions() bool {
	return len(g.NotReported)+len(g.NotAvailable)+len(g.NotApplicable) > 0
}

// Read takes what a report has in the columns. It keeps the amounts. Without columns nothing can be given.
func (a *AmountColumns) Read(given *Given) (*Amounts, error) {
	switch {
	case a == nil || len(a.columns) == 0:
		return nil, fault.Invalid("AMOUNTS_WITHOUT_COLUMNS",
			"there are amounts, and no columns are named; name them, or send figures").In("amounts")
	case len(given.Amounts) != len(a.columns):
		return nil, fault.Invalid("AMOUNTS_COUNT", "there are %d amounts and %d columns; send one for each",
			len(given.Amounts), len(a.columns)).With("count", len(given.Amounts)).With("wanted", len(a.columns)).In("amounts")
	}
	read := &Amounts{of: a, amounts: given.Amounts}
	if err := read.except(given); err != nil {
		return nil, err
	}
	return read, read.explain(given.Explanations)
}

// except takes amounts out of their columns.
func (a *Amounts) except(given *Given) error {
	if !given.exceptions() {
		return nil
	}
	a.states = make([]figure.State, len(a.of.columns))
	for i := range a.states {
		a.states[i] = figure.Value
	}
	for _, list := range []struct {
		field  string
		state  figure.State
		places []int32
	}{
		{"not_reported", figure.Absent, given.NotReported},
		{"not_available", figure.NotAvailable, given.NotAvailable},
		{"not_applicable", figure.NotApplicable, given.NotApplicable},
	} {
		for i, place := range list.places {
			if err := a.exceptOne(list.places[:i], place, list.state); err != nil {
				return fault.Of(err).In(fmt.Sprintf("%s[%d]", list.field, i))
			}
		}
	}
	return a.agree()
}

// explain takes explanations of figures that are there.
func (a *Amounts) explain(list []Explained) error {
	for i, e := range list {
		at := fmt.Sprintf("explanations[%d]", i)
		group := slices.IndexFunc(a.of.groups, func(g amountGroup) bool {
			return indicator.Code(a.of.columns[g.first()].Indicator).Same(indicator.Code(e.Indicator))
		})
		_, twice := a.explanations[group]
		switch {
		case group < 0 || !a.has(&a.of.groups[group]):
			return fault.Invalid("EXPLANATION_WITHOUT_FIGURE", "there is no figure of indicator %s, which is explained; check the code", shorten(e.Indicator)).
				With("indicator", shorten(e.Indicator)).In("indicator").In(at)
		case twice || strings.TrimSpace(e.Text) == "":
			return fault.Invalid("EXPLANATION_UNCLEAR", "indicator %s: give one explanation for it, with words in it", shorten(e.Indicator)).
				With("indicator", shorten(e.Indicator)).In("text").In(at)
		case a.explanations == nil:
			a.explanations = make(map[int]explanation, len(list))
		}
		a.explanations[group] = explanation{text: e.Text, place: i}
	}
	return nil
}

// exceptOne takes the amount out of a column.
func (a *Amounts) exceptOne(before []int32, place int32, state figure.State) error {
	switch {
	case place < 0 || int(place) >= len(a.amounts):
		return fault.Invalid("AMOUNT_COLUMN_UNKNOWN", "there is no column %d; there are columns 0 to %d", place, len(a.amounts)-1).
			With("column", place).With("last", len(a.amounts)-1)
	case a.states[place] != figure.Value, len(before) > 0 && place < before[len(before)-1]:
		return fault.Invalid("AMOUNT_COLUMN_REPEATED",
			"column %d was named before, or is less than the one before it; name each column in one list, ascending", place).
			With("column", place)
	case a.amounts[place] != 0:
		return fault.Invalid("AMOUNT_NOT_EMPTY",
			"column %d has the amount %d and is said to have none; give 0, or take it out of this list", place, a.amounts[place]).
			With("column", place).With("value", a.amounts[place])
	}
	a.states[place] = state
	return nil
}

// agree refuses two parts of a figure that say different things about it. A part that is not reported says nothing.
func (a *Amounts) agree() error {
	for i := range a.of.groups {
		g := &a.of.groups[i]
		n, d := g[AmountNumerator], g[AmountDenominator]
		if n < 0 || d < 0 {
			continue
		}
		x, y := a.states[n], a.states[d]
		if x != y && x > figure.Value && y > figure.Value {
			return fault.Invalid("AMOUNT_STATES_DIFFER",
				"indicator %s: the numerator is %s and the denominator %s; a figure has one state", a.of.columns[n].Indicator, x, y).
				With("indicator", a.of.columns[n].Indicator).In(fmt.Sprintf("amounts[%d]", d))
		}
	}
	return nil
}

// state gives what is in a column.
func (a *Amounts) state(column int) figure.State {
	if a.states == nil {
		return figure.Value
	}
	return a.states[column]
}
