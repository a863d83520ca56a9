package reporting

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/task"
)

// DutyState is how a unit stands with a step of a duty.
type DutyState struct {
	Duty     task.Code
	Part     task.Step
	Unit     hierarchy.Unit
	Standing task.Standing
	LateDays int
	// Entered is what the unit entered last; nil if it entered nothing.
	Entered *task.Record
	Written aggregator.Written
	// Revision counts what was entered, from 1; 0 is nothing.
	Revision int
	Etag     string
	// asked is the day on which it is judged.
	asked period.Day
}

// dutyState tells how a unit stands, and whether it ever entered anything.
func (g granted) dutyState(part task.Step, d task.Duty, u hierarchy.Unit, asked period.Day) (DutyState, bool, error) {
	s := DutyState{Duty: d.Code, Part: part, Unit: u, asked: asked}
	v, known, err := g.tx.DutyRecord(d.Code, part.Code, u.ID)
	if err != nil {
		return s, false, err
	}
	if known {
		s.Entered, s.Etag = &v.Thing, strconv.FormatUint(v.Sequence, 10)
		for _, sequence := range g.tx.DutyRecordHistory(&v.Thing) {
			if sequence <= v.Sequence {
				s.Revision++
			}
		}
		if s.Written, err = g.tx.Written(v.Sequence); err != nil {
			return s, false, err
		}
	}
	s.Standing, s.LateDays = part.Judge(s.Entered, asked)
	return s, known, nil
}

// sameEntered says whether what is entered is there already, whoever enters it.
func sameEntered(s DutyState, b boundEntry) bool {
	was := *s.Entered
	was.ActingFor, was.OnBehalf = b.ActingFor, b.OnBehalf
	return was == b.Record && s.Written.Text == b.Note && !s.Written.Removed
}

// after gives the state as it will be when the entry is accepted.
func (s DutyState) after(b boundEntry, principal string, at committer.Slot) DutyState {
	record := b.Record
	s.Entered, s.Revision, s.Etag = &record, s.Revision+1, strconv.FormatUint(at.Sequence, 10)
	s.Written = aggregator.Written{Principal: principal, Time: at.Time.UTC(), Text: b.Note}
	s.Standing, s.LateDays = s.Part.Judge(s.Entered, s.asked)
	return s
}

// DutyStateFilter narrows states.
type DutyStateFilter struct {
	Duty, Step  string
	Inspections bool
	// Unit is one alone, Below those at or below one.
	Unit, Below string
	// Standing is 0 for all.
	Standing task.Standing
	AsOf     string
	Page     Page
	At       At
}

// DutyStatePage is one page of states.
type DutyStatePage struct {
	States []DutyState
	AsOf   period.Day
	Next   string
	Stamp  Stamp
}

// ListDutyStates lists who owes what and how it stands.
func (s *Service) ListDutyStates(ctx context.Context, caller auth.Caller, f DutyStateFilter) (DutyStatePage, error) {
	size, err := f.Page.size(defaultPage, largestPage)
	if err != nil {
		return DutyStatePage{}, err
	}
	var page DutyStatePage
	err = s.readAt(ctx, caller, f.At, 0, func(tx *aggregator.Tx, who granted) error {
		page = DutyStatePage{Stamp: stampOf(tx)}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		asked, err := who.judgedOn(f.AsOf)
		if err != nil {
			return err
		}
		page.AsOf = asked
		at, err := f.Page.open(tx, filterHash("duty states", f.Duty, f.Step, strconv.FormatBool(f.Inspections), f.Unit, f.Below, strconv.Itoa(int(f.Standing)), f.AsOf, f.At.String()))
		if err != nil {
			return err
		}
		list := stateList{granted: who, f: f, asked: asked, from: at.key, size: size, page: &page}
		err = list.run()
		if list.last != "" {
			at.key = list.last
			page.Next = at.token()
		}
		return err
	})
	return page, err
}

