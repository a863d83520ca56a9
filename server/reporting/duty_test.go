package reporting_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/task"
)

// bodyDuty is asked of every commune by the end of May 2024, a day before the world begins.
func bodyDuty(code string) task.Duty {
	return task.Duty{
		Code: task.Code(code), NameVI: "Thành lập Ban Chỉ đạo", Assigned: []hierarchy.Selector{{Kind: "commune"}}, Due: period.Date(2024, 5, 31), Decided: period.Beginning,
	}
}

func (w *world) duty(d task.Duty) reporting.Duty {
	w.t.Helper()
	made, _, _, err := w.svc.CreateDuty(w.t.Context(), w.call(w.admin), d)
	must(w.t, err)
	return made
}

// did enters that a unit did something on a day of 2024.
func did(duty, unit string, month, day int) reporting.DutyEntry {
	return reporting.DutyEntry{Record: task.Record{
		Duty: task.Code(duty), Unit: hierarchy.ID(unit), Done: true, Day: period.Date(2024, month, day), DocumentDay: period.Beginning,
	}}
}

func notDone(duty, unit, note string) reporting.DutyEntry {
	return reporting.DutyEntry{Note: note, Record: task.Record{Duty: task.Code(duty), Unit: hierarchy.ID(unit), Day: period.Beginning, DocumentDay: period.Beginning}}
}

func (w *world) entered(by auth.Caller, e reporting.DutyEntry) reporting.DutyState {
	w.t.Helper()
	state, receipt, err := w.svc.ReportDuty(w.t.Context(), w.call(by), e)
	must(w.t, err)
	if receipt.Sequence == 0 {
		w.t.Errorf("entering %+v changed nothing", e)
	}
	return state
}

func (w *world) states(by auth.Caller, f reporting.DutyStateFilter) string {
	w.t.Helper()
	var words []string
	for {
		page, err := w.svc.ListDutyStates(w.t.Context(), by, f)
		must(w.t, err)
		for _, s := range page.States {
			words = append(words, strings.ToLower(fmt.Sprintf("%s%s/%s=%s", s.Duty, s.Part.Code, s.Unit.Code, s.Standing)))
		}
		if f.Page.Token = page.Next; page.Next == "" {
			return strings.Join(words, " ")
		}
	}
}

func (w *world) dutyCounts(code, by string, at reporting.At) string {
	w.t.Helper()
	counts, err := w.svc.CountDuty(w.t.Context(), w.admin, reporting.DutyCountQuery{Duty: code, By: by, At: at})
	must(w.t, err)
	var words []string
	obliged, sum := 0, 0
	for i, lines := range [][]reporting.DutyCountLine{counts.Lines, counts.Totals} {
		for _, l := range lines {
			name := "-"
			if l.Unit != nil {
				name = string(l.Unit.Code)
			}
			if i == 1 {
				name = "all"
				obliged += l.Obliged()
			} else {
				sum += l.Obliged()
			}
			words = append(words, fmt.Sprintf("%s %d:%d/%d/%d/%d", name, l.Obliged(), l.Of(task.Done), l.Of(task.Late), l.Of(task.Open), l.Of(task.Overdue)))
		}
	}
	if sum != obliged {
		w.t.Errorf("the lines of %s come to %d units, and %d are obliged", code, sum, obliged)
	}
	return strings.Join(words, ", ")
}

