//go:build unix

package backup

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/plant"
)

// The bits that are flipped lie in the files, in each of them, and in the text that was removed.
func TestPlacesAreEverywhere(t *testing.T) {
	text := len(strings.Repeat("Người ", removedWords)) - 1
	content := map[string][]byte{
		"1.journal": bytes.Join([][]byte{[]byte("before"), {0xAF}, make([]byte, text), []byte("behind")}, nil),
		"2.journal": []byte("more"),
		manifest:    []byte("{\n\t" + timeMember + `2026-11-22T00:00:00Z"` + "\n}\n"),
	}
	s := &suite{Run: &check.Run{Seed: 1, Size: 1}}
	var err error
	if s.blank, err = removed(content); err != nil || s.blank.file != "1.journal" || s.blank.offset != 7 || s.blank.size != text {
		t.Fatalf("removed = %+v, %v", s.blank, err)
	}
	count := map[string]int{}
	blank := 0
	for _, at := range s.places(content, s.Random(1)) {
		if at.offset < 0 || at.offset >= len(content[at.file]) {
			t.Fatalf("%+v is outside of its file", at)
		}
		count[at.file]++
		if at.file == s.blank.file && at.offset >= s.blank.offset && at.offset < s.blank.offset+s.blank.size {
			blank++
		}
		if at.bit == 1 && content[manifest][at.offset] != '6' {
			t.Errorf("the year is not at %d", at.offset)
		}
	}
	if len(count) != 3 || count[manifest] < flipsInManifest || blank < flipsInBlank || count["2.journal"] < 20 {
		t.Errorf("flips in files %v, in the removed text %d", count, blank)
	}
	if _, err := removed(map[string][]byte{"1.journal": make([]byte, 1000)}); err == nil {
		t.Error("a removed text was found where there is none")
	}
}

func TestWhatTheCommandSaysIsRead(t *testing.T) {
	chain, journal := strings.Repeat("ab", 32), strings.Repeat("cd", 16)
	got, err := read("backed up and verified in 19ms: sequence=4 bytes=1397 chain=" + chain + " journal=" + journal + ", of 2026-11-22T09:41:11Z, not signed\n")
	if want := (taken{4, 1397, chain, journal}); err != nil || got != want {
		t.Errorf("read = %+v, %v, want %+v", got, err, want)
	}
	if _, err := read("backed up\n"); !check.IsBroken(err) {
		t.Errorf("read = %v, want a broken promise", err)
	}
}

// The controls need their lines in the program.
func TestTheFaultsFit(t *testing.T) {
	root, err := plant.Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, control := range Check.Controls {
		if _, err := plant.Overlay(root, t.TempDir(), control.Edits...); err != nil {
			t.Errorf("%s: %v", control.Name, err)
		}
	}
}
