//go:build unix

package product

import (
	"context"
	"fmt"
	"slices"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/bench/front"
	"github.com/tonghop/tonghop/server/bench/workload"
)

// Asker asks for roll-ups and gives how many came back with a value. Another way to ask them is another Asker in this file.
type Asker interface {
	Ask(ctx context.Context, q workload.Question) (int, error)
}

// cells is how many cells an answer holds at most.
const cells = 100_000

// overGRPC asks for columns, page by page, with the library.
type overGRPC struct{ client *client.Client }

func columnsOf(q workload.Question) *reportingv1.QueryRollupColumnsRequest {
	return &reportingv1.QueryRollupColumnsRequest{
		Units: q.Units, Indicators: q.Indicators, Periods: q.Periods, Basis: reportingv1.Basis_BASIS_PROVISIONAL, PageSize: cells,
		IdsOnly: true, // as in the rows of the view
		Tree:    q.Tree,
	}
}

// Ask asks and, for a league table, sorts.
func (o overGRPC) Ask(ctx context.Context, q workload.Question) (int, error) {
	if q.Rowwise {
		return o.askRows(ctx, q)
	}
	values := 0
	var league []int64
	for answer, err := range o.client.ColumnPages(ctx, columnsOf(q)) {
		if err != nil {
			return 0, err
		}
		for _, c := range answer.GetColumns() {
			if len(c.GetStates()) == 0 {
				values += len(c.GetValues())
			}
			if q.Ranked {
				league = append(league, c.GetValues()...)
			}
		}
	}
	slices.Sort(league)
	return values, nil
}

// Over asks whoever listens at the other end of a connection.
func Over(c *client.Client) Asker { return overGRPC{c} }

// Told asks each question and keeps the answer, so that somebody can repeat it.
func (p *Product) Told(ctx context.Context, questions []workload.Question) ([]front.Told, error) {
	told := make([]front.Told, len(questions))
	for i, q := range questions {
		request := columnsOf(q)
		answer, err := p.Client.QueryRollupColumns(ctx, request)
		if err != nil {
			return nil, err
		}
		if answer.GetNextPageToken() != "" {
			return nil, fmt.Errorf("%s: the answer has more than one page", q.Name)
		}
		question, err := front.WireOf(request)
		if err != nil {
			return nil, err
		}
		wire, err := front.WireOf(answer)
		if err != nil {
			return nil, err
		}
		told[i] = front.Told{Question: question, Answer: wire}
	}
	return told, nil
}

// askRows asks for one roll-up after the other.
func (o overGRPC) askRows(ctx context.Context, q workload.Question) (int, error) {
	values := 0
	for r, err := range o.client.Rollups(ctx, requestOf(q)) {
		if err != nil {
			return 0, err
		}
		if r.Value != nil {
			values++
		}
	}
	return values, nil
}

// page is how many roll-ups an answer in rows holds at most.
const page = 5000

func requestOf(q workload.Question) *reportingv1.QueryRollupsRequest {
	r := &reportingv1.QueryRollupsRequest{
		Units: q.Units, Indicators: q.Indicators, Periods: q.Periods, Basis: reportingv1.Basis_BASIS_PROVISIONAL, PageSize: page, Tree: q.Tree,
	}
	if q.Sequence > 0 {
		at := int64(q.Sequence) //nolint:gosec // counts from 1
		r.AtSequence = &at
	}
	return r
}

// Totals gives the sums of the country in a month, slot by slot.
func (p *Product) Totals(ctx context.Context, back int) ([workload.Slots]int64, error) {
	return p.Sums(ctx, workload.Question{Units: []string{workload.Country}}, back)
}

// Sums gives the sums of the units of a question in a month together, slot by slot.
func (p *Product) Sums(ctx context.Context, q workload.Question, back int) ([workload.Slots]int64, error) {
	var sums [workload.Slots]int64
	q.Periods, q.Indicators = []string{workload.Month(back).String()}, nil
	for i := range p.Shape.Indicators {
		q.Indicators = append(q.Indicators, string(p.Shape.Indicators[i].Code))
	}
	n := 0
	for r, err := range p.Client.Rollups(ctx, requestOf(q)) {
		if err != nil {
			return sums, err
		}
		if r.Value == nil {
			return sums, fmt.Errorf("%s of %s has no value in %s: %s", r.GetIndicator(), r.GetUnitCode(), r.GetPeriod(), r.GetState())
		}
		slot, slots := workload.SlotOf(n % len(q.Indicators))
		texts := []string{r.GetValue()}
		if slots == 2 {
			texts = []string{r.GetNumerator(), r.GetDenominator()}
		}
		for i, text := range texts {
			value, ok := front.Decimal(text, slot >= workload.Counts)
			if !ok {
				return sums, fmt.Errorf("%s of %s in %s: %q is no number", r.GetIndicator(), r.GetUnitCode(), r.GetPeriod(), text)
			}
			sums[slot+i] += value
		}
		n++
	}
	return sums, nil
}
