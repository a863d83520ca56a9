package register

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

// Code names a register, or an item within one; the spelling is kept, and case makes no difference.
type Code string

// Fold gives the form under which it is unique.
func (c Code) Fold() Code { return Code(text.FoldCode(string(c))) }

// Same says whether two spellings are one code.
func (c Code) Same(other Code) bool { return text.SameCode(string(c), string(other)) }

// Register is one version of the description of a register.
type Register struct {
	Code           Code
	NameVI, NameEN string
	Fields         []Field
	Counters       []Counter
	// Calendar is the one by which its indicators are counted.
	Calendar period.Calendar
}

// Field is something that is told of each item.
type Field struct {
	Code           Code
	NameVI, NameEN string
}

// Rule says how items are counted. The zero value is none.
type Rule uint8

// The rules.
const (
	noRule Rule = iota
	// Stock counts those there are at the end of the period.
	Stock
	// Added counts those that came in it, Ended those that ended in it.
	Added
	Ended
	// First counts those that came in it and are the first of their key in the year.
	First
)

// ruleWords are indexed by value; they stand in the journal.
var ruleWords = []string{"", "STOCK", "ADDED", "ENDED", "FIRST"}

// String gives the word of the API and of the journal; empty for none.
func (r Rule) String() string {
	if int(r) >= len(ruleWords) {
		return ""
	}
	return ruleWords[r]
}

// ParseRule reads a word. The error names no field.
func ParseRule(s string) (Rule, error) {
	if at := slices.Index(ruleWords, s); at > 0 {
		return Rule(at), nil //nolint:gosec // five
	}
	return noRule, fault.Invalid("REGISTER_RULE_UNKNOWN", "%q is no way of counting; give one of %s", s, strings.Join(ruleWords[1:], " ")).With("value", s)
}

// Counter says that an indicator is counted from the register.
type Counter struct {
	Indicator indicator.Code
	Rule      Rule
}

// Item is one version of one thing.
type Item struct {
	Register, Code Code
	// Unit is the one that it was given to; it stands on the first day, and may have ended since.
	Unit  hierarchy.ID
	Title string
	// Key tells what is the same thing; empty is the item's own code.
	Key string
	// Since is the first day, Until the first one on which it is there no longer, Forever if there is none.
	Since, Until period.Day
	// Values are by the places of the register's fields at the time of entry, each with the code of its field.
	Values []Value
	// Withdrawn says that it was entered by mistake and counts nowhere.
	Withdrawn bool
}

// Value is what is told of an item in one field.
type Value struct {
	Field Code
	Text  string
}

// Limits of what is kept.
const (
	maxText     = 500
	maxFields   = 8
	maxCounters = 50
)

// Clean makes of its texts what is stored of them. Texts that cannot be kept stay, and Check tells of them.
func (r *Register) Clean() {
	for _, s := range r.texts() {
		if clean, err := text.Clean(s.name, *s.text, maxText); err == nil {
			*s.text = clean
		}
	}
}

// textOf is a text that somebody wrote.
type textOf struct {
	name   string
	text   *string
	needed bool
}

func (r *Register) texts() []textOf {
	list := []textOf{{"name_vi", &r.NameVI, true}, {"name_en", &r.NameEN, false}}
	for i := range r.Fields {
		at := fmt.Sprintf("fields[%d].", i)
		list = append(list, textOf{at + "name_vi", &r.Fields[i].NameVI, true}, textOf{at + "name_en", &r.Fields[i].NameEN, false})
	}
	return list
}

func checkTexts(list []textOf, problems *fault.List) {
	for _, s := range list {
		clean, err := text.Clean(s.name, *s.text, maxText)
		switch {
		case err != nil:
			problems.Add(err)
		case clean == "" && s.needed:
			problems.Add(fault.Invalid("TEXT_MISSING", "%s is empty; write what stands in the document", s.name).With("name", s.name).In(s.name))
		}
	}
}

