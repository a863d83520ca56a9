package reporting_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// The model of a walk knows what the rules say can become of three reports and one closing, in the plainest way.

// walkState is a state of a revision, in the words of the contract.
type walkState string

const (
	isDraft      walkState = "DRAFT"
	isSubmitted  walkState = "SUBMITTED"
	isApproved   walkState = "APPROVED"
	isReturned   walkState = "RETURNED"
	isSuperseded walkState = "SUPERSEDED"
)

type walkRevision struct {
	state    walkState
	figures  map[string]string
	sender   string
	behalf   bool
	restored int
}

// walkReport is an obligation and all that came for it.
type walkReport struct {
	revisions []walkRevision
	excluded  bool
}

// walkReopening lets some units, or all, change until an instant.
type walkReopening struct {
	units []string
	until time.Time
}

type walkModel struct {
	now     time.Time
	reports map[string]*walkReport
	// versions are the closings, each with how it was opened again.
	versions [][]walkReopening
}

// reviewerOf gives the nearest unit above with an approver: D and P have one, and C stands beside D.
func reviewerOf(unit string) string {
	if unit == "C" {
		return "P"
	}
	return "D"
}

func newWalkModel(now time.Time) *walkModel {
	m := &walkModel{now: now, reports: map[string]*walkReport{}}
	for _, unit := range walkUnits {
		m.reports[unit] = &walkReport{}
	}
	return m
}

// last gives the newest revision; without drafts the newest that was sent, at its number, or nil and 0.
func (r *walkReport) last(drafts bool) (*walkRevision, int) {
	for n := len(r.revisions); n > 0; n-- {
		v := &r.revisions[n-1]
		if v.state != isDraft || drafts && n == len(r.revisions) {
			return v, n
		}
	}
	return nil, 0
}

func (r *walkReport) with(state walkState) int {
	return 1 + slices.IndexFunc(r.revisions, func(v walkRevision) bool { return v.state == state })
}

// etag is what somebody sees of an obligation.
func (r *walkReport) etag(drafts bool) string {
	etag := "none"
	if v, n := r.last(drafts); v != nil {
		etag = fmt.Sprintf("%d-%s", n, strings.ToLower(string(v.state)))
	}
	if r.excluded {
		etag += "-excluded"
	}
	return etag
}

// still says why nothing of a report may change now; empty if it may.
func (m *walkModel) still(unit string) string {
	switch {
	case m.closed(unit):
		return "PERIOD_CLOSED"
	case m.reports[unit].excluded:
		return "OBLIGATION_EXCLUDED"
	}
	return ""
}

func (m *walkModel) closed(unit string) bool {
	if len(m.versions) == 0 {
		return false
	}
	return !slices.ContainsFunc(m.versions[len(m.versions)-1], func(r walkReopening) bool {
		return m.now.Before(r.until) && (len(r.units) == 0 || slices.Contains(r.units, unit))
	})
}

// hand hands in figures, or an earlier revision. It gives the reason of a refusal, or UNCHANGED, or nothing.
func (m *walkModel) hand(w walkMove) string {
	r := m.reports[w.unit]
	seen, n := r.last(!w.behalf)
	figures := maps.Clone(w.figures)
	if w.restores > 0 {
		switch {
		case w.restores > len(r.revisions) || r.revisions[w.restores-1].state == isDraft && w.behalf:
			return "REVISION_NOT_FOUND"
		case w.etag == "":
			return "ETAG_MISMATCH"
		}
		figures = maps.Clone(r.revisions[w.restores-1].figures)
	}
	why := ""
	if seen == nil {
		if w.etag != "" {
			why = "ETAG_MISMATCH"
		}
	} else {
		why = m.correct(w, seen, n, figures)
	}
	if why == "UNCHANGED" {
		return why
	}
	if still := m.still(w.unit); still != "" {
		return still
	}
	if why != "" {
		return why
	}
	state := isSubmitted
	if w.draft {
		state = isDraft
	} else if at := r.with(isSubmitted); at > 0 {
		r.revisions[at-1].state = isSuperseded
	}
	r.revisions = append(r.revisions, walkRevision{state: state, figures: figures, sender: w.by, behalf: w.behalf, restored: w.restores})
	return ""
}

