package reporting

import (
	"bytes"
	"fmt"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// bindForms resolves what the rows name, asks whether the set of forms takes them, and gives each its number.
// With open it takes what bears on periods that have begun, and tells of them; without, it refuses that.
func (g granted) bindForms(rows []form.Form, open bool) ([]entry.Form, []form.Warning, error) {
	var problems fault.List
	bound := make([]form.Form, len(rows))
	for i, row := range rows {
		at := fmt.Sprintf("forms[%d]", i)
		row.NameVI, row.NameEN = text.NFC(row.NameVI), text.NFC(row.NameEN)
		assigned, err := g.bindSelectors(row.Assigned, row.ValidFrom)
		if err != nil {
			problems.Add(fault.Of(err).In("assigned").In(at))
		}
		row.Assigned = assigned
		on := row.ValidFrom
		if on.IsOpen() {
			on = period.DayOf(g.now)
		}
		for _, ref := range []struct {
			field string
			id    *hierarchy.ID
		}{{"owner", &row.Owner}, {"reviewer", &row.Reviewer}} {
			if *ref.id == "" {
				continue
			}
			unit, err := g.tx.Tree().Resolve(string(*ref.id), on)
			if err != nil {
				problems.Add(fault.Of(err).In(ref.field).In(at))
				continue
			}
			*ref.id = unit.ID
		}
		bound[i] = row
	}
	if err := problems.Err(); err != nil {
		return nil, nil, err
	}
	next, warnings, err := g.tx.Forms().With(g.tx.Tree(), g.tx.Indicators(), bound...)
	if err != nil {
		return nil, nil, err
	}
	numbered := make([]entry.Form, len(bound))
	for i, b := range bound {
		number, _ := next.Ordinal(b.Code)
		stored, _ := sameFormVersion(next.Versions(b.Code), b)
		if err := g.keepsClosedForm(stored); err != nil {
			problems.Add(fault.Of(err).In("valid_from").In(fmt.Sprintf("forms[%d]", i)))
		}
		affected, err := g.openPeriods(stored, next)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case affected == nil:
		case open:
			warnings = append(warnings, affected.In(fmt.Sprintf("forms[%d]", i)))
		default:
			problems.Add(affected.In(fmt.Sprintf("forms[%d]", i)))
		}
		numbered[i] = entry.Form{Number: uint32(number), Form: stored} //nolint:gosec // an ordinal
	}
	if err := problems.Err(); err != nil {
		return nil, nil, err
	}
	return numbered, append(warnings, g.warnForms(bound)...), nil
}

func sameFormVersion(versions []form.Form, like form.Form) (form.Form, bool) {
	for _, v := range versions {
		if v.ValidFrom == like.ValidFrom {
			return v, true
		}
	}
	return form.Form{}, false
}

// sameForm compares two versions as they are kept.
func sameForm(a, b form.Form) bool {
	x, err := entry.AppendForm(nil, entry.Form{Form: a})
	if err != nil {
		return false
	}
	y, err := entry.AppendForm(nil, entry.Form{Form: b})
	return err == nil && bytes.Equal(x, y)
}

func hashForms(call Call, method, etag string, rows ...form.Form) [32]byte {
	c := canon(method).text("etag", etag).count("forms", len(rows))
	if call.OpenPeriods { // hashes of what has it not are older than it
		c.flag("open_periods", true)
	}
	for _, f := range rows {
		c.text("code", string(f.Code)).text("name_vi", f.NameVI).text("name_en", f.NameEN).
			text("frequency", f.Frequency.String()).text("calendar", f.Calendar.String()).
			selectors("assigned", f.Assigned).text("owner", string(f.Owner)).text("reviewer", string(f.Reviewer)).text("due", f.Due.String()).
			text("valid_from", f.ValidFrom.String())
		list(c, "indicators", f.Indicators)
		if f.OwnApproval { // hashes of what has it not are older than it
			c.flag("own_approval", true)
		}
	}
	return c.sum()
}
