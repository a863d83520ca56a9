package server_test

import (
	"encoding/csv"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// The reorganisation of 2025-07-01, with figures of all communes before it.

// TestR2RealFiguresAreTheSameOnEitherTree sends a figure of May 2025 for each of the 10,035 communes and asks for it on the
// tree of May and on that of July: the country is the same, each of the 34 provinces is the sum of what became part of it by
// the mapping file alone, and so is each commune, but for those that got only a part of what others got too.
func TestR2RealFiguresAreTheSameOnEitherTree(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute of work; run without -short")
	}
	dir := shared(t, "vn-admin-units")
	s := newSite(t)
	s.serve()
	before, change := reformUnits(t, dir)
	s.tonghop("import", "units", csvFile(t, "units.csv", before))
	s.tonghop("import", "indicators", csvFile(t, "indicators.csv", [][]string{
		{"code", "name_vi", "name_en", "group", "unit_of_measure", "scale", "unit_rule", "time_rule", "measure", "reported_by", "direction"},
		{"HS", "Hồ sơ", "Files", "X", "hồ sơ", "0", "SUM", "SUM", "flow", "commune", "none"},
		{"DS", "Dân số", "Population", "X", "người", "0", "SUM", "LAST", "stock", "commune", "none"},
	}))
	s.tonghop("import", "forms", csvFile(t, "forms.csv", [][]string{
		{"code", "name_vi", "frequency", "calendar", "indicators", "assigned"},
		{"T", "Tháng", "month", "CIVIL", "HS|DS", "kind:commune"},
	}))
	s.tonghop("units", "reorganise", "--units", csvFile(t, "change.csv", change), "--lineage", csvFile(t, "lineage.csv", reformLineage(t, dir)))
	figures := [][]string{{"unit", "form", "period", "indicator", "value"}}
	total := int64(0)
	for _, u := range records(t, filepath.Join(dir, "communes_2025-03.csv")) {
		n := figureOf(u["code"])
		total += n
		for _, code := range []string{"HS", "DS"} {
			figures = append(figures, []string{u["code"], "T", "2025-05", code, fmt.Sprint(n)})
		}
	}
	s.tonghop("submit", csvFile(t, "figures.csv", figures))

	for _, tree := range []string{"", "2025-05-31", "2025-07-01", "2026-04-30"} {
		for _, code := range []string{"HS", "DS"} {
			country := s.across(t, code, tree, "VN")
			if got, want := country["VN"], fmt.Sprint(total, " of 10035/10035"); got != want {
				t.Errorf("%s of the country on the tree of %q: %s, want %s", code, tree, got, want)
			}
		}
	}
	for _, code := range []string{"HS", "DS"} {
		s.checkReform(t, dir, code)
	}
	s.stop()
	if out := s.tonghopd("verify", "--data", s.dir); !strings.Contains(out, " 0 findings") {
		t.Errorf("verify said %q", tail(out))
	}
}

// checkReform compares provinces and communes of July with the mapping file.
func (s *site) checkReform(t *testing.T, dir, code string) {
	t.Helper()
	provinces, communes, parted := reformByMapping(t, dir)
	got := s.across(t, code, "2025-07-01", "VN", "--children")
	if len(got) != len(provinces) || len(got) != 34 {
		t.Errorf("%s: %d provinces, want 34", code, len(got))
	}
	var all []string
	for province, sum := range provinces {
		all = append(all, province)
		if value, _, _ := strings.Cut(got[province], " of "); value != fmt.Sprint(sum) {
			t.Errorf("%s of province %s: %s, want %d", code, province, got[province], sum)
		}
	}
	got = s.across(t, code, "2025-07-01", strings.Join(all, ","), "--children")
	unplaced := 0
	for commune, sum := range communes {
		want := fmt.Sprint(sum)
		switch {
		case parted[commune]:
			unplaced++
			want = "NOT_PLACEABLE"
		case sum == 0:
			want = "NO_DATA" // made of an island district without communes
		}
		if value, _, _ := strings.Cut(got[commune], " of "); value != want {
			t.Errorf("%s of commune %s: %s, want %s", code, commune, got[commune], want)
		}
	}
	if len(got) != 3321 || unplaced != 441 {
		t.Errorf("%s: %d communes, %d of them not placeable; want 3321 and 441", code, len(got), unplaced)
	}
}

