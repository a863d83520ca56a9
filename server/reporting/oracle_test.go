package reporting_test

import (
	"context"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/rollup"
	"github.com/tonghop/tonghop/server/verify"
)

// subject shows the state to the oracle.
type subject struct{ state *aggregator.Store }

func (s subject) Read(ctx context.Context, use func(journal.Head, func(verify.Question) (verify.Answer, error)) error) error {
	return s.state.View(ctx, func(tx *aggregator.Tx) error {
		return use(tx.Position().Head, func(q verify.Question) (verify.Answer, error) {
			if q.Form != "" {
				standing, err := tx.Standing(q.Form, q.Period, q.Unit)
				return verify.Answer{State: standing.String()}, err
			}
			a, err := tx.Rollup(aggregator.Query{
				Unit: q.Unit, Indicator: q.Indicator, Period: q.Period, Kind: q.Kind, Tree: q.Tree,
				Basis:   map[bool]rollup.Basis{false: rollup.Official, true: rollup.Provisional}[q.Provisional],
				Measure: [...]rollup.Measure{rollup.AsReported, rollup.Own, rollup.YearToDate}[q.Measure],
			})
			return inWords(a), err
		})
	})
}

func inWords(a aggregator.Answer) verify.Answer {
	r, c := a.Result, a.Result.Coverage
	words := verify.Answer{
		State: r.State.String(), Value: r.Display, Numerator: r.NumeratorDisplay, Denominator: r.DenominatorDisplay,
		Expected: c.Expected, Received: c.Received, NotAvailable: c.NotAvailable, Missing: c.Missing,
		NotApplicable: c.NotApplicable, Excluded: c.Excluded, Late: c.Late, Stale: c.Stale,
		UnitsComplete: c.UnitsComplete, Units: c.Units, Half: c.Half, Unweighted: c.Unweighted, Gaps: c.Gaps, Over: c.Divisor,
		Fell: r.Fell, PartsDiffer: r.PartsDiffer, HeldBy: string(a.HeldBy),
	}
	if a.Crossing != aggregator.Within {
		words.Crossing = a.Crossing.String()
	}
	if a.LastPeriod.Valid() {
		words.Last = a.LastPeriod.String()
	}
	if r.DenominatorFrom.Valid() {
		words.DenominatorFrom = r.DenominatorFrom.String()
	}
	return words
}

// checkSound recomputes every roll-up from the journal by code that shares nothing with the aggregator. Every test ends
// with it.
func (w *world) checkSound() {
	w.t.Helper()
	report, err := verify.Run(context.Background(), w.journal, subject{w.state}, nil)
	must(w.t, err)
	for _, finding := range report.Findings {
		w.t.Errorf("the store is not sound: %s", finding)
	}
}

// checkReplay replays the journal into another state and asks both everything.
func (w *world) checkReplay(dir string) {
	w.t.Helper()
	ctx := context.Background()
	other, _, err := aggregator.Open(ctx, aggregator.Config{Dir: dir})
	must(w.t, err)
	defer other.Close() //nolint:errcheck // it is thrown away
	must(w.t, other.Replay(ctx, w.journal, nil))
	model := verify.NewModel()
	must(w.t, w.journal.Read(ctx, 1, func(e journal.Entry) error {
		decoded, err := entry.Decode(e.Public, e.Private)
		if err != nil {
			return err
		}
		return model.Apply(decoded)
	}))
	var questions []verify.Question
	model.Questions(func(q verify.Question) bool {
		questions = append(questions, q)
		return true
	})
	live, replayed := answers(w.t, w.state, questions), answers(w.t, other, questions)
	for i, q := range questions {
		if d := verify.Difference(replayed[i], live[i]); d != "" {
			w.t.Errorf("%s: after a replay %s", q, d)
		}
	}
}

func answers(t rapid.TB, state *aggregator.Store, questions []verify.Question) []verify.Answer {
	t.Helper()
	list := make([]verify.Answer, len(questions))
	must(t, subject{state}.Read(context.Background(), func(_ journal.Head, ask func(verify.Question) (verify.Answer, error)) error {
		for i, q := range questions {
			var err error
			if list[i], err = ask(q); err != nil {
				return err
			}
		}
		return nil
	}))
	return list
}
