package server_test

import (
	"encoding/csv"
	"encoding/json"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The census of 2009: 11,163 communes × 2 indicators, and 1,532 figures of districts and provinces that others computed.

// TestCensusComesOutAsPublished sends the communes' figures through the command line, kills the server in the middle,
// sends the file again, and asks for all the published figures by gRPC and by JSON; then once more after a rebuild.
func TestCensusComesOutAsPublished(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute of work; run without -short")
	}
	dir := shared(t, "vn-census2009")
	units, forms, indicators, figures := censusFiles(t, dir)
	s := newSite(t)
	s.serve()
	s.tonghop("import", "units", units)
	s.tonghop("import", "indicators", indicators)
	s.tonghop("import", "forms", forms)

	// The first sending is cut off.
	broken := make(chan error, 1)
	go func() {
		_, _, err := s.try("submit", figures, "--numbers", "en", "--timeout", "20s")
		broken <- err
	}()
	for len(s.reports("VN")) == 0 {
		time.Sleep(20 * time.Millisecond)
	}
	s.kill()
	if err := <-broken; err == nil {
		t.Fatal("the sending was not cut off: kill earlier")
	}
	s.serve()
	s.tonghop("submit", figures, "--numbers", "en")
	s.checkCensus(t, dir)

	s.stop()
	s.tonghopd("rebuild", "--data", s.dir)
	s.tonghopd("verify", "--data", s.dir)
	s.serve()
	s.checkCensus(t, dir)
}

// reports gives what the whole country has received so far; empty for nothing.
func (s *site) reports(unit string) string {
	s.t.Helper()
	out, _, err := s.try("query", "--unit", unit, "--indicator", "POP", "--period", "2009-04", "--basis", "provisional", "-o", "csv")
	if err != nil {
		return ""
	}
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) < 2 || table(rows)[0]["received"] == "0" {
		return ""
	}
	return table(rows)[0]["received"]
}

func censusFiles(t *testing.T, dir string) (units, forms, indicators, figures string) {
	t.Helper()
	kinds := map[string]string{"1": "country", "2": "province", "3": "district", "4": "commune"}
	rows := [][]string{{"code", "kind", "name_vi", "name_en", "parent"}}
	for _, u := range records(t, filepath.Join(dir, "units.csv")) {
		name := u["name_vn"]
		if name == "" { // two communes of the source have none
			name = u["unit"]
		}
		rows = append(rows, []string{u["unit"], kinds[u["level"]], name, u["name"], u["parent"]})
	}
	units = csvFile(t, "units.csv", rows)
	indicators = csvFile(t, "indicators.csv", [][]string{
		{"code", "name_vi", "name_en", "group", "unit_of_measure", "scale", "unit_rule", "time_rule", "measure", "reported_by", "direction"},
		{"POP", "Dân số", "Population", "CENSUS", "người", "3", "SUM", "LAST", "stock", "commune", "none"},
		{"AREA", "Diện tích", "Area", "CENSUS", "ha", "3", "SUM", "LAST", "stock", "commune", "none"},
	})
	forms = csvFile(t, "forms.csv", [][]string{
		{"code", "name_vi", "frequency", "calendar", "indicators", "assigned"},
		{"census", "Tổng điều tra dân số", "month", "CIVIL", "POP|AREA", "kind:commune"},
	})
	codes := map[string]string{"population": "POP", "area_ha": "AREA"}
	rows = [][]string{{"unit", "form", "period", "indicator", "value"}}
	for _, f := range records(t, filepath.Join(dir, "input.csv")) {
		rows = append(rows, []string{f["unit"], "census", f["period"], codes[f["element"]], f["value"]})
	}
	return units, forms, indicators, csvFile(t, "figures.csv", rows)
}

// checkCensus compares every published figure with the answer by gRPC and by JSON.
func (s *site) checkCensus(t *testing.T, dir string) {
	t.Helper()
	byGRPC := map[string]map[string]string{} // unit/indicator → row
	provinces := strings.Join(s.children("VN"), ",")
	for _, query := range [][]string{{"--unit", "VN", "--children"}, {"--unit", provinces, "--children"}} {
		args := append([]string{"query", "--indicator", "POP,AREA", "--period", "2009-04", "--basis", "provisional", "-o", "csv"}, query...)
		rows, err := csv.NewReader(strings.NewReader(s.tonghop(args...))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range table(rows) {
			byGRPC[row["unit_code"]+"/"+row["indicator"]] = row
		}
	}
	byJSON := s.censusByJSON(t, strings.Split(provinces, ","))
	codes := map[string]string{"population": "POP", "area_ha": "AREA"}
	compared := 0
	for _, want := range records(t, filepath.Join(dir, "expected.csv")) {
		key := want["unit"] + "/" + codes[want["element"]]
		got, ok := byGRPC[key]
		if !ok || got["value"] != want["value"] || got["expected"] == "0" || got["expected"] != got["received"] {
			t.Errorf("%s by gRPC: %v, want %s and full coverage", key, got, want["value"])
		}
		if byJSON[key] != got["value"] {
			t.Errorf("%s by JSON: %q, by gRPC %q", key, byJSON[key], got["value"])
		}
		compared++
	}
	if compared != 1532 {
		t.Errorf("%d published figures compared, want 1532", compared)
	}
}

// children lists the provinces.
func (s *site) children(unit string) []string {
	s.t.Helper()
	var codes []string
	rows, err := csv.NewReader(strings.NewReader(s.tonghop("query", "--unit", unit, "--children", "--indicator", "POP",
		"--period", "2009-04", "--basis", "provisional", "-o", "csv"))).ReadAll()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, row := range table(rows) {
		codes = append(codes, row["unit_code"])
	}
	return codes
}

// censusByJSON asks for the same figures as a consumer of JSON would.
func (s *site) censusByJSON(t *testing.T, provinces []string) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, unit := range append([]string{"VN"}, provinces...) {
		query := url.Values{
			"units": {unit}, "children": {"true"}, "indicators": {"POP", "AREA"}, "periods": {"2009-04"},
			"basis": {"BASIS_PROVISIONAL"}, "pageSize": {"5000"},
		}
		var page struct {
			Rollups []struct {
				UnitCode, Indicator string
				Value               *string
			}
			NextPageToken string
		}
		if err := json.Unmarshal(s.get("/v1/rollups:query?"+query.Encode()), &page); err != nil {
			t.Fatal(err)
		}
		if page.NextPageToken != "" {
			t.Fatal("more than one page of children")
		}
		for _, r := range page.Rollups {
			if r.Value != nil {
				values[r.UnitCode+"/"+r.Indicator] = *r.Value
			}
		}
	}
	return values
}
