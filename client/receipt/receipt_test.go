package receipt_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tonghop/tonghop/client/receipt"
)

const (
	oneJournal = "0102030405060708090a0b0c0d0e0f10"
	another    = "ff02030405060708090a0b0c0d0e0f10"
)

var november = time.Date(2026, time.November, 30, 23, 59, 59, 7, time.UTC)

func sent(sequence int64) receipt.Record {
	place := int32(sequence)
	return receipt.Record{
		Kind: receipt.Submit, RequestID: "019aa000-0000-7000-8000-000000000001", Index: &place,
		Report: "units/30280-0/reports/cds-thang~2024-02", Revision: 1, Merge: true,
		Figures:   &receipt.Figures{Numbers: "vi", Columns: []string{"unit", "value", "note"}, Rows: [][]string{{"30280", "1,5", "\"một\nhai\" <&>"}}},
		JournalID: oneJournal, Sequence: sequence, EntryHash: strings.Repeat("0a", 32), AcceptTime: november,
	}
}

func folder(t *testing.T, dir string) *receipt.Folder {
	t.Helper()
	f, err := receipt.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func keep(t *testing.T, f *receipt.Folder, records ...receipt.Record) []string {
	t.Helper()
	files, err := f.Keep(records...)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func read(t *testing.T, path string) ([]receipt.Record, []receipt.Damage) {
	t.Helper()
	records, damaged, err := receipt.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return records, damaged
}

// TestR50WhatIsKeptIsRead: word for word, a file for each journal and month.
func TestR50WhatIsKeptIsRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "receipts")
	f := folder(t, dir)
	approval := receipt.Record{
		Kind: receipt.Approve, RequestID: "r", Report: "units/1-0/reports/f~2024", Revision: 2, Etag: "2-submitted",
		JournalID: another, Sequence: 9, EntryHash: strings.Repeat("ff", 32), AcceptTime: november.Add(time.Second),
		ResentFrom: &receipt.Place{JournalID: oneJournal, Sequence: 4},
	}
	files := keep(t, f, sent(1), approval, sent(2))
	files = append(files, keep(t, f, sent(3))...)
	want := []string{filepath.Join(dir, oneJournal+"-2026-11.jsonl"), filepath.Join(dir, another+"-2026-12.jsonl")}
	if listed, err := receipt.Files(dir); err != nil || !slices.Equal(listed, want) || !slices.Equal(files, append(want, want[0])) {
		t.Errorf("kept in %q, listed %q, %v, want %q", files, listed, err, want)
	}
	first, damaged := read(t, want[0])
	if diff := cmp.Diff([]receipt.Record{sent(1), sent(2), sent(3)}, first); diff != "" || len(damaged) > 0 {
		t.Errorf("%v\n%s", damaged, diff)
	}
	if second, _ := read(t, want[1]); len(second) != 1 || cmp.Diff(approval, second[0]) != "" {
		t.Errorf("read %+v", second)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for path, mode := range map[string]os.FileMode{dir: 0o700, want[0]: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s has the mode %o, want %o", path, info.Mode().Perm(), mode)
		}
	}
}

// TestALineThatWasCutOffCostsNoOther: neither those before it nor those kept after it.
func TestALineThatWasCutOffCostsNoOther(t *testing.T) {
	dir := t.TempDir()
	path := keep(t, folder(t, dir), sent(1), sent(2))[0]
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	for cut := len(lines[1]) - 1; cut > 0; cut -= 17 {
		if err := os.WriteFile(path, []byte(lines[0]+lines[1][:cut]), 0o600); err != nil {
			t.Fatal(err)
		}
		// Without its line feed alone the second receipt is still one.
		want := 1 + cut/(len(lines[1])-1)
		records, damaged := read(t, path)
		if len(records) != want || len(damaged) != 2-want || len(damaged) == 1 && !damaged[0].CutOff {
			t.Fatalf("cut at %d: %d receipts and %v, want %d", cut, len(records), damaged, want)
		}
		f, err := receipt.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		keep(t, f, sent(3))
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		records, damaged = read(t, path)
		if len(records) != want+1 || records[want].Sequence != 3 || len(damaged) != 2-want || len(damaged) == 1 && (damaged[0].CutOff || damaged[0].Line != 2) {
			t.Fatalf("cut at %d, and kept another: %d receipts and %v, want %d", cut, len(records), damaged, want+1)
		}
	}
}

