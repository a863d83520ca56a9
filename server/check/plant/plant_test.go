package plant

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFaultIsCompiledInPlaceOfTheFile(t *testing.T) {
	root, dir := t.TempDir(), t.TempDir()
	source := filepath.Join(root, "a", "a.go")
	if err := os.MkdirAll(filepath.Dir(source), 0o700); err != nil {
		t.Fatal(err)
	}
	const text = "package a\n\nfunc A() int { return 1 }\n\nfunc B() int { return 2 }\n"
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	overlay, err := Overlay(root, dir, Edit{File: "a/a.go", Old: "return 1", New: "return 3"}, Edit{File: "a/a.go", Old: "return 2", New: "return 4"})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(overlay)
	if err != nil {
		t.Fatal(err)
	}
	var index struct{ Replace map[string]string }
	if err := json.Unmarshal(raw, &index); err != nil {
		t.Fatal(err)
	}
	edited, err := os.ReadFile(index.Replace[source])
	if want := strings.NewReplacer("return 1", "return 3", "return 2", "return 4").Replace(text); err != nil || string(edited) != want {
		t.Errorf("the compiler gets %q, %v; want %q", edited, err, want)
	}
	if kept, err := os.ReadFile(source); err != nil || string(kept) != text {
		t.Errorf("the source itself is now %q, %v", kept, err)
	}
}

// A fault that no longer fits would leave a sound daemon, and its control would then blame the check.
func TestAFaultThatDoesNotFitIsAnError(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "a.go"), []byte("package a\n// x x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]Edit{
		"gone":      {File: "a.go", Old: "y", New: "z"},
		"twice":     {File: "a.go", Old: "x", New: "z"},
		"file gone": {File: "b.go", Old: "x", New: "z"},
	} {
		if overlay, err := Overlay(root, t.TempDir(), e); err == nil {
			t.Errorf("%s: Overlay gave %s", name, overlay)
		}
	}
}
