//go:build unix

package backup

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
)

const (
	// flipsAtLeast is how many bits are flipped, flipsPerBackup that for each backup that is asked for.
	flipsAtLeast, flipsPerBackup = 220, 4
	// of them in the removed text, and in the manifest.
	flipsInBlank, flipsInManifest = 12, 50
	// removedWords make a text so long that nothing else is as many zeros.
	removedWords = 30
	manifest     = "manifest.json"
	timeMember   = `"time": "`
)

// place is a stretch of a file of a backup.
type place struct {
	file         string
	offset, size int
	// bit is the one to flip; 0: any.
	bit byte
}

// flipped flips single bits of the newest backup, each time restores it, and expects nothing of it.
func (s *suite) flipped(ctx context.Context) error {
	content, err := s.files()
	if err != nil {
		return err
	}
	if s.blank, err = removed(content); err != nil {
		return err
	}
	draw := s.Random(1 << 32)
	places := s.places(content, draw)
	for n, at := range places {
		if at.bit == 0 {
			at.bit = 1 << draw.IntN(8)
		}
		if err := s.flip(ctx, content, at); err != nil {
			return err
		}
		if n%50 == 49 {
			s.Progress("%d of %d flips", n+1, len(places))
		}
	}
	_, err = s.command(ctx, "backup", "--verify", s.last) // the bits are as they were
	return err
}

// files reads the newest backup.
func (s *suite) files() (map[string][]byte, error) {
	names, err := os.ReadDir(s.last)
	if err != nil {
		return nil, err
	}
	content := map[string][]byte{}
	for _, name := range names {
		if content[name.Name()], err = os.ReadFile(filepath.Join(s.last, name.Name())); err != nil {
			return nil, err
		}
	}
	return content, nil
}

// removed finds the text that was removed: its mark, and then zeros.
func removed(content map[string][]byte) (place, error) {
	text := len(strings.Repeat("Người ", removedWords)) - 1
	for name, raw := range content {
		if i := bytes.Index(raw, append([]byte{0xAF}, make([]byte, text)...)); i >= 0 {
			return place{file: name, offset: i + 1, size: text}, nil
		}
	}
	return place{}, fmt.Errorf("the removed text is not found in the backup")
}

// places draws where bits are flipped: first where few checks reach.
func (s *suite) places(content map[string][]byte, draw *rand.Rand) []place {
	var places []place
	for range flipsInBlank {
		places = append(places, place{file: s.blank.file, offset: s.blank.offset + draw.IntN(s.blank.size)})
	}
	// The year in which the backup was taken becomes another one, and reads as well as before.
	year := bytes.Index(content[manifest], []byte(timeMember)) + len(timeMember) + 3
	places = append(places, place{file: manifest, offset: year, bit: 1})
	for range flipsInManifest {
		places = append(places, place{file: manifest, offset: draw.IntN(len(content[manifest]))})
	}
	var all []place
	for _, name := range sorted(content) {
		all = append(all, place{file: name, size: len(content[name])})
	}
	for len(places) < max(flipsAtLeast, s.Size*flipsPerBackup) {
		// Every file in turn, for a small one has as many kinds of bytes as a large one.
		in := all[len(places)%len(all)]
		places = append(places, place{file: in.file, offset: draw.IntN(in.size)})
	}
	return places
}

func sorted(content map[string][]byte) []string {
	names := make([]string, 0, len(content))
	for name := range content {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// flip flips one bit, has the backup restored, and puts the bit back.
func (s *suite) flip(ctx context.Context, content map[string][]byte, at place) error {
	path, into := filepath.Join(s.last, at.file), filepath.Join(s.Dir, "flipped")
	raw := bytes.Clone(content[at.file])
	raw[at.offset] ^= at.bit
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		return err
	}
	out, exit, err := daemon.Command(ctx, s.cfg, restore(s.last, into)...)
	if err != nil {
		return err
	}
	told := fmt.Sprintf("a backup with bit %08b of byte %d of %s flipped", at.bit, at.offset, at.file)
	_, left := os.Lstat(into)
	newer := at.file == manifest && strings.Contains(exit.Said, "BACKUP_TOO_NEW") // the number of its format
	switch {
	case exit.Code == 0:
		first, _, _ := strings.Cut(out, "\n")
		return check.Broken("%s was restored: %s", told, first)
	case left == nil:
		return check.Broken("%s was refused, and something is left in the new folder: %s", told, exit)
	case !newer && !strings.Contains(exit.Said, "BACKUP_DAMAGED"):
		return check.Broken("%s was refused for another reason: %s", told, exit)
	case !newer && !strings.Contains(exit.Said, at.file):
		return check.Broken("%s was refused without its name: %s", told, exit)
	}
	s.flips++
	return os.WriteFile(path, content[at.file], 0o600)
}
