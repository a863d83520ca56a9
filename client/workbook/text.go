package workbook

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// tidy composes a text and takes away what people do not see: spaces at its ends, no-break and zero-width ones too.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '\u00a0', '\u202f', '\u2007':
			return ' '
		case '\u200b', '\ufeff', '\u2060':
			return -1
		}
		return r
	}, s)
	return norm.NFC.String(strings.TrimSpace(s))
}

// fold makes captions comparable: without accents, capitals, remarks in parentheses and marks at the ends.
func fold(s string) string {
	var b strings.Builder
	depth := 0
	for _, r := range norm.NFD.String(tidy(s)) {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth = max(0, depth-1)
		case depth > 0 || unicode.Is(unicode.Mn, r):
		case r == 'Đ', r == 'đ', r == 'Ð', r == 'ð':
			b.WriteByte('d')
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return strings.Trim(strings.Join(strings.Fields(b.String()), " "), " :.*-–")
}

// The ways in which people write periods. None of them can be read as a day.
var (
	periodID     = regexp.MustCompile(`^\d{4}(-(0[1-9]|1[0-2]|q[1-4]|h[12]|9m))?$`)
	monthWords   = regexp.MustCompile(`^(?:ky )?(?:bao cao )?(?:thang )?(\d{1,2})(?: nam |/| / |-)(\d{4})$`)
	quarterWords = regexp.MustCompile(`^(?:ky )?(?:bao cao )?quy (iv|i{1,3}|[1-4])(?: nam |/| / |-)(\d{4})$`)
	halfWords    = regexp.MustCompile(`^(?:ky )?(?:bao cao )?(?:6|sau) thang (dau|cuoi) nam (\d{4})$`)
	yearWords    = regexp.MustCompile(`^(?:ky )?(?:bao cao )?nam (\d{4})$`)
)

// parsePeriod reads a period by its id or by words: "Tháng 02 năm 2024", "02/2024", "Quý I/2024", "6 tháng đầu năm 2024".
func parsePeriod(s string) (string, bool) {
	f := fold(s)
	if periodID.MatchString(f) {
		return strings.ToUpper(f), true
	}
	if m := monthWords.FindStringSubmatch(f); m != nil {
		n, _ := strconv.Atoi(m[1])
		if n < 1 || n > 12 {
			return "", false
		}
		return m[2] + "-" + two(n), true
	}
	if m := quarterWords.FindStringSubmatch(f); m != nil {
		n := map[string]string{"i": "1", "ii": "2", "iii": "3", "iv": "4"}[m[1]]
		if n == "" {
			n = m[1]
		}
		return m[2] + "-Q" + n, true
	}
	if m := halfWords.FindStringSubmatch(f); m != nil {
		return m[2] + map[string]string{"dau": "-H1", "cuoi": "-H2"}[m[1]], true
	}
	if m := yearWords.FindStringSubmatch(f); m != nil {
		return m[1], true
	}
	return "", false
}

// PeriodWords writes a period as the head of a form does.
func PeriodWords(period string) string {
	year, part, _ := strings.Cut(period, "-")
	switch {
	case part == "":
		return "Năm " + year
	case part == "H1":
		return "6 tháng đầu năm " + year
	case part == "H2":
		return "6 tháng cuối năm " + year
	case part == "9M":
		return "9 tháng năm " + year
	case part[0] == 'Q':
		return "Quý " + map[string]string{"Q1": "I", "Q2": "II", "Q3": "III", "Q4": "IV"}[part] + " năm " + year
	}
	return "Tháng " + part + " năm " + year
}

// PeriodBefore gives the period of the same kind before it; empty if there is none.
func PeriodBefore(period string) string {
	year, part, _ := strings.Cut(period, "-")
	y, err := strconv.Atoi(year)
	if err != nil {
		return ""
	}
	earlier := strconv.Itoa(y - 1)
	switch part {
	case "":
		return earlier
	case "01":
		return earlier + "-12"
	case "Q1":
		return earlier + "-Q4"
	case "H1":
		return earlier + "-H2"
	case "H2":
		return year + "-H1"
	}
	n, err := strconv.Atoi(strings.TrimPrefix(part, "Q"))
	switch {
	case err != nil:
		return "" // nine months are no base period
	case part[0] == 'Q':
		return year + "-Q" + strconv.Itoa(n-1)
	}
	return year + "-" + two(n-1)
}

// FirstPeriod gives the first period of the same kind in the year.
func FirstPeriod(period string) string {
	year, part, _ := strings.Cut(period, "-")
	switch {
	case part == "":
		return year
	case part[0] == 'Q' || part[0] == 'H':
		return year + "-" + part[:1] + "1"
	}
	return year + "-01"
}

// ParsePeriod reads a period as people write it: "2024-02", "Tháng 02 năm 2024", "02/2024", "Quý I/2024".
func ParsePeriod(s string) (string, bool) { return parsePeriod(s) }

func two(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// short keeps a long text from filling an answer.
func short(s string) string {
	const limit = 60
	r := []rune(tidy(s))
	if len(r) <= limit {
		return string(r)
	}
	return string(r[:limit]) + "…"
}
