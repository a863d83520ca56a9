package reporting

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/obligation"
	"github.com/tonghop/tonghop/server/period"
)

// Obligation is a report that a unit owes, as it stands at an instant.
type Obligation struct {
	// Unit owes it; Parent is the one above, zero for none.
	Unit, Parent hierarchy.Unit
	Form         form.Code
	Period       period.Period
	State        obligation.State
	Standing     obligation.Standing
	// DraftOpen and Open are the instants from which a draft may be saved and a report be sent.
	DraftOpen, Open time.Time
	// DueDay is the day by whose end it is due; HasDue is false where there is none.
	DueDay period.Day
	HasDue bool
	// DaysLate counts from the due day to when the first was sent, or to now.
	DaysLate int
	// Revision is the newest that was sent, Approved the one in force, Draft the one that is worked on; 0 for none.
	Revision, Approved, Draft int
	// Acting acts in place of a unit that has ended (R3); empty for the unit itself, and where there is none.
	Acting hierarchy.ID
}

// ObligationFilter narrows what is owed.
type ObligationFilter struct {
	// Unit is a reference; empty for the caller's own unit, or with a token that is bound to none for every unit.
	Unit string
	// Below takes in the units below it.
	Below         bool
	Form, Periods string
	// Kind is that of the units; empty for all.
	Kind   string
	States []obligation.State
	Page   Page
	At     At
}

// ObligationPage is one page of what is owed.
type ObligationPage struct {
	Obligations []Obligation
	// Now is the instant by which states are told.
	Now   time.Time
	Next  string
	Stamp Stamp
}

// ListObligations lists what is owed by form, base period and unit code.
func (s *Service) ListObligations(ctx context.Context, caller auth.Caller, f ObligationFilter) (ObligationPage, error) {
	return s.listOwed(ctx, caller, "obligations", f, (*owedList).byPeriod)
}

// ListOverdue lists who is late by form, place in the tree and base period: the order of a telephone list.
func (s *Service) ListOverdue(ctx context.Context, caller auth.Caller, f ObligationFilter) (ObligationPage, error) {
	f.Below, f.States = true, []obligation.State{obligation.Overdue}
	return s.listOwed(ctx, caller, "overdue", f, (*owedList).byUnit)
}

func (s *Service) listOwed(
	ctx context.Context, caller auth.Caller, name string, f ObligationFilter, run func(*owedList, form.Code, []period.Period) error,
) (ObligationPage, error) {
	size, err := f.Page.size(defaultPage, largestPage)
	if err != nil {
		return ObligationPage{}, err
	}
	kind, err := kindOf(f.Kind)
	if err != nil {
		return ObligationPage{}, err
	}
	asked, err := owedPeriods(f.Periods)
	if err != nil {
		return ObligationPage{}, err
	}
	f.States = slices.Compact(slices.Sorted(slices.Values(f.States)))
	var page ObligationPage
	err = s.readAt(ctx, caller, f.At, 0, func(tx *aggregator.Tx, who granted) error {
		page = ObligationPage{Stamp: stampOf(tx), Now: momentOf(tx, f.At, who.now)}
		from, err := f.Page.open(tx, f.hash(name))
		if err != nil {
			return err
		}
		l := owedList{filter: f, kind: kind, size: size, page: &page, from: from}
		if l.reach, err = s.reach(who, "parent", f.Unit, f.Below, page.Now); err != nil {
			return err
		}
		l.byCode, l.byPlace = s.inCodeOrder(tx), s.inPlaceOrder
		return l.run(asked, run)
	})
	return page, err
}

func kindOf(text string) (hierarchy.Kind, error) {
	if text == "" {
		return "", nil
	}
	kind, err := hierarchy.ParseKind(text)
	return kind, inField(err, "kind")
}

func (f ObligationFilter) hash(name string) [8]byte {
	parts := []string{name, f.Unit, strconv.FormatBool(f.Below), f.Form, f.Periods, f.Kind, f.At.String()}
	for _, state := range f.States {
		parts = append(parts, state.String())
	}
	return filterHash(parts...)
}

// momentOf is the instant by which states are told: the one that was asked for, that of the entry, or now.
func momentOf(tx *aggregator.Tx, at At, now time.Time) time.Time {
	if !at.Time.IsZero() {
		return at.Time
	}
	if _, then, past := tx.Moment(); past {
		return then
	}
	return now
}

// owedList is one listing under way.
type owedList struct {
	filter  ObligationFilter
	kind    hierarchy.Kind
	size    int
	page    *ObligationPage
	from    cursor
	reach   *reach
	byCode  []int32
	byPlace func(*aggregator.Tx) placeOrder
}

// run lists form after form.
func (l *owedList) run(asked []period.Period, list func(*owedList, form.Code, []period.Period) error) error {
	codes, err := l.reach.who.formsAsked(l.filter.Form, l.reach.today)
	if err != nil {
		return err
	}
	begun, _, _ := strings.Cut(l.from.key, "/")
	for _, code := range codes {
		if l.page.Next != "" || string(code.Fold()) < begun {
			continue
		}
		if string(code.Fold()) != begun {
			l.from.key = string(code.Fold()) + "/"
		}
		latest, _ := l.reach.who.tx.Forms().Latest(code) // it came from there
		bases, err := basesOf(latest, asked, l.reach.today, l.filter.Periods)
		if err != nil {
			return err
		}
		if err := list(l, code, bases); err != nil {
			return err
		}
	}
	return nil
}

