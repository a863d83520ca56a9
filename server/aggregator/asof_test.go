package aggregator_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// copies are what the state said after each entry, one line for each answer.
type copies map[uint64][]string

// keep copies what the state says now.
func (c copies) keep(tx *aggregator.Tx, asked []aggregator.Query) {
	c[tx.Position().Head.Sequence] = everything(tx, asked)
}

// everything is whatever a state says: definitions, reports, roll-ups and what stands behind them.
func everything(tx *aggregator.Tx, asked []aggregator.Query) []string {
	var said []string
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	units, indicators, forms, _ := tx.Counts()
	say("%d units, %d indicators, %d forms", units, indicators, forms)
	for o := range units {
		u := tx.Tree().At(o)
		say("unit %+v %d %v", u, tx.UnitSequence(u.ID), tx.UnitHistory(u.ID))
		for _, l := range tx.Tree().Successors(u.ID) {
			say("link %+v %d", l, tx.LinkSequence(l))
		}
	}
	for _, code := range tx.Indicators().Codes() {
		for _, v := range tx.Indicators().Versions(code) {
			say("indicator %+v %d %v used %t", v, tx.IndicatorSequence(code), tx.IndicatorHistory(code, v.ValidFrom), tx.IndicatorUsed(code))
		}
	}
	for _, code := range tx.Forms().Codes() {
		for _, v := range tx.Forms().Versions(code) {
			say("form %+v %d %v", v, tx.FormSequence(code), tx.FormHistory(code, v.ValidFrom))
		}
		for _, base := range []string{"2024-01", "2024-02", "2024-03", "2024-12", "2025-01", "2023", "2024"} {
			err := tx.ScanReports(code, mustPeriod(base), -1, func(_ int, r aggregator.Report) (bool, error) {
				same, ok, err := tx.Report(r.Key)
				say("report %+v %+v %t", r, same, ok)
				return true, err
			})
			if err != nil {
				say("reports of %s: %v", base, err)
			}
		}
	}
	for _, q := range asked {
		said = append(said, answered(tx, q))
	}
	return said
}

// answered is a roll-up with all that is said beside it, and its contributions.
func answered(tx *aggregator.Tx, q aggregator.Query) string {
	var b strings.Builder
	a, err := tx.Rollup(q)
	if err == nil {
		version := *a.Indicator
		a.Indicator = nil
		for n := range a.Parts { // of which only the address is written
			fmt.Fprintf(&b, "part %+v ", *a.Parts[n].Indicator)
			a.Parts[n].Indicator = nil
		}
		fmt.Fprintf(&b, "%+v: %+v by %+v", q, a, version)
	} else {
		fmt.Fprintf(&b, "%+v: %v", q, err)
	}
	series, err := tx.Series(q)
	if ordinal, ok := tx.Tree().Ordinal(q.Unit); ok && err == nil {
		again, err := series.Rollup(ordinal)
		if fmt.Sprint(again.Result, err) != fmt.Sprint(a.Result, nil) {
			fmt.Fprintf(&b, " but in a series %+v, %v", again.Result, err)
		}
	}
	list, _, err := tx.Contributions(q, aggregator.Cursor{}, 500)
	fmt.Fprintf(&b, " from %+v, %v", list, err)
	return b.String()
}

