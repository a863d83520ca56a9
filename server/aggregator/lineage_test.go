package aggregator_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// march is the day of the reorganisations of these stories.
var march = period.Date(2024, 3, 1)

// drafted makes the entry of a reorganisation.
func drafted(t testing.TB, tree *hierarchy.Tree, p hierarchy.Plan) entry.UnitsReorganised {
	t.Helper()
	d, err := tree.Draft(p)
	if err != nil {
		t.Fatal(err)
	}
	return entry.UnitsReorganised{Reorganisation: d.Reorganisation, Note: "Nghị quyết 1"}
}

// divided is a story in which B goes over in parts into A and N.
func divided(t testing.TB) *story {
	s := house(t)
	s.tell(numbered(0, plainIndicator("S", indicator.UnitSum, indicator.Flow, indicator.TimeSum)),
		forms(0, plainForm("F", period.Month, "kind:commune", "S")),
		sent(key("A", "F", "2024-02"), 1, map[uint32]figure.Figure{0: value(10)}),
		sent(key("B", "F", "2024-02"), 1, map[uint32]figure.Figure{0: value(20)}))
	s.tell(drafted(t, s.tree(), hierarchy.Plan{
		Date: march, Close: []string{"B"},
		Create: []hierarchy.Unit{{Code: "N", Kind: hierarchy.Commune, NameVI: "Xã N", Parent: "D"}},
		Links:  []hierarchy.PlannedLink{{From: "B", To: "A", Share: hierarchy.Part}, {From: "B", To: "N", Share: hierarchy.Part}},
	}))
	return s
}

func (s *story) tree() (tree *hierarchy.Tree) {
	s.view(func(tx *aggregator.Tx) { tree = tx.Tree() })
	return tree
}

func TestR30LinksAreKeptAsVersions(t *testing.T) {
	s := divided(t)
	want := []hierarchy.Link{
		{Date: march, From: "B-0", To: "A-0", Share: hierarchy.Part},
		{Date: march, From: "B-0", To: "N-20240301", Share: hierarchy.Part},
	}
	check := func(when string, links []hierarchy.Link, sequence uint64) {
		t.Helper()
		s.view(func(tx *aggregator.Tx) {
			if diff := cmp.Diff(links, tx.Tree().Links()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", when, diff)
			}
			if got := tx.LinkSequence(want[1]); got != sequence {
				t.Errorf("%s: the link is of entry %d, want %d", when, got, sequence)
			}
			if note, removed, err := tx.LinkNote(sequence); note != "Nghị quyết 1" || removed || err != nil {
				t.Errorf("%s: note %q, %t, %v", when, note, removed, err)
			}
		})
	}
	made := s.head()
	check("at once", want, made)
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	s.open(aggregator.Kept)
	check("after a restart", want, made)

	// One link is withdrawn, the other gets another share, in one entry; B then goes over as a whole.
	s.tell(drafted(t, s.tree(), hierarchy.Plan{
		Date:     march,
		Withdraw: []hierarchy.PlannedLink{{From: "B", To: "A", Share: hierarchy.Whole}, {From: "B", To: "N", Share: hierarchy.Whole}},
		Links:    []hierarchy.PlannedLink{{From: "B", To: "N", Share: hierarchy.Whole}},
	}))
	whole := []hierarchy.Link{{Date: march, From: "B-0", To: "N-20240301", Share: hierarchy.Whole}}
	check("after a correction", whole, s.head())
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	s.open(aggregator.Kept)
	check("after a correction and a restart", whole, s.head())
	sameAfterRebuild(t, s)
}

func (s *story) head() (sequence uint64) {
	s.view(func(tx *aggregator.Tx) { sequence = tx.Position().Head.Sequence })
	return sequence
}

func TestAUnitAsItWasBeforeAnEntry(t *testing.T) {
	s := divided(t)
	made := s.head()
	s.view(func(tx *aggregator.Tx) {
		u, known, err := tx.UnitBefore("B-0", made)
		if !known || err != nil || u.ValidTo != period.Forever {
			t.Errorf("before: %+v, %t, %v", u, known, err)
		}
		u, known, err = tx.UnitBefore("B-0", made+1)
		if !known || err != nil || u.ValidTo != march {
			t.Errorf("after: %+v, %t, %v", u, known, err)
		}
		for _, id := range []hierarchy.ID{"N-20240301", "nobody-0"} {
			if u, known, err := tx.UnitBefore(id, made); known || err != nil {
				t.Errorf("%s was there before: %+v, %v", id, u, err)
			}
		}
	})
}

