package reporting_test

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// refusable is the world that testdata/refused.txt describes.
func refusable(t *testing.T) *world {
	w := newWorld(t)
	ctx := t.Context()
	april := period.Date(2024, 4, 1)
	before, after, gone, later := unit("82", "commune", "P"), unit("82", "commune", "P"), unit("G", "commune", "D"), unit("L", "commune", "D")
	before.ValidTo, after.ValidFrom, gone.ValidTo, later.ValidFrom = april, april, period.Date(2024, 6, 1), period.Date(2030, 1, 1)
	_, err := w.svc.ImportUnits(ctx, w.call(w.admin), []hierarchy.Unit{
		before, after, gone, later, unit("77", "district", "P"),
	})
	must(t, err)
	other := unit("77", "commune", "P")
	other.ValidFrom = april // two ids must differ
	_, err = w.svc.ImportUnits(ctx, w.call(w.admin), []hierarchy.Unit{other})
	must(t, err)
	districts := sum("QD")
	districts.ReportedBy = []hierarchy.Kind{"district"}
	yes, top, late := sum("YES"), sum("TOP"), sum("LATE")
	yes.Scale, yes.UnitRule, yes.Value = 0, indicator.UnitCountYes, indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast}
	least, most := figure.Number(100), figure.Number(300)
	top.Min, top.Max, late.ValidFrom = &least, &most, period.Date(2024, 7, 1)
	weighted := sum("MEAN")
	weighted.UnitRule, weighted.Weight = indicator.UnitWeightedMean, "WEIGHT"
	compared := sum("CHK")
	compared.CheckedBy = []hierarchy.Kind{"district"}
	_, err = w.svc.ImportIndicators(ctx, w.call(w.admin), []indicator.Indicator{
		districts, yes, top, late, weighted, sum("WEIGHT"), sum("CUT1"), compared,
	})
	must(t, err)
	quarterly, cutoff, x := monthly("Q", "QD"), monthly("CUT", "CUT1"), monthly("X", "YES", "TOP", "LATE", "WEIGHT", "MEAN", "CHK")
	quarterly.Frequency, quarterly.Assigned = period.Quarter, []hierarchy.Selector{{Kind: "district"}}
	cutoff.Calendar, cutoff.Assigned = period.CutoffFifteenth, []hierarchy.Selector{{Unit: "C"}}
	x.Assigned = append(x.Assigned, hierarchy.Selector{Kind: "district"})
	_, err = w.svc.ImportForms(ctx, w.call(w.admin), []form.Form{quarterly, cutoff, x})
	must(t, err)
	w.submitted(w.admin, flow("A", "2024-01", "1"))
	return w
}

// refusal is a line of testdata/refused.txt.
type refusal struct {
	line int
	by   string
	sub  reporting.Submission
	want []string
}

func readRefusals(t *testing.T) []refusal {
	t.Helper()
	file, err := os.Open("testdata/refused.txt")
	must(t, err)
	t.Cleanup(func() { _ = file.Close() })
	var all []refusal
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		asked, want, ok := strings.Cut(lines.Text(), "->")
		if strings.HasPrefix(asked, "#") || asked == "" {
			continue
		}
		words := strings.Fields(asked)
		if !ok || len(words) < 3 {
			t.Fatalf("line %d: %q", n, lines.Text())
		}
		r := refusal{line: n, by: words[0]}
		form, per, _ := strings.Cut(words[2], "~")
		r.sub.Ref = reporting.ReportRef{Unit: words[1], Form: form, Period: per}
		for _, word := range words[3:] {
			r.sub = withWord(r.sub, word)
		}
		for _, one := range strings.Split(want, ",") {
			r.want = append(r.want, strings.Join(strings.Fields(one), " "))
		}
		all = append(all, r)
	}
	return all
}

func withWord(sub reporting.Submission, word string) reporting.Submission {
	name, amount, _ := strings.Cut(word, "=")
	amount, format, _ := strings.Cut(amount, "@")
	switch name {
	case "draft":
		return drafted(sub)
	case "merge":
		return merging(sub)
	case "etag":
		return seen(sub, amount)
	}
	sub = with(sub, name, amount)
	sub.Figures[len(sub.Figures)-1].Format = map[string]figure.NumberFormat{
		"": figure.Plain, "vi": figure.Vietnamese, "en": figure.English, "file": figure.Undeclared,
	}[format]
	return sub
}

// reasons tells an error as the file does.
func reasons(err error) string {
	var all []string
	for _, d := range details(err) {
		all = append(all, strings.TrimSpace(d.Reason+" "+d.Field))
	}
	return strings.Join(all, ", ")
}

