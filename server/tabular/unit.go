package tabular

import (
	"io"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// The columns of units.csv, in the order of their constants.
var unitColumns = columns("code kind name_vi name_en? parent? valid_from? valid_to?")

const (
	unitCode = iota
	unitKind
	unitNameVI
	unitNameEN
	unitParent
	unitValidFrom
	unitValidTo
)

// ReadUnits reads units.csv. A parent is an id or a bare code, which is resolved on the row's first day among the rows
// of the file, in any order, and the units of the tree (R1). Whether the units fit into the tree is for
// [hierarchy.Tree.With] to say; [Sheet.Place] finds the lines of what it refuses.
func ReadUnits(r io.Reader, tree *hierarchy.Tree) (Sheet[hierarchy.Unit], error) {
	return readSheet(r, unitColumns, readUnit,
		func(u hierarchy.Unit) string { return string(u.ID) },
		func(s *Sheet[hierarchy.Unit], given []hierarchy.Unit, lines []int) {
			bindParents(s, tree, given, lines)
		})
}

func readUnit(r row, problems *fault.List) hierarchy.Unit {
	from := r.day(unitValidFrom, period.Beginning, problems)
	to := r.day(unitValidTo, period.Forever, problems)
	// The parent may be a code still and would be refused as an id.
	u, err := hierarchy.NewUnit(hierarchy.Code(r.cell(unitCode)), hierarchy.Kind(r.cell(unitKind)),
		r.cell(unitNameVI), r.cell(unitNameEN), "", from, to)
	problems.Add(err)
	u.Parent = hierarchy.ID(r.cell(unitParent))
	return u
}

// bindParents replaces the codes of parents by ids. Rows that were refused for something else take part: others name
// them as their parent, and what is wrong with their own parent is told too, unless their first day could not be read,
// on which the answer hangs.
func bindParents(s *Sheet[hierarchy.Unit], tree *hierarchy.Tree, given []hierarchy.Unit, lines []int) {
	bound, err := tree.Bind(given)
	if err == nil {
		at := 0
		for i := range bound {
			if at < len(s.Rows) && lines[i] == s.Lines[at] {
				s.Rows[at] = bound[i]
				at++
			}
		}
		return
	}
	undated := map[int]bool{}
	for _, p := range s.Problems.List {
		if p.Column == unitColumns[unitValidFrom].name {
			undated[p.Line] = true
		}
	}
	all := Sheet[hierarchy.Unit]{Lines: lines}
	for _, p := range all.Place(err) {
		if !undated[p.Line] {
			s.Problems.put(p)
		}
	}
}
