package aggregator_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/period"
)

// holidays makes a change of the list from lines such as "2026-02-17 off".
func holidays(t testing.TB, lines ...string) entry.HolidaysChanged {
	t.Helper()
	var body entry.HolidaysChanged
	for _, line := range lines {
		h, err := period.ParseHoliday(line[:10], "Nghỉ", line[11:])
		if err != nil {
			t.Fatal(err)
		}
		body.Holidays = append(body.Holidays, h)
	}
	return body
}

// timetable tells what a state says of the list and of deadlines.
func timetable(s *story) (said []string) {
	s.view(func(tx *aggregator.Tx) {
		table := tx.Definitions().Timetable()
		for _, l := range table.List() {
			said = append(said, fmt.Sprintf("%s %s %s by entry %d of %s", l.Day, l.Name, l.Word(), l.Sequence, l.Time.UTC().Format(time.RFC3339Nano)))
		}
		for _, code := range []form.Code{"F", "G"} {
			for month := 1; month <= 12; month++ {
				for _, kind := range []string{"commune", "district"} {
					day := "none"
					if due, ok := table.DueDay(code, kind, period.Date(2024, month, 14)); ok {
						day = due.String()
					}
					said = append(said, fmt.Sprintf("%s of %d by a %s: %s", code, month, kind, day))
				}
			}
		}
	})
	return said
}

// TestR30_R7_TheTimetableIsTheSameAfterReplayAndReopening changes the list and the rules at several times. What follows
// from it hangs on when each was accepted, and so must not be lost with the memory.
func TestR30_R7_TheTimetableIsTheSameAfterReplayAndReopening(t *testing.T) {
	s := one(t)
	due := func(word string, from period.Day) entry.FormsChanged {
		f := plainForm("F", period.Month, "kind:commune", "S")
		f.ValidFrom = from
		var err error
		if f.Due, err = period.ParseDue(word); err != nil {
			t.Fatal(err)
		}
		return forms(0, f)
	}
	s.now = time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)
	s.tell(due("commune=+2", period.Beginning), holidays(t, "2024-02-15 off", "2024-02-16 off"))
	s.now = time.Date(2024, 3, 15, 0, 0, 0, 0, time.UTC)
	s.tell(holidays(t, "2024-02-19 off", "2024-03-18 off"), due("commune=+3w|district=+4", period.Date(2024, 3, 1)))
	s.now = time.Date(2024, 4, 20, 0, 0, 0, 0, time.UTC)
	s.tell(holidays(t, "2024-02-16 work", "2024-05-16 off", "2024-06-15 work"), due("commune=+1", period.Beginning))
	live := timetable(s)
	for _, want := range []string{
		"2024-02-16 Nghỉ work by entry 10 of 2024-04-20T00:00:01Z",
		"F of 1 by a commune: none", // it had no rule when January was over
		"F of 2 by a commune: 2024-02-19", "F of 3 by a commune: 2024-03-20", "F of 3 by a district: 2024-03-19",
		"F of 6 by a commune: 2024-06-18", "G of 1 by a commune: none",
	} {
		if !slices.Contains(live, want) {
			t.Errorf("the timetable does not say %q\n%q", want, live)
		}
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	s.open(aggregator.Kept)
	if diff := cmp.Diff(live, timetable(s)); diff != "" {
		t.Errorf("opened again it says otherwise (-want +got):\n%s", diff)
	}
	sameAfterRebuild(t, s)
}

// TestR30_AStateAsOfAnEntryOfAnOpenGroupKnowsWhoMadeIt asks, before the group is committed, as of an entry in it by somebody
// who was never heard of before: his name has a number that only the group knows, and the timetable needs the time beside it.
func TestR30_AStateAsOfAnEntryOfAnOpenGroupKnowsWhoMadeIt(t *testing.T) {
	s := one(t)
	s.who = "somebody new"
	s.add(holidays(t, "2024-02-15 off"))
	tx := s.begin()
	first := tx.Position().Head.Sequence
	s.add(holidays(t, "2024-02-16 off"))
	then, err := tx.AsOf(first)
	if err != nil {
		t.Fatalf("AsOf(%d) = %v", first, err)
	}
	if list := then.Definitions().Timetable().List(); len(list) != 1 || list[0].Sequence != first {
		t.Errorf("as of entry %d the list is %v", first, list)
	}
	if list := tx.Definitions().Timetable().List(); len(list) != 2 {
		t.Errorf("now the list is %v", list)
	}
}
