package workbook_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tonghop/tonghop/client/workbook"
)

// TestR49Habits reads what people do to forms. Whatever is refused is refused at its cell, and leaves out its report and
// no other.
func TestR49Habits(t *testing.T) {
	habits := slices.Concat(cellHabits(), numberHabits(), layoutHabits(), ownHabits(), csvHabits(), packageHabits())
	if len(habits) < 40 {
		t.Fatalf("%d habits", len(habits))
	}
	seen := map[string]bool{}
	for i, h := range habits {
		if seen[h.name] {
			t.Fatalf("two habits are called %q", h.name)
		}
		seen[h.name] = true
		t.Run(h.name, func(t *testing.T) {
			if testing.Short() && (h.name == "a password" || i%3 != 0) {
				t.Skip("every third one: go test without -short reads all")
			}
			content := h.file(t)
			rows, problems, remarks := read(t, content, h.numbers, h.partial)
			if d := cmp.Diff([][]string{h.rows, h.problems, h.remarks}, [][]string{rows, problems, remarks}); d != "" {
				t.Errorf("read (-want +got):\n%s", d)
			}
			// What can be opened can be handed back with comments, and is read as before.
			if testing.Short() && i%10 != 0 {
				return
			}
			if _, err := workbook.Open(content); err != nil || !workbook.IsWorkbook(content) {
				return
			}
			copied := annotated(t, content, h.numbers, h.partial)
			rows, problems, _ = read(t, copied, h.numbers, h.partial)
			if d := cmp.Diff([][]string{h.rows, h.problems}, [][]string{rows, problems}); d != "" {
				t.Errorf("read the copy with comments (-want +got):\n%s", d)
			}
		})
	}
}

// TestEveryReasonHappens keeps words for what cannot happen out, and sees to it that everything that can is tried.
func TestEveryReasonHappens(t *testing.T) {
	happens := map[string]bool{"WORKBOOK_TOO_LARGE": true, "CELL_TOO_LONG": true} // TestBombs, TestLongCells
	for _, h := range slices.Concat(cellHabits(), numberHabits(), layoutHabits(), ownHabits(), csvHabits(), packageHabits()) {
		for _, said := range slices.Concat(h.problems, h.remarks) {
			happens[said[bytes.LastIndexByte([]byte(said), ' ')+1:]] = true
		}
	}
	for _, reason := range workbook.Reasons() {
		if !happens[reason] {
			t.Errorf("no habit comes to %s", reason)
		}
	}
}

func figuresOf(t *testing.T, content []byte) [][]string {
	t.Helper()
	list, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return list[1:]
}

// withPart adds a part to an archive.
func withPart(t *testing.T, content []byte, name string, part []byte) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, f := range in.File {
		if err := out.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	w, err := out.Create(name)
	if err == nil {
		_, err = io.Copy(w, bytes.NewReader(part))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
