package server_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// The model of the story of a province: what each unit sent for each month and what became of it, and from that everything that
// the server is asked, computed anew each time with fractions.

// toldFigures are what a report says: files, files in time of all, and people, with why those changed.
type toldFigures struct {
	files, inTime, people int64
	explanation           string
}

type toldRevision struct {
	state   string // DRAFT, SUBMITTED, APPROVED, RETURNED, SUPERSEDED
	figures toldFigures
	// sent and reviewed are when it was, as far as it was.
	sent, reviewed time.Time
}

type toldReport struct {
	revisions        []toldRevision
	sent, late       bool
	excluded, closed bool
	// reopened is when the closed month was opened again for the unit, as long as it is; everReopened when it ever was.
	reopened, everReopened time.Time
}

func (r *toldReport) send(f toldFigures, late bool, now time.Time) {
	if !r.sent {
		r.sent, r.late = true, late
	}
	r.restate("SUBMITTED", "SUPERSEDED")
	r.revisions = append(r.revisions, toldRevision{state: "SUBMITTED", figures: f, sent: now})
}

func (r *toldReport) restate(from, to string) {
	for i := range r.revisions {
		if r.revisions[i].state == from {
			r.revisions[i].state = to
		}
	}
}

func (r *toldReport) approve() {
	r.restate("APPROVED", "SUPERSEDED")
	r.restate("SUBMITTED", "APPROVED")
}

// giveBack returns what waits, or what is approved.
func (r *toldReport) giveBack(now time.Time) {
	from := "APPROVED"
	if r.newest() == "SUBMITTED" {
		from = "SUBMITTED"
	}
	for i := range r.revisions {
		if r.revisions[i].state == from {
			r.revisions[i].state, r.revisions[i].reviewed = "RETURNED", now
		}
	}
}

// newest is the state of the newest revision that was sent; nothing if there is none.
func (r *toldReport) newest() string {
	for i := len(r.revisions) - 1; i >= 0; i-- {
		if r.revisions[i].state != "DRAFT" {
			return r.revisions[i].state
		}
	}
	return ""
}

// inForce gives the figures that count.
func (r *toldReport) inForce(provisional bool) (toldFigures, bool) {
	for i := len(r.revisions) - 1; i >= 0 && !r.excluded; i-- {
		if s := r.revisions[i].state; s == "APPROVED" || provisional && s == "SUBMITTED" {
			return r.revisions[i].figures, true
		}
	}
	return toldFigures{}, false
}

// toldUnit is a unit that owes a report every month.
type toldUnit struct {
	code, district string
	department     bool
	months         [3]toldReport
}

// within says whether the unit is the one that is asked about or lies below it.
func (u *toldUnit) within(asked string) bool {
	return asked == "82" || asked == u.code || asked == u.district
}

// toldProvince is the whole.
type toldProvince struct{ units []*toldUnit }

// rollup gives what an indicator comes to for a unit over months, in the words of the comparison.
func (p *toldProvince) rollup(asked, code string, months []int, provisional bool) string {
	var files, inTime, people, expected, received, late, excluded int64
	some := false
	for _, u := range p.units {
		if !u.within(asked) || code == "TL" && u.department {
			continue
		}
		latest := int64(-1)
		for _, m := range months {
			r := &u.months[m]
			if r.excluded {
				excluded++
				continue
			}
			expected++
			f, in := r.inForce(provisional)
			if !in {
				continue
			}
			some = true
			received++
			if r.late {
				late++
			}
			files, inTime, latest = files+f.files, inTime+f.inTime, f.people
		}
		people += max(latest, 0)
	}
	value := "NO_DATA"
	switch {
	case !some:
	case code == "HS":
		value = fmt.Sprint(files)
	case code == "DS":
		value = fmt.Sprint(people)
	case files == 0:
		value = "UNDEFINED"
	default:
		value = big.NewRat(100*inTime, files).FloatString(2)
		value = strings.TrimSuffix(strings.TrimRight(value, "0"), ".")
	}
	return fmt.Sprintf("%s %d/%d late %d excluded %d", value, received, expected, late, excluded)
}

// state is how far a report has come, when its deadline has passed.
func (r *toldReport) state() string {
	switch newest := r.newest(); {
	case r.excluded:
		return "EXCLUDED"
	case newest == "APPROVED":
		return "DONE"
	case r.closed:
		return "CLOSED"
	case newest == "SUBMITTED":
		return "WAITING"
	case newest == "RETURNED":
		return "RETURNED"
	}
	return "OVERDUE"
}

// completeness counts a month of communes or of departments, when all deadlines have passed.
func (p *toldProvince) completeness(month int, departments bool) string {
	var expected, received, approved, returned, overdue int
	for _, u := range p.units {
		r := &u.months[month]
		if u.department != departments || r.excluded {
			continue
		}
		expected++
		if _, in := r.inForce(true); in {
			received++
		}
		if _, in := r.inForce(false); in {
			approved++
		}
		switch r.state() {
		case "RETURNED":
			returned++
		case "OVERDUE":
			overdue++
		}
	}
	return fmt.Sprintf("expected %d received %d approved %d returned %d overdue %d", expected, received, approved, returned, overdue)
}

// waiting lists the communes of a month that wait for approval.
func (p *toldProvince) waiting(month int) []string {
	var codes []string
	for _, u := range p.units {
		if r := &u.months[month]; !u.department && !r.excluded && r.newest() == "SUBMITTED" {
			codes = append(codes, u.code)
		}
	}
	slices.Sort(codes)
	return codes
}
