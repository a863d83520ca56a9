package entry

import (
	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rule"
)

// RulesChanged adds versions of validation rules; one with the codes and first day of an older one replaces it.
type RulesChanged struct {
	// Rules are the versions.
	Rules []Rule
}

// Rule is one version of a validation rule and the number that stands for its codes.
type Rule struct {
	// Number is given once to each rule of each form, for ever: its ordinal among the rules.
	Number uint32
	rule.Rule
}

func (RulesChanged) body() {}

func putRules(b RulesChanged, m *journalv1.Entry) error {
	list, err := mapped(b.Rules, ruleMessage)
	m.Body = &journalv1.Entry_RulesChanged{RulesChanged: &journalv1.RulesChanged{Rules: list}}
	return err
}

func rulesOf(m *journalv1.RulesChanged) (Body, error) {
	list, err := mapped(m.GetRules(), ruleOf)
	if err != nil {
		return nil, err
	}
	return RulesChanged{Rules: list}, known(m)
}

func ruleMessage(v Rule) (*journalv1.Rule, error) {
	severity, err := wordOf(severityWords, v.Severity, "severity")
	return &journalv1.Rule{
		Number: v.Number, Form: string(v.Form), Code: string(v.Code), Severity: severity, Expression: v.Expression,
		TextVi: v.TextVI, TextEn: v.TextEN, ValidFrom: dayMessage(v.ValidFrom, period.Beginning),
	}, err
}

func ruleOf(m *journalv1.Rule) (Rule, error) {
	v := Rule{Number: m.GetNumber(), Rule: rule.Rule{
		Form: form.Code(m.GetForm()), Code: rule.Code(m.GetCode()), Expression: m.GetExpression(),
		TextVI: m.GetTextVi(), TextEN: m.GetTextEn(), ValidFrom: dayOf(m.ValidFrom, period.Beginning),
	}}
	var err error
	if v.Severity, err = valueOf[rule.Severity](severityWords, m.GetSeverity(), "severity"); err != nil {
		return Rule{}, err
	}
	return v, known(m)
}

// AppendRule appends the bytes of one version of a rule, the message that stands in an entry.
func AppendRule(b []byte, v Rule) ([]byte, error) {
	m, err := ruleMessage(v)
	if err != nil {
		return b, err
	}
	return appendMessage(b, m)
}

// ParseRule reads what AppendRule appended.
func ParseRule(b []byte) (Rule, error) {
	var m journalv1.Rule
	if err := parseMessage(b, &m); err != nil {
		return Rule{}, err
	}
	return whole(ruleOf(&m))
}
