package aggregator_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
)

// known asks for the request that made the n-th entry of a story.
func known(t *testing.T, tx *aggregator.Tx, principal, method string, n uint64) (aggregator.RequestRecord, bool) {
	t.Helper()
	record, ok, err := tx.Request(principal, method, [16]byte{8: byte(n >> 8), 9: byte(n)})
	if err != nil {
		t.Fatalf("Request = %v", err)
	}
	return record, ok
}

// TestR37RequestIDsAreRemembered400Days counts in the time of entries, so that a replay forgets the same ids.
func TestR37RequestIDsAreRemembered400Days(t *testing.T) {
	s := one(t)
	last := s.request
	s.view(func(tx *aggregator.Tx) {
		record, ok := known(t, tx, "p", "M", last)
		if !ok || record.Sequence != last || !record.Is([32]byte{byte(last)}) {
			t.Errorf("Request = %+v, %v", record, ok)
		}
		if _, ok := known(t, tx, "q", "M", last); ok {
			t.Error("the id of another principal is known")
		}
		if _, ok := known(t, tx, "p", "N", last); ok {
			t.Error("the id of another method is known")
		}
	})
	made := s.now
	// The entry of 400 days later to the second forgets what is older than the last one, and not that.
	s.now = made.Add(aggregator.Memory - time.Second)
	s.tell(sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(1)}))
	s.view(func(tx *aggregator.Tx) {
		for n := uint64(1); n < last; n++ {
			if _, ok := known(t, tx, "p", "M", n); ok {
				t.Errorf("request %d is known after 400 days", n)
			}
		}
		if _, ok := known(t, tx, "p", "M", last); !ok {
			t.Error("a request of exactly 400 days ago is forgotten")
		}
	})
	s.tell(sent(key("B", "F", "2024-01"), 2, map[uint32]figure.Figure{0: value(2)}))
	s.view(func(tx *aggregator.Tx) {
		if _, ok := known(t, tx, "p", "M", last); ok {
			t.Error("a request of more than 400 days ago is known")
		}
	})
	sameAfterRebuild(t, s)
}

// TestR46ChangesAreNotes lists what happened, one note for each report of an atomic request.
func TestR46ChangesAreNotes(t *testing.T) {
	s := one(t)
	k := key("A", "F", "2024-01")
	draft := sent(k, 2, map[uint32]figure.Figure{0: value(1)})
	draft.Reports[0].Draft = true
	both := sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(1)})
	both.Reports = append(both.Reports, sent(key("B", "F", "2024-02"), 1, nil).Reports...)
	token := auth.Token{ID: "abc", Role: auth.Viewer, SecretHash: [32]byte{1}}
	s.tell(draft, entry.ReportApproved{Key: k, Revision: 1}, entry.ReportReturned{Key: k, Revision: 1, Reason: "x"}, both)
	token.Created = s.now.Add(time.Second)
	s.tell(entry.TokenIssued{Token: token}, entry.TokenRevoked{ID: "abc"}, entry.UnitsChanged{Units: []hierarchy.Unit{
		unit("C", hierarchy.Commune, "D"), unit("E", hierarchy.Commune, "D"),
	}}, entry.HolidaysChanged{Holidays: []period.Holiday{{Day: period.Date(2026, 2, 17), Name: "Tết", Off: true}}},
		entry.PlansChanged{Plans: []plan.Plan{planNamed("X", "một")}, Targets: []plan.Target{targetOf("x", "S", "1")}},
		entry.PlansChanged{Plans: []plan.Plan{planNamed("x", "một"), planNamed("y", "hai")}}, entry.RegionsChanged{})
	want := []aggregator.Change{
		{Sequence: 2, Kind: aggregator.UnitsChange},
		{Sequence: 3, Kind: aggregator.IndicatorsChange, Name: "S"},
		{Sequence: 4, Kind: aggregator.FormsChange, Name: "F"},
		{Sequence: 5, Kind: aggregator.SubmittedChange, Key: k, Revision: 1},
		{Sequence: 6, Kind: aggregator.DraftChange, Key: k, Revision: 2},
		{Sequence: 7, Kind: aggregator.ApprovedChange, Key: k, Revision: 1},
		{Sequence: 8, Kind: aggregator.ReturnedChange, Key: k, Revision: 1},
		{Sequence: 9, Kind: aggregator.SubmittedChange, Key: key("B", "F", "2024-01"), Revision: 1},
		{Sequence: 9, Kind: aggregator.SubmittedChange, Key: key("B", "F", "2024-02"), Revision: 1},
		{Sequence: 10, Kind: aggregator.AccessChange, Name: "abc"},
		{Sequence: 11, Kind: aggregator.AccessChange, Name: "abc"},
		{Sequence: 12, Kind: aggregator.UnitsChange},
		{Sequence: 13, Kind: aggregator.HolidaysChange},
		{Sequence: 14, Kind: aggregator.PlansChange, Name: "x"},
		{Sequence: 15, Kind: aggregator.PlansChange},
		{Sequence: 16, Kind: aggregator.OutsideChange},
	}
	for n := range want {
		want[n].Principal = "p"
		want[n].Time = start.Add(time.Duration(want[n].Sequence) * time.Second)
	}
	changes := func(after uint64, limit int) []aggregator.Change {
		var got []aggregator.Change
		s.view(func(tx *aggregator.Tx) {
			err := tx.Changes(after, limit, func(c aggregator.Change) error {
				got = append(got, c)
				return nil
			})
			if err != nil {
				t.Fatalf("Changes = %v", err)
			}
		})
		return got
	}
	if diff := cmp.Diff(want, changes(0, 100)); diff != "" {
		t.Errorf("Changes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[4:6], changes(5, 2)); diff != "" {
		t.Errorf("Changes after 5 (-want +got):\n%s", diff)
	}
}

