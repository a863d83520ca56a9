package filejournal

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

func TestARemovedTextIsGoneAndTheChainVerifies(t *testing.T) {
	j, config := onDisk(t, Config{})
	person := func(name string) journal.Record {
		return journal.Record{Public: []byte("approved by p7"), Salt: [16]byte{3, 1, 4}, Private: []byte(name)}
	}
	names := []string{"Nguyễn Thị Sen", strings.Repeat("Trần Văn Lúa ", 150), "Lê Văn Tôm"}
	for _, group := range [][]journal.Record{{person(names[0]), person(names[1])}, texts("nobody named"), {person(names[2])}} {
		if _, err := j.Append(t.Context(), j.Head().Sequence, group); err != nil {
			t.Fatal(err)
		}
	}
	head := j.Head()
	for _, sequence := range []uint64{2, 3, 4, 2} { // one without a text, one twice
		if err := j.Redact(t.Context(), sequence); err != nil {
			t.Fatalf("Redact %d = %v", sequence, err)
		}
	}
	for _, sequence := range []uint64{0, 5} {
		if err := j.Redact(t.Context(), sequence); fault.ReasonOf(err) != journal.ReasonSequenceAhead {
			t.Errorf("Redact %d = %v, want %s", sequence, err, journal.ReasonSequenceAhead)
		}
	}
	checkRemoved(t, j, head)
	checkGone(t, filepath.Join(config.Dir, segmentName(1))) // now, for Open would finish what was left undone
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	checkRemoved(t, again, head)
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

// checkGone looks for texts and salts in the bytes of the file: the first name stays, the others are removed.
func checkGone(t *testing.T, path string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{"Nguyễn Thị Sen": 1, "Trần": 0, "Lúa": 0, "Lê Văn": 0, "Tôm": 0} {
		if got := bytes.Count(raw, []byte(text)); got != want {
			t.Errorf("the file holds %q %d times, want %d", text, got, want)
		}
	}
	segment, _, _ := parseSegment(raw, int64(len(raw)))
	var g group
	removed, head := 0, segment.start().before
	for at := segmentHeaderBytes; g.decode(raw[at:], segment.mark, head) == ""; head = g.after {
		for i, entry := range g.entries {
			if g.unfinished(raw[at:], i) {
				t.Errorf("something is left of the private part of entry %d", entry.Sequence)
			}
			if entry.Removed {
				removed++
			}
		}
		header, _ := parseGroupHeader(raw[at:], segment.mark)
		at += int(header.size())
	}
	if removed != 2 {
		t.Errorf("%d private parts are removed in the file, want 2", removed)
	}
}

func checkRemoved(t *testing.T, j *Journal, head journal.Head) {
	t.Helper()
	if j.Head() != head {
		t.Errorf("Head = %+v, want %+v as before the removal", j.Head(), head)
	}
	removed := map[uint64]bool{2: true, 4: true}
	err := j.Read(t.Context(), 1, func(entry journal.Entry) error {
		if entry.Removed != removed[entry.Sequence] || entry.Removed && (entry.Private != nil || entry.Salt != [16]byte{} || entry.PrivateHash.IsZero()) {
			t.Errorf("entry %d = %+v, want removed %v", entry.Sequence, entry, removed[entry.Sequence])
		}
		return nil
	})
	if err != nil {
		t.Errorf("Read after the removal = %v", err)
	}
}

// A crash between the mark and the zeros: nobody is shown the text, and the next start finishes the work.
func TestOpenFinishesARemoval(t *testing.T) {
	s := newScenario(t, 3)
	if err := s.create(); err != nil {
		t.Fatal(err)
	}
	if err := s.append([]journal.Record{{Public: []byte("a"), Salt: [16]byte{1}, Private: []byte("Phạm Thị Cúc")}}); err != nil {
		t.Fatal(err)
	}
	writes := 0
	s.disk.before = func(op operation) error {
		if op.verb == "write" {
			if writes++; writes == 2 {
				s.disk.dark = true
			}
		}
		if s.disk.dark {
			return errPower
		}
		return nil
	}
	if err := s.j.Redact(t.Context(), 1); err == nil {
		t.Fatal("Redact succeeded without power")
	}
	files := s.disk.powerCut(s.random)
	files.mu.Lock()
	stable := bytes.Clone(files.durable[segmentName(1)].stable)
	files.mu.Unlock()
	if _, after, _ := bytes.Cut(stable, []byte("a\xaf")); len(after) == 0 {
		t.Fatal("the mark is not on the disk")
	}
	s.disk = files
	if err := s.openAgain(); err != nil {
		t.Fatal(err)
	}
	if s.disk.holds("Cúc") {
		t.Error("the text is still on the disk after the start")
	}
}
