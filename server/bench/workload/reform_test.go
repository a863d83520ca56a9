package workload_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/bench/workload"
)

// TestTheCountryMadeAnewHasAPlaceForEverything: every unit but the country ends and goes over whole into one that begins
// under what its own province becomes, and no code is asked for that does not begin.
func TestTheCountryMadeAnewHasAPlaceForEverything(t *testing.T) {
	for _, name := range []string{"T", "P", "D", "W", "V"} {
		shape, _ := workload.Of(name)
		units, lineage := shape.Reform()
		ends, parents := map[string]bool{}, map[string]string{}
		for _, row := range rowsOf(t, units) {
			if row["valid_to"] == workload.ReformDay() {
				ends[row["code"]+"-0"] = true
				continue
			}
			parents[row["code"]+"-20250701"] = row["parent"]
		}
		if want := shape.Provinces + shape.Districts + shape.Communes; len(ends) != want {
			t.Errorf("%s: %d units end, want %d", name, len(ends), want)
		}
		became := map[string]string{}
		for _, row := range rowsOf(t, lineage) {
			if parents[row["to"]] == "" || !ends[row["from"]] || row["share"] != "whole" || became[row["from"]] != "" {
				t.Fatalf("%s: %v", name, row)
			}
			became[row["from"]] = row["to"]
		}
		above := map[string]string{}
		for _, u := range shape.Units() {
			above[string(u.Code)] = string(u.Parent)
		}
		for n := range shape.Communes {
			code := shape.Commune(n)
			province := above[code]
			if shape.Districts > 0 {
				province = above[province]
			}
			got, want := parents[became[code+"-0"]], strings.TrimSuffix(became[province+"-0"], "-20250701")
			if got == "" || got != want {
				t.Fatalf("%s: %s becomes %s under %s, and its province becomes %s", name, code, became[code+"-0"], got, want)
			}
		}
		for _, q := range shape.Made(3, 9) {
			for _, unit := range q.Units {
				if known := ends[unit] || parents[unit] != "" || unit == workload.Country; !known || ends[unit] && q.Tree != "" {
					t.Errorf("%s: %s asks for %s", name, q.Name, unit)
				}
			}
		}
	}
}

func rowsOf(t *testing.T, text string) []map[string]string {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// TestEachAnswerThatIsMadeStandsBesideOneThatIsKept: with as many rows, asked in the same way.
func TestEachAnswerThatIsMadeStandsBesideOneThatIsKept(t *testing.T) {
	shape, _ := workload.Of("W")
	list := shape.Made(36, 9)
	for i := 0; i < len(list); i += 2 {
		kept, made := list[i], list[i+1]
		if kept.Name != made.Name+"-now" || kept.Rollups != made.Rollups || len(kept.Units) != len(made.Units) || kept.Rowwise != made.Rowwise ||
			kept.Tree != "" || kept.Sequence != 0 || (made.Tree == "") == (made.Sequence == 0) {
			t.Errorf("%s stands beside %s: %+v, %+v", made.Name, kept.Name, made, kept)
		}
	}
	if len(list) != 10 {
		t.Errorf("%d questions, want five and their five", len(list))
	}
}
