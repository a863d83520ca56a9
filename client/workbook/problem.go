package workbook

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// MaxProblems is how many problems of one file are told; the rest are counted.
const MaxProblems = 1000

// Problem is what is wrong with a cell, a row, a sheet or the file.
type Problem struct {
	// Sheet is the name of the sheet. Empty: the file as such, or the only table of a CSV file.
	Sheet string
	// Row is counted from 1, in a CSV file by lines. 0: the whole sheet.
	Row int
	// Column is counted from 1. 0: the whole row.
	Column int
	// Value is what the cell holds, as far as that helps.
	Value string
	// Report is the resource name of the report, as far as it is known.
	Report string
	// Reason is stable, such as "NUMBER_AMBIGUOUS".
	Reason string
	// Message says what is wrong and what to do. Empty: the words of this package for the reason say so.
	Message string
	// params are the values that the words name.
	params map[string]string
}

// refuse makes a problem of a reason and pairs of names and values.
func refuse(reason string, pairs ...string) *Problem {
	p := &Problem{Reason: reason}
	for i := 0; i+1 < len(pairs); i += 2 {
		if p.params == nil {
			p.params = map[string]string{}
		}
		p.params[pairs[i]] = pairs[i+1]
	}
	return p
}

// Error is the problem in English.
func (p *Problem) Error() string {
	where := p.Place()
	if where != "" {
		where += ": "
	}
	return where + p.Say("en") + " [" + p.Reason + "]"
}

// Place names the cell as spreadsheets do: Biểu!F12; Biểu!12:12 is a row.
func (p *Problem) Place() string {
	at := ""
	switch {
	case p.Row > 0 && p.Column > 0:
		at = CellName(p.Column, p.Row)
	case p.Row > 0:
		row := strconv.Itoa(p.Row)
		at = row + ":" + row
	}
	switch {
	case p.Sheet == "":
		return at
	case at == "":
		return p.Sheet
	}
	return p.Sheet + "!" + at
}

// Say gives what is wrong and what to do in Vietnamese ("vi") or English.
func (p *Problem) Say(language string) string {
	if p.Message != "" {
		return p.Message
	}
	said, known := words[p.Reason]
	if !known {
		return p.Reason
	}
	what := said.en
	if language == "vi" {
		what = said.vi
	}
	return p.fill(what.says) + "; " + p.fill(what.remedy)
}

// Remedy gives what to do alone. Empty: the message has both.
func (p *Problem) Remedy(language string) string {
	if p.Message != "" {
		return ""
	}
	if language == "vi" {
		return p.fill(words[p.Reason].vi.remedy)
	}
	return p.fill(words[p.Reason].en.remedy)
}

func (p *Problem) fill(s string) string {
	for name, value := range p.params {
		s = strings.ReplaceAll(s, "{"+name+"}", value)
	}
	return s
}

// Reasons lists every reason that this package gives.
func Reasons() []string { return slices.Sorted(maps.Keys(words)) }

// order puts problems in the order of the file.
func order(problems []Problem, sheets []sheet) {
	place := map[string]int{}
	for i := range sheets {
		place[sheets[i].name] = i
	}
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(place[a.Sheet], place[b.Sheet]), cmp.Compare(a.Row, b.Row), cmp.Compare(a.Column, b.Column))
	})
}
