package workload_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/tonghop/tonghop/server/bench/workload"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/period"
)

func shape(t *testing.T, name string) workload.Shape {
	t.Helper()
	w, ok := workload.Of(name)
	if !ok {
		t.Fatalf("there is no shape %s", name)
	}
	return w
}

// TestReportsAreAlwaysTheSame: figures of today can be put beside those of another day only if both sent the same. The sums
// are those of the workload as the benchmarks of Go had it before it had a room of its own.
func TestReportsAreAlwaysTheSame(t *testing.T) {
	for name, want := range map[string]string{
		"P": "f315e2a7e91271e27cc47a94df92a2a4",
		"W": "9a313e8ab94d2d464a4628696e415904",
	} {
		w := shape(t, name)
		sum := sha256.New()
		for n := range 1000 {
			request := w.Request(n * 37)
			request.RequestId = ""
			raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(request)
			if err != nil {
				t.Fatal(err)
			}
			sum.Write(raw)
		}
		for _, u := range w.Units() {
			_, _ = fmt.Fprintln(sum, u.Code, u.Kind, u.Parent) // into memory
		}
		if got := fmt.Sprintf("%x", sum.Sum(nil)[:16]); got != want {
			t.Errorf("shape %s sends reports of sum %s, want %s", name, got, want)
		}
	}
}

// TestAnItemIsItsRequest: figures and columns can be put beside each other only if they say the same.
func TestAnItemIsItsRequest(t *testing.T) {
	w := shape(t, "P")
	columns := w.Columns()
	for n := range 500 {
		item, request := w.Item(n), w.Request(n)
		var got, want []string
		for c, amount := range item.GetAmounts() {
			got = append(got, columns[c].GetIndicator()+" "+figure.Number(amount).Format(figure.Scale(columns[c].GetScale())))
		}
		for _, f := range request.GetFigures() {
			for _, text := range []*string{f.Value, f.Numerator, f.Denominator} {
				if text != nil {
					want = append(want, f.GetIndicator()+" "+*text)
				}
			}
		}
		if !slices.Equal(got, want) || len(got) != workload.Slots || item.GetSubmission().GetName() != request.GetName() {
			t.Fatalf("report %d in columns is %s %q, in figures %s %q", n, item.GetSubmission().GetName(), got, request.GetName(), want)
		}
	}
}

// TestShapesHaveTheirUnits counts the units of each shape, whose parents all stand before them.
func TestShapesHaveTheirUnits(t *testing.T) {
	for name, want := range map[string]map[string]int{
		"P": {"country": 1, "province": 1, "district": 12, "commune": 143},
		"D": {"country": 1, "province": 6, "district": 71, "commune": 1060},
		"W": {"country": 1, "province": 63, "district": 705, "commune": 10598},
		"V": {"country": 1, "province": 34, "commune": 3321},
	} {
		w := shape(t, name)
		seen, got := map[string]bool{"": true}, map[string]int{}
		for _, u := range w.Units() {
			if !seen[string(u.Parent)] {
				t.Fatalf("shape %s: %s stands before its parent %s", name, u.Code, u.Parent)
			}
			seen[string(u.Code)] = true
			got[string(u.Kind)]++
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("shape %s has %v, want %v", name, got, want)
		}
		units, indicators, forms := w.Files()
		lines := []int{strings.Count(units, "\n"), strings.Count(indicators, "\n"), strings.Count(forms, "\n")}
		if wanted := []int{1 + len(w.Units()), 1 + workload.Figures, 2}; !slices.Equal(lines, wanted) {
			t.Errorf("shape %s: the files have %d lines, want %d", name, lines, wanted)
		}
	}
}

// TestEveryReportArrivesOnce: the order of arrival is scattered, and leaves nobody out.
func TestEveryReportArrivesOnce(t *testing.T) {
	for _, name := range []string{"T", "P", "D", "V"} {
		w := shape(t, name)
		seen := map[int]bool{}
		for n := range 2 * w.Communes {
			arrived := w.Arrival(n)
			if seen[arrived] || arrived/w.Communes != n/w.Communes {
				t.Fatalf("shape %s: the %d-th to arrive is report %d", name, n, arrived)
			}
			seen[arrived] = true
		}
		if last := workload.Months * w.Communes; w.Arrival(last) != w.Arrival(0) {
			t.Errorf("shape %s: behind the last report comes %d, want the first again", name, w.Arrival(last))
		}
	}
}

// TestEveryMonthIsOver: a report of one that is not would be refused, as one from before the calendar.
func TestEveryMonthIsOver(t *testing.T) {
	first, last := workload.Month(0), workload.Month(workload.Months-1)
	if first != period.Of(period.MinYear, period.Month, 1) || last != period.Of(2024, period.Month, 12) {
		t.Errorf("the months are %s to %s, want those from %d to 2024", first, last, period.MinYear)
	}
}

// TestTruthIsTheSumOfWhatArrived adds the reports of a month, and of half a month, in another way.
func TestTruthIsTheSumOfWhatArrived(t *testing.T) {
	w := shape(t, "T")
	for _, n := range []int{w.Communes, w.Communes * 3 / 2, 2 * w.Communes} {
		for back := range 2 {
			var want [workload.Slots]int64
			for k := range n {
				row := w.Row(w.Arrival(k))
				if row.Month != workload.MonthNumber(back) {
					continue
				}
				for slot := range want {
					want[slot] += row.Values[slot]
				}
			}
			if got := w.Truth(back, n); got != want {
				t.Errorf("Truth(%d, %d) = %v, want %v", back, n, got, want)
			}
		}
	}
}

// TestQuestionsAskForWhatTheyCount holds the number of roll-ups against the questions of the goals.
func TestQuestionsAskForWhatTheyCount(t *testing.T) {
	w, d, v := shape(t, "W"), shape(t, "D"), shape(t, "V")
	for _, c := range []struct {
		name     string
		w, like  workload.Shape
		rollups  []int
		ofLeague int
	}{
		{"W", w, w, []int{63 * 44, 705 * 12, 36, 705}, 705},
		{"W like D", w, d, []int{6 * 44, 71 * 12, 36, 71}, 71},
		{"V", v, v, []int{34 * 44, 34 * 12, 36, 34}, 34},
	} {
		for i, q := range c.w.Questions(36, c.like) {
			if q.Name != fmt.Sprintf("Q%d", i+1) || q.Rollups != c.rollups[i] || q.Ranked != (i == 3) {
				t.Errorf("%s: %s wants %d roll-ups, ranked %v; want %d", c.name, q.Name, q.Rollups, q.Ranked, c.rollups[i])
			}
			if n := int32(len(q.Numbers)); q.Numbers[n-1]-q.Numbers[0] != n-1 { //nolint:gosec // 705 at most
				t.Errorf("%s: the units of %s do not follow each other", c.name, q.Name)
			}
		}
	}
}
