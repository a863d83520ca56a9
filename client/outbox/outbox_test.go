package outbox_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tonghop/tonghop/client/outbox"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

func (w *world) has(period string, want ...string) {
	w.t.Helper()
	if got := w.revisions(period); !slices.Equal(got, want) {
		w.t.Fatalf("the server has %q of %s, want %q", got, period, want)
	}
}

// TestWhatWaitsGoesOutWhenTheLineIsThere, from another run of the program, and politely.
func TestWhatWaitsGoesOutWhenTheLineIsThere(t *testing.T) {
	w := newWorld(t)
	m := w.machine()
	w.down.Store(true)
	april, may := m.put(report("2024-04", "4")), m.put(report("2024-05", "5"))
	first := m.sends(0, 0, 2)
	if pause := first.Next.Sub(w.now); pause < time.Second || pause > 2*time.Second {
		t.Errorf("after the first failure it pauses %s, want 1 to 2 s", pause)
	}
	if i := m.is(april.Number, outbox.Waiting, ""); i.Attempts != 1 || i.Failure == nil || i.Failure.Code != "Unavailable" {
		t.Errorf("after a failure the item is %+v", i)
	}
	if i := m.item(may.Number); i.Attempts != 0 {
		t.Error("where the line is down the next one was tried as well")
	}

	m = w.open(m.box.Path()) // the program is started again, and is no less polite
	if p := m.sends(0, 0, 2); !p.Next.Equal(first.Next) {
		t.Errorf("within the pause it would try again at %s, want %s", p.Next, first.Next)
	}
	if i := m.item(april.Number); i.Attempts != 1 {
		t.Error("it was tried within the pause")
	}
	for n := 2; n <= 12; n++ {
		w.now = m.sends(0, 0, 2).Next
	}
	w.now = w.now.Add(time.Second)
	if pause := m.sends(0, 0, 2).Next.Sub(w.now); pause < 150*time.Second || pause > 5*time.Minute {
		t.Errorf("after many failures it pauses %s, want half of 5 min to 5 min", pause)
	}

	w.down.Store(false)
	w.now = w.now.Add(time.Hour)
	m.sends(2, 0, 0)
	for _, i := range []*outbox.Item{m.is(april.Number, outbox.Delivered, ""), m.is(may.Number, outbox.Delivered, "")} {
		o := i.Outcomes[0]
		if o.GetKind() != reportingv1.OutcomeKind_OUTCOME_KIND_CREATED || len(o.GetReceipt().GetEntryHash()) != 64 || o.GetReceipt().GetSequence() == 0 {
			t.Errorf("item %d was delivered as %v", i.Number, o)
		}
	}
	m.sends(0, 0, 0)
	w.has("2024-04", "4")
	w.has("2024-05", "5")
}

// TestAnAnswerThatIsLostCountsOnce: what was accepted and could not be noted is sent again under the same id.
func TestAnAnswerThatIsLostCountsOnce(t *testing.T) {
	w := newWorld(t)
	m := w.machine()
	n := m.put(report("2024-05", "5")).Number
	torn := errors.New("the power went")
	var told []reportingv1.OutcomeKind
	watch := &outbox.Watch{Accepted: func(i *outbox.Item) error {
		told = append(told, i.Outcomes[0].GetKind())
		if len(told) == 1 {
			return torn
		}
		return nil
	}}
	if _, err := m.send(watch); !errors.Is(err, torn) {
		t.Fatalf("Send = %v", err)
	}
	m.is(n, outbox.Waiting, "")
	if _, err := m.box.Drop(n); err == nil || !strings.Contains(err.Error(), "may have it") {
		t.Errorf("an item that may have arrived was dropped: %v", err)
	}
	p, err := m.send(watch)
	w.must(err)
	if p.Delivered != 1 || !slices.Equal(told, []reportingv1.OutcomeKind{reportingv1.OutcomeKind_OUTCOME_KIND_CREATED, reportingv1.OutcomeKind_OUTCOME_KIND_REPLAYED}) {
		t.Errorf("the pass came to %+v, told %v", p, told)
	}
	w.has("2024-05", "5")
}

