package oracle

import (
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// mostDerived is how many derived indicators a story has at most.
const mostDerived = 3

// changeFormula makes a derived indicator, or a version of one, or puts another formula in the place of one: what comes of it
// changes with the next answer, whatever figures there are.
func (t *teller) changeFormula() entry.Body {
	codes := t.cat.Derived()
	code := indicator.Code("F" + strconv.Itoa(len(codes)))
	if len(codes) == mostDerived || len(codes) > 0 && t.oneIn(2) {
		code = pick(t.Rand, codes...)
	}
	v := indicator.Indicator{
		Code: code, NameVI: "Tính", UnitOfMeasure: "hồ sơ", Scale: 2, UnitRule: indicator.UnitDerived, ValidFrom: period.Beginning,
		Formula: indicator.CleanFormula(t.formula(2, code)),
	}
	if t.oneIn(2) {
		v.ValidFrom = t.day()
	}
	return t.defined(v)
}

// formula draws a formula over what was accepted before, in which another derived indicator may stand too.
func (t *teller) formula(depth int, not indicator.Code) string {
	if depth == 0 || t.oneIn(4) {
		return t.operand(not)
	}
	a, b := t.formula(depth-1, not), t.formula(depth-1, not)
	switch t.IntN(6) {
	case 0:
		return pick(t.Rand, "min(", "max(", "sum(") + a + ", " + b + ")"
	case 1:
		return "if(" + a + pick(t.Rand, " < ", " >= ", " = ", " <> ") + b + ", " + t.operand(not) + ", -" + t.operand(not) + ")"
	default:
		return "(" + a + pick(t.Rand, " + ", " - ", " * ", " / ") + b + ")"
	}
}

func (t *teller) operand(not indicator.Code) string {
	code := pick(t.Rand, t.cat.Codes()...)
	if t.oneIn(5) || code == not {
		return pick(t.Rand, "1", "0.5", "100")
	}
	v, _ := t.cat.Latest(code)
	amount := ""
	if v.UnitRule.HasParts() {
		amount = pick(t.Rand, "", ".num", ".den")
	}
	return "[" + strings.ToLower(string(code)) + amount + pick(t.Rand, "", "", "", ", -1p", ", -2p", ", -1y") + "]"
}
