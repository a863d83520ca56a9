package rule

import (
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/formula"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// Code names a rule within its form. It keeps its spelling; two codes that differ in case alone are one (R43).
type Code string

// Fold gives the key under which the code is unique: lower case.
func (c Code) Fold() Code { return Code(text.FoldCode(string(c))) }

// Severity says what comes of a rule that does not hold.
type Severity uint8

// The severities. The zero value is none.
const (
	_ Severity = iota
	// Error refuses the report.
	Error
	// Warning asks for an explanation.
	Warning
	// Off ends the rule from the first day of its version on.
	Off
)

var severities = [...]string{"", "ERROR", "WARNING", "OFF"}

// String gives the word of files and API; nothing for what is no severity.
func (s Severity) String() string {
	if int(s) < len(severities) {
		return severities[s]
	}
	return ""
}

// ParseSeverity reads ERROR, WARNING or OFF, in any case. The error names no field.
func ParseSeverity(s string) (Severity, error) {
	for at, word := range severities {
		if word != "" && strings.EqualFold(word, s) {
			return Severity(at), nil //nolint:gosec // there are three
		}
	}
	if len(s) > longestShown {
		s = strings.ToValidUTF8(s[:longestShown], "") + "…"
	}
	return 0, fault.Invalid("SEVERITY_UNKNOWN",
		"severity %q: give ERROR, which refuses a report, WARNING, which asks for an explanation, or OFF, which ends the rule", s).With("value", s)
}

const (
	// maxText is how many characters the text of a rule may have.
	maxText = 500
	// longestShown is how much of a foreign text an error shows.
	longestShown = 40
)

// Rule is one version of a rule. It is a plain value; Check tells what is wrong with it.
type Rule struct {
	Form form.Code
	Code Code
	// Severity says what comes of it where it does not hold.
	Severity Severity
	// Expression is the condition, as formula.Condition prints it; Clean brings it there.
	Expression string
	// TextVI and TextEN say to the reporter what is wrong where it does not hold. English is optional.
	TextVI, TextEN string
	// ValidFrom is the first day of the version, or Beginning. A base period takes the version of its last day.
	ValidFrom period.Day
}

// Clean gives the rule as it is stored: its expression in its one form and its texts composed. What cannot be read stays as
// it is, for Check to refuse.
func (r Rule) Clean() Rule {
	if c, err := formula.ParseCondition(r.Expression); err == nil {
		r.Expression = c.String()
	}
	for _, t := range []*string{&r.TextVI, &r.TextEN} {
		if clean, err := text.Clean("", *t, maxText); err == nil {
			*t = clean
		}
	}
	return r
}

// Check tells every violation of a version looked at alone, each with its field. Whether its form asks for what it speaks of
// is for Suits.
func (r Rule) Check() error {
	_, err := r.compile()
	return err
}

// compile makes a rule ready to be held against reports.
func (r Rule) compile() (*InForce, error) {
	var problems fault.List
	for _, code := range []struct{ field, code string }{{"form", string(r.Form)}, {"code", string(r.Code)}} {
		_, err := text.Code(code.field, code.code)
		problems.Add(err)
	}
	if r.Severity.String() == "" {
		_, err := ParseSeverity("")
		problems.Add(fault.Of(err).In("severity"))
	}
	if r.TextVI == "" {
		problems.Add(fault.Invalid("RULE_TEXT_EMPTY", "rule %q has no Vietnamese text; say what is wrong where it does not hold", r.Code).
			With("rule", r.Code).In("text_vi"))
	}
	problems.Add(checkClean("text_vi", r.TextVI))
	problems.Add(checkClean("text_en", r.TextEN))
	c, err := formula.ParseCondition(r.Expression)
	if err != nil {
		problems.Add(fault.Of(err).In("expression"))
		return nil, problems.Err()
	}
	if c.String() != r.Expression {
		problems.Add(fault.Invalid("FORMULA_NOT_CLEAN", "the expression is not in its stored form, which is %s", c).With("value", c.String()).In("expression"))
	}
	if !slices.ContainsFunc(c.References(), isHere) {
		problems.Add(withoutFigure(string(r.Code)))
	}
	ready := &InForce{Rule: r, condition: c}
	ready.vi, err = readText("text_vi", r.TextVI, c)
	problems.Add(err)
	ready.en, err = readText("text_en", r.TextEN, c)
	problems.Add(err)
	return ready, problems.Err()
}

func withoutFigure(rule string) *fault.Error {
	return fault.Invalid("RULE_WITHOUT_FIGURE",
		"the expression of %s names no figure of the report itself, such as [CQ-06]; without one there is nothing that a reporter could mend", rule).
		With("rule", rule).In("expression")
}

// isHere says whether a reference is to the report itself.
func isHere(r formula.Reference) bool { return r.Years+r.Periods == 0 }

// checkClean also refuses what Clean would have changed, so that a text is stored in one form only.
func checkClean(field, s string) error {
	clean, err := text.Clean(field, s, maxText)
	if err == nil && clean != s {
		return fault.Invalid("TEXT_NOT_CLEAN", "%q is not in its stored form (NFC, no space at the ends): %q", s, clean).In(field)
	}
	return err
}

// piece is a part of a text: words, or a number that the condition names.
type piece struct {
	words string
	// reference is the place of the number among the references of the condition; -1 for words.
	reference int
}

// readText finds the numbers that a text names.
func readText(field, s string, c *formula.Condition) ([]piece, error) {
	var pieces []piece
	for s != "" {
		words, rest, open := strings.Cut(s, "[")
		if words != "" {
			pieces = append(pieces, piece{words: words, reference: -1})
		}
		if !open {
			break
		}
		inside, behind, closed := strings.Cut(rest, "]")
		at := -1
		if closed {
			at = c.Find(inside)
		}
		if at < 0 {
			if len(inside) > longestShown {
				inside = strings.ToValidUTF8(inside[:longestShown], "") + "…"
			}
			return nil, fault.Invalid("RULE_TEXT_REFERENCE",
				"the text names [%s], which the expression does not; in brackets stand the numbers that the expression names, as it does, and all else in ( )", inside).
				With("value", inside).In(field)
		}
		pieces = append(pieces, piece{reference: at})
		s = behind
	}
	return pieces, nil
}
