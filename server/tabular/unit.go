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

// bindParents replaces the codes of parents by ids. Rows that were refused for something else still are what others
// name as their parent, so all rows take part; but only what is wrong with good rows is told, since a refused row may
// have another code or day when it is mended.
func bindParents(s *Sheet[hierarchy.Unit], tree *hierarchy.Tree, given []hierarchy.Unit, lines []int) {
	bound, err := tree.Bind(given)
	if err == nil {
		good := s.Rows
		at := 0
		for i := range bound {
			if at < len(good) && lines[i] == s.Lines[at] {
				good[at] = bound[i]
				at++
			}
		}
		return
	}
	all := Sheet[hierarchy.Unit]{Lines: lines}
	good := make(map[int]bool, len(s.Lines))
	for _, line := range s.Lines {
		good[line] = true
	}
	for _, p := range all.Place(err) {
		if good[p.Line] {
			s.Problems.put(p)
		}
	}
}
