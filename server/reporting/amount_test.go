package reporting_test

import (
	"fmt"
	"math"
	"math/big"
	"os"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
)

// everyKind adds to a world a form W of indicators of every kind that a figure is checked by.
func (w *world) everyKind() {
	w.t.Helper()
	number := func(n figure.Number) *figure.Number { return &n }
	with := func(code string, change func(i *indicator.Indicator)) indicator.Indicator {
		i := sum(code)
		change(&i)
		return i
	}
	ratio := func(i *indicator.Indicator) { i.UnitRule, i.Denominator = indicator.UnitRatio, added }
	_, err := w.svc.ImportIndicators(w.t.Context(), w.call(w.admin), []indicator.Indicator{
		with("WHOLE", func(i *indicator.Indicator) { i.Scale = 0 }),
		with("FINE", func(i *indicator.Indicator) { i.Scale = 6 }),
		with("BOUND", func(i *indicator.Indicator) { i.Min, i.Max = number(-100), number(1000) }),
		with("YES", func(i *indicator.Indicator) {
			i.Scale, i.UnitRule, i.Value = 0, indicator.UnitCountYes, indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast}
		}),
		with("SHARE", func(i *indicator.Indicator) { ratio(i); i.UnitOfMeasure, i.Min, i.Max = "%", number(0), number(10_000) }),
		with("PER", func(i *indicator.Indicator) {
			ratio(i)
			i.Denominator, i.DenominatorIndicator = indicator.Part{}, "WHOLE"
		}),
		with("ONLYA", func(i *indicator.Indicator) { i.Assigned = []hierarchy.Selector{{Unit: "A-0"}} }),
		with("ABOVE", func(i *indicator.Indicator) { i.ReportedBy = []hierarchy.Kind{"district"} }),
		with("OUT", func(*indicator.Indicator) {}),
		with("LATER", func(i *indicator.Indicator) { i.ValidFrom = period.Date(2024, 4, 1) }),
	})
	must(w.t, err)
	_, err = w.svc.ImportForms(w.t.Context(), w.call(w.admin), []form.Form{
		monthly("W", "YES", "WHOLE", "FINE", "BOUND", "SHARE", "PER", "ONLYA", "ABOVE", "LATER"),
	})
	must(w.t, err)
}

// drawnColumns draws columns, most of them right for their indicators, in any order; and at most one oddity, for where
// there is another one already the figures are read as texts whatever it is.
func drawnColumns(draws *rapid.T, form string) []reporting.AmountColumn {
	codes := strings.Fields("FLOW stock RATIO")
	if form != "m" {
		codes = strings.Fields("WHOLE fine BOUND YES SHARE PER")
	}
	odd := ""
	if rapid.Bool().Draw(draws, "an oddity") {
		odd = rapid.SampledFrom(strings.Fields("ONLYA ABOVE LATER OUT NOWHERE PARTS VALUE NUMERATOR")).Draw(draws, "oddity")
		if len(odd) == 5 && odd != "VALUE" && odd != "PARTS" || odd == "OUT" || odd == "NOWHERE" {
			codes = append(codes, odd)
		}
	}
	var columns []reporting.AmountColumn
	for _, code := range codes {
		if code != odd && rapid.IntRange(0, 3).Draw(draws, "without "+code) == 3 {
			continue
		}
		parts := []reporting.AmountPart{reporting.AmountValue}
		switch {
		case (code == "RATIO" || code == "SHARE") && odd == "VALUE":
		case (code == "RATIO" || code == "SHARE") && odd == "NUMERATOR":
			parts = []reporting.AmountPart{reporting.AmountNumerator}
		case code == "RATIO", code == "SHARE", (code == "PER" || code == "WHOLE") && odd == "PARTS":
			parts = []reporting.AmountPart{reporting.AmountNumerator, reporting.AmountDenominator}
		case code == "PER":
			parts = []reporting.AmountPart{reporting.AmountNumerator}
		}
		for _, part := range parts {
			scale := rapid.SampledFrom([]figure.Scale{0, 2, 2, 2, 6}).Draw(draws, "scale")
			columns = append(columns, reporting.AmountColumn{Indicator: code, Part: part, Scale: scale})
		}
	}
	if len(columns) == 0 {
		columns = []reporting.AmountColumn{{Indicator: codes[0], Scale: 2}}
	}
	return rapid.Permutation(columns).Draw(draws, "columns")
}

