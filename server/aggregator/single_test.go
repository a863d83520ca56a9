package aggregator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/register"
	"github.com/tonghop/tonghop/server/task"
)

// TestR30DutiesAndItemsAreKeptInAllTheirVersions has codes that begin alike, changes them, asks as of each entry, and once more
// after a rebuild.
func TestR30DutiesAndItemsAreKeptInAllTheirVersions(t *testing.T) {
	s := one(t) // which leaves entry 5
	named := func(code, name string) task.Duty {
		return task.Duty{Code: task.Code(code), NameVI: name, Due: period.Date(2024, 6, 30), Decided: period.Beginning}
	}
	entered := func(duty, step, unit string, day int) entry.Body {
		return entry.DutyReported{Note: "ghi chú", Record: task.Record{
			Duty: task.Code(duty), Step: task.Code(step), Unit: id(unit), Done: true, Day: period.Date(2024, 5, day), DocumentDay: period.Beginning,
		}}
	}
	thing := func(of, code, title string) register.Item {
		return register.Item{Register: register.Code(of), Code: register.Code(code), Unit: id("A"), Title: title, Since: period.Date(2024, 1, 1), Until: period.Forever}
	}
	s.tell(
		entry.DutiesChanged{Duties: []task.Duty{named("d", "một"), named("d-1", "hai")}},
		entered("d", "", "A", 1), entered("D", "S", "A", 2), entered("d-1", "", "A", 3), entered("d", "", "A", 4),
		entry.RegistersChanged{Registers: []register.Register{{Code: "r", NameVI: "Sổ", Calendar: period.Civil}}},
		entry.RegisterItemsChanged{Items: []register.Item{thing("r", "i", "một"), thing("r", "i-1", "hai"), thing("r-1", "i", "ba")}},
		entry.RegisterItemsChanged{Items: []register.Item{thing("R", "I", "bốn")}, Reason: "đổi tên"},
	)
	known := func(tx *aggregator.Tx) string {
		var words []string
		for _, step := range []task.Code{"", "s"} {
			if err := tx.DutyRecords("D", step, func(v aggregator.Versioned[task.Record]) bool {
				words = append(words, fmt.Sprintf("%s%s:%s", v.Thing.Duty, v.Thing.Step, v.Thing.Day))
				return true
			}); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.RegisterItems("R", "", func(v aggregator.Versioned[register.Item]) bool {
			words = append(words, string(v.Thing.Code)+"="+v.Thing.Title)
			return true
		}); err != nil {
			t.Fatal(err)
		}
		return strings.Join(words, " ")
	}
	s.view(func(tx *aggregator.Tx) {
		for _, c := range []struct {
			at   uint64
			want string
		}{
			{6, ""},
			{7, "d:2024-05-01"},
			{9, "d:2024-05-01 DS:2024-05-02"},
			{10, "d:2024-05-04 DS:2024-05-02"},
			{12, "d:2024-05-04 DS:2024-05-02 i=một i-1=hai"},
			{13, "d:2024-05-04 DS:2024-05-02 I=bốn i-1=hai"},
		} {
			then, err := tx.AsOf(c.at)
			if err != nil {
				t.Fatal(err)
			}
			if got := known(then); got != c.want {
				t.Errorf("as of %d: %s, want %s", c.at, got, c.want)
			}
		}
		if got := tx.DutyRecordHistory(&task.Record{Duty: "D", Unit: id("A")}); len(got) != 2 || got[0] != 10 {
			t.Errorf("A entered something of d in %v, want 10 and 7", got)
		}
		if w, err := tx.Written(13); err != nil || w.Text != "đổi tên" {
			t.Errorf("Written(13) = %+v, %v", w, err)
		}
		if _, ok, _ := tx.Duty("d-"); ok {
			t.Error("there is no duty d-, and one was found")
		}
	})
	sameAfterRebuild(t, s)
}
