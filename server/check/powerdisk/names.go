package powerdisk

import (
	"math/rand/v2"
	"slices"
)

// node is a file or a folder.
type node struct {
	id   uint64
	mode uint32 // permissions alone
	file *file  // nil for a folder
	// entries are the names in a folder as programs see them, stable those that the medium is sure to hold.
	entries, stable map[string]*node
	parent          *node // of a folder

	lookups uint64 // how often the kernel was told of it and has not forgotten it
}

func (n *node) isDir() bool { return n.file == nil }

// place is a name in a folder.
type place struct {
	dir  *node
	name string
}

// change is one change of names, wholly there or not at all.
type change struct {
	places []place
	nodes  []*node // what each place holds afterwards; nil for nothing
	// touched are all nodes that it is about, those that it removes too.
	touched []*node
}

// apply makes the change in the entries or in the stable names.
func (c *change) apply(names func(*node) map[string]*node) {
	for i, p := range c.places {
		if c.nodes[i] == nil {
			delete(names(p.dir), p.name)
		} else {
			names(p.dir)[p.name] = c.nodes[i]
		}
	}
}

// follows says that a change cannot be there without an earlier one: both are about one name or about one file.
func (c *change) follows(earlier *change) bool {
	for _, p := range c.places {
		if slices.Contains(earlier.places, p) {
			return true
		}
	}
	return slices.ContainsFunc(c.touched, func(n *node) bool { return slices.Contains(earlier.touched, n) })
}

// in says that a change is about names of a folder.
func (c *change) in(dir *node) bool {
	return slices.ContainsFunc(c.places, func(p place) bool { return p.dir == dir })
}

// closed adds to the chosen changes those that they cannot be without.
func closed(changes []*change, chosen []bool) []bool {
	for i := len(changes) - 1; i >= 0; i-- {
		for j := 0; chosen[i] && j < i; j++ {
			chosen[j] = chosen[j] || changes[i].follows(changes[j])
		}
	}
	return chosen
}

// syncNames makes the changes of a folder's names durable, and gives those that are not yet.
func syncNames(changes []*change, dir *node) []*change {
	chosen := make([]bool, len(changes))
	for i, c := range changes {
		chosen[i] = c.in(dir)
	}
	var left []*change
	for i, yes := range closed(changes, chosen) {
		if yes {
			changes[i].apply(func(n *node) map[string]*node { return n.stable })
		} else {
			left = append(left, changes[i])
		}
	}
	return left
}

// cutNames chooses the changes that a power cut leaves.
func cutNames(changes []*change, random *rand.Rand, mode Mode) []*change {
	switch {
	case mode == KeepNone:
		return nil
	case mode == KeepAll:
		return changes
	case random.IntN(2) == 0: // one journal
		return changes[:random.IntN(len(changes)+1)]
	}
	chosen := make([]bool, len(changes))
	for i := range chosen {
		chosen[i] = random.IntN(2) == 0
	}
	var kept []*change
	for i, yes := range closed(changes, chosen) {
		if yes {
			kept = append(kept, changes[i])
		}
	}
	return kept
}
