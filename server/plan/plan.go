package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// ID names a plan in paths; it is made of number and year (R43).
type ID string

// Fold gives the key under which an id is unique: lower case.
func (i ID) Fold() ID { return ID(text.FoldCode(string(i))) }

// Plan is one version of a numbered document that demands something of a unit. It is a plain value; Check tells what is wrong
// with it.
type Plan struct {
	ID ID
	// Number stands on the document, such as 698/KH-UBND; a draft may have none.
	Number string
	Title  string
	// Issuer is who issued it, in words.
	Issuer string
	// Unit is the one whose roll-ups are judged.
	Unit  hierarchy.ID
	Draft bool
	// Issued is the day of issue; Beginning is none.
	Issued period.Day
	// Parent is the number of the document that it carries out.
	Parent string
	// Years are those with targets, ascending.
	Years []int
	// Groups are in the order of the document.
	Groups []Group
	// Focus are the indicators on which it is led, Headline those above all groups.
	Focus, Headline []indicator.Code
	// Classes are those of ranking bodies, from the worst to the best.
	Classes []string
	// MinCoverage is the least coverage in hundredths of a percent below which an attainment is provisional.
	MinCoverage int
	Annexes     []Annex
	Rules       []Rule
}

// FullCoverage is all of what is owed.
const FullCoverage = 100_00

// Group is a group of indicators under the name that the plan gives it.
type Group struct {
	Code           string
	NameVI, NameEN string
	Indicators     []indicator.Code
}

// Annex is a document that belongs to a plan.
type Annex struct{ Title, Link string }

// Rule is what a plan orders without a number.
type Rule struct{ Code, Text string }

// The limits of a plan. Texts are in characters.
const (
	maxText  = 500
	maxLink  = 1000
	maxRule  = 2000
	maxList  = 1000
	minYear  = 2000
	maxYear  = 2199
	idLength = 41
)

// MakeID makes the id of number and year: 698/KH-UBND of 2022 is 698-kh-ubnd-2022. A draft without a number goes by its title.
func MakeID(number, title string, year int) ID {
	words := number
	if words == "" {
		words = title
	}
	tail := fmt.Sprintf("-%d", year)
	var b strings.Builder
	for _, r := range text.Fold(words) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	head := strings.TrimSuffix(strings.TrimRight(b.String(), "-"), tail)
	if len(head) > idLength-len(tail) {
		head = strings.TrimRight(head[:idLength-len(tail)], "-")
	}
	return ID(strings.TrimLeft(head+tail, "-"))
}

// Year is that of issue, or the first one with targets.
func (p *Plan) Year() int {
	if p.Issued != period.Beginning {
		year, _, _ := p.Issued.YMD()
		return year
	}
	if len(p.Years) > 0 {
		return p.Years[0]
	}
	return 0
}

// GroupOf gives the place of the group that an indicator is in; -1 for none.
func (p *Plan) GroupOf(code indicator.Code) int {
	return slices.IndexFunc(p.Groups, func(g Group) bool { return slices.ContainsFunc(g.Indicators, code.Same) })
}

// IsFocus says whether the plan is led on an indicator.
func (p *Plan) IsFocus(code indicator.Code) bool { return slices.ContainsFunc(p.Focus, code.Same) }

// Clean brings texts into the form in which they are kept. What cannot be kept is told by Check.
func (p *Plan) Clean() {
	for _, s := range p.texts() {
		if clean, err := text.Clean("", *s.text, s.limit); err == nil {
			*s.text = clean
		}
	}
	slices.Sort(p.Years)
	p.Years = slices.Compact(p.Years)
}

// field is a text of a plan with its place in it.
type field struct {
	name  string
	text  *string
	limit int
	// needed says that it may not be empty.
	needed bool
}

func (p *Plan) texts() []field {
	list := []field{
		{"number", &p.Number, maxText, false},
		{"title", &p.Title, maxText, true},
		{"issuer", &p.Issuer, maxText, false},
		{"parent", &p.Parent, maxText, false},
	}
	for i := range p.Groups {
		g := &p.Groups[i]
		at := fmt.Sprintf("groups[%d].", i)
		list = append(list, field{at + "name_vi", &g.NameVI, maxText, true}, field{at + "name_en", &g.NameEN, maxText, false})
	}
	for i := range p.Classes {
		list = append(list, field{fmt.Sprintf("classes[%d]", i), &p.Classes[i], maxText, true})
	}
	for i := range p.Annexes {
		a := &p.Annexes[i]
		at := fmt.Sprintf("annexes[%d].", i)
		list = append(list, field{at + "title", &a.Title, maxText, true}, field{at + "link", &a.Link, maxLink, true})
	}
	for i := range p.Rules {
		list = append(list, field{fmt.Sprintf("rules[%d].text", i), &p.Rules[i].Text, maxRule, true})
	}
	return list
}

