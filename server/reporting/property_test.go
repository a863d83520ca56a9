package reporting_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
)

// ends are last days of C: none is within a period that is reported.
var ends = []period.Day{period.Date(2024, 6, 1), period.Date(2025, 1, 1), period.Forever}

func idOf(code string) hierarchy.ID { return hierarchy.ID(code + "-0") }

// history is a random sequence of calls by several callers to a real store and to the naive one.
type history struct {
	*world
	draws   *rapid.T
	naive   *naive
	callers []auth.Caller
	desks   []auth.Caller
	past    []request
	grown   int
}

// Whatever is asked in whatever order, repeated or not, alone or in batches: every answer is what the rules say, every
// report stands as they say, the oracle finds every roll-up right, and a replay of the journal comes to the same.
func TestAnyHistoryIsWhatTheRulesSay(t *testing.T) {
	fewer(t)
	rapid.Check(t, func(draws *rapid.T) {
		dir, err := os.MkdirTemp("", "history")
		must(draws, err)
		draws.Cleanup(func() { _ = os.RemoveAll(dir) })
		must(draws, os.Mkdir(dir+"/again", 0o700))
		h := &history{world: openWorld(draws, dir), draws: draws, naive: &naive{
			reports: map[string]*naiveReport{}, accepted: map[string]map[string]int{},
		}}
		a, b := h.token(auth.Reporter, "A"), h.token(auth.Reporter, "B")
		one, two := h.token(auth.Administrator, ""), h.token(auth.Administrator, "P")
		h.callers, h.desks = []auth.Caller{a, a, b, one, two}, []auth.Caller{h.token(auth.Approver, "P"), h.token(auth.Approver, "D"), two}
		for range rapid.IntRange(10, 60).Draw(draws, "steps") {
			h.step()
		}
		h.checkReports()
		h.checkReplay(dir + "/again")
		h.close()
	})
}

func (h *history) step() {
	switch what := rapid.IntRange(0, 19).Draw(h.draws, "what"); {
	case what < 9:
		h.ask(request{method: "submit", by: h.caller(), asked: []asked{h.drawn()}})
	case what < 13:
		h.ask(request{method: rapid.SampledFrom([]string{"approve", "return"}).Draw(h.draws, "review"), by: h.caller(), asked: []asked{h.drawn()}})
	case what < 15:
		r := request{method: rapid.SampledFrom([]string{"batch", "atomic"}).Draw(h.draws, "batch"), by: h.caller()}
		for range rapid.IntRange(1, 4).Draw(h.draws, "reports") {
			if a := h.drawn(); !slices.ContainsFunc(r.asked, func(b asked) bool { return b.key() == a.key() }) || rapid.IntRange(0, 7).Draw(h.draws, "twice") == 0 {
				r.asked = append(r.asked, a)
			}
		}
		h.ask(r)
	case what < 17 && len(h.past) > 0:
		h.hold(h.past[rapid.IntRange(0, len(h.past)-1).Draw(h.draws, "again")])
	case what == 18:
		h.change()
	default:
		h.now = h.now.Add(rapid.SampledFrom([]time.Duration{time.Second, 50 * time.Second, time.Minute, 36 * time.Hour}).Draw(h.draws, "later"))
	}
}

func (h *history) caller() auth.Caller {
	return h.callers[rapid.IntRange(0, len(h.callers)-1).Draw(h.draws, "caller")]
}

// drawn draws a submission, often of what the caller has seen.
func (h *history) drawn() asked {
	a := asked{
		unit: rapid.SampledFrom([]string{"A", "A", "A", "A", "B", "C"}).Draw(h.draws, "unit"), period: rapid.SampledFrom([]string{"2024-03", "2024-04", "2024-05", "2024-05", "2024-05"}).Draw(h.draws, "period"),
		figures: map[string]string{}, draft: rapid.IntRange(0, 4).Draw(h.draws, "draft") == 0, merge: rapid.IntRange(0, 2).Draw(h.draws, "merge") == 0,
	}
	a.figures["FLOW"] = rapid.SampledFrom([]string{"1", "2", "-", "x"}).Draw(h.draws, "FLOW")
	if rapid.Bool().Draw(h.draws, "has STOCK") {
		a.figures["STOCK"] = rapid.SampledFrom([]string{"3.25", "-4", "x"}).Draw(h.draws, "STOCK")
	}
	if rapid.Bool().Draw(h.draws, "has RATIO") {
		a.figures["RATIO"] = rapid.SampledFrom([]string{"1/3", "0/0", "-"}).Draw(h.draws, "RATIO")
	}
	h.drawEtag(&a)
	return a
}

