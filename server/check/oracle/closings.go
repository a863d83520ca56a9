package oracle

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/closing"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rule"
	"github.com/tonghop/tonghop/server/verify"
)

// shut is what the entries told of closings and of rules: each must stay what it was, whatever comes after (R27).
type shut struct {
	versions map[entry.ClosingKey][]closed
	// rules are the versions by form, code and first day.
	rules map[rule.Rule]rule.Rule
}

// closed is one closing, as its entry had it, and how it was opened afterwards.
type closed struct {
	entry.PeriodClosed
	told
	reopened []reopened
}

type reopened struct {
	entry.PeriodReopened
	told
}

// told is who did something, and when.
type told struct {
	sequence  uint64
	principal string
	at        time.Time
	reason    string
}

func newShut() shut {
	return shut{versions: map[entry.ClosingKey][]closed{}, rules: map[rule.Rule]rule.Rule{}}
}

// apply takes an entry in.
func (s *shut) apply(e *entry.Entry) {
	by := told{sequence: e.Header.Sequence, principal: e.Header.Principal, at: e.Header.Time}
	switch b := e.Body.(type) {
	case entry.PeriodClosed:
		by.reason = b.Reason
		if known := s.versions[b.Key]; len(known) == 0 || known[len(known)-1].Version < b.Version {
			s.versions[b.Key] = append(known, closed{PeriodClosed: b, told: by})
		}
	case entry.PeriodReopened:
		by.reason = b.Reason
		if known := s.versions[b.Key]; len(known) > 0 && known[len(known)-1].Version == b.Version {
			last := &known[len(known)-1]
			last.reopened = append(last.reopened, reopened{PeriodReopened: b, told: by})
		}
	case entry.RulesChanged:
		for _, r := range b.Rules {
			s.rules[rule.Rule{Form: r.Form, Code: r.Code, ValidFrom: r.ValidFrom}] = r.Rule
		}
	case entry.EntryRedacted:
		for _, versions := range s.versions {
			for i := range versions {
				versions[i].redact(b.Sequence)
			}
		}
	}
}

func (c *closed) redact(sequence uint64) {
	if c.sequence == sequence {
		c.reason = ""
	}
	for i := range c.reopened {
		if c.reopened[i].sequence == sequence {
			c.reopened[i].reason = ""
		}
	}
}

// differs tells where the state has another closing or another rule than was told; empty if nowhere.
func (s *shut) differs(tx *aggregator.Tx) (string, error) {
	for key, versions := range s.versions {
		got, err := tx.Closing(key)
		if err != nil {
			return fmt.Sprintf("the closings of %s: %v", key, err), nil
		}
		if is, want := wordsOf(got.Versions), toldWords(versions); is != want {
			return fmt.Sprintf("the closings of %s are\n%s, told were\n%s", key, is, want), nil
		}
		for i := range versions {
			if found := versions[i].piecesDiffer(tx); found != "" {
				return found, nil
			}
		}
	}
	for _, r := range s.rules {
		versions := tx.Definitions().Rules().Versions(r.Form, r.Code)
		if !slices.Contains(versions, r) {
			return fmt.Sprintf("the rule %+v was told, and there are %+v", r, versions), nil
		}
	}
	return "", nil
}

// piecesDiffer holds the kept rows against the entry, and their text against its digest.
func (c *closed) piecesDiffer(tx *aggregator.Tx) string {
	var kept [][]byte
	for i, p := range c.Pieces {
		piece, err := tx.ClosedPiece(c.Key, c.Version, i)
		if err != nil {
			return fmt.Sprintf("piece %d of closing %d of %s: %v", i, c.Version, c.Key, err)
		}
		if !slices.Equal(piece, p.Deflated) {
			return fmt.Sprintf("piece %d of closing %d of %s is not what was closed", i, c.Version, c.Key)
		}
		kept = append(kept, piece)
	}
	text, err := closing.Text(kept...)
	if err != nil {
		return fmt.Sprintf("the rows of closing %d of %s: %v", c.Version, c.Key, err)
	}
	if digest := sha256.Sum256(text); digest != c.Digest || strings.Count(string(text), "\n") != c.Rows+1 {
		return fmt.Sprintf("closing %d of %s has %d rows and the digest %x; the digest of what is kept is %x: %q", c.Version, c.Key, c.Rows, c.Digest, digest, text)
	}
	return ""
}

