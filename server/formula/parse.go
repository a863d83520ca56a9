package formula

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tonghop/tonghop/server/fault"
)

// Parse reads a formula. The error names no field; its text says at which character the fault is, counted from 1.
func Parse(s string) (*Formula, error) {
	p, err := begin(s)
	if err != nil {
		return nil, err
	}
	if p.token.kind == end {
		return nil, fault.Invalid("FORMULA_EMPTY", "formula: it is empty; write one such as [CQ-06.num] / [DS-15PLUS] * 1000")
	}
	return p.finish(p.sum, "an operation such as + or *, or the end")
}

// begin makes a parser that holds the first token.
func begin(s string) (*parser, error) {
	if err := checkLength(s); err != nil {
		return nil, err
	}
	if !utf8.ValidString(s) {
		return nil, fault.Invalid("TEXT_NOT_UTF8", "formula: it is not valid UTF-8; save it as UTF-8")
	}
	p := &parser{scanner: scanner{rest: s, at: 1}, formula: &Formula{}}
	return p, p.advance()
}

// finish reads all of it.
func (p *parser) finish(read func(depth int) (*Node, error), behind string) (*Formula, error) {
	root, err := read(0)
	if err != nil {
		return nil, err
	}
	if p.token.kind != end {
		return nil, p.unexpected(behind)
	}
	p.formula.root = root
	// It is kept as it is printed, and must be read again.
	return p.formula, checkLength(p.formula.String())
}

func checkLength(s string) error {
	if n := utf8.RuneCountInString(s); n > MaxLength {
		return fault.Invalid("FORMULA_TOO_LONG", "formula: it has %d characters, and %d are the most; make an indicator of a part of it", n, MaxLength).
			With("count", n).With("limit", MaxLength)
	}
	return nil
}

// parser reads by recursive descent. It always holds the token that comes next.
type parser struct {
	scanner
	token   token
	formula *Formula
	// conditions says that a condition is read, which knows more words; series are what its words look back at.
	conditions bool
	series     []Series
}

func (p *parser) advance() error {
	var err error
	p.token, err = p.next()
	return err
}

// isSign says whether the next token is one of the signs.
func (p *parser) isSign(among ...string) bool {
	return p.token.kind == sign && slices.Contains(among, p.token.text)
}

// take takes a sign that must stand here.
func (p *parser) take(wanted string) error {
	if !p.isSign(wanted) {
		return p.unexpected(wanted)
	}
	return p.advance()
}

func (p *parser) unexpected(wanted string) error {
	if p.token.kind == end {
		return fault.Invalid("FORMULA_INCOMPLETE", "formula: it ends after character %d, where %s must stand", p.token.at-1, wanted).
			With("position", p.token.at-1).With("wanted", wanted)
	}
	return fault.Invalid("FORMULA_UNEXPECTED", "formula: %q stands at character %d, where %s must stand", shorten(p.token.text), p.token.at, wanted).
		With("value", shorten(p.token.text)).With("position", p.token.at).With("wanted", wanted)
}

func (p *parser) tooComplex(what string, limit int) error {
	instead := "make an indicator of a part of it"
	if p.conditions {
		instead = "make two rules of it"
	}
	return fault.Invalid("FORMULA_TOO_COMPLEX", "formula: at character %d %s, and %d are the most; %s", p.token.at, what, limit, instead).
		With("position", p.token.at).With("limit", limit)
}

// The operations of each level.
var (
	sums     = map[string]Op{"+": Add, "-": Subtract}
	products = map[string]Op{"*": Multiply, "/": Divide}
)

func (p *parser) sum(depth int) (*Node, error) {
	return p.chain(depth, sums, p.product)
}

func (p *parser) product(depth int) (*Node, error) {
	return p.chain(depth, products, p.factor)
}

// chain reads operands with operations between them, which are done from left to right.
func (p *parser) chain(depth int, operations map[string]Op, operand func(int) (*Node, error)) (*Node, error) {
	left, err := operand(depth)
	for err == nil && p.token.kind == sign {
		op, ok := operations[p.token.text]
		if !ok {
			break
		}
		if err = p.advance(); err != nil {
			break
		}
		var right *Node
		if right, err = operand(depth); err == nil {
			err = numbers(left, right)
		}
		left = &Node{Op: op, Args: []*Node{left, right}, at: left.at}
	}
	return left, err
}