// TestTwoMachinesOfOneUnit: the second is stopped, and sees what it would have overwritten.
func TestTwoMachinesOfOneUnit(t *testing.T) {
	w := newWorld(t)
	one, other := w.machine(), w.machine()
	one.put(report("2024-05", "5"))
	n := other.put(report("2024-05", "6")).Number
	one.sends(1, 0, 0)
	other.sends(0, 1, 0)
	i := other.item(n)
	if i.State != outbox.Stopped || i.Failure.Code != "Aborted" {
		t.Fatalf("the second machine's report is %s: %+v", i.State, i.Failure)
	}
	w.has("2024-05", "5")

	// Somebody has looked, and sends it as a correction of what is there.
	c := w.dial(w.token)
	seen, err := c.GetReport(t.Context(), &reportingv1.GetReportRequest{Name: "units/30280/reports/cds~2024-05"})
	w.must(err)
	w.must(c.Close())
	_, err = other.box.Drop(n)
	w.must(err)
	q := report("2024-05", "6")
	q.Etag = seen.GetEtag()
	other.put(q)
	other.sends(1, 0, 0)
	w.has("2024-05", "5", "6")
}

// TestACorrectionBehindItsReport: what was put in twice before the line was there goes out in that order, the second as a
// correction of the first and of nothing else.
func TestACorrectionBehindItsReport(t *testing.T) {
	w := newWorld(t)
	m := w.machine()
	m.put(report("2024-05", "5"))
	second := m.put(report("2024-05", "6"))
	third := m.put(report("2024-05", "7"))
	if second.Behind != 1 || third.Behind != 2 {
		t.Fatalf("behind: %d, %d", second.Behind, third.Behind)
	}
	_, err := m.box.Drop(second.Number)
	w.must(err)
	if i := m.item(third.Number); i.Behind != 1 {
		t.Fatalf("the third is behind %d after the second was dropped, want 1", i.Behind)
	}
	m.sends(2, 0, 0)
	w.has("2024-05", "5", "7")

	// Between the report and its correction another machine came.
	other := w.machine()
	q := report("2024-05", "8")
	q.Etag = m.item(third.Number).Outcomes[0].GetEtag()
	other.put(q)
	fourth := m.put(report("2024-05", "9"))
	other.sends(1, 0, 0)
	m.sends(0, 1, 0)
	m.is(fourth.Number, outbox.Stopped, "ETAG_MISMATCH")
	fifth := m.put(report("2024-05", "10"))
	m.sends(0, 0, 1) // it waits for the one that is stopped
	m.is(fifth.Number, outbox.Waiting, "")
	w.has("2024-05", "5", "7", "8")
}

// TestWhatAPersonMustSolveStops, and holds up nothing else.
func TestWhatAPersonMustSolveStops(t *testing.T) {
	w := newWorld(t)
	m := w.machine()
	foreign := report("2024-05", "5")
	foreign.Name = "units/30283/reports/cds~2024-05"
	wrong := report("2024-05", "1.234")
	numbers := []uint64{m.put(foreign).Number, m.put(wrong).Number, m.put(report("2024-04", "4")).Number}
	m.sends(1, 2, 0)
	m.is(numbers[0], outbox.Stopped, m.item(numbers[0]).Failure.Reason)
	if i := m.item(numbers[1]); i.State != outbox.Stopped || len(i.Failure.Fields) == 0 || i.Failure.Fields[0].Name == "" {
		t.Errorf("the wrong figure is %s: %+v", i.State, i.Failure)
	}
	m.sends(0, 0, 0) // what is stopped is not sent again by itself
	_, err := m.box.Release(numbers[1])
	w.must(err)
	m.sends(0, 1, 0)
	if _, err := m.box.Release(numbers[2]); err == nil {
		t.Error("what was delivered was released")
	}

	held, err := m.box.Hold(report("2024-03", "3"))
	w.must(err)
	m.sends(0, 0, 0)
	_, err = m.box.Release(held.Number)
	w.must(err)
	m.sends(1, 0, 0)
	list, err := m.box.List(outbox.Filter{States: []outbox.State{outbox.Stopped}})
	w.must(err)
	if len(list) != 2 {
		t.Errorf("%d items are stopped, want 2", len(list))
	}
}

// TestAnUnknownCallerLosesNothing: a token that ended is no reason to give anything up.
func TestAnUnknownCallerLosesNothing(t *testing.T) {
	w := newWorld(t)
	m := w.machine()
	n := m.put(report("2024-05", "5")).Number
	good := m.token
	m.token = "th_0m3v9f2nxqra_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY_830fc5f3"
	if _, err := m.send(nil); err == nil {
		t.Fatal("nobody was told that the token is not known")
	}
	m.is(n, outbox.Waiting, m.item(n).Failure.Reason)
	m.token = good
	m.sends(1, 0, 0)
	w.has("2024-05", "5")
}

