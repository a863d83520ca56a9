package report_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tonghop/tonghop/server/bench/report"
)

func TestSpreadOf(t *testing.T) {
	for _, c := range []struct {
		list []float64
		want report.Spread
	}{
		{nil, report.Spread{}},
		{[]float64{7}, report.Spread{Median: 7, Min: 7, Max: 7, Rounds: 1}},
		{[]float64{9, 1, 4}, report.Spread{Median: 4, Min: 1, Max: 9, Rounds: 3}},
		{[]float64{8, 2, 4, 6}, report.Spread{Median: 5, Min: 2, Max: 8, Rounds: 4}},
	} {
		if got := report.SpreadOf(c.list); got != c.want {
			t.Errorf("SpreadOf(%v) = %v, want %v", c.list, got, c.want)
		}
	}
}

// rounds notes the rates of two contestants.
func rounds(a, b string, rates ...[2]float64) *report.Book {
	book := &report.Book{}
	for _, r := range rates {
		book.Add(a, map[string]float64{report.Rate: r[0]})
		book.Add(b, map[string]float64{report.Rate: r[1]})
	}
	return book
}

// TestRatiosAreOfOneRound: the machine may be three times as fast in the next round, for both.
func TestRatiosAreOfOneRound(t *testing.T) {
	book := rounds("a", "b", [2]float64{10, 5}, [2]float64{30, 10}, [2]float64{4, 4})
	side := func(name string) report.Side { return report.Side{Contestant: name, Metric: report.Rate} }
	if got := book.Ratios(side("a"), side("b")); !slices.Equal(got, []float64{2, 3, 1}) {
		t.Errorf("Ratios = %v, want [2 3 1]", got)
	}
	book.Add("once", map[string]float64{report.Rate: 20})
	if got := book.Ratios(side("once"), side("b")); !slices.Equal(got, []float64{4}) {
		t.Errorf("Ratios of one figure to three = %v, want 20 to the median 5", got)
	}
	book.Add("zero", map[string]float64{report.Rate: 0})
	for _, name := range []string{"nobody", "zero"} {
		if got := book.Ratios(side("once"), side(name)); got != nil {
			t.Errorf("Ratios to %s = %v, want none", name, got)
		}
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		ratio, floor, aim float64
		atMost            bool
		want              report.Verdict
	}{
		{20, 10, 20, false, report.MetAim},
		{19.9, 10, 20, false, report.MetFloor},
		{9.9, 10, 20, false, report.Missed},
		{0.3, 0.5, 0.3, true, report.MetAim},
		{0.5, 0.5, 0.3, true, report.MetFloor},
		{0.51, 0.5, 0.3, true, report.Missed},
		{5, 0, 0, true, report.NotJudged},
	} {
		book := rounds("a", "b", [2]float64{c.ratio, 1})
		goal := report.Goal{
			Of: report.Side{Contestant: "a", Metric: report.Rate}, To: report.Side{Contestant: "b", Metric: report.Rate},
			Floor: c.floor, Aim: c.aim, AtMost: c.atMost,
		}
		if got := book.Judge(goal); got.Verdict != c.want || got.Median != c.ratio {
			t.Errorf("%v of floor %v and aim %v is %v at %v, want %v", c.ratio, c.floor, c.aim, got.Verdict, got.Median, c.want)
		}
		goal.Of.Contestant = "nobody"
		if got := book.Judge(goal); got.Verdict != report.NotMeasured {
			t.Errorf("a contestant that took no turn has %v", got.Verdict)
		}
	}
}

