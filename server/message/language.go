package message

import (
	"strconv"
	"strings"
)

// Language is a language of the texts.
type Language string

// The languages.
const (
	Vietnamese Language = "vi"
	English    Language = "en"
)

// maxHeader is how much of a header is read.
const maxHeader = 1000

// ParseAcceptLanguage gives the language that a header Accept-Language prefers among ours: the one with the highest
// weight, of equal ones the first. A header that is empty, broken, or names neither gives Vietnamese.
func ParseAcceptLanguage(header string) Language {
	best, weight := Vietnamese, 0.0
	for part := range strings.SplitSeq(header[:min(len(header), maxHeader)], ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		base, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		language := Language(base)
		if language != Vietnamese && language != English {
			continue
		}
		if q := quality(params); q > weight {
			best, weight = language, q
		}
	}
	return best
}

// quality reads q=0.8; without it a language has the full weight, and with a broken one none.
func quality(params string) float64 {
	value, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
	if !found {
		return 1
	}
	q, err := strconv.ParseFloat(value, 64)
	if err != nil || q > 1 {
		return 0
	}
	return q
}
