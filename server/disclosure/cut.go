package disclosure

import "math/big"

// Cell is the figure of one unit and of all below it.
type Cell struct {
	// Unit and Parent name the places; what is a parent here need not have a cell.
	Unit, Parent string
	// Depth is how far the unit stands below the top of the table, which has depth 0.
	Depth int
	// Value is the figure; nil where there is none, which publishes nothing.
	Value *big.Rat
}

// Nothing is the depth at which not even the top may be published.
const Nothing = -1

// Small says whether a figure is below the threshold and not 0.
func Small(value *big.Rat, least int64) bool {
	size := new(big.Rat).Abs(value)
	return value.Sign() != 0 && size.Cmp(new(big.Rat).SetInt64(least)) < 0
}

// Depth gives the deepest level down to which all cells may be published; Nothing if none may. Deepest is the level at which it
// begins to look.
func Depth(cells []Cell, least int64, deepest int) int {
	for _, c := range cells {
		if c.Depth <= deepest && c.Value != nil && Small(c.Value, least) {
			deepest = c.Depth - 1
		}
	}
	// A remainder belongs to the level of the children: without them it is not told.
	for level := 1; level <= deepest; level++ {
		if smallRemainder(cells, level, least) {
			return level - 1
		}
	}
	return max(deepest, Nothing)
}

// smallRemainder says whether some unit above a level has a small rest beyond the sum of its children on it.
func smallRemainder(cells []Cell, level int, least int64) bool {
	sums := map[string]*big.Rat{}
	for _, c := range cells {
		if c.Depth != level || c.Value == nil {
			continue
		}
		if sums[c.Parent] == nil {
			sums[c.Parent] = new(big.Rat)
		}
		sums[c.Parent].Add(sums[c.Parent], c.Value)
	}
	for _, c := range cells {
		if sum := sums[c.Unit]; c.Depth == level-1 && c.Value != nil && sum != nil && Small(new(big.Rat).Sub(c.Value, sum), least) {
			return true
		}
	}
	return false
}

// Differences gives what a table tells beyond an earlier one that was published down to a level: the difference of every cell
// that both tell. A cell that only one of them tells is a difference to nothing, and so is judged as a cell already.
func Differences(now, before []Cell, published int) []Cell {
	earlier := make(map[string]*big.Rat, len(before))
	for _, c := range before {
		if c.Depth <= published && c.Value != nil {
			earlier[c.Unit] = c.Value
		}
	}
	var told []Cell
	for _, c := range now {
		if value := earlier[c.Unit]; value != nil && c.Value != nil {
			c.Value = new(big.Rat).Sub(c.Value, value)
			told = append(told, c)
		}
	}
	return told
}
