//go:build unix

package linear

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"
	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/line"
	"github.com/tonghop/tonghop/server/check/workload"
)

// sighting is what a clerk saw last of a report.
type sighting struct {
	etag  string
	value int64
}

// clerk is one client. He asks one thing after the other.
type clerk struct {
	number   int
	line     *line.Line
	random   *rand.Rand
	sender   reportingv1.ReportServiceClient
	reviewer reportingv1.ReportServiceClient
	rollups  reportingv1.RollupServiceClient
	units    reportingv1.UnitServiceClient
	// months are those of the reports of a commune, which move together.
	months int

	seen   map[key]sighting
	serial int64
	// history are his operations, each with the report that it was about.
	history []happened
	// unanswered counts requests without an answer, repeated those that were then sent again.
	unanswered, repeated int
}

// happened is one operation on one report.
type happened struct {
	key       key
	operation porcupine.Operation
}

func newClerk(number int, l *line.Line, random *rand.Rand, sender, reviewer *grpc.ClientConn) *clerk {
	return &clerk{
		number: number, line: l, random: random, seen: map[key]sighting{},
		sender:   reportingv1.NewReportServiceClient(sender),
		reviewer: reportingv1.NewReportServiceClient(reviewer),
		rollups:  reportingv1.NewRollupServiceClient(sender),
		units:    reportingv1.NewUnitServiceClient(sender),
	}
}

// think makes up what to ask about a report.
func (c *clerk) think(k key) request {
	saw := c.seen[k]
	etag := saw.etag
	switch c.random.IntN(20) {
	case 0, 1:
		etag = ""
	case 2:
		etag = "1-submitted"
	}
	if c.random.IntN(moveOneIn) == 0 {
		return request{verb: move}
	}
	switch n := c.random.IntN(100); {
	case n < 32:
		return request{verb: get}
	case n < 38:
		return request{verb: place, official: n%2 == 0}
	case n < 50:
		return request{verb: total, official: n%2 == 0}
	case n < 66 && etag != "":
		return request{verb: approve, etag: etag}
	case n < 74 && etag != "":
		return request{verb: giveBack, etag: etag}
	case n < 78 && saw.value != 0:
		return request{verb: submit, etag: etag, value: saw.value}
	}
	c.serial++
	return request{verb: submit, etag: etag, value: int64(c.number+1)*1_000_000_000 + c.serial}
}

// patience is how long a request may take, with the start of a server in between.
const patience = 30 * time.Second

// do asks one thing, until there is an answer or he gives up, and writes it into the history.
func (c *clerk) do(ctx context.Context, k key, q request) error {
	id := c.newID()
	began := c.line.Clock()
	for {
		life, sent := c.line.Life(), c.line.Clock()
		asking, stop := context.WithTimeout(ctx, patience)
		a, err := c.ask(asking, k, q, id)
		late := asking.Err() != nil
		stop()
		switch {
		case err == nil:
			c.see(k, q, a)
			c.note(k, q, a, began, c.line.Clock())
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case late:
			return check.Broken("there was no answer to %s of %s within %s", q.verb, k, patience)
		case isRefusal(err):
			return check.Broken("%s of %s: %w", describe(q, reply{unknown: true}), k, err)
		}
		c.unanswered++
		if q.verb == get || q.verb == total || q.verb == place {
			return nil // it changed nothing, and says nothing
		}
		if c.random.IntN(2) == 0 {
			c.repeated++
			continue
		}
		// What the dead were asked happened before their death.
		end := int64(porcupineEnd)
		if died, ok := c.line.Died(ctx, life, patience); ok && died > sent {
			end = int64(died)
		}
		c.note(k, q, reply{unknown: true}, began, time.Duration(end))
		return nil
	}
}

// porcupineEnd is after everything else.
const porcupineEnd = 1 << 62

func isRefusal(err error) bool {
	var r *line.Refusal
	return errors.As(err, &r)
}

// note writes down what happened; a move happens to all reports of the commune.
func (c *clerk) note(k key, q request, a reply, from, to time.Duration) {
	if q.verb == move {
		for m := range c.months {
			c.write(key{k.commune, m}, q, a, from, to)
		}
		return
	}
	c.write(k, q, a, from, to)
}

func (c *clerk) write(k key, q request, a reply, from, to time.Duration) {
	c.history = append(c.history, happened{k, porcupine.Operation{
		ClientId: c.number, Input: q, Output: a, Call: int64(from), Return: int64(to),
	}})
}

// see remembers what an answer tells of a report.
func (c *clerk) see(k key, q request, a reply) {
	switch {
	case a.refused == mismatch:
		c.seen[k] = sighting{etag: a.etag}
	case a.refused != "" || q.verb == total || q.verb == place || q.verb == move:
	case q.verb == get:
		c.seen[k] = sighting{a.etag, a.value}
	case q.verb == submit:
		c.seen[k] = sighting{a.etag, q.value}
	case q.verb == approve:
		c.seen[k] = sighting{register{newest: a.revision, state: approved}.etag(), c.seen[k].value}
	}
}

func (c *clerk) newID() string {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(c.random.Uint32())
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}