func (p *parser) factor(depth int) (*Node, error) {
	if depth++; depth > MaxDepth {
		return nil, p.tooComplex("it is nested deeper than it may be", MaxDepth)
	}
	at := p.token.at
	switch {
	case p.isSign("-"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		of, err := p.factor(depth)
		if err == nil {
			err = numbers(of)
		}
		return &Node{Op: Negate, Args: []*Node{of}, at: at}, err
	case p.isSign("("):
		if err := p.advance(); err != nil {
			return nil, err
		}
		read := p.sum
		if p.conditions {
			read = p.either
		}
		inner, err := read(depth)
		if err != nil {
			return nil, err
		}
		inner.at = at
		return inner, p.take(")")
	case p.token.kind == word:
		return p.function(depth)
	case p.token.kind == number || p.token.kind == bracket:
		return p.operand()
	}
	return nil, p.unexpected("a number, a reference such as [CQ-06], or (")
}

func (p *parser) operand() (*Node, error) {
	if p.formula.operands++; p.formula.operands > MaxOperands {
		return nil, p.tooComplex("it has more numbers and references than it may have", MaxOperands)
	}
	read := p.number
	if p.token.kind == bracket {
		read = p.reference
	}
	at := p.token.at
	n, err := read()
	if err != nil {
		return nil, err
	}
	n.at = at
	return n, p.advance()
}

// number reads digits, perhaps with a point between them.
func (p *parser) number() (*Node, error) {
	whole, fraction, point := strings.Cut(p.token.text, ".")
	if point && fraction == "" || strings.Contains(fraction, ".") || len(whole)+len(fraction) > maxDigits {
		return nil, fault.Invalid("FORMULA_NUMBER",
			"formula: the number %q at character %d: give up to %d digits, with a point before decimals such as 0.5, and no marks between thousands",
			shorten(p.token.text), p.token.at, maxDigits).
			With("value", shorten(p.token.text)).With("position", p.token.at).With("limit", maxDigits)
	}
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if whole == "" {
		whole = "0"
	}
	digits := whole
	if fraction != "" {
		digits += "." + fraction
	}
	value, ok := new(big.Rat).SetString(digits)
	if !ok {
		return nil, fault.Internal(nil, "the number %q cannot be read", digits)
	}
	return &Node{Op: Number, Value: value, digits: digits}, nil
}

// reference reads what stands in brackets; one that was there before is not listed again.
func (p *parser) reference() (*Node, error) {
	r, err := parseReference(p.token.text, p.token.at)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(p.formula.references, r.Same)
	if at < 0 {
		at = len(p.formula.references)
		p.formula.references = append(p.formula.references, r)
		p.formula.note(r)
	}
	return &Node{Op: Refer, Reference: at}, nil
}

// note finds the roll-up of a new reference, or adds it.
func (f *Formula) note(r Reference) {
	at := slices.IndexFunc(f.rollups, r.SameRollup)
	if at < 0 {
		at = len(f.rollups)
		r.Amount = Value
		f.rollups = append(f.rollups, r)
	}
	f.from = append(f.from, at)
}

// function reads a word and its arguments.
func (p *parser) function(depth int) (*Node, error) {
	name := p.token
	op, known := p.word(name.text)
	if !known {
		return nil, p.unknownWord()
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.take("("); err != nil {
		return nil, err
	}
	n := &Node{Op: op, at: name.at}
	read := p.arguments
	if op > If {
		read = p.conditionArguments
	}
	if err := read(n, depth); err != nil {
		return nil, err
	}
	if err := p.take(")"); err != nil {
		return nil, err
	}
	if op == If && len(n.Args) != 4 {
		return nil, fault.Invalid("FORMULA_IF",
			"formula: if at character %d needs a comparison and two results, if([A] < [B], [A], 0); it has %d results", name.at, max(0, len(n.Args)-2)).
			With("position", name.at)
	}
	return n, nil
}

// word finds a function by its word.
func (p *parser) word(written string) (Op, bool) {
	for op, word := range functions {
		if strings.EqualFold(word, written) && (op <= If || p.conditions) {
			return op, true
		}
	}
	return 0, false
}

func (p *parser) unknownWord() error {
	words := "min, max, sum, if"
	if p.conditions {
		words = conditionWords
	}
	code := shorten(p.token.text)
	return fault.Invalid("FORMULA_WORD_UNKNOWN",
		"formula: the word %q at character %d is none of %s; the code of an indicator stands in brackets, [%s]", code, p.token.at, words, code).
		With("value", code).With("position", p.token.at).With("words", words)
}

// arguments reads what stands between the parentheses of a function.
func (p *parser) arguments(n *Node, depth int) error {
	for {
		arg, err := p.sum(depth)
		if err != nil {
			return err
		}
		if err := numbers(arg); err != nil {
			return err
		}
		n.Args = append(n.Args, arg)
		if n.Op == If && len(n.Args) == 1 {
			if err := p.comparison(n); err != nil {
				return err
			}
			continue
		}
		if !p.isSign(",") {
			return nil
		}
		if err := p.advance(); err != nil {
			return err
		}
	}
}

func (p *parser) comparison(n *Node) error {
	at := slices.Index(comparisons[:], p.token.text)
	if p.token.kind != sign || at < 0 {
		return p.unexpected("a comparison, one of < <= > >= = <>")
	}
	n.Comparison = Comparison(at) //nolint:gosec // there are six
	return p.advance()
}

// shorten keeps a foreign text from filling an answer.
func shorten(s string) string {
	const limit = 40
	if len(s) <= limit {
		return s
	}
	return fmt.Sprintf("%s…", strings.ToValidUTF8(s[:limit], ""))
}