// Published figures never move: a reorganisation changes nothing of a base period that ended before it.
func TestR2AReorganisationLeavesEarlierPeriodsAlone(t *testing.T) {
	s := divided(t)
	if a := ask(t, s, aggregator.Query{Unit: id("D"), Indicator: "S", Period: mustPeriod("2024-02"), Basis: rollup.Provisional}); a.Result.Display != "30" {
		t.Errorf("February of D = %s, want 30", a.Result.Display)
	}
	s.tell(sent(entry.ReportKey{Unit: "N-20240301", Form: "F", Period: mustPeriod("2024-03")}, 1, map[uint32]figure.Figure{0: value(7)}))
	a := ask(t, s, aggregator.Query{Unit: id("D"), Indicator: "S", Period: mustPeriod("2024-03"), Basis: rollup.Provisional})
	if a.Result.Display != "7" || a.Result.Coverage.Expected != 2 {
		t.Errorf("March of D = %s of %d, want 7 of 2", a.Result.Display, a.Result.Coverage.Expected)
	}
}

func TestR36TheNoteOfAReorganisationIsRemoved(t *testing.T) {
	s := divided(t)
	made := s.head()
	s.tell(entry.EntryRedacted{Sequence: made})
	s.view(func(tx *aggregator.Tx) {
		if note, removed, err := tx.LinkNote(made); note != "" || !removed || err != nil {
			t.Errorf("note %q, %t, %v", note, removed, err)
		}
	})
}

// Apply is total (R31): of an entry that the tree does not take as it is, each thing is taken that can be.
func TestR31WhatDoesNotFitIsPassedOver(t *testing.T) {
	s := house(t)
	b := unit("B", hierarchy.Commune, "D")
	b.ValidTo = march
	orphan := unit("X", hierarchy.Commune, "nobody")
	s.tell(entry.UnitsReorganised{Reorganisation: hierarchy.Reorganisation{
		Units: []hierarchy.Unit{orphan, b},
		Links: []hierarchy.Link{
			{Date: march, From: "B-0", To: "A-0", Share: hierarchy.Whole},
			{Date: march, From: "B-0", To: "X-0", Share: hierarchy.Part},
			{Date: march, From: "A-0", To: "B-0", Share: hierarchy.Part},
		},
		Withdrawn: []hierarchy.Link{{Date: march, From: "A-0", To: "D-0", Share: hierarchy.Whole}},
	}})
	want := []hierarchy.Link{{Date: march, From: "B-0", To: "A-0", Share: hierarchy.Whole}}
	if diff := cmp.Diff(want, s.tree().Links()); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	if u, _ := s.tree().Unit("B-0"); u.ValidTo != march {
		t.Errorf("B ends on %s", u.ValidTo)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	s.open(aggregator.Kept)
	if diff := cmp.Diff(want, s.tree().Links()); diff != "" {
		t.Errorf("links after a restart (-want +got):\n%s", diff)
	}
	sameAfterRebuild(t, s)
}

// TestRollupsFollowReorganisations tells random stories in which communes move, are renamed, closed and divided between
// submissions. Roll-ups of base periods equal what is made from nothing.
func TestRollupsFollowReorganisations(t *testing.T) {
	reorganised, refused := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		s, o, catalogue := twoForms(t)
		defer func() { _ = s.close() }()
		w := redefiner{teller: teller{r: r, s: s, o: o, catalogue: catalogue}}
		for range rapid.IntRange(3, 14).Draw(r, "steps") {
			if rapid.IntRange(0, 2).Draw(r, "what") == 0 {
				if w.reorganise() {
					reorganised++
				} else {
					refused++
				}
			} else {
				w.submitOfAny()
			}
			if rapid.IntRange(0, 2).Draw(r, "commit") == 0 {
				s.commit()
			}
			compareBases(r, s.begin(), o, catalogue)
		}
		s.commit()
		if rapid.IntRange(0, 4).Draw(r, "restart") == 0 {
			if err := s.close(); err != nil {
				r.Fatalf("Close = %v", err)
			}
			s.open(aggregator.Kept)
		}
		s.view(func(tx *aggregator.Tx) {
			compareBases(r, tx, o, catalogue)
			if diff := cmp.Diff(o.tree.Links(), tx.Tree().Links()); diff != "" {
				r.Fatalf("links (-want +got):\n%s", diff)
			}
			for n := range o.tree.Len() {
				if got := tx.Tree().At(n); !got.Equal(o.tree.At(n)) {
					r.Fatalf("unit %+v, want %+v", got, o.tree.At(n))
				}
			}
		})
		sameAfterRebuild(r, s)
	})
	if !testing.Short() && (reorganised == 0 || refused == 0) {
		t.Errorf("%d reorganisations were taken and %d refused: the drawing is too one-sided", reorganised, refused)
	}
}

