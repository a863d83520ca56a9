package aggregator_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/register"
	"github.com/tonghop/tonghop/server/rollup"
	"github.com/tonghop/tonghop/server/rule"
	"github.com/tonghop/tonghop/server/task"
)

// strange are entries that no released version would make, and that Apply takes all the same (R31).
func strange() []entry.Body {
	clash := plainForm("CLASH", period.Month, "kind:commune", "S")
	lost := unit("L", hierarchy.Commune, "NOWHERE")
	child := unit("LC", hierarchy.Commune, "L")
	broken := plainIndicator("B", indicator.UnitWeightedMean, indicator.Flow, indicator.TimeLast)
	good := plainIndicator("G", indicator.UnitMin, indicator.Stock, indicator.TimeMin)
	return []entry.Body{
		nil,
		entry.UnitsChanged{},
		entry.UnitsChanged{Units: []hierarchy.Unit{child, lost, unit("N2", hierarchy.Commune, "N1"), unit("N1", hierarchy.District, "P"), unit("N1", hierarchy.District, "P")}},
		entry.IndicatorsChanged{Indicators: []entry.Indicator{{Number: 9, Indicator: good}, {Number: 1, Indicator: broken}, {Number: 1, Indicator: good}}},
		numbered(1, good),
		numbered(0, plainIndicator("s", indicator.UnitMax, indicator.Stock, indicator.TimeMax)),
		forms(1, clash, plainForm("NEXT", period.Year, "kind:commune", "G")),
		forms(0, plainForm("F", period.Quarter, "kind:commune", "S")),
		sent(key("L", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(1)}),
		sent(key("A", "NONE", "2024-01"), 1, map[uint32]figure.Figure{0: value(1)}),
		sent(key("A", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(1000)}),
		sent(key("A", "F", "2024"), 1, map[uint32]figure.Figure{0: value(1000)}),
		sent(key("B", "F", "2024-03"), 7, map[uint32]figure.Figure{0: ratio(1, 2), 80: value(3)}),
		entry.ReportApproved{Key: key("A", "F", "2024-02"), Revision: 1},
		entry.ReportApproved{Key: key("A", "F", "2024-01"), Revision: 9},
		entry.ReportReturned{Key: key("A", "F", "2024-01"), Revision: 9},
		entry.ReportReturned{Key: key("L", "F", "2024-01"), Revision: 1},
		entry.ObligationExcluded{Key: key("L", "F", "2024-01")},
		entry.ObligationExcluded{Key: key("A", "F", "2024")},
		entry.ExclusionLifted{Key: key("A", "F", "2024-01")},
		entry.PeriodClosed{Key: entry.ClosingKey{Form: "F", Period: mustPeriod("2024-01"), Owner: id("L")}, Version: 1},
		entry.PeriodClosed{Key: entry.ClosingKey{Form: "F", Period: mustPeriod("2024-01"), Owner: id("P")}, Version: 3},
		entry.PeriodClosed{Key: entry.ClosingKey{Form: "F", Period: mustPeriod("2024-01"), Owner: id("P")}, Version: 2},
		entry.PeriodReopened{Key: entry.ClosingKey{Form: "F", Period: mustPeriod("2024-01"), Owner: id("P")}, Version: 2},
		entry.PeriodReopened{Key: entry.ClosingKey{Form: "F", Period: mustPeriod("2024-02"), Owner: id("P")}, Version: 1},
		entry.TokenRevoked{ID: "nobody"},
		entry.HolidaysChanged{},
		entry.RulesChanged{},
		entry.RulesChanged{Rules: []entry.Rule{
			{Number: 7, Rule: rule.Rule{Form: "M", Code: "OUT-OF-TURN", Severity: rule.Error, Expression: "has([A])", TextVI: "Sai"}},
			{Number: 0, Rule: rule.Rule{Form: "NOWHERE", Code: "R", Severity: rule.Error, Expression: "[GONE] <= 1", TextVI: "Sai"}},
			{Number: 1, Rule: rule.Rule{Form: "M", Code: "BROKEN", Severity: rule.Error, Expression: "[A] <=", TextVI: ""}},
			{Number: 0, Rule: rule.Rule{Form: "NOWHERE", Code: "r", Severity: rule.Off, Expression: "[GONE] <= 2", TextVI: "Sai"}},
		}},
		entry.PlansChanged{},
		entry.OutsideFiguresChanged{},
		entry.RegionsChanged{},
		entry.PlanRemarked{Remark: plan.Remark{Plan: "nobody's", Kind: plan.Cause}, Text: "gì đó"},
		entry.PlansChanged{
			Plans: []plan.Plan{{}, {ID: "a\x00b"}, {ID: plan.ID(strings.Repeat("n", 40_000))}}, Targets: []plan.Target{{Plan: "nobody's"}},
			Counts: []plan.Count{{Kind: plan.CountOther, Count: -1}},
		},
		entry.OutsideFiguresChanged{Figures: []plan.Outside{{Unit: "nobody"}}},
		entry.DutiesChanged{},
		entry.DutiesChanged{Duties: []task.Duty{{}, {Code: "a\x00b"}, {Code: task.Code(strings.Repeat("n", 40_000))}}},
		entry.DutyReported{Record: task.Record{Duty: "nobody's", Unit: "nobody"}, Note: "gì đó"},
		entry.RegistersChanged{},
		entry.RegistersChanged{Registers: []register.Register{{Calendar: period.Civil}, {Code: "a\x00b", Calendar: period.Civil}}},
		entry.RegisterItemsChanged{},
		entry.RegisterItemsChanged{Items: []register.Item{{}, {Register: "nobody's", Code: "a\x00b"}, {Register: "x", Code: "y", Unit: "nobody"}}, Reason: "gì đó"},
		entry.HolidaysChanged{Holidays: []period.Holiday{
			{Day: period.Date(2024, 2, 10), Off: true}, {Day: period.Date(2024, 2, 10), Name: "Tết"}, {Day: period.Beginning, Off: true}, {Day: period.Forever},
		}},
	}
}

