package aggregator_test

import (
	"cmp"
	"context"
	"flag"
	"io"
	"log/slog"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/period"
)

// memoryJournal is a journal for stories that are not about its disk.
type memoryJournal struct {
	mu      sync.Mutex
	id      journal.ID
	entries []journal.Entry
	// renamed are the ids that restores gave it, and since when.
	renamed []struct {
		since uint64
		id    journal.ID
	}
}

func newJournal() *memoryJournal { return &memoryJournal{id: journal.NewID()} }

func (j *memoryJournal) ID() journal.ID { return j.IDAt(math.MaxUint64) }

func (j *memoryJournal) IDAt(sequence uint64) journal.ID {
	id := j.id
	for _, r := range j.renamed {
		if sequence >= r.since {
			id = r.id
		}
	}
	return id
}

func (j *memoryJournal) Head() journal.Head {
	j.mu.Lock()
	defer j.mu.Unlock()
	if n := len(j.entries); n > 0 {
		return journal.Head{Sequence: uint64(n), Hash: j.entries[n-1].Hash}
	}
	return journal.Head{Hash: journal.FirstHash(j.id)}
}

func (j *memoryJournal) Append(_ context.Context, after uint64, records []journal.Record) (journal.Head, error) {
	head := j.Head()
	if head.Sequence != after {
		return head, journal.HeadMoved(after, head)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range records {
		private := journal.PrivateHash(r.Salt, r.Private)
		head = journal.Head{Sequence: head.Sequence + 1, Hash: journal.Chain(head.Hash, r.Public, private)}
		j.entries = append(j.entries, journal.Entry{
			Sequence: head.Sequence, Public: r.Public, PrivateHash: private, Salt: r.Salt, Private: r.Private, Hash: head.Hash,
		})
	}
	return head, nil
}

func (j *memoryJournal) Read(ctx context.Context, from uint64, visit func(journal.Entry) error) error {
	head := j.Head()
	if from > head.Sequence+1 {
		return journal.SequenceAhead(from, head)
	}
	for n := max(from, 1); n <= head.Sequence; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := visit(j.entries[n-1]); err != nil {
			return err
		}
	}
	return nil
}

func (j *memoryJournal) Wait(context.Context, uint64) (journal.Head, error) {
	return j.Head(), fault.Unavailable("NOT_HERE", "no story waits for this journal")
}

func (j *memoryJournal) Close() error { return nil }

// story is a store that follows a journal, one entry after the other.
type story struct {
	t       testing.TB
	dir     string
	journal *memoryJournal
	store   *aggregator.Store
	now     time.Time
	tx      *aggregator.Tx // the group that is open
	group   []journal.Record
	request uint64
	// who makes the entries where it is not p.
	who string
}

// start is when every story begins.
var start = time.Date(2024, 1, 20, 8, 0, 0, 0, time.UTC)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func newStory(t testing.TB) *story {
	t.Helper()
	s := &story{t: t, dir: t.TempDir(), journal: newJournal(), now: start}
	s.open(aggregator.Fresh)
	t.Cleanup(func() { _ = s.close() })
	return s
}

// close ends the group that is open, if there is one, and the store.
func (s *story) close() error {
	if s.tx != nil {
		s.tx.Rollback()
		s.tx, s.group = nil, nil
	}
	if s.store == nil {
		return nil
	}
	return s.store.Close()
}

// open opens the folder and wants this verdict.
func (s *story) open(want aggregator.Fate) {
	s.t.Helper()
	store, verdict, err := aggregator.Open(context.Background(), s.config())
	if err != nil || verdict.Fate != want {
		s.t.Fatalf("Open = %v (%s), %v, want %v", verdict.Fate, verdict.Reason, err, want)
	}
	s.store = store
	if store != nil {
		s.replay()
	}
}

func (s *story) config() aggregator.Config { return aggregator.Config{Dir: s.dir, Logger: quiet()} }

func (s *story) replay() {
	s.t.Helper()
	if err := s.store.Replay(context.Background(), s.journal, nil); err != nil {
		s.t.Fatalf("Replay = %v", err)
	}
}

// begin opens a group of entries.
func (s *story) begin() *aggregator.Tx {
	s.t.Helper()
	if s.tx != nil {
		return s.tx
	}
	tx, err := s.store.Begin()
	if err != nil {
		s.t.Fatalf("Begin = %v", err)
	}
	s.tx = tx
	return tx
}

// add applies an entry to the open group, a second after the one before, on behalf of principal p if of nobody else.
func (s *story) add(body entry.Body) {
	s.t.Helper()
	tx := s.begin()
	s.now = s.now.Add(time.Second)
	s.request++
	e := entry.Entry{Header: entry.Header{
		Sequence: tx.Position().Head.Sequence + 1, Time: s.now, Principal: cmp.Or(s.who, "p"), Method: "M",
		RequestID: [16]byte{8: byte(s.request >> 8), 9: byte(s.request)}, RequestHash: [32]byte{byte(s.request)},
	}, Body: body}
	public, private, err := entry.Encode(e)
	if err != nil {
		s.t.Fatalf("Encode(%+v) = %v", e, err)
	}
	r := journal.Record{Public: public, Private: private, Salt: [16]byte{1}}
	head := journal.Head{
		Sequence: e.Header.Sequence,
		Hash:     journal.Chain(tx.Position().Head.Hash, public, journal.PrivateHash(r.Salt, r.Private)),
	}
	decoded, err := entry.Decode(public, private)
	if err != nil {
		s.t.Fatalf("Decode = %v", err)
	}
	if err := tx.Apply(decoded, head); err != nil {
		s.t.Fatalf("Apply(%+v) = %v", decoded, err)
	}
	s.group = append(s.group, r)
}

