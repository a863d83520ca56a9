package hierarchy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

// Plan is a reorganisation of one day in the words of whoever asks for it: it names units by id or by code, and says that
// a unit moves where the tree needs it closed and a successor made. Codes are understood as they were on the day before
// where a unit is closed, renamed, moved or gives, and as they are after the change where it gets or stands above (R1).
type Plan struct {
	// Date is the first day of the new state.
	Date period.Day
	// Create are units that begin; only their code, kind, names and parent count.
	Create []Unit
	// Close are units that end, without a successor unless a link says so.
	Close []string
	// Rename gives units another name from the day on.
	Rename []Rename
	// Move gives units a successor, and with them everything below that the plan does not close or move itself.
	Move []Move
	// Links are added, Withdraw are taken away; both are of the day.
	Links, Withdraw []PlannedLink
}

// Rename is a new name of a unit. An empty one stays as it is.
type Rename struct {
	Unit           string
	NameVI, NameEN string
}

// Move closes a unit and makes a successor of all of it.
type Move struct {
	Unit string
	// Parent is the unit above the successor, empty for a root; nil for the one above the unit, or its successor.
	Parent *string
	// Code, Kind and the names are those of the successor; an empty one is the unit's.
	Code           Code
	Kind           Kind
	NameVI, NameEN string
}

// PlannedLink is a link of the plan's day.
type PlannedLink struct {
	From, To string
	Share    Share
}

// Drafted is a reorganisation and where in the plan each part of it comes from, such as move[0] or links[2].
type Drafted struct {
	Reorganisation
	UnitsFrom, LinksFrom, WithdrawnFrom []string
}

// Draft makes the reorganisation that a plan asks for, without asking the tree whether it takes it: that is for
// [Tree.Reorganised]. It refuses with every name that means no unit or several, each under its field of the plan, and a
// unit that the plan closes, renames or moves twice.
func (t *Tree) Draft(p Plan) (Drafted, error) {
	d := drafting{tree: t, plan: &p, used: map[ID]string{}, successor: map[ID]Unit{}}
	if p.Date.IsOpen() || p.Date < firstDay || p.Date > lastDay {
		return Drafted{}, fault.Invalid("REORGANISATION_DATE_MISSING",
			"a reorganisation needs the first day of the new state, such as 2025-07-01").In("date")
	}
	for i, ref := range p.Close {
		field := fmt.Sprintf("close[%d]", i)
		if u, ok := d.old(ref, field); ok {
			u.ValidTo = p.Date
			d.put(u, field)
		}
	}
	for i, r := range p.Rename {
		field := fmt.Sprintf("rename[%d]", i)
		if u, ok := d.old(r.Unit, field+".unit"); ok {
			now := u.On(p.Date)
			d.put(u.Renamed(p.Date, orElse(r.NameVI, now.NameVI), orElse(r.NameEN, now.NameEN)), field)
		}
	}
	d.move()
	for i, u := range p.Create {
		u.ValidFrom, u.ValidTo, u.Earlier = p.Date, period.Forever, nil
		u.ID = NewID(u.Code, p.Date)
		d.put(u, fmt.Sprintf("create[%d]", i))
	}
	d.place()
	for i, l := range p.Links {
		if link, ok := d.link(l, fmt.Sprintf("links[%d]", i)); ok {
			d.made.Links = append(d.made.Links, link)
			d.made.LinksFrom = append(d.made.LinksFrom, fmt.Sprintf("links[%d]", i))
		}
	}
	for i, l := range p.Withdraw {
		if link, ok := d.link(l, fmt.Sprintf("withdraw[%d]", i)); ok {
			d.made.Withdrawn = append(d.made.Withdrawn, link)
			d.made.WithdrawnFrom = append(d.made.WithdrawnFrom, fmt.Sprintf("withdraw[%d]", i))
		}
	}
	return d.made, d.problems.Err()
}

