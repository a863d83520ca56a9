package tabular

import (
	"strings"
	"unicode"
)

// Cell gives a text as it may stand in a cell of a CSV file that people open in a spreadsheet. A text that a spreadsheet
// would take for a formula, because it begins with = + - or @, with a tab, a line end or a null, or with the wide forms
// of those signs, gets an apostrophe in front, which spreadsheets show as text and do not run. So does one that has such a sign
// behind spaces or letters that are not seen, which some spreadsheets drop. Numbers stay numbers,
// and so does the - that stands for "not available". Quotation marks and separators are for the writer of the file.
func Cell(s string) string {
	if s == "-" || isNumber(s) {
		return s
	}
	if begin := strings.TrimLeftFunc(s, unseen); begin != "" && strings.ContainsRune("=+-@\t\r\n\x00＝＋－＠", []rune(begin)[0]) {
		return "'" + s
	}
	return s
}

// unseen are the letters that a spreadsheet may drop before it looks what a cell is, but for those that are signs themselves.
func unseen(r rune) bool {
	return !strings.ContainsRune("\t\r\n\x00", r) && (unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
}

// isNumber says whether the text is an amount as this project writes it: digits, a minus before them and one mark
// inside at most. No spreadsheet computes with such a text anything but the amount.
func isNumber(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	marks := 0
	for i := range len(digits) {
		switch b := digits[i]; {
		case '0' <= b && b <= '9':
		case (b == '.' || b == ',') && i > 0 && i < len(digits)-1:
			marks++
		default:
			return false
		}
	}
	return digits != "" && marks <= 1
}
