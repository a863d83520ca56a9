package aggregator

import (
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
	"github.com/tonghop/tonghop/server/rule"
)

// applyRules adds versions of validation rules. No figure changes by it: what was accepted stays.
func (t *Tx) applyRules(versions []entry.Rule) error {
	old := t.snap
	set, taken := eachThatCan(old.rules, versions, withRules)
	if len(taken) == 0 {
		return nil
	}
	for place, v := range taken {
		b, err := entry.AppendRule(nil, v)
		if err != nil {
			return err
		}
		if err := t.putVersion(ruleBucket, versionKey(v.Number, v.ValidFrom), place, b); err != nil {
			return err
		}
	}
	t.snap = old.changed(t.position.Head.Sequence, func(s *snapshot) { s.rules = set })
	return nil
}

// withRules adds versions in the manner of withIndicators.
func withRules(set *rule.Set, versions ...entry.Rule) (*rule.Set, error) {
	plain := make([]rule.Rule, len(versions))
	for i := range versions {
		plain[i] = versions[i].Rule
	}
	next, err := set.With(plain...)
	if err != nil {
		return nil, err
	}
	for i := range versions {
		if at, ok := next.Ordinal(versions[i].Form, versions[i].Code); !ok || at != int(versions[i].Number) {
			return nil, wrongNumber(versions[i].Number, string(versions[i].Code))
		}
	}
	return next, nil
}

// holdsRules says of rules what holds says.
func (s *snapshot) holdsRules(v versions) bool {
	for _, r := range v.rules {
		if at, ok := s.rules.Ordinal(r.version.Form, r.version.Code); !ok || at != int(r.number) {
			return false
		}
		if in, ok := s.rules.On(r.version.Form, r.version.Code, r.version.ValidFrom); !ok || in.ValidFrom != r.version.ValidFrom {
			return false
		}
	}
	return true
}

// ruleName is how the note of a change names a rule: the codes of form and rule, in neither of which a slash stands.
func ruleName(r entry.Rule) string { return string(r.Form) + "/" + string(r.Code) }

// RuleSequence gives the sequence of the entry that last wrote a version of the rule; 0 if there is none.
func (t *Tx) RuleSequence(f form.Code, code rule.Code) uint64 {
	ordinal, ok := t.snap.rules.Ordinal(f, code)
	if !ok {
		return 0
	}
	return t.newest(ruleBucket, versionKey(uint32(ordinal), 0)[:4], 4) //nolint:gosec // an ordinal
}

// RuleHistory is UnitHistory for the version of a rule with that first day.
func (t *Tx) RuleHistory(f form.Code, code rule.Code, from period.Day) []uint64 {
	ordinal, ok := t.snap.rules.Ordinal(f, code)
	if !ok {
		return nil
	}
	return t.written(ruleBucket, versionKey(uint32(ordinal), from)) //nolint:gosec // an ordinal
}

// InForce gives the figures of a report that count in a basis, without their texts, and the number of their revision; 0
// where none counts, as of an obligation that is taken out. It reads the report alone.
func (t *Tx) InForce(key entry.ReportKey, basis rollup.Basis) (int, []entry.Figure, error) {
	k, ok := t.place(key)
	if !ok {
		return 0, nil, nil
	}
	rec, ok, err := t.readRecord(k, nil)
	if err != nil || !ok {
		return 0, nil, err
	}
	number := rec.provisional()
	if basis == rollup.Official {
		number = rec.official
	}
	if number == 0 || rec.excluded() {
		return 0, nil, nil
	}
	h := rec.find(number)
	if h == nil {
		return 0, nil, reportBucket.damaged(k.append(nil))
	}
	if err := t.load(k, h); err != nil {
		return 0, nil, err
	}
	_, bytes, ok := h.split()
	r := reader{b: bytes}
	figures := r.figures()
	if !ok || !r.done() {
		return 0, nil, reportBucket.damaged(k.append(nil))
	}
	return number, figures, nil
}
