//go:build unix

package workload

import (
	"fmt"
	"slices"
	"time"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// land is the communes that ever were and the links between them, after some of the changes of the tree that a shape plans.
// Everything counts in months, for a month has the tree of its last day.
type land struct {
	communes []communeUnit
	links    []communeLink
	reforms  []reform
}

// communeUnit is one commune: from is its first month, to the first one that is no longer its own. Its number is that in
// Report.
type communeUnit struct {
	number         int
	id, code, name string
	district       int
	from, to       int
}

// communeLink says that one commune, by its number, went over into another in a month, in part or as a whole.
type communeLink struct{ month, from, to int }

// reform is one planned change.
type reform struct {
	month   int
	request *reportingv1.ReorganiseUnitsRequest
}

// never is after all months.
const never = 1 << 20

// MostReforms is how many changes of the tree a shape can plan; it takes twelve communes for all of them.
const MostReforms = 7

// firstReform is the month of the first change; each has a month of its own.
const firstReform = 2

// land gives it after so many changes.
func (s Shape) land(reforms int) *land {
	l := &land{}
	for n := range s.Communes {
		code := fmt.Sprintf("C%04d", n)
		l.communes = append(l.communes, communeUnit{number: n, id: code + "-0", code: code, name: "Đơn vị " + code, district: n % s.Districts, from: -1, to: never})
	}
	for n := range min(reforms, s.Reforms, MostReforms) {
		l.change(n)
	}
	return l
}

// change makes the n-th change. Communes are merged, divided, moved, made, closed and renamed; one gives a part away and
// stays; and what the first change has merged is divided between two that stand.
func (l *land) change(n int) {
	m := firstReform + n
	day := time.Date(firstYear, time.Month(1+m), 1+n%2*14, 0, 0, 0, 0, time.UTC) // the first day of the month, or in its middle
	r := reform{month: m, request: &reportingv1.ReorganiseUnitsRequest{Date: day.Format(time.DateOnly), Note: fmt.Sprintf("Nghị quyết %d", n+1)}}
	district := func(c int) string { return districtID(l.communes[c].district) }
	ends := func(c int) int {
		l.communes[c].to = m
		r.request.Close = append(r.request.Close, l.communes[c].id)
		return c
	}
	begins := func(code string, like int) int {
		u := communeUnit{number: madeFrom + l.made(), id: code + day.Format("-20060102"), code: code, name: "Đơn vị " + code, district: l.communes[like].district, from: m, to: never}
		l.communes = append(l.communes, u)
		return len(l.communes) - 1
	}
	made := func(letter string, like int) int {
		c := begins(fmt.Sprintf("%s%04d", letter, n), like)
		r.request.Create = append(r.request.Create, &reportingv1.NewUnit{Code: l.communes[c].code, Kind: "commune", NameVi: l.communes[c].name, Parent: district(like)})
		return c
	}
	link := func(from, to int, share reportingv1.Share) {
		l.links = append(l.links, communeLink{month: m, from: from, to: to})
		r.request.Links = append(r.request.Links, &reportingv1.NewLink{From: l.communes[from].id, To: l.communes[to].id, Share: share})
	}
	const whole, part = reportingv1.Share_SHARE_WHOLE, reportingv1.Share_SHARE_PART
	switch n {
	case 0:
		to := made("N", 0)
		link(ends(0), to, whole)
		link(ends(1), to, whole)
	case 1:
		link(ends(2), made("N", 2), part)
		link(2, made("M", 3), part)
	case 2:
		link(4, 5, part)
	case 3:
		parent := district(7)
		r.request.Move = []*reportingv1.UnitMove{{Unit: l.communes[6].id, Parent: &parent}}
		l.communes[6].to = m
		l.links = append(l.links, communeLink{month: m, from: 6, to: begins(l.communes[6].code, 7)})
		l.communes[len(l.communes)-1].name = l.communes[6].name
	case 4:
		made("N", 8)
		l.communes[9].name = "Tên khác"
		r.request.Rename = []*reportingv1.UnitRename{{Unit: l.communes[9].id, NameVi: l.communes[9].name}}
	case 5:
		ends(10)
	default:
		from := ends(slices.IndexFunc(l.communes, func(u communeUnit) bool { return u.code == "N0000" }))
		link(from, 3, part)
		link(from, 11, part)
	}
	l.reforms = append(l.reforms, r)
}

// madeFrom is the number of the first commune that a change makes. Which one that is does not depend on how many there were.
const madeFrom = 1_000_000

func (l *land) made() int {
	n := 0
	for _, u := range l.communes {
		if u.number >= madeFrom {
			n++
		}
	}
	return n
}

// madeIDs are the ids of those that changes make.
var madeIDs = func() []string {
	var list []string
	for _, u := range (Shape{Districts: 1, Communes: 12, Reforms: MostReforms}).land(MostReforms).communes {
		if u.number >= madeFrom {
			list = append(list, u.id)
		}
	}
	return list
}()

func districtID(n int) string { return fmt.Sprintf("D%02d-0", n) }

// above gives a commune and what stands above it.
func (l *land) above(c int) []string {
	return []string{l.communes[c].id, districtID(l.communes[c].district), province}
}

// stands says whether a commune has the month on its last day.
func (l *land) stands(c, month int) bool {
	return l.communes[c].from <= month && month < l.communes[c].to
}

// crossing is a question about a span on the tree of a month (R2): links after the first month of the span, until that of
// the tree, join communes.
type crossing struct {
	*land
	first, tree int
}

// joined gives a commune and all that it is joined to.
func (x crossing) joined(c int) []int {
	set := []int{c}
	for n := 0; n < len(set); n++ {
		for _, k := range x.links {
			if k.month <= x.first || k.month > x.tree {
				continue
			}
			for _, pair := range [][2]int{{k.from, k.to}, {k.to, k.from}} {
				if pair[0] == set[n] && !slices.Contains(set, pair[1]) {
					set = append(set, pair[1])
				}
			}
		}
	}
	slices.Sort(set)
	return set
}

// next are the communes to which links lead from the end of another.
func (x crossing) next(c int) []int {
	var list []int
	for _, k := range x.links {
		if k.from == c && k.month == x.communes[c].to {
			list = append(list, k.to)
		}
	}
	return list
}

// newest says whether a commune has in the end what its body has.
func (x crossing) newest(c int) bool {
	return x.stands(c, x.tree) || x.communes[c].to <= x.tree && len(x.next(c)) == 0
}

// standing gives for each unit that stands in place of a commune what is above it, itself first.
func (x crossing) standing(c int) [][]string {
	if x.stands(c, x.tree) {
		return [][]string{x.above(c)}
	}
	next := x.next(c)
	if len(next) == 0 {
		return [][]string{x.above(c)[1:]} // districts stand always
	}
	var list [][]string
	for _, to := range next {
		list = append(list, x.standing(to)...)
	}
	return list
}

// place is the lowest unit that contains all that have in the end what the body of a commune has.
func (x crossing) place(c int) string {
	var shared []string
	some := false
	for _, member := range x.joined(c) {
		if x.communes[member].from > x.tree || !x.newest(member) {
			continue
		}
		for _, way := range x.standing(member) {
			if some {
				way = slices.DeleteFunc(slices.Clone(shared), func(up string) bool { return !slices.Contains(way, up) })
			}
			shared, some = way, true
		}
	}
	if len(shared) == 0 {
		return ""
	}
	return shared[0]
}

// holds says whether a unit is the place of a commune, or above it.
func (x crossing) holds(unit string, c int) bool {
	switch place := x.place(c); place {
	case "":
		return false
	case unit:
		return true
	default:
		at := slices.IndexFunc(x.communes, func(u communeUnit) bool { return u.id == place })
		return at >= 0 && slices.Contains(x.above(at), unit) || at < 0 && unit == province
	}
}

// touched says whether a change reaches the unit: of what belongs to it something is joined, or went elsewhere, or came.
func (x crossing) touched(unit string) bool {
	for c, u := range x.communes {
		if u.to <= x.first || u.from > x.tree {
			continue
		}
		below, held := slices.Contains(x.above(c), unit), x.holds(unit, c)
		if joined := len(x.joined(c)) > 1; joined && (below || held) || x.there(unit) && below != held {
			return true
		}
	}
	return false
}

// there says whether a unit stands on the day of the tree.
func (x crossing) there(unit string) bool {
	at := slices.IndexFunc(x.communes, func(u communeUnit) bool { return u.id == unit })
	return at < 0 || x.stands(at, x.tree)
}

// Body is the communes whose figures cannot be told apart, or one alone: their reports by the sides of the changes, the
// earlier first.
type Body [][]Report

// behind gives the bodies of which a roll-up is made; false if the unit cannot be told, because what it has a part of stands
// elsewhere.
func (l *land) behind(unit string, first, months, tree int) ([]Body, bool) {
	x := crossing{land: l, first: first, tree: max(first+months-1, tree)}
	var bodies []Body
	if !x.touched(unit) {
		for c := range x.communes {
			if slices.Contains(x.above(c), unit) {
				bodies = append(bodies, Body{x.owed([]int{c}, first, months)})
			}
		}
		return bodies, true
	}
	if !x.there(unit) {
		return nil, false
	}
	done := map[int]bool{}
	for c := range x.communes {
		members := x.joined(c)
		owed := x.owed(members, first, months)
		if len(members) > 1 && len(owed) > 0 && x.stands(c, x.tree) && slices.Contains(x.above(c), unit) && !x.holds(unit, c) {
			return nil, false
		}
		if done[members[0]] || !x.holds(unit, c) {
			continue
		}
		done[members[0]] = true
		bodies = append(bodies, x.sides(members, owed))
	}
	return bodies, true
}

// owed lists the reports that communes owe in a span, by months.
func (x crossing) owed(communes []int, first, months int) []Report {
	var list []Report
	for m := first; m < first+months; m++ {
		for _, c := range communes {
			if x.stands(c, m) {
				list = append(list, Report{commune: x.communes[c].number, month: m})
			}
		}
	}
	return list
}

// sides parts reports by the changes that joined the communes.
func (x crossing) sides(members []int, owed []Report) Body {
	var months []int
	for _, k := range x.links {
		if k.month > x.first && k.month <= x.tree && slices.Contains(members, k.from) && !slices.Contains(months, k.month) {
			months = append(months, k.month)
		}
	}
	body := make(Body, len(months)+1)
	for _, r := range owed {
		side := 0
		for _, m := range months {
			if m <= r.month {
				side++
			}
		}
		body[side] = append(body[side], r)
	}
	return body
}

// Behind gives the bodies of which a roll-up is made after so many changes of the tree, on the tree of a month counted like
// the first of the span; false if it is NOT_PLACEABLE.
func (s Shape) Behind(reforms int, unit string, first, months, tree int) ([]Body, bool) {
	return s.withDefaults().land(reforms).behind(unit, first, months, tree)
}

// Owes says whether the commune of a report has its month, after so many changes of the tree.
func (s Shape) Owes(reforms int, r Report) bool {
	l := s.withDefaults().land(reforms)
	at := slices.IndexFunc(l.communes, func(u communeUnit) bool { return u.number == r.commune })
	return at >= 0 && l.stands(at, r.month)
}

// MadeReports are the reports of the communes that all planned changes make.
func (s Shape) MadeReports() []Report {
	return slices.DeleteFunc(s.reports(s.Reforms), func(r Report) bool { return r.commune < madeFrom })
}

// Reform gives the request of the n-th planned change, without an id.
func (s Shape) Reform(n int) *reportingv1.ReorganiseUnitsRequest {
	return s.withDefaults().land(n + 1).reforms[n].request
}
