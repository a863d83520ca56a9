package server_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// holding lists the files of the data folder that hold a text.
func (s *site) holding(text string) (names []string) {
	s.t.Helper()
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(text)) {
			names = append(names, strings.TrimPrefix(path, s.dir))
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return names
}

// TestR36ANameInANoteLeavesTheServer takes the road of a name: it comes in a file, somebody finds it in a revision and tells
// the operator, who removes it while the server runs; then the server is killed, started, verified and rebuilt.
func TestR36ANameInANoteLeavesTheServer(t *testing.T) {
	const canary = "Nguyễn Thị Chim Yến"
	s := newSite(t)
	s.serve()
	for _, file := range []string{"units", "indicators", "forms"} {
		s.tonghop("import", file, filepath.Join("testdata", "rpc", "province", file+".csv"))
	}
	s.tonghop("submit", csvFile(t, "figures.csv", [][]string{
		{"unit", "form", "period", "indicator", "value", "note"},
		{"A", "thang", "2024-01", "HS", "7", "hỏi bà " + canary},
		{"A", "thang", "2024-01", "DS", "9", ""},
		{"B", "thang", "2024-01", "HS", "8", "không có tên"},
	}))
	if names := s.holding(canary); len(names) != 2 {
		t.Fatalf("the name is in %v, want it in journal and state", names)
	}
	found := s.tonghop("reports", "revisions", "units/A/reports/thang~2024-01", "-o", "json")
	if !strings.Contains(found, canary) || !strings.Contains(found, "units/A-0/reports/thang~2024-01/revisions/1") {
		t.Fatalf("the revision is told as %s", found)
	}
	reader := s.token
	lines := strings.Split(strings.TrimSpace(s.tonghopd("token", "--data", s.dir, "--role", "operator")), "\n")
	s.token = lines[len(lines)-1]
	dry := s.tonghop("redact", "units/A-0/reports/thang~2024-01/revisions/1", "--reason", "có tên người", "--dry-run", "-o", "json")
	if strings.Contains(dry, canary) || len(s.holding(canary)) != 2 {
		t.Errorf("the preview tells %s, and the name is in %v", dry, s.holding(canary))
	}
	s.tonghop("redact", "units/A-0/reports/thang~2024-01/revisions/1", "--reason", "có tên người", "--yes")
	gone := func(when string) {
		t.Helper()
		if names := s.holding(canary); len(names) > 0 {
			t.Errorf("%s the name is in %v", when, names)
		}
		if names := s.holding("không có tên"); len(names) != 2 {
			t.Errorf("%s what nobody removed is in %v", when, names)
		}
	}
	gone("at once")
	if out := s.tonghop("verify"); !strings.Contains(out, "removed: 1 private part: the store is sound") {
		t.Errorf("verify says %s", out)
	}
	s.token = reader
	if after := s.tonghop("reports", "get", "units/A/reports/thang~2024-01"); strings.Contains(after, canary) || !strings.Contains(after, "(removed)") {
		t.Errorf("the report is told as %s", after)
	}
	s.kill()
	gone("after a kill")
	s.serve()
	gone("after a start")
	if value := s.tonghop("query", "--unit", "D-0", "--indicator", "HS", "--period", "2024-01", "--basis", "provisional", "-o", "csv"); !strings.Contains(value, ",15,") {
		t.Errorf("the figures come to %s, want 15", value)
	}
	s.stop()
	s.tonghopd("rebuild", "--data", s.dir)
	if out := s.tonghopd("verify", "--data", s.dir); !strings.Contains(out, "removed: 1 private part, 0 findings") {
		t.Errorf("verify says %s", out)
	}
	gone("after a rebuild")
}