// judgedOn reads the day on which duties are judged; without one it is the day of the state that answers.
func (g granted) judgedOn(asOf string) (period.Day, error) {
	if asOf == "" {
		return period.DayOf(g.instant()), nil
	}
	day, err := period.ParseDay(asOf)
	if err != nil {
		return day, fault.Of(err).In("as_of")
	}
	return day, nil
}

// stateList is one ListDutyStates at work.
type stateList struct {
	granted
	f     DutyStateFilter
	asked period.Day
	// from is the key behind which the page begins, last the one at which it ended; empty if it is the last page.
	from, last string
	size       int
	page       *DutyStatePage
}

// stateKey orders states: duty, the place of the step in three digits, unit.
func stateKey(d task.Code, place int, u hierarchy.ID) string {
	n := strconv.Itoa(place)
	return string(d.Fold()) + "/" + strings.Repeat("0", 3-len(n)) + n + "/" + string(u)
}

func (l *stateList) run() error {
	var duties []task.Duty
	if l.f.Duty != "" {
		v, err := l.duty("duty", l.f.Duty)
		if err != nil {
			return err
		}
		duties = []task.Duty{v.Thing}
		if l.f.Step != "" {
			if _, err := partOf(&v.Thing, "step", task.Code(l.f.Step)); err != nil {
				return err
			}
		}
	} else {
		from, _, _ := strings.Cut(l.from, "/")
		if err := l.tx.Duties(task.Code(from), func(v aggregator.Versioned[task.Duty]) bool {
			if !v.Thing.Withdrawn && (!l.f.Inspections || v.Thing.Inspection()) {
				duties = append(duties, v.Thing)
			}
			return true
		}); err != nil {
			return err
		}
	}
	for i := range duties {
		for place, part := range duties[i].Parts() {
			if l.f.Step != "" && !part.Code.Same(task.Code(l.f.Step)) {
				continue
			}
			if err := l.part(&duties[i], place, part); err != nil || l.last != "" {
				return err
			}
		}
	}
	return nil
}

// part lists the units of one step.
func (l *stateList) part(d *task.Duty, place int, part task.Step) error {
	units, err := l.owing(d, part, l.f.Unit, l.f.Below, l.asked)
	if err != nil {
		return err
	}
	for _, u := range units {
		key := stateKey(d.Code, place, u.ID)
		if key <= l.from {
			continue
		}
		s, _, err := l.dutyState(part, *d, u, l.asked)
		if err != nil {
			return err
		}
		if l.f.Standing != 0 && s.Standing != l.f.Standing {
			continue
		}
		if len(l.page.States) == l.size {
			before := &l.page.States[l.size-1]
			l.last = stateKey(before.Duty, l.placeOf(before), before.Unit.ID)
			return nil
		}
		l.page.States = append(l.page.States, s)
	}
	return nil
}

// placeOf gives the place of a state's step in its duty.
func (l *stateList) placeOf(s *DutyState) int {
	v, _, err := l.tx.Duty(s.Duty)
	if err != nil {
		return 0
	}
	return max(0, slices.IndexFunc(v.Thing.Parts(), func(p task.Step) bool { return p.Code.Same(s.Part.Code) }))
}

// owing gives the units that owe a step and that the caller sees, in the order of ids, with their names of the day that decides.
func (g granted) owing(d *task.Duty, part task.Step, unit, below string, asked period.Day) ([]hierarchy.Unit, error) {
	on, tree := part.OwedOn(asked), g.tx.Tree()
	var units []hierarchy.Unit
	take := func(u hierarchy.Unit) bool {
		if d.Owes(part, tree, u, asked) && g.reads(u.ID, on) {
			units = append(units, u.On(on))
		}
		return true
	}
	switch {
	case unit != "":
		u, err := g.seen("unit", unit, on)
		if err != nil {
			return nil, err
		}
		take(u)
	case below != "":
		u, err := g.seen("below", below, on)
		if err != nil {
			return nil, err
		}
		tree.Subtree(u.ID, on, take)
	default:
		for _, root := range tree.Roots(on) {
			tree.Subtree(root, on, take)
		}
	}
	slices.SortFunc(units, func(a, b hierarchy.Unit) int { return cmp.Compare(a.ID, b.ID) })
	return units, nil
}

