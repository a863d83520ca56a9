//go:build unix

package duplicates

import (
	"context"
	"encoding/hex"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/google/uuid"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/workload"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// books holds what the server shows against what was planned.
func (p *post) books(ctx context.Context) error {
	if err := p.world.Connect(ctx, p.line.Daemon()); err != nil {
		return err
	}
	seen, err := p.world.Read(ctx)
	if err != nil {
		return err
	}
	if len(seen.Revisions) != len(p.plan.reports) || int(seen.Reports) != len(p.plan.reports) {
		return check.Broken("%d reports were sent, and there are %d", len(p.plan.reports), len(seen.Revisions))
	}
	if seen.Reforms != p.shape.Reforms {
		return check.Broken("%d changes of the tree were made, and %d are there", p.shape.Reforms, seen.Reforms)
	}
	inForce := map[bool]map[workload.Report]figures{false: {}, true: {}}
	for r, a := range p.plan.reports {
		if err := a.compare(r, seen.Revisions[r]); err != nil {
			return err
		}
		if a.approved > 0 {
			inForce[true][r], inForce[false][r] = a.numbers(a.approved), a.numbers(a.approved)
		}
		if a.waiting {
			inForce[false][r] = a.numbers(len(a.submissions))
		}
	}
	for _, got := range seen.Rollups {
		if err := compareRollup(got, naive(p.shape, got, inForce[got.Official])); err != nil {
			return err
		}
	}
	p.Figure("reports", len(seen.Revisions))
	p.Figure("rollups", len(seen.Rollups))
	return nil
}

// compare holds the revisions of a report against the submissions.
func (a *account) compare(r workload.Report, revisions []workload.Revision) error {
	if len(revisions) != len(a.submissions) {
		return check.Broken("%s has %d revisions, and %d were sent", r, len(revisions), len(a.submissions))
	}
	for n, got := range revisions {
		s := a.submissions[n]
		want := a.figures(n + 1)
		if got.Number != n+1 || got.Sequence != s.fact.sequence || numbersOf(got.Figures) != numbersOf(want) {
			return check.Broken("revision %d of %s at %d has %v; sent were %v, and the receipt says %d",
				got.Number, r, got.Sequence, got.Figures, want, s.fact.sequence)
		}
		if official := got.Number == a.approved; got.Official != official {
			return check.Broken("revision %d of %s: official is %t, and should be %t", got.Number, r, got.Official, official)
		}
	}
	return nil
}

// figures are those of a revision, with what was merged from the one before.
func (a *account) figures(revision int) []workload.Figure {
	s := a.submissions[revision-1]
	f := figuresOf(s.serial)
	if s.merge {
		copy(f[1:], a.figures(revision - 1)[1:])
	}
	return f
}

// figures are the numbers of a revision in hundredths: the three values, the numerator, the denominator.
type figures [5]int64

func (a *account) numbers(revision int) figures { return numbersOf(a.figures(revision)) }

func numbersOf(f []workload.Figure) (n figures) {
	for i, text := range []string{f[0].Value, f[1].Value, f[2].Value, f[3].Numerator, f[3].Denominator} {
		n[i] = inHundredths(text)
	}
	return n
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

// sum is what a roll-up should be.
type sum struct {
	figures
	received, expected int64
	// elsewhere says that the unit cannot be told, because what it has a part of stands elsewhere.
	elsewhere bool
}

// naive adds up the figures in force. Of a stock each commune's last figure counts, of those that a change of the tree joined
// on the newest side of the change alone.
func naive(shape workload.Shape, q workload.Rollup, inForce map[workload.Report]figures) sum {
	var s sum
	first, count := monthsOf(q.Period)
	tree := 0
	if q.Tree != "" {
		_, tree = shape.Restated()
	}
	bodies, placeable := shape.Behind(shape.Reforms, q.Unit, first, count, tree)
	s.elsewhere = !placeable
	for _, body := range bodies {
		stock := int64(0)
		for _, side := range body {
			last := map[string]int64{}
			for _, r := range side {
				s.expected++
				f, ok := inForce[r]
				if !ok {
					continue
				}
				s.received++
				for i := range f {
					s.figures[i] += f[i]
				}
				s.figures[2] -= f[2]
				last[r.Commune()] = f[2]
			}
			if len(last) > 0 {
				stock = 0
				for _, n := range last {
					stock += n
				}
			}
		}
		s.figures[2] += stock
	}
	return s
}

// monthsOf gives the first month of a period, counted from January 2024, and how many it has.
func monthsOf(period string) (first, count int) {
	year, _ := strconv.Atoi(period[:4])
	first = 12 * (year - 2024)
	rest := strings.TrimPrefix(period[4:], "-")
	n, err := strconv.Atoi(rest)
	switch {
	case rest == "":
		return first, 12
	case rest == "9M":
		return first, 9
	case err == nil:
		return first + n - 1, 1
	}
	n = int(rest[1] - '1')
	if rest[0] == 'Q' {
		return first + 3*n, 3
	}
	return first + 6*n, 6
}

// compareRollup compares what was shown with the sum. The quotient of a ratio is left to others; its parts are here.
func compareRollup(got workload.Rollup, want sum) error {
	column := map[string]int{workload.Files: 0, workload.Money: 1, workload.People: 2, workload.OnTime: 3}[got.Indicator]
	value := want.figures[column]
	shown := got.Value
	if got.Indicator == workload.OnTime {
		shown = got.Numerator
	}
	notPlaceable := got.State == reportingv1.RollupState_ROLLUP_STATE_NOT_PLACEABLE
	right := notPlaceable == want.elsewhere && inHundredths(shown) == value && got.Received == want.received && got.Expected == want.expected &&
		(got.State == reportingv1.RollupState_ROLLUP_STATE_NO_DATA || notPlaceable) == (want.received == 0)
	if got.Indicator == workload.OnTime {
		right = right && inHundredths(got.Denominator) == want.figures[4]
	}
	if !right {
		return check.Broken("a roll-up is %s; the reports come to %s of %d, received %d", got, hundredths(value), want.expected, want.received)
	}
	return nil
}

// journal demands exactly one entry for each thing that was to happen, with the hash of its receipt.
func (p *post) journal(ctx context.Context) error {
	j, err := filejournal.OpenReadOnly(ctx, filejournal.Config{Dir: filepath.Join(p.Dir, "data", "journal")})
	if err != nil {
		return err
	}
	// What is wanted, by sequence; the items of an atomic batch share one entry.
	want := map[uint64][]*item{}
	for _, i := range p.plan.items {
		want[uint64(i.fact.sequence)] = append(want[uint64(i.fact.sequence)], i) //nolint:gosec // counts from 1
	}
	entries, reforms := 0, 0
	err = j.Read(ctx, 1, func(e journal.Entry) error {
		decoded, err := entry.Decode(e.Public, e.Private)
		if err != nil {
			return err
		}
		reports := 1
		switch b := decoded.Body.(type) {
		case entry.ReportsSubmitted:
			reports = len(b.Reports)
		case entry.UnitsReorganised:
			if !p.reformer.sequences[int64(e.Sequence)] { //nolint:gosec // counts from 1
				return check.Broken("entry %d changes the tree, and no receipt names it", e.Sequence)
			}
			reforms++
			return nil
		case entry.ReportApproved, entry.ReportReturned:
		default:
			return nil // the founding
		}
		entries++
		items := want[e.Sequence]
		delete(want, e.Sequence)
		if len(items) != reports {
			return check.Broken("entry %d changes %d reports, and %d receipts name it", e.Sequence, reports, len(items))
		}
		return p.compareEntry(e, decoded.Header, items)
	})
	if err != nil {
		return err
	}
	if reforms != len(p.reformer.sequences) {
		return check.Broken("%d changes of the tree were answered, and %d are in the journal", len(p.reformer.sequences), reforms)
	}
	if len(want) > 0 {
		return check.Broken("%d entries that receipts name are not in the journal", len(want))
	}
	p.Figure("entries", entries)
	return j.Close()
}

func (p *post) compareEntry(e journal.Entry, h entry.Header, items []*item) error {
	for _, i := range items {
		if i.fact.hash != hex.EncodeToString(e.Hash[:]) || h.Principal != p.ids[i.parcel.principal] {
			return i.broken("its receipt has the hash %s at %d, and the journal %x by %s", i.fact.hash, e.Sequence, e.Hash, h.Principal)
		}
		if id := uuid.UUID(h.RequestID).String(); alone(i.parcel.kind) && id != i.parcel.id {
			return i.broken("the journal has it under the id %s", id)
		}
	}
	return nil
}

// alone says whether an id is that of an entry; items of streams have their own.
func alone(k kind) bool { return k == single || k == allOrNone || k == approval || k == giveBack }
