package reporting

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/rule"
)

// Rule is a version of a validation rule as it is shown.
type Rule struct {
	rule.Rule
	Etag string
}

// RuleRef names a rule as a caller writes it.
type RuleRef struct{ Form, Rule string }

// ParseRuleName reads "forms/FORM/rules/RULE".
func ParseRuleName(name string) (RuleRef, error) {
	const longest = 200
	parts := strings.Split(name, "/")
	if len(name) <= longest && len(parts) == 4 && parts[0] == "forms" && parts[2] == "rules" && parts[1] != "" && parts[3] != "" {
		return RuleRef{Form: parts[1], Rule: parts[3]}, nil
	}
	return RuleRef{}, fault.Invalid("RULE_NAME_INVALID", "rule name %q: write forms/FORM/rules/RULE, such as forms/cds-thang/rules/tuso", shorten(name)).
		With("value", shorten(name))
}

// RuleName gives the resource name of a rule.
func RuleName(f form.Code, code rule.Code) string {
	return "forms/" + string(f.Fold()) + "/rules/" + string(code.Fold())
}

// GetRuleAt gives the version of a rule on the day asOf, today when it is empty.
func (s *Service) GetRuleAt(ctx context.Context, caller auth.Caller, ref RuleRef, asOf string, at At) (Rule, Stamp, error) {
	day, err := s.dayOr("as_of", asOf)
	if err != nil {
		return Rule{}, Stamp{}, err
	}
	var found Rule
	var stamp Stamp
	err = s.readAt(ctx, caller, at, 0, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		if err := who.need(auth.Read); err != nil {
			return err
		}
		r, ok := tx.Definitions().Rules().On(form.Code(ref.Form), rule.Code(ref.Rule), day)
		if !ok {
			return unknownRule(tx, ref).In("name")
		}
		found = shownRule(tx, r)
		return nil
	})
	return found, stamp, err
}

func shownRule(tx *aggregator.Tx, r rule.Rule) Rule {
	return Rule{Rule: r, Etag: strconv.FormatUint(tx.RuleSequence(r.Form, r.Code), 10)}
}

// unknownRule tells a code that no rule has from one that begins later.
func unknownRule(tx *aggregator.Tx, ref RuleRef) *fault.Error {
	if versions := tx.Definitions().Rules().Versions(form.Code(ref.Form), rule.Code(ref.Rule)); len(versions) > 0 {
		return fault.NotFound("RULE_NOT_FOUND", "rule %q of form %q begins on %s; ask for a later day", ref.Rule, ref.Form, versions[0].ValidFrom).
			With("rule", ref.Rule).With("form", ref.Form).With("day", versions[0].ValidFrom)
	}
	ref.Form, ref.Rule = shorten(ref.Form), shorten(ref.Rule)
	return fault.NotFound("RULE_NOT_FOUND", "form %q has no rule %q; see the list of rules for the codes", ref.Form, ref.Rule).
		With("rule", ref.Rule).With("form", ref.Form)
}

// RuleFilter narrows a list of rules.
type RuleFilter struct {
	// Form is the code of a form; empty for all.
	Form, AsOf string
	Page       Page
	At         At
}

// RulePage is one page of rules.
type RulePage struct {
	Rules []Rule
	Next  string
	Stamp Stamp
}

// ListRules lists the versions of a day in the order of the codes of form and rule.
func (s *Service) ListRules(ctx context.Context, caller auth.Caller, f RuleFilter) (RulePage, error) {
	day, err := s.dayOr("as_of", f.AsOf)
	if err != nil {
		return RulePage{}, err
	}
	size, err := f.Page.size(defaultPage, largestPage)
	if err != nil {
		return RulePage{}, err
	}
	var page RulePage
	err = s.readAt(ctx, caller, f.At, 0, func(tx *aggregator.Tx, who granted) error {
		page = RulePage{Stamp: stampOf(tx)}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		if _, known := tx.Forms().Latest(form.Code(f.Form)); f.Form != "" && !known {
			return unknownForm(tx.Definitions(), f.Form, 0).In("parent")
		}
		at, err := f.Page.open(tx, filterHash("rules", f.Form, f.AsOf, f.At.String()))
		if err != nil {
			return err
		}
		for _, r := range tx.Definitions().Rules().All(day) {
			if f.Form != "" && !r.Form.Same(form.Code(f.Form)) || ruleKey(r) <= at.key {
				continue
			}
			if len(page.Rules) == size {
				at.key = ruleKey(page.Rules[size-1].Rule)
				page.Next = at.token()
				return nil
			}
			page.Rules = append(page.Rules, shownRule(tx, r))
		}
		return nil
	})
	return page, err
}

// ruleKey orders rules as rule.Set.All does: no code has a character before the separator.
func ruleKey(r rule.Rule) string { return string(r.Form.Fold()) + "\x00" + string(r.Code.Fold()) }

// CreateRule adds a rule, or a version of one with another first day.
func (s *Service) CreateRule(ctx context.Context, call Call, r rule.Rule) (Rule, CatalogueChange, Stamp, error) {
	return s.changeOneRule(ctx, call, "RuleService.CreateRule", "", r, func(tx *aggregator.Tx, r rule.Rule) error {
		if old, ok := sameRuleVersion(tx, r); ok {
			return fault.Exists("RULE_EXISTS",
				"form %s has a rule %s from %s already; update it, or give the first day of the new version", old.Form, old.Code, dayWords(old.ValidFrom)).
				With("form", old.Form).With("rule", old.Code)
		}
		return nil
	})
}

