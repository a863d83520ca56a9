package server_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// body is a unit in a state of the country, by the data alone.
type body struct{ kind, name, parent string }

// country is the state of one day, by code. Codes of provinces, districts and communes have two, three and five digits.
type country map[string]body

// change is one row of unit_changes.csv.
type change map[string]string

// dated is the changes of one day, in the order of the file, and the state that they lead to.
type dated struct {
	date    string
	changes []change
	after   country
}

// vietnam reads the states of the country from the files alone: the last state before the reform is given, and earlier
// ones follow by taking the changes back. The first has no changes.
func vietnam(t *testing.T, dir string) []dated {
	t.Helper()
	old, now := country{}, country{}
	read := func(into country, file, kind, parent, above string) {
		for _, r := range records(t, filepath.Join(dir, file)) {
			b := body{kind, r["full_name"], above}
			if parent != "" {
				b.parent = r[parent]
			}
			into[r["code"]] = b
		}
	}
	read(old, "provinces_63.csv", "province", "", "VN")
	read(old, "districts_2025-03.csv", "district", "province_code", "")
	read(old, "communes_2025-03.csv", "commune", "district_code", "")
	read(now, "provinces_34.csv", "province", "", "VN")
	read(now, "communes_2026-04.csv", "commune", "province_code", "")
	var groups []dated
	for _, r := range records(t, filepath.Join(dir, "unit_changes.csv")) {
		if n := len(groups); n == 0 || groups[n-1].changes[0]["resolution"] != r["resolution"] {
			groups = append(groups, dated{date: r["effective_date"]})
		}
		g := &groups[len(groups)-1]
		g.changes = append(g.changes, r)
	}
	reform := slices.IndexFunc(groups, func(g dated) bool { return g.date > "2025-07-01" })
	backwards(groups[reform:], now)
	before := backwards(groups[:reform], old)
	first := maps.Clone(now)
	for _, g := range slices.Backward(groups[reform:]) {
		first = takenBack(g, first)
	}
	return slices.Concat([]dated{{date: "2021-11-01", after: before}}, groups[:reform],
		[]dated{{date: "2025-07-01", after: first}}, groups[reform:])
}

// backwards gives each group its state, from the last one, and the state before all of them.
func backwards(groups []dated, last country) country {
	for i := range slices.Backward(groups) {
		groups[i].after = last
		last = takenBack(groups[i], last)
	}
	return last
}

func takenBack(g dated, after country) country {
	before := maps.Clone(after)
	for _, c := range slices.Backward(g.changes) {
		delete(before, c["code"])
		if c["change"] != "added" {
			parent := c["old_parent"]
			if c["level"] == "province" {
				parent = "VN"
			}
			before[c["code"]] = body{c["level"], c["old_name"], parent}
		}
	}
	return before
}

// request is the changes of a day as a request.
func (g dated) request(id string) *reportingv1.ReorganiseUnitsRequest {
	q := &reportingv1.ReorganiseUnitsRequest{Date: g.date, RequestId: id, Note: g.changes[0]["resolution"]}
	for _, c := range g.changes {
		switch {
		case c["change"] == "removed":
			q.Close = append(q.Close, c["code"])
		case c["change"] == "added":
			q.Create = append(q.Create, &reportingv1.NewUnit{Code: c["code"], Kind: c["level"], NameVi: c["new_name"], Parent: c["new_parent"]})
		case c["old_parent"] != c["new_parent"]:
			parent := c["new_parent"]
			q.Move = append(q.Move, &reportingv1.UnitMove{Unit: c["code"], Parent: &parent, NameVi: c["new_name"]})
		default:
			q.Rename = append(q.Rename, &reportingv1.UnitRename{Unit: c["code"], NameVi: c["new_name"]})
		}
	}
	return q
}