// drawnAmounts draws what a report has in the columns.
func drawnAmounts(draws *rapid.T, columns []reporting.AmountColumn) ([]int64, []figure.State) {
	amounts, states := make([]int64, len(columns)), make([]figure.State, len(columns))
	rare := rapid.SampledFrom([]int{0, 0, 3, 12, 30}).Draw(draws, "exceptions")
	for c, column := range columns {
		states[c] = figure.Value
		if rare > 0 && rapid.IntRange(0, rare).Draw(draws, "exception") == rare {
			states[c] = rapid.SampledFrom([]figure.State{figure.Absent, figure.NotAvailable, figure.NotApplicable}).Draw(draws, "state")
			continue
		}
		f := column.Scale.Factor()
		amounts[c] = f * rapid.SampledFrom([]int64{1, 0, 1, 1, 1, 1, 2, 7}).Draw(draws, "amount")
		switch odd := rapid.IntRange(0, 150).Draw(draws, "odd amount"); { // small numbers are drawn most
		case odd < 100:
		case odd < 110:
			amounts[c] = -f
		case odd < 120:
			amounts[c] = f/2 + 1
		case odd < 140:
			amounts[c] = rapid.SampledFrom([]int64{math.MaxInt64, math.MinInt64, math.MaxInt64 / 100, math.MaxInt64/100 + 1}).Draw(draws, "large")
		default:
			amounts[c] = 11 * f
		}
	}
	return amounts, states
}

// decimal writes an amount as a sender of texts does, by fractions of math/big.
func decimal(n int64, scale figure.Scale) *string {
	s := new(big.Rat).SetFrac64(n, scale.Factor()).FloatString(int(scale))
	if scale > 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return &s
}

// asFigures is the same report in figures, written a second time; places says for each figure which columns made it.
func asFigures(columns []reporting.AmountColumn, amounts []int64, states []figure.State) (figures []reporting.FigureDraft, places []map[string]int) {
	at := map[string]int{}
	for c, column := range columns {
		if _, known := at[column.Indicator]; !known {
			at[column.Indicator] = len(figures)
			figures = append(figures, reporting.FigureDraft{Indicator: column.Indicator})
			places = append(places, map[string]int{"": c})
		}
		d := &figures[at[column.Indicator]]
		places[at[column.Indicator]][strings.ToLower(column.Part.String())] = c
		switch states[c] {
		case figure.Absent:
		case figure.Value:
			text := decimal(amounts[c], column.Scale)
			switch column.Part {
			case reporting.AmountValue:
				d.Value = text
			case reporting.AmountNumerator:
				d.Numerator = text
			case reporting.AmountDenominator:
				d.Denominator = text
			}
		default:
			d.State = states[c]
		}
	}
	var said []reporting.FigureDraft
	var of []map[string]int
	for i, d := range figures {
		if d.State != figure.Absent || d.Value != nil || d.Numerator != nil || d.Denominator != nil {
			said, of = append(said, d), append(of, places[i])
		}
	}
	return said, of
}

// given is the same report as it comes in columns.
func given(amounts []int64, states []figure.State) *reporting.Given {
	g := &reporting.Given{Amounts: amounts}
	for c, s := range states {
		switch s {
		case figure.Absent:
			g.NotReported = append(g.NotReported, int32(c))
		case figure.NotAvailable:
			g.NotAvailable = append(g.NotAvailable, int32(c))
		case figure.NotApplicable:
			g.NotApplicable = append(g.NotApplicable, int32(c))
		case figure.Value:
		}
	}
	return g
}

// saidOf tells an outcome; places turns the paths of figures into those of amounts.
func saidOf(o reporting.Outcome, places []map[string]int) string {
	out := fmt.Sprintf("%d %s %d %s %d %v %t", o.Kind, o.Name, o.Revision, o.Etag, o.Receipt.Sequence, o.Merged, o.Late)
	if o.Err == nil {
		return out
	}
	e := fault.Of(o.Err)
	for _, d := range append([]*fault.Error{e}, e.Details...) {
		field := d.Field
		var i int
		if n, _ := fmt.Sscanf(field, "figures[%d]", &i); n == 1 {
			part := field[strings.LastIndexAny(field, "].")+1:]
			if _, ok := places[i][part]; !ok {
				part = ""
			}
			field = fmt.Sprintf("amounts[%d]", places[i][part])
		}
		out += fmt.Sprintf("\n%s at %s: %s %v", d.Reason, field, d.Text, d.Params)
	}
	return out
}

// oneByOne sends the items of a stream so that none overtakes another. The etag "seen" is the one that was told last, and
// stands in the item from then on.
func (w *world) oneByOne(call reporting.Call, subs []reporting.Submission) []reporting.Outcome {
	w.t.Helper()
	got := make([]reporting.Outcome, 0, len(subs))
	told := map[reporting.ReportRef]string{}
	for i := range subs {
		sub := &subs[i]
		if sub.Etag == "seen" {
			sub.Etag = told[sub.Ref]
		}
		pipe := w.svc.NewStream(w.t.Context(), call, i, func(o reporting.Outcome) error {
			got = append(got, o)
			return nil
		})
		must(w.t, pipe.Send(*sub))
		must(w.t, pipe.Close())
		told[sub.Ref] = got[i].Etag
	}
	return got
}

