package filejournal

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

func TestReadOnlyChangesNothing(t *testing.T) {
	files, s := stored(t, 3, false)
	name := segmentNames(files)[2]
	end := s.j.last().end
	copy(files[name][end:], "a group that was being written when the power went")
	disk := diskOf(files)
	j, err := OpenReadOnly(t.Context(), Config{Dir: "journal", Files: disk})
	if err != nil {
		t.Fatal(err)
	}
	if want := (Torn{File: name, Offset: end, Bytes: 50}); j.Torn() != want || j.Head() != s.j.Head() {
		t.Errorf("Torn = %+v, Head = %+v, want %+v, %+v", j.Torn(), j.Head(), want, s.j.Head())
	}
	entries := 0
	if err := j.Read(t.Context(), 1, func(journal.Entry) error { entries++; return nil }); err != nil || entries != len(s.acknowledged) {
		t.Errorf("Read = %d entries, %v, want %d", entries, err, len(s.acknowledged))
	}
	head := j.Head().Sequence
	_, appended := j.Append(t.Context(), head, texts("no"))
	_, waited := j.Wait(t.Context(), head)
	for call, err := range map[string]error{"Append": appended, "Wait": waited, "Redact": j.Redact(t.Context(), 1)} {
		if fault.ReasonOf(err) != ReasonReadOnly {
			t.Errorf("%s = %v, want %s", call, err, ReasonReadOnly)
		}
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	for file, content := range disk.content() {
		if !bytes.Equal(content, files[file]) {
			t.Errorf("%s has changed", file)
		}
	}
	if disk.count > 0 || len(disk.content()) != len(files) {
		t.Errorf("%d operations changed the disk, want none", disk.count)
	}
}

// Whoever verifies beside a server that appends, rolls and removes texts sees a journal, never damage.
func TestReadOnlyBesideAWriter(t *testing.T) {
	j, config := onDisk(t, Config{SegmentBytes: 16 << 10})
	done := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		defer close(done)
		for i := range 400 {
			record := journal.Record{Public: fmt.Appendf(nil, "entry %d", i), Salt: [16]byte{1}, Private: bytes.Repeat([]byte("x"), 10+i*7%900)}
			if _, err := j.Append(t.Context(), uint64(i), []journal.Record{record, {Public: []byte("x")}}[:1]); err != nil {
				t.Errorf("Append %d = %v", i, err)
				return
			}
			if i%5 == 0 {
				if err := j.Redact(t.Context(), uint64(i/2+1)); err != nil {
					t.Errorf("Redact = %v", err)
				}
			}
		}
	})
	for looking := true; looking; {
		select {
		case <-done:
			looking = false
		default:
		}
		before := j.Head().Sequence
		reader, err := OpenReadOnly(t.Context(), config)
		if err != nil {
			t.Errorf("OpenReadOnly = %v", err)
			break
		}
		if got := reader.Head().Sequence; got < before {
			t.Errorf("Head = %d, want at least %d", got, before)
		}
		for _, from := range []*Journal{reader, j} {
			if err := from.Read(t.Context(), 1, func(journal.Entry) error { return nil }); err != nil {
				t.Errorf("Read = %v", err)
			}
		}
	}
	wait.Wait()
}

// A closed journal whose end was taken away is not the journal that was closed, even read-only.
func TestReadOnlyKnowsTheMark(t *testing.T) {
	files, s := stored(t, 2, true)
	offset, _ := s.lastGroup()
	clear(files[segmentNames(files)[1]][offset:])
	_, err := OpenReadOnly(t.Context(), Config{Dir: "journal", Files: diskOf(files)})
	if fault.KindOf(err) != fault.KindDataLoss || !strings.Contains(err.Error(), "longer when it was closed") {
		t.Errorf("OpenReadOnly = %v, want DataLoss", err)
	}
}

// A mark that a crash left half written is no mark; one that a folder without flushes brought back is old.
func TestAMarkThatIsNoneMeansAnUncleanStop(t *testing.T) {
	files, s := stored(t, 2, false)
	head := s.j.Head()
	for name, mark := range map[string][]byte{
		"empty": {},
		"torn":  cleanMark{id: scenarioID, head: head}.bytes()[:40],
		"old":   cleanMark{id: scenarioID, head: journal.Head{Sequence: head.Sequence - 1}}.bytes(),
	} {
		files[cleanName] = mark
		disk := diskOf(files)
		j, err := Open(t.Context(), Config{Dir: "journal", SegmentBytes: MinSegmentBytes, Files: disk})
		if err != nil || j.Head() != head {
			t.Errorf("%s mark: Open = %v", name, err)
			continue
		}
		if disk.count < 3 {
			t.Errorf("%s mark: %d operations, want the last group written again", name, disk.count)
		}
		if _, ok := disk.content()[cleanName]; ok {
			t.Errorf("%s mark is still there while the journal is open", name)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
	files[cleanName] = cleanMark{id: journal.ID{1}, head: head}.bytes()
	if _, err := verdict(t, files); fault.KindOf(err) != fault.KindDataLoss {
		t.Errorf("with the mark of another journal: Open = %v, want DataLoss", err)
	}
}

// A reader starts at a remembered place close to the entry it wants, after appending as after opening.
func TestReadingTheTailReadsLittle(t *testing.T) {
	j, config := onDisk(t, Config{SegmentBytes: 4 << 20})
	line := strings.Repeat("a", 1000)
	for j.Head().Sequence < 2000 {
		if _, err := j.Append(t.Context(), j.Head().Sequence, texts(line, line, line, line, line)); err != nil {
			t.Fatal(err)
		}
	}
	for _, opened := range []string{"live", "again"} {
		for from := uint64(1); from <= 2000; from++ {
			s, err := j.stretch(from)
			if err != nil {
				t.Fatal(err)
			}
			if behind := int64(from-1-s.start.before.Sequence) * 1000; s.start.before.Sequence >= from || behind > 2*placeEvery {
				t.Fatalf("%s: reading from %d starts after entry %d, want at most %d bytes before it", opened, from, s.start.before.Sequence, 2*placeEvery)
			}
		}
		if opened == "live" {
			err := j.Close()
			if j, _ = Open(t.Context(), config); err != nil || j == nil {
				t.Fatal(err)
			}
		}
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}
