package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// NFC gives the composed form in which every text is stored and compared.
func NFC(s string) string { return norm.NFC.String(s) }

// Fold gives the form under which text is searched: without tone and vowel marks (so the place of the tone does not
// matter), Đ and the letters mistaken for it as d, lower case, every run of spaces and hyphens as one space, and no
// invisible characters. Two texts that a reader would type alike without a Vietnamese keyboard fold alike. Folding
// twice is folding once.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	// Bytes that are not UTF-8 are replaced first, because they keep norm from decomposing what follows them.
	for _, r := range norm.NFD.String(strings.ToValidUTF8(s, string(utf8.RuneError))) {
		switch {
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r):
			continue
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), unicode.IsControl(r):
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteRune(foldRune(r))
	}
	return b.String()
}

// foldRune knows the three letters that look like Đ: the Vietnamese one, the Icelandic one that old fonts and
// Windows-1258 produce, and the African one; decomposition splits none of them.
func foldRune(r rune) rune {
	switch r {
	case 'Đ', 'đ', 'Ð', 'ð', 'Ɖ', 'ɖ':
		return 'd'
	}
	return unicode.ToLower(r)
}