// wordsOf and toldWords write closings alike, as the state has them and as they were told.
func wordsOf(versions []aggregator.ClosingVersion) string {
	var b strings.Builder
	for _, v := range versions {
		_, _ = fmt.Fprintf(&b, "%d %s computed at %d digest %x rows %d forced %t left out %v firsts %v\n",
			v.Number, turnWords(v.Turn), v.ComputedAt, v.Digest, v.Rows, v.Forced, v.LeftOut, v.FirstUnits)
		for _, r := range v.Reopenings {
			_, _ = fmt.Fprintf(&b, " opened %s for %v until %d\n", turnWords(r.Turn), r.Units, r.Until.Unix())
		}
	}
	return b.String()
}

func toldWords(versions []closed) string {
	list := make([]aggregator.ClosingVersion, len(versions))
	for i, c := range versions {
		v := &list[i]
		v.Number, v.Turn, v.ComputedAt, v.Digest, v.Rows, v.Forced, v.LeftOut = c.Version, c.turn(), c.ComputedAt, c.Digest, c.Rows, c.Forced, c.LeftOut
		for _, p := range c.Pieces {
			v.FirstUnits = append(v.FirstUnits, p.FirstUnit)
		}
		for _, r := range c.reopened {
			v.Reopenings = append(v.Reopenings, aggregator.Reopening{Turn: r.turn(), Units: r.Units, Until: r.Until})
		}
	}
	return wordsOf(list)
}

func (t told) turn() aggregator.Turn {
	return aggregator.Turn{Sequence: t.sequence, Principal: t.principal, Time: t.at, Reason: t.reason}
}

func turnWords(t aggregator.Turn) string {
	return fmt.Sprintf("at %d by %q on %d for %q", t.Sequence, t.Principal, t.Time.UnixNano(), t.Reason)
}

