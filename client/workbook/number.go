package workbook

import (
	"math/big"
	"strconv"
	"strings"
)

// Numbers says how numbers are written that are text.
type Numbers string

// The ways to write numbers.
const (
	// Undeclared takes digits with an optional minus alone, because 1.234 has two meanings (R49).
	Undeclared Numbers = ""
	// Vietnamese is 1.234.567,89.
	Vietnamese Numbers = "vi"
	// English is 1,234,567.89.
	English Numbers = "en"
)

const (
	// maxScale is the greatest number of decimals that any indicator has.
	maxScale = 6
	// unknownScale stands for an indicator that is not known here; the server will know it.
	unknownScale = -1
	// keptDigits is how many digits spreadsheets keep of a number.
	keptDigits = 15
	maxLiteral = 40
)

// amount reads a cell as a number of the indicator and gives it as digits, an optional minus and an optional point. What
// is wrong is the reason that it gives beside, with its parameters.
func amount(c cell, i *Indicator, numbers Numbers) (string, *Problem) {
	scale, measure := unknownScale, ""
	if i != nil {
		scale, measure = min(max(i.Scale, 0), maxScale), i.Unit
	}
	switch c.kind {
	case text:
		s := tidy(c.content)
		if number, ok := strings.CutSuffix(s, "%"); ok {
			if measure != "%" {
				return "", refuse("NUMBER_PERCENT")
			}
			s = strings.TrimSpace(number)
		}
		return written(s, numbers)
	case boolean:
		return "", refuse("CELL_BOOLEAN")
	case failure:
		return "", refuse("CELL_ERROR")
	case number:
		return stored(c, scale, measure)
	case empty:
	}
	return "", refuse("FORMULA_WITHOUT_RESULT")
}

// written reads a text in the format that the sender declared. It is as strict as the server, whose reading the rows pass
// again.
func written(s string, numbers Numbers) (string, *Problem) {
	digits, minus := strings.CutPrefix(s, "-")
	if len(digits) > 2*maxLiteral {
		return "", refuse("NUMBER_OUT_OF_RANGE")
	}
	whole, fraction, marked := digits, "", false
	switch numbers {
	case Vietnamese:
		whole, fraction, marked = strings.Cut(digits, ",")
	case English:
		whole, fraction, marked = strings.Cut(digits, ".")
	case Undeclared:
		if isMarked(digits) {
			return "", refuse("NUMBER_AMBIGUOUS")
		}
	}
	if thousands := map[Numbers]string{Vietnamese: ".", English: ","}[numbers]; thousands != "" {
		ungrouped, ok := ungroup(whole, thousands)
		if !ok {
			return "", refuse("NUMBER_GROUPING")
		}
		whole = ungrouped
	}
	switch {
	case !allDigits(whole), marked && !allDigits(fraction):
		return "", refuse("NUMBER_MALFORMED")
	case len(whole) > 1 && whole[0] == '0':
		return "", refuse("NUMBER_LEADING_ZERO")
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		whole += "." + fraction
	}
	if !minus {
		return whole, nil
	}
	if strings.Trim(whole, "0.") == "" {
		return "", refuse("NUMBER_NEGATIVE_ZERO")
	}
	return "-" + whole, nil
}

// isMarked says whether a text has digits, dots and commas alone, and one of the marks.
func isMarked(s string) bool {
	return strings.ContainsAny(s, ".,") && strings.Trim(s, "0123456789.,") == ""
}