// TestWhatIsNoReceiptIsNotKept: a server's answer is not to choose the file that it is written to.
func TestWhatIsNoReceiptIsNotKept(t *testing.T) {
	for name, spoil := range map[string]func(*receipt.Record){
		"a path for an id": func(r *receipt.Record) { r.JournalID = "../../../../etc/cron.d/" + oneJournal },
		"no id":            func(r *receipt.Record) { r.JournalID = "" },
		"capitals":         func(r *receipt.Record) { r.JournalID = strings.ToUpper(oneJournal) },
		"a short hash":     func(r *receipt.Record) { r.EntryHash = r.EntryHash[2:] },
		"no sequence":      func(r *receipt.Record) { r.Sequence = 0 },
		"no time":          func(r *receipt.Record) { r.AcceptTime = time.Time{} },
		"no report":        func(r *receipt.Record) { r.Report = "" },
		"no kind":          func(r *receipt.Record) { r.Kind = "erase" },
	} {
		dir := t.TempDir()
		r := sent(1)
		spoil(&r)
		if _, err := folder(t, dir).Keep(sent(2), r); err == nil {
			t.Errorf("%s: it was kept", name)
		}
		if files, _ := receipt.Files(dir); len(files) != 0 {
			t.Errorf("%s: %q was written", name, files)
		}
	}
}

// TestReceiptsAreKept400Days: a month goes as a whole, when its last day is past that.
func TestReceiptsAreKept400Days(t *testing.T) {
	dir := t.TempDir()
	path := keep(t, folder(t, dir), sent(1))[0]
	for _, other := range []string{"verifier-keys", "notes-2020-01.jsonl", oneJournal + "-2020-13.jsonl"} {
		if err := os.WriteFile(filepath.Join(dir, other), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	end := time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		now  time.Time
		want bool
	}{{end, true}, {end.Add(receipt.Kept), true}, {end.Add(receipt.Kept + time.Second), false}} {
		if err := receipt.Prune(dir, c.now); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); (err == nil) != c.want {
			t.Errorf("at %s the receipt is there: %t, want %t", c.now, err == nil, c.want)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 3 {
		t.Errorf("the folder holds %v", entries)
	}
}

// TestSeveralProcessesKeepReceiptsInOneFolder: every line is whole.
func TestSeveralProcessesKeepReceiptsInOneFolder(t *testing.T) {
	dir := t.TempDir()
	var writers sync.WaitGroup
	for n := range 8 {
		f := folder(t, dir)
		writers.Go(func() {
			for i := range 10 {
				r := sent(int64(100*n + i + 1))
				r.Report += strings.Repeat("x", 1000*n)
				if _, err := f.Keep(r, r); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	files, err := receipt.Files(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("%q, %v", files, err)
	}
	if records, damaged := read(t, files[0]); len(records) != 160 || len(damaged) != 0 {
		t.Errorf("%d receipts, %v, want 160", len(records), damaged)
	}
}

// TestAFolderThatCannotKeepSaysSoBefore anything is sent.
func TestAFolderThatCannotKeepSaysSoBefore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := receipt.Open(file); err == nil {
		t.Error("a file was taken for a folder")
	}
	if runtime.GOOS == "windows" {
		return
	}
	open := t.TempDir()
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := receipt.Open(open); err == nil {
		t.Error("a folder was taken that others may write into")
	}
}

func TestAKeyIsBelievedUnderItsName(t *testing.T) {
	dir := t.TempDir()
	ask := func(name, want string) {
		t.Helper()
		if key, err := receipt.Key(dir, name); key != want || err != nil {
			t.Errorf("Key(%q) = %q, %v, want %q", name, key, err, want)
		}
	}
	ask("a", "")
	for _, key := range []string{"a+1+x", "b+1+x", "a+2+y"} {
		if err := receipt.Believe(dir, key); err != nil {
			t.Fatal(err)
		}
		ask(receipt.KeyName(key), key)
	}
	ask("b", "b+1+x")
	ask("c", "")
	for _, bad := range []string{"", "+1+x", "a+1+x\nb+2+y"} {
		if err := receipt.Believe(dir, bad); err == nil {
			t.Errorf("Believe(%q) = nil", bad)
		}
	}
}

// FuzzRead: whatever a file holds is read without a panic, and what is read as a receipt is one.
func FuzzRead(f *testing.F) {
	dir := f.TempDir()
	folder, err := receipt.Open(dir)
	if err != nil {
		f.Fatal(err)
	}
	files, err := folder.Keep(sent(1), sent(2))
	if err != nil {
		f.Fatal(err)
	}
	if err := folder.Close(); err != nil {
		f.Fatal(err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(text[:len(text)-1])
	f.Add([]byte("{}\nnull\n[]\n\"\"\n{\"sequence\":1e99}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		records, damaged, err := receipt.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if err := r.Check(); err != nil {
				t.Errorf("%+v was read: %v", r, err)
			}
		}
		for _, d := range damaged {
			if d.Line < 1 || d.Error() == "" {
				t.Errorf("damage %+v", fmt.Sprint(d))
			}
		}
	})
}
