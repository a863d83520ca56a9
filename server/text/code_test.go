package text_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/text"
)

func TestR43_CodesKeepTheirSpellingAndFoldToOne(t *testing.T) {
	for _, s := range []string{"CQ-06", "cds-thang", "82", "0", "698-kh-ubnd-2022", strings.Repeat("a", 41), "a-"} {
		if got, err := text.Code("code", s); err != nil || got != s {
			t.Errorf("Code(%q) = %q, %v, want it unchanged", s, got, err)
		}
	}
	if text.FoldCode("CQ-06") != text.FoldCode("cq-06") || text.FoldCode("CQ-06") != "cq-06" {
		t.Errorf("FoldCode(CQ-06) = %q, want cq-06", text.FoldCode("CQ-06"))
	}
}

func TestR43_CodesAreRefused(t *testing.T) {
	cases := []struct{ in, reason string }{
		{"", "CODE_EMPTY"},
		{strings.Repeat("a", 42), "CODE_TOO_LONG"},
		{strings.Repeat("ạ", 42), "CODE_TOO_LONG"},
		{"-a", "CODE_MALFORMED"},
		{"CĐ-1", "CODE_MALFORMED"},
		{"a~b", "CODE_MALFORMED"},
		{"a/b", "CODE_MALFORMED"},
		{"a:b", "CODE_MALFORMED"},
		{"a b", "CODE_MALFORMED"},
		{"a_b", "CODE_MALFORMED"},
		{"a\n", "CODE_MALFORMED"},
	}
	for _, c := range cases {
		_, err := text.Code("indicators[2].code", c.in)
		if got := fault.ReasonOf(err); got != c.reason {
			t.Errorf("Code(%q) error = %v, want %s", c.in, err, c.reason)
		} else if e := fault.Of(err); e.Field != "indicators[2].code" || !utf8.ValidString(e.Text) {
			t.Errorf("Code(%q) gives %+v", c.in, e)
		}
	}
}

func FuzzCode(f *testing.F) {
	oracle := regexp.MustCompile(`\A[A-Za-z0-9][A-Za-z0-9-]{0,40}\z`)
	for _, s := range []string{"CQ-06", "-", "a~", "Đ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := text.Code("code", s); (err == nil) != oracle.MatchString(s) {
			t.Errorf("Code(%q) error = %v; the rule says %v", s, err, oracle.MatchString(s))
		}
	})
}

// TestSameCodeIsWhatFoldCodeSays holds the fast answer against the plain one, for codes and for anything else.
func TestSameCodeIsWhatFoldCodeSays(t *testing.T) {
	for _, c := range [][2]string{{"CQ-06", "cq-06"}, {"CQ-06", "CQ-6"}, {"a@", "A`"}, {"\u212a1", "k1"}, {"ĐT", "đt"}, {"İ", "i̇"}, {"", ""}, {"P", "0"}} {
		if got, want := text.SameCode(c[0], c[1]), text.FoldCode(c[0]) == text.FoldCode(c[1]); got != want {
			t.Errorf("SameCode(%q, %q) = %t, want %t", c[0], c[1], got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.StringOfN(rapid.RuneFrom([]rune("aAbB0-@`kKđĐ\u212aİi")), 0, 4, -1)
		a, b := letters.Draw(t, "a"), letters.Draw(t, "b")
		if got, want := text.SameCode(a, b), text.FoldCode(a) == text.FoldCode(b); got != want {
			t.Fatalf("SameCode(%q, %q) = %t, want %t", a, b, got, want)
		}
	})
	if n := testing.AllocsPerRun(10, func() { _ = text.SameCode("CQ-06", "cq-07") }); n > 0 {
		t.Errorf("SameCode made %v allocations, want none", n)
	}
}
