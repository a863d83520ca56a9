package reporting_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/period"
)

// naive is what the rules R7 and R23 to R26 and R37 say of reports, told in the plainest way: no journal, no transaction,
// no sharing with the use cases. It answers a request with the words that the service's answer is put into.
type naive struct {
	reports map[string]*naiveReport
	// accepted holds what each accepted request did, by caller, method and id.
	accepted map[string]map[string]int
}

type naiveReport struct {
	revisions  []naiveRevision
	sent, late bool
}

type naiveRevision struct {
	number  int
	state   string
	figures map[string]string
	by      string
	at      time.Time
}

func (r naiveRevision) etag() string { return fmt.Sprintf("%d-%s", r.number, r.state) }

// asked is one submission, or what is approved or returned.
type asked struct {
	unit, period string
	figures      map[string]string
	draft, merge bool
	etag         string
}

func (a asked) key() string { return a.unit + " " + a.period }

// request is one call; what is asked more than once is the same request.
type request struct {
	method string // submit, batch, atomic, approve, return
	by     auth.Caller
	id     [16]byte
	asked  []asked
}

// newest gives the newest revision that a caller sees: a draft only its own unit.
func (r *naiveReport) newest(own bool) *naiveRevision {
	if r == nil {
		return nil
	}
	for i := len(r.revisions) - 1; i >= 0; i-- {
		if v := &r.revisions[i]; v.state != "draft" || own && i == len(r.revisions)-1 {
			return v
		}
	}
	return nil
}

// answer says what becomes of a request, and lets it.
func (n *naive) answer(r request, now time.Time) string {
	switch r.method {
	case "submit":
		return n.each(r, now, 0)
	case "batch":
		var said []string
		for i := range r.asked {
			said = append(said, n.each(r, now, i))
		}
		return strings.Join(said, "; ")
	case "atomic":
		return n.atomic(r, now)
	default:
		return n.review(r)
	}
}

func (r request) memory(index int) string {
	return fmt.Sprint(r.by.Principal, r.method, r.id, index)
}

// each submits one report of a request by itself.
func (n *naive) each(r request, now time.Time, index int) string {
	a := r.asked[index]
	if did, ok := n.accepted[r.memory(index)]; ok {
		return n.again(a, did)
	}
	if r.method == "batch" && n.twice(r, index) {
		return "REPORT_TWICE"
	}
	said, change := n.submit(r.by, a, now)
	if change != nil {
		n.accepted[r.memory(index)] = map[string]int{a.key(): change()}
	}
	return said
}

func (n *naive) twice(r request, index int) bool {
	same := 0
	for _, a := range r.asked {
		if a.key() == r.asked[index].key() {
			same++
		}
	}
	return same > 1
}

// again tells the answer to a repetition from what was done.
func (n *naive) again(a asked, did map[string]int) string {
	r := n.reports[a.key()]
	number, changed := did[a.key()]
	kind := "REPLAYED"
	if !changed {
		kind, number = "UNCHANGED", did["unchanged "+a.key()]
	}
	said := fmt.Sprintf("%s %s late=%t", kind, r.revisions[number-1].etag(), r.late)
	for _, code := range slices.Sorted(maps.Keys(r.revisions[number-1].figures)) {
		if _, given := a.figures[code]; !given && a.merge {
			said += " +" + code
		}
	}
	return said
}

func (n *naive) atomic(r request, now time.Time) string {
	if did, ok := n.accepted[r.memory(0)]; ok {
		var said []string
		for _, a := range r.asked {
			said = append(said, n.again(a, did))
		}
		return strings.Join(said, "; ")
	}
	said, changes, refused := make([]string, len(r.asked)), make([]func() int, len(r.asked)), false
	for i, a := range r.asked {
		if said[i], changes[i] = n.submit(r.by, a, now); n.twice(r, i) {
			said[i] = "REPORT_TWICE"
		}
		refused = refused || !strings.Contains(said[i], "late=")
	}
	did := map[string]int{}
	for i, a := range r.asked {
		switch {
		case refused && strings.Contains(said[i], "late="):
			said[i] = "BATCH_REFUSED"
		case refused:
		case changes[i] != nil:
			did[a.key()] = changes[i]()
		default:
			did["unchanged "+a.key()] = n.reports[a.key()].newest(r.by.Token.Unit == idOf(a.unit)).number
		}
	}
	if !refused && len(did) > 0 && slices.ContainsFunc(changes, func(c func() int) bool { return c != nil }) {
		n.accepted[r.memory(0)] = did
	}
	return strings.Join(said, "; ")
}

