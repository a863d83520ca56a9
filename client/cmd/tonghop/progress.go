package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	// drawEvery and tellEvery keep a fast upload from being slowed down by its own news.
	drawEvery = 100 * time.Millisecond
	tellEvery = time.Second
	// barWidth is that of the bar alone.
	barWidth = 24
	// narrow is the width that is assumed where a terminal does not say.
	narrow = 80
)

// terminal is a writer or reader that a person sits at. A file is one where the operating system says so.
type terminal interface {
	// Terminal gives the width in letters, and whether a person sits there.
	Terminal() (width int, ok bool)
}

// atTerminal says whether a person sits at the other end.
func atTerminal(end any) (columns int, ok bool) {
	switch end := end.(type) {
	case terminal:
		return end.Terminal()
	case *os.File:
		if !term.IsTerminal(int(end.Fd())) {
			return 0, false
		}
		columns, _, err := term.GetSize(int(end.Fd()))
		if err != nil || columns <= 0 {
			columns = narrow
		}
		return columns, true
	}
	return 0, false
}

// progress shows how far something is: as a bar to a person, as lines of JSON to a program, on the standard error.
type progress struct {
	w   io.Writer
	now func() time.Time
	off bool

	mu sync.Mutex
	// stage is what is being done; began when its first step came.
	stage string
	began time.Time
	// base is how far it was then: a rate counts what was done since. What moves backwards begins anew.
	base int64
	// told and last are when and what was shown.
	told  time.Time
	last  int64
	drawn int
}

func newProgress(w io.Writer, now func() time.Time) *progress { return &progress{w: w, now: now} }

// at tells how far a stage is. It may be called often and from several goroutines.
func (p *progress) at(stage, unit string, done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.off {
		return
	}
	now := p.now()
	fresh := stage != p.stage || done < p.last
	if fresh {
		p.stage, p.began, p.base = stage, now, done
	}
	columns, person := atTerminal(p.w)
	every := tellEvery
	if person {
		every = drawEvery
	}
	if !fresh && (done == p.last || now.Sub(p.told) < every && done != total) {
		return
	}
	p.told, p.last = now, done
	step := step{Stage: stage, Unit: unit, Done: done, Total: total}
	step.measure(done-p.base, now.Sub(p.began))
	if person {
		p.draw(step.bar(), columns)
		return
	}
	line, err := json.Marshal(step)
	if err == nil {
		_, _ = fmt.Fprintln(p.w, string(line))
	}
}

// clear takes the bar away before something else is written.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn > 0 {
		_, _ = fmt.Fprint(p.w, "\r"+strings.Repeat(" ", p.drawn)+"\r")
		p.drawn = 0
	}
}

// draw writes over what stands there. The last column stays free: a terminal may begin a new line behind it.
func (p *progress) draw(text string, columns int) {
	runes := []rune(text)
	if len(runes) >= columns {
		runes = runes[:max(0, columns-1)]
	}
	_, _ = fmt.Fprint(p.w, "\r"+string(runes)+strings.Repeat(" ", max(0, p.drawn-len(runes))))
	p.drawn = max(p.drawn, len(runes))
}

// step is one piece of news.
type step struct {
	Stage string `json:"progress"`
	Unit  string `json:"unit"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
	// PerSecond is 0 and Remaining absent as long as nothing can be said.
	PerSecond float64  `json:"per_second"`
	Remaining *float64 `json:"remaining_seconds,omitempty"`
}

func (s *step) measure(done int64, took time.Duration) {
	if done <= 0 || took <= 0 {
		return
	}
	rate := float64(done) / took.Seconds()
	remaining := math.Ceil(float64(s.Total-s.Done) / rate)
	s.PerSecond, s.Remaining = math.Round(rate*10)/10, &remaining
}

func (s *step) bar() string {
	filled := 0
	if s.Total > 0 {
		filled = int(min(s.Done, s.Total) * barWidth / s.Total)
	}
	text := fmt.Sprintf("%s [%s%s] %d/%d %s", s.Stage, strings.Repeat("#", filled), strings.Repeat(".", barWidth-filled), s.Done, s.Total, s.Unit)
	if s.Remaining != nil {
		text += fmt.Sprintf(", %.0f/s, %s left", s.PerSecond, time.Duration(*s.Remaining)*time.Second)
	}
	return text
}