// TestAFileWaitsToo: its reports are accepted one by one, and what was refused is told with its lines.
func TestAFileWaitsToo(t *testing.T) {
	w := newWorld(t)
	m := w.machine()
	content := "unit,form,period,indicator,value,numerator,denominator\n" +
		"30280,CDS,2024-05,HS,5,,\n30280,CDS,2024-05,TL,,1,2\n30280,CDS,2024-05,GD,1,,\n" +
		"30283,CDS,2024-05,HS,5,,\n"
	i, err := m.box.PutFile("figures.csv", []byte(content), &reportingv1.ImportReportsOptions{})
	w.must(err)
	var accepted []string
	p, err := m.send(&outbox.Watch{Accepted: func(i *outbox.Item) error {
		for _, o := range i.Outcomes {
			accepted = append(accepted, o.GetName())
		}
		return nil
	}})
	w.must(err)
	got := m.is(i.Number, outbox.Stopped, "FILE_PARTLY_REFUSED")
	if p.Stopped != 1 || len(accepted) != 1 || len(got.Outcomes) != 1 || len(got.Failure.Fields) == 0 {
		t.Errorf("the pass came to %+v, accepted %q, item %+v", p, accepted, got)
	}
	w.has("2024-05", "5")

	again, err := m.box.PutFile("figures.csv", []byte(strings.SplitAfter(content, "1,,\n")[0]), nil)
	w.must(err)
	m.sends(1, 0, 0)
	if o := m.item(again.Number).Outcomes; len(o) != 1 || o[0].GetKind() != reportingv1.OutcomeKind_OUTCOME_KIND_UNCHANGED {
		t.Errorf("what is there already was answered with %v", o)
	}
}

// TestPruneKeepsWhatIsNeeded: nothing that is open, and nothing that somebody stands behind.
func TestPruneKeepsWhatIsNeeded(t *testing.T) {
	w := newWorld(t)
	m := w.machine()
	m.put(report("2024-04", "4"))
	m.put(report("2024-05", "5"))
	m.sends(2, 0, 0)
	behind := m.put(report("2024-05", "6"))
	w.now = w.now.Add(48 * time.Hour)
	if n, err := m.box.Prune(w.now.Add(-time.Hour)); err != nil || n != 1 {
		t.Fatalf("Prune = %d, %v; want 1", n, err)
	}
	m.sends(1, 0, 0)
	m.is(behind.Number, outbox.Delivered, "")
	w.has("2024-05", "5", "6")
}

// TestPutIsWellBehaved: the same request twice is one item, what can never be sent is refused, and the file is the owner's.
func TestPutIsWellBehaved(t *testing.T) {
	w := newWorld(t)
	m := w.machine()
	q := report("2024-05", "5")
	q.RequestId = w.stack.NewID()
	one, two := m.put(q), m.put(proto.CloneOf(q))
	if one.Number != two.Number || one.RequestID != q.GetRequestId() {
		t.Errorf("the same request is item %d and %d, id %s", one.Number, two.Number, one.RequestID)
	}
	if _, err := m.box.Put(&reportingv1.SubmitReportRequest{}); err == nil {
		t.Error("a report of nobody was taken")
	}
	dry := report("2024-05", "5")
	dry.ValidateOnly = true
	if _, err := m.box.Put(dry); err == nil {
		t.Error("a dry run was taken")
	}
	info, err := os.Stat(m.box.Path())
	w.must(err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %s", info.Mode())
	}
	if _, err := m.box.Get(99); !errors.Is(err, outbox.ErrNoItem) {
		t.Errorf("Get(99) = %v", err)
	}
	damaged := filepath.Join(t.TempDir(), "outbox.db")
	w.must(os.WriteFile(damaged, []byte(strings.Repeat("x", 8192)), 0o600))
	if _, err := outbox.Open(damaged, outbox.Config{}); err == nil || !strings.Contains(err.Error(), damaged) {
		t.Errorf("a damaged file was opened: %v", err)
	}
}

// TestRunSendsWhatComes, also what another program puts in, until it is told to end.
func TestRunSendsWhatComes(t *testing.T) {
	w := newWorld(t)
	m := w.machine()
	ctx, stop := context.WithCancel(t.Context())
	c := w.dial(w.token)
	delivered := make(chan uint64, 10)
	var running sync.WaitGroup
	running.Go(func() {
		if err := m.box.Run(ctx, c, &outbox.Watch{Changed: func(i *outbox.Item) { delivered <- i.Number }}); err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	for n, month := range []string{"2024-03", "2024-04", "2024-05"} {
		m.put(report(month, "7"))
		if got := <-delivered; got != uint64(n+1) { //nolint:gosec // three
			t.Errorf("item %d was delivered, want %d", got, n+1)
		}
	}
	stop()
	running.Wait()
	w.must(c.Close())
	if err := m.box.Run(ctx, nil, nil); err != nil {
		t.Errorf("Run with an ended context = %v", err)
	}
}
