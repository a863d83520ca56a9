package reporting

import (
	"fmt"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/period"
)

// newest gives the newest revision that the caller may see; false if there is none. A draft is seen by its own unit
// alone (R26), so for everybody else who sends in the unit's name it is not there.
func (g granted) newest(r aggregator.Report) (aggregator.Revision, bool) {
	if draft, ok := r.Draft(); ok && g.ownDrafts(r.Key.Unit) {
		return draft, true
	}
	return r.Newest()
}

// correct decides a submission for a report of which the caller may see a revision.
func (g granted) correct(d *decision, at place, newest aggregator.Revision, sub Submission) error {
	d.kind = Corrected
	missing := g.stillAsked(at, lacking(newest.Figures, d.revision.Figures))
	switch {
	case sub.Merge && len(missing) > 0:
		if err := g.fill(d, at, missing); err != nil {
			return err
		}
	case len(missing) > 0 && !sub.Draft && sub.restores == 0:
		return g.figuresMissing(missing)
	}
	d.etag = etagOf(newest)
	equal := sameFigures(newest.Figures, d.revision.Figures)
	final := newest.State != aggregator.Draft
	switch {
	case sub.Etag != "" && sub.Etag != d.etag, sub.Etag == "" && !equal:
		return reportChanged(sub.Etag, newest)
	case equal && final == !sub.Draft && newest.State != aggregator.Returned:
		d.kind, d.revision = Unchanged, entry.Submission{Key: at.key, Revision: newest.Number}
	}
	return nil
}

// stillAsked keeps the figures that the unit may report today: a form that was mended after the report was sent may no
// longer ask for one, and it can then neither be demanded nor taken over.
func (g granted) stillAsked(at place, figures []entry.Figure) []entry.Figure {
	kept := figures[:0:0]
	for _, f := range figures {
		ind, ok := g.tx.Indicators().On(g.tx.Indicators().At(int(f.Number)), at.last)
		if !ok {
			continue
		}
		if adds, checks := form.Reports(at.form, ind, g.tx.Tree(), at.unit, at.key.Period); adds || checks {
			kept = append(kept, f)
		}
	}
	return kept
}

// fill takes over figures of the newest revision (R25). They are held against the rules again where the report is sent
// for good, for that revision may be a draft, which keeps to none.
func (g granted) fill(d *decision, at place, missing []entry.Figure) error {
	var problems fault.List
	for _, f := range missing {
		code := g.tx.Indicators().At(int(f.Number))
		d.merged = append(d.merged, code)
		if ind, ok := g.tx.Indicators().On(code, at.last); ok && !d.revision.Draft {
			if err := g.tx.Indicators().CheckFigure(ind, f.Figure); err != nil {
				problems.Add(unplaced(err))
			}
		}
	}
	if err := problems.Err(); err != nil {
		return fault.Of(err).In("figures")
	}
	d.revision.Merged = true
	d.revision.Figures = merged(d.revision.Figures, missing)
	return nil
}

// shortestBetweenDrafts is how often a draft of one report may become an entry (R26).
const shortestBetweenDrafts = time.Minute

// draftTooSoon refuses a draft less than a minute after the one before.
func draftTooSoon(r aggregator.Report, now time.Time) error {
	for i := len(r.Revisions) - 1; i >= 0; i-- {
		if r.Revisions[i].State != aggregator.Draft {
			continue
		}
		if since := now.Sub(r.Revisions[i].Time); since < shortestBetweenDrafts {
			return fault.Exhausted("DRAFT_TOO_SOON", "a draft of this report was saved %s ago; one a minute is kept", since.Round(time.Second)).
				After(shortestBetweenDrafts - since)
		}
		break
	}
	return nil
}

// reportChanged tells who changed the report that the sender has not seen.
func reportChanged(given string, newest aggregator.Revision) error {
	what := "you gave no etag"
	given = shorten(given)
	if given != "" {
		what = fmt.Sprintf("your etag is %q", given)
	}
	return fault.Conflict("ETAG_MISMATCH",
		"there is a revision that you have not seen: %s, the report's is %q, by %s at %s; look at it, then send the correction with its etag",
		what, etagOf(newest), newest.Principal, newest.Time.In(period.Location()).Format(time.RFC3339)).
		With("given", given).With("etag", etagOf(newest)).With("principal", newest.Principal).
		With("time", newest.Time.UTC().Format(time.RFC3339)).In("etag")
}

// figuresMissing refuses a report that lacks what the newest revision has (R25).
func (g granted) figuresMissing(missing []entry.Figure) error {
	codes := ""
	for i, f := range missing {
		if i > 0 {
			codes += ", "
		}
		codes += string(g.tx.Indicators().At(int(f.Number)))
	}
	return fault.Invalid("FIGURES_MISSING",
		"the newest revision also has %s; a submission is the whole report: send them too, or ask to merge", codes).
		With("indicators", codes).In("figures")
}