// rowsOf makes the table of a closing as a server does: of what the state says now. The model holds it against the reports.
func (s *stage) rowsOf(c entry.PeriodClosed) (entry.PeriodClosed, error) {
	var rows []closing.Row
	err := s.read(func(tx *aggregator.Tx) error {
		latest, known := tx.Forms().Latest(c.Key.Form)
		if !known {
			return errUnfit
		}
		last := latest.Last(c.Key.Period)
		f, asked := tx.Forms().On(c.Key.Form, last)
		if !asked {
			return errUnfit
		}
		c.ComputedAt = s.head.Sequence
		spans := []period.Period{c.Key.Period}
		for _, longer := range period.Containing(c.Key.Period) {
			if bases := longer.Bases(c.Key.Period.Kind); len(bases) > 0 && bases[len(bases)-1] == c.Key.Period {
				spans = append(spans, longer)
			}
		}
		told := slices.DeleteFunc(slices.Clone(f.Indicators), func(code indicator.Code) bool {
			_, one := (&asker{stage: s, tx: tx}).carriers(code)
			return !one // a server tells nobody what is reported by two calendars
		})
		tx.Tree().Subtree(c.Key.Owner, last, func(u hierarchy.Unit) bool {
			for _, code := range told {
				for _, span := range spans {
					q := verify.Question{Unit: u.ID, Indicator: code, Period: span}
					said, err := answer(tx, q)
					if err == nil {
						rows = append(rows, verify.RowOf(q, said))
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		return c, err
	}
	table, err := closing.Make(rows)
	c.Digest, c.Rows, c.Pieces = table.Digest, table.Rows, nil
	for _, p := range table.Pieces {
		c.Pieces = append(c.Pieces, entry.ClosedRows{FirstUnit: p.FirstUnit, Deflated: p.Deflated})
	}
	return c, err
}

// whatDiffers tells what the model found wrong with a closing; an entry that no server would have made is an error still.
func whatDiffers(err error) (string, error) {
	if err != nil && !errors.Is(err, errUnfit) && fault.ReasonOf(err) == "CLOSING_DIFFERS" {
		return err.Error(), nil
	}
	return "", err
}

// closes closes a base period of a form below a unit, again after it was opened, or opens it; now and then what is passed over.
func (t *teller) closes() entry.Body {
	k, ok := t.key()
	latest, known := t.forms.Latest(k.Form)
	if !ok || !known {
		return nil
	}
	last := latest.Last(k.Period)
	if _, asked := t.forms.On(k.Form, last); !asked {
		return nil
	}
	owner := k.Unit
	for up, ok := owner, true; ok; up, ok = t.tree.Parent(up, last) {
		if owner = up; t.oneIn(4) {
			break
		}
	}
	key := entry.ClosingKey{Form: k.Form, Period: k.Period, Owner: owner}
	if all := t.stage.shut.keys(); len(all) > 0 && t.oneIn(2) {
		key = pick(t.Rand, all...)
	}
	versions := t.stage.shut.versions[key]
	if n := len(versions); n > 0 && (len(versions[n-1].reopened) == 0 || t.oneIn(3)) {
		return t.reopens(key, versions[n-1].Version, k.Unit)
	}
	b := entry.PeriodClosed{Key: key, Version: len(versions) + 1, Reason: pick(t.Rand, "", "đủ")}
	if t.oneIn(3) {
		b.Forced, b.LeftOut = true, []hierarchy.ID{k.Unit}
	}
	if t.oneIn(12) && len(versions) > 0 {
		b.Version-- // it is there already, and stays what it is
	}
	return b
}

// reopens opens a closing again, for a unit or for all.
func (t *teller) reopens(key entry.ClosingKey, version int, unit hierarchy.ID) entry.Body {
	b := entry.PeriodReopened{
		Key: key, Version: version, Until: t.stage.now.Add(time.Duration(1+t.IntN(90)) * time.Hour).Truncate(time.Second),
		Reason: pick(t.Rand, "", "nhầm"),
	}
	if t.oneIn(2) {
		b.Units = []hierarchy.ID{unit}
	}
	if t.oneIn(12) {
		b.Version++ // there is none such: it is passed over
	}
	return b
}

// keys lists the closings in a fixed order.
func (s *shut) keys() []entry.ClosingKey {
	list := make([]entry.ClosingKey, 0, len(s.versions))
	for k := range s.versions {
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b entry.ClosingKey) int { return strings.Compare(a.String(), b.String()) })
	return list
}

// rule adds a version of a validation rule, or changes one.
func (t *teller) rule() entry.Body {
	f := t.version(pick(t.Rand, t.forms.Codes()...))
	if len(f.Indicators) == 0 {
		return nil
	}
	r := rule.Rule{
		Form: f.Code, Code: pick[rule.Code](t.Rand, "R1", "R2"), Severity: pick(t.Rand, rule.Error, rule.Warning, rule.Off),
		Expression: fmt.Sprintf("[%s] >= %d", pick[indicator.Code](t.Rand, f.Indicators...), t.IntN(9)), TextVI: "Số liệu lạ", ValidFrom: t.day(),
	}.Clean()
	next, err := t.rules.With(r)
	if err != nil {
		return nil
	}
	at, _ := next.Ordinal(r.Form, r.Code)
	return entry.RulesChanged{Rules: []entry.Rule{{Number: uint32(at), Rule: r}}} //nolint:gosec // few
}
