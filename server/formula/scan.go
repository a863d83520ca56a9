package formula

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tonghop/tonghop/server/fault"
)

// token is one piece of a formula.
type token struct {
	kind kind
	// text is the piece as it stands there, of a reference what is between the brackets; at is the place of its first
	// character, counted from 1.
	text string
	at   int
}

type kind uint8

const (
	end kind = iota
	number
	word
	bracket
	sign // all others
)

// signs are the signs of more than one spelling, and those of two characters.
var signs = []struct{ written, means string }{
	{"<=", "<="}, {">=", ">="}, {"<>", "<>"}, {"≤", "<="}, {"≥", ">="}, {"≠", "<>"}, {"−", "-"}, {"×", "*"}, {"÷", "/"},
}

// scanner cuts a formula into tokens.
type scanner struct {
	rest string
	at   int
}

// next gives the next token; of kind end behind the last.
func (s *scanner) next() (token, error) {
	blank := len(s.rest) - len(strings.TrimLeftFunc(s.rest, unicode.IsSpace))
	s.skip(blank)
	at := s.at
	if s.rest == "" {
		return token{kind: end, at: at}, nil
	}
	switch c := s.rest[0]; {
	case digit(c):
		return token{kind: number, text: s.while(func(c byte) bool { return digit(c) || c == '.' }), at: at}, nil
	case letter(c):
		return token{kind: word, text: s.while(func(c byte) bool { return letter(c) || digit(c) || c == '-' || c == '_' }), at: at}, nil
	case c == '[':
		return s.bracket()
	case strings.IndexByte("+-*/(),<>=", c) >= 0 && !s.twice():
		return token{kind: sign, text: s.skip(1), at: at}, nil
	}
	for _, known := range signs {
		if strings.HasPrefix(s.rest, known.written) {
			s.skip(len(known.written))
			return token{kind: sign, text: known.means, at: at}, nil
		}
	}
	r, _ := utf8.DecodeRuneInString(s.rest)
	return token{}, fault.Invalid("FORMULA_CHARACTER",
		"formula: the character %q at %d has no place in a formula; it has + - * / ( ) , comparisons, decimals, [CODE] and the words min, max, sum, if",
		r, at).With("value", string(r)).With("position", at)
}

// bracket gives what stands between the brackets that begin here.
func (s *scanner) bracket() (token, error) {
	at, closing := s.at, strings.IndexByte(s.rest, ']')
	if closing < 0 {
		return token{}, fault.Invalid("FORMULA_BRACKET_OPEN", "formula: the bracket [ at character %d is never closed; write the reference like [CQ-06]", at).
			With("position", at)
	}
	inside := s.rest[1:closing]
	s.skip(closing + 1)
	return token{kind: bracket, text: inside, at: at}, nil
}

// twice says whether a comparison of two characters begins here.
func (s *scanner) twice() bool {
	return strings.HasPrefix(s.rest, "<=") || strings.HasPrefix(s.rest, ">=") || strings.HasPrefix(s.rest, "<>")
}

// skip takes so many bytes away.
func (s *scanner) skip(bytes int) string {
	taken := s.rest[:bytes]
	s.at += utf8.RuneCountInString(taken)
	s.rest = s.rest[bytes:]
	return taken
}

// while takes as many bytes as are of the kind.
func (s *scanner) while(of func(byte) bool) string {
	n := 0
	for n < len(s.rest) && of(s.rest[n]) {
		n++
	}
	return s.skip(n)
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
