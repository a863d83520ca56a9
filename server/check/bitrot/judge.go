//go:build unix

package bitrot

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/head"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/reporting"
)

func errorOf(format string, args ...any) error { return fmt.Errorf(format, args...) }

// judge damages copies and opens them.
type judge struct {
	ctx    context.Context //nolint:containedctx // it lives as long as inside
	models map[string]*model
	secret auth.Secret
	// right are the answers of the undamaged copies.
	right map[string]answers
}

// starts is how often a store is started: after an error the process ends, and the next start must be right.
const starts = 2

// verifyEvery is after how many damages the whole store is verified too.
const verifyEvery = 8

// one does a damage, or goes on with a folder in which a start ended, and judges what becomes of it.
func (j *judge) one(d damage, dir string, again bool) (news, error) {
	if !again {
		if err := copyFolder(j.models[d.model].dir, dir); err != nil {
			return news{}, err
		}
		if err := d.do(dir); err != nil {
			return news{}, err
		}
	}
	segments, err := j.journalOf(d.model, dir)
	if err != nil {
		return news{}, err
	}
	how := harmless
	for range starts {
		end, errors := j.start(&d, dir, segments)
		if end.Wrong != "" || end.How == refused {
			if end.Wrong != "" {
				end.Wrong = d.String() + ": " + end.Wrong
				return end, nil // with its folder
			}
			return end, os.RemoveAll(dir)
		}
		if how != told {
			how = end.How
		}
		if errors == 0 {
			return news{How: how}, os.RemoveAll(dir)
		}
		how = told
	}
	return news{Wrong: d.String() + ": the start after an error gives errors again"}, nil
}

// journalOf reads the segments as they are now.
func (j *judge) journalOf(model, dir string) (map[string][]byte, error) {
	all := map[string][]byte{}
	for _, file := range j.models[model].segments {
		content, err := os.ReadFile(filepath.Join(dir, file)) //nolint:gosec // a copy of our own
		if err != nil {
			return nil, err
		}
		all[file] = content
	}
	return all, nil
}

func wrong(format string, args ...any) news { return news{Wrong: fmt.Sprintf(format, args...)} }

// start opens the store as the daemon does, asks for everything and makes a change. It also gives how many answers were
// errors.
func (j *judge) start(d *damage, dir string, segments map[string][]byte) (news, int) {
	var log bytes.Buffer
	cfg := config(dir)
	cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	store, err := server.OpenStore(j.ctx, cfg)
	if err != nil {
		return j.refusal(d, dir, err, segments), 0
	}
	errors, differs := j.compare(d.model, look(j.ctx, store, j.secret))
	if differs != "" {
		_ = store.Close() // what is wrong was found
		return wrong("%s", differs), 0
	}
	if errors > 0 {
		_ = store.Close() // as a process that ends; the next start judges
		return news{How: told}, errors
	}
	if _, err := store.IssueToken(j.ctx, reporting.TokenDraft{Role: auth.Viewer}); err != nil {
		_ = store.Close()
		return wrong("all answers were right, and a change is not taken: %v", err), 0
	}
	head := store.Head()
	if err := store.Close(); err != nil {
		return wrong("it does not stop in order: %v", err), 0
	}
	if d.n%verifyEvery == 0 {
		if found := j.verify(cfg, head); found != "" {
			return wrong("after one more change: %s", found), 0
		}
	}
	if strings.Contains(log.String(), "rebuilt from the journal") || strings.Contains(log.String(), "there was no state") {
		return news{How: rebuilt}, 0
	}
	return news{How: harmless}, 0
}

// compare holds answers against the right ones: how many are errors, and where one differs.
func (j *judge) compare(model string, all answers) (errors int, differs string) {
	for what, right := range j.right[model] {
		got, asked := all[what]
		switch {
		case !asked:
			errors++ // nobody was let in
		case got.err != nil && fault.KindOf(got.err) == fault.KindDataLoss:
			errors++
		case got.err != nil:
			return errors, fmt.Sprintf("%s: %v, want an answer or DATA_LOSS", what, got.err)
		case got.text != right.text:
			return errors, fmt.Sprintf("%s is %s", what, firstDifference(got.text, right.text))
		}
	}
	return errors, ""
}

// firstDifference shows two texts from where they part.
func firstDifference(got, want string) string {
	const around, shown = 60, 200
	n := 0
	for n < len(got) && n < len(want) && got[n] == want[n] {
		n++
	}
	from := max(0, n-around)
	return fmt.Sprintf("%q, want %q", got[from:min(len(got), from+shown)], want[from:min(len(want), from+shown)])
}

// verify opens the store once more and recomputes everything.
func (j *judge) verify(cfg server.Config, head journal.Head) string {
	store, err := server.OpenStore(j.ctx, cfg)
	if err != nil {
		return err.Error()
	}
	defer store.Close() //nolint:errcheck // it was closed in order before
	report, err := store.Verify(j.ctx, nil)
	switch {
	case err != nil:
		return err.Error()
	case !report.Sound():
		return report.Findings[0]
	case store.Head() != head:
		return fmt.Sprintf("the head is %v, and was %v", store.Head(), head)
	}
	return ""
}

// refusal judges a start that says no: only for a damaged journal, or a damaged key, and it must say where, and have changed
// nothing in the journal.
func (j *judge) refusal(d *damage, dir string, err error, segments map[string][]byte) news {
	now, failure := j.journalOf(d.model, dir)
	if failure != nil {
		return wrong("the journal cannot be read after a refusal: %v", failure)
	}
	for name, content := range segments {
		if !bytes.Equal(now[name], content) {
			return wrong("the start is refused, and has changed %s, so that what was damaged there is lost: %v", name, err)
		}
	}
	e := fault.Of(err)
	file, _ := e.Param("file")
	switch {
	case e.Reason == head.ReasonKeyMalformed && strings.HasPrefix(d.file, "keys/"):
		if file != filepath.Join(dir, d.file) {
			return wrong("the key is refused as that of %q: %v", file, err)
		}
		return news{How: refused}
	case e.Reason != journal.ReasonDamaged || !d.ofJournal():
		return wrong("the start is refused with %s: %v", e.Reason, err)
	}
	if offset, _ := e.Param("offset"); offset == "" || !strings.Contains(e.Text, "restore from a backup") || !j.near(d, file) {
		return wrong("the start does not say where the journal is damaged and what to do: %v", err)
	}
	return news{How: refused}
}

// near says whether a file is the damaged one or beside it: that a segment does not follow is told of either.
func (j *judge) near(d *damage, file string) bool {
	all := j.models[d.model].segments
	at := slices.Index(all, filepath.Join(filepath.Dir(all[0]), file))
	for _, hurt := range []string{d.file, d.other} {
		if n := slices.Index(all, hurt); at >= 0 && n >= 0 && at-n <= 1 && n-at <= 1 {
			return true
		}
	}
	return false
}
