package snapshot

import "testing"

func TestABookAddsUp(t *testing.T) {
	b := newBook(10, 2, 4, 1)
	at := func(c int) place { return place{commune: c} }
	for _, e := range [][]change{
		{{submits, at(0), figures{value: 5}}, {submits, at(2), figures{value: 7}}}, // one entry, both of the first district
		{{act: approves, at: at(0)}},
		{{submits, at(0), figures{value: 9}}},
		{{submits, at(1), figures{mark: notAvailable}}},
		{{submits, at(3), figures{mark: notApplicable}}},
	} {
		b.write(e)
	}
	if b.sequence != 15 {
		t.Errorf("the book is at %d, want 15", b.sequence)
	}
	for _, c := range []struct {
		unit     unit
		official bool
		want     row
	}{
		{0, false, row{expected: 3, received: 2, notAvailable: 1, notApplicable: 1, value: 16}},
		{0, true, row{expected: 4, received: 1, missing: 3, value: 5}},
		{1, false, row{expected: 2, received: 2, value: 16}},
		{2, false, row{expected: 1, notAvailable: 1, notApplicable: 1}},
		{3, true, row{expected: 1, received: 1, value: 5}},
	} {
		if got := b.row(c.unit, 0, c.official, false); got != c.want {
			t.Errorf("unit %d, official %t: %+v, want %+v", c.unit, c.official, got, c.want)
		}
	}
	b.write([]change{{act: returns, at: at(0)}})
	if got := b.months[0][0]; got.etag() != "2-returned" || got.approved != 1 {
		t.Errorf("a correction that was sent back leaves %+v, want the approved revision", got)
	}
	b.write([]change{{act: returns, at: at(0)}})
	if _, ok := b.months[0][0].counts(false); ok {
		t.Error("what was approved and then sent back counts still")
	}
}

func TestSumsUpFindsAWrongUnit(t *testing.T) {
	b := newBook(0, 2, 4, 1)
	b.write([]change{{submits, place{}, figures{value: 5}}})
	rows := make([]row, 7)
	for u := range rows {
		rows[u] = b.row(unit(u), 0, false, false)
	}
	if u, want, ok := sumsUp(rows, 2); !ok {
		t.Errorf("unit %d should be %+v", u, want)
	}
	for u := range rows {
		wrong := append([]row{}, rows...)
		wrong[u].value++
		if _, _, ok := sumsUp(wrong, 2); ok {
			t.Errorf("a wrong unit %d is not found", u)
		}
	}
}

func TestHoldDemandsEveryEntry(t *testing.T) {
	nothing := func(*book) error { return nil }
	for name, c := range map[string]struct {
		entries map[int64][]change
		seen    []seen
		ok      bool
	}{
		"all there":     {map[int64][]change{1: {}, 2: {}}, []seen{{2, nothing}, {1, nothing}, {2, nothing}}, true},
		"a gap":         {map[int64][]change{2: {}}, []seen{{2, nothing}}, false},
		"before":        {nil, []seen{{-1, nothing}}, false},
		"of the future": {map[int64][]change{1: {}}, []seen{{2, nothing}}, false},
	} {
		if err := newBook(0, 1, 1, 1).hold(c.entries, c.seen); (err == nil) != c.ok {
			t.Errorf("%s: %v, want ok %t", name, err, c.ok)
		}
	}
}
