package period

import (
	"cmp"
)

// Kind is the length of a period.
type Kind uint8

// The kinds, from short to long.
const (
	Month Kind = iota
	Quarter
	Half
	NineMonths
	Year
)

// kindRow says what a kind is: its word in files and API, its months, and how many of it begin in a year.
type kindRow struct {
	name          string
	months, count int
}

// kindRows is indexed by kind. Nine months exist once a year, from its beginning.
var kindRows = [...]kindRow{{"month", 1, 12}, {"quarter", 3, 4}, {"half", 6, 2}, {"nine_months", 9, 1}, {"year", 12, 1}}

func (k Kind) row() kindRow {
	if int(k) < len(kindRows) {
		return kindRows[k]
	}
	return kindRow{name: "unknown"}
}

// String gives the word: month, quarter, half, nine_months, year.
func (k Kind) String() string { return k.row().name }

// Months is how many months a period of the kind has.
func (k Kind) Months() int { return k.row().months }

// PerYear is how many periods of the kind a year has.
func (k Kind) PerYear() int { return k.row().count }

// Kinds lists the kinds from short to long.
func Kinds() []Kind { return []Kind{Month, Quarter, Half, NineMonths, Year} }

// The years that a period can have.
const (
	MinYear = 1900
	MaxYear = 2199
)

// Period is a month, quarter, half-year, the first nine months of a year, or a year. It is comparable and a good map
// key. The zero value is no period. Index counts from 1 within the year; it is 1 for nine months and for a year.
type Period struct {
	Year  int16
	Kind  Kind
	Index uint8
}

// Of gives a period by its parts; no period if they are out of range.
func Of(year int, kind Kind, index int) Period {
	if year < MinYear || year > MaxYear || index < 1 || index > kind.PerYear() {
		return Period{}
	}
	return Period{Year: int16(year), Kind: kind, Index: uint8(index)} //nolint:gosec // checked above
}

// FromOrdinal gives the period of a kind with the ordinal; no period if it lies outside the years.
func FromOrdinal(kind Kind, ordinal int) Period {
	n := kind.PerYear()
	if n == 0 {
		return Period{}
	}
	return Of(floorDiv(ordinal, n), kind, floorMod(ordinal, n)+1)
}

// Valid is false for no period, and for one put together with parts out of range.
func (p Period) Valid() bool { return p != Period{} && p == Of(int(p.Year), p.Kind, int(p.Index)) }

// Ordinal counts the periods of one kind: the next has one more. It compares periods of the same kind alone.
func (p Period) Ordinal() int { return int(p.Year)*p.Kind.PerYear() + int(p.Index) - 1 }

// Compare orders by kind, from short to long, and then by time.
func (p Period) Compare(q Period) int {
	return cmp.Or(cmp.Compare(p.Kind, q.Kind), cmp.Compare(p.Year, q.Year), cmp.Compare(p.Index, q.Index))
}

// Next gives the following period of the same kind; nine months are followed by those of the next year. After the last
// year there is no period.
func (p Period) Next() Period { return p.Shift(1) }

// Prev gives the period of the same kind before p; before the first year there is none.
func (p Period) Prev() Period { return p.Shift(-1) }

// Shift gives the period n places later, or earlier if n is negative; no period outside the years.
func (p Period) Shift(n int) Period {
	if !p.Valid() {
		return Period{}
	}
	return FromOrdinal(p.Kind, p.Ordinal()+n)
}

// ShiftYears gives the same period n years later.
func (p Period) ShiftYears(n int) Period { return p.Shift(n * p.Kind.PerYear()) }

// String gives the id: 2024-02, 2024-Q1, 2024-H1, 2024-9M, 2024; nothing for no period.
func (p Period) String() string {
	if !p.Valid() {
		return ""
	}
	b := appendInt(make([]byte, 0, 8), int(p.Year), 4)
	switch p.Kind {
	case Month:
		b = appendInt(append(b, '-'), int(p.Index), 2)
	case Quarter:
		b = append(b, '-', 'Q', '0'+p.Index)
	case Half:
		b = append(b, '-', 'H', '0'+p.Index)
	case NineMonths:
		b = append(b, "-9M"...)
	case Year:
	}
	return string(b)
}

// span gives the ordinals of the first month and of the month after the last; both 0 for no period.
func (p Period) span() (from, to int) {
	if !p.Valid() {
		return 0, 0
	}
	from = int(p.Year)*12 + (int(p.Index)-1)*p.Kind.Months()
	return from, from + p.Kind.Months()
}

// Contains tells whether every month of q is a month of p; a period contains itself.
func (p Period) Contains(q Period) bool {
	from, to := p.span()
	start, end := q.span()
	return start != end && from <= start && end <= to
}

// Months gives the months of p in order.
func (p Period) Months() []Period { return p.Bases(Month) }

// Bases gives the periods of kind k that together are p, in order; nothing if k does not tile p, because it is longer
// or does not fit evenly: half-years do not make nine months.
func (p Period) Bases(k Kind) []Period {
	from, to := p.span()
	if from == to || k.Months() == 0 || (to-from)%k.Months() != 0 {
		return nil
	}
	bases := make([]Period, 0, (to-from)/k.Months())
	for m := from; m < to; m += k.Months() {
		bases = append(bases, at(k, m))
	}
	return bases
}

// Containing gives the longer periods that hold base and are tiled by its kind, from short to long: for the month
// 2024-02 they are 2024-Q1, 2024-H1, 2024-9M and 2024.
func Containing(base Period) []Period {
	month, end := base.span()
	if month == end {
		return nil
	}
	var longer []Period
	for k := base.Kind + 1; k <= Year; k++ {
		p := at(k, month)
		if k.Months()%base.Kind.Months() == 0 && p.Contains(base) {
			longer = append(longer, p)
		}
	}
	return longer
}

// at gives the period of kind k in which the month with this ordinal lies; no period for nine months after September.
func at(k Kind, month int) Period {
	year, m := floorDiv(month, 12), floorMod(month, 12)
	if k.Months() == 0 {
		return Period{}
	}
	return Of(year, k, m/k.Months()+1)
}
