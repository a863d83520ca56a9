package message

import (
	_ "embed" // The Vietnamese texts.
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/tonghop/tonghop/server/fault"
)

//go:embed vi.json
var vietnameseJSON []byte

// catalogue is what vi.json holds.
type catalogue struct {
	// Words translates values of parameters.
	Words map[string]string `json:"words"`
	// Texts are the sentences by reason.
	Texts map[string]string `json:"texts"`
}

// vietnamese reads the file once. A test proves that it can be read; without it every text would be English.
var vietnamese = sync.OnceValue(func() catalogue {
	var c catalogue
	if json.Unmarshal(vietnameseJSON, &c) != nil {
		return catalogue{}
	}
	return c
})

// translated are the parameters whose values are words of the program. The value of any other one is shown as it is.
var translated = map[string]bool{
	"kind": true, "upper": true, "lower": true, "part": true, "measure": true, "frequency": true, "state": true,
	"role": true, "list": true, "separator": true,
}

// Text gives the sentence for people in the language. An error with several details tells how many there are and the
// first. A reason without a Vietnamese text is told in English.
func Text(e *fault.Error, language Language) string {
	switch {
	case e == nil:
		return ""
	case language == English:
		return e.Text
	case len(e.Details) > 0:
		return "Có " + strconv.Itoa(len(e.Details)) + " lỗi; lỗi đầu tiên: " + Text(e.Details[0], language)
	}
	template, ok := vietnamese().Texts[e.Reason]
	if !ok {
		return e.Text
	}
	return capital(fill(template, func(key string) (string, bool) { return value(e, key) }))
}

// value gives what a placeholder stands for.
func value(e *fault.Error, key string) (string, bool) {
	if key == "field" {
		return e.Field, e.Field != ""
	}
	v, ok := e.Param(key)
	if word, known := vietnamese().Words[v]; known && translated[key] {
		v = word
	}
	return v, ok && v != ""
}

// fill makes a sentence of a template. Text in square brackets is left out if one of its placeholders has no value.
func fill(template string, value func(key string) (string, bool)) string {
	var b strings.Builder
	for template != "" {
		plain, rest, bracket := strings.Cut(template, "[")
		b.WriteString(plain)
		if !bracket {
			break
		}
		var segment string
		segment, template, _ = strings.Cut(rest, "]")
		if filled, ok := fillSegment(segment, value); ok {
			b.WriteString(filled)
		}
	}
	return b.String()
}

func fillSegment(segment string, value func(key string) (string, bool)) (string, bool) {
	var b strings.Builder
	for {
		plain, rest, brace := strings.Cut(segment, "{")
		b.WriteString(plain)
		if !brace {
			return b.String(), true
		}
		var key string
		key, segment, _ = strings.Cut(rest, "}")
		v, ok := value(key)
		if !ok {
			return "", false
		}
		b.WriteString(v)
	}
}

// capital begins a sentence whose first words were left out with a capital.
func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
