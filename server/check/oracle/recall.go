package oracle

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/verify"
)

// recollection is what was found right after an entry, to be asked again later as of that entry (R30): roll-ups as the model
// computed them then, and reports as they had been told.
type recollection struct {
	sequence uint64
	rollups  []recalled
	reports  reports
}

type recalled struct {
	verify.Question
	want verify.Answer
}

// How many roll-ups are kept of a step, and how many earlier steps are recalled after each.
const (
	keptRollups   = 6
	recalledSteps = 2
)

// remember keeps some of what was asked after a step and found right.
func (a *asker) remember(about []entry.ReportKey) {
	m := recollection{sequence: a.tx.Position().Head.Sequence, reports: reports{}}
	if len(a.past) > 0 && a.past[len(a.past)-1].sequence == m.sequence {
		return // nothing was told
	}
	for _, k := range about {
		if r := a.reports[k]; r != nil {
			m.reports[k] = r.copy()
		}
	}
	keep := func(c column) {
		for _, unit := range c.units {
			q := c.Question
			q.Unit = unit
			if _, known := a.tx.Tree().Unit(unit); known {
				m.rollups = append(m.rollups, recalled{q, a.model.Answer(q)})
			}
		}
	}
	for _, c := range a.wrong {
		keep(c)
	}
	for range keptRollups {
		if len(a.asked) > 0 {
			c := pick(a.random, a.asked...)
			keep(column{c.Question, []hierarchy.ID{pick(a.random, c.units...)}})
		}
	}
	a.past = append(a.past, m)
}

// recall asks again for what was remembered of some earlier steps, and tells what is not as it was; empty if all of it is.
func (s *stage) recall(tx *aggregator.Tx, steps []recollection) (string, error) {
	for _, m := range steps {
		then, err := tx.AsOf(m.sequence)
		if err != nil {
			return "", err
		}
		now := tx.Position().Head.Sequence
		for _, k := range m.reports.known() {
			s.counts.Recalled++
			if found := m.reports.differs(then, k); found != "" {
				return fmt.Sprintf("as of entry %d, asked at %d: %s", m.sequence, now, found), nil
			}
		}
		for _, r := range m.rollups {
			said, err := answer(then, r.Question)
			if refused := (*fault.Error)(nil); errors.As(err, &refused) && (refused.Kind == fault.KindExhausted || refused.Kind == fault.KindNotFound) {
				continue // as when it was asked first
			}
			diff := ""
			if err != nil {
				diff = err.Error()
			} else {
				diff = differs(said, r.want)
			}
			s.counts.Recalled++
			if diff != "" {
				s.wrong = append(s.wrong, column{r.Question, []hierarchy.ID{r.Unit}})
				return fmt.Sprintf("as of entry %d, asked at %d: %s: %s", m.sequence, now, r.Question, diff), nil
			}
		}
	}
	return "", nil
}

// recallAll asks again for everything that is remembered.
func (s *stage) recallAll() (found string, err error) {
	err = s.read(func(tx *aggregator.Tx) error {
		found, err = s.recall(tx, s.past)
		return err
	})
	return found, err
}

// took takes an entry in. What a redaction removes is gone as of earlier entries too (R36).
func (s *stage) took(e *entry.Entry) {
	s.reports.apply(e)
	s.wall.apply(e)
	s.shut.apply(e)
	if gone, ok := e.Body.(entry.EntryRedacted); ok {
		for i := range s.past {
			s.past[i].reports.redact(gone.Sequence)
		}
	}
}

// some draws earlier steps.
func (s *stage) some(random *rand.Rand) []recollection {
	if len(s.past) == 0 {
		return nil
	}
	list := make([]recollection, recalledSteps)
	for i := range list {
		list[i] = pick(random, s.past...)
	}
	return list
}

// copy gives a report that goes no further.
func (r *report) copy() *report {
	c := *r
	c.revisions, c.turns = slices.Clone(r.revisions), slices.Clone(r.turns)
	for i := range c.revisions {
		c.revisions[i].figures = slices.Clone(c.revisions[i].figures)
	}
	return &c
}
