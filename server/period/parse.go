package period

import (
	"strings"

	"github.com/tonghop/tonghop/server/fault"
)

// MaxRange is how many periods one range may name.
const MaxRange = 600

const everyForm = "write a month as 2024-02, a quarter as 2024-Q1, a half-year as 2024-H1, nine months as 2024-9M, a year as 2024"

// Parse reads the id of a period. Ids are case-sensitive (R5) and every period has one.
func Parse(s string) (Period, error) {
	if len(s) < 4 {
		return Period{}, malformed(s, everyForm)
	}
	year, ok := number(s[:4])
	switch {
	case !ok:
		return Period{}, malformed(s, everyForm)
	case year < MinYear || year > MaxYear:
		return Period{}, malformed(s, "year must be 1900 to 2199")
	case len(s) == 4:
		return Of(year, Year, 1), nil
	}
	rest, hyphen := strings.CutPrefix(s[4:], "-")
	p, wrong := parsePart(year, rest)
	if wrong == "" && !hyphen {
		wrong = "write it as " + p.String()
	}
	if wrong != "" {
		return Period{}, malformed(s, wrong)
	}
	return p, nil
}

// parsePart reads what stands after the year; if it is no period of that year, wrong says why.
func parsePart(year int, part string) (p Period, wrong string) {
	digits := strings.TrimLeft(part, "QHqh")
	n, isNumber := number(digits)
	switch {
	case part == "9M":
		return Of(year, NineMonths, 1), ""
	case part == "9m", part != digits && strings.ToUpper(part) != part:
		return Period{}, "write the letter as a capital"
	case !isNumber || len(part)-len(digits) > 1:
		return Period{}, everyForm
	case part == digits:
		return parseMonth(year, n, digits)
	case part[0] == 'Q':
		return parseIndex(year, Quarter, n, digits, "quarter must be 1 to 4")
	default:
		return parseIndex(year, Half, n, digits, "half-year must be 1 or 2")
	}
}

func parseMonth(year, n int, digits string) (Period, string) {
	if len(digits) != 2 || n < 1 || n > 12 {
		return Period{}, "month must be 01 to 12"
	}
	return Of(year, Month, n), ""
}

func parseIndex(year int, kind Kind, n int, digits, wrong string) (Period, string) {
	if len(digits) != 1 || n < 1 || n > kind.PerYear() {
		return Period{}, wrong
	}
	return Of(year, kind, n), ""
}

// ParseRange reads A..B, both of one kind and A not after B, and gives all periods from A to B; a single period is a
// range of one. More than MaxRange periods are refused.
func ParseRange(s string) ([]Period, error) {
	first, last, isRange := strings.Cut(s, "..")
	from, err := Parse(first)
	if err != nil {
		return nil, err
	}
	if !isRange {
		return []Period{from}, nil
	}
	to, err := Parse(last)
	if err != nil {
		return nil, err
	}
	n := to.Ordinal() - from.Ordinal() + 1
	switch {
	case from.Kind != to.Kind:
		return nil, rangeError(s, "both ends must be of one kind; the first is a "+word(from.Kind)+", the last a "+word(to.Kind))
	case n < 1:
		return nil, rangeError(s, "the first period lies after the last; exchange them")
	case n > MaxRange:
		return nil, fault.Invalid("PERIOD_RANGE_TOO_LONG", "period range %q has %d periods; at most %d are given at once", s, n, MaxRange).
			With("value", s).With("limit", MaxRange)
	}
	list := make([]Period, n)
	for i := range list {
		list[i] = from.Shift(i)
	}
	return list, nil
}

// ParseKind reads the frequency of a form: month, quarter, half or year. Nine months is no frequency, since it leaves
// out a quarter of every year.
func ParseKind(s string) (Kind, error) {
	for _, k := range Kinds() {
		if s == k.String() && k != NineMonths {
			return k, nil
		}
	}
	return 0, fault.Invalid("FREQUENCY_UNKNOWN", "frequency %q: give month, quarter, half or year", short(s)).With("value", short(s))
}

// word is the kind in a sentence.
func word(k Kind) string { return strings.ReplaceAll(k.String(), "_", " ") }

func malformed(s, what string) *fault.Error {
	return fault.Invalid("PERIOD_MALFORMED", "period %q: %s", short(s), what).With("value", short(s))
}

func rangeError(s, what string) *fault.Error {
	return fault.Invalid("PERIOD_RANGE_MALFORMED", "period range %q: %s", short(s), what).With("value", short(s))
}
