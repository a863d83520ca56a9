package aggregator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

func report(t *testing.T, s *story, k entry.ReportKey) aggregator.Report {
	t.Helper()
	var r aggregator.Report
	s.view(func(tx *aggregator.Tx) {
		var ok bool
		var err error
		if r, ok, err = tx.Report(k); !ok || err != nil {
			t.Fatalf("Report(%s) = %v, %v", k, ok, err)
		}
	})
	return r
}

// TestARevisionComesBackAsItWasSent sends one of everything that a figure can be.
func TestARevisionComesBackAsItWasSent(t *testing.T) {
	s := one(t)
	body := entry.ReportsSubmitted{Reports: []entry.Submission{{
		Key: key("B", "F", "2024-01"), Revision: 1, Merged: true, ActingFor: id("A"), Deadline: s.now.Add(time.Hour).Truncate(time.Second),
		Figures: []entry.Figure{
			{Number: 0, Figure: figure.Figure{State: figure.Value, HasValue: true, Value: -1 << 62, Grade: figure.Estimate, Note: "ghi chú"}},
			{Number: 3, Figure: ratio(0, 1<<40)},
			{Number: 4, Figure: figure.Figure{State: figure.NotAvailable, Explanation: "chưa có"}},
			{Number: 70000, Figure: figure.Figure{State: figure.NotApplicable, Grade: figure.Preliminary}},
		},
	}}}
	s.tell(body)
	r := report(t, s, body.Reports[0].Key)
	if r.Deadline != body.Reports[0].Deadline.UTC() || r.Late || r.Official != 0 || r.Provisional != 1 || r.Key != body.Reports[0].Key {
		t.Errorf("report = %+v", r)
	}
	want := aggregator.Revision{
		Number: 1, State: aggregator.Submitted, Figures: body.Reports[0].Figures, Principal: "p", Time: s.now,
		Sequence: s.journal.Head().Sequence, Merged: true, ActingFor: id("A"),
	}
	if diff := cmp.Diff(want, r.Revisions[0]); diff != "" {
		t.Errorf("revision (-want +got):\n%s", diff)
	}
	s.tell(entry.ReportApproved{Key: r.Key, Revision: 1})
	if got := report(t, s, r.Key).Revisions[0]; got.State != aggregator.Approved || got.Reviewer != "p" || got.ReviewTime != s.now {
		t.Errorf("approved = %+v", got)
	}
}

// TestR7LateIsDecidedByTheFirstSubmission: neither a draft before nor a correction after decides.
func TestR7LateIsDecidedByTheFirstSubmission(t *testing.T) {
	for name, c := range map[string]struct {
		first time.Duration // of the deadline, after the moment of the first final submission
		late  bool
	}{"at the deadline": {0, true}, "a second before it": {time.Second, false}, "after it": {-time.Hour, true}} {
		s := one(t)
		k := key("B", "F", "2024-01")
		send := func(revision int, draft bool, deadline time.Time) {
			body := sent(k, revision, map[uint32]figure.Figure{0: value(1)})
			body.Reports[0].Draft, body.Reports[0].Deadline = draft, deadline
			s.tell(body)
		}
		send(1, true, s.now.Add(-time.Hour))
		if r := report(t, s, k); r.Late {
			t.Errorf("%s: a draft is late", name)
		}
		deadline := s.now.Add(time.Second).Add(c.first)
		send(2, false, deadline)
		send(3, false, s.now.Add(-time.Hour))
		s.tell(entry.ReportReturned{Key: k, Revision: 3, Reason: "x"})
		send(4, false, s.now.Add(time.Hour))
		r := report(t, s, k)
		if r.Late != c.late || !r.Deadline.Equal(deadline) {
			t.Errorf("%s: late %v by %v, want %v by %v", name, r.Late, r.Deadline, c.late, deadline)
		}
		a := ask(t, s, aggregator.Query{Unit: id("D"), Indicator: "S", Period: mustPeriod("2024-01"), Basis: rollup.Provisional})
		if late := a.Result.Coverage.Late == 1; late != c.late {
			t.Errorf("%s: the roll-up counts %d late", name, a.Result.Coverage.Late)
		}
	}
}

