package reporting

import (
	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/period"
)

// prepared are the figures of a submission as they were read before its turn came: there is one writer, and what can be
// done beside it is. It holds for the definitions and the place that it was read with; the zero value holds for none.
type prepared struct {
	defs    aggregator.Definitions
	at      place
	figures []entry.Figure
}

// prepare reads the figures of a submission by the definitions of now. It refuses nothing: what is wrong is told by the
// decision, which knows what the caller may see.
func (s *Service) prepare(sub *Submission) prepared {
	if sub.Wrong != nil {
		return prepared{}
	}
	defs := s.cfg.State.Definitions()
	p, err := period.Parse(sub.Ref.Period)
	if err != nil {
		return prepared{}
	}
	f, err := formOf(defs, sub.Ref.Form, p)
	if err != nil {
		return prepared{}
	}
	last := f.Last(p)
	unit, err := defs.Tree().Resolve(sub.Ref.Unit, last)
	if err != nil {
		return prepared{}
	}
	at := place{key: entry.ReportKey{Unit: unit.ID, Form: f.Code, Period: p}, unit: unit, form: f, last: last}
	figures, err := sub.figures(defs, at)
	if err != nil {
		return prepared{}
	}
	return prepared{defs: defs, at: at, figures: figures}
}

// of says whether the figures are those of a place by these definitions.
func (p *prepared) of(defs aggregator.Definitions, at place) bool {
	return p.figures != nil && p.defs == defs && p.at.key == at.key && p.at.last == at.last
}

// placeOf is place for a reference of which the place may have been found before. Then one unit alone has the code on that
// day, so if the caller sees it, it is the one that he means.
func (g granted) placeOf(ref ReportRef, ready *prepared) (place, error) {
	if ready != nil && ready.figures != nil && ready.defs == g.tx.Definitions() && g.seesPlace(ready.at.form, ready.at.last, ready.at.unit.ID) {
		return ready.at, nil
	}
	return g.place(ref)
}