// reform writes the two files of 2025-07-01. Units are named by their codes: old ones on the day before, new ones on the
// day. The first days of those that are closed stand in units, as the server has them.
func reform(t *testing.T, dir string, standing []*reportingv1.Unit, after country) (units, lineage []byte) {
	t.Helper()
	const day = "2025-07-01"
	rows := [][]string{{"code", "kind", "name_vi", "parent", "valid_from", "valid_to"}}
	for _, u := range standing {
		if u.GetKind() != "country" {
			rows = append(rows, []string{u.GetCode(), u.GetKind(), u.GetNameVi(), u.GetParent(), u.GetValidFrom(), day})
		}
	}
	for code, b := range after {
		rows = append(rows, []string{code, b.kind, b.name, b.parent, day, ""})
	}
	links := [][]string{{"date", "from", "to", "share"}}
	provinces := map[[2]string]bool{}
	for _, r := range records(t, filepath.Join(dir, "mapping_2025-07-01.csv")) {
		from, to, share := r["old_commune_code"], r["new_commune_code"], "whole"
		if from == "" {
			from = r["old_district_code"] // an island district without communes
		}
		if _, known := after[to]; !known && to == "06970" {
			to = "06978" // the code of Ba Chẽ was corrected later
		}
		if r["is_divided"] == "1" {
			share = "part"
		}
		links = append(links, []string{day, from, to, share})
		if p := [2]string{r["old_province_code"], r["new_province_code"]}; !provinces[p] {
			provinces[p] = true
			links = append(links, []string{day, p[0], p[1], "whole"})
		}
	}
	return csvBytes(t, rows), csvBytes(t, links)
}

