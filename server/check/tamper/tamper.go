//go:build unix

package tamper

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
)

// verifier is the program of somebody who does not trust ours.
//
//go:embed verifier.py
var verifier string

// Check edits copies of a journal.
var Check = check.Check{
	Name: "tamper",
	Promise: "Whoever edits the journal is found by a verifier that shares nothing with the program and holds the last signed head; " +
		"a journal that nobody edited passes, also where private texts were removed.",
	Counts: "edits", Short: 300, Long: 5000,
	Needs: []check.Need{check.Program("python3", "python3")},
	Run:   run,
	Controls: []check.Control{
		{Name: noHead, Fault: "The verifier is not given the signed head.", Size: 60},
		{Name: noText, Fault: "The verifier does not look at private texts.", Size: 60},
	},
}

// The faults that are planted in the verifier.
const (
	noHead = "no-head"
	noText = "no-text"
)

// blind is the verifier without its look at private texts.
func blind(text string) (string, error) {
	const look = "hashlib.sha256(block[1:]).digest() != private"
	if strings.Count(text, look) != 1 {
		return "", errors.New("the fault no longer fits the verifier")
	}
	return strings.Replace(text, look, "False", 1), nil
}

// batch is how many folders one call of the verifier looks at.
const batch = 25

func run(ctx context.Context, r *check.Run) error {
	v := bench{r: r, script: filepath.Join(r.Dir, "verifier.py")}
	text := verifier
	if r.Control == noText {
		var err error
		if text, err = blind(text); err != nil {
			return err
		}
	}
	if err := os.WriteFile(v.script, []byte(text), 0o600); err != nil {
		return err
	}
	store, err := makeJournals(ctx, r)
	if err != nil {
		return err
	}
	v.key, v.head = store.key, store.head
	for name, journal := range map[string]struct{ dir, head string }{
		"clean": {store.clean, store.earlier}, "redacted": {store.redacted, store.head},
	} {
		if sentence, sound, err := v.verify(ctx, journal.head, journal.dir); err != nil || !sound[0] {
			return errors.Join(err, check.Broken("the %s journal does not pass: %s", name, sentence))
		}
	}
	return v.tamper(ctx, store)
}

// bench is where edited journals are looked at.
type bench struct {
	r                 *check.Run
	script, key, head string
}

// verify has the verifier look at folders and gives what it says, and which it finds sound.
func (v bench) verify(ctx context.Context, head string, folders ...string) (string, []bool, error) {
	args := []string{v.script, "--key", v.key}
	if v.r.Control != noHead {
		args = append(args, "--head", head)
	}
	cmd := exec.CommandContext(ctx, "python3", append(args, folders...)...) //nolint:gosec // our own script
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(folders) {
		return "", nil, fmt.Errorf("the verifier said of %d folders: %w\n%s%s", len(folders), err, out, &said)
	}
	sound := make([]bool, len(lines))
	for i, line := range lines {
		sound[i] = strings.HasPrefix(line, folders[i]+": sound: ")
	}
	return string(out), sound, nil
}

// tamper edits copies and counts those that are found.
func (v bench) tamper(ctx context.Context, store journals) error {
	random, found := v.r.Random(1), map[string]int{}
	var missed []string
	for done := 0; done < v.r.Size; {
		var folders, deeds []string
		for ; len(folders) < batch && done < v.r.Size; done++ {
			dir := filepath.Join(v.r.Dir, fmt.Sprintf("edit-%d", done))
			deed, err := store.edit(dir, done, random)
			if err != nil {
				return err
			}
			folders, deeds = append(folders, dir), append(deeds, deed)
		}
		_, sound, err := v.verify(ctx, v.head, folders...)
		if err != nil {
			return err
		}
		for i, ok := range sound {
			if ok {
				missed = append(missed, deeds[i])
				continue
			}
			kind, _, _ := strings.Cut(deeds[i], ":")
			found[kind]++
			if err := os.RemoveAll(folders[i]); err != nil {
				return err
			}
		}
		v.r.Progress("%d of %d edits, %d not found", done, v.r.Size, len(missed))
	}
	v.r.Figure("entries", store.entries)
	v.r.Figure("found", v.r.Size-len(missed))
	for _, kind := range kinds() {
		v.r.Figure(kind, found[kind])
	}
	if len(missed) > 0 {
		return check.Broken("%d of %d edits pass for sound, the first: %s", len(missed), v.r.Size, missed[0])
	}
	return nil
}

// startDaemon serves a store with small segments, so that there are several.
func startDaemon(ctx context.Context, r *check.Run, dir string) (*daemon.Daemon, error) {
	return daemon.Start(ctx, daemon.Config{Program: r.Daemon, Dir: dir, Flags: []string{"--segment-bytes", "16384"}})
}

// stopWithin is how long the server may take to end.
const stopWithin = 15 * time.Second
