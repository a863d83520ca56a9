package reporting

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/obligation"
	"github.com/tonghop/tonghop/server/period"
)

// reach is the units whose obligations are asked for, at one instant.
type reach struct {
	who   granted
	tree  *hierarchy.Tree
	now   time.Time
	today period.Day
	// top is the unit that was asked for; -1 for every unit. With below the units below it belong to it.
	top   int
	topID hierarchy.ID
	below bool
	// acting gives for each unit that has ended who acts for it today; -1 for nobody.
	acting []int32
	// everywhere says that the caller reads all units.
	everywhere bool
	// member and readable hold what was found out of each unit.
	member, readable []finding
}

// finding is what was found out; the zero value: nothing yet.
type finding uint8

const (
	no finding = iota + 1
	yes
)

func found(is bool) finding {
	if is {
		return yes
	}
	return no
}

// reach finds what a reference means. Without one it is the caller's own unit, or every unit for a token bound to none.
func (s *Service) reach(who granted, field, ref string, below bool, now time.Time) (*reach, error) {
	tree := who.tx.Tree()
	r := &reach{
		who: who, tree: tree, now: now, today: period.DayOf(now), top: -1, below: below, everywhere: who.readsEverywhere(),
		member: make([]finding, tree.Len()), readable: make([]finding, tree.Len()),
	}
	if ref == "" {
		ref = string(who.Token.Unit)
	}
	if ref == "" {
		return r, who.need(auth.Read)
	}
	u, err := who.seen(field, ref, r.today)
	if err != nil {
		return nil, err
	}
	r.top, _ = tree.Ordinal(u.ID) // it came from there
	r.topID = u.ID
	r.acting = s.actingOn(who.tx, r.today)
	return r, nil
}

// has says whether an obligation of the unit is part of the answer.
func (r *reach) has(unit int, d *duty) bool {
	if r.member[unit] == 0 {
		r.member[unit] = found(r.top < 0 || r.belongs(unit))
	}
	return r.member[unit] == yes && (d.reviews || r.reads(unit, d.last))
}

// belongs says whether a unit is the one that was asked for, has ended and has that one act in its place (R3), or, with
// below, stands below it or went over into what does.
func (r *reach) belongs(unit int) bool {
	u := r.tree.At(unit)
	ended := u.ValidTo <= r.today
	switch {
	case unit == r.top || ended && int(r.acting[unit]) == r.top:
		return true
	case !r.below:
		return false
	}
	return r.under(unit) || ended && r.tree.Leads(u.ID, r.topID, r.today)
}

// under says whether the unit stands below the one that was asked for: it keeps its place for all its days.
func (r *reach) under(unit int) bool {
	for up, ok := unit, true; ok; up, ok = r.tree.Up(up, r.tree.At(up).ValidFrom) {
		if up == r.top {
			return true
		}
	}
	return false
}

// reads says whether the caller may read the unit.
func (r *reach) reads(unit int, on period.Day) bool {
	if r.everywhere {
		return true
	}
	if r.readable[unit] == 0 {
		r.readable[unit] = found(r.who.reads(r.tree.At(unit).ID, on))
	}
	return r.readable[unit] == yes
}

// duty is a form for one base period: who owes it, and until when.
type duty struct {
	reach    *reach
	code     form.Code
	form     form.Form
	base     period.Period
	last     period.Day
	calendar period.Calendar
	owed     *aggregator.Obligations
	// reviews says that the caller reads the reports of all units, for he reviews the form.
	reviews bool
	windows map[hierarchy.Kind]*dueWindow
	// closings are those of the period that were ever made.
	closings []aggregator.Closing
}

// dueWindow is the window of one kind of unit, and how it looks now.
type dueWindow struct {
	obligation.Window
	due  period.Day
	has  bool
	view obligation.View
}