// TestR31WhatCannotBePlacedIsPassedOver applies strange entries, each in its turn, and then goes on as if nothing had
// been; the store opens again and a rebuild passes over the same.
func TestR31WhatCannotBePlacedIsPassedOver(t *testing.T) {
	s := one(t)
	for _, body := range strange() {
		if body == nil {
			continue // no entry of the journal is without a body
		}
		s.tell(body)
		wantSum(t, s, "10")
	}
	s.view(func(tx *aggregator.Tx) {
		for code, want := range map[string]bool{"L": false, "LC": false, "N1": true, "N2": true} {
			if _, ok := tx.Tree().Unit(id(code)); ok != want {
				t.Errorf("unit %s is there: %v, want %v", code, ok, want)
			}
		}
		if at, ok := tx.Indicators().Ordinal("G"); !ok || at != 1 {
			t.Errorf("indicator G has %d, %v, want 1", at, ok)
		}
		if tx.Forms().Len() != 1 {
			t.Errorf("there are %d forms, want 1: NEXT has a number that is not its own", tx.Forms().Len())
		}
		if r, ok, _ := tx.Report(key("B", "F", "2024-03")); !ok || r.Provisional != 7 {
			t.Errorf("a revision with a number to come = %v, %+v", ok, r)
		}
	})
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	s.open(aggregator.Kept)
	s.tell(sent(key("A", "F", "2024-01"), 2, map[uint32]figure.Figure{0: value(12)}))
	wantSum(t, s, "12")
	sameAfterRebuild(t, s)
}

// TestWhatTheFormsWereCheckedAgainstMayChange lets a later version of an indicator, which nobody checked against the
// forms, break R4: the state opens all the same, for each form was right when it came.
func TestWhatTheFormsWereCheckedAgainstMayChange(t *testing.T) {
	s := house(t)
	districts := plainIndicator("S", indicator.UnitSum, indicator.Flow, indicator.TimeSum)
	districts.Assigned = []hierarchy.Selector{{Kind: hierarchy.District}}
	quarters := plainForm("Q", period.Quarter, "kind:commune", "S")
	s.tell(numbered(0, districts), forms(0, plainForm("F", period.Month, "kind:commune|kind:district", "S"), quarters))
	districts.Assigned = nil
	s.tell(numbered(0, districts))
	s.view(func(tx *aggregator.Tx) {
		if tx.Forms().Check(tx.Tree(), tx.Indicators()) == nil || tx.Forms().Len() != 2 {
			t.Fatalf("the story breaks no rule, or has %d forms", tx.Forms().Len())
		}
	})
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	s.open(aggregator.Kept)
	s.view(func(tx *aggregator.Tx) {
		if tx.Forms().Len() != 2 || tx.Indicators().Len() != 1 || tx.Tree().Len() != 4 {
			t.Errorf("after opening: %d forms, %d indicators, %d units", tx.Forms().Len(), tx.Indicators().Len(), tx.Tree().Len())
		}
	})
}

