package security_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/tonghop/tonghop/server/security"
)

// FuzzRead holds that any file is read to its end: each line is told or counted.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"time":"2025-09-03T08:00:00Z","event":"refused"}` + "\n{}\n\nnonsense\n{\"time\":"))
	f.Add(bytes.Repeat([]byte("x"), 70_000))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, "security.jsonl"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		told := 0
		unread, err := security.Read(dir, func(e security.Event) error {
			if e.Time.IsZero() {
				t.Fatalf("a line without a time is told: %+v", e)
			}
			told++
			return nil
		})
		if lines := 1 + bytes.Count(text, []byte("\n")); err != nil || told+unread > lines {
			t.Fatalf("%d lines are told and %d unread, of %d: %v", told, unread, lines, err)
		}
	})
}
