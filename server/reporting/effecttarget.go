package reporting

import (
	"slices"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
)

// TargetEffect is a target of which the unit ends before the end of its year, or, without one, the last unit of its kinds.
type TargetEffect struct {
	Plan   plan.Plan
	Target plan.Target
	Ended
}

// targets finds the targets that find nobody any more on the last day of their year.
func (e *effecting) targets() error {
	var plans []plan.Plan
	err := e.g.tx.Plans("", func(v aggregator.Versioned[plan.Plan]) bool {
		plans = append(plans, v.Thing)
		return true
	})
	if err != nil || len(e.ended) == 0 {
		return err
	}
	for _, p := range plans {
		targets, err := e.g.tx.Targets(p.ID)
		if err != nil {
			return err
		}
		gone := map[string]bool{} // by year and scope
		for _, v := range targets {
			t := v.Thing
			if t.Withdrawn {
				continue
			}
			last := period.Date(t.Year, 12, 31)
			if end, ends := e.ended[judged(p, t.Scope)]; ends {
				if end.Unit.ValidTo <= last {
					e.target(TargetEffect{Plan: p, Target: t, Ended: end})
				}
				continue
			}
			if len(t.Scope.Kinds) == 0 {
				continue
			}
			key := last.String() + t.Scope.String()
			none, known := gone[key]
			if !known {
				none = stands(e.g.tx.Tree(), p.Unit, t.Scope.Kinds, last) && !stands(e.next, p.Unit, t.Scope.Kinds, last)
				gone[key] = none
			}
			if none {
				e.target(TargetEffect{Plan: p, Target: t})
			}
		}
	}
	return nil
}

func (e *effecting) target(t TargetEffect) {
	e.found.TargetCount++
	if len(e.found.Targets) < largestPage {
		e.found.Targets = append(e.found.Targets, t)
	}
}

// judged is the unit by whose tree a scope is judged.
func judged(p plan.Plan, s plan.Scope) hierarchy.ID {
	if s.Unit != "" {
		return s.Unit
	}
	return p.Unit
}

// stands says whether a unit of one of the kinds stands below the top on a day.
func stands(tree *hierarchy.Tree, top hierarchy.ID, kinds []hierarchy.Kind, on period.Day) bool {
	found := false
	tree.Subtree(top, on, func(u hierarchy.Unit) bool {
		found = slices.Contains(kinds, u.Kind)
		return !found
	})
	return found
}
