package reporting

import (
	"context"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/obligation"
	"github.com/tonghop/tonghop/server/period"
)

// Matrix is one page of who has reported: some units with a cell for each base period. The cell of a unit and a period
// stands at the place of the unit × the number of periods + the place of the period.
type Matrix struct {
	Form    form.Code
	Units   []hierarchy.Unit
	Periods []MatrixPeriod
	// States are of the units' own obligations; 0 where there is none.
	States []obligation.State
	// Late and StillApproved are the places of cells whose own obligation was met late, and in which an approved revision
	// counts on while a later one waits or was sent back.
	Late, StillApproved []int32
	// Counts are of the units and all below them; nil where no unit has another one below it that owes the form.
	Counts []obligation.Count
	// Now is the instant by which states are told.
	Now   time.Time
	Next  string
	Stamp Stamp
}

// MatrixPeriod is a base period of a matrix, and what all rows of the answer come to.
type MatrixPeriod struct {
	Period      period.Period
	Calendar    period.Calendar
	First, Last period.Day
	Totals      obligation.Count
}

// MatrixQuery asks for one.
type MatrixQuery struct {
	Form, Periods string
	// Unit is a reference; empty for the caller's own unit, or with a token that is bound to none for the whole tree. The
	// rows are the units of Kind at or below it; without a kind those directly below it, or itself if there are none.
	Unit, Kind string
	Page       Page
	At         At
}

// Limits of one page of a matrix, in cells.
const (
	defaultMatrix = 100_000
	largestMatrix = 500_000
)

// GetCompleteness gives the matrix of units and base periods of a form.
func (s *Service) GetCompleteness(ctx context.Context, caller auth.Caller, q MatrixQuery) (Matrix, error) {
	size, err := q.Page.size(defaultMatrix, largestMatrix)
	if err != nil {
		return Matrix{}, err
	}
	kind, err := kindOf(q.Kind)
	if err != nil {
		return Matrix{}, err
	}
	if q.Form == "" {
		return Matrix{}, fault.Invalid("FORM_REQUIRED", "completeness is told of one form; name it").In("form")
	}
	asked, err := somePeriods(q.Periods)
	if err != nil {
		return Matrix{}, err
	}
	var page Matrix
	err = s.readAt(ctx, caller, q.At, 0, func(tx *aggregator.Tx, who granted) error {
		page = Matrix{Stamp: stampOf(tx), Now: momentOf(tx, q.At, who.now)}
		from, err := q.Page.open(tx, filterHash("completeness", q.Form, q.Periods, q.Unit, string(kind), q.At.String()))
		if err != nil {
			return err
		}
		m := matrix{page: &page, kind: kind, from: from, size: size}
		if m.reach, err = s.reach(who, "unit", q.Unit, true, page.Now); err != nil {
			return err
		}
		codes, err := who.formsAsked(q.Form, m.reach.today)
		if err != nil {
			return err
		}
		page.Form = codes[0]
		latest, _ := tx.Forms().Latest(page.Form) // it came from there
		bases, err := basesOf(latest, asked, m.reach.today, q.Periods)
		if err != nil {
			return err
		}
		err = m.run(latest, bases, s.inCodeOrder(tx))
		if aggregator.IsSpent(err) {
			return tooMuchThen(page.Form)
		}
		return err
	})
	return page, err
}

func tooMuchThen(code form.Code) error {
	return fault.Exhausted("AS_OF_TOO_LARGE",
		"the completeness of form %s as of an earlier entry takes more than %d reports, the limit of one answer; ask for fewer units or periods",
		code, aggregator.MaxReportsAsOf).With("form", code).With("limit", aggregator.MaxReportsAsOf).In("unit")
}