// communes lists all communes that ever stood.
func (w *redefiner) communes() []string {
	var ids []string
	for n := range w.o.tree.Len() {
		if u := w.o.tree.At(n); u.Kind == hierarchy.Commune {
			ids = append(ids, string(u.ID))
		}
	}
	return ids
}

func (w *redefiner) submitOfAny() {
	k := entry.ReportKey{
		Unit: hierarchy.ID(w.pick("unit", w.communes()...)), Form: form.Code(w.pick("form", "M", "N")),
		Period: mustPeriod(w.pick("month", "2024-01", "2024-02", "2024-03", "2024-12")),
	}
	w.tellBody(w.submission(k, w.o.reports[k], [2]int{0, len(w.catalogue)}))
}

func (w *redefiner) reorganise() bool {
	p := hierarchy.Plan{Date: rapid.SampledFrom(days[1:]).Draw(w.r, "day")}
	one, other := w.pick("one", w.communes()...), w.pick("other", w.communes()...)
	switch rapid.IntRange(0, 4).Draw(w.r, "reorganise") {
	case 0:
		parent := w.pick("under", "D1-0", "D2-0", "P-0")
		p.Move = []hierarchy.Move{{Unit: one, Parent: &parent}}
	case 1:
		parent := "P-0"
		p.Move = []hierarchy.Move{{Unit: w.pick("district", "D1-0", "D2-0"), Parent: &parent, Kind: "ward"}}
	case 2:
		p.Close = []string{one}
		p.Links = []hierarchy.PlannedLink{{From: one, To: other, Share: hierarchy.Whole}}
	case 3:
		p.Rename = []hierarchy.Rename{{Unit: one, NameVI: fmt.Sprint("Tên ", w.o.tree.Len(), p.Date)}}
	default:
		p.Create = []hierarchy.Unit{{Code: hierarchy.Code(fmt.Sprint("N", w.o.tree.Len())), Kind: hierarchy.Commune, NameVI: "Xã mới", Parent: "P-0"}}
		p.Links = []hierarchy.PlannedLink{{From: one, To: string(p.Create[0].Code), Share: hierarchy.Part}}
	}
	d, err := w.o.tree.Draft(p)
	if err != nil {
		return false
	}
	next, err := w.o.tree.Reorganised(d.Reorganisation)
	if err != nil || w.o.forms.Check(next, w.o.cat) != nil {
		return false
	}
	w.tellBody(entry.UnitsReorganised{Reorganisation: d.Reorganisation})
	return true
}

// compareBases compares the roll-ups of base periods. How longer ones run over lineage is tested where it is decided.
func compareBases(t interface{ Fatalf(string, ...any) }, tx *aggregator.Tx, o *oracle, catalogue []indicator.Indicator) {
	for _, unit := range []hierarchy.ID{"P-0", "D1-0", "D2-0"} {
		for _, i := range catalogue {
			for _, base := range []string{"2024-01", "2024-02", "2024-03", "2024-12"} {
				q := aggregator.Query{Unit: unit, Indicator: i.Code, Period: mustPeriod(base), Basis: rollup.Provisional}
				if difference := compareOne(tx, o, q); difference != "" {
					t.Fatalf("%s", difference)
				}
			}
		}
	}
}