// duty gives who owes a form for a base period; nobody where it has no version on its last day.
func (r *reach) duty(code form.Code, base period.Period) (*duty, error) {
	owed, err := r.who.tx.Obligations(code, base)
	if err != nil {
		return nil, err
	}
	d := &duty{reach: r, code: code, base: base, last: owed.Last(), owed: owed, windows: map[hierarchy.Kind]*dueWindow{}}
	err = r.who.tx.ClosingsOf(code, base, func(c aggregator.Closing) (bool, error) {
		d.closings = append(d.closings, c)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	if f, ok := r.who.tx.Forms().On(code, d.last); ok {
		d.form, d.calendar = f, f.Calendar
		d.reviews = !r.everywhere && r.who.reviews(f, d.last)
	}
	return d, nil
}

// window gives the window of a kind of unit.
func (d *duty) window(kind hierarchy.Kind) *dueWindow {
	if known := d.windows[kind]; known != nil {
		return known
	}
	w := &dueWindow{}
	w.due, w.has = d.reach.who.tx.Definitions().Timetable().DueDay(d.code, string(kind), d.last)
	w.Window = obligation.WindowOf(d.calendar, d.base, w.due, w.has)
	w.view = w.At(d.reach.now)
	d.windows[kind] = w
	return w
}

// state says how the obligation of a unit stands; a draft is there for its own unit alone (R26).
func (d *duty) state(unit int) (obligation.Standing, obligation.State, error) {
	standing, err := d.owed.Of(unit)
	if err != nil {
		return 0, 0, err
	}
	u := d.reach.tree.At(unit)
	if standing.Has(obligation.Drafted) && !d.reach.who.ownDrafts(u.ID) {
		standing = standing.WithoutDraft()
	}
	state := d.window(u.Kind).view.State(standing)
	if d.closedFor(u.ID) {
		state = state.WhenClosed()
	}
	return standing, state, nil
}

// closedFor says whether the period is closed for a unit, so that nothing is taken of it (R27).
func (d *duty) closedFor(unit hierarchy.ID) bool {
	return slices.ContainsFunc(d.closings, func(c aggregator.Closing) bool {
		return !c.OpenFor(unit, d.reach.now) && d.reach.tree.Within(unit, c.Key.Owner, d.last)
	})
}

// reopenedFor says when the period was last opened again for a unit, if it is open.
func (d *duty) reopenedFor(unit hierarchy.ID) time.Time {
	var last time.Time
	for _, c := range d.closings {
		newest, closed := c.Newest()
		if !closed || !c.OpenFor(unit, d.reach.now) || !d.reach.tree.Within(unit, c.Key.Owner, d.last) {
			continue
		}
		for _, r := range newest.Reopenings {
			if d.reach.now.Before(r.Until) && (len(r.Units) == 0 || slices.Contains(r.Units, unit)) && r.Time.After(last) {
				last = r.Time
			}
		}
	}
	return last
}

// formsAsked gives the forms that are asked for and that the caller reads, in the order of their codes.
func (g granted) formsAsked(code string, today period.Day) ([]form.Code, error) {
	if code == "" {
		codes := slices.DeleteFunc(g.tx.Forms().Codes(), func(c form.Code) bool { return !g.readsForm(c) })
		slices.SortFunc(codes, func(a, b form.Code) int { return cmp.Compare(a.Fold(), b.Fold()) })
		return codes, nil
	}
	known, ok := g.tx.Forms().Latest(form.Code(code))
	switch {
	case !ok:
		return nil, unknownForm(g.tx.Definitions(), code, today).In("form")
	case !g.readsForm(known.Code):
		return nil, g.formNotGranted(code)
	}
	return []form.Code{known.Code}, nil
}

// owedPeriods reads the periods that are asked for; none if none is.
func owedPeriods(text string) ([]period.Period, error) {
	if text == "" {
		return nil, nil
	}
	return somePeriods(text)
}

// yearBack is how far back obligations are told if no periods are asked for.
const yearBack = 366

// basesOf gives the base periods of a form that end in one of the periods, or, if there are none, those that ended within
// a year and the one under way.
func basesOf(f form.Form, asked []period.Period, today period.Day, text string) ([]period.Period, error) {
	var bases []period.Period
	if len(asked) == 0 {
		year, month, _ := today.YMD()
		now := period.Of(year, f.Frequency, 1+(month-1)/f.Frequency.Months())
		for n := -1 - f.Frequency.PerYear(); n <= 1; n++ {
			if p := now.Shift(n); p.Valid() && f.Calendar.First(p) <= today && f.Calendar.Last(p) >= today-yearBack {
				bases = append(bases, p)
			}
		}
		return bases, nil
	}
	for _, p := range asked {
		for _, month := range p.Months() {
			if int(month.Index)%f.Frequency.Months() == 0 {
				bases = append(bases, period.Of(int(month.Year), f.Frequency, int(month.Index)/f.Frequency.Months()))
			}
		}
	}
	if len(bases) > maxFormPeriods {
		return nil, tooManyPeriods(text, len(bases), maxFormPeriods)
	}
	return bases, nil
}

// madeOf is something that is made of a tree, and perhaps a day.
type madeOf[T any] struct {
	tree *hierarchy.Tree
	day  period.Day
	made T
}

// perTree keeps something for the tree of now, and for the earlier one that was asked about last.
type perTree[T any] struct{ now, past atomic.Pointer[madeOf[T]] }

func (c *perTree[T]) get(tx *aggregator.Tx, day period.Day, build func(*hierarchy.Tree) T) T {
	tree, kept := tx.Tree(), &c.now
	if _, _, past := tx.Moment(); past {
		kept = &c.past
	}
	if known := kept.Load(); known != nil && known.tree == tree && known.day == day {
		return known.made
	}
	fresh := &madeOf[T]{tree: tree, day: day, made: build(tree)}
	kept.Store(fresh)
	return fresh.made
}

// actingOn gives for each unit that has ended by a day the unit that acts for it then; -1 for nobody.
func (s *Service) actingOn(tx *aggregator.Tx, day period.Day) []int32 {
	return s.acting.get(tx, day, func(tree *hierarchy.Tree) []int32 {
		acting := make([]int32, tree.Len())
		for o := range acting {
			acting[o] = -1
			u := tree.At(o)
			if u.ValidTo > day {
				continue
			}
			if id, ok := tree.Acting(u.ID, day); ok {
				by, _ := tree.Ordinal(id) // it came from there
				acting[o] = int32(by)     //nolint:gosec // see hierarchy
			}
		}
		return acting
	})
}

// placeOrder is the units of all days from the top of the tree down, those below one by their codes.
type placeOrder struct {
	ordinals []int32
	// rank is the place of each unit in it.
	rank []int32
}

// inPlaceOrder gives that order; roots come by their codes.
func (s *Service) inPlaceOrder(tx *aggregator.Tx) placeOrder {
	return s.places.get(tx, 0, func(tree *hierarchy.Tree) placeOrder {
		below := make([][]int32, tree.Len())
		var roots []int32
		for _, o := range s.inCodeOrder(tx) {
			if parent, ok := tree.Ordinal(tree.At(int(o)).Parent); ok {
				below[parent] = append(below[parent], o)
			} else {
				roots = append(roots, o)
			}
		}
		order := placeOrder{rank: make([]int32, tree.Len())}
		var walk func(list []int32)
		walk = func(list []int32) {
			for _, o := range list {
				order.rank[o] = int32(len(order.ordinals)) //nolint:gosec // fewer than units
				order.ordinals = append(order.ordinals, o)
				walk(below[o])
			}
		}
		walk(roots)
		return order
	})
}

// inField puts a failure into a field.
func inField(err error, field string) error {
	if err == nil {
		return nil
	}
	return fault.Of(err).In(field)
}