// FuzzApply applies whatever decodes on top of a story, twice, and reads: nothing fails and nothing panics.
func FuzzApply(f *testing.F) {
	s := one(f)
	head := s.journal.Head()
	seed := func(body entry.Body) {
		e := entry.Entry{Header: entry.Header{Sequence: 99, Time: start, Principal: "p", Method: "M", RequestID: [16]byte{1}, RequestHash: [32]byte{2}}, Body: body}
		if public, private, err := entry.Encode(e); err == nil {
			f.Add(public, private)
		}
	}
	for _, body := range strange() {
		seed(body)
	}
	seed(sent(key("A", "F", "2024-01"), 2, map[uint32]figure.Figure{0: value(11)}))
	seed(entry.ReportApproved{Key: key("A", "F", "2024-01"), Revision: 1})
	seed(entry.ReportReturned{Key: key("A", "F", "2024-01"), Revision: 1, Reason: "x"})
	seed(entry.ObligationExcluded{Key: key("A", "F", "2024-01"), Reason: "x"})
	seed(entry.ExclusionLifted{Key: key("A", "F", "2024-01"), Reason: "x"})
	closing := entry.ClosingKey{Form: "F", Period: mustPeriod("2024-01"), Owner: id("P")}
	seed(entry.PeriodClosed{Key: closing, Version: 1, Rows: 1, Pieces: []entry.ClosedRows{{FirstUnit: id("A"), Deflated: []byte{3, 0}}}, Reason: "x"})
	seed(entry.PeriodReopened{Key: closing, Version: 1, Units: []hierarchy.ID{id("A")}, Reason: "x"})
	seed(entry.TokenIssued{Token: auth.Token{ID: "abc", Role: auth.Viewer, Created: start}})
	seed(entry.EntryRedacted{Sequence: 6, Reason: "x"})
	seed(entry.EntryRedacted{Sequence: 98})
	changed := plainIndicator("S", indicator.UnitSum, indicator.Flow, indicator.TimeSum)
	changed.Scale, changed.ValidFrom = 2, period.Date(2024, 1, 10)
	seed(numbered(0, changed))
	later := plainForm("F", period.Month, "unit:B", "S")
	later.ValidFrom = period.Date(2024, 1, 20)
	seed(forms(0, later))
	f.Fuzz(func(t *testing.T, public, private []byte) {
		e, err := entry.Decode(public, private)
		if err != nil {
			t.Skip()
		}
		tx, err := s.store.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		for n := uint64(1); n <= 2; n++ {
			e.Header.Sequence = head.Sequence + n
			if err := tx.Apply(e, journal.Head{Sequence: head.Sequence + n, Hash: journal.Hash{byte(n)}}); err != nil {
				t.Fatalf("Apply(%+v) = %v", e, err)
			}
		}
		for b := range rollup.Basis(2) {
			q := aggregator.Query{Unit: id("P"), Indicator: "S", Period: mustPeriod("2024"), Basis: b}
			if _, err := tx.Rollup(q); err != nil && fault.ReasonOf(err) != "CALENDARS_MIXED" {
				t.Fatalf("Rollup after %+v = %v", e, err)
			}
			if _, _, err := tx.Contributions(q, aggregator.Cursor{}, 100); err != nil {
				t.Fatalf("Contributions after %+v = %v", e, err)
			}
		}
		if _, _, err := tx.Report(key("A", "F", "2024-01")); err != nil {
			t.Fatalf("Report after %+v = %v", e, err)
		}
		table := tx.Definitions().Timetable()
		for _, kind := range append(table.Kinds("F", period.Date(2024, 1, 31)), "commune") {
			if due, ok := table.DueDay("F", kind, period.Date(2024, 1, 31)); ok && due <= period.Date(2024, 1, 31) {
				t.Fatalf("after %+v January is due %v", e, due)
			}
		}
		tx.Rollback()
		if err := s.store.View(context.Background(), func(*aggregator.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
	})
}