func csvBytes(t *testing.T, rows [][]string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestR1TheTreeOfEveryDayIsTheOneOfTheDecrees plays the 1,521 dated changes in their order and the reform of 2025-07-01 in
// one piece, and asks for 200 units on days drawn by a seed: names, units above and how many stand below are those of the
// files.
func TestR1TheTreeOfEveryDayIsTheOneOfTheDecrees(t *testing.T) {
	if testing.Short() {
		t.Skip("a quarter of a minute of work; run without -short")
	}
	dir := shared(t, "vn-admin-units")
	states := vietnam(t, dir)
	p := newProvince(t)
	units := reportingv1.NewUnitServiceClient(p.conn)
	ctx := p.by("founder")
	rows := [][]string{{"code", "kind", "name_vi", "parent"}, {"VN", "country", "Việt Nam", ""}}
	for code, b := range states[0].after {
		rows = append(rows, []string{code, b.kind, b.name, b.parent})
	}
	summary, err := upload(units.ImportUnits(ctx))(
		append([]*reportingv1.ImportUnitsRequest{{Part: &reportingv1.ImportUnitsRequest_Options{Options: &reportingv1.ImportOptions{RequestId: p.requestID()}}}},
			chunks(csvBytes(t, rows), func(b []byte) *reportingv1.ImportUnitsRequest {
				return &reportingv1.ImportUnitsRequest{Part: &reportingv1.ImportUnitsRequest_Chunk{Chunk: b}}
			})...)...)
	if err != nil || len(summary.GetProblems()) > 0 {
		t.Fatal(err, summary.GetProblems())
	}
	played := 0
	for _, g := range states[1:] {
		if g.date == "2025-07-01" {
			p.reform(t, dir, g.after)
			continue
		}
		played += len(g.changes)
		if _, err := units.ReorganiseUnits(ctx, g.request(p.requestID())); err != nil {
			t.Fatalf("%s: %v", g.date, err)
		}
	}
	if played != 1521 {
		t.Errorf("%d changes were played, want 1521", played)
	}
	p.checkCounts(t, dir)
	p.checkDays(t, states)
}

// reform plays 2025-07-01.
func (p *province) reform(t *testing.T, dir string, after country) {
	t.Helper()
	rows, links := reform(t, dir, p.listed("2025-06-30", "", nil), after)
	began := time.Now()
	first := &reportingv1.ImportReorganisationRequest{Part: &reportingv1.ImportReorganisationRequest_Options{
		Options: &reportingv1.ImportReorganisationOptions{Note: "19/2025/QĐ-TTg", RequestId: p.requestID()},
	}}
	more := chunks(rows, func(b []byte) *reportingv1.ImportReorganisationRequest {
		return &reportingv1.ImportReorganisationRequest{Part: &reportingv1.ImportReorganisationRequest_Units{Units: b}}
	})
	more = append(more, chunks(links, func(b []byte) *reportingv1.ImportReorganisationRequest {
		return &reportingv1.ImportReorganisationRequest{Part: &reportingv1.ImportReorganisationRequest_Lineage{Lineage: b}}
	})...)
	var stream grpc.ClientStreamingClient[reportingv1.ImportReorganisationRequest, reportingv1.ImportReorganisationResponse]
	stream, err := reportingv1.NewUnitServiceClient(p.conn).ImportReorganisation(p.by("founder"))
	answer, err := upload(stream, err)(append([]*reportingv1.ImportReorganisationRequest{first}, more...)...)
	if err != nil || answer.GetReorganisation() == nil {
		t.Fatal(err, answer.GetUnitProblems(), answer.GetLineageProblems())
	}
	done := answer.GetReorganisation()
	t.Logf("the reform took %s", time.Since(began).Round(time.Millisecond))
	if done.GetCreated() != 34+3321 || done.GetClosed() != 63+696+10035 || done.GetLinked() != 10602+63 || done.GetReceipt().GetSequence() == 0 {
		t.Errorf("the reform: %d created, %d closed, %d linked", done.GetCreated(), done.GetClosed(), done.GetLinked())
	}
}

// chunks cuts a file into messages.
func chunks[Part any](file []byte, message func([]byte) *Part) (parts []*Part) {
	for chunk := range slices.Chunk(file, 256<<10) {
		parts = append(parts, message(chunk))
	}
	return parts
}

// listed lists units of a day, with all pages.
func (p *province) listed(asOf, below string, kinds []string) (all []*reportingv1.Unit) {
	p.t.Helper()
	q := &reportingv1.ListUnitsRequest{AsOf: asOf, Below: below, Kinds: kinds, PageSize: 500}
	for {
		page, err := reportingv1.NewUnitServiceClient(p.conn).ListUnits(p.by("founder"), q)
		if err != nil {
			p.t.Fatal(err)
		}
		all = append(all, page.GetUnits()...)
		if q.PageToken = page.GetNextPageToken(); q.PageToken == "" {
			return all
		}
	}
}

// checkCounts holds every state against the numbers that the data has of it, and every old commune against the new tree.
func (p *province) checkCounts(t *testing.T, dir string) {
	t.Helper()
	for _, want := range records(t, filepath.Join(dir, "snapshots.csv")) {
		count := map[string]int{}
		for _, u := range p.listed(want["effective_date"], "", nil) {
			count[u.GetKind()]++
		}
		if got := fmt.Sprint(count["province"], " ", count["district"], " ", count["commune"]); got != fmt.Sprint(want["provinces"], " ", want["districts"], " ", want["communes"]) {
			t.Errorf("on %s there are %s units, want %s %s %s", want["effective_date"], got, want["provinces"], want["districts"], want["communes"])
		}
	}
	units := reportingv1.NewUnitServiceClient(p.conn)
	links := map[string]int{}
	q := &reportingv1.ListLineageLinksRequest{FromDate: "2025-07-01", ToDate: "2025-07-01", PageSize: 500}
	for {
		page, err := units.ListLineageLinks(p.by("founder"), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page.GetLinks() {
			links[l.GetFrom().GetId()]++
		}
		if q.PageToken = page.GetNextPageToken(); q.PageToken == "" {
			break
		}
	}
	for _, u := range p.listed("2025-06-30", "", []string{"commune", "province"}) {
		if links[u.GetId()] == 0 {
			t.Errorf("nothing became of %s %s", u.GetId(), u.GetNameVi())
		}
	}
}

// checkDays asks for units of random days.
func (p *province) checkDays(t *testing.T, states []dated) {
	t.Helper()
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any number
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test
	first, _ := time.Parse(time.DateOnly, "2021-11-01")
	units := reportingv1.NewUnitServiceClient(p.conn)
	for range 200 {
		on := first.AddDate(0, 0, random.IntN(1700)).Format(time.DateOnly)
		at := len(states) - 1
		for states[at].date > on {
			at--
		}
		state := states[at].after
		code := slices.Sorted(maps.Keys(state))[random.IntN(len(state))]
		want := state[code]
		got, err := units.GetUnit(p.by("founder"), &reportingv1.GetUnitRequest{Name: "units/" + code, AsOf: on})
		if err != nil {
			t.Errorf("%s on %s: %v", code, on, err)
			continue
		}
		if above := got.GetAncestors()[0].GetCode(); got.GetNameVi() != want.name || got.GetKind() != want.kind || above != want.parent {
			t.Errorf("%s on %s: %s %s under %s, want %+v", code, on, got.GetKind(), got.GetNameVi(), above, want)
		}
		below := 1
		for _, b := range state {
			if b.parent == code || state[b.parent].parent == code {
				below++
			}
		}
		if all := p.listed(on, got.GetId(), nil); len(all) != below {
			t.Errorf("%s on %s: %d units at or below it, want %d", code, on, len(all), below)
		}
	}
}
