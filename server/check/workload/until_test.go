//go:build unix

package workload

import "testing"

// What was acknowledged after the backup must not be there; the rest of the record stays, and so does the world's own.
func TestUntilFreezesTheRecord(t *testing.T) {
	w := &World{history: newHistory()}
	for n := range int64(4) {
		a := &Attempt{Kind: Submission, Items: []Item{{Report: ReportAt(0, 0), Serial: n + 1, Figures: figures(n + 1)}}}
		w.record(a)
		if n < 3 {
			a.Items[0].Outcome, a.Items[0].Sequence = Acknowledged, 10+n
			w.count++
			a.Items[0].acked = w.count
		}
	}
	w.head = 12
	frozen := w.Until(11)
	var got []Outcome
	for _, a := range frozen.Attempts() {
		got = append(got, a.Items[0].Outcome)
	}
	want := []Outcome{Acknowledged, Acknowledged, Refused, Unknown}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("attempt %d is %s, want %s", i, got[i], want[i])
		}
	}
	if n := len(frozen.receipts(frozen.Mark())); n != 2 {
		t.Errorf("%d receipts, want 2", n)
	}
	if w.Attempts()[2].Items[0].Outcome != Acknowledged || w.Newest() != 12 {
		t.Error("the world's own record changed")
	}
}