// spot gives the two parts of the key behind the form after which a list goes on.
func (l *owedList) spot() (first, second string) {
	_, rest, _ := strings.Cut(l.from.key, "/")
	first, second, _ = strings.Cut(rest, "/")
	return first, second
}

// byPeriod lists a form by base period, then unit code.
func (l *owedList) byPeriod(code form.Code, bases []period.Period) error {
	begun, after := l.spot()
	for _, p := range bases {
		switch {
		case l.page.Next != "" || begun != "" && p.String() < begun:
			continue
		case p.String() != begun:
			after = ""
		}
		d, err := l.reach.duty(code, p)
		if err != nil {
			return err
		}
		for _, o := range l.byCode {
			if !d.owed.Owes(int(o)) {
				continue
			}
			key := unitKey(l.reach.tree.At(int(o)))
			if key <= after {
				continue
			}
			if full, err := l.add(d, int(o)); err != nil || full {
				return err
			}
			l.from.key = string(code.Fold()) + "/" + p.String() + "/" + key
		}
	}
	return nil
}

// byUnit lists a form by the places of units in the tree, then base period.
func (l *owedList) byUnit(code form.Code, bases []period.Period) error {
	duties := make([]*duty, len(bases))
	for i, p := range bases {
		var err error
		if duties[i], err = l.reach.duty(code, p); err != nil {
			return err
		}
	}
	order := l.byPlace(l.reach.who.tx)
	begun, after := l.spot()
	start := 0
	if o, ok := l.reach.tree.Ordinal(hierarchy.ID(begun)); ok {
		start = int(order.rank[o])
	}
	for _, o := range order.ordinals[start:] {
		for i, d := range duties {
			if !d.owed.Owes(int(o)) {
				continue
			}
			id := string(l.reach.tree.At(int(o)).ID)
			if id == begun && bases[i].String() <= after {
				continue
			}
			if full, err := l.add(d, int(o)); err != nil || full {
				return err
			}
			l.from.key = string(code.Fold()) + "/" + id + "/" + bases[i].String()
		}
	}
	return nil
}

// add takes an obligation into the page if it is asked for; it says when the page is full, and then how to go on.
func (l *owedList) add(d *duty, unit int) (full bool, err error) {
	if !l.reach.has(unit, d) || l.kind != "" && l.reach.tree.At(unit).Kind != l.kind {
		return false, nil
	}
	standing, state, err := d.state(unit)
	if aggregator.IsSpent(err) {
		l.page.Next = l.from.token()
		return true, nil
	}
	if err != nil || len(l.filter.States) > 0 && !slices.Contains(l.filter.States, state) {
		return false, err
	}
	if len(l.page.Obligations) == l.size {
		l.page.Next = l.from.token()
		return true, nil
	}
	shown, err := d.show(unit, standing, state)
	l.page.Obligations = append(l.page.Obligations, shown)
	return false, err
}

// show tells all about one obligation.
func (d *duty) show(unit int, standing obligation.Standing, state obligation.State) (Obligation, error) {
	r := d.reach
	u := r.tree.At(unit)
	w := d.window(u.Kind)
	o := Obligation{
		Unit: u, Form: d.code, Period: d.base, State: state, Standing: standing, Open: w.Open, DueDay: w.due, HasDue: w.has,
		DraftOpen: period.DraftFrom(d.calendar, d.base),
	}
	o.Parent, _ = r.tree.Unit(u.Parent)
	if u.ValidTo <= r.today {
		o.Acting, _ = r.tree.Acting(u.ID, r.today)
	}
	first := r.now
	if standing != 0 {
		report, _, err := r.who.tx.Report(entry.ReportKey{Unit: u.ID, Form: d.code, Period: d.base})
		if err != nil {
			return o, err
		}
		if at, ok := o.revisions(&report); ok {
			first = at
		}
	}
	if w.has && (state == obligation.Overdue || standing.Has(obligation.Late)) {
		o.DaysLate = obligation.DaysLate(w.due, first)
	}
	return o, nil
}

// revisions takes the numbers of a report, and gives when the first revision was sent; false if none was.
func (o *Obligation) revisions(r *aggregator.Report) (sent time.Time, ok bool) {
	o.Approved = r.Official
	if newest, sent := r.Newest(); sent {
		o.Revision = newest.Number
	}
	if draft, drafted := r.Draft(); drafted && o.Standing&obligation.Drafted != 0 {
		o.Draft = draft.Number
	}
	for i := range r.Revisions {
		if r.Revisions[i].State != aggregator.Draft {
			return r.Revisions[i].Time, true
		}
	}
	return time.Time{}, false
}

// ReportName is the resource name of the report that is owed.
func (o *Obligation) ReportName() string {
	return ReportName(entry.ReportKey{Unit: o.Unit.ID, Form: o.Form, Period: o.Period})
}
