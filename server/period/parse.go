package period

import (
	"strconv"
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
		return Period{}, outOfRange(s, "year", MinYear, MaxYear)
	case len(s) == 4:
		return Of(year, Year, 1), nil
	}
	part, hyphen := strings.CutPrefix(s[4:], "-")
	p, err := parsePart(s, year, part)
	if err != nil {
		return Period{}, err
	}
	if !hyphen {
		return Period{}, malformed(s, "write it with a hyphen, as "+p.String())
	}
	return p, nil
}

// parsePart reads what stands after the year of s.
func parsePart(s string, year int, part string) (Period, error) {
	digits := strings.TrimLeft(part, "QHqh")
	n, isNumber := number(digits)
	switch {
	case part == "9M":
		return Of(year, NineMonths, 1), nil
	case part == "9m", part != digits && strings.ToUpper(part) != part:
		return Period{}, malformed(s, "write the letter as a capital")
	case !isNumber || len(part)-len(digits) > 1:
		return Period{}, malformed(s, everyForm)
	case part == digits:
		return parseIndex(s, Of(year, Month, n), Month, len(digits) == 2)
	case part[0] == 'Q':
		return parseIndex(s, Of(year, Quarter, n), Quarter, len(digits) == 1)
	default:
		return parseIndex(s, Of(year, Half, n), Half, len(digits) == 1)
	}
}

func parseIndex(s string, p Period, kind Kind, width bool) (Period, error) {
	if !width || !p.Valid() {
		return Period{}, outOfRange(s, kind.String(), 1, kind.PerYear())
	}
	return p, nil
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
		return nil, fault.Invalid("PERIOD_RANGE_MIXED", "period range %q: both ends must be of one kind; the first is of the kind %s, the last %s",
			s, from.Kind, to.Kind).With("value", s)
	case n < 1:
		return nil, fault.Invalid("PERIOD_RANGE_REVERSED", "period range %q: the first period lies after the last; exchange them", s).
			With("value", s)
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

func malformed(s, what string) *fault.Error {
	return fault.Invalid("PERIOD_MALFORMED", "period %q: %s", short(s), what).With("value", short(s))
}

// outOfRange names the part of the id that does not exist; a month shows two digits, as it must be written.
func outOfRange(s, part string, least, most int) *fault.Error {
	low, high := strconv.Itoa(least), strconv.Itoa(most)
	if part == Month.String() {
		low, high = "01", "12"
	}
	return fault.Invalid("PERIOD_OUT_OF_RANGE", "period %q: %s must be %s to %s", short(s), part, low, high).
		With("value", short(s)).With("part", part).With("least", low).With("most", high)
}