// commit ends the group as the committer does: journal first.
func (s *story) commit() {
	s.t.Helper()
	if s.tx == nil {
		return
	}
	after := s.tx.Position().Head.Sequence - uint64(len(s.group))
	if len(s.group) > 0 {
		if _, err := s.journal.Append(context.Background(), after, s.group); err != nil {
			s.t.Fatal(err)
		}
	}
	tx := s.tx
	s.tx, s.group = nil, nil
	if err := tx.Commit(); err != nil {
		s.t.Fatalf("Commit = %v", err)
	}
}

// tell applies each body in a group of its own.
func (s *story) tell(bodies ...entry.Body) {
	s.t.Helper()
	for _, b := range bodies {
		s.add(b)
		s.commit()
	}
}

// view reads the committed state.
func (s *story) view(read func(tx *aggregator.Tx)) {
	s.t.Helper()
	err := s.store.View(context.Background(), func(tx *aggregator.Tx) error {
		read(tx)
		return nil
	})
	if err != nil {
		s.t.Fatalf("View = %v", err)
	}
}

// The words with which stories are told.

func unit(code string, kind hierarchy.Kind, parent string) hierarchy.Unit {
	u := hierarchy.Unit{
		ID: hierarchy.ID(code + "-0"), Code: hierarchy.Code(code), Kind: kind, NameVI: "Đơn vị " + code,
		ValidFrom: period.Beginning, ValidTo: period.Forever,
	}
	if parent != "" {
		u.Parent = hierarchy.ID(parent + "-0")
	}
	return u
}

func id(code string) hierarchy.ID { return hierarchy.ID(code + "-0") }

// plainIndicator is an indicator of the first version of everything, reported by communes.
func plainIndicator(code string, rule indicator.UnitRule, measure indicator.Measure, over indicator.TimeRule) indicator.Indicator {
	i := indicator.Indicator{
		Code: indicator.Code(code), NameVI: code, UnitRule: rule, Value: indicator.Part{Measure: measure, Time: over},
		ReportedBy: []hierarchy.Kind{hierarchy.Commune}, ValidFrom: period.Beginning,
	}
	if rule == indicator.UnitRatio {
		i.Denominator = i.Value
	}
	return i
}

// numbered gives a catalogue's entry in which each code has its place as number, after those that are known.
func numbered(first int, list ...indicator.Indicator) entry.IndicatorsChanged {
	var body entry.IndicatorsChanged
	for n, i := range list {
		body.Indicators = append(body.Indicators, entry.Indicator{Number: uint32(first + n), Indicator: i})
	}
	return body
}

func plainForm(code string, frequency period.Kind, assigned string, codes ...indicator.Code) form.Form {
	selectors, err := hierarchy.ParseSelectors(assigned, func(ref string) (hierarchy.ID, error) { return id(ref), nil })
	if err != nil {
		panic(err)
	}
	return form.Form{
		Code: form.Code(code), NameVI: code, Frequency: frequency, Calendar: period.Civil, Indicators: codes,
		Assigned: selectors, ValidFrom: period.Beginning,
	}
}

func forms(first int, list ...form.Form) entry.FormsChanged {
	var body entry.FormsChanged
	for n, f := range list {
		body.Forms = append(body.Forms, entry.Form{Number: uint32(first + n), Form: f})
	}
	return body
}

func mustPeriod(text string) period.Period {
	p, err := period.Parse(text)
	if err != nil {
		panic(err)
	}
	return p
}

func key(unit, formCode, base string) entry.ReportKey {
	return entry.ReportKey{Unit: id(unit), Form: form.Code(formCode), Period: mustPeriod(base)}
}

func value(n int64) figure.Figure {
	return figure.Figure{State: figure.Value, HasValue: true, Value: figure.Number(n)}
}

func ratio(num, den int64) figure.Figure {
	return figure.Figure{
		State: figure.Value, HasNumerator: true, HasDenominator: true, Numerator: figure.Number(num), Denominator: figure.Number(den),
	}
}

// sent is a final submission of figures by number.
func sent(k entry.ReportKey, revision int, figures map[uint32]figure.Figure) entry.ReportsSubmitted {
	s := entry.Submission{Key: k, Revision: revision}
	for n := uint32(0); n < 100; n++ {
		if f, ok := figures[n]; ok {
			s.Figures = append(s.Figures, entry.Figure{Number: n, Figure: f})
		}
	}
	return entry.ReportsSubmitted{Reports: []entry.Submission{s}}
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