// TestTokensAreKeptWithTheirPast issues and revokes.
func TestTokensAreKeptWithTheirPast(t *testing.T) {
	s := one(t)
	for _, name := range []string{"abc", "ab", "abd"} {
		s.tell(entry.TokenIssued{Token: auth.Token{
			ID: name, Role: auth.Reporter, Unit: id("A"), SecretHash: [32]byte{1}, DisplayName: "Lê Thị " + name, Created: s.now.Add(time.Second),
		}})
	}
	s.tell(entry.TokenRevoked{ID: "abc"}, entry.TokenRevoked{ID: "nobody"})
	revoked := s.now.Add(-time.Second)
	s.tell(entry.TokenRevoked{ID: "abc"})
	s.view(func(tx *aggregator.Tx) {
		k, ok, err := tx.Token("abc")
		if !ok || err != nil || !k.Revoked.Equal(revoked) || k.DisplayName != "Lê Thị abc" || k.Unit != id("A") {
			t.Errorf("Token = %+v, %v, %v, want it revoked at %v", k, ok, err, revoked)
		}
		if _, ok, err := tx.Token("a"); ok || err != nil {
			t.Errorf("Token(a) = %v, %v, want none", ok, err)
		}
		for after, want := range map[string]string{"": "ab abc abd ", "ab": "abc abd ", "abc": "abd ", "abd": ""} {
			tokens, err := tx.Tokens(after, 10)
			got := ""
			for _, k := range tokens {
				got += k.ID + " "
			}
			if got != want || err != nil {
				t.Errorf("Tokens(%q) = %q, %v, want %q", after, got, err, want)
			}
		}
		if tokens, _ := tx.Tokens("", 2); len(tokens) != 2 {
			t.Errorf("Tokens with limit 2 = %d", len(tokens))
		}
	})
}

// TestSequencesNameTheLastWriter gives what etags are made of, and what R21 asks.
func TestSequencesNameTheLastWriter(t *testing.T) {
	s := one(t)
	newer := plainIndicator("S", indicator.UnitSum, indicator.Flow, indicator.TimeSum)
	newer.NameVI, newer.ValidFrom = "mới", 20000
	s.tell(entry.UnitsChanged{Units: []hierarchy.Unit{unit("B", hierarchy.Commune, "D")}}, numbered(0, newer),
		numbered(1, plainIndicator("T", indicator.UnitSum, indicator.Flow, indicator.TimeSum)))
	s.view(func(tx *aggregator.Tx) {
		for what, c := range map[string]struct{ got, want uint64 }{
			"unit A": {tx.UnitSequence(id("A")), 2}, "unit B": {tx.UnitSequence(id("B")), 6}, "unit Z": {tx.UnitSequence(id("Z")), 0},
			"indicator S": {tx.IndicatorSequence("s"), 7}, "indicator Z": {tx.IndicatorSequence("Z"), 0}, "form F": {tx.FormSequence("F"), 4},
		} {
			if c.got != c.want {
				t.Errorf("sequence of %s = %d, want %d", what, c.got, c.want)
			}
		}
		if !tx.IndicatorUsed("S") || tx.IndicatorUsed("T") || tx.IndicatorUsed("Z") {
			t.Errorf("used: S %v, T %v, Z %v", tx.IndicatorUsed("S"), tx.IndicatorUsed("T"), tx.IndicatorUsed("Z"))
		}
	})
}

// TestATokenThatIsAskedForIsThatOfTheLastCommit: asked without a transaction it is what one would find, also right after it was
// issued anew or revoked, and somebody who read it before does not keep it for others.
func TestATokenThatIsAskedForIsThatOfTheLastCommit(t *testing.T) {
	s := one(t)
	granted := func() (auth.Token, bool) {
		k, known, err := s.store.Granted(t.Context(), "abc")
		if err != nil {
			t.Fatal(err)
		}
		s.view(func(tx *aggregator.Tx) {
			if want, is, err := tx.Grant("abc"); err != nil || is != known || !reflect.DeepEqual(want, k) {
				t.Errorf("Granted = %+v, %v; in a transaction %+v, %v, %v", k, known, want, is, err)
			}
		})
		return k, known
	}
	if _, known := granted(); known {
		t.Error("a token is known that was not issued")
	}
	issue := func(secret byte) entry.TokenIssued {
		return entry.TokenIssued{Token: auth.Token{ID: "abc", Role: auth.Viewer, SecretHash: [32]byte{secret}, Created: s.now.Add(time.Second)}}
	}
	s.tell(issue(1))
	for range 2 {
		if k, known := granted(); !known || k.SecretHash[0] != 1 {
			t.Errorf("the token is %+v, %v", k, known)
		}
	}
	s.tell(issue(2))
	if k, _ := granted(); k.SecretHash[0] != 2 {
		t.Errorf("after it was issued anew the token is %+v", k)
	}
	s.add(entry.TokenRevoked{ID: "abc"})
	if k, _ := granted(); !k.Revoked.IsZero() {
		t.Errorf("before the commit the token is %+v", k)
	}
	s.commit()
	if k, _ := granted(); k.Revoked.IsZero() {
		t.Errorf("after it was revoked the token is %+v", k)
	}
	aggregator.KeepStale(s.store, auth.Token{ID: "abc"})
	if k, _ := granted(); k.Revoked.IsZero() {
		t.Errorf("somebody who read it before kept %+v for others", k)
	}
}