// drawEtag draws what the caller has seen, and now and then the content that is there already.
func (h *history) drawEtag(a *asked) {
	r := h.naive.reports[a.key()]
	if v := r.newest(rapid.Bool().Draw(h.draws, "own")); v != nil && rapid.IntRange(0, 3).Draw(h.draws, "the same content") == 0 {
		a.figures = maps.Clone(v.figures)
	}
	switch rapid.IntRange(0, 5).Draw(h.draws, "etag") {
	case 0:
	case 1:
		a.etag = rapid.SampledFrom([]string{"1-submitted", "2-approved", "1-draft", "?"}).Draw(h.draws, "stale")
	default:
		if v := r.newest(rapid.Bool().Draw(h.draws, "as its own unit sees it")); v != nil {
			a.etag = v.etag()
		}
	}
}

func (h *history) ask(r request) {
	h.requests++
	r.id = [16]byte{byte(h.requests >> 8), byte(h.requests), 1}
	if len(h.past) > 0 && rapid.IntRange(0, 9).Draw(h.draws, "an id of another method") == 0 {
		if other := h.past[rapid.IntRange(0, len(h.past)-1).Draw(h.draws, "of")]; other.method != r.method {
			r.id = other.id
		}
	}
	if r.method == "approve" || r.method == "return" {
		r.by = h.desks[rapid.IntRange(0, len(h.desks)-1).Draw(h.draws, "desk")]
		if r.by.Token.Unit == idOf("D") {
			r.asked[0].unit = "A"
		} else if r.by.Token.Role == auth.Approver && !rapid.Bool().Draw(h.draws, "of D too") {
			r.asked[0].unit = "C"
		}
	}
	for i := range r.asked {
		if r.by.Token.Role == auth.Reporter {
			r.asked[i].unit = string(r.by.Token.Unit.Code())
		}
	}
	h.past = append(h.past, r)
	h.hold(r)
}

// hold asks both and holds one against the other.
func (h *history) hold(r request) {
	if slices.ContainsFunc(h.past, func(p request) bool {
		return p.id == r.id && p.method == r.method && p.by.Principal == r.by.Principal && fmt.Sprint(p.asked) != fmt.Sprint(r.asked)
	}) {
		return // another request took the id: REQUEST_ID_REUSED has its own test
	}
	want := h.naive.answer(r, h.now)
	if got := h.real(r); got != want {
		h.draws.Fatalf("%s by %s %s of %+v:\n  it says       %s\n  the rules say %s", r.method, r.by.Token.Role, r.by.Token.Unit, r.asked, got, want)
	}
}

// real asks the service.
func (h *history) real(r request) string {
	ctx, call := h.draws.Context(), reporting.Call{Caller: r.by, RequestID: r.id}
	var receipt reporting.Receipt
	var err error
	switch r.method {
	case "submit":
		o, report, stamp, err := h.svc.Submit(ctx, call, r.asked[0].submission())
		if err == nil {
			h.sameAsRead(r.by, o, report, stamp)
		}
		if err != nil {
			return fault.ReasonOf(err)
		}
		return outcomeWords(o)
	case "batch", "atomic":
		var subs []reporting.Submission
		for _, a := range r.asked {
			subs = append(subs, a.submission())
		}
		outcomes, _, err := h.svc.SubmitBatch(ctx, call, subs, r.method == "atomic")
		must(h.draws, err)
		var said []string
		for _, o := range outcomes {
			said = append(said, outcomeWords(o))
		}
		return strings.Join(said, "; ")
	case "approve":
		_, receipt, _, err = h.svc.Approve(ctx, call, r.asked[0].submission().Ref, r.asked[0].etag)
	default:
		_, receipt, _, err = h.svc.Return(ctx, call, r.asked[0].submission().Ref, r.asked[0].etag, "sai")
	}
	switch {
	case err != nil:
		return fault.ReasonOf(err)
	case receipt.Replayed:
		return "again"
	}
	return "done"
}

func (a asked) submission() reporting.Submission {
	sub := reporting.Submission{Ref: reporting.ReportRef{Unit: a.unit, Form: "m", Period: a.period}, Draft: a.draft, Merge: a.merge, Etag: a.etag}
	for _, code := range slices.Sorted(maps.Keys(a.figures)) {
		sub = with(sub, code, a.figures[code])
	}
	return sub
}

