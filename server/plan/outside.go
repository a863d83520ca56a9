package plan

import (
	"fmt"
	"slices"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// Outside is one version of what somebody else published about a unit: a rank, an index, a class, a day. It is never rolled up.
type Outside struct {
	Indicator indicator.Code
	Unit      hierarchy.ID
	// Year is the one that was measured, not that of publication.
	Year int
	// Value is as it was written; empty is none. Ranked is among how many it is a rank; 0 is no rank, or not known.
	Value  string
	Ranked int
	Class  string
	// Done is the day on which something was done, Published that of publication; Beginning is none.
	Done, Published period.Day
	Source, Note    string
	// Withdrawn says that it is taken back.
	Withdrawn bool
}

// Key names it: indicator, unit and year.
func (o *Outside) Key() string { return OutsideKey(o.Indicator, o.Unit, o.Year) }

// OutsideKey names an outside figure; those of one indicator and unit stand together.
func OutsideKey(code indicator.Code, unit hierarchy.ID, year int) string {
	return fmt.Sprintf("%s/%s/%04d", code.Fold(), unit, year)
}

// Check tells every violation, each with its field.
func (o *Outside) Check() error {
	var problems fault.List
	checkYear(o.Year, &problems)
	if _, err := indicator.ParseCode(string(o.Indicator)); err != nil {
		problems.Add(fault.Of(err).In("indicator"))
	}
	if _, err := ParseAmount(o.Value); err != nil {
		problems.Add(fault.Of(err).In("value"))
	}
	if o.Ranked < 0 || o.Ranked > 0 && o.Value == "" {
		problems.Add(fault.Invalid("OUTSIDE_RANKED", "ranked %d: among how many a value is a rank stands beside the value", o.Ranked).
			With("value", o.Ranked).In("ranked"))
	}
	if o.Source == "" && !o.Withdrawn {
		problems.Add(fault.Invalid("SOURCE_MISSING", "an outside figure says who published it, and where").In("source"))
	}
	checkTexts(&problems, o.Class, o.Source, o.Note)
	return problems.Err()
}

// Reading gives the figure as it is held against targets.
func (o *Outside) Reading() Reading {
	value, _ := ParseAmount(o.Value)
	return Reading{
		Value: value.Fraction(), Class: o.Class, Ranked: o.Ranked, Done: o.Done, By: period.Date(o.Year, 12, 31),
	}
}

// Region is one version of a named set of units that are compared with each other.
type Region struct {
	Code           string
	NameVI, NameEN string
	// Units may have ended: on a day those count that stand.
	Units []hierarchy.ID
}

// Check tells every violation, each with its field.
func (r *Region) Check() error {
	var problems fault.List
	if _, err := text.Code("region", r.Code); err != nil {
		problems.Add(err)
	}
	for _, s := range []struct {
		name, text string
		needed     bool
	}{{"name_vi", r.NameVI, true}, {"name_en", r.NameEN, false}} {
		clean, err := text.Clean(s.name, s.text, maxText)
		switch {
		case err != nil:
			problems.Add(err)
		case clean == "" && s.needed:
			problems.Add(fault.Invalid("TEXT_MISSING", "%s is empty; write what stands in the document", s.name).With("name", s.name).In(s.name))
		}
	}
	for i, u := range r.Units {
		if slices.Contains(r.Units[:i], u) {
			problems.Add(fault.Invalid("REGION_UNIT_TWICE", "unit %s stands in region %s twice", u, r.Code).With("unit", u).With("region", r.Code).In("unit"))
		}
	}
	if len(r.Units) > maxList {
		problems.Add(fault.Invalid("LIST_TOO_LONG", "%s has %d members; at most %d are taken", r.Code, len(r.Units), maxList).
			With("count", len(r.Units)).With("limit", maxList).In("unit"))
	}
	return problems.Err()
}