// TestUnitsEnterWhatTheyDid tells of a duty of the three communes: A did it in time, B did not, C did it late.
func TestUnitsEnterWhatTheyDid(t *testing.T) {
	w := newWorld(t)
	w.duty(bodyDuty("BCD"))
	w.expect("nothing entered", w.dutyCounts("BCD", "", reporting.At{}), "P 3:0/0/0/3, all 3:0/0/0/3")
	a := w.token(auth.Reporter, "A")
	first := w.entered(a, did("bcd", "A", 3, 15))
	w.expect("first", fmt.Sprint(first.Standing, first.Revision, first.Entered.OnBehalf, first.Entered.ActingFor), "DONE 1 false")
	w.entered(w.token(auth.Approver, "P"), notDone("BCD", "B", "Chờ hướng dẫn"))
	late := w.entered(w.admin, did("BCD", "C", 6, 1))
	w.expect("late", fmt.Sprint(late.Standing, late.LateDays, late.Entered.OnBehalf), "LATE 1 true")
	w.expect("by province", w.dutyCounts("BCD", "", reporting.At{}), "P 3:1/1/0/1, all 3:1/1/0/1")
	w.expect("by district", w.dutyCounts("BCD", "district", reporting.At{}), "D 2:1/0/0/1, - 1:0/1/0/0, all 3:1/1/0/1")
	w.expect("one by one", w.states(w.admin, reporting.DutyStateFilter{Page: reporting.Page{Size: 1}}), "bcd/a=done bcd/b=overdue bcd/c=late")
	w.expect("overdue", w.states(w.admin, reporting.DutyStateFilter{Duty: "BCD", Standing: task.Overdue}), "bcd/b=overdue")
	w.expect("what A sees", w.states(a, reporting.DutyStateFilter{}), "bcd/a=done")
	w.expect("on 31 May", w.states(w.admin, reporting.DutyStateFilter{AsOf: "2024-05-31"}), "bcd/a=done bcd/b=open bcd/c=open")

	// The same again changes nothing, anything else needs the etag of what is there, and every version stays.
	_, receipt, err := w.svc.ReportDuty(t.Context(), w.call(a), did("BCD", "A", 3, 15))
	must(t, err)
	w.expect("again", fmt.Sprint(receipt.Sequence), "0")
	_, _, err = w.svc.ReportDuty(t.Context(), w.call(a), did("BCD", "A", 3, 18))
	w.refused(err, "ETAG_MISMATCH")
	again := did("BCD", "A", 6, 1)
	again.Etag = first.Etag
	state := w.entered(a, again)
	w.expect("corrected", fmt.Sprint(state.Standing, state.Revision), "LATE 2")
	back := reporting.DutyEntry{Etag: state.Etag, Record: task.Record{Duty: "BCD", Unit: "A", Withdrawn: true, Day: period.Beginning, DocumentDay: period.Beginning}}
	w.entered(a, back)
	w.expect("taken back", w.dutyCounts("BCD", "", reporting.At{}), "P 3:0/1/0/2, all 3:0/1/0/2")
	then := int64(receiptOf(t, first.Etag))
	w.expect("as of the first", w.dutyCounts("BCD", "", reporting.At{Sequence: &then}), "P 3:1/0/0/2, all 3:1/0/0/2")
}

