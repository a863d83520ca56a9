package form_test

import (
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/period"
)

// BenchmarkDueDay asks for the deadline of a month in a store that has run for ten years, as every submission does.
func BenchmarkDueDay(b *testing.B) {
	f := form.Form{Code: "CDS", Calendar: period.CutoffFifteenth, ValidFrom: period.Beginning, Due: due(b, "commune=+2|district=+4|department=+6w")}
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, period.Location())
	table := (&form.Timetable{}).WithForms(form.Moment{Sequence: 1, Time: at}, f)
	for n := range 20 {
		at = at.AddDate(0, 6, 0)
		var list []period.Holiday
		for day := range 12 {
			list = append(list, period.Holiday{Day: period.DayOf(at).Add(20 + 9*day), Off: true})
		}
		table = table.WithHolidays(form.Moment{Sequence: uint64(2 + n), Time: at}, list)
	}
	last := period.Date(2033, 2, 14)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := table.DueDay("CDS", "commune", last); !ok {
			b.Fatal("no deadline")
		}
	}
}
