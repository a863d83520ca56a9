package oracle

import (
	"math"
	"slices"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// report sends one or several reports, reviews one, or takes an obligation out.
func (t *teller) report() entry.Body {
	if known := t.stage.reports.known(); len(known) > 0 && t.oneIn(3) {
		return t.review(pick(t.Rand, known...))
	}
	if t.oneIn(8) {
		return t.turn()
	}
	if links := t.tree.Links(); len(links) > 0 && t.oneIn(4) {
		if body := t.bothSides(pick(t.Rand, links...)); body != nil {
			return body
		}
	}
	n := 1
	if t.oneIn(8) {
		n += t.IntN(3)
	}
	var list []entry.Submission
	for range n {
		k, ok := t.key()
		if ok && !slices.ContainsFunc(list, func(s entry.Submission) bool { return s.Key == k }) {
			list = append(list, t.submission(k))
		}
	}
	if len(list) == 0 {
		return nil
	}
	return entry.ReportsSubmitted{Reports: list}
}

// turn takes an obligation out, with or without a report, or makes it one again; now and then one that is so already.
func (t *teller) turn() entry.Body {
	k, ok := t.key()
	if !ok {
		return nil
	}
	if t.stage.reports[k].excluded() != t.oneIn(10) {
		return entry.ExclusionLifted{Key: k, Reason: pick(t.Rand, "", "hết lũ")}
	}
	return entry.ObligationExcluded{Key: k, Reason: pick(t.Rand, "", "lũ lụt")}
}

// review approves what waits, returns what waits or is approved, or decides about something that is neither.
func (t *teller) review(k entry.ReportKey) entry.Body {
	r := t.stage.reports[k]
	waiting, official := r.find(aggregator.Submitted), r.find(aggregator.Approved)
	switch {
	case t.oneIn(20) && len(r.revisions) > 0:
		return entry.ReportApproved{Key: k, Revision: 1 + t.IntN(len(r.revisions))}
	case waiting > 0 && t.IntN(3) > 0:
		return entry.ReportApproved{Key: k, Revision: waiting}
	case waiting > 0:
		return entry.ReportReturned{Key: k, Revision: waiting, Reason: "sai"}
	case official > 0:
		return entry.ReportReturned{Key: k, Revision: official, Reason: pick(t.Rand, "sai", "xem lại")}
	}
	return nil
}

// key draws whose report it is, of a period that has begun: most are of a few, so that corrections meet.
func (t *teller) key() (entry.ReportKey, bool) {
	if known := t.stage.reports.known(); len(known) > 0 && t.oneIn(3) {
		return pick(t.Rand, known...), true
	}
	f := t.version(pick(t.Rand, t.forms.Codes()...))
	year := pick(t.Rand, 2024, 2024, 2024, 2023, 2025)
	n := f.Frequency.PerYear()
	base := period.Of(year, f.Frequency, 1+t.IntN(n))
	if t.oneIn(2) {
		base = period.Of(year, f.Frequency, 1+t.IntN(min(3, n)))
	}
	if links := t.tree.Links(); len(links) > 0 && t.oneIn(2) {
		return t.keyOver(pick(t.Rand, links...))
	}
	k := entry.ReportKey{Unit: t.unit().ID, Form: f.Code, Period: base}
	if owing := t.owing(&f, base); len(owing) > 0 && !t.oneIn(8) {
		k.Unit = pick(t.Rand, owing...)
	}
	return k, f.Calendar.First(base) <= t.today()
}

// keyOver draws a report of a unit that went over into another, before the change, or of the other after it, in one year;
// often of a base period around the day of the change.
func (t *teller) keyOver(l hierarchy.Link) (entry.ReportKey, bool) {
	year, _, _ := l.Date.YMD()
	for range 16 {
		f := t.version(pick(t.Rand, t.forms.Codes()...))
		base := f.Calendar.PeriodAt(f.Frequency, l.Date+period.Day(t.IntN(120)-60))
		if t.oneIn(2) {
			base = period.Of(year, f.Frequency, 1+t.IntN(f.Frequency.PerYear()))
		}
		k := entry.ReportKey{Unit: pick(t.Rand, l.From, l.To), Form: f.Code, Period: base}
		if slices.Contains(t.owing(&f, k.Period), k.Unit) {
			return k, f.Calendar.First(k.Period) <= t.today()
		}
	}
	return entry.ReportKey{}, false
}

// bothSides sends a report of a unit before it went over into another, and one of the other after that, of one year.
func (t *teller) bothSides(l hierarchy.Link) entry.Body {
	year, _, _ := l.Date.YMD()
	var before, after []entry.ReportKey
	for _, code := range t.forms.Codes() {
		f, _ := t.forms.Latest(code)
		for n := range f.Frequency.PerYear() {
			base := period.Of(year, f.Frequency, n+1)
			if f.Calendar.First(base) > t.today() {
				break
			}
			owing := t.owing(&f, base)
			if f.Last(base) < l.Date && slices.Contains(owing, l.From) {
				before = append(before, entry.ReportKey{Unit: l.From, Form: code, Period: base})
			}
			if f.Last(base) >= l.Date && slices.Contains(owing, l.To) {
				after = append(after, entry.ReportKey{Unit: l.To, Form: code, Period: base})
			}
		}
	}
	if len(before) == 0 || len(after) == 0 {
		return nil
	}
	return entry.ReportsSubmitted{Reports: []entry.Submission{t.submission(pick(t.Rand, before...)), t.submission(pick(t.Rand, after...))}}
}

// owing lists the units that owe a form for a base period.
func (t *teller) owing(f *form.Form, base period.Period) []hierarchy.ID {
	on, ok := t.forms.On(f.Code, f.Last(base))
	var list []hierarchy.ID
	for o := range t.tree.Len() {
		if u := t.tree.At(o); ok && on.Owes(t.tree, u, base) {
			list = append(list, u.ID)
		}
	}
	return list
}

func (t *teller) submission(k entry.ReportKey) entry.Submission {
	s := entry.Submission{Key: k, Revision: 1, Draft: t.oneIn(8), Merged: t.oneIn(10)}
	if t.oneIn(2) {
		s.Deadline = t.stage.now.Add(time.Duration(t.IntN(4)-1) * time.Hour).Truncate(time.Second)
	}
	if t.oneIn(12) {
		s.ActingFor = t.unit().ID
	}
	before := t.stage.reports[k]
	if before != nil {
		s.Revision = len(before.revisions) + 1
		// A correction often says the same again of most.
		if n := len(before.revisions); n > 0 && t.oneIn(3) {
			s.Figures = slices.Clone(before.revisions[n-1].figures)
		}
	}
	latest, _ := t.forms.Latest(k.Form)
	on, ok := t.forms.On(k.Form, latest.Last(k.Period))
	if !ok {
		on = latest
	}
	for _, code := range on.Indicators {
		number, known := t.cat.Ordinal(code)
		version, valid := t.cat.On(code, latest.Last(k.Period))
		if !known || !valid {
			continue
		}
		at := slices.IndexFunc(s.Figures, func(f entry.Figure) bool { return int(f.Number) == number })
		switch said := t.figure(&version); {
		case at >= 0 && t.oneIn(2):
		case at >= 0:
			s.Figures[at].Figure = said
		case !t.oneIn(6):
			s.Figures = append(s.Figures, entry.Figure{Number: uint32(number), Figure: said}) //nolint:gosec // few
		}
	}
	slices.SortFunc(s.Figures, func(a, b entry.Figure) int { return int(a.Number) - int(b.Number) })
	return s
}

// figure draws what is said of an indicator.
func (t *teller) figure(ind *indicator.Indicator) figure.Figure {
	switch t.IntN(14) {
	case 0:
		return figure.Figure{State: figure.NotAvailable}
	case 1, 2:
		return figure.Figure{State: figure.NotApplicable}
	}
	f := figure.Figure{State: figure.Value, Grade: pick(t.Rand, figure.Final, figure.Final, figure.Estimate)}
	if t.oneIn(10) {
		f.Note = "ghi chú"
	}
	switch {
	case ind.UnitRule == indicator.UnitRatio:
		which := t.IntN(10)
		f.HasNumerator = which != 0 || !ind.OwnDenominator()
		f.HasDenominator = which != 1 && ind.OwnDenominator()
		if f.HasNumerator {
			f.Numerator = t.number()
		}
		if f.HasDenominator {
			f.Denominator = t.number()
		}
	case ind.UnitRule.YesNo():
		f.HasValue, f.Value = true, figure.Number(t.IntN(2))
	default:
		f.HasValue, f.Value = true, t.number()
	}
	return f
}

// number draws an amount: small ones, so that equal ones and extremes meet, and sometimes a large one. The largest of all are
// left out, because a scale may grow under them.
func (t *teller) number() figure.Number {
	if t.oneIn(25) {
		return pick(t.Rand, figure.Number(math.MaxInt64/1000), math.MinInt64/1000, 1<<40)
	}
	return figure.Number(t.IntN(14) - 3)
}
