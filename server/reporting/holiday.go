package reporting

import (
	"context"
	"fmt"
	"slices"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/period"
)

// HolidayFilter narrows the list of holidays.
type HolidayFilter struct {
	// First and Last are days, or empty.
	First, Last string
	Page        Page
	At          At
}

// HolidayPage is one page of the list of holidays.
type HolidayPage struct {
	Holidays []form.Listed
	Next     string
	Stamp    Stamp
}

// ListHolidays lists days of the list in order. Whoever has a token may see it: the operator keeps it, and it tells of nobody.
func (s *Service) ListHolidays(ctx context.Context, caller auth.Caller, f HolidayFilter) (HolidayPage, error) {
	size, err := f.Page.size(defaultPage, largestPage)
	if err != nil {
		return HolidayPage{}, err
	}
	first, last, err := f.days()
	if err != nil {
		return HolidayPage{}, err
	}
	var page HolidayPage
	err = s.readAt(ctx, caller, f.At, 0, func(tx *aggregator.Tx, who granted) error {
		page = HolidayPage{Stamp: stampOf(tx)}
		if err := who.need(auth.Authenticated); err != nil {
			return err
		}
		at, err := f.Page.open(tx, filterHash("holidays", f.First, f.Last, f.At.String()))
		if err != nil {
			return err
		}
		for _, l := range tx.Definitions().Timetable().List() {
			if l.Day < first || l.Day > last || at.key != "" && l.Day.String() <= at.key {
				continue
			}
			if len(page.Holidays) == size {
				at.key = page.Holidays[size-1].Day.String()
				page.Next = at.token()
				return nil
			}
			page.Holidays = append(page.Holidays, l)
		}
		return nil
	})
	return page, err
}

func (f HolidayFilter) days() (first, last period.Day, err error) {
	var problems fault.List
	day := func(field, word string, open period.Day) period.Day {
		if word == "" {
			return open
		}
		d, err := period.ParseDay(word)
		if err != nil {
			problems.Add(fault.Of(err).In(field))
		}
		return d
	}
	first, last = day("first_day", f.First, period.Beginning), day("last_day", f.Last, period.Forever)
	return first, last, problems.Err()
}

// maxHolidays is how many days one import may name.
const maxHolidays = 5000

// ImportHolidays adds days to the list, or says otherwise of days that stand in it, all or none. Problems name the rows as
// holidays[i]. Whether a deadline is moved by it is decided by the timetable: the list itself may say anything of any day.
func (s *Service) ImportHolidays(ctx context.Context, call Call, rows []period.Holiday) (CatalogueChange, error) {
	const method = "CalendarService.ImportHolidays"
	summary, receipt, err := change(ctx, s, mutation[CatalogueChange]{
		slow: true, call: call, method: method, hash: hashHolidays(method, rows), size: 64 * len(rows),
		decide: func(who granted, at committer.Slot) (CatalogueChange, entry.Body, error) {
			var summary CatalogueChange
			if err := who.needEverywhere(auth.Calendar); err != nil {
				return summary, nil, err
			}
			if len(rows) > maxHolidays {
				return summary, nil, fault.Invalid("HOLIDAYS_TOO_MANY", "the list has %d days; one import may name %d: divide it", len(rows), maxHolidays).
					With("count", len(rows)).With("limit", maxHolidays)
			}
			if err := period.CheckHolidays(rows); err != nil {
				return summary, nil, err
			}
			old := who.tx.Definitions().Timetable()
			changed := slices.DeleteFunc(slices.Clone(rows), func(h period.Holiday) bool {
				is, known := old.Listed(h.Day)
				return summary.count(known, is.Holiday == h)
			})
			if len(changed) == 0 {
				return summary, nil, nil
			}
			if err := who.keepsClosedDays(rows, changed); err != nil {
				return summary, nil, err
			}
			next := old.WithHolidays(form.Moment{Sequence: at.Sequence, Time: at.Time}, changed)
			summary.Warnings = who.warnHolidays(rows, changed, old, next)
			return summary, entry.HolidaysChanged{Holidays: changed}, nil
		},
		recall: func(who granted, sequence uint64) (CatalogueChange, error) {
			if err := who.needEverywhere(auth.Calendar); err != nil {
				return CatalogueChange{}, err
			}
			return recount(sequence, rows, func(h period.Holiday) []uint64 { return who.tx.HolidayHistory(h.Day) }), nil
		},
	})
	summary.Receipt = receipt
	return summary, err
}

