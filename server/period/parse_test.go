package period_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

// anyPeriod draws a period that exists.
var anyPeriod = rapid.Custom(func(t *rapid.T) period.Period {
	kind := rapid.SampledFrom(period.Kinds()).Draw(t, "kind")
	return period.Of(rapid.IntRange(period.MinYear, period.MaxYear).Draw(t, "year"), kind,
		rapid.IntRange(1, kind.PerYear()).Draw(t, "index"))
})

// must reads a period that the test itself wrote.
func must(t *testing.T, s string) period.Period {
	t.Helper()
	p, err := period.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestR5_PeriodIdsReadAndPrint(t *testing.T) {
	cases := map[string]period.Period{
		"2024-02": {Year: 2024, Kind: period.Month, Index: 2},
		"2024-12": {Year: 2024, Kind: period.Month, Index: 12},
		"2024-Q1": {Year: 2024, Kind: period.Quarter, Index: 1},
		"2024-H2": {Year: 2024, Kind: period.Half, Index: 2},
		"2024-9M": {Year: 2024, Kind: period.NineMonths, Index: 1},
		"2024":    {Year: 2024, Kind: period.Year, Index: 1},
		"1900":    {Year: 1900, Kind: period.Year, Index: 1},
		"2199-12": {Year: 2199, Kind: period.Month, Index: 12},
	}
	for s, want := range cases {
		if got, err := period.Parse(s); err != nil || got != want || got.String() != s || !got.Valid() {
			t.Errorf("Parse(%q) = %+v, %v, want %+v", s, got, err, want)
		}
	}
}

func TestR5_WrongIdsSayWhatIsWrong(t *testing.T) {
	cases := []struct{ in, reason, says string }{
		{"2026-Q5", "PERIOD_OUT_OF_RANGE", `period "2026-Q5": quarter must be 1 to 4`},
		{"2026Q5", "PERIOD_OUT_OF_RANGE", `period "2026Q5": quarter must be 1 to 4`},
		{"2026-Q0", "PERIOD_OUT_OF_RANGE", "quarter must be 1 to 4"},
		{"2026-Q01", "PERIOD_OUT_OF_RANGE", "quarter must be 1 to 4"},
		{"2026-H3", "PERIOD_OUT_OF_RANGE", "half must be 1 to 2"},
		{"2024-13", "PERIOD_OUT_OF_RANGE", "month must be 01 to 12"},
		{"2024-00", "PERIOD_OUT_OF_RANGE", "month must be 01 to 12"},
		{"2024-2", "PERIOD_OUT_OF_RANGE", "month must be 01 to 12"},
		{"2024-002", "PERIOD_OUT_OF_RANGE", "month must be 01 to 12"},
		{"1899-02", "PERIOD_OUT_OF_RANGE", "year must be 1900 to 2199"},
		{"2200", "PERIOD_OUT_OF_RANGE", "year must be 1900 to 2199"},
		{"0000", "PERIOD_OUT_OF_RANGE", "year must be"},
		{"2024-q1", "PERIOD_MALFORMED", "capital"},
		{"2024-9m", "PERIOD_MALFORMED", "capital"},
		{"2024-h1", "PERIOD_MALFORMED", "capital"},
		{"2024Q1", "PERIOD_MALFORMED", "as 2024-Q1"},
		{"202402", "PERIOD_MALFORMED", "as 2024-02"},
		{"20249M", "PERIOD_MALFORMED", "as 2024-9M"},
		{"2024-6M", "PERIOD_MALFORMED", "write a month as 2024-02"},
		{"02/2024", "PERIOD_MALFORMED", "write a month as 2024-02"},
		{"", "PERIOD_MALFORMED", "write a month as 2024-02"},
		{"224", "PERIOD_MALFORMED", "write a month"},
		{"2024-", "PERIOD_MALFORMED", "write a month"},
		{"2024-Q", "PERIOD_MALFORMED", "write a month"},
		{"2024-QQ1", "PERIOD_MALFORMED", "write a month"},
		{"2024-1Q", "PERIOD_MALFORMED", "write a month"},
		{"2024-02-01", "PERIOD_MALFORMED", "write a month"},
		{"2024-Q1 ", "PERIOD_MALFORMED", "write a month"},
		{" 2024", "PERIOD_MALFORMED", "write a month"},
		{"+024", "PERIOD_MALFORMED", "write a month"},
		{"2024-+2", "PERIOD_MALFORMED", "write a month"},
		{"２０２４", "PERIOD_MALFORMED", "write a month"},
		{strings.Repeat("Đ", 500), "PERIOD_MALFORMED", "…"},
	}
	for _, c := range cases {
		p, err := period.Parse(c.in)
		if fault.ReasonOf(err) != c.reason || p != (period.Period{}) {
			t.Errorf("Parse(%.30q) = %v, %v, want %s", c.in, p, err, c.reason)
			continue
		}
		if e := fault.Of(err); e.Kind != fault.KindInvalid || !strings.Contains(e.Text, c.says) || !utf8.ValidString(e.Text) {
			t.Errorf("Parse(%.30q) error = %v, want it to say %q", c.in, err, c.says)
		}
	}
}

func TestR5_RangesHaveOneKind(t *testing.T) {
	cases := map[string]string{
		"2024-02":          "2024-02",
		"2023-11..2024-02": "2023-11 2023-12 2024-01 2024-02",
		"2024-Q4..2025-Q1": "2024-Q4 2025-Q1",
		"2024-H2..2024-H2": "2024-H2",
		"2023-9M..2025-9M": "2023-9M 2024-9M 2025-9M",
		"2023..2024":       "2023 2024",
	}
	for s, want := range cases {
		list, err := period.ParseRange(s)
		if got := ids(list); err != nil || got != want {
			t.Errorf("ParseRange(%q) = %s, %v, want %s", s, got, err, want)
		}
	}
	refused := map[string]string{
		"2024-01..2024-Q1":      "PERIOD_RANGE_MIXED",
		"2024..2024-12":         "PERIOD_RANGE_MIXED",
		"2024-02..2024-01":      "PERIOD_RANGE_REVERSED",
		"1900-01..1950-01":      "PERIOD_RANGE_TOO_LONG",
		"2024-01..":             "PERIOD_MALFORMED",
		"..2024":                "PERIOD_MALFORMED",
		"2024-01...2024-02":     "PERIOD_MALFORMED",
		"2024..2025..2026":      "PERIOD_MALFORMED",
		"2024,2025":             "PERIOD_MALFORMED",
		"2024-13..2024-14":      "PERIOD_OUT_OF_RANGE",
		"2024-01 .. 2024-02":    "PERIOD_MALFORMED",
		"1900-01..1900-01..bad": "PERIOD_MALFORMED",
	}
	for s, want := range refused {
		if list, err := period.ParseRange(s); fault.ReasonOf(err) != want || list != nil {
			t.Errorf("ParseRange(%q) = %v, %v, want %s", s, list, err, want)
		}
	}
	if list, err := period.ParseRange("1900-01..1949-12"); err != nil || len(list) != period.MaxRange {
		t.Errorf("a range of %d months gives %d, %v", period.MaxRange, len(list), err)
	}
}

func TestFrequenciesAreKindsThatFillAYear(t *testing.T) {
	for _, k := range period.Kinds() {
		got, err := period.ParseKind(k.String())
		if legal := k.Months()*k.PerYear() == 12; legal != (err == nil) || legal && got != k {
			t.Errorf("ParseKind(%q) = %v, %v", k, got, err)
		}
	}
	for _, s := range []string{"", "Month", "week", "unknown"} {
		if _, err := period.ParseKind(s); fault.ReasonOf(err) != "FREQUENCY_UNKNOWN" {
			t.Errorf("ParseKind(%q) error = %v, want FREQUENCY_UNKNOWN", s, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	oracle := regexp.MustCompile(`\A(19|20|21)[0-9]{2}(-(0[1-9]|1[0-2]|Q[1-4]|H[12]|9M))?\z`)
	for _, s := range []string{"2024", "2024-02", "2024-Q1", "2024-H2", "2024-9M", "2026Q5", "2199-12"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := period.Parse(s)
		if (err == nil) != oracle.MatchString(s) {
			t.Fatalf("Parse(%q) error = %v, the rule says %v", s, err, oracle.MatchString(s))
		}
		if err == nil && p.String() != s {
			t.Errorf("Parse(%q) prints %q", s, p)
		}
	})
}

func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"2024-01..2024-12", "2024", "2024..", "2024-Q1..2025-Q4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := period.ParseRange(s)
		if err != nil {
			return
		}
		if len(list) == 0 || len(list) > period.MaxRange {
			t.Fatalf("ParseRange(%q) gives %d periods", s, len(list))
		}
		first, last := list[0], list[len(list)-1]
		if s != first.String() && s != first.String()+".."+last.String() {
			t.Errorf("ParseRange(%q) goes from %v to %v", s, first, last)
		}
		for i := 1; i < len(list); i++ {
			if list[i] != list[i-1].Next() {
				t.Errorf("ParseRange(%q): %v is followed by %v", s, list[i-1], list[i])
			}
		}
	})
}

// ids prints a list of periods.
func ids(list []period.Period) string {
	words := make([]string, len(list))
	for i, p := range list {
		words[i] = p.String()
	}
	return strings.Join(words, " ")
}