// ask sends a request once. An error that is no refusal that the model knows ends the check or means that there was no
// answer.
func (c *clerk) ask(ctx context.Context, k key, q request, id string) (reply, error) {
	var a reply
	var err error
	switch q.verb {
	case submit:
		a, err = c.submit(ctx, k, q, id)
	case approve:
		var r *reportingv1.Report
		r, err = c.reviewer.ApproveReport(ctx, &reportingv1.ApproveReportRequest{Name: k.report().Name(), Etag: q.etag, RequestId: id})
		a = reply{revision: int(r.GetReceipt().GetRevision())}
	case giveBack:
		var r *reportingv1.Report
		r, err = c.reviewer.ReturnReport(ctx, &reportingv1.ReturnReportRequest{Name: k.report().Name(), Etag: q.etag, Reason: "Kiểm tra lại", RequestId: id})
		a = reply{revision: int(r.GetReceipt().GetRevision())}
	case get:
		var r *reportingv1.Report
		r, err = c.sender.GetReport(ctx, &reportingv1.GetReportRequest{Name: k.report().Name()})
		a = reply{etag: r.GetEtag(), revision: int(r.GetRevision()), approved: int(r.GetApprovedRevision())}
		if err == nil && len(r.GetFigures()) == 1 {
			a.value, err = strconv.ParseInt(r.GetFigures()[0].GetValue(), 10, 64)
		}
	case move:
		parent := k.after()
		_, err = c.units.ReorganiseUnits(ctx, &reportingv1.ReorganiseUnitsRequest{
			Date: movingDay, Move: []*reportingv1.UnitMove{{Unit: k.unit(), Parent: &parent}}, RequestId: id,
		})
	case place:
		a, err = c.place(ctx, k, q)
	default:
		a, err = c.total(ctx, k, q)
	}
	err = line.Heard(err)
	var refused *line.Refusal
	if !errors.As(err, &refused) {
		return a, err
	}
	switch refused.Reason {
	case mismatch:
		return reply{refused: mismatch, etag: refused.Params["etag"]}, nil
	case notFound, nothingApproved, nothingReturned, goneAlready:
		return reply{refused: refused.Reason}, nil
	}
	return a, err
}

func (c *clerk) submit(ctx context.Context, k key, q request, id string) (reply, error) {
	value := strconv.FormatInt(q.value, 10)
	r, err := c.sender.SubmitReport(ctx, &reportingv1.SubmitReportRequest{
		Name: k.report().Name(), Figures: []*reportingv1.Figure{{Indicator: workload.Files, Value: &value}}, Etag: q.etag, RequestId: id,
	})
	o := r.GetOutcome()
	a := reply{revision: int(o.GetRevision()), etag: o.GetEtag(), unchanged: o.GetKind() == reportingv1.OutcomeKind_OUTCOME_KIND_UNCHANGED}
	if o.GetKind() == reportingv1.OutcomeKind_OUTCOME_KIND_REPLAYED {
		// Its etag is that of the revision as it stands by now; the first answer had this one.
		a.etag = register{newest: a.revision, state: submitted}.etag()
	}
	return a, err
}

// place reads both districts of a commune on the tree after the moves, in one answer: one of them has the report.
func (c *clerk) place(ctx context.Context, k key, q request) (reply, error) {
	basis := reportingv1.Basis_BASIS_PROVISIONAL
	if q.official {
		basis = reportingv1.Basis_BASIS_OFFICIAL
	}
	r, err := c.rollups.QueryRollups(ctx, &reportingv1.QueryRollupsRequest{
		Units: []string{k.above(), k.after()}, Indicators: []string{workload.Files}, Periods: []string{k.period()}, Basis: basis, Tree: laterDay,
	})
	if err != nil {
		return reply{}, err
	}
	a, places := reply{none: true}, 0
	for n, rollup := range r.GetRollups() {
		if rollup.GetCoverage().GetExpected() == 0 {
			continue
		}
		places++
		a.moved = n == 1
		if rollup.GetState() != reportingv1.RollupState_ROLLUP_STATE_NO_DATA {
			a.none = false
			if a.value, err = strconv.ParseInt(rollup.GetValue(), 10, 64); err != nil {
				return reply{}, check.Broken("the roll-up of %s is %s %q", rollup.GetUnit(), rollup.GetState(), rollup.GetValue())
			}
		}
	}
	if len(r.GetRollups()) != 2 || places != 1 {
		return reply{}, check.Broken("%s is expected in %d districts on the tree of %s: %v", k, places, laterDay, r.GetRollups())
	}
	return a, nil
}

func (c *clerk) total(ctx context.Context, k key, q request) (reply, error) {
	basis := reportingv1.Basis_BASIS_PROVISIONAL
	if q.official {
		basis = reportingv1.Basis_BASIS_OFFICIAL
	}
	r, err := c.rollups.QueryRollups(ctx, &reportingv1.QueryRollupsRequest{
		Units: []string{k.above()}, Indicators: []string{workload.Files}, Periods: []string{k.period()}, Basis: basis,
	})
	if err != nil {
		return reply{}, err
	}
	if len(r.GetRollups()) != 1 {
		return reply{}, check.Broken("one roll-up was asked for, and %d came", len(r.GetRollups()))
	}
	rollup := r.GetRollups()[0]
	if rollup.GetState() == reportingv1.RollupState_ROLLUP_STATE_NO_DATA {
		return reply{none: true}, nil
	}
	value, err := strconv.ParseInt(rollup.GetValue(), 10, 64)
	if err != nil {
		return reply{}, check.Broken("the roll-up of %s is %s %q", k.above(), rollup.GetState(), rollup.GetValue())
	}
	return reply{value: value}, nil
}