// drafting is one call of Draft at work.
type drafting struct {
	tree *Tree
	plan *Plan
	made Drafted
	// used says where in the plan each known unit is closed, renamed or moved.
	used map[ID]string
	// byCode has the units of the draft, made when it is first asked.
	byCode map[Code][]Unit
	// successor has what takes the place of each unit that moves; parents are the references that are still to be
	// resolved, by the place of the unit.
	successor map[ID]Unit
	problems  fault.List
}

func (d *drafting) put(u Unit, field string) {
	d.made.Units = append(d.made.Units, u)
	d.made.UnitsFrom = append(d.made.UnitsFrom, field)
}

// old finds a unit of the day before, which the plan must not name twice.
func (d *drafting) old(ref, field string) (Unit, bool) {
	u, err := d.tree.Resolve(ref, d.plan.Date-1)
	if err != nil {
		d.problems.Add(fault.Of(err).In(field))
		return Unit{}, false
	}
	if earlier, twice := d.used[u.ID]; twice {
		d.problems.Add(fault.Invalid("REORGANISATION_NAMES_TWICE", "unit %s is closed, renamed or moved in this change already, at %s; say once what becomes of it", u, earlier).
			With("unit", u.ID).With("first", earlier).In(field))
		return Unit{}, false
	}
	d.used[u.ID] = field
	return u, true
}

// move makes the successors of what moves, and of everything below it.
func (d *drafting) move() {
	var tops []Unit
	var fields []string
	for i, m := range d.plan.Move {
		field := fmt.Sprintf("move[%d]", i)
		u, ok := d.old(m.Unit, field+".unit")
		if ok && u.ValidTo == d.plan.Date {
			d.problems.Add(d.endsThatDay(u).In(field + ".unit"))
			u, ok = Unit{}, false
		}
		tops, fields = append(tops, u), append(fields, field)
		if !ok {
			continue
		}
		now := u.On(d.plan.Date)
		next := Unit{
			Code: orElse(m.Code, u.Code), Kind: orElse(m.Kind, u.Kind), Parent: u.Parent,
			NameVI: orElse(m.NameVI, now.NameVI), NameEN: orElse(m.NameEN, now.NameEN),
		}
		if m.Parent != nil {
			next.Parent = ID(*m.Parent)
		}
		d.succeed(u, next, field)
	}
	for i, top := range tops {
		if top.ID != "" {
			d.below(top.ID, fields[i])
		}
	}
}

// endsThatDay refuses to move what ends on the day anyhow, as after another move: what it became has no day before.
func (d *drafting) endsThatDay(u Unit) *fault.Error {
	var became []string
	for _, l := range d.tree.lineage.next[u.ID] {
		if l.Date == d.plan.Date {
			became = append(became, string(l.To))
		}
	}
	e := fault.Invalid("UNIT_ENDS_THAT_DAY", "unit %s ends on %s already%s; a unit moves once a day: move what it became on a later day", u, d.plan.Date, goneOver(became)).
		With("unit", u.ID).With("date", d.plan.Date)
	if len(became) > 0 {
		e = e.With("became", strings.Join(became, ", "))
	}
	return e
}

func goneOver(became []string) string {
	if len(became) == 0 {
		return ""
	}
	return " and goes over into " + strings.Join(became, ", ")
}

// succeed closes a unit and puts another in its place.
func (d *drafting) succeed(u, next Unit, field string) {
	next.ValidFrom, next.ValidTo = d.plan.Date, u.ValidTo
	next.ID = NewID(next.Code, next.ValidFrom)
	for _, n := range u.Earlier {
		if n.Until > d.plan.Date { // a name that is to change later
			next.Earlier = append(next.Earlier, n)
		}
	}
	if len(next.Earlier) > 0 {
		next.Earlier[0].VI, next.Earlier[0].EN, next.NameVI, next.NameEN = next.NameVI, next.NameEN, u.NameVI, u.NameEN
	}
	u.Earlier = slices.DeleteFunc(slices.Clone(u.Earlier), func(n Name) bool { return n.Until >= d.plan.Date })
	was := d.tree.units[d.tree.byID[u.ID]].On(d.plan.Date - 1)
	u.NameVI, u.NameEN, u.ValidTo = was.NameVI, was.NameEN, d.plan.Date
	d.successor[u.ID] = next
	d.put(u, field)
	d.put(next, field)
	d.made.Links = append(d.made.Links, Link{Date: d.plan.Date, From: u.ID, To: next.ID, Share: Whole})
	d.made.LinksFrom = append(d.made.LinksFrom, field)
}