// Check tells every violation, each with its field.
func (p *Plan) Check() error {
	var problems fault.List
	if _, err := text.Code("plan_id", string(p.ID)); err != nil {
		problems.Add(err)
	}
	for _, s := range p.texts() {
		clean, err := text.Clean(s.name, *s.text, s.limit)
		switch {
		case err != nil:
			problems.Add(err)
		case clean == "" && s.needed:
			problems.Add(fault.Invalid("TEXT_MISSING", "%s is empty; write what stands in the document", s.name).With("name", s.name).In(s.name))
		}
	}
	if !p.Draft && (p.Number == "" || p.Issued == period.Beginning) {
		problems.Add(fault.Invalid("PLAN_NUMBER_MISSING", "an issued plan has a number and a day of issue; give both, or enter it as a draft").In("number"))
	}
	if len(p.Years) == 0 {
		problems.Add(fault.Invalid("PLAN_YEARS_MISSING", "the plan has no year; give each year for which it sets targets, such as 2025").In("years"))
	}
	for i, y := range p.Years {
		if y < minYear || y > maxYear {
			problems.Add(fault.Invalid("PLAN_YEAR_OUT_OF_RANGE", "year %d: give one from %d to %d", y, minYear, maxYear).
				With("year", y).In(fmt.Sprintf("years[%d]", i)))
		}
	}
	if p.MinCoverage < 0 || p.MinCoverage > FullCoverage {
		problems.Add(fault.Invalid("COVERAGE_OUT_OF_RANGE", "the least coverage is a percentage from 0 to 100").In("min_coverage"))
	}
	p.checkGroups(&problems)
	p.checkCodes("focus", p.Focus, &problems)
	p.checkCodes("headline", p.Headline, &problems)
	p.checkTwice(&problems)
	return problems.Err()
}

func (p *Plan) checkGroups(problems *fault.List) {
	in := map[indicator.Code]string{}
	for i, g := range p.Groups {
		at := fmt.Sprintf("groups[%d]", i)
		if _, err := text.Code("code", g.Code); err != nil {
			problems.Add(fault.Of(err).In(at))
		}
		if slices.ContainsFunc(p.Groups[:i], func(o Group) bool { return text.SameCode(o.Code, g.Code) }) {
			problems.Add(fault.Invalid("GROUP_TWICE", "the plan has two groups %s", g.Code).With("group", g.Code).In(at))
		}
		p.checkCodes(at+".indicators", g.Indicators, problems)
		for n, code := range g.Indicators {
			if other, twice := in[code.Fold()]; twice {
				problems.Add(fault.Invalid("INDICATOR_IN_TWO_GROUPS", "indicator %s stands in group %s already; an indicator is in one place of one group", code, other).
					With("indicator", code).With("group", other).In(fmt.Sprintf("%s.indicators[%d]", at, n)))
			}
			in[code.Fold()] = g.Code
		}
	}
}

func (p *Plan) checkCodes(where string, codes []indicator.Code, problems *fault.List) {
	if len(codes) > maxList {
		problems.Add(fault.Invalid("LIST_TOO_LONG", "%s has %d members; at most %d are taken", where, len(codes), maxList).
			With("count", len(codes)).With("limit", maxList).In(where))
		return
	}
	for i, code := range codes {
		if _, err := indicator.ParseCode(string(code)); err != nil {
			problems.Add(fault.Of(err).In(fmt.Sprintf("%s[%d]", where, i)))
		}
	}
}

// checkTwice refuses what may stand in a list once.
func (p *Plan) checkTwice(problems *fault.List) {
	for i, c := range p.Classes {
		if slices.Contains(p.Classes[:i], c) {
			problems.Add(fault.Invalid("CLASS_TWICE", "the class %q stands in the order twice", c).With("class", c).In(fmt.Sprintf("classes[%d]", i)))
		}
	}
	for i, r := range p.Rules {
		at := fmt.Sprintf("rules[%d]", i)
		if _, err := text.Code("code", r.Code); err != nil {
			problems.Add(fault.Of(err).In(at))
		}
		if slices.ContainsFunc(p.Rules[:i], func(o Rule) bool { return text.SameCode(o.Code, r.Code) }) {
			problems.Add(fault.Invalid("RULE_TWICE", "the plan has two rules %s", r.Code).With("code", r.Code).In(at))
		}
	}
}
