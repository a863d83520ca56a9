//go:build unix

package snapshot

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/workload"
)

// kind is what a reader asks for.
type kind int

// The kinds.
const (
	whole   kind = iota // all units in one answer
	paged               // all units page by page
	explain             // a roll-up and what makes it
	list                // the reports of a month in one answer
	pagedList
	kinds
)

// String is the word for people.
func (k kind) String() string {
	return [...]string{"whole", "paged", "explained", "lists", "paged_lists", "kinds"}[k]
}

// indicators are the value and the ratio.
var indicators = []string{workload.Files, workload.OnTime}

// reader asks one thing after the other.
type reader struct {
	street     *street
	random     *rand.Rand
	rollups    reportingv1.RollupServiceClient
	reports    reportingv1.ReportServiceClient
	operations reportingv1.OperationServiceClient
	units      map[string]unit
	last       int64
	seen       []seen
	counts     [kinds]int
}

func newReader(s *street, n int, conn *grpc.ClientConn) *reader {
	r := &reader{
		street: s, random: s.Random(uint64(1000 + n)), units: map[string]unit{}, //nolint:gosec // a few
		rollups: reportingv1.NewRollupServiceClient(conn), reports: reportingv1.NewReportServiceClient(conn),
		operations: reportingv1.NewOperationServiceClient(conn),
	}
	for n, id := range unitIDs() {
		r.units[id] = unit(n)
	}
	return r
}

// read asks one thing.
func (r *reader) read(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	month, official := r.random.IntN(months), r.random.IntN(2) == 0
	k, ask := whole, r.whole
	switch n := r.random.IntN(100); {
	case n < 8:
		k, ask = paged, r.paged
	case n < 14:
		k, ask = explain, r.explain
	case n < 20:
		k, ask = list, r.list
	case n < 24:
		k, ask = pagedList, r.pagedList
	}
	r.counts[k]++
	if err := ask(ctx, month, official); err != nil {
		return fmt.Errorf("%s of %s: %w", k, monthName(month), err)
	}
	return nil
}

func basis(official bool) reportingv1.Basis {
	if official {
		return reportingv1.Basis_BASIS_OFFICIAL
	}
	return reportingv1.Basis_BASIS_PROVISIONAL
}

// note demands that an answer knows what was acknowledged before it was asked for, and what was answered before, and
// keeps what it said.
func (r *reader) note(known int64, stamp *reportingv1.Stamp, compare func(b *book) error) error {
	sequence := stamp.GetSequence()
	if sequence < known {
		return check.Broken("an answer is of %d, and %d was acknowledged before it was asked for", sequence, known)
	}
	if sequence < r.last {
		return check.Broken("an answer is of %d, and the one before was of %d", sequence, r.last)
	}
	r.last = sequence
	r.seen = append(r.seen, seen{sequence, compare})
	return nil
}

// query asks for all units; a page size of 0 takes all in one page.
func (r *reader) query(month int, official bool, pageSize int32) *reportingv1.QueryRollupsRequest {
	if pageSize == 0 {
		pageSize = 5000
	}
	return &reportingv1.QueryRollupsRequest{
		Units: unitIDs(), Indicators: indicators, Periods: []string{monthName(month)}, Basis: basis(official), PageSize: pageSize,
	}
}

func (r *reader) whole(ctx context.Context, month int, official bool) error {
	known := r.street.acked.Load()
	a, err := r.rollups.QueryRollups(ctx, r.query(month, official, 0))
	if err != nil {
		return err
	}
	rows, err := r.rows(a.GetRollups())
	if err != nil {
		return err
	}
	for i, all := range rows {
		if len(all) != units {
			return check.Broken("%d roll-ups of %s were asked for, and %d came", units, indicators[i], len(all))
		}
		list := make([]row, units)
		for u, got := range all {
			list[u] = got
		}
		if u, want, ok := sumsUp(list, districts); !ok {
			return check.Broken("at %d %s of %s is %+v, and the units below it come to %+v",
				a.GetStamp().GetSequence(), indicators[i], unitIDs()[u], list[u], want)
		}
	}
	return r.note(known, a.GetStamp(), compareRows(rows, month, official))
}

// rowsOf are rows by indicator and unit.
type rowsOf [2]map[unit]row

func (r *reader) rows(rollups []*reportingv1.Rollup) (rowsOf, error) {
	rows := rowsOf{{}, {}}
	for _, m := range rollups {
		u, known := r.units[m.GetUnit()]
		i := slices.Index(indicators, m.GetIndicator())
		if !known || i < 0 {
			return rows, check.Broken("nobody asked for %s of %s", m.GetIndicator(), m.GetUnit())
		}
		if _, twice := rows[i][u]; twice {
			return rows, check.Broken("%s of %s came twice", m.GetIndicator(), m.GetUnit())
		}
		rows[i][u] = rowFrom(m)
	}
	return rows, nil
}

func compareRows(rows rowsOf, month int, official bool) func(*book) error {
	return func(b *book) error {
		for i, all := range rows {
			for u, got := range all {
				if want := b.row(u, month, official, i == 1); got != want {
					return fmt.Errorf("%s of %s in %s, official %t, is %+v; the changes come to %+v",
						indicators[i], unitIDs()[u], monthName(month), official, got, want)
				}
			}
		}
		return nil
	}
}

// rowFrom reads a roll-up.
func rowFrom(m *reportingv1.Rollup) row {
	c := m.GetCoverage()
	r := row{
		expected: c.GetExpected(), received: c.GetReceived(), notAvailable: c.GetNotAvailable(), missing: c.GetMissing(),
		notApplicable: c.GetNotApplicable(),
	}
	if m.GetIndicator() == workload.OnTime {
		r.value, r.over = inHundredths(m.GetNumerator()), inHundredths(m.GetDenominator())
	} else if m.Value != nil {
		r.value = inHundredths(m.GetValue()) / 100
	}
	return r
}

// inHundredths reads a number with at most two decimals; 0 for none.
func inHundredths(text string) int64 {
	whole, decimals, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole+(decimals + "00")[:2], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (r *reader) paged(ctx context.Context, month int, official bool) error {
	q := r.query(month, official, int32(7+r.random.IntN(20))) //nolint:gosec // a few
	came := 0
	for {
		known := r.street.acked.Load()
		a, err := r.rollups.QueryRollups(ctx, q)
		if err != nil {
			return err
		}
		rows, err := r.rows(a.GetRollups())
		if err != nil {
			return err
		}
		if err := r.note(known, a.GetStamp(), compareRows(rows, month, official)); err != nil {
			return err
		}
		came += len(a.GetRollups())
		if q.PageToken = a.GetNextPageToken(); q.PageToken == "" {
			break
		}
	}
	if want := units * len(indicators); came != want {
		return check.Broken("%d roll-ups were asked for, and %d came in pages", want, came)
	}
	return nil
}
