package tabular

import (
	"io"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rule"
)

// The columns of rules.csv, in the order of their constants.
var ruleColumns = columns("form code severity expression text_vi text_en? valid_from?")

const (
	ruleForm = iota
	ruleCode
	ruleSeverity
	ruleExpression
	ruleTextVI
	ruleTextEN
	ruleValidFrom
)

// ReadRules reads rules.csv. Whether their forms ask for what the rules speak of is for [rule.Rule.Suits] to say.
func ReadRules(r io.Reader) (Sheet[rule.Rule], error) {
	return readSheet(r, ruleColumns, readRule, nil, rulesTwice)
}

// rulesTwice tells of versions that stand in the file again.
func rulesTwice(s *Sheet[rule.Rule], _ []rule.Rule, _ []int) {
	first := map[string]int{}
	for i, r := range s.Rows {
		key := string(r.Form.Fold()) + "/" + keyed(string(r.Code), r.ValidFrom)
		earlier, again := first[key]
		if !again {
			first[key] = s.Lines[i]
			continue
		}
		s.Problems.put(repeatedRow(earlier, s.Lines[i], ruleColumns[ruleCode].name, string(r.Code)))
	}
}

func readRule(r row, problems *fault.List) rule.Rule {
	read := rule.Rule{
		Form: form.Code(r.cell(ruleForm)), Code: rule.Code(r.cell(ruleCode)), Expression: r.cell(ruleExpression),
		TextVI: r.name(ruleTextVI), TextEN: r.name(ruleTextEN), ValidFrom: r.day(ruleValidFrom, period.Beginning, problems),
	}
	var err error
	read.Severity, err = rule.ParseSeverity(r.cell(ruleSeverity))
	r.add(ruleSeverity, err, problems)
	read = read.Clean()
	for _, p := range problemsOf(0, "", read.Check()) {
		// A severity that could not be read was told of.
		if err == nil || p.Column != ruleColumns[ruleSeverity].name {
			problems.Add(p.Err)
		}
	}
	return read
}
