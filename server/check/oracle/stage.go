package oracle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/rollup"
	"github.com/tonghop/tonghop/server/verify"
)

// act is one thing that is done to the store.
type act struct {
	kind actKind
	// header and body are those of the entry; the stage gives sequence and time.
	header entry.Header
	body   entry.Body
	// later is how much time has passed since the entry before.
	later time.Duration
}

type actKind uint8

// What may be done.
const (
	// tellIt applies an entry in the group that is open.
	tellIt actKind = iota
	// commitIt ends the group.
	commitIt
	// loseIt applies an entry in a group that is then thrown away, as at a conflict.
	loseIt
	// lagIt gives an entry to the journal alone, which the state then replays.
	lagIt
	// reopenIt closes the state and opens it.
	reopenIt
)

// String tells it in a failure.
func (a act) String() string {
	words := [...]string{tellIt: "", commitIt: "commit", loseIt: "in vain: ", lagIt: "by replay: ", reopenIt: "reopen"}[a.kind]
	if a.body == nil {
		return words
	}
	return fmt.Sprintf("%s%T %+v", words, a.body, a.body)
}

// stage is a store, its journal and its model, at work.
type stage struct {
	ctx     context.Context //nolint:containedctx // a stage lives as long as the call that plays a story
	dir     string
	journal *memory
	store   *aggregator.Store
	model   *verify.Model
	now     time.Time
	// tx and group are the group that is open.
	tx     *aggregator.Tx
	group  []journal.Record
	head   journal.Head
	counts counts
	// reports are what the entries told of them.
	reports reports
	// wall is what they told of holidays and deadlines.
	wall wall
	// shut is what they told of closings and rules.
	shut shut
	// past is what was found after each entry.
	past []recollection
	// wrong are questions that were answered wrongly, and are asked again at each step where a story is shortened.
	wrong []column
	// indicators and forms are codes by their numbers.
	indicators, forms, rules []string
}

// counts says how much was compared.
type counts struct{ Rollups, Reports, Recalled, Keys uint64 }

// beginning is when every story begins.
var beginning = time.Date(2024, 2, 1, 1, 0, 0, 0, time.UTC)

func newStage(ctx context.Context, dir string) (*stage, error) {
	s := &stage{ctx: ctx, dir: filepath.Join(dir, "state"), journal: &memory{id: journal.ID{1}}, model: verify.NewModel(), now: beginning, reports: reports{}, shut: newShut()}
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		return nil, err
	}
	s.head = s.journal.Head()
	return s, s.open()
}

func (s *stage) open() error {
	store, verdict, err := aggregator.Open(s.ctx, aggregator.Config{Dir: s.dir})
	if err != nil {
		return err
	}
	if store == nil {
		return fmt.Errorf("the state does not open again: %s", verdict.Reason)
	}
	s.store = store
	return s.store.Replay(s.ctx, s.journal, nil)
}

// close lets go of the store.
func (s *stage) close() error {
	if s.tx != nil {
		s.tx.Rollback()
		s.tx = nil
	}
	if s.store == nil {
		return nil
	}
	store := s.store
	s.store = nil
	return store.Close()
}

// play does one act. Found says what is wrong then; an error that it could not be done.
func (s *stage) play(a act) (found string, err error) {
	s.now = s.now.Add(a.later)
	if c, ok := a.body.(entry.PeriodClosed); ok {
		if a.body, err = s.rowsOf(c); err != nil {
			return "", err
		}
	}
	switch a.kind {
	case tellIt:
		return s.tell(a)
	case commitIt:
		return "", s.commit()
	case loseIt:
		return "", s.lose(a)
	case lagIt:
		return s.lag(a)
	default:
		if err := errors.Join(s.commit(), s.close()); err != nil {
			return "", err
		}
		return "", s.open()
	}
}

// entry makes the entry that follows in the open group, as it will be read from the journal.
func (s *stage) entry(a act) (entry.Entry, journal.Record, journal.Head, error) {
	e := entry.Entry{Header: a.header, Body: a.body}
	e.Header.Sequence, e.Header.Time = s.head.Sequence+1, s.now
	if issued, ok := e.Body.(entry.TokenIssued); ok {
		issued.Token.Created = s.now
		e.Body = issued
	}
	public, private, err := entry.Encode(e)
	if err != nil {
		return e, journal.Record{}, s.head, err
	}
	r := journal.Record{Public: public, Private: private}
	if len(private) > 0 {
		r.Salt = [16]byte{1}
	}
	head := journal.Head{Sequence: e.Header.Sequence, Hash: journal.Chain(s.head.Hash, public, journal.PrivateHash(r.Salt, private))}
	decoded, err := entry.Decode(public, private)
	return decoded, r, head, err
}

// begin opens a group.
func (s *stage) begin() (err error) {
	if s.tx == nil {
		s.tx, err = s.store.Begin()
	}
	return err
}

// tell applies an entry in the open group. The model must find that it fits.
func (s *stage) tell(a act) (string, error) {
	if err := s.begin(); err != nil {
		return "", err
	}
	e, r, head, err := s.entry(a)
	if err != nil {
		return "", err
	}
	if found, err := whatDiffers(s.fits(&e)); found != "" || err != nil {
		return found, err
	}
	if err := s.tx.Apply(e, head); err != nil {
		return fmt.Sprintf("Apply of %v: %v", a, err), nil
	}
	s.group, s.head = append(s.group, r), head
	s.took(&e)
	return "", nil
}