// DutyCountQuery asks for counts of a duty.
type DutyCountQuery struct {
	Duty, Below string
	// By is the kind of units by which it is counted; empty is the province.
	By   string
	AsOf string
	At   At
}

// DutyCountLine counts the units of one step below one unit.
type DutyCountLine struct {
	Part task.Step
	// Unit is the one by which it is counted; nil of a total, and of units below none.
	Unit *hierarchy.Unit
	task.Counts
}

// DutyCounts is what a duty comes to.
type DutyCounts struct {
	Lines, Totals []DutyCountLine
	AsOf          period.Day
	Stamp         Stamp
}

// CountDuty counts the units of a duty by the units of a kind above them.
func (s *Service) CountDuty(ctx context.Context, caller auth.Caller, q DutyCountQuery) (DutyCounts, error) {
	by := hierarchy.Kind("province")
	if q.By != "" {
		var err error
		if by, err = hierarchy.ParseKind(q.By); err != nil {
			return DutyCounts{}, fault.Of(err).In("by")
		}
	}
	var counts DutyCounts
	err := s.readAt(ctx, caller, q.At, 0, func(tx *aggregator.Tx, who granted) error {
		counts = DutyCounts{Stamp: stampOf(tx)}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		asked, err := who.judgedOn(q.AsOf)
		if err != nil {
			return err
		}
		counts.AsOf = asked
		v, err := who.duty("name", q.Duty)
		if err != nil {
			return err
		}
		for _, part := range v.Thing.Parts() {
			lines, total, err := who.countPart(&v.Thing, part, q.Below, by, asked)
			if err != nil {
				return err
			}
			counts.Lines, counts.Totals = append(counts.Lines, lines...), append(counts.Totals, total)
		}
		return nil
	})
	return counts, err
}

// countPart counts one step.
func (g granted) countPart(d *task.Duty, part task.Step, below string, by hierarchy.Kind, asked period.Day) ([]DutyCountLine, DutyCountLine, error) {
	total := DutyCountLine{Part: part}
	units, err := g.owing(d, part, "", below, asked)
	if err != nil {
		return nil, total, err
	}
	records, err := g.recordsOf(d.Code, part.Code)
	if err != nil {
		return nil, total, err
	}
	on, tree := part.OwedOn(asked), g.tx.Tree()
	of := map[hierarchy.ID]*DutyCountLine{}
	for _, u := range units {
		standing, _ := part.Judge(records[u.ID], asked)
		total.Add(standing)
		var top hierarchy.ID
		for _, id := range tree.Path(u.ID, on) {
			if above, _ := tree.Unit(id); above.Kind == by {
				top = id
				break
			}
		}
		if of[top] == nil {
			of[top] = &DutyCountLine{Part: part}
			if above, known := tree.Unit(top); known {
				above = above.On(on)
				of[top].Unit = &above
			}
		}
		of[top].Add(standing)
	}
	lines := make([]DutyCountLine, 0, len(of))
	for _, l := range of {
		lines = append(lines, *l)
	}
	slices.SortFunc(lines, func(a, b DutyCountLine) int {
		if a.Unit == nil || b.Unit == nil {
			return cmp.Compare(flagged(a.Unit == nil), flagged(b.Unit == nil)) // who is below none comes last
		}
		return cmp.Or(cmp.Compare(a.Unit.Code, b.Unit.Code), cmp.Compare(a.Unit.ID, b.Unit.ID))
	})
	return lines, total, nil
}

func flagged(b bool) int {
	if b {
		return 1
	}
	return 0
}

// recordsOf gives what units entered last of a step.
func (g granted) recordsOf(code, step task.Code) (map[hierarchy.ID]*task.Record, error) {
	records := map[hierarchy.ID]*task.Record{}
	err := g.tx.DutyRecords(code, step, func(v aggregator.Versioned[task.Record]) bool {
		r := v.Thing
		records[r.Unit] = &r
		return true
	})
	return records, err
}