func hashHolidays(method string, rows []period.Holiday) [32]byte {
	c := canon(method).count("holidays", len(rows))
	for _, h := range rows {
		c.text("date", h.Day.String()).text("name", h.Name).text("kind", h.Word())
	}
	return c.sum()
}

// maxHolidayWarnings is how many warnings are told one by one.
const maxHolidayWarnings = 100

// warnHolidays warns of deadlines that the changed days move so that a level falls due no later than the level below (R6):
// around Tết two days on the paper become one.
func (g granted) warnHolidays(rows, changed []period.Holiday, old, next *form.Timetable) []error {
	var warnings []error
	c := crowd{granted: g, old: old, next: next, seen: map[crowdedAt]bool{}}
	for _, h := range changed {
		row := slices.Index(rows, h)
		for _, code := range g.tx.Forms().Codes() {
			for _, w := range c.around(code, h.Day) {
				if len(warnings) == maxHolidayWarnings {
					return append(warnings, fault.Invalid("MORE_WARNINGS", "there are more such deadlines; look at the periods of the forms around these days"))
				}
				warnings = append(warnings, w.In("date").In(fmt.Sprintf("holidays[%d]", row)))
			}
		}
	}
	return warnings
}

// crowd looks for levels that fall due together.
type crowd struct {
	granted
	old, next *form.Timetable
	seen      map[crowdedAt]bool
}

type crowdedAt struct {
	form   form.Code
	period period.Period
}

// around looks at the base periods of a form whose deadlines the day may decide, each once.
func (c *crowd) around(code form.Code, day period.Day) []*fault.Error {
	latest, ok := c.tx.Forms().Latest(code)
	if !ok {
		return nil
	}
	var warnings []*fault.Error
	for p := latest.Calendar.PeriodAt(latest.Frequency, day).Prev(); p.Valid(); p = p.Prev() {
		f, ok := c.tx.Forms().On(code, latest.Last(p))
		if !ok {
			break
		}
		reached := false
		for _, rule := range f.Due.Rules() {
			was, _ := c.old.DueDay(code, rule.UnitKind, f.Last(p))
			is, _ := c.next.DueDay(code, rule.UnitKind, f.Last(p))
			reached = reached || max(was, is) >= day
		}
		if !reached {
			break
		}
		if at := (crowdedAt{f.Code, p}); !c.seen[at] {
			c.seen[at] = true
			warnings = append(warnings, c.together(f, p)...)
		}
	}
	return warnings
}

// together tells of the levels that the change makes due together for one base period.
func (c *crowd) together(f form.Form, p period.Period) []*fault.Error {
	var warnings []*fault.Error
	for _, pair := range f.DueLevels() {
		due := func(t *form.Timetable, kind string) period.Day {
			day, ok := t.DueDay(f.Code, kind, f.Last(p))
			if !ok {
				return period.Forever
			}
			return day
		}
		upper, lower := due(c.next, pair.Upper), due(c.next, pair.Lower)
		if due(c.old, pair.Upper) == upper && due(c.old, pair.Lower) == lower || upper > lower || lower.IsOpen() {
			continue
		}
		warnings = append(warnings, fault.Precondition("DUE_TOGETHER_BY_HOLIDAYS",
			"form %s, %s: with this list %s is due on %s, no later than %s below it on %s",
			f.Code, p, pair.Upper, upper, pair.Lower, lower).
			With("code", f.Code).With("period", p.String()).With("upper", pair.Upper).With("lower", pair.Lower).With("day", upper.String()))
	}
	return warnings
}
