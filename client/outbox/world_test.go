package outbox_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/client/outbox"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a server behind a line that can be down, with one commune that reports.
type world struct {
	t     *testing.T
	stack *rpctest.Stack
	token string
	// down says that no new connection is made.
	down atomic.Bool
	now  time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s := rpctest.New(t).Populate()
	return &world{t: t, stack: s, token: s.Token(auth.Reporter, "30280"), now: s.Now()}
}

// machine is a computer of the commune: an outbox, and a connection when it sends.
type machine struct {
	*world
	box *outbox.Box
}

func (w *world) machine() *machine {
	w.t.Helper()
	return w.open(filepath.Join(w.t.TempDir(), "tonghop", "outbox.db"))
}

func (w *world) open(path string) *machine {
	w.t.Helper()
	box, err := outbox.Open(path, outbox.Config{Now: func() time.Time { return w.now }})
	w.must(err)
	return &machine{w, box}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// dial connects as the commune.
func (w *world) dial(token string) *client.Client {
	w.t.Helper()
	c, err := client.Dial(w.t.Context(), client.Config{
		Address: "127.0.0.1:1", Token: client.Secret(token), Language: "en", Attempts: 1, Timeout: 10 * time.Second,
		Dialer: func(ctx context.Context, address string) (net.Conn, error) {
			if w.down.Load() {
				return nil, errors.New("the line is down")
			}
			return w.stack.Line(ctx, address)
		},
	})
	w.must(err)
	return c
}

// send makes one pass.
func (m *machine) send(watch *outbox.Watch) (outbox.Pass, error) {
	m.t.Helper()
	c := m.dial(m.token)
	defer func() { m.must(c.Close()) }()
	return m.box.Send(m.t.Context(), c, watch)
}

// sends makes one pass that must come to so many.
func (m *machine) sends(delivered, stopped, waiting int) outbox.Pass {
	m.t.Helper()
	p, err := m.send(nil)
	m.must(err)
	if p.Delivered != delivered || p.Stopped != stopped || p.Waiting != waiting {
		m.t.Fatalf("the pass came to %+v, want %d delivered, %d stopped, %d waiting", p, delivered, stopped, waiting)
	}
	return p
}

// report is one of the commune for a month, with a count.
func report(period, count string) *reportingv1.SubmitReportRequest {
	return &reportingv1.SubmitReportRequest{
		Name: "units/30280/reports/cds~" + period,
		Figures: []*reportingv1.Figure{
			{Indicator: "HS", Value: proto.String(count)},
			{Indicator: "TL", Numerator: proto.String("1"), Denominator: proto.String("2")},
			{Indicator: "GD", Value: proto.String("1.5")},
		},
	}
}

func (m *machine) put(q *reportingv1.SubmitReportRequest) *outbox.Item {
	m.t.Helper()
	i, err := m.box.Put(q)
	m.must(err)
	return i
}

func (m *machine) item(number uint64) *outbox.Item {
	m.t.Helper()
	i, err := m.box.Get(number)
	m.must(err)
	return i
}

// is holds an item against what it must be.
func (m *machine) is(number uint64, state outbox.State, reason string) *outbox.Item {
	m.t.Helper()
	i := m.item(number)
	got := ""
	if i.Failure != nil {
		got = i.Failure.Reason
	}
	if i.State != state || got != reason {
		m.t.Fatalf("item %d is %s (%s: %v), want %s (%s)", number, i.State, got, i.Failure, state, reason)
	}
	return i
}

// revisions gives the counts that the server has of a month, the first revision first.
func (w *world) revisions(period string) []string {
	w.t.Helper()
	c := w.dial(w.token)
	defer func() { w.must(c.Close()) }()
	var counts []string
	for r, err := range c.Revisions(w.t.Context(), &reportingv1.ListRevisionsRequest{Parent: "units/30280/reports/cds~" + period}) {
		if client.Reason(err) == "REPORT_NOT_FOUND" {
			return nil
		}
		w.must(err)
		counts = append([]string{r.GetFigures()[0].GetValue()}, counts...)
	}
	return counts
}
