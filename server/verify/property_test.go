package verify

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// TestTheModelAgreesWithRollup brings the same random figures together twice: here from the entries of a journal, there
// by the arithmetic of the aggregator.
func TestTheModelAgreesWithRollup(t *testing.T) {
	for rule := indicator.UnitNone; rule <= indicator.UnitCountAtLeast; rule++ {
		t.Run(rule.String(), rapid.MakeCheck(func(t *rapid.T) {
			s := drawScene(t, rule)
			m := s.model(t)
			for range 4 {
				kind := rapid.SampledFrom(period.Kinds()).Draw(t, "kind of span")
				s.compare(t, m, period.Of(2024, kind, rapid.IntRange(1, kind.PerYear()).Draw(t, "span")))
			}
		}))
	}
}

// compare asks everything about one span.
func (s *scene) compare(t *rapid.T, m *Model, span period.Period) {
	x := s.inds["X"]
	for _, provisional := range []bool{false, true} {
		for _, measure := range []Measure{AsReported, Own, YearToDate} {
			for _, kind := range []hierarchy.Kind{"", "commune", "district"} {
				for _, u := range s.tree {
					q := Question{Unit: u.ID, Indicator: "x", Period: span, Provisional: provisional, Measure: measure, Kind: kind}
					want := s.rollup(&x, q)
					got := m.Answer(q)
					if got.State == stateNotAtPeriod {
						want = Answer{State: want.State}
						got = Answer{State: got.State}
					}
					if diff := Difference(want, got); diff != "" {
						t.Fatalf("%s of %+v\n\t%s", q, x, diff)
					}
				}
			}
		}
	}
}

// rollup asks the other arithmetic.
func (s *scene) rollup(x *indicator.Indicator, q Question) Answer {
	base, measure := s.bases["X"], rollup.Measure(q.Measure)
	var t rollup.Total
	var e, own rollup.Expected
	for _, u := range s.below(q.Unit, q.Kind) {
		f := &theirs{scene: s, unit: u, provisional: q.Provisional}
		t.Merge(rollup.Contribute(*x, measure, q.Period, base, f))
		owed := rollup.Expect(*x, measure, q.Period, base, f)
		e.Merge(owed)
		if u == q.Unit {
			own = owed
		}
	}
	r := rollup.Finish(*x, measure, q.Period, base, t, e)
	if r.Single && own.Owed == 0 {
		// Rollup cannot know that the one unit which has a rank is not the one that is asked about.
		r = rollup.Result{State: rollup.NotRolledUp, Coverage: r.Coverage}
	}
	return answerOf(r)
}

func answerOf(r rollup.Result) Answer {
	c := r.Coverage
	return Answer{
		State: r.State.String(), Value: r.Display, Numerator: r.NumeratorDisplay, Denominator: r.DenominatorDisplay,
		Last: r.From.String(), DenominatorFrom: r.DenominatorFrom.String(),
		Expected: c.Expected, Received: c.Received, NotAvailable: c.NotAvailable, Missing: c.Missing,
		NotApplicable: c.NotApplicable, Excluded: c.Excluded, Late: c.Late, Stale: c.Stale, UnitsComplete: c.UnitsComplete,
		Units: c.Units, Half: c.Half, Unweighted: c.Unweighted, Gaps: c.Gaps, Over: c.Divisor, Fell: r.Fell,
	}
}

// theirs are the figures of one unit as rollup wants them.
type theirs struct {
	*scene
	unit        hierarchy.ID
	provisional bool
}

func (f *theirs) given(code indicator.Code, p period.Period) given {
	g, told := f.gave[obligation{f.unit, code, p}]
	g.unowed = g.unowed || !told
	return g
}

func (f *theirs) At(code indicator.Code, p period.Period) (figure.Figure, figure.Scale) {
	g := f.given(code, p)
	if g.unowed || code == "W" && g.excluded {
		return figure.Figure{}, 0
	}
	return g.figure[count(f.provisional)], f.inds[code].Scale
}

func (f *theirs) Late(p period.Period) bool     { return f.given("X", p).late }
func (f *theirs) Excluded(p period.Period) bool { return f.given("X", p).excluded }
func (f *theirs) Owed(p period.Period) bool     { return !f.given("X", p).unowed }
func (f *theirs) Other(code indicator.Code) (indicator.Part, bool) {
	ind, ok := f.inds[code]
	return ind.Value, ok
}
