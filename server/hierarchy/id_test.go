package hierarchy

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

func TestR1_AnIDCarriesTheFirstDay(t *testing.T) {
	for _, c := range []struct {
		code Code
		from period.Day
		want ID
	}{
		{"82", period.Date(2025, 7, 1), "82-20250701"},
		{"82", period.Beginning, "82-0"},
		{"00004", period.Date(1, 2, 3), "00004-00010203"},
		{"SO-TTTT", period.Date(2024, 2, 29), "SO-TTTT-20240229"},
	} {
		id := NewID(c.code, c.from)
		if id != c.want || id.Code() != c.code || id.From() != c.from {
			t.Errorf("NewID(%q, %v) = %q with code %q from %v, want %q", c.code, c.from, id, id.Code(), id.From(), c.want)
		}
		if got, err := ParseID(string(id)); got != id || err != nil {
			t.Errorf("ParseID(%q) = %q, %v", id, got, err)
		}
	}
}

func TestR1_AnIDNeverEqualsACode(t *testing.T) {
	for _, s := range []string{"82-20250701", "82-0", "A-99999999", "A-B-0"} {
		if _, err := ParseCode(s); fault.ReasonOf(err) != "UNIT_CODE_LIKE_ID" {
			t.Errorf("ParseCode(%q) error = %v, want UNIT_CODE_LIKE_ID", s, err)
		}
	}
	for _, s := range []string{"82", "A-1", "A-00", "A-2025070", "A-202507011", "20250701", "0"} {
		if _, err := ParseCode(s); err != nil {
			t.Errorf("ParseCode(%q) error = %v, want none", s, err)
		}
		if _, err := ParseID(s); fault.ReasonOf(err) != "UNIT_ID_MALFORMED" {
			t.Errorf("ParseID(%q) error = %v, want UNIT_ID_MALFORMED", s, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		code, err := ParseCode(rapid.StringMatching(`[A-Z0-9]{1,3}(-[A-Z0-9]{1,8}){0,2}`).Draw(t, "code"))
		if err != nil {
			t.Skip("looks like an id")
		}
		id := NewID(code, rapid.OneOf(rapid.Just(period.Beginning),
			rapid.Map(rapid.Int32Range(-700_000, 2_900_000), func(n int32) period.Day { return period.Day(n) })).Draw(t, "from"))
		if _, err := ParseCode(string(id)); err == nil {
			t.Fatalf("%q is an id and also a code", id)
		}
	})
}

func TestR43_CodesOfUnits(t *testing.T) {
	for _, s := range []string{"", "a b", "a/b", "a~b", "a:b", "Đ1", "-1", "a_b", "a.b", string(make([]byte, 42))} {
		if _, err := ParseCode(s); err == nil {
			t.Errorf("ParseCode(%q) error = nil, want one", s)
		}
	}
}

func TestIDsThatAreNone(t *testing.T) {
	for _, s := range []string{"", "-0", "-20250701", "82-", "82-1", "82-20250230", "82-00000101", "8 2-0", "82-2025070a"} {
		if id, err := ParseID(s); err == nil {
			t.Errorf("ParseID(%q) = %q, want an error", s, id)
		}
	}
}

func FuzzParseID(f *testing.F) {
	for _, s := range []string{"82-20250701", "82-0", "82", "-0", "a-b-00010101"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		if err != nil {
			return
		}
		if NewID(id.Code(), id.From()) != id {
			t.Fatalf("ParseID(%q) is not made again of its parts %q and %v", s, id.Code(), id.From())
		}
	})
}

func TestKinds(t *testing.T) {
	for _, s := range []string{"commune", "so_nganh2", "a"} {
		if k, err := ParseKind(s); err != nil || string(k) != s {
			t.Errorf("ParseKind(%q) = %q, %v", s, k, err)
		}
	}
	for _, s := range []string{"", "Commune", "xã", "2x", "_x", "a-b", "a b", "a23456789012345678901234567890123"} {
		if _, err := ParseKind(s); err == nil {
			t.Errorf("ParseKind(%q) error = nil, want one", s)
		}
	}
}

func TestR8_WhatUsuallyStandsAboveWhat(t *testing.T) {
	order := []Kind{Country, Province, District, Commune}
	for i, upper := range order {
		for j, lower := range order {
			if got := upper.UsuallyAbove(lower); got != (i < j) {
				t.Errorf("%s.UsuallyAbove(%s) = %t", upper, lower, got)
			}
		}
	}
	if !Province.UsuallyAbove(Department) || Department.UsuallyAbove(Commune) || Commune.UsuallyAbove("hamlet") {
		t.Error("a department stands below a province and above nothing")
	}
}
