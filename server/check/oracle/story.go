package oracle

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/tonghop/tonghop/server/verify"
)

// story is a sequence that was told, and what was found.
type story struct {
	acts   []act
	counts counts
	// found is what is wrong after the act failedAt; empty if nothing is.
	found    string
	failedAt int
	wrong    []column
}

// tell makes up a story and tells it, until it ends or something is wrong.
func tell(ctx context.Context, dir string, random *rand.Rand) (*story, error) {
	s, err := newStage(ctx, dir)
	if err != nil {
		return nil, err
	}
	told := &story{}
	t := newTeller(s, random)
	t.begin()
	for left := len(t.waiting) + t.steps(); left > 0 && told.found == "" && err == nil; left-- {
		a := t.next()
		told.acts = append(told.acts, a)
		told.failedAt = len(told.acts)
		told.found, err = s.step(a, random)
	}
	if told.found == "" && err == nil {
		told.found, err = s.end(dir)
	}
	told.counts, told.wrong = s.counts, s.wrong
	return told, errors.Join(err, s.close())
}

// step does an act and judges what the state says afterwards.
func (s *stage) step(a act, random *rand.Rand) (string, error) {
	found, err := s.play(a)
	if found != "" || err != nil {
		return found, err
	}
	return s.judge(a, random)
}

// end compares all roll-ups and all reports, all that is remembered of earlier entries, and the state with one that is made anew.
func (s *stage) end(dir string) (string, error) {
	if err := s.commit(); err != nil {
		return "", err
	}
	report, err := verify.Run(s.ctx, s.journal, s, nil)
	if err != nil {
		return "", err
	}
	s.counts.Rollups += report.Rollups
	if !report.Sound() {
		return fmt.Sprintf("at the end %d of %d roll-ups are wrong; the first: %s", report.FindingCount, report.Rollups, report.Findings[0]), nil
	}
	if found, err := s.allReports(); found != "" || err != nil {
		return found, err
	}
	if found, err := s.recallAll(); found != "" || err != nil {
		return found, err
	}
	if err := s.close(); err != nil {
		return "", err
	}
	return s.likeRebuilt(filepath.Join(dir, "rebuilt"))
}

// mostTries bounds how often a story is told again.
const mostTries = 400

// shorten tells a story again with fewer and fewer acts, as long as something is wrong with it, and prints what is left.
func shorten(ctx context.Context, dir string, told *story) string {
	acts := told.acts
	why := told.found
	tries := 0
	for n := max(len(acts)/2, 1); n > 0 && tries < mostTries; {
		smaller := false
		for at := len(acts) - n; at >= 0 && tries < mostTries; at -= n {
			fewer := append(append([]act{}, acts[:at]...), acts[at+n:]...)
			tries++
			if found := again(ctx, filepath.Join(dir, fmt.Sprint("try", tries)), fewer, told.wrong); found != "" {
				acts, why, smaller = fewer, found, true
				at = min(at, len(acts))
			}
		}
		if !smaller {
			n /= 2
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "the shortest story found has %d of %d acts, and then: %s", len(acts), len(told.acts), why)
	for _, a := range acts {
		fmt.Fprintf(&text, "\n  +%s %v", a.later, a)
	}
	return text.String()
}

// again tells acts to a new stage and gives what is wrong; nothing too if they cannot be told.
func again(ctx context.Context, dir string, acts []act, wrong []column) string {
	if os.Mkdir(dir, 0o700) != nil {
		return ""
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := newStage(ctx, dir)
	if err != nil {
		return ""
	}
	defer func() { _ = s.close() }()
	s.wrong = wrong
	random := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // drawn again
	for _, a := range acts {
		if found, err := s.step(a, random); found != "" || err != nil {
			return found
		}
	}
	found, err := s.end(dir)
	if err != nil {
		return ""
	}
	return found
}