// ungroup takes away the marks between groups of three digits. No number with such marks begins with 0.
func ungroup(whole, mark string) (string, bool) {
	if !strings.Contains(whole, mark) {
		return whole, true
	}
	groups := strings.Split(whole, mark)
	for i, g := range groups {
		if !allDigits(g) || len(g) > 3 || i > 0 && len(g) != 3 {
			return "", false
		}
	}
	return strings.Join(groups, ""), groups[0][0] != '0'
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// stored reads a number as the file has it.
func stored(c cell, scale int, measure string) (string, *Problem) {
	switch c.look {
	case date:
		return "", refuse("NUMBER_IS_DATE")
	case percent:
		if measure != "%" {
			return "", refuse("NUMBER_PERCENT")
		}
	case zeroAsDash:
		if strings.Trim(c.content, "-+0.") == "" {
			return "", refuse("ZERO_SHOWN_AS_DASH")
		}
	case plain:
		if s, ok := simple(c.content, scale); ok {
			return s, nil
		}
	}
	value, ok := exact(c.content)
	if !ok {
		return "", refuse("NUMBER_MALFORMED")
	}
	if c.look == percent {
		value.Mul(value, big.NewRat(100, 1))
	}
	return atScale(value, scale)
}

// simple takes a number with at most fourteen digits, no exponent and no more decimals than allowed: nearly every one.
func simple(s string, scale int) (string, bool) {
	digits := strings.TrimPrefix(s, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if len(digits) > keptDigits || !allDigits(whole) || point && !allDigits(fraction) || len(fraction) > scale ||
		len(whole) > 1 && whole[0] == '0' || len(whole)+scale > keptDigits || strings.Trim(digits, "0.") == "" {
		return s, s == "0"
	}
	if point {
		s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	return s, true
}

// exact reads what spreadsheets write: 0.30000000000000004, 5.551115123125783E-17.
func exact(s string) (*big.Rat, bool) {
	s = strings.TrimSpace(s)
	mantissa, exponent, has := strings.Cut(strings.ToUpper(s), "E")
	if len(s) > maxLiteral || strings.Trim(mantissa, "+-0123456789.") != "" {
		return nil, false
	}
	if has {
		// A binary fraction goes no farther, and a power that is larger would fill the memory.
		if n, err := strconv.Atoi(exponent); err != nil || n > 400 || n < -400 {
			return nil, false
		}
	}
	return new(big.Rat).SetString(s)
}

// atScale rounds to the decimals of the indicator, where what is cut off is no more than the dust of binary fractions: a
// billionth of the number, and never as much as could be a digit that somebody typed (R49).
func atScale(value *big.Rat, scale int) (string, *Problem) {
	known := scale != unknownScale
	if !known {
		scale = maxScale
	}
	factor := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	scaled := new(big.Rat).Mul(value, new(big.Rat).SetInt(factor))
	rounded := nearest(scaled)
	off := new(big.Rat).Sub(scaled, new(big.Rat).SetInt(rounded))
	off.Abs(off)
	// In steps of the last decimal: a billionth of the number, at least of one step, at most a hundredth of a step.
	limit := new(big.Rat).Abs(scaled)
	if limit.Cmp(big.NewRat(1, 1)) < 0 {
		limit.SetInt64(1)
	}
	limit.Mul(limit, big.NewRat(1, 1_000_000_000))
	if most := big.NewRat(1, 100); limit.Cmp(most) > 0 {
		limit = most
	}
	if off.Cmp(limit) > 0 {
		return "", refuse("NUMBER_TOO_PRECISE", "scale", strconv.Itoa(scale))
	}
	digits := new(big.Int).Abs(rounded).String()
	counted := digits
	if !known {
		counted = strings.TrimRight(digits, "0")
	}
	if len(counted) > keptDigits || len(digits)-scale > keptDigits {
		return "", refuse("NUMBER_DIGITS_LOST")
	}
	return point(digits, scale, rounded.Sign() < 0), nil
}

// nearest rounds half away from zero.
func nearest(r *big.Rat) *big.Int {
	twice := new(big.Int).Lsh(new(big.Int).Abs(r.Num()), 1)
	twice.Add(twice, r.Denom())
	q := twice.Quo(twice, new(big.Int).Lsh(r.Denom(), 1))
	if r.Sign() < 0 {
		q.Neg(q)
	}
	return q
}

// point puts the point into digits, without zeros at the end.
func point(digits string, scale int, minus bool) string {
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale+1-len(digits)) + digits
	}
	s := digits
	if scale > 0 {
		s = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
		s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	if minus {
		s = "-" + s
	}
	return s
}
