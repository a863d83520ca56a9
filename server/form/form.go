package form

import (
	"fmt"
	"slices"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// Code names a form. It keeps its spelling; two codes that differ in case alone are one (R43).
type Code string

// Fold gives the key under which the code is unique: lower case.
func (c Code) Fold() Code { return Code(text.FoldCode(string(c))) }

// Same says whether two spellings name one form.
func (c Code) Same(other Code) bool { return text.SameCode(string(c), string(other)) }

// ParseCode reads a code. The error names no field.
func ParseCode(s string) (Code, error) {
	code, err := text.Code("", s)
	return Code(code), err
}

// maxName is how many characters the name of a form may have.
const maxName = 500

// Form is one version of a form. It is a plain value; Check tells what is wrong with it.
type Form struct {
	Code           Code
	NameVI, NameEN string
	// Frequency is the kind of its base periods: month, quarter, half or year. It never changes within a code.
	Frequency period.Kind
	// Calendar says which days its periods have. It never changes within a code.
	Calendar period.Calendar
	// Indicators are the codes in the order in which the form asks for them.
	Indicators []indicator.Code
	// Assigned says who owes the form (R9), exceptions among them.
	Assigned []hierarchy.Selector
	// Owner closes its periods (R27); Reviewer approves its reports. Without a reviewer the nearest unit above with an
	// approver does. Both are optional.
	Owner, Reviewer hierarchy.ID
	// OwnApproval says that whoever sent a revision may approve it too, where he reviews it.
	OwnApproval bool
	// Due says for each kind of unit when its report is due (R6). A kind without a rule has no deadline.
	Due period.Due
	// ValidFrom is the first day of the version, or Beginning. A base period takes the version of its last day.
	ValidFrom period.Day
}

// Carries says whether the form asks for the indicator.
func (f Form) Carries(code indicator.Code) bool {
	return slices.ContainsFunc(f.Indicators, code.Same)
}

// Last gives the last day of a period in the form's calendar.
func (f Form) Last(p period.Period) period.Day { return f.Calendar.Last(p) }

// Check tells every violation of a version looked at alone, each with its field. What needs the tree, the catalogue or
// the other forms is for Set.With.
func (f Form) Check() error {
	var problems fault.List
	_, err := text.Code("code", string(f.Code))
	problems.Add(err)
	if f.NameVI == "" {
		problems.Add(fault.Invalid("NAME_EMPTY", "form %q has no Vietnamese name", f.Code).With("code", f.Code).In("name_vi"))
	}
	problems.Add(checkClean("name_vi", f.NameVI))
	problems.Add(checkClean("name_en", f.NameEN))
	switch f.Frequency {
	case period.Month, period.Quarter, period.Half, period.Year:
	default:
		problems.Add(fault.Invalid("FREQUENCY_UNKNOWN", "form %q: frequency %q; a form is reported every month, quarter, half or year",
			f.Code, f.Frequency).With("code", f.Code).With("value", f.Frequency).In("frequency"))
	}
	if f.Calendar != period.Civil && f.Calendar != period.CutoffFifteenth {
		problems.Add(fault.Invalid("CALENDAR_UNKNOWN", "form %q: the calendar is CIVIL or CUTOFF_15_14", f.Code).
			With("code", f.Code).With("value", f.Calendar).In("calendar"))
	}
	f.checkIndicators(&problems)
	f.checkAssigned(&problems)
	for _, id := range []struct {
		field string
		id    hierarchy.ID
	}{{"owner", f.Owner}, {"reviewer", f.Reviewer}} {
		if id.id == "" {
			continue
		}
		if _, err := hierarchy.ParseID(string(id.id)); err != nil {
			problems.Add(fault.Of(err).In(id.field))
		}
	}
	for _, rule := range f.Due.Rules() {
		if _, err := hierarchy.ParseKind(rule.UnitKind); err != nil {
			problems.Add(fault.Of(err).In("due"))
		}
	}
	return problems.Err()
}

func (f *Form) checkIndicators(problems *fault.List) {
	if len(f.Indicators) == 0 {
		problems.Add(fault.Invalid("INDICATORS_EMPTY", "form %q asks for no indicator", f.Code).With("code", f.Code).In("indicators"))
	}
	seen := make(map[indicator.Code]bool, len(f.Indicators))
	for i, code := range f.Indicators {
		at := fmt.Sprintf("indicators[%d]", i)
		_, err := text.Code(at, string(code))
		problems.Add(err)
		if seen[code.Fold()] {
			problems.Add(fault.Invalid("FORM_INDICATOR_REPEATED", "form %q asks for indicator %q twice", f.Code, code).
				With("code", f.Code).With("indicator", code).In(at))
		}
		seen[code.Fold()] = true
	}
}

func (f *Form) checkAssigned(problems *fault.List) {
	someone := false
	for i, s := range f.Assigned {
		someone = someone || !s.Except
		if err := s.Check(); err != nil {
			problems.Add(fault.Of(err).In(fmt.Sprintf("assigned[%d]", i)))
		}
	}
	if !someone {
		problems.Add(fault.Invalid("ASSIGNED_EMPTY",
			"form %q is assigned to nobody; name who owes it, such as kind:commune or unit:82-20250701", f.Code).
			With("code", f.Code).In("assigned"))
	}
}

// checkClean also refuses what Clean would have changed, so that a text is stored in one form only.
func checkClean(field, s string) error {
	clean, err := text.Clean(field, s, maxName)
	if err == nil && clean != s {
		return fault.Invalid("TEXT_NOT_CLEAN", "%q is not in its stored form (NFC, no space at the ends): %q", s, clean).In(field)
	}
	return err
}

// clone copies what a caller could write to through the slices.
func (f Form) clone() Form {
	f.Indicators = slices.Clone(f.Indicators)
	f.Assigned = slices.Clone(f.Assigned)
	return f
}
