package formula

import (
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/text"
)

// parseReference reads what stands between brackets of which the first is the character at that place.
func parseReference(inside string, at int) (Reference, error) {
	name, shift, shifted := strings.Cut(inside, ",")
	r := Reference{Code: strings.TrimSpace(name)}
	for amount, suffix := range suffixes {
		if before, ok := strings.CutSuffix(r.Code, suffix); ok && suffix != "" {
			r.Code, r.Amount = before, Amount(amount) //nolint:gosec // there are three
			break
		}
	}
	if _, err := text.Code("", r.Code); err != nil {
		return Reference{}, fault.Invalid("FORMULA_REFERENCE",
			"formula: the reference [%s] at character %d: write the code of an indicator, with .num or .den for its numerator or denominator, such as [CQ-06] or [CQ-06.num]",
			shorten(inside), at).With("value", shorten(inside)).With("position", at)
	}
	if !shifted {
		return r, nil
	}
	if !r.shift(strings.TrimSpace(shift)) {
		return Reference{}, fault.Invalid("FORMULA_SHIFT",
			"formula: the reference [%s] at character %d: behind the comma stands how far it looks back, -1y to -%dy for years or -1p to -%dp for periods",
			shorten(inside), at, MaxYears, MaxPeriods).
			With("value", shorten(inside)).With("position", at).With("years", MaxYears).With("periods", MaxPeriods)
	}
	return r, nil
}

// shift reads -1y or -1p; false if it is neither.
func (r *Reference) shift(s string) bool {
	back, ok := strings.CutPrefix(strings.Replace(s, "−", "-", 1), "-")
	if !ok || len(back) < 2 || len(back) > 3 || !digit(back[0]) {
		return false
	}
	n, err := strconv.Atoi(back[:len(back)-1])
	if err != nil || n < 1 {
		return false
	}
	switch back[len(back)-1] {
	case 'y', 'Y':
		r.Years = n
	case 'p', 'P':
		r.Periods = n
	default:
		return false
	}
	return r.Years <= MaxYears && r.Periods <= MaxPeriods
}
