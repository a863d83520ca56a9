package aggregator

import (
	"time"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/register"
	"github.com/tonghop/tonghop/server/task"
)

// applySingle stores what an entry says of duties and registers; of any other it is nothing.
func (t *Tx) applySingle(body entry.Body) error {
	switch b := body.(type) {
	case entry.DutiesChanged:
		return putPapers(t, dutyPaper, b.Duties, dutyName, entry.AppendDuty)
	case entry.DutyReported:
		if err := t.keepText(b.Note); err != nil {
			return err
		}
		return putPapers(t, dutyRecordPaper, []task.Record{b.Record}, dutyRecordName, entry.AppendDutyRecord)
	case entry.RegistersChanged:
		return putPapers(t, registerPaper, b.Registers, registerName, entry.AppendRegister)
	case entry.RegisterItemsChanged:
		if err := t.keepText(b.Reason); err != nil {
			return err
		}
		return putPapers(t, itemPaper, b.Items, itemName, entry.AppendItem)
	}
	return nil
}

// changeOfSingle is the note of such an entry; of any other it is the one that concerns nobody.
func changeOfSingle(body entry.Body) Change {
	switch b := body.(type) {
	case entry.DutiesChanged:
		return Change{Kind: DutiesChange, Name: only(b.Duties, func(d task.Duty) string { return dutyName(&d) })}
	case entry.DutyReported:
		return Change{Kind: DutiesChange, Name: string(b.Duty.Fold())}
	case entry.RegistersChanged:
		return Change{Kind: RegistersChange, Name: only(b.Registers, func(r register.Register) string { return registerName(&r) })}
	case entry.RegisterItemsChanged:
		if len(b.Items) > 0 {
			return Change{Kind: RegistersChange, Name: string(b.Items[0].Register.Fold())}
		}
		return Change{Kind: RegistersChange}
	}
	return Change{}
}

// The names of duties and registers. What units entered of a duty stands by its steps, the items of a register by their codes.
func dutyName(d *task.Duty) string             { return string(d.Code.Fold()) }
func registerName(r *register.Register) string { return string(r.Code.Fold()) }
func itemName(i *register.Item) string         { return ofRegister(i.Register) + string(i.Code.Fold()) }

func dutyRecordName(r *task.Record) string {
	return ofStep(r.Duty, r.Step) + string(r.Unit)
}

func ofStep(code, step task.Code) string {
	return string(code.Fold()) + "/" + string(step.Fold()) + "/"
}
func ofRegister(code register.Code) string { return string(code.Fold()) + "/" }

// Duty gives a duty by its code in any case; false if there is none.
func (t *Tx) Duty(code task.Code) (Versioned[task.Duty], bool, error) {
	return paper(t, dutyPaper, string(code.Fold()), entry.ParseDuty)
}

// Duties visits duties from a code on, in the order of codes, until visit says false.
func (t *Tx) Duties(from task.Code, visit func(Versioned[task.Duty]) bool) error {
	return papers(t, dutyPaper, "", string(from.Fold()), entry.ParseDuty, func(_ string, v Versioned[task.Duty]) bool { return visit(v) })
}

// DutyHistory gives the sequences of the entries that wrote a duty, the newest first.
func (t *Tx) DutyHistory(code task.Code) []uint64 {
	return t.paperHistory(dutyPaper, string(code.Fold()))
}

// DutyRecord gives what a unit entered last of a step, also if it took that back; false if it never entered anything.
func (t *Tx) DutyRecord(code, step task.Code, unit hierarchy.ID) (Versioned[task.Record], bool, error) {
	return paper(t, dutyRecordPaper, ofStep(code, step)+string(unit), entry.ParseDutyRecord)
}

// DutyRecords visits what units entered last of a step, in the order of their ids, until visit says false.
func (t *Tx) DutyRecords(code, step task.Code, visit func(Versioned[task.Record]) bool) error {
	prefix := ofStep(code, step)
	return papers(t, dutyRecordPaper, prefix, prefix, entry.ParseDutyRecord, func(_ string, v Versioned[task.Record]) bool { return visit(v) })
}

// DutyRecordHistory gives the sequences of the entries in which a unit entered something of a step, the newest first.
func (t *Tx) DutyRecordHistory(r *task.Record) []uint64 {
	return t.paperHistory(dutyRecordPaper, dutyRecordName(r))
}

// Written is what was written with an entry, and who made it when.
type Written struct {
	Principal string
	Time      time.Time
	// Text is empty where it was removed.
	Text    string
	Removed bool
}

// Written gives what was written with the entry that reported a duty or changed items.
func (t *Tx) Written(sequence uint64) (w Written, err error) {
	if w.Principal, w.Time, err = t.made(sequence); err != nil {
		return w, err
	}
	if w.Removed, err = t.Redacted(sequence); err != nil || w.Removed {
		return w, err
	}
	w.Text, err = t.text(sequence)
	return w, err
}

// Register gives a register by its code in any case; false if there is none.
func (t *Tx) Register(code register.Code) (Versioned[register.Register], bool, error) {
	return paper(t, registerPaper, string(code.Fold()), entry.ParseRegister)
}

// Registers visits registers from a code on, in the order of codes, until visit says false.
func (t *Tx) Registers(from register.Code, visit func(Versioned[register.Register]) bool) error {
	return papers(t, registerPaper, "", string(from.Fold()), entry.ParseRegister, func(_ string, v Versioned[register.Register]) bool { return visit(v) })
}

// RegisterHistory gives the sequences of the entries that wrote a register, the newest first.
func (t *Tx) RegisterHistory(code register.Code) []uint64 {
	return t.paperHistory(registerPaper, string(code.Fold()))
}

// RegisterItem gives an item by its code in any case, withdrawn or not; false if there never was one.
func (t *Tx) RegisterItem(of, code register.Code) (Versioned[register.Item], bool, error) {
	return paper(t, itemPaper, ofRegister(of)+string(code.Fold()), entry.ParseItem)
}

// RegisterItems visits the items of a register from a code on, in the order of codes, until visit says false.
func (t *Tx) RegisterItems(of, from register.Code, visit func(Versioned[register.Item]) bool) error {
	prefix := ofRegister(of)
	return papers(t, itemPaper, prefix, prefix+string(from.Fold()), entry.ParseItem, func(_ string, v Versioned[register.Item]) bool { return visit(v) })
}

// RegisterItemHistory gives the sequences of the entries that wrote an item, the newest first.
func (t *Tx) RegisterItemHistory(of, code register.Code) []uint64 {
	return t.paperHistory(itemPaper, ofRegister(of)+string(code.Fold()))
}