// below moves what stands under a unit that moves, unless the plan says otherwise of it.
func (d *drafting) below(top ID, field string) {
	for _, id := range d.tree.Children(top, d.plan.Date-1) {
		u := d.tree.units[d.tree.byID[id]]
		if !u.ValidOn(d.plan.Date) {
			continue
		}
		if _, other := d.used[id]; other {
			continue // closed, or moved by itself; one that is renamed is refused by the tree
		}
		d.used[id] = field
		now := u.On(d.plan.Date)
		d.succeed(u, Unit{Code: u.Code, Kind: u.Kind, Parent: u.Parent, NameVI: now.NameVI, NameEN: now.NameEN}, field)
		d.below(id, field)
	}
}

// place finds the parents of what begins.
func (d *drafting) place() {
	for i := range d.made.Units {
		u := &d.made.Units[i]
		if u.ValidFrom != d.plan.Date || u.Parent == "" {
			continue
		}
		if next, moved := d.successor[u.Parent]; moved {
			u.Parent = next.ID
			continue
		}
		if parent, ok := d.new(string(u.Parent), d.made.UnitsFrom[i]+".parent"); ok {
			u.Parent = parent
		}
	}
}

// new finds a unit as it is after the change.
func (d *drafting) new(ref, field string) (ID, bool) {
	if ID(ref).wellFormed() {
		if next, moved := d.successor[ID(ref)]; moved {
			return next.ID, true
		}
		return ID(ref), true // whether there is such a unit the tree says
	}
	parent, err := d.tree.bindCode(Code(ref), d.plan.Date, d.withCode(Code(ref)))
	if err != nil {
		d.problems.Add(fault.Of(err).In(field))
		return "", false
	}
	return parent, true
}

// withCode gives the units of the draft with that code. It is asked when all of them are there.
func (d *drafting) withCode(code Code) []Unit {
	if d.byCode == nil {
		d.byCode = make(map[Code][]Unit, len(d.made.Units))
		for _, u := range d.made.Units {
			d.byCode[u.Code] = append(d.byCode[u.Code], u)
		}
	}
	return d.byCode[code]
}

func (d *drafting) link(l PlannedLink, field string) (Link, bool) {
	from, err := d.tree.Resolve(l.From, d.plan.Date-1)
	if err != nil {
		d.problems.Add(fault.Of(err).In(field + ".from"))
	}
	to, ok := d.new(l.To, field+".to")
	return Link{Date: d.plan.Date, From: from.ID, To: to, Share: l.Share}, ok && err == nil
}

func orElse[T ~string](given, otherwise T) T {
	if given == "" {
		return otherwise
	}
	return given
}

// BindLinks gives the links with every unit that is a bare code replaced by the id of the unit that has it: for From on
// the day before the link's date, for To on the date (R1), among the given units and the tree. What cannot be bound is
// refused, each under links[i].from or links[i].to. It is the step between lineage.csv and Reorganised.
func (t *Tree) BindLinks(units []Unit, links []Link) ([]Link, error) {
	var problems fault.List
	given := make(map[Code][]Unit, len(units))
	for _, u := range units {
		given[u.Code] = append(given[u.Code], u)
	}
	bound := slices.Clone(links)
	for i, l := range links {
		for _, end := range []struct {
			field string
			id    *ID
			day   period.Day
		}{{"from", &bound[i].From, l.Date - 1}, {"to", &bound[i].To, l.Date}} {
			if end.id.wellFormed() {
				continue
			}
			id, err := t.bindCode(Code(*end.id), end.day, given[Code(*end.id)])
			if err != nil {
				problems.Add(fault.Of(err).In(end.field).In(fmt.Sprintf("links[%d]", i)))
				continue
			}
			*end.id = id
		}
	}
	return bound, problems.Err()
}
