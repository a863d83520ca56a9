package tabular

import (
	"strings"
	"unicode"
)

// Cell gives a text as it may stand in a cell of a CSV file that people open in a spreadsheet. A text that a spreadsheet
// would take for a formula, because it begins with = + - or @, with a tab or a carriage return, or with the wide forms
// of those signs, gets an apostrophe in front, which spreadsheets show as text and do not run. Numbers stay numbers,
// and so does the - that stands for "not available". Quotation marks and separators are for the writer of the file.
func Cell(s string) string {
	if s == "-" || isNumber(s) {
		return s
	}
	begin := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) && r != '\t' && r != '\r' || r == '\ufeff' })
	if begin != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(begin)[0]) {
		return "'" + s
	}
	return s
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