// correct holds what is handed in against the revision that the sender sees. It fills in what is merged.
func (m *walkModel) correct(w walkMove, seen *walkRevision, n int, figures map[string]string) string {
	for code, text := range seen.figures {
		if _, has := figures[code]; has || w.restores > 0 {
			continue
		}
		switch {
		case w.merge:
			figures[code] = text
		case !w.draft:
			return "FIGURES_MISSING"
		}
	}
	equal := maps.Equal(seen.figures, figures)
	now := fmt.Sprintf("%d-%s", n, strings.ToLower(string(seen.state)))
	switch {
	case w.etag != "" && w.etag != now, w.etag == "" && !equal:
		return "ETAG_MISMATCH"
	case equal && (seen.state == isDraft) == w.draft && seen.state != isReturned:
		return "UNCHANGED"
	}
	return ""
}

// review approves or returns.
func (m *walkModel) review(w walkMove) string {
	r := m.reports[w.unit]
	newest, n := r.last(false)
	switch {
	case w.by != reviewerOf(w.unit):
		return "NOT_THE_REVIEWER"
	case newest == nil:
		return "REPORT_NOT_FOUND"
	case w.what == "return" && w.reason == "":
		return "REASON_REQUIRED"
	case w.etag != r.etag(false):
		return "ETAG_MISMATCH"
	case m.still(w.unit) != "":
		return m.still(w.unit)
	}
	if w.what == "approve" {
		switch {
		case newest.state != isSubmitted:
			return "NOTHING_TO_APPROVE"
		case newest.sender == w.by:
			return "OWN_REPORT"
		}
		if at := r.with(isApproved); at > 0 {
			r.revisions[at-1].state = isSuperseded
		}
		r.revisions[n-1].state = isApproved
		return ""
	}
	if newest.state != isSubmitted {
		if n = r.with(isApproved); n == 0 {
			return "NOTHING_TO_RETURN"
		}
	}
	if r.revisions[n-1].sender == w.by {
		return "OWN_REPORT"
	}
	r.revisions[n-1].state = isReturned
	return ""
}

// turn excludes or lifts.
func (m *walkModel) turn(w walkMove) string {
	r := m.reports[w.unit]
	out := w.what == "exclude"
	switch {
	case w.by != reviewerOf(w.unit):
		return "NOT_THE_REVIEWER"
	case w.reason == "":
		return "REASON_REQUIRED"
	case w.etag != r.etag(false):
		return "ETAG_MISMATCH"
	case m.closed(w.unit):
		return "PERIOD_CLOSED"
	case out && r.excluded:
		return "ALREADY_EXCLUDED"
	case !out && !r.excluded:
		return "NOT_EXCLUDED"
	}
	r.excluded = out
	return ""
}

// period closes or reopens.
func (m *walkModel) period(w walkMove) string {
	reopenings := 0
	if n := len(m.versions); n > 0 {
		reopenings = len(m.versions[n-1])
	}
	etag := fmt.Sprintf("%d-%d", len(m.versions), reopenings)
	if w.what == "reopen" {
		switch {
		case w.reason == "":
			return "REASON_REQUIRED"
		case w.etag != etag:
			return "ETAG_MISMATCH"
		case len(m.versions) == 0:
			return "NOT_CLOSED"
		}
		last := &m.versions[len(m.versions)-1]
		*last = append(*last, walkReopening{units: w.units, until: w.until})
		return ""
	}
	waiting := 0
	for _, r := range m.reports {
		if r.with(isSubmitted) > 0 && !r.excluded {
			waiting++
		}
	}
	switch {
	case w.etag != etag:
		return "ETAG_MISMATCH"
	case len(m.versions) > 0 && reopenings == 0:
		return "ALREADY_CLOSED"
	case waiting > 0 && !w.force:
		return "REPORTS_WAITING"
	case waiting > 0 && w.reason == "":
		return "REASON_REQUIRED"
	}
	m.versions = append(m.versions, nil)
	return ""
}

// take makes a move.
func (m *walkModel) take(w walkMove) string {
	switch w.what {
	case "approve", "return":
		return m.review(w)
	case "exclude", "lift":
		return m.turn(w)
	case "close", "reopen":
		return m.period(w)
	default:
		return m.hand(w)
	}
}
