package main

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tonghop/tonghop/client/receipt"
)

// TestR35ARequestIsSentAgainUnderOneID: the same each time, and another for each receipt and each restored journal.
func TestR35ARequestIsSentAgainUnderOneID(t *testing.T) {
	one, two := int32(1), int32(2)
	records := []receipt.Record{{RequestID: "a"}, {RequestID: "b"}, {RequestID: "a", Index: &one}, {RequestID: "a", Index: &two}}
	seen := map[string]string{}
	for _, a := range []resending{{old: "o", here: "h"}, {old: "o", here: "i"}, {old: "p", here: "h"}} {
		for i, r := range records {
			id := a.id(r)
			what := fmt.Sprint(a.old, a.here, i)
			if seen[id] != "" {
				t.Errorf("%s and %s go under one id", what, seen[id])
			}
			seen[id] = what
			if again := a.id(r); again != id {
				t.Errorf("%s goes under %s and %s", what, id, again)
			}
			if parsed, err := uuid.Parse(id); err != nil || parsed.Version() != 8 || parsed.Variant() != uuid.RFC4122 {
				t.Errorf("%s is no UUID of version 8: %v", id, err)
			}
		}
	}
	// What was once sent again under an id must be found under it for 400 days: the rule never changes.
	if got, want := (&resending{old: "o", here: "h"}).id(receipt.Record{RequestID: "a", Index: &one}), "451b499c-439f-84aa-9f15-fe4bfb5df41b"; got != want {
		t.Errorf("the id is %s, want %s", got, want)
	}
}

// TestAReceiptHasTheRowsOfItsReport, whatever the order, the separator and the quotes of the file.
func TestAReceiptHasTheRowsOfItsReport(t *testing.T) {
	file := "\ufeffUnit;form ;period;indicator;value;note\r\n" +
		"82;cds;2024-02;KT-01;1,5;\"một; \"\"hai\"\"\nba\"\r\n" + // line 2, and 3
		"83;cds;2024-02;KT-01;7;\r\n" +
		"\r\n" +
		" 82 ;CDS;2024-02;KT-02;-\r\n" + // line 6
		"82-0;cds;2024-02;KT-03;9;\r\n" + // the same report by another name, which the server says
		"82;cds;2024-03;KT-01;8;"
	f, err := newSentFile([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lines []int32
		rows  [][]string
	}{
		{[]int32{2, 6, 7}, [][]string{
			{"82", "cds", "2024-02", "KT-01", "1,5", "một; \"hai\"\nba"}, {" 82 ", "CDS", "2024-02", "KT-02", "-"}, {"82-0", "cds", "2024-02", "KT-03", "9", ""},
		}},
		{[]int32{4}, [][]string{{"83", "cds", "2024-02", "KT-01", "7", ""}}},
		{[]int32{8}, [][]string{{"82", "cds", "2024-03", "KT-01", "8", ""}}},
		{[]int32{5, 99}, nil},
	} {
		got, err := f.figures(c.lines, "vi")
		want := &receipt.Figures{Numbers: "vi", Columns: []string{"Unit", "form", "period", "indicator", "value", "note"}, Rows: c.rows}
		if err != nil || cmp.Diff(want, got) != "" {
			t.Errorf("lines %v: %v\n%s", c.lines, err, cmp.Diff(want, got))
		}
	}
}

// TestAReceiptSaysWhereRowsMayBeMissing: the server names 50 lines, and behind them a unit may be spelled otherwise.
func TestAReceiptSaysWhereRowsMayBeMissing(t *testing.T) {
	var text strings.Builder
	text.WriteString("unit,form,period,indicator,value\n")
	var lines []int32
	for i := range shownLines + 10 {
		fmt.Fprintf(&text, "82,f,2024,I-%d,1\n", i)
		if i < shownLines {
			lines = append(lines, int32(i+2))
		}
	}
	for _, c := range []struct {
		more    string
		partial bool
	}{{"", false}, {"82-0,f,2024,X,1\n", true}, {"83-0,f,2024,X,1\n82-0,g,2024,X,1\n", false}} {
		f, err := newSentFile([]byte(text.String() + c.more))
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.figures(lines, "")
		if err != nil || len(got.Rows) != shownLines+10 || got.Partial != c.partial {
			t.Errorf("with %q behind: %d rows, partial %t, %v, want %t", c.more, len(got.Rows), got.Partial, err, c.partial)
		}
	}
}

// FuzzSentFile: whatever a file holds, the rows of a receipt are rows of the file, and sending them again is the same.
func FuzzSentFile(f *testing.F) {
	f.Add("unit,form,period,indicator,value\n82,cds,2024-02,KT-01,1\n")
	f.Add("unit;form;period\n\"a\nb\";c;d\n\n;;\n")
	f.Add("\ufeffunit\tform\nx\t\"y\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := newSentFile([]byte(text))
		if err != nil || len(file.rows) == 0 {
			return
		}
		var lines []int32
		for _, row := range file.rows {
			lines = append(lines, row.line)
		}
		all, err := file.figures(lines, "")
		if err != nil || len(all.Rows) != len(file.rows) {
			t.Fatalf("%d of %d rows, %v", len(all.Rows), len(file.rows), err)
		}
		if _, err := fileOf(all); err != nil {
			t.Fatal(err)
		}
		_ = rowsOf(all)
	})
}

// TestABatchIsWhatIsThere: nothing waits for what has not come, nothing is lost, and an error comes last.
func TestABatchIsWhatIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		things := func(yield func(int, error) bool) {
			for i := range 10 {
				if i == 3 || i == 9 {
					time.Sleep(time.Hour) // everything before has been taken by then
				}
				if !yield(i, nil) {
					return
				}
			}
			yield(0, errors.New("broken"))
		}
		var got []string
		for batch, err := range batches(iter.Seq2[int, error](things), 4, func() {}) {
			got = append(got, fmt.Sprint(batch, err))
		}
		joined := strings.Join(got, " ")
		if got[len(got)-1] != "[] broken" || strings.Contains(joined, "[2 3") || strings.Contains(joined, "8 9]") {
			t.Errorf("the batches are %s", joined)
		}
		digits := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, joined)
		if digits != "0123456789" {
			t.Errorf("the batches are %s", joined)
		}
	})
}

// TestABatchThatNobodyWantsEndsTheWork.
func TestABatchThatNobodyWantsEndsTheWork(t *testing.T) {
	stopped := make(chan struct{})
	ended := false
	things := func(yield func(int, error) bool) {
		defer func() { ended = true }()
		for i := 0; yield(i, nil); i++ {
			if i > 100 {
				<-stopped // as a stream that waits for the server
			}
		}
	}
	for batch, err := range batches(iter.Seq2[int, error](things), 8, func() { close(stopped) }) {
		if err != nil || !slices.IsSorted(batch) {
			t.Errorf("the batch is %v, %v", batch, err)
		}
		break
	}
	if !ended {
		t.Error("the work goes on")
	}
}