func outcomeWords(o reporting.Outcome) string {
	if o.Kind == reporting.Refused {
		return fault.ReasonOf(o.Err)
	}
	words := fmt.Sprintf("%s%s late=%t", kinds([]reporting.Outcome{o}), o.Etag, o.Late)
	for _, code := range o.Merged {
		words += " +" + string(code)
	}
	if (o.Receipt.Sequence != 0) == (o.Kind == reporting.Unchanged) || o.Receipt.Replayed != (o.Kind == reporting.Replayed) {
		words += " with a wrong receipt"
	}
	return words
}

// change changes the tree or the catalogue below the reports.
func (h *history) change() {
	ctx := h.draws.Context()
	h.grown++
	switch rapid.IntRange(0, 3).Draw(h.draws, "change") {
	case 0:
		_, _, _, err := h.svc.CreateUnit(ctx, h.call(h.admin), unit(fmt.Sprintf("N%d", h.grown), "commune", rapid.SampledFrom([]string{"D", "P"}).Draw(h.draws, "under")))
		must(h.draws, err)
	case 1:
		u, _, err := h.svc.GetUnit(ctx, h.admin, "C-0", "")
		must(h.draws, err)
		end := rapid.SampledFrom(ends).Draw(h.draws, "end of C")
		_, _, _, err = h.svc.UpdateUnit(ctx, h.call(h.admin), "C-0", reporting.UnitPatch{ValidTo: &end, Etag: u.Etag})
		must(h.draws, err)
	case 2:
		i := h.indicator("FLOW")
		i.CheckedBy = rapid.SampledFrom([][]hierarchy.Kind{nil, {"district"}}).Draw(h.draws, "checked by")
		_, _, _, err := h.svc.UpdateIndicator(ctx, h.call(h.admin), i.Indicator, i.Etag)
		must(h.draws, err)
	default:
		f := h.form("M")
		f.Assigned = []hierarchy.Selector{{Kind: "commune"}, {Unit: idOf(rapid.SampledFrom([]string{"D", "P"}).Draw(h.draws, "also owes"))}}
		_, _, _, err := h.svc.UpdateForm(ctx, h.call(h.admin), f.Form, f.Etag)
		must(h.draws, err)
	}
}

// checkReports holds every report against the naive one, as the list gives it.
func (h *history) checkReports() {
	page, err := h.svc.ListReports(h.draws.Context(), h.admin, reporting.ReportFilter{Form: "m", Periods: "2024-03..2024-05"})
	must(h.draws, err)
	listed := map[string]reporting.Report{}
	for _, r := range page.Reports {
		listed[string(r.UnitCode)+" "+r.Key.Period.String()] = r
	}
	sent := 0
	for key, want := range h.naive.reports {
		newest := want.newest(false)
		if newest == nil {
			continue
		}
		sent++
		r, ok := listed[key]
		figures := map[string]string{}
		for _, f := range r.Figures(r.Shown) {
			figures[string(f.Indicator)] = figureWords(f)
		}
		if !ok || r.Etag != newest.etag() || r.Late != want.late || !maps.Equal(figures, newest.figures) || r.Shown.Principal != newest.by {
			h.draws.Errorf("the report %s is %s late=%t %v, want %+v", key, r.Etag, r.Late, figures, newest)
		}
		for i, v := range r.Revisions {
			if got := fmt.Sprintf("%d-%s", v.Number, strings.ToLower(v.State.String())); got != want.revisions[i].etag() {
				h.draws.Errorf("revision %d of %s is %s, want %s", i+1, key, got, want.revisions[i].etag())
			}
			if (v.Number == r.Official) != (v.State == aggregator.Approved) {
				h.draws.Errorf("%s: revision %d is %s and %d the official one", key, v.Number, v.State, r.Official)
			}
		}
	}
	if len(listed) != sent {
		h.draws.Errorf("%d reports are listed, want %d", len(listed), sent)
	}
}

func figureWords(f reporting.Figure) string {
	switch {
	case f.HasNumerator:
		return f.Numerator.Format(f.Scale) + "/" + f.Denominator.Format(f.Scale)
	case f.HasValue:
		return f.Value.Format(f.Scale)
	}
	return f.State.Symbol()
}
