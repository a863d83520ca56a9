package reporting

import (
	"math"
	"slices"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/rollup"
)

// NotAsked is the state of a cell that is not part of the answer, for the unit is no child in its period.
const NotAsked = rollup.State(math.MaxUint8)

// Column is one indicator of a page. Each slice has one element for each cell, or is nil: States where every cell has a
// value, Received where all are as Expected, UnitsComplete as Received, Units
// as Expected, Numerators and Denominators where no cell has a part, all others where all are 0.
type Column struct {
	// Indicator is its newest version, whose scale is the largest; numbers are at the scales beside it.
	Indicator                               indicator.Indicator
	Scale, NumeratorScale, DenominatorScale figure.Scale
	States                                  []rollup.State
	Values, Numerators, Denominators        []int64
	Expected, Received                      []int32
	NotAvailable, NotApplicable, Excluded   []int32
	Late, Stale, UnitsComplete, Units       []int32
	Half, Unweighted, Divisor               []int32
	// Fell are the places of cells in which a unit's figure fell, PartsDiffer those of which the parts do not have the same
	// coverage (R18), Exact the numbers that do not fit 64 bits.
	Fell, PartsDiffer []int32
	Exact             []ExactCell
	// Across and Standing are the places of cells that go over a change of the tree, Held tells of those that are
	// NOT_PLACEABLE who holds their figures.
	Across, Standing []int32
	Held             []HeldCell
	// ClosedVersions are the last closings that hold the cells, Differ the places of those that are no longer what was kept.
	ClosedVersions, Differ []int32

	cells int
	// at are the scales of the period at which numbers come in.
	at scales
}

// ExactCell has the numbers of a cell that do not fit 64 bits, as decimals; those that do are empty.
type ExactCell struct {
	Cell                          int32
	Value, Numerator, Denominator string
}

// HeldCell says which unit holds the figures of a cell; none if the unit is empty.
type HeldCell struct {
	Cell int32
	Unit hierarchy.ID
}

// scales are those of value, numerator and denominator.
type scales struct{ value, numerator, denominator figure.Scale }

func newColumn(latest indicator.Indicator, cells int) *Column {
	c := &Column{
		Indicator: latest, cells: cells,
		Values: make([]int64, cells), Expected: make([]int32, cells), Received: make([]int32, cells),
	}
	c.Scale, c.NumeratorScale, c.DenominatorScale = rollup.Scales(&latest)
	return c
}

// turn takes the scales of a period: they may be smaller than those of the newest version.
func (c *Column) turn(series *aggregator.Series) {
	c.at.value, c.at.numerator, c.at.denominator = rollup.Scales(series.Version())
}

// putPlain takes a plain result in.
func (c *Column) putPlain(cell int, p *rollup.Plain) {
	c.numbers(cell, p.State, p.Value)
	if p.Parts {
		c.parts(cell, p.Numerator, p.Denominator)
	}
	//nolint:gosec // units are counted in 32 bits everywhere
	c.Expected[cell], c.Received[cell] = int32(p.Expected), int32(p.Received)
	if c.UnitsComplete != nil {
		c.follow(&c.UnitsComplete, nil, cell, p.Received)
	}
	if c.Units != nil {
		c.follow(&c.Units, nil, cell, p.Expected)
	}
	if p.Late != 0 {
		set(&c.Late, c.cells, cell, p.Late)
	}
}

// putShort takes a result in whose numbers have 64 bits at the scales of its period.
func (c *Column) putShort(cell int, s *rollup.Short) {
	c.numbers(cell, s.State, s.Value)
	if s.Parts {
		c.parts(cell, s.Numerator, s.Denominator)
	}
	c.note(cell, s.Fell, &s.Coverage)
}

// numbers takes the state in, or a value of 64 bits.
func (c *Column) numbers(cell int, state rollup.State, value int64) {
	if state != rollup.Value {
		c.state(cell, state)
	} else if n, ok := grow(value, c.at.value, c.Scale); ok {
		c.Values[cell] = n
	} else {
		c.exact(cell).Value = figure.Number(value).Format(c.at.value)
	}
}

// parts takes parts of 64 bits in.
func (c *Column) parts(cell int, numerator, denominator int64) {
	c.makeParts()
	var ok bool
	if c.Numerators[cell], ok = grow(numerator, c.at.numerator, c.NumeratorScale); !ok {
		c.exact(cell).Numerator = figure.Number(numerator).Format(c.at.numerator)
	}
	if c.Denominators[cell], ok = grow(denominator, c.at.denominator, c.DenominatorScale); !ok {
		c.exact(cell).Denominator = figure.Number(denominator).Format(c.at.denominator)
	}
}

// put takes a result in.
func (c *Column) put(cell int, r *rollup.Result) {
	if r.State != rollup.Value {
		c.state(cell, r.State)
	} else if n, ok := fit(r.Value, c.at.value, c.Scale); ok {
		c.Values[cell] = n
	} else {
		c.exact(cell).Value = r.Value.Decimal(c.at.value)
	}
	if r.Numerator.Exists() {
		c.makeParts()
		var ok bool
		if c.Numerators[cell], ok = fit(r.Numerator, c.at.numerator, c.NumeratorScale); !ok {
			c.exact(cell).Numerator = r.Numerator.Decimal(c.at.numerator)
		}
		if c.Denominators[cell], ok = fit(r.Denominator, c.at.denominator, c.DenominatorScale); !ok {
			c.exact(cell).Denominator = r.Denominator.Decimal(c.at.denominator)
		}
	}
	if r.PartsDiffer {
		c.PartsDiffer = append(c.PartsDiffer, int32(cell)) //nolint:gosec // a page has few cells
	}
	c.note(cell, r.Fell, &r.Coverage)
}

