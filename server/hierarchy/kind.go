package hierarchy

import (
	"slices"

	"github.com/tonghop/tonghop/server/fault"
)

// Kind is the sort of a unit. It is data, not code: any word of [a-z][a-z0-9_]{0,30} is a kind.
type Kind string

// The kinds that Vietnam uses; nothing but UsuallyAbove treats them differently from others.
const (
	Country    Kind = "country"
	Province   Kind = "province"
	District   Kind = "district"
	Commune    Kind = "commune"
	Department Kind = "department"
)

// maxKind is how many characters a kind may have.
const maxKind = 31

// usual lists, for each known kind, what commonly stands somewhere below it.
var usual = map[Kind][]Kind{
	Country:  {Province, District, Commune, Department},
	Province: {District, Commune, Department},
	District: {Commune},
}

// ParseKind reads a kind. The error names no field.
func ParseKind(s string) (Kind, error) {
	if s == "" {
		return "", fault.Invalid("KIND_EMPTY", "the kind of unit is empty; give one such as commune")
	}
	if len(s) > maxKind {
		return "", fault.Invalid("KIND_TOO_LONG", "kind of unit %q is longer than %d characters", s[:maxKind]+"…", maxKind).
			With("limit", maxKind)
	}
	for i := range len(s) {
		if !kindByte(s[i], i == 0) {
			return "", fault.Invalid("KIND_MALFORMED",
				"kind of unit %q: only small letters a to z without marks, digits and _, beginning with a letter, such as commune", s).
				With("kind", s)
		}
	}
	return Kind(s), nil
}

// Below lists what commonly stands below this kind in Vietnam, at any depth; nothing for kinds that only data knows.
func (k Kind) Below() []Kind { return slices.Clone(usual[k]) }

// UsuallyAbove says whether units of this kind commonly have units of the other kind below them (R6, R8). It is a hint
// for warnings: the tree itself asks no kind where it stands.
func (k Kind) UsuallyAbove(other Kind) bool { return slices.Contains(usual[k], other) }

func kindByte(c byte, first bool) bool {
	return 'a' <= c && c <= 'z' || !first && (c == '_' || '0' <= c && c <= '9')
}