// Everything that can be asked wrongly of a report has one clear answer that names the field, alone and in a batch; and
// whatever stands beside it in the batch is neither lost nor, where it is all or none, half applied.
func TestWhatIsWrongIsNamedAndHarmsNothingElse(t *testing.T) {
	w := refusable(t)
	callers := map[string]auth.Caller{
		"admin": w.admin, "A": w.token(auth.Reporter, "A"), "view": w.token(auth.Viewer, "P"),
		"appr": w.token(auth.Approver, "P"), "oper": w.token(auth.Operator, ""), "onlyQ": w.bound(auth.Reporter, "A", "Q"),
	}
	lines := readRefusals(t)
	if len(lines) < 70 {
		t.Fatalf("%d lines were read", len(lines))
	}
	for n, r := range lines {
		want, head := strings.Join(r.want, ", "), w.head()
		for _, preview := range []bool{true, false} {
			call := w.call(callers[r.by])
			call.ValidateOnly = preview
			_, _, _, err := w.svc.Submit(t.Context(), call, r.sub)
			if got := reasons(err); got != want {
				t.Errorf("line %d: %q, want %q (%v)", r.line, got, want, err)
			}
			if fault.ReasonOf(err) == "UNIT_NOT_VALID" && fault.KindOf(err) != fault.KindPrecondition {
				t.Errorf("line %d: UNIT_NOT_VALID is %s, by id and by code it is one", r.line, fault.KindOf(err))
			}
		}
		if r.by != "admin" {
			continue
		}
		month := fmt.Sprintf("%d-%02d", 2023-n/12, n%12+1)
		good := []reporting.Submission{flow("B", month, "1"), r.sub, flow("C", month, "2")}
		for _, atomic := range []bool{true, false} {
			outcomes, _, err := w.svc.SubmitBatch(t.Context(), w.call(w.admin), good, atomic)
			must(t, err)
			if got := reasons(outcomes[1].Err); got != want {
				t.Errorf("line %d in a batch: %q, want %q", r.line, got, want)
			}
			if !atomic {
				w.expect(fmt.Sprintf("line %d in a batch", r.line), kinds(outcomes), "CREATED REFUSED CREATED ")
				continue
			}
			w.expect(fmt.Sprintf("line %d in an atomic batch", r.line), kinds(outcomes), "REFUSED REFUSED REFUSED ")
			w.refused(outcomes[0].Err, "BATCH_REFUSED")
			if now := w.head(); now != head {
				t.Fatalf("line %d: something was applied: the head is %d, was %d", r.line, now, head)
			}
		}
	}
}

// bound issues a token for one form.
func (w *world) bound(role auth.Role, unit, form string) auth.Caller {
	w.t.Helper()
	_, secret, _, _, err := w.svc.CreateToken(w.t.Context(), w.call(w.admin), reporting.TokenDraft{Role: role, Unit: unit, Form: form})
	must(w.t, err)
	caller, err := w.svc.Authenticate(w.t.Context(), secret)
	must(w.t, err)
	return caller
}

// What looks wrong and is not.
func TestWhatLooksWrongIsTaken(t *testing.T) {
	w := refusable(t)
	for _, line := range []string{
		"82 m~2024-03 FLOW=1", "82 m~2024-04 FLOW=1", "G m~2024-05 FLOW=1", "A M~2024-05 flow=-12.50 RATIO=0/0 STOCK=x",
		"D q~2024-Q1 QD=1", "D x~2024-05 CHK=-", "C cut~2024-05 CUT1=1.234,5@vi", "B m~2024-05 FLOW=1,234.5@en",
		"C m~2024-05 FLOW=92233720368547758.07 STOCK=-92233720368547758.08", "A x~2024-05 YES=1 TOP=3 WEIGHT=0",
		"C m~2024-06 draft FLOW=1",
	} {
		words := strings.Fields(line)
		form, per, _ := strings.Cut(words[1], "~")
		sub := reporting.Submission{Ref: reporting.ReportRef{Unit: words[0], Form: form, Period: per}}
		for _, word := range words[2:] {
			sub = withWord(sub, word)
		}
		o, err := w.submit(w.admin, sub)
		if err != nil || o.Kind != reporting.Created {
			t.Errorf("%s: %+v, %v; want CREATED", line, o, err)
		}
	}
	w.expect("nothing of nothing", w.value("A", "RATIO", "2024-05", rollup.Provisional), "UNDEFINED 1/1")
	w.expect("written the Vietnamese way", w.value("C", "CUT1", "2024-05", rollup.Provisional), "1234.5 1/1")
	reports, err := w.svc.ListReports(t.Context(), w.admin, reporting.ReportFilter{Form: "m", Periods: "2024-03..2024-04"})
	must(t, err)
	if len(reports.Reports) != 2 || reports.Reports[0].Key.Unit != "82-0" || reports.Reports[1].Key.Unit != "82-20240401" {
		t.Errorf("R1: the code 82 in March and April = %+v, want two units", reports.Reports)
	}
}