// TestManyLongRevisionsAllComeBack makes reports that no value could hold: old revisions are laid by, large ones are
// taken to pieces, and all come back in order with their states; no value is longer than 64 KiB.
func TestManyLongRevisionsAllComeBack(t *testing.T) {
	s := one(t)
	var catalogue []indicator.Indicator
	for n := range 60 {
		catalogue = append(catalogue, plainIndicator("X"+string(rune('A'+n/26))+string(rune('A'+n%26)), indicator.UnitSum, indicator.Flow, indicator.TimeSum))
	}
	s.tell(numbered(1, catalogue...))
	k := key("B", "F", "2024-02")
	const revisions = 40
	bodies := make([]entry.ReportsSubmitted, revisions+1)
	for n := 1; n <= revisions; n++ {
		body := entry.ReportsSubmitted{Reports: []entry.Submission{{Key: k, Revision: n, Draft: n%5 == 0}}}
		for i := range uint32(60) {
			f := value(int64(n))
			if n%7 == 0 {
				f.Note = strings.Repeat("ầ", 1000+n) // more than 64 KiB together
			}
			body.Reports[0].Figures = append(body.Reports[0].Figures, entry.Figure{Number: i, Figure: f})
		}
		bodies[n] = body
		s.tell(body)
		switch n {
		case 14, 28:
			s.tell(entry.ReportApproved{Key: k, Revision: n})
		case 21:
			s.tell(entry.ReportReturned{Key: k, Revision: n, Reason: strings.Repeat("lý do ", 300)})
		}
	}
	r := report(t, s, k)
	if len(r.Revisions) != revisions || r.Official != 28 || r.Provisional != 39 {
		t.Fatalf("%d revisions, official %d, provisional %d", len(r.Revisions), r.Official, r.Provisional)
	}
	for n, rev := range r.Revisions {
		want := aggregator.Superseded
		switch number := n + 1; {
		case number%5 == 0:
			want = aggregator.Draft
		case number == 21:
			want = aggregator.Returned
		case number == 28:
			want = aggregator.Approved
		case number == 39:
			want = aggregator.Submitted
		}
		if rev.Number != n+1 || rev.State != want {
			t.Errorf("revision %d is %d, %v, want %v", n+1, rev.Number, rev.State, want)
		}
		if diff := cmp.Diff(bodies[n+1].Reports[0].Figures, rev.Figures); diff != "" {
			t.Fatalf("revision %d (-want +got):\n%s", n+1, diff)
		}
	}
	for b, want := range []string{rollup.Official: "28", rollup.Provisional: "49"} {
		a := ask(t, s, aggregator.Query{Unit: id("D"), Indicator: "S", Period: mustPeriod("2024"), Basis: rollup.Basis(b)})
		if a.Result.Display != want {
			t.Errorf("%s = %s, want %s", rollup.Basis(b), a.Result.Display, want)
		}
	}
	sameAfterRebuild(t, s)
	longest(t, s)
}

// longest wants no value longer than 64 KiB.
func longest(t *testing.T, s *story) {
	t.Helper()
	db, err := bolt.Open(s.path("state.bolt"), 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	_ = db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				if len(v) > 64<<10 {
					t.Errorf("%s %x has %d bytes", name, k, len(v))
				}
				return nil
			})
		})
	})
}

// TestScanReportsGoesInTheOrderOfUnits pages through the reports of a period.
func TestScanReportsGoesInTheOrderOfUnits(t *testing.T) {
	s := one(t)
	s.tell(entry.UnitsChanged{Units: []hierarchy.Unit{unit("C", hierarchy.Commune, "D")}})
	for _, u := range []string{"C", "B"} {
		s.tell(sent(key(u, "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(1)}))
	}
	s.tell(sent(key("B", "F", "2024-02"), 1, map[uint32]figure.Figure{0: value(1)}))
	s.view(func(tx *aggregator.Tx) {
		for after, want := range map[int]string{-1: "A-0 B-0 C-0", 2: "B-0 C-0", 3: "C-0", 4: ""} {
			var got []string
			err := tx.ScanReports("f", period.Of(2024, period.Month, 1), after, func(ordinal int, r aggregator.Report) (bool, error) {
				if at, _ := tx.Tree().Ordinal(r.Key.Unit); at != ordinal {
					t.Errorf("%s has ordinal %d, was told %d", r.Key.Unit, at, ordinal)
				}
				got = append(got, string(r.Key.Unit))
				return true, nil
			})
			if strings.Join(got, " ") != want || err != nil {
				t.Errorf("ScanReports after %d = %q, %v, want %q", after, got, err, want)
			}
		}
		units, indicators, forms, reports := tx.Counts()
		if units != 5 || indicators != 1 || forms != 1 || reports != 4 {
			t.Errorf("Counts = %d, %d, %d, %d", units, indicators, forms, reports)
		}
	})
}