func receiptOf(t *testing.T, etag string) (n int) {
	t.Helper()
	if _, err := fmt.Sscan(etag, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestWhoMayEnterADuty asks with every role.
func TestWhoMayEnterADuty(t *testing.T) {
	w := newWorld(t)
	d := w.duty(bodyDuty("BCD"))
	for _, c := range []struct {
		role       auth.Role
		of, target string
		want       string
	}{
		{auth.Reporter, "A", "A", ""},
		{auth.Sender, "A", "A", ""},
		{auth.Drafter, "A", "A", "RIGHT_MISSING"},
		{auth.Reporter, "A", "B", "UNIT_NOT_FOUND"},
		{auth.Reporter, "D", "A", "RIGHT_MISSING"},
		{auth.Viewer, "P", "A", "RIGHT_MISSING"},
		{auth.Approver, "D", "A", ""},
		{auth.Approver, "A", "A", "RIGHT_MISSING"},
		{auth.Approver, "D", "C", "UNIT_NOT_FOUND"},
		{auth.Administrator, "P", "C", ""},
		{auth.Operator, "", "A", "RIGHT_MISSING"},
	} {
		call := w.call(w.token(c.role, c.of))
		call.ValidateOnly = true
		_, _, err := w.svc.ReportDuty(t.Context(), call, did("BCD", c.target, 5, 1))
		w.refused(err, c.want)
	}
	// Who keeps the catalogue of a part of the tree asks of that part alone.
	admin := w.token(auth.Administrator, "D")
	_, _, _, err := w.svc.CreateDuty(t.Context(), w.call(admin), bodyDuty("X"))
	w.refused(err, "RIGHT_MISSING")
	own := bodyDuty("X")
	own.Assigned[0].Under = "D"
	_, _, _, err = w.svc.CreateDuty(t.Context(), w.call(admin), own)
	must(t, err)
	own.Code = "BCD"
	_, _, _, err = w.svc.UpdateDuty(t.Context(), w.call(admin), own, d.Etag)
	w.refused(err, "RIGHT_MISSING")
	_, _, err = w.svc.ReportDuty(t.Context(), w.call(w.admin), did("X", "C", 5, 1))
	w.refused(err, "DUTY_NOT_OWED")
	d.Withdrawn = true
	_, _, _, err = w.svc.UpdateDuty(t.Context(), w.call(w.admin), d.Duty, d.Etag)
	must(t, err)
	_, _, err = w.svc.ReportDuty(t.Context(), w.call(w.admin), did("BCD", "C", 5, 1))
	w.refused(err, "DUTY_WITHDRAWN")
}

// TestR37ADutyThatIsReportedTwiceCountsOnce repeats a request, also after the duty was withdrawn and the unit went on.
func TestR37ADutyThatIsReportedTwiceCountsOnce(t *testing.T) {
	w := newWorld(t)
	d := w.duty(bodyDuty("BCD"))
	call := w.call(w.admin)
	first, receipt, err := w.svc.ReportDuty(t.Context(), call, did("BCD", "A", 3, 15))
	must(t, err)
	next := did("BCD", "A", 3, 18)
	next.Etag = first.Etag
	w.entered(w.admin, next)
	d.Withdrawn = true
	_, _, _, err = w.svc.UpdateDuty(t.Context(), w.call(w.admin), d.Duty, d.Etag)
	must(t, err)
	again, replayed, err := w.svc.ReportDuty(t.Context(), call, did("BCD", "A", 3, 15))
	must(t, err)
	if !replayed.Replayed || replayed.Sequence != receipt.Sequence || again.Etag != first.Etag || again.Revision != 1 || again.Entered.Day != first.Entered.Day {
		t.Errorf("the repeat gives %+v and %+v, want the first answer %+v", again, replayed, first)
	}
	_, _, err = w.svc.ReportDuty(t.Context(), call, did("BCD", "A", 3, 16))
	w.refused(err, "REQUEST_ID_REUSED")
}

// TestR36TheNoteOfADutyCanBeRemoved removes it from every answer.
func TestR36TheNoteOfADutyCanBeRemoved(t *testing.T) {
	w := newWorld(t)
	w.duty(bodyDuty("BCD"))
	state := w.entered(w.admin, notDone("BCD", "A", "Ông Nam nghỉ việc"))
	_, _, err := w.svc.RedactEntry(t.Context(), w.call(w.admin), reporting.EntryRef{Sequence: uint64(receiptOf(t, state.Etag))}, "Tên người") //nolint:gosec // a sequence
	if err != nil {
		t.Fatal(err)
	}
	page, err := w.svc.ListDutyStates(t.Context(), w.admin, reporting.DutyStateFilter{Unit: "A"})
	must(t, err)
	if s := page.States[0]; s.Written.Text != "" || !s.Written.Removed || s.Revision != 1 {
		t.Errorf("after the removal: %+v", s)
	}
}

// TestInspectionsHaveAStateByUnitAndStep walks two units through two steps.
func TestInspectionsHaveAStateByUnitAndStep(t *testing.T) {
	w := newWorld(t)
	d := bodyDuty("KT")
	d.Due = period.Beginning
	d.Assigned = []hierarchy.Selector{{Unit: "A"}, {Unit: "C"}}
	d.Steps = []task.Step{{Code: "TKT", NameVI: "Tự kiểm tra", Due: period.Date(2024, 5, 1)}, {Code: "BC", NameVI: "Báo cáo", Due: period.Date(2024, 6, 30)}}
	w.duty(d)
	w.duty(bodyDuty("BCD"))
	step := func(code, unit string, month, day int) reporting.DutyEntry {
		e := did("KT", unit, month, day)
		e.Step = task.Code(code)
		return e
	}
	w.entered(w.admin, step("tkt", "A", 5, 3))
	w.entered(w.admin, step("BC", "A", 5, 31))
	_, _, err := w.svc.ReportDuty(t.Context(), w.call(w.admin), did("KT", "A", 5, 1))
	w.refused(err, "STEP_UNKNOWN")
	for _, size := range []int{1, 2, 3, 0} {
		w.expect("states", w.states(w.admin, reporting.DutyStateFilter{Inspections: true, Page: reporting.Page{Size: size}}),
			"kttkt/a=late kttkt/c=overdue ktbc/a=done ktbc/c=open")
	}
	w.expect("one step", w.states(w.admin, reporting.DutyStateFilter{Duty: "KT", Step: "BC", Below: "D"}), "ktbc/a=done")
	w.expect("counts", w.dutyCounts("KT", "", reporting.At{}), "P 2:0/1/0/1, P 2:1/0/1/0, all 2:0/1/0/1, all 2:1/0/1/0")
	page, err := w.svc.ListDutyStates(t.Context(), w.admin, reporting.DutyStateFilter{Duty: "KT", Step: "TKT", Unit: "C"})
	must(t, err)
	if s := page.States[0]; s.LateDays != 31 { // from 1 May to 1 June
		t.Errorf("C is late by %d days, want 31", s.LateDays)
	}
}

// TestR28TargetsAreHeldAgainstDuties asks a plan whose targets have no figure but what units entered.
func TestR28TargetsAreHeldAgainstDuties(t *testing.T) {
	w := newWorld(t)
	d := bodyDuty("BCD")
	d.Indicator = "NV-01"
	w.duty(d)
	_, _, _, err := w.svc.CreatePlan(t.Context(), w.call(w.admin), planFor("1/KH", "P"))
	must(t, err)
	_, err = w.svc.ImportTargets(t.Context(), w.call(w.admin), []plan.Target{
		demanded("1/KH", "NV-01", "each:commune", plan.ByDate, "2024-05-31"),
		demanded("1/KH", "NV-01", "kind:commune", plan.AtLeast, "60"),
		demanded("1/KH", "NV-01", "unit:A", plan.ByDate, "2024-03-01"), // no period ends with it
	})
	must(t, err)
	evaluated := func() string {
		e, err := w.svc.EvaluatePlan(t.Context(), w.admin, reporting.EvaluationQuery{Plan: "1-kh-2024", Units: true})
		must(t, err)
		var words []string
		for _, l := range e.Lines {
			words = append(words, fmt.Sprintf("%s %s %s", l.Target.Thing.Scope, l.Status, l.Figure.Reading.Value.Decimal(1)))
			for _, u := range l.UnitLines {
				words = append(words, fmt.Sprintf("%s=%s", u.Unit.Code, u.Status))
			}
		}
		return strings.Join(words, " ")
	}
	w.now = time.Date(2025, 2, 1, 9, 0, 0, 0, period.Location())
	w.expect("before", evaluated(), "each:commune NO_DATA  C=NO_DATA A=NO_DATA B=NO_DATA kind:commune NOT_MET 0 unit:A-0 NO_DATA ")
	w.entered(w.admin, did("BCD", "A", 3, 2))
	w.entered(w.admin, did("BCD", "B", 6, 1))
	w.entered(w.admin, notDone("BCD", "C", ""))
	w.expect("after", evaluated(), "each:commune NOT_MET  C=NOT_MET A=MET B=NOT_MET kind:commune EXCEEDED 66.7 unit:A-0 NOT_MET 1")
	page, err := w.svc.ListDutyStates(t.Context(), w.admin, reporting.DutyStateFilter{Unit: "A"})
	must(t, err)
	inTime := did("BCD", "A", 3, 1)
	inTime.Etag = page.States[0].Etag
	w.entered(w.admin, inTime)
	if got := evaluated(); !strings.HasSuffix(got, "unit:A-0 MET 1") {
		t.Errorf("done on the day itself: %s", got)
	}
	// What was published goes before it.
	_, err = w.svc.ImportOutsideFigures(t.Context(), w.call(w.admin), []plan.Outside{{
		Indicator: "NV-01", Unit: "A", Year: 2024, Done: period.Date(2024, 3, 9), Published: period.Beginning, Source: "Sở",
	}})
	must(t, err)
	if got := evaluated(); !strings.HasSuffix(got, "unit:A-0 NOT_MET ") {
		t.Errorf("with an outside figure: %s", got)
	}
}