// Text that is too long, not composed, not text, or holds what must not be kept for ever.
func TestTextsAreCleanOrRefused(t *testing.T) {
	w := newWorld(t)
	decomposed, composed := "Ba\u0301o ca\u0301o", "Báo cáo"
	for _, c := range []struct{ note, want string }{
		{strings.Repeat("ạ", 2001), "TEXT_TOO_LONG figures[0].note, TEXT_TOO_LONG figures[0].explanation"},
		{"a\x00b", "TEXT_CONTROL_CHARACTER figures[0].note, TEXT_CONTROL_CHARACTER figures[0].explanation"},
		{"a\xffb", "TEXT_NOT_UTF8 figures[0].note, TEXT_NOT_UTF8 figures[0].explanation"},
		{"số 079200001234", "TEXT_PERSONAL_NUMBER figures[0].note, TEXT_PERSONAL_NUMBER figures[0].explanation"},
		{"\u202eabc", "TEXT_CONTROL_CHARACTER figures[0].note, TEXT_CONTROL_CHARACTER figures[0].explanation"},
	} {
		sub := flow("A", "2024-05", "1")
		sub.Figures[0].Note, sub.Figures[0].Explanation = c.note, c.note
		_, err := w.submit(w.admin, sub)
		w.expect("a note", reasons(err), c.want)
	}
	sub := flow("A", "2024-05", "1")
	sub.Figures[0].Note = decomposed
	o, r, _, err := w.svc.Submit(t.Context(), w.call(w.admin), sub)
	must(t, err)
	w.expect("the note", r.Shown.Figures[0].Note, composed)
	sub.Figures[0].Note = composed // R24: the content is the same
	w.expect("the same composed", kinds([]reporting.Outcome{w.submitted(w.admin, sub)}), "UNCHANGED ")
	reviewer := w.token(auth.Approver, "P")
	ref := reporting.ReportRef{Unit: "A", Form: "m", Period: "2024-05"}
	for reason, want := range map[string]string{
		"": "REASON_REQUIRED", " \n": "REASON_REQUIRED", strings.Repeat("a", 2001): "TEXT_TOO_LONG", "079200001234": "TEXT_PERSONAL_NUMBER",
	} {
		_, _, _, err = w.svc.Return(t.Context(), w.call(reviewer), ref, o.Etag, reason)
		w.at(err, want, "reason")
	}
}

// What is hostile in its size costs no more than a plain refusal, and its answer is small.
func TestHostileSizesGetSmallAnswers(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("x", 1<<20)
	many := reporting.Submission{Ref: reporting.ReportRef{Unit: "A", Form: "m", Period: "2024-05"}, Figures: make([]reporting.FigureDraft, 2000)}
	more := many
	more.Figures = make([]reporting.FigureDraft, 400_000)
	named := flow("A", "2024-05", long)
	named.Figures[0].Indicator, named.Etag = long, long
	for name, sub := range map[string]reporting.Submission{
		"figures": many, "more figures": more, "names": named,
		"a unit":  {Ref: reporting.ReportRef{Unit: long, Form: "m", Period: "2024-05"}},
		"a form":  {Ref: reporting.ReportRef{Unit: "A", Form: long, Period: long}},
		"an etag": seen(flow("A", "2024-05", "1"), long),
	} {
		for _, by := range []auth.Caller{w.admin, w.token(auth.Reporter, "A")} {
			_, err := w.submit(by, sub)
			e := fault.Of(err)
			if err == nil || len(e.Private()) > 64<<10 || len(e.Details) > 101 {
				t.Errorf("%s: %d bytes and %d details of %s, want a short refusal", name, len(e.Private()), len(e.Details), e.Reason)
			}
		}
	}
	batch := make([]reporting.Submission, 500)
	for i := range batch {
		batch[i] = many
		batch[i].Ref.Period = fmt.Sprintf("%d-%02d", 2023-i/12, i%12+1)
	}
	outcomes, _, err := w.svc.SubmitBatch(t.Context(), w.call(w.admin), batch, false)
	must(t, err)
	problems := 0
	for _, o := range outcomes {
		problems += len(details(o.Err))
	}
	if problems > 3100 {
		t.Errorf("a batch of nothing but wrong figures tells %d problems", problems)
	}
	_, _, err = w.svc.SubmitBatch(t.Context(), w.call(w.admin), append(batch, many), false)
	w.at(err, "BATCH_SIZE", "requests")
	_, err = w.svc.ListUnits(t.Context(), w.admin, reporting.UnitFilter{Search: long})
	w.at(err, "TEXT_TOO_LONG", "search")
	_, err = w.svc.ListUnits(t.Context(), w.admin, reporting.UnitFilter{Kinds: make([]string, 1000)})
	w.at(err, "QUERY_TOO_LARGE", "kinds")
	if _, err := reporting.ParseReportName(strings.Repeat("/", 1<<20)); len(err.Error()) > 1000 {
		t.Errorf("a name of a million parts is answered with %d bytes", len(err.Error()))
	}
}
