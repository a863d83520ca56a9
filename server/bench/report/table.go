package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
)

// Run says what was measured.
type Run struct {
	Shape  string   `json:"shape"`
	Small  string   `json:"small,omitempty"`
	Loaded int      `json:"loaded_reports"`
	Rounds int      `json:"rounds"`
	Window string   `json:"window"`
	Seed   uint64   `json:"seed"`
	Notes  []string `json:"notes,omitempty"`
}

// JSON writes everything: the figures of every round, and how the goals stand.
func (b *Book) JSON(w io.Writer, run Run) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Run
		Figures map[string]map[string][]float64 `json:"figures"`
		Goals   []Result                        `json:"goals"`
		// Profiles are microseconds for a report, by process and part.
		Profiles map[string]map[string]float64 `json:"profiles,omitempty"`
		// Verdicts are those of whole goals, by their numbers.
		Verdicts map[int]Verdict `json:"verdicts"`
	}{run, b.figures, b.Results(), b.profiles, b.Verdicts()})
}

// Table writes the same for people: medians with the least and the greatest of the rounds.
func (b *Book) Table(w io.Writer, run Run) error {
	var out strings.Builder
	fmt.Fprintf(&out, "shape %s, %d reports loaded, %d rounds of %s in random order, seed %d\n\n", run.Shape, run.Loaded, run.Rounds, run.Window, run.Seed)
	b.rates(&out)
	b.queries(&out)
	b.made(&out)
	b.singles(&out)
	b.parts(&out)
	b.goals(&out)
	b.verdicts(&out)
	for _, note := range run.Notes {
		fmt.Fprintf(&out, "note: %s\n", note)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// rates are those who submit.
func (b *Book) rates(w io.Writer) {
	rows := [][]string{{"submissions", "/s", "p50 ms", "p99 ms", "steal", "others"}}
	for _, name := range Contestants {
		of := func(metric string) []float64 { return b.Of(Side{name, metric}) }
		if len(of(Rate)) > 0 && len(of(P50)) > 0 {
			rows = append(rows, []string{name, show(of(Rate)), show(of(P50)), show(of(P99)), share(of(Steal)), share(of(Others))})
		}
	}
	columns(w, rows)
}

func (b *Book) queries(w io.Writer) {
	rows := [][]string{{"queries, p50 / p99 ms", "Q1", "Q2", "Q3", "Q4", "steal", "others"}}
	for _, name := range Contestants {
		if len(b.Of(Side{name, QuestionP50("Q1")})) == 0 {
			continue
		}
		row := []string{name}
		for _, q := range Questions {
			row = append(row, show(b.Of(Side{name, QuestionP50(q)}))+" / "+number(SpreadOf(b.Of(Side{name, QuestionP99(q)})).Median))
		}
		rows = append(rows, append(row, share(b.Of(Side{name, Steal})), share(b.Of(Side{name, Others}))))
	}
	columns(w, rows)
}

// made are the questions whose answers are made when they are asked, beside those of now with as many rows.
func (b *Book) made(w io.Writer) {
	rows := [][]string{{"made when asked", "", "rows", "p50 ms", "p99 ms", "µs a row", "kept: p50 ms", "µs a row", "times"}}
	for _, m := range Made {
		side := func(question string) Side { return Side{QueriesMade, QuestionP50(question)} }
		count := SpreadOf(b.Of(Side{QueriesMade, QuestionRows(m.Question)})).Median
		if count == 0 {
			continue
		}
		took, beside := b.Of(side(m.Question)), b.Of(side(MadeBeside(m.Question)))
		each := func(list []float64) string { return number(1000 * SpreadOf(list).Median / count) }
		rows = append(rows, []string{
			m.Question, m.What, number(count), show(took), number(SpreadOf(b.Of(Side{QueriesMade, QuestionP99(m.Question)})).Median), each(took),
			show(beside), each(beside), show(b.Ratios(side(m.Question), side(MadeBeside(m.Question)))),
		})
	}
	columns(w, rows)
}

// singles are the figures that are measured beside the rounds.
func (b *Book) singles(w io.Writer) {
	rows := [][]string{{"beside the rounds", "", ""}}
	for _, name := range b.order {
		if !slices.Contains([]string{BulkProduct, BulkPostgres, StartProduct, ReplayProduct, DiskProduct, DiskPostgres, MemoryProduct}, name) {
			continue
		}
		for _, metric := range slices.Sorted(maps.Keys(b.figures[name])) {
			rows = append(rows, []string{name, metric, show(b.Of(Side{name, metric}))})
		}
	}
	columns(w, rows)
}

// parts are the profiles: what takes longest anywhere comes first.
func (b *Book) parts(w io.Writer) {
	head, longest := []string{"processor, µs a report"}, map[string]float64{}
	processes := slices.Sorted(maps.Keys(b.profiles))
	sums := []string{"together"}
	for _, process := range processes {
		head = append(head, process)
		sum := 0.0
		for part, took := range b.profiles[process] {
			longest[part] = max(longest[part], took)
			sum += took
		}
		sums = append(sums, number(sum))
	}
	rows := [][]string{head}
	for _, part := range slices.SortedFunc(maps.Keys(longest), func(x, y string) int {
		return cmp.Or(cmp.Compare(longest[y], longest[x]), cmp.Compare(x, y))
	}) {
		row := []string{part}
		for _, process := range processes {
			row = append(row, number(b.profiles[process][part]))
		}
		rows = append(rows, row)
	}
	if len(processes) > 0 {
		rows = append(rows, sums)
	}
	columns(w, rows)
}

func (b *Book) goals(w io.Writer) {
	rows := [][]string{{"goal", "", "median [min..max]", "floor", "aim", "verdict"}}
	for _, r := range b.Results() {
		sign := "≥ "
		if r.AtMost {
			sign = "≤ "
		}
		figure := "-"
		if r.Rounds > 0 {
			figure = spread(r.Spread)
		}
		floor, aim := sign+number(r.Floor), sign+number(r.Aim)
		if r.Floor == 0 {
			floor, aim = "-", "-"
		}
		rows = append(rows, []string{fmt.Sprint(r.Number), r.What, figure, floor, aim, string(r.Verdict)})
	}
	columns(w, rows)
}

// verdicts says how whole goals stand, by verdict.
func (b *Book) verdicts(w io.Writer) {
	by := map[Verdict][]string{}
	verdicts := b.Verdicts()
	for _, number := range slices.Sorted(maps.Keys(verdicts)) {
		by[verdicts[number]] = append(by[verdicts[number]], fmt.Sprint(number))
	}
	rows := [][]string{{"goals, by their worst part", ""}}
	for _, v := range []Verdict{MetAim, MetFloor, Missed, NotMeasured} {
		if len(by[v]) > 0 {
			rows = append(rows, []string{string(v), strings.Join(by[v], ", ")})
		}
	}
	columns(w, rows)
}

// columns writes rows below each other, unless there is none below the head.
func columns(w io.Writer, rows [][]string) {
	if len(rows) < 2 {
		return
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell + strings.Repeat(" ", widths[i]-len([]rune(cell))+2))
		}
		_, _ = fmt.Fprintln(w, strings.TrimRight(line.String(), " ")) // into memory
	}
	_, _ = fmt.Fprintln(w)
}

func show(list []float64) string {
	if len(list) == 0 {
		return "-"
	}
	return spread(SpreadOf(list))
}

func spread(s Spread) string {
	if s.Rounds < 2 {
		return number(s.Median)
	}
	return fmt.Sprintf("%s [%s..%s]", number(s.Median), number(s.Min), number(s.Max))
}

// share is one of the processor's time, the greatest of all rounds behind it.
func share(list []float64) string {
	s := SpreadOf(list)
	return fmt.Sprintf("%.0f%% (%.0f%%)", 100*s.Median, 100*s.Max)
}

// number writes three digits that count.
func number(n float64) string {
	switch a := math.Abs(n); {
	case a >= 100:
		return fmt.Sprintf("%.0f", n)
	case a >= 10:
		return fmt.Sprintf("%.1f", n)
	case a >= 1 || a == 0:
		return fmt.Sprintf("%.2f", n)
	default:
		return fmt.Sprintf("%.3f", n)
	}
}
