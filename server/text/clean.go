package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tonghop/tonghop/server/fault"
)

// MaxNote is how many characters a note, a reason or an explanation may have (R36).
const MaxNote = 2000

// personalDigits is the length of a Vietnamese personal identification number.
const personalDigits = 12

// Clean gives s as it is stored: NFC, without space at either end. It refuses what cannot be a name: bytes that are
// not UTF-8, control and other invisible characters that change how a line reads, the mark that an earlier program
// left for a character it lost, and more than limit characters, counted after composing. An empty text is clean:
// whether one may be empty is for the caller to say. The error names field.
func Clean(field, s string, limit int) (string, error) {
	return clean(field, s, limit, unfitForName)
}

// Note is Clean for notes, reasons and explanations (R36): lines may be broken, at most MaxNote characters, and a run
// of exactly twelve digits is refused, because it is most likely a citizen's identification number, which has no place
// in a text that is kept for ever.
func Note(field, s string) (string, error) {
	s, err := clean(field, strings.ReplaceAll(s, "\r\n", "\n"), MaxNote, unfitForNote)
	if err != nil {
		return "", err
	}
	if at, found := personalNumber(s); found {
		return "", fault.Invalid("TEXT_PERSONAL_NUMBER",
			"12 digits in a row, from character %d, look like a personal identification number; leave it out, or group an amount of money in threes",
			at).With("position", at).In(field)
	}
	return s, nil
}

func clean(field, s string, limit int, unfit func(rune) bool) (string, error) {
	if !utf8.ValidString(s) {
		return "", fault.Invalid("TEXT_NOT_UTF8",
			"the text is not UTF-8; save the file or send the request as UTF-8").In(field)
	}
	s = strings.TrimSpace(NFC(s))
	n := 0
	for _, r := range s {
		n++
		if r == utf8.RuneError {
			return "", fault.Invalid("TEXT_LOST_CHARACTER",
				"character %d was lost when the text was converted to UTF-8; write it again", n).With("position", n).In(field)
		}
		if unfit(r) {
			return "", fault.Invalid("TEXT_CONTROL_CHARACTER",
				"character %d (%U) is a control or invisible character; delete it", n, r).With("position", n).In(field)
		}
	}
	if n > limit {
		return "", fault.Invalid("TEXT_TOO_LONG", "the text has %d characters; at most %d are allowed", n, limit).
			With("length", n).With("limit", limit).In(field)
	}
	return s, nil
}

// unfitForName tells the characters that would let two different names look the same, or a name break a line.
func unfitForName(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) ||
		unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Noncharacter_Code_Point, r)
}

func unfitForNote(r rune) bool { return r != '\n' && r != '\t' && unfitForName(r) }

// personalNumber finds the first run of exactly twelve digits and gives the place of its first character, from 1.
func personalNumber(s string) (at int, found bool) {
	run, n := 0, 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			run++
		} else {
			if run == personalDigits {
				return n - run + 1, true
			}
			run = 0
		}
		n++
	}
	return n - run + 1, run == personalDigits
}
