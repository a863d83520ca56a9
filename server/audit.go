package server

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
	"github.com/tonghop/tonghop/server/security"
)

// securityDir is the folder of the security log. It is in no backup: it tells who tried, not what is.
const securityDir = "security"

func (c Config) securityConfig() security.Config {
	s := c.Security
	s.Dir, s.Now, s.Full = filepath.Join(c.Dir, securityDir), c.Now, filejournal.IsFull
	return s
}

// AuditQuery says which lines are asked for. The zero value: all of both sources.
type AuditQuery struct {
	// Principal is who did it or tried; Credential the id of the token that was shown, of the security log alone.
	Principal, Credential string
	// Unit is the id or the code of a unit that an entry names.
	Unit string
	// Events are kinds, such as reports_submitted or refused.
	Events []string
	// Since and Until are instants, the second one excluded; zero is no bound.
	Since, Until time.Time
	// Journal and Security leave the other source out.
	Journal, Security bool
}

// AuditLine is one act or attempt.
type AuditLine struct {
	// Source is "journal" or "security".
	Source string `json:"source"`
	// Sequence is that of the entry.
	Sequence uint64 `json:"sequence,omitempty"`
	// Units are the ids of units that the entry names.
	Units []string `json:"units,omitempty"`
	security.Event
}

// Audit tells who changed what, from the journal, and who tried, from the security log, in the order of time; also beside a
// server. It gives how many lines of the security log could not be read.
func Audit(ctx context.Context, cfg Config, q AuditQuery, tell func(AuditLine) error) (unread int, err error) {
	if err := cfg.withDefaults().folderMine(); err != nil {
		return 0, err
	}
	var tried []AuditLine
	if !q.Journal || q.Security {
		if tried, unread, err = triedOf(ctx, cfg, q); err != nil {
			return unread, err
		}
	}
	upTo := func(at time.Time) error {
		for len(tried) > 0 && tried[0].Time.Before(at) {
			if err := tell(tried[0]); err != nil {
				return err
			}
			tried = tried[1:]
		}
		return nil
	}
	if !q.Security || q.Journal {
		err = readEntries(ctx, cfg, func(e entry.Entry) error {
			if err := upTo(e.Header.Time); err != nil {
				return err
			}
			if line := lineOf(e); q.asks(line) {
				return tell(line)
			}
			return nil
		})
		if err != nil {
			return unread, err
		}
	}
	for _, line := range tried {
		if err := tell(line); err != nil {
			return unread, err
		}
	}
	return unread, nil
}

// triedOf gives what the security log has, and how many of its lines could not be read.
func triedOf(ctx context.Context, cfg Config, q AuditQuery) (tried []AuditLine, unread int, err error) {
	unread, err = security.Read(filepath.Join(cfg.Dir, securityDir), func(e security.Event) error {
		if line := (AuditLine{Source: "security", Event: e}); q.asks(line) {
			tried = append(tried, line)
		}
		return ctx.Err()
	})
	return tried, unread, err
}

func readEntries(ctx context.Context, cfg Config, visit func(entry.Entry) error) error {
	log, err := filejournal.OpenReadOnly(ctx, cfg.journalConfig())
	if err != nil {
		return err
	}
	err = log.Read(ctx, 0, func(stored journal.Entry) error {
		e, err := entry.Decode(stored.Public, stored.Private)
		if err != nil {
			return err
		}
		return visit(e)
	})
	return errors.Join(err, log.Close())
}

func lineOf(e entry.Entry) AuditLine {
	line := AuditLine{Source: "journal", Sequence: e.Header.Sequence, Units: unitsIn(e.Body)}
	line.Event = security.Event{
		Time: e.Header.Time.UTC(), Kind: security.Kind(snake(reflect.TypeOf(e.Body).Name())), Principal: e.Header.Principal, Method: e.Header.Method,
	}
	if e.Header.RequestID != [16]byte{} {
		line.RequestID = journal.ID(e.Header.RequestID).String()
	}
	return line
}

// snake writes ReportsSubmitted as reports_submitted.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// mostUnits keeps the line of a change of the whole country short.
const mostUnits = 100_000

// unitsIn finds the ids of units in an entry of whatever kind, also of one that is yet to be invented.
func unitsIn(body entry.Body) []string {
	kind := reflect.TypeFor[hierarchy.ID]()
	var ids []string
	var look func(v reflect.Value)
	look = func(v reflect.Value) {
		if len(ids) >= mostUnits {
			return
		}
		switch {
		case v.Type() == kind:
			if v.String() != "" {
				ids = append(ids, v.String())
			}
		case v.Kind() == reflect.Struct:
			for i := range v.NumField() {
				look(v.Field(i))
			}
		case v.Kind() == reflect.Slice:
			for i := range v.Len() {
				look(v.Index(i))
			}
		case v.Kind() == reflect.Pointer && !v.IsNil():
			look(v.Elem())
		}
	}
	look(reflect.ValueOf(body))
	slices.Sort(ids)
	return slices.Compact(ids)
}

// asks says whether a line is one of those that are asked for.
func (q AuditQuery) asks(l AuditLine) bool {
	named := func(id string) bool { return id == q.Unit || string(hierarchy.ID(id).Code()) == q.Unit }
	switch {
	case q.Principal != "" && q.Principal != l.Principal, q.Credential != "" && q.Credential != l.Credential,
		len(q.Events) > 0 && !slices.Contains(q.Events, string(l.Kind)),
		q.Unit != "" && !slices.ContainsFunc(l.Units, named),
		!q.Since.IsZero() && l.Time.Before(q.Since), !q.Until.IsZero() && !l.Time.Before(q.Until):
		return false
	}
	return true
}
