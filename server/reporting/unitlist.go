package reporting

import (
	"hash/maphash"
	"slices"
	"sync"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// unitLists keep the units that questions named, for those who read all units: who looks at all districts does so again
// and again.
type unitLists struct {
	seed maphash.Seed
	mu   sync.Mutex
	// defs are those by which the lists were read.
	defs  aggregator.Definitions
	lists map[uint64]*unitList
}

// unitList is a list as it was named on a day, and what it names. It never changes.
type unitList struct {
	refs   []string
	on     period.Day
	units  []hierarchy.Unit
	places []int
}

// What is kept of lists.
const (
	shortestList = 16 // shorter ones are read as fast as looked for
	keptLists    = 32
)

func newUnitLists() *unitLists { return &unitLists{seed: maphash.MakeSeed()} }

// find gives a list that was read by the same definitions; nil if there is none.
func (l *unitLists) find(defs aggregator.Definitions, refs []string, on period.Day) *unitList {
	if len(refs) < shortestList {
		return nil
	}
	sum := l.sum(refs)
	l.mu.Lock()
	var known *unitList
	if l.defs == defs {
		known = l.lists[sum]
	}
	l.mu.Unlock()
	if known == nil || known.on != on || !slices.Equal(known.refs, refs) {
		return nil
	}
	return known
}

// keep keeps a list.
func (l *unitLists) keep(defs aggregator.Definitions, list *unitList) {
	if len(list.refs) < shortestList {
		return
	}
	sum := l.sum(list.refs)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.defs != defs || len(l.lists) >= keptLists {
		l.defs, l.lists = defs, nil
	}
	if l.lists == nil {
		l.lists = map[uint64]*unitList{}
	}
	l.lists[sum] = list
}

func (l *unitLists) sum(refs []string) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seed)
	for _, ref := range refs {
		_, _ = h.WriteString(ref)
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}