// Check tells every violation, each with its field.
func (r *Register) Check() error {
	var problems fault.List
	if _, err := text.Code("code", string(r.Code)); err != nil {
		problems.Add(err)
	}
	checkTexts(r.texts(), &problems)
	for _, l := range []struct {
		name      string
		n, atMost int
	}{{"fields", len(r.Fields), maxFields}, {"counters", len(r.Counters), maxCounters}} {
		if l.n > l.atMost {
			problems.Add(fault.Invalid("LIST_TOO_LONG", "%s has %d members; at most %d are taken", l.name, l.n, l.atMost).
				With("count", l.n).With("limit", l.atMost).In(l.name))
		}
	}
	for i, f := range r.Fields {
		at := fmt.Sprintf("fields[%d]", i)
		if _, err := text.Code("code", string(f.Code)); err != nil {
			problems.Add(fault.Of(err).In(at))
		}
		if slices.ContainsFunc(r.Fields[:i], func(o Field) bool { return o.Code.Same(f.Code) }) {
			problems.Add(fault.Invalid("REGISTER_FIELD_TWICE", "register %s has two fields %s", r.Code, f.Code).With("register", r.Code).With("field", f.Code).In(at))
		}
	}
	for i, c := range r.Counters {
		at := fmt.Sprintf("counters[%d]", i)
		if _, err := indicator.ParseCode(string(c.Indicator)); err != nil {
			problems.Add(fault.Of(err).In("indicator").In(at))
		}
		if c.Rule.String() == "" {
			problems.Add(fault.Invalid("REGISTER_RULE_UNKNOWN", "%q is no way of counting; give one of %s", "", strings.Join(ruleWords[1:], " ")).In("rule").In(at))
		}
		if slices.ContainsFunc(r.Counters[:i], func(o Counter) bool { return o.Indicator.Same(c.Indicator) }) {
			problems.Add(fault.Invalid("REGISTER_COUNT_TWICE", "indicator %s is counted in two ways; give each its own indicator", c.Indicator).
				With("indicator", c.Indicator).In(at))
		}
	}
	return problems.Err()
}

// Field finds a field by its code in any case; false if the register has none.
func (r *Register) Field(code Code) (Field, bool) {
	for _, f := range r.Fields {
		if f.Code.Same(code) {
			return f, true
		}
	}
	return Field{}, false
}

// Clean is Clean of a register. Values come into the order of the register's fields, and empty ones go.
func (i *Item) Clean(r *Register) {
	i.Register = r.Code
	for _, s := range i.texts() {
		if clean, err := text.Clean(s.name, *s.text, maxText); err == nil {
			*s.text = clean
		}
	}
	place := func(v Value) int {
		return slices.IndexFunc(r.Fields, func(f Field) bool { return f.Code.Same(v.Field) })
	}
	i.Values = slices.DeleteFunc(i.Values, func(v Value) bool { return v.Text == "" })
	slices.SortStableFunc(i.Values, func(a, b Value) int { return place(a) - place(b) })
	for n := range i.Values {
		if f, known := r.Field(i.Values[n].Field); known {
			i.Values[n].Field = f.Code
		}
	}
}

func (i *Item) texts() []textOf {
	list := []textOf{{"title", &i.Title, true}, {"key", &i.Key, false}}
	for n := range i.Values {
		list = append(list, textOf{"values." + string(i.Values[n].Field), &i.Values[n].Text, false})
	}
	return list
}

// Check tells every violation, each with its field. Whether its unit is there is for whoever knows the tree.
func (i *Item) Check(r *Register) error {
	var problems fault.List
	if _, err := text.Code("code", string(i.Code)); err != nil {
		problems.Add(err)
	}
	checkTexts(i.texts(), &problems)
	switch {
	case i.Since == period.Beginning:
		problems.Add(fault.Invalid("ITEM_SINCE_MISSING", "item %s has no first day; give the day since which it is there", i.Code).With("item", i.Code).In("since"))
	case i.Until <= i.Since:
		problems.Add(fault.Invalid("ITEM_UNTIL_NOT_AFTER", "item %s ends on %s and begins on %s; its end is the first day on which it is there no longer, and comes later",
			i.Code, i.Until, i.Since).With("item", i.Code).With("until", i.Until).With("since", i.Since).In("until"))
	}
	for n, v := range i.Values {
		at := "values." + string(v.Field)
		if _, known := r.Field(v.Field); !known {
			problems.Add(fault.Invalid("REGISTER_FIELD_UNKNOWN", "register %s has no field %q", r.Code, v.Field).With("register", r.Code).With("field", v.Field).In(at))
		}
		if slices.ContainsFunc(i.Values[:n], func(o Value) bool { return o.Field.Same(v.Field) }) {
			problems.Add(fault.Invalid("REGISTER_FIELD_TWICE", "register %s has two fields %s", i.Code, v.Field).With("register", i.Code).With("field", v.Field).In(at))
		}
	}
	return problems.Err()
}

// On says whether it is there on a day.
func (i *Item) On(day period.Day) bool { return !i.Withdrawn && i.Since <= day && day < i.Until }