// place notes how a cell goes over a change of the tree, if it does.
func (c *Column) place(cell int, l aggregator.Lineage) {
	at := int32(cell) //nolint:gosec // a page has few cells
	switch l.Crossing {
	case aggregator.Across:
		c.Across = append(c.Across, at)
	case aggregator.Standing:
		c.Standing = append(c.Standing, at)
	case aggregator.Within:
	}
	if c.States != nil && c.States[cell] == rollup.NotPlaceable {
		c.Held = append(c.Held, HeldCell{Cell: at, Unit: l.HeldBy})
	}
}

// close notes what was closed of a cell.
func (c *Column) close(cell int, of Closed) {
	set(&c.ClosedVersions, c.cells, cell, int64(of.Version))
	if of.Differs {
		c.Differ = append(c.Differ, int32(cell)) //nolint:gosec // a page has few cells
	}
}

// makeParts makes the columns of numerators and denominators, which are there as soon as any cell has one, be it 0.
func (c *Column) makeParts() {
	if c.Numerators == nil {
		c.Numerators, c.Denominators = make([]int64, c.cells), make([]int64, c.cells)
	}
}

// fit rounds at one scale and gives the integer at another, which is not smaller; false, and 0, if it does not fit.
func fit(f rollup.Fraction, at, as figure.Scale) (int64, bool) {
	n, ok := f.Rounded(at)
	if !ok {
		return 0, false
	}
	return grow(int64(n), at, as)
}

// grow brings an integer from one scale to another, which is not smaller; false, and 0, if it does not fit.
func grow(n int64, at, as figure.Scale) (int64, bool) {
	if at == as {
		return n, true
	}
	m, ok := figure.Number(n).Rescale(at, as)
	return int64(m), ok
}

// note takes in what is no number.
func (c *Column) note(cell int, fell bool, g *rollup.Coverage) {
	if fell {
		c.Fell = append(c.Fell, int32(cell)) //nolint:gosec // a page has few cells
	}
	c.cover(cell, g)
}

// cover takes the counts in.
func (c *Column) cover(cell int, g *rollup.Coverage) {
	//nolint:gosec // units are counted in 32 bits everywhere
	c.Expected[cell], c.Received[cell] = int32(g.Expected), int32(g.Received)
	if g.UnitsComplete != g.Received || c.UnitsComplete != nil {
		c.follow(&c.UnitsComplete, c.Received, cell, g.UnitsComplete)
	}
	if g.Units != g.Expected || c.Units != nil {
		c.follow(&c.Units, c.Expected, cell, g.Units)
	}
	if g.NotAvailable|g.NotApplicable|g.Excluded|g.Late|g.Stale|g.Half|g.Unweighted|g.Divisor == 0 {
		return
	}
	set(&c.NotAvailable, c.cells, cell, g.NotAvailable)
	set(&c.NotApplicable, c.cells, cell, g.NotApplicable)
	set(&c.Excluded, c.cells, cell, g.Excluded)
	set(&c.Late, c.cells, cell, g.Late)
	set(&c.Stale, c.cells, cell, g.Stale)
	set(&c.Half, c.cells, cell, g.Half)
	set(&c.Unweighted, c.cells, cell, g.Unweighted)
	set(&c.Divisor, c.cells, cell, g.Divisor)
}

// follow sets a count whose column is left out as long as it is the same as another one. Cells come in by period, so those
// that are not here yet are made right when they come.
func (c *Column) follow(list *[]int32, other []int32, cell int, n int64) {
	if *list == nil {
		*list = slices.Clone(other)
	}
	(*list)[cell] = int32(n) //nolint:gosec // units are counted in 32 bits everywhere
}

// set sets a number in a column that is not there as long as all are 0.
func set(list *[]int32, cells, cell int, n int64) {
	if n == 0 {
		return
	}
	if *list == nil {
		*list = make([]int32, cells)
	}
	(*list)[cell] = int32(n) //nolint:gosec // units are counted in 32 bits everywhere
}

// state sets the state of a cell without a value.
func (c *Column) state(cell int, s rollup.State) {
	if c.States == nil {
		c.States = slices.Repeat([]rollup.State{rollup.Value}, c.cells)
	}
	c.States[cell] = s
}

// exact gives the place for numbers of a cell, the one that was given last if it is the same.
func (c *Column) exact(cell int) *ExactCell {
	if n := len(c.Exact); n == 0 || c.Exact[n-1].Cell != int32(cell) { //nolint:gosec // a page has few cells
		c.Exact = append(c.Exact, ExactCell{Cell: int32(cell)}) //nolint:gosec // as above
	}
	return &c.Exact[len(c.Exact)-1]
}

// tidy leaves out what says nothing, and sorts what came in by period.
func (c *Column) tidy() {
	if !slices.ContainsFunc(c.Values, func(n int64) bool { return n != 0 }) {
		c.Values = nil
	}
	if slices.Equal(c.Received, c.Expected) {
		c.Received = nil
	}
	if !slices.ContainsFunc(c.Expected, func(n int32) bool { return n != 0 }) {
		c.Expected = nil
	}
	slices.Sort(c.Fell)
	slices.Sort(c.Across)
	slices.Sort(c.Standing)
	slices.SortFunc(c.Held, func(a, b HeldCell) int { return int(a.Cell) - int(b.Cell) })
	slices.Sort(c.PartsDiffer)
	slices.Sort(c.Differ)
	slices.SortFunc(c.Exact, func(a, b ExactCell) int { return int(a.Cell) - int(b.Cell) })
}
