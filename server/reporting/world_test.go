package reporting_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// tester is a *testing.T or a *rapid.T.
type tester interface {
	rapid.TB
	Context() context.Context
	Cleanup(func())
}

// world is a real store in a temporary folder: province P with district D and communes A and B, and commune C, which
// hangs under the province. The form M is monthly on the civil calendar: FLOW is added, RATIO divided, STOCK the latest.
type world struct {
	t         tester
	now       time.Time
	svc       *reporting.Service
	committer *committer.Committer
	state     *aggregator.Store
	journal   *filejournal.Journal
	admin     auth.Caller
	requests  int
	closing   sync.Once
	// spare are ids of tokens that may be revoked, by their units.
	spare map[string]string
	// named is the sequence of an entry that holds a name.
	named uint64
	// remove, where it is set, is what removes private parts instead of the journal.
	remove func(ctx context.Context, sequence uint64) error
	// full says that the disk is nearly full.
	full atomic.Bool
	// tick, where it is set, runs whenever somebody looks at the clock: the committer does so right before a decision.
	tick atomic.Pointer[func()]
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return openWorld(t, t.TempDir())
}

func openWorld(t tester, dir string) *world {
	t.Helper()
	must(t, filejournal.Create(t.Context(), logsIn(dir), journal.ID{1, 2, 3}))
	w := startWorld(t, dir)
	w.catalogue()
	return w
}

func logsIn(dir string) filejournal.Config {
	return filejournal.Config{Dir: dir + "/journal", SegmentBytes: 1 << 20}
}

// startWorld opens a world that is there.
func startWorld(t tester, dir string) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2024, 6, 1, 9, 0, 0, 0, period.Location())}
	ctx := t.Context()
	var err error
	w.journal, err = filejournal.Open(ctx, logsIn(dir))
	must(t, err)
	w.state, _, err = aggregator.Open(ctx, aggregator.Config{Dir: dir})
	must(t, err)
	must(t, w.state.Replay(ctx, w.journal, nil))
	clock := func() time.Time {
		if tick := w.tick.Load(); tick != nil {
			(*tick)()
		}
		return w.now
	}
	w.committer = committer.New(committer.Config{
		Hold:    func() bool { return true },
		Journal: w.journal, State: w.state, Now: clock, Random: salt, Logger: slog.New(slog.DiscardHandler),
		Refuse: func() error {
			if w.full.Load() {
				return fault.Exhausted(journal.ReasonStoreFull, "the disk is nearly full")
			}
			return nil
		},
	})
	w.svc = reporting.New(reporting.Config{
		Journal: w.journal, State: w.state, Committer: w.committer, Now: clock, Random: salt,
		Disk: func() (int64, int64, error) { return 1, 2, nil },
		Remove: func(ctx context.Context, sequence uint64) error {
			if w.remove != nil {
				return w.remove(ctx, sequence)
			}
			return w.journal.Redact(ctx, sequence)
		},
	})
	w.admin = w.svc.Local()
	t.Cleanup(w.close)
	return w
}

// close ends the world; every one ends with the oracle.
func (w *world) close() {
	w.closing.Do(func() {
		w.committer.Close()
		w.checkSound()
		must(w.t, errors.Join(w.state.Close(), w.journal.Close()))
	})
}

var (
	salting sync.Mutex
	salted  uint16
)

// salt fills with bytes that differ each time; secrets of a test need not be secret.
func salt(b []byte) {
	salting.Lock()
	defer salting.Unlock()
	salted++
	sum := sha256.Sum256([]byte{byte(salted >> 8), byte(salted)})
	for i := range b {
		b[i] = sum[i%32] ^ byte(i)
	}
}

func must(t rapid.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", fault.Of(err).Private())
	}
}

// call is a mutation by somebody with a request id of its own, who means what he changes to bear on open periods too.
func (w *world) call(by auth.Caller) reporting.Call {
	w.requests++
	return reporting.Call{Caller: by, RequestID: [16]byte{byte(w.requests >> 8), byte(w.requests), 7}, OpenPeriods: true}
}

func unit(code, kind, parent string) hierarchy.Unit {
	return hierarchy.Unit{
		Code: hierarchy.Code(code), Kind: hierarchy.Kind(kind), NameVI: "Đơn vị " + code, Parent: hierarchy.ID(parent),
		ValidFrom: period.Beginning, ValidTo: period.Forever,
	}
}

// added is how a figure goes over time that is added.
var added = indicator.Part{Measure: indicator.Flow, Time: indicator.TimeSum}

// sum is an indicator that is added over communes and over time.
func sum(code string) indicator.Indicator {
	return indicator.Indicator{
		Code: indicator.Code(code), NameVI: "Chỉ tiêu " + code, UnitOfMeasure: "hồ sơ", Scale: 2, UnitRule: indicator.UnitSum,
		Value: added, ReportedBy: []hierarchy.Kind{"commune"}, Direction: indicator.Higher, ValidFrom: period.Beginning,
	}
}

// monthly is a form of the civil calendar that every commune owes.
func monthly(code string, codes ...indicator.Code) form.Form {
	return form.Form{
		Code: form.Code(code), NameVI: "Biểu " + code, Frequency: period.Month, Calendar: period.Civil, Indicators: codes,
		Assigned: []hierarchy.Selector{{Kind: "commune"}}, ValidFrom: period.Beginning,
	}
}

// form and indicator give what is kept under a code.
func (w *world) form(code string) reporting.Form {
	w.t.Helper()
	f, _, err := w.svc.GetForm(w.t.Context(), w.admin, code, "")
	must(w.t, err)
	return f
}

