package tabular

import (
	"io"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// The columns of forms.csv, in the order of their constants.
var formColumns = columns(`code name_vi name_en? frequency calendar indicators assigned except? owner? reviewer? due?
	valid_from? own_approval?`)

const (
	formCode = iota
	formNameVI
	formNameEN
	formFrequency
	formCalendar
	formIndicators
	formAssigned
	formExcept
	formOwner
	formReviewer
	formDue
	formValidFrom
	formOwnApproval
)

// ReadForms reads forms.csv. Bare codes of units are resolved on the row's first day, or on today where the row has none.
// Whether the forms go together is for [form.Set.With] to say; [Sheet.Place] finds the lines of what it refuses or warns
// of.
func ReadForms(r io.Reader, resolve Resolve, today period.Day) (Sheet[form.Form], error) {
	return readSheet(r, formColumns,
		func(r row, problems *fault.List) form.Form { return readForm(r, resolve, today, problems) },
		func(f form.Form) string { return keyed(string(f.Code), f.ValidFrom) }, nil)
}

func readForm(r row, resolve Resolve, today period.Day, problems *fault.List) form.Form {
	f := form.Form{
		Code: form.Code(r.cell(formCode)), NameVI: r.name(formNameVI), NameEN: r.name(formNameEN),
		ValidFrom: r.day(formValidFrom, period.Beginning, problems),
	}
	var err error
	f.Frequency, err = period.ParseKind(r.cell(formFrequency))
	r.add(formFrequency, err, problems)
	f.Calendar, err = period.ParseCalendar(r.cell(formCalendar))
	r.add(formCalendar, err, problems)
	f.Due, err = period.ParseDue(r.cell(formDue))
	r.add(formDue, err, problems)
	for _, word := range r.list(formIndicators) {
		f.Indicators = append(f.Indicators, indicator.Code(word))
	}
	on := today
	if !f.ValidFrom.IsOpen() {
		on = f.ValidFrom
	}
	f.Owner = r.unit(formOwner, resolve, on, problems)
	f.Reviewer = r.unit(formReviewer, resolve, on, problems)
	switch word := r.cell(formOwnApproval); word {
	case "", "no":
	case "yes":
		f.OwnApproval = true
	default:
		r.add(formOwnApproval, fault.Invalid("OWN_APPROVAL_UNKNOWN", "own_approval %q: write yes where whoever sent a report may approve it too, else no", word).
			With("value", word), problems)
	}
	var wrong fault.List
	f.Assigned = r.selectors(formAssigned, formExcept, resolve, on, &wrong)
	problems.Add(wrong.Err())
	for _, p := range problemsOf(0, "", f.Check()) {
		// An assignment that could not be read is not an assignment to nobody.
		if wrong.Len() == 0 || p.Column != formColumns[formAssigned].name {
			problems.Add(p.Err)
		}
	}
	return f
}
