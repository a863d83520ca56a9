//go:build unix

package workload

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
)

// Reform makes the next change of the tree that the shape plans, or sends the last one again, under its id, if nobody knows
// what became of it. Where all are made it does nothing, and so it does while another client is at it.
func (w *World) Reform(ctx context.Context) error {
	if !w.reforming.TryLock() {
		return nil
	}
	defer w.reforming.Unlock()
	n, id := w.nextReform()
	if n < 0 {
		return nil
	}
	plan := w.shape.land(n + 1).reforms[n]
	q := proto.CloneOf(plan.request)
	q.RequestId = id
	done, err := w.admin.client.ReorganiseUnits(ctx, q)
	var e *client.Error
	if errors.As(err, &e) && refusalOf(e.Code, e.Reason, e.Message).outcome == Refused && e.Code != codes.ResourceExhausted {
		return check.Broken("the change %d of the tree was refused: %w", n+1, err)
	}
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count++
	w.made[n].sequence, w.made[n].acked = done.GetReceipt().GetSequence(), w.count
	w.head = max(w.head, w.made[n].sequence)
	return nil
}

// nextReform records that the next change is sent, and gives its number and id; -1 if there is none.
func (w *World) nextReform() (int, string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.made); n > 0 && w.made[n-1].sequence == 0 {
		return n - 1, w.made[n-1].id
	}
	if len(w.made) >= min(w.shape.Reforms, MostReforms) {
		return -1, ""
	}
	w.made = append(w.made, madeReform{id: newID()})
	return len(w.made) - 1, w.made[len(w.made)-1].id
}

// reformUnknown says whether nobody knows what became of the last change.
func (w *World) reformUnknown() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.made)
	return n > 0 && w.made[n-1].sequence == 0
}

// Reformed is how many changes of the tree were acknowledged.
func (h *history) Reformed() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, r := range h.made {
		if r.sequence > 0 {
			n++
		}
	}
	return n
}

// changesMade are those that were sent.
func (h *history) changesMade() []madeReform {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.made)
}

// sees finds after how many of the planned changes the tree is the one that the server shows.
func (w *World) sees(ctx context.Context) (int, error) {
	if w.shape.Reforms == 0 {
		return 0, nil
	}
	shown := map[string]string{}
	for _, u := range w.shape.land(w.shape.Reforms).communes {
		m, err := w.viewer.client.GetUnit(ctx, &reportingv1.GetUnitRequest{Name: "units/" + u.id})
		switch {
		case client.Reason(err) == "UNIT_NOT_FOUND":
		case err != nil:
			return 0, err
		default:
			shown[u.id] = fmt.Sprintf("%s under %s from %s to %s", m.GetNameVi(), m.GetParent(), m.GetValidFrom(), m.GetValidTo())
		}
	}
	links := map[string]bool{}
	for k, err := range w.viewer.client.LineageLinks(ctx, &reportingv1.ListLineageLinksRequest{}) {
		if err != nil {
			return 0, err
		}
		links[k.GetDate()+" "+k.GetFrom().GetId()+" "+k.GetTo().GetId()] = true
	}
	for n := range w.shape.Reforms + 1 {
		if w.shape.land(n).is(shown, links) {
			return n, nil
		}
	}
	return 0, check.Broken("the tree is as none of the %d changes has left it: %v, links %v", w.shape.Reforms, shown, links)
}

// is says whether the land is what a server shows.
func (l *land) is(shown map[string]string, links map[string]bool) bool {
	day := func(month int) string {
		if i := month - firstReform; i >= 0 && i < len(l.reforms) {
			return l.reforms[i].request.GetDate()
		}
		return ""
	}
	for _, u := range l.communes {
		if shown[u.id] != fmt.Sprintf("%s under %s from %s to %s", u.name, districtID(u.district), day(u.from), day(u.to)) {
			return false
		}
	}
	for _, k := range l.links {
		if !links[day(k.month)+" "+l.communes[k.from].id+" "+l.communes[k.to].id] {
			return false
		}
	}
	return len(shown) == len(l.communes) && len(links) == len(l.links)
}

// reforms demands that the tree is what was acknowledged, and that each change has its one note, at the sequence of its
// receipt.
func (j *judge) reforms() {
	v := &j.verdict
	sure := 0
	for _, r := range j.made {
		if r.sequence > 0 && r.acked <= j.must {
			sure++
		}
	}
	if n := j.seen.Reforms; n < sure || n > len(j.made) {
		v.found(&v.Lost, "%d changes of the tree are there; %d were acknowledged and %d sent", n, sure, len(j.made))
	}
	if slices.Contains(j.also, reportingv1.ChangeKind_CHANGE_KIND_UNITS) {
		return // some are of the check itself
	}
	n := 0
	for _, c := range j.seen.Changes {
		if c.Sequence <= j.founded || c.Kind != reportingv1.ChangeKind_CHANGE_KIND_UNITS {
			continue
		}
		if n < len(j.made) && j.made[n].sequence > 0 && j.made[n].sequence != c.Sequence {
			v.found(&v.Altered, "the change %d of the tree is at %d, and its receipt says %d", n+1, c.Sequence, j.made[n].sequence)
		}
		n++
	}
	if n != j.seen.Reforms {
		v.found(&v.Doubled, "the tree is as %d changes left it, and %d are noted", j.seen.Reforms, n)
	}
}

// Restated is the day on whose tree is asked a second time, and its month: in the middle of the year after the last.
func (s Shape) Restated() (string, int) {
	years := (s.Months + 11) / 12
	return time.Date(firstYear+years, 6, 30, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), 12*years + 5
}