// bodies are those of all entries that reports made.
func (w *world) bodies() []entry.Body {
	var bodies []entry.Body
	must(w.t, w.journal.Read(w.t.Context(), 1, func(e journal.Entry) error {
		decoded, err := entry.Decode(e.Public, e.Private)
		if body, ok := decoded.Body.(entry.ReportsSubmitted); ok {
			bodies = append(bodies, body)
		}
		return err
	}))
	return bodies
}

func kindWorld(draws *rapid.T) *world {
	dir, err := os.MkdirTemp("", "amounts")
	must(draws, err)
	draws.Cleanup(func() { _ = os.RemoveAll(dir) })
	w := openWorld(draws, dir)
	w.everyKind()
	return w
}

// Whatever a stream brings, it comes to the same in columns as in figures: the same answers word for word, and the same
// entries.
func TestAmountsAreWhatTheirFiguresAre(t *testing.T) {
	kinds := map[reporting.OutcomeKind]int{}
	rapid.Check(t, func(draws *rapid.T) {
		texts, packed := kindWorld(draws), kindWorld(draws)
		for range rapid.IntRange(1, 2).Draw(draws, "streams") {
			form := rapid.SampledFrom([]string{"w", "W", "m"}).Draw(draws, "form")
			columns := drawnColumns(draws, form)
			of, err := reporting.NewAmountColumns(columns)
			must(draws, err)
			var inTexts, inColumns []reporting.Submission
			var places [][]map[string]int
			for range rapid.IntRange(3, 9).Draw(draws, "items") {
				if n := len(inTexts); n > 0 && rapid.IntRange(0, 4).Draw(draws, "the same again") == 0 {
					inTexts, inColumns, places = append(inTexts, inTexts[n-1]), append(inColumns, inColumns[n-1]), append(places, places[n-1])
					continue
				}
				sub := reporting.Submission{
					Ref: reporting.ReportRef{
						Unit: rapid.SampledFrom([]string{"A", "A", "A", "A", "B", "C", "C", "D", "Z"}).Draw(draws, "unit"), Form: form,
						Period: rapid.SampledFrom([]string{"2024-05", "2024-05", "2024-04", "2024-03", "2024-06"}).Draw(draws, "period"),
					},
					Draft: rapid.IntRange(0, 3).Draw(draws, "draft") == 3, Merge: rapid.Bool().Draw(draws, "merge"),
					Etag: rapid.SampledFrom([]string{"seen", "seen", "", "1-submitted", "1-draft"}).Draw(draws, "etag"),
				}
				amounts, states := drawnAmounts(draws, columns)
				text, column := sub, sub
				var at []map[string]int
				text.Figures, at = asFigures(columns, amounts, states)
				inAll := given(amounts, states)
				for i := range text.Figures {
					if rapid.IntRange(0, 7).Draw(draws, "explained") == 7 {
						text.Figures[i].Explanation = "mưa lớn"
						inAll.Explanations = append(inAll.Explanations, reporting.Explained{Indicator: strings.ToLower(text.Figures[i].Indicator), Text: "mưa lớn"})
					}
				}
				if column.Amounts, err = of.Read(inAll); fault.ReasonOf(err) == "AMOUNT_STATES_DIFFER" {
					continue // figures cannot say that
				}
				must(draws, err)
				inTexts, inColumns, places = append(inTexts, text), append(inColumns, column), append(places, at)
			}
			call := texts.call(texts.admin)
			for range 2 { // and once more: what was accepted is replayed
				want, got := texts.oneByOne(call, inTexts), packed.oneByOne(call, inColumns)
				for i := range want {
					if got, want := saidOf(got[i], nil), saidOf(want[i], places[i]); got != want {
						draws.Errorf("item %d in columns: %s\nin figures: %s", i, got, want)
					}
					kinds[want[i].Kind]++
				}
			}
			// And in the other way: it is the same request.
			want, got := texts.oneByOne(call, inTexts), packed.oneByOne(call, inTexts)
			for i := range want {
				if got, want := saidOf(got[i], places[i]), saidOf(want[i], places[i]); got != want {
					draws.Errorf("item %d again in figures: %s\nwhere it was sent in figures: %s", i, got, want)
				}
			}
		}
		if got, want := packed.bodies(), texts.bodies(); !reflect.DeepEqual(got, want) {
			draws.Errorf("entries in columns:\n%+v\nin figures:\n%+v", got, want)
		}
		texts.close()
		packed.close()
	})
	for kind := reporting.Created; kind <= reporting.Replayed; kind++ {
		if kinds[kind] == 0 && !testing.Short() {
			t.Errorf("outcomes by kind: %v; the draw is too wild or too tame", kinds)
		}
	}
}