func (w *world) indicator(code string) reporting.Indicator {
	w.t.Helper()
	i, _, err := w.svc.GetIndicator(w.t.Context(), w.admin, code, "")
	must(w.t, err)
	return i
}

func (w *world) catalogue() {
	w.t.Helper()
	ctx := w.t.Context()
	_, err := w.svc.ImportUnits(ctx, w.call(w.admin), []hierarchy.Unit{
		unit("A", "commune", "D"), unit("B", "commune", "D"), unit("D", "district", "P"), unit("P", "province", ""), unit("C", "commune", "P"),
	})
	must(w.t, err)
	flow := added
	ind := func(code string, rule indicator.UnitRule, part indicator.Part) indicator.Indicator {
		i := indicator.Indicator{
			Code: indicator.Code(code), NameVI: "Chỉ tiêu " + code, UnitOfMeasure: "%", Scale: 2, UnitRule: rule, Value: part,
			ReportedBy: []hierarchy.Kind{"commune"}, Direction: indicator.Higher, ValidFrom: period.Beginning,
		}
		if rule == indicator.UnitRatio {
			i.Denominator = part
		}
		return i
	}
	_, err = w.svc.ImportIndicators(ctx, w.call(w.admin), []indicator.Indicator{
		ind("FLOW", indicator.UnitSum, flow), ind("RATIO", indicator.UnitRatio, flow),
		ind("STOCK", indicator.UnitSum, indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast}),
	})
	must(w.t, err)
	due, err := period.ParseDue("commune=+2")
	must(w.t, err)
	_, err = w.svc.ImportForms(ctx, w.call(w.admin), []form.Form{{
		Code: "M", NameVI: "Báo cáo tháng", Frequency: period.Month, Calendar: period.Civil,
		Indicators: []indicator.Code{"FLOW", "RATIO", "STOCK"}, Assigned: []hierarchy.Selector{{Kind: "commune"}}, Due: due,
		ValidFrom: period.Beginning,
	}})
	must(w.t, err)
}

// token issues a token and gives its caller.
func (w *world) token(role auth.Role, unit string) auth.Caller {
	w.t.Helper()
	_, secret, _, _, err := w.svc.CreateToken(w.t.Context(), w.call(w.admin), reporting.TokenDraft{Role: role, Unit: unit, Lifetime: 10_000 * time.Hour})
	must(w.t, err)
	caller, err := w.svc.Authenticate(w.t.Context(), secret)
	must(w.t, err)
	return caller
}

// flow is a submission of the one figure FLOW by its unit.
func flow(unit, per, value string) reporting.Submission {
	return reporting.Submission{
		Ref:     reporting.ReportRef{Unit: unit, Form: "m", Period: per},
		Figures: []reporting.FigureDraft{{Indicator: "FLOW", Value: &value, Format: figure.Plain}},
	}
}

func (w *world) submit(by auth.Caller, sub reporting.Submission) (reporting.Outcome, error) {
	w.t.Helper()
	o, r, stamp, err := w.svc.Submit(w.t.Context(), w.call(by), sub)
	if err == nil {
		w.sameAsRead(by, o, r, stamp)
	}
	return o, err
}

// sameAsRead holds the report that a submission answered with against the one that is read afterwards.
func (w *world) sameAsRead(by auth.Caller, o reporting.Outcome, r reporting.Report, stamp reporting.Stamp) {
	w.t.Helper()
	ref, err := reporting.ParseReportName(o.Name)
	must(w.t, err)
	read, at, err := w.svc.GetReport(context.Background(), by, ref, 0)
	if fault.ReasonOf(err) == "REPORT_NOT_FOUND" && len(r.Revisions) == 0 { // a draft of another unit
		return
	}
	must(w.t, err)
	shown := func(r reporting.Report) string {
		return fmt.Sprintf("%v %s %s %v %v", r.Report, r.UnitCode, r.Etag, r.Shown, r.Figures(r.Shown))
	}
	if got, want := shown(r), shown(read); got != want || stamp != at {
		w.t.Errorf("a submission of %s answers with\n%s at %v, and read afterwards it is\n%s at %v", o.Name, got, stamp, want, at)
	}
}

func (w *world) submitted(by auth.Caller, sub reporting.Submission) reporting.Outcome {
	w.t.Helper()
	o, err := w.submit(by, sub)
	must(w.t, err)
	return o
}

// value is a roll-up in words: its display, or its state.
func (w *world) value(unit, ind, per string, basis rollup.Basis) string {
	w.t.Helper()
	page, err := w.svc.QueryRollups(context.Background(), w.admin, reporting.RollupQuery{
		Units: []string{unit}, Indicators: []string{ind}, Periods: []string{per}, Basis: basis,
	})
	must(w.t, err)
	r := page.Rollups[0].Result
	word := r.State.String()
	if r.State == rollup.Value {
		word = r.Display
	}
	return fmt.Sprintf("%s %d/%d", word, r.Coverage.Received, r.Coverage.Expected)
}

func (w *world) expect(what, got, want string) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("%s = %q, want %q", what, got, want)
	}
}

// refused expects an error with that reason.
func (w *world) refused(err error, reason string) {
	w.t.Helper()
	if fault.ReasonOf(err) != reason {
		w.t.Errorf("error = %v (%s), want %s", err, fault.ReasonOf(err), reason)
	}
}

// fewer has rapid draw fewer stories than it would, for a test whose stories take long: 40 in the place of 100, unless
// -rapid.checks says how many. Those of the check called oracle are drawn far more often.
func fewer(t *testing.T) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	if checks.Value.String() != checks.DefValue {
		return
	}
	if err := checks.Value.Set("40"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = checks.Value.Set(checks.DefValue) })
}
