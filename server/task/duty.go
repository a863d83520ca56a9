package task

import (
	"fmt"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// Code names a duty, or a step within one; the spelling is kept, and case makes no difference.
type Code string

// Fold gives the form under which it is unique.
func (c Code) Fold() Code { return Code(text.FoldCode(string(c))) }

// Same says whether two spellings are one code.
func (c Code) Same(other Code) bool { return text.SameCode(string(c), string(other)) }

// Duty is one version of what units are to do.
type Duty struct {
	Code Code
	// NameVI and NameEN say what is to be done, or what the inspection is about.
	NameVI, NameEN string
	Assigned       []hierarchy.Selector
	// Due is the last day on which it is in time; Beginning where it has steps.
	Due   period.Day
	Steps []Step
	// Number and Decided are of the decision behind it; empty and Beginning are none.
	Number  string
	Decided period.Day
	// Plan is the id of the plan that orders it, Indicator the one whose targets it answers; empty is none.
	Plan      string
	Indicator indicator.Code
	// Withdrawn says that it is asked no longer.
	Withdrawn bool
}

// Step is a part of a duty with a day of its own. One without a code is a duty that has no parts.
type Step struct {
	Code           Code
	NameVI, NameEN string
	Due            period.Day
}

// Inspection says whether it has steps.
func (d *Duty) Inspection() bool { return len(d.Steps) > 0 }

// Parts gives the steps, or the duty itself as the only one, without a code.
func (d *Duty) Parts() []Step {
	if d.Inspection() {
		return d.Steps
	}
	return []Step{{NameVI: d.NameVI, NameEN: d.NameEN, Due: d.Due}}
}

// Part finds a step by its code in any case, or the duty itself by none; false if it has no such step.
func (d *Duty) Part(code Code) (Step, bool) {
	for _, s := range d.Parts() {
		if s.Code.Same(code) {
			return s, true
		}
	}
	return Step{}, false
}

// Limits of what is kept.
const (
	maxText  = 500
	maxSteps = 50
	maxWords = 1000
)

// Clean makes of its texts what is stored of them. Texts that cannot be kept stay, and Check tells of them.
func (d *Duty) Clean() {
	for _, s := range d.texts() {
		if clean, err := text.Clean(s.name, *s.text, maxText); err == nil {
			*s.text = clean
		}
	}
}

// textOf is a text in the duty.
type textOf struct {
	name   string
	text   *string
	needed bool
}

func (d *Duty) texts() []textOf {
	list := []textOf{{"name_vi", &d.NameVI, true}, {"name_en", &d.NameEN, false}, {"number", &d.Number, false}}
	for i := range d.Steps {
		at := fmt.Sprintf("steps[%d].", i)
		list = append(list, textOf{at + "name_vi", &d.Steps[i].NameVI, true}, textOf{at + "name_en", &d.Steps[i].NameEN, false})
	}
	return list
}

// Check tells every violation, each with its field. Whether the units it names are there is for whoever knows the tree.
func (d *Duty) Check() error {
	var problems fault.List
	if _, err := text.Code("code", string(d.Code)); err != nil {
		problems.Add(err)
	}
	for _, s := range d.texts() {
		clean, err := text.Clean(s.name, *s.text, maxText)
		switch {
		case err != nil:
			problems.Add(err)
		case clean == "" && s.needed:
			problems.Add(fault.Invalid("TEXT_MISSING", "%s is empty; write what stands in the document", s.name).With("name", s.name).In(s.name))
		}
	}
	d.checkAssigned(&problems)
	d.checkDays(&problems)
	if d.Plan != "" {
		if _, err := text.Code("plan", d.Plan); err != nil {
			problems.Add(err)
		}
	}
	if d.Indicator != "" {
		if _, err := indicator.ParseCode(string(d.Indicator)); err != nil {
			problems.Add(fault.Of(err).In("indicator"))
		}
	}
	return problems.Err()
}

func (d *Duty) checkAssigned(problems *fault.List) {
	anybody := false
	for i, s := range d.Assigned {
		anybody = anybody || !s.Except
		if err := s.Check(); err != nil {
			problems.Add(fault.Of(err).In(fmt.Sprintf("assigned[%d]", i)))
		}
	}
	switch {
	case !anybody:
		problems.Add(fault.Invalid("ASSIGNMENT_MISSING", "duty %s is asked of nobody; say of which units, such as kind:commune", d.Code).
			With("duty", d.Code).In("assigned"))
	case len(d.Assigned) > maxWords:
		problems.Add(fault.Invalid("LIST_TOO_LONG", "%s has %d members; at most %d are taken", "assigned", len(d.Assigned), maxWords).
			With("count", len(d.Assigned)).With("limit", maxWords).In("assigned"))
	}
}

func (d *Duty) checkDays(problems *fault.List) {
	switch {
	case d.Inspection() && d.Due != period.Beginning:
		problems.Add(fault.Invalid("DUTY_DUE_TWICE", "duty %s has steps, each with its own day, and a day besides; leave that out", d.Code).
			With("duty", d.Code).In("due"))
	case !d.Inspection() && d.Due == period.Beginning:
		problems.Add(fault.Invalid("DUTY_DUE_MISSING", "%s has no last day; give one such as 2025-06-30", "the duty").With("what", d.Code).In("due"))
	case len(d.Steps) > maxSteps:
		problems.Add(fault.Invalid("LIST_TOO_LONG", "%s has %d members; at most %d are taken", "steps", len(d.Steps), maxSteps).
			With("count", len(d.Steps)).With("limit", maxSteps).In("steps"))
	}
	for i, s := range d.Steps {
		at := fmt.Sprintf("steps[%d]", i)
		if _, err := text.Code("code", string(s.Code)); err != nil {
			problems.Add(fault.Of(err).In(at))
		}
		if s.Due == period.Beginning {
			problems.Add(fault.Invalid("DUTY_DUE_MISSING", "%s has no last day; give one such as 2025-06-30", "step "+string(s.Code)).With("what", s.Code).In(at + ".due"))
		}
		for _, other := range d.Steps[:i] {
			if other.Code.Same(s.Code) {
				problems.Add(fault.Invalid("STEP_TWICE", "the inspection has two steps %s", s.Code).With("step", s.Code).In(at))
			}
		}
	}
}

// OwedOn gives the day whose tree says who owes a step: the due day, or, as long as that has not come, the day of asking.
func (s Step) OwedOn(asked period.Day) period.Day { return min(s.Due, asked) }

// Owes says whether a unit owes a step, judged on a day.
func (d *Duty) Owes(s Step, t *hierarchy.Tree, u hierarchy.Unit, asked period.Day) bool {
	on := s.OwedOn(asked)
	return !d.Withdrawn && u.ValidOn(on) && hierarchy.Selected(d.Assigned, t, u, on)
}
