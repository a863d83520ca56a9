package plant

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Edit changes the text of one source file.
type Edit struct {
	// File is its path from the root of the repository, with slashes.
	File string
	// Old stands there exactly once.
	Old string
	// New is compiled instead.
	New string
}

// Root is the folder of the repository that the program was started in.
func Root(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("checks compile the daemon and need a clone of the repository and Go: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Build compiles a program of the repository, such as ./server/cmd/tonghopd, into a file, with the edits in it.
func Build(ctx context.Context, root, program, into string, edits ...Edit) error {
	args := []string{"build", "-o", into}
	if len(edits) > 0 {
		overlay, err := Overlay(root, into+".overlay", edits...)
		if err != nil {
			return err
		}
		// Nobody debugs a program with a fault in it, and it is linked in half the time without what that would need.
		args = append(args, "-overlay", overlay, "-ldflags=-s -w")
	}
	build := exec.CommandContext(ctx, "go", append(args, program)...) //nolint:gosec // the compiler, on this repository
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", program, err, bytes.TrimSpace(out))
	}
	return nil
}

// Overlay writes the edited files into a folder and gives the file that go build and go test take as -overlay.
func Overlay(root, dir string, edits ...Edit) (string, error) {
	texts := map[string]string{}
	for _, e := range edits {
		path := filepath.Join(root, filepath.FromSlash(e.File))
		text, ok := texts[path]
		if !ok {
			raw, err := os.ReadFile(path) //nolint:gosec // a source file of this repository
			if err != nil {
				return "", err
			}
			text = string(raw)
		}
		if n := strings.Count(text, e.Old); n != 1 {
			return "", fmt.Errorf("the fault does not fit: %s has %d times, want once:\n%s", e.File, n, e.Old)
		}
		texts[path] = strings.Replace(text, e.Old, e.New, 1)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	replace := map[string]string{}
	for path, text := range texts {
		edited := filepath.Join(dir, fmt.Sprintf("%d_%s", len(replace), filepath.Base(path)))
		if err := os.WriteFile(edited, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[path] = edited
	}
	index, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, index, 0o600)
}
