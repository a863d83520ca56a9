package filejournal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// lived is a journal on the real disk with some segments and a removed text, open.
func lived(t *testing.T) (*Journal, Config) {
	t.Helper()
	j, config := onDisk(t, Config{})
	for n := range 40 {
		records := texts(fmt.Sprintf("group %d %s", n, make([]byte, 400)))
		records = append(records, journal.Record{Public: []byte("named"), Salt: [16]byte{byte(n + 1)}, Private: fmt.Appendf(nil, "secret %d", n)})
		if _, err := j.Append(t.Context(), uint64(2*n), records); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Redact(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	return j, config
}

// everything reads a journal to its head.
func everything(t *testing.T, j *Journal) []journal.Entry {
	t.Helper()
	var entries []journal.Entry
	err := j.Read(t.Context(), 1, func(e journal.Entry) error {
		e.Public, e.Private = slices.Clone(e.Public), slices.Clone(e.Private)
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		t.Fatalf("Read = %v", err)
	}
	return entries
}

func sameEntries(a, b []journal.Entry) bool {
	return slices.EqualFunc(a, b, func(a, b journal.Entry) bool {
		return a.Sequence == b.Sequence && a.Hash == b.Hash && a.Removed == b.Removed && string(a.Public) == string(b.Public) &&
			string(a.Private) == string(b.Private)
	})
}

// A copy has the entries up to its own, to the byte; made a journal again, it has the bytes of the old one up to there.
func TestACopyIsTheJournalUpToAnEntry(t *testing.T) {
	j, config := lived(t)
	want := everything(t, j)
	for to := uint64(2); to <= 80; to += 6 {
		dir, back := t.TempDir(), t.TempDir()
		copied, err := CopyTo(t.Context(), config, dir, to, nil)
		if err != nil || copied.Head != (journal.Head{Sequence: to, Hash: want[to-1].Hash}) || !slices.Equal(copied.IDs, []journal.ID{j.ID()}) {
			t.Fatalf("CopyTo %d = %+v, %v", to, copied, err)
		}
		opened := must(OpenCopy(t.Context(), Config{Dir: dir}))(t)
		if got := everything(t, opened); !sameEntries(got, want[:to]) {
			t.Fatalf("the copy to %d has %d entries", to, len(got))
		}
		var bytes int64
		for _, name := range copied.Files {
			info := must(os.Stat(filepath.Join(dir, name)))(t)
			bytes += info.Size()
		}
		if bytes != copied.Bytes {
			t.Errorf("CopyTo %d says %d bytes, the files have %d", to, copied.Bytes, bytes)
		}
		if _, err := CopyFrom(t.Context(), dir, Config{Dir: back}, nil); err != nil {
			t.Fatal(err)
		}
		whole := must(Open(t.Context(), Config{Dir: back, SegmentBytes: MinSegmentBytes}))(t)
		if got := everything(t, whole); !sameEntries(got, want[:to]) {
			t.Fatalf("the journal made of the copy to %d has %d entries", to, len(got))
		}
		if _, err := whole.Append(t.Context(), to, texts("more")); err != nil {
			t.Errorf("Append to the journal made of the copy to %d = %v", to, err)
		}
		_ = whole.Close()
	}
}

func TestACopyOfEverythingHasTheSameBytes(t *testing.T) {
	j, config := lived(t)
	dir, back := t.TempDir(), t.TempDir()
	if _, err := CopyTo(t.Context(), config, dir, j.Head().Sequence, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := CopyFrom(t.Context(), dir, Config{Dir: back}, nil); err != nil {
		t.Fatal(err)
	}
	for _, s := range j.segments {
		want, got := must(os.ReadFile(filepath.Join(config.Dir, s.name)))(t), must(os.ReadFile(filepath.Join(back, s.name)))(t)
		if string(got) != string(want) {
			t.Errorf("%s differs from what was copied", s.name)
		}
	}
}

func TestACopyRefusesWhatItCannotHold(t *testing.T) {
	_, config := lived(t)
	for _, c := range []struct {
		to     uint64
		reason string
	}{{0, ReasonEmpty}, {1, "INTERNAL"}, {79, "INTERNAL"}, {81, journal.ReasonDamaged}, {1 << 40, journal.ReasonDamaged}} {
		if _, err := CopyTo(t.Context(), config, t.TempDir(), c.to, nil); err == nil || fault.ReasonOf(err) != c.reason && c.reason != "INTERNAL" ||
			c.reason == "INTERNAL" && fault.KindOf(err) != fault.KindInternal {
			t.Errorf("CopyTo %d = %v, want %s", c.to, err, c.reason)
		}
	}
	if _, err := CopyTo(t.Context(), config, filepath.Join(t.TempDir(), "nowhere"), 80, nil); fault.ReasonOf(err) != ReasonUnreadable {
		t.Errorf("CopyTo a folder that is not there = %v, want %s", err, ReasonUnreadable)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := CopyTo(ended, config, t.TempDir(), 80, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("CopyTo with an ended context = %v", err)
	}
}

// A writer appends and removes texts while copies are made.
func TestACopyBesideAWriter(t *testing.T) {
	j, config := lived(t)
	var writing sync.WaitGroup
	stop := make(chan struct{})
	writing.Go(func() {
		for n := uint64(0); ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			head := j.Head().Sequence
			_, err := j.Append(t.Context(), head, []journal.Record{{Public: []byte("more"), Salt: [16]byte{1}, Private: make([]byte, 700)}})
			if err == nil {
				err = j.Redact(t.Context(), 1+n*7%head)
			}
			if err != nil {
				t.Errorf("write: %v", err)
				return
			}
		}
	})
	for range 8 {
		dir, at := t.TempDir(), j.Head()
		if copied, err := CopyTo(t.Context(), config, dir, at.Sequence, nil); err != nil || copied.Head != at {
			t.Fatalf("CopyTo %d = %+v, %v", at.Sequence, copied.Head, err)
		}
		opened := must(OpenCopy(t.Context(), Config{Dir: dir}))(t)
		if opened.Head() != at {
			t.Errorf("the copy ends at %+v, want %+v", opened.Head(), at)
		}
		for _, s := range opened.segments {
			raw := must(os.ReadFile(filepath.Join(dir, s.name)))(t)
			if why := leftOver(raw, s); why != "" {
				t.Errorf("%s: %s", s.name, why)
			}
		}
	}
	close(stop)
	writing.Wait()
}

// leftOver looks for removed blocks that are not zero.
func leftOver(raw []byte, s *segment) string {
	var g group
	head := s.start().before
	for at := segmentHeaderBytes; at < len(raw); {
		if why := g.decode(raw[at:], s.mark, head); why != "" {
			return why
		}
		for k := range g.entries {
			if g.unfinished(raw[at:], k) {
				return "a removed text was copied"
			}
		}
		header, _ := parseGroupHeader(raw[at:], s.mark)
		at += int(header.size())
		head = g.after
	}
	return ""
}

// A text that is marked as removed and not yet overwritten is copied as zeros.
func TestACopyFinishesARemoval(t *testing.T) {
	files, s := stored(t, 2, false)
	read := must(scan(t.Context(), must(s.config().filled())(t)))(t)
	raw := files[segmentName(1)]
	var c cursor
	disk := diskOf(files)
	c.at(must(disk.Open(segmentName(1), true))(t), read.segments[0], read.segments[0].start(), int64(len(raw)))
	if found, err := c.next(); err != nil || !found || c.group.blocks[0] == 0 {
		t.Fatalf("next = %v, %v", found, err)
	}
	raw[segmentHeaderBytes+c.group.blocks[0]] = blockRemoved
	from, into := t.TempDir(), t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(from, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := CopyTo(t.Context(), Config{Dir: from}, into, uint64(len(s.acknowledged)), nil); err != nil {
		t.Fatal(err)
	}
	opened := must(OpenCopy(t.Context(), Config{Dir: into}))(t)
	if why := leftOver(must(os.ReadFile(filepath.Join(into, segmentName(1))))(t), opened.segments[0]); why != "" {
		t.Error(why)
	}
}

// Every flipped bit of a copy is found without its checksums: it has no room where a flip means nothing but removed texts.
func TestEverySingleBitOfACopy(t *testing.T) {
	_, config := lived(t)
	dir := t.TempDir()
	copied := must(CopyTo(t.Context(), config, dir, 20, nil))(t)
	sound := map[string][]byte{}
	for _, name := range copied.Files {
		sound[name] = must(os.ReadFile(filepath.Join(dir, name)))(t)
	}
	unseen := 0
	for name, content := range sound {
		for i := 0; i < len(content); i += 3 {
			harmed := maps.Clone(sound)
			harmed[name] = slices.Clone(content)
			harmed[name][i] ^= 1 << (i % 8)
			if _, err := OpenCopy(t.Context(), Config{Dir: "journal", Files: diskOf(harmed)}); err == nil {
				unseen++
			} else if kind := fault.KindOf(err); kind != fault.KindDataLoss {
				t.Errorf("byte %d of %s: %v", i, name, err)
			}
		}
	}
	if unseen > blockHeaderBytes+len("secret 1") {
		t.Errorf("%d flips were not found, and only one text was removed", unseen)
	}
}
