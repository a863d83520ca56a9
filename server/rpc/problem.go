package rpc

import (
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/message"
	"github.com/tonghop/tonghop/server/tabular"
)

// problems tells every violation of an error.
func problems(err error, language message.Language) []*reportingv1.Problem {
	if err == nil {
		return nil
	}
	e := fault.Of(err)
	all := e.Details
	if len(all) == 0 {
		all = []*fault.Error{e}
	}
	list := make([]*reportingv1.Problem, len(all))
	for i, p := range all {
		list[i] = problem(p, language)
	}
	return list
}

func problem(e *fault.Error, language message.Language) *reportingv1.Problem {
	return ofRule(&reportingv1.Problem{Reason: e.Reason, Field: e.Field, Message: message.Text(e, language)}, e)
}

// ofRule adds what is told of a rule that does not hold.
func ofRule(m *reportingv1.Problem, e *fault.Error) *reportingv1.Problem {
	if e.Reason == "RULE_VIOLATED" || e.Reason == "EXPLANATION_REQUIRED" {
		m.Rule = &reportingv1.BrokenRule{}
		m.Rule.Code, _ = e.Param("rule")
		m.Rule.Indicator, _ = e.Param("indicator")
		m.Rule.Values, _ = e.Param("values")
	}
	return m
}

// warnings tells what was unusual and accepted.
func warnings(errs []error, language message.Language) []*reportingv1.Problem {
	var list []*reportingv1.Problem
	for _, err := range errs {
		list = append(list, problems(err, language)...)
	}
	return list
}

// fileProblem tells what is wrong with a line of a file.
func fileProblem(p tabular.Problem, language message.Language) *reportingv1.Problem {
	return &reportingv1.Problem{
		Reason: p.Err.Reason, Field: p.Column, Line: int32(p.Line), OtherLine: int32(p.OtherLine), //nolint:gosec // a file has a million lines
		Message: message.Text(p.Err, language),
	}
}

// fileProblems tells the problems of a file, and at the end how many more there are.
func fileProblems(p tabular.Problems, language message.Language) []*reportingv1.Problem {
	list := make([]*reportingv1.Problem, 0, len(p.List)+1)
	for _, one := range p.List {
		list = append(list, fileProblem(one, language))
	}
	if more := p.Count - len(p.List); more > 0 {
		list = append(list, problem(moreProblems(more), language))
	}
	return list
}

func moreProblems(n int) *fault.Error {
	return fault.Invalid("MORE_PROBLEMS", "%d more problems of the file are not listed; mend these first", n).With("count", n)
}