// compare asks the state for every copy again.
func (c copies) compare(t interface{ Fatalf(string, ...any) }, s *story, asked map[uint64][]aggregator.Query) {
	err := s.store.View(context.Background(), func(tx *aggregator.Tx) error {
		for sequence, want := range c {
			then, err := tx.AsOf(sequence)
			if err != nil {
				return err
			}
			got := everything(then, asked[sequence])
			for n := range min(len(got), len(want)) {
				if got[n] != want[n] {
					t.Fatalf("as of entry %d of %d:\n got %s\nwant %s", sequence, tx.Position().Head.Sequence, got[n], want[n])
				}
			}
			if len(got) != len(want) {
				t.Fatalf("as of entry %d: %d answers, want %d", sequence, len(got), len(want))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
}

// TestR30EveryAnswerIsGivenAgainAsOfItsEntry tells random stories in which reports, the tree, the catalogue and the forms
// change, copies after each step what the state says, and asks for all of it again at the end as of each entry: of the
// store that went through it, and of one that was rebuilt.
func TestR30EveryAnswerIsGivenAgainAsOfItsEntry(t *testing.T) {
	fewer(t)
	rapid.Check(t, func(r *rapid.T) {
		s, o, catalogue := province(t)
		defer func() { _ = s.close() }()
		w := teller{r: r, s: s, o: o, catalogue: catalogue}
		kept, asked := copies{}, map[uint64][]aggregator.Query{}
		for range rapid.IntRange(2, 10).Draw(r, "steps") {
			w.tellOne()
			if rapid.IntRange(0, 2).Draw(r, "define") == 0 {
				w.define()
			}
			s.commit()
			s.view(func(tx *aggregator.Tx) {
				some := w.questions(12)
				asked[tx.Position().Head.Sequence] = some
				kept.keep(tx, some)
			})
		}
		kept.compare(r, s, asked)
		if err := s.close(); err != nil {
			r.Fatalf("Close = %v", err)
		}
		if err := aggregator.Rebuild(t.Context(), s.config(), s.journal, nil); err != nil {
			r.Fatalf("Rebuild = %v", err)
		}
		s.open(aggregator.Kept)
		kept.compare(r, s, asked)
	})
}

// questions draws some.
func (w *teller) questions(n int) []aggregator.Query {
	var list []aggregator.Query
	for len(list) < n {
		i := rapid.SampledFrom(w.catalogue).Draw(w.r, "indicator")
		q := aggregator.Query{
			Unit: id(w.pick("of", "P", "D1", "D2", "C1", "C3", "C4")), Indicator: i.Code, Period: mustPeriod(w.pick("span", spans...)),
			Basis: rollup.Basis(rapid.IntRange(0, 1).Draw(w.r, "basis")), Measure: rollup.Measure(rapid.IntRange(0, 2).Draw(w.r, "measure")),
			Kind: hierarchy.Kind(w.pick("kind", "", "", "district")),
		}
		if rapid.IntRange(0, 2).Draw(w.r, "restated") == 0 {
			_, calendar := w.o.cadence(i.Code)
			q.Tree = calendar.Last(q.Period) + period.Day(rapid.IntRange(0, 400).Draw(w.r, "later"))
		}
		switch {
		case rapid.IntRange(0, 7).Draw(w.r, "a derived one") == 0:
			q.Indicator, q.Measure = "DER", rollup.AsReported
		case !rollup.Possible(i, q.Measure):
			continue
		}
		list = append(list, q)
	}
	return list
}

// define changes the tree, the catalogue or a form.
func (w *teller) define() {
	from := mustPeriod(w.pick("from", "2024-02", "2024-03", "2024-12"))
	day := period.Civil.Last(from) + 1
	switch what := w.pick("what", "name", "end", "new unit", "adds", "checks", "carries", "assigned", "new indicator", "merge", "link", "derived"); what {
	case "name":
		u, _ := w.s.begin().Tree().Unit(id(w.pick("renamed", "C1", "D1", "P")))
		u.NameVI = w.pick("name", "Phường Hoa", "Phường Hoà")
		w.s.add(entry.UnitsChanged{Units: []hierarchy.Unit{u}})
	case "end":
		u, _ := w.s.begin().Tree().Unit(id(w.pick("ended", "C2", "C4")))
		u.ValidTo = day
		w.s.add(entry.UnitsChanged{Units: []hierarchy.Unit{u}})
	case "new unit":
		w.s.add(entry.UnitsChanged{Units: []hierarchy.Unit{unit(w.pick("new", "C7", "C8"), hierarchy.Commune, w.pick("below", "D1", "D2"))}})
	case "adds", "checks":
		n := rapid.IntRange(0, 8).Draw(w.r, "which")
		i := w.catalogue[n]
		i.ValidFrom, i.ReportedBy, i.CheckedBy = day, []hierarchy.Kind{hierarchy.Commune, hierarchy.District}, nil
		if what == "checks" {
			i.ReportedBy, i.CheckedBy = i.ReportedBy[:1], i.ReportedBy[1:]
		}
		w.s.add(entry.IndicatorsChanged{Indicators: []entry.Indicator{{Number: uint32(n), Indicator: i}}})
	case "new indicator":
		cat := w.s.begin().Indicators()
		if _, ok := cat.Latest("NEW"); !ok {
			w.s.add(numbered(cat.Len(), plainIndicator("NEW", indicator.UnitSum, indicator.Flow, indicator.TimeSum)))
		}
	case "merge", "link":
		w.reorganise(what == "link", day)
	case "derived":
		cat := w.s.begin().Indicators()
		n, ok := cat.Ordinal("DER")
		if !ok {
			n = cat.Len()
		}
		i := indicator.Indicator{Code: "DER", NameVI: "DER", UnitRule: indicator.UnitDerived, ValidFrom: period.Beginning}
		i.Formula = w.pick("formula", "[SUM] + [LAST]", "[SUM] / [MAX]")
		w.s.add(entry.IndicatorsChanged{Indicators: []entry.Indicator{{Number: uint32(n), Indicator: i}}})
	default:
		f, _ := w.s.begin().Forms().Latest("M")
		f.ValidFrom = day
		if what == "carries" {
			f.Indicators = f.Indicators[:rapid.IntRange(10, len(f.Indicators)).Draw(w.r, "indicators")]
		} else {
			f.Assigned = plainForm("M", period.Month, w.pick("to", "kind:commune", "kind:commune|kind:district", "unit:C1|unit:C4")).Assigned
		}
		w.s.add(entry.FormsChanged{Forms: []entry.Form{{Form: f}}})
	}
}

// reorganise lets a commune end in a new one, or records or withdraws a link of a part alone.
func (w *teller) reorganise(alone bool, day period.Day) {
	link := hierarchy.Link{Date: day, From: id("C1"), To: id("C4"), Share: hierarchy.Part}
	var r hierarchy.Reorganisation
	switch tree := w.s.begin().Tree(); {
	case alone && len(tree.Successors(link.From)) > 0:
		r.Withdrawn = tree.Successors(link.From)[:1]
	case alone:
		r.Links = []hierarchy.Link{link}
	default:
		u, _ := tree.Unit(id("C2"))
		u.ValidTo = day
		into := unit("M1", hierarchy.Commune, "D1")
		into.ValidFrom, into.ID = day, hierarchy.NewID("M1", day)
		link.From, link.To, link.Share = u.ID, into.ID, hierarchy.Whole
		r = hierarchy.Reorganisation{Units: []hierarchy.Unit{u, into}, Links: []hierarchy.Link{link}}
	}
	w.s.add(entry.UnitsReorganised{Reorganisation: r, Note: "Nghị quyết"})
}

// TestR30LongHistoriesAreRewound asks for each revision of a report that lays old ones by.
func TestR30LongHistoriesAreRewound(t *testing.T) {
	s := one(t)
	k := key("B", "F", "2024-01")
	first := s.journal.Head().Sequence + 1
	const revisions = 1200
	for n := range revisions {
		s.add(sent(k, n+1, map[uint32]figure.Figure{0: value(int64(n))}))
		if n%100 == 99 {
			s.commit()
		}
	}
	s.view(func(tx *aggregator.Tx) {
		for n := 0; n < revisions; n += 111 {
			then, err := tx.AsOf(first + uint64(n))
			if err != nil {
				t.Fatal(err)
			}
			r, _, err := then.Report(k)
			if err != nil || len(r.Revisions) != n+1 || r.Provisional != n+1 || r.Revisions[n].State != aggregator.Submitted {
				t.Fatalf("as of revision %d: %d revisions, provisional %d, %v", n+1, len(r.Revisions), r.Provisional, err)
			}
			a, err := then.Rollup(aggregator.Query{Unit: id("B"), Indicator: "S", Period: k.Period, Basis: rollup.Provisional})
			if err != nil || a.Result.Display != fmt.Sprint(n) {
				t.Errorf("as of revision %d: %s, %v, want %d", n+1, a.Result.Display, err, n)
			}
		}
	})
}

// TestR30TextsStayRemoved asks as of an entry whose texts were removed since: everything else is as it was.
func TestR30TextsStayRemoved(t *testing.T) {
	s, at := people(t, "")
	before := said(t, s)
	last := s.journal.Head().Sequence
	s.tell(entry.EntryRedacted{Sequence: at["first"], Reason: "theo yêu cầu"}, entry.EntryRedacted{Sequence: at["return"], Reason: "theo yêu cầu"})
	s.view(func(tx *aggregator.Tx) {
		then, err := tx.AsOf(last)
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := then.Report(key("B", "F", "2024-01"))
		if err != nil || len(r.Revisions) != 2 {
			t.Fatalf("Report = %+v, %v", r, err)
		}
		was := r.Revisions[0]
		if was.State != aggregator.Returned || !was.TextsRemoved || was.Reason != "" || was.Figures[0].Note != "" || was.Figures[0].Value != 1 {
			t.Errorf("as of entry %d the first revision is %+v; want its figures and no text\nbefore:\n%s", last, was, before)
		}
		if sent := r.Revisions[1]; sent.TextsRemoved || sent.Figures[0].Note != "bà Cúc" {
			t.Errorf("the second revision is %+v, want its texts", sent)
		}
	})
}

// TestR30InstantsFindTheirEntry asks for the last entry at or before instants around each.
func TestR30InstantsFindTheirEntry(t *testing.T) {
	s := one(t)
	k := key("B", "F", "2024-01")
	for n := range 40 {
		s.add(sent(k, n+1, map[uint32]figure.Figure{0: value(1)}))
		if n%3 == 0 {
			s.now = s.now.Add(-time.Second) // the next one has the same time
		}
	}
	s.commit()
	s.view(func(tx *aggregator.Tx) {
		head := tx.Position().Head.Sequence
		var times []time.Time
		for n := range head {
			then, err := tx.AsOf(n + 1)
			if err != nil {
				t.Fatal(err)
			}
			_, at, _ := then.Moment()
			times = append(times, at)
		}
		for _, at := range times {
			for _, shift := range []time.Duration{-time.Nanosecond, 0, time.Nanosecond, time.Hour} {
				want := uint64(0)
				for n, other := range times {
					if !other.After(at.Add(shift)) {
						want = uint64(n) + 1
					}
				}
				if got, err := tx.SequenceAt(at.Add(shift)); err != nil || got != want {
					t.Errorf("SequenceAt(%v) = %d, %v, want %d", at.Add(shift), got, err, want)
				}
			}
		}
	})
}

// TestR30TooManyReportsAreRefused asks for a roll-up as of an earlier entry that takes one report too many, and for one
// that takes as many as may be.
func TestR30TooManyReportsAreRefused(t *testing.T) {
	for _, c := range []struct {
		communes int
		fits     bool
	}{{aggregator.MaxReportsAsOf, true}, {aggregator.MaxReportsAsOf + 1, false}} {
		s := newStory(t)
		units := []hierarchy.Unit{unit("P", hierarchy.Province, "")}
		for n := range c.communes {
			units = append(units, unit(fmt.Sprintf("C%05d", n), hierarchy.Commune, "P"))
		}
		s.tell(entry.UnitsChanged{Units: units}, numbered(0, plainIndicator("X", indicator.UnitSum, indicator.Flow, indicator.TimeSum)),
			forms(0, plainForm("F", period.Month, "kind:commune", "X")),
			sent(key("C00000", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(7)}))
		at := s.journal.Head().Sequence
		s.tell(sent(key("C00001", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(7)}))
		s.view(func(tx *aggregator.Tx) {
			then, err := tx.AsOf(at)
			if err != nil {
				t.Fatal(err)
			}
			q := aggregator.Query{Unit: id("P"), Indicator: "X", Period: mustPeriod("2024-01"), Basis: rollup.Provisional}
			a, err := then.Rollup(q)
			var refused *fault.Error
			switch {
			case c.fits && (err != nil || a.Result.Display != "7" || a.Result.Coverage.Expected != int64(c.communes)):
				t.Errorf("%d communes: %s of %d, %v, want 7 of all", c.communes, a.Result.Display, a.Result.Coverage.Expected, err)
			case !c.fits && (!errors.As(err, &refused) || refused.Kind != fault.KindExhausted || refused.Reason != "AS_OF_TOO_LARGE"):
				t.Errorf("%d communes: %v, want AS_OF_TOO_LARGE", c.communes, err)
			}
			if now, err := tx.Rollup(q); err != nil || now.Result.Display != "14" {
				t.Errorf("now: %s, %v, want 14", now.Result.Display, err)
			}
		})
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestR30AnUncommittedEntryLeavesNothingBehind asks as of entries of a group that is thrown away, then as of the others that
// took their places.
func TestR30AnUncommittedEntryLeavesNothingBehind(t *testing.T) {
	s := one(t)
	name := func(text string) entry.UnitsChanged {
		u := unit("B", hierarchy.Commune, "D")
		u.NameVI = text
		return entry.UnitsChanged{Units: []hierarchy.Unit{u}}
	}
	ask := func(tx *aggregator.Tx, sequence uint64, want string) {
		t.Helper()
		then, err := tx.AsOf(sequence)
		if err != nil {
			t.Fatal(err)
		}
		if u, _ := then.Tree().Unit(id("B")); u.NameVI != want {
			t.Errorf("as of entry %d the name is %q, want %q", sequence, u.NameVI, want)
		}
	}
	at := s.journal.Head().Sequence + 1
	s.who = "somebody who was never named before"
	s.add(name("Vứt đi"))
	if then, err := s.begin().AsOf(at); err != nil {
		t.Fatal(err)
	} else if _, err := then.SequenceAt(s.now); err != nil {
		t.Errorf("who made an entry that is not committed cannot be told: %v", err)
	}
	s.add(name("Cũng vứt đi"))
	ask(s.begin(), at, "Vứt đi")
	s.tx.Rollback()
	s.tx, s.group = nil, nil
	s.tell(name("Giữ lại"), name("Mới nhất"))
	s.view(func(tx *aggregator.Tx) { ask(tx, at, "Giữ lại") })
}

// TestR30ReadersAskAsOfWhileTheTreeChanges has readers ask for the name of a unit as of entries while it is renamed again and
// again: each entry has its own, whatever is kept of earlier trees.
func TestR30ReadersAskAsOfWhileTheTreeChanges(t *testing.T) {
	s := one(t)
	first := s.journal.Head().Sequence + 1
	name := func(sequence uint64) string { return fmt.Sprint("Tên ", sequence) }
	u := unit("B", hierarchy.Commune, "D")
	rename := func() {
		u.NameVI = name(s.begin().Position().Head.Sequence + 1)
		s.tell(entry.UnitsChanged{Units: []hierarchy.Unit{u}})
	}
	rename()
	ended := make(chan struct{})
	var readers sync.WaitGroup
	for n := range 4 {
		readers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(n), 30))
			for {
				select {
				case <-ended:
					return
				default:
				}
				err := s.store.View(t.Context(), func(tx *aggregator.Tx) error {
					last := tx.Position().Head.Sequence
					sequence := first + random.Uint64N(last-first+1)
					then, err := tx.AsOf(sequence)
					if err != nil {
						return err
					}
					if got, _ := then.Tree().Unit(u.ID); got.NameVI != name(sequence) {
						t.Errorf("as of entry %d of %d the name is %q", sequence, last, got.NameVI)
					}
					return nil
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 200 {
		rename()
	}
	close(ended)
	readers.Wait()
}
