package closing_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/closing"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

func drawRow(t *rapid.T) closing.Row {
	count := func(what string) int64 { return rapid.Int64Range(-1, 20000).Draw(t, what) }
	r := closing.Row{
		Unit:      hierarchy.ID(rapid.StringMatching(`[0-9]{2,5}-(0|20250701)`).Draw(t, "unit")),
		Period:    rapid.SampledFrom([]period.Period{period.Of(2024, period.Month, 3), period.Of(2024, period.Quarter, 1)}).Draw(t, "period"),
		Indicator: indicator.Code(rapid.SampledFrom([]string{"CQ-06", "cq-11", "A", "b", "Z9"}).Draw(t, "indicator")),
		State:     rapid.SampledFrom([]string{"VALUE", "NO_DATA", "UNDEFINED", "NOT_PLACEABLE", "OVERFLOW"}).Draw(t, "state"),
		Coverage:  closing.Coverage{Expected: count("expected") + 2, Received: count("received"), Late: count("late"), Over: count("divisor")},
		Fell:      rapid.Bool().Draw(t, "fell"),
	}
	if r.State == "VALUE" {
		r.Value, r.Numerator, r.Last = "-12.50", rapid.SampledFrom([]string{"", "7"}).Draw(t, "numerator"), "2024-02"
	}
	return r
}

// unique gives rows of which no two are of the same unit, period and indicator.
func unique(rows []closing.Row) []closing.Row {
	type key struct {
		unit hierarchy.ID
		per  period.Period
		code indicator.Code
	}
	seen := map[key]bool{}
	return slices.DeleteFunc(rows, func(r closing.Row) bool {
		k := key{r.Unit, r.Period, r.Indicator}
		defer func() { seen[k] = true }()
		return seen[k]
	})
}

func TestATableGivesItsRowsAgainAndItsDigestIsOfItsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := unique(rapid.SliceOfN(rapid.Custom(drawRow), 0, 40).Draw(t, "rows"))
		table, err := closing.Make(slices.Clone(rows))
		if err != nil {
			t.Fatal(err)
		}
		var kept []closing.Row
		var pieces [][]byte
		var firsts []hierarchy.ID
		for _, p := range table.Pieces {
			some, err := closing.Open(p.Deflated)
			if err != nil {
				t.Fatal(err)
			}
			kept, pieces, firsts = append(kept, some...), append(pieces, p.Deflated), append(firsts, p.FirstUnit)
		}
		if len(kept) != len(rows) || table.Rows != len(rows) {
			t.Fatalf("%d rows came back of %d, and %d are counted", len(kept), len(rows), table.Rows)
		}
		for _, r := range rows {
			if !slices.Contains(kept, r) {
				t.Fatalf("%+v is lost among %+v", r, kept)
			}
		}
		text, err := closing.Text(pieces...)
		if err != nil || sha256.Sum256(text) != table.Digest {
			t.Fatalf("the digest is not of the text: %v", err)
		}
		records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil || len(records) != len(rows)+1 {
			t.Fatalf("as CSV the text has %d lines: %v", len(records), err)
		}
		// Whatever order rows come in.
		again, err := closing.Make(rapid.Permutation(rows).Draw(t, "order"))
		if err != nil || cmp.Diff(table, again) != "" {
			t.Fatalf("in another order: %v %s", err, cmp.Diff(table, again))
		}
		if len(rows) > 0 && closing.Of(firsts, rows[0].Unit) < 0 {
			t.Fatalf("no piece holds %s", rows[0].Unit)
		}
	})
}

// TestTheCanonicalTextStaysAsItIs holds every byte: digests of it stand in journals for ever.
func TestTheCanonicalTextStaysAsItIs(t *testing.T) {
	month := period.Of(2024, period.Month, 2)
	table, err := closing.Make([]closing.Row{
		{Unit: "87-0", Period: month, Indicator: "CQ-11", State: "VALUE", Value: "120", Coverage: closing.Coverage{Expected: 2, Received: 1, Missing: 1, UnitsComplete: 1, Units: 2}},
		{Unit: "866-0", Period: month, Indicator: "CQ-06", State: "VALUE", Value: "9.09", Numerator: "100", Denominator: "1100", Coverage: closing.Coverage{Expected: 2, Received: 2, Units: 2}},
		{Unit: "866-0", Period: month, Indicator: "LK", State: "NOT_ROLLED_UP", Last: "2024-02", Fell: true, Coverage: closing.Coverage{Expected: 2, Received: 2}},
		{Unit: "866-0", Period: month, Indicator: "NO", State: "NO_DATA"},
		{Unit: "866-0", Period: month, Indicator: "Q", State: "NOT_AT_THIS_PERIOD", Coverage: closing.Coverage{Expected: 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := closing.Text(table.Pieces[0].Deflated)
	want := closing.Header +
		"866-0,2024-02,CQ-06,VALUE,9.09,100,1100,,,2,2,0,0,0,0,0,0,0,2,0,0,0,0,0\n" +
		"866-0,2024-02,LK,NOT_ROLLED_UP,,,,,,2,2,0,0,0,0,0,0,0,0,0,0,0,0,0\n" +
		"87-0,2024-02,CQ-11,VALUE,120,,,,,2,1,0,1,0,0,0,0,1,2,0,0,0,0,0\n"
	if err != nil || string(text) != want {
		t.Errorf("the text is\n%s, want\n%s (%v)", text, want, err)
	}
}

func TestAPieceThatIsDamagedIsNotRead(t *testing.T) {
	table, err := closing.Make([]closing.Row{{Unit: "87-0", Period: period.Of(2024, period.Month, 2), Indicator: "A", State: "VALUE", Value: "1", Coverage: closing.Coverage{Expected: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	whole := table.Pieces[0].Deflated
	for what, piece := range map[string][]byte{"nothing": nil, "cut off": whole[:len(whole)-3], "noise": []byte(strings.Repeat("x", 40))} {
		if _, err := closing.Open(piece); fault.ReasonOf(err) != closing.ReasonDamaged {
			t.Errorf("%s: %v, want %s", what, err, closing.ReasonDamaged)
		}
	}
}
