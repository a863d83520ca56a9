//go:build unix

package workload

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// Seen is everything that a server shows.
type Seen struct {
	// JournalID, Head and Hash are of the journal's end; Reports is how many reports there are.
	JournalID string
	Head      int64
	Hash      string
	Reports   int64
	// Reforms is after how many changes of the tree it is what is shown.
	Reforms   int
	Changes   []Change
	Revisions map[Report][]Revision
	Rollups   []Rollup
}

// Change is one note of the change feed.
type Change struct {
	Sequence  int64
	Kind      reportingv1.ChangeKind
	Name      string
	Revision  int
	Principal string
}

// Revision is one version of a report.
type Revision struct {
	Number                int
	Sequence              int64
	State                 reportingv1.RevisionState
	Figures               []Figure
	Official, Provisional bool
	Principal, Reviewer   string
	Reason                string
}

// Rollup is one indicator over a unit and a period. A number that is not there is empty.
type Rollup struct {
	Unit, Indicator, Period string
	// Tree is the day on whose tree was asked; empty for the period's own.
	Tree                                                     string
	Official                                                 bool
	State                                                    reportingv1.RollupState
	Value, Numerator, Denominator                            string
	Expected, Received, NotAvailable, NotApplicable, Missing int64
}

// readers is how many questions are under way at once.
const readers = 8

// Read asks the server for everything.
func (w *World) Read(ctx context.Context) (Seen, error) {
	status, err := w.viewer.client.GetStatus(ctx)
	if err != nil {
		return Seen{}, err
	}
	s := Seen{
		JournalID: status.GetStamp().GetJournalId(), Head: status.GetEntries(), Hash: status.GetChainHash(), Reports: status.GetReports(),
	}
	if s.Changes, err = w.readChanges(ctx); err != nil {
		return s, err
	}
	if s.Reforms, err = w.sees(ctx); err != nil {
		return s, err
	}
	if s.Revisions, err = w.readRevisions(ctx, s.Reforms); err != nil {
		return s, err
	}
	s.Rollups, err = w.readRollups(ctx, s.Reforms)
	return s, err
}

func (w *World) readChanges(ctx context.Context) ([]Change, error) {
	var changes []Change
	for c, err := range w.admin.client.Changes(ctx, &reportingv1.ListChangesRequest{}) {
		if err != nil {
			return nil, err
		}
		changes = append(changes, Change{
			Sequence: c.GetSequence(), Kind: c.GetKind(), Name: c.GetName(), Revision: int(c.GetRevision()), Principal: c.GetPrincipal(),
		})
	}
	return changes, nil
}

func (w *World) readRevisions(ctx context.Context, reforms int) (map[Report][]Revision, error) {
	var mu sync.Mutex
	revisions := map[Report][]Revision{}
	err := together(ctx, w.shape.reports(reforms), func(ctx context.Context, r Report) error {
		list, err := w.revisionsOf(ctx, r)
		mu.Lock()
		defer mu.Unlock()
		if len(list) > 0 {
			revisions[r] = list
		}
		return err
	})
	return revisions, err
}

// revisionsOf gives the revisions of a report, oldest first.
func (w *World) revisionsOf(ctx context.Context, r Report) ([]Revision, error) {
	var list []Revision
	for m, err := range w.admin.client.Revisions(ctx, &reportingv1.ListRevisionsRequest{Parent: r.Name()}) {
		if client.Reason(err) == "REPORT_NOT_FOUND" {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r, err)
		}
		figures, err := figuresFrom(m.GetFigures())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r, err)
		}
		list = append(list, Revision{
			Number: int(m.GetNumber()), Sequence: m.GetSequence(), State: m.GetState(), Figures: figures,
			Official: m.GetOfficial(), Provisional: m.GetProvisional(),
			Principal: m.GetPrincipal(), Reviewer: m.GetReviewer(), Reason: m.GetReturnReason(),
		})
	}
	slices.Reverse(list)
	return list, nil
}

