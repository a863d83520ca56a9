package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/tonghop/tonghop/server/text"
)

func TestNFCIsOneFormForOneName(t *testing.T) {
	composed, decomposed := "Đồng Tháp", norm.NFD.String("Đồng Tháp")
	if composed == decomposed {
		t.Fatal("the two spellings of this test are one")
	}
	if got := text.NFC(decomposed); got != composed {
		t.Errorf("NFC(%+q) = %+q, want %+q", decomposed, got, composed)
	}
}

func TestFoldFindsWhatAReaderTypes(t *testing.T) {
	cases := []struct{ in, want string }{
		{"Đồng Tháp", "dong thap"},
		{"ĐỒNG THÁP", "dong thap"},
		{"Ðồng Tháp", "dong thap"}, // U+00D0, as old fonts and Windows-1258 give it
		{"ðồng tháp", "dong thap"}, // U+00F0
		{"Ɖồng ɖ", "dong d"},       // U+0189, U+0256
		{"Hòa Bình", "hoa binh"},
		{"Hoà Bình", "hoa binh"},
		{"Thừa Thiên Huế", "thua thien hue"},
		{"Bà Rịa - Vũng Tàu", "ba ria vung tau"},
		{"Bà Rịa–Vũng Tàu", "ba ria vung tau"},
		{"  Cao \t Lãnh\u00a0\n", "cao lanh"},
		{"Cao\u200bLãnh\ufeff", "caolanh"},
		{"ưu ƠI ắằẳẵặ ấầẩẫậ ữ ợ ỵ", "uu oi aaaaa aaaaa u o y"},
		{"CQ-06", "cq 06"},
		{"Ea H'leo", "ea h'leo"},
		{"-", ""},
		{"", ""},
		{"0\xf5á", "0\ufffda"}, // bytes that are not UTF-8 do not hide the letter after them
	}
	for _, c := range cases {
		if got := text.Fold(c.in); got != c.want {
			t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
		}
		if !utf8.ValidString(c.in) {
			continue
		}
		if got := text.Fold(norm.NFD.String(c.in)); got != c.want {
			t.Errorf("Fold of the decomposed %q = %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Đồng Tháp", "İI", "a\u0323\u0302", "\xff", "K Å", "ǅ ẞ ﬁ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := text.Fold(s)
		if twice := text.Fold(once); twice != once {
			t.Errorf("Fold(%q) = %q, and folded again %q", s, once, twice)
		}
		if utf8.ValidString(s) && text.Fold(norm.NFD.String(s)) != once {
			t.Errorf("Fold(%q) depends on the form of composition", s)
		}
		if strings.Contains(once, "  ") || strings.TrimSpace(once) != once {
			t.Errorf("Fold(%q) = %q, want single spaces inside alone", s, once)
		}
	})
}
