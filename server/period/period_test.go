package period_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/period"
)

func TestPeriodsFollowEachOther(t *testing.T) {
	cases := map[string]string{
		"2024-12": "2025-01", "2024-Q4": "2025-Q1", "2024-H1": "2024-H2", "2024-H2": "2025-H1",
		"2024-9M": "2025-9M", "2024": "2025", "2199-12": "", "2199": "", "2199-9M": "",
	}
	for from, want := range cases {
		next := must(t, from).Next()
		if got := next.String(); got != want {
			t.Errorf("after %s comes %q, want %q", from, got, want)
		}
		if want != "" && next.Prev() != must(t, from) {
			t.Errorf("before %s comes %v, want %s", want, next.Prev(), from)
		}
	}
	if got := must(t, "1900-01").Prev(); got != (period.Period{}) {
		t.Errorf("before 1900-01 comes %v", got)
	}
	if got := must(t, "2024-Q2").ShiftYears(-1).String(); got != "2023-Q2" {
		t.Errorf("a year before 2024-Q2 is %s", got)
	}
}

func TestOrdinalsCountAndReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, n := anyPeriod.Draw(t, "p"), rapid.IntRange(-500, 500).Draw(t, "n")
		q := p.Shift(n)
		if period.FromOrdinal(p.Kind, p.Ordinal()) != p {
			t.Fatalf("%v has the ordinal %d, which is %v", p, p.Ordinal(), period.FromOrdinal(p.Kind, p.Ordinal()))
		}
		if q.Valid() && (q.Ordinal()-p.Ordinal() != n || q.Shift(-n) != p || q.Compare(p) != sign(n)) {
			t.Fatalf("%v shifted by %d is %v", p, n, q)
		}
		if !q.Valid() && q != (period.Period{}) {
			t.Fatalf("%v shifted by %d is the half period %+v", p, n, q)
		}
	})
}

func TestCompareOrdersByKindThenTime(t *testing.T) {
	var want []period.Period
	for _, s := range []string{"2024-02", "2024-11", "2025-01", "2023-Q4", "2024-Q1", "2022-H1", "2023-9M", "1999", "2000"} {
		want = append(want, must(t, s))
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, period.Period.Compare)
	if !slices.Equal(got, want) {
		t.Errorf("sorted %s, want %s", ids(got), ids(want))
	}
}

func TestBasesTileAPeriod(t *testing.T) {
	cases := []struct {
		p    string
		kind period.Kind
		want string
	}{
		{"2024-Q1", period.Month, "2024-01 2024-02 2024-03"},
		{"2024-H2", period.Quarter, "2024-Q3 2024-Q4"},
		{"2024-9M", period.Quarter, "2024-Q1 2024-Q2 2024-Q3"},
		{"2024-9M", period.Half, ""},
		{"2024-9M", period.NineMonths, "2024-9M"},
		{"2024", period.Half, "2024-H1 2024-H2"},
		{"2024", period.NineMonths, ""},
		{"2024", period.Year, "2024"},
		{"2024-02", period.Month, "2024-02"},
		{"2024-02", period.Quarter, ""},
		{"2024-Q1", period.Year, ""},
		{"2024", 77, ""},
	}
	for _, c := range cases {
		if got := ids(must(t, c.p).Bases(c.kind)); got != c.want {
			t.Errorf("%s in %v is %q, want %q", c.p, c.kind, got, c.want)
		}
	}
}

func TestContainingListsWhatABaseGoesInto(t *testing.T) {
	cases := map[string]string{
		"2024-02": "2024-Q1 2024-H1 2024-9M 2024",
		"2024-09": "2024-Q3 2024-H2 2024-9M 2024",
		"2024-10": "2024-Q4 2024-H2 2024",
		"2024-Q3": "2024-H2 2024-9M 2024",
		"2024-Q4": "2024-H2 2024",
		"2024-H1": "2024",
		"2024-9M": "",
		"2024":    "",
	}
	for base, want := range cases {
		if got := ids(period.Containing(must(t, base))); got != want {
			t.Errorf("%s goes into %q, want %q", base, got, want)
		}
	}
}

// TestContainingIsTheOtherSideOfBases holds the two against each other and against sets of months.
func TestContainingIsTheOtherSideOfBases(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := anyPeriod.Draw(t, "base")
		other := period.Of(int(base.Year), rapid.SampledFrom(period.Kinds()).Draw(t, "kind"), 1)
		other = other.Shift(rapid.IntRange(0, 3).Draw(t, "shift"))
		subset := other.Valid()
		for _, m := range base.Months() {
			subset = subset && slices.Contains(other.Months(), m)
		}
		if got := other.Contains(base); got != subset {
			t.Fatalf("%v contains %v: %v, by their months %v", other, base, got, subset)
		}
		tiled := other.Kind > base.Kind && slices.Contains(other.Bases(base.Kind), base)
		if got := slices.Contains(period.Containing(base), other); got != tiled {
			t.Fatalf("%v among the periods that hold %v: %v, among its bases %v", other, base, got, tiled)
		}
	})
}

func TestNoPeriodIsNothingEverywhere(t *testing.T) {
	for _, p := range []period.Period{
		{},
		{Year: 2024},
		{Year: 2024, Kind: period.Year},
		{Year: 2024, Kind: period.Month, Index: 13},
		{Year: 2024, Kind: 9, Index: 1},
		{Year: 2300, Kind: period.Year, Index: 1},
		{Kind: period.Year, Index: 1},
	} {
		if p.Valid() || p.String() != "" || p.Months() != nil || period.Containing(p) != nil || p.Next() != (period.Period{}) {
			t.Errorf("%+v passes for a period: %q, %v", p, p, p.Months())
		}
		if year := must(t, "2024"); year.Contains(p) || p.Contains(year) || p.Contains(p) {
			t.Errorf("%+v contains or is contained", p)
		}
		if first, last := period.Civil.First(p), period.Civil.Last(p); first != period.Forever || last != period.Beginning {
			t.Errorf("%+v has the days %v to %v", p, first, last)
		}
	}
	if got := period.FromOrdinal(9, 5); got != (period.Period{}) {
		t.Errorf("an unknown kind has the period %+v", got)
	}
}

func sign(n int) int { return max(-1, min(1, n)) }
