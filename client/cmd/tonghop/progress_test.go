package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// screen is a terminal of some width. What it shows is what a person would see.
type screen struct {
	bytes.Buffer
	columns int
}

func (s *screen) Terminal() (int, bool) { return s.columns, true }

// lines plays the bytes as a terminal does: a return goes back to the start of the line, and letters stand over those
// before.
func (s *screen) lines() []string {
	var all []string
	for line := range strings.SplitSeq(s.String(), "\n") {
		var row []rune
		at := 0
		for _, r := range line {
			if r == '\r' {
				at = 0
				continue
			}
			if at == len(row) {
				row = append(row, ' ')
			}
			row[at] = r
			at++
		}
		all = append(all, strings.TrimRight(string(row), " "))
	}
	return all
}

// ticking is a clock that a test moves.
type ticking struct{ now time.Time }

func (c *ticking) read() time.Time { return c.now }

func newTicking() *ticking { return &ticking{time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)} }

func TestBarShowsRateAndRemainingTime(t *testing.T) {
	s, c := &screen{columns: 120}, newTicking()
	p := newProgress(s, c.read)
	p.at("reports", "reports", 0, 1000)
	for _, step := range []struct {
		after time.Duration
		done  int64
		want  string
	}{
		{time.Second, 250, "reports [######..................] 250/1000 reports, 250/s, 3s left"},
		{50 * time.Millisecond, 260, "reports [######..................] 250/1000 reports, 250/s, 3s left"}, // too soon to draw
		{950 * time.Millisecond, 500, "reports [############............] 500/1000 reports, 250/s, 2s left"},
		{10 * time.Millisecond, 1000, "reports [########################] 1000/1000 reports, 498/s, 0s left"}, // the end is always drawn
	} {
		c.now = c.now.Add(step.after)
		p.at("reports", "reports", step.done, 1000)
		if got := s.lines(); len(got) != 1 || got[0] != step.want {
			t.Errorf("at %d the terminal shows %q, want %q", step.done, got, step.want)
		}
	}
	p.clear()
	if got := s.lines(); got[0] != "" {
		t.Errorf("after clear the terminal shows %q", got)
	}
}

func TestBarFitsItsTerminal(t *testing.T) {
	s, c := &screen{columns: 30}, newTicking()
	p := newProgress(s, c.read)
	p.at("verifying", "entries", 5, 10)
	if got := s.lines()[0]; len([]rune(got)) > 29 {
		t.Errorf("the bar has %d letters on a terminal of 30: it would wrap: %q", len([]rune(got)), got)
	}
}

func TestBarMakesRoomForTheAnswer(t *testing.T) {
	s, c := &screen{columns: 80}, newTicking()
	p := newProgress(s, c.read)
	out := &quietly{w: s, p: p}
	p.at("reports", "reports", 1, 2)
	if _, err := out.Write([]byte("CREATED units/82\n")); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(time.Second)
	p.at("reports", "reports", 2, 2)
	got := s.lines()
	if len(got) != 2 || got[0] != "CREATED units/82" || !strings.HasPrefix(got[1], "reports [####") {
		t.Errorf("the terminal shows %q, want the answer alone on its line and the bar below", got)
	}
}

func TestProgressForAProgram(t *testing.T) {
	var b bytes.Buffer
	c := newTicking()
	p := newProgress(&b, c.read)
	for i := range int64(31) {
		p.at("reports", "reports", i, 30)
		c.now = c.now.Add(100 * time.Millisecond)
	}
	p.at("reports", "reports", 30, 30)
	const want = `{"progress":"reports","unit":"reports","done":0,"total":30,"per_second":0}
{"progress":"reports","unit":"reports","done":10,"total":30,"per_second":10,"remaining_seconds":2}
{"progress":"reports","unit":"reports","done":20,"total":30,"per_second":10,"remaining_seconds":1}
{"progress":"reports","unit":"reports","done":30,"total":30,"per_second":10,"remaining_seconds":0}
`
	if b.String() != want {
		t.Errorf("a program reads\n%swant a line each second and the end once:\n%s", b.String(), want)
	}
}

func TestProgressBeginsAnewAfterABreak(t *testing.T) {
	var b bytes.Buffer
	c := newTicking()
	p := newProgress(&b, c.read)
	p.at("sending", "bytes", 0, 100)
	c.now = c.now.Add(10 * time.Second)
	p.at("sending", "bytes", 90, 100)
	c.now = c.now.Add(10 * time.Second)
	p.at("sending", "bytes", 0, 100)
	c.now = c.now.Add(time.Second)
	p.at("sending", "bytes", 50, 100)
	if !strings.HasSuffix(b.String(), `"done":50,"total":100,"per_second":50,"remaining_seconds":1}`+"\n") {
		t.Errorf("after a break the rate counts what was sent before:\n%s", b.String())
	}
}

func TestQuietProgress(t *testing.T) {
	var b bytes.Buffer
	p := newProgress(&b, newTicking().read)
	p.off = true
	p.at("sending", "bytes", 1, 2)
	if b.Len() > 0 {
		t.Errorf("quiet progress says %q", b.String())
	}
}