// UpdateRule replaces the version with the same first day.
func (s *Service) UpdateRule(ctx context.Context, call Call, r rule.Rule, etag string) (Rule, CatalogueChange, Stamp, error) {
	return s.changeOneRule(ctx, call, "RuleService.UpdateRule", etag, r, func(tx *aggregator.Tx, r rule.Rule) error {
		old, ok := sameRuleVersion(tx, r)
		if !ok {
			return fault.NotFound("RULE_NOT_FOUND", "form %q has no version of rule %q from %s; create it", r.Form, r.Code, dayWords(r.ValidFrom)).
				With("form", r.Form).With("rule", r.Code)
		}
		if now := shownRule(tx, old).Etag; etag != now {
			return etagMismatch(etag, now)
		}
		return nil
	})
}

func (s *Service) changeOneRule(
	ctx context.Context, call Call, method, etag string, r rule.Rule, check func(tx *aggregator.Tx, r rule.Rule) error,
) (Rule, CatalogueChange, Stamp, error) {
	r = r.Clean()
	wrote, receipt, err := change(ctx, s, mutation[rule.Rule]{
		call: call, method: method, hash: hashRules(method, etag, r), size: 2 << 10,
		decide: func(who granted, _ committer.Slot) (rule.Rule, entry.Body, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return rule.Rule{}, nil, err
			}
			if err := check(who.tx, r); err != nil {
				return rule.Rule{}, nil, err
			}
			versions, err := who.bindRules([]rule.Rule{r})
			if err != nil {
				return rule.Rule{}, nil, unnumbered(err)
			}
			if old, known := sameRuleVersion(who.tx, r); known && old == versions[0].Rule {
				return old, nil, nil
			}
			return versions[0].Rule, entry.RulesChanged{Rules: versions}, nil
		},
		recall: func(who granted, _ uint64) (rule.Rule, error) { return rule.Rule{}, who.needEverywhere(auth.Catalogue) },
	})
	summary := CatalogueChange{Receipt: receipt}
	if err != nil {
		return Rule{}, summary, Stamp{}, err
	}
	if call.ValidateOnly {
		_, stamp, err := s.GetStamp(ctx, call.Caller)
		return Rule{Rule: wrote}, summary, stamp, err
	}
	var shown Rule
	var stamp Stamp
	err = s.read(ctx, call.Caller, 0, func(tx *aggregator.Tx, _ granted) error {
		stamp = stampOf(tx)
		found, ok := sameRuleVersion(tx, r)
		if !ok {
			return unknownRule(tx, RuleRef{Form: string(r.Form), Rule: string(r.Code)})
		}
		shown = shownRule(tx, found)
		return nil
	})
	return shown, summary, stamp, err
}

// ImportRules adds or replaces versions, all or none. Problems name the rows as rules[i].
func (s *Service) ImportRules(ctx context.Context, call Call, rows []rule.Rule) (CatalogueChange, error) {
	const method = "RuleService.ImportRules"
	clean := make([]rule.Rule, len(rows))
	for i := range rows {
		clean[i] = rows[i].Clean()
	}
	summary, receipt, err := change(ctx, s, mutation[CatalogueChange]{
		slow: true, call: call, method: method, hash: hashRules(method, "", clean...), size: 1024 * len(clean),
		decide: func(who granted, _ committer.Slot) (CatalogueChange, entry.Body, error) {
			var summary CatalogueChange
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return summary, nil, err
			}
			versions, err := who.bindRules(clean)
			if err != nil {
				return summary, nil, err
			}
			versions = slices.DeleteFunc(versions, func(v entry.Rule) bool {
				old, known := sameRuleVersion(who.tx, v.Rule)
				return summary.count(known, old == v.Rule)
			})
			if len(versions) == 0 {
				return summary, nil, nil
			}
			return summary, entry.RulesChanged{Rules: versions}, nil
		},
		recall: func(who granted, sequence uint64) (CatalogueChange, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return CatalogueChange{}, err
			}
			return recount(sequence, clean, func(r rule.Rule) []uint64 { return who.tx.RuleHistory(r.Form, r.Code, r.ValidFrom) }), nil
		},
	})
	summary.Receipt = receipt
	return summary, err
}

// bindRules gives forms the spelling in which they are known, asks whether forms and catalogue suit the rows and the set of
// rules takes them, and gives each its number.
func (g granted) bindRules(rows []rule.Rule) ([]entry.Rule, error) {
	bound := slices.Clone(rows)
	for i := range bound {
		if f, known := g.tx.Forms().Latest(bound[i].Form); known {
			bound[i].Form = f.Code
		}
	}
	next, err := g.tx.Definitions().Rules().With(bound...)
	if err != nil {
		return nil, err
	}
	var problems fault.List
	numbered := make([]entry.Rule, len(bound))
	for i, r := range bound {
		if err := r.Suits(g.tx.Forms(), g.tx.Indicators()); err != nil {
			problems.Add(fault.Of(err).In(fmt.Sprintf("rules[%d]", i)))
		}
		number, _ := next.Ordinal(r.Form, r.Code)
		numbered[i] = entry.Rule{Number: uint32(number), Rule: r} //nolint:gosec // an ordinal
	}
	return numbered, problems.Err()
}

func sameRuleVersion(tx *aggregator.Tx, like rule.Rule) (rule.Rule, bool) {
	for _, v := range tx.Definitions().Rules().Versions(like.Form, like.Code) {
		if v.ValidFrom == like.ValidFrom {
			return v, true
		}
	}
	return rule.Rule{}, false
}

func hashRules(method, etag string, rows ...rule.Rule) [32]byte {
	c := canon(method).text("etag", etag).count("rules", len(rows))
	for _, r := range rows {
		c.text("form", string(r.Form)).text("code", string(r.Code)).text("severity", r.Severity.String()).
			text("expression", r.Expression).text("text_vi", r.TextVI).text("text_en", r.TextEN).text("valid_from", r.ValidFrom.String())
	}
	return c.sum()
}
