package server_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// TestRealTreeImportsInOneCommand imports Vietnam as it was in March 2025 and the catalogue of the demo, and finds units
// by words without accents.
func TestRealTreeImportsInOneCommand(t *testing.T) {
	dir := shared(t, "vn-admin-units")
	rows := [][]string{{"code", "kind", "name_vi", "name_en", "parent", "valid_from", "valid_to"}, {"VN", "country", "Việt Nam", "Viet Nam"}}
	rows[1] = append(rows[1], "", "", "")
	for _, level := range []struct{ file, kind, parent string }{
		{"communes_2025-03.csv", "commune", "district_code"}, // parents may stand below their children
		{"districts_2025-03.csv", "district", "province_code"},
		{"provinces_63.csv", "province", ""},
	} {
		for _, u := range records(t, filepath.Join(dir, level.file)) {
			parent := "VN"
			if level.parent != "" {
				parent = u[level.parent]
			}
			rows = append(rows, []string{u["code"], level.kind, u["full_name"], u["name_en"], parent, "", "2025-07-01"})
		}
	}
	s := newSite(t)
	s.serve()
	out := s.tonghop("import", "units", csvFile(t, "units.csv", rows))
	if !strings.Contains(out, "10795") {
		t.Errorf("import units said %q, want 10795 created (1 + 63 + 696 + 10,035)", out)
	}
	s.tonghop("import", "indicators", filepath.Join("demo", "data", "indicators.csv"))

	for kind, want := range map[string]int{"country": 1, "province": 63, "district": 696, "commune": 10035} {
		if got := s.countUnits(t, "asOf=2025-03-01&kinds="+kind); got != want {
			t.Errorf("%d units of kind %s on 2025-03-01, want %d", got, kind, want)
		}
	}
	if got := s.countUnits(t, "asOf=2025-03-01&below=87&kinds=district"); got != 12 {
		t.Errorf("Đồng Tháp has %d districts, want 12", got)
	}
	if got := s.countUnits(t, "asOf=2025-03-01&kinds=province&search=dong+thap"); got != 1 {
		t.Errorf("%d provinces are found by dong thap, want 1", got)
	}
	if got := s.countUnits(t, "asOf=2025-07-01&kinds=province"); got != 0 {
		t.Errorf("%d of the old provinces stand on 2025-07-01, want none", got)
	}
}

// countUnits counts the units of a list over all its pages.
func (s *site) countUnits(t *testing.T, query string) int {
	t.Helper()
	n, token := 0, ""
	for {
		var page struct {
			Units         []struct{ ID string }
			NextPageToken string
		}
		if err := json.Unmarshal(s.get("/v1/units?pageSize=500&"+query+"&pageToken="+token), &page); err != nil {
			t.Fatal(err)
		}
		n += len(page.Units)
		if token = page.NextPageToken; token == "" {
			return n
		}
	}
}
