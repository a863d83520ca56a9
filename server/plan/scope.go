package plan

import (
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
)

// Scope says of whom a target is demanded: of one unit's roll-up, of the roll-up of some kinds of units below the plan's unit, or
// of every single unit of some kinds. The zero value is the plan's own unit.
type Scope struct {
	// Unit is there without Kinds; empty is the plan's unit.
	Unit hierarchy.ID
	// Kinds are those of the units.
	Kinds []hierarchy.Kind
	// Each asks every single unit.
	Each bool
}

// The words of a scope.
const (
	scopeUnit = "unit:"
	scopeKind = "kind:"
	scopeEach = "each:"
)

// ParseScope reads unit:87-0, kind:commune or each:department|district; an empty text is the plan's own unit. What stands behind
// unit: is not looked at: a code is resolved by whoever knows the tree. The error names no field.
func ParseScope(s string) (Scope, error) {
	if s == "" {
		return Scope{}, nil
	}
	if unit, ok := strings.CutPrefix(s, scopeUnit); ok && unit != "" {
		return Scope{Unit: hierarchy.ID(unit)}, nil
	}
	kinds, each := strings.CutPrefix(s, scopeEach)
	if !each {
		var ok bool
		if kinds, ok = strings.CutPrefix(s, scopeKind); !ok {
			return Scope{}, scopeMalformed(s)
		}
	}
	scope := Scope{Each: each}
	for word := range strings.SplitSeq(kinds, "|") {
		kind, err := hierarchy.ParseKind(strings.TrimSpace(word))
		if err != nil {
			return Scope{}, err
		}
		if !slices.Contains(scope.Kinds, kind) {
			scope.Kinds = append(scope.Kinds, kind)
		}
	}
	return scope, nil
}

func scopeMalformed(s string) *fault.Error {
	return fault.Invalid("SCOPE_MALFORMED", "scope %q: write unit:87, kind:commune, or each:department|district for every single unit", shorten(s)).
		With("value", shorten(s))
}

// String gives the words by which a target is named; empty for the plan's own unit.
func (s Scope) String() string {
	switch {
	case len(s.Kinds) == 0 && s.Unit == "":
		return ""
	case len(s.Kinds) == 0:
		return scopeUnit + string(s.Unit)
	}
	words := make([]string, len(s.Kinds))
	for i, k := range s.Kinds {
		words[i] = string(k)
	}
	if s.Each {
		return scopeEach + strings.Join(words, "|")
	}
	return scopeKind + strings.Join(words, "|")
}

// Concerns says whether something is demanded of the unit itself.
func (s Scope) Concerns(unit hierarchy.ID, kind hierarchy.Kind) bool {
	return s.Unit == unit && len(s.Kinds) == 0 || s.Each && slices.Contains(s.Kinds, kind)
}