// across asks for May 2025 and gives value or state and coverage by the codes of units.
func (s *site) across(t *testing.T, code, tree, units string, flags ...string) map[string]string {
	t.Helper()
	args := append([]string{"query", "--unit", units, "--indicator", code, "--period", "2025-05", "--basis", "provisional", "-o", "csv"}, flags...)
	if tree != "" {
		args = append(args, "--tree", tree)
	}
	rows, err := csv.NewReader(strings.NewReader(s.tonghop(args...))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, r := range table(rows) {
		value := r["value"]
		if r["state"] != "VALUE" {
			value = r["state"]
		}
		said[r["unit_code"]] = value + " of " + r["received"] + "/" + r["expected"]
	}
	return said
}

// figureOf makes up a figure that no other commune's is likely to cancel.
func figureOf(code string) int64 {
	n := int64(7)
	for _, c := range code {
		n = n*31 + int64(c)
	}
	return n % 100_003
}

// reformUnits gives the units before the change, and those that it closes and begins.
func reformUnits(t *testing.T, dir string) (before, change [][]string) {
	t.Helper()
	header := []string{"code", "kind", "name_vi", "name_en", "parent", "valid_from", "valid_to"}
	before = [][]string{header, {"VN", "country", "Việt Nam", "Viet Nam", "", "", ""}}
	change = [][]string{header}
	for _, level := range []struct{ file, kind, parent string }{
		{"provinces_63.csv", "province", ""}, {"districts_2025-03.csv", "district", "province_code"}, {"communes_2025-03.csv", "commune", "district_code"},
	} {
		for _, u := range records(t, filepath.Join(dir, level.file)) {
			parent := "VN"
			if level.parent != "" {
				parent = u[level.parent]
			}
			row := []string{u["code"], level.kind, u["full_name"], u["name_en"], parent, "", ""}
			before = append(before, row)
			change = append(change, append(row[:6:6], "2025-07-01"))
		}
	}
	for _, u := range records(t, filepath.Join(dir, "provinces_34.csv")) {
		change = append(change, []string{u["code"], "province", u["full_name"], u["name_en"], "VN", "2025-07-01", ""})
	}
	for _, u := range records(t, filepath.Join(dir, "communes_2026-04.csv")) {
		change = append(change, []string{u["code"], "commune", u["full_name"], u["name_en"], u["province_code"], "2025-07-01", ""})
	}
	return before, change
}

// newCommune is the code of a commune in the list of 2026-04: that of Ba Chẽ was corrected after the mapping was made.
func newCommune(code string) string {
	if code == "06970" {
		return "06978"
	}
	return code
}

// oldUnit is what became a part of a new commune: a commune, or an island district without communes.
func oldUnit(row map[string]string) string {
	if row["old_commune_code"] == "" {
		return row["old_district_code"]
	}
	return row["old_commune_code"]
}

// reformLineage gives the lineage of communes and provinces.
func reformLineage(t *testing.T, dir string) [][]string {
	t.Helper()
	rows := [][]string{{"date", "from", "to", "share"}}
	mapping := records(t, filepath.Join(dir, "mapping_2025-07-01.csv"))
	parts, provinces := map[string]int{}, map[string]bool{}
	for _, m := range mapping {
		parts[oldUnit(m)]++
	}
	for _, m := range mapping {
		share := "whole"
		if parts[oldUnit(m)] > 1 {
			share = "part"
		}
		rows = append(rows, []string{"2025-07-01", oldUnit(m) + "-0", newCommune(m["new_commune_code"]) + "-20250701", share})
		if from, to := m["old_province_code"], m["new_province_code"]; !provinces[from+to] {
			provinces[from+to] = true
			rows = append(rows, []string{"2025-07-01", from + "-0", to + "-20250701", "whole"})
		}
	}
	return rows
}

// reformByMapping adds figures up from the rows of the mapping file: those of the new provinces and communes, and which
// communes got a part of a unit of which others got the rest, or share such a unit's figures with them.
func reformByMapping(t *testing.T, dir string) (provinces, communes map[string]int64, parted map[string]bool) {
	t.Helper()
	provinces, communes, parted = map[string]int64{}, map[string]int64{}, map[string]bool{}
	counted, takers := map[string]bool{}, map[string][]string{}
	for _, m := range records(t, filepath.Join(dir, "mapping_2025-07-01.csv")) {
		from, to := oldUnit(m), newCommune(m["new_commune_code"])
		takers[from] = append(takers[from], to)
		n := figureOf(from)
		if m["old_commune_code"] == "" {
			n = 0 // no commune, and no report
		}
		communes[to] += n
		if !counted[from] {
			counted[from] = true
			provinces[m["new_province_code"]] += n
		}
	}
	for _, to := range takers {
		for _, commune := range to {
			parted[commune] = parted[commune] || len(to) > 1
		}
	}
	return provinces, communes, parted
}