// TestGoals holds the table of goals against itself: 16 goals, each with sides that a run can measure, an aim beyond the floor.
func TestGoals(t *testing.T) {
	book := rounds("a", "b", [2]float64{1, 1})
	seen := map[int]bool{}
	for _, g := range report.Goals(book) {
		seen[g.Number] = true
		if g.What == "" || g.Of == (report.Side{}) {
			t.Errorf("a part of goal %d says nothing", g.Number)
		}
		if (g.AtMost && g.Aim > g.Floor) || (!g.AtMost && g.Aim < g.Floor) {
			t.Errorf("goal %d, %s: the aim %v is easier than the floor %v", g.Number, g.What, g.Aim, g.Floor)
		}
	}
	for n := 1; n <= 16; n++ {
		if !seen[n] {
			t.Errorf("there is no goal %d", n)
		}
	}
}

// TestAGoalIsAsItsWorstPart: goal 2 has two parts, of which one was missed, and goal 9 was not measured.
func TestAGoalIsAsItsWorstPart(t *testing.T) {
	book := rounds(report.Product, report.PostgresMonth, [2]float64{10, 5})
	book.Add(report.PostgresFull, map[string]float64{report.Rate: 9})
	book.Add(report.PostgresSame, map[string]float64{report.Rate: 1})
	got := book.Verdicts()
	if got[1] != report.MetFloor || got[2] != report.Missed || got[9] != report.NotMeasured || len(got) != 16 {
		t.Errorf("the verdicts are %v", got)
	}
}

// TestTableAndJSONSayTheSame writes a book in both forms.
func TestTableAndJSONSayTheSame(t *testing.T) {
	book := &report.Book{}
	if !book.Empty() {
		t.Error("a new book is not empty")
	}
	for _, rates := range [][2]float64{{100, 10}, {300, 10}, {200, 10}} {
		for i, name := range []string{report.Product, report.PostgresSame} {
			book.Add(name, map[string]float64{report.Rate: rates[i], report.P50: 1, report.P99: 2, report.Steal: 0.25})
		}
	}
	run := report.Run{Shape: "P", Rounds: 3, Window: "1s", Seed: 7, Notes: []string{"a word"}}
	var table, raw bytes.Buffer
	if err := book.Table(&table, run); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"product", "200 [100..300]", "25% (25%)", "20.0 [10.0..30.0]", "met aim", "by their worst part\nmet aim ", "seed 7", "note: a word"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, &table)
		}
	}
	if err := book.JSON(&raw, run); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Seed    uint64
		Figures map[string]map[string][]float64
		Goals   []report.Result
	}
	if err := json.Unmarshal(raw.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float64{100, 300, 200}, read.Figures[report.Product][report.Rate]); diff != "" || read.Seed != 7 {
		t.Errorf("JSON has the figures %v, seed %d: %s", read.Figures, read.Seed, diff)
	}
	if first := read.Goals[0]; first.Number != 1 || first.Median != 20 || first.Verdict != report.MetAim {
		t.Errorf("JSON has goal 1 as %+v", first)
	}
}

// TestWhatIsMadeStandsBesideWhatIsKept: the table says what a row of each costs, by the medians of the rounds.
func TestWhatIsMadeStandsBesideWhatIsKept(t *testing.T) {
	book := &report.Book{}
	for _, p50 := range []float64{2, 4, 3} {
		book.Add(report.QueriesMade, map[string]float64{
			report.QuestionRows("R1"): 100, report.QuestionP50("R1"): p50, report.QuestionP99("R1"): 9, report.QuestionP50(report.MadeBeside("R1")): 1,
		})
	}
	book.Profile(report.Product, map[string]float64{"a part": 12, "another": 30})
	book.Profile(report.Product+report.OfClient, map[string]float64{"a part": 25, "another": 5})
	var table strings.Builder
	if err := book.Table(&table, report.Run{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"R1               provinces on a later tree, all indicators, a month  100   3.00 [2.00..4.00]  9.00    30.0      1.00 [1.00..1.00]  10.0      3.00 [2.00..4.00]",
		"processor, µs a report  product  product, client\nanother                 30.0     5.00\na part                  12.0     25.0\ntogether                42.0     30.0",
	} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, &table)
		}
	}
	if strings.Contains(table.String(), "A1") {
		t.Errorf("the table has what was not asked:\n%s", &table)
	}
}