// fits gives the entry to the model. An error means that no server would have made it here, as where a story is shortened.
func (s *stage) fits(e *entry.Entry) error {
	number := func(codes *[]string, code string) uint32 {
		n := slices.Index(*codes, code)
		if n < 0 {
			n = len(*codes)
			*codes = append(*codes, code)
		}
		return uint32(n) //nolint:gosec // few
	}
	switch b := e.Body.(type) {
	case entry.IndicatorsChanged:
		for _, v := range b.Indicators {
			if number(&s.indicators, string(v.Code)) != v.Number {
				return errUnfit
			}
		}
	case entry.FormsChanged:
		for _, v := range b.Forms {
			if number(&s.forms, string(v.Code)) != v.Number {
				return errUnfit
			}
		}
	case entry.RulesChanged:
		if slices.ContainsFunc(b.Rules, func(v entry.Rule) bool {
			return number(&s.rules, string(v.Form.Fold())+"/"+string(v.Code.Fold())) != v.Number
		}) {
			return errUnfit
		}
	case entry.ReportsSubmitted:
		for i := range b.Reports {
			if r := s.reports[b.Reports[i].Key]; b.Reports[i].Revision != 1 && (r == nil || b.Reports[i].Revision != len(r.revisions)+1) {
				return errUnfit
			}
		}
	}
	return s.model.Apply(*e)
}

var errUnfit = errors.New("the entry does not follow from those before it")

// commit ends the group, the journal first.
func (s *stage) commit() error {
	if s.tx == nil {
		return nil
	}
	tx, group := s.tx, s.group
	s.tx, s.group = nil, nil
	if len(group) > 0 {
		if _, err := s.journal.Append(s.ctx, s.journal.Head().Sequence, group); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return s.redact()
}

// redact does what a server does once entries are durable that remove private parts: they are taken out of the journal, and
// what is left of them out of the file of the state.
func (s *stage) redact() error {
	list, upTo, err := s.store.Unremoved(s.ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	for _, sequence := range list {
		s.journal.remove(sequence)
	}
	return s.store.Erase(s.ctx, upTo)
}

// lose applies an entry and throws the group away that it stands in.
func (s *stage) lose(a act) error {
	if err := s.commit(); err != nil {
		return err
	}
	tx, err := s.store.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	e, _, head, err := s.entry(a)
	if err != nil {
		return err
	}
	return tx.Apply(e, head)
}

// lag gives an entry to the journal and has the state catch up.
func (s *stage) lag(a act) (string, error) {
	if err := s.commit(); err != nil {
		return "", err
	}
	e, r, head, err := s.entry(a)
	if err != nil {
		return "", err
	}
	if found, err := whatDiffers(s.fits(&e)); found != "" || err != nil {
		return found, err
	}
	if _, err := s.journal.Append(s.ctx, s.head.Sequence, []journal.Record{r}); err != nil {
		return "", err
	}
	s.head = head
	s.took(&e)
	if err := s.store.Replay(s.ctx, s.journal, nil); err != nil {
		return fmt.Sprintf("Replay of %v: %v", a, err), nil
	}
	return "", s.redact()
}

// read gives the state as it is seen now: by the group that is open, or by everybody.
func (s *stage) read(look func(tx *aggregator.Tx) error) error {
	if s.tx != nil {
		return look(s.tx)
	}
	return s.store.View(s.ctx, look)
}

// Read makes the stage a verify.Subject.
func (s *stage) Read(_ context.Context, use func(journal.Head, func(verify.Question) (verify.Answer, error)) error) error {
	return s.read(func(tx *aggregator.Tx) error {
		return use(tx.Position().Head, func(q verify.Question) (verify.Answer, error) { return answer(tx, q) })
	})
}

// answer asks the state for a roll-up.
func answer(tx *aggregator.Tx, q verify.Question) (verify.Answer, error) {
	if q.Form != "" {
		standing, err := tx.Standing(q.Form, q.Period, q.Unit)
		return verify.Answer{State: standing.String()}, err
	}
	basis := rollup.Official
	if q.Provisional {
		basis = rollup.Provisional
	}
	a, err := tx.Rollup(aggregator.Query{
		Unit: q.Unit, Indicator: q.Indicator, Period: q.Period, Basis: basis, Measure: rollup.Measure(q.Measure), Kind: q.Kind, Tree: q.Tree,
	})
	r, c := a.Result, a.Result.Coverage
	said := verify.Answer{
		State: r.State.String(), Value: r.Display, Numerator: r.NumeratorDisplay, Denominator: r.DenominatorDisplay,
		Expected: c.Expected, Received: c.Received, NotAvailable: c.NotAvailable, Missing: c.Missing,
		NotApplicable: c.NotApplicable, Excluded: c.Excluded, Late: c.Late, Stale: c.Stale,
		UnitsComplete: c.UnitsComplete, Units: c.Units, Half: c.Half, Unweighted: c.Unweighted, Gaps: c.Gaps, Over: c.Divisor,
		Fell: r.Fell, PartsDiffer: r.PartsDiffer, HeldBy: string(a.HeldBy),
	}
	if a.Crossing != aggregator.Within {
		said.Crossing = a.Crossing.String()
	}
	if a.LastPeriod.Valid() {
		said.Last = a.LastPeriod.String()
	}
	if r.DenominatorFrom.Valid() {
		said.DenominatorFrom = r.DenominatorFrom.String()
	}
	return said, err
}