// figuresFrom reads the figures of a report, in the order of the indicators.
func figuresFrom(list []*reportingv1.Figure) ([]Figure, error) {
	byCode := map[string]*reportingv1.Figure{}
	for _, m := range list {
		byCode[m.GetIndicator()] = m
	}
	if len(list) != len(indicators) || len(byCode) != len(indicators) {
		return nil, fmt.Errorf("%d figures of %v are shown, and every submission has %d", len(list), slices.Sorted(maps.Keys(byCode)), len(indicators))
	}
	figures := make([]Figure, len(indicators))
	for i, code := range indicators {
		m, ok := byCode[code]
		if !ok {
			return nil, fmt.Errorf("no figure %s is shown", code)
		}
		figures[i] = Figure{Value: m.GetValue(), Numerator: m.GetNumerator(), Denominator: m.GetDenominator()}
		switch m.GetState() {
		case reportingv1.FigureState_FIGURE_STATE_NOT_AVAILABLE:
			figures[i].State = "-"
		case reportingv1.FigureState_FIGURE_STATE_NOT_APPLICABLE:
			figures[i].State = "x"
		case reportingv1.FigureState_FIGURE_STATE_VALUE, reportingv1.FigureState_FIGURE_STATE_UNSPECIFIED:
		default:
			figures[i].State = m.GetState().String()
		}
	}
	return figures, nil
}

// unitsAtOnce is how many units one question about roll-ups names.
const unitsAtOnce = 8

// readRollups asks for every unit, indicator, period and basis, and where the tree changes for some periods again on the tree
// of a later day.
func (w *World) readRollups(ctx context.Context, reforms int) ([]Rollup, error) {
	var questions []*reportingv1.QueryRollupsRequest
	ask := func(basis reportingv1.Basis, tree string, periods []string) {
		for some := range slices.Chunk(w.shape.unitsAfter(reforms), unitsAtOnce) {
			questions = append(questions, &reportingv1.QueryRollupsRequest{
				Units: some, Indicators: indicators[:], Periods: periods, Basis: basis, Tree: tree, PageSize: 5000,
			})
		}
	}
	var periods, again []string
	for _, s := range w.shape.spans() {
		periods = append(periods, s.name)
		if s.again() {
			again = append(again, s.name)
		}
	}
	for _, basis := range []reportingv1.Basis{reportingv1.Basis_BASIS_OFFICIAL, reportingv1.Basis_BASIS_PROVISIONAL} {
		ask(basis, "", periods)
	}
	if w.shape.Reforms > 0 {
		tree, _ := w.shape.Restated()
		ask(reportingv1.Basis_BASIS_PROVISIONAL, tree, again)
	}
	var mu sync.Mutex
	var rollups []Rollup
	err := together(ctx, questions, func(ctx context.Context, q *reportingv1.QueryRollupsRequest) error {
		for m, err := range w.viewer.client.Rollups(ctx, q) {
			if err != nil {
				return err
			}
			mu.Lock()
			rollups = append(rollups, rollupOf(m, q))
			mu.Unlock()
		}
		return nil
	})
	return rollups, err
}

func rollupOf(m *reportingv1.Rollup, q *reportingv1.QueryRollupsRequest) Rollup {
	c := m.GetCoverage()
	return Rollup{
		Unit: m.GetUnit(), Indicator: m.GetIndicator(), Period: m.GetPeriod(), Tree: q.GetTree(), Official: q.GetBasis() == reportingv1.Basis_BASIS_OFFICIAL,
		State: m.GetState(), Value: m.GetValue(), Numerator: m.GetNumerator(), Denominator: m.GetDenominator(),
		Expected: c.GetExpected(), Received: c.GetReceived(), NotAvailable: c.GetNotAvailable(),
		NotApplicable: c.GetNotApplicable(), Missing: c.GetMissing(),
	}
}

// together does something with every element, a few at a time, and gives the first error.
func together[T any](ctx context.Context, list []T, do func(context.Context, T) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work := make(chan T)
	var workers sync.WaitGroup
	for range readers {
		workers.Go(func() {
			for t := range work {
				if err := do(ctx, t); err != nil {
					stop(err)
				}
			}
		})
	}
	for _, t := range list {
		if ctx.Err() != nil {
			break
		}
		work <- t
	}
	close(work)
	workers.Wait()
	return context.Cause(ctx)
}
