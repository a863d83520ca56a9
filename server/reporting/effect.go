package reporting

import (
	"errors"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Effects is what a change of the tree bears on besides the tree. Nothing of it is changed by the change.
type Effects struct {
	Periods []PeriodEffect
	// Reports are the first of those that were sent by units which owe them no longer.
	Reports     []entry.ReportKey
	ReportCount int
	Definitions []DefinitionEffect
	// Tokens are the first of those that are bound to units which end.
	Tokens     []TokenEffect
	TokenCount int
	// Targets are the first of those that find nobody any more when they are judged.
	Targets     []TargetEffect
	TargetCount int
}

// PeriodEffect is a base period of which other units owe a report than before.
type PeriodEffect struct {
	Form              form.Code
	Period            period.Period
	First, Last       period.Day
	Ending, Beginning int
}

// DefinitionPlace is where a form or an indicator names a unit.
type DefinitionPlace uint8

// The places.
const (
	FormAssignment DefinitionPlace = iota + 1
	FormException
	FormOwner
	FormReviewer
	IndicatorAssignment
	IndicatorException
)

// String gives the word of the contract.
func (p DefinitionPlace) String() string {
	return [...]string{
		"", "form_assignment", "form_exception", "form_owner", "form_reviewer", "indicator_assignment", "indicator_exception",
	}[min(p, IndicatorException)]
}

// DefinitionEffect is a form or an indicator that names a unit which ends.
type DefinitionEffect struct {
	Place DefinitionPlace
	Code  string
	Ended
}

// TokenEffect is a token that is bound to a unit which ends.
type TokenEffect struct {
	Token string
	Role  auth.Role
	Ended
	// Reads is the unit that it may read afterwards, for its own goes over whole into that; no id for none.
	Reads hierarchy.Unit
}

// Ended is a unit that ends, and who acts for it from then on; no id if nobody does.
type Ended struct {
	Unit, Acting hierarchy.Unit
}

// maxEffectPeriods is how many base periods a preview looks at of each form, and how many it shows.
const maxEffectPeriods = 60

// effects finds what a change bears on. It is for previews alone, since it reads much.
func (g granted) effects(next *hierarchy.Tree, units []hierarchy.Unit) (*Effects, error) {
	e := effecting{g: g, next: next, ended: map[hierarchy.ID]Ended{}, first: period.Forever, found: &Effects{}}
	for _, u := range units {
		old, known := g.tx.Tree().Unit(u.ID)
		switch {
		case !known:
			e.changed, e.first = append(e.changed, u.ID), min(e.first, u.ValidFrom)
		case u.ValidTo != old.ValidTo:
			e.changed, e.first = append(e.changed, u.ID), min(e.first, u.ValidTo, old.ValidTo)
		}
		if known && u.ValidTo < old.ValidTo {
			end := Ended{Unit: u}
			if acting, ok := next.Acting(u.ID, u.ValidTo); ok {
				end.Acting, _ = next.Unit(acting)
				end.Acting = end.Acting.On(u.ValidTo)
			}
			e.ended[u.ID] = end
		}
	}
	for _, code := range g.tx.Forms().Codes() {
		if err := e.periods(code); err != nil {
			return nil, err
		}
	}
	e.definitions()
	return e.found, errors.Join(e.tokens(), e.targets())
}

type effecting struct {
	g       granted
	next    *hierarchy.Tree
	changed []hierarchy.ID
	// ended are the units that end earlier than before.
	ended map[hierarchy.ID]Ended
	// first is the first day on which the trees differ.
	first period.Day
	found *Effects
}

// periods finds the base periods of a form that are open and owed by others than before.
func (e *effecting) periods(code form.Code) error {
	latest, _ := e.g.tx.Forms().Latest(code)
	if len(e.changed) == 0 || e.first == period.Beginning {
		return nil
	}
	until := max(period.DayOf(e.g.now), e.first)
	p := latest.Calendar.PeriodAt(latest.Frequency, e.first)
	for range maxEffectPeriods {
		if !p.Valid() || latest.Calendar.First(p) > until {
			return nil
		}
		if f, ok := e.g.tx.Forms().On(code, latest.Last(p)); ok {
			if err := e.period(f, p); err != nil {
				return err
			}
		}
		p = p.Next()
	}
	return nil
}

func (e *effecting) period(f form.Form, p period.Period) error {
	effect := PeriodEffect{Form: f.Code, Period: p, First: f.Calendar.First(p), Last: f.Last(p)}
	old := e.g.tx.Tree()
	for _, id := range e.changed {
		was, known := old.Unit(id)
		now, _ := e.next.Unit(id)
		owed, owes := known && f.Owes(old, was, p), f.Owes(e.next, now, p)
		switch {
		case owes && !owed:
			effect.Beginning++
		case owed && !owes:
			effect.Ending++
			if err := e.report(entry.ReportKey{Unit: id, Form: f.Code, Period: p}); err != nil {
				return err
			}
		}
	}
	if effect.Beginning+effect.Ending > 0 && len(e.found.Periods) < maxEffectPeriods {
		e.found.Periods = append(e.found.Periods, effect)
	}
	return nil
}

// report counts a report that was sent and is owed no longer.
func (e *effecting) report(key entry.ReportKey) error {
	r, known, err := e.g.tx.Report(key)
	if err != nil || !known {
		return err
	}
	if _, sent := r.Newest(); !sent {
		return nil
	}
	e.found.ReportCount++
	if len(e.found.Reports) < largestPage {
		e.found.Reports = append(e.found.Reports, key)
	}
	return nil
}

// definitions finds the forms and indicators that name units which end.
func (e *effecting) definitions() {
	forms := e.g.tx.Forms()
	for _, code := range forms.Codes() {
		f, _ := forms.Latest(code)
		e.selectors(f.Assigned, string(f.Code), FormAssignment, FormException)
		e.named(f.Owner, string(f.Code), FormOwner)
		e.named(f.Reviewer, string(f.Code), FormReviewer)
	}
	indicators := e.g.tx.Indicators()
	for _, code := range indicators.Codes() {
		i, _ := indicators.Latest(code)
		e.indicator(i)
	}
}

func (e *effecting) indicator(i indicator.Indicator) {
	e.selectors(i.Assigned, string(i.Code), IndicatorAssignment, IndicatorException)
}

func (e *effecting) selectors(list []hierarchy.Selector, code string, assigned, except DefinitionPlace) {
	for _, s := range list {
		id := s.Unit
		if id == "" {
			id = s.Under
		}
		if _, to := s.Span(); id == "" || to <= e.ended[id].Unit.ValidTo {
			continue // it names no unit, or ends with or before the unit
		}
		place := assigned
		if s.Except {
			place = except
		}
		e.named(id, code, place)
	}
}

func (e *effecting) named(id hierarchy.ID, code string, place DefinitionPlace) {
	if end, ends := e.ended[id]; ends {
		e.found.Definitions = append(e.found.Definitions, DefinitionEffect{Place: place, Code: code, Ended: end})
	}
}

// tokens finds the tokens that are bound to units which end.
func (e *effecting) tokens() error {
	after := ""
	for {
		page, err := e.g.tx.Tokens(after, largestPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, k := range page {
			end, ends := e.ended[k.Unit]
			if !ends || !k.ActiveAt(e.g.now) {
				continue
			}
			e.found.TokenCount++
			if len(e.found.Tokens) < largestPage {
				effect := TokenEffect{Token: k.ID, Role: k.Role, Ended: end}
				if heir, ok := k.Became(e.next, end.Unit.ValidTo); ok {
					effect.Reads, _ = e.next.Unit(heir) // it came from there
				}
				e.found.Tokens = append(e.found.Tokens, effect)
			}
		}
		after = page[len(page)-1].ID
	}
}
