package hierarchy

import (
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// Code is what the statistics office or the province calls a unit. It is text, keeps its leading zeros, and may name
// different units at different times.
type Code string

// ID names one unit for ever (R1): its code, a hyphen, and its first day as yyyymmdd, or 0 where the first day is
// open. No code ends like that, so an ID never equals a code.
type ID string

// fromBeginning ends the id of a unit whose first day is open.
const fromBeginning = "-0"

// dayDigits is the length of a day in an id.
const dayDigits = 8

// ParseCode reads a unit's code: the characters of every code (R43), and not the shape of an id. The error names no
// field.
func ParseCode(s string) (Code, error) {
	if _, err := text.Code("", s); err != nil {
		return "", err
	}
	if ID(s).wellFormed() {
		return "", fault.Invalid("UNIT_CODE_LIKE_ID",
			"unit code %q ends like the id of a unit (a hyphen and 8 digits, or -0), so the two could be confused; choose another code", s).
			With("code", s)
	}
	return Code(s), nil
}

// ParseID reads an id; it does not ask whether there is such a unit. The error names no field.
func ParseID(s string) (ID, error) {
	id := ID(s)
	if _, err := text.Code("", string(id.Code())); err != nil || !id.wellFormed() || !id.realDay() {
		return "", fault.Invalid("UNIT_ID_MALFORMED",
			"unit id %q: an id is the code, a hyphen and the first day, such as 82-20250701, or code-0 where the first day is open",
			shorten(s)).With("unit", shorten(s))
	}
	return id, nil
}

// NewID makes the id of the unit that has this code from this day on.
func NewID(code Code, from period.Day) ID {
	if from == period.Beginning {
		return ID(code) + fromBeginning
	}
	return ID(string(code) + "-" + from.Basic())
}

// Code gives the code inside the id.
func (id ID) Code() Code {
	if at := strings.LastIndexByte(string(id), '-'); at >= 0 {
		return Code(id[:at])
	}
	return Code(id)
}

// From gives the first day inside the id; Beginning if it is open or the id is malformed.
func (id ID) From() period.Day {
	day, err := period.ParseBasic(string(id[strings.LastIndexByte(string(id), '-')+1:]))
	if err != nil {
		return period.Beginning
	}
	return day
}

// wellFormed says whether the text ends as an id does; it does not look at the calendar, so that a text which is no
// code for looking like an id is never a code on some days of February.
func (id ID) wellFormed() bool {
	at := strings.LastIndexByte(string(id), '-')
	if at <= 0 {
		return false
	}
	tail := id[at+1:]
	if tail == "0" {
		return true
	}
	if len(tail) != dayDigits {
		return false
	}
	for i := range len(tail) {
		if tail[i] < '0' || tail[i] > '9' {
			return false
		}
	}
	return true
}

func (id ID) realDay() bool {
	return strings.HasSuffix(string(id), fromBeginning) || id.From() != period.Beginning
}

// shorten keeps a foreign text from filling an answer.
func shorten(s string) string {
	const limit = 60
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
