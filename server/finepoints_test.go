package server_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	namedTest = regexp.MustCompile("`([a-z./]+): (Test[A-Za-z0-9_]+)`")
	namedFile = regexp.MustCompile("`([a-z./]+/testdata/[a-z0-9./-]+)`")
	testFunc  = regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9_]+)\(`)
)

// TestEveryFinePointIsShownByATestThatExists reads the table of the page for operators: each of its lines names a test, and each
// test and file of cases that it names is there.
func TestEveryFinePointIsShownByATestThatExists(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "## Fine points of the arithmetic")
	if !found {
		t.Fatal("the section is not on the page")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	known := map[string]map[string]bool{}
	lines := 0
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 || strings.Contains(line, "---") || strings.Contains(line, "| shown by |") {
			continue
		}
		lines++
		tests := namedTest.FindAllStringSubmatch(cells[2], -1)
		if len(tests) == 0 {
			t.Errorf("no test shows it: %s", line)
		}
		for _, test := range tests {
			room, name := test[1], test[2]
			if room == "server" {
				room = "."
			}
			if known[room] == nil {
				known[room] = testsOf(t, room)
			}
			if !known[room][name] {
				t.Errorf("there is no test %s in server/%s", name, room)
			}
		}
		for _, file := range namedFile.FindAllStringSubmatch(cells[2], -1) {
			if _, err := os.Stat(filepath.FromSlash(file[1])); err != nil {
				t.Errorf("%v", err)
			}
		}
	}
	if lines != 25 {
		t.Errorf("the table has %d lines, want 25", lines)
	}
}

// testsOf lists the tests of a folder.
func testsOf(t *testing.T, room string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.FromSlash(room), "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("server/%s has no tests: %v", room, err)
	}
	names := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range testFunc.FindAllStringSubmatch(string(text), -1) {
			names[f[1]] = true
		}
	}
	return names
}