// submit says what a submission comes to, and gives the change, which tells the number of the revision; nil for none.
func (n *naive) submit(by auth.Caller, a asked, now time.Time) (string, func() int) {
	r := n.reports[a.key()]
	late := !a.draft && !now.Before(deadlines[a.period])
	if r != nil && r.sent {
		late = r.late
	}
	kind, figures, merged := "CREATED", maps.Clone(a.figures), ""
	newest := r.newest(by.Token.Role == auth.Reporter && by.Token.Unit == idOf(a.unit))
	switch {
	case newest == nil && a.etag != "":
		return "ETAG_MISMATCH", nil
	case newest != nil:
		kind = "CORRECTED"
		for _, code := range []string{"FLOW", "RATIO", "STOCK"} { // in the order of the catalogue
			if _, there := figures[code]; !there && newest.figures[code] != "" {
				if !a.merge && !a.draft {
					return "FIGURES_MISSING", nil
				}
				if a.merge {
					figures[code] = newest.figures[code]
					merged += " +" + code
				}
			}
		}
		same := maps.Equal(figures, newest.figures)
		if a.etag != newest.etag() && (a.etag != "" || !same) {
			return "ETAG_MISMATCH", nil
		}
		if same && a.draft == (newest.state == "draft") && newest.state != "returned" {
			return fmt.Sprintf("UNCHANGED %s late=%t%s", newest.etag(), r.sent && r.late, merged), nil
		}
	}
	if a.draft && r != nil {
		for i := len(r.revisions) - 1; i >= 0; i-- {
			if r.revisions[i].state == "draft" {
				if now.Sub(r.revisions[i].at) < time.Minute {
					return "DRAFT_TOO_SOON", nil
				}
				break
			}
		}
	}
	return n.revision(by, a, kind, figures, merged, late, now)
}

// revision makes the next revision of a report.
func (n *naive) revision(by auth.Caller, a asked, kind string, figures map[string]string, merged string, late bool, now time.Time) (string, func() int) {
	v := naiveRevision{number: 1, state: "submitted", figures: figures, by: by.Principal, at: now}
	if r := n.reports[a.key()]; r != nil {
		v.number += len(r.revisions)
	}
	if a.draft {
		v.state = "draft"
	}
	return fmt.Sprintf("%s %s late=%t%s", kind, v.etag(), late, merged), func() int {
		r := n.reports[a.key()]
		if r == nil {
			r = &naiveReport{}
			n.reports[a.key()] = r
		}
		if !a.draft {
			r.restate("submitted", "superseded")
			r.sent, r.late = true, late
		}
		r.revisions = append(r.revisions, v)
		return v.number
	}
}

func (r *naiveReport) restate(from, to string) {
	for i := range r.revisions {
		if r.revisions[i].state == from {
			r.revisions[i].state = to
		}
	}
}

func (n *naive) review(q request) string {
	a := q.asked[0]
	if q.by.Token.Role == auth.Approver && q.by.Token.Unit == "P-0" && a.unit != "C" {
		return "NOT_THE_REVIEWER" // D has an approver, and the others stand below it
	}
	if _, ok := n.accepted[q.memory(0)]; ok {
		return "again"
	}
	r := n.reports[a.key()]
	newest := r.newest(false)
	switch {
	case newest == nil:
		return "REPORT_NOT_FOUND"
	case a.etag != newest.etag():
		return "ETAG_MISMATCH"
	}
	target := newest
	if q.method == "return" && target.state != "submitted" {
		target = nil
		for i := range r.revisions {
			if r.revisions[i].state == "approved" {
				target = &r.revisions[i]
			}
		}
		if target == nil {
			return "NOTHING_TO_RETURN"
		}
	}
	switch {
	case q.method == "approve" && target.state != "submitted":
		return "NOTHING_TO_APPROVE"
	case target.by == q.by.Principal:
		return "OWN_REPORT"
	case q.method == "approve":
		r.restate("approved", "superseded")
		target.state = "approved"
	default:
		target.state = "returned"
	}
	n.accepted[q.memory(0)] = map[string]int{}
	return "done"
}

// deadlines are those of the form M, due two days after the month, moved from a Sunday to a Monday in June.
var deadlines = map[string]time.Time{
	"2024-03": time.Date(2024, 4, 3, 0, 0, 0, 0, period.Location()),
	"2024-04": time.Date(2024, 5, 3, 0, 0, 0, 0, period.Location()),
	"2024-05": time.Date(2024, 6, 4, 0, 0, 0, 0, period.Location()),
}
