package task_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/task"
)

func unit(t testing.TB, code string, kind hierarchy.Kind, parent hierarchy.ID, from, to period.Day) hierarchy.Unit {
	t.Helper()
	u, err := hierarchy.NewUnit(hierarchy.Code(code), kind, code, "", parent, from, to)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// small is a province with two communes, of which the second ends with June 2025 and goes over into a third.
func small(t testing.TB) *hierarchy.Tree {
	t.Helper()
	change := period.Date(2025, 7, 1)
	tree, err := hierarchy.Empty().With(
		unit(t, "87", "province", "", period.Beginning, period.Forever),
		unit(t, "A", "commune", "87-0", period.Beginning, period.Forever),
		unit(t, "B", "commune", "87-0", period.Beginning, change),
		unit(t, "N", "commune", "87-0", change, period.Forever),
	)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func body(due period.Day) task.Duty {
	return task.Duty{
		Code: "BCD", NameVI: "Ban Chỉ đạo", Assigned: []hierarchy.Selector{{Kind: "commune", Under: "87-0"}}, Due: due, Decided: period.Beginning,
	}
}

func owing(d *task.Duty, s task.Step, tree *hierarchy.Tree, asked period.Day) string {
	var ids []string
	for i := range tree.Len() {
		if u := tree.At(i); d.Owes(s, tree, u, asked) {
			ids = append(ids, string(u.ID))
		}
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// TestWhoOwesFollowsTheTreeUntilTheDueDay asks before the change of the tree, behind it, and behind the due day.
func TestWhoOwesFollowsTheTreeUntilTheDueDay(t *testing.T) {
	tree := small(t)
	for _, c := range []struct {
		due, asked period.Day
		want       string
	}{
		{period.Date(2025, 9, 30), period.Date(2025, 5, 1), "A-0 B-0"},
		{period.Date(2025, 9, 30), period.Date(2025, 7, 1), "A-0 N-20250701"},
		{period.Date(2025, 6, 30), period.Date(2026, 1, 1), "A-0 B-0"},
		{period.Date(2025, 7, 1), period.Date(2026, 1, 1), "A-0 N-20250701"},
	} {
		d := body(c.due)
		if got := owing(&d, d.Parts()[0], tree, c.asked); got != c.want {
			t.Errorf("due %s, asked %s: %s owe it, want %s", c.due, c.asked, got, c.want)
		}
	}
	d := body(period.Date(2025, 9, 30))
	d.Assigned = append(d.Assigned, hierarchy.Selector{Unit: "A-0", Except: true})
	if got := owing(&d, d.Parts()[0], tree, period.Date(2025, 5, 1)); got != "B-0" {
		t.Errorf("without A: %s owe it, want B-0", got)
	}
	if d.Withdrawn = true; owing(&d, d.Parts()[0], tree, period.Date(2025, 5, 1)) != "" {
		t.Error("a duty that is withdrawn is owed")
	}
}

// TestADutyIsJudgedOnADay stands on both sides of the due day.
func TestADutyIsJudgedOnADay(t *testing.T) {
	due := period.Date(2024, 6, 30)
	step := task.Step{Due: due}
	did := func(day period.Day) *task.Record { return &task.Record{Done: true, Day: day} }
	for _, c := range []struct {
		name string
		r    *task.Record
		on   period.Day
		want task.Standing
		days int
	}{
		{"nothing, on the day", nil, due, task.Open, 0},
		{"nothing, a day later", nil, due + 1, task.Overdue, 1},
		{"done on the day", did(due), due + 9, task.Done, 0},
		{"done a day later", did(due + 1), due + 9, task.Late, 1},
		{"asked before it was done", did(due + 3), due + 2, task.Overdue, 2},
		{"not done", &task.Record{Day: period.Beginning}, due + 1, task.Overdue, 1},
		{"taken back", &task.Record{Withdrawn: true, Day: period.Beginning}, due, task.Open, 0},
	} {
		if got, days := step.Judge(c.r, c.on); got != c.want || days != c.days {
			t.Errorf("%s: %s by %d days, want %s by %d", c.name, got, days, c.want, c.days)
		}
	}
}

// TestCountsComeToTheUnitsObliged draws records and days; every unit is counted once and only once.
func TestCountsComeToTheUnitsObliged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := func(name string) period.Day { return period.Day(rapid.IntRange(19000, 19020).Draw(t, name)) } //nolint:gosec // small
		step, on := task.Step{Due: day("due")}, day("on")
		var counts task.Counts
		done, n := 0, rapid.IntRange(0, 40).Draw(t, "units")
		for range n {
			var r *task.Record
			if rapid.Bool().Draw(t, "entered") {
				r = &task.Record{Done: rapid.Bool().Draw(t, "done"), Day: day("day"), Withdrawn: rapid.Bool().Draw(t, "withdrawn")}
				if r.Done && !r.Withdrawn && r.Day <= on {
					done++
				}
			}
			standing, days := step.Judge(r, on)
			if (days > 0) != (standing == task.Late || standing == task.Overdue) {
				t.Fatalf("%s by %d days", standing, days)
			}
			counts.Add(standing)
		}
		if counts.Obliged() != n || counts.Of(task.Done)+counts.Of(task.Late) != done {
			t.Fatalf("%d of %d units are counted, %d of %d did it", counts.Obliged(), n, counts.Of(task.Done)+counts.Of(task.Late), done)
		}
		if counts.Of(task.Open) > 0 && counts.Of(task.Overdue) > 0 {
			t.Fatal("on one day some are open and some overdue")
		}
	})
}

// TestAnInspectionIsDoneWithItsLastStep brings steps together.
func TestAnInspectionIsDoneWithItsLastStep(t *testing.T) {
	tree := small(t)
	d := body(period.Beginning)
	d.Steps = []task.Step{{Code: "A", NameVI: "a", Due: period.Date(2024, 3, 1)}, {Code: "B", NameVI: "b", Due: period.Date(2024, 6, 1)}}
	u, _ := tree.Unit("A-0")
	on := period.Date(2024, 12, 31)
	at := func(records map[task.Code]*task.Record) task.Fulfilment {
		return d.Fulfilled(tree, u, on, func(s task.Step) *task.Record { return records[s.Code] })
	}
	first := &task.Record{Done: true, Day: period.Date(2024, 7, 1)}
	second := &task.Record{Done: true, Day: period.Date(2024, 5, 30)}
	for _, c := range []struct {
		records map[task.Code]*task.Record
		want    task.Fulfilment
	}{
		{nil, task.Fulfilment{Owed: 2, Day: period.Beginning}},
		{map[task.Code]*task.Record{"A": first}, task.Fulfilment{Owed: 2, Said: 1, Day: period.Beginning}},
		{map[task.Code]*task.Record{"A": first, "B": {Day: period.Beginning}}, task.Fulfilment{Owed: 2, Said: 2, Day: period.Beginning}},
		{map[task.Code]*task.Record{"A": first, "B": second}, task.Fulfilment{Owed: 2, Said: 2, Done: true, Day: period.Date(2024, 7, 1)}},
	} {
		if got := at(c.records); got != c.want {
			t.Errorf("%v gives %+v, want %+v", c.records, got, c.want)
		}
	}
	if on = period.Date(2024, 6, 30); at(map[task.Code]*task.Record{"A": first, "B": second}).Done {
		t.Error("it is done on a day before its last step was")
	}
	if province, _ := tree.Unit("87-0"); d.Fulfilled(tree, province, on, func(task.Step) *task.Record { return first }).Done {
		t.Error("a unit that owes nothing did all of it")
	}
}

func TestADutyTellsEverythingThatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*task.Duty)
		want   string
	}{
		{"sound", func(*task.Duty) {}, ""},
		{"no code", func(d *task.Duty) { d.Code = "" }, "CODE_EMPTY code"},
		{"no name", func(d *task.Duty) { d.NameVI = " " }, "TEXT_MISSING name_vi"},
		{"nobody's", func(d *task.Duty) { d.Assigned[0].Except = true }, "ASSIGNMENT_MISSING assigned"},
		{"no day", func(d *task.Duty) { d.Due = period.Beginning }, "DUTY_DUE_MISSING due"},
		{"a day and steps", func(d *task.Duty) { d.Steps = []task.Step{{Code: "A", NameVI: "a", Due: 19000}} }, "DUTY_DUE_TWICE due"},
		{"a step twice", func(d *task.Duty) {
			d.Due, d.Steps = period.Beginning, []task.Step{{Code: "A", NameVI: "a", Due: 19000}, {Code: "a", NameVI: "a", Due: 19001}}
		}, "STEP_TWICE steps[1]"},
		{"a step without a day", func(d *task.Duty) {
			d.Due, d.Steps = period.Beginning, []task.Step{{Code: "A", NameVI: "a", Due: period.Beginning}}
		}, "DUTY_DUE_MISSING steps[0].due"},
		{"an assignment that is none", func(d *task.Duty) { d.Assigned[0].Kind = "" }, "ASSIGNMENT_MALFORMED assigned[0].kind"},
		{"an indicator that is none", func(d *task.Duty) { d.Indicator = "a b" }, "CODE_MALFORMED indicator"},
	} {
		d := body(period.Date(2024, 6, 30))
		c.change(&d)
		got := ""
		if e := fault.Of(d.Check()); e != nil {
			got = e.Reason + " " + e.Field
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestARecordTellsWhatIsWrong(t *testing.T) {
	today := period.Date(2024, 6, 30)
	none := period.Beginning
	for _, c := range []struct {
		name string
		r    task.Record
		want string
	}{
		{"done", task.Record{Done: true, Day: today, DocumentDay: none}, ""},
		{"done without a day", task.Record{Done: true, Day: none, DocumentDay: none}, "DUTY_DAY_MISSING"},
		{"not done, with a day", task.Record{Day: today, DocumentDay: none}, "DUTY_DAY_TOO_MUCH"},
		{"taken back, with a document", task.Record{Withdrawn: true, Day: none, Document: "1/QĐ", DocumentDay: none}, "DUTY_DAY_TOO_MUCH"},
		{"tomorrow", task.Record{Done: true, Day: today + 1, DocumentDay: none}, "DAY_IN_FUTURE"},
		{"a document of tomorrow", task.Record{Done: true, Day: today, DocumentDay: today + 1}, "DAY_IN_FUTURE"},
	} {
		if got := fault.ReasonOf(c.r.Check(today)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
